//! `duoke serve` as a process, between a sandbox whose customers write and the same sandbox's phones.
//!
//! `DUOKE_TEST_SERVE_KILLS` says how often it is killed, `DUOKE_TEST_SERVE_EVENTS` and `DUOKE_TEST_SERVE_CUSTOMERS` how many
//! messages are told apart (500 kills, 100,000 events of 1,000 customers for a release); in an ordinary run a few.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "serve/accounts.rs"]
mod accounts;
#[expect(dead_code, reason = "this test needs a part of it")]
#[path = "cli/bench.rs"]
mod bench;
#[path = "serve/conversations.rs"]
mod conversations;
#[path = "serve/handover.rs"]
mod handover;
#[path = "serve/host.rs"]
mod host;
#[path = "serve/kills.rs"]
mod kills;
#[cfg(target_os = "linux")]
#[path = "serve/lost.rs"]
mod lost;
#[path = "serve/plugins.rs"]
mod plugins;
#[path = "serve/recorded.rs"]
mod recorded;
#[path = "serve/recordings.rs"]
mod recordings;
#[path = "serve/recovery.rs"]
mod recovery;
#[path = "serve/sink.rs"]
mod sink;
#[path = "serve/strangers.rs"]
mod strangers;
#[path = "serve/trouble.rs"]
mod trouble;
mod wechat_bench;
#[path = "serve/workbench.rs"]
mod workbench;

/// A number from the environment.
fn wanted(variable: &str, ordinary: usize) -> usize {
    std::env::var(variable).ok().and_then(|wanted| wanted.parse().ok()).unwrap_or(ordinary)
}
