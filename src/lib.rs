//! duoke: a headless host for WeChat customer-service plugin pages.
//!
//! The map, in dependency order; ARCHITECTURE.md has the import table and the invariants.

pub mod base;
pub mod cli;
pub mod config;
pub mod console;
pub mod dev;
pub mod dialect;
pub mod dom;
pub mod engine;
pub mod event;
pub mod host;
pub mod net;
pub mod outbox;
pub mod page;
pub mod process;
pub mod record;
pub mod regress;
pub mod sandbox;
pub mod session;
pub mod store;
pub mod webapi;
pub mod wechat;
