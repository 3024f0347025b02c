//! The way of a message: the host that runs, or this command itself where none does.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::Handle;

use crate::base::clock::Stopwatch;
use crate::base::limits::{SEND_PATIENCE, STATE_LOOK, STATE_PATIENCE};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::plugins::fail;
use crate::cli::signals::stop_when_interrupted;
use crate::cli::state::{notice, say};
use crate::host::control::ask;
use crate::host::desk::{Answer, Letter, Request, TroubleKind};
use crate::host::{Forwarder, Notice, Target, Watch as _};
use crate::store::{OpenOptions, SqliteStore, State, StateFolder, StoreErrorKind};
use crate::wechat::MediaType;

/// To WeChat, by the state of a folder.
pub(super) struct Way<'a> {
    pub(super) folder: &'a Path,
    pub(super) target: Target,
    pub(super) runtime: &'a Handle,
    pub(super) output: &'a mut Output,
}

/// Who answers.
enum Answered {
    /// The host that runs.
    Host(Answer),
    /// Nobody: the folder is ours.
    Nobody(Box<Forwarder>),
}

impl Way<'_> {
    /// The media of a file: uploaded, or known from before. What is changed in it is told.
    pub(super) fn upload(&mut self, kind: MediaType, path: &Path) -> Result<String, Exit> {
        // The host may run elsewhere.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let account = Some((self.target.client.app_id.clone(), self.target.client.server()));
        let request = Request::Upload { kind: kind.name().to_owned(), path, account };
        let answer = match self.ask(&request, &|_| true)? {
            Answered::Host(answer) => answer,
            Answered::Nobody(forwarder) => {
                let answer = self.runtime.block_on(forwarder.desk().answer(request));
                // What is known now is on disk with this.
                forwarder.outbox().store().close();
                answer.map_err(|trouble| say(trouble, self.output))?
            }
        };
        let item = answer.items.into_iter().next().unwrap_or_default();
        for note in item["notes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            self.output.say(Notice::warning(format!("it is sent otherwise than it came: {note}")));
        }
        Ok(item["media_id"].as_str().unwrap_or_default().to_owned())
    }

    /// Sends a message; the row as it stands then. A host that ends meanwhile leaves it to this command.
    pub(super) fn send(&mut self, letter: Letter) -> Result<Answer, Exit> {
        let request = Request::Send { letter: Box::new(letter.clone()) };
        let forwarder = match self.ask(&request, &is_settled)? {
            Answered::Host(answer) => return Ok(answer),
            Answered::Nobody(forwarder) => forwarder,
        };
        let interrupts = stop_when_interrupted(self.runtime, forwarder.outbox().clone());
        let sent = forwarder.send(letter, &mut |notice| self.output.say(notice));
        interrupts.abort();
        sent.map_err(|trouble| say(trouble, self.output))
    }

    fn ask(&mut self, request: &Request, is_enough: &dyn Fn(&Answer) -> bool) -> Result<Answered, Exit> {
        let since = Stopwatch::start();
        let taken = loop {
            match ask(self.folder, request) {
                Ok(Some(answer)) if is_enough(&answer) || since.elapsed() >= SEND_PATIENCE => {
                    return Ok(Answered::Host(answer));
                }
                Ok(None) => match StateFolder::take(self.folder) {
                    // Another command is about to send, or a host starts.
                    Err(error) if error.kind == StoreErrorKind::InUse && since.elapsed() < SEND_PATIENCE => {}
                    taken => break taken,
                },
                Ok(Some(_)) => {}
                // Of a host that ends; the id makes it the same message.
                Err(trouble) if trouble.kind == TroubleKind::Store && since.elapsed() < STATE_PATIENCE => {}
                Err(trouble) => return Err(say(trouble, self.output)),
            }
            std::thread::sleep(STATE_LOOK);
        };
        let store = taken.and_then(|folder| SqliteStore::open(folder, &OpenOptions::default()));
        let store = store.map_err(|error| fail(self.output, notice(&error), Exit::Environment))?;
        let forwarder = Forwarder::new(self.target.clone(), Arc::new(store), self.runtime.clone());
        forwarder.map(|forwarder| Answered::Nobody(Box::new(forwarder))).map_err(|error| {
            fail(self.output, Notice::error(error.to_string()).with_hint(error.hint()), Exit::Environment)
        })
    }
}

fn is_settled(answer: &Answer) -> bool {
    let state = answer.items.first().and_then(|row| State::named(row["state"].as_str()?));
    !matches!(state, Some(State::Pending | State::Sending))
}
