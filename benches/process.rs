//! Pages in processes of their own, in each of the ways they come to be; the jQuery page of `tests/libraries`.
//!
//! `first_event` is from asking for a page to its first event handled, without the end of its process; `reload` the same
//! from writing an edit of the page's own script; `round_trip` is a turn of a handler that does nothing.

#![expect(clippy::unwrap_used, reason = "a benchmark panics where it fails")]

#[path = "../tests/page_bench/mod.rs"]
mod page_bench;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use duoke::base::limits::SETTLE_MS_DEFAULT;
use duoke::event::{Stimulus, parse_line};
use duoke::net::Folder;
use duoke::page::{PageOptions, TurnInput};
use duoke::process::{Launcher, Level, PageProcess, Spawner, Templates};
use page_bench::{Whole as _, event, options, require_libraries, root};

const JQUERY: &str = "libraries/pages/jquery/index.html";
const SCRIPT: &str = "libraries/pages/jquery/app.js";

fn input(line: &str, now: i64) -> TurnInput {
    let stimulus = Stimulus::from_line(&parse_line(line, 1, "events").unwrap().unwrap());
    TurnInput { stimulus: Some(stimulus), at: now, settle_ms: SETTLE_MS_DEFAULT }
}

fn page(options: PageOptions, launcher: &Arc<Templates>) -> PageProcess {
    PageProcess::new(options, launcher.clone() as Arc<dyn Launcher>)
}

fn templates(best: Level) -> Arc<Templates> {
    Arc::new(Templates::new(Spawner::new(PathBuf::from(env!("CARGO_BIN_EXE_duoke")))).up_to(best))
}

/// Times from the request for a page to its first event handled.
fn first_event(folder: &Folder, path: &str, launcher: &Arc<Templates>, rounds: u64) -> Duration {
    let mut sum = Duration::ZERO;
    for _ in 0..rounds {
        let mut page = page(options(folder.clone(), path, Vec::new()), launcher);
        let started = Instant::now();
        let turn = page.open_whole().unwrap();
        page.turn_whole(input(&event(0), turn.now));
        sum += started.elapsed();
    }
    sum
}

/// The page and its library in a folder of their own, whose script can be edited.
struct Edited {
    folder: tempfile::TempDir,
    script: String,
    edits: u64,
}

impl Edited {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in [JQUERY, SCRIPT, "libraries/node_modules/jquery-1.11/dist/jquery.js"] {
            let copy = folder.path().join(file);
            std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
            std::fs::copy(root().join(file), copy).unwrap();
        }
        Self { folder, script: std::fs::read_to_string(root().join(SCRIPT)).unwrap(), edits: 0 }
    }

    /// Times from an edit to the customer told again.
    fn reload(&mut self, launcher: &Arc<Templates>, rounds: u64) -> Duration {
        let folder = Folder::open("edited", self.folder.path()).unwrap();
        let mut sum = Duration::ZERO;
        for _ in 0..rounds {
            self.edits += 1;
            let mut page = page(options(folder.clone(), JQUERY, Vec::new()), launcher);
            let started = Instant::now();
            std::fs::write(self.folder.path().join(SCRIPT), format!("{}\n// {}", self.script, self.edits)).unwrap();
            launcher.changed();
            let turn = page.open_whole().unwrap();
            page.turn_whole(input(&event(0), turn.now));
            sum += started.elapsed();
        }
        sum
    }
}

fn processes(criterion: &mut Criterion) {
    require_libraries();
    let folder = Folder::open("tests", &root()).unwrap();
    let mut group = criterion.benchmark_group("process");
    for best in [Level::Spawned, Level::Compiled, Level::Loaded] {
        let launcher = templates(best);
        // The first one loads by itself, the second makes the templates.
        first_event(&folder, JQUERY, &launcher, 2);
        group.bench_function(format!("first_event/{best:?}"), |bencher| {
            bencher.iter_custom(|rounds| first_event(&folder, JQUERY, &launcher, rounds));
        });
    }
    let (launcher, mut edited) = (templates(Level::Loaded), Edited::new());
    edited.reload(&launcher, 2);
    group.bench_function("reload", |bencher| bencher.iter_custom(|rounds| edited.reload(&launcher, rounds)));
    let trivial = tempfile::tempdir().unwrap();
    std::fs::write(trivial.path().join("index.html"), "<script>function MCS_ClientNotify() {}</script>").unwrap();
    let folder = Folder::open("trivial", Path::new(trivial.path())).unwrap();
    let mut page = page(options(folder, "index.html", Vec::new()), &templates(Level::Loaded));
    let mut now = page.open_whole().unwrap().now;
    group.bench_function("round_trip", |bencher| {
        bencher.iter(|| now = page.turn_whole(input(&event(0), now)).now);
    });
    group.finish();
}

criterion_group!(benches, processes);
criterion_main!(benches);
