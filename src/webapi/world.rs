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
use url::Url;

use super::blob::BlobObject;
use crate::base::clock::TimestampMs;
use crate::engine::event_loop::{EventLoop, Steps};
use crate::engine::queued::{Loop, Owner};
use crate::event::{Cause, EchatSettings, LocalStorage};
use crate::net::{
    Arrival, Ask, Destination, Element, Latency, NetError, Network, Noted, Replied, Request, Response, ScriptCookies,
    SocketFrame,
};

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
    /// Whose task the answer makes.
    owned: Loop,
    on_answer: OnAnswer,
    /// Page time, and how far the loop had come.
    started: (TimestampMs, Steps),
    /// Answers that had been taken.
    answers: u64,
    /// Whether the network was asked.
    is_of_network: bool,
    /// What of an answer that goes on was asked for, if it is one.
    ask: Option<Ask>,
}

impl Pending {
    /// Whether the page waits for it: for all but the next piece of an answer that goes on, which may never come.
    fn is_awaited(&self) -> bool {
        self.ask != Some(Ask::Next)
    }
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
    answers: Cell<u64>,
    /// Answers that go on and sockets.
    streams: RefCell<BTreeMap<u64, Stream>>,
    pending: RefCell<BTreeMap<u64, Pending>>,
    early: RefCell<VecDeque<Replied>>,
    sender: Sender<Replied>,
    receiver: Receiver<Replied>,
    dialogs: RefCell<VecDeque<(String, Option<String>)>>,
}

/// An answer that goes on, or a socket.
struct Stream {
    /// Whence.
    url: Url,
    destination: Destination,
    /// The realm whose it is.
    owner: Owner,
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
            answers: Cell::new(0),
            streams: RefCell::default(),
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
    pub fn start(&self, request: Request, on_answer: OnAnswer, event_loop: &Loop) -> u64 {
        let id = self.next.get();
        self.next.set(id + 1);
        let started = (event_loop.clock().now(), event_loop.steps());
        let is_of_network = request.url.scheme() != "blob";
        let (answers, ask) = (self.answers.get(), request.destination.ask());
        let owned = event_loop.clone();
        let pending = Pending { cause: event_loop.cause(), owned, on_answer, started, answers, is_of_network, ask };
        if pending.is_awaited() {
            event_loop.count_outstanding(true);
        }
        self.pending.borrow_mut().insert(id, pending);
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
        let Some(pending) = self.pending.borrow_mut().remove(&id) else { return };
        if pending.is_awaited() {
            event_loop.count_outstanding(false);
        }
        self.network.note(Noted::Aborted(id));
    }

    /// Forgets the requests of one realm: its document goes.
    pub fn abort_of(&self, owner: Owner, event_loop: &EventLoop) {
        let is_its = |(id, pending): (&u64, &Pending)| (pending.owned.owner() == owner).then_some(*id);
        let ids: Vec<u64> = self.pending.borrow().iter().filter_map(is_its).collect();
        ids.into_iter().for_each(|id| self.abort(id, event_loop));
    }

    /// Opens an answer that goes on, or a socket: `request` is for the destination that `of` makes of its number, which is
    /// returned with that of the request.
    pub fn open_stream(
        &self,
        request: Request,
        of: fn(u64, Ask) -> Destination,
        on_answer: OnAnswer,
        event_loop: &Loop,
    ) -> (u64, u64) {
        let number = self.next.get();
        let destination = of(number, Ask::Open);
        self.streams
            .borrow_mut()
            .insert(number, Stream { url: request.url.clone(), destination, owner: event_loop.owner() });
        let request = Request { destination, ..request };
        (number, self.start(request, on_answer, event_loop))
    }

    /// Asks for the next piece of an answer that goes on.
    pub fn next_piece(&self, number: u64, on_answer: OnAnswer, event_loop: &Loop) -> Option<u64> {
        let request = self.of_stream(number, Ask::Next, event_loop.clock().now())?;
        Some(self.start(request, on_answer, event_loop))
    }

    /// Sends a frame over a socket.
    pub fn send_frame(&self, number: u64, frame: SocketFrame, on_answer: OnAnswer, event_loop: &Loop) -> Option<u64> {
        let request = self.of_stream(number, Ask::Send, event_loop.clock().now())?;
        let (headers, body) = frame.parts();
        Some(self.start(Request { headers, body, ..request }, on_answer, event_loop))
    }

    /// What asks something of an answer that goes on, or of a socket, that is open.
    fn of_stream(&self, number: u64, ask: Ask, now: TimestampMs) -> Option<Request> {
        let streams = self.streams.borrow();
        let stream = streams.get(&number)?;
        Some(Request::get(stream.url.clone(), stream.destination.asking(ask), now))
    }

    /// Closes an answer that goes on, or leaves a socket.
    pub fn close_stream(&self, number: u64, now: TimestampMs) {
        let Some(request) = self.of_stream(number, Ask::Close, now) else { return };
        self.streams.borrow_mut().remove(&number);
        let id = self.next.get();
        self.next.set(id + 1);
        // Nobody waits for the answer.
        self.network.start(id, request, self.sender.clone());
    }

    /// Closes all of them: the document goes.
    pub fn close_streams(&self, now: TimestampMs) {
        let numbers: Vec<u64> = self.streams.borrow().keys().copied().collect();
        numbers.into_iter().for_each(|number| self.close_stream(number, now));
    }

    /// Closes those of one realm: its document goes.
    pub fn close_streams_of(&self, owner: Owner, now: TimestampMs) {
        let is_its = |(number, stream): (&u64, &Stream)| (stream.owner == owner).then_some(*number);
        let numbers: Vec<u64> = self.streams.borrow().iter().filter_map(is_its).collect();
        numbers.into_iter().for_each(|number| self.close_stream(number, now));
    }

    /// Whether one is open.
    #[must_use]
    pub fn has_streams(&self) -> bool {
        !self.streams.borrow().is_empty()
    }

    /// Forgets every request and object URL: the document is gone.
    pub fn abort_all(&self) {
        self.object_urls.clear();
        self.pending.take();
        self.early.take();
    }

    /// Waits for the answer to the oldest request, at most `longest`, and queues its task. Answers arrive in the order
    /// of their requests (session-log.md, Time), pieces of answers that go on as they come. False where none came.
    pub fn wait(&self, longest: Duration, event_loop: &EventLoop) -> bool {
        let started = crate::base::clock::Stopwatch::start();
        loop {
            if let Some(replied) = self.take_next() {
                return self.deliver(replied, event_loop);
            }
            let left = longest.saturating_sub(started.elapsed());
            if self.pending.borrow().is_empty() || !self.hear(left, event_loop) {
                return false;
            }
        }
    }

    /// In a replay: queues the task of the answer that comes next, where it comes before the next `timer` and before page
    /// time `end`. Nobody is waited for, but for what the host answers at once. False where none does.
    pub fn reach(&self, timer: Option<TimestampMs>, end: TimestampMs, event_loop: &EventLoop) -> bool {
        let next = loop {
            let coming: Option<Vec<_>> = self.coming().into_iter().map(|id| Some((id, self.arrival(id)?))).collect();
            if let Some(coming) = coming {
                let due = |(id, arrival): (u64, Arrival)| self.due(id, arrival, timer, end, event_loop);
                break coming.into_iter().filter_map(due).min();
            }
            if !self.hear(Duration::ZERO, event_loop) {
                return false;
            }
        };
        let Some(Due { at, id, .. }) = next else { return false };
        event_loop.clock().advance_to(at);
        self.take(id).is_some_and(|replied| self.deliver(replied, event_loop))
    }

    /// When an answer is due, where it comes before the next `timer` and before page time `end`.
    fn due(
        &self,
        id: u64,
        arrival: Arrival,
        timer: Option<TimestampMs>,
        end: TimestampMs,
        event_loop: &EventLoop,
    ) -> Option<Due> {
        let latency = match arrival {
            Arrival::After(latency) => latency,
            Arrival::Now => Latency::default(),
            Arrival::Never => return None,
        };
        let pending = self.pending.borrow();
        let asked = pending.get(&id)?;
        let at = asked.started.0.saturating_add(latency.ms);
        let passed = since(asked.started.1, event_loop);
        if passed.phases < latency.phases {
            return None;
        }
        let answers = self.answers.get() - asked.answers;
        let is_behind = passed.phases > latency.phases;
        let is_its_turn = is_behind || (passed.timers >= latency.timers && answers >= latency.answers);
        let is_next =
            at <= event_loop.clock().now() && is_its_turn || at <= end && timer.is_none_or(|timer| timer > at);
        // One that is not asked in turn says what came before it.
        let waits = answers < latency.answers;
        is_next.then_some(Due { at, waits, is_in_turn: asked.ask.is_none(), id })
    }

    /// The oldest of the requests that are answered in turn, and what is asked of answers that go on.
    fn coming(&self) -> Vec<u64> {
        let pending = self.pending.borrow();
        let oldest = pending.iter().find(|(_, pending)| pending.ask.is_none()).map(|(id, _)| *id);
        oldest
            .into_iter()
            .chain(pending.iter().filter(|(_, pending)| pending.ask.is_some()).map(|(id, _)| *id))
            .collect()
    }

    /// When an answer is there, where that is known.
    fn arrival(&self, id: u64) -> Option<Arrival> {
        self.early.borrow().iter().find(|replied| replied.id == id).map(|replied| replied.arrival)
    }

    /// Of the answers that have come, the first whose turn it is.
    fn take_next(&self) -> Option<Replied> {
        let coming = self.coming();
        let id = self.early.borrow().iter().find(|replied| coming.contains(&replied.id)).map(|replied| replied.id)?;
        self.take(id)
    }

    fn take(&self, id: u64) -> Option<Replied> {
        let at = self.early.borrow().iter().position(|replied| replied.id == id)?;
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
        if pending.is_awaited() {
            event_loop.count_outstanding(false);
        }
        let answers = self.answers.get() - pending.answers;
        self.answers.set(self.answers.get() + 1);
        if pending.is_of_network {
            let (at, steps) = pending.started;
            let Steps { phases, timers } = since(steps, event_loop);
            let answers = if pending.ask.is_some() { answers } else { 0 };
            let latency = Latency { ms: event_loop.clock().now().saturating_sub(at), phases, timers, answers };
            self.network.note(Noted::Answer(replied.id, latency));
        }
        let on_answer = pending.on_answer;
        pending.owned.queue_with(pending.cause, Box::new(move |context| on_answer(replied.result, context)));
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

/// An answer of a recording that could come now; the least comes first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: TimestampMs,
    /// Whether others came before it that have not.
    waits: bool,
    is_in_turn: bool,
    id: u64,
}

/// How far the loop has come since.
fn since(started: Steps, event_loop: &EventLoop) -> Steps {
    let now = event_loop.steps();
    Steps { phases: now.phases - started.phases, timers: now.timers - started.timers }
}
