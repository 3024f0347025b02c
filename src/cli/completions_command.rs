//! `duoke completions`

use clap_complete::{Shell, generate};

use super::exit::Exit;
use super::output::Output;

const EXAMPLES: &str = "\
Examples:
  duoke completions bash > ~/.local/share/bash-completion/completions/duoke
  duoke completions zsh > \"${fpath[1]}/_duoke\"
  duoke completions fish > ~/.config/fish/completions/duoke.fish
  duoke completions powershell >> $PROFILE";

/// Print a script by which a shell completes duoke's commands and options.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn completions(arguments: &Arguments, mut duoke: clap::Command, output: &mut Output) -> Exit {
    let mut script = Vec::new();
    let name = duoke.get_name().to_owned();
    generate(arguments.shell, &mut duoke, name, &mut script);
    // Nobody reading it is fine.
    let _ = output.data(&String::from_utf8_lossy(&script));
    Exit::Fine
}
