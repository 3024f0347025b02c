//! The way of commands to the durable state, which one process has at a time.
//!
//! A running host serves its desk on a unix socket of the state folder ([`Control`]): who may enter the folder, its user
//! alone, may ask. One request a connection, a line; the answer's lines; the end. What comes in is bounded in size and
//! time. A command goes through the [`Door`]: over the socket where a host runs, else it takes the folder itself, no
//! longer than for one answer.

mod client;
mod door;
mod server;
#[cfg(test)]
mod tests;

pub use client::{Held, ask, ask_and_hold, is_heard};
pub use door::{Door, take};
pub use server::Control;
