//! Every log of every sample plugin, through the whole program: what its page did, and what the customers got. What is
//! expected lies beside the log, `NAME.txt`; `DUOKE_UPDATE=1` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::bench::{Bench, SandboxChild};
use crate::erp;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-plugins")
}

/// What lies in a folder, by name.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// A page that is built is there; where scripts/test built it, from what lies here now.
#[track_caller]
fn require_built(sample: &Path) {
    if !sample.join("package-lock.json").exists() {
        return;
    }
    let sums = "find package.json package-lock.json src -type f | LC_ALL=C sort | xargs cksum";
    let now = Command::new("sh").args(["-c", sums]).current_dir(sample).output().unwrap().stdout;
    let is_now = |built: String| built.trim() == String::from_utf8_lossy(&now).trim();
    let built = std::fs::read_to_string(sample.join("page/build/.built-from"));
    let is_built = sample.join("page/build").is_dir() && built.map_or(true, is_now);
    assert!(is_built, "the page of {} is not built: run scripts/test, which builds it", name(sample));
}

/// The users of a log, by their openids.
fn users(log: &str) -> BTreeSet<String> {
    let lines = log.lines().filter(|line| !line.trim().is_empty());
    lines
        .filter_map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let own = ["subject", "useraccount", "userid", " userid"].into_iter().find_map(|key| line[key].as_str());
            own.or_else(|| line["data"]["visitorId"].as_str()).map(str::to_owned)
        })
        .collect()
}

/// One line of the output as it is expected: the line of the log that led to it, the type, for whom, and what.
fn effect(line: &Value) -> Option<String> {
    let type_ = line["type"].as_str().unwrap();
    let kind = type_.strip_prefix("effect.").or(type_.starts_with("fault.").then_some(type_))?;
    let mut data = line["data"].clone();
    for bare in ["returned", "place", "frame", "stack"] {
        let _ = data.as_object_mut().unwrap().shift_remove(bare);
    }
    // Queries of addresses that could not be had have the time in them.
    if let Some((message, _)) = data["message"].as_str().and_then(|message| message.split_once('?')) {
        data = message.into();
    }
    let subject = line["subject"].as_str().unwrap_or("-");
    let cause = line["cause"].as_str().unwrap_or("load");
    Some(format!("{cause} {kind} {subject} {data}"))
}

/// A message as the customer has it; a file is told by its size.
fn message(sandbox: &SandboxChild, message: &Value) -> String {
    let body = &message["body"];
    let kind = body["msgtype"].as_str().unwrap();
    match (kind, body[kind]["media_id"].as_str()) {
        ("text", _) => body["text"]["content"].as_str().unwrap().to_owned(),
        (_, Some(media_id)) => format!("{kind} of {} bytes", sandbox.media(media_id).len()),
        _ => format!("{kind} {}", body[kind]),
    }
}

/// What comes of a log.
fn play(sample: &Path, log: &Path) -> String {
    let bench = Bench::new();
    let sandbox = SandboxChild::start(&bench);
    let users = users(&std::fs::read_to_string(log).unwrap());
    users.iter().for_each(|user| sandbox.user_writes(user));
    let arguments = ["run", sample.to_str().unwrap(), "--events", log.to_str().unwrap(), "--forward"];
    let mut command = sandbox.command(&bench, &arguments);
    let erp = erp::start();
    command.env("HTTP_PROXY", erp.url()).env("NO_PROXY", "127.0.0.1");
    // A page of an unoptimised build meets no deadline.
    for deadline in ["TURN_SOFT_MS", "TURN_HARD_MS"] {
        command.env(format!("DUOKE_LIMITS_{deadline}"), "60000");
    }
    let ran = Bench::finish(command);
    assert_eq!(ran.code, 0, "{}: {}", log.display(), ran.err);
    let mut shown = String::new();
    for line in ran.lines().iter().filter_map(effect) {
        writeln!(shown, "{line}").unwrap();
    }
    for user in users {
        write!(shown, "\n{user} got\n").unwrap();
        for got in sandbox.messages(&user) {
            writeln!(shown, "- {}", message(&sandbox, &got).replace('\n', "\n  ")).unwrap();
        }
    }
    shown
}

/// All logs of the samples for EChat, or of the others.
fn check(is_for_echat: bool) {
    let (mut problems, mut count) = (String::new(), 0);
    for sample in listed(&samples()).iter().filter(|path| path.is_dir()) {
        if name(sample).starts_with("echat-") != is_for_echat {
            continue;
        }
        require_built(sample);
        for log in listed(&sample.join("events")).iter().filter(|path| name(path).ends_with(".jsonl")) {
            count += 1;
            let (found, path) = (play(sample, log), log.with_extension("txt"));
            if std::env::var_os("DUOKE_UPDATE").is_some() {
                std::fs::write(&path, &found).unwrap();
            }
            let expected = std::fs::read_to_string(&path).unwrap_or_default();
            if found != expected {
                writeln!(problems, "{}: {}", path.display(), difference(&expected, &found)).unwrap();
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}\nDUOKE_UPDATE=1 writes what is expected anew.");
    assert!(count > 0, "there are no logs");
}

/// The first line that differs.
fn difference(expected: &str, found: &str) -> String {
    let pair = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
    pair.map_or_else(|| "one is longer".to_owned(), |(expected, found)| format!("\n- {expected}\n+ {found}"))
}

#[test]
fn logs_of_samples_for_the_2014_client() {
    check(false);
}

#[test]
fn logs_of_samples_for_echat() {
    check(true);
}
