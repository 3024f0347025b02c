//! The files an operator writes: `plugin.toml` and `duoke.toml` (cli.md).
//!
//! `plugin` and `duoke` are the two files, each a pure function of its text; `layers` puts flags, environment, project
//! file, user file and defaults together, `limits` is `[limits]` in both. `table` walks a file and knows where everything stands, `suggest` finds the
//! key that was meant, `error` says so, and `secret` keeps secrets off the screen.

mod accounts;
pub mod duoke;
pub mod error;
pub mod layers;
pub mod limits;
pub mod plugin;
pub mod secret;
pub mod suggest;
mod table;

pub use accounts::AccountEntry;
pub use duoke::{CallbackConfig, DuokeConfig, Origin, PluginEntry, RecordConfig, SeatEntry, Setting, WechatConfig};
pub use error::{ConfigError, Invalid};
pub use layers::{KEYS, Key, Layer, resolve, share_ppm};
pub use limits::LimitSettings;
pub use plugin::{Dialect, Dialogs, EchatConfig, PluginConfig, Replacement, UserChange};
pub use secret::Secret;
