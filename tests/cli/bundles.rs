//! `duoke sessions export`, bundles as `test` and `replay` take them, and `sessions import` of one.

use std::path::Path;

use crate::bench::{Bench, Ended, interrupt};

const PAGE: &str = r#"<!DOCTYPE html><meta charset="utf-8"><script src="js/own.js"></script><script src="http://cdn.test/lib.js"></script><script>
var own = new XMLHttpRequest();
own.open("GET", "data/数据.json", false);
own.send();
function MCS_ClientNotify(text) { put(lib + " " + own.responseText + " " + location.search.indexOf("id=7")); }
</script>"#;
const OWN: &str = "function put(text) { window.external.PutMsg(JSON.stringify({ msg: { body: [{ type: 0, content: { text: text } }] } })); }";

#[track_caller]
fn ends(ended: &Ended, code: i32, with: &[&str]) {
    assert_eq!(ended.code, code, "{}\n{}", ended.out, ended.err);
    for part in with {
        assert!(ended.out.contains(part) || ended.err.contains(part), "no {part:?} in\n{}\n{}", ended.out, ended.err);
    }
}

/// A plugin with all that must not go along, and two recordings of it.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("p/page/index.html", PAGE);
    bench.write("p/page/js/own.js", OWN);
    bench.write("p/page/data/数据.json", "{\"own\":1}");
    bench.write("p/vendor/lib.js", "var lib = 'lib';");
    let toml = "name = \"it\"\npage = \"page/index.html?id=7\"\n[replace]\n\"http://cdn.test/lib.js\" = \"vendor/lib.js\"\n\
                [echat]\ntoken = \"t0ken-of-echat\"\n";
    bench.write("p/plugin.toml", toml);
    for private in [
        ".env",
        ".git/config",
        "duoke.toml.bak",
        "state/store.sqlite",
        "README.md",
        "page/unused.js",
        "page/.hidden.js",
    ] {
        bench.write(&format!("p/{private}"), "pr1vate-thing");
    }
    bench.write("log.jsonl", "{\"event\":\"OnUserChange\",\"useraccount\":\"oA\"}\n");
    bench.write("p/sessions/.keep", "");
    for name in ["1.jsonl", "2.jsonl.zst"] {
        let file = format!("p/sessions/{name}");
        let run = bench.run(&["run", "p", "--events", "log.jsonl", "--record", &file]);
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        assert!(run.out.contains("lib {\\\"own\\\":1} 1"), "{}", run.out);
    }
    bench
}

/// Everything below a folder, relative to it.
fn files(folder: &Path) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(at) = open.pop() {
        for path in at.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn it_replays_where_the_plugin_never_was() {
    let bench = bench();
    let (one, two) = ("p/sessions/1.jsonl", "p/sessions/2.jsonl.zst");
    let export = bench.run(&["sessions", "export", one, two, "-o", "b.tar.zst"]);
    ends(&export, 0, &["b.tar.zst: 2 recordings, 7 files, "]);
    let left_out = "note: left out, since no page asked for it: it/.env, it/.git/, it/README.md, it/duoke.toml.bak, \
                    it/page/.hidden.js, it/page/unused.js, it/sessions/, it/state/\n";
    assert_eq!(export.err, left_out);
    let again = bench.run(&["sessions", "export", one, two, "-o", "again.tar.zst"]);
    assert_eq!(again.code, 0);
    let bytes = |name: &str| std::fs::read(bench.path(name)).unwrap();
    assert_eq!(bytes("b.tar.zst"), bytes("again.tar.zst"));
    let there = bench.run(&["replay", one]);
    assert_eq!(bench.run(&["sessions", "export", one, "-o", "one.tar.zst"]).code, 0);

    let elsewhere = Bench::new();
    for name in ["b.tar.zst", "one.tar.zst"] {
        elsewhere.write(name, bytes(name));
    }
    drop(bench);
    ends(&elsewhere.run(&["test", "b.tar.zst"]), 0, &["2 recordings: 2 as recorded\n"]);
    let filtered = elsewhere.run(&["test", "b.tar.zst", "--filter", "path(b.tar.zst/sessions/1.jsonl)"]);
    ends(&filtered, 0, &["1 recording: 1 as recorded; 1 not chosen"]);
    let replayed = elsewhere.run(&["replay", "one.tar.zst"]);
    assert_eq!((replayed.code, replayed.out.as_str(), replayed.err.as_str()), (0, there.out.as_str(), ""));
    ends(&elsewhere.run(&["replay", "b.tar.zst"]), 2, &["several recordings: b.tar.zst/sessions/1.jsonl, "]);
    ends(&elsewhere.run(&["test", "b.tar.zst", "--update"]), 2, &["a bundle is not changed", "sessions import"]);

    let unpacked = elsewhere.run(&["sessions", "import", "b.tar.zst", "-o", "mine"]);
    ends(&unpacked, 0, &["mine/sessions/1.jsonl\nmine/sessions/2.jsonl\n"]);
    let plugin = ["page/data/数据.json", "page/index.html", "page/js/own.js", "plugin.toml", "vendor/lib.js"];
    let plugin: Vec<String> = plugin.iter().map(|file| format!("plugins/it/{file}")).collect();
    let all = [plugin, vec!["sessions/1.jsonl".to_owned(), "sessions/2.jsonl".to_owned()]].concat();
    assert_eq!(files(Path::new(&elsewhere.path("mine"))), all);
    for file in &all {
        let text = elsewhere.read(&format!("mine/{file}"));
        assert!(!text.contains("t0ken-of-echat") && !text.contains("pr1vate-thing"), "{file}: {text}");
    }
    ends(&elsewhere.run(&["test", "mine"]), 0, &["2 recordings: 2 as recorded\n"]);
    ends(&elsewhere.run(&["sessions", "import", "b.tar.zst", "-o", "mine"]), 2, &["mine: is there already"]);
    ends(&elsewhere.run(&["sessions", "import", "b.tar.zst", "-o", "x", "--page", "y"]), 2, &["is a bundle"]);
    // What fails there is told with the page's line.
    let page = elsewhere.read("mine/plugins/it/page/js/own.js").replace("type: 0", "type: 7");
    elsewhere.write("mine/plugins/it/page/js/own.js", page);
    ends(&elsewhere.run(&["test", "mine"]), 100, &["page/js/own.js:1:"]);
}

#[test]
fn a_page_that_is_a_file_takes_nothing_of_its_folder_along() {
    let bench = Bench::new();
    bench.write("page.html", "<script src=own.js></script><script>function MCS_ClientNotify() { put(1) }</script>");
    bench.write("own.js", OWN);
    bench.write("diary.txt", "pr1vate-thing");
    bench.write("log.jsonl", "{\"event\":\"OnUserChange\",\"useraccount\":\"oA\"}\n");
    let run = bench.run(&["run", "page.html?a=b", "--events", "log.jsonl", "--record", "x.jsonl", "--no-redact"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let export = bench.run(&["sessions", "export", "x.jsonl", "-o", "x.tar.zst"]);
    ends(&export, 0, &["1 recording, 3 files", "warning: x.jsonl: what is personal or secret stands in it as it is"]);
    let elsewhere = Bench::new();
    elsewhere.write("x.tar.zst", std::fs::read(bench.path("x.tar.zst")).unwrap());
    drop(bench);
    assert_eq!(elsewhere.run(&["replay", "x.tar.zst"]).out, run.out);
    assert_eq!(elsewhere.run(&["sessions", "import", "x.tar.zst", "-o", "to"]).code, 0);
    let all = ["plugins/page/own.js", "plugins/page/page.html", "sessions/x.jsonl"];
    assert_eq!(files(Path::new(&elsewhere.path("to"))), all);
}

#[test]
fn what_a_bundle_cannot_take_is_said() {
    let bench = bench();
    let export = |file: &str, to: &str| bench.run(&["sessions", "export", file, "-o", to]);
    // What is replaced by something outside of the folder: it is not the same without.
    bench.write("lib.js", "var lib = 'lib';");
    let toml = bench.read("p/plugin.toml");
    bench.write("p/plugin.toml", toml.replace("vendor/lib.js", "../lib.js"));
    let outside = export("p/sessions/1.jsonl", "a.tar.zst");
    ends(&outside, 102, &["lib.js: lies outside of the plugin's folder", "names a file outside of it"]);
    // A secret in a page's file.
    bench.write("p/plugin.toml", &toml);
    bench.write("p/page/js/own.js", format!("{OWN} var secret = 't0ken-of-echat';"));
    let secret = export("p/sessions/1.jsonl", "b.tar.zst");
    ends(&secret, 100, &["page/js/own.js: a secret stands in it", "does something else out of the bundle than here"]);
    assert!(!secret.err.contains("t0ken") && !secret.out.contains("t0ken"));
    // One that cannot be taken out.
    bench.write(
        "p/plugin.toml",
        format!("echat = {{ token = \"t0ken-of-echat\" }}\n{}", toml.split("[echat]").next().unwrap()),
    );
    ends(&export("p/sessions/1.jsonl", "c.tar.zst"), 3, &["it: cannot be packed", "a line of its own"]);
    ends(&export("log.jsonl", "d.tar.zst"), 102, &["is no recording"]);
    ends(&export("none.jsonl", "d.tar.zst"), 102, &["cannot be opened"]);
    ends(&export("p/sessions/1.jsonl", "log.jsonl"), 2, &["log.jsonl: is there already"]);
    // Something that looks like one.
    let mut block = vec![0; 257];
    block.extend_from_slice(b"ustar");
    bench.write("bad.tar.zst", zstd::stream::encode_all(block.as_slice(), 1).unwrap());
    for command in
        [&["test", "bad.tar.zst"][..], &["replay", "bad.tar.zst"], &["sessions", "import", "bad.tar.zst", "-o", "to"]]
    {
        ends(&bench.run(command), 102, &["bad.tar.zst: is no bundle that could be unpacked", "hint: "]);
    }
}

#[cfg(unix)]
#[test]
fn nothing_of_a_bundle_stays_where_its_test_is_interrupted() {
    let bench = bench();
    ends(&bench.run(&["sessions", "export", "p/sessions/1.jsonl", "-o", "b.tar.zst"]), 0, &[]);
    std::fs::create_dir(bench.path("tmp")).unwrap();
    // So often that it does not end by itself.
    let mut command = bench.command(&["test", "b.tar.zst", "--repeat", "1000000"]);
    command.env("TMPDIR", bench.path("tmp"));
    let mut child = Bench::start(command);
    let unpacked = || files(Path::new(&bench.path("tmp")));
    while !unpacked().iter().any(|file| file.ends_with("plugin.toml")) {
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
        std::thread::yield_now();
    }
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(Path::new(&bench.path("tmp")).read_dir().unwrap().count(), 0);
}
