//! Pages in processes of their own (architecture.md, Processes).
//!
//! - [`protocol`] is what host and page say to each other, [`frame`] how it is written, `weight` what that becomes in memory
//! - host: [`PageProcess`] is a page as a [`Driver`](crate::page::Driver) over the connection in `live`, whose
//!   requests are in `started`; [`launch`] starts processes, [`templates`] forks them, `asked` tells whether a load can
//!   be shared; `patience` is how long one is waited for, `priority` lets others go first, `obituary` words how one ended, `deaths` counts them, `scrutiny` looks at what one says
//! - page: [`page`] serves the host, [`far`] are the network and cookies it has there, `deadline` its kernel
//!   timers, `crash` its last words, `confine` what it gives up first, `fork` its forks; [`probe`] tries what it could still do

mod asked;
#[cfg(target_os = "linux")]
pub mod confine;
#[cfg(target_os = "linux")]
mod crash;
mod deadline;
mod deaths;
pub mod far;
#[cfg(target_os = "linux")]
mod fork;
pub mod frame;
mod host;
pub mod launch;
mod live;
mod looks;
mod obituary;
pub mod page;
mod patience;
mod priority;
pub mod probe;
pub mod protocol;
mod scrutiny;
mod started;
#[cfg(target_os = "linux")]
pub mod templates;
mod weight;

pub use asked::Asked;
pub use host::PageProcess;
pub use launch::{Launch, Launched, Launcher, Level, PAGE_COMMAND, Served, Spawner};
pub use priority::yield_to_others;
pub use protocol::Opening;
#[cfg(target_os = "linux")]
pub use templates::Templates;
