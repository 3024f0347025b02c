//! Runs every self-checking page of `tests/pages`: a page loads `testing.js`, calls `check(name, actual, expected)`, and
//! `done()` at its end. What it prints decides. A page may name the faults it provokes in `<meta name="faults">`.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

mod page_bench;

use std::fmt::Write as _;
use std::fs;

use page_bench::{check_page, expected_faults, on_page_stack, open_page, root};

/// The pages' paths below `tests`.
fn pages() -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![root().join("pages")]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "html" || e == "xhtml")
                && !path.to_string_lossy().contains("/parts/")
            {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_page_checks_itself() {
    let only = std::env::var("DUOKE_TEST_PAGE").ok();
    let mut problems = String::new();
    let mut checks = 0;
    for path in pages() {
        if only.as_ref().is_some_and(|only| !path.contains(only)) {
            continue;
        }
        let shown = path.clone();
        match on_page_stack(move || check_page(&open_page(&path).take_turn(), &expected_faults(&path))) {
            Ok(found) => checks += found,
            Err(problem) => writeln!(problems, "{shown}: {problem}").unwrap(),
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
    assert!(checks > 0, "no page checked anything");
}
