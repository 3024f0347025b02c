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
use crate::engine::event_loop::EventLoop;
use crate::event::{Cause, EchatSettings, LocalStorage};
use crate::net::{NetError, Network, Request, Response, ScriptCookies};

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
    early: RefCell<VecDeque<(u64, Result<Response, NetError>)>>,
    sender: Sender<(u64, Result<Response, NetError>)>,
    receiver: Receiver<(u64, Result<Response, NetError>)>,
}

impl World {
    /// A world over a network.
    #[must_use]
    pub fn new(network: Arc<dyn Network>, cookies: Arc<dyn ScriptCookies>, settings: Settings) -> Self {
        let (sender, receiver) = channel();
        Self {
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
        self.pending.borrow_mut().insert(id, Pending { cause: event_loop.cause(), on_answer });
        event_loop.count_outstanding(true);
        if request.url.scheme() == "blob" {
            // Our own receiver is there as long as we are.
            let _ = self.sender.send((id, self.object_urls.answer(&request)));
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
        let Some(oldest) = self.pending.borrow().keys().next().copied() else { return false };
        let started = crate::base::clock::Stopwatch::start();
        let early = self.early.borrow().iter().position(|(id, _)| *id == oldest);
        if let Some(at) = early {
            let answer = self.early.borrow_mut().remove(at);
            return answer.is_some_and(|(id, answer)| self.deliver(id, answer, event_loop));
        }
        loop {
            let left = longest.saturating_sub(started.elapsed());
            let Some((id, answer)) = self.receive(left, event_loop) else { return false };
            if id == oldest {
                return self.deliver(id, answer, event_loop);
            }
            if self.pending.borrow().contains_key(&id) {
                self.early.borrow_mut().push_back((id, answer));
            }
        }
    }

    /// The next reply, in whatever order they come.
    fn receive(&self, longest: Duration, event_loop: &EventLoop) -> Option<(u64, Result<Response, NetError>)> {
        if let Ok(reply) = self.receiver.try_recv() {
            return Some(reply);
        }
        event_loop.pass_on();
        match self.network.listen(longest) {
            Some(_) => self.receiver.try_recv().ok(),
            None => self.receiver.recv_timeout(longest).ok(),
        }
    }

    fn deliver(&self, id: u64, answer: Result<Response, NetError>, event_loop: &EventLoop) -> bool {
        let Some(pending) = self.pending.borrow_mut().remove(&id) else { return false };
        event_loop.count_outstanding(false);
        let on_answer = pending.on_answer;
        event_loop.queue_with(pending.cause, Box::new(move |context| on_answer(answer, context)));
        true
    }
}
