//! `duoke serve`: what comes is on disk before whoever brings it is answered, each customer is served by pages of his own,
//! what they say goes out; for as long as it runs.
//!
//! - [`serve`] puts it together: [`Setup`] says of what
//! - `place` says where: at pages of his own, or for plugins in review mode at a seat, whose pages customers share
//! - `intake` takes events off the disk and finds whose they are; `scheduler` says who is next, the threads of `crew` work
//! - `craft` is what they do: a `conversation` is a customer's own pages, each a `tab` where it is open, `house` what is in
//!   force while they are opened, `trouble` when those are tried again that do not load
//! - a `witness` hears what happens: the `teller` counts it (`metrics`, `kinds`) and tells it, what `repeats` not each time; [`Operations`] is how the host
//!   is doing, for whoever asks; `traces` makes spans of it, which `otlp` exports
//! - `workbench` is what somebody sees of seats, and does there
//! - `recording` writes down what pages are told and do, and tells it to other versions of plugins, whose doings are compared
//!
//! Order: a customer's events are handled one after another, customers beside each other. What is in memory is bounded:
//! open conversations by [`Room`], events that were read and not begun by
//! [`CREW_WORK_WAITING_MAX`](crate::base::limits::CREW_WORK_WAITING_MAX); all others wait on disk.

mod conversation;
mod craft;
mod crew;
mod house;
mod intake;
mod kinds;
mod metrics;
mod operations;
#[cfg_attr(not(feature = "otel"), path = "no_otlp.rs")]
mod otlp;
mod place;
mod recording;
mod repeats;
mod run;
mod scheduler;
mod setup;
mod tab;
mod teller;
mod traces;
mod trouble;
mod witness;
mod workbench;

pub use conversation::{Problem, Renewed};
pub use metrics::METRICS_TYPE;
pub use operations::Operations;
pub use otlp::Exporter;
pub use place::Seat;
pub use recording::{Compare, Difference, Keep, PluginRecord, RecordPolicy, Recordings, Shadow, Share};
pub use run::serve;
pub use scheduler::Room;

pub use setup::{AccountSetup, Again, Doors, Ready, Reread, Residence, ServeError, Setup};
pub use workbench::{Beside, Changes, PageState, SeatState, Session, Shown, Standing, Workbench};
