//! Every bound of the program, in one place: name, unit, reason.

pub mod frames;
pub mod mirror;
mod network;
pub mod page;
mod workbench;

pub use network::*;
pub use workbench::*;

use std::time::Duration;

/// Largest HTML document a page may be loaded from, in bytes: a page is markup, not data.
pub const DOCUMENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest a connection for a page may take to open: a script of a server that is gone holds up the parser so long.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Redirects followed for one request, as the Fetch standard bounds them.
pub const REDIRECTS_MAX: usize = 20;
/// Addresses, headers and bodies of the requests of a page that are under way or wait, in bytes: it sends forms, not files.
pub const REQUEST_BYTES_IN_FLIGHT_MAX: usize = 64 * 1024 * 1024;
/// Requests that a page may make in addition for each second of page time since the turn before: one that polls does so
/// all that time.
pub const REQUESTS_PER_SECOND_MAX: usize = 10;
/// Largest event of such an answer, in bytes, as it is sent: a message, not a file.
pub const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// Longest pause before such an answer is asked for again, in ms; each is twice the one before where none came meanwhile.
pub const RECONNECTION_MS_MAX: i64 = 60_000;
/// Requests that this adds however long the time was: 3 hours of [`REQUESTS_PER_SECOND_MAX`].
pub const REQUESTS_PER_LONG_TURN_MAX: usize = 100_000;
/// Longest that a page may wait for synchronous requests in one turn, or while it loads, in real time: it holds one of the
/// host's threads meanwhile. One that is under way by then is waited for, further ones are refused.
pub const SYNCHRONOUS_REQUESTS_TIME: Duration = Duration::from_secs(60);
/// What a page was answered while it loaded, in bytes, that is kept for pages that load the same; where it was more, each
/// loads by itself.
pub const LOAD_REMEMBERED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Scripts of a document that may be fetched because its HTML names them: more than any page has.
pub const ORIGINAL_SCRIPTS_MAX: usize = 1_000;
/// Times that each of them may be fetched until the document is loaded again: a page names one twice, perhaps, and inserts
/// it again. A page that was taken over could count by them.
pub const ORIGINAL_SCRIPT_FETCHES_MAX: usize = 10;
/// Longest that a document is searched for its scripts: 16 MiB of plain markup take a fraction of it, but a tag's attributes
/// take quadratic time.
pub const ORIGINAL_SCRIPTS_TIME: Duration = Duration::from_secs(1);
/// Bytes of a document searched between two looks at the clock.
pub const ORIGINAL_SCRIPTS_STEP_BYTES: usize = 4 * 1024;
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
/// Longest recording that is read whole, uncompressed, in bytes: in memory it takes several times as much, and a small
/// compressed file may hold any amount.
pub const RECORDING_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Longest HAR that is read, in bytes: a morning of a heavy page with all its bodies.
pub const HAR_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Entries of a HAR at most.
pub const HAR_ENTRIES_MAX: usize = 100_000;
/// Longest that a request of a HAR took, in ms: what took longer was asleep.
pub const HAR_LATENCY_MS_MAX: i64 = 300_000;
/// Longest bundle of recordings, unpacked, in bytes: several of the longest lines.
pub const BUNDLE_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Files of a bundle at most.
pub const BUNDLE_FILES_MAX: usize = 10_000;
/// `head.random` values remembered per document (plugin-apis.md §1.2 asks for at least this many).
pub const RANDOMS_REMEMBERED: usize = 10_000;
/// Functions that wait for one event of `echatSDK` in a document: a page that registers one more with every event has
/// made a mistake, and each would run with every further one.
pub const ECHAT_LISTENERS_MAX: usize = 1_000;
/// Objects within each other in an argument of `echatSDK`: those of the manual do not nest, and what stands in a log is
/// read again up to 128 levels.
pub const ECHAT_DEPTH_MAX: usize = 64;
/// Page time a one-shot timer may lie ahead and still keep the page busy, in ms (session-log.md, Time).
pub const IDLE_HORIZON_MS: i64 = 1_000;
/// Default bound of page time to wait for idleness, in ms (`--settle`).
pub const SETTLE_MS_DEFAULT: i64 = 10_000;
/// The same at most, a hundred years as of durations on the command line: a recording may say anything.
pub const SETTLE_MS_MAX: i64 = 3_200_000_000_000;
/// Page clock at the start of a log without times: 2020-01-01T00:00:00Z, in ms since the epoch.
pub const CLOCK_START_MS: i64 = 1_577_836_800_000;
/// Native stack of a page's thread, in bytes: boa's parser takes about 25 kB a bracket level.
pub const PAGE_STACK_BYTES: usize = 256 * 1024 * 1024;
/// JavaScript calls deep, before a page is stopped with a range fault.
pub const RECURSION_DEPTH_MAX: usize = 5_000;
/// Page time that passes at most while the page computes for 1 ms, in ms: a reading of the clock takes more than 10 ns.
pub const CLOCK_MS_PER_COMPUTED_MS_MAX: i64 = 1_000;
/// Readings of the clock by which page time advances 1 ms inside a task (session-log.md, Time).
pub const CLOCK_READINGS_PER_MS: u32 = 100;
/// Page time a call of `PutMsg` takes, in ms (session-log.md, Time).
pub const PUT_MSG_MS: i64 = 1;
/// Nested timers from this depth on wait at least [`NESTED_TIMER_MS_MIN`] (HTML §8.6).
pub const TIMER_NESTING_CLAMPED: u32 = 5;
/// Shortest delay of a deeply nested timer, in ms (HTML §8.6).
pub const NESTED_TIMER_MS_MIN: i64 = 4;
/// Boxes, in bytes, that the engine's heap holds before it is collected for the first time. Measured on a page with
/// jQuery: a fifth less time for an event than with boa's 1 MB; 8 MB are no faster and take 7 MB more.
pub const HEAP_RESERVE_BYTES: usize = 4 * 1024 * 1024;
/// Heap growth, in bytes, that forces a collection after a task: strings and nodes do not count for boa's own trigger.
pub const HEAP_GROWTH_BYTES: isize = 32 * 1024 * 1024;
/// Files of a page whose text is kept for code frames: a page that asks by JSONP loads a new one every time.
pub const SOURCES_MAX: usize = 100;
/// Modules of a document: an application that nobody bundled has a few hundred.
pub const MODULES_MAX: usize = 1_000;
/// What they have together, in bytes: many times the largest libraries.
pub const MODULE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Style sheets of links that are fetched while a document is parsed.
pub const SHEETS_MAX: usize = 100;
/// Sheets that a style sheet may import, directly and through others: a circle has no end.
pub const SHEET_IMPORTS_MAX: usize = 32;
/// Ends of an animation's iterations that are told: as many as a page could wait for.
pub const ITERATIONS_TOLD_MAX: u32 = 1_000;
/// Stack frames a fault keeps.
pub const STACK_FRAMES_MAX: usize = 20;
/// Lines of source shown before the faulty one in a code frame.
pub const FRAME_LINES_BEFORE: usize = 2;
/// Characters that are kept of the address, and of the file, of the script that put a message out: a `data:` address
/// holds the whole script.
pub const PLACE_CHARS_MAX: usize = 500;
/// Characters of a source line shown in a code frame: minified libraries are one line.
pub const FRAME_COLUMNS_MAX: usize = 160;
/// Time from a request for an animation frame to the frame, in ms: 60 frames a second, in whole milliseconds.
pub const FRAME_MS: i64 = 16;
/// Levels of an object that the console shows.
pub const CONSOLE_DEPTH_MAX: usize = 3;
/// Members of an object or array that the console shows.
pub const CONSOLE_MEMBERS_MAX: usize = 100;
/// Longest console line, in bytes: whole answers are often logged, whole pages by mistake.
pub const CONSOLE_TEXT_BYTES_MAX: usize = 64 * 1024;
/// Open console groups that still indent: a group that is never closed must not push the text out of sight.
pub const CONSOLE_GROUPS_MAX: usize = 16;
/// What one storage area of an origin may hold, keys and values, in bytes: what browsers give (HTML §12.1).
pub const STORAGE_BYTES_MAX: usize = 5 * 1024 * 1024;
/// What is kept of a page's `localStorage`, all origins together, in bytes: a page has one, and perhaps a few that it
/// may talk to. It must fit into a frame, and beside those of other pages into the host.
pub const STORAGE_KEPT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes that an item counts there beside its text: very many small ones are heavy too.
pub const STORAGE_ITEM_BYTES: usize = 64;
/// Entries of a document's session history; past that the oldest go, as in browsers.
pub const HISTORY_ENTRIES_MAX: usize = 50;
/// Bytes that one call of `crypto.getRandomValues` fills (Web Cryptography §10.1.1).
pub const RANDOM_BYTES_MAX: usize = 65_536;
/// Marks and measures that `performance` keeps; past that the oldest go: a page may mark every event.
pub const PERFORMANCE_ENTRIES_MAX: usize = 10_000;
/// Brackets that code may nest: boa's parser takes about 25 kB of stack a level, and quadratic time.
pub const CODE_NESTING_MAX: usize = 2_000;
/// Compiled regular expressions kept per thread; past that all go: a page writes a few hundred, but may make up more.
pub const REGEXP_PROGRAMS_MAX: usize = 500;
/// Regular expression objects whose program is remembered per page; the object in the way goes.
pub const REGEXPS_KNOWN: usize = 64;
/// Levels a JSON text may nest: what comes in must be able to go out again, and `JSON.stringify` takes native stack per level.
pub const JSON_DEPTH_MAX: usize = 5_000;

/// Longest a connection to WeChat may take to open; nothing has been sent by then, so it is safe to try again.
pub const WECHAT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest one call of WeChat's API may take, body included.
pub const WECHAT_CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer of WeChat that is read, in bytes: the calls in use answer a few hundred.
pub const WECHAT_ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// How long before its end an access token is renewed, in ms: within the last 5 minutes `stable_token` hands out a new
/// one while the old one still works (wechat-api.md §1, Limits).
pub const TOKEN_RENEW_MARGIN_MS: i64 = 240_000;
/// How long after a forced token WeChat hands out no other, in ms (api_getstableaccesstoken): one that is refused within
/// this time is not renewed, which would bring the same again.
pub const TOKEN_FORCE_PAUSE_MS: i64 = 30_000;
/// How long a refusal that asking again does not change, as one for configuration, is remembered before WeChat is asked
/// for a token again, in ms.
pub const TOKEN_RECHECK_MS: i64 = 60_000;
/// Largest body of a push, in bytes: a text has at most 2,048, the rest is addresses and ids; encrypted it is a third more.
pub const PUSH_BODY_BYTES_MAX: usize = 256 * 1024;
/// Fields that the fields of a push may nest: WeChat's own take three.
pub const PUSH_DEPTH_MAX: usize = 8;
/// Fields of a push, those inside of others counted: WeChat's own have fewer than thirty, a list of pictures some more.
pub const PUSH_FIELDS_MAX: usize = 512;
/// How far a request's timestamp may be away, in ms: one that was recorded is not taken later.
pub const PUSH_AGE_MS_MAX: i64 = 10 * 60 * 1000;
/// Longest that the body of a push may take to come.
pub const PUSH_BODY_TIME: Duration = Duration::from_secs(2);
/// When WeChat is answered at the latest: it waits 5 s (wechat-api.md §3), the rest is for the way.
pub const PUSH_ANSWER_TIME: Duration = Duration::from_millis(4_500);
/// Pushes under way at once: each may hold a body of [`PUSH_BODY_BYTES_MAX`].
pub const PUSHES_UNDER_WAY_MAX: usize = 1_024;
/// How long `duoke listen` knows that a push came, in ms: a day. WeChat delivers one again within 15 s.
pub const PUSH_KNOWN_MS: i64 = 24 * 3600 * 1000;
/// Refusals that wait to be told; strangers may cause more.
pub const REFUSALS_WAITING_MAX: usize = 64;
/// How far ahead of its host's time a page runs its timers, in ms: a chain of short ones is one turn. Nobody sees that a
/// message is that much early.
pub const HOSTED_TIMERS_AHEAD_MS: i64 = 20;
/// How long a page whose time its host keeps is waited for because it waits for an answer, in ms; then others have their
/// turn, and it is asked again after pauses.
pub const HOSTED_WAIT_MS: i64 = 20;
/// The longest of these pauses, in ms; each is a quarter of the time that it has waited.
pub const HOSTED_PAUSE_MS_MAX: i64 = 1_000;
/// Shortest time after which a page is woken again to do what it has to do by itself, in ms: one that wants more turns than
/// that has them together.
pub const WAKE_MS_MIN: i64 = 10;
/// For so long after a page was told something it is not closed to make room while it waits for answers, in ms: a server
/// that is slow, or a host that has much to do, costs no message.
pub const ANSWERS_AWAITED_MS: i64 = 60_000;
/// Events that have been read for customers' pages and that nobody has begun; all others wait on disk.
pub const CREW_WORK_WAITING_MAX: usize = 1_024;
/// Of these, those of one customer's pages, or one seat's: who writes much takes no room from others.
pub const PLACE_WORK_WAITING_MAX: usize = 16;
/// Of a customer whose events wait on disk further ones are read when there is room for so many.
pub const PLACE_WORK_READ: usize = PLACE_WORK_WAITING_MAX / 2;
/// Notices that wait for a person to read them; whoever has more to tell waits.
pub const TOLD_WAITING_MAX: usize = 1024;
/// Lines of a serving host's log of one kind, and one plugin or account, within a minute; further ones are counted.
pub const LOG_LINES_PER_MINUTE: u32 = 30;
/// After which they are told how many those were.
pub const LOG_MINUTE: Duration = Duration::from_secs(60);
/// Longest time after which a thread looks whether there is something to do, in ms.
pub const CREW_LOOK_MS_MAX: i64 = 10_000;
/// Lines of a log that are read ahead of the pages; whoever writes more waits.
pub const FEED_LINES_MAX: usize = 64;
/// Pushes that are known again: at 2,000 a second for 50 s; WeChat's three attempts take 15 s.
pub const PUSHES_REMEMBERED: usize = 100_000;
/// How long a push is known again, in ms: an hour, for whoever delivers through a queue.
pub const PUSH_REMEMBERED_MS: i64 = 3_600_000;
/// Connections to the receiver of pushes at once: below the 1,024 files that a process usually may open.
pub const CALLBACK_CONNECTIONS_MAX: usize = 900;
/// How long such a connection may be without an answer, from its opening or the last one: above [`PUSH_ANSWER_TIME`].
pub const CALLBACK_CONNECTION_TIME: Duration = Duration::from_secs(6);
/// Longest that a receiver which ends waits for pushes under way.
pub const CALLBACK_STOP_TIME: Duration = Duration::from_secs(5);
/// Connections to the console at once: a scraper or two, and probes.
pub const CONSOLE_CONNECTIONS_MAX: usize = 320;
/// How long such a connection may be without an answer, and a request without a next one.
pub const CONSOLE_CONNECTION_TIME: Duration = Duration::from_secs(10);
/// How long the console waits for the store before it says that it does not answer: below the 5 s and more that scrapers
/// and probes wait.
pub const CONSOLE_STORE_TIME: Duration = Duration::from_secs(2);
/// How long what the store said is good enough for the console: it is not asked more often, whoever asks.
pub const CONSOLE_LOOK_TIME: Duration = Duration::from_secs(1);
/// What the store said is good for so many times as long as it took to say, too: the console has a fiftieth of its time.
pub const CONSOLE_LOOK_SHARE: u32 = 50;
/// Longest that a console which ends waits for answers under way.
pub const CONSOLE_STOP_TIME: Duration = Duration::from_secs(1);
/// Longest that a host which takes over waits for the other one to end: above what that takes at most, a page's longest
/// request and messages on the wire.
pub const TAKEOVER_PATIENCE: Duration = Duration::from_secs(90);
/// Spans of traces that wait to be exported; where the collector is slow further ones are dropped, and counted.
pub const SPANS_WAITING_MAX: usize = 4096;
/// Spans that go to the collector in one request.
pub const SPANS_BATCH_MAX: usize = 512;
/// How long the first span of a request waits for others.
pub const SPANS_PAUSE: Duration = Duration::from_secs(1);
/// Longest that a request to the collector takes.
pub const SPANS_EXPORT_TIME: Duration = Duration::from_secs(10);
/// Longest that a host which ends waits for its last spans to be exported.
pub const SPANS_STOP_TIME: Duration = Duration::from_secs(2);
/// Events of which it is remembered when they came, to tell how long their messages took; the oldest make room.
pub const EVENTS_TIMED: usize = 10_000;
/// How long WeChat keeps a temporary media, in ms: 3 days (wechat-api.md §1, Limits).
pub const MEDIA_LIFE_MS: i64 = 3 * 24 * 3600 * 1000;
/// How long before its end a media id is no longer used, in ms: a send may wait in a queue.
pub const MEDIA_RENEW_MARGIN_MS: i64 = 3_600_000;
/// Media ids remembered; the one that ends first makes room.
pub const MEDIA_REMEMBERED: usize = 10_000;
/// Largest media that is downloaded from WeChat, in bytes: the largest it takes (wechat-api.md, Profiles).
pub const WECHAT_MEDIA_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Largest picture of a customer-service account, in bytes: 5 MB (wechat-api.md §1, kf avatar).
pub const KF_AVATAR_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Message records that one call asks for: as many as WeChat gives (wechat-api.md §1, records).
pub const RECORDS_PAGE_MAX: usize = 10_000;
/// Longest span of message records that WeChat answers at once, in seconds: 24 hours (wechat-api.md §1, records).
pub const RECORDS_SPAN_S_MAX: i64 = 24 * 3600;
/// Largest answer with message records that is read, in bytes: [`RECORDS_PAGE_MAX`] of long texts.
pub const WECHAT_RECORDS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long after somebody wrote a typing state may be shown, in ms: 30 s (wechat-api.md §1, Limits: typing).
pub const TYPING_AFTER_MS: i64 = 30_000;
/// How long what a user did says something about what may be sent to him, in ms: 30 days, as long as messages are kept.
/// Past that WeChat is asked.
pub const WINDOW_KNOWN_MS: i64 = 30 * 24 * 3600 * 1000;
/// How long a typing state is shown, in ms: 15 s, unless a message ends it (wechat-api.md §1, Limits: typing).
pub const TYPING_LIFE_MS: i64 = 15_000;
/// The smallest pieces, in bytes, that a text is split into where the account takes less than its profile says.
pub const TEXT_PIECE_BYTES_MIN: usize = 128;
/// Largest picture, voice or video that is downloaded, in bytes: pictures may be larger than the 10 MiB WeChat takes
/// (wechat-api.md, Profiles), since they are made smaller.
pub const PICTURE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Pixels of a picture that is decoded: a telephone's largest photo. A few bytes may hold very many.
pub const PICTURE_PIXELS_MAX: u64 = 50_000_000;
/// Pixels of its longer side: JPEG has no longer ones.
pub const PICTURE_SIDE_MAX: u32 = 65_535;
/// Bytes that it takes when it is decoded: [`PICTURE_PIXELS_MAX`] in four bytes.
pub const PICTURE_DECODED_BYTES_MAX: u64 = 4 * PICTURE_PIXELS_MAX;
/// Pixels of the longer side below which a picture is not made smaller still: there would be nothing to see.
pub const PICTURE_SIDE_MIN: u32 = 16;
/// Pixels of the longer side of a thumb: a telephone shows it about as large, and the 64 KiB that WeChat takes hold it.
pub const THUMB_SIDE: u32 = 640;
/// Largest colour profile that goes along with a picture which is written anew, in bytes: those of cameras have 3 kB.
pub const COLOUR_PROFILE_BYTES_MAX: usize = 16 * 1024;
/// Pictures that are decoded and written anew at once, where they take [`PICTURE_CONVERSION_BYTES_MAX`] together: more than
/// the processors of most machines can do.
pub const PICTURES_CONVERTED_MAX: u32 = 4;
/// Memory that the conversion of a picture takes for each of its pixels, in bytes: a progressive JPEG's coefficients and its
/// colours are 9, two pictures of an animation and what is seen of them 12. Held by `tests/conversion.rs`.
pub const PICTURE_PIXEL_BYTES: u64 = 12;
/// The same where a picture is written as a PNG or resampled finely, which works with 16 bytes a pixel.
pub const PICTURE_FINE_PIXEL_BYTES: u64 = 20;
/// Pixels up to which that is done; larger pictures become JPEGs, and are halved.
pub const PICTURE_FINE_PIXELS_MAX: u64 = 16_000_000;
/// Memory that all conversions take together, in bytes, beside the files: 600 MB, one of the largest.
pub const PICTURE_CONVERSION_BYTES_MAX: u64 = PICTURE_PIXEL_BYTES * PICTURE_PIXELS_MAX;
/// Messages whose files are in memory at once, from the download until WeChat has the message: up to 16 times
/// [`PICTURE_BYTES_MAX`]. A slow server holds up the others no longer than [`PICTURE_TIMEOUT`].
pub const MEDIA_UNDER_WAY_MAX: usize = 16;
/// Longest the download of a picture may take, redirects included.
pub const PICTURE_TIMEOUT: Duration = Duration::from_secs(20);
/// Redirects followed while a picture is downloaded.
pub const PICTURE_REDIRECTS_MAX: usize = 5;
/// Characters of a foreign server's answer, or of an address that is not even asked for, quoted in an error.
pub const QUOTED_CHARS_MAX: usize = 200;
/// Size of a store, in bytes: a year of a busy account. Past that nothing more is accepted.
pub const STORE_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;
/// Size up to which a store is looked at for damage when it is opened after a crash, in bytes: that takes about a second.
pub const STORE_LOOKED_AT_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Calls of a store that are committed together: more wait for no longer than the ones before them.
pub const COMMIT_CALLS_MAX: usize = 1_000;
/// Characters of an event's id that its messages' keys begin with.
pub const EVENT_NAME_CHARS_MAX: usize = 200;
/// Data of an effect that is kept, in bytes: messages are rows of their own; storage may be large, and is kept elsewhere.
pub const EFFECT_KEPT_BYTES_MAX: usize = 1024 * 1024;
/// Effects that are no messages which are kept of what one event led a plugin's page to: they say what it did, and one that
/// writes down every second that it lives would fill the disk. Messages are all kept.
pub const EFFECTS_KEPT_MAX: u32 = 500;
/// Events of a run that are remembered: a page may act on one long after it was told others.
pub const EVENTS_REMEMBERED: usize = 100_000;
/// The first pause after which a page that does not load is tried again while customers are served, in ms; each further
/// one is twice as long.
pub const LOAD_PAUSE_MS_MIN: i64 = 2_000;
/// The longest pause after which it is, in ms.
pub const LOAD_PAUSE_MS_MAX: i64 = 600_000;
/// After so many failures in a row, for whichever customers, one load is tried for all pages of the plugin.
pub const LOAD_FAILURES_SHARED: u32 = 3;
/// Statements of a store that stay prepared: all that there are.
pub const STORE_STATEMENTS_MAX: usize = 256;
/// After so many pages of a store's log it is moved to its place: 16 MiB.
pub const STORE_LOG_PAGES: i64 = 4_096;
/// What of a store's file stays in memory, in KiB.
pub const STORE_CACHE_KIB: i64 = 32 << 10;
/// Unfinished events that are read from a store at once.
pub const UNFINISHED_READ_MAX: usize = 1_000;
/// Those of one customer: more than his pages take at once.
pub const UNFINISHED_OF_ONE_READ_MAX: usize = 32;
/// Tries kept of one message: the last ones say why it is where it is.
pub const ATTEMPTS_KEPT_MAX: i64 = 50;
/// Messages that are listed, or changed by a person, in one step.
pub const OUTBOX_PAGE_ROWS: usize = 1_000;
/// Keys that one request of a command names: more go in several.
pub const REQUEST_KEYS_MAX: usize = 500;
/// Keys that are told where the beginning of one is not enough.
pub const CANDIDATES_SHOWN_MAX: usize = 10;
/// Largest request to a host's control socket, in bytes: [`REQUEST_KEYS_MAX`] long keys.
pub const CONTROL_REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// Longest a host waits for a request on its control socket: commands send theirs at once.
pub const CONTROL_REQUEST_TIME: Duration = Duration::from_secs(10);
/// Longest that `duoke send` waits for what becomes of its message: WeChat's answer, and a second try. It is tried on.
pub const SEND_PATIENCE: Duration = Duration::from_secs(30);
/// Longest a host takes to hand over an answer, and a command waits for one: a look for damage reads the whole store.
pub const CONTROL_ANSWER_TIME: Duration = Duration::from_secs(600);
/// Largest answer that a command reads, in bytes: a page of long messages, or an event of [`LOG_LINE_BYTES_MAX`].
pub const CONTROL_ANSWER_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// Commands that a host answers at once; further ones wait.
pub const CONTROL_CLIENTS_MAX: usize = 16;
/// Longest that a host which ends waits for the answers under way.
pub const CONTROL_STOP_TIME: Duration = Duration::from_secs(2);
/// Longest that a command waits for a state which somebody else just uses: a host that starts, another command.
pub const STATE_PATIENCE: Duration = Duration::from_secs(5);
/// How often it looks meanwhile.
pub const STATE_LOOK: Duration = Duration::from_millis(20);
/// How long a message that was sent or given up is kept, in ms: 30 days, for questions about it.
pub const MESSAGE_KEPT_MS: i64 = 30 * 24 * 3600 * 1000;
/// How long an event and its effects are kept, in ms: as long as its messages.
pub const EVENT_KEPT_MS: i64 = MESSAGE_KEPT_MS;
/// How long it is known that an event was handled, in ms: 180 days. A log that is played again later is played anew.
pub const EVENT_KNOWN_MS: i64 = 180 * 24 * 3600 * 1000;
/// How long the sign of a conversation is kept after it was put, in ms: 180 days, as long as its event is known.
pub const SIGN_KEPT_MS: i64 = EVENT_KNOWN_MS;
/// How long a message waits for its customer's next action, in ms: 7 days. An older answer belongs to no conversation.
pub const PARKED_LIFE_MS: i64 = 7 * 24 * 3600 * 1000;
/// Bytes of what is an openid wherever it stands: WeChat's have 28. A shorter one must be a customer's whole.
pub const OPENID_BYTES_MIN: usize = 20;
/// Rows of one kind that are deleted in one step: that takes some ms, in which the store does nothing else.
pub const TIDY_ROWS_MAX: usize = 500;
/// Messages, of the oldest that are done, that are looked at in one step.
pub const TIDY_ROWS_LOOKED_AT: usize = 10_000;
/// Time from one step to the next while there is more to delete, in ms of the host's clock: 1,800,000 rows an hour.
pub const TIDY_PAUSE_MS: i64 = 1_000;
/// Longest that a host which was told to stop waits for messages on the wire.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a host deletes what is old, in ms of its clock.
pub const TIDY_EVERY_MS: i64 = 3600 * 1000;
/// Customers whose messages are sent at the same time: at 100 ms a call 640 messages a second.
pub const OUTBOX_LANES_MAX: usize = 64;
/// Largest request the sandbox reads, in bytes: above every media limit, so that those are what refuses.
pub const SANDBOX_BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Messages the sandbox keeps for `GET /_sandbox/messages`, and again what phones show beside them; the oldest makes room.
pub const SANDBOX_MESSAGES_MAX: usize = 100_000;
/// Bytes in memory of either, roughly: more than as many ordinary texts.
pub const SANDBOX_MESSAGES_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Message records the sandbox keeps; the oldest makes room.
pub const SANDBOX_RECORDS_MAX: usize = 100_000;
/// How long an invitation waits for its answer in the sandbox, in ms: a week; the manual names no time.
pub const SANDBOX_INVITE_LIFE_MS: i64 = 7 * 24 * 3600 * 1000;
/// How long the messages of a user in a session go to customer service, in ms: 30 minutes (guide/product/kf/forwarding).
pub const SANDBOX_SESSION_MS: i64 = 30 * 60 * 1000;
/// Users that wait whom `getwaitcase` lists: the oldest 100 (wechat-api.md §1, waiting queue).
pub const SANDBOX_WAITING_LISTED: usize = 100;
/// Bytes of media the sandbox keeps; the oldest media makes room.
pub const SANDBOX_MEDIA_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Longest the sandbox waits for open connections when it is stopped.
pub const SANDBOX_STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the sandbox waits for the answer to a push, as WeChat does (wechat-api.md §3).
pub const SANDBOX_PUSH_TIME: Duration = Duration::from_secs(5);
/// Largest answer to a push that the sandbox reads, in bytes: eight articles of a passive news, encrypted.
pub const SANDBOX_PUSH_ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Pushes of the sandbox that are under way at once: each has a connection.
pub const SANDBOX_PUSHES_UNDER_WAY_MAX: usize = 256;
/// Pushes of the sandbox that wait; further ones are not sent.
pub const SANDBOX_PUSHES_WAITING_MAX: usize = 10_000;
/// Phone pages that may be open at once: each holds a connection.
pub const SANDBOX_PHONES_MAX: usize = 32;
/// Entries of conversations that a phone page is given when it opens; the last ones.
pub const SANDBOX_PHONE_BACKLOG: usize = 2_000;
/// Older entries of one user that it is given as well, so that quiet users are there; with those above.
pub const SANDBOX_PHONE_BACKLOG_EACH: usize = 20;
/// Entries that it is given in all: a thousand users that are there.
pub const SANDBOX_PHONE_BACKLOG_ALL: usize = 20_000;
/// Entries of conversations that go to a phone page in one piece.
pub const SANDBOX_PHONE_PIECE: usize = 200;
/// How often a phone page hears something where nothing happens, so that a connection that is gone is noticed.
pub const SANDBOX_PHONE_BEAT: Duration = Duration::from_secs(15);
/// First pause before a message is tried again (wechat-api.md §2, row -1); each further one is twice as long.
pub const RETRY_FIRST: Duration = Duration::from_secs(1);
/// Tries of one message before it is parked (wechat-api.md §2, row -1).
pub const RETRY_ATTEMPTS_MAX: u32 = 5;
/// When an account that cannot be reached, or whose address is refused, is due to be looked at again, in ms.
pub const ACCOUNT_RECHECK_MS: i64 = 60_000;
/// Access tokens the sandbox remembers, to tell an expired one (42001) from a foreign one (40001).
pub const SANDBOX_TOKENS_MAX: usize = 1_000;
/// Options that `select.length = n` adds at once: a page's number must not fill the memory.
pub const OPTIONS_MAX: usize = 100_000;
/// Largest frame between host and page process, in bytes: above the largest answer a page may have.
pub const FRAME_BYTES_MAX: usize = 80 * 1024 * 1024;
/// Bytes that a page process may say in one turn, requests and answer together: more than its memory holds. What it asks
/// for waits in the host's memory.
pub const EXCHANGE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Longest a template may take to answer that it has forked or reaped, in ms: it has nothing else to do.
pub const TEMPLATE_ANSWER_MS: u64 = 5_000;
/// A page that should go on is waited for by so many times its hard deadline in real time: it may have little of a busy
/// machine, but one that does not compute at all has stopped.
pub const STALL_FACTOR: u32 = 12;
/// Longest a page process may rest in one turn, waiting for answers, in ms, beside the time in which it settles and, in
/// real time, the time until its stimulus.
pub const REST_MS_MAX: u64 = 120_000;
/// Descriptors that the host holds for a page: connection, handle and standard error of its process, five for its
/// templates, and some for requests under way.
pub const PAGE_DESCRIPTORS: u64 = 10;
/// Pages that `duoke doctor` opens of each way that pages come to be: of those that are forked the first one is spawned.
pub const DOCTOR_OPENS: usize = 4;
/// Bytes of a page process's standard error that are kept for the report of its death.
pub const PAGE_STDERR_BYTES_MAX: usize = 4 * 1024;
/// Places of one API that `duoke coverage` prints as data; the count says how many there are.
pub const COVERAGE_PLACES_MAX: usize = 20;
/// Places of one API that `duoke coverage` shows to a person: the report should fit on a screen.
pub const COVERAGE_PLACES_SHOWN_MAX: usize = 3;
/// Bytes of a script that are looked at, before and behind the place of an error, for what it lacked: minified libraries
/// are one line, and the engine may name no more than where the function begins.
pub const MISSING_SCANNED_BYTES_MAX: usize = 4_000;
/// Bytes that the name of what was missing may stand before the place of an error.
pub const MISSING_BEFORE_BYTES_MAX: usize = 60;
/// Members that the client does not have, of which one document is warned; what a page makes up must not fill the log.
pub const UNKNOWN_MEMBERS_MAX: usize = 50;
/// Users of whom the host remembers that a page was told; a page told of more is not believed about the rest.
pub const TOLD_USERS_MAX: usize = 1_000_000;
/// What of a plugin's own files is looked through for what it says itself, in bytes.
pub const OWN_TEXTS_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Turns of recorded pages that wait to be written; what finds no room ends its recording.
pub const RECORD_TURNS_WAITING_MAX: usize = 4_096;
/// What these hold at most, in bytes, about.
pub const RECORD_BYTES_WAITING_MAX: usize = 32 * 1024 * 1024;
/// How often recordings are looked through for those that are too old.
pub const RECORDINGS_LOOK: Duration = Duration::from_secs(600);
/// What conversations that shadows are compared with hold at most, in bytes; another one is not compared.
pub const SHADOW_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Conversations that wait to be told to a shadow, or to be replayed because of pseudonyms; another one is not.
pub const SHADOWS_WAITING_MAX: usize = 32;
/// How long a shadow may take for a conversation.
pub const SHADOW_TIME: Duration = Duration::from_secs(60);
/// After so long a conversation that goes on is told to its shadow as far as it has come, in ms.
pub const SHADOW_EVERY_MS: i64 = 600_000;
