//! `duoke.toml` and the environment, as a command sees them.

use std::path::PathBuf;

use crate::config::duoke::DUOKE_FILE;
use crate::config::{ConfigError, DuokeConfig, Layer, Setting, resolve};
use crate::host::Notice;
use crate::store::OnUnknown;
use crate::wechat::{ClientConfig, NewsPolicy, Profile, Secret, TextPolicy, TokenApi, TrimPolicy};

/// The folder of the user's own settings in `XDG_CONFIG_HOME` (XDG Base Directory Specification).
const USER_FOLDER: &str = "duoke";

/// The configuration in force: flag > environment > `duoke.toml` here > the user's > defaults.
pub(super) fn load(flag: &dyn Fn(&str) -> Option<String>) -> Result<DuokeConfig, ConfigError> {
    resolve(flag, &environment, &layers()?)
}

/// What the files say, the project's before the user's.
pub(super) fn layers() -> Result<Vec<Layer>, ConfigError> {
    files().iter().map(|file| Layer::read(file)).collect()
}

/// The files that are read, the project's before the user's.
pub(super) fn files() -> Vec<PathBuf> {
    [Some(PathBuf::from(DUOKE_FILE)), user_file()].into_iter().flatten().collect()
}

/// A variable of the environment.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn user_file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let configuration = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
    Some(configuration.join(USER_FOLDER).join(DUOKE_FILE))
}

/// What is wrong with a configuration.
pub(super) fn notice(error: &ConfigError) -> Notice {
    Notice::error(error.to_string()).with_frame(error.frame()).with_hint(error.hint())
}

/// What is done with a message without an answer.
pub(super) fn on_unknown(config: &DuokeConfig) -> OnUnknown {
    if config.on_unknown.value == "retry" { OnUnknown::Retry } else { OnUnknown::Hold }
}

/// The account and its server; the error says what is missing.
pub(super) fn client(config: &DuokeConfig) -> Result<ClientConfig, Notice> {
    let wechat = &config.wechat;
    let (Some(app_id), Some(app_secret)) = (&wechat.app_id, &wechat.app_secret) else {
        let missing = match (&wechat.app_id, &wechat.app_secret) {
            (None, None) => "DUOKE_APP_ID and DUOKE_APP_SECRET are",
            (None, _) => "DUOKE_APP_ID is",
            _ => "DUOKE_APP_SECRET is",
        };
        let hint = "set the account's app id and secret in the environment; `duoke sandbox` prints those of its own";
        return Err(Notice::error(format!("there is no account to send from: {missing} not set")).with_hint(Some(hint)));
    };
    let base = &wechat.base_url.value;
    let base_url = base.parse().map_err(|error| Notice::error(format!("wechat.base_url {base}: {error}")))?;
    let mut profile = wechat.profile.value.parse::<Profile>().map_err(|error| Notice::error(error.to_string()))?;
    let bytes = |setting: &Option<Setting<String>>, default| {
        // They were checked.
        setting.as_ref().and_then(|setting| setting.value.parse().ok()).unwrap_or(default)
    };
    profile.title_bytes_max = bytes(&wechat.title_bytes_max, profile.title_bytes_max);
    profile.description_bytes_max = bytes(&wechat.description_bytes_max, profile.description_bytes_max);
    let app_secret = Secret::new(app_secret.value.expose());
    Ok(ClientConfig {
        profile,
        token_api: if wechat.token_api.value == "token" { TokenApi::Token } else { TokenApi::StableToken },
        proxy: wechat.proxy.as_ref().map(|proxy| Secret::new(proxy.value.expose())),
        news: if wechat.news.value == "first" { NewsPolicy::First } else { NewsPolicy::Split },
        text: if wechat.text.value == "refuse" { TextPolicy::Refuse } else { TextPolicy::Split },
        trim: if wechat.trim.value == "refuse" { TrimPolicy::Refuse } else { TrimPolicy::Cut },
        ..ClientConfig::new(base_url, &app_id.value, app_secret)
    })
}
