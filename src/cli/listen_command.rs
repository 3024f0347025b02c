//! `duoke listen`

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::{runtime::Handle, sync::mpsc};

use super::callback::callback;
use super::exit::Exit;
use super::output::Output;
use super::plugins::fail;
use super::state::Ears;
use super::{settings, signals, state};
use crate::base::clock::Clock;
use crate::base::limits::{CALLBACK_STOP_TIME, TIDY_EVERY_MS};
use crate::config::DuokeConfig;
use crate::event::Line;
use crate::host::inbox::{Inbox, Pushes, Use};
use crate::host::{Notice, Watch as _};
use crate::store::{EventId, Retention, Store, StoreError};
use crate::wechat::callback::{Callback, CallbackSettings, Refusal};

const EXAMPLES: &str = "\
Examples:
  duoke listen | duoke run plugin.html --events - --forward
  DUOKE_CALLBACK_TOKEN=… duoke listen --listen 127.0.0.1:8080 --mode plain

Every push is a line `stimulus.wechat.push`. It is on disk before WeChat is answered, in the folder
`pushes` of the durable state, and kept until it is printed: what was not, the next `duoke listen`
prints first. What WeChat delivers again is printed once; only lines that were printed just before the
program was killed may come again, with the same ids.";

/// Receive WeChat's pushes and print each as a line of a session log.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Where to listen, an address and a port; port 0 takes a free one [env: DUOKE_CALLBACK_LISTEN].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The path of the address that WeChat calls [env: DUOKE_CALLBACK_PATH].
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// How bodies come: plain, compat or secure, as on WeChat's settings page [env: DUOKE_CALLBACK_MODE].
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// Hand customers' messages over to WeChat's own customer service: `any`, or an agent's account
    /// [env: DUOKE_CALLBACK_TRANSFER].
    #[arg(long, value_name = "KF_ACCOUNT")]
    transfer: Option<String>,
    /// The folder of the durable state, by default `state` [env: DUOKE_STORE_PATH].
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
}

/// The folder of pushes in that of the durable state, beside which a host runs.
pub(super) const PUSHES: &str = "pushes";

pub(super) fn listen(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    let flag = |path: &str| match path {
        "wechat.callback.listen" => arguments.listen.clone(),
        "wechat.callback.path" => arguments.path.clone(),
        "wechat.callback.mode" => arguments.mode.clone(),
        "wechat.callback.transfer" => arguments.transfer.clone(),
        "store.path" => arguments.store.as_ref().map(|path| path.to_string_lossy().into_owned()),
        _ => None,
    };
    let config = match settings::load(&flag) {
        Ok(config) => config,
        Err(error) => return fail(output, settings::notice(&error), Exit::Configuration),
    };
    match callback(&config) {
        Ok(callback) => on_disk(callback, &config, runtime, output).unwrap_or_else(|exit| exit),
        Err(notice) => fail(output, notice, Exit::Configuration),
    }
}

/// Listens with the pushes on disk.
fn on_disk(
    callback: CallbackSettings,
    config: &DuokeConfig,
    runtime: &Handle,
    output: &mut Output,
) -> Result<Exit, Exit> {
    let folder = Path::new(&config.store_path.value).join(PUSHES);
    let store: Arc<dyn Store> = Arc::new(state::open(&folder, Retention::PUSHES, output)?);
    let ears = Ears::of_store(&folder, &store, None, settings::on_unknown(config), runtime, output)?;
    let app_id = config.wechat.app_id.as_ref().map_or("", |app_id| &app_id.value);
    let inbox =
        runtime.block_on(Inbox::new((store, Clock::system()), app_id, &config.wechat.base_url.value, Use::HandOn));
    let (inbox, refusals) = inbox.map_err(|error| fail(output, state::notice(&error), Exit::Environment))?;
    let exit = runtime.block_on(serve(callback, Desk { inbox: inbox.clone(), refusals }, output));
    drop(ears);
    inbox.close();
    Ok(exit)
}

/// What the receiver works on.
struct Desk {
    inbox: Arc<Inbox>,
    refusals: mpsc::Receiver<Refusal>,
}

async fn serve(settings: CallbackSettings, mut desk: Desk, output: &mut Output) -> Exit {
    let (path, mode) = (settings.path.clone(), settings.mode.name());
    let running = match Callback::start(settings, desk.inbox.clone()).await {
        Ok(running) => running,
        Err(error) => {
            let notice = Notice::error(error.to_string()).with_hint(Some(error.hint()));
            return fail(output, notice, Exit::Environment);
        }
    };
    // Listened for before anybody is told that there is something to stop.
    let (interrupted, terminated) = (signals::interrupted(), signals::terminated());
    let watchdog = tokio::spawn(end_in_any_case());
    let ready = serde_json::json!({ "listening": format!("http://{}{path}", running.address), "mode": mode });
    output.say(Notice::note(ready.to_string()));
    let mut last = EventId(0);
    let ended = tokio::select! {
        biased;
        () = interrupted => Ended::Interrupted,
        () = terminated => Ended::Interrupted,
        ended = print(&mut desk, &mut last, output) => ended,
    };
    running.shutdown().await;
    let exit = match ended {
        // What was acknowledged meanwhile is printed; what is not, the next one prints.
        Ended::Interrupted => match print_rest(&desk.inbox, last, output).await {
            Ended::Failed(error) => fail(output, state::notice(&error), Exit::Environment),
            Ended::Interrupted | Ended::Closed => Exit::Interrupted,
        },
        Ended::Closed => Exit::Fine,
        Ended::Failed(error) => fail(output, state::notice(&error), Exit::Environment),
    };
    watchdog.abort();
    exit
}

/// Why nothing is printed any more.
enum Ended {
    Interrupted,
    /// Nobody reads.
    Closed,
    Failed(StoreError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// Prints what comes, until nobody reads any more or the store fails.
async fn print(Desk { inbox, refusals }: &mut Desk, last: &mut EventId, output: &mut Output) -> Ended {
    let mut tidying = tokio::time::interval(Duration::from_millis(TIDY_EVERY_MS.unsigned_abs()));
    // Waited for over everything else that comes: strangers do not hold it up.
    let mut next = Box::pin(inbox.next(*last));
    loop {
        let done = tokio::select! {
            biased;
            pushes = &mut next => {
                let done = match pushes {
                    Ok(pushes) => give_out(inbox, &pushes, last, output).await,
                    Err(error) => Err(error.into()),
                };
                next = Box::pin(inbox.next(*last));
                done
            }
            Some(refusal) = refusals.recv() => {
                output.say(Notice::warning(refusal.to_string()).with_hint(refusal.hint()));
                Ok(())
            }
            _ = tidying.tick() => inbox.tidy().await.map_err(Ended::from),
        };
        if let Err(ended) = done {
            return ended;
        }
    }
}

async fn print_rest(inbox: &Inbox, mut last: EventId, output: &mut Output) -> Ended {
    loop {
        let done = match inbox.there(last).await {
            Ok(pushes) if pushes.is_empty() => return Ended::Interrupted,
            Ok(pushes) => give_out(inbox, &pushes, &mut last, output).await,
            Err(error) => Err(error.into()),
        };
        if let Err(ended) = done {
            return ended;
        }
    }
}

async fn give_out(inbox: &Inbox, pushes: &Pushes, last: &mut EventId, output: &mut Output) -> Result<(), Ended> {
    let mut is_out = |(event, line): &(EventId, Line)| output.line(line).map(|()| *last = *event).is_ok();
    let printed = pushes.iter().take_while(|push| is_out(push)).count();
    inbox.done(&pushes[..printed]).await?;
    if printed == pushes.len() { Ok(()) } else { Err(Ended::Closed) }
}

/// Ends the process some time after it was interrupted: whoever reads the lines may stand still, and with it the one who
/// prints.
async fn end_in_any_case() {
    let (interrupted, terminated) = (signals::interrupted(), signals::terminated());
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
    tokio::time::sleep(2 * CALLBACK_STOP_TIME).await;
    std::process::exit(Exit::Interrupted.code().into());
}
