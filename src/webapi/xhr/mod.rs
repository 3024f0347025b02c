//! XMLHttpRequest ([XHR standard](https://xhr.spec.whatwg.org/)).
//!
//! An answer is given to the page as a whole: one line of a recording is one answer. So at `readyState` 3 all of its text is
//! there and `progress` comes once, then 4 and `load`; one that never ends never comes. Pieces come with `EventSource`.
//!
//! - `object`: a request's state; its table; the attributes that only read or set it
//! - `send`: `open`, `send`, `abort`, what follows when the answer comes, or none
//! - `response`: what of the answer scripts see
//! - `progress`: its events

mod object;
mod progress;
mod response;
mod send;
#[cfg(test)]
mod tests;

pub use object::{XhrObject, install_xhr};
pub use progress::{Progress, fire as fire_progress};
