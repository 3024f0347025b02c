//! XMLHttpRequest ([XHR standard](https://xhr.spec.whatwg.org/)).
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
