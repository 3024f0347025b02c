//! What a page process does: it opens its page and gives it turns, until the host closes the connection.

use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;

use super::deadline;
use super::far::FarHost;
use super::protocol::{FromPage, Opening, ToPage, VERSION};
use super::{frame, probe};
use crate::base::limits::PAGE_STACK_BYTES;
use crate::base::memory;
use crate::page::{Page, PageOptions};

/// The page process as a program: the connection to the host is its standard input.
#[must_use]
pub fn main() -> ExitCode {
    let served = take_stdin().map_err(|error| error.to_string()).and_then(|stream| {
        // boa's parser needs more stack than a process has.
        let thread = std::thread::Builder::new().name("page".to_owned()).stack_size(PAGE_STACK_BYTES);
        let thread = thread.spawn(move || serve(stream)).map_err(|error| error.to_string())?;
        thread.join().unwrap_or_else(|_| Err("the page panicked".to_owned()))
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = writeln!(std::io::stderr(), "{problem}");
            ExitCode::FAILURE
        }
    }
}

/// The connection, and nothing in its place.
fn take_stdin() -> std::io::Result<UnixStream> {
    let stream = std::io::stdin().as_fd().try_clone_to_owned()?;
    let nothing = std::fs::File::open("/dev/null")?;
    nix::unistd::dup2_stdin(nothing)?;
    Ok(UnixStream::from(stream))
}

/// Serves the host at the other end of `stream`, on a thread with the stack of a page.
///
/// # Errors
/// A sentence: the host does not speak as it should, or the system refuses a timer.
pub fn serve(stream: UnixStream) -> Result<(), String> {
    let opening = match frame::read(&stream).map_err(|error| error.to_string())? {
        ToPage::Open(opening) if opening.version == VERSION => *opening,
        ToPage::Open(opening) => return Err(format!("protocol {} is not {VERSION}", opening.version)),
        _ => return Err("the first frame opens no page".to_owned()),
    };
    deadline::set_up(opening.bounds).map_err(|error| error.to_string())?;
    let missing = confine(opening.bounds.memory_bytes).map_err(|error| format!("confinement: {error}"))?;
    let may_run = missing.is_empty() || !opening.confinement_required;
    frame::write(&stream, &FromPage::Confined(missing)).map_err(|error| error.to_string())?;
    if !may_run {
        return Ok(());
    }
    memory::set_ceiling(opening.bounds.memory_bytes);
    deadline::begin();
    let host = FarHost::new(stream);
    let settle_ms = opening.settle_ms;
    let mut page = match Page::open(options(opening, &host), settle_ms) {
        Ok(page) => page,
        Err(error) => {
            host.say(&FromPage::Opened(Err(error)));
            return Ok(());
        }
    };
    host.say(&FromPage::Opened(Ok(page.take_turn())));
    loop {
        let answer = match host.command() {
            ToPage::Turn(input) => FromPage::Turned(page.turn(&input)),
            ToPage::Probe => FromPage::Probed(probe::probe()),
            ToPage::Document => FromPage::Document(page.document_html()),
            _ => return Err("the host answered a question that nobody asked".to_owned()),
        };
        host.say(&answer);
    }
}

#[cfg(target_os = "linux")]
fn confine(memory_bytes: u64) -> std::io::Result<Vec<String>> {
    super::confine::confine(memory_bytes)
}

#[cfg(not(target_os = "linux"))]
fn confine(_: u64) -> std::io::Result<Vec<String>> {
    Ok(vec!["this system has neither Landlock nor seccomp".to_owned()])
}

fn options(opening: Opening, host: &FarHost) -> PageOptions {
    PageOptions {
        source: opening.source,
        network: Arc::new(host.clone()),
        cookies: Arc::new(host.clone()),
        settings: opening.settings,
        start: opening.start,
        seed: opening.seed,
        realtime: opening.realtime,
    }
}
