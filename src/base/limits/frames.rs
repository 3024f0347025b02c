//! What the frames of a page are held to.

/// How deep frames nest that have a document: each level is a realm with all its objects, about 2 MB.
pub const FRAME_DEPTH_MAX: usize = 8;
/// Frames of a page that have a window at a time, each with a realm of its own.
pub const FRAMES_MAX: usize = 50;
