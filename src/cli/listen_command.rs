//! `duoke listen`

use std::sync::Arc;

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use super::exit::Exit;
use super::output::Output;
use super::plugins::fail;
use super::{settings, signals};
use crate::base::limits::{CALLBACK_STOP_TIME, PUSHES_UNDER_WAY_MAX};
use crate::config::{CallbackConfig, DuokeConfig, Setting, secret};
use crate::event::Line;
use crate::host::{Closed, Notice, Watch as _};
use crate::wechat::callback::{Callback, CallbackSettings, Mode, NotAccepted, Receiver, Refusal};
use crate::wechat::crypt::{AesKey, Crypt};
use crate::wechat::push::Push;
use crate::wechat::{BoxFuture, Clock, Secret};

const EXAMPLES: &str = "\
Examples:
  duoke listen | duoke run plugin.html --events - --forward
  DUOKE_CALLBACK_TOKEN=… duoke listen --listen 127.0.0.1:8080 --mode plain

Every push is a line `stimulus.wechat.push`, printed before WeChat is answered: whoever keeps
the lines has them. What WeChat delivers again is printed once as long as the program runs; after
that the line comes again, with the same id.";

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
}

pub(super) fn listen(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    let flag = |path: &str| match path {
        "wechat.callback.listen" => arguments.listen.clone(),
        "wechat.callback.path" => arguments.path.clone(),
        "wechat.callback.mode" => arguments.mode.clone(),
        "wechat.callback.transfer" => arguments.transfer.clone(),
        _ => None,
    };
    let config = match settings::load(&flag) {
        Ok(config) => config,
        Err(error) => return fail(output, settings::notice(&error), Exit::Configuration),
    };
    match callback(&config) {
        Ok(callback) => runtime.block_on(serve(callback, output)),
        Err(notice) => fail(output, notice, Exit::Configuration),
    }
}

/// What a configuration says of the callback; the error says what is missing.
fn callback(config: &DuokeConfig) -> Result<CallbackSettings, Notice> {
    let callback = &config.wechat.callback;
    let token = needed(callback.token.as_ref(), "DUOKE_CALLBACK_TOKEN", "`token`")?;
    let wrong = |key: &str, reason: &str| Notice::error(format!("wechat.callback.{key} {reason}"));
    let listen = callback.listen.value.parse();
    let transfer = callback.transfer.as_ref().map(|setting| setting.value.parse()).transpose();
    Ok(CallbackSettings {
        listen: listen.map_err(|_| wrong("listen", "is not an address and a port"))?,
        path: callback.path.value.clone(),
        token: Secret::new(token.expose()),
        mode: mode(config, callback)?,
        transfer: transfer.map_err(|reason: String| wrong("transfer", &reason))?,
        clock: Clock::system(),
    })
}

fn mode(config: &DuokeConfig, callback: &CallbackConfig) -> Result<Mode, Notice> {
    let mode = match callback.mode.value.as_str() {
        "plain" => return Ok(Mode::Plain),
        "compat" => Mode::Compat,
        _ => Mode::Secure,
    };
    let aes_key = |key: &secret::Secret| {
        AesKey::parse(&Secret::new(key.expose())).map_err(|error| Notice::error(format!("wechat.callback: {error}")))
    };
    let current = needed(callback.encoding_aes_key.as_ref(), "DUOKE_ENCODING_AES_KEY", "`encoding_aes_key`")?;
    let previous = callback.previous_encoding_aes_key.as_ref().map(|key| aes_key(&key.value)).transpose()?;
    let Some(app_id) = &config.wechat.app_id else {
        let hint = "an encrypted push names the account that it is for; `mode = \"plain\"` does not";
        return Err(Notice::error("DUOKE_APP_ID is not set").with_hint(Some(hint)));
    };
    Ok(mode(Crypt::new(&app_id.value, aes_key(current)?, previous)))
}

/// A secret that has to be there.
fn needed<'a>(
    setting: Option<&'a Setting<secret::Secret>>,
    variable: &str,
    key: &str,
) -> Result<&'a secret::Secret, Notice> {
    let hint = format!(
        "it stands on the account's settings page at WeChat; set {variable} in the environment, or {key} under \
         [wechat.callback] in duoke.toml"
    );
    let missing = || Notice::error(format!("{variable} is not set")).with_hint(Some(hint));
    setting.map(|setting| &setting.value).ok_or_else(missing)
}

/// What the receiver has for the one who prints.
enum Told {
    /// A push, and who waits until it is printed.
    Push(Box<Line>, oneshot::Sender<()>),
    Refused(Notice),
}

/// Hands everything over to the one who prints.
struct Printing(mpsc::Sender<Told>);

impl Receiver for Printing {
    fn accept(&self, push: Push) -> BoxFuture<'_, Result<(), NotAccepted>> {
        let line = Box::new(push.line());
        Box::pin(async move {
            let (printed, is_printed) = oneshot::channel();
            let ends = |_| NotAccepted("nobody takes the lines any more".to_owned());
            self.0.send(Told::Push(line, printed)).await.map_err(|_| NotAccepted("the program ends".to_owned()))?;
            is_printed.await.map_err(ends)
        })
    }

    fn refused(&self, refusal: &Refusal) {
        let notice = Notice::warning(refusal.to_string()).with_hint(refusal.hint());
        // Strangers may send more than can be printed; pushes go first.
        let _ = self.0.try_send(Told::Refused(notice));
    }
}

async fn serve(settings: CallbackSettings, output: &mut Output) -> Exit {
    let (path, mode) = (settings.path.clone(), settings.mode.name());
    let (sender, mut told) = mpsc::channel(PUSHES_UNDER_WAY_MAX);
    let running = match Callback::start(settings, Arc::new(Printing(sender))).await {
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
    let exit = tokio::select! {
        biased;
        () = interrupted => Exit::Interrupted,
        () = terminated => Exit::Interrupted,
        Closed = print(&mut told, output) => Exit::Fine,
    };
    if exit == Exit::Fine {
        told.close();
    }
    // What came before is printed and answered.
    tokio::select! {
        () = running.shutdown() => {}
        Closed = print(&mut told, output) => {}
    }
    watchdog.abort();
    exit
}

/// Prints until nobody reads any more, or until nothing comes any more.
async fn print(told: &mut mpsc::Receiver<Told>, output: &mut Output) -> Closed {
    while let Some(told) = told.recv().await {
        match told {
            Told::Push(line, printed) => match output.line(&line) {
                // Who waited may have gone; the line is out.
                Ok(()) => drop(printed.send(())),
                Err(closed) => return closed,
            },
            Told::Refused(notice) => output.say(notice),
        }
    }
    std::future::pending().await
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
