//! Damage to files at rest: to those that a power cut left, or once every connection is closed. A disk that has them
//! open does not see it.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

/// Turns every bit of the byte at this offset.
///
/// # Errors
/// The file's; `UnexpectedEof` where it is shorter.
pub fn flip_byte(path: &Path, offset: usize) -> io::Result<()> {
    let mut bytes = fs::read(path)?;
    let byte = bytes.get_mut(offset).ok_or(io::ErrorKind::UnexpectedEof)?;
    *byte = !*byte;
    fs::write(path, bytes)
}

/// Cuts this many bytes off the end: a page, or a part of one.
///
/// # Errors
/// The file's; `UnexpectedEof` where it is shorter.
pub fn cut_end(path: &Path, bytes: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    let length = file.metadata()?.len().checked_sub(bytes).ok_or(io::ErrorKind::UnexpectedEof)?;
    file.set_len(length)
}
