//! Flag > environment > project file > user file > default (cli.md, Streams): a pure function of its inputs.

use std::path::Path;

use url::Url;

use super::accounts::AccountEntry;
use super::duoke::{
    CallbackConfig, DuokeConfig, Origin, PROFILE_DEFAULTS, PluginEntry, RecordConfig, SeatEntry, ServeConfig, Setting,
    WechatConfig,
};
use super::error::{ConfigError, Source};
use super::keys::{KEYS, Key, Member, PLUGIN_MEMBERS, REDACT, SEAT_MEMBERS, TABLES};
use super::limits::LimitSettings;
use super::secret::Secret;
use super::table::{Located, Section, Wrong, parse};
use crate::base::loopback::is_loopback;

/// What one file says.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    values: Vec<(String, Setting<String>)>,
    plugins: Vec<PluginEntry>,
    seats: Vec<SeatEntry>,
    accounts: Vec<AccountEntry>,
    redact: Vec<Setting<String>>,
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
    /// Text that is no TOML, unknown keys, values of the wrong kind or form: the first of what [`Self::examine`] finds.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let (layer, wrong) = Self::examine(text, file);
        wrong.into_iter().next().map_or(Ok(layer), Err)
    }

    /// Reads it as far as it goes, and says all that is wrong with it.
    #[must_use]
    pub fn examine(text: &str, file: &str) -> (Self, Vec<ConfigError>) {
        let (source, mut layer, mut wrong) = (Source { file, text }, Self::default(), Wrong::default());
        if let Some(table) = wrong.of(parse(source)) {
            layer.take_root(&Section::root(source, &table), file, &mut wrong);
        }
        (layer, wrong.errors)
    }

    fn take_root(&mut self, root: &Section<'_>, file: &str, wrong: &mut Wrong) {
        wrong.unknown(root, &TABLES.map(|(name, _)| name));
        self.limits = LimitSettings::of(root, file, wrong);
        for (name, _) in TABLES.iter().filter(|(name, _)| KEYS.iter().any(|key| key.table == *name)) {
            let Some(section) = wrong.of(root.section(name)).flatten() else { continue };
            match *name {
                "wechat" => {
                    self.take(&section, name, &["callback"], file, wrong);
                    if let Some(callback) = wrong.of(section.section("callback")).flatten() {
                        self.take(&callback, "wechat.callback", &[], file, wrong);
                    }
                }
                "record" => {
                    self.take(&section, name, &[REDACT], file, wrong);
                    let patterns = wrong.of(section.strings(REDACT)).flatten().unwrap_or_default();
                    let setting =
                        |it: Located<String>| Setting { origin: origin_of(&section, &it, file), value: it.value };
                    self.redact = patterns.into_iter().map(setting).collect();
                }
                _ => self.take(&section, name, &[], file, wrong),
            }
        }
        for section in wrong.of(root.sections("plugin")).unwrap_or_default() {
            self.plugins.extend(wrong.of(plugin_entry(&section, file)));
        }
        for section in wrong.of(root.sections("account")).unwrap_or_default() {
            self.accounts.extend(wrong.of(AccountEntry::of(&section, file)));
        }
        for section in wrong.of(root.sections("seat")).unwrap_or_default() {
            self.seats.extend(wrong.of(seat_entry(&section, file)));
        }
    }

    /// Takes the settings of one table.
    fn take(&mut self, section: &Section<'_>, table: &str, tables: &[&str], file: &str, wrong: &mut Wrong) {
        let keys: Vec<&Key> = KEYS.iter().filter(|key| key.table == table).collect();
        let known: Vec<&str> = keys.iter().map(|key| key.name).chain(tables.iter().copied()).collect();
        wrong.unknown(section, &known);
        for key in keys {
            let value = if key.is_number() { section.number(key.name) } else { section.string(key.name) };
            let Some(value) = wrong.of(value).flatten() else { continue };
            let checked = key.form.check(&value.value);
            let checked = checked.map_err(|reason| section.invalid(&value, format!("`{}` {reason}", key.path())));
            if wrong.of(checked).is_some() {
                let origin = origin_of(section, &value, file);
                self.values.push((key.path(), Setting { value: value.value, origin }));
            }
        }
    }

    /// Whether it holds a secret.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        let has_secret = |key: &Key| key.secret && self.value(&key.path()).is_some();
        KEYS.iter().any(has_secret) || self.accounts.iter().any(AccountEntry::has_secret)
    }

    /// Its `[[plugin]]`.
    #[must_use]
    pub fn plugins(&self) -> &[PluginEntry] {
        &self.plugins
    }

    fn value(&self, path: &str) -> Option<&Setting<String>> {
        self.values.iter().find(|(name, _)| name == path).map(|(_, setting)| setting)
    }
}

/// One `[[plugin]]`.
fn plugin_entry(section: &Section<'_>, file: &str) -> Result<PluginEntry, ConfigError> {
    section.only(&PLUGIN_MEMBERS.map(|member| member.name))?;
    let path = section.required("path")?;
    Ok(PluginEntry {
        record: member(section, &PLUGIN_MEMBERS, "record")?,
        shadow: member(section, &PLUGIN_MEMBERS, "shadow")?,
        shadow_share: member(section, &PLUGIN_MEMBERS, "shadow_share")?,
        origin: origin_of(section, &path, file),
        path: path.value,
    })
}

/// One `[[seat]]`.
fn seat_entry(section: &Section<'_>, file: &str) -> Result<SeatEntry, ConfigError> {
    section.only(&SEAT_MEMBERS.map(|member| member.name))?;
    let (name, kf_account) = (section.required("name")?, section.required("kf_account")?.value);
    Ok(SeatEntry { origin: origin_of(section, &name, file), name: name.value, kf_account })
}

/// A member that may be missing, checked.
fn member(section: &Section<'_>, members: &[Member], name: &str) -> Result<Option<String>, ConfigError> {
    let Some(text) = section.string(name)? else { return Ok(None) };
    let checked = members.iter().find(|member| member.name == name).map_or(Ok(()), |it| it.form.check(&text.value));
    checked.map_err(|reason| section.invalid(&text, format!("`plugin.{name}` {reason}")))?;
    Ok(Some(text.value))
}

fn origin_of<T>(section: &Section<'_>, at: &Located<T>, file: &str) -> Origin {
    Origin::File { file: file.to_owned(), line: section.line_of(at) }
}

/// A setting and what it is; none where nobody says anything and there is no default.
pub(super) type InForce = (&'static Key, Option<Setting<String>>);

/// Every setting of [`KEYS`] as it is in force, in their order.
/// The arguments are those of [`resolve`].
///
/// # Errors
/// A flag or variable of the wrong form.
pub(super) fn settings(
    flag: &dyn Fn(&str) -> Option<String>,
    env: &dyn Fn(&str) -> Option<String>,
    layers: &[Layer],
) -> Result<Vec<InForce>, ConfigError> {
    let found = KEYS.iter().map(|key| Ok((key, setting_of(key, flag, env, layers)?)));
    let mut found = found.collect::<Result<Vec<_>, ConfigError>>()?;
    let of = |path: &str| found.iter().position(|(key, _)| key.path() == path);
    if let (Some(base_url), Some(profile)) = (of("wechat.base_url"), of("wechat.profile")) {
        let base_url = found[base_url].1.as_ref().map_or("", |setting| setting.value.as_str());
        let by_default = profile_default(base_url);
        found[profile].1.get_or_insert(by_default);
    }
    Ok(found)
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
    let mut found = settings(flag, env, layers)?;
    let mut take = |path: &str| -> Option<Setting<String>> {
        let at = found.iter().position(|(key, _)| key.path() == path)?;
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
        console_token: hide(take("console.token")),
        console_identity_header: take("console.identity_header"),
        console_origin: take("console.origin"),
        record: record(&mut take),
        redaction_key: hide(take("record.redaction_key")),
        // All of them: a file takes away nothing that another one hides.
        redact: redact(layers).map(|pattern| pattern.value.clone()).collect(),
        plugins: nearest(layers, |layer| &layer.plugins),
        accounts: nearest(layers, |layer| &layer.accounts),
        seats: nearest(layers, |layer| &layer.seats),
    })
}

/// The patterns of all files, each with its place.
pub(super) fn redact(layers: &[Layer]) -> impl Iterator<Item = &Setting<String>> {
    layers.iter().flat_map(|layer| &layer.redact)
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
    WechatConfig {
        base_url: defaulted(take("wechat.base_url")),
        profile: defaulted(take("wechat.profile")),
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
    let checked = |value: String, origin: Origin, name: &str| match key.form.check(&value) {
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

#[cfg(test)]
mod tests;
