//! The samples' recordings: `sessions/NAME.jsonl` is what `duoke run --record` makes of `events/NAME.jsonl`.
//! `DUOKE_UPDATE=1` makes them anew; otherwise they must lead to what a run leads to.

use std::path::{Path, PathBuf};

use super::bench::{Bench, Ended};
use super::{check_replay, erp, lines};

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-plugins")
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The recordings of all samples, each as its sample's folder and its name.
pub fn recordings() -> Vec<(PathBuf, String)> {
    of_all("sessions")
}

fn of_all(kind: &str) -> Vec<(PathBuf, String)> {
    let samples = listed(&folder()).into_iter().filter(|path| path.join("plugin.toml").exists());
    let named =
        samples.flat_map(|sample| listed(&sample.join(kind)).into_iter().map(move |path| (sample.clone(), path)));
    let logs = named.filter(|(_, path)| path.extension().is_some_and(|extension| extension == "jsonl"));
    logs.map(|(sample, path)| (sample, path.file_name().unwrap().to_str().unwrap().to_owned())).collect()
}

/// Copies the samples, each with its built page, its recordings and nothing else.
pub fn copy(bench: &Bench) {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for path in listed(from) {
            let name = path.file_name().unwrap();
            if path.is_dir() && name != "node_modules" && name != "events" {
                copy(&path, &to.join(name));
            } else if path.is_file() {
                std::fs::copy(&path, to.join(name)).unwrap();
            }
        }
    }
    copy(&folder(), Path::new(&bench.path("sample-plugins")));
}

/// A run of a sample, beside the server that one of them asks.
fn run(bench: &Bench, sample: &Path, log: &Path, more: &[&str]) -> Ended {
    let mut erp = erp::start();
    let arguments = ["run", sample.to_str().unwrap(), "--events", log.to_str().unwrap()];
    let mut command = bench.command(&[&arguments, more].concat());
    command.env("HTTP_PROXY", erp.url()).env_remove("NO_PROXY");
    let ended = Bench::finish(command);
    erp.end();
    assert_eq!(ended.code, 0, "{}: {}", log.display(), ended.err);
    ended
}

/// What pages did, without when: a server is as fast as it is, and a page may have to wait for it.
fn timeless(out: &str) -> Vec<serde_json::Value> {
    let timeless = |line: &str| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().shift_remove("time");
        // Addresses of JSONP have the time in them.
        let is_fault = line["type"].as_str().unwrap().starts_with("fault.");
        line["data"] = if is_fault { serde_json::Value::Null } else { line["data"].take() };
        line
    };
    out.lines().map(timeless).collect()
}

/// With and without pseudonyms, each log of each sample.
#[test]
fn the_samples() {
    let logs = of_all("events");
    for (sample, name) in &logs {
        let (bench, log, kept) = (Bench::new(), sample.join("events").join(name), sample.join("sessions").join(name));
        let kept = kept.to_str().unwrap();
        if std::env::var_os("DUOKE_UPDATE").is_some() {
            std::fs::create_dir_all(sample.join("sessions")).unwrap();
            // There may be none.
            let _ = std::fs::remove_file(kept);
            // Its customers are made up.
            run(&bench, sample, &log, &["--record", kept, "--no-redact"]);
        }
        let ran = run(&bench, sample, &log, &["--record", "plain.jsonl.zst", "--no-redact"]);
        assert_eq!(ran.err, "", "{}", log.display());
        check_replay(&bench, &ran, "plain.jsonl.zst");
        let replayed = bench.run(&["replay", kept]);
        assert_eq!((replayed.code, replayed.err.as_str()), (0, ""), "{kept}: DUOKE_UPDATE=1 records it anew");
        assert_eq!(timeless(&replayed.out), timeless(&ran.out), "{kept}: DUOKE_UPDATE=1 records it anew");
        // Pages that know their customers by their ids do not know these; that is told, and replays in the same way.
        let redacted = run(&bench, sample, &log, &["--record", "redacted.jsonl"]);
        assert_eq!(timeless(&redacted.out), timeless(&ran.out), "{}", log.display());
        let replayed = bench.run(&["replay", "redacted.jsonl"]);
        assert_eq!((replayed.code, replayed.err.as_str()), (0, ""), "{}", log.display());
        assert!(redacted.err.is_empty() || redacted.err.contains("redaction changed"), "{}", redacted.err);
    }
    assert_eq!(logs, recordings(), "each log has its recording, and each recording its log");
}

/// What the samples' recordings have in them, so that a test of them is one of all that pages do.
#[test]
fn the_samples_recordings_have_something_of_everything() {
    let bench = Bench::new();
    let (mut types, mut long) = (std::collections::BTreeSet::new(), 0);
    let mut all = String::new();
    for (sample, name) in recordings() {
        let path = sample.join("sessions").join(name);
        let recorded = lines(&bench, path.to_str().unwrap());
        let is_stimulus = |line: &&serde_json::Value| line["type"].as_str().unwrap().starts_with("stimulus.");
        long += usize::from(recorded.iter().filter(is_stimulus).count() >= 20);
        types.extend(recorded.iter().map(|line| line["type"].as_str().unwrap().to_owned()));
        all.push_str(&std::fs::read_to_string(path).unwrap());
    }
    assert!(long >= 5, "{long} of 20 stimuli and more");
    for type_ in [
        "stimulus.mcs.OnUserChange",
        "stimulus.mcs.OnMapMsgClick",
        "stimulus.echat.onSelectVisitor",
        "stimulus.echat.onReceiveMsg",
        "stimulus.echat.onCrmUpdate",
        "stimulus.ui.click",
        "stimulus.ui.input",
        "stimulus.ui.change",
        "stimulus.ui.submit",
        "stimulus.page.reload",
        "world.http",
        "world.dialog",
        "effect.mcs.PutMsg",
        "effect.mcs.Notice",
        "effect.echat.pushVisitorEvent",
        "effect.echat.setVisitorChatSign",
        "effect.navigate",
        "effect.storage",
        "effect.title",
        "fault.load",
        "fault.network",
    ] {
        assert!(types.contains(type_), "{type_} in {types:?}");
    }
    // JSONP, errors of a server and of the line, answers that came after timers, a cookie, a customer who was not there any more.
    for part in ["callback=erp", "\"status\":502", "\"error\":", "\"timers\":2", "\"cookies\":[", "\"late\":true"] {
        assert!(all.contains(part), "{part}");
    }
}
