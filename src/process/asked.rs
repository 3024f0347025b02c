//! What a page asked for while it loaded: whether another one could share its load.
//!
//! A load can be shared where everything that it read is there again: the clock and the random numbers belong to the
//! template, and the plugin's own files, replacements and the host's own answers can be asked for again and compared.
//! What came over the network, cookies that there were or that it set, and answers that came later cannot.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

use super::started::size;
use crate::base::clock::TimestampMs;
use crate::base::limits::LOAD_REMEMBERED_BYTES_MAX;
use crate::net::{NetError, Network, Noted, Replied, Reply, Request, Response, ScriptCookies};

/// What a page asked for, and was answered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    answers: Vec<(Request, Result<Response, NetError>)>,
    /// Addresses whose cookies it looked at; there were none.
    cookies: Vec<Url>,
    differs: bool,
    /// What is kept here.
    bytes: usize,
}

impl Asked {
    /// Whether it read nothing that another load could find otherwise.
    #[must_use]
    pub fn is_shareable(&self) -> bool {
        !self.differs
    }

    /// Whether these doors give the same answers.
    #[must_use]
    pub fn would_be_the_same(&self, network: &dyn Network, cookies: &dyn ScriptCookies, now: TimestampMs) -> bool {
        self.is_shareable()
            && self.cookies.iter().all(|url| cookies.get_for_script(url, now).is_empty())
            && self.answers.iter().all(|(request, answer)| network.fetch(request.clone()) == *answer)
    }

    fn note(&mut self, request: Request, answer: &Result<Response, NetError>) {
        self.differs |= match answer {
            Ok(response) => response.live,
            Err(error) => !error.is_certain(),
        };
        let body = answer.as_ref().map_or(0, |response| response.body.len());
        if self.keeps(size(&request) + body) {
            self.answers.push((request, answer.clone()));
        }
    }

    /// Whether there is room for so much more; else the load is not wholly known.
    fn keeps(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        self.differs |= self.bytes > LOAD_REMEMBERED_BYTES_MAX;
        self.bytes <= LOAD_REMEMBERED_BYTES_MAX
    }
}

/// Doors through which everything goes that a page asks for while it loads.
#[derive(Clone)]
pub(super) struct Listening {
    network: Arc<dyn Network>,
    cookies: Arc<dyn ScriptCookies>,
    asked: Arc<Mutex<Asked>>,
}

impl Listening {
    pub(super) fn new(network: Arc<dyn Network>, cookies: Arc<dyn ScriptCookies>) -> Self {
        Self { network, cookies, asked: Arc::default() }
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was asked for so far.
    pub(super) fn heard(&self) -> Asked {
        self.asked().clone()
    }
}

impl Network for Listening {
    fn fetch(&self, request: Request) -> Result<Response, NetError> {
        let answer = self.network.fetch(request.clone());
        self.asked().note(request, &answer);
        answer
    }

    fn start(&self, id: u64, request: Request, reply: Reply) {
        // Those who share a load do not share what it left open.
        self.asked().differs |= request.destination.ask().is_some();
        let (sender, answers) = std::sync::mpsc::channel();
        self.network.start(id, request.clone(), sender);
        // What lies here is answered at once.
        match answers.try_recv() {
            Ok(answer) => {
                self.asked().note(request, &answer.result);
                // A page that is gone needs no answer.
                let _ = reply.send(answer);
            }
            Err(_) => {
                self.asked().differs = true;
                std::thread::spawn(move || answers.into_iter().for_each(|answer| drop(reply.send(answer))));
            }
        }
    }

    fn abandon(&self) {
        self.network.abandon();
    }

    fn note(&self, noted: Noted) {
        self.network.note(noted);
    }
}

impl ScriptCookies for Listening {
    fn get_for_script(&self, url: &Url, now: TimestampMs) -> String {
        let cookies = self.cookies.get_for_script(url, now);
        let mut asked = self.asked();
        asked.differs |= !cookies.is_empty();
        if asked.keeps(size_of_val(url) + url.as_str().len()) {
            asked.cookies.push(url.clone());
        }
        cookies
    }

    fn set_from_script(&self, url: &Url, cookie: &str, now: TimestampMs) {
        self.asked().differs = true;
        self.cookies.set_from_script(url, cookie, now);
    }
}

/// Doors of a template: what the page that loaded by itself was answered, and nothing else.
pub(super) struct Again {
    asked: Asked,
    /// Whether something else was asked for: this load is not the same.
    strayed: Mutex<bool>,
}

impl Again {
    pub(super) fn new(asked: Asked) -> Self {
        Self { asked, strayed: Mutex::new(false) }
    }

    /// Whether something else was asked for.
    pub(super) fn strayed(&self) -> bool {
        *self.strayed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stray(&self) {
        *self.strayed.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }
}

impl Network for Again {
    fn fetch(&self, request: Request) -> Result<Response, NetError> {
        let is_it = |known: &Request| {
            (&known.method, &known.url, known.destination, &known.body)
                == (&request.method, &request.url, request.destination, &request.body)
        };
        match self.asked.answers.iter().find(|(known, _)| is_it(known)) {
            Some((_, answer)) => answer.clone(),
            None => {
                self.stray();
                let reason = "a template asks for nothing new".to_owned();
                Err(NetError::Unreachable { url: request.url.into(), reason })
            }
        }
    }

    fn start(&self, id: u64, request: Request, reply: Reply) {
        // A page that is gone needs no answer.
        let _ = reply.send(Replied::now(id, self.fetch(request)));
    }
}

impl ScriptCookies for Again {
    fn get_for_script(&self, url: &Url, _: TimestampMs) -> String {
        if !self.asked.cookies.contains(url) {
            self.stray();
        }
        String::new()
    }

    fn set_from_script(&self, _: &Url, _: &str, _: TimestampMs) {
        self.stray();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Destination;

    #[test]
    fn a_load_that_is_too_large_is_not_shared_and_not_kept() {
        let mut asked = Asked::default();
        let mut note = |bytes| {
            let request = Request::get(Url::parse("http://demo.plugin.invalid/a.js").unwrap(), Destination::Script, 0);
            let response = Response::made(request.url.clone(), 200, "text/javascript", vec![b' '; bytes]);
            asked.note(request, &Ok(response));
            (asked.is_shareable(), asked.answers.len())
        };
        assert_eq!(note(LOAD_REMEMBERED_BYTES_MAX / 2), (true, 1));
        assert_eq!(note(LOAD_REMEMBERED_BYTES_MAX / 2), (false, 1));
        assert_eq!(note(1), (false, 1));
    }
}
