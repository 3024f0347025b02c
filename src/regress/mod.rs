//! Recordings as regression tests (session-log.md, Comparing; cli.md, `duoke test`).
//!
//! - [`select`] looks for recordings and deals them to shards, [`filter`] is the language that chooses among them,
//!   [`remembered`] what earlier runs left behind
//! - [`run`](mod@run) replays each ([`case`]) through a [`Player`] and judges
//! - [`compare`](mod@compare) finds the first difference, [`diff`](mod@diff) shows it, [`chat`] shows what the customer saw of it
//! - [`update`](mod@update) takes what differs over into the recording
//! - [`shrink`] finds the smallest part of something that still fails, [`reduce`] that of a recording
//! - [`weave`] puts what pages did between the lines of a recording
//! - [`bundle`] makes one file of recordings and their plugins
//! - [`timeline`] lists what happened in a session, and what in one and not in another
//! - [`report`] writes what came of it, for people and for programs
//!
//! Only [`play`] and [`bundle`] know how a page is replayed.

pub mod bundle;
pub mod case;
pub mod chat;
pub mod compare;
pub mod diff;
pub mod filter;
pub mod play;
pub mod reduce;
pub mod remembered;
pub mod report;
pub mod run;
pub mod select;
pub mod shrink;
pub mod timeline;
pub mod update;
pub mod weave;

pub use case::Case;
pub use compare::{Comparison, Strictness, compare};
pub use filter::{Filter, FilterError};
pub use remembered::Remembered;
pub use run::{Options, Played, Player, Tested, Trouble, Verdict, run};
pub use select::Shard;
