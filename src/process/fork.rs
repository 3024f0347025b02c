//! Forking a page from a template process, and the child's first steps.
//!
//! A template has one thread and runs no page code between its commands, so a fork of it is whole. The child has a
//! connection and a standard error of its own, and ends with its parent.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, getpid, getppid};
use rustix::pipe::{PipeFlags, pipe_with};

/// One side of a fork.
pub(super) enum Side {
    /// This is the template.
    Template {
        /// The child.
        child: i32,
        /// The host's end of its connection.
        connection: UnixStream,
        /// What the child writes to standard error; where nobody reads, what does not fit is lost.
        said: OwnedFd,
    },
    /// This is the child, and its connection to the host.
    Child(UnixStream),
}

/// Forks.
///
/// # Errors
/// What the system says; there is no child then.
pub(super) fn fork() -> io::Result<Side> {
    let (ours, theirs) = UnixStream::pair()?;
    let (said, saying) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    let template = getpid();
    match fork_process()? {
        ForkResult::Parent { child } => Ok(Side::Template { child: child.as_raw(), connection: ours, said }),
        ForkResult::Child => {
            nix::unistd::dup2_stderr(saying.as_fd())?;
            end_with(template)?;
            Ok(Side::Child(theirs))
        }
    }
}

/// How a child ended; it waits for that.
///
/// # Errors
/// What the system says: it is no child of this process.
pub(super) fn reap(child: i32) -> io::Result<(Option<i32>, Option<i32>)> {
    if child <= 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    loop {
        match waitpid(Pid::from_raw(child), None) {
            Ok(WaitStatus::Exited(_, code)) => return Ok((Some(code), None)),
            Ok(WaitStatus::Signaled(_, signal, _)) => return Ok((None, Some(signal as i32))),
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[expect(unsafe_code, reason = "fork is unsafe where there are other threads or handlers; a template has neither")]
fn fork_process() -> nix::Result<ForkResult> {
    // SAFETY: the process has one thread (`super::page::main` refuses forks otherwise), so no lock is held by anybody
    // else; its only signal handler sets a flag.
    unsafe { nix::unistd::fork() }
}

/// Has the system kill this process when `parent` ends.
fn end_with(parent: Pid) -> io::Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    if getppid() == parent { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
}
