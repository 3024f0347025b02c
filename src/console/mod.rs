//! The console: how a running host is doing, over HTTP, for probes and for Prometheus; and the workbench, for people.
//!
//! - [`Console`] listens; `server` answers `/healthz`, `/readyz` and `/metrics`, from
//!   [`Operations`](crate::host::serve::Operations): nothing of a customer is in that
//! - where there is a [`Setting`], `served` answers the workbench's page (`assets`, `ui/`) and its API (API.md): `door` says who may
//!   use it, `api` has the calls, `stream` what comes by itself, `pages` the pages at seats, [`Development`] what only
//!   `duoke dev` has
//! - [`mirror`] makes a page's document safe for a browser
//!
//! On loopback it answers only to this machine's own names, so that no web page gets at it by a name of its own that leads
//! here. Where the operator has it listen elsewhere, whoever reaches it may read how the host is doing; for the workbench he signs
//! in.

mod api;
mod assets;
mod development;
mod door;
pub mod mirror;
mod pages;
mod served;
mod server;
mod stream;

pub use development::{Development, Moment};
pub use door::Credentials;
pub use served::Setting;
pub use server::{Console, ConsoleError, Running};
