//! The files an operator writes: `plugin.toml` and `duoke.toml`.
