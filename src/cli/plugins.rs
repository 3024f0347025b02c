//! What the commands that take a PAGE share: its rights, its network, and what is wrong with the argument.

use tokio::runtime::Handle;

use super::exit::Exit;
use super::output::Output;
use crate::host::{Notice, PluginError, Rights, Watch as _};
use crate::net::{Bounds, Live};

/// The account of the seat where nobody names one (cli.md, "plugin.toml").
pub(super) const ACCOUNT_DEFAULT: &str = "kf0001@duoke";

/// `--allow` and `--replace`
pub(super) fn rights(allow: &[String], replace: &[String], output: &mut Output) -> Result<Rights, Exit> {
    Rights::new(allow.to_vec(), replace.to_vec())
        .map_err(|error| fail(output, Notice::error(error.to_string()), Exit::Usage))
}

/// The way out, for what a page may ask.
pub(super) fn live(runtime: &Handle) -> Live {
    Live::new(runtime.clone(), Bounds::default())
}

/// Says why a PAGE means no plugin; the exit of a command that has no other.
pub(super) fn said(error: &PluginError, output: &mut Output) -> Exit {
    fail(output, notice(error), exit(error))
}

/// Why a PAGE means no plugin.
pub(super) fn notice(error: &PluginError) -> Notice {
    Notice::error(error.to_string()).with_frame(error.frame()).with_hint(error.hint())
}

/// The exit of a command that has no other plugin.
pub(super) fn exit(error: &PluginError) -> Exit {
    if matches!(error, PluginError::Config(_)) { Exit::Configuration } else { Exit::Page }
}

/// Says it and ends so.
pub(super) fn fail(output: &mut Output, notice: Notice, exit: Exit) -> Exit {
    output.say(notice);
    exit
}
