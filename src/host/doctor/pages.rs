//! Page processes, really started: how they come to be, how long that takes, and what they could still do.

use std::time::Duration;

use serde::Serialize;

use super::{Check, State};
use crate::base::clock::Stopwatch;
use crate::base::limits::{DOCTOR_OPENS, SETTLE_MS_DEFAULT};
use crate::host::plugin::{Names, Plugin};
use crate::host::processes::Processes;
use crate::host::rights::Rights;
use crate::host::samples::{SAMPLES, Sample};
use crate::page::{Driver as _, PageOptions};
use crate::process::probe::Tried;
use crate::process::{Level, Served};

/// What is opened: 订单查询, a page with a script of its own.
const SAMPLE: Sample = SAMPLES[2];
/// The account of its seat.
const ACCOUNT: &str = "kf0001@duoke";
/// The ways a page comes to be, and the check of what it could still do then.
const LEVELS: [(Level, &str); 3] = [
    (Level::Spawned, "confinement_spawned"),
    (Level::Compiled, "confinement_compiled"),
    (Level::Loaded, "confinement_loaded"),
];

/// Half of the pages took no longer to open, in ms, by the way they came to be; none where none did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct OpenMs {
    /// By [`Level::Spawned`].
    pub spawned: Option<f64>,
    /// By [`Level::Compiled`].
    pub compiled: Option<f64>,
    /// By [`Level::Loaded`].
    pub loaded: Option<f64>,
}

/// What was seen of the pages that came to be in one way.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// How long each took to open.
    pub(super) took: Vec<Duration>,
    /// What the first could still do.
    pub(super) confined: Option<Confined>,
}

/// How a page is confined.
#[derive(Clone, Debug, Default)]
pub(super) struct Confined {
    /// The ways out that it tried.
    pub(super) tried: Vec<Tried>,
    /// What it says that is missing.
    pub(super) missing: Vec<String>,
}

/// Opens pages in every way there is.
#[must_use]
pub fn checks(wanted: &Processes) -> (Vec<Check>, Served, OpenMs) {
    let mut seen: [Seen; 3] = Default::default();
    let mut problem = None;
    for (best, _) in LEVELS {
        // What must hold is decided by the checks; the page here is one of ours.
        let processes = Processes { best, ..Processes::default() };
        problem = problem.or(open(&processes, &mut seen).err());
    }
    let mut checks = vec![start(&seen, problem.as_deref(), wanted.best)];
    for (level, name) in LEVELS {
        checks.push(match &seen[level as usize].confined {
            Some(confined) => confinement(name, confined, wanted.confinement_required),
            None if problem.is_none() => Check::ok(name, "no page came to be in this way"),
            None => Check::not_ok(name, State::Warning, "no page opened, so it is not known", "see page_start"),
        });
    }
    let [spawned, compiled, loaded] = [0, 1, 2].map(|level| seen[level].took.len() as u64);
    let served = Served { spawned, compiled, loaded };
    let [spawned, compiled, loaded] = seen.map(|seen| median_ms(seen.took));
    (checks, served, OpenMs { spawned, compiled, loaded })
}

/// Opens one page after another.
fn open(processes: &Processes, seen: &mut [Seen; 3]) -> Result<(), String> {
    let launcher = processes.launcher();
    for _ in 0..DOCTOR_OPENS {
        let before = launcher.served();
        let mut page = processes.process(sample()?, launcher.clone());
        let started = Stopwatch::start();
        page.open(SETTLE_MS_DEFAULT, &mut |_, _| ()).map_err(|error| error.to_string())?;
        let took = started.elapsed();
        let after = launcher.served();
        let level = match (after.compiled > before.compiled, after.loaded > before.loaded) {
            (true, _) => Level::Compiled,
            (_, true) => Level::Loaded,
            _ => Level::Spawned,
        };
        let seen = &mut seen[level as usize];
        seen.took.push(took);
        if seen.confined.is_none() {
            seen.confined = Some(Confined { tried: page.probe(), missing: page.unconfined().to_vec() });
        }
    }
    Ok(())
}

/// Whether a page of ours opens in a process as the configuration wants it; what is in the way.
///
/// # Errors
/// In words.
pub fn try_page(processes: &Processes) -> Result<(), String> {
    let mut page = processes.process(sample()?, processes.launcher());
    page.open(SETTLE_MS_DEFAULT, &mut |_, _| ()).map(drop).map_err(|error| error.to_string())
}

fn sample() -> Result<PageOptions, String> {
    let plugin =
        Plugin::bundled(SAMPLE.toml, SAMPLE.files, &mut Names::default()).map_err(|error| error.to_string())?;
    let network = plugin.network(&Rights::default(), None, ACCOUNT).map_err(|error| error.to_string())?;
    let cookies = network.cookies().clone();
    Ok(plugin.page_options(std::sync::Arc::new(network), cookies))
}

/// How the pages came to be; `best` is the fastest way that the configuration lets them.
pub(super) fn start(seen: &[Seen; 3], problem: Option<&str>, best: Level) -> Check {
    const NAME: &str = "page_start";
    if let Some(problem) = problem {
        let found = format!("a bundled page does not open: {problem}");
        let hint = "let this user start processes, and see the checks of memory and limits; else please report it";
        return Check::not_ok(NAME, State::Failed, found, hint);
    }
    let words = [(Level::Spawned, "spawned"), (Level::Compiled, "forked compiled"), (Level::Loaded, "forked loaded")];
    let line = |(level, word): (Level, &str)| {
        let took = &seen[level as usize].took;
        let median = median_ms(took.clone())?;
        Some(format!("{} {word} in {median} ms", took.len()))
    };
    let found = words.into_iter().filter_map(line).collect::<Vec<_>>().join(", ");
    let is_forked = [Level::Compiled, Level::Loaded].iter().all(|level| !seen[*level as usize].took.is_empty());
    if is_forked || best == Level::Spawned {
        return Check::ok(NAME, found);
    }
    let hint = "pages cannot be forked here, and take longer to replace: forks need Linux 5.3, /proc and what stack asks for; \
                `launch = \"spawn\"` under [process] in duoke.toml says that this is meant";
    Check::not_ok(NAME, State::Warning, found, hint)
}

/// What a page process could still do.
pub(super) fn confinement(name: &'static str, confined: &Confined, required: bool) -> Check {
    let Confined { tried, missing } = confined;
    let open: Vec<&str> = tried.iter().filter(|tried| tried.worked).map(|tried| tried.what.as_str()).collect();
    let mut found = match (tried.len(), open.as_slice()) {
        (0, _) => "the page process did not answer".to_owned(),
        (ways, []) => format!("all of {ways} ways out are refused"),
        (ways, open) => format!("{} of {ways} ways out are open: {}", open.len(), open.join(", ")),
    };
    if !missing.is_empty() {
        found = format!("{found}; missing is {}", missing.join("; "));
    }
    if missing.is_empty() && open.is_empty() && !tried.is_empty() {
        return Check::ok(name, found);
    }
    let (state, hint) = if required {
        (State::Failed, "let the container allow Landlock and seccomp: pages do not run, since confinement is required")
    } else {
        (State::Warning, "let the container allow Landlock and seccomp, or run only pages that you trust")
    };
    Check::not_ok(name, state, found, hint)
}

/// In ms, to a tenth.
fn median_ms(mut took: Vec<Duration>) -> Option<f64> {
    took.sort();
    let median = took.get(took.len() / 2)?;
    Some((median.as_secs_f64() * 10_000.0).round() / 10.0)
}
