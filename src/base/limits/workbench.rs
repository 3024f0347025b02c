//! Bounds of the workbench, of the console that serves it, and of development.

use std::time::Duration;

/// Lines of the interaction log that a workbench can look back at.
pub const WORKBENCH_LINES_MAX: usize = 20_000;
/// What these hold at most, in bytes.
pub const WORKBENCH_LINES_BYTES_MAX: usize = 32 * 1024 * 1024;
/// A text in a line of it, in bytes; the rest is cut.
pub const WORKBENCH_TEXT_BYTES_MAX: usize = 16 * 1024;
/// Recordings of pages at seats that a workbench can go back to: of those that are open, and the last ones before.
pub const WORKBENCH_SESSIONS_MAX: usize = 16;
/// One of them, in bytes; what its page does beyond is only in the log.
pub const WORKBENCH_SESSION_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// When a place at which no page is open is looked at again because something waits there, in ms, after somebody asked for
/// its pages.
pub const CLOSED_LOOK_MS: i64 = 1_000;
/// How long a sign-in at the workbench is good: a working day.
pub const SIGN_IN_TIME: Duration = Duration::from_secs(12 * 60 * 60);
/// Sign-ins that are good at once.
pub const SIGN_INS_MAX: usize = 1_000;
/// Wrong tokens within [`SIGN_INS_FAILED_TIME`] after which none is looked at: who guesses gets nowhere.
pub const SIGN_INS_FAILED_MAX: u32 = 10;
/// See [`SIGN_INS_FAILED_MAX`].
pub const SIGN_INS_FAILED_TIME: Duration = Duration::from_secs(60);
/// Body of a call of the console's API, in bytes.
pub const CONSOLE_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Lines of the interaction log in one answer.
pub const CONSOLE_LINES_MAX: usize = 1_000;
/// Customers in one answer.
pub const CONSOLE_CUSTOMERS_MAX: usize = 200;
/// Streams of server-sent events that are open at once: of a workbench two or three in each browser.
pub const CONSOLE_STREAMS_MAX: usize = 192;
/// How often a stream says something though nothing happens: well below [`CONSOLE_CONNECTION_TIME`](super::CONSOLE_CONNECTION_TIME).
pub const CONSOLE_BEAT: Duration = Duration::from_secs(4);
/// Changes within this time are told once: a browser asks again for what is shown not more than so often.
pub const CONSOLE_CHANGES_TIME: Duration = Duration::from_millis(40);
/// A mirror is told changes not more often: 20 times a second.
pub const MIRROR_TIME: Duration = Duration::from_millis(50);
/// A burst of saves is over when nothing was saved for so long: editors write a file in two or three steps within it.
pub const SAVES_BURST_TIME: Duration = Duration::from_millis(40);
/// Longest that a burst is waited for.
pub const SAVES_BURST_TIME_MAX: Duration = Duration::from_secs(1);
/// Files of a burst that are named.
pub const SAVES_FILES_MAX: usize = 100;
/// How often a page at an address is looked at for whether it is another one.
pub const REMOTE_LOOK_TIME: Duration = Duration::from_secs(1);
/// Reloads that the workbench shows.
pub const RELOADS_MAX: usize = 20;
/// Sessions so far that are replayed where a plugin has no recordings.
pub const SESSIONS_SO_FAR_MAX: usize = 20;
/// Differences of replays that the workbench shows.
pub const REPLAY_CHANGES_MAX: usize = 200;
