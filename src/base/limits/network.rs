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
/// Sockets (`WebSocket`) that a page may have at once, each a connection of the host's. Browsers have 200 or more, for
/// pages that people play in; one that serves customers has one or two.
pub const SOCKETS_MAX: usize = 16;
/// Messages of a socket that wait in the host until the page takes them, in bytes, or in number where they are empty: what
/// comes between two turns. One that is larger waits alone; past that nothing is read, and the server has to wait.
pub const SOCKET_QUEUE_BYTES_MAX: usize = 256 * 1024;
/// What a page may have given a socket that the network has not taken (`bufferedAmount`), in bytes; one that gives it more
/// has its socket closed, as the standard wants it where the buffer is full.
pub const SOCKET_BUFFERED_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Longest that a server may take to answer the closing of a socket; a page waits for that.
pub const SOCKET_CLOSE_TIMEOUT: Duration = Duration::from_secs(3);
/// What is read of a socket at once, in bytes.
pub const SOCKET_READ_BYTES: usize = 16 * 1024;
/// Bytes that may come over a socket in a [`SOCKET_METER_PERIOD`] beside messages, four times the largest of which may come in
/// fragments: pings are a few bytes every few seconds.
pub const SOCKET_METER_BYTES: u64 = 64 * 1024;
/// How often those are counted anew.
pub const SOCKET_METER_PERIOD: Duration = Duration::from_secs(60);
