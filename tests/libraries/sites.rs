//! Pages that use a library as people did, beside what Chromium made of them.
//!
//! A folder of `sites` holds a page, the `session.jsonl` that is done to it, and `expected.txt`, which `truth.mjs`
//! recorded: what the page put after each line of the session, and its document at the end. `site.toml` says which
//! library it is for, and what is known to differ; `LIBRARIES.md` is the table of all of them.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use duoke::base::limits::SETTLE_MS_DEFAULT;
use duoke::engine::event_loop::Output;
use duoke::event::{Effect, Fault, Outcome, Stimulus, parse_line};
use duoke::page::{Page, Turn, TurnInput};
use serde::Deserialize;
use serde_json::Value;

use crate::page_bench::{on_page_stack, open_library_page, root};

/// How long a page runs on after each line, in ms of page time; as in `truth.mjs`.
const SETTLE_MS: i64 = 3_000;

/// `site.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    /// The libraries the page is for, as the table names them, and the names of their packages.
    library: String,
    packages: Vec<String>,
    /// What the page does with it.
    what: String,
    /// What is known to differ from Chromium, a sentence each; empty: nothing does.
    #[serde(default)]
    gaps: Vec<String>,
}

fn folder() -> PathBuf {
    root().join("libraries")
}

/// The sites by name.
fn sites() -> Vec<(String, Site)> {
    let mut found: Vec<(String, Site)> = fs::read_dir(folder().join("sites"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| {
            let text = fs::read_to_string(path.join("site.toml")).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let site = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (path.file_name().unwrap().to_str().unwrap().to_owned(), site)
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// What a page put and what went wrong, a line each, as `truth.mjs` writes it.
fn report(turn: &Turn, said: &mut String) {
    for emission in &turn.emissions {
        match &emission.output {
            Output::Effect(Effect::PutMsg(call)) if call.outcome == Outcome::Accepted => {
                writeln!(said, "put {}", call.argument).unwrap();
            }
            Output::Effect(effect) if effect.type_name() == "effect.mcs.Notice" => said.push_str("notice\n"),
            // Browsers report what cannot be loaded to nobody but the console.
            Output::Fault(Fault::Load { .. }) => {}
            Output::Fault(fault) => {
                let data = fault.data();
                let message = data["message"].as_str().unwrap_or_default();
                writeln!(said, "fault {}", message.split(':').next().unwrap()).unwrap();
            }
            _ => {}
        }
    }
}

/// Tells the page and lets it run on.
fn step(page: &mut Page, stimulus: Option<Stimulus>, said: &mut String) {
    let at = page.take_turn().now;
    let end = at + SETTLE_MS;
    if stimulus.is_some() {
        report(&page.turn(&TurnInput { stimulus, at, settle_ms: SETTLE_MS_DEFAULT }), said);
    }
    report(&page.turn(&TurnInput { stimulus: None, at: end, settle_ms: 0 }), said);
}

/// What the site's session makes of its page.
fn run(site: &str) -> String {
    let mut page = open_library_page(&format!("libraries/sites/{site}/index.html"));
    let mut said = "load\n".to_owned();
    report(&page.take_turn(), &mut said);
    step(&mut page, None, &mut said);
    let session = fs::read_to_string(folder().join("sites").join(site).join("session.jsonl")).unwrap();
    for (number, text) in session.lines().enumerate() {
        let Some(line) = parse_line(text, number as u64 + 1, "session").unwrap() else { continue };
        let stimulus = Stimulus::from_line(&line);
        let parsed: Value = serde_json::from_str(text).unwrap();
        let data = parsed.get("data").cloned().unwrap_or_else(|| {
            let mut data = parsed.clone();
            if let Some(user) = parsed.get("useraccount") {
                data["userid"] = user.clone();
            }
            data
        });
        writeln!(said, "{} {data}", line.type_).unwrap();
        step(&mut page, Some(stimulus), &mut said);
    }
    writeln!(said, "document\n{}", page.document_html()).unwrap();
    said
}

/// What both sides leave out: the source of inline scripts, where the page came from, lengths in inline styles, since
/// boxes are an estimate here (ARCHITECTURE.md), and the place of the style attribute: Chromium adds it when it is asked
/// for, not when script sets a property (CSSOM §6.6).
fn comparable(text: &str) -> String {
    let text = text.replace("http://tests.plugin.invalid", "ORIGIN");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("<script") {
        let Some(end) = rest[at..].find('>').map(|end| at + end + 1) else { break };
        out.push_str(&rest[..end]);
        rest = rest[end..].find("</script>").map_or("", |close| &rest[end + close..]);
    }
    out.push_str(rest);
    style_last(&without_lengths(&out))
}

/// The style attribute behind the others of its tag. Quotes in attributes are written as references.
fn style_last(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(" style=\"") {
        let Some((style, tail)) = after.split_once('"') else { break };
        let mut is_quoted = false;
        let ends = |c: char| {
            is_quoted ^= c == '"';
            c == '>' && !is_quoted
        };
        let (others, behind) = tail.split_at(tail.find(ends).unwrap_or(tail.len()));
        out.push_str(before);
        out.push_str(others);
        write!(out, " style=\"{style}\"").unwrap();
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Digits before `px` inside `style="…"` become `N`. The attribute goes to the end of its tag: Chromium makes it when
/// somebody reads it, so that it comes after others that scripts set later (CSSOM §6.6 has it at once).
fn without_lengths(text: &str) -> String {
    let mut parts = text.split(" style=\"");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (style, after) = part.split_once('"').unwrap_or((part, ""));
        let (others, after) = after.split_at(end_of_tag(after));
        out.push_str(others);
        out.push_str(" style=\"");
        let pieces: Vec<&str> = style.split("px").collect();
        for (at, piece) in pieces.iter().enumerate() {
            let is_last = at + 1 == pieces.len();
            let kept = if is_last { piece } else { piece.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') };
            let kept = if is_last { kept } else { kept.strip_suffix('-').unwrap_or(kept) };
            out.push_str(kept);
            if !is_last {
                out.push_str("Npx");
            }
        }
        out.push('"');
        out.push_str(after);
    }
    out
}

/// Where a tag ends whose attributes go on here.
fn end_of_tag(text: &str) -> usize {
    let mut is_quoted = false;
    let is_end = |c: char| {
        is_quoted ^= c == '"';
        c == '>' && !is_quoted
    };
    text.find(is_end).unwrap_or(text.len())
}

/// The first lines that differ, or nothing.
fn difference(expected: &str, found: &str) -> Option<String> {
    let broken = |text: &str| text.replace("><", ">\n<").lines().map(str::to_owned).collect::<Vec<_>>();
    let (expected, found) = (broken(expected), broken(found));
    let at = (0..expected.len().max(found.len())).find(|at| expected.get(*at) != found.get(*at))?;
    let shown = |lines: &[String], mark: char| {
        let mut text = String::new();
        lines.iter().skip(at).take(4).for_each(|line| writeln!(text, "      {mark} {line}").unwrap());
        text
    };
    let before = expected[at.saturating_sub(3)..at].join("\n        ");
    Some(format!("line {}:\n        {before}\n{}{}", at + 1, shown(&expected, '-'), shown(&found, '+')))
}

/// The site's difference from what was recorded, if there is one.
fn check(site: &str) -> Option<String> {
    let path = folder().join("sites").join(site).join("expected.txt");
    let expected =
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}; node truth.mjs {site}", path.display()));
    let name = site.to_owned();
    let found = on_page_stack(move || run(&name));
    difference(&comparable(&expected), &comparable(&found))
}

/// The version that the lock file pins.
fn version(package: &str) -> String {
    let lock: Value = serde_json::from_str(&fs::read_to_string(folder().join("package-lock.json")).unwrap()).unwrap();
    let entry = &lock["packages"][format!("node_modules/{package}")]["version"];
    entry.as_str().unwrap_or_else(|| panic!("{package} is not in package-lock.json")).to_owned()
}

/// `LIBRARIES.md` as it should be.
fn table(sites: &[(String, Site)]) -> String {
    let mut text = "# Libraries\n\nWhat real plugin pages load, unmodified, and how it runs here. Every row is a page \
        of `sites/` that uses the library as\npeople did; it must put the same messages and end with the same document \
        as in headless Chromium. Written by\n`DUOKE_UPDATE=1 cargo test --test libraries sites`.\n\n\
        | library | version | the page | passes | known gaps |\n|---|---|---|---|---|\n"
        .to_owned();
    for (name, site) in sites {
        let versions: Vec<String> = site.packages.iter().map(|package| version(package)).collect();
        let passes = if site.gaps.is_empty() { "yes" } else { "no" };
        let gaps = if site.gaps.is_empty() { "none".to_owned() } else { site.gaps.join(" ") };
        let (library, what) = (&site.library, &site.what);
        writeln!(text, "| {library} | {} | [{name}](sites/{name}): {what} | {passes} | {gaps} |", versions.join(", "))
            .unwrap();
    }
    text
}

#[test]
fn every_site_does_what_it_does_in_chromium() {
    let only = std::env::var("DUOKE_TEST_PAGE").ok();
    let mut problems = String::new();
    for (name, site) in sites() {
        if only.as_ref().is_some_and(|only| !name.contains(only)) {
            continue;
        }
        match (check(&name), site.gaps.is_empty()) {
            (Some(difference), true) => writeln!(problems, "{name}: {difference}").unwrap(),
            (None, false) => writeln!(problems, "{name}: passes, so its gaps in site.toml are gone").unwrap(),
            _ => {}
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn the_table_of_libraries_is_true() {
    let path = folder().join("LIBRARIES.md");
    let expected = table(&sites());
    if std::env::var_os("DUOKE_UPDATE").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "tests/libraries/LIBRARIES.md is out of date: DUOKE_UPDATE=1 cargo test --test libraries sites"
    );
}
