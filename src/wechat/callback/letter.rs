//! A request: is it WeChat's, and what does it say.

use url::form_urlencoded;

use super::{
    refusal::Refusal,
    settings::{CallbackSettings, Mode},
};
use crate::base::{clock::TimestampMs, limits::PUSH_AGE_MS_MAX};
use crate::wechat::{
    crypt::{Crypt, is_signed},
    push::{Fields, NoPush, Push, parse_json, parse_xml},
};

/// What the address of a request says.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    pub(super) timestamp: String,
    pub(super) nonce: String,
    signature: String,
    msg_signature: String,
    encrypt_type: String,
    pub(super) echostr: Option<String>,
}

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let value = value.into_owned();
            match &*name {
                "timestamp" => query.timestamp = value,
                "nonce" => query.nonce = value,
                "signature" => query.signature = value,
                "msg_signature" => query.msg_signature = value,
                "encrypt_type" => query.encrypt_type = value,
                "echostr" => query.echostr = Some(value),
                _ => {}
            }
        }
        query
    }

    /// Whether it is of now. What says no time is signed by nobody.
    pub(super) fn check_time(&self, now: TimestampMs) -> Result<(), Refusal> {
        let seconds = self.timestamp.parse::<i64>().map_err(|_| Refusal::Signature)?;
        let age = seconds.checked_mul(1_000).and_then(|sent| now.checked_sub(sent)).ok_or(Refusal::Stale)?;
        if age.unsigned_abs() > PUSH_AGE_MS_MAX.unsigned_abs() { Err(Refusal::Stale) } else { Ok(()) }
    }

    /// Whether the address itself is WeChat's. Of an encrypted push this says nothing about the body.
    pub(super) fn check_signature(&self, settings: &CallbackSettings) -> Result<(), Refusal> {
        let is_right = is_signed(&self.signature, &settings.token, &[&self.timestamp, &self.nonce]);
        if is_right { Ok(()) } else { Err(Refusal::Signature) }
    }

    /// Whether the push is encrypted; no word, or `raw`, is plain.
    fn is_encrypted(&self) -> bool {
        !matches!(self.encrypt_type.as_str(), "" | "raw")
    }
}

/// The data formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Xml,
    Json,
}

/// A push that is WeChat's.
#[derive(Debug)]
pub(super) struct Letter<'a> {
    pub(super) push: Push,
    pub(super) format: Format,
    /// What it was encrypted with, and so is its answer.
    pub(super) sealed: Option<(&'a Crypt, usize)>,
}

/// How the body of a request is to be read, and that what can be checked without it is right.
pub(super) fn crypt_of<'a>(settings: &'a CallbackSettings, query: &Query) -> Result<Option<&'a Crypt>, Refusal> {
    let crypt = match (&settings.mode, query.is_encrypted()) {
        (Mode::Plain, true) => return Err(Refusal::Encrypted),
        (Mode::Secure(_), false) => return Err(Refusal::NotEncrypted),
        (Mode::Plain | Mode::Compat(_), false) => None,
        (Mode::Compat(crypt) | Mode::Secure(crypt), true) => Some(crypt),
    };
    if crypt.is_none() {
        query.check_signature(settings)?;
    }
    Ok(crypt)
}

/// Reads the body of a request; what is encrypted counts, not what stands beside it.
pub(super) fn open<'a>(settings: &'a CallbackSettings, query: &Query, body: &[u8]) -> Result<Letter<'a>, Refusal> {
    let crypt = crypt_of(settings, query)?;
    let (fields, format) = parse(body)?;
    let Some(crypt) = crypt else { return Ok(Letter { push: Push::new(fields)?, format, sealed: None }) };
    let encrypted = fields.filled("Encrypt").ok_or(Refusal::NotEncrypted)?;
    if !is_signed(&query.msg_signature, &settings.token, &[&query.timestamp, &query.nonce, encrypted]) {
        return Err(Refusal::Signature);
    }
    let opened = crypt.decrypt(encrypted)?;
    let (fields, format) = parse(&opened.message)?;
    Ok(Letter { push: Push::new(fields)?, format, sealed: Some((crypt, opened.key)) })
}

fn parse(body: &[u8]) -> Result<(Fields, Format), NoPush> {
    if body.trim_ascii_start().starts_with(b"{") {
        Ok((parse_json(body)?, Format::Json))
    } else {
        Ok((parse_xml(body)?, Format::Xml))
    }
}
