//! What happens when a page is saved, and what the console asks of it.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

use super::replays::{changed, replay, summary, troubles};
use super::sessions::{Shelf, SoFar, from_here, stimuli};
use crate::base::clock::{Stopwatch, TimestampMs, format_rfc3339, system_now_ms};
use crate::base::limits::RELOADS_MAX;
use crate::base::sync::lock;
use crate::console::Moment;
use crate::event::Line;
use crate::host::desk::{Trouble, TroubleKind};
use crate::host::replay::document_after;
use crate::host::serve::{Again, Beside, Problem, Renewed, Session, Workbench};
use crate::host::{Notice, Processes};
use crate::regress::{Options, Strictness, Tested, Verdict, play::Replays, run};

/// Tells a person something, with the recordings that differ.
pub type Tell = Arc<dyn Fn(Notice, &[Tested]) + Send + Sync>;

/// What is developed, and how.
pub struct Setting {
    /// What is shown.
    pub workbench: Workbench,
    /// The seat at which the plugins' pages are.
    pub seat: String,
    /// Its plugins' recordings.
    pub shelves: Vec<Shelf>,
    /// How pages of replays come to be.
    pub processes: Processes,
    /// Has the pages reloaded.
    pub again: Sender<Again>,
    /// The customer for whom a page is opened that was told nobody.
    pub openid: Arc<str>,
    /// Folders and addresses that are looked at for saves.
    pub watching: Vec<PathBuf>,
    /// Folder of this host's own for sessions that nobody saved.
    pub folder: PathBuf,
    /// Tells a person what came of a save; the recordings that differ come with it.
    pub tell: Tell,
}

/// Development, while it goes on. Cheap to clone.
#[derive(Clone)]
pub struct Development(Arc<Shared>);

struct Shared {
    setting: Setting,
    saves: Sender<Vec<PathBuf>>,
    state: Mutex<State>,
}

struct State {
    /// The last one first.
    reloads: VecDeque<Reload>,
    replay: Option<Replay>,
    /// Differences that are not shown, by session and plugin.
    ignored: HashMap<(String, String), String>,
    so_far: SoFar,
    /// Gives the replay up that is going on.
    is_over: Arc<AtomicBool>,
    /// The session begins anew with the next reload.
    is_anew: bool,
}

struct Reload {
    at: TimestampMs,
    files: Vec<PathBuf>,
    took_ms: f64,
    renewed: Renewed,
}

#[derive(Default)]
struct Replay {
    is_running: bool,
    sessions: usize,
    took_ms: f64,
    tested: Vec<Tested>,
}

fn ms(watch: &Stopwatch) -> f64 {
    watch.elapsed().as_secs_f64() * 1_000.0
}

impl Development {
    /// Begins: whoever notices a save calls [`Development::saved`].
    #[must_use]
    pub fn begin(setting: Setting, runtime: &Handle) -> Self {
        let (saves, saved) = channel(1);
        let so_far = SoFar::new(setting.folder.clone());
        let state = State {
            reloads: VecDeque::new(),
            replay: None,
            ignored: HashMap::new(),
            so_far,
            is_over: Arc::default(),
            is_anew: false,
        };
        let development = Self(Arc::new(Shared { setting, saves, state: Mutex::new(state) }));
        runtime.spawn(development.clone().run(saved));
        development
    }

    /// These files were saved; `false`: development has ended. Called outside of the runtime.
    pub fn saved(&self, files: Vec<PathBuf>) -> bool {
        self.0.saves.blocking_send(files).is_ok()
    }

    /// Until the host ends.
    async fn run(self, mut saved: Receiver<Vec<PathBuf>>) {
        while let Some(files) = saved.recv().await {
            let is_anew = std::mem::take(&mut lock(&self.0.state).is_anew);
            let (began, before) = (Stopwatch::start(), if is_anew { Vec::new() } else { self.so_far() });
            let Some(renewed) = self.renew().await else { return };
            let has_taken_over = renewed.has_taken_over;
            self.note(Reload { at: system_now_ms(), files, took_ms: ms(&began), renewed });
            if has_taken_over {
                // Who saved again does not wait for what was before.
                let is_over = Arc::<AtomicBool>::default();
                let earlier = std::mem::replace(&mut lock(&self.0.state).is_over, is_over.clone());
                earlier.store(true, Ordering::Relaxed);
                let development = self.clone();
                thread::spawn(move || development.replay(&before, &is_over));
            }
        }
    }

    /// What the pages that are open were told and did.
    fn so_far(&self) -> Vec<Option<Session>> {
        let Setting { workbench, seat, shelves, .. } = &self.0.setting;
        shelves.iter().map(|shelf| workbench.session(seat, &shelf.plugin)).collect()
    }

    /// `None`: the host ends.
    async fn renew(&self) -> Option<Renewed> {
        let (renewed, hears) = oneshot::channel();
        let again = Again::Try { openid: self.0.setting.openid.clone(), renewed };
        self.0.setting.again.send(again).await.ok()?;
        hears.await.ok()
    }

    fn note(&self, reload: Reload) {
        let Setting { workbench, tell, .. } = &self.0.setting;
        let line = Line::new(format!("reload-{}", reload.at), "duoke", "dev.reload", reload.data());
        workbench.put(&Line { time: Some(reload.at), ..line }, &Beside::default());
        reload.notices().into_iter().for_each(|notice| tell(notice, &[]));
        let mut state = lock(&self.0.state);
        state.reloads.push_front(reload);
        state.reloads.truncate(RELOADS_MAX);
        drop(state);
        workbench.note_development();
    }

    /// Replays each plugin's recordings, or where it has none the sessions so far.
    fn replay(&self, before: &[Option<Session>], is_over: &Arc<AtomicBool>) {
        let Setting { workbench, shelves, processes, tell, .. } = &self.0.setting;
        let began = Stopwatch::start();
        let mut runs = Vec::new();
        {
            let mut state = lock(&self.0.state);
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            for (at, shelf) in shelves.iter().enumerate() {
                let recordings = shelf.recordings();
                let has_none = recordings.is_empty();
                if let Some(Some(session)) = before.get(at).filter(|_| has_none) {
                    state.so_far.add(at, shelf, session);
                }
                runs.push((if has_none { state.so_far.of(at) } else { recordings }, has_none));
            }
            let sessions = runs.iter().map(|(files, _)| files.len()).sum();
            state.replay = Some(Replay { is_running: true, sessions, ..Replay::default() });
        }
        workbench.note_development();
        let mut all = Vec::new();
        for (files, is_so_far) in &runs {
            let Some(tested) = replay(files, *is_so_far, processes.clone(), is_over) else { return };
            all.extend(tested);
        }
        let took_ms = ms(&began);
        let text = format!("{}, {took_ms:.0} ms", summary(&all));
        let line = Line::new(format!("replay-{}", system_now_ms()), "duoke", "dev.replay", json!({ "text": text }));
        workbench.put(&Line { time: Some(system_now_ms()), ..line }, &Beside::default());
        let differs = all.iter().any(|tested| !tested.verdict.findings().is_empty());
        let notice = if differs { Notice::warning(text) } else { Notice::note(text) };
        if !all.is_empty() {
            tell(notice, &all);
        }
        let mut state = lock(&self.0.state);
        if !is_over.load(Ordering::Relaxed) {
            state.replay = Some(Replay { is_running: false, sessions: all.len(), took_ms, tested: all });
        }
        drop(state);
        workbench.note_development();
    }

    /// What differs in recordings is right, or is not to be shown again; the names of these.
    ///
    /// # Errors
    /// A recording cannot be written.
    pub fn settle(&self, is_right: bool) -> Result<Vec<String>, Trouble> {
        let mut names: Vec<String> = {
            let state = lock(&self.0.state);
            let tested = state.replay.as_ref().map(|replay| replay.tested.as_slice()).unwrap_or_default();
            let differs = tested.iter().filter(|tested| matches!(tested.verdict, Verdict::Different(_)));
            differs.map(|tested| tested.name.clone()).collect()
        };
        names.dedup();
        for name in &names {
            match is_right {
                true => crate::console::Development::accept(self, name)?,
                false => crate::console::Development::ignore(self, name, None)?,
            };
        }
        Ok(names)
    }

    fn find(&self, session: &str) -> Result<(usize, crate::regress::case::LogFile), Trouble> {
        let mut shelves = self.0.setting.shelves.iter().enumerate();
        let found = shelves.find_map(|(at, shelf)| Some((at, shelf.find(session)?)));
        found.ok_or_else(|| Trouble::new(TroubleKind::NotFound, format!("there is no recording {session}")))
    }

    /// A recording was tested again.
    fn retested(&self, tested: Tested) {
        let mut state = lock(&self.0.state);
        if let Some(replay) = &mut state.replay {
            let is_it = |other: &&mut Tested| other.name == tested.name;
            if let Some(place) = replay.tested.iter_mut().find(is_it) {
                *place = tested;
            }
        }
        drop(state);
        self.0.setting.workbench.note_development();
    }
}

impl Reload {
    fn data(&self) -> Value {
        let problem =
            |problem: &Problem| json!({"plugin": problem.plugin, "text": problem.text, "frame": problem.frame});
        json!({
            "at": format_rfc3339(self.at),
            "files": self.files.iter().map(|file| from_here(file).display().to_string()).collect::<Vec<_>>(),
            "took_ms": (self.took_ms * 10.0).round() / 10.0,
            "ok": self.renewed.has_taken_over,
            "faults": self.renewed.problems.iter().map(problem).collect::<Vec<_>>(),
        })
    }

    fn notices(&self) -> Vec<Notice> {
        let files = match self.files.as_slice() {
            [] => "by hand".to_owned(),
            [file] => from_here(file).display().to_string(),
            [file, others @ ..] => format!("{} and {} more", from_here(file).display(), others.len()),
        };
        let first = match self.renewed.has_taken_over {
            true if self.renewed.problems.is_empty() => {
                Notice::note(format!("{files}: reloaded in {:.0} ms", self.took_ms))
            }
            true => Notice::warning(format!("{files}: reloaded in {:.0} ms, with faults", self.took_ms)),
            false => Notice::error(format!("{files}: the page does not load; the one before goes on")),
        };
        let problem = |Problem { plugin, text, frame }: &Problem| {
            let whose = if plugin.is_empty() { String::new() } else { format!("{plugin}: ") };
            Notice::error(format!("{whose}{text}")).with_frame(frame.clone())
        };
        std::iter::once(first).chain(self.renewed.problems.iter().map(problem)).collect()
    }
}

/// What is looked at for saves, as it is shown.
fn watched(setting: &Setting) -> Vec<String> {
    setting.watching.iter().map(|place| from_here(place).display().to_string()).collect()
}

impl crate::console::Development for Development {
    fn state(&self) -> Value {
        let Setting { workbench, seat, shelves, .. } = &self.0.setting;
        let recorded: usize = shelves
            .iter()
            .filter_map(|shelf| workbench.session(seat, &shelf.plugin))
            .map(|session| stimuli(&session.lines()))
            .sum();
        let state = lock(&self.0.state);
        let replay = state.replay.as_ref().map(|replay| {
            let is_ignored = |session: &str, plugin: &str, diff: &str| {
                let key = (session.to_owned(), plugin.to_owned());
                state.ignored.get(&key).is_some_and(|known| known == diff)
            };
            json!({
                "running": replay.is_running, "sessions": replay.sessions, "took_ms": replay.took_ms.round(),
                "summary": summary(&replay.tested),
                "changed": changed(&replay.tested, is_ignored), "troubles": troubles(&replay.tested),
            })
        });
        json!({
            "watching": watched(&self.0.setting),
            "plugins": shelves.iter().map(|shelf| json!({"plugin": shelf.plugin, "page": shelf.argument})).collect::<Vec<_>>(),
            "reloads": state.reloads.iter().map(Reload::data).collect::<Vec<_>>(),
            "replay": replay,
            "recording": {"stimuli": recorded},
        })
    }

    fn accept(&self, session: &str) -> Result<Value, Trouble> {
        let (_, file) = self.find(session)?;
        let options = Options { strictness: Strictness::Meaning, repeat: 1, update: true, jobs: 1 };
        let replays = Replays::new(self.0.setting.processes.clone());
        let tested = run(&[file], &replays, options, &mut |_| ()).pop();
        let Some(tested) = tested else { return Ok(json!({})) };
        let reasons = tested.verdict.reasons().join("; ");
        if !tested.verdict.is_fine() {
            return Err(Trouble::new(TroubleKind::Store, format!("{session} cannot be updated: {reasons}")));
        }
        let updated = matches!(tested.verdict, Verdict::Updated(_));
        self.retested(Tested { verdict: Verdict::Same, ..tested });
        Ok(json!({"session": session, "updated": updated}))
    }

    fn ignore(&self, session: &str, plugin: Option<&str>) -> Result<Value, Trouble> {
        let mut state = lock(&self.0.state);
        let tested = state.replay.as_ref().map(|replay| replay.tested.as_slice()).unwrap_or_default();
        let all = changed(tested, |_, _, _| false).into_iter();
        let is_it =
            |change: &Value| change["session"] == session && plugin.is_none_or(|plugin| change["plugin"] == plugin);
        let own = |change: &Value, member: &str| change[member].as_str().unwrap_or_default().to_owned();
        let found: Vec<_> = all
            .filter(is_it)
            .map(|change| ((session.to_owned(), own(&change, "plugin")), own(&change, "diff")))
            .collect();
        if found.is_empty() {
            return Err(Trouble::new(TroubleKind::NotFound, format!("{session} has no difference")));
        }
        state.ignored.extend(found);
        drop(state);
        self.0.setting.workbench.note_development();
        Ok(json!({ "session": session }))
    }

    fn reload(&self) {
        // One that is not yet taken is enough.
        let _ = self.0.saves.try_send(Vec::new());
    }

    fn restart(&self) {
        let mut state = lock(&self.0.state);
        state.so_far.clear();
        state.is_anew = true;
        drop(state);
        self.reload();
    }

    fn record(&self, name: &str) -> Result<Value, Trouble> {
        let Setting { workbench, seat, shelves, .. } = &self.0.setting;
        let sessions = shelves.iter().filter_map(|shelf| Some((shelf, workbench.session(seat, &shelf.plugin)?)));
        let sessions: Vec<_> = sessions.filter(|(_, session)| stimuli(&session.lines()) > 0).collect();
        let is_one = sessions.len() == 1;
        let mut saved = Vec::new();
        for (shelf, session) in sessions {
            let name = if is_one { name.to_owned() } else { format!("{name}-{}", shelf.plugin) };
            saved.push(shelf.save(&name, &session)?);
        }
        workbench.note_development();
        match saved.first() {
            Some(first) => Ok(json!({"path": first["path"], "stimuli": first["stimuli"], "saved": saved})),
            None => Err(Trouble::new(TroubleKind::NotFound, "no page was told anything yet")),
        }
    }

    fn sessions(&self) -> Value {
        let listed: Vec<Value> = self.0.setting.shelves.iter().flat_map(Shelf::listed).collect();
        json!({ "sessions": listed })
    }

    fn document_after(&self, line: u64) -> Result<Moment, Trouble> {
        let Some((session, stimulus)) = self.0.setting.workbench.session_of(line) else {
            let text = format!("line {line} is no stimulus of a session that is still known");
            return Err(Trouble::new(TroubleKind::NotFound, text));
        };
        let found = document_after(session.lines(), &session.plugin, &stimulus, &self.0.setting.processes);
        let (html, view) = found.map_err(|text| Trouble::new(TroubleKind::NotFound, text))?;
        Ok(Moment { seat: self.0.setting.seat.clone(), plugin: session.plugin.name, html, view })
    }
}
