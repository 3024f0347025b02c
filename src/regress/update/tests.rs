//! What is rewritten, and above all what is not.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::regress::compare::{Comparison, compare};

const HEAD: &str = r#"{"type":"session.start","plugin":"p","data":{"format":"1.0"}}"#;

fn stimulus(id: &str) -> String {
    format!(r#"{{ "type":"stimulus.mcs.OnUserChange",  "id":"{id}","seq":7,"data":{{"useraccount":"oA"}} }}"#)
}

fn effect(id: &str, cause: &str, title: &str) -> Line {
    let line = Line::new(id, "log", "effect.title", json!({ "title": title }));
    Line { cause: Some(cause.to_owned()), plugin: Some("p".to_owned()), seq: Some(99), ..line }
}

fn recorded(id: &str, title: &str) -> String {
    format!(
        r#"{{"id":"{id}","type":"effect.title","cause":"s1","seq":8,"plugin":"p","data":{{"title":"{title}"}}, "x":1}}"#
    )
}

fn rewrite(text: &str, actual: Vec<Line>) -> String {
    let actual = BTreeMap::from([("p".to_owned(), actual)]);
    String::from_utf8(rewritten(text.as_bytes(), Some("p"), &actual, Strictness::Meaning)).unwrap()
}

fn file(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_changed_changes_and_nothing_else() {
    let (s1, s2, one, two) = (stimulus("s1"), stimulus("s2"), recorded("e1", "one"), recorded("e2", "two"));
    let text = file(&[HEAD, "", &s1, &one, r#"{"type":"console.log","data":{"text":"é"}}"#, &two, &s2, " "]);
    let same = vec![effect("e5", "s1", "one"), effect("e6", "s1", "two")];
    assert_eq!(rewrite(&text, same), text, "what came as it was recorded stays, whatever its name");

    let changed = rewrite(&text, vec![effect("e5", "s1", "uno"), effect("e6", "s1", "two")]);
    let uno = r#"{"specversion":"1.0","id":"e1","source":"","type":"effect.title","seq":8,"cause":"s1","plugin":"p","data":{"title":"uno"}}"#;
    assert_eq!(changed, text.replace(&one, uno), "in its place, under its name");

    let dropped = rewrite(&text, vec![effect("e5", "s1", "two")]);
    assert_eq!(dropped, text.replace(&format!("{one}\n"), ""));

    let more = rewrite(&text, vec![effect("e1", "s1", "one"), effect("e2", "s1", "two"), effect("e3", "s2", "three")]);
    let three = r#"{"specversion":"1.0","id":"e3","source":"log","type":"effect.title","cause":"s2","plugin":"p","data":{"title":"three"}}"#;
    assert_eq!(more, text.replace(&s2, &format!("{s2}\n{three}")), "behind the stimulus that led to it");

    let between = rewrite(&text, vec![effect("e1", "s1", "one"), effect("e2", "s1", "x"), effect("e3", "s1", "two")]);
    let x = r#"{"specversion":"1.0","id":"e2.2","source":"log","type":"effect.title","cause":"s1","plugin":"p","data":{"title":"x"}}"#;
    assert_eq!(between, text.replace(&one, &format!("{one}\n{x}")), "of a name that is free");
}

#[test]
fn other_plugins_keep_theirs() {
    let theirs = recorded("e1", "one").replace(r#""plugin":"p""#, r#""plugin":"q""#);
    let text = file(&[HEAD, &stimulus("s1"), &theirs]);
    assert_eq!(rewrite(&text, vec![]), text);
    let all = BTreeMap::from([("q".to_owned(), vec![])]);
    let left = rewritten(text.as_bytes(), None, &all, Strictness::Meaning);
    assert_eq!(String::from_utf8(left).unwrap(), file(&[HEAD, &stimulus("s1")]));
}

#[test]
fn ends_and_marks_stay() {
    let (one, s1) = (recorded("e1", "one"), stimulus("s1"));
    let text = format!("\u{feff}{HEAD}\r\n{s1}\r\n{one}");
    let changed = rewrite(&text, vec![effect("e1", "s1", "uno"), effect("e2", "s1", "due")]);
    let lines: Vec<&str> = changed.split_inclusive('\n').collect();
    assert_eq!(lines[..2].concat(), format!("\u{feff}{HEAD}\r\n{s1}\r\n"));
    assert!(lines[2..].iter().all(|line| line.ends_with("}\r\n")) && lines.len() == 4, "{changed:?}");
    assert_eq!(rewrite(HEAD, vec![effect("e1", "", "x")]).lines().count(), 2);
    // Behind a last line that a crash cut off there is no end either.
    let cut = format!("{HEAD}\n{s1}\n{one}\n{{\"type\":\"effe");
    assert!(rewrite(&cut, vec![effect("e1", "s1", "uno")]).ends_with("\n{\"type\":\"effe"));
}

#[test]
fn a_compressed_file_stays_one_and_a_changed_one_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = file(&[HEAD, &stimulus("s1"), &recorded("e1", "one")]);
    let actual = BTreeMap::from([("p".to_owned(), vec![effect("e1", "s1", "uno")])]);
    let lines: Vec<Line> = read_lines(text.as_bytes()).into_iter().flatten().collect();
    let (plain, packed) = (folder.path().join("a.jsonl"), folder.path().join("a.jsonl.zst"));
    fs::write(&plain, &text).unwrap();
    fs::write(&packed, zstd::stream::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
    let mut written = Vec::new();
    for path in [&plain, &packed] {
        update(path, &lines, None, &actual, Strictness::Meaning).unwrap();
        let (now, is_compressed) = read(path).unwrap();
        assert_eq!(is_compressed, *path == packed);
        assert_ne!(now, text.as_bytes());
        written.push(now);
        let again = update(path, &lines, None, &actual, Strictness::Meaning);
        assert!(matches!(again, Err(UpdateError::Changed { .. })), "{again:?}");
    }
    assert_eq!(written[0], written[1]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside them");
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_rights_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.jsonl"), folder.path().join("a.jsonl"));
    fs::write(&real, file(&[HEAD, &recorded("e1", "one")])).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.jsonl", &link).unwrap();
    let lines: Vec<Line> = read_lines(&fs::read(&real).unwrap()).into_iter().flatten().collect();
    update(&link, &lines, None, &BTreeMap::from([("p".to_owned(), vec![])]), Strictness::Meaning).unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), format!("{HEAD}\n"));
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o640);
}

/// Physical lines of any kind, in any order, with any end.
fn any_file() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just(String::new()),
        Just("not JSON".to_owned()),
        "s[1-3]".prop_map(|id| stimulus(&id)),
        ("e[1-9]", "[ab]").prop_map(|(id, title)| recorded(&id, &title)),
        "[a-z]{0,3}".prop_map(|text| format!(r#"{{"type":"console.log","plugin":"p","data":{{"text":"{text}"}}}}"#)),
        "[ab]".prop_map(|title| recorded("e1", &title).replace("\"p\"", "\"q\"")),
    ];
    let line = (line, prop_oneof![Just("\n"), Just("\r\n")]);
    let lines = prop::collection::vec(line, 0..12);
    (lines, any::<bool>()).prop_map(|(lines, ends)| {
        let text: String = lines.into_iter().map(|(line, end)| line + end).collect();
        if ends { text } else { text.trim_end_matches(['\r', '\n']).to_owned() }
    })
}

fn any_actual() -> impl Strategy<Value = Vec<Line>> {
    let line = ("e[1-9]", "s[1-3]", "[abc]").prop_map(|(id, cause, title)| effect(&id, &cause, &title));
    prop::collection::vec(line, 0..8)
}

/// The physical lines that are not the plugin's expected ones, without the end of the last.
fn others(text: &str) -> Vec<String> {
    let lines = text.split_inclusive('\n').zip(read_lines(text.as_bytes()));
    let is_his = |line: &Option<Line>| {
        line.as_ref().is_some_and(|line| is_expected(line) && line.plugin.as_deref() == Some("p"))
    };
    lines.filter(|(_, line)| !is_his(line)).map(|(raw, _)| raw.to_owned()).collect()
}

fn expected(text: &str) -> Vec<Line> {
    let lines = read_lines(text.as_bytes()).into_iter().flatten();
    lines.filter(|line| is_expected(line) && line.plugin.as_deref() == Some("p")).collect()
}

proptest! {
    #[test]
    fn other_bytes_stay_and_the_recording_says_what_came(text in any_file(), actual in any_actual()) {
        let now = rewrite(&text, actual.clone());
        let (mut before, mut after) = (others(&text), others(&now));
        // A last line without an end gets one where something comes behind it.
        for last in [before.last_mut(), after.last_mut()].into_iter().flatten() {
            *last = last.trim_end_matches(['\r', '\n']).to_owned();
        }
        prop_assert_eq!(before, after);
        prop_assert_eq!(compare(&expected(&now), &actual, Strictness::Meaning), Comparison::Same);
        let ids: Vec<String> = expected(&now).into_iter().map(|line| line.id).collect();
        let fresh = ids.iter().filter(|id| ids.iter().filter(|other| other == id).count() > 1);
        // Of names that the file has twice it is no fault that they stay so.
        let doubled = expected(&text).into_iter().map(|line| line.id).collect::<Vec<_>>();
        for id in fresh {
            prop_assert!(doubled.iter().filter(|other| *other == id).count() > 1, "{}", id);
        }
        prop_assert_eq!(rewrite(&now, actual), now);
    }
}
