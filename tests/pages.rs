//! Runs every self-checking page of `tests/pages`: a page loads `testing.js`, calls `check(name, actual, expected)`, and
//! `done()` at its end. What it prints decides. A page may name the faults it provokes in `<meta name="faults">`.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duoke::base::limits::{CLOCK_START_MS, PAGE_STACK_BYTES, SETTLE_MS_DEFAULT};
use duoke::engine::event_loop::Output;
use duoke::net::{CookieJar, Folder, Guard, PluginNetwork};
use duoke::page::{Page, PageOptions, Source};
use duoke::webapi::world::Settings;

fn pages() -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages")]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "html") && !path.to_string_lossy().contains("/parts/") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The lines a page printed, and its faults by type.
fn run(path: &Path) -> (Vec<String>, Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folder = Folder::open("tests", &root).unwrap();
    let url = folder.url_of(&path.strip_prefix(&root).unwrap().to_string_lossy()).unwrap();
    let cookies = Arc::new(CookieJar::new());
    let network = PluginNetwork::new(Guard::new()).with_folder(folder).with_cookies(cookies.clone());
    let options = PageOptions {
        source: Source::Document(url),
        network: Arc::new(network),
        cookies,
        settings: Settings::default(),
        start: CLOCK_START_MS,
        seed: 1,
        realtime: false,
    };
    let thread = std::thread::Builder::new().stack_size(PAGE_STACK_BYTES).spawn(move || {
        let mut page = Page::open(options, SETTLE_MS_DEFAULT).unwrap();
        let (mut lines, mut faults) = (Vec::new(), Vec::new());
        for emission in page.take_turn().emissions {
            match emission.output {
                Output::Console(console) => lines.push(console.text),
                Output::Fault(fault) => faults.push(format!("{} {}", fault.type_name(), fault.data())),
                Output::Effect(_) => {}
            }
        }
        (lines, faults)
    });
    thread.unwrap().join().unwrap()
}

fn expected_faults(path: &Path) -> Vec<String> {
    let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    let Some((_, rest)) = text.split_once("<meta name=\"faults\" content=\"") else { return Vec::new() };
    rest.split('"').next().unwrap().split_whitespace().map(str::to_owned).collect()
}

#[test]
fn every_page_checks_itself() {
    let only = std::env::var("DUOKE_TEST_PAGE").ok();
    let mut failures = String::new();
    let mut checks = 0;
    for path in pages() {
        if only.as_ref().is_some_and(|only| !path.to_string_lossy().contains(only)) {
            continue;
        }
        let (lines, faults) = run(&path);
        checks += lines.iter().filter(|line| line.starts_with("ok ")).count();
        let bad: Vec<&String> = lines.iter().filter(|line| line.starts_with("not ok")).collect();
        let is_done = lines.iter().any(|line| line == "done");
        let types: Vec<&str> = faults.iter().map(|fault| fault.split(' ').next().unwrap()).collect();
        if !bad.is_empty() || !is_done || types != expected_faults(&path) {
            failures.push_str(&format!("{}: done {is_done}\n", path.display()));
            bad.iter().for_each(|line| failures.push_str(&format!("    {line}\n")));
            faults.iter().for_each(|fault| failures.push_str(&format!("    {fault}\n")));
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(checks > 0, "no page checked anything");
}
