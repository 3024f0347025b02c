//! `duoke trigger`

use std::path::Path;

use serde_json::{Map, Value};
use tokio::runtime::Handle;

use super::exit::Exit;
use super::format::Format;
use super::new_id::new_id;
use super::output::{Output, one_line};
use super::plugins::fail;
use super::signals::exit_when_interrupted;
use super::state::{Asker, StoreArguments};
use crate::event::stimulus::STIMULUS_PREFIX;
use crate::event::{Line, parse_line};
use crate::host::desk::Request;
use crate::host::{Notice, Watch as _};
use crate::record::Reader;

/// The source of events that are fired.
const SOURCE: &str = "duoke trigger";
/// Members that the manuals have as numbers; others are text.
const NUMBERS: [&str; 9] =
    ["age", "chatStatus", "fileSize", "gender", "latitude", "longitude", "msgType", "scale", "voiceDuration"];

const EXAMPLES: &str = "\
Examples:
  duoke trigger echat.onCrmUpdate --subject oA --set name=张三 --set gender=1 --set phone=13800000000
  duoke trigger mcs.OnUserChange --set channeltype=1 --set useraccount=oA
  duoke trigger ui.click --set 'selector=#send-welcome' --plugin 快捷回复
  duoke trigger wechat.push --data '{\"ToUserName\":\"gh_1\",\"FromUserName\":\"oA\",\"CreateTime\":1,\"MsgType\":\"text\",\"Content\":\"在吗\",\"MsgId\":7}'
  duoke trigger --from quick-reply/sessions/welcome.jsonl:3 --subject oB

TYPE is a stimulus of the session log, with or without `stimulus.` before it. A host takes events while it follows what
comes: `duoke run PAGE --events - --forward`, and has told its pages when the answer comes; or `duoke serve`, which tells
the customer's pages once the event is on disk; or `duoke dev` in this folder. The exit is 0 then, and 4 where no page was told: none of that plugin or
dialect is open, none is turned to that visitor, or the event of that id was handled before.

JSON, one object: id, type, subject, plugin of the event, told (how many pages; null: not known yet), why (none was).";

/// Fire an event at the pages of a running host.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// What happens, for instance `echat.onCrmUpdate`.
    #[arg(value_name = "TYPE", required_unless_present = "from")]
    type_: Option<String>,
    /// The customer it is about.
    #[arg(long, value_name = "OPENID")]
    subject: Option<String>,
    /// Only for the page of this plugin.
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// A member of the data; dots lead into objects: `visitorData.name=张三`. Members that are numbers in the manuals
    /// are numbers, all others text.
    #[arg(long, value_name = "K=V", value_parser = member)]
    set: Vec<(String, Value)>,
    /// The whole data, as JSON; `--set` goes on top.
    #[arg(long, value_name = "JSON", value_parser = data)]
    data: Option<Value>,
    /// Begin with the event of this id in a session log; `SESSION:ID`.
    #[arg(long, value_name = "SESSION:ID", value_parser = place)]
    from: Option<(String, String)>,
    /// What makes it the same event: fired again with the same id, it is handled once. By default each is another one.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// How to print the answer.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArguments,
}

fn member(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text.split_once('=').ok_or("it is not written K=V")?;
    let name = key.rsplit('.').next().unwrap_or(key);
    if key.split('.').any(str::is_empty) {
        return Err("the member has no name".to_owned());
    }
    if !NUMBERS.contains(&name) {
        return Ok((key.to_owned(), Value::from(value)));
    }
    let number: Option<serde_json::Number> = value.parse().ok();
    let number = number.ok_or_else(|| format!("{name} is a number, and {value} is none"))?;
    Ok((key.to_owned(), number.into()))
}

fn data(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("it is no object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn place(text: &str) -> Result<(String, String), String> {
    let is_whole = |(file, id): &(&str, &str)| !file.is_empty() && !id.is_empty();
    let place = text.rsplit_once(':').filter(is_whole).ok_or("it is not written SESSION:ID")?;
    Ok((place.0.to_owned(), place.1.to_owned()))
}

pub(super) fn trigger(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    exit_when_interrupted(runtime);
    fire(arguments, runtime, output).unwrap_or_else(|exit| exit)
}

fn fire(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Result<Exit, Exit> {
    let line = line(arguments, output)?;
    let line = serde_json::from_str(&line.to_json()).map_err(|_| Exit::Bug)?;
    let mut asker = Asker::of_host(&arguments.store, runtime, output)?;
    let Some(item) = asker.ask_one(&Request::Trigger { line })? else { return Ok(Exit::NothingMatched) };
    let text = match arguments.format {
        Format::Human => {
            let word = |member: &str| one_line(item[member].as_str().unwrap_or_default());
            let told =
                item["told"].as_u64().map(|told| if told == 1 { "1 page".into() } else { format!("{told} pages") });
            let words = [word("id"), word("type"), word("subject"), told.unwrap_or_default()];
            words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("  ") + "\n"
        }
        Format::Json => format!("{item:#}\n"),
        Format::Jsonl => format!("{item}\n"),
    };
    // Nobody reading it is fine.
    let _ = asker.output.data(&text);
    if item["told"] != 0 {
        return Ok(Exit::Fine);
    }
    let why = item["why"].as_str().unwrap_or_default();
    asker.output.say(Notice::warning(format!("no page was told: {why}")));
    Ok(Exit::NothingMatched)
}

/// The event, as a line of a session log.
fn line(arguments: &Arguments, output: &mut Output) -> Result<Line, Exit> {
    let from = arguments.from.as_ref().map(|(file, id)| recorded(file, id, output)).transpose()?;
    let mut line = from.unwrap_or_default();
    if let Some(type_) = &arguments.type_ {
        line.type_ = match type_.starts_with(STIMULUS_PREFIX) {
            true => type_.clone(),
            false => format!("{STIMULUS_PREFIX}{type_}"),
        };
    }
    if let Some(data) = &arguments.data {
        line.data = data.clone();
    }
    if !line.data.is_object() {
        line.data = Value::Object(Map::new());
    }
    for (key, value) in &arguments.set {
        set(&mut line.data, key, value).map_err(|text| fail(output, Notice::error(text), Exit::Usage))?;
    }
    let id = arguments.id.clone().unwrap_or_else(|| new_id("trigger"));
    let line = Line {
        id,
        source: SOURCE.to_owned(),
        subject: arguments.subject.clone().or(line.subject),
        plugin: arguments.plugin.clone().or(line.plugin),
        ..Line::new("", "", line.type_, line.data)
    };
    // What is wrong with it is told here, without a host.
    match parse_line(&line.to_json(), 1, SOURCE) {
        Ok(_) => Ok(line),
        Err(error) => {
            let notice = Notice::error(error.to_string()).with_hint(error.hint);
            Err(fail(output, notice, Exit::Usage))
        }
    }
}

/// Sets a member of an object, with dots on the way.
fn set(data: &mut Value, key: &str, value: &Value) -> Result<(), String> {
    let mut place = data;
    for name in key.split('.') {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        let members =
            place.as_object_mut().ok_or_else(|| format!("--set {key}: what is before {name} is no object"))?;
        place = members.entry(name).or_insert(Value::Null);
    }
    *place = value.clone();
    Ok(())
}

/// The line of this id in a log.
fn recorded(file: &str, id: &str, output: &mut Output) -> Result<Line, Exit> {
    let mut failed =
        |text: String, hint: Option<String>, exit| Err(fail(output, Notice::error(text).with_hint(hint), exit));
    let reader = match Reader::open(Path::new(file)) {
        Ok(reader) => reader,
        Err(error) => return failed(error.to_string(), error.hint(), Exit::Log),
    };
    let mut found = reader.filter_map(Result::ok).filter(|line| line.type_.starts_with(STIMULUS_PREFIX));
    match found.find(|line| line.id == id) {
        Some(line) => Ok(line),
        None => {
            let hint = "of lines without an id it is the number of the line".to_owned();
            failed(format!("{file}: no stimulus has the id {id}"), Some(hint), Exit::NothingMatched)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_from_the_command_line() {
        let mut data = json!({"name": "x"});
        for text in ["name=张三", "gender=1", "phone=13800000000", "visitorData.level=1", "visitorData.memo=a=b"] {
            let (key, value) = member(text).unwrap();
            set(&mut data, &key, &value).unwrap();
        }
        let expected = json!({"name": "张三", "gender": 1, "phone": "13800000000",
            "visitorData": {"level": "1", "memo": "a=b"}});
        assert_eq!(data, expected);
        assert!(set(&mut data, "name.first", &json!("x")).is_err());
        for wrong in ["name", "=x", "a..b=1", "gender=female"] {
            assert!(member(wrong).is_err(), "{wrong}");
        }
        assert_eq!(place("a:b.jsonl:7"), Ok(("a:b.jsonl".to_owned(), "7".to_owned())));
        assert!(place("a.jsonl").is_err() && place("a.jsonl:").is_err());
    }
}
