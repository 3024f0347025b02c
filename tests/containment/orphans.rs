//! A host that is killed leaves nothing that runs: a page that loops ends when it next asks for its parent, everything else
//! at once.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::{alone, site};
use crate::process_bench::{MAP, USER_A, USER_B, children};

/// Longest that a page may outlive its host, in ms: much of it for a busy machine.
const OUTLIVES_MS: u64 = 60_000;

/// Asks a server, and loops without waiting for the answer; where it is to, it dies the first time instead.
fn wild(address: &str, dies_first: bool) -> String {
    let die = "for (var s = 'a'.repeat(1024); ; ) s = s.repeat(2);";
    let dies = if dies_first { format!("if (heard == 1) {{ {die} }}") } else { String::new() };
    format!(
        "{dies}
         var request = new XMLHttpRequest();
         request.open('GET', '{address}');
         request.send();
         while (true) {{}}"
    )
}

/// `duoke run` with a page, told one event after another.
struct Host {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Host {
    fn start(pages: &[&std::path::Path], allowed: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_duoke"));
        command.arg("run").args(pages).args(["--events", "-", "--allow", allowed]);
        let mut child = command
            .env_clear()
            // Deadlines are far off.
            .envs([("DUOKE_LIMITS_TURN_SOFT_MS", "3600000"), ("DUOKE_LIMITS_TURN_HARD_MS", "3600000")])
            .current_dir(pages[0])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// Reads what the pages do until this is in a line.
    fn await_line(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "it ended before it said {text}");
        }
    }

    /// Descriptors of the processes below it, theirs included.
    fn descendants(&self) -> Vec<OwnedFd> {
        let (mut found, mut open) = (Vec::new(), vec![self.child.id()]);
        while let Some(parent) = open.pop() {
            for child in children(parent) {
                open.push(u32::try_from(child).unwrap());
                // One that has ended meanwhile is not waited for.
                found.extend(pidfd_open(Pid::from_raw(child).unwrap(), PidfdFlags::empty()));
            }
        }
        found
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Plays to the point where one page loops, kills the host, and waits for the end of all processes.
fn check(dies_first: bool, processes_min: usize) {
    let _alone = alone();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", server.local_addr().unwrap());
    let (wild, idle) = (site(&wild(&address, dies_first)), site(""));
    let mut host = Host::start(&[wild.path(), idle.path()], &address);
    host.tell(USER_A);
    host.await_line("oA");
    if dies_first {
        host.tell(MAP);
        host.await_line("fault.limit");
        host.tell(USER_B);
        host.await_line("oB");
    }
    host.tell(MAP);
    // Asked, it loops.
    let _asked = server.accept().unwrap();
    let processes = host.descendants();
    assert!(processes.len() >= processes_min, "{} processes", processes.len());
    host.kill();
    let timeout = PollTimeout::try_from(OUTLIVES_MS).unwrap();
    for process in processes {
        let ended = poll(&mut [PollFd::new(process.as_fd(), PollFlags::POLLIN)], timeout).unwrap();
        assert_eq!(ended, 1, "a process outlives its host");
    }
}

#[test]
fn a_spawned_page_that_loops_ends_with_its_host() {
    check(false, 2);
}

#[test]
fn a_forked_page_ends_with_its_template() {
    // Two pages, and the template of the one that died.
    check(true, 3);
}
