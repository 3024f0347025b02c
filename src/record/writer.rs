//! Writing a session log (session-log.md, Recording): append-only, each line whole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::event::Line;

/// Compression of `.zst` logs: zstd's own default, fast beside a page's work.
const ZSTD_LEVEL: i32 = 3;

/// A log that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{file}: cannot be written: {error}")]
pub struct WriteError {
    /// The log's name.
    pub file: String,
    /// The system's reason.
    pub error: io::Error,
}

/// Writes lines. What [`Writer::write`] has returned `Ok` for has been handed to the system whole; a crash loses at most
/// the line being written.
pub struct Writer {
    output: Output,
    name: String,
    buffer: Vec<u8>,
}

enum Output {
    Plain(Box<dyn Write + Send>),
    Zstd(zstd::stream::write::Encoder<'static, Box<dyn Write + Send>>),
}

impl Writer {
    /// Creates the file, compressed where its name ends in `.zst`. An older file of this name is replaced.
    ///
    /// # Errors
    /// A file that cannot be created.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let name = path.display().to_string();
        let file = File::create(path).map_err(|error| WriteError { file: name.clone(), error })?;
        if path.extension().is_some_and(|extension| extension == "zst") {
            Self::zstd(file, &name)
        } else {
            Ok(Self::plain(file, &name))
        }
    }

    /// Writes plain lines to any output.
    #[must_use]
    pub fn plain(output: impl Write + Send + 'static, name: &str) -> Self {
        Self { output: Output::Plain(Box::new(output)), name: name.to_owned(), buffer: Vec::new() }
    }

    /// Writes compressed lines to any output.
    ///
    /// # Errors
    /// An encoder that cannot be set up.
    pub fn zstd(output: impl Write + Send + 'static, name: &str) -> Result<Self, WriteError> {
        let output: Box<dyn Write + Send> = Box::new(output);
        let encoder = zstd::stream::write::Encoder::new(output, ZSTD_LEVEL)
            .map_err(|error| WriteError { file: name.to_owned(), error })?;
        Ok(Self { output: Output::Zstd(encoder), name: name.to_owned(), buffer: Vec::new() })
    }

    /// Writes one line and its line end, in one piece.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn write(&mut self, line: &Line) -> Result<(), WriteError> {
        self.buffer.clear();
        self.buffer.extend_from_slice(line.to_json().as_bytes());
        self.buffer.push(b'\n');
        let written = match &mut self.output {
            Output::Plain(output) => output.write_all(&self.buffer).and_then(|()| output.flush()),
            Output::Zstd(encoder) => encoder.write_all(&self.buffer).and_then(|()| encoder.flush()),
        };
        written.map_err(|error| self.failed(error))
    }

    /// Ends the log. Without it a compressed log lacks its last bytes, which a reader forgives.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn finish(mut self) -> Result<(), WriteError> {
        let name = std::mem::take(&mut self.name);
        let ended = match self.output {
            Output::Plain(mut output) => output.flush(),
            Output::Zstd(encoder) => encoder.finish().and_then(|mut output| output.flush()),
        };
        ended.map_err(|error| WriteError { file: name, error })
    }

    fn failed(&self, error: io::Error) -> WriteError {
        WriteError { file: self.name.clone(), error }
    }
}

/// Writes a whole log in the place of what is there under this name: at once, or not at all.
///
/// # Errors
/// Whatever the system says; then the file is as it was.
pub fn write_all(path: &Path, lines: &[Line]) -> Result<(), WriteError> {
    // Beside it, and of its kind.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = if name.ends_with(".zst") { "new.zst" } else { "new" };
    let beside = path.with_file_name(format!(".{name}.{}.{ending}", std::process::id()));
    let written = Writer::create(&beside).and_then(|mut writer| {
        lines.iter().try_for_each(|line| writer.write(line))?;
        writer.finish()
    });
    let failed = |error| WriteError { file: path.display().to_string(), error };
    let replaced = written.and_then(|()| {
        // Who could read it can.
        if let Ok(metadata) = path.metadata() {
            fs::set_permissions(&beside, metadata.permissions()).map_err(failed)?;
        }
        fs::rename(&beside, path).map_err(failed)
    });
    if replaced.is_err() {
        // What is left of it is of no use.
        let _ = fs::remove_file(&beside);
    }
    replaced
}
