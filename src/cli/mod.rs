//! The command line (cli.md): arguments, exit codes, output; one file per command.
//!
//! - [`run`](fn@run) reads the arguments and calls a command; [`exit`] is the table of exit codes
//! - `output` is the only place that prints: data on standard output, everything else on standard error
//! - `settings` puts flags, environment, `duoke.toml` and defaults together; `duration` reads `10s`,
//!   `signals` hears Ctrl-C, `state` opens the durable state or asks the host that has it, `format` prints lists
//! - `run_command`, `replay_command`, `coverage_command`, `demo_command`, `dev_command`, `doctor_command`, `listen_command`, `sandbox_command`,
//!   `outbox_command`, `explain_command`, `erase_command`, `kf_command`, `send_command`, `window_command`, `signs_command`,
//!   `trigger_command`, `serve_command`, `test_command`, `sessions_command`, `new_command`, `config_command`, `completions_command`, `man_command` are the commands; `log` and `console` are a serving host's; `plugins` is what those that take a PAGE share, `recording` is `--record`, `bundle` opens bundles, `new_id` names what they send

mod bundle;
mod callback;
mod completions_command;
mod config_command;
mod console;
mod coverage_command;
mod demo_command;
mod dev_command;
mod doctor_command;
mod duration;
mod erase_command;
pub mod exit;
mod explain_command;
mod format;
mod kf_command;
mod listen_command;
mod log;
mod man_command;
mod new_command;
mod new_id;
mod outbox_command;
mod output;
mod plugins;
mod recording;
mod replay_command;
mod run_command;
mod sandbox_command;
mod send_command;
mod serve_command;
mod sessions_command;
mod settings;
mod signals;
mod signs_command;
mod state;
mod test_command;
mod trigger_command;
mod window_command;

use std::ffi::OsString;

use clap::{CommandFactory as _, Parser, Subcommand};
use tokio::runtime::Handle;

pub use exit::Exit;
use output::{ColorWhen, Output};

use crate::host::{Notice, Watch as _};

/// Runs WeChat customer-service plugin pages without a browser.
#[derive(Debug, Parser)]
#[command(name = "duoke", version, about, after_help = exit::help(), max_term_width = 100)]
#[command(arg_required_else_help = true, subcommand_required = true)]
struct Arguments {
    /// When to use colours.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    color: ColorWhen,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Completions(completions_command::Arguments),
    Config(config_command::Arguments),
    Coverage(coverage_command::Arguments),
    Demo(demo_command::Arguments),
    Dev(dev_command::Arguments),
    Doctor(doctor_command::Arguments),
    Erase(erase_command::Arguments),
    Explain(explain_command::Arguments),
    Kf(kf_command::Arguments),
    Listen(listen_command::Arguments),
    Man(man_command::Arguments),
    New(new_command::Arguments),
    Outbox(outbox_command::Arguments),
    Replay(replay_command::Arguments),
    Run(run_command::Arguments),
    Sandbox(sandbox_command::Arguments),
    Send(send_command::Arguments),
    Serve(serve_command::Arguments),
    Sessions(sessions_command::Arguments),
    Signs(signs_command::Arguments),
    Test(test_command::Arguments),
    Trigger(trigger_command::Arguments),
    Window(window_command::Arguments),
}

/// Runs the command that the arguments name. To be called from outside of `runtime`.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>, runtime: &Handle) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version go to standard output; whoever closed it has seen enough.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Fine };
        }
    };
    let mut output = Output::new(arguments.color);
    let exit = match arguments.command {
        Command::Completions(arguments) => completions_command::completions(&arguments, definition(), &mut output),
        Command::Config(arguments) => config_command::config(&arguments, &mut output),
        Command::Coverage(arguments) => coverage_command::coverage(&arguments, runtime, &mut output),
        Command::Demo(arguments) => demo_command::demo(&arguments, runtime, &mut output),
        Command::Dev(arguments) => dev_command::dev(&arguments, runtime, &mut output),
        Command::Doctor(arguments) => doctor_command::doctor(&arguments, runtime, &mut output),
        Command::Erase(arguments) => erase_command::erase(&arguments, runtime, &mut output),
        Command::Explain(arguments) => explain_command::explain(&arguments, runtime, &mut output),
        Command::Kf(arguments) => kf_command::kf(&arguments, runtime, &mut output),
        Command::Listen(arguments) => listen_command::listen(&arguments, runtime, &mut output),
        Command::Man(arguments) => man_command::man(&arguments, definition(), &mut output),
        Command::New(arguments) => new_command::new(&arguments, &mut output),
        Command::Outbox(arguments) => outbox_command::outbox(&arguments, runtime, &mut output),
        Command::Replay(arguments) => replay_command::replay(&arguments, runtime, &mut output),
        Command::Run(arguments) => run_command::run(arguments, runtime, &mut output),
        Command::Sandbox(arguments) => sandbox_command::sandbox(&arguments, runtime, &mut output),
        Command::Send(arguments) => send_command::send(&arguments, runtime, &mut output),
        Command::Serve(arguments) => serve_command::serve(&arguments, runtime, &mut output),
        Command::Sessions(arguments) => sessions_command::sessions(&arguments, runtime, &mut output),
        Command::Signs(arguments) => signs_command::signs(&arguments, runtime, &mut output),
        Command::Test(arguments) => test_command::test(&arguments, runtime, &mut output),
        Command::Trigger(arguments) => trigger_command::trigger(&arguments, runtime, &mut output),
        Command::Window(arguments) => window_command::window(&arguments, runtime, &mut output),
    };
    output.failure().unwrap_or(exit)
}

/// The commands and their arguments, as completions and manual pages are made of.
fn definition() -> clap::Command {
    Arguments::command()
}

/// The runtime of the command cannot be had: says so.
#[must_use]
pub fn no_runtime(error: &std::io::Error) -> Exit {
    let mut output = Output::new(ColorWhen::default());
    output.say(Notice::error(format!("the program's threads cannot be started: {error}")));
    Exit::Environment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent_and_every_command_has_an_example() {
        let mut command = Arguments::command();
        command.clone().debug_assert();
        each_has_an_example("duoke", &mut command);
    }

    fn each_has_an_example(name: &str, command: &mut clap::Command) {
        for command in command.get_subcommands_mut().filter(|command| command.get_name() != "help") {
            let name = format!("{name} {}", command.get_name());
            let help = command.render_long_help().to_string();
            assert!(help.contains("Example") && help.contains(&name), "{name}: {help}");
            each_has_an_example(&name, command);
        }
    }
}
