//! House rules as tests: imports, fences, lengths, sample plugins. A rule that fails says what to do.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Module, and the modules its code may import besides itself (ARCHITECTURE.md, "Imports"). Tests may import anything.
const IMPORTS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("event", &["base"]),
    ("session", &["base", "event"]),
    ("config", &["base", "event", "session"]),
    ("net", &["base", "event"]),
    ("dom", &["base"]),
    ("engine", &["base", "event", "dom"]),
    ("webapi", &["base", "event", "net", "dom", "engine"]),
    ("dialect", &["base", "event", "session", "net", "dom", "engine"]),
    ("page", &["base", "event", "dom", "engine", "webapi", "dialect", "net", "session"]),
    ("process", &["base", "event", "dom", "engine", "webapi", "net", "page", "session"]),
    ("record", &["base", "event"]),
    ("wechat", &["base", "event", "session", "net"]),
    ("store", &["base", "event", "session", "wechat"]),
    ("outbox", &["base", "event", "session", "wechat", "store"]),
    ("sandbox", &["base", "event", "session", "wechat"]),
    (
        "host",
        &[
            "base", "event", "session", "config", "dom", "engine", "webapi", "dialect", "net", "page", "process",
            "record", "wechat", "store", "outbox", "sandbox",
        ],
    ),
    ("console", &["base", "dom", "net", "page", "host"]),
    ("regress", &["base", "event", "record", "host"]),
    ("dev", &["base", "event", "net", "record", "host", "console", "regress"]),
    (
        "cli",
        &[
            "base", "event", "session", "config", "dom", "engine", "webapi", "dialect", "net", "page", "process",
            "record", "wechat", "store", "outbox", "sandbox", "host", "console", "regress", "dev",
        ],
    ),
];

/// Something outside, and the modules whose code may name it; `wechat::callback` is that part of a module.
const FENCES: &[(&str, &[&str])] = &[
    ("boa_engine::", &["engine", "webapi", "dialect", "page"]),
    ("boa_gc::", &["engine", "webapi", "dialect", "page", "dom"]),
    ("reqwest::", &["net", "wechat", "sandbox::push", "host::serve::otlp"]),
    ("tokio_tungstenite::", &["net"]),
    ("cssparser::", &["dom", "console::mirror"]),
    ("icu_collator::", &["engine::builtins::locale"]),
    ("icu_locale_core::", &["engine::builtins::locale"]),
    ("icu_properties::", &["dom::directionality"]),
    ("futures_util::", &["sandbox::phone", "console::served", "net"]),
    ("axum::", &["base::connections", "sandbox", "wechat::callback", "console"]),
    ("quick_xml::", &["wechat::push"]),
    ("aes::", &["wechat::crypt"]),
    ("cbc::", &["wechat::crypt"]),
    ("clap_complete::", &["cli::completions_command"]),
    ("clap_mangen::", &["cli::man_command"]),
    ("use image::", &["wechat::fit"]), // `webapi::image` is a module of ours
    ("opentelemetry::", &["host::serve::otlp"]),
    ("opentelemetry_otlp::", &["host::serve::otlp"]),
    ("opentelemetry_sdk::", &["host::serve::otlp"]),
    ("prometheus_client::", &["host::serve::metrics"]),
    ("quick_junit::", &["regress::report::junit"]),
    ("similar::", &["regress"]),
    ("tar::", &["regress::bundle"]),
    ("tempfile::", &["cli::demo_command", "regress::bundle"]),
    ("rusqlite::", &["store"]),
    ("notify::", &["dev"]),
    ("print!", &["cli"]),
    ("println!", &["cli"]),
    ("eprint!", &["cli"]),
    ("eprintln!", &["cli"]),
    ("SystemTime", &["base"]),
    ("Instant::now", &["base"]),
];

/// Longest source file, in lines: what is longer has two subjects.
const FILE_LINES_MAX: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the project, without what tools put there.
fn files(folder: &str) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            match name {
                "target" | "node_modules" | ".venv" | ".git" => {}
                "build" if folder.ends_with("page") => {} // of a sample
                _ if path.is_dir() => open.push(path),
                _ => found.push(path),
            }
        }
    }
    found.sort();
    found
}

fn with_extension<'a>(paths: &'a [PathBuf], extension: &str) -> impl Iterator<Item = &'a PathBuf> {
    paths.iter().filter(move |path| path.extension().is_some_and(|found| found == extension))
}

/// A path as messages show it.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// The module a source file belongs to; `main` and `lib` are their own.
fn module_of(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).unwrap();
    relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// Whether a source file belongs to a module, or to a part of one.
fn is_in(path: &Path, module: &str) -> bool {
    let relative = path.strip_prefix(root().join("src")).unwrap();
    relative.with_extension("").starts_with(module.replace("::", "/"))
}

/// Whether a source file holds nothing but tests and what they need.
fn is_test_file(path: &Path) -> bool {
    let relative = shown(path);
    !relative.starts_with("src/")
        || ["/tests.rs", "/tests/", "/testing.rs", "_tests.rs"].iter().any(|mark| relative.contains(mark))
}

/// A source file's code without comments and without its tests, which come last.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    text[..end].lines().filter(|line| !is_comment(line)).fold(String::new(), |code, line| code + line + "\n")
}

/// A source file's tests.
fn test_code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    if is_test_file(path) {
        return text;
    }
    text.find("#[cfg(test)]").map_or(String::new(), |start| text[start..].to_owned())
}

/// Where `needle` stands as a word of its own.
fn word_positions<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let is_cut = move |at: usize| {
        let end = at + needle.len();
        text[..at].ends_with(is_word) || needle.ends_with(is_word) && text[end..].starts_with(is_word)
    };
    text.match_indices(needle).map(|(at, _)| at).filter(move |at| !is_cut(*at))
}

/// The modules that code names after `crate::`, alone or in a group.
fn imported_modules(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for at in word_positions(code, "crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push(leading_name(rest)),
            Some(group) => found.extend(group_names(group)),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn leading_name(text: &str) -> String {
    text.trim_start().chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

/// The first names of a group's members: `a::b, c::{d, e}}` gives `a`, `c`.
fn group_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut start) = (0_usize, Vec::new(), 0);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' if depth > 0 => {}
            '}' | ',' => {
                names.push(leading_name(&group[start..at]));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

#[track_caller]
fn assert_none(problems: &str, what_to_do: &str) {
    assert!(problems.is_empty(), "\n{problems}\n{what_to_do}\n");
}

#[test]
fn modules_import_only_what_the_table_lets_them() {
    let mut problems = String::new();
    for path in with_extension(&files("src"), "rs").filter(|path| !is_test_file(path)) {
        let module = module_of(path);
        if matches!(module.as_str(), "main" | "lib") {
            continue;
        }
        let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == module) else {
            writeln!(problems, "{}: module `{module}` has no row in the table", shown(path)).unwrap();
            continue;
        };
        for import in imported_modules(&code(path)) {
            let is_module = IMPORTS.iter().any(|(name, _)| *name == import);
            if is_module && import != module && !allowed.contains(&import.as_str()) {
                writeln!(problems, "{}: `{module}` imports `{import}`", shown(path)).unwrap();
            }
        }
    }
    assert_none(&problems, "Move the code, or change the table here and in ARCHITECTURE.md with a reason.");
}

#[test]
fn the_table_has_no_rows_for_modules_that_are_gone_and_no_circles() {
    for (index, (module, allowed)) in IMPORTS.iter().enumerate() {
        let (folder, file) = (root().join("src").join(module), root().join(format!("src/{module}.rs")));
        assert!(folder.is_dir() || file.is_file(), "there is no module `{module}`: remove its row");
        for import in *allowed {
            let row = IMPORTS.iter().position(|(name, _)| name == import).expect(import);
            assert!(row < index, "`{module}` may import `{import}`, which stands below it: imports go one way");
        }
    }
}

#[test]
fn outside_crates_stay_behind_their_fences() {
    let mut problems = String::new();
    for path in with_extension(&files("src"), "rs").filter(|path| !is_test_file(path)) {
        let code = code(path);
        for (name, allowed) in FENCES {
            if !allowed.iter().any(|module| is_in(path, module)) && word_positions(&code, name).next().is_some() {
                writeln!(problems, "{}: `{name}` is for {} only", shown(path), allowed.join(", ")).unwrap();
            }
        }
    }
    assert_none(&problems, "Call the module that has the crate, or change the fence here and in ARCHITECTURE.md.");
}

#[test]
fn files_stay_short() {
    let mut problems = String::new();
    let (sources, mut scripts) = (files("src"), files("runtime-js"));
    scripts.extend(files("src/sandbox/phone"));
    scripts.extend(files("src/console/ui"));
    for path in with_extension(&sources, "rs").chain(with_extension(&scripts, "js")) {
        let lines = fs::read_to_string(path).unwrap().lines().count();
        if lines > FILE_LINES_MAX {
            writeln!(problems, "{}: {lines} lines", shown(path)).unwrap();
        }
    }
    assert_none(&problems, "A file has at most 500 lines: give its second subject a file of its own.");
}

#[test]
fn no_test_is_ignored_and_none_sleeps() {
    let (mut problems, ignore, sleep) = (String::new(), concat!("#[", "ignore"), concat!("sleep", "("));
    let (sources, tests) = (files("src"), files("tests"));
    for path in with_extension(&sources, "rs").chain(with_extension(&tests, "rs")) {
        if fs::read_to_string(path).unwrap().contains(ignore) {
            writeln!(problems, "{}: an ignored test", shown(path)).unwrap();
        }
        let tests = test_code(path);
        // A fake timer defines `sleep`; it may.
        if word_positions(&tests, sleep).any(|at| !tests[..at].ends_with("fn ")) {
            writeln!(problems, "{}: a test that sleeps", shown(path)).unwrap();
        }
    }
    assert_none(&problems, "Mend or delete an ignored test; wait for what happens, not for time to pass.");
}

#[test]
fn sample_plugins_are_whole() {
    let mut problems = String::new();
    for folder in fs::read_dir(root().join("sample-plugins")).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        for name in ["plugin.toml", "README.md"] {
            if !folder.join(name).is_file() {
                writeln!(problems, "{}: no {name}", shown(&folder)).unwrap();
            }
        }
        for kind in ["events", "sessions"] {
            if with_extension(&files(&format!("{}/{kind}", shown(&folder))), "jsonl").next().is_none() {
                writeln!(problems, "{}: no {kind}", shown(&folder)).unwrap();
            }
        }
    }
    for path in with_extension(&files("sample-plugins"), "jsonl") {
        for (index, line) in fs::read_to_string(path).unwrap().lines().enumerate() {
            if !line.trim().is_empty() && serde_json::from_str::<serde_json::Value>(line).is_err() {
                writeln!(problems, "{}:{}: not JSON", shown(path), index + 1).unwrap();
            }
        }
    }
    assert_none(&problems, "A sample plugin has plugin.toml, README.md, events/*.jsonl and sessions/*.jsonl.");
}

#[test]
fn nothing_names_one_machine() {
    let marks = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
    let begins = |before: &str| before.is_empty() || before.ends_with([' ', '\n', '\t', '"', '\'', '`', '(', '=']);
    let mut problems = String::new();
    for path in files("") {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for mark in marks {
            if text.match_indices(mark).any(|(at, _)| begins(&text[..at])) {
                writeln!(problems, "{}: a path under {mark}", shown(&path)).unwrap();
            }
        }
    }
    for lock in files("").iter().filter(|path| path.ends_with("package-lock.json")) {
        if fs::read_to_string(lock).unwrap().contains("\"resolved\"") {
            writeln!(problems, "{}: names a registry (`resolved`)", shown(lock)).unwrap();
        }
    }
    assert_none(&problems, "The project must work anywhere: use relative paths, and lock without registry addresses.");
}

/// What a text says in code: its commands, each on a line of its own, and what stands between backticks.
fn in_code(markdown: &str) -> std::collections::BTreeSet<String> {
    let (mut found, mut prose, mut is_fenced) = (std::collections::BTreeSet::new(), String::new(), false);
    for line in markdown.lines() {
        if line.starts_with("```") {
            is_fenced = !is_fenced;
        } else if is_fenced {
            // Comments there are in the text's language.
        } else if let Some(command) = line.strip_prefix("    ") {
            found.insert(command.to_owned());
        } else {
            prose.push_str(line);
            prose.push(' ');
        }
    }
    found.extend(prose.split('`').skip(1).step_by(2).map(str::to_owned));
    found
}

#[test]
fn the_readme_says_the_same_in_both_languages() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let (english, chinese) = (in_code(&read("README.md")), in_code(&read("README.zh.md")));
    let mut problems = String::new();
    for (missing_in, code) in
        [("README.zh.md", english.difference(&chinese)), ("README.md", chinese.difference(&english))]
    {
        code.for_each(|code| writeln!(problems, "{missing_in}: no {code}").unwrap());
    }
    assert_none(&problems, "README.md and README.zh.md have the same commands, options and keys: change both.");
    assert!(english.contains("duoke test") && english.iter().any(|code| code.starts_with("duoke outbox list")));
}

#[test]
fn the_rules_read_imports_rightly() {
    let code = "use crate::base::x;\nuse crate::{event, net::{A, b::C}, self as s};\nlet y = $crate::page::z();\nmycrate::no::p();";
    assert_eq!(imported_modules(code), ["base", "event", "net", "self", "page"]);
}
