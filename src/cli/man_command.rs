//! `duoke man`

use std::io;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::exit::Exit;
use super::output::Output;
use super::plugins::fail;
use crate::host::Notice;

const EXAMPLES: &str = "\
Examples:
  duoke man | man -l -
  duoke man --dir ~/.local/share/man/man1

With --dir each command has a page of its own, duoke-run.1 and so on: `man duoke-run`.";

/// Print the manual page of duoke, or write those of all commands.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Write a page for each command to this folder, which is made where it is missing.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn man(arguments: &Arguments, duoke: Command, output: &mut Output) -> Exit {
    let version = format!("duoke {}", duoke.get_version().unwrap_or_default());
    let mut duoke = without_help(duoke);
    duoke.build();
    let Some(dir) = &arguments.dir else {
        // Nobody reading it is fine; into memory nothing fails.
        let _ = page(&duoke, &version).map(|page| output.data(&String::from_utf8_lossy(&page)));
        return Exit::Fine;
    };
    let mut written = Vec::new();
    match std::fs::create_dir_all(dir).and_then(|()| write(&duoke, &version, dir, &mut written)) {
        Ok(()) => {
            // Nobody reading it is fine.
            let _ = output.data(&written.iter().map(|path| format!("{}\n", path.display())).collect::<String>());
            Exit::Fine
        }
        Err(error) => {
            let text = format!("{}: the manual pages cannot be written: {error}", dir.display());
            let hint = "name a folder that can be written to";
            fail(output, Notice::error(text).with_hint(Some(hint)), Exit::Environment)
        }
    }
}

/// A command without `help` among its commands, which has no page.
fn without_help(command: Command) -> Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help)
}

/// The pages of a command and of those below it.
fn write(command: &Command, version: &str, dir: &Path, written: &mut Vec<PathBuf>) -> io::Result<()> {
    let path = dir.join(format!("{}.1", command.get_display_name().unwrap_or_else(|| command.get_name())));
    std::fs::write(&path, page(command, version)?)?;
    written.push(path);
    command.get_subcommands().try_for_each(|command| write(command, version, dir, written))
}

/// The page of a command. What its help has at its end keeps its lines: examples and tables.
fn page(command: &Command, version: &str) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone()).source(version);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(help) = command.get_after_help().map(ToString::to_string) {
        let (heading, lines) = help.split_once(":\n").unwrap_or(("Examples", &help));
        let mut end = Roff::new();
        end.control("SH", [heading.to_uppercase().as_str()]).control("nf", []);
        for line in lines.lines() {
            end.text([roman(line)]);
        }
        end.control("fi", []);
        end.to_writer(&mut page)?;
    }
    Ok(page)
}
