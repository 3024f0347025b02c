//! Small pages, looked at as a whole.

use std::fs;

use serde_json::Value;

use super::report::{Report, Verdict};
use super::trial::Make;
use super::{coverage, text};
use crate::host::{Hosted, Names, Plugin, Rights};
use crate::page::PageThread;

/// Looks at `page.html` of a folder with these files.
fn look(files: &[(&str, &str)], with_run: bool) -> Report {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let path = folder.path().join(files[0].0);
    let plugin = Plugin::resolve(path.to_str().unwrap(), &mut Names::default()).unwrap();
    let rights = Rights::new(Vec::new(), Vec::new()).unwrap();
    let network = plugin.network(&rights, None, "kf0001@duoke").unwrap();
    let make: &Make = &|options| Box::new(PageThread::new(options));
    let mut report = coverage("page", Hosted { plugin, network: network.into() }, with_run.then_some(make));
    // The folder is another one each time.
    report.page = files[0].0.to_owned();
    report
}

#[track_caller]
fn check(files: &[(&str, &str)], expected: &str) {
    assert_eq!(text::render(&look(files, true)), expected);
}

const NOTIFY: &str = "function MCS_ClientNotify(s) { external.PutMsg(JSON.stringify({ msg: { head: { random: '1' }, \
                      body: [{ type: 0, content: { text: s } }] } })); }";

#[test]
fn a_page_that_needs_nothing() {
    let expected = "plugin.js: runs; nothing it needs is missing; had 2 effects when told a user and a place\n\n\
                    works\n  MCS_ClientNotify(), external.PutMsg\n";
    check(&[("plugin.js", NOTIFY)], expected);
}

#[test]
fn a_page_that_lacks_something() {
    let page = "<script src=jquery-1.min.js></script>\n<object data=x></object>\n<script>\n\
                if (window.Worker) 1; // SharedWorker\nfunction MCS_ClientNotify() { new SharedWorker('x.js'); }</script>";
    let library = "/*! a library */ if (document.attachEvent) document.attachEvent('on', f);";
    let expected = "\
page.html: loads, with 1 fault; 2 APIs missing

what went wrong
  ReferenceError: SharedWorker is not defined  page.html:5:35 (2 times)

missing
  <object>  page.html:2:1
      nothing is started in it: no Flash, no ActiveX
  SharedWorker  page.html:5:35; touched in the run
      run the code in the page itself

asked for, and done without
  page.html: Worker
  jquery-1.min.js (library): Element#attachEvent

works
  MCS_ClientNotify()
";
    check(&[("page.html", page), ("jquery-1.min.js", library)], expected);
}

#[test]
fn what_is_loaded_while_it_runs_is_scanned_too() {
    let page = "<body><script>var s = document.createElement('script'); s.src = 'more.js'; document.body.appendChild(s);\n\
                var x = new XMLHttpRequest(); x.open('GET', 'part.html'); x.send();</script>";
    let more = "var es = window.EventSource ? 1 : 0; data({ EventSource: 1 });";
    let files = [("page.html", page), ("more.js", more), ("part.html", "<p onclick=\"new Worker('x')\">")];
    let report = look(&files, true);
    let names: Vec<&str> = report.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["page.html", "more.js", "part.html"]);
    assert_eq!(report.json()["summary"]["missing"], 1);
    let scanned = look(&files, false);
    assert_eq!((scanned.files.len(), scanned.verdict()), (1, Verdict::NotRun));
    assert_eq!(scanned.json()["run"], Value::Null);
}

#[test]
fn modules_are_scanned_with_what_they_import() {
    let page = "<script type=module>import { ask } from './more.js'; ask(); new Worker('x');</script>";
    let more = "export const ask = () => window.EventSource ? 1 : 0;";
    let report = look(&[("page.html", page), ("more.js", more)], true);
    let names: Vec<&str> = report.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["page.html", "more.js"]);
    assert_eq!((report.verdict(), &report.json()["summary"]["missing"]), (Verdict::Faults, &Value::from(1)));
}

#[test]
fn the_keys_of_the_json() {
    let json =
        look(&[("page.html", "<script>if (window.Worker) new Worker('x'); alert(1); no()</script>")], true).json();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&json), "page url verdict summary apis files run requests");
    assert_eq!(keys(&json["summary"]), "missing planned stub works guarded faults");
    assert_eq!(keys(&json["apis"][0]), "api status note count count_in_libraries guarded touched places");
    assert_eq!(keys(&json["apis"][0]["places"][0]), "file line column test");
    assert_eq!(keys(&json["files"][0]), "file url library problem hint");
    assert_eq!(keys(&json["run"]), "loaded problem hint ended told effects faults warnings");
    assert_eq!(keys(&json["run"]["faults"][0]), "type count data");
    assert_eq!(keys(&json["requests"][0]), "method url status problem hint");
    assert_eq!((json["apis"][0]["api"].as_str(), json["apis"][0]["guarded"].as_bool()), (Some("Worker"), Some(true)));
    assert_eq!(json["verdict"], "faults");
}

#[test]
fn a_page_that_does_not_load() {
    let report = look(&[("page.html", "PK\u{3}\u{4}\0\0\0\0\0\0")], true);
    assert_eq!(report.verdict(), Verdict::NotLoaded);
    assert!(
        text::render(&report).starts_with("page.html: does not load\n\nwhat went wrong\n"),
        "{}",
        text::render(&report)
    );
}
