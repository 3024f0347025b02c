//! Session logs as files: reader and writer, and recordings.
//!
//! `format` is the version rule, `reader` an iterator over lines from a file, a compressed file or standard input,
//! `writer` writes whole lines, `session` is a recording, taken apart by page. Reading a line's text is
//! `event::parse_line`.

pub mod format;
pub mod reader;
pub mod session;
pub mod writer;

pub use format::{FORMAT, FormatError, check_format};
pub use reader::{ReadError, Reader};
pub use session::{Header, Recording, Session};
pub use writer::{WriteError, Writer, write_all};
