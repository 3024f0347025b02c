//! `duoke sandbox`

use std::net::SocketAddr;

use tokio::runtime::Handle;

use super::exit::Exit;
use super::output::Output;
use crate::host::{Notice, Watch};
use crate::sandbox::{Sandbox, SandboxConfig, SandboxError};
use crate::wechat::{Profile, Secret};

const EXAMPLES: &str = "\
Example:
  duoke sandbox --listen 127.0.0.1:8090 --profile 2025

The first line on standard output says where it listens and which account it plays; Ctrl-C ends it.";

/// Play WeChat's customer-service API on this machine, for tests and development.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A loopback address and a port; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The limits in force, by the year of WeChat's manual.
    #[arg(long, value_name = "YEAR", value_parser = ["2017", "2021", "2025"], default_value = "2017")]
    profile: String,
}

pub(super) fn sandbox(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    let served = runtime.block_on(serve(arguments, output));
    served.unwrap_or_else(|error| {
        output.say(Notice::error(error.to_string()).with_hint(Some(error.hint())));
        match error {
            SandboxError::NotLoopback(_) => Exit::Usage,
            SandboxError::Listen { .. } => Exit::Environment,
        }
    })
}

async fn serve(arguments: &Arguments, output: &mut Output) -> Result<Exit, SandboxError> {
    let mut config = SandboxConfig { listen: arguments.listen, ..SandboxConfig::default() };
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    config.app_id = set("DUOKE_APP_ID").unwrap_or(config.app_id);
    config.app_secret = set("DUOKE_APP_SECRET").map_or(config.app_secret, Secret::new);
    config.profile = arguments.profile.parse::<Profile>().unwrap_or(config.profile);
    let running = Sandbox::start(config).await?;
    let ready = serde_json::json!(running.ready());
    if output.data(&format!("{ready}\n")).is_ok() {
        stopped().await;
    }
    running.shutdown().await;
    Ok(Exit::Fine)
}

/// Returns at Ctrl-C, or when the system asks the process to end: both are how a sandbox is stopped.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler the system's own ends the process.
    let _ = tokio::signal::ctrl_c().await;
}
