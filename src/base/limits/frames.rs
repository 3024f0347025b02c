//! What the frames of a page are held to.

use crate::base::memory;

/// How deep frames nest that have a document: each level is a realm with all its objects, about 2 MB.
pub const FRAME_DEPTH_MAX: usize = 8;
/// What a window takes of a page's memory, about.
const WINDOW_BYTES: u64 = 2 << 20;
/// Memory of a page whose process has no bound of its own: the default of `[limits] memory_bytes`.
const MEMORY_BYTES: u64 = 256 << 20;

/// Windows that a page's frames may have had since it was loaded, one for each document with scripts: 64, or as many more
/// as take half of the memory that the page may have. boa 0.22 does not give a realm back before the page goes (its root
/// shape holds the prototypes).
#[must_use]
pub fn frames_max() -> usize {
    let windows = memory::ceiling().unwrap_or(MEMORY_BYTES) / WINDOW_BYTES / 2;
    usize::try_from(windows).unwrap_or(usize::MAX)
}
