//! Recordings that were cut, reordered, doubled, or written by somebody who means harm: `duoke test`, `replay` and `sessions
//! show` neither panic nor hang, take bounded memory, and name what they cannot read. Each case is made from its number, so
//! that a number is a report; `DUOKE_TEST_HOSTILE=500` tries more of them, `DUOKE_TEST_HOSTILE_FROM=77` from that one on.

use std::process::{Child, Command};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use duoke::record::{Reader, Session};
use duoke::regress::{Case, chat, timeline};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::bench::{Bench, Ended};

/// Cases, unless the environment says more.
const CASES: u64 = 12;
/// Cases that are read only, in this process, for each that is played.
const READ_PER_CASE: u64 = 40;
/// A command that takes longer hangs.
const LONGEST: Duration = Duration::from_secs(120);
/// What a process may take for recordings of some 100 KB.
const MEMORY_KIB_MAX: i64 = 600 * 1024;
const RECORDING: &str = include_str!("../formats/1.0/plain.jsonl");

/// Numbers that follow from the first (Marsaglia's xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() >> 16) as usize % count.max(1)
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// Values that stand where others are expected.
const VALUES: [&str; 30] = [
    "null",
    "true",
    "0",
    "-1",
    "-0.0",
    "1e308",
    "-1e308",
    "1e-320",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e999",
    "NaN",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"oA\"",
    "\"../../../../etc/passwd\"",
    "\"http://[::1\"",
    "\"0000-01-01T00:00:00Z\"",
    "\"9999-12-31T23:59:59.999Z\"",
    "\"-009999-01-01T00:00:00Z\"",
    "\"2026-02-30T25:61:61Z\"",
    "[]",
    "{}",
    "[[[[[[[[{\"a\":[]}]]]]]]]]",
];

/// Lines that nobody wrote by mistake.
fn line(numbers: &mut Numbers) -> Vec<u8> {
    let deep = |open: &str, close: &str| [open.repeat(100_000), close.repeat(100_000)].concat().into_bytes();
    match numbers.below(14) {
        0 => deep("[", "]"),
        1 => deep("{\"a\":", "}"),
        2 => [&b"{\"type\":\"x.y\",\"data\":"[..], &deep("[", "]"), b"}"].concat(),
        3 => b"{\"type\":\"stimulus.ui.click\",\"data\":{\"selector\":\"\xff\xfe\xed\xa0\x80\"}}".to_vec(),
        4 => b"{\"type\":\"stimulus.ui.click\",\0\"data\":{}}".to_vec(),
        5 => format!("{{\"type\":\"console.log\",\"data\":{{\"text\":\"{}\"}}}}", "長".repeat(300_000)).into_bytes(),
        6 => format!("{{\"type\":\"a.b\",\"id\":{}}}", "9".repeat(100_000)).into_bytes(),
        7 => b"{\"type\":\"session.start\",\"data\":{\"format\":\"99999999999999999999.0\"}}".to_vec(),
        8 => b"{\"type\":\"session.start\",\"data\":{\"format\":[],\"plugin\":7,\"limits\":[],\"seed\":-1}}".to_vec(),
        9 => b"{\"type\":\"session.end\",\"plugin\":\"kept\",\"data\":{\"loaded\":false}}".to_vec(),
        10 => b"{\"type\":\"world.http\",\"plugin\":\"kept\",\"data\":{\"request\":{\"url\":\"\"},\"started\":\"x\"}}".to_vec(),
        11 => b"{\"type\":\"fault.limit\",\"plugin\":\"kept\",\"data\":{\"limit\":\"tasks\",\"value\":18446744073709551615}}".to_vec(),
        12 => b"{\"type\":\"stimulus.ui.click\",\"seq\":18446744073709551615,\"data\":{\"selector\":\"a:has(b,:not(*)) ~ [x=y]\"}}".to_vec(),
        _ => {
            let selector = ":not(".repeat(5_000) + "a" + &")".repeat(5_000);
            format!("{{\"type\":\"stimulus.ui.click\",\"data\":{{\"selector\":\"{selector}\"}}}}").into_bytes()
        }
    }
}

/// Puts another value behind one of a line's members.
fn replaced(line: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let text = String::from_utf8_lossy(line);
    let places: Vec<usize> = text.match_indices("\":").map(|(at, _)| at + 2).collect();
    let Some(from) = places.get(numbers.below(places.len())) else { return line.to_vec() };
    // To the end of a text or number; of an array or object, whatever follows is what it is.
    let rest = &text[*from..];
    let end = match rest.strip_prefix('"') {
        Some(rest) => rest.find('"').map_or(rest.len(), |end| end + 2).min(rest.len()),
        None => rest.find([',', '}', ']']).unwrap_or(rest.len()),
    };
    let end = (*from..=from + end).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(*from);
    format!("{}{}{}", &text[..*from], numbers.one(&VALUES), &text[end..]).into_bytes()
}

/// The recording of a case.
fn recording(case: u64) -> Vec<u8> {
    let mut numbers = Numbers(case.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut lines: Vec<Vec<u8>> = RECORDING.lines().map(|line| line.as_bytes().to_vec()).collect();
    for _ in 0..=numbers.below(6) {
        let (at, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
        match numbers.below(10) {
            0 => lines.swap(at, other),
            1 => lines.insert(other, lines[at].clone()),
            2 => drop(lines.remove(at)),
            3 => {
                let length = numbers.below(lines[at].len());
                lines[at].truncate(length);
            }
            4 => {
                let place = numbers.below(lines[at].len());
                if let Some(byte) = lines[at].get_mut(place) {
                    *byte = numbers.next() as u8;
                }
            }
            5 => lines.insert(at, line(&mut numbers)),
            _ => lines[at] = replaced(&lines[at], &mut numbers),
        }
        if lines.is_empty() {
            break;
        }
    }
    let mut bytes = lines.join(&b'\n');
    if numbers.below(4) > 0 {
        bytes.push(b'\n');
    }
    let length = numbers.below(bytes.len());
    match numbers.below(8) {
        0 => bytes.truncate(length),
        1 => bytes = zstd::encode_all(bytes.as_slice(), 1).unwrap(),
        2 => {
            bytes = zstd::encode_all(bytes.as_slice(), 1).unwrap();
            let length = numbers.below(bytes.len());
            bytes.truncate(length);
        }
        _ => {}
    }
    bytes
}

/// What a command says and how it ends; it must end.
fn finish(mut command: Command, case: u64) -> Ended {
    command.stdin(std::process::Stdio::null());
    let child: Child = Bench::start(command);
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let output = match receiver.recv_timeout(LONGEST) {
        Ok(output) => output.unwrap(),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            kill(id, Signal::SIGKILL).unwrap();
            panic!("case {case} hangs");
        }
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what it prints is UTF-8");
    Ended { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn whatever_lies_in_a_recording() {
    let count = number("DUOKE_TEST_HOSTILE").unwrap_or(CASES);
    let from = number("DUOKE_TEST_HOSTILE_FROM").unwrap_or(1);
    for case in from..from + count {
        let bench = Bench::new();
        let page = std::fs::read(format!("{}/tests/formats/plugin/index.html", env!("CARGO_MANIFEST_DIR"))).unwrap();
        bench.write("plugin/index.html", page);
        bench.write("plugin/plugin.toml", include_str!("../formats/plugin/plugin.toml"));
        bench.write("sessions/x.jsonl", recording(case));
        for arguments in [
            &["test", "sessions/x.jsonl", "--jobs", "1"][..],
            &["replay", "sessions/x.jsonl", "--all"],
            &["sessions", "show", "sessions/x.jsonl"],
            &["sessions", "show", "sessions/x.jsonl", "--timeline"],
        ] {
            let ended = finish(bench.command(arguments), case);
            let all = format!("case {case}, {arguments:?}: exit {}\n{}\n{}", ended.code, ended.out, ended.err);
            assert!([0, 4, 70, 96, 100, 102, 103].contains(&ended.code), "{all}");
            assert!(!ended.err.contains("panicked") && !all.contains("A BUG OF DUOKE"), "{all}");
            let is_unread = ended.code == 102 && !all.contains("is no recording");
            assert!(!is_unread || all.contains("x.jsonl:"), "{all}");
        }
    }
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    assert!(used < MEMORY_KIB_MAX, "{used} KiB");
    read_only(from * READ_PER_CASE, count * READ_PER_CASE);
}

/// What is read says where it is wrong, and what is read is shown.
fn read_only(from: u64, count: u64) {
    let bench = Bench::new();
    let path = std::path::PathBuf::from(bench.path("x.jsonl"));
    for case in from..from + count {
        bench.write("x.jsonl", recording(case));
        let read = Case::read(&path);
        for trouble in &read.troubles {
            assert!(trouble.to_string().contains("x.jsonl:"), "case {case}: {trouble}");
        }
        let (stimuli, all): (Vec<_>, Vec<_>) = (read.stimuli(), read.lines.iter().map(|(_, line)| line).collect());
        for customer in chat::customers(&stimuli, &all) {
            drop(chat::conversation(&customer, &stimuli, &all));
        }
        drop(timeline::timeline(&all));
        if let Ok(session) = Session::read(&path) {
            assert!(session.recordings.len() <= read.lines.len(), "case {case}");
        }
        if let Ok(reader) = Reader::open(&path) {
            assert!(reader.take(100_000).count() < 100_000, "case {case}");
        }
    }
}
