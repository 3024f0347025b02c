//! Outgoing messages in order, with their attempts.
//!
//! - [`Row`] is one message with its cause, under a [`Key`] that makes it once however often its event is handled.
//! - [`Outbox`] holds the rows, in memory, and delivers them: one customer's in order, customers beside each other.
//! - `verdict` decides what an error means for a row: try again, park (and whom with it), unknown, dead.
//! - [`Delivery`] is what became of an attempt, ready to be a `delivery.` line of the session log.
//!
//! [`Carrier`] is how messages leave (`wechat::Courier`), [`Timer`] how time passes; tests bring their own.

mod book;
mod carrier;
mod delivery;
mod dispatch;
mod row;
mod schedule;
#[cfg(test)]
mod tests;
mod timer;
mod verdict;

pub use book::{Pushed, Release, Summary};
pub use carrier::Carrier;
pub use delivery::{Delivery, Outcome};
pub use dispatch::{Dispatch, Outbox};
pub use row::{Key, Row, Scope, State};
pub use schedule::Schedule;
pub use timer::{SystemTimer, Timer};
