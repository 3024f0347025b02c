//! The files an operator writes: `plugin.toml` and `duoke.toml` (cli.md).
//!
//! `plugin` and `duoke` are the two files, each a pure function of its text; `layers` puts flags, environment, project
//! file, user file and defaults together, `limits` is `[limits]` in both. `keys` is the table of `duoke.toml`'s settings, with
//! what `form` their values have; `schema` describes both files for others, `show` says what holds and why. `table` walks a
//! file and knows where everything stands, `suggest` finds the key that was meant, `error` says so, and `secret` keeps
//! secrets off the screen.

mod accounts;
pub mod duoke;
pub mod error;
pub mod form;
pub mod keys;
pub mod layers;
pub mod limits;
pub mod plugin;
pub mod schema;
pub mod secret;
pub mod show;
pub mod suggest;
mod table;

pub use accounts::AccountEntry;
pub use duoke::{CallbackConfig, DuokeConfig, Origin, PluginEntry, RecordConfig, SeatEntry, Setting, WechatConfig};
pub use error::{ConfigError, Invalid};
pub use form::share_ppm;
pub use keys::{KEYS, Key};
pub use layers::{Layer, resolve};
pub use limits::LimitSettings;
pub use plugin::{Dialect, Dialogs, EchatConfig, PluginConfig, Replacement, UserChange};
pub use secret::Secret;
pub use show::{Shown, show};
