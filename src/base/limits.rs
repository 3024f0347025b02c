//! Every bound of the program, in one place: name, unit, reason.

use std::time::Duration;

/// Largest answer a page may fetch, in bytes; larger ones fail as a network error (cli.md, "Running several pages").
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Largest HTML document a page may be loaded from, in bytes: a page is markup, not data.
pub const DOCUMENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest a page's request may take.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Redirects followed for one request, as the Fetch standard bounds them.
pub const REDIRECTS_MAX: usize = 20;
/// Cookies of one page; past that the oldest go. Browsers keep about 180 a site (RFC 6265 §6.1 asks for 50).
pub const COOKIES_MAX: usize = 300;
/// Largest cookie, name, value and attributes, in bytes (RFC 6265 §6.1).
pub const COOKIE_BYTES_MAX: usize = 4096;
/// Bytes of an HTML document searched for its `<meta charset>` (HTML standard, "prescan").
pub const CHARSET_PRESCAN_BYTES: usize = 1024;
/// Bytes of a document looked at to tell text from binary data (MIME Sniffing standard, "resource header").
pub const BINARY_SNIFF_BYTES: usize = 1445;
/// Directory entries looked at to suggest a name for a file that is missing: enough for a plugin, not for a disk.
pub const NEIGHBOURS_MAX: usize = 1_000;
/// Longest line of a session log, in bytes (session-log.md fixes the minimum).
pub const LOG_LINE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// `head.random` values remembered per document (plugin-apis.md §1.2 asks for at least this many).
pub const RANDOMS_REMEMBERED: usize = 10_000;
/// Page time a one-shot timer may lie ahead and still keep the page busy, in ms (session-log.md, Time).
pub const IDLE_HORIZON_MS: i64 = 1_000;
/// Default bound of page time to wait for idleness, in ms (`--settle`).
pub const SETTLE_MS_DEFAULT: i64 = 10_000;
/// Page clock at the start of a log without times: 2020-01-01T00:00:00Z, in ms since the epoch.
pub const CLOCK_START_MS: i64 = 1_577_836_800_000;
/// Native stack of a page's thread, in bytes: boa's parser takes about 25 kB a bracket level.
pub const PAGE_STACK_BYTES: usize = 256 * 1024 * 1024;
/// JavaScript calls deep, before a page is stopped with a range fault.
pub const RECURSION_DEPTH_MAX: usize = 5_000;
