//! The workbench's own files.

/// Content type and text of the file at a path.
pub(super) fn asset(_path: &str) -> Option<(&'static str, &'static str)> {
    None
}
