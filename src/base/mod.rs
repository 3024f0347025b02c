//! What everything else stands on: bounds, time, ids.

pub mod clock;
pub mod interrupt;
pub mod limits;
pub mod loopback;
pub mod memory;
pub mod whereabouts;
