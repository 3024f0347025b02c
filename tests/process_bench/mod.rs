//! Pages in processes of their own, as tests hold them: how they come to be, what they are told, what they gave out.
#![allow(dead_code, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use duoke::base::clock::Stopwatch;
use duoke::base::limits::SETTLE_MS_DEFAULT;
use duoke::base::limits::page::PageLimits;
use duoke::engine::event_loop::{Emission, Output};
use duoke::event::{Stimulus, parse_line};
use duoke::net::Folder;
use duoke::page::{PageOptions, Turn, TurnInput};
use duoke::process::{Launcher, PageProcess, Spawner};
#[cfg(target_os = "linux")]
use duoke::process::{Level, Templates};

use crate::page_bench::{Whole as _, options};

/// Short, so that the tests are; long enough for an honest turn on a busy machine.
pub const BOUNDS: PageLimits = PageLimits {
    turn_soft_ms: 500,
    turn_hard_ms: 1_500,
    memory_bytes: 64 * 1024 * 1024,
    restart_pause_ms: 1,
    ..PageLimits::DEFAULT
};
/// For pages that meet no deadline.
pub const PATIENT: PageLimits = PageLimits { turn_soft_ms: 60_000, turn_hard_ms: 60_000, ..BOUNDS };

pub const USER_A: &str = r#"{"event":"OnUserChange","useraccount":"oA"}"#;
pub const USER_B: &str = r#"{"event":"OnUserChange","useraccount":"oB"}"#;
pub const MAP: &str = r#"{"event":"OnMapMsgClick","latitude":1,"longitude":2,"location":"x","scale":3}"#;

/// Every page has this: `put(text)`.
const PUT: &str = "<script>var puts = 0; function put(text) { return external.PutMsg(JSON.stringify({msg: {head: \
                   {random: String(++puts)}, body: [{type: 0, content: {text: String(text)}}]}})); }</script>";

/// The ways in which pages come to be, each with the pages of one plugin.
pub fn launchers() -> Vec<Arc<dyn Launcher>> {
    let spawner = Spawner::new(PathBuf::from(env!("CARGO_BIN_EXE_duoke")));
    #[cfg(target_os = "linux")]
    return [Level::Spawned, Level::Compiled, Level::Loaded]
        .map(|best| Arc::new(Templates::new(spawner.clone()).up_to(best)) as Arc<dyn Launcher>)
        .to_vec();
    #[cfg(not(target_os = "linux"))]
    vec![Arc::new(spawner)]
}

/// A page of this markup, and whatever files are beside it.
pub struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    pub fn new(markup: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), format!("{PUT}{markup}")).unwrap();
        Self { folder }
    }

    pub fn with(self, name: &str, content: &str) -> Self {
        std::fs::write(self.path().join(name), content).unwrap();
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn options(&self) -> PageOptions {
        options(Folder::open("demo", self.path()).unwrap(), "index.html", Vec::new())
    }

    /// A page of each launcher, which will be its first.
    pub fn processes(&self, limits: PageLimits) -> Vec<PageProcess> {
        let options = || PageOptions { limits, ..self.options() };
        let process = |launcher| PageProcess::new(options(), launcher);
        launchers().into_iter().map(process).collect()
    }

    /// A page for each way in which it can come to be.
    pub fn further_processes(&self, limits: PageLimits) -> Vec<PageProcess> {
        let process = |launcher| PageProcess::new(PageOptions { limits, ..self.options() }, launcher);
        let further = |launcher: Arc<dyn Launcher>| {
            process(launcher.clone()).open_whole().unwrap();
            process(launcher)
        };
        launchers().into_iter().map(further).collect()
    }
}

pub fn input(line: &str, number: u64, now: i64) -> TurnInput {
    let stimulus = Stimulus::from_line(&parse_line(line, number, "events").unwrap().unwrap());
    TurnInput { stimulus: Some(stimulus), at: now, settle_ms: SETTLE_MS_DEFAULT }
}

fn show(emission: &Emission) -> String {
    let whom = emission.subject.as_deref().unwrap_or("nobody");
    match &emission.output {
        Output::Effect(effect) => {
            let data = effect.data();
            let text = data["msg"]["body"][0]["content"]["text"].as_str().map(str::to_owned);
            format!("{whom}: {}", text.unwrap_or_else(|| data.to_string()))
        }
        Output::Fault(fault) => format!("{whom}: {} {}", fault.type_name(), fault.message()),
        Output::Console(line) => format!("{whom}: {}", line.text),
    }
}

/// What a turn gave out, a line each.
pub fn lines(turn: &Turn) -> Vec<String> {
    turn.emissions.iter().map(show).collect()
}

/// Processes below this one, and descriptors that are open here.
#[cfg(target_os = "linux")]
pub fn held() -> (usize, usize) {
    let processes = children(std::process::id());
    (processes.len(), std::fs::read_dir("/proc/self/fd").unwrap().count())
}

/// Waits until nothing more is held than before; threads that only pass something on end a moment after their page.
#[cfg(target_os = "linux")]
#[track_caller]
pub fn assert_nothing_is_left(before: (usize, usize)) {
    let waited = Stopwatch::start();
    while held() != before {
        assert!(waited.elapsed() < Duration::from_secs(10), "processes and descriptors: {:?}, not {before:?}", held());
        std::thread::yield_now();
    }
}

/// The processes whose parent is this one.
#[cfg(target_os = "linux")]
pub fn children(parent: u32) -> Vec<i32> {
    let parent = parent.to_string();
    // `pid (name) state parent …`; the name may hold anything.
    let is_child =
        |stat: &str| stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)) == Some(&parent);
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let stat = std::fs::read_to_string(path.join("stat")).ok()?;
        is_child(&stat).then(|| path.file_name()?.to_str()?.parse().ok())?
    });
    processes.collect()
}
