//! The settings of `duoke.toml`, one table: it is read by it, shown by it, and described by it.

use super::duoke::{
    CALLBACK_MODES, CONFINEMENTS, LAUNCHES, LOG_TEXTS, LOGS, NEWS_POLICIES, ON_UNKNOWN, PROFILES, PSEUDONYMS, SINKS,
    TEXT_POLICIES, TOKEN_APIS, TRIM_POLICIES,
};
use super::form::Form;

/// A setting of `duoke.toml`: all are text; those that are a number are the text of it.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its table; `TABLES` are the tables of the file.
    pub table: &'static str,
    /// Its name in the table.
    pub name: &'static str,
    /// The variable of the environment that overrides it.
    pub env: &'static str,
    /// Its value where nobody gives one; that of `wechat.profile` follows from `wechat.base_url`.
    pub default: Option<&'static str>,
    /// Secrets are never taken from a flag.
    pub secret: bool,
    /// What it may be.
    pub form: Form,
    /// What it is, for a person.
    pub about: &'static str,
}

/// A member of a table that there may be several of, `[[plugin]]` and so on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) required: bool,
    pub(super) about: &'static str,
}

/// The tables of the file, and what each is about; `[[plugin]]`, `[[account]]` and `[[seat]]` are lists.
pub(super) const TABLES: [(&str, &str); 11] = [
    ("wechat", "The official account and its server."),
    ("store", "The durable state."),
    ("outbox", "Messages on their way."),
    ("process", "The processes of pages."),
    ("serve", "How customers are served."),
    ("console", "Health and metrics, and the workbench."),
    ("record", "What is recorded of pages."),
    ("limits", "Bounds of every page; they go before those of plugin.toml."),
    ("plugin", "The plugins that are served."),
    ("account", "Official accounts besides the one in [wechat]; what one does not say is as there, but for secrets."),
    ("seat", "Agents' workplaces, for plugins in review mode."),
];

/// Every setting, in the order `duoke config show` prints them.
pub const KEYS: [Key; 41] = [
    key("wechat", "base_url", "DUOKE_WECHAT_BASE_URL", Form::Url, "The server that speaks WeChat's interface.")
        .by_default("https://api.weixin.qq.com"),
    key(
        "wechat",
        "profile",
        "DUOKE_WECHAT_PROFILE",
        Form::Word(&PROFILES),
        "Whose limits hold; by default 2025, or 2017 where base_url is on this machine.",
    ),
    key("wechat", "app_id", "DUOKE_APP_ID", Form::Text, "The account."),
    secret("wechat", "app_secret", "DUOKE_APP_SECRET", Form::Text, "The account's secret."),
    word("wechat", "token_api", "DUOKE_WECHAT_TOKEN_API", &TOKEN_APIS, "The call that gives access tokens."),
    secret(
        "wechat",
        "proxy",
        "DUOKE_WECHAT_PROXY",
        Form::Proxy,
        "The proxy to the server, by default the environment's; never used for a server on this machine.",
    ),
    word(
        "wechat",
        "news",
        "DUOKE_WECHAT_NEWS",
        &NEWS_POLICIES,
        "More articles than a message takes: several messages, or the first articles only.",
    ),
    word("wechat", "text", "DUOKE_WECHAT_TEXT", &TEXT_POLICIES, "A text over the limit: several messages, or none."),
    word(
        "wechat",
        "trim",
        "DUOKE_WECHAT_TRIM",
        &TRIM_POLICIES,
        "A title or a description over the limit: its beginning, or no message.",
    ),
    key(
        "wechat",
        "title_bytes_max",
        "DUOKE_WECHAT_TITLE_BYTES_MAX",
        Form::Bytes,
        "The longest title, in UTF-8 bytes; by default the profile's.",
    ),
    key(
        "wechat",
        "description_bytes_max",
        "DUOKE_WECHAT_DESCRIPTION_BYTES_MAX",
        Form::Bytes,
        "The longest description, in UTF-8 bytes; by default the profile's.",
    ),
    key("wechat.callback", "listen", "DUOKE_CALLBACK_LISTEN", Form::Listen, "Where WeChat's pushes are received.")
        .by_default("127.0.0.1:8080"),
    key(
        "wechat.callback",
        "path",
        "DUOKE_CALLBACK_PATH",
        Form::Path,
        "The path of the address on WeChat's settings page.",
    )
    .by_default("/wechat"),
    key("wechat.callback", "mode", "DUOKE_CALLBACK_MODE", Form::Word(&CALLBACK_MODES), "How pushes are encrypted.")
        .by_default("secure"),
    secret("wechat.callback", "token", "DUOKE_CALLBACK_TOKEN", Form::Text, "The token on WeChat's settings page."),
    secret(
        "wechat.callback",
        "encoding_aes_key",
        "DUOKE_ENCODING_AES_KEY",
        Form::AesKey,
        "The EncodingAESKey on WeChat's settings page.",
    ),
    secret(
        "wechat.callback",
        "previous_encoding_aes_key",
        "DUOKE_PREVIOUS_ENCODING_AES_KEY",
        Form::AesKey,
        "The key before it: WeChat goes on with that for a while after a change.",
    ),
    key(
        "wechat.callback",
        "transfer",
        "DUOKE_CALLBACK_TRANSFER",
        Form::Transfer,
        "To whom customers' messages are handed over: any, or a customer-service account.",
    ),
    key("store", "path", "DUOKE_STORE_PATH", Form::Text, "The folder of the durable state.").by_default("state"),
    word(
        "outbox",
        "on_unknown",
        "DUOKE_ON_UNKNOWN",
        &ON_UNKNOWN,
        "A message that went out without an answer: it waits for a person, or is sent again.",
    ),
    key(
        "process",
        "confinement",
        "DUOKE_CONFINEMENT",
        Form::Word(&CONFINEMENTS),
        "Where this system does not confine pages wholly: they do not run, or that is said.",
    )
    .by_default("warn"),
    word("process", "launch", "DUOKE_LAUNCH", &LAUNCHES, "How page processes come to be, where both can be."),
    key("serve", "conversations_max", "DUOKE_CONVERSATIONS_MAX", Form::Count, "So many customers have open pages.")
        .by_default("200"),
    key("serve", "quiet_s", "DUOKE_QUIET_S", Form::Count, "After so many seconds a quiet customer's pages are closed.")
        .by_default("600"),
    key(
        "serve",
        "workers",
        "DUOKE_WORKERS",
        Form::Count,
        "So many conversations are worked on at the same time; by default it follows from the machine's cores.",
    ),
    word("serve", "log", "DUOKE_LOG", &LOGS, "What a host's log has, and how it is written."),
    word("serve", "log_text", "DUOKE_LOG_TEXT", &LOG_TEXTS, "Whether customers' ids and texts stand in the log."),
    word("serve", "sink", "DUOKE_SINK", &SINKS, "Where messages go; log is for a trial."),
    key(
        "serve",
        "traces",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        Form::Text,
        "The collector of OpenTelemetry traces, in builds with the feature otel.",
    ),
    secret(
        "record",
        "redaction_key",
        "DUOKE_REDACTION_KEY",
        Form::Text,
        "The key of pseudonyms; by default another for each recording.",
    ),
    key(
        "record",
        "folder",
        "DUOKE_RECORD_FOLDER",
        Form::Text,
        "Where recordings lie; by default in the state's folder.",
    ),
    key("record", "share", "DUOKE_RECORD_SHARE", Form::Share, "How many conversations are recorded.").by_default("0%"),
    word(
        "record",
        "pseudonyms",
        "DUOKE_RECORD_PSEUDONYMS",
        &PSEUDONYMS,
        "Whether pseudonyms stand for what is personal.",
    ),
    key(
        "record",
        "file_bytes_max",
        "DUOKE_RECORD_FILE_BYTES_MAX",
        Form::RecordedBytes,
        "The largest recording, in bytes.",
    )
    .by_default("1048576"),
    key("record", "bytes_max", "DUOKE_RECORD_BYTES_MAX", Form::RecordedBytes, "So many bytes are kept in all.")
        .by_default("268435456"),
    key("record", "files_max", "DUOKE_RECORD_FILES_MAX", Form::Count, "So many recordings are kept.")
        .by_default("1000"),
    key("record", "days_max", "DUOKE_RECORD_DAYS_MAX", Form::Count, "For so many days recordings are kept.")
        .by_default("30"),
    key(
        "console",
        "listen",
        "DUOKE_CONSOLE_LISTEN",
        Form::Console,
        "Where health, metrics and the workbench are; off: nowhere.",
    )
    .by_default("127.0.0.1:8081"),
    secret(
        "console",
        "token",
        "DUOKE_CONSOLE_TOKEN",
        Form::Text,
        "What agents sign in to the workbench with. Without it, and without identity_header, there is no workbench.",
    ),
    key(
        "console",
        "identity_header",
        "DUOKE_CONSOLE_IDENTITY_HEADER",
        Form::Text,
        "The header in which a reverse proxy names whom it let in; it must keep away those that others send.",
    ),
    key(
        "console",
        "origin",
        "DUOKE_CONSOLE_ORIGIN",
        Form::Text,
        "The origin under which browsers reach the workbench, where a proxy stands before it: https://desk.example.com",
    ),
];

/// The members of `[[plugin]]`.
pub(super) const PLUGIN_MEMBERS: [Member; 4] = [
    member(
        "path",
        Form::Text,
        "A folder with plugin.toml, a page file, or an address; a path is relative to the file it stands in.",
    )
    .required(),
    member("record", Form::Share, "How many of its conversations are recorded."),
    member("shadow", Form::Any, "Another version of it, which is told what its pages are told."),
    member("shadow_share", Form::Share, "How many conversations that one is told; all where nothing is said."),
];

/// The members of `[[seat]]`.
pub(super) const SEAT_MEMBERS: [Member; 2] = [
    member("name", Form::Text, "The seat's name.").required(),
    member("kf_account", Form::Text, "Its customer-service account.").required(),
];

/// The members of `[[account]]`.
pub(super) const ACCOUNT_MEMBERS: [Member; 9] = [
    member("app_id", Form::Text, "The account.").required(),
    member("app_secret", Form::Text, "The account's secret; or DUOKE_APP_SECRET_<app_id> in the environment."),
    member("listen", Form::Listen, "Where its pushes are received."),
    member("path", Form::Path, "The path of the address on its settings page."),
    member("mode", Form::Word(&CALLBACK_MODES), "How its pushes are encrypted."),
    member("token", Form::Text, "The token on its settings page; or DUOKE_CALLBACK_TOKEN_<app_id>."),
    member("encoding_aes_key", Form::AesKey, "The EncodingAESKey; or DUOKE_ENCODING_AES_KEY_<app_id>."),
    member(
        "previous_encoding_aes_key",
        Form::AesKey,
        "The key before it; or DUOKE_PREVIOUS_ENCODING_AES_KEY_<app_id>.",
    ),
    member("transfer", Form::Transfer, "To whom its customers' messages are handed over."),
];

/// `[record] redact`, the one setting that is a list.
pub(super) const REDACT: &str = "redact";

const fn key(table: &'static str, name: &'static str, env: &'static str, form: Form, about: &'static str) -> Key {
    Key { table, name, env, default: None, secret: false, form, about }
}

/// One of some words, the first by default.
const fn word(
    table: &'static str,
    name: &'static str,
    env: &'static str,
    words: &'static [&'static str],
    about: &'static str,
) -> Key {
    key(table, name, env, Form::Word(words), about).by_default(words[0])
}

const fn secret(table: &'static str, name: &'static str, env: &'static str, form: Form, about: &'static str) -> Key {
    Key { secret: true, ..key(table, name, env, form, about) }
}

const fn member(name: &'static str, form: Form, about: &'static str) -> Member {
    Member { name, form, required: false, about }
}

impl Key {
    const fn by_default(self, value: &'static str) -> Self {
        Self { default: Some(value), ..self }
    }

    /// The whole name, for instance `wechat.base_url`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }

    /// Whether it may stand without quotes.
    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self.form, Form::Bytes | Form::RecordedBytes | Form::Count)
    }
}

impl Member {
    const fn required(self) -> Self {
        Self { required: true, ..self }
    }
}
