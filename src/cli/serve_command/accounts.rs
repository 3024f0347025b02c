//! The accounts that are served, as the configuration has them.

use super::super::callback::callback;
use super::super::output::{ColorWhen, Output};
use super::super::settings;
use super::Arguments;
use crate::config::{DuokeConfig, Origin, Setting, secret};
use crate::host::serve::AccountSetup;
use crate::host::{LOG_SERVER, LogSink, Notice, Target, Watch as _};
use crate::wechat::ClientConfig;

/// The word of `[serve] sink` for a trial.
pub(super) const SINK_LOG: &str = "log";

/// The account of `[wechat]`, where there is one or no other, and those of `[[account]]`.
pub(super) fn accounts(arguments: &Arguments, config: &DuokeConfig) -> Result<Vec<AccountSetup>, Notice> {
    let configs = config.of_accounts(&settings::environment).map_err(|error| settings::notice(&error))?;
    for (number, config) in configs.iter().enumerate() {
        let others = &configs[..number];
        let app_id = |config: &DuokeConfig| config.wechat.app_id.as_ref().map(|app_id| app_id.value.clone());
        if let Some(twice) = app_id(config).filter(|_| others.iter().any(|other| app_id(other) == app_id(config))) {
            return Err(Notice::error(format!("the account {twice} is named twice")));
        }
        let callback = &config.wechat.callback;
        let is_there = |other: &DuokeConfig| {
            let (listen, path) = (&other.wechat.callback.listen.value, &other.wechat.callback.path.value);
            *listen == callback.listen.value && *path == callback.path.value && !listen.ends_with(":0")
        };
        if others.iter().any(is_there) {
            let text = format!("several accounts are called back at {}{}", callback.listen.value, callback.path.value);
            let hint = "each has a `path` or a `listen` of its own under [[account]]";
            return Err(Notice::error(text).with_hint(Some(hint)));
        }
    }
    let account = |config: &DuokeConfig| {
        let kf_account = arguments.account.clone();
        let sink = (config.serve.sink.value == SINK_LOG).then(sink);
        let client = if sink.is_some() { of_log(config)? } else { settings::client(config)? };
        let target = Target { client, kf_account, on_unknown: settings::on_unknown(config) };
        Ok(AccountSetup { target, callback: Some(callback(config)?), sink })
    };
    configs.iter().map(account).collect()
}

/// The account of a trial: it calls nobody, so it needs no secret.
fn of_log(config: &DuokeConfig) -> Result<ClientConfig, Notice> {
    let mut config = config.clone();
    LOG_SERVER.clone_into(&mut config.wechat.base_url.value);
    let none = Setting { value: secret::Secret::new(SINK_LOG.to_owned()), origin: Origin::Default };
    config.wechat.app_secret.get_or_insert(none);
    settings::client(&config)
}

/// Standard output.
fn sink() -> LogSink {
    LogSink::new(|line| {
        Output::new(ColorWhen::default()).line(line).map_err(|_| "nobody reads standard output".to_owned())
    })
}
