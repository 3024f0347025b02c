//! The catalogue's rows are true, and the scan finds names where they are code.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::testing::page;
use super::scan::{Manner, scan};
use super::*;

/// Whether a page finds a name; none where only markup or the page itself has it.
fn is_there(path: Path<'_>) -> Option<String> {
    let object =
        |name: &str| format!("(typeof {name} === 'object' || typeof {name} === 'function') && {name} !== null");
    match path {
        // The dialects are tested beside their pages.
        Path::Member("external", _) | Path::Global("echatSDK") => None,
        Path::Global(name) => Some(format!("'{name}' in window")),
        Path::Member("document", member) => Some(format!("'{member}' in document")),
        Path::Member(name, member) => Some(format!("{} && '{member}' in {name}", object(name))),
        Path::Instance(name, member) => Some(format!("typeof {name} === 'function' && '{member}' in {name}.prototype")),
        Path::Callback(name) => Some(format!("!('{name}' in window)")),
        Path::Markup(_) => None,
    }
}

#[test]
fn rows_say_what_a_page_finds() {
    let mut page = page("<body>");
    let mut stale = String::new();
    for row in rows() {
        let Some(question) = is_there(row.path()) else { continue };
        let answer = page.show(&format!("out({question})"));
        if answer != row.status.is_there().to_string() {
            let (is, word) = if row.status.is_there() { ("not there", "Missing") } else { ("there", "Works") };
            let (name, status) = (row.name, row.status.name());
            writeln!(stale, "`{name}` is {is}, its row says {status}: write {word} ({answer})").unwrap();
        }
    }
    assert!(stale.is_empty(), "\n{stale}");
}

#[test]
fn rows_are_whole() {
    let mut names = BTreeSet::new();
    for row in rows() {
        assert!(names.insert(row.name), "{} has two rows", row.name);
        assert!(row.status == Status::Works || !row.note.is_empty(), "{} says nothing", row.name);
        assert!(!row.note.ends_with('.'), "{}: a note is no sentence", row.name);
    }
    assert!(legacy::ROWS.iter().all(|row| !row.evidence.is_empty()));
}

#[track_caller]
fn check(code: &str, expected: &[&str]) {
    let shown = |sighting: &scan::Sighting| {
        let mark = if sighting.manner == Manner::Test { "?" } else { "" };
        format!("{}{mark}", sighting.api.name)
    };
    assert_eq!(scan(code).iter().map(shown).collect::<Vec<_>>(), expected, "{code}");
}

#[test]
fn globals_and_members() {
    check("new WebSocket(u); window.FileReader; self['EventSource']", &["WebSocket", "FileReader", "EventSource"]);
    check(
        "navigator.geolocation.watch(f); window.navigator.geolocation",
        &["navigator.geolocation", "navigator.geolocation"],
    );
    check("a.geolocation; a.navigator.geolocation; a.WebSocket", &[]);
    check("el.attachEvent('onclick', f); $(x)[0].attachEvent", &["Element#attachEvent", "Element#attachEvent"]);
    check("window.external.PutMsg(s); external.Notice('')", &["external.PutMsg", "external.Notice"]);
    check("function MCS_ClientNotify(s) {} window.MCS_ClientNotify = f", &["MCS_ClientNotify()", "MCS_ClientNotify()"]);
}

#[test]
fn strings_comments_keys_and_own_names_do_not_count() {
    check("'WebSocket'; // WebSocket\n/* WebSocket */ x = {WebSocket: 1, Worker: 2}; /WebSocket/.test(s)", &[]);
    check("function Range(a) {} new Range(1)", &[]);
    check("window.WebSocket = Fake", &[]);
    check("var self = this; self.find(1); window.print()", &["print"]);
    check("var a = f(1, 2), find = 3; find(a); [].map((open, b) => open(b)); try {} catch (event) { event }", &[]);
    check("x = { open() { return 1 }, close() {} }; function f(print, opera) { print(opera) }", &[]);
    check("document.domain = 'a'; document.cookie = 'b'", &["document.domain", "document.cookie"]);
    check("a = ['WebSocket']; a ? WebSocket : Worker", &["WebSocket", "Worker"]);
}

#[test]
fn questions_are_no_uses() {
    check("if (window.WebSocket) {}", &["WebSocket?"]);
    check("typeof Worker; !window.Worker; 'Worker' in window", &["Worker?", "Worker?", "Worker?"]);
    check("if (typeof window.Blob == 'undefined') {}", &["Blob?"]);
    check("var a = window.AudioContext || window.webkitAudioContext;", &["AudioContext?", "webkitAudioContext"]);
    check("el.attachEvent && el.attachEvent('on', f)", &["Element#attachEvent?", "Element#attachEvent"]);
    check(
        "window.ActiveXObject !== undefined ? new window.ActiveXObject('x') : 0",
        &["ActiveXObject?", "ActiveXObject"],
    );
    check("var msie = document.documentMode", &["document.documentMode?"]);
    check("f(WebSocket)", &["WebSocket"]);
    check("if (!x) return new XMLHttpRequest(); return new ActiveXObject('x')", &["XMLHttpRequest", "ActiveXObject?"]);
}
