//! `duoke sessions shrink` and `duoke test --against`, with recordings made by `duoke run --record`.

use std::path::Path;

use serde_json::Value;

use crate::bench::{Bench, Ended};

/// It answers each customer, with jQuery; RULE says what else is so.
const PAGE: &str = r##"<!DOCTYPE html><meta charset="utf-8"><script src="jquery.js"></script><ul id="log"></ul><script>
var seen = {}, count = 0;
function put(text) {
  var msg = { msg: { head: { random: String(Math.random()) }, body: [{ type: 0, content: { text: text } }] } };
  window.external.PutMsg(JSON.stringify(msg));
}
function MCS_ClientNotify(text) {
  var event = $.parseJSON(text), user = event.useraccount;
  $("<li>").text(user).appendTo("#log");
  seen[user] = true;
  count += 1;
  var hello = "您好 " + user;
  /*RULE*/
  put(hello);
  setTimeout(function () { put($("#log li:last").text() + " 再见"); }, 200);
}
</script>"##;
/// Wrong for one customer, once two others were there.
const WRONG: &str = "if (seen.o007 && seen.o031 && user === 'o040') hello = 'wrong';";

#[track_caller]
fn ends(ended: &Ended, code: i32, with: &[&str]) {
    assert_eq!(ended.code, code, "{}\n{}", ended.out, ended.err);
    for part in with {
        assert!(ended.out.contains(part) || ended.err.contains(part), "no {part:?} in\n{}\n{}", ended.out, ended.err);
    }
}

/// A recording of so many stimuli of a page that is right, and the page with a rule in it.
fn bench(stimuli: usize, right: &str, now: &str) -> Bench {
    let bench = Bench::new();
    let jquery = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/libraries/node_modules/jquery-1.11/dist/jquery.js");
    let jquery = std::fs::read(jquery).expect("the libraries are installed by scripts/test");
    for (folder, rule) in [("p", right), ("good", right)] {
        bench.write(&format!("{folder}/jquery.js"), &jquery);
        bench.write(&format!("{folder}/page.html"), PAGE.replace("/*RULE*/", rule));
        bench.write(&format!("{folder}/plugin.toml"), format!("name = \"{folder}\"\npage = \"page.html\"\n"));
    }
    let event = |number| format!("{{\"event\":\"OnUserChange\",\"useraccount\":\"o{:03}\"}}\n", number % 50);
    bench.write("log.jsonl", (0..stimuli).map(event).collect::<String>());
    bench.write("p/sessions/.keep", "");
    let file = "p/sessions/it.jsonl";
    let run = bench.run(&["run", "p", "--events", "log.jsonl", "--record", file, "--no-redact"]);
    assert_eq!(run.code, 0, "{}", run.err);
    bench.write("p/page.html", PAGE.replace("/*RULE*/", now));
    bench
}

fn stimuli(bench: &Bench, file: &str) -> Vec<String> {
    let lines = bench.read(file);
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told = lines.filter(|line| line["type"].as_str().unwrap().starts_with("stimulus."));
    told.map(|line| line["subject"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn five_hundred_become_three() {
    let bench = bench(500, "", WRONG);
    let before = bench.read("p/sessions/it.jsonl");
    let shrunk = bench.run(&["sessions", "shrink", "p/sessions/it.jsonl"]);
    ends(&shrunk, 0, &["p/sessions/it.shrunk.jsonl: 3 of 500 stimuli left, after "]);
    assert_eq!(shrunk.err, "");
    assert_eq!(stimuli(&bench, "p/sessions/it.shrunk.jsonl"), ["o007", "o031", "o040"]);
    assert_eq!(bench.read("p/sessions/it.jsonl"), before);
    ends(&bench.run(&["test", "p/sessions/it.shrunk.jsonl"]), 100, &["您好 o040", "wrong", "1 recording: 1 different"]);
    // Once the page is right again it passes.
    bench.write("p/page.html", PAGE);
    ends(&bench.run(&["test", "p"]), 0, &["2 recordings: 2 as recorded"]);
}

#[test]
fn where_it_goes_and_what_is_not_replaced() {
    let bench = bench(45, "", WRONG);
    let shrink = |more: &[&str]| bench.run(&[&["sessions", "shrink", "p/sessions/it.jsonl"], more].concat());
    bench.write("small.jsonl", "mine\n");
    ends(&shrink(&["-o", "small.jsonl"]), 2, &["small.jsonl: is there already", "--force"]);
    ends(&shrink(&["-o", "p/sessions/it.jsonl"]), 2, &["is there already"]);
    assert_eq!(bench.read("small.jsonl"), "mine\n");
    // Elsewhere, compressed: the page is still found.
    ends(&shrink(&["-o", "small.jsonl.zst"]), 0, &["3 of 45 stimuli"]);
    ends(&bench.run(&["test", "small.jsonl.zst"]), 100, &["wrong"]);
    ends(&shrink(&["-o", "none/small.jsonl"]), 96, &["cannot be written"]);
    // In its own place, because that is asked for; then there is nothing more to take away.
    ends(&shrink(&["-o", "p/sessions/it.jsonl", "--force", "--jobs", "1"]), 0, &["3 of 45 stimuli"]);
    ends(&shrink(&["--jobs", "3"]), 0, &["3 of 3 stimuli"]);
    assert_eq!(bench.read("p/sessions/it.shrunk.jsonl"), bench.read("p/sessions/it.jsonl"));
}

#[test]
fn what_cannot_be_shrunk() {
    let bench = bench(2, "", "");
    let shrink = |file: &str, more: &[&str]| bench.run(&[&["sessions", "shrink", file], more].concat());
    ends(&shrink("p/sessions/it.jsonl", &[]), 4, &["p/sessions/it.jsonl: does not fail", "hint: "]);
    ends(&shrink("p/sessions/it.jsonl", &["--good", "good"]), 4, &["both versions do the same"]);
    ends(&shrink("p/sessions/it.jsonl", &["--good", "none"]), 103, &["none: there is no such file"]);
    ends(&shrink("log.jsonl", &[]), 102, &["is no recording"]);
    ends(&shrink("none.jsonl", &[]), 102, &["cannot be opened"]);
    bench.write("bad.jsonl", format!("{}nonsense\n", bench.read("p/sessions/it.jsonl")));
    ends(&shrink("bad.jsonl", &[]), 102, &["not JSON"]);
    std::fs::remove_file(bench.path("p/page.html")).unwrap();
    ends(&shrink("p/sessions/it.jsonl", &[]), 103, &["p/sessions/it.jsonl: p: "]);
    assert!(!Path::new(&bench.path("p/sessions/it.shrunk.jsonl")).exists());
}

#[test]
fn beside_a_version_that_is_right_what_it_remembers_does_not_matter() {
    let counts = "hello += ' number ' + count;";
    let bench = bench(45, counts, &format!("{counts} if (user === 'o040') hello = 'Number ' + count;"));
    ends(&bench.run(&["sessions", "shrink", "p/sessions/it.jsonl"]), 0, &["41 of 45 stimuli"]);
    let beside = bench.run(&["sessions", "shrink", "p/sessions/it.jsonl", "--good", "good", "--force"]);
    ends(&beside, 0, &["1 of 45 stimuli"]);
    assert!(bench.read("p/sessions/it.shrunk.jsonl").contains("您好 o040 number 1"));
    ends(&bench.run(&["test", "p/sessions/it.shrunk.jsonl", "--against", "good"]), 0, &["1 as recorded; against good"]);
    ends(&bench.run(&["test", "p/sessions/it.shrunk.jsonl"]), 100, &["您好 o040 number 1", "Number 1"]);
}

#[test]
fn another_version() {
    let bench = bench(3, "", "");
    bench.write("next/page.html", PAGE.replace("您好", "你好"));
    bench.write("next/jquery.js", bench.read("p/jquery.js"));
    bench.write("next/plugin.toml", "name = \"p\"\npage = \"page.html\"\n");
    let before = bench.read("p/sessions/it.jsonl");
    // By its name it finds its recordings; a version under another name has to be told which.
    ends(
        &bench.run(&["test", "--against", "next"]),
        100,
        &["+           \"text\": \"你好 o000\"", "1 different; against next"],
    );
    ends(&bench.run(&["test", "--against", "good"]), 4, &["none of 1 recordings is of a page", "hint: "]);
    ends(&bench.run(&["test", "p", "--against", "good"]), 0, &["1 recording: 1 as recorded; against good"]);
    ends(&bench.run(&["test", "p", "--against", "good/page.html"]), 0, &["1 as recorded"]);
    let json: Value =
        serde_json::from_str(&bench.run(&["test", "p", "--against", "next", "--reporter", "json"]).out).unwrap();
    assert_eq!((&json["against"], &json["summary"]["different"]), (&"next".into(), &1.into()));
    let junit = bench.run(&["test", "p", "--against", "next", "--reporter", "junit"]);
    assert!(junit.out.contains("duoke test --against next"), "{}", junit.out);
    let github = bench.run(&["test", "p", "--against", "next", "--reporter", "github"]).out;
    assert!(github.contains("::error file=p/sessions/it.jsonl"), "not a file of the other version: {github}");
    // Nothing is rewritten or remembered.
    ends(&bench.run(&["test", "--against", "next", "--update"]), 2, &["--update", "--against"]);
    assert_eq!(bench.read("p/sessions/it.jsonl"), before);
    assert!(!Path::new(&bench.path(".duoke")).exists());
    ends(&bench.run(&["test", "p", "--against", "none"]), 103, &["none: there is no such file"]);
    ends(&bench.run(&["test", "p", "--against", "http://a.test/"]), 2, &["answered by the recordings"]);
    bench.write("next/plugin.toml", "nonsense = 1\n");
    ends(&bench.run(&["test", "p", "--against", "next"]), 3, &["plugin.toml"]);
}

#[test]
fn of_several_pages_the_one_of_its_name() {
    let bench = bench(1, "", "");
    let run = ["run", "p", "good", "--events", "log.jsonl", "--record", "both.jsonl", "--no-redact"];
    assert_eq!(bench.run(&run).code, 0);
    bench.write("next/page.html", PAGE.replace("您好", "你好"));
    bench.write("next/jquery.js", bench.read("p/jquery.js"));
    bench.write("next/plugin.toml", "name = \"good\"\npage = \"page.html\"\n");
    let told = bench.run(&["test", "both.jsonl", "--against", "next", "--reporter", "json"]);
    let json: Value = serde_json::from_str(&told.out).unwrap();
    let differences = json["recordings"][0]["differences"].as_array().unwrap();
    assert_eq!((differences.len(), &differences[0]["plugin"]), (1, &"good".into()));
    bench.write("next/plugin.toml", "page = \"page.html\"\n");
    let told = bench.run(&["test", "both.jsonl", "p/sessions", "--against", "next"]);
    ends(
        &told,
        100,
        &["note: both.jsonl is left out: of its pages (p, good) none is called next", "1 recording: 1 different"],
    );
}
