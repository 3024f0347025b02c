//! Whom an effect is for: seats, current user, causes, lateness, duplicates. A pure state machine, no I/O.
//!
//! `seat` holds who was told what and makes causes; `cause_rule` finds an effect's subject and decides what becomes of
//! it; `randoms` and `put_msg` are the duplicate rule of `PutMsg`; `window` is what WeChat lets an account send to a user.

pub mod cause_rule;
pub mod put_msg;
pub mod randoms;
pub mod seat;
pub mod window;

pub use cause_rule::{Decision, LatePolicy, PluginPolicy, SendPolicy, Subject, Telling, decide, subject_of};
pub use put_msg::judge_put_msg;
pub use randoms::Randoms;
pub use seat::{Seat, Told, Turned};
