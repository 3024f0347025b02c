//! Whom an effect is for: current user, causes, lateness. Pure.
