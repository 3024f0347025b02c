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
    let mut configs = Vec::new();
    if config.wechat.app_id.is_some() || config.accounts.is_empty() {
        configs.push(config.clone());
    }
    for entry in &config.accounts {
        let own = entry.config(config, &settings::environment).map_err(|error| settings::notice(&error))?;
        configs.push(own);
    }
    for (number, config) in configs.iter().enumerate() {
        let listen = |config: &DuokeConfig| config.wechat.callback.listen.value.clone();
        let is_there = |other: &&DuokeConfig| listen(other) == listen(config) && !listen(config).ends_with(":0");
        if configs[..number].iter().any(|other| is_there(&other)) {
            let text = format!("several accounts have their callbacks at {}", listen(config));
            let hint = "each has a `listen` of its own under [[account]]; the proxy before them tells them apart";
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
