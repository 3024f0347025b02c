//! The recordings under `tests/formats`, which no release may fail to read: see the README there.

use std::path::{Path, PathBuf};

use duoke::event::Line;
use duoke::record::{Reader, Session};
use serde_json::Value;

use super::bench::Bench;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/1.0")
}

/// The recordings, by name, in order.
fn kept() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let names = entries.map(|name| name.into_string().unwrap());
    // What `duoke test` remembers is hidden.
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

/// Whether a crash cut it off.
fn is_cut(name: &str) -> bool {
    name.starts_with("cut.")
}

fn read(name: &str) -> Vec<Line> {
    let items = Reader::open(&folder().join(name)).unwrap();
    items
        .filter_map(|item| match item {
            Ok(line) => Some(line),
            Err(error) => {
                assert!(is_cut(name) && error.is_warning(), "{name}: {error}");
                None
            }
        })
        .collect()
}

fn is_done(line: &Value) -> bool {
    ["effect.", "fault."].iter().any(|prefix| line["type"].as_str().unwrap().starts_with(prefix))
}

/// Without what depends on the lines between.
fn bare(line: &str) -> Value {
    let mut line: Value = serde_json::from_str(line).unwrap();
    for number in ["seq", "id"] {
        line.as_object_mut().unwrap().shift_remove(number);
    }
    line
}

/// Each page's in order: what two pages do at one time is in either.
fn by_page(mut lines: Vec<Value>) -> Vec<Value> {
    lines.sort_by_key(|line| line["plugin"].to_string());
    lines
}

#[test]
fn each_line_is_read_as_it_was_written() {
    for name in kept() {
        let bytes = std::fs::read(folder().join(&name)).unwrap();
        let text = match name.ends_with(".zst") {
            // The frame of one is never finished.
            true => {
                let mut text = Vec::new();
                let mut decoder = zstd::Decoder::new(bytes.as_slice()).unwrap();
                let read = std::io::Read::read_to_end(&mut decoder, &mut text);
                assert_eq!(read.is_err(), is_cut(&name), "{name}");
                text
            }
            false => bytes,
        };
        let text = String::from_utf8(text).unwrap();
        let whole = text.rsplit_once('\n').unwrap().0;
        let source = folder().join(&name).display().to_string();
        let written: Vec<String> = read(&name).iter().map(Line::to_json).collect();
        if name != "short.jsonl" {
            assert_eq!(written.join("\n"), whole, "{name}");
        }
        assert!(written.iter().all(|line| !line.contains(&source)) || name == "short.jsonl", "{name}");
    }
}

#[test]
fn each_replays_to_what_it_holds() {
    let bench = Bench::new();
    for name in kept() {
        let path = folder().join(&name);
        let replayed = bench.run(&["replay", path.to_str().unwrap()]);
        assert_eq!(replayed.code, 0, "{name}: {}", replayed.err);
        let is_told = name == "cut.jsonl";
        assert_eq!(is_told, replayed.err.contains("cut off"), "{name}: {}", replayed.err);
        let found = by_page(replayed.out.lines().map(bare).collect());
        let recorded: Vec<Value> = read(&name).iter().map(|line| bare(&line.to_json())).filter(is_done).collect();
        let recorded = by_page(recorded);
        if name == "short.jsonl" {
            let types: Vec<_> = found.iter().map(|line| line["type"].as_str().unwrap()).collect();
            let expected = ["mcs.Notice", "storage", "mcs.PutMsg", "mcs.PutMsg", "navigate", "mcs.Notice"];
            assert_eq!(types, expected.map(|type_| format!("effect.{type_}")));
            continue;
        }
        // What came after the last whole line is not there.
        let count = if is_cut(&name) { recorded.len().min(found.len()) } else { found.len() };
        assert!(recorded.len() > 5 || name == "ended.jsonl", "{name}");
        assert_eq!(found[..count], recorded, "{name}");
    }
}

#[test]
fn each_passes() {
    let bench = Bench::new();
    let paths = kept().into_iter().filter(|name| !is_cut(name) && name != "short.jsonl");
    let paths: Vec<String> = paths.map(|name| folder().join(name).display().to_string()).collect();
    let mut arguments = vec!["test"];
    arguments.extend(paths.iter().map(String::as_str));
    let tested = bench.run(&arguments);
    assert_eq!((tested.code, tested.err.as_str()), (0, ""), "{}", tested.out);
    assert!(
        tested.out.starts_with(&format!("{} recordings: {} as recorded", paths.len(), paths.len())),
        "{}",
        tested.out
    );
}

#[test]
fn what_each_has_is_there() {
    let session = |name: &str| Session::read(&folder().join(name)).unwrap();
    let header = |name: &str| session(name).recordings[0].header.clone();
    assert_eq!((header("forked.jsonl").load_seed, header("plain.jsonl").load_seed), (Some(7), None));
    assert!(header("redacted.jsonl").redacted && !header("plain.jsonl").redacted);
    let served = header("served.jsonl");
    assert!(served.redacted && served.pace == "hosted" && served.load_time < Some(served.start), "{served:?}");
    assert!(read("served.jsonl").iter().any(|line| line.type_ == "stimulus.wechat.push"));
    assert_eq!(session("pages.jsonl").recordings.len(), 2);
    assert_eq!((session("plain.jsonl").is_ended, session("cut.jsonl").is_ended), (true, false));
    assert_eq!(session("plain.jsonl").recordings, session("plain.jsonl.zst").recordings);
    assert!(read("ended.jsonl").iter().any(|line| line.type_ == "fault.timeout"));
    assert!(read("minor.jsonl").iter().any(|line| line.type_ == "later.thing"));
    // A name in the table each, and no other.
    let readme = include_str!("../formats/README.md");
    let named = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let mut named: Vec<&str> = named.collect();
    named.sort_unstable();
    assert_eq!(named, kept());
}
