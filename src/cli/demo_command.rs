//! `duoke demo`

use tokio::runtime::Handle;

use super::exit::Exit;
use super::output::Output;
use super::plugins::fail;
use super::settings;
use super::signals::exit_when_interrupted;
use crate::host::{self, DemoError, Notice, Processes, Watch};

const EXAMPLES: &str = "\
Example:
  duoke demo";

/// Play a session to the sample plugins and show what its customers saw. Nothing leaves this machine.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {}

pub(super) fn demo(_: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    exit_when_interrupted(runtime);
    let config = match settings::load(&|_| None) {
        Ok(config) => config,
        Err(error) => return fail(output, settings::notice(&error), Exit::Configuration),
    };
    match host::demo(runtime, Processes::of(&config), output) {
        Ok(played) => {
            // Nobody reading it is fine.
            let _ = output.data(&played.conversation);
            match Exit::of(&played.outcome) {
                Exit::Fine if played.faults > 0 => Exit::Bug,
                exit => exit,
            }
        }
        Err(error) => {
            let (exit, hint) = match &error {
                DemoError::Sandbox(error) => (Exit::Environment, Some(error.hint())),
                DemoError::Forward(_) | DemoError::Store(_) => (Exit::Environment, None),
                DemoError::Plugin(_) | DemoError::Net(_) => (Exit::Bug, None),
            };
            output.say(Notice::error(error.to_string()).with_hint(hint));
            exit
        }
    }
}
