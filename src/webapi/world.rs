//! What a page can learn from outside, and what outlives its document: the network, storage, dialogs, settings.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use boa_engine::{Context, JsResult};
use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::blob::BlobObject;
use crate::base::clock::TimestampMs;
use crate::engine::event_loop::{EventLoop, Steps};
use crate::event::{Cause, EchatSettings, LocalStorage};
use crate::net::{Arrival, Element, Latency, NetError, Network, Noted, Replied, Request, Response, ScriptCookies};

/// What a page is told of its surroundings (session-log.md, Time: fixed and configurable).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// `navigator.userAgent`
    pub user_agent: String,
    /// `navigator.language`
    pub language: String,
    /// Seconds east of UTC.
    pub zone_offset_s: i32,
    /// What `confirm` answers.
    pub confirm: bool,
    /// What `prompt` answers; none: null.
    pub prompt: Option<String>,
    /// What dialogs are answered one after another, as long as there is something: what they were when it was recorded.
    pub recorded_dialogs: Vec<(String, Option<String>)>,
    /// Whether `window.external` is that of 多客服; else the page has only what browsers have there.
    pub mcs: bool,
    /// What `echatSDK` needs to know; none: the page has no such object.
    pub echat: Option<EchatSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_agent: "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) \
                         Chrome/120.0.0.0 Safari/537.36 duoke/0.1"
                .to_owned(),
            language: "zh-CN".to_owned(),
            zone_offset_s: 8 * 3600,
            confirm: true,
            prompt: None,
            recorded_dialogs: Vec::new(),
            mcs: true,
            echat: Some(EchatSettings::default()),
        }
    }
}

/// What happens with an answer.
pub type OnAnswer = Box<dyn FnOnce(Result<Response, NetError>, &mut Context) -> JsResult<()>>;

struct Pending {
    cause: Option<Cause>,
    on_answer: OnAnswer,
    /// Page time, and how far the loop had come.
    started: (TimestampMs, Steps),
    /// Whether the network was asked.
    is_of_network: bool,
}

/// Addresses of blobs ([File API §8](https://w3c.github.io/FileAPI/#url)).
#[derive(Default)]
pub struct ObjectUrls {
    made: Cell<u64>,
    blobs: RefCell<FxHashMap<String, BlobObject>>,
}

impl ObjectUrls {
    /// A new address of a blob.
    #[must_use]
    pub fn add(&self, origin: &str, blob: &BlobObject) -> String {
        self.made.set(self.made.get() + 1);
        let address = format!("blob:{origin}/00000000-0000-4000-8000-{:012x}", self.made.get());
        self.blobs.borrow_mut().insert(address.clone(), blob.clone());
        address
    }

    /// Revokes an address.
    pub fn remove(&self, address: &str) {
        self.blobs.borrow_mut().remove(address);
    }

    fn clear(&self) {
        self.blobs.borrow_mut().clear();
    }

    /// What a request for an address is answered ([scheme fetch](https://fetch.spec.whatwg.org/#scheme-fetch)).
    fn answer(&self, request: &Request) -> Result<Response, NetError> {
        let mut url = request.url.clone();
        url.set_fragment(None);
        let failed = |reason: &str| NetError::Unreachable { url: url.to_string(), reason: reason.to_owned() };
        if request.method != "GET" {
            return Err(failed("an object URL can only be read with GET"));
        }
        let blobs = self.blobs.borrow();
        let blob = blobs.get(url.as_str()).ok_or_else(|| failed("the object URL is not there, or was revoked"))?;
        Ok(Response::made(url.clone(), 200, blob.kind(), blob.bytes().to_vec()))
    }
}

/// A storage area: insertion order is what `key(n)` counts.
pub type StorageMap = Rc<RefCell<IndexMap<String, String>>>;

/// The world of a page.
pub struct World {
    /// The network, as far as the page may have it.
    pub network: Arc<dyn Network>,
    /// The page's cookies.
    pub cookies: Arc<dyn ScriptCookies>,
    /// Its surroundings.
    pub settings: Settings,
    /// `localStorage` by origin.
    pub local: RefCell<IndexMap<String, StorageMap>>,
    /// `sessionStorage` by origin.
    pub session: RefCell<IndexMap<String, StorageMap>>,
    /// The document's object URLs.
    pub object_urls: ObjectUrls,
    /// `window.name`, which outlives documents.
    pub name: RefCell<String>,
    next: Cell<u64>,
    pending: RefCell<BTreeMap<u64, Pending>>,
    early: RefCell<VecDeque<Replied>>,
    sender: Sender<Replied>,
    receiver: Receiver<Replied>,
    dialogs: RefCell<VecDeque<(String, Option<String>)>>,
}

impl World {
    /// A world over a network.
    #[must_use]
    pub fn new(network: Arc<dyn Network>, cookies: Arc<dyn ScriptCookies>, settings: Settings) -> Self {
        let (sender, receiver) = channel();
        let dialogs = settings.recorded_dialogs.iter().cloned().collect();
        Self {
            dialogs: RefCell::new(dialogs),
            network,
            cookies,
            settings,
            local: RefCell::default(),
            session: RefCell::default(),
            object_urls: ObjectUrls::default(),
            name: RefCell::default(),
            next: Cell::new(1),
            pending: RefCell::default(),
            early: RefCell::default(),
            sender,
            receiver,
        }
    }

    /// Starts with these items in `localStorage`; no document has looked at it yet.
    pub fn restore(&self, storage: &LocalStorage) {
        let areas = storage.origins().map(|(origin, items)| (origin.to_owned(), StorageMap::new(items.clone().into())));
        *self.local.borrow_mut() = areas.collect();
    }

    /// Fetches, blocking, as the page's client: documents, scripts, synchronous requests.
    ///
    /// # Errors
    /// What kept an answer from coming.
    pub fn fetch(&self, request: Request, event_loop: &EventLoop) -> Result<Response, NetError> {
        if request.url.scheme() == "blob" {
            return self.object_urls.answer(&request);
        }
        event_loop.pass_on();
        self.network.fetch(self.introduced(request))
    }

    /// The request with what a browser says of itself.
    fn introduced(&self, mut request: Request) -> Request {
        let own = [("User-Agent", &self.settings.user_agent), ("Accept-Language", &self.settings.language)];
        for (name, value) in own {
            if !request.headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name)) {
                request.headers.push((name.to_owned(), value.clone()));
            }
        }
        request
    }

    /// Starts a request; `on_answer` runs as a task of its own, under the cause of now. Returns the request's number.
    pub fn start(&self, request: Request, on_answer: OnAnswer, event_loop: &EventLoop) -> u64 {
        let id = self.next.get();
        self.next.set(id + 1);
        let started = (event_loop.clock().now(), event_loop.steps());
        let is_of_network = request.url.scheme() != "blob";
        self.pending.borrow_mut().insert(id, Pending { cause: event_loop.cause(), on_answer, started, is_of_network });
        event_loop.count_outstanding(true);
        if !is_of_network {
            // Our own receiver is there as long as we are.
            let _ = self.sender.send(Replied::now(id, self.object_urls.answer(&request)));
        } else {
            self.network.start(id, self.introduced(request), self.sender.clone());
        }
        id
    }

    /// Forgets a request; its answer is dropped.
    pub fn abort(&self, id: u64, event_loop: &EventLoop) {
        if self.pending.borrow_mut().remove(&id).is_some() {
            event_loop.count_outstanding(false);
        }
    }

    /// Forgets every request and object URL: the document is gone.
    pub fn abort_all(&self) {
        self.object_urls.clear();
        self.pending.take();
        self.early.take();
    }

    /// Waits for the answer to the oldest request, at most `longest`, and queues its task. Answers arrive in the order
    /// of their requests (session-log.md, Time). False where none came.
    pub fn wait(&self, longest: Duration, event_loop: &EventLoop) -> bool {
        let started = crate::base::clock::Stopwatch::start();
        loop {
            if let Some(replied) = self.take_oldest() {
                return self.deliver(replied, event_loop);
            }
            let left = longest.saturating_sub(started.elapsed());
            if self.pending.borrow().is_empty() || !self.hear(left, event_loop) {
                return false;
            }
        }
    }

    /// In a replay: queues the task of the answer to the oldest request, where it comes before the next `timer` and before
    /// page time `end`. Nobody is waited for, but for what the host answers at once. False where it does not.
    pub fn reach(&self, timer: Option<TimestampMs>, end: TimestampMs, event_loop: &EventLoop) -> bool {
        while self.arrival().is_none() {
            if !self.hear(Duration::ZERO, event_loop) {
                return false;
            }
        }
        let latency = match self.arrival() {
            Some(Arrival::After(latency)) => latency,
            Some(Arrival::Now) => Latency::default(),
            Some(Arrival::Never) | None => return false,
        };
        let Some(started) = self.pending.borrow().values().next().map(|oldest| oldest.started) else { return false };
        let due = started.0.saturating_add(latency.ms);
        let passed = since(started.1, event_loop);
        if passed.phases < latency.phases {
            return false;
        }
        let is_its_turn = passed.phases > latency.phases || passed.timers >= latency.timers;
        let is_next = match due <= event_loop.clock().now() && is_its_turn {
            true => true,
            false => due <= end && timer.is_none_or(|timer| timer > due),
        };
        if is_next {
            event_loop.clock().advance_to(due);
        }
        is_next && self.take_oldest().is_some_and(|replied| self.deliver(replied, event_loop))
    }

    /// When the answer to the oldest request is there, where that is known.
    fn arrival(&self) -> Option<Arrival> {
        let oldest = self.pending.borrow().keys().next().copied()?;
        self.early.borrow().iter().find(|replied| replied.id == oldest).map(|replied| replied.arrival)
    }

    /// The answer to the oldest request, where it has come.
    fn take_oldest(&self) -> Option<Replied> {
        let oldest = self.pending.borrow().keys().next().copied()?;
        let at = self.early.borrow().iter().position(|replied| replied.id == oldest)?;
        self.early.borrow_mut().remove(at)
    }

    /// Takes in the next reply, in whatever order they come. False where none came.
    fn hear(&self, longest: Duration, event_loop: &EventLoop) -> bool {
        let Some(replied) = self.receive(longest, event_loop) else { return false };
        if self.pending.borrow().contains_key(&replied.id) {
            self.early.borrow_mut().push_back(replied);
        }
        true
    }

    /// The next reply.
    fn receive(&self, longest: Duration, event_loop: &EventLoop) -> Option<Replied> {
        if let Ok(reply) = self.receiver.try_recv() {
            return Some(reply);
        }
        event_loop.pass_on();
        match self.network.listen(longest) {
            Some(_) => self.receiver.try_recv().ok(),
            None => self.receiver.recv_timeout(longest).ok(),
        }
    }

    fn deliver(&self, replied: Replied, event_loop: &EventLoop) -> bool {
        let Some(pending) = self.pending.borrow_mut().remove(&replied.id) else { return false };
        event_loop.count_outstanding(false);
        if pending.is_of_network {
            let (at, steps) = pending.started;
            let Steps { phases, timers } = since(steps, event_loop);
            let latency = Latency { ms: event_loop.clock().now().saturating_sub(at), phases, timers };
            self.network.note(Noted::Answer(replied.id, latency));
        }
        let on_answer = pending.on_answer;
        event_loop.queue_with(pending.cause, Box::new(move |context| on_answer(replied.result, context)));
        true
    }

    /// What a dialog is answered: what was recorded, where there is something, else `answer`.
    pub fn answer_dialog(&self, kind: &str, answer: Option<String>, event_loop: &EventLoop) -> Option<String> {
        let mut recorded = self.dialogs.borrow_mut();
        let at = recorded.iter().position(|(recorded, _)| recorded == kind);
        let answer = at.and_then(|at| recorded.remove(at)).map_or(answer, |(_, answer)| answer);
        self.network.note(Noted::Dialog(kind.to_owned(), answer.clone(), event_loop.clock().now()));
        answer
    }

    /// What a person would do is done on this element.
    pub fn note_element(&self, element: Element, event_loop: &EventLoop) {
        let Some(cause) = event_loop.cause() else { return };
        self.network.note(Noted::Element(cause.stimulus.to_string(), element, event_loop.clock().now()));
    }
}

/// How far the loop has come since.
fn since(started: Steps, event_loop: &EventLoop) -> Steps {
    let now = event_loop.steps();
    Steps { phases: now.phases - started.phases, timers: now.timers - started.timers }
}
