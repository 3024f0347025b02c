//! Bounds of what pages' requests say and what is kept of the answers.

use std::time::Duration;

/// What is kept of servers' answers for further pages, in bytes: the libraries of a few dozen plugins at addresses.
pub const CACHE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Answers that are kept; past that those go that nobody asked for the longest.
pub const CACHE_ENTRIES_MAX: usize = 1_000;
/// Largest answer that is kept, in bytes: one must not drive out all others.
pub const CACHE_ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Longest that an answer is taken to be the same without asking: a host runs for months.
pub const CACHE_LIFETIME_MAX: Duration = Duration::from_secs(24 * 3600);
/// Longest address that `Referer` says whole, in bytes; of longer ones it says the origin (Referrer Policy §8.4).
pub const REFERRER_BYTES_MAX: usize = 4096;
/// Bytes of an HTML document searched for a `<meta charset>` behind those that are looked at first: browsers look at all of the document, but a head is
/// shorter than this, and a tag's attributes take quadratic time.
pub const CHARSET_LATE_BYTES: usize = 64 * 1024;
/// Answers that go on (`EventSource`) that a page may have open at once: each is a connection of the host's. Browsers have 6
/// for a server.
pub const STREAMS_MAX: usize = 6;
