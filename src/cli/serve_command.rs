//! `duoke serve`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tokio::runtime::Handle;

use super::callback::callback;
use super::exit::Exit;
use super::output::{ColorWhen, Output};
use super::plugins::{ACCOUNT_DEFAULT, fail, live, rights, said};
use super::{settings, signals, state};
use crate::config::{DuokeConfig, Setting};
use crate::host::control::Control;
use crate::host::serve::{AccountSetup, Ready, Room, ServeError, Setup, serve as serve_until};
use crate::host::{Names, Notice, Plugin, Processes, Target};
use crate::store::{Retention, Store};

const EXAMPLES: &str = "\
Examples:
  duoke serve
  duoke serve sample-plugins/quick-reply --wechat-base http://127.0.0.1:8090

Everything is in duoke.toml and the environment: the account, WeChat's callback, the plugins, the state. Each customer is
served by pages of his own, which have only ever been told about him. What WeChat pushes is on disk before WeChat is
answered; what pages say goes out through the outbox. Once it serves, one JSON line on standard output says where:
{\"callbacks\":[{\"app_id\",\"address\"}]}. Ctrl-C or SIGTERM ends it in order; whatever is not done then, the next one does.";

/// Serve customers: WeChat's pushes in, pages, messages out.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Plugins to serve with instead of those of duoke.toml: folders with plugin.toml, page files, addresses.
    #[arg(value_name = "PAGE")]
    pages: Vec<String>,
    /// Where WeChat's pushes come, an address and a port; port 0 takes a free one [env: DUOKE_CALLBACK_LISTEN].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The folder of the durable state, by default `state` [env: DUOKE_STORE_PATH].
    #[arg(long, visible_alias = "store", value_name = "DIR")]
    state: Option<PathBuf>,
    /// The server that speaks WeChat's API [env: DUOKE_WECHAT_BASE_URL].
    #[arg(long, value_name = "URL")]
    wechat_base: Option<String>,
    /// The customer-service account that messages go out as, and that pages are told.
    #[arg(long, value_name = "KF_ACCOUNT")]
    account: Option<String>,
    /// Let the pages talk to this origin too.
    #[arg(long, value_name = "ORIGIN")]
    allow: Vec<String>,
    /// Answer an address from a file: for CDNs that are gone.
    #[arg(long, value_name = "URL=FILE")]
    replace: Vec<String>,
}

pub(super) fn serve(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    try_serve(arguments, runtime, output).unwrap_or_else(|exit| exit)
}

fn try_serve(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    let flag = |path: &str| match path {
        "wechat.base_url" => arguments.wechat_base.clone(),
        "wechat.callback.listen" => arguments.listen.clone(),
        "store.path" => arguments.state.as_ref().map(|path| path.to_string_lossy().into_owned()),
        _ => None,
    };
    let config = settings::load(&flag).map_err(|error| fail(output, settings::notice(&error), Exit::Configuration))?;
    let setup = setup(arguments, &config, runtime, output)?;
    let folder = PathBuf::from(&config.store_path.value);
    let store: Arc<dyn Store> = Arc::new(state::open(&folder, Retention::default(), output)?);
    let mut begun = |ready: &Ready, desk| -> Box<dyn std::any::Any> {
        let mut output = Output::new(ColorWhen::default());
        // Nobody reading it is fine.
        let _ = output.data(&format!("{}\n", line(ready)));
        Box::new(listen(&folder, desk, runtime, &mut output))
    };
    let stop = {
        let _inside = runtime.enter();
        let (interrupted, terminated) = (signals::interrupted(), signals::terminated());
        async {
            tokio::select! {
                () = interrupted => {}
                () = terminated => {}
            }
        }
    };
    match serve_until(setup, &store, runtime, &mut begun, stop, output) {
        Ok(()) => Ok(Exit::Fine),
        Err(error) => {
            let exit = match &error {
                ServeError::Net(_) => Exit::Page,
                _ => Exit::Environment,
            };
            Err(fail(output, Notice::error(error.to_string()).with_hint(error.hint()), exit))
        }
    }
}

/// What whoever started it may want to know.
fn line(ready: &Ready) -> serde_json::Value {
    let callback = |(app_id, address, path): &(String, std::net::SocketAddr, String)| json!({"app_id": app_id, "address": format!("http://{address}{path}")});
    json!({"callbacks": ready.callbacks.iter().map(callback).collect::<Vec<_>>()})
}

/// Where commands cannot be heard a host runs without.
fn listen(folder: &Path, desk: crate::host::desk::Desk, runtime: &Handle, output: &mut Output) -> Option<Closing> {
    state::listen(folder, desk, runtime, output).map(|control| Closing(Some(control)))
}

/// A control socket that is closed when the host ends.
struct Closing(Option<Control>);

impl Drop for Closing {
    fn drop(&mut self) {
        if let Some(control) = self.0.take() {
            control.close();
        }
    }
}

fn setup(arguments: &Arguments, config: &DuokeConfig, runtime: &Handle, output: &mut Output) -> Result<Setup, Exit> {
    let client = settings::client(config).map_err(|notice| fail(output, notice, Exit::Configuration))?;
    let callback = callback(config).map_err(|notice| fail(output, notice, Exit::Configuration))?;
    let target = Target { client, kf_account: arguments.account.clone(), on_unknown: settings::on_unknown(config) };
    let pages: Vec<&str> = match arguments.pages.as_slice() {
        [] => config.plugins.iter().map(|entry| entry.path.as_str()).collect(),
        pages => pages.iter().map(String::as_str).collect(),
    };
    if pages.is_empty() {
        let hint = "name one under [[plugin]] in duoke.toml, or on the command line";
        let notice = Notice::error("there is no plugin to serve with").with_hint(Some(hint));
        return Err(fail(output, notice, Exit::Configuration));
    }
    let (mut names, mut plugins) = (Names::default(), Vec::new());
    for page in pages {
        let mut plugin = Plugin::resolve(page, &mut names).map_err(|error| said(&error, output))?;
        plugin.hold_to(&config.limits);
        plugins.push(plugin);
    }
    // They were checked.
    let number = |setting: &Setting<String>| setting.value.parse::<u32>().unwrap_or(1);
    let room = Room {
        open_max: number(&config.serve.conversations_max) as usize,
        quiet_ms_max: i64::from(number(&config.serve.quiet_s)) * 1000,
    };
    Ok(Setup {
        accounts: vec![AccountSetup { target, callback: Some(callback) }],
        plugins,
        rights: rights(&arguments.allow, &arguments.replace, output)?,
        live: Some(live(runtime)),
        seat_account: arguments.account.clone().unwrap_or_else(|| ACCOUNT_DEFAULT.to_owned()),
        processes: Processes::of(config),
        room,
        threads: number(&config.serve.workers) as usize,
    })
}
