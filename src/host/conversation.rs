//! A customer's conversation as text in columns.

use std::fmt::Write as _;

use serde_json::Value;

use super::columns::{width, wrap};

/// Columns of a line: what a terminal has at least.
const COLUMNS: usize = 80;
/// Columns before the label.
const INDENT: usize = 2;
/// Columns between the label and the message.
const GAP: usize = 2;

/// One message and who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub label: String,
    /// The message, of one or more lines.
    pub text: String,
}

/// A message as its receiver sees it, from the body that was sent.
#[must_use]
pub fn shown(body: &Value) -> String {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    match body.get("msgtype").and_then(Value::as_str).unwrap_or_default() {
        "text" => text("/text/content"),
        "news" => {
            let articles = body.pointer("/news/articles").and_then(Value::as_array).cloned().unwrap_or_default();
            articles.iter().map(article).collect::<Vec<_>>().join("\n")
        }
        other => format!("[{other}]"),
    }
}

fn article(article: &Value) -> String {
    let mut shown = "[news]".to_owned();
    for (member, before) in [("title", " "), ("description", "\n"), ("url", "\n")] {
        if let Some(text) = article.get(member).and_then(Value::as_str).filter(|text| !text.is_empty()) {
            shown.push_str(before);
            shown.push_str(text);
        }
    }
    shown
}

/// The conversation under its title; labels in one column, messages in another, long lines broken.
#[must_use]
pub fn render(title: &str, entries: &[Entry]) -> String {
    let label_width = entries.iter().map(|entry| width(&entry.label)).max().unwrap_or(0);
    let before = INDENT + label_width + GAP;
    let mut page = format!("{title}\n");
    for entry in entries {
        let lines = entry.text.lines().flat_map(|line| wrap(line, COLUMNS.saturating_sub(before).max(GAP)));
        for (index, line) in lines.enumerate() {
            let label = if index == 0 { entry.label.as_str() } else { "" };
            let padding = label_width - width(label) + GAP;
            // Writing to a string does not fail.
            let _ = writeln!(page, "{:INDENT$}{label}{:padding$}{line}", "", "");
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script() {
        let entry = |label: &str, text: &str| Entry { label: label.into(), text: text.into() };
        let page = render("T", &[entry("李华", "您好"), entry("kf", "hello\nagain"), entry("王", "")]);
        assert_eq!(page, "T\n  李华  您好\n  kf    hello\n        again\n");
    }

    #[test]
    fn what_a_customer_sees() {
        assert_eq!(shown(&json!({"msgtype": "text", "text": {"content": "您好"}})), "您好");
        assert_eq!(shown(&json!({"msgtype": "image", "image": {"media_id": "M"}})), "[image]");
        let news = json!({"msgtype": "news", "news": {"articles": [{"title": "t", "description": "", "url": "u"}]}});
        assert_eq!(shown(&news), "[news] t\nu");
    }
}
