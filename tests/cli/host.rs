//! A host that runs beside commands.

use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdin};

use crate::bench::{Bench, SandboxChild};

/// A host that runs until it is dropped.
pub struct Host {
    pub child: Child,
    pub events: Option<ChildStdin>,
}

impl Host {
    /// One that plays its standard input to a page, and forwards.
    pub fn start(bench: &Bench, sandbox: &SandboxChild, page: &str) -> Self {
        Self::listening(bench, sandbox.start_run(bench, &["run", page, "--events", "-", "--forward"]))
    }

    /// Waits until it answers commands.
    pub fn listening(bench: &Bench, mut child: Child) -> Self {
        let events = child.stdin.take();
        while UnixStream::connect(bench.path("state/control.sock")).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "it ended");
        }
        Self { child, events }
    }

    pub fn end(mut self) -> i32 {
        drop(self.events.take());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
