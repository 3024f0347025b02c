//! What everything else stands on: bounds, time, ids.

pub mod clock;
pub mod limits;
pub mod memory;
