//! The console: how a running host is doing, over HTTP, for probes and for Prometheus.
//!
//! - [`Console`] listens; `server` answers `/healthz`, `/readyz` and `/metrics`, and nothing else
//! - what it says is [`Operations`](crate::host::serve::Operations)'; nothing of a customer is in it
//!
//! On loopback it answers only to this machine's own names, so that no web page gets at it by a name of its own that leads
//! here. Where the operator has it listen elsewhere, whoever reaches it may read it.

mod assets;
mod server;

pub use server::{Console, ConsoleError, Running};
