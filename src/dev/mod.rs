//! Development of plugins: `duoke dev`.
//!
//! - [`Files`] notices what is saved in the folders of plugins, a burst of saves as one; [`Remote`] the same of pages at addresses
//! - [`Development`] has the pages reloaded, beside those that are open, and then replays recordings against the new version
//!   (`replays`); what came of it is what it answers the console, and what it tells a person
//! - `sessions` are the recordings of the plugins, and the session so far
//!
//! Pages, seats and messages are a host's ([`crate::host::serve`]), as when customers are served.

mod development;
mod files;
mod remote;
mod replays;
mod sessions;

pub use development::{Development, Setting};
pub use files::{Files, WatchError};
pub use remote::Remote;
pub use sessions::Shelf;
