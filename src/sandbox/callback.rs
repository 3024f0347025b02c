//! Where pushes go, and how they are signed, sealed and written (wechat-api.md §3).

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    answer::mixed,
    push::{Unanswered, Wire, quoted},
};
use crate::base::clock::Clock;
use crate::wechat::{
    Secret,
    callback::Mode,
    crypt::{AesKey, Crypt, CryptError, is_signed, signature},
    push::{Fields, parse_json, parse_xml, write_xml},
};

/// Fields that WeChat writes as numerals.
const NUMERALS: [&str; 10] = [
    "CreateTime",
    "MsgId",
    "Location_X",
    "Location_Y",
    "Scale",
    "Latitude",
    "Longitude",
    "Precision",
    "MenuId",
    "bizmsgmenuid",
];

/// `POST /_sandbox/callback`, as the server settings of an account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Registration {
    url: String,
    token: String,
    encoding_aes_key: Option<String>,
    mode: ModeName,
    #[serde(default)]
    format: Format,
}

impl Registration {
    /// Pushes go there as they are, in XML.
    pub(super) fn plain(url: &str, token: &str) -> Self {
        let (url, token) = (url.to_owned(), token.to_owned());
        Self { url, token, encoding_aes_key: None, mode: ModeName::Plain, format: Format::Xml }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ModeName {
    Plain,
    Compat,
    Secure,
}

/// The data formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    #[default]
    Xml,
    Json,
}

/// Where pushes go.
#[derive(Debug)]
pub(super) struct Callback {
    url: Url,
    token: Secret,
    mode: Mode,
    format: Format,
    wire: Wire,
    clock: Clock,
    nonces: AtomicU64,
}

/// The body of a push, the same in every attempt.
#[derive(Debug)]
pub(super) struct Sealed {
    body: Vec<u8>,
    /// What stands in `Encrypt`, which is what the signature is over.
    encrypted: Option<String>,
}

impl Callback {
    /// A callback that was not called yet; `Err` says what is wrong with the settings.
    pub(super) fn new(
        registration: Registration,
        app_id: &str,
        clock: Clock,
        patience: Duration,
    ) -> Result<Self, String> {
        let Registration { url, token, encoding_aes_key, mode, format } = registration;
        let url = Url::parse(&url).map_err(|error| format!("url is no address: {error}"))?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err("url must begin with http:// or https://".to_owned());
        }
        if token.is_empty() {
            return Err("token is empty".to_owned());
        }
        let crypt = || {
            let text = encoding_aes_key.as_deref().ok_or("this mode needs encoding_aes_key")?;
            let key = AesKey::parse(&Secret::new(text)).map_err(|error| format!("encoding_aes_key: {error}"))?;
            Ok::<_, String>(Crypt::new(app_id, key, None))
        };
        let mode = match mode {
            ModeName::Plain => Mode::Plain,
            ModeName::Compat => Mode::Compat(crypt()?),
            ModeName::Secure => Mode::Secure(crypt()?),
        };
        let (wire, nonces) = (Wire::new(patience)?, AtomicU64::new(0));
        Ok(Self { url, token: Secret::new(token), mode, format, wire, clock, nonces })
    }

    /// The check with `echostr`, which must come back as it was; `Err` says what came instead.
    pub(super) async fn verify(&self) -> Result<(), String> {
        let echostr = mixed(self.nonces.fetch_add(1, Ordering::Relaxed)).to_string();
        let url = self.address(&self.stamp(), &[("echostr", &echostr)]);
        match self.wire.get(url).await {
            Ok(body) if body == echostr.as_bytes() => Ok(()),
            Ok(body) => Err(format!("the callback answered {:?} instead of the echostr {echostr}", quoted(&body))),
            Err(unanswered) => Err(format!("the callback did not answer the echostr: {unanswered}")),
        }
    }

    /// Writes a push down, encrypted as the mode has it.
    pub(super) fn seal(&self, fields: &Map<String, Value>) -> Result<Sealed, CryptError> {
        let encrypt = |crypt: &Crypt| crypt.encrypt(0, self.written(fields).as_bytes());
        let (around, encrypted) = match &self.mode {
            Mode::Plain => (fields.clone(), None),
            Mode::Compat(crypt) => (fields.clone(), Some(encrypt(crypt)?)),
            Mode::Secure(crypt) => {
                let to = fields.get("ToUserName").cloned().unwrap_or_default();
                (Map::from_iter([("ToUserName".to_owned(), to)]), Some(encrypt(crypt)?))
            }
        };
        let sealing = encrypted.iter().map(|encrypted| ("Encrypt".to_owned(), json!(encrypted)));
        let body = self.written(&around.into_iter().chain(sealing).collect()).into_bytes();
        Ok(Sealed { body, encrypted })
    }

    /// One attempt: time, nonce and signature are those of the attempt, the body is not. The time is the system's, also
    /// where the sandbox's clock was moved: a receiver compares it with its own.
    pub(super) async fn attempt(&self, openid: &str, sealed: &Sealed) -> Result<Vec<u8>, Unanswered> {
        let stamp = self.stamp();
        let signature = sealed.encrypted.as_deref().map(|encrypted| self.signature(&stamp, &[encrypted]));
        let mut more = vec![("openid", openid)];
        if let Some(signature) = &signature {
            more.extend([("encrypt_type", "aes"), ("msg_signature", signature)]);
        }
        let content_type = match self.format {
            Format::Xml => "text/xml",
            Format::Json => "application/json",
        };
        self.wire.post(self.address(&stamp, &more), content_type, sealed.body.clone()).await
    }

    /// The fields of an answer in WeChat's format; `None`: it is not one, or not sealed as the mode has it.
    pub(super) fn open(&self, body: &[u8]) -> Option<Fields> {
        let parse = |body: &[u8]| match self.format {
            Format::Xml => parse_xml(body),
            Format::Json => parse_json(body),
        };
        let fields = parse(body).ok()?;
        let crypt = match &self.mode {
            Mode::Plain => return Some(fields),
            Mode::Compat(_) if fields.text("Encrypt").is_none() => return Some(fields),
            Mode::Compat(crypt) | Mode::Secure(crypt) => crypt,
        };
        let [encrypted, given, time, nonce] =
            ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"].map(|name| fields.filled(name));
        if !is_signed(given?, &self.token, &[time?, nonce?, encrypted?]) {
            return None;
        }
        parse(&crypt.decrypt(encrypted?).ok()?.message).ok()
    }

    fn written(&self, fields: &Map<String, Value>) -> String {
        match self.format {
            Format::Json => Value::Object(fields.clone()).to_string(),
            Format::Xml => {
                write_xml(&fields.iter().map(|(name, value)| (name.clone(), numeral(name, value))).collect())
            }
        }
    }

    fn stamp(&self) -> [String; 2] {
        let nonce = mixed(self.nonces.fetch_add(1, Ordering::Relaxed)) % 10_000_000_000;
        [(self.clock.now_ms() / 1000).to_string(), nonce.to_string()]
    }

    fn signature(&self, [timestamp, nonce]: &[String; 2], more: &[&str]) -> String {
        let parts: Vec<&str> = [timestamp.as_str(), nonce].into_iter().chain(more.iter().copied()).collect();
        signature(&self.token, &parts)
    }

    fn address(&self, stamp: &[String; 2], more: &[(&str, &str)]) -> Url {
        let mut url = self.url.clone();
        let [timestamp, nonce] = stamp;
        url.query_pairs_mut()
            .append_pair("signature", &self.signature(stamp, &[]))
            .append_pair("timestamp", timestamp)
            .append_pair("nonce", nonce)
            .extend_pairs(more);
        url
    }
}

/// A field that WeChat writes as a numeral, where its text is one.
fn numeral(name: &str, value: &Value) -> Value {
    let text = value.as_str().filter(|_| NUMERALS.contains(&name));
    let number = text.and_then(|text| serde_json::from_str::<serde_json::Number>(text).ok());
    // As it was written: 20 digits, or zeros behind the point, stay.
    match (number, text) {
        (Some(number), Some(text)) if number.to_string() == text => Value::Number(number),
        _ => value.clone(),
    }
}
