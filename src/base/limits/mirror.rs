//! The bounds of the mirror, in which a person sees a page's document in his browser.

/// Nodes of a document that are mirrored; what comes behind them in the document is left out.
pub const MIRROR_NODES_MAX: usize = 20_000;
/// Levels that mirrored nodes nest: browsers lay a tree out by recursion.
pub const MIRROR_DEPTH_MAX: usize = 200;
/// Longest mirrored text, also of a style sheet, or value of an attribute or control, in bytes; the rest of it is cut off.
pub const MIRROR_TEXT_BYTES_MAX: usize = 512 * 1024;
/// Longest name of an element or attribute that is mirrored, in bytes.
pub const MIRROR_NAME_BYTES_MAX: usize = 100;
/// Texts, names and values of all mirrored nodes, in bytes; what comes behind them is cut off.
pub const MIRROR_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes that a node counts there beside its texts, and an attribute half of that.
pub const MIRROR_NODE_BYTES: usize = 32;
/// Changes that one look may have: each node comes, goes, moves and changes in three ways at most.
pub const MIRROR_CHANGES_MAX: usize = 6 * MIRROR_NODES_MAX;
/// Viewers for whom a page remembers what they were shown; past that the one that looked longest ago is shown all again.
pub const MIRROR_VIEWERS_MAX: usize = 8;
/// What is shown of a storage area or of the cookies, in bytes.
pub const MIRROR_STORAGE_BYTES_MAX: usize = 256 * 1024;
/// Longest selector for an element, in bytes: what is longer is nothing that a person would choose.
pub const MIRROR_SELECTOR_BYTES_MAX: usize = 2 * 1024;
/// Longest `data:` picture that goes to a browser, in bytes; a longer one is not shown.
pub const MIRROR_DATA_URL_BYTES_MAX: usize = 256 * 1024;
/// Levels that brackets of a style sheet nest; what nests deeper is left out.
pub const MIRROR_CSS_DEPTH_MAX: usize = 32;
/// Largest picture, font or style sheet that is passed on to a mirror, in bytes.
pub const MIRROR_RESOURCE_BYTES_MAX: usize = 16 * 1024 * 1024;
