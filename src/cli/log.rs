//! A log of what a host does: for a person, or a JSON object a line.
//!
//! Customers are shown by a pseudonym, and neither their words nor pages' are, unless that is asked for. What pages and
//! servers say stays on its line.

use std::borrow::Cow;

use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

use super::output::one_line;
use crate::base::clock::{TimestampMs, format_rfc3339};
use crate::base::hex::hex;
use crate::config::DuokeConfig;
use crate::host::{About, Notice, Severity};

/// Digits of a pseudonym: 48 bits do not meet among an account's customers.
const PSEUDONYM_DIGITS: usize = 12;

/// How it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// What a person should know, in words.
    #[default]
    Human,
    /// That, and what goes on.
    Verbose,
    /// All of it, as JSON.
    Json,
}

/// How it is written, and what of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    pub(super) format: Format,
    /// Openids and texts are shown.
    pub(super) shows_text: bool,
}

impl Log {
    /// By the words of a configuration; one that is none was refused.
    pub(super) fn named(format: &str, shows_text: bool) -> Self {
        let format = match format {
            "json" => Format::Json,
            "verbose" => Format::Verbose,
            _ => Format::Human,
        };
        Self { format, shows_text }
    }

    /// As a configuration has it.
    pub(super) fn of(config: &DuokeConfig) -> Self {
        Self::named(&config.serve.log.value, config.serve.log_text.value == "show")
    }

    /// Whether what goes on is wanted.
    pub(super) fn is_detailed(self) -> bool {
        self.format != Format::Human
    }

    /// A notice as a line of JSON, with its line end.
    pub(super) fn json(self, notice: &Notice, now: TimestampMs) -> String {
        let about = notice.about.as_deref().cloned().unwrap_or_default();
        let mask = Mask::new(&about, self.shows_text);
        let mut line = Map::new();
        let mut put = |member: &str, value: Option<Value>| {
            if let Some(value) = value {
                line.insert(member.to_owned(), value);
            }
        };
        let text = |text: &Option<String>| text.as_deref().map(|text| mask.of(text));
        put("time", Some(format_rfc3339(now).into()));
        put("level", Some(level(notice.severity).into()));
        put("message", Some(mask.of(&notice.text)));
        put("event", Some(about.event).filter(|event| !event.is_empty()).map(Value::from));
        put("account", text(&about.account));
        put("plugin", text(&about.plugin));
        put("customer", mask.pseudonym.clone().map(Value::from));
        put("openid", about.openid.as_deref().filter(|_| self.shows_text).map(|openid| one_line(openid).into()));
        put("cause", text(&about.cause));
        put("key", text(&about.key));
        for (member, value) in &about.more {
            put(member, Some(value.as_str().map_or_else(|| value.clone(), |text| mask.of(text))));
        }
        put("said", about.said.as_deref().filter(|_| self.shows_text).map(|said| one_line(said).into()));
        put("frame", notice.frame.as_deref().filter(|_| self.shows_text).map(Value::from));
        put("hint", text(&notice.hint));
        format!("{}\n", Value::Object(line))
    }

    /// A notice as a person is shown it: what pages and servers say does not break a log's lines.
    pub(super) fn shown(self, notice: &Notice) -> Notice {
        let about = notice.about.as_deref().cloned().unwrap_or_default();
        let mask = Mask::new(&about, self.shows_text);
        let text = mask.text(&notice.text) + &self.aside(notice);
        let hint = notice.hint.as_deref().map(|hint| mask.text(hint));
        let frame = notice.frame.as_deref().map(|frame| mask.masked(frame).into_owned());
        Notice { text, hint, frame, ..notice.clone() }
    }

    /// Of what goes on, what a person is told beside the words themselves.
    fn aside(self, notice: &Notice) -> String {
        let Some(about) = notice.about.as_deref() else { return String::new() };
        let is_full = notice.severity == Severity::Info || self.shows_text;
        // Of a fault on whose page it was, at least.
        if !is_full && !about.event.starts_with("fault.") {
            return String::new();
        }
        let customer = match &about.openid {
            Some(openid) if self.shows_text => Some(one_line(openid)),
            Some(openid) => Some(pseudonym(openid)),
            None => None,
        };
        let mask = Mask::new(about, self.shows_text);
        let cause = about.cause.as_deref().filter(|_| is_full).map(|cause| mask.text(cause));
        let said = about.said.as_deref().filter(|_| self.shows_text).map(one_line);
        let parts = [("customer", customer), ("cause", cause), ("said", said)];
        let parts = parts.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?)));
        let parts = parts.collect::<Vec<_>>().join(", ");
        if parts.is_empty() { parts } else { format!(" ({parts})") }
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
        Severity::Info => "info",
    }
}

/// The beginning of an openid's SHA-256: `printf %s OPENID | sha256sum` finds a customer's lines.
fn pseudonym(openid: &str) -> String {
    let digest = digest(&SHA256, openid.as_bytes());
    hex(digest.as_ref())[..PSEUDONYM_DIGITS].to_owned()
}

/// Has a customer's pseudonym stand where his openid does.
struct Mask<'a> {
    openid: Option<&'a str>,
    pseudonym: Option<String>,
}

impl<'a> Mask<'a> {
    fn new(about: &'a About, shows_text: bool) -> Self {
        let openid = about.openid.as_deref().filter(|openid| !openid.is_empty());
        Self { openid: openid.filter(|_| !shows_text), pseudonym: openid.map(pseudonym) }
    }

    fn masked<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match (self.openid, &self.pseudonym) {
            (Some(openid), Some(pseudonym)) => text.replace(openid, pseudonym).into(),
            _ => text.into(),
        }
    }

    fn text(&self, text: &str) -> String {
        one_line(&self.masked(text))
    }

    fn of(&self, text: &str) -> Value {
        self.text(text).into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn notice() -> Notice {
        let about = About::new("fault.uncaught").account("wx1").plugin("p").openid("oAlice").cause("open-oAlice-1");
        let about = about.with("place", "a.html:1:2").with("attempts", 2).saying(Some("在吗\nx".to_owned()));
        Notice::warning("p: to oAlice\n\u{1b}[2J \u{202e}").with_hint(Some("retry oAlice")).about(about)
    }

    fn read(log: Log) -> Value {
        let line = log.json(&notice(), 0);
        assert_eq!(line.matches('\n').count(), 1);
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn customers_are_pseudonyms_and_say_nothing() {
        let hidden = read(Log::named("json", false));
        let who = "85724b8eb427";
        let expected = json!({
            "time": "1970-01-01T00:00:00.000Z", "level": "warning", "message": format!("p: to {who} \u{fffd}[2J \u{fffd}"),
            "event": "fault.uncaught", "account": "wx1", "plugin": "p", "customer": who, "cause": format!("open-{who}-1"),
            "place": "a.html:1:2", "attempts": 2, "hint": format!("retry {who}")
        });
        assert_eq!(hidden, expected);
    }

    #[test]
    fn unless_that_is_asked_for() {
        let shown = read(Log::named("json", true));
        assert_eq!((&shown["openid"], &shown["said"]), (&json!("oAlice"), &json!("在吗 x")));
        assert_eq!((&shown["cause"], &shown["hint"]), (&json!("open-oAlice-1"), &json!("retry oAlice")));
        assert_eq!(Log::named("human", true).aside(&notice()), " (customer oAlice, cause open-oAlice-1, said 在吗 x)");
        assert_eq!(Log::named("verbose", false).aside(&notice()), " (customer 85724b8eb427)", "whose page");
        let about = About::new("message.parked").openid("oAlice").cause("1");
        assert_eq!(Log::named("human", false).aside(&Notice::warning("x").about(about)), "");
        let framed = notice().with_frame(Some("1 | send('oAlice')\n  |      ^"));
        for format in ["human", "verbose"] {
            let shown = Log::named(format, false).shown(&framed);
            assert_eq!(shown.text, "p: to 85724b8eb427 \u{fffd}[2J \u{fffd} (customer 85724b8eb427)", "{format}");
            assert_eq!(shown.hint.as_deref(), Some("retry 85724b8eb427"));
            assert_eq!(shown.frame.as_deref(), Some("1 | send('85724b8eb427')\n  |      ^"));
            let shown = Log::named(format, true).shown(&framed);
            assert!(shown.text.starts_with("p: to oAlice") && shown.frame == framed.frame, "{shown:?}");
        }
        let info = Notice { severity: Severity::Info, ..notice() };
        assert_eq!(Log::named("verbose", false).aside(&info), " (customer 85724b8eb427, cause open-85724b8eb427-1)");
    }
}
