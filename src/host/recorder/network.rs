//! The network of a page that is recorded: it notes what was asked of others than the plugin, and what they answered.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

use super::exchange::Exchange;
use super::item::Notes;
use crate::base::clock::TimestampMs;
use crate::net::{
    Arrival, Ask, Cookie, CookieJar, NetError, Network, Noted, PluginNetwork, Replied, Reply, Request, Response,
    ScriptCookies,
};

/// A plugin's network, and who writes down what goes over it.
pub(super) struct Recorded {
    network: Arc<PluginNetwork>,
    recorder: Arc<dyn Notes>,
    /// The cookies as the page's scripts see them: those of an answer once it has taken that, so that a replay can have them
    /// see the same.
    seen: CookieJar,
    /// The page's number at the recorder.
    page: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// So many were asked.
    count: u64,
    /// Whose answers the page has not taken, by the page's id.
    open: BTreeMap<u64, Exchange>,
    /// The cookies that were there last.
    cookies: Vec<Cookie>,
    /// What servers have changed of them since the last answer.
    changed: Vec<Cookie>,
}

impl Recorded {
    pub(super) fn new(network: Arc<PluginNetwork>, recorder: Arc<dyn Notes>, page: usize) -> Arc<Self> {
        let cookies = network.cookies().cookies(TimestampMs::MIN);
        let seen = CookieJar::new();
        seen.restore(cookies.clone(), TimestampMs::MIN);
        Arc::new(Self { network, recorder, seen, page, state: Mutex::new(State { cookies, ..State::default() }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self, request: &Request) -> Exchange {
        let mut state = self.state();
        state.count += 1;
        let number = state.count - 1;
        Exchange { number, request: request.clone(), result: None, arrival: Arrival::Never, cookies: Vec::new() }
    }

    /// What servers changed of the cookies since the last call; those that are gone have ended.
    fn changed_cookies(&self) -> Vec<Cookie> {
        let mut state = self.state();
        self.look(&mut state);
        std::mem::take(&mut state.changed)
    }

    /// Takes note of what is not as it was.
    fn look(&self, state: &mut State) {
        let now = self.network.cookies().cookies(TimestampMs::MIN);
        let before = std::mem::replace(&mut state.cookies, now.clone());
        let gone = before.iter().filter(|cookie| !now.iter().any(|other| other.is_same(cookie)));
        let gone = gone.map(|cookie| Cookie { expires_ms: Some(0), ..cookie.clone() });
        state.changed.extend(now.iter().filter(|cookie| !before.contains(cookie)).cloned().chain(gone));
    }

    /// Writes those whose answers nobody took: the page is gone, or it has ended.
    pub(super) fn flush(&self) {
        let mut open: Vec<_> = std::mem::take(&mut self.state().open).into_values().collect();
        open.sort_by_key(|exchange| exchange.number);
        open.iter().for_each(|exchange| self.recorder.exchange(self.page, exchange));
    }
}

/// What passes a reply on, and notes it.
fn pass_on(recorded: &Recorded, replied: Replied, reply: &Reply) {
    let cookies = recorded.changed_cookies();
    if let Some(exchange) = recorded.state().open.get_mut(&replied.id) {
        exchange.result = Some(replied.result.clone());
        exchange.cookies = cookies;
    }
    // A page that is gone needs no answer.
    let _ = reply.send(replied);
}

impl Network for Shared {
    fn fetch(&self, request: Request) -> Result<Response, NetError> {
        let recorded = &self.0;
        if recorded.network.answers_itself(&request) {
            let result = recorded.network.fetch(request);
            result.iter().for_each(|response| recorded.recorder.said_itself(&response.body));
            return result;
        }
        let exchange = recorded.asked(&request);
        let result = recorded.network.fetch(request).map(|response| Response { live: true, ..response });
        let cookies = recorded.changed_cookies();
        recorded.seen.take_in(cookies.clone());
        let exchange = Exchange { result: Some(result.clone()), arrival: Arrival::Now, cookies, ..exchange };
        recorded.recorder.exchange(recorded.page, &exchange);
        result
    }

    fn start(&self, id: u64, request: Request, reply: Reply) {
        let recorded = self.0.clone();
        if request.destination.ask() == Some(Ask::Close) {
            // Its answer tells the page nothing.
            return recorded.network.start(id, request, reply);
        }
        if recorded.network.answers_itself(&request) {
            let (sender, answers) = channel();
            recorded.network.start(id, request, sender);
            // It waits for nobody.
            for replied in answers {
                replied.result.iter().for_each(|response| recorded.recorder.said_itself(&response.body));
                // A page that is gone needs no answer.
                let _ = reply.send(replied);
            }
            return;
        }
        let exchange = recorded.asked(&request);
        recorded.state().open.insert(id, exchange);
        let (sender, answers) = channel();
        recorded.network.start(id, request, sender);
        // What needs no waiting is passed on at once.
        match answers.try_recv() {
            Ok(replied) => pass_on(&recorded, replied, &reply),
            Err(_) => drop(std::thread::spawn(move || {
                answers.into_iter().for_each(|replied| pass_on(&recorded, replied, &reply));
            })),
        }
    }

    fn skip(&self, request: Request) {
        if !self.0.network.answers_itself(&request) {
            let exchange = self.0.asked(&request);
            self.0.recorder.exchange(self.0.page, &exchange);
        }
    }

    fn abandon(&self) {
        self.0.network.abandon();
        self.0.flush();
    }

    fn note(&self, noted: Noted) {
        match noted {
            Noted::Answer(id, latency) => {
                let exchange = self.0.state().open.remove(&id);
                if let Some(exchange) = exchange {
                    self.0.seen.take_in(exchange.cookies.clone());
                    let exchange = Exchange { arrival: Arrival::After(latency), ..exchange };
                    self.0.recorder.exchange(self.0.page, &exchange);
                }
            }
            Noted::Aborted(_) => self.0.network.note(noted),
            Noted::Element(stimulus, element, at) => {
                self.0.recorder.element(self.0.page, &stimulus, &element, at);
            }
            Noted::Dialog(kind, answer, at) => self.0.recorder.dialog(self.0.page, &kind, answer.as_deref(), at),
        }
    }
}

impl ScriptCookies for Shared {
    fn get_for_script(&self, url: &Url, now: TimestampMs) -> String {
        self.0.seen.get_for_script(url, now)
    }

    fn set_from_script(&self, url: &Url, cookie: &str, now: TimestampMs) {
        let mut state = self.0.state();
        // What servers did before is not the page's.
        self.0.look(&mut state);
        self.0.seen.set_from_script(url, cookie, now);
        self.0.network.cookies().set_from_script(url, cookie, now);
        state.cookies = self.0.network.cookies().cookies(TimestampMs::MIN);
    }
}

/// The doors of a page, which may be asked for long after the page is gone.
pub(super) struct Shared(pub(super) Arc<Recorded>);
