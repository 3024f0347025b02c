//! `--update`: a recording's expected lines become what the replay did. All other bytes stay as they are, and so do
//! expected lines that came as they were recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::compare::{Strictness, compared, is_expected};
use crate::event::{Line, parse_line};

/// The first bytes of a Zstandard frame (RFC 8878 §3.1.1).
pub(super) const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// As the recorder compresses.
const ZSTD_LEVEL: i32 = 3;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A recording that could not be updated.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// It cannot be read, or not be written; it is as it was.
    #[error("{}: cannot be updated: {error}", file.display())]
    Io {
        /// The recording.
        file: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// It was written by somebody else meanwhile; it is as that one left it.
    #[error("{}: cannot be updated: it has changed since it was read", file.display())]
    Changed {
        /// The recording.
        file: PathBuf,
    },
}

/// Puts what each plugin did in the place of what is recorded of it. `actual`: by plugin, whole and in order; of plugins
/// that are not named everything stays. A recording with one plugin need not name it on its lines: `only` does.
///
/// The file takes its new form at once, or stays as it was; `lines` is what was read of it when it was replayed.
///
/// # Errors
/// [`UpdateError`].
pub fn update(
    path: &Path,
    lines: &[Line],
    only: Option<&str>,
    actual: &BTreeMap<String, Vec<Line>>,
    strictness: Strictness,
) -> Result<(), UpdateError> {
    // What a link leads to is updated, not the link.
    let file = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let failed = |error| UpdateError::Io { file: path.to_owned(), error };
    let (text, is_compressed) = read(&file).map_err(failed)?;
    let there = read_lines(&text);
    if there.iter().flatten().map(said).ne(lines.iter().map(said)) {
        return Err(UpdateError::Changed { file: path.to_owned() });
    }
    let text = rewritten(&text, only, actual, strictness);
    replace(&file, &text, is_compressed).map_err(failed)
}

/// A file's content, and whether it is compressed.
pub(super) fn read(path: &Path) -> io::Result<(Vec<u8>, bool)> {
    let bytes = fs::read(path)?;
    if !bytes.starts_with(&ZSTD_MAGIC) {
        return Ok((bytes, false));
    }
    let (mut text, mut decoder) = (Vec::new(), zstd::stream::read::Decoder::with_buffer(&bytes[..])?);
    match decoder.read_to_end(&mut text) {
        // A crash leaves a frame that was never finished.
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok((text, true)),
    }
}

fn replace(path: &Path, text: &[u8], compresses: bool) -> io::Result<()> {
    let bytes = if compresses { zstd::stream::encode_all(text, ZSTD_LEVEL)? } else { text.to_vec() };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.update", std::process::id()));
    let mode = fs::metadata(path)?.permissions();
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.write_all(&bytes)?;
        file.set_permissions(mode)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        // What is left of it is of no use.
        let _ = fs::remove_file(&beside);
    } else if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        // The new name is as durable as the folder; where a folder cannot be synced, that is all there is.
        let _ = folder.sync_all();
    }
    written
}

fn said(line: &Line) -> (&str, &str, &Value) {
    (&line.id, &line.type_, &line.data)
}

/// The physical lines with their ends.
pub(super) fn physical(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// What each physical line says; `None`: nothing, or what cannot be read.
fn read_lines(text: &[u8]) -> Vec<Option<Line>> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let read = |(number, line): (u64, &[u8])| {
        let line = std::str::from_utf8(line).ok()?;
        parse_line(line.trim_end_matches(['\n', '\r']), number, "").ok().flatten()
    };
    (1_u64..).zip(physical(text)).map(read).collect()
}

/// The file's text with the expected lines of `actual`'s plugins replaced.
#[must_use]
pub fn rewritten(
    text: &[u8],
    only: Option<&str>,
    actual: &BTreeMap<String, Vec<Line>>,
    strictness: Strictness,
) -> Vec<u8> {
    let (mark, rest) = if text.starts_with(BOM) { text.split_at(BOM.len()) } else { text.split_at(0) };
    let (raw, lines) = (physical(rest), read_lines(text));
    let mut rewriting = Rewriting::new(raw, lines, strictness);
    for (plugin, actual) in actual {
        let slots = rewriting.slots(plugin, only);
        rewriting.put(&slots, actual);
    }
    [mark, &rewriting.finish()].concat()
}

/// A file on its way to its new form.
struct Rewriting<'a> {
    raw: Vec<&'a [u8]>,
    lines: Vec<Option<Line>>,
    /// Physical lines that go.
    gone: BTreeSet<usize>,
    /// Lines that come behind a physical one, or with `None` before the first.
    new: BTreeMap<Option<usize>, Vec<Line>>,
    ids: BTreeSet<String>,
    strictness: Strictness,
}

impl<'a> Rewriting<'a> {
    fn new(raw: Vec<&'a [u8]>, lines: Vec<Option<Line>>, strictness: Strictness) -> Self {
        let ids = lines.iter().flatten().map(|line| line.id.clone()).collect();
        Self { raw, lines, gone: BTreeSet::new(), new: BTreeMap::new(), ids, strictness }
    }

    /// The physical lines with what is expected of a plugin.
    fn slots(&self, plugin: &str, only: Option<&str>) -> Vec<usize> {
        let is_his = |line: &Line| is_expected(line) && line.plugin.as_deref().or(only) == Some(plugin);
        let slots = self.lines.iter().enumerate();
        slots.filter(|(_, line)| line.as_ref().is_some_and(is_his)).map(|(at, _)| at).collect()
    }

    /// Lines that are as recorded stay; where others stood others come, and what is more comes behind those, but not
    /// before the stimulus that led to it.
    fn put(&mut self, slots: &[usize], actual: &[Line]) {
        let old: Vec<Key> = slots.iter().filter_map(|at| self.lines[*at].as_ref()).map(|line| self.key(line)).collect();
        let actual: Vec<&Line> = actual.iter().filter(|line| is_expected(line)).collect();
        let new: Vec<Key> = actual.iter().map(|line| self.key(line)).collect();
        let mut behind = slots.first().map_or_else(|| self.head(), |first| first.checked_sub(1));
        for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
            let (old, new) = (op.old_range(), op.new_range());
            if matches!(op, DiffOp::Equal { .. }) {
                behind = slots[old].last().copied();
                continue;
            }
            let next = slots.get(old.end).map_or(Some(usize::MAX), |next| next.checked_sub(1));
            let mut free = slots[old].iter();
            for line in &actual[new] {
                let slot = free.next().copied();
                behind = slot.or_else(|| behind.max(self.cause_of(line)).min(next));
                self.add(slot, behind, line);
            }
            self.gone.extend(free);
        }
    }

    /// Where what a page does begins, of which nothing is recorded.
    fn head(&self) -> Option<usize> {
        self.lines.iter().rposition(|line| line.as_ref().is_some_and(|line| line.type_ == "session.start"))
    }

    fn key(&self, line: &Line) -> Key {
        let is_fault = line.type_.starts_with("fault.");
        let data = match self.strictness {
            Strictness::All => {
                sorted(&line.data).to_string() + &format!("{:?}{:?}{:?}", line.id, line.time, line.cause)
            }
            Strictness::Meaning if is_fault => line.data.get("message").map(ToString::to_string).unwrap_or_default(),
            Strictness::Meaning => sorted(&compared(&line.data)).to_string(),
        };
        let is_for = line.subject.clone().filter(|_| !is_fault || self.strictness == Strictness::All);
        (line.type_.clone(), is_for, data)
    }

    /// The physical line of the stimulus that led to this one.
    fn cause_of(&self, line: &Line) -> Option<usize> {
        let cause = line.cause.as_deref()?;
        let is_it = |line: &Option<Line>| {
            line.as_ref().is_some_and(|line| line.id == cause && line.type_.starts_with("stimulus."))
        };
        self.lines.iter().position(is_it)
    }

    /// A line in the place of one that goes, whose name and number it takes over; or a further one, of a name that is free
    /// and without a number, since those of its neighbours stay.
    fn add(&mut self, slot: Option<usize>, behind: Option<usize>, line: &Line) {
        let mut line = line.clone();
        match slot.and_then(|slot| self.lines[slot].as_ref()) {
            Some(old) => {
                (line.id, line.seq, line.source) = (old.id.clone(), old.seq, old.source.clone());
                (line.plugin, line.seat) = (old.plugin.clone(), old.seat.clone());
            }
            None => {
                let further = (2_u32..).map(|number| format!("{}.{number}", line.id));
                let mut names = std::iter::once(line.id.clone()).chain(further);
                line.id = names.find(|id| !self.ids.contains(id)).unwrap_or_default();
                line.seq = None;
            }
        }
        self.ids.insert(line.id.clone());
        self.gone.extend(slot);
        self.new.entry(behind).or_default().push(line);
    }

    fn finish(&self) -> Vec<u8> {
        let mut text = Vec::new();
        let first_end = self.raw.first().map_or(&b"\n"[..], |line| end_of(line));
        let end = if first_end.is_empty() { &b"\n"[..] } else { first_end };
        let write = |text: &mut Vec<u8>, behind: Option<usize>| {
            for line in self.new.get(&behind).into_iter().flatten() {
                // What was the last line of all may lack its end.
                if !text.is_empty() && !text.ends_with(b"\n") {
                    text.extend_from_slice(end);
                }
                text.extend_from_slice(line.to_json().as_bytes());
                text.extend_from_slice(end);
            }
        };
        write(&mut text, None);
        for (at, raw) in self.raw.iter().enumerate() {
            if !self.gone.contains(&at) {
                text.extend_from_slice(raw);
            }
            write(&mut text, Some(at));
        }
        text
    }
}

/// Type, subject and data, as far as they are compared.
type Key = (String, Option<String>, String);

/// The same with members in the order of their names, which says nothing.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<&String, Value> = members.iter().map(|(name, value)| (name, sorted(value))).collect();
            members.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        Value::Array(values) => values.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn end_of(line: &[u8]) -> &[u8] {
    let text = line.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    text.map_or(&[], |text| &line[text.len()..])
}

#[cfg(test)]
mod tests;
