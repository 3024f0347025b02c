//! What commands ask of the durable state, the same whether a host runs or not.
//!
//! - [`Request`] is what is asked, one line of JSON; [`Answer`] or [`Trouble`] what is answered, lines of JSON
//! - [`Desk`] answers, over the store: a running host's desk is reached by its control socket (`host::control`), and where
//!   none runs a command has a desk of its own
//! - `explained` says of a message all there is, and what it waits for; `advice` what to do about what a check found;
//!   `window` what a user may be sent, `send` sends him something, `upload` brings the files, `trigger`
//!   fires an event, `ending` has the host end for another one

mod advice;
mod answer;
mod ending;
mod explained;
mod operations;
mod request;
mod send;
#[cfg(test)]
mod tests;
mod trigger;
mod upload;
mod window;

pub use crate::store::OPERATOR;
pub(super) use answer::to_lines;
pub use answer::{Answer, Reading, Trouble, TroubleKind};
pub use ending::Ending;
pub use operations::{Desk, Records};
pub use request::{CONTROL_VERSION, Request};
pub use send::{Letter, fate};
