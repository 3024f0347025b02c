//! Where a page's code was last seen, kept so that a process that dies can still say it: from a signal handler, or from
//! an allocator, where nothing may be allocated and no lock taken.
//!
//! Looking costs more than a native call, so a page looks only where it is asked to: at its next native call.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

/// What stands before a place in what a process writes to standard error; no text of ours has this character.
const MARK: &str = "\u{1e}";
/// Bytes of a place that are kept: an address may be long, and the end of it tells less than its beginning.
const PLACE_BYTES_MAX: usize = 512;

static WANTED: AtomicBool = AtomicBool::new(false);
static LENGTH: AtomicUsize = AtomicUsize::new(0);
static PLACE: [AtomicU8; PLACE_BYTES_MAX] = [const { AtomicU8::new(0) }; PLACE_BYTES_MAX];

/// A place as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// Address of the script or document.
    pub url: String,
    /// Line, from 1; 0 where unknown.
    pub line: u32,
    /// Column, from 1; 0 where unknown.
    pub column: u32,
    /// The real file, where there is one.
    pub file: Option<String>,
}

/// Asks for a look. Signal handlers may call this.
pub fn want() {
    WANTED.store(true, Ordering::Relaxed);
}

/// Whether a look is asked for.
#[must_use]
#[inline]
pub fn is_wanted() -> bool {
    WANTED.load(Ordering::Relaxed)
}

/// The page was seen here.
pub fn record(url: &str, line: u32, column: u32, file: Option<&str>) {
    WANTED.store(false, Ordering::Relaxed);
    // While it is being written nothing is to be read.
    LENGTH.store(0, Ordering::Relaxed);
    // An address has no blanks.
    let text = format!("{line}:{column}:{url} {}", file.unwrap_or_default());
    let bytes = text.bytes().map(|byte| if byte.is_ascii_control() { b' ' } else { byte });
    let length = PLACE.iter().zip(bytes).map(|(place, byte)| place.store(byte, Ordering::Relaxed)).count();
    LENGTH.store(length, Ordering::Release);
}

/// Nothing is known any more: another page's turn begins.
pub fn forget() {
    LENGTH.store(0, Ordering::Relaxed);
    want();
}

/// Writes the last known place to standard error. Signal handlers and allocators may call this.
pub fn write() {
    let mut line = [0; PLACE_BYTES_MAX + 2];
    let length = LENGTH.load(Ordering::Acquire);
    if length == 0 {
        return;
    }
    line[..MARK.len()].copy_from_slice(MARK.as_bytes());
    for (byte, place) in line[MARK.len()..].iter_mut().zip(&PLACE[..length]) {
        *byte = place.load(Ordering::Relaxed);
    }
    line[MARK.len() + length] = b'\n';
    // Where nobody reads there is nobody to tell.
    let _ = nix::unistd::write(std::io::stderr(), &line[..=MARK.len() + length]);
}

/// Takes the last place out of what a process wrote.
#[must_use]
pub fn split(said: &str) -> (String, Option<Whereabouts>) {
    let (places, rest): (Vec<&str>, Vec<&str>) = said.lines().partition(|line| line.starts_with(MARK));
    let place = places.last().and_then(|line| {
        let mut parts = line[MARK.len()..].splitn(3, ':');
        let (line, column) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let (url, file) = parts.next()?.split_once(' ')?;
        let file = Some(file.to_owned()).filter(|file| !file.is_empty());
        Some(Whereabouts { url: url.to_owned(), line, column, file })
    });
    (rest.join("\n"), place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_taken_out_of_what_was_said() {
        let said = "thread 'main' panicked\n\u{1e}3:14:http://demo.plugin.invalid/a.js a b.js\nmore";
        let file = Some("a b.js".to_owned());
        let place = Whereabouts { url: "http://demo.plugin.invalid/a.js".to_owned(), line: 3, column: 14, file };
        assert_eq!(split(said), ("thread 'main' panicked\nmore".to_owned(), Some(place)));
        assert_eq!(split("\u{1e}x"), (String::new(), None));
    }
}
