//! Files as a crash, a person or another program leaves them.

use std::fs;
use std::io::Cursor;
use std::sync::mpsc::{Receiver, channel};

use serde_json::json;

use super::*;
use crate::event::Line;
use crate::record::Writer;

fn reader(bytes: impl Into<Vec<u8>>) -> Reader {
    Reader::new(Cursor::new(bytes.into()), "log")
}

/// What a log reads as: ids of lines, messages of everything else.
fn read(bytes: impl Into<Vec<u8>>) -> Vec<String> {
    let item = |item: Result<Line, ReadError>| match item {
        Ok(line) => line.id,
        Err(error) if error.is_warning() => format!("warning: {error}"),
        Err(error) => format!("error: {error}"),
    };
    reader(bytes).map(item).collect()
}

#[test]
fn a_header_that_cannot_be_understood() {
    let log = "{\"type\":\"session.start\",\"data\":{\"seed\":-1}}\n{\"type\":\"session.start\"}\n{\"type\":\"session.start\",\"data\":7}\n";
    let expected = [
        "error: log:1:1: `data` of session.start: invalid value: integer `-1`, expected u64",
        "2",
        "error: log:3:1: `data` of session.start: invalid type: integer `7`, expected struct Header",
    ];
    assert_eq!(read(log), expected);
}

#[test]
fn a_small_file_that_holds_too_much() {
    let log = "{\"type\":\"a.b\"}\n".repeat(100_000);
    let packed = zstd::encode_all(log.as_bytes(), 3).expect("compressed");
    let items: Vec<_> = reader(packed).within(150).collect();
    let last = items.last().expect("some").as_ref().expect_err("too much");
    assert_eq!((items.len(), last.to_string().as_str()), (11, "log:11: holds more than 150 bytes, uncompressed"));
    assert!(!last.is_warning() && last.hint().is_some());
    // Blank lines as well, and lines that are longer than any.
    for log in ["\n".repeat(1_000), format!("{}\n", "x".repeat(1_000))] {
        assert!(matches!(reader(log).within(150).next(), Some(Err(ReadError::TooLong { .. }))));
    }
}

const CUT: &str = "warning: log:2: the last line was cut off and is ignored";

#[test]
fn ends_of_files() {
    let table: [(&[u8], &[&str]); 14] = [
        (b"", &[]),
        (b"\n\n", &[]),
        (b"{\"type\":\"a.b\"}", &["1"]),
        (b"{\"type\":\"a.b\"}\n", &["1"]),
        (b"\xef\xbb\xbf{\"type\":\"a.b\"}\n", &["1"]),
        (b"\xef\xbb\xbf\r\n  \t\r\n{\"type\":\"a.b\"}\r\n", &["3"]),
        (b"{\"type\":\"a.b\"}\r\n{\"type\":\"a.c\"}\r\n", &["1", "2"]),
        (b"{\"type\":\"a.b\"}\n{\"type\":\"a.", &["1", CUT]),
        (b"{\"type\":\"a.b\"}\n{\"type\":\"a.\xe5\xae", &["1", CUT]),
        (b"{\"type\":\"a.b\"}\n{", &["1", CUT]),
        (b"{\"type\":\"a.b\"}\nnonsense", &["1", "error: log:2:2: not JSON: expected ident"]),
        (b"{\"type\":\"a.\n{\"type\":\"a.b\"}\n", &["error: log:1:12: not JSON: EOF while parsing a string", "2"]),
        (b"{\"type\":\"a.\xff\"}\n{\"type\":\"a.b\"}\n", &["error: log:1:12: not UTF-8", "2"]),
        (b"{\"type\":\"a.\xe5\n\n{\"type\":\"a.b\"}", &["error: log:1:12: not UTF-8", "3"]),
    ];
    for (bytes, expected) in table {
        assert_eq!(read(bytes), expected, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_newer_format_ends_the_reading() {
    let log = "{\"type\":\"session.start\",\"data\":{\"format\":\"2.0\"}}\n{\"type\":\"a.b\"}\n";
    let items = read(log);
    assert_eq!(items.len(), 1);
    assert!(items[0].starts_with("error: log:1: the recording has format 2.0"), "{items:?}");
}

/// Hands out zeros' printable cousin without holding it.
struct Endless {
    left: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(self.left);
        buffer[..count].fill(b'x');
        self.left -= count;
        Ok(count)
    }
}

#[test]
fn a_line_over_the_bound_is_one_error() {
    let behind = Cursor::new(b"\n{\"type\":\"a.b\"}\n".to_vec());
    let input = Endless { left: LOG_LINE_BYTES_MAX + 1 }.chain(behind);
    let mut reader = Reader::new(BufReader::new(input), "log");
    let error = reader.next().expect("an item").expect_err("too long");
    assert_eq!(error.to_string(), "log:1:1: the line is longer than 67108864 bytes");
    assert_eq!(reader.next().expect("an item").expect("readable").id, "2");
    assert!(reader.next().is_none());
}

#[test]
fn files_that_are_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("binary.jsonl"), b"\x7fELF\x02\0\0\0").unwrap();
    fs::write(path("plain.jsonl.zst"), "{\"type\":\"a.b\"}\n").unwrap();
    let table = [
        (path("missing.jsonl"), "cannot be opened"),
        (path("binary.jsonl"), "is no session log: it is binary"),
        (path("plain.jsonl.zst"), "its content is not Zstandard"),
        (folder.path().to_owned(), "it is a folder"),
    ];
    for (path, reason) in table {
        let Err(error) = Reader::open(&path) else { panic!("{} opened", path.display()) };
        assert!(error.to_string().contains(reason), "{error}");
        assert!(!error.is_warning());
    }
}

fn lines() -> Vec<Line> {
    let data = [json!({ "text": "您好\n" }), json!({ "latitude": 22.0 }), json!({ "big": "x".repeat(300_000) })];
    let numbered = data.into_iter().enumerate();
    numbered.map(|(index, data)| Line::new(index.to_string(), "duoke", "effect.mcs.PutMsg", data)).collect()
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.jsonl", "a.jsonl.zst"] {
        let path = folder.path().join(name);
        let mut writer = Writer::create(&path).unwrap();
        lines().iter().for_each(|line| writer.write(line).unwrap());
        writer.finish().unwrap();
        let back: Vec<Line> = Reader::open(&path).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(back, lines(), "{name}");
    }
    let size = |name: &str| fs::metadata(folder.path().join(name)).unwrap().len();
    assert!(size("a.jsonl.zst") < size("a.jsonl") / 10);
}

#[test]
fn a_compressed_log_without_its_end_keeps_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl.zst");
    let mut writer = Writer::create(&path).unwrap();
    lines().iter().for_each(|line| writer.write(line).unwrap());
    // No `finish`, as after a crash.
    drop(writer);
    let back: Vec<Line> = Reader::open(&path).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(back, lines());

    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    let items: Vec<_> = Reader::open(&path).unwrap().collect();
    let whole = items.iter().filter_map(|item| item.as_ref().ok()).cloned().collect::<Vec<_>>();
    assert_eq!(whole, lines()[..2]);
    assert!(items[2..].iter().all(|item| item.as_ref().is_err_and(ReadError::is_warning)), "{items:?}");
}

#[test]
fn a_damaged_compressed_log_is_an_error() {
    let mut bytes = zstd::encode_all(&b"{\"type\":\"a.b\"}\n"[..], 3).unwrap();
    bytes.truncate(4);
    bytes.extend([0xff; 32]);
    let items: Vec<_> = reader(bytes).collect();
    assert_eq!(items.len(), 1, "{items:?}");
    assert!(items[0].is_err());
}

/// A pipe whose other end the test holds.
struct Pipe {
    chunks: Receiver<&'static [u8]>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Ok(chunk) = self.chunks.recv() else { return Ok(0) };
        buffer[..chunk.len()].copy_from_slice(chunk);
        Ok(chunk.len())
    }
}

#[test]
fn a_pipe_is_followed() {
    let (sender, chunks) = channel();
    // Opening does not wait: nothing has been sent yet.
    let mut reader = Reader::new(BufReader::new(Pipe { chunks }), "-");
    sender.send(b"{\"type\":").unwrap();
    sender.send(b"\"a.b\"}\n\n{").unwrap();
    assert_eq!(reader.next().unwrap().unwrap().id, "1");
    sender.send(b"\"type\":\"a.c\"}\n").unwrap();
    assert_eq!(reader.next().unwrap().unwrap().id, "3");
    sender.send(b"{\"type\":\"a").unwrap();
    drop(sender);
    assert!(reader.next().unwrap().is_err_and(|error| error.is_warning()));
    assert!(reader.next().is_none());
}

#[test]
fn trouble_of_the_input_ends_the_reading() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let start = Cursor::new(b"{\"type\":\"a.b\"}\n".to_vec());
    let mut reader = Reader::new(BufReader::new(start.chain(Broken)), "log");
    assert_eq!(reader.next().unwrap().unwrap().id, "1");
    assert_eq!(reader.next().unwrap().unwrap_err().to_string(), "log:2: cannot be read: the disk is gone");
    assert!(reader.next().is_none());
}
