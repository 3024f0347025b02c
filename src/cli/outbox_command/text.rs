//! Messages as a person sees them, from the JSON that scripts get.

use serde_json::Value;

use crate::cli::output::{Output, one_line};
use crate::host::columns::{cut, width};

/// Columns of a message's beginning in a list.
const EXCERPT_COLUMNS: usize = 40;
/// Columns that a key or an openid takes at most before what follows is moved: keys are there to be copied, not cut.
const KEY_COLUMNS_MAX: usize = 40;
/// Columns of the longest state, `pending` and `sending`.
const STATE_COLUMNS: usize = 7;
/// Columns of a time to the second.
const TIME_COLUMNS: usize = 20;

/// The member as text; empty where it is none.
pub(in super::super) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// A state in its colour.
pub(in super::super) fn state(name: &str, output: &Output) -> String {
    let style = match name {
        "sent" => "32",
        "unknown" | "parked" | "held" => "33",
        "dead" => "31",
        _ => "36",
    };
    output.painted(name, style)
}

/// A time without its milliseconds: `2026-07-01T08:00:00Z`.
pub(in super::super) fn to_the_second(time: &str) -> String {
    match (time.get(..19), time.ends_with('Z')) {
        (Some(seconds), true) => format!("{seconds}Z"),
        _ => time.to_owned(),
    }
}

/// What a message says, whole.
pub(in super::super) fn body(message: &Value) -> String {
    let body = &message["body"];
    match text(message, "msgtype") {
        "text" => text(body, "content").to_owned(),
        "image" | "voice" | "video" | "file" => {
            let parts = ["title", "file_name", "picUrl", "file_url", "media_id"].map(|member| text(body, member));
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
        }
        "news" => {
            let articles = body["articles"].as_array().map(Vec::as_slice).unwrap_or_default();
            let article = |article: &Value| {
                let parts = ["title", "description", "url"].map(|member| text(article, member));
                parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
            };
            articles.iter().map(article).collect::<Vec<_>>().join("\n")
        }
        _ => body.to_string(),
    }
}

/// The columns of a list; as wide as its first page wants them.
#[derive(Default)]
pub(super) struct Columns {
    /// Of keys and openids.
    widths: Option<(usize, usize)>,
}

impl Columns {
    /// Some messages, a line each, and a second one for the reason.
    pub(super) fn lines(&mut self, messages: &[Value], output: &Output) -> String {
        let mut lines = String::new();
        let (key_columns, openid_columns) = match self.widths {
            Some(widths) => widths,
            None => {
                let widest = |member: &str, head: &str| {
                    let widest = messages.iter().map(|message| width(&one_line(text(message, member)))).max();
                    widest.unwrap_or(0).max(head.len()).min(KEY_COLUMNS_MAX)
                };
                let widths = (widest("key", "KEY"), widest("openid", "CUSTOMER"));
                self.widths = Some(widths);
                let head = format!(
                    "{:STATE_COLUMNS$}  {:key$}  {:openid$}  {:TIME_COLUMNS$}  TRIES  MESSAGE",
                    "STATE",
                    "KEY",
                    "CUSTOMER",
                    "CAME",
                    key = widths.0,
                    openid = widths.1
                );
                lines.push_str(&format!("{}\n", output.painted(&head, "1")));
                widths
            }
        };
        for message in messages {
            let name = text(message, "state");
            lines.push_str(&format!(
                "{}{}  {}  {}  {:TIME_COLUMNS$}  {:5}  {}\n",
                state(name, output),
                " ".repeat(STATE_COLUMNS.saturating_sub(name.len())),
                padded(&one_line(text(message, "key")), key_columns),
                padded(&one_line(text(message, "openid")), openid_columns),
                to_the_second(text(message, "created")),
                message["attempts"].as_u64().unwrap_or(0),
                cut(&one_line(&body(message)), EXCERPT_COLUMNS),
            ));
            if let Some(why) = why(message) {
                lines.push_str(&format!("{:STATE_COLUMNS$}  {why}\n", ""));
            }
        }
        lines
    }
}

/// Why a message is where it is, and until when.
fn why(message: &Value) -> Option<String> {
    let (reason, next) = (one_line(text(message, "reason")), text(message, "next"));
    match (reason.is_empty(), next.is_empty()) {
        (true, true) => None,
        (false, true) => Some(reason),
        (true, false) => Some(format!("next at {}", to_the_second(next))),
        (false, false) => Some(format!("{reason}; next at {}", to_the_second(next))),
    }
}

/// A text and blanks, as wide as that.
pub(in super::super) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::output::ColorWhen;

    #[test]
    fn a_list_lines_up() {
        let row = |key: &str, state: &str, content: &str, reason: Value| {
            json!({"key": key, "state": state, "account": "wx1", "openid": "oA", "msgtype": "text",
                "body": {"content": content}, "cause": "1", "attempts": 2, "created": "2026-07-01T08:00:00.123Z",
                "next": null, "reason": reason})
        };
        let rows = [
            row("1/快捷/0", "dead", "您好\n再见", json!("WeChat\u{1b}[2J refused")),
            row("12/quick-reply/0.1", "sending", &"字".repeat(30), Value::Null),
        ];
        let output = Output::new(ColorWhen::Never);
        let expected = "\
STATE    KEY                 CUSTOMER  CAME                  TRIES  MESSAGE
dead     1/快捷/0            oA        2026-07-01T08:00:00Z      2  您好 再见
         WeChat\u{fffd}[2J refused
sending  12/quick-reply/0.1  oA        2026-07-01T08:00:00Z      2  字字字字字字字字字字字字字字字字字字字…
";
        assert_eq!(Columns::default().lines(&rows, &output), expected);
    }

    #[test]
    fn what_messages_say() {
        let news = json!({"msgtype": "news", "body": {"articles": [{"title": "t", "description": "", "url": "u"}]}});
        assert_eq!(body(&news), "t\nu");
        let table = [
            ("image", json!({"picUrl": "http://a.test/x.png"}), "http://a.test/x.png"),
            ("image", json!({"media_id": "M1"}), "M1"),
            ("voice", json!({"file_url": "http://a.test/x.mp3", "duration_ms": 5}), "http://a.test/x.mp3"),
            ("video", json!({"media_id": "M1", "title": "t", "description": "d"}), "t\nM1"),
            ("file", json!({"file_url": "http://a.test/x", "file_name": "x.pdf"}), "x.pdf\nhttp://a.test/x"),
            ("wxcard", json!({"card_id": "C"}), "{\"card_id\":\"C\"}"),
        ];
        for (msgtype, said, expected) in table {
            assert_eq!(body(&json!({"msgtype": msgtype, "body": said})), expected);
        }
    }
}
