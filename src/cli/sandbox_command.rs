//! `duoke sandbox`

use std::net::{IpAddr, SocketAddr};

use tokio::runtime::Handle;

use super::exit::Exit;
use super::output::Output;
use super::signals;
use crate::host::{Notice, Watch};
use crate::sandbox::{Sandbox, SandboxConfig, SandboxError};
use crate::wechat::{Profile, Secret};

const EXAMPLES: &str = "\
Example:
  duoke sandbox --listen 127.0.0.1:8090 --profile 2025

The first line on standard output says where it listens and which account it plays; Ctrl-C ends it. The same address in
a browser shows the customers' phones: what they received, and what they say next.";

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
    /// Play an account that is not verified, which may not send menus.
    #[arg(long)]
    unverified: bool,
    /// The account's IP whitelist: addresses from which tokens are handed out (default: all).
    #[arg(long, value_name = "IP", value_delimiter = ',')]
    whitelist: Option<Vec<IpAddr>>,
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
    config.verified = !arguments.unverified;
    config.whitelist.clone_from(&arguments.whitelist);
    let running = Sandbox::start(config).await?;
    // Listened for before anybody is told that there is something to stop.
    let (interrupted, terminated) = (signals::interrupted(), signals::terminated());
    let ready = serde_json::json!(running.ready());
    if output.data(&format!("{ready}\n")).is_ok() {
        output.say(Notice::note(format!("the customers' phones: {}/", running.ready().listening)));
        tokio::select! {
            () = interrupted => {}
            () = terminated => {}
        }
    }
    running.shutdown().await;
    Ok(Exit::Fine)
}
