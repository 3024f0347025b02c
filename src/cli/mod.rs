//! Arguments, exit codes, output; one file per command.
