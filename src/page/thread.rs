//! A page on a thread of its own, with the stack that boa's parser needs: in the process of whoever trusts it.

use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use super::driver::{Driver, Look, Looked, PageOptions, Tasks, Turn, TurnInput};
use super::load::LoadError;
use super::turn::Page;
use crate::base::clock::TimestampMs;
use crate::base::limits::PAGE_STACK_BYTES;
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Fault, Place};

enum Command {
    Turn(Box<TurnInput>),
    Document,
    Look(Look),
}

enum Answer {
    /// What finished tasks did; the answer follows.
    Tasks(Vec<Emission>),
    Opened(Box<Result<Turn, LoadError>>),
    Turn(Turn),
    Document(String),
    Looked(Option<Looked>),
}

/// A page in this process. Dropping it ends the page.
pub struct PageThread {
    options: Option<PageOptions>,
    commands: Option<Sender<Command>>,
    answers: Option<Receiver<Answer>>,
    thread: Option<JoinHandle<()>>,
    ended: bool,
}

impl PageThread {
    /// A page that is opened by [`Driver::open`].
    #[must_use]
    pub fn new(options: PageOptions) -> Self {
        Self { options: Some(options), commands: None, answers: None, thread: None, ended: false }
    }

    /// The turn of a page that panicked, which is a bug: the first one says so.
    fn obituary(&mut self, at: TimestampMs) -> Turn {
        let reason = "the page's thread ended".to_owned();
        let output = Output::Fault(Fault::Killed { reason, place: Place::default() });
        let emission = Emission { time: at, cause: None, subject: None, place: None, output };
        let emissions = if self.ended { Vec::new() } else { vec![emission] };
        self.ended = true;
        Turn { emissions, now: at, idle: true, ..Turn::default() }
    }

    fn ask(&self, command: Command, tasks: &mut Tasks<'_>) -> Option<Answer> {
        self.commands.as_ref()?.send(command).ok()?;
        self.answer(tasks)
    }

    fn answer(&self, tasks: &mut Tasks<'_>) -> Option<Answer> {
        loop {
            match self.answers.as_ref()?.recv().ok()? {
                Answer::Tasks(emissions) => tasks(emissions, false),
                answer => return Some(answer),
            }
        }
    }
}

fn open(options: PageOptions, settle_ms: i64, answers: Sender<Answer>) -> Result<Page, LoadError> {
    let resume = options.resume;
    let mut page = Page::blank(options)?;
    // A host that is gone hears nothing.
    page.give_out_by_task(Rc::new(move |emissions| drop(answers.send(Answer::Tasks(emissions)))));
    page.load(settle_ms)?;
    if let Some(moment) = resume {
        page.resume(moment);
    }
    Ok(page)
}

fn serve(options: PageOptions, settle_ms: i64, commands: &Receiver<Command>, answers: &Sender<Answer>) {
    let mut page = match open(options, settle_ms, answers.clone()) {
        Ok(page) => page,
        Err(error) => {
            let _ = answers.send(Answer::Opened(Box::new(Err(error))));
            return;
        }
    };
    let mut answer = Answer::Opened(Box::new(Ok(page.take_turn())));
    while answers.send(answer).is_ok() {
        answer = match commands.recv() {
            Ok(Command::Turn(input)) => Answer::Turn(page.turn(&input)),
            Ok(Command::Document) => Answer::Document(page.document_html()),
            Ok(Command::Look(look)) => Answer::Looked(page.look(look)),
            Err(_) => return,
        };
    }
}

impl Driver for PageThread {
    fn open(&mut self, settle_ms: i64, tasks: &mut Tasks<'_>) -> Result<Turn, LoadError> {
        let Some(options) = self.options.take() else { return Err(LoadError::Ended) };
        let (commands, command_receiver) = channel();
        let (answer_sender, answers) = channel();
        let builder = std::thread::Builder::new().name("page".to_owned()).stack_size(PAGE_STACK_BYTES);
        let thread = builder
            .spawn(move || serve(options, settle_ms, &command_receiver, &answer_sender))
            .map_err(|error| LoadError::Engine(error.to_string()))?;
        (self.commands, self.answers, self.thread) = (Some(commands), Some(answers), Some(thread));
        match self.answer(tasks) {
            Some(Answer::Opened(result)) => *result,
            _ => Err(LoadError::Ended),
        }
    }

    fn turn(&mut self, input: TurnInput, tasks: &mut Tasks<'_>) -> Turn {
        let mut at = input.at;
        let mut heard = |emissions: Vec<Emission>, repeated| {
            at = emissions.last().map_or(at, |emission| emission.time.max(at));
            tasks(emissions, repeated);
        };
        match self.ask(Command::Turn(Box::new(input)), &mut heard) {
            Some(Answer::Turn(turn)) => turn,
            _ => self.obituary(at),
        }
    }

    fn is_parked(&self) -> bool {
        self.ended
    }

    fn document_html(&mut self) -> String {
        match self.ask(Command::Document, &mut |_, _| ()) {
            Some(Answer::Document(html)) => html,
            _ => String::new(),
        }
    }

    fn look(&mut self, look: Look) -> Option<Looked> {
        match self.ask(Command::Look(look), &mut |_, _| ()) {
            Some(Answer::Looked(looked)) => looked,
            _ => None,
        }
    }
}

impl Drop for PageThread {
    fn drop(&mut self) {
        self.commands = None;
        self.answers = None;
        if let Some(thread) = self.thread.take() {
            // A page that panicked has said so on standard error; there is nothing left to do for it.
            let _ = thread.join();
        }
    }
}
