//! `duoke explain`

use serde_json::Value;
use tokio::runtime::Handle;

use super::exit::Exit;
use super::format::Format;
use super::outbox_command::text::{body, state, text, to_the_second};
use super::output::{Output, one_line, safe};
use super::signals::exit_when_interrupted;
use super::state::{Asker, StoreArguments};
use crate::base::clock::parse_rfc3339;
use crate::host::code;
use crate::host::desk::Request;

const EXAMPLES: &str = "\
Examples:
  duoke explain 7/quick-reply/0
  duoke explain 7/quick --format json

A key is the event's id, the plugin, which of its effects, and where that is several messages which
of them: 7/quick-reply/0.1.

The lines of code are shown where the plugin is one of duoke.toml, or lies in this folder.

JSON, one object: the members of `duoke outbox show`, and
  event        the event's line; null where it is no longer kept
  accepted     when it was taken in
  turn         how far the plugin is with it: open, done, busy
  effect       number, time (of the page), type, subject, data, place {url, line, column, file}

The exit is 4 where no key begins so, or several do.";

/// Columns of a label.
const LABEL_COLUMNS: usize = 12;

/// Tell one message from its cause to its receipt.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The key of a message, or the beginning of it where no other begins so.
    #[arg(value_name = "MESSAGE")]
    message: String,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn explain(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    exit_when_interrupted(runtime);
    ask(arguments, runtime, output).unwrap_or_else(|exit| exit)
}

fn ask(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    let mut asker = Asker::new(&arguments.store, runtime, output)?;
    let request = Request::Explain { message: arguments.message.clone() };
    let Some(found) = asker.ask_one(&request)? else { return Ok(Exit::NothingMatched) };
    let text = match arguments.format {
        Format::Human => {
            let frame = frame(&found, &asker.pages).unwrap_or_default();
            cause(&found, &frame, asker.output) + &message(&found, asker.output)
        }
        Format::Json => format!("{found:#}\n"),
        Format::Jsonl => format!("{found}\n"),
    };
    // Nobody reading it is fine.
    let _ = asker.output.data(&text);
    Ok(Exit::Fine)
}

/// `label       text`, further lines under the first.
fn entry(label: &str, said: &str) -> String {
    let margin = format!("\n{:LABEL_COLUMNS$}", "");
    format!("{label:LABEL_COLUMNS$}{}\n", safe(said).trim_end().replace('\n', &margin))
}

/// The code at the message's place: of a plugin of the configuration, or one in this folder.
fn frame(found: &Value, pages: &[String]) -> Option<String> {
    let (place, plugin) = (&found["effect"]["place"], text(found, "plugin"));
    let number = |member: &str| place[member].as_u64().and_then(|number| u32::try_from(number).ok());
    let at = (number("line")?, number("column")?);
    let here = ["", ".html", ".js"].map(|ending| format!("{plugin}{ending}"));
    code::frame(pages.iter().chain(&here).map(String::as_str), plugin, text(place, "url"), at)
}

/// What led to a message; `frame` is the code.
fn cause(found: &Value, frame: &str, output: &Output) -> String {
    let mut lines = String::new();
    let event = &found["event"];
    let said = match event {
        Value::Null => format!("{}, whose line is no longer kept", text(found, "cause")),
        line => {
            let of = [text(line, "type"), text(line, "source")].join(" of ");
            format!("{}: {of}\n{}", text(found, "cause"), line["data"])
        }
    };
    lines.push_str(&entry("event", &said));
    if let Some(accepted) = found["accepted"].as_str() {
        lines.push_str(&entry("accepted", accepted));
    }
    let turn = match text(found, "turn") {
        "" => String::new(),
        "open" => ", has not done with the event yet".to_owned(),
        "busy" => ", was still busy when its time was up".to_owned(),
        _ => ", has done with the event".to_owned(),
    };
    lines.push_str(&entry("plugin", &format!("{}{turn}", text(found, "plugin"))));
    let effect = &found["effect"];
    if !effect.is_null() {
        let number = effect["number"].as_u64().unwrap_or(0) + 1;
        let said = format!(
            "{}, effect {number} of the event, at {} of the page\n{}",
            text(effect, "type"),
            text(effect, "time"),
            effect["data"]
        );
        lines.push_str(&entry("effect", &said));
        let place = &effect["place"];
        if !place.is_null() {
            let file = [text(place, "file"), text(place, "url")].into_iter().find(|name| !name.is_empty());
            let said = one_line(&format!("{}:{}:{}", file.unwrap_or_default(), place["line"], place["column"]));
            lines.push_str(&format!("{:LABEL_COLUMNS$}{}\n", "code", output.painted(&said, "1")));
            if !frame.is_empty() {
                lines.push_str(&entry("", frame));
            }
        }
    }
    lines
}

/// A message as it stands, with its tries.
pub(super) fn message(found: &Value, output: &Output) -> String {
    let mut lines = String::new();
    let name = text(found, "state");
    let head = format!("{}, {}", one_line(text(found, "key")), state(name, output));
    lines.push_str(&format!("{:LABEL_COLUMNS$}{head}\n", "message"));
    let agent = match text(found, "kf_account") {
        "" => String::new(),
        agent => format!(", in the name of {agent}"),
    };
    let to = format!("{}, from {} by {}{agent}", text(found, "openid"), text(found, "account"), text(found, "server"));
    lines.push_str(&entry("to", &to));
    lines.push_str(&entry(text(found, "msgtype"), &body(found)));
    lines.push_str(&entry("created", text(found, "created")));
    // What was said already is not said again.
    let mut reason = &Value::Null;
    for attempt in found["tries"].as_array().map(Vec::as_slice).unwrap_or_default() {
        lines.push_str(&tried(attempt, attempt["reason"] == *reason));
        reason = &attempt["reason"];
    }
    for (label, member) in [("why", "reason"), ("next", "next"), ("waits for", "waits_for")] {
        if let Some(said) = found[member].as_str().filter(|said| reason != said) {
            let said = if member == "next" { to_the_second(said) } else { said.to_owned() };
            lines.push_str(&entry(label, &said));
        }
    }
    lines
}

/// `try         2026-…Z, 12 ms: sent`, and why; not where it is `as_before`.
fn tried(attempt: &Value, as_before: bool) -> String {
    let (started, finished) = (text(attempt, "started"), text(attempt, "finished"));
    let took = match (parse_rfc3339(started), parse_rfc3339(finished)) {
        (Some(started), Some(finished)) => format!(", {} ms", finished - started),
        _ => String::new(),
    };
    let message = &attempt["message"];
    let part = match message["of"].as_u64() {
        Some(of) if of > 1 => format!(" (message {} of {of})", message["number"]),
        _ => String::new(),
    };
    let outcome = match text(attempt, "outcome") {
        "" => "under way",
        outcome => outcome,
    };
    let code = attempt["errcode"].as_i64().map(|code| format!(", errcode {code}")).unwrap_or_default();
    let mut said = format!("{started}{took}: {outcome}{part}{code}");
    for (before, member) in [("", "reason"), ("hint: ", "hint"), ("media_id ", "media_id")] {
        if let Some(text) = attempt[member].as_str().filter(|_| !as_before || member == "media_id") {
            said.push_str(&format!("\n{before}{text}"));
        }
    }
    entry("try", &said)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::output::ColorWhen;

    #[test]
    fn tries_with_the_same_end_say_so_once() {
        let attempt = |second: u32, outcome: &str| {
            json!({"started": format!("2026-07-01T08:00:0{second}.000Z"), "finished": format!("2026-07-01T08:00:0{second}.012Z"),
                "message": {"number": 1, "of": 1}, "outcome": outcome, "errcode": -1, "reason": "busy\u{1b}[2J", "hint": "wait"})
        };
        let found = json!({"key": "1/p/0", "state": "parked", "openid": "oA", "account": "wx", "server": "http://a",
            "msgtype": "text", "body": {"content": "您好\n再见"}, "created": "2026-07-01T08:00:00.000Z",
            "reason": "busy\u{1b}[2J", "next": null, "waits_for": "its time",
            "tries": [attempt(0, "refused"), attempt(1, "parked")]});
        let expected = "\
message     1/p/0, parked
to          oA, from wx by http://a
text        您好
            再见
created     2026-07-01T08:00:00.000Z
try         2026-07-01T08:00:00.000Z, 12 ms: refused, errcode -1
            busy\u{fffd}[2J
            hint: wait
try         2026-07-01T08:00:01.000Z, 12 ms: parked, errcode -1
waits for   its time
";
        assert_eq!(message(&found, &Output::new(ColorWhen::Never)), expected);
    }
}
