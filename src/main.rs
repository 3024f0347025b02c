//! The `duoke` command.

fn main() {}
