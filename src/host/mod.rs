//! Wiring: pages, network, log, delivery. Nothing here prints; [`Watch`] is told.
//!
//! - [`plugin`] turns a PAGE argument into a [`Plugin`]; [`rights`] is what the operator adds to it by flags
//! - [`processes`] is how pages' processes come to be
//! - [`stage`] holds the open pages and plays rounds: one stimulus to all of them, what they did in order of time
//! - [`lines`] numbers what happened as lines of a session log
//! - `durable` is a run on disk: [`ledger`] keeps there what is told and what comes of it, [`messages`] makes rows of effects
//!   (`echat_messages` of EChat's), [`forward`] delivers them (`log_sink` to a log instead), `alerts` says what a person should know of that, `acted` what customers did; [`pictures`] finds the pictures they show, `keeping` what pages keep by `--state`
//! - [`recorder`] writes down what a run leads to, [`replay`](mod@replay) has it happen again
//! - [`har`] answers pages from what a browser exported, `answers` finds the answer to a request, there and in a replay
//! - `derived` is what pages are told because of a push
//! - [`run`](mod@run) puts these together over a log; [`demo`](mod@demo) does so with the bundled [`samples`], a sandbox, and the
//!   [`conversation`] as its customers saw it, in [`columns`]
//! - [`serve`] has each customer served by pages of his own, for as long as it runs
//! - [`inbox`] has pushes on disk before WeChat is answered, and gives them out
//! - [`feed`] puts what commands fire between the lines of a log that is followed
//! - [`desk`] is what commands ask of the durable state, [`control`] how they reach it beside a running host and without one;
//!   [`code`] shows the lines that messages come from
//! - [`coverage`](mod@coverage) says what a page needs that is not here, [`doctor`] what this machine lacks

mod acted;
mod alerts;
mod answers;
pub mod code;
pub mod columns;
pub mod control;
pub mod conversation;
pub mod coverage;
pub mod demo;
mod derived;
pub mod desk;
pub mod doctor;
mod durable;
mod echat_messages;
pub mod feed;
pub mod forward;
pub mod har;
pub mod inbox;
mod keeping;
pub mod ledger;
pub mod lines;
mod log_sink;
pub mod messages;
pub mod pictures;
pub mod plugin;
pub mod processes;
pub mod recorder;
pub mod replay;
pub mod rights;
pub mod run;
pub mod samples;
pub mod serve;
pub mod stage;
pub mod watch;

pub use demo::{DemoError, DemoOutcome, demo};
pub use feed::{Feed, Tally, Triggers};
pub use forward::{ForwardError, Forwarder, Target};
pub use ledger::Source;
pub use log_sink::{LOG_SERVER, LogSink};
pub use plugin::{Names, Plugin, PluginError, is_address};
pub use processes::Processes;
pub use recorder::{RecordOptions, Recorder, page_from};
pub use replay::{Replayed, plugin_of, replay, replay_all};
pub use rights::Rights;
pub use run::{Hosted, Lasting, Log, Outcome, RunOptions, SEED_DEFAULT, run};
pub use watch::{About, Closed, Notice, Severity, Watch};
