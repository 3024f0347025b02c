//! `duoke config`: what holds, whether it is right, and what may be said.

mod check;
mod show;

use clap::ValueEnum;

use super::exit::Exit;
use super::output::Output;
use crate::config::schema;

const EXAMPLES: &str = "\
Examples:
  duoke config show --origin
  duoke config check
  duoke config schema > duoke.schema.json

A setting is a flag's, else an environment variable's, else that of duoke.toml here, else that of the
user's own file ($XDG_CONFIG_HOME/duoke/duoke.toml, or ~/.config/duoke/duoke.toml), else the default.";

/// Show the configuration in force, check its files, describe them for editors.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Show(show::Arguments),
    Check(check::Arguments),
    Schema(SchemaArguments),
}

const SCHEMA_EXAMPLES: &str = "\
Examples:
  duoke config schema > duoke.schema.json
  duoke config schema plugin > plugin.schema.json

Editors with a language server for TOML take it by a first line `#:schema ./duoke.schema.json`.";

/// Print a JSON Schema (2020-12) of duoke.toml, or of plugin.toml.
#[derive(Debug, clap::Args)]
#[command(after_help = SCHEMA_EXAMPLES)]
struct SchemaArguments {
    /// The file that it describes.
    #[arg(value_enum, value_name = "FILE", default_value_t)]
    file: File,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum File {
    /// duoke.toml
    #[default]
    Duoke,
    /// plugin.toml
    Plugin,
}

pub(super) fn config(arguments: &Arguments, output: &mut Output) -> Exit {
    match &arguments.command {
        Command::Show(arguments) => show::show(arguments, output),
        Command::Check(arguments) => check::check(arguments, output),
        Command::Schema(arguments) => {
            let schema = match arguments.file {
                File::Duoke => schema::of_duoke(),
                File::Plugin => schema::of_plugin(),
            };
            // Nobody reading it is fine.
            let _ = output.data(&format!("{schema:#}\n"));
            Exit::Fine
        }
    }
}
