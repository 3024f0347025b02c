//! Session logs as files: reader and writer.
//!
//! `format` is the version rule, `reader` an iterator over lines from a file, a compressed file or standard input,
//! `writer` writes whole lines. Reading a line's text is `event::parse_line`.

pub mod format;
pub mod reader;
pub mod writer;

pub use format::{FORMAT, FormatError, check_format};
pub use reader::{ReadError, Reader};
pub use writer::{WriteError, Writer};
