//! Pages in processes of their own (architecture.md, Processes).
//!
//! - [`protocol`] is what host and page say to each other, [`frame`] how it is written
//! - host: [`PageProcess`] is a page as a [`Driver`](crate::page::Driver), [`launch`] starts processes, `obituary`
//!   words how one ended,
//!   `scrutiny` looks at what one says
//! - page: [`page`] serves the host, [`far`] are the network and cookies it has there, `deadline` its kernel
//!   timers, `confine` what it gives up first; [`probe`] tries what it could still do

#[cfg(target_os = "linux")]
pub mod confine;
mod deadline;
pub mod far;
pub mod frame;
mod host;
pub mod launch;
mod obituary;
pub mod page;
pub mod probe;
pub mod protocol;
mod scrutiny;

pub use host::PageProcess;
pub use launch::{Launched, Launcher, PAGE_COMMAND, Spawner};
pub use protocol::Bounds;
