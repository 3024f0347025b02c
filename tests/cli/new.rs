//! `duoke new`: what it writes works at once, and its recordings are what `duoke run --record` makes of it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::bench::{Bench, Ended};

const DIALECTS: [&str; 3] = ["mcs", "echat", "both"];
/// What the plugin is called when its recordings are made; `template.rs` has the same.
const RECORDED_NAME: &str = "duoke-new-template";

/// A page of an unoptimised build meets no deadline.
fn run(bench: &Bench, arguments: &[&str]) -> Ended {
    let mut command = bench.command(arguments);
    for deadline in ["TURN_SOFT_MS", "TURN_HARD_MS"] {
        command.env(format!("DUOKE_LIMITS_{deadline}"), "60000");
    }
    Bench::finish(command)
}

/// Makes a plugin.
#[track_caller]
fn new(bench: &Bench, name: &str, dialect: &str) {
    let ended = run(bench, &["new", name, "--dialect", dialect]);
    assert_eq!(ended.code, 0, "{}", ended.err);
}

/// Records its log, beside what it brought along.
#[track_caller]
fn record(bench: &Bench, name: &str) {
    let (events, to) = (format!("{name}/events/first.jsonl"), format!("{name}/again.jsonl"));
    let ended = run(bench, &["run", name, "--events", &events, "--record", &to, "--no-redact"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
}

/// What a recording says, without what the machine and the version of the program add to it.
fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines
        .map(|mut line: Value| {
            for member in ["limits", "host", "boa", "settings", "page"] {
                let _ = line["data"].as_object_mut().map(|data| data.shift_remove(member));
            }
            line
        })
        .collect()
}

fn texts(ended: &Ended) -> Vec<(String, String)> {
    let sent = ended.lines().into_iter().filter_map(|line| {
        let data = &line["data"];
        let text = data["msg"]["body"][0]["content"]["text"].as_str().or_else(|| data["arguments"][0].as_str())?;
        Some((line["subject"].as_str().unwrap_or_default().to_owned(), text.to_owned()))
    });
    sent.filter(|(subject, _)| !subject.is_empty()).collect()
}

#[test]
fn a_new_plugin_passes_its_test_and_a_change_of_the_page_fails_it() {
    for dialect in DIALECTS {
        let bench = Bench::new();
        new(&bench, "plugins/my plugin", dialect);
        let tested = run(&bench, &["test", "plugins/my plugin"]);
        assert_eq!(tested.code, 0, "{dialect}: {}{}", tested.out, tested.err);
        assert!(
            format!("{}{}", tested.out, tested.err).contains("1 as recorded"),
            "{dialect}: {}{}",
            tested.out,
            tested.err
        );
        assert!(!tested.out.contains("nobody recorded"), "{dialect}: {}", tested.out);
        let ran = run(&bench, &["run", "plugins/my plugin", "--events", "plugins/my plugin/events/first.jsonl"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{dialect}");
        let sent = texts(&ran);
        let [wang, li] = ["oDemoWangFang00000000000000002", "oDemoLiHua0000000000000000001"];
        let said = |who: &str, what: &str| sent.iter().any(|(to, text)| to == who && text.contains(what));
        assert!(said(li, "请问有什么可以帮您"), "{dialect}: {sent:?}");
        assert!(said(li, "七天内可以退换"), "a click, {dialect}: {sent:?}");
        assert!(said(wang, "稍等"), "a form, {dialect}: {sent:?}");
        let answered = if dialect == "both" { said(wang, "9:00-21:00") } else { said(li, "9:00-21:00") };
        assert!(answered, "a question, {dialect}: {sent:?}");
        let faults: Vec<Value> =
            ran.lines().into_iter().filter(|line| line["type"].as_str().unwrap().starts_with("fault.")).collect();
        assert!(faults.is_empty(), "{dialect}: {faults:?}");
        let app = bench.read("plugins/my plugin/page/app.js");
        bench.write("plugins/my plugin/page/app.js", app.replace("七天内", "十天内"));
        let tested = run(&bench, &["test", "plugins/my plugin"]);
        assert_eq!(tested.code, 100, "{dialect}: {}{}", tested.out, tested.err);
        assert!(tested.out.contains("十天内"), "{dialect}: {}", tested.out);
    }
}

/// `DUOKE_UPDATE=1` records them anew.
#[test]
fn its_recording_is_what_a_run_records() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/new_command/templates");
    for dialect in DIALECTS {
        let bench = Bench::new();
        if std::env::var_os("DUOKE_UPDATE").is_some() {
            new(&bench, RECORDED_NAME, dialect);
            let brought = PathBuf::from(bench.path(&format!("{RECORDED_NAME}/sessions/first.jsonl")));
            std::fs::remove_file(&brought).unwrap();
            let events = format!("{RECORDED_NAME}/events/first.jsonl");
            let to = format!("{RECORDED_NAME}/sessions/first.jsonl");
            let recorded = bench.run(&["run", RECORDED_NAME, "--events", &events, "--record", &to, "--no-redact"]);
            assert_eq!((recorded.code, recorded.err.as_str()), (0, ""));
            std::fs::copy(&brought, templates.join(dialect).join("sessions/first.jsonl")).unwrap();
            continue;
        }
        new(&bench, "快捷 回复", dialect);
        record(&bench, "快捷 回复");
        let brought = bench.read("快捷 回复/sessions/first.jsonl");
        let again = bench.read("快捷 回复/again.jsonl");
        assert_eq!(lines(&brought), lines(&again), "{dialect}: DUOKE_UPDATE=1 records it anew");
        assert!(!brought.contains(RECORDED_NAME), "{dialect}");
        assert_eq!(lines(&brought)[0]["data"]["plugin"], json!("快捷 回复"));
    }
}

#[test]
fn what_is_there_stays_and_names_are_checked() {
    let bench = Bench::new();
    let ended = run(&bench, &["new", "hello", "--title", "<常见> & 问题"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.out.starts_with("hello/plugin.toml\nhello/README.md\n"), "{}", ended.out);
    assert!(ended.err.contains("`duoke dev hello`") && ended.err.contains("`duoke test hello`"), "{}", ended.err);
    assert!(bench.read("hello/page/index.html").contains("<title>&lt;常见> &amp; 问题</title>"));
    let left: Vec<&str> = ended.out.lines().filter(|path| bench.read(path).contains("{{")).collect();
    assert!(left.is_empty(), "{left:?}");
    let before = bench.read("hello/page/app.js");
    let again = run(&bench, &["new", "hello"]);
    assert!(again.code == 2 && again.err.contains("something in it"), "{}", again.err);
    bench.write("file", "x");
    assert_eq!(run(&bench, &["new", "file"]).code, 2);
    assert_eq!((bench.read("hello/page/app.js"), bench.read("file")), (before, "x".to_owned()));
    std::fs::create_dir(bench.path("empty")).unwrap();
    assert_eq!(run(&bench, &["new", "empty"]).code, 0);
    let long = "x".repeat(61);
    for wrong in [".", "..", "/", "a/..", "-x.", ".hidden", "a\"b", "a\nb", "${x}", &long] {
        let ended = run(&bench, &["new", "--", wrong]);
        assert!(ended.code == 2 && ended.err.contains("error: "), "{wrong}: {}", ended.err);
    }
    for wrong in ["", " ", "a\nb", &long] {
        let ended = run(&bench, &["new", "other", "--title", wrong]);
        assert!(ended.code == 2 && ended.err.contains("--title"), "{wrong}: {}", ended.err);
    }
    assert!(!Path::new(&bench.path("other")).exists());
}
