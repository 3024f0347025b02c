//! How page processes come to be: spawned and loaded afresh, or forked from a template.

use std::fmt::Debug;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use crate::base::limits::PAGE_STDERR_BYTES_MAX;

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
}

/// Starts page processes.
pub trait Launcher: Debug + Send + Sync {
    /// Starts one and connects to it.
    ///
    /// # Errors
    /// What the system says.
    fn launch(&self) -> io::Result<(Box<dyn Launched>, UnixStream)>;
}

/// Spawns the program anew for each page. Works everywhere.
#[derive(Debug, Clone)]
pub struct Spawner {
    program: PathBuf,
}

impl Spawner {
    /// Spawns `program`, which is this one or a copy of it.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// Spawns the program that is running.
    #[must_use]
    pub fn of_this_program() -> Self {
        Self::new(std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/proc/self/exe")))
    }
}

impl Launcher for Spawner {
    fn launch(&self) -> io::Result<(Box<dyn Launched>, UnixStream)> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut child = Command::new(&self.program)
            .arg(PAGE_COMMAND)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let said = child.stderr.take().map(keep_last);
        Ok((Box::new(Spawned { child, said, ending: None }), ours))
    }
}

struct Spawned {
    child: Child,
    said: Option<Receiver<String>>,
    ending: Option<Ending>,
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
