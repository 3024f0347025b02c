//! `plugin.toml`: one plugin, in its folder (cli.md, plugin.toml).

use std::path::Path;

use url::Url;

use super::error::{ConfigError, Source};
use super::limits::LimitSettings;
use super::secret::Secret;
use super::table::{Located, Section, Wrong, parse};
use crate::event::EchatSettings;
use crate::session::{LatePolicy, PluginPolicy, SendPolicy};

pub(super) mod members;

use members::{DIALECTS, DIALOGS, ECHAT, LATES, MEMBERS, RECORD, SENDS, USER_CHANGES, names};

/// The file's name in a plugin's folder.
pub const PLUGIN_FILE: &str = "plugin.toml";
/// Default of `[echat] signature_ttl_s`: how old a signature may be, in seconds.
pub const SIGNATURE_TTL_S_DEFAULT: u32 = EchatSettings::SIGNATURE_TTL_S_DEFAULT;

/// A plugin as its author describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginConfig {
    /// The plugin's name; `None`: that of its folder or file.
    pub name: Option<String>,
    /// The page: a file relative to the folder, which may carry a query, or an http(s) address.
    pub page: String,
    /// The APIs the page talks to.
    pub dialects: Vec<Dialect>,
    /// `send` and `late`.
    pub policy: PluginPolicy,
    /// Origins the page may talk to besides its own, normalised (`https://crm.example.com`).
    pub allow: Vec<String>,
    /// Addresses answered from files.
    pub replace: Vec<Replacement>,
    /// What EChat pages need; `None`: nothing says that it is one.
    pub echat: Option<EchatConfig>,
    /// MCS pages get `OnReceiveMsg` too (plugin-apis.md §1.4).
    pub extra_events: bool,
    /// When a conversation page is told its customer.
    pub user_change: UserChange,
    /// How dialogs are answered.
    pub dialogs: Dialogs,
    /// `[record] redact`: regular expressions for what else must not stand in recordings.
    pub redact: Vec<String>,
    /// Bounds of its pages; the operator's, in `duoke.toml`, go first.
    pub limits: LimitSettings,
}

/// A plugin API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// 多客服 (plugin-apis.md §1).
    Mcs,
    /// 一洽 (plugin-apis.md §2).
    Echat,
}

/// One line of `[replace]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The normalised http(s) address, without fragment.
    pub url: String,
    /// The file that answers it, relative to the folder.
    pub file: String,
}

/// `[echat]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EchatConfig {
    /// For the signature; `None`: every well-formed call passes (plugin-apis.md §2).
    pub token: Option<Secret>,
    /// How old a signature may be, in seconds.
    pub signature_ttl_s: u32,
    /// Business data of the page's address, in order.
    pub query: Vec<(String, String)>,
    /// Where else the page loads the SDK's script from: addresses, or paths from the plugin's folder, of a page at an
    /// address from that.
    pub sdk: Vec<String>,
}

/// When a conversation page gets `OnUserChange` (plugin-apis.md §1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UserChange {
    /// With every message of the customer.
    #[default]
    Message,
    /// Once a conversation.
    Conversation,
}

/// `[dialogs]`: what `confirm` and `prompt` answer (session-log.md, Time).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialogs {
    /// The answer of `confirm`.
    pub confirm: bool,
    /// The answer of `prompt`; `None`: null.
    pub prompt: Option<String>,
}

impl Default for EchatConfig {
    fn default() -> Self {
        Self { token: None, signature_ttl_s: SIGNATURE_TTL_S_DEFAULT, query: Vec::new(), sdk: Vec::new() }
    }
}

impl Default for Dialogs {
    fn default() -> Self {
        Self { confirm: true, prompt: None }
    }
}

impl PluginConfig {
    /// A plugin that is only a page: everything else has its default.
    #[must_use]
    pub fn of_page(page: impl Into<String>) -> Self {
        Self {
            name: None,
            page: page.into(),
            dialects: vec![Dialect::Mcs, Dialect::Echat],
            policy: PluginPolicy::default(),
            allow: Vec::new(),
            replace: Vec::new(),
            echat: None,
            extra_events: false,
            user_change: UserChange::default(),
            dialogs: Dialogs::default(),
            redact: Vec::new(),
            limits: LimitSettings::default(),
        }
    }

    /// Reads a `plugin.toml`.
    ///
    /// # Errors
    /// A file that cannot be read, and everything [`Self::parse`] refuses.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &file),
            Err(error) => Err(ConfigError::Read { file, error }),
        }
    }

    /// Reads the text of a `plugin.toml`; `file` is its name in messages.
    ///
    /// # Errors
    /// Text that is no TOML, unknown keys and words, values of the wrong kind, a missing page, a page outside of the
    /// folder, an origin or address that is none: the first of what [`Self::examine`] finds.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        Self::examine(text, file).map_err(|wrong| wrong.into_iter().next().expect("what is wrong has an error"))
    }

    /// Reads it and says all that is wrong with it.
    ///
    /// # Errors
    /// Everything that [`Self::parse`] refuses.
    pub fn examine(text: &str, file: &str) -> Result<Self, Vec<ConfigError>> {
        let source = Source { file, text };
        let table = parse(source).map_err(|error| vec![error])?;
        let (root, mut wrong) = (Section::root(source, &table), Wrong::default());
        wrong.unknown(&root, &names(&MEMBERS));
        let read = Self::of(&root, file, &mut wrong);
        read.filter(|_| wrong.errors.is_empty()).ok_or(wrong.errors)
    }

    /// None where something is wrong, but for the limits.
    fn of(root: &Section<'_>, file: &str, wrong: &mut Wrong) -> Option<Self> {
        let defaults = Self::of_page("");
        let page = wrong.of(page_of(root));
        let name = wrong.of(root.string("name").and_then(|name| name.map(|_| root.required("name")).transpose()));
        let dialects = wrong.of(dialects_of(root));
        let policy = wrong.of(policy_of(root));
        let allow = wrong.of(allow_of(root));
        let replace = wrong.of(replace_of(root));
        let echat = wrong.of(echat_of(root));
        let extra_events = wrong.of(root.boolean("extra_events"));
        let user_change = wrong.of(root.word("user_change", &USER_CHANGES));
        let dialogs = wrong.of(dialogs_of(root));
        let redact = wrong.of(redact_of(root));
        let limits = LimitSettings::of(root, file, wrong);
        Some(Self {
            name: name?.map(|name| name.value),
            page: page?,
            dialects: dialects?.unwrap_or(defaults.dialects),
            policy: policy?,
            allow: allow?,
            replace: replace?,
            echat: echat?,
            extra_events: extra_events?.unwrap_or(defaults.extra_events),
            user_change: if user_change? == Some(1) { UserChange::Conversation } else { UserChange::Message },
            dialogs: dialogs?,
            redact: redact?,
            limits,
        })
    }
}

fn page_of(root: &Section<'_>) -> Result<String, ConfigError> {
    let page = root.required("page")?;
    let path = page.value.split(['?', '#']).next().unwrap_or_default();
    if !is_http(path) {
        let outside = path.split(['/', '\\']).any(|part| part == "..");
        if outside || path.starts_with(['/', '\\']) {
            return Err(root.invalid(&page, "`page` is served from the plugin's folder and cannot lie outside of it"));
        }
        if path.contains("://") {
            return Err(root.invalid(&page, "`page` is a file of the folder or an http(s) address"));
        }
    }
    Ok(page.value)
}

fn dialects_of(root: &Section<'_>) -> Result<Option<Vec<Dialect>>, ConfigError> {
    let Some(words) = root.strings("dialects")? else { return Ok(None) };
    let mut dialects = Vec::new();
    for word in words {
        let dialect = [Dialect::Mcs, Dialect::Echat][root.index_of(&word, &DIALECTS)?];
        if !dialects.contains(&dialect) {
            dialects.push(dialect);
        }
    }
    Ok(Some(dialects))
}

fn policy_of(root: &Section<'_>) -> Result<PluginPolicy, ConfigError> {
    let send = match root.word("send", &SENDS)? {
        Some(1) => SendPolicy::Review,
        _ => SendPolicy::Auto,
    };
    let late = match root.word("late", &LATES)? {
        Some(1) => LatePolicy::Send,
        _ => LatePolicy::Hold,
    };
    Ok(PluginPolicy { send, late })
}

fn allow_of(root: &Section<'_>) -> Result<Vec<String>, ConfigError> {
    let origins = root.strings("allow")?.unwrap_or_default();
    origins.iter().map(|origin| origin_of(root, origin)).collect()
}

fn origin_of(root: &Section<'_>, origin: &Located<String>) -> Result<String, ConfigError> {
    let url = Url::parse(&origin.value).ok().filter(|url| is_http(url.as_str()));
    let whole = url.filter(|url| {
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
    });
    let whole = whole.ok_or_else(|| {
        let wrong = root.invalid(origin, "an origin is a scheme and a host: https://crm.example.com");
        // A user and his password may stand before the host.
        if origin.value.contains('@') { wrong.hiding() } else { wrong }
    })?;
    Ok(whole.origin().ascii_serialization())
}

fn replace_of(root: &Section<'_>) -> Result<Vec<Replacement>, ConfigError> {
    let Some(section) = root.section("replace")? else { return Ok(Vec::new()) };
    let replacement_of = |(address, file): (Located<String>, String)| match Url::parse(&address.value) {
        Ok(mut url) if is_http(url.as_str()) => {
            url.set_fragment(None);
            Ok(Replacement { url: url.to_string(), file })
        }
        _ => Err(section.invalid(&address, "the address to replace is not a whole http(s) address")),
    };
    section.texts(false)?.into_iter().map(replacement_of).collect()
}

fn echat_of(root: &Section<'_>) -> Result<Option<EchatConfig>, ConfigError> {
    let Some(section) = root.section("echat")? else { return Ok(None) };
    section.only(&names(&ECHAT))?;
    let query = match section.section("query")? {
        Some(query) => query.texts(true)?.into_iter().map(|(key, value)| (key.value, value)).collect(),
        None => Vec::new(),
    };
    Ok(Some(EchatConfig {
        token: section.string("token")?.filter(|token| !token.value.is_empty()).map(|token| Secret::new(token.value)),
        signature_ttl_s: section.positive("signature_ttl_s")?.unwrap_or(SIGNATURE_TTL_S_DEFAULT),
        query,
        sdk: section.strings("sdk")?.unwrap_or_default().into_iter().map(|address| address.value).collect(),
    }))
}

fn dialogs_of(root: &Section<'_>) -> Result<Dialogs, ConfigError> {
    let Some(section) = root.section("dialogs")? else { return Ok(Dialogs::default()) };
    section.only(&names(&DIALOGS))?;
    let confirm = section.boolean("confirm")?.unwrap_or(Dialogs::default().confirm);
    Ok(Dialogs { confirm, prompt: section.string("prompt")?.map(|prompt| prompt.value) })
}

fn redact_of(root: &Section<'_>) -> Result<Vec<String>, ConfigError> {
    let Some(section) = root.section("record")? else { return Ok(Vec::new()) };
    section.only(&names(&RECORD))?;
    Ok(section.strings("redact")?.unwrap_or_default().into_iter().map(|pattern| pattern.value).collect())
}

/// Whether it is an http(s) address.
pub(super) fn is_http(address: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

#[cfg(test)]
mod tests;
