//! Verdicts, their order, and what is taken over.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Barrier, Mutex};

use serde_json::json;

use super::*;

const OPTIONS: Options = Options { strictness: Strictness::Meaning, repeat: 1, update: false, jobs: 1 };

fn title(text: &str) -> Line {
    Line { cause: Some("s1".into()), ..Line::new("e1", "log", "effect.title", json!({ "title": text })) }
}

/// Says the same of each page, or what `of` says of the time it is asked.
struct Does<F>(F);

impl<F: Fn(&Case) -> Vec<Played> + Sync> Player for Does<F> {
    fn play(&self, case: &Case) -> Vec<Played> {
        (self.0)(case)
    }

    fn frame(&self, _: &Case, _: &str, _: &Place) -> Option<String> {
        None
    }
}

fn played(lines: Vec<Line>) -> Vec<Played> {
    vec![Played { plugin: "p".into(), lines, ..Played::default() }]
}

const LOG: &str = r#"{"type":"session.start","plugin":"p","data":{}}

{"type":"stimulus.page.reload","id":"s1"}
{"type":"effect.title","id":"e1","plugin":"p","cause":"s1","data":{"title":"one"}}
"#;

fn recordings(count: usize) -> (tempfile::TempDir, Vec<LogFile>) {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (0..count).map(|number| folder.path().join(format!("{number}.jsonl"))).collect();
    paths.iter().for_each(|path| fs::write(path, LOG).unwrap());
    (folder, paths.into_iter().map(LogFile::at).collect())
}

#[track_caller]
fn verdict(player: &dyn Player, options: Options) -> Tested {
    let (_folder, paths) = recordings(1);
    run(&paths, player, options, &mut |_| ()).remove(0)
}

#[test]
fn a_difference_is_explained() {
    let tested = verdict(&Does(|_: &Case| played(vec![title("two")])), OPTIONS);
    assert_eq!((tested.compared, tested.plugins), (1, vec!["p".to_owned()]));
    let Verdict::Different(findings) = tested.verdict else { panic!("{:?}", tested.verdict) };
    let found = &findings[0];
    assert_eq!((found.recorded_at, found.stimulus.as_ref().unwrap().0), (Some(4), 3), "lines are physical ones");
    assert!(found.place.is_none() && found.chat.is_none());
    let fault = Line::new(
        "e2",
        "log",
        "fault.uncaught",
        json!({"message": "m", "url": "u", "line": 7, "file": "f.js", "frame": "7 | x"}),
    );
    let tested = verdict(&Does(move |_: &Case| played(vec![title("one"), fault.clone()])), OPTIONS);
    let found = &tested.verdict.findings()[0];
    assert_eq!((found.place.as_ref().unwrap().line, found.frame.as_deref()), (7, Some("7 | x")));
    assert_eq!((found.recorded_at, found.stimulus.is_none()), (None, true));
}

#[test]
fn verdicts() {
    let trouble = |trouble: Trouble| {
        verdict(
            &Does(move |_: &Case| vec![Played { trouble: Some(trouble.clone()), ..played(vec![]).remove(0) }]),
            OPTIONS,
        )
    };
    let table = [
        (verdict(&Does(|_: &Case| played(vec![title("one")])), OPTIONS), "same"),
        (verdict(&Does(|_: &Case| played(vec![])), OPTIONS), "different"),
        (trouble(Trouble::Page("x".into())), "not_loaded"),
        (trouble(Trouble::Environment("x".into())), "environment"),
        (
            verdict(&Does(|_: &Case| played(vec![Line::new("e", "l", "fault.timeout", json!({}))])), OPTIONS),
            "environment",
        ),
    ];
    for (tested, expected) in table {
        assert_eq!(tested.verdict.as_str(), expected);
        assert_eq!(tested.verdict.is_fine(), expected == "same");
    }
    let (folder, _) = recordings(0);
    let path = folder.path().join("bad.jsonl");
    fs::write(&path, format!("{LOG}nonsense\n")).unwrap();
    let player = Does(|_: &Case| -> Vec<Played> { unreachable!("it cannot be read") });
    assert_eq!(run(&[LogFile::at(path)], &player, OPTIONS, &mut |_| ()).remove(0).verdict.as_str(), "unreadable");
}

/// What the page says at each asking, the last for ever.
fn in_turn(said: &'static [&'static str]) -> impl Fn(&Case) -> Vec<Played> + Sync {
    let asked = Mutex::new(0);
    move |_| {
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        played(vec![title(said[(*asked).min(said.len()) - 1])])
    }
}

#[test]
fn what_differs_from_run_to_run_is_a_bug_of_ours() {
    let table: [(&'static [&'static str], usize, &str); 6] = [
        (&["one", "two"], 1, "same"),
        (&["one", "two"], 2, "flaky"),
        (&["one", "one", "one", "two"], 3, "same"),
        (&["one", "one", "one", "two"], 4, "flaky"),
        // A difference is doubted without being asked to.
        (&["two", "one"], 1, "flaky"),
        (&["two", "two", "one"], 1, "different"),
    ];
    for (said, repeat, expected) in table {
        let tested = verdict(&Does(in_turn(said)), Options { repeat, ..OPTIONS });
        assert_eq!(tested.verdict.as_str(), expected, "{said:?} {repeat}");
        assert_eq!(tested.verdict.findings().len(), usize::from(expected != "same"));
    }
}

#[test]
fn what_differs_is_taken_over_and_then_the_same() {
    let (_folder, paths) = recordings(1);
    let player = Does(|_: &Case| played(vec![title("two"), title("three")]));
    let mut verdicts = Vec::new();
    for update in [false, true, false, true] {
        let tested = run(&paths, &player, Options { update, ..OPTIONS }, &mut |_| ()).remove(0);
        verdicts.push(tested.verdict.as_str());
    }
    assert_eq!(verdicts, ["different", "updated", "same", "same"]);
    let flaky = Does(in_turn(&["x", "y"]));
    let before = fs::read(&paths[0].path).unwrap();
    let tested = run(&paths, &flaky, Options { update: true, ..OPTIONS }, &mut |_| ()).remove(0);
    assert_eq!((tested.verdict.as_str(), fs::read(&paths[0].path).unwrap()), ("flaky", before));
}

#[test]
fn the_order_is_that_of_the_paths_and_jobs_run_beside_each_other() {
    let (_folder, paths) = recordings(9);
    // None of three comes back before all three have begun.
    let barrier = Barrier::new(3);
    let seen = Mutex::new(BTreeSet::new());
    let player = Does(|case: &Case| {
        barrier.wait();
        seen.lock().unwrap().insert(case.name.clone());
        played(vec![title("one")])
    });
    let mut told = Vec::new();
    let all =
        run(&paths, &player, Options { jobs: 3, ..OPTIONS }, &mut |tested| told.push(LogFile::at(tested.path.clone())));
    assert_eq!(told, paths);
    assert_eq!(all.iter().map(|tested| LogFile::at(tested.path.clone())).collect::<Vec<_>>(), paths);
    assert_eq!(seen.lock().unwrap().len(), 9);
    assert!(run(&[], &player, OPTIONS, &mut |_| ()).is_empty());
}

#[test]
fn numbers_are_compared_as_a_file_has_them() {
    let log = LOG.replace(r#"{"title":"one"}"#, r#"{"title":1.0}"#);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    fs::write(&path, log).unwrap();
    let player = Does(|_: &Case| {
        let line = Line { subject: Some(String::new()), data: json!({"title": 1.0_f64}), ..title("") };
        played(vec![line])
    });
    assert_eq!(run(&[LogFile::at(path)], &player, OPTIONS, &mut |_| ()).remove(0).verdict.as_str(), "same");
}
