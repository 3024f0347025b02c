//! What a plugin needs for pages of EChat: the check, the business data, the SDK's script.

use std::sync::Arc;

use url::Url;

use super::Plugin;
use crate::base::clock::TimestampMs;
use crate::config::{Dialect, EchatConfig, PluginConfig};
use crate::dialect::echat_address::{Business, is_signed};
use crate::dialect::echat_sdk_script;
use crate::event::EchatSettings;
use crate::host::watch::Notice;
use crate::net::{Answer, NetError};

/// What tells that a page is written for EChat, where its configuration does not: the object, or the SDK's script.
const MARKS: [&str; 2] = ["echatSDK", "/open/staff/jssdk-"];

/// Of a plugin that speaks the dialect.
#[derive(Clone, Debug)]
pub(super) struct Echat {
    /// Whether its page is opened for EChat, so that its address has the business data, is told here.
    settings: EchatSettings,
    business: Business,
    /// Other addresses of the SDK's script.
    mirrors: Vec<Url>,
}

impl Plugin {
    /// What in its configuration means nothing, as a warning.
    #[must_use]
    pub fn idle(&self) -> Option<Notice> {
        let text = || format!("{}: `[echat]` in plugin.toml means nothing: `dialects` leaves \"echat\" out", self.name);
        let hint = "add \"echat\" to `dialects`, or take `[echat]` out";
        self.has_idle_echat.then(|| Notice::warning(text()).with_hint(Some(hint)))
    }
}

impl Echat {
    /// Of a plugin with this configuration; none where it does not speak the dialect. Its page is opened for EChat where
    /// there is an `[echat]`, or where it speaks no other dialect. Relative addresses of the SDK's script are from `base`:
    /// the folder, or the page's own address.
    pub(super) fn of(config: &PluginConfig, base: &Url) -> Result<Option<Self>, NetError> {
        if !config.dialects.contains(&Dialect::Echat) {
            return Ok(None);
        }
        let is_opened_for = config.echat.is_some() || config.dialects == [Dialect::Echat];
        let EchatConfig { token, signature_ttl_s, query, sdk } = config.echat.clone().unwrap_or_default();
        let token = token.as_ref().map(|token| token.expose().to_owned());
        let mirror = |address: &String| {
            base.join(address).map_err(|error| NetError::BadUrl { url: address.clone(), reason: error.to_string() })
        };
        Ok(Some(Self {
            settings: EchatSettings {
                token: token.clone(),
                signature_ttl_s,
                is_opened_for,
                ..EchatSettings::default()
            },
            business: Business { token: token.unwrap_or_default(), query },
            mirrors: sdk.iter().map(mirror).collect::<Result<_, _>>()?,
        }))
    }

    /// A page that names the SDK is opened for EChat as well.
    pub(super) fn look_into(&mut self, page: &[u8]) {
        let has = |mark: &&str| page.windows(mark.len()).any(|window| window == mark.as_bytes());
        self.settings.is_opened_for |= MARKS.iter().any(has);
    }

    /// Adds to the address of a page what it is opened with.
    pub(super) fn open(&self, document: &mut Url, at: TimestampMs, seed: u64, openid: Option<&str>) {
        if self.settings.is_opened_for {
            self.business.add_to(document, at, seed, openid);
        }
    }

    /// Whether its page is opened for EChat.
    pub(super) fn is_opened_for(&self) -> bool {
        self.settings.is_opened_for
    }

    /// How long a signature holds, in ms.
    pub(super) fn signature_ttl_ms(&self) -> i64 {
        i64::from(self.settings.signature_ttl_s) * 1_000
    }

    /// What the SDK of a page with this address of its own needs to know.
    pub(super) fn settings(&self, document: &Url) -> EchatSettings {
        EchatSettings {
            signs_address: self.is_opened_for() && !is_signed(document),
            by_customer: if self.is_opened_for() { self.business.by_customer(document) } else { Vec::new() },
            ..self.settings.clone()
        }
    }

    /// Answers the addresses of the SDK's script.
    pub(super) fn sdk_script(&self) -> Answer {
        let mirrors = self.mirrors.clone();
        Arc::new(move |request| echat_sdk_script::answer(request, &mirrors))
    }
}
