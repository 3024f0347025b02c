//! What is done with a recording once all is written: what turned out to be a secret late is replaced in earlier lines,
//! and a replay shows whether redaction changed what the pages do.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::base::redact::{Redactor, words};
use crate::event::{Line, Stimulus};
use crate::host::plugin::{Plugin, is_address};
use crate::host::processes::Processes;
use crate::host::replay::replay_all;
use crate::host::watch::Notice;
use crate::record::session::{HTTP, START};
use crate::record::{Reader, Recording, Session, write_all};

use super::exchange::Exchange;

/// The type of what a page gave `document.cookie`.
pub(super) const SET_COOKIE: &str = "effect.cookie";

/// A recording that was written.
#[derive(Debug)]
pub struct Closing {
    pub(super) path: PathBuf,
    pub(super) redactor: Option<Redactor>,
    pub(super) plugins: Vec<Plugin>,
    /// Whether a page set cookies.
    pub(super) has_cookies: bool,
    pub(super) has_failed: bool,
    pub(super) trouble: Option<Notice>,
}

impl Closing {
    /// Closes it; what a person should know.
    #[must_use]
    pub fn close(self, processes: &Processes) -> Vec<Notice> {
        let (path, plugins) = (self.path.clone(), self.plugins.clone());
        match self.tidy() {
            Ok(true) => changed(&path, &plugins, processes).into_iter().collect(),
            Ok(false) => Vec::new(),
            Err(trouble) => vec![trouble],
        }
    }

    /// Replaces what became known late in earlier lines; whether anything was replaced at all, which is to be tried out.
    ///
    /// # Errors
    /// What a person should know.
    pub fn tidy(self) -> Result<bool, Notice> {
        let Self { path, redactor, has_cookies, has_failed, trouble, .. } = self;
        if let Some(trouble) = trouble {
            return Err(trouble);
        }
        let Some(mut redactor) = redactor.filter(|_| !has_failed && path.is_file()) else { return Ok(false) };
        if (redactor.has_learned() || has_cookies)
            && let Err(error) = redact_again(&path, &mut redactor)
        {
            let text = format!("{}: what became known as a secret late may stand in it: {error}", path.display());
            return Err(Notice::warning(text).with_hint(Some("delete it, or look it through before you share it")));
        }
        Ok(redactor.has_replaced())
    }
}

/// Whether pseudonyms lead to other effects.
#[must_use]
pub fn changed(path: &Path, plugins: &[Plugin], processes: &Processes) -> Option<Notice> {
    let name = path.display();
    let session = match Session::read(path) {
        Ok(session) => session,
        Err(error) => return Some(Notice::warning(format!("the recording cannot be read again: {error}"))),
    };
    let of = |recording: &Recording| plugins.iter().find(|plugin| plugin.name == recording.header.plugin);
    let pages: Vec<_> = session.recordings.iter().filter_map(|it| of(it).map(|plugin| (it, plugin))).collect();
    let replayed = replay_all(&pages, processes);
    if let Some(reason) = replayed.unloaded.or(replayed.environment) {
        return Some(Notice::warning(format!("{name}: whether it replays could not be tried: {reason}")));
    }
    let counts = |line: &&Line| line.type_.starts_with("effect.") || line.type_.starts_with("fault.");
    let what = |line: &Line| (line.type_.clone(), line.subject.clone(), line.data.clone());
    let difference = session.recordings.iter().find_map(|recording| {
        let is_own = |line: &&Line| line.plugin.as_deref() == Some(&recording.header.plugin);
        let expected: Vec<_> = recording.expected.iter().filter(counts).map(what).collect();
        let found: Vec<_> = replayed.lines.iter().filter(counts).filter(is_own).map(what).collect();
        let at = expected.iter().zip(&found).position(|(one, other)| one != other);
        let at = at.or_else(|| (expected.len() != found.len()).then(|| expected.len().min(found.len())))?;
        let type_ = expected.get(at).or(found.get(at)).map_or("", |(type_, ..)| type_);
        Some(format!("{} of {}, number {} of its effects and faults", type_, recording.header.plugin, at + 1))
    })?;
    let text = format!("{name}: redaction changed what the pages do: replayed, {difference}, is another");
    let hint = "the pages look into what was replaced; record with made-up customers, or with --no-redact";
    Some(Notice::warning(text).with_hint(Some(hint)))
}

/// Writes the file anew with what is known now, where that makes a difference.
fn redact_again(path: &Path, redactor: &mut Redactor) -> Result<(), String> {
    let lines: Vec<Line> = Reader::open(path).map_err(|error| error.to_string())?.flatten().collect();
    learn_cookies(&lines, redactor);
    let redacted: Vec<Line> = lines.iter().map(|line| redacted(line, redactor)).collect();
    if redacted == lines {
        return Ok(());
    }
    write_all(path, &redacted).map_err(|error| error.to_string())
}

/// What pages set as cookies and had been answered.
fn learn_cookies(lines: &[Line], redactor: &mut Redactor) {
    let set = lines.iter().filter(|line| line.type_ == SET_COOKIE);
    let set: Vec<&str> = set.filter_map(|line| line.data.get("cookie")?.as_str()).collect();
    if set.is_empty() {
        return;
    }
    let responses = lines.iter().filter(|line| line.type_ == HTTP).filter_map(|line| line.data.get("response"));
    let texts = responses.flat_map(|response| {
        let headers = response.get("headers").and_then(Value::as_array).into_iter().flatten();
        headers.filter_map(|header| header.get(1)).chain(response.get("body")).filter_map(Value::as_str)
    });
    let answers: HashSet<String> = texts.flat_map(words).map(str::to_owned).collect();
    set.into_iter().for_each(|cookie| redactor.learn_cookie(cookie, &answers));
}

/// The lines of a session that was not redacted, redacted.
#[must_use]
pub fn redact_session(lines: &[Line], redactor: &mut Redactor) -> Vec<Line> {
    learn_cookies(lines, redactor);
    let mut all = || lines.iter().map(|line| redact_line(line, redactor)).collect::<Vec<_>>();
    // What is learned late stands in earlier lines as well.
    drop(all());
    all()
}

fn redact_line(line: &Line, redactor: &mut Redactor) -> Line {
    let exchange = if line.type_ == HTTP { Exchange::of_data(&line.data).ok() } else { None };
    match exchange {
        Some(exchange) => Line { data: exchange.data(Some(redactor)), ..redacted(line, redactor) },
        None => {
            let stimulus = Stimulus::from_line(line);
            stimulus.user().into_iter().for_each(|user| redactor.learn_user(user));
            let mut line = redacted(line, redactor);
            if line.type_ == START {
                line.data["redacted"] = true.into();
            }
            line
        }
    }
}

/// A line without what must not be kept.
pub(super) fn redacted(line: &Line, redactor: &mut Redactor) -> Line {
    let mut text = |text: &Option<String>| text.as_ref().map(|text| redactor.text(text));
    let (subject, cause) = (text(&line.subject), text(&line.cause));
    Line {
        id: redactor.text(&line.id),
        source: redactor.text(&line.source),
        type_: line.type_.clone(),
        subject,
        cause,
        data: if line.type_ == START { redacted_header(&line.data, redactor) } else { redactor.json(&line.data) },
        extra: line.extra.iter().map(|(name, value)| (name.clone(), redactor.json(value))).collect(),
        time: line.time,
        seq: line.seq,
        plugin: line.plugin.clone(),
        seat: line.seat.clone(),
    }
}

/// A header without what is a customer's: its numbers, which may look like somebody's, are how the page was opened.
fn redacted_header(data: &Value, redactor: &mut Redactor) -> Value {
    let mut data = data.clone();
    for member in ["user", "storage", "cookies"] {
        if let Some(value) = data.get_mut(member) {
            *value = redactor.json(value);
        }
    }
    data
}

/// A PAGE argument as a recording names it: seen from the recording's folder, so that both can go elsewhere together.
#[must_use]
pub fn page_from(page: &str, recording: &Path) -> String {
    let folder = recording.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let (path, query) =
        page.split_at(page.find(['?', '#']).filter(|_| !Path::new(page).exists()).unwrap_or(page.len()));
    match (folder.canonicalize(), Path::new(path).canonicalize()) {
        (Ok(folder), Ok(real)) if !is_address(page) => format!("{}{query}", relative(&real, &folder).display()),
        _ => page.to_owned(),
    }
}

/// The way from a folder to a path; both are absolute.
fn relative(path: &Path, folder: &Path) -> PathBuf {
    let shared = path.components().zip(folder.components()).take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(shared).map(|_| std::path::Component::ParentDir);
    let way: PathBuf = up.chain(path.components().skip(shared)).collect();
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_from_the_recording_s_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let page = folder.path().join("page/index.html");
        std::fs::create_dir_all(folder.path().join("sessions")).expect("a folder");
        std::fs::create_dir_all(folder.path().join("page")).expect("a folder");
        std::fs::write(&page, "").expect("a file");
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let recording = folder.path().join("sessions/x.jsonl");
        assert_eq!(page_from(&text(&page), &recording), "../page/index.html");
        assert_eq!(page_from(&format!("{}?id=7", text(&page)), &recording), "../page/index.html?id=7");
        assert_eq!(page_from(&text(folder.path()), &recording), "..");
        assert_eq!(page_from(&text(folder.path()), &folder.path().join("x.jsonl")), ".");
        assert_eq!(page_from("http://a.test/x?y", &recording), "http://a.test/x?y");
    }

    #[test]
    fn a_header_keeps_its_numbers() {
        let data = serde_json::json!({ "seed": 110_105_194_912_310_021_u64, "user": "oABC1defGHI2jklMNO3pqrSTU4vw" });
        let written = redacted(&Line::new("w1", "duoke", START, data.clone()), &mut Redactor::new(b"key")).data;
        assert!(written["seed"] == data["seed"] && written["user"] != data["user"], "{written}");
    }

    #[test]
    fn what_is_known_late_goes_from_earlier_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["x.jsonl", "x.jsonl.zst"] {
            let path = folder.path().join(name);
            let line = Line::new("1", "log", "console.log", serde_json::json!({ "text": "see late99secret" }));
            write_all(&path, std::slice::from_ref(&line)).expect("written");
            let mut redactor = Redactor::new(b"key");
            redact_again(&path, &mut redactor).expect("nothing to do");
            redactor.learn("late99secret");
            redact_again(&path, &mut redactor).expect("written again");
            let lines: Vec<Line> = Reader::open(&path).expect("there").flatten().collect();
            assert_eq!(lines, [redacted(&line, &mut redactor)]);
            assert!(!lines[0].data.to_string().contains("late99secret"));
            assert_eq!(folder.path().read_dir().expect("there").count(), 1);
            std::fs::remove_file(&path).expect("there");
        }
    }
}
