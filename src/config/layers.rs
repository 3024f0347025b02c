//! Flag > environment > project file > user file > default (cli.md, Streams): a pure function of its inputs.

use std::net::SocketAddr;
use std::path::Path;

use url::Url;

use super::accounts::AccountEntry;
use super::duoke::{
    CALLBACK_MODES, CONFINEMENTS, CONSOLE_OFF, CallbackConfig, DuokeConfig, LAUNCHES, LOG_TEXTS, LOGS, NEWS_POLICIES,
    ON_UNKNOWN, Origin, PROFILE_DEFAULTS, PROFILES, PSEUDONYMS, PluginEntry, RecordConfig, SINKS, SeatEntry,
    ServeConfig, Setting, TEXT_POLICIES, TOKEN_APIS, TRANSFER_ANY, TRIM_POLICIES, WechatConfig,
};
use super::error::{ConfigError, Source};
use super::limits::LimitSettings;
use super::secret::Secret;
use super::table::{Located, Section, parse};
use crate::base::loopback::is_loopback;

/// A setting of `duoke.toml`: all are text; those that are a number are the text of it.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its table; the tables of the file are these, `plugin` and `seat`.
    pub table: &'static str,
    /// Its name in the table.
    pub name: &'static str,
    /// The variable of the environment that overrides it.
    pub env: &'static str,
    /// Its value where nobody gives one; that of `wechat.profile` follows from `wechat.base_url`.
    pub default: Option<&'static str>,
    /// Secrets are never taken from a flag.
    pub secret: bool,
    /// A number may stand without quotes.
    pub number: bool,
    check: fn(&str) -> Result<(), String>,
}

/// Every setting, in the order `duoke config show` prints them.
pub const KEYS: [Key; 38] = [
    key("wechat", "base_url", "DUOKE_WECHAT_BASE_URL", Some("https://api.weixin.qq.com"), check_url),
    key("wechat", "profile", "DUOKE_WECHAT_PROFILE", None, |text| check_word(text, &PROFILES)),
    key("wechat", "app_id", "DUOKE_APP_ID", None, check_any),
    secret("wechat", "app_secret", "DUOKE_APP_SECRET", check_any),
    key("wechat", "token_api", "DUOKE_WECHAT_TOKEN_API", Some("stable_token"), |text| check_word(text, &TOKEN_APIS)),
    secret("wechat", "proxy", "DUOKE_WECHAT_PROXY", check_proxy),
    key("wechat", "news", "DUOKE_WECHAT_NEWS", Some("split"), |text| check_word(text, &NEWS_POLICIES)),
    key("wechat", "text", "DUOKE_WECHAT_TEXT", Some("split"), |text| check_word(text, &TEXT_POLICIES)),
    key("wechat", "trim", "DUOKE_WECHAT_TRIM", Some("cut"), |text| check_word(text, &TRIM_POLICIES)),
    number("wechat", "title_bytes_max", "DUOKE_WECHAT_TITLE_BYTES_MAX", check_bytes),
    number("wechat", "description_bytes_max", "DUOKE_WECHAT_DESCRIPTION_BYTES_MAX", check_bytes),
    key("wechat.callback", "listen", "DUOKE_CALLBACK_LISTEN", Some("127.0.0.1:8080"), check_listen),
    key("wechat.callback", "path", "DUOKE_CALLBACK_PATH", Some("/wechat"), check_path),
    key("wechat.callback", "mode", "DUOKE_CALLBACK_MODE", Some("secure"), |text| check_word(text, &CALLBACK_MODES)),
    secret("wechat.callback", "token", "DUOKE_CALLBACK_TOKEN", check_any),
    secret("wechat.callback", "encoding_aes_key", "DUOKE_ENCODING_AES_KEY", check_aes_key),
    secret("wechat.callback", "previous_encoding_aes_key", "DUOKE_PREVIOUS_ENCODING_AES_KEY", check_aes_key),
    key("wechat.callback", "transfer", "DUOKE_CALLBACK_TRANSFER", None, check_transfer),
    key("store", "path", "DUOKE_STORE_PATH", Some("state"), check_any),
    key("outbox", "on_unknown", "DUOKE_ON_UNKNOWN", Some("hold"), |text| check_word(text, &ON_UNKNOWN)),
    key("process", "confinement", "DUOKE_CONFINEMENT", Some("warn"), |text| check_word(text, &CONFINEMENTS)),
    key("process", "launch", "DUOKE_LAUNCH", Some("fork"), |text| check_word(text, &LAUNCHES)),
    counted("serve", "conversations_max", "DUOKE_CONVERSATIONS_MAX", "200"),
    counted("serve", "quiet_s", "DUOKE_QUIET_S", "600"),
    number("serve", "workers", "DUOKE_WORKERS", check_count),
    key("serve", "log", "DUOKE_LOG", Some("human"), |text| check_word(text, &LOGS)),
    key("serve", "log_text", "DUOKE_LOG_TEXT", Some("hide"), |text| check_word(text, &LOG_TEXTS)),
    key("serve", "sink", "DUOKE_SINK", Some("wechat"), |text| check_word(text, &SINKS)),
    key("serve", "traces", "OTEL_EXPORTER_OTLP_ENDPOINT", None, check_any),
    secret("record", "redaction_key", "DUOKE_REDACTION_KEY", check_any),
    key("record", "folder", "DUOKE_RECORD_FOLDER", None, check_any),
    key("record", "share", "DUOKE_RECORD_SHARE", Some("0%"), check_share),
    key("record", "pseudonyms", "DUOKE_RECORD_PSEUDONYMS", Some("yes"), |text| check_word(text, &PSEUDONYMS)),
    sized("record", "file_bytes_max", "DUOKE_RECORD_FILE_BYTES_MAX", "1048576"),
    sized("record", "bytes_max", "DUOKE_RECORD_BYTES_MAX", "268435456"),
    counted("record", "files_max", "DUOKE_RECORD_FILES_MAX", "1000"),
    counted("record", "days_max", "DUOKE_RECORD_DAYS_MAX", "30"),
    key("console", "listen", "DUOKE_CONSOLE_LISTEN", Some("127.0.0.1:8081"), check_console),
];

type Check = fn(&str) -> Result<(), String>;

const fn key(
    table: &'static str,
    name: &'static str,
    env: &'static str,
    default: Option<&'static str>,
    check: Check,
) -> Key {
    Key { table, name, env, default, secret: false, number: false, check }
}

const fn secret(table: &'static str, name: &'static str, env: &'static str, check: Check) -> Key {
    Key { table, name, env, default: None, secret: true, number: false, check }
}

const fn number(table: &'static str, name: &'static str, env: &'static str, check: Check) -> Key {
    Key { table, name, env, default: None, secret: false, number: true, check }
}

const fn counted(table: &'static str, name: &'static str, env: &'static str, default: &'static str) -> Key {
    Key { default: Some(default), ..number(table, name, env, check_count) }
}

const fn sized(table: &'static str, name: &'static str, env: &'static str, default: &'static str) -> Key {
    Key { default: Some(default), ..number(table, name, env, check_recorded_bytes) }
}

impl Key {
    /// The whole name, for instance `wechat.base_url`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }
}

/// What one file says.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    values: Vec<(String, Setting<String>)>,
    plugins: Vec<PluginEntry>,
    seats: Vec<SeatEntry>,
    accounts: Vec<AccountEntry>,
    redact: Vec<String>,
    limits: LimitSettings,
}

impl Layer {
    /// Reads a file; one that is not there says nothing.
    ///
    /// # Errors
    /// A file that cannot be read, and everything [`Self::parse`] refuses.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(ConfigError::Read { file, error }),
        }
    }

    /// Reads the text of a `duoke.toml`; `file` is its name in messages.
    ///
    /// # Errors
    /// Text that is no TOML, unknown keys, values of the wrong kind or form.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let source = Source { file, text };
        let table = parse(source)?;
        let root = Section::root(source, &table);
        root.only(&[
            "wechat", "store", "outbox", "process", "serve", "console", "record", "limits", "plugin", "seat", "account",
        ])?;
        let mut layer = Self { limits: LimitSettings::of(&root)?, ..Self::default() };
        if let Some(wechat) = root.section("wechat")? {
            layer.take(&wechat, "wechat", &["callback"], file)?;
            if let Some(callback) = wechat.section("callback")? {
                layer.take(&callback, "wechat.callback", &[], file)?;
            }
        }
        for name in ["store", "outbox", "process", "serve", "console"] {
            if let Some(section) = root.section(name)? {
                layer.take(&section, name, &[], file)?;
            }
        }
        if let Some(record) = root.section("record")? {
            layer.take(&record, "record", &["redact"], file)?;
            layer.redact = record.strings("redact")?.unwrap_or_default().into_iter().map(|it| it.value).collect();
        }
        for section in root.sections("plugin")? {
            layer.plugins.push(plugin_entry(&section, file)?);
        }
        for section in root.sections("account")? {
            layer.accounts.push(AccountEntry::of(&section, file)?);
        }
        for section in root.sections("seat")? {
            section.only(&["name", "kf_account"])?;
            let (name, kf_account) = (section.required("name")?, section.required("kf_account")?.value);
            layer.seats.push(SeatEntry { origin: origin_of(&section, &name, file), name: name.value, kf_account });
        }
        Ok(layer)
    }

    /// Takes the settings of one table.
    fn take(&mut self, section: &Section<'_>, table: &str, tables: &[&str], file: &str) -> Result<(), ConfigError> {
        let keys: Vec<&Key> = KEYS.iter().filter(|key| key.table == table).collect();
        let known: Vec<&str> = keys.iter().map(|key| key.name).chain(tables.iter().copied()).collect();
        section.only(&known)?;
        for key in keys {
            let value = if key.number { section.number(key.name) } else { section.string(key.name) };
            let Some(value) = value? else { continue };
            (key.check)(&value.value)
                .map_err(|reason| section.invalid(&value, format!("`{}` {reason}", key.path())))?;
            let origin = origin_of(section, &value, file);
            self.values.push((key.path(), Setting { value: value.value, origin }));
        }
        Ok(())
    }

    /// Whether it holds a secret.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        let has_secret = |key: &Key| key.secret && self.value(&key.path()).is_some();
        KEYS.iter().any(has_secret) || self.accounts.iter().any(AccountEntry::has_secret)
    }

    fn value(&self, path: &str) -> Option<&Setting<String>> {
        self.values.iter().find(|(name, _)| name == path).map(|(_, setting)| setting)
    }
}

/// One `[[plugin]]`.
fn plugin_entry(section: &Section<'_>, file: &str) -> Result<PluginEntry, ConfigError> {
    section.only(&["path", "record", "shadow", "shadow_share"])?;
    let path = section.required("path")?;
    let share = |name: &str| -> Result<Option<String>, ConfigError> {
        let Some(share) = section.string(name)? else { return Ok(None) };
        check_share(&share.value).map_err(|reason| section.invalid(&share, format!("`plugin.{name}` {reason}")))?;
        Ok(Some(share.value))
    };
    Ok(PluginEntry {
        record: share("record")?,
        shadow: section.string("shadow")?.map(|shadow| shadow.value),
        shadow_share: share("shadow_share")?,
        origin: origin_of(section, &path, file),
        path: path.value,
    })
}

fn origin_of<T>(section: &Section<'_>, at: &Located<T>, file: &str) -> Origin {
    Origin::File { file: file.to_owned(), line: section.line_of(at) }
}

/// Puts the layers together. `flag` answers for the path of a setting (`wechat.base_url`), `env` for the name of a
/// variable; an empty variable counts as none. `layers` has the project's file before the user's.
///
/// # Errors
/// A flag or variable of the wrong form.
pub fn resolve(
    flag: &dyn Fn(&str) -> Option<String>,
    env: &dyn Fn(&str) -> Option<String>,
    layers: &[Layer],
) -> Result<DuokeConfig, ConfigError> {
    let mut found = Vec::with_capacity(KEYS.len());
    for key in &KEYS {
        found.push((key.path(), setting_of(key, flag, env, layers)?));
    }
    let mut take = |path: &str| -> Option<Setting<String>> {
        let at = found.iter().position(|(name, _)| name == path)?;
        found.swap_remove(at).1
    };
    let mut limits = LimitSettings::of_environment(env)?;
    layers.iter().for_each(|layer| limits.or(&layer.limits));
    Ok(DuokeConfig {
        limits,
        wechat: wechat(&mut take),
        store_path: defaulted(take("store.path")),
        on_unknown: defaulted(take("outbox.on_unknown")),
        confinement: defaulted(take("process.confinement")),
        launch: defaulted(take("process.launch")),
        serve: ServeConfig {
            conversations_max: defaulted(take("serve.conversations_max")),
            quiet_s: defaulted(take("serve.quiet_s")),
            workers: take("serve.workers"),
            log: defaulted(take("serve.log")),
            log_text: defaulted(take("serve.log_text")),
            sink: defaulted(take("serve.sink")),
            traces: take("serve.traces"),
        },
        console_listen: defaulted(take("console.listen")),
        record: record(&mut take),
        redaction_key: hide(take("record.redaction_key")),
        // All of them: a file takes away nothing that another one hides.
        redact: layers.iter().flat_map(|layer| layer.redact.clone()).collect(),
        plugins: nearest(layers, |layer| &layer.plugins),
        accounts: nearest(layers, |layer| &layer.accounts),
        seats: nearest(layers, |layer| &layer.seats),
    })
}

/// The list of the first layer that has one.
fn nearest<T: Clone>(layers: &[Layer], list: impl Fn(&Layer) -> &Vec<T>) -> Vec<T> {
    layers.iter().map(list).find(|list| !list.is_empty()).cloned().unwrap_or_default()
}

fn hide(setting: Option<Setting<String>>) -> Option<Setting<Secret>> {
    setting.map(|setting| Setting { value: Secret::new(setting.value), origin: setting.origin })
}

fn record(take: &mut dyn FnMut(&str) -> Option<Setting<String>>) -> RecordConfig {
    RecordConfig {
        folder: take("record.folder"),
        share: defaulted(take("record.share")),
        pseudonyms: defaulted(take("record.pseudonyms")),
        file_bytes_max: defaulted(take("record.file_bytes_max")),
        bytes_max: defaulted(take("record.bytes_max")),
        files_max: defaulted(take("record.files_max")),
        days_max: defaulted(take("record.days_max")),
    }
}

fn wechat(take: &mut dyn FnMut(&str) -> Option<Setting<String>>) -> WechatConfig {
    let base_url = defaulted(take("wechat.base_url"));
    WechatConfig {
        profile: take("wechat.profile").unwrap_or_else(|| profile_default(&base_url.value)),
        base_url,
        app_id: take("wechat.app_id"),
        app_secret: hide(take("wechat.app_secret")),
        token_api: defaulted(take("wechat.token_api")),
        proxy: hide(take("wechat.proxy")),
        news: defaulted(take("wechat.news")),
        text: defaulted(take("wechat.text")),
        trim: defaulted(take("wechat.trim")),
        title_bytes_max: take("wechat.title_bytes_max"),
        description_bytes_max: take("wechat.description_bytes_max"),
        callback: CallbackConfig {
            listen: defaulted(take("wechat.callback.listen")),
            path: defaulted(take("wechat.callback.path")),
            mode: defaulted(take("wechat.callback.mode")),
            token: hide(take("wechat.callback.token")),
            encoding_aes_key: hide(take("wechat.callback.encoding_aes_key")),
            previous_encoding_aes_key: hide(take("wechat.callback.previous_encoding_aes_key")),
            transfer: take("wechat.callback.transfer"),
        },
    }
}

/// The limits of the service as it is, or, on this machine, those that a sandbox begins with.
fn profile_default(base_url: &str) -> Setting<String> {
    let [far, here] = PROFILE_DEFAULTS;
    let (value, origin) = match Url::parse(base_url).is_ok_and(|url| is_loopback(&url)) {
        true => (here, Origin::DefaultWhere("wechat.base_url is on this machine")),
        false => (far, Origin::Default),
    };
    Setting { value: value.to_owned(), origin }
}

fn defaulted(setting: Option<Setting<String>>) -> Setting<String> {
    setting.expect("a setting with a default has a value")
}

fn setting_of(
    key: &Key,
    flag: &dyn Fn(&str) -> Option<String>,
    env: &dyn Fn(&str) -> Option<String>,
    layers: &[Layer],
) -> Result<Option<Setting<String>>, ConfigError> {
    let path = key.path();
    let checked = |value: String, origin: Origin, name: &str| match (key.check)(&value) {
        Ok(()) => Ok(Some(Setting { value, origin })),
        Err(reason) => Err(ConfigError::Setting { origin: name.to_owned(), reason }),
    };
    if let Some(value) = Some(&path).filter(|_| !key.secret).and_then(|path| flag(path)) {
        return checked(value, Origin::Flag, &path);
    }
    if let Some(value) = env(key.env).filter(|value| !value.is_empty()) {
        return checked(value, Origin::Environment(key.env), key.env);
    }
    if let Some(setting) = layers.iter().find_map(|layer| layer.value(&path)) {
        return Ok(Some(setting.clone()));
    }
    Ok(key.default.map(|value| Setting { value: value.to_owned(), origin: Origin::Default }))
}

pub(super) fn check_any(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err("is empty".to_owned()) } else { Ok(()) }
}

fn check_url(text: &str) -> Result<(), String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.query().is_none() => Ok(()),
        _ => Err("is not an http(s) address".to_owned()),
    }
}

/// Never says what it was: it may hold a password.
fn check_proxy(text: &str) -> Result<(), String> {
    let is_proxy = |url: &Url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host();
    match Url::parse(text) {
        Ok(url) if is_proxy(&url) => Ok(()),
        _ => Err("is not the address of a proxy, like http://user:password@host:port or socks5://host:port".to_owned()),
    }
}

/// From what an ellipsis and a few characters take.
fn check_bytes(text: &str) -> Result<(), String> {
    match text.parse::<usize>() {
        Ok(bytes) if bytes >= 16 => Ok(()),
        _ => Err("is not a number of bytes from 16".to_owned()),
    }
}

/// From what a header and a few turns take.
fn check_recorded_bytes(text: &str) -> Result<(), String> {
    match text.parse::<u64>() {
        Ok(4_096..=1_099_511_627_776) => Ok(()),
        _ => Err("is not a number of bytes from 4096 to 2^40".to_owned()),
    }
}

fn check_share(text: &str) -> Result<(), String> {
    share_ppm(text).map(drop).ok_or_else(|| "is not a share from 0% to 100%, like 5% or 0.1%".to_owned())
}

/// A share as `5%` in parts of a million.
#[must_use]
pub fn share_ppm(text: &str) -> Option<u32> {
    let number = text.strip_suffix('%')?.trim_end();
    let is_plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let percent = number.parse::<f64>().ok().filter(|percent| is_plain && *percent <= 100.0)?;
    // Within a million it is exact.
    Some((percent * 10_000.0).round() as u32)
}

fn check_count(text: &str) -> Result<(), String> {
    match text.parse::<u32>() {
        Ok(1..=1_000_000) => Ok(()),
        _ => Err("is not a number from 1 to 1000000".to_owned()),
    }
}

pub(super) fn check_listen(text: &str) -> Result<(), String> {
    text.parse::<SocketAddr>().map(|_| ()).map_err(|_| "is not an address and a port, like 127.0.0.1:8080".to_owned())
}

fn check_console(text: &str) -> Result<(), String> {
    if text == CONSOLE_OFF {
        Ok(())
    } else {
        check_listen(text).map_err(|reason| format!("{reason}, nor \"{CONSOLE_OFF}\""))
    }
}

pub(super) fn check_path(text: &str) -> Result<(), String> {
    if text.starts_with('/') { Ok(()) } else { Err("does not start with /".to_owned()) }
}

pub(super) fn check_word(text: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&text) { Ok(()) } else { Err(format!("is not one of {}", words.join(", "))) }
}

/// The length is WeChat's (wechat-api.md): 43 characters of base64 without its padding.
pub(super) fn check_aes_key(text: &str) -> Result<(), String> {
    let fits = text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte));
    if fits { Ok(()) } else { Err("is not 43 letters and digits".to_owned()) }
}

/// Whoever WeChat chooses, or an agent's account (wechat-api.md §3).
pub(super) fn check_transfer(text: &str) -> Result<(), String> {
    let is_account = text.split_once('@').is_some_and(|(name, account)| !name.is_empty() && !account.is_empty());
    if text == TRANSFER_ANY || is_account {
        return Ok(());
    }
    Err(format!("is neither \"{TRANSFER_ANY}\" nor a customer-service account, like kf2001@gh_xxx"))
}

#[cfg(test)]
mod tests;
