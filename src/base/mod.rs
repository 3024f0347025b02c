//! What everything else stands on: bounds, time, ids.

pub mod clock;
pub mod interrupt;
pub mod limits;
pub mod memory;
pub mod whereabouts;
