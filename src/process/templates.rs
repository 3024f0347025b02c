//! Forking pages from templates: one [`Templates`] for each plugin.
//!
//! The first page of a plugin is spawned and loads by itself; what it asked for meanwhile says what can be shared. From
//! then on a page is a fork: of a process with the plugin's scripts compiled, or where the load read nothing that
//! differs, of one with the page loaded. Where forking fails, a page is spawned.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::asked::{Again, Asked};
use super::launch::{Ending, Launch, Launched, Launcher, Level, Served, Spawner};
use super::live::{Doors, Live};
use super::protocol::{FromPage, Opening, Role, ToPage};
use crate::base::clock::ProcessorClock;
use crate::base::limits::{PAGE_STDERR_BYTES_MAX, TEMPLATE_ANSWER_MS};
use crate::event::LocalStorage;
use crate::page::{Pace, PageOptions, Turn};

/// Bytes that are read of a pipe at most: what one holds by default.
const PIPE_BYTES: u64 = 64 * 1024;

/// Starts the pages of one plugin, as cheaply as can be.
pub struct Templates {
    spawner: Spawner,
    best: Level,
    state: Mutex<State>,
    served: [AtomicU64; 3],
}

/// What is known of the plugin so far.
#[derive(Default)]
struct State {
    /// How a page was opened that loaded by itself, and what it asked for.
    known: Option<(Opening, Asked)>,
    /// The process with the scripts compiled.
    base: Option<Arc<Template>>,
    /// The process with the page loaded, and what the page did meanwhile.
    loaded: Option<(Arc<Template>, Turn)>,
    /// Loading it once more did not lead to the same.
    is_never_the_same: bool,
}

/// A process from which pages are forked.
struct Template {
    live: Mutex<Live>,
    pid: i32,
    unconfined: Vec<String>,
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Templates").field("spawner", &self.spawner).field("served", &self.served()).finish()
    }
}

impl Templates {
    /// Nothing is known yet, no template runs.
    #[must_use]
    pub fn new(spawner: Spawner) -> Self {
        Self { spawner, best: Level::Loaded, state: Mutex::default(), served: Default::default() }
    }

    /// Uses no level beyond this one.
    #[must_use]
    pub fn up_to(self, best: Level) -> Self {
        Self { best, ..self }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, level: Level) {
        self.served[level as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// A fork, and of which level; none where nothing is known yet.
    fn fork(&self, opening: &Opening, doors: &PageOptions) -> io::Result<Option<(Launch, Level)>> {
        let mut state = self.state();
        if let Some((template, turn)) = self.loaded(&mut state, opening, doors) {
            match template.fork() {
                Ok(launch) => return Ok(Some((Launch { loaded: Some(turn), ..launch }, Level::Loaded))),
                Err(_) => state.loaded = None,
            }
        }
        let Some(base) = self.base(&mut state)? else { return Ok(None) };
        match base.fork() {
            Ok(launch) => Ok(Some((launch, Level::Compiled))),
            Err(error) => {
                state.base = None;
                Err(error)
            }
        }
    }

    /// The template with the scripts compiled; made when a second page is wanted.
    fn base(&self, state: &mut State) -> io::Result<Option<Arc<Template>>> {
        if let Some(base) = &state.base {
            return Ok(Some(base.clone()));
        }
        let Some((opening, asked)) = &state.known else { return Ok(None) };
        let (process, stream) = self.spawner.spawn()?;
        let pid = i32::try_from(process.pid()).map_err(io::Error::other)?;
        let mut live = Live::new(Box::new(process), stream);
        let again = Arc::new(Again::new(asked.clone()));
        // Nothing of the page runs in it: its forks are told what they find in `localStorage`.
        let prepare = ToPage::Prepare(Box::new(Opening { storage: LocalStorage::default(), ..opening.clone() }));
        match live.exchange(&prepare, (again.clone(), again), &opening.limits) {
            Ok(FromPage::Prepared(Ok(_))) => {}
            Ok(other) => return Err(io::Error::other(format!("the template is not ready: {other:?}"))),
            Err(death) => return Err(io::Error::other(format!("the template is not ready: {death:?}"))),
        }
        Ok(Some(state.base.insert(Template::new(live, pid)).clone()))
    }

    /// The template with the page loaded as `opening` says, where that is the same as loading it afresh: among the rest
    /// with the same in `localStorage`.
    fn loaded(&self, state: &mut State, opening: &Opening, doors: &PageOptions) -> Option<(Arc<Template>, Turn)> {
        // In real time a load takes as long as it takes.
        if self.best != Level::Loaded || state.is_never_the_same || opening.pace == Pace::Real {
            return None;
        }
        let load = Opening { resume: None, ..opening.clone() };
        let (known, asked) = state.known.as_ref()?;
        if *known != load || !asked.would_be_the_same(&*doors.network, &*doors.cookies, opening.start) {
            return None;
        }
        if state.loaded.is_none() {
            let asked = asked.clone();
            let base = self.base(state).ok()??;
            state.loaded = load_in(&base, &load, asked);
            state.is_never_the_same = state.loaded.is_none();
        }
        state.loaded.clone()
    }
}

/// Loads a page in a fork of the base, from which others are then forked.
fn load_in(base: &Arc<Template>, load: &Opening, asked: Asked) -> Option<(Arc<Template>, Turn)> {
    let (process, stream) = base.child().ok()?;
    let pid = process.pid;
    let mut live = Live::new(Box::new(process), stream);
    let again = Arc::new(Again::new(asked));
    let doors: Doors = (again.clone(), again.clone());
    match live.exchange(&ToPage::Open(Role::Template, Box::new(load.clone())), doors, &load.limits) {
        Ok(FromPage::Opened(Ok(turn))) if turn.idle && !again.strayed() => {
            Some((Template::with(live, pid, base.unconfined.clone()), turn))
        }
        _ => None,
    }
}

impl Launcher for Templates {
    fn launch(&self, opening: &Opening, doors: &PageOptions) -> io::Result<Launch> {
        if self.best != Level::Spawned
            && let Ok(Some((launch, level))) = self.fork(opening, doors)
        {
            self.count(level);
            return Ok(launch);
        }
        self.count(Level::Spawned);
        self.spawner.launch(opening, doors)
    }

    fn note(&self, opening: &Opening, asked: Asked) {
        let mut state = self.state();
        let known = (Opening { resume: None, ..opening.clone() }, asked);
        let without_storage = Opening { storage: LocalStorage::default(), ..known.0.clone() };
        if state.known.as_ref().is_some_and(|(first, _)| *first == without_storage && *first != known.0) {
            // Most pages begin with nothing in `localStorage`: one that has something does not stand for them.
            return;
        }
        if state.known.as_ref() != Some(&known) {
            // The newest version is the one that further pages will be of.
            (state.known, state.loaded, state.is_never_the_same) = (Some(known), None, false);
        }
    }

    /// Pages are loaded afresh. What is compiled stays, for it is found by its text.
    fn changed(&self) {
        let mut state = self.state();
        (state.loaded, state.is_never_the_same) = (None, false);
    }

    fn served(&self) -> Served {
        let [spawned, compiled, loaded] = [0, 1, 2].map(|level| self.served[level].load(Ordering::Relaxed));
        Served { spawned, compiled, loaded }
    }
}

impl Template {
    fn new(live: Live, pid: i32) -> Arc<Self> {
        let unconfined = live.unconfined.clone();
        Self::with(live, pid, unconfined)
    }

    fn with(live: Live, pid: i32, unconfined: Vec<String>) -> Arc<Self> {
        Arc::new(Self { live: Mutex::new(live), pid, unconfined })
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fork(self: &Arc<Self>) -> io::Result<Launch> {
        let (process, stream) = self.child()?;
        Ok(Launch { process: Box::new(process), stream, loaded: None, unconfined: self.unconfined.clone() })
    }

    /// Forks. What the template says is not believed: the process must be its child.
    fn child(self: &Arc<Self>) -> io::Result<(Forked, UnixStream)> {
        let time = Duration::from_millis(TEMPLATE_ANSWER_MS);
        let (answer, descriptors) = self
            .live()
            .command(&ToPage::Fork, time)
            .map_err(|death| io::Error::other(format!("the template does not answer: {death:?}")))?;
        let FromPage::Forked(forked) = answer else { return Err(io::Error::other("the template spoke out of turn")) };
        let pid = forked.map_err(io::Error::other)?;
        let Ok([connection, said]) = <[OwnedFd; 2]>::try_from(descriptors) else {
            return Err(io::Error::other("the template handed over no connection"));
        };
        let handle = pidfd_of_child(pid, self.pid)?;
        let forked = Forked { pid, handle, said: File::from(said), template: self.clone(), ending: None };
        Ok((forked, UnixStream::from(connection)))
    }
}

/// A descriptor of the process `pid`, which is a child of `parent`. The order matters: a process that is a child of the
/// template after it was opened either was so before, or the one that was opened is gone, and signals reach nobody.
fn pidfd_of_child(pid: i32, parent: i32) -> io::Result<OwnedFd> {
    let wrong = || io::Error::other("the template named a process that is not its child");
    let handle = pidfd_open(Pid::from_raw(pid).filter(|_| pid > 0).ok_or_else(wrong)?, PidfdFlags::empty())?;
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"))?;
    // `pid (name) state parent …`; the name may hold anything.
    let behind = stat.rsplit_once(')').map(|(_, behind)| behind).ok_or_else(wrong)?;
    let found = behind.split_whitespace().nth(1).and_then(|field| field.parse::<i32>().ok());
    if found == Some(parent) { Ok(handle) } else { Err(wrong()) }
}

/// A process that was forked from a template.
struct Forked {
    pid: i32,
    handle: OwnedFd,
    said: File,
    template: Arc<Template>,
    ending: Option<Ending>,
}

/// The last of what a process wrote to its standard error. What is there is all there is: the template made the pipe, and
/// may hold the other end.
fn last_words(said: &File) -> String {
    let mut words = Vec::new();
    if fcntl(said, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).is_ok() {
        // It ends where it would block.
        let _ = said.take(PIPE_BYTES).read_to_end(&mut words);
    }
    let excess = words.len().saturating_sub(PAGE_STDERR_BYTES_MAX);
    String::from_utf8_lossy(&words[excess..]).trim().to_owned()
}

impl Launched for Forked {
    fn end(&mut self) -> Ending {
        if let Some(ending) = &self.ending {
            return ending.clone();
        }
        // One that has already ended is not there to be killed.
        let _ = pidfd_send_signal(&self.handle, Signal::KILL);
        let reaped = self.template.live().command(&ToPage::Reap(self.pid), Duration::from_millis(TEMPLATE_ANSWER_MS));
        let (code, signal) = match reaped {
            Ok((FromPage::Reaped(code, signal), _)) => (code, signal),
            // A template that does not answer goes as well, and its children with it; the system reaps them.
            _ => {
                self.template.live().process.end();
                (None, None)
            }
        };
        let said = last_words(&self.said);
        self.ending.insert(Ending { code, signal, said }).clone()
    }

    fn clock(&self) -> Option<ProcessorClock> {
        ProcessorClock::of(self.pid)
    }
}

impl Drop for Forked {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::*;

    #[test]
    fn last_words_are_not_waited_for() {
        let (said, saying) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        File::from(saying.try_clone().unwrap()).write_all(b" bye\n").unwrap();
        assert_eq!(last_words(&File::from(said)), "bye");
        drop(saying);
    }
}
