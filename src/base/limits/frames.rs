//! What the frames of a page are held to.

/// How deep frames nest that have a document: each level is a realm with all its objects, about 2 MB.
pub const FRAME_DEPTH_MAX: usize = 8;
/// Windows that a page's frames may have had since it was loaded, one for each document with scripts: boa 0.22 does not
/// give a realm back before the page goes (its root shape holds the prototypes), and each takes about 2 MB of 256.
pub const FRAMES_MAX: usize = 64;
