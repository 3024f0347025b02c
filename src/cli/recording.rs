//! `--record`: the file, and what must not stand in it.

use std::path::Path;

use ring::rand::{SecureRandom as _, SystemRandom};

use super::exit::Exit;
use super::output::Output;
use super::plugins::fail;
use crate::base::redact::Redactor;
use crate::config::DuokeConfig;
use crate::host::{Notice, RecordOptions, Recorder};

/// What is done about what is personal or secret.
pub(super) enum Redaction {
    /// It is written as it is.
    None,
    /// Pseudonyms stand for it, and for what these patterns of plugins match.
    With(Vec<String>),
}

/// Begins a recording, of pages that have a seat of this account, under these limits of WeChat.
pub(super) fn recorder(
    path: &Path,
    redaction: Redaction,
    (account, profile): (&str, Option<String>),
    config: &DuokeConfig,
    output: &mut Output,
) -> Result<Recorder, Exit> {
    if path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0) {
        let text = format!("{}: there is something in it, which --record would replace", path.display());
        let hint = "give the recording another name, or remove the file first";
        return Err(fail(output, Notice::error(text).with_hint(Some(hint)), Exit::Usage));
    }
    let redactor = match redaction {
        Redaction::None => None,
        Redaction::With(patterns) => {
            let redactor = key(config).and_then(|key| redactor(&key, patterns, config));
            Some(redactor.map_err(|(notice, exit)| fail(output, notice, exit))?)
        }
    };
    let options = RecordOptions { path: path.to_owned(), redactor, account: account.to_owned(), profile };
    Recorder::create(options).map_err(|error| {
        let hint = "record to a folder that is there and can be written to";
        fail(output, Notice::error(error.to_string()).with_hint(Some(hint)), Exit::Environment)
    })
}

/// The key of pseudonyms: the configured one, or another each time.
pub(super) fn key(config: &DuokeConfig) -> Result<Vec<u8>, (Notice, Exit)> {
    if let Some(key) = &config.redaction_key {
        return Ok(key.value.expose().as_bytes().to_vec());
    }
    let mut key = vec![0; 32];
    SystemRandom::new().fill(&mut key).map_err(|_| {
        let hint = "set DUOKE_REDACTION_KEY to some text that nobody knows";
        let notice = Notice::error("this system gives no random numbers for pseudonyms").with_hint(Some(hint));
        (notice, Exit::Environment)
    })?;
    Ok(key)
}

/// What replaces the configuration's secrets, what its patterns and these match, and what is personal.
pub(super) fn redactor(
    key: &[u8],
    mut patterns: Vec<String>,
    config: &DuokeConfig,
) -> Result<Redactor, (Notice, Exit)> {
    patterns.extend(config.redact.iter().cloned());
    let mut redactor = Redactor::new(key).with_patterns(&patterns).map_err(|error| {
        let hint = "`redact` under [record] is a list of regular expressions as JavaScript has them";
        (Notice::error(error.to_string()).with_hint(Some(hint)), Exit::Configuration)
    })?;
    secrets(config).for_each(|secret| redactor.learn(secret));
    Ok(redactor)
}

/// The secrets that this program was told.
pub(super) fn secrets(config: &DuokeConfig) -> impl Iterator<Item = &str> {
    let wechat = &config.wechat;
    let secrets = [
        wechat.app_secret.as_ref(),
        wechat.callback.token.as_ref(),
        wechat.callback.encoding_aes_key.as_ref(),
        wechat.callback.previous_encoding_aes_key.as_ref(),
    ];
    secrets.into_iter().flatten().map(|secret| secret.value.expose())
}
