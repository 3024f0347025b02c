//! What WeChat pushes: a customer's messages and events (wechat-api.md §3).
//!
//! - [`parse_xml`] and [`parse_json`] read the two data formats into [`Fields`], alike whichever it was; [`write_xml`] is
//!   the way back
//! - [`Push`] is what every push has, its key against duplicates, and the log line it becomes
//! - [`Inbound`] and [`PushEvent`] are the types WeChat documents; what they do not know stays in the fields

mod fields;
mod json;
mod key;
mod typed;
mod written;
mod xml;

pub use fields::{Fields, NoPush};
pub use json::parse_json;
pub use key::PushKey;
pub use typed::{Inbound, Push, PushEvent};
pub use written::write_xml;
pub use xml::parse_xml;
