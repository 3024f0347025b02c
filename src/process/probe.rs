//! What a page process could still do, found out by trying: for tests, and for operators who want to see it.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;

use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getppid};
use serde::{Deserialize, Serialize};

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// What.
    pub what: String,
    /// Whether it worked; it must not.
    pub worked: bool,
    /// The system's words where it did not.
    pub answer: String,
}

/// Tries to leave the process.
#[must_use]
pub fn probe() -> Vec<Tried> {
    // The parent is named before it can no longer be asked for.
    let host = getppid();
    vec![
        tried("open a file", &File::open("/etc/passwd")),
        tried("open a device", &File::open("/dev/zero")),
        tried("write a file", &write_file()),
        tried("list a folder", &std::fs::read_dir("/")),
        tried("read the host's memory map", &File::open(format!("/proc/{host}/maps"))),
        tried("connect", &TcpStream::connect((Ipv4Addr::LOCALHOST, 80))),
        tried("listen", &TcpListener::bind((Ipv4Addr::LOCALHOST, 0))),
        tried("start a program", &Command::new("/bin/true").status()),
        tried("start a thread", &std::thread::Builder::new().spawn(|| ())),
        tried("signal the host", &kill(host, None)),
        tried("signal the first process", &kill(Pid::from_raw(1), Some(Signal::SIGURG))),
        tried("trace the host", &trace(host)),
        tried("change the user", &nix::unistd::setuid(nix::unistd::getuid())),
        Tried {
            what: "read the environment".to_owned(),
            worked: std::env::vars_os().next().is_some(),
            answer: "it is empty".to_owned(),
        },
    ]
}

/// A file of its own: what is there already stays as it is.
fn write_file() -> std::io::Result<()> {
    let path = std::env::temp_dir().join(format!("duoke-probe-{}", std::process::id()));
    File::create_new(&path)?;
    std::fs::remove_file(path)
}

/// A process stands still while it is traced: it is let go at once.
fn trace(process: Pid) -> nix::Result<()> {
    ptrace::attach(process)?;
    waitpid(process, None)?;
    ptrace::detach(process, None)
}

fn tried<T, E: ToString>(what: &str, result: &Result<T, E>) -> Tried {
    let answer = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
    Tried { what: what.to_owned(), worked: result.is_ok(), answer }
}
