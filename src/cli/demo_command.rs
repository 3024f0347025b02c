//! `duoke demo`

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::dev_command::{self, Opening};
use super::exit::Exit;
use super::output::Output;
use super::plugins::fail;
use super::settings;
use super::signals::exit_when_interrupted;
use crate::config::DuokeConfig;
use crate::host::demo::{LI_HUA, WANG_FANG};
use crate::host::samples;
use crate::host::{self, DemoError, Notice, Processes, Watch as _};
use crate::sandbox::{Running, Sandbox, SandboxConfig};

/// What the customers write to the agent who goes on.
const HELLOS: [(&str, &str); 2] = [(LI_HUA, "刚才那张订单能改收货地址吗？"), (WANG_FANG, "好的，我下午过去，谢谢！")];

const EXAMPLES: &str = "\
Examples:
  duoke demo
  duoke demo --open

With --open the sample plugins stay open in a workbench in the browser, as `duoke dev` has it: you are the agent, and the customers'
phones are there to write from. The plugins lie in a folder that goes when the demo ends; a change that is saved there shows at
once. Ctrl-C ends it.";

/// Play a session to the sample plugins and show what its customers saw. Nothing leaves this machine.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Go on in a workbench, at an address of this machine and a port; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", num_args = 0..=1, default_missing_value = "127.0.0.1:8081")]
    open: Option<SocketAddr>,
}

pub(super) fn demo(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    if arguments.open.is_none() {
        exit_when_interrupted(runtime);
    }
    let config = match settings::load(&|_| None) {
        Ok(config) => config,
        Err(error) => return fail(output, settings::notice(&error), Exit::Configuration),
    };
    let sandbox = match runtime.block_on(Sandbox::start(SandboxConfig::default())) {
        Ok(sandbox) => Arc::new(sandbox),
        Err(error) => {
            let notice = Notice::error(error.to_string()).with_hint(Some(error.hint()));
            return fail(output, notice, Exit::Environment);
        }
    };
    match (play(&sandbox, &config, runtime, output), arguments.open) {
        (Exit::Fine, Some(console)) => go_on(sandbox, console, runtime, output),
        (exit, _) => exit,
    }
}

/// The session, and what its customers saw.
fn play(sandbox: &Arc<Running>, config: &DuokeConfig, runtime: &Handle, output: &mut Output) -> Exit {
    match host::demo(sandbox, runtime, Processes::of(config), output) {
        Ok(played) => {
            // Nobody reading it is fine.
            let _ = output.data(&played.conversation);
            match Exit::of(&played.outcome) {
                Exit::Fine if played.faults > 0 => Exit::Bug,
                exit => exit,
            }
        }
        Err(error) => {
            let exit = match &error {
                DemoError::Forward(_) | DemoError::Store(_) => Exit::Environment,
                DemoError::Plugin(_) | DemoError::Net(_) => Exit::Bug,
            };
            fail(output, Notice::error(error.to_string()), exit)
        }
    }
}

/// The same customers, with the agent's side in a workbench.
fn go_on(sandbox: Arc<Running>, console: SocketAddr, runtime: &Handle, output: &mut Output) -> Exit {
    let unpacked = tempfile::tempdir().and_then(|folder| Ok((samples::unpack(folder.path())?, folder)));
    let (plugins, folder) = match unpacked {
        Ok(unpacked) => unpacked,
        Err(error) => {
            let text = format!("there is no room for the sample plugins: {error}");
            let hint = "TMPDIR names another folder";
            return fail(output, Notice::error(text).with_hint(Some(hint)), Exit::Environment);
        }
    };
    output.say(Notice::note(format!("the sample plugins are in {}", folder.path().display())));
    let pages = plugins.iter().map(|plugin| plugin.to_string_lossy().into_owned()).collect();
    let profile = SandboxConfig::default().profile;
    let arguments = dev_command::Arguments::of(pages, console, profile, folder.path().join("state"));
    dev_command::develop(&arguments, Opening { sandbox, hellos: &HELLOS }, runtime, output)
}
