//! What everything else stands on: bounds, time, ids, connections, redaction.

pub mod clock;
pub mod connections;
pub mod hex;
pub mod interrupt;
pub mod limits;
pub mod loopback;
pub mod memory;
pub mod redact;
pub mod sync;
pub mod whereabouts;
