//! Reading a session log, line by line, as it grows (session-log.md, Reading).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::format::{FormatError, check_format};
use super::session::check_header;
use crate::base::limits::LOG_LINE_BYTES_MAX;
use crate::event::{Line, LineError, parse_line};

/// The first bytes of a Zstandard frame (RFC 8878 §3.1.1).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// The name of standard input in messages and as a line's source.
const STDIN_NAME: &str = "-";

const HINT_HEADER: &str =
    "members that are left out have the defaults of a run; others are as `duoke run --record` writes them";

/// What can go wrong while a log is read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened.
    #[error("{file}: cannot be opened: {error}")]
    Open {
        /// The log's name.
        file: String,
        /// The system's reason.
        error: io::Error,
    },
    /// The file is there and is no session log.
    #[error("{file}: is no session log: {reason}")]
    NotALog {
        /// The log's name.
        file: String,
        /// What it is instead.
        reason: &'static str,
    },
    /// The file cannot be read any further.
    #[error("{file}:{line}: cannot be read: {error}")]
    Io {
        /// The log's name.
        file: String,
        /// The line that was being read.
        line: u64,
        /// The system's reason.
        error: io::Error,
    },
    /// One line cannot be read; the next ones may be.
    #[error(transparent)]
    Line(#[from] LineError),
    /// A warning: the last line was cut off in the middle and is ignored.
    #[error("{file}:{line}: the last line was cut off and is ignored")]
    CutOff {
        /// The log's name.
        file: String,
        /// The line.
        line: u64,
    },
    /// The file holds more than is read of it.
    #[error("{file}:{line}: holds more than {bytes_max} bytes, uncompressed")]
    TooLong {
        /// The log's name.
        file: String,
        /// The line that is too much.
        line: u64,
        /// The bound.
        bytes_max: u64,
    },
    /// The recording's format is not one of ours.
    #[error("{file}:{line}: {error}")]
    Format {
        /// The log's name.
        file: String,
        /// The line of the header.
        line: u64,
        /// What is wrong with it.
        error: FormatError,
    },
}

impl ReadError {
    /// Whether the log counts as read all the same.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::CutOff { .. })
    }

    /// The next step, for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Line(error) => error.hint.clone(),
            Self::NotALog { .. } => {
                Some("a log is JSON Lines: *.jsonl, *.jsonl.zst, or - for standard input".to_owned())
            }
            Self::TooLong { .. } => Some("record shorter sessions, or less of what pages fetch".to_owned()),
            Self::CutOff { .. } => {
                Some("a crash while recording leaves such a line; all others are complete".to_owned())
            }
            _ => None,
        }
    }
}

/// An iterator over the lines of a log. Blank lines are skipped; an unreadable line is an item and the next call goes on
/// behind it. It ends at the end of the input, or after an error of the file itself.
pub struct Reader {
    input: Box<dyn BufRead + Send>,
    name: String,
    line_number: u64,
    /// Bytes so far, and at most.
    bytes: u64,
    bytes_max: u64,
    probed: bool,
    ended: bool,
}

impl Reader {
    /// Opens a `.jsonl` file, a compressed one (told by its content), or `-` for standard input, which is followed as it
    /// grows: `next` waits for the next line. Opening never waits.
    ///
    /// # Errors
    /// A file that is missing, unreadable or no log at all.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        if path.as_os_str() == STDIN_NAME {
            return Ok(Self::new(BufReader::new(io::stdin()), STDIN_NAME));
        }
        let name = path.display().to_string();
        let open_error = |error| ReadError::Open { file: name.clone(), error };
        let file = File::open(path).map_err(open_error)?;
        let kind = file.metadata().map_err(open_error)?.file_type();
        if kind.is_dir() {
            return Err(ReadError::NotALog { file: name, reason: "it is a folder" });
        }
        let mut reader = Self::new(BufReader::new(file), &name);
        if !kind.is_file() {
            return Ok(reader);
        }
        let start = reader.input.fill_buf().map_err(open_error)?;
        let compressed_name = path.extension().is_some_and(|extension| extension == "zst");
        if compressed_name && !start.is_empty() && !start.starts_with(&ZSTD_MAGIC) {
            return Err(ReadError::NotALog {
                file: name,
                reason: "its name ends in .zst, its content is not Zstandard",
            });
        }
        reader.probe()?;
        Ok(reader)
    }

    /// Reads from any input. `name` stands for it in messages and as the source of lines that name none.
    #[must_use]
    pub fn new(input: impl BufRead + Send + 'static, name: &str) -> Self {
        let (input, name) = (Box::new(input), name.to_owned());
        Self { input, name, line_number: 0, bytes: 0, bytes_max: u64::MAX, probed: false, ended: false }
    }

    /// The same, reading no more than so many bytes: for whoever keeps all lines.
    #[must_use]
    pub fn within(self, bytes_max: u64) -> Self {
        Self { bytes_max, ..self }
    }

    /// Looks at the start of the input: compressed, text, or no log at all.
    fn probe(&mut self) -> Result<(), ReadError> {
        self.probed = true;
        let name = self.name.clone();
        let open_error = |error| ReadError::Open { file: name.clone(), error };
        if self.input.fill_buf().map_err(open_error)?.starts_with(&ZSTD_MAGIC) {
            let compressed = std::mem::replace(&mut self.input, Box::new(io::empty()));
            let decoder = zstd::stream::read::Decoder::with_buffer(compressed).map_err(open_error)?;
            self.input = Box::new(BufReader::new(Patient { decoder }));
        }
        if self.input.fill_buf().map_err(open_error)?.contains(&0) {
            return Err(ReadError::NotALog { file: name, reason: "it is binary" });
        }
        Ok(())
    }

    /// The log's name in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of the physical line that was read last, from 1; 0 before the first.
    #[must_use]
    pub fn line_number(&self) -> u64 {
        self.line_number
    }

    /// Reads one physical line into `bytes`, at most one byte more than the bound.
    fn read_bytes(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let bound = LOG_LINE_BYTES_MAX as u64 + 1;
        (&mut self.input).take(bound).read_until(b'\n', bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Skips to the line's end. Memory stays bounded.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let chunk = self.input.fill_buf()?;
            let (used, done) = match chunk.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (chunk.len(), chunk.is_empty()),
            };
            self.input.consume(used);
            self.bytes += used as u64;
            if done || self.bytes > self.bytes_max {
                return Ok(());
            }
        }
    }

    fn read_line(&mut self, bytes: &[u8]) -> Result<Option<Line>, ReadError> {
        let whole = bytes.ends_with(b"\n");
        let cut_off = || ReadError::CutOff { file: self.name.clone(), line: self.line_number };
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) if error.error_len().is_none() && !whole => return Err(cut_off()),
            Err(error) => {
                let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                let column = before.trim_start_matches('\u{feff}').chars().count() as u64 + 1;
                return Err(self
                    .line_error(column, "not UTF-8", "session logs are UTF-8; convert the file first")
                    .into());
            }
        };
        match parse_line(text.trim_end_matches(['\n', '\r']), self.line_number, &self.name) {
            Ok(Some(line)) => match check_format(&line) {
                Ok(()) => match check_header(&line) {
                    Ok(()) => Ok(Some(line)),
                    Err(reason) => Err(self.line_error(1, &reason, HINT_HEADER).into()),
                },
                Err(error) => Err(ReadError::Format { file: self.name.clone(), line: self.line_number, error }),
            },
            Ok(None) => Ok(None),
            Err(error) if error.cut_off && !whole => Err(cut_off()),
            Err(error) => Err(error.into()),
        }
    }

    fn line_error(&self, column: u64, reason: &str, hint: &str) -> LineError {
        LineError {
            file: self.name.clone(),
            line: self.line_number,
            column,
            reason: reason.to_owned(),
            hint: Some(hint.to_owned()),
            cut_off: false,
        }
    }

    fn io_error(&mut self, error: io::Error) -> ReadError {
        self.ended = true;
        ReadError::Io { file: self.name.clone(), line: self.line_number, error }
    }
}

impl Iterator for Reader {
    type Item = Result<Line, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.probed
            && let Err(error) = self.probe()
        {
            self.ended = true;
            return Some(Err(error));
        }
        let mut bytes = Vec::new();
        while !self.ended {
            bytes.clear();
            self.line_number += 1;
            if let Err(error) = self.read_bytes(&mut bytes) {
                return Some(Err(self.io_error(error)));
            }
            if bytes.len() > LOG_LINE_BYTES_MAX && !bytes.ends_with(b"\n") {
                if let Err(error) = self.skip_line() {
                    return Some(Err(self.io_error(error)));
                }
                let reason = format!("the line is longer than {LOG_LINE_BYTES_MAX} bytes");
                return Some(Err(self.line_error(1, &reason, "a body this large does not belong in a log").into()));
            }
            if self.bytes > self.bytes_max {
                self.ended = true;
                let (file, line, bytes_max) = (self.name.clone(), self.line_number, self.bytes_max);
                return Some(Err(ReadError::TooLong { file, line, bytes_max }));
            }
            if bytes.is_empty() {
                self.ended = true;
                return None;
            }
            match self.read_line(&bytes) {
                Ok(None) => {}
                Ok(Some(line)) => return Some(Ok(line)),
                Err(error) => {
                    self.ended = matches!(error, ReadError::Format { .. });
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

/// A decoder for which a frame that was never finished simply ends: a crash leaves such a file, and all complete lines
/// in it are good.
struct Patient<D> {
    decoder: D,
}

impl<D: Read> Read for Patient<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.decoder.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
