//! Session logs as files: reader and writer.
