//! A page on a thread of its own, with the stack that boa's parser needs: in the process of whoever trusts it.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use super::driver::{Driver, PageOptions, Turn, TurnInput};
use super::load::LoadError;
use super::turn::Page;
use crate::base::clock::TimestampMs;
use crate::base::limits::PAGE_STACK_BYTES;
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Fault, Place};

enum Command {
    Turn(Box<TurnInput>),
    Document,
}

enum Answer {
    Opened(Box<Result<Turn, LoadError>>),
    Turn(Turn),
    Document(String),
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
        let emission = Emission { time: at, cause: None, subject: None, output };
        let emissions = if self.ended { Vec::new() } else { vec![emission] };
        self.ended = true;
        Turn { emissions, now: at, idle: true, ..Turn::default() }
    }

    fn ask(&self, command: Command) -> Option<Answer> {
        self.commands.as_ref()?.send(command).ok()?;
        self.answers.as_ref()?.recv().ok()
    }
}

fn serve(options: PageOptions, settle_ms: i64, commands: &Receiver<Command>, answers: &Sender<Answer>) {
    let mut page = match Page::open(options, settle_ms) {
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
            Err(_) => return,
        };
    }
}

impl Driver for PageThread {
    fn open(&mut self, settle_ms: i64) -> Result<Turn, LoadError> {
        let Some(options) = self.options.take() else { return Err(LoadError::Ended) };
        let (commands, command_receiver) = channel();
        let (answer_sender, answers) = channel();
        let builder = std::thread::Builder::new().name("page".to_owned()).stack_size(PAGE_STACK_BYTES);
        let thread = builder
            .spawn(move || serve(options, settle_ms, &command_receiver, &answer_sender))
            .map_err(|error| LoadError::Engine(error.to_string()))?;
        (self.commands, self.answers, self.thread) = (Some(commands), Some(answers), Some(thread));
        match self.answers.as_ref().and_then(|answers| answers.recv().ok()) {
            Some(Answer::Opened(result)) => *result,
            _ => Err(LoadError::Ended),
        }
    }

    fn turn(&mut self, input: TurnInput) -> Turn {
        let at = input.at;
        match self.ask(Command::Turn(Box::new(input))) {
            Some(Answer::Turn(turn)) => turn,
            _ => self.obituary(at),
        }
    }

    fn is_parked(&self) -> bool {
        self.ended
    }

    fn document_html(&mut self) -> String {
        match self.ask(Command::Document) {
            Some(Answer::Document(html)) => html,
            _ => String::new(),
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
