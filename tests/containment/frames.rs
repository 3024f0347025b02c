//! Page processes that were taken over: they say whatever they like. Each is reported and ended, and the host goes on.

use std::io::Write as _;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::JoinHandle;

use duoke::base::limits::FRAME_BYTES_MAX;
use duoke::engine::event_loop::{Emission, Output};
use duoke::event::{Cause, Console, ConsoleLevel, Effect, Message, Outcome, PutMsgCall, parse_put_msg};
use duoke::net::{Destination, Request};
use duoke::page::{Driver as _, PageOptions, Turn, TurnInput};
use duoke::process::launch::{Ending, Launch};
use duoke::process::protocol::{FromPage, Opening, ToPage};
use duoke::process::{Launched, Launcher, PageProcess, frame};
use url::Url;

use super::{Innocent, SHORT, alone, ensure, faults, lines, shown, site};
use crate::process_bench::{USER_A, assert_nothing_is_left, held, input, launchers};

/// What a page that was taken over answers to its turn at this time, until the host has gone.
type Speech = fn(&UnixStream, i64);

/// A process that opens its page as it should, and then says something else.
struct TakenOver(Speech);

impl std::fmt::Debug for TakenOver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TakenOver")
    }
}

impl Launcher for TakenOver {
    fn launch(&self, _: &Opening, _: &PageOptions) -> std::io::Result<Launch> {
        let (host, page) = UnixStream::pair()?;
        let (line, speech) = (page.try_clone()?, self.0);
        let thread = std::thread::spawn(move || {
            let Ok(ToPage::Open(_, opening)) = frame::read(&page) else { return };
            let opened = Turn { now: opening.start, idle: true, ..Turn::default() };
            frame::write(&page, &FromPage::Opened(Ok(opened))).unwrap();
            if let Ok(ToPage::Turn(input)) = frame::read(&page) {
                speech(&page, input.at);
                // It stays, and is silent.
                let _ = std::io::copy(&mut &page, &mut std::io::sink());
            }
        });
        let process = Box::new(Thread { thread: Some(thread), line });
        Ok(Launch { process, stream: host, loaded: None, unconfined: Vec::new() })
    }
}

/// A thread in place of a process.
struct Thread {
    thread: Option<JoinHandle<()>>,
    line: UnixStream,
}

impl Launched for Thread {
    fn end(&mut self) -> Ending {
        // The host may have closed it.
        let _ = self.line.shutdown(Shutdown::Both);
        self.thread.take().map(JoinHandle::join);
        Ending { code: None, signal: None, said: String::new() }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.end();
    }
}

/// Says this for ever.
fn flood(page: &UnixStream, messages: &[FromPage]) {
    let bytes: Vec<u8> = messages.iter().flat_map(|message| frame::encode(message).unwrap()).collect();
    while (&mut &*page).write_all(&bytes).is_ok() {}
}

/// Says this, if the host still listens.
fn say(page: &UnixStream, message: &FromPage) {
    let _ = frame::write(page, message);
}

fn say_bytes(page: &UnixStream, bytes: &[u8]) {
    let _ = (&mut &*page).write_all(bytes);
}

fn turned(page: &UnixStream, turn: Turn) {
    say(page, &FromPage::Turned(Turn { idle: true, ..turn }));
}

fn emission(time: i64, user: Option<&str>, output: Output) -> Emission {
    Emission { time, cause: Some(Cause::new("1", user)), subject: user.map(Arc::from), place: None, output }
}

/// A turn with this in it.
fn emitted(page: &UnixStream, now: i64, user: Option<&str>, output: Output) {
    turned(page, Turn { emissions: vec![emission(now, user, output)], now, ..Turn::default() });
}

/// A task that did this.
fn done(page: &UnixStream, now: i64, user: Option<&str>, output: Output) {
    say(page, &FromPage::Tasks(vec![emission(now, user, output)]));
}

fn console() -> Output {
    Output::Console(Console { level: ConsoleLevel::Log, text: String::new() })
}

fn put(change: impl FnOnce(&mut PutMsgCall)) -> Output {
    let argument = r#"{"msg":{"head":{"random":"1"},"body":[{"type":0,"content":{"text":"x"}}]}}"#;
    let mut call = PutMsgCall::valid(argument, parse_put_msg(argument).unwrap(), Outcome::Accepted, false);
    change(&mut call);
    Output::Effect(Effect::PutMsg(call))
}

fn request(body: usize) -> Request {
    let url = Url::parse("http://demo.plugin.invalid/index.html").unwrap();
    Request { body: vec![0; body], ..Request::get(url, Destination::Xhr, 0) }
}

fn cookie(length: usize) -> FromPage {
    let url = Url::parse("http://demo.plugin.invalid/").unwrap();
    FromPage::SetCookie(url, format!("a={}", "x".repeat(length)), 0)
}

/// So many lists in each other, as an announcement of a turn's message.
fn nested(levels: usize) -> Vec<u8> {
    let honest = emission_bytes();
    let at = honest.windows(7).position(|bytes| bytes == b"\xa6marker").unwrap();
    let mut bytes = honest[4..at].to_vec();
    bytes.extend(std::iter::repeat_n(0x91, levels));
    bytes.push(0xc0);
    bytes.extend(&honest[at + 7..]);
    [&u32::try_from(bytes.len()).unwrap().to_le_bytes()[..], &bytes].concat()
}

/// A turn in which a message's `msg` is the text `marker`.
fn emission_bytes() -> Vec<u8> {
    let output = put(|call| call.msg = Some("marker".into()));
    let emission = Emission { time: 0, cause: None, subject: None, place: None, output };
    frame::encode(&FromPage::Turned(Turn { emissions: vec![emission], ..Turn::default() })).unwrap()
}

/// What is said, and what must be reported of it.
const SPEECHES: &[(&str, &str, Speech)] = &[
    ("nothing", "fault.timeout", |_, _| ()),
    ("the end", "fault.killed", |page, _| page.shutdown(Shutdown::Both).unwrap()),
    ("garbage", "fault.killed", |page, _| say_bytes(page, &[&8_u32.to_le_bytes()[..], b"\xc1garbage"].concat())),
    ("an empty frame", "fault.killed", |page, _| say_bytes(page, &[0; 4])),
    ("another type", "fault.killed", |page, _| say_bytes(page, &[&[5, 0, 0, 0, 0xa4][..], b"Fork"].concat())),
    ("a frame that is too long", "fault.killed", |page, _| say_bytes(page, &[0xff; 4])),
    ("half a length", "fault.timeout", |page, _| say_bytes(page, &[1, 0])),
    ("half a frame", "fault.timeout", |page, _| say_bytes(page, &[100, 0, 0, 0, 1])),
    ("half a frame and the end", "fault.killed", |page, _| {
        say_bytes(page, &[100, 0, 0, 0, 1]);
        page.shutdown(Shutdown::Both).unwrap();
    }),
    ("a long frame, byte by byte", "fault.timeout", |page, _| {
        say_bytes(page, &u32::try_from(FRAME_BYTES_MAX).unwrap().to_le_bytes());
        while (&mut &*page).write_all(&[0]).is_ok() {}
    }),
    ("lists of lists", "fault.killed", |page, _| say_bytes(page, &nested(1_000_000))),
    ("lists of lists, not too many", "fault.killed", |page, _| say_bytes(page, &nested(900))),
    ("a list of four thousand million", "fault.killed", |page, _| {
        // `{"Turned": [[…` with one element of them.
        let bytes = [&b"\x81\xa6Turned\x94\xdd\xff\xff\xff\xff"[..], &[0xc0; 16]].concat();
        say_bytes(page, &[&u32::try_from(bytes.len()).unwrap().to_le_bytes()[..], &bytes].concat());
    }),
    ("another answer", "fault.killed", |page, _| say(page, &FromPage::Document(String::new()))),
    ("the answer to an opening", "fault.killed", |page, now| {
        say(page, &FromPage::Opened(Ok(Turn { now, ..Turn::default() })));
    }),
    ("a child", "fault.killed", |page, _| say(page, &FromPage::Forked(Ok(1)))),
    ("the end of a child", "fault.killed", |page, _| say(page, &FromPage::Reaped(None, None))),
    ("a user who was not told", "fault.killed", |page, now| emitted(page, now, Some("oB"), console())),
    ("a message to a user who was not told", "fault.killed", |page, now| emitted(page, now, Some("oB"), put(|_| ()))),
    ("other messages than the argument's", "fault.killed", |page, now| {
        emitted(page, now, Some("oA"), put(|call| call.messages = vec![Message::Text { text: "y".to_owned() }]));
    }),
    ("a message without an argument", "fault.killed", |page, now| {
        emitted(page, now, Some("oA"), put(|call| call.argument.clear()));
    }),
    ("time that goes back", "fault.killed", |page, now| turned(page, Turn { now: now - 1, ..Turn::default() })),
    ("the end of time", "fault.killed", |page, _| turned(page, Turn { now: i64::MAX, ..Turn::default() })),
    ("something before its time", "fault.killed", |page, now| {
        turned(page, Turn { emissions: vec![emission(i64::MIN, None, console())], now, ..Turn::default() });
    }),
    ("a task for a user who was not told", "fault.killed", |page, now| done(page, now, Some("oB"), put(|_| ()))),
    ("a task with other messages than the argument's", "fault.killed", |page, now| {
        done(page, now, Some("oA"), put(|call| call.messages = vec![Message::Text { text: "y".to_owned() }]));
    }),
    ("a task that did nothing", "fault.killed", |page, _| say(page, &FromPage::Tasks(Vec::new()))),
    ("a task that has no effect", "fault.killed", |page, now| done(page, now, Some("oA"), console())),
    ("a task before its time", "fault.killed", |page, now| done(page, now - 1, Some("oA"), put(|_| ()))),
    ("a task at the end of time", "fault.killed", |page, _| done(page, i64::MAX, Some("oA"), put(|_| ()))),
    ("a task at rest", "fault.killed", |page, now| {
        say(page, &FromPage::Rests);
        done(page, now, Some("oA"), put(|_| ()));
    }),
    ("an honest task, and the end", "fault.killed", |page, now| {
        done(page, now, Some("oA"), put(|_| ()));
        page.shutdown(Shutdown::Both).unwrap();
    }),
    ("an honest task, and a turn that ended before it", "fault.killed", |page, now| {
        done(page, now + 1, Some("oA"), put(|_| ()));
        turned(page, Turn { now, ..Turn::default() });
    }),
    ("an honest task, and nothing", "fault.timeout", |page, now| done(page, now, Some("oA"), put(|_| ()))),
    ("honest tasks without end", "fault.killed", |page, now| {
        flood(page, &[FromPage::Tasks(vec![emission(now, Some("oA"), put(|_| ()))])]);
    }),
    ("honest tasks, and more in the turn than is left", "fault.killed", |page, now| {
        let message = emission(now, Some("oA"), put(|_| ()));
        let half = vec![message; usize::try_from(SHORT.messages_per_turn / 2 + 1).unwrap()];
        say(page, &FromPage::Tasks(half.clone()));
        turned(page, Turn { emissions: half, now, ..Turn::default() });
    }),
    ("large honest tasks without end", "fault.killed", |page, now| {
        let text = Console { level: ConsoleLevel::Log, text: "x".repeat(4_000_000) };
        let line = emission(now, Some("oA"), Output::Console(text));
        flood(page, &[FromPage::Tasks(vec![line, emission(now, Some("oA"), put(|_| ()))])]);
    }),
    ("too much", "fault.killed", |page, now| {
        turned(page, Turn { emissions: vec![emission(now, None, console()); 100_000], now, ..Turn::default() });
    }),
    ("requests without end", "fault.killed", |page, _| flood(page, &[FromPage::Start(1, request(0))])),
    ("long requests without end", "fault.killed", |page, _| flood(page, &[FromPage::Start(1, request(4_000_000))])),
    ("requests whose answers are not read", "fault.timeout", |page, _| flood(page, &[FromPage::Fetch(request(0))])),
    ("requests for cookies without end", "fault.timeout", |page, _| {
        let url = Url::parse("http://demo.plugin.invalid/").unwrap();
        flood(page, &[FromPage::Cookies(url, 0)]);
    }),
    ("cookies without end", "fault.timeout", |page, _| flood(page, &[cookie(1)])),
    ("long cookies without end", "fault.killed", |page, _| flood(page, &[cookie(4_000_000)])),
    ("confinement without end", "fault.timeout", |page, _| flood(page, &[FromPage::Confined(Vec::new())])),
    ("rest without end", "fault.timeout", |page, _| say(page, &FromPage::Rests)),
    ("rests without end", "fault.killed", |page, _| flood(page, &[FromPage::Rests])),
    ("rests that it takes back", "fault.timeout", |page, _| flood(page, &[FromPage::Rests, FromPage::Resumes])),
    ("going on without a rest", "fault.killed", |page, _| say(page, &FromPage::Resumes)),
    ("requests at rest", "fault.killed", |page, _| flood(page, &[FromPage::Rests, FromPage::Start(1, request(0))])),
];

/// One turn of a page that was taken over, in which no time is left to settle: what its tasks gave out, and its end.
fn taken_over(speech: Speech) -> (Vec<Emission>, Turn) {
    let site = site("");
    let mut page = PageProcess::new(PageOptions { limits: SHORT, ..site.options() }, Arc::new(TakenOver(speech)));
    let now = page.open(0, &mut |_, _| ()).unwrap().now;
    let mut heard = Vec::new();
    let input = TurnInput { settle_ms: 0, ..input(USER_A, 1, now) };
    let turn = page.turn(input, &mut |mut emissions, _| heard.append(&mut emissions));
    (heard, turn)
}

#[test]
fn a_page_that_was_taken_over_is_ended_whatever_it_says() {
    let _alone = alone();
    let before = held();
    let mut innocent = Innocent::open(&site(""), launchers().remove(0));
    let mut problems = Vec::new();
    for (name, expected, speech) in SPEECHES {
        let (heard, turn) = taken_over(*speech);
        innocent.check();
        let is_reported = lines(&turn).len() == 1 && faults(&turn).contains(expected);
        // What could have been honest was believed.
        let is_heard = heard.is_empty() != name.contains("honest");
        problems.extend(
            ensure(is_reported && is_heard, || format!("{name}: {} heard, {}", heard.len(), shown(&turn))).err(),
        );
    }
    drop(innocent);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_nothing_is_left(before);
}

#[test]
fn what_honest_pages_say_is_believed() {
    let (heard, turn) = taken_over(|page, now| {
        done(page, now, Some("oA"), put(|_| ()));
        say(page, &FromPage::Cookies(Url::parse("http://demo.plugin.invalid/").unwrap(), 0));
        let Ok(ToPage::Cookies(_)) = frame::read(page) else { return };
        say(page, &FromPage::Rests);
        say(page, &FromPage::Resumes);
        emitted(page, now, Some("oA"), put(|_| ()));
    });
    assert_eq!(lines(&turn), ["oA: x"]);
    assert_eq!(heard.len(), 1);
}
