//! A page: load, script order, turns, idleness.
