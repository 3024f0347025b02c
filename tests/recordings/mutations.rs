//! `duoke test` on changed pages: `mutations.toml` is the list of the changes, and says what is told of each.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use serde_json::Value;

use super::bench::Bench;
use super::samples;

/// How many are tried at the same time.
const AT_ONCE: usize = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    mutation: Vec<Mutation>,
}

/// A row of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutation {
    why: String,
    sample: String,
    /// The recording; none: all of the sample.
    session: Option<String>,
    file: Option<String>,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// What stands elsewhere in the file, and what is to stand there.
    also: Option<[String; 2]>,
    /// Scripts that are minified by esbuild.
    #[serde(default)]
    minify: Vec<String>,
    kind: Option<String>,
    #[serde(default)]
    what: String,
    /// Something of the stimulus; none: it is the load.
    stimulus: Option<String>,
    #[serde(default)]
    says: Vec<String>,
}

/// Makes the change in a copy of the samples.
fn change(mutation: &Mutation, bench: &Bench) {
    let folder = format!("sample-plugins/{}", mutation.sample);
    if let Some(file) = &mutation.file {
        let path = format!("{folder}/{file}");
        let mut text = bench.read(&path);
        let also = mutation.also.iter().map(|[from, to]| (from, to));
        for (from, to) in std::iter::once((&mutation.from, &mutation.to)).chain(also) {
            assert!(text.contains(from.as_str()), "{}: there is no {from:?} in {path}", mutation.why);
            text = text.replace(from.as_str(), to);
        }
        bench.write(&path, text);
    }
    let esbuild = samples::folder().join("echat-crm/node_modules/.bin/esbuild");
    for script in &mutation.minify {
        let path = bench.path(&format!("{folder}/{script}"));
        let mut minify = Command::new(&esbuild);
        let before = std::fs::metadata(&path).unwrap().len();
        minify.args([&path, "--minify", "--charset=utf8", "--log-level=error", "--allow-overwrite"]);
        let done = minify.arg(format!("--outfile={path}")).output().expect("scripts/test installs esbuild");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert!(std::fs::metadata(&path).unwrap().len() < before);
    }
}

/// What is wrong with what is told of a change; empty: nothing.
fn problem(mutation: &Mutation) -> String {
    let bench = Bench::new();
    samples::copy(&bench);
    change(mutation, &bench);
    let mut tested = format!("sample-plugins/{}/sessions", mutation.sample);
    if let Some(session) = &mutation.session {
        tested.push_str(&format!("/{session}.jsonl"));
    }
    let ended = bench.run(&["test", &tested, "--reporter", "human", "--reporter", "json=report.json"]);
    let report: Value = serde_json::from_str(&bench.read("report.json")).unwrap();
    let is_changed = mutation.kind.is_some();
    let found = &report["recordings"][0]["differences"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let is_stimulus = match &mutation.stimulus {
        Some(part) => found["stimulus"]["data"].to_string().replace("\\\"", "\"").contains(part.as_str()),
        None => found["stimulus"].is_null(),
    };
    let is_right = ended.code == if is_changed { 100 } else { 0 }
        && ended.err.is_empty()
        && text(&found["kind"]) == mutation.kind.clone().unwrap_or_default()
        && text(&found["what"]).starts_with(&mutation.what)
        && found["what"].is_null() == mutation.what.is_empty()
        && is_stimulus;
    let unsaid: Vec<&String> = mutation.says.iter().filter(|part| !ended.out.contains(part.as_str())).collect();
    if is_right && unsaid.is_empty() && (is_changed || !ended.out.contains("warning")) {
        return String::new();
    }
    format!(
        "\n=== {} ({}): exit {}, not said: {unsaid:#?}\n{}{}{found:#}\n",
        mutation.why, mutation.sample, ended.code, ended.out, ended.err
    )
}

#[test]
fn what_a_change_of_a_page_leads_to() {
    let table: Table = toml::from_str(include_str!("mutations.toml")).expect("the table is TOML");
    let (next, all) = (AtomicUsize::new(0), &table.mutation);
    let work = || -> String {
        let taken = std::iter::from_fn(|| all.get(next.fetch_add(1, Ordering::Relaxed)));
        taken.map(problem).collect()
    };
    let problems: String = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(problems.is_empty(), "{problems}");
    let kinds: std::collections::BTreeSet<_> = all.iter().filter_map(|mutation| mutation.kind.as_deref()).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["changed", "extra", "missing", "order", "other_customer", "replaced"]
    );
}
