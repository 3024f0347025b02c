//! Outgoing messages in order, with their attempts.
