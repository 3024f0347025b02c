//! `duoke.toml` as it holds: every setting with where it came from (cli.md, duoke.toml).

use std::fmt;
use std::path::Path;

use super::accounts::AccountEntry;
use super::limits::LimitSettings;
use super::plugin::is_http;
use super::secret::Secret;

/// The file's name in a project's folder.
pub const DUOKE_FILE: &str = "duoke.toml";
/// The profiles of WeChat's limits (wechat-api.md).
pub const PROFILES: [&str; 3] = ["2017", "2021", "2025"];
/// The profile of a server that is not on this machine, and of one that is: a sandbox begins with the oldest limits.
pub const PROFILE_DEFAULTS: [&str; 2] = ["2025", "2017"];
/// The calls that hand out access tokens.
pub const TOKEN_APIS: [&str; 2] = ["stable_token", "token"];
/// What is done with more articles than the account takes in a message: several messages, or the first ones only.
pub const NEWS_POLICIES: [&str; 2] = ["split", "first"];
/// What is done with a text over the limit: several messages, or none.
pub const TEXT_POLICIES: [&str; 2] = ["split", "refuse"];
/// What is done with a title or a description over the limit.
pub const TRIM_POLICIES: [&str; 2] = ["cut", "refuse"];
/// The modes of WeChat's push.
pub const CALLBACK_MODES: [&str; 3] = ["plain", "compat", "secure"];
/// The word that hands customers over to whoever WeChat chooses.
pub const TRANSFER_ANY: &str = "any";

/// What to do with a page that this system does not confine wholly: not run it, or say so.
pub const CONFINEMENTS: [&str; 2] = ["require", "warn"];
/// How page processes come to be: forked where that can be, or each started and loaded afresh.
pub const LAUNCHES: [&str; 2] = ["fork", "spawn"];

/// What is done with a message that went out without an answer: it waits for a person, or is sent again.
pub const ON_UNKNOWN: [&str; 2] = ["hold", "retry"];

/// How a host's log is written: what a person should know, that and what goes on, or all of it as JSON.
pub const LOGS: [&str; 3] = ["human", "verbose", "json"];
/// Whether customers' ids and texts stand in a host's log.
pub const LOG_TEXTS: [&str; 2] = ["hide", "show"];
/// Whether pseudonyms stand for what is personal in what a host records.
pub const PSEUDONYMS: [&str; 2] = ["yes", "no"];
/// Where messages go: to WeChat, or for a trial to standard output.
pub const SINKS: [&str; 2] = ["wechat", "log"];
/// The word for no console.
pub const CONSOLE_OFF: &str = "off";

/// The configuration in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuokeConfig {
    /// `[wechat]`
    pub wechat: WechatConfig,
    /// `[store] path`: where the durable state lies.
    pub store_path: Setting<String>,
    /// `[outbox] on_unknown`: one of [`ON_UNKNOWN`].
    pub on_unknown: Setting<String>,
    /// `[process] confinement`: one of [`CONFINEMENTS`].
    pub confinement: Setting<String>,
    /// `[process] launch`: one of [`LAUNCHES`].
    pub launch: Setting<String>,
    /// `[serve]`
    pub serve: ServeConfig,
    /// `[console] listen`: an address and a port, or [`CONSOLE_OFF`].
    pub console_listen: Setting<String>,
    /// `[console] token`: what agents sign in to the workbench with.
    pub console_token: Option<Setting<Secret>>,
    /// `[console] identity_header`: in which a reverse proxy names whom it let in.
    pub console_identity_header: Option<Setting<String>>,
    /// `[console] origin`: under which browsers reach the workbench.
    pub console_origin: Option<Setting<String>>,
    /// `[record] redaction_key`: of the pseudonyms in recordings; none: another for each recording.
    pub redaction_key: Option<Setting<Secret>>,
    /// `[record] redact`: regular expressions for what else must not stand in recordings.
    pub redact: Vec<String>,
    /// `[record]`: what a host records.
    pub record: RecordConfig,
    /// `[limits]`: bounds of every page.
    pub limits: LimitSettings,
    /// `[[plugin]]`: those of the project file, or else of the user file.
    pub plugins: Vec<PluginEntry>,
    /// `[[account]]`: likewise.
    pub accounts: Vec<AccountEntry>,
    /// `[[seat]]`: likewise.
    pub seats: Vec<SeatEntry>,
}

/// `[serve]`: how customers are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeConfig {
    /// How many conversations are open at most, from 1.
    pub conversations_max: Setting<String>,
    /// After how many seconds without anything for it a conversation is closed.
    pub quiet_s: Setting<String>,
    /// How many conversations are worked on at the same time; by default four for each core, so that a page which computes
    /// has its share of one.
    pub workers: Option<Setting<String>>,
    /// One of [`LOGS`].
    pub log: Setting<String>,
    /// One of [`LOG_TEXTS`].
    pub log_text: Setting<String>,
    /// One of [`SINKS`].
    pub sink: Setting<String>,
    /// The collector that traces go to, as OpenTelemetry's `OTEL_EXPORTER_OTLP_ENDPOINT` has it: `v1/traces` is put behind
    /// it. Whether it is an address turns out where it is used: the variable is not ours alone.
    pub traces: Option<Setting<String>>,
}

/// `[record]`: what a host records of the pages that it serves customers by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordConfig {
    /// Where recordings lie; by default `recordings` in the state's folder.
    pub folder: Option<Setting<String>>,
    /// How many conversations of each plugin that does not say so itself, a share as `5%`.
    pub share: Setting<String>,
    /// One of [`PSEUDONYMS`].
    pub pseudonyms: Setting<String>,
    /// The largest recording, in bytes.
    pub file_bytes_max: Setting<String>,
    /// So many bytes are kept in all.
    pub bytes_max: Setting<String>,
    /// So many recordings are kept.
    pub files_max: Setting<String>,
    /// For so many days they are.
    pub days_max: Setting<String>,
}

/// `[wechat]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WechatConfig {
    /// The server that speaks the API.
    pub base_url: Setting<String>,
    /// One of [`PROFILES`]; by default as [`PROFILE_DEFAULTS`] says.
    pub profile: Setting<String>,
    /// One of [`TOKEN_APIS`].
    pub token_api: Setting<String>,
    /// The proxy by which the server is called, where it is not on this machine; it may hold a password.
    pub proxy: Option<Setting<Secret>>,
    /// One of [`NEWS_POLICIES`].
    pub news: Setting<String>,
    /// One of [`TEXT_POLICIES`].
    pub text: Setting<String>,
    /// One of [`TRIM_POLICIES`].
    pub trim: Setting<String>,
    /// The longest title, in UTF-8 bytes; by default the profile's.
    pub title_bytes_max: Option<Setting<String>>,
    /// The longest description, in UTF-8 bytes; by default the profile's.
    pub description_bytes_max: Option<Setting<String>>,
    /// The account.
    pub app_id: Option<Setting<String>>,
    /// The account's secret.
    pub app_secret: Option<Setting<Secret>>,
    /// `[wechat.callback]`
    pub callback: CallbackConfig,
}

/// `[wechat.callback]`: WeChat's push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackConfig {
    /// Where to listen, an address and a port.
    pub listen: Setting<String>,
    /// The path of the push.
    pub path: Setting<String>,
    /// One of [`CALLBACK_MODES`].
    pub mode: Setting<String>,
    /// The token of the signature.
    pub token: Option<Setting<Secret>>,
    /// The key of the secure mode, 43 letters and digits.
    pub encoding_aes_key: Option<Setting<Secret>>,
    /// The key before it: WeChat goes on with that for a while after a change.
    pub previous_encoding_aes_key: Option<Setting<Secret>>,
    /// To whom customers' messages are handed over: [`TRANSFER_ANY`] or a customer-service account.
    pub transfer: Option<Setting<String>>,
}

/// One `[[plugin]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginEntry {
    /// A folder with plugin.toml, a page file, or an address; a path is relative to the file it stands in.
    pub path: String,
    /// How many of its conversations are recorded, a share as `5%`.
    pub record: Option<String>,
    /// Another version of it, which is told what its pages are told.
    pub shadow: Option<String>,
    /// How many conversations that one is told, a share as `5%`; all where nothing is said.
    pub shadow_share: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

impl PluginEntry {
    /// The PAGE that it means: a path is relative to the file it stands in.
    #[must_use]
    pub fn page(&self) -> String {
        self.located(&self.path)
    }

    /// The PAGE of its other version.
    #[must_use]
    pub fn shadow_page(&self) -> Option<String> {
        self.shadow.as_deref().map(|path| self.located(path))
    }

    fn located(&self, path: &str) -> String {
        match &self.origin {
            Origin::File { file, .. } if !is_http(path) => Path::new(file).with_file_name(path).display().to_string(),
            _ => path.to_owned(),
        }
    }
}

/// One `[[seat]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatEntry {
    /// The seat's name.
    pub name: String,
    /// Its customer-service account.
    pub kf_account: String,
    /// Where it stands.
    pub origin: Origin,
}

/// A value and where it came from (`duoke config show --origin`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a value came from, the strongest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// A variable of the environment.
    Environment(&'static str),
    /// A variable of the environment whose name is made of another one: of a bound's, or of an account's.
    Variable(String),
    /// A file.
    File {
        /// Its name.
        file: String,
        /// The line, from 1.
        line: u64,
    },
    /// The program.
    Default,
    /// The program, because of another setting.
    DefaultWhere(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => formatter.write_str("flag"),
            Self::Environment(name) => write!(formatter, "environment {name}"),
            Self::Variable(name) => write!(formatter, "environment {name}"),
            Self::File { file, line } => write!(formatter, "{file}:{line}"),
            Self::Default => formatter.write_str("default"),
            Self::DefaultWhere(why) => write!(formatter, "default where {why}"),
        }
    }
}
