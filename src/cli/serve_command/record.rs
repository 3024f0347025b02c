//! What is recorded of the pages, as the configuration says, and the versions that are told what they are told.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::super::exit::Exit;
use super::super::{recording, settings};
use super::{Arguments, number};
use crate::config::{DuokeConfig, PluginEntry, Setting, share_ppm};
use crate::host::replay::Replayed;
use crate::host::serve::{Difference, Keep, PluginRecord, RecordPolicy, Shadow, Share};
use crate::host::{Names, Notice, Plugin, Processes};
use crate::record::Recording;
use crate::regress::compare::Kind;
use crate::regress::{Comparison, Strictness, compare};

/// Where recordings lie in the state's folder.
const FOLDER: &str = "recordings";
/// All conversations.
const ALL: &str = "100%";
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Of these plugins, in their order.
pub(super) fn policy(
    arguments: &Arguments,
    config: &DuokeConfig,
    plugins: &[Plugin],
) -> Result<RecordPolicy, (Notice, Exit)> {
    // Named on the command line they have no entry.
    let entries: &[PluginEntry] = if arguments.pages.is_empty() { &config.plugins } else { &[] };
    let record = &config.record;
    let key = key(config)?;
    let (mut records, mut notices) = (Vec::new(), Vec::new());
    for (at, plugin) in plugins.iter().enumerate() {
        let entry = entries.get(at);
        let own = entry.and_then(|entry| entry.record.as_deref());
        let shadow = entry.and_then(|entry| {
            let found = shadow(entry, config);
            found.unwrap_or_else(|notice| {
                notices.push(notice);
                None
            })
        });
        let share = share(own.unwrap_or(&record.share.value));
        records.push(PluginRecord::new(share, redactor(&key, plugin, config)?, shadow));
    }
    let folder = record.folder.as_ref().map(|folder| PathBuf::from(&folder.value));
    Ok(RecordPolicy {
        folder: folder.unwrap_or_else(|| PathBuf::from(&config.store_path.value).join(FOLDER)),
        key,
        bytes_max: bytes(&record.file_bytes_max),
        keep: Keep {
            bytes_max: bytes(&record.bytes_max),
            count_max: number(&record.files_max),
            age_ms_max: i64::try_from(number(&record.days_max)).unwrap_or(i64::MAX).saturating_mul(DAY_MS),
        },
        plugins: records,
        processes: Processes::of(config),
        compare: Arc::new(difference),
        notices,
    })
}

/// Without a configured one the same as long as the host runs.
fn key(config: &DuokeConfig) -> Result<Vec<u8>, (Notice, Exit)> {
    static OF_THIS_HOST: OnceLock<Vec<u8>> = OnceLock::new();
    match (&config.redaction_key, OF_THIS_HOST.get()) {
        (None, Some(key)) => Ok(key.clone()),
        _ => {
            let key = recording::key(config)?;
            Ok(if config.redaction_key.is_some() { key } else { OF_THIS_HOST.get_or_init(|| key).clone() })
        }
    }
}

fn redactor(
    key: &[u8],
    plugin: &Plugin,
    config: &DuokeConfig,
) -> Result<Option<crate::base::redact::Redactor>, (Notice, Exit)> {
    if config.record.pseudonyms.value == "no" {
        return Ok(None);
    }
    let mut redactor = recording::redactor(key, plugin.redact.clone(), config)?;
    // Other accounts have secrets of their own.
    let accounts = config.of_accounts(&settings::environment);
    for account in accounts.map_err(|error| (settings::notice(&error), Exit::Configuration))? {
        let wechat = &account.wechat;
        let callback = &wechat.callback;
        let secrets = [&wechat.app_secret, &callback.token, &callback.encoding_aes_key];
        secrets.into_iter().flatten().for_each(|secret| redactor.learn(secret.value.expose()));
    }
    Ok(Some(redactor))
}

/// The other version of a plugin. Customers are served without one that is not there.
fn shadow(entry: &PluginEntry, config: &DuokeConfig) -> Result<Option<Shadow>, Notice> {
    let Some(path) = entry.shadow_page() else { return Ok(None) };
    // It is what it is a shadow of, and has its name.
    let found = Plugin::resolve(&path, &mut Names::default()).and_then(|it| Ok(it.look_for_page().map(|()| it)?));
    let mut plugin = found.map_err(|error| {
        Notice::warning(format!("the shadow {path} is told nothing: {error}")).with_hint(error.hint())
    })?;
    plugin.hold_to(&config.limits);
    Ok(Some(Shadow { plugin, share: share(entry.shadow_share.as_deref().unwrap_or(ALL)) }))
}

/// It was checked.
fn share(text: &str) -> Share {
    Share(share_ppm(text).unwrap_or_default())
}

/// It was checked.
fn bytes(setting: &Setting<String>) -> u64 {
    setting.value.parse().unwrap_or(u64::MAX)
}

/// What a replay did that was not recorded; no customer is named.
fn difference(recording: &Recording, replayed: &Replayed) -> Option<Difference> {
    match compare(&recording.expected, &replayed.lines, Strictness::Meaning) {
        Comparison::Same => None,
        Comparison::Interrupted(line) => {
            Some(Difference { what: format!("it had to be ended: {}", line.type_), cause: line.cause })
        }
        Comparison::Different(difference) => {
            let cause = difference.cause().map(str::to_owned);
            let what = match difference.kind {
                Kind::OtherCustomer => "a message is for another customer".to_owned(),
                _ => difference.what(),
            };
            Some(Difference { what, cause })
        }
    }
}
