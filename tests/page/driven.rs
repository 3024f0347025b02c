//! A page in a temporary folder, told things in lines like those of a session log, and what it gave out as text.

use duoke::base::limits::{CLOCK_START_MS, SETTLE_MS_DEFAULT};
use duoke::engine::event_loop::{Emission, Output};
use duoke::event::{Effect, Fault, Message, Stimulus, parse_line};
use duoke::net::Folder;
use duoke::page::{LoadError, Page, PageOptions, Turn, TurnInput};

use crate::page_bench::{on_page_stack, options};

/// The address of the folder of the pages.
pub const BASE: &str = "http://demo.plugin.invalid/";

/// `put('text')` for pages, each call with a `random` of its own.
pub const PUT: &str = "<script>var puts = 0; function put(text) { return external.PutMsg(JSON.stringify({msg: {head: \
                       {random: String(++puts)}, body: [{type: 0, content: {text: String(text)}}]}})); }</script>";

/// A page and the number of what it was told last.
pub struct Driven {
    page: Page,
    told: u64,
}

/// Opens `index.html` among `files` and runs `work` with it, on the stack of a page.
pub fn with_page<R: Send + 'static>(
    files: Vec<(&'static str, Vec<u8>)>,
    work: impl FnOnce(Result<(Driven, String), LoadError>) -> R + Send + 'static,
) -> R {
    with_page_as(files, |_| (), work)
}

/// The same, with options that `prepare` changes.
pub fn with_page_as<R: Send + 'static>(
    files: Vec<(&'static str, Vec<u8>)>,
    prepare: impl FnOnce(&mut PageOptions) + Send + 'static,
    work: impl FnOnce(Result<(Driven, String), LoadError>) -> R + Send + 'static,
) -> R {
    let run = move || {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let mut options = options(Folder::open("demo", folder.path()).unwrap(), "index.html", Vec::new());
        prepare(&mut options);
        let opened = Page::open(options, SETTLE_MS_DEFAULT).map(|mut page| {
            let first = show(&page.take_turn());
            (Driven { page, told: 0 }, first)
        });
        work(opened)
    };
    on_page_stack(run)
}

impl Driven {
    /// Tells the page something: `user oA`, `map`, `reload`, `wait 500` (ms, without waiting for idleness), or
    /// `click|input|change|submit|key SELECTOR [VALUE]`, where the selector has no blank and the value is JSON.
    pub fn tell(&mut self, what: &str) -> String {
        show(&self.turn(what))
    }

    /// The same; the turn.
    pub fn turn(&mut self, what: &str) -> Turn {
        self.told += 1;
        let mut words = what.splitn(3, ' ');
        let (verb, first, rest) = (words.next().unwrap(), words.next().unwrap_or(""), words.next().unwrap_or(""));
        let now = self.page.take_turn().now;
        if verb == "wait" {
            let at = now + first.parse::<i64>().unwrap();
            return self.page.turn(&TurnInput { stimulus: None, at, settle_ms: 0 });
        }
        let (name, data) = match verb {
            "user" => ("mcs.OnUserChange".to_owned(), format!(r#"{{"channeltype":"1","useraccount":"{first}"}}"#)),
            "map" => ("mcs.OnMapMsgClick".to_owned(), r#"{"latitude":1.5,"scale":16}"#.to_owned()),
            "reload" => ("page.reload".to_owned(), "{}".to_owned()),
            "json" => (first.to_owned(), rest.to_owned()),
            _ => {
                let value = if rest.is_empty() { String::new() } else { format!(r#","value":{rest}"#) };
                (format!("ui.{verb}"), format!(r#"{{"selector":{}{value}}}"#, serde_json::Value::from(first)))
            }
        };
        let line = format!(r#"{{"type":"stimulus.{name}","id":"{}","data":{data}}}"#, self.told);
        let line = parse_line(&line, self.told, "test").unwrap().unwrap();
        let stimulus = Some(Stimulus::from_line(&line));
        self.page.turn(&TurnInput { stimulus, at: now, settle_ms: SETTLE_MS_DEFAULT })
    }

    /// Page time since the start, in ms.
    pub fn time(&mut self) -> i64 {
        self.page.take_turn().now - CLOCK_START_MS
    }
}

/// What a turn gave out, one line each.
pub fn show(turn: &Turn) -> String {
    turn.emissions.iter().map(show_one).collect::<Vec<_>>().join("\n")
}

/// `put oA <1 [late] text`: outcome unless it was accepted, user, id of the cause.
fn show_one(emission: &Emission) -> String {
    let user = emission.subject.as_deref().unwrap_or("-");
    let cause = emission.cause.as_ref().map_or("-", |cause| &cause.stimulus);
    match &emission.output {
        Output::Console(console) => console.text.clone(),
        Output::Effect(Effect::PutMsg(call)) => {
            let texts: Vec<&str> = call
                .messages
                .iter()
                .map(|m| if let Message::Text { text } = m { text.as_str() } else { "?" })
                .collect();
            let outcome = format!("{:?} ", call.outcome).to_lowercase().replace("accepted ", "");
            let late = if call.late { "late " } else { "" };
            let reason = call.reason.as_ref().map(|reason| format!("({reason})")).unwrap_or_default();
            format!("put {user} <{cause} {outcome}{late}{}{reason}", texts.join("+"))
        }
        Output::Effect(Effect::Navigate { url, kind }) => {
            format!("go {} {:?} <{cause}", url.replace(BASE, "/"), kind).replace(" Assign", "")
        }
        Output::Effect(Effect::Echat(call)) => {
            let arguments: Vec<String> = call.arguments.iter().map(ToString::to_string).collect();
            let outcome = format!("{:?} ", call.outcome).to_lowercase().replace("accepted ", "");
            let late = if call.late { "late " } else { "" };
            let reason = call.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("{} {user} <{cause} {outcome}{late}{}{reason}", call.call, arguments.join(", "))
        }
        Output::Effect(effect) => format!("{} {}", effect.type_name(), effect.data()).replace(BASE, "/"),
        Output::Fault(fault) => show_fault(fault),
    }
}

fn show_fault(fault: &Fault) -> String {
    let data = fault.data();
    let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
    let message = match fault {
        Fault::Load { url, .. } => url.clone(),
        _ => [text("message"), text("limit")].concat(),
    };
    let place = fault.place().map(|place| format!(" {}:{}:{}", place.url.replace(BASE, "/"), place.line, place.column));
    format!("{} {message}{}", fault.type_name().replace("fault.", "! "), place.unwrap_or_default()).replace(BASE, "/")
}

/// Opens a page (with `put` defined), tells it things, and compares what came out: lines `> what` before each.
#[track_caller]
pub fn check(html: &str, steps: &[&'static str], expected: &str) {
    check_files(vec![("index.html", format!("{PUT}\n{html}").into_bytes())], steps, expected);
}

#[track_caller]
pub fn check_files(files: Vec<(&'static str, Vec<u8>)>, steps: &[&'static str], expected: &str) {
    check_files_as(files, |_| (), steps, expected);
}

#[track_caller]
pub fn check_files_as(
    files: Vec<(&'static str, Vec<u8>)>,
    prepare: impl FnOnce(&mut PageOptions) + Send + 'static,
    steps: &[&'static str],
    expected: &str,
) {
    let steps = steps.to_vec();
    let shown = with_page_as(files, prepare, move |opened| {
        let (mut page, mut shown) = opened.unwrap();
        for step in steps {
            let out = page.tell(step);
            shown.push_str(&format!("\n> {step}\n{out}"));
        }
        shown
    });
    let trim = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    let (shown, expected) = (trim(&shown), trim(expected));
    assert!(shown == expected, "\n--- got\n{shown}\n--- expected\n{expected}\n");
}

/// Runs `work` with a page made of this markup.
pub fn with<R: Send + 'static>(html: &str, work: impl FnOnce(Driven, String) -> R + Send + 'static) -> R {
    let files = vec![("index.html", html.as_bytes().to_vec())];
    with_page(files, move |opened| opened.map(|(page, shown)| work(page, shown)).unwrap())
}
