//! Pure data: session-log lines, stimuli, effects, messages, causes. Nothing here does I/O.
//!
//! `line` is one CloudEvents object of a session log and `parse` reads it generously; `stimulus` is what a page may be
//! told, and `mcs` the string that tells it; `effect`, `fault` and `console` are what a page does; `put_msg` and
//! `message` are the messages inside, `echat` those of the EChat SDK; `storage` is what effects leave in `localStorage`; `cause` ties an effect to its
//! stimulus.

pub mod cause;
pub mod console;
pub mod echat;
pub mod effect;
pub mod fault;
pub mod line;
pub mod mcs;
pub mod message;
pub mod parse;
pub mod put_msg;
pub mod stimulus;
pub mod storage;

pub use cause::Cause;
pub use console::{Console, ConsoleLevel};
pub use echat::{ECHAT_EVENTS, EchatMessage, EchatSettings, VisitorEvent, parse_echat};
pub use effect::{EchatCall, Effect, NavigateKind, Outcome, PutMsgCall, StorageArea, StorageChange};
pub use fault::{Fault, Place};
pub use line::Line;
pub use mcs::mcs_event_json;
pub use message::{Article, Message};
pub use parse::{LineError, parse_line};
pub use put_msg::{PutMsg, PutMsgError, RETURN_BAD, RETURN_OK, parse_put_msg};
pub use stimulus::{ComposerAction, Stimulus, StimulusKind, UiAction, UiKind, fill_visitor};
pub use storage::LocalStorage;
