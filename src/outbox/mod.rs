//! Delivery: rows of the store become messages, one customer's in order, customers beside each other.
//!
//! - [`Outbox`] takes what is due from the [`Store`](crate::store::Store) and sends it. A row is marked as being on the
//!   wire before it is, and what became of it is written before the next one goes: whatever happens in between, it is
//!   in doubt at most once.
//! - `verdict` decides what an error means for a row: try again, park (and whom with it), unknown, dead; [`Schedule`]
//!   says when.
//! - [`Delivery`] is what became of a try, ready to be a `delivery.` line of the session log.
//!
//! [`Carrier`] is how messages leave (`wechat::Courier`); tests bring their own.

mod carrier;
mod delivery;
mod dispatch;
mod lane;
mod schedule;
#[cfg(test)]
mod tests;
mod verdict;

pub use carrier::Carrier;
pub use delivery::{Delivery, Outcome};
pub use dispatch::{Dispatch, Outbox};
pub use schedule::Schedule;
