//! How page processes come to be: spawned and loaded afresh, or forked from a template.

use std::fmt::Debug;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};

use serde::Serialize;

use super::asked::Asked;
use super::protocol::Opening;
use crate::base::clock::ProcessorClock;
use crate::base::limits::{PAGE_STACK_BYTES, PAGE_STDERR_BYTES_MAX};
use crate::page::{PageOptions, Turn};

/// The hidden command by which the program is a page process.
pub const PAGE_COMMAND: &str = "__page";

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Its exit code, if it exited.
    pub code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    /// The last of what it wrote to standard error.
    pub said: String,
}

/// A running page process.
pub trait Launched: Send {
    /// Kills it, if it still runs, and says how it ended.
    fn end(&mut self) -> Ending;

    /// Tells how long it has computed; `None`: it is not a process of its own.
    fn clock(&self) -> Option<ProcessorClock> {
        None
    }
}

/// How a page came to be, from the slowest to the fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A process of its own that loads everything itself.
    Spawned,
    /// Forked with its scripts compiled.
    Compiled,
    /// Forked with the page loaded.
    Loaded,
}

/// How many pages came to be in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Served {
    /// By [`Level::Spawned`].
    pub spawned: u64,
    /// By [`Level::Compiled`].
    pub compiled: u64,
    /// By [`Level::Loaded`].
    pub loaded: u64,
}

/// A page process that has just come to be.
pub struct Launch {
    /// The process.
    pub process: Box<dyn Launched>,
    /// The connection to it.
    pub stream: UnixStream,
    /// Of a page that is loaded already: what it did meanwhile.
    pub loaded: Option<Turn>,
    /// What of the confinement is missing, where the process does not say so itself.
    pub unconfined: Vec<String>,
}

/// Starts page processes.
pub trait Launcher: Debug + Send + Sync {
    /// Starts one for a page that is to be opened so, and connects to it.
    ///
    /// # Errors
    /// What the system says.
    fn launch(&self, opening: &Opening, doors: &PageOptions) -> io::Result<Launch>;

    /// A page that was opened so has loaded by itself, and what it asked for meanwhile: what a launcher may learn from.
    fn note(&self, opening: &Opening, asked: Asked) {
        let _ = (opening, asked);
    }

    /// What the pages are made of may have changed: what was learnt of loading them is forgotten.
    fn changed(&self) {}

    /// How many pages came to be in which way.
    fn served(&self) -> Served {
        Served::default()
    }
}

/// Spawns the program anew for each page. Works everywhere.
#[derive(Debug, Clone)]
pub struct Spawner {
    program: PathBuf,
    launched: Arc<AtomicU64>,
}

impl Spawner {
    /// Spawns `program`, which is this one or a copy of it.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self { program, launched: Arc::default() }
    }

    /// Spawns the program that is running.
    #[must_use]
    pub fn of_this_program() -> Self {
        let own = PathBuf::from("/proc/self/exe");
        // The file may be replaced by another release while this one runs: where the system has it, the program itself
        // goes before its path.
        let program = if own.exists() { Ok(own) } else { std::env::current_exe() };
        Self::new(program.unwrap_or_default())
    }
}

impl Spawner {
    /// Starts the program as a page process.
    pub(super) fn spawn(&self) -> io::Result<(Spawned, UnixStream)> {
        raise_limits();
        let (ours, theirs) = UnixStream::pair()?;
        let mut child = Command::new(&self.program)
            .arg(PAGE_COMMAND)
            .env_clear()
            .current_dir("/")
            // Ctrl-C is for the host, which ends its pages itself.
            .process_group(0)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let said = child.stderr.take().map(keep_last);
        Ok((Spawned { child, said, ending: None }, ours))
    }
}

impl Launcher for Spawner {
    fn launch(&self, _: &Opening, _: &PageOptions) -> io::Result<Launch> {
        let (process, stream) = self.spawn()?;
        self.launched.fetch_add(1, Ordering::Relaxed);
        Ok(Launch { process: Box::new(process), stream, loaded: None, unconfined: Vec::new() })
    }

    fn served(&self) -> Served {
        Served { spawned: self.launched.load(Ordering::Relaxed), ..Served::default() }
    }
}

/// What processes inherit from this one: the stack that boa's parser needs, and here descriptors for many pages.
fn raise_limits() {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        static RAISED: std::sync::Once = std::sync::Once::new();
        RAISED.call_once(|| {
            let raise = |resource, wanted: Option<u64>| {
                let Ok((soft, hard)) = getrlimit(resource) else { return };
                let wanted = wanted.unwrap_or(hard).min(hard);
                if soft < wanted {
                    // Where it is refused pages run on a thread with the stack they need, and fewer fit.
                    let _ = setrlimit(resource, wanted, hard);
                }
            };
            raise(Resource::RLIMIT_STACK, Some(PAGE_STACK_BYTES as u64));
            raise(Resource::RLIMIT_NOFILE, None);
        });
    }
}

/// A process of which this one is the parent.
pub(super) struct Spawned {
    child: Child,
    said: Option<Receiver<String>>,
    ending: Option<Ending>,
}

impl Spawned {
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Launched for Spawned {
    fn end(&mut self) -> Ending {
        if let Some(ending) = &self.ending {
            return ending.clone();
        }
        // One that has already ended is not there to be killed.
        let _ = self.child.kill();
        let status = self.child.wait().ok();
        let said = self.said.take().and_then(|said| said.recv().ok()).unwrap_or_default();
        let ending = Ending {
            code: status.and_then(|status| status.code()),
            signal: status.and_then(|status| status.signal()),
            said,
        };
        self.ending.insert(ending).clone()
    }

    fn clock(&self) -> Option<ProcessorClock> {
        i32::try_from(self.pid()).ok().and_then(ProcessorClock::of)
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        self.end();
    }
}

/// Reads what a process writes to standard error and keeps the end of it.
fn keep_last(mut from: ChildStderr) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let (mut kept, mut buffer) = (Vec::new(), [0; 1024]);
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            kept.extend_from_slice(&buffer[..read]);
            let excess = kept.len().saturating_sub(PAGE_STDERR_BYTES_MAX);
            kept.drain(..excess);
        }
        let _ = sender.send(String::from_utf8_lossy(&kept).trim().to_owned());
    });
    receiver
}
