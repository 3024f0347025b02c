//! What a page process does: it opens its page and gives it turns, until the host closes the connection. As a template it
//! makes others that do.

use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use super::deadline;
use super::far::FarHost;
use super::probe;
use super::protocol::{FromPage, Opening, Role, ToPage, VERSION};
use crate::base::limits::PAGE_STACK_BYTES;
use crate::base::limits::page::PageLimits;
use crate::base::{memory, whereabouts};
use crate::engine::heap;
use crate::page::{LoadError, Page, PageOptions};

/// The page process as a program: the connection to the host is its standard input.
#[must_use]
pub fn main() -> ExitCode {
    report_last_place();
    let served = take_stdin().map_err(|error| error.to_string()).and_then(|stream| {
        // boa's parser needs more stack than a process has by itself. A process with threads cannot be forked.
        if has_page_stack() {
            return Server::new(stream, true).serve();
        }
        let thread = std::thread::Builder::new().name("page".to_owned()).stack_size(PAGE_STACK_BYTES);
        let thread = thread.spawn(move || Server::new(stream, false).serve()).map_err(|error| error.to_string())?;
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

/// A process that breaks says where its page was last seen, after what the system and the panic say.
fn report_last_place() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        told(panic);
        whereabouts::write();
    }));
    #[cfg(target_os = "linux")]
    super::crash::report_last_place();
}

/// The connection, and nothing in its place.
fn take_stdin() -> std::io::Result<UnixStream> {
    let stream = std::io::stdin().as_fd().try_clone_to_owned()?;
    let nothing = std::fs::File::open("/dev/null")?;
    nix::unistd::dup2_stdin(nothing)?;
    Ok(UnixStream::from(stream))
}

/// Whether this process was started with the stack of a page (`super::launch`).
#[cfg(target_os = "linux")]
fn has_page_stack() -> bool {
    use nix::sys::resource::{Resource, getrlimit};
    getrlimit(Resource::RLIMIT_STACK).is_ok_and(|(soft, _)| soft >= PAGE_STACK_BYTES as u64)
}

#[cfg(not(target_os = "linux"))]
fn has_page_stack() -> bool {
    false
}

/// Where a process stands.
enum State {
    /// Nothing has happened.
    New,
    /// The engine is ready, perhaps with scripts compiled; nothing has run.
    Blank(Box<Page>),
    /// The page is loaded.
    Loaded(Box<Page>),
}

/// A process, as its host sees it.
struct Server {
    host: FarHost,
    state: State,
    /// What it has given up so far.
    confined: Option<Role>,
    /// Whether the process can be forked.
    forks: bool,
    /// Those of the first opening.
    limits: PageLimits,
    /// Whether it may not run where some of its confinement is missing.
    confinement_required: bool,
}

/// The host does not speak as it should, or the system refuses what a page process cannot be without.
type Failure = String;

impl Server {
    fn new(stream: UnixStream, forks: bool) -> Self {
        Self {
            host: FarHost::new(stream),
            state: State::New,
            confined: None,
            forks,
            limits: PageLimits::default(),
            confinement_required: false,
        }
    }

    fn serve(&mut self) -> Result<(), Failure> {
        loop {
            let answer = match (self.host.command(), &mut self.state) {
                (ToPage::Open(role, opening), State::New | State::Blank(_)) => {
                    FromPage::Opened(self.open(role, *opening)?)
                }
                (ToPage::Prepare(opening), State::New) => FromPage::Prepared(self.prepare(*opening)?),
                (ToPage::Resume(moment), State::Loaded(_)) => {
                    self.confine(Role::Page)?;
                    let State::Loaded(page) = &mut self.state else { unreachable!("it was loaded") };
                    give_out_by_task(page, &self.host);
                    if let Some(moment) = moment {
                        page.resume(moment);
                    }
                    FromPage::Opened(Ok(page.take_turn()))
                }
                (ToPage::Fork, _) => match self.fork() {
                    Ok(()) => continue,
                    Err(problem) => FromPage::Forked(Err(problem)),
                },
                (ToPage::Reap(child), _) => reap(child),
                (ToPage::Turn(input), State::Loaded(page)) => FromPage::Turned(page.turn(&input)),
                (ToPage::Document, State::Loaded(page)) => FromPage::Document(page.document_html()),
                (ToPage::Look(look), State::Loaded(page)) => FromPage::Looked(page.look(look)),
                (ToPage::Rest, State::Loaded(_)) => {
                    heap::collect_if_worth();
                    memory::give_back();
                    FromPage::Rested
                }
                (ToPage::Probe, State::Loaded(_)) => FromPage::Probed(probe::probe()),
                _ => return Err("the host said what does not belong there".to_owned()),
            };
            self.host.say(&answer);
        }
    }

    /// Gives up what this process does not need, once and, for a fork of a template, once more.
    fn confine(&mut self, role: Role) -> Result<(), Failure> {
        match (self.confined, role) {
            (Some(Role::Template), Role::Page) => {
                deadline::set_up(&self.limits).map_err(|error| error.to_string())?;
                confine_fork();
            }
            (Some(Role::Template), Role::Template) => {
                deadline::set_up(&self.limits).map_err(|error| error.to_string())?;
            }
            (Some(Role::Page), _) => return Ok(()),
            (None, _) => {
                deadline::set_up(&self.limits).map_err(|error| error.to_string())?;
                let missing =
                    confine(role, self.limits.memory_bytes).map_err(|error| format!("confinement: {error}"))?;
                let may_run = missing.is_empty() || !self.confinement_required;
                self.host.say(&FromPage::Confined(missing));
                if !may_run {
                    return Err("this system does not confine the process as is required".to_owned());
                }
                memory::set_ceiling(self.limits.memory_bytes);
            }
        }
        self.confined = Some(role);
        deadline::begin();
        Ok(())
    }

    fn begin(&mut self, role: Role, opening: &Opening) -> Result<(), Failure> {
        if opening.version != VERSION {
            return Err(format!("protocol {} is not {VERSION}", opening.version));
        }
        (self.limits, self.confinement_required) = (opening.limits, opening.confinement_required);
        self.host.hold_to(&self.limits);
        self.confine(role)
    }

    fn open(&mut self, role: Role, opening: Opening) -> Result<Result<crate::page::Turn, LoadError>, Failure> {
        self.begin(role, &opening)?;
        let (settle_ms, resume) = (opening.settle_ms, opening.resume);
        let page = match std::mem::replace(&mut self.state, State::New) {
            State::Blank(mut page) => {
                page.redirect(options(opening, &self.host));
                Ok(page)
            }
            _ => Page::blank(options(opening, &self.host)).map(Box::new),
        };
        let host = self.host.clone();
        let opened = page.and_then(|mut page| {
            if role == Role::Page {
                give_out_by_task(&page, &host);
            }
            page.load(settle_ms)?;
            if let Some(moment) = resume {
                page.resume(moment);
            }
            Ok(page)
        });
        Ok(opened.map(|mut page| {
            let turn = page.take_turn();
            if role == Role::Template {
                collect();
            }
            self.state = State::Loaded(page);
            turn
        }))
    }

    fn prepare(&mut self, opening: Opening) -> Result<Result<usize, LoadError>, Failure> {
        self.begin(Role::Template, &opening)?;
        let prepared = Page::blank(options(opening, &self.host)).and_then(|mut page| {
            let ready = page.compile_ahead()?;
            Ok((page, ready))
        });
        Ok(prepared.map(|(page, ready)| {
            self.state = State::Blank(Box::new(page));
            collect();
            ready
        }))
    }

    /// Makes a fork. The template answers the host; the child goes on with a connection of its own.
    fn fork(&mut self) -> Result<(), String> {
        if !self.forks || self.confined != Some(Role::Template) {
            return Err("this process is no template".to_owned());
        }
        #[cfg(target_os = "linux")]
        return match super::fork::fork().map_err(|error| error.to_string())? {
            super::fork::Side::Template { child, connection, said } => {
                deadline::pause();
                self.host.say_with(&FromPage::Forked(Ok(child)), &[connection.as_fd(), said.as_fd()]);
                Ok(())
            }
            super::fork::Side::Child(stream) => {
                deadline::forget();
                self.host.reconnect(stream);
                Ok(())
            }
        };
        #[cfg(not(target_os = "linux"))]
        Err("this system does not fork pages".to_owned())
    }
}

/// Tells the host what finished tasks did. A template's pages tell that of its load with their own.
fn give_out_by_task(page: &Page, host: &FarHost) {
    let host = host.clone();
    page.give_out_by_task(Rc::new(move |emissions| host.tell(&FromPage::Tasks(emissions))));
}

/// Collects the garbage that forks would otherwise share, and each of them once collect for itself; and tidies the
/// allocator, which in a fork would copy what it only looks at.
fn collect() {
    heap::collect_before_forks();
    memory::give_back();
}

#[cfg(target_os = "linux")]
fn reap(child: i32) -> FromPage {
    let (code, signal) = super::fork::reap(child).unwrap_or((None, None));
    FromPage::Reaped(code, signal)
}

#[cfg(not(target_os = "linux"))]
fn reap(_: i32) -> FromPage {
    FromPage::Reaped(None, None)
}

#[cfg(target_os = "linux")]
fn confine(role: Role, memory_bytes: u64) -> std::io::Result<Vec<String>> {
    super::confine::confine(role, memory_bytes)
}

#[cfg(not(target_os = "linux"))]
fn confine(_: Role, _: u64) -> std::io::Result<Vec<String>> {
    Ok(vec!["this system has neither Landlock nor seccomp".to_owned()])
}

/// Where the template could not be confined the host knows already.
fn confine_fork() {
    #[cfg(target_os = "linux")]
    let _ = super::confine::confine_fork();
}

fn options(opening: Opening, host: &FarHost) -> PageOptions {
    PageOptions {
        source: opening.source,
        network: Arc::new(host.clone()),
        cookies: Arc::new(host.clone()),
        settings: opening.settings,
        storage: opening.storage,
        start: opening.start,
        seed: opening.seed,
        resume: None,
        pace: opening.pace,
        limits: opening.limits,
    }
}
