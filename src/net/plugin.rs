//! The network of one plugin's page: local answers first, the live network last.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

use super::live::{GiveUp, Rights, Stream, ended};
use super::network::answer;

use super::original_scripts::{Original, OriginalScripts};
use super::passage::Passage;
use super::sockets::{Sockets, as_http, told};
use super::{
    Arrival, Ask, Bounds, CookieJar, Destination, Folder, Guard, Latency, Live, NetError, Network, Noted, Replacements,
    Replied, Reply, Request, Response, StandIn, StoodIn, data_url,
};
use crate::base::limits::{ORIGINAL_SCRIPT_FETCHES_MAX, STREAMS_MAX};

/// What the host answers itself, before anything is fetched: the ticket service of the 2014 client, EChat's SDK.
/// `None` passes the request on.
pub type Answer = Arc<dyn Fn(&Request) -> Option<Response> + Send + Sync>;

/// Everything that one page can reach, and the page's cookies: those of one plugin for one account. Each page has its own,
/// which cannot be cloned: two pages must not have the same cookies.
pub struct PluginNetwork {
    folder: Option<Folder>,
    guard: Arc<Guard>,
    replacements: Replacements,
    /// Those that an operator gave by flags.
    given: Replacements,
    answers: Vec<Answer>,
    live: Option<Live>,
    stand_in: Option<Arc<dyn StandIn>>,
    cookies: Arc<CookieJar>,
    bounds: Bounds,
    /// Those of the page's document.
    original_scripts: Mutex<OriginalScripts>,
    /// Requests over the live network that the page has started.
    started: Mutex<Vec<Started>>,
    /// Answers that go on, by the page's number.
    streams: Mutex<HashMap<u64, Arc<Stream>>>,
    sockets: Sockets,
}

/// A request under way.
struct Started {
    task: AbortHandle,
    /// Its number, and what gives it up, of one that can be given up by itself.
    give_up: Option<(u64, GiveUp)>,
}

impl PluginNetwork {
    /// A page that may talk to the origins of `guard`, once there is a live network, and to nobody else.
    #[must_use]
    pub fn new(guard: Guard) -> Self {
        PluginNetwork {
            folder: None,
            guard: Arc::new(guard),
            replacements: Replacements::new(),
            given: Replacements::new(),
            answers: Vec::new(),
            live: None,
            stand_in: None,
            cookies: Arc::new(CookieJar::new()),
            bounds: Bounds::default(),
            original_scripts: Mutex::default(),
            started: Mutex::default(),
            streams: Mutex::default(),
            sockets: Sockets::default(),
        }
    }

    /// With the plugin's own files.
    #[must_use]
    pub fn with_folder(mut self, folder: Folder) -> Self {
        self.folder = Some(folder);
        self
    }

    /// With addresses answered from files.
    #[must_use]
    pub fn with_replacements(mut self, replacements: Replacements) -> Self {
        self.replacements = replacements;
        self
    }

    /// With addresses answered from files that are none of the plugin's own; they go before those.
    #[must_use]
    pub fn with_given(mut self, given: Replacements) -> Self {
        self.given = given;
        self
    }

    /// With addresses the host answers itself; the first that answers wins.
    #[must_use]
    pub fn with_answer(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// With bounds of local answers.
    #[must_use]
    pub fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// With the live network, whose bounds hold for local answers as well.
    #[must_use]
    pub fn with_live(mut self, live: Live) -> Self {
        self.bounds = *live.bounds();
        self.live = Some(live);
        self
    }

    /// With somebody who answers in the place of the network, to whatever origin a request goes: nothing leaves the machine.
    #[must_use]
    pub fn with_stand_in(mut self, stand_in: Arc<dyn StandIn>) -> Self {
        self.stand_in = Some(stand_in);
        self
    }

    /// The page's cookies, for `document.cookie`.
    #[must_use]
    pub fn cookies(&self) -> &Arc<CookieJar> {
        &self.cookies
    }

    /// The plugin's own files.
    #[must_use]
    pub fn folder(&self) -> Option<&Folder> {
        self.folder.as_ref()
    }

    /// Whether the plugin itself answers, wherever it is: its files, what it replaces, what the host answers for it. It
    /// answers no socket.
    #[must_use]
    pub fn answers_itself(&self, request: &Request) -> bool {
        let url = &request.url;
        if request.destination.is_socket() {
            return false;
        }
        self.given.find(url).is_none()
            && (url.scheme() == "data"
                || self.replacements.find(url).is_some()
                || self.answers.iter().any(|answer| answer(request).is_some())
                || self.folder.as_ref().is_some_and(|folder| folder.owns(url)))
    }

    /// The answer that needs no network, if there is one.
    fn answer_here(&self, request: &Request) -> Option<Result<Response, NetError>> {
        if request.url.scheme() == "data" {
            return Some(data_url::answer(&request.url));
        }
        let bytes_max = self.bounds.bytes_max(request.destination);
        let root = self.folder.as_ref().and_then(Folder::root);
        for replacements in [&self.given, &self.replacements] {
            if let Some(replaced) = replacements.answer(request, root, bytes_max) {
                return Some(replaced);
            }
        }
        if let Some(response) = self.answers.iter().find_map(|answer| answer(request)) {
            return Some(Ok(response));
        }
        match &self.folder {
            Some(folder) if folder.owns(&request.url) => Some(folder.answer(request, bytes_max)),
            _ if self.stand_in.is_some() => None,
            _ => self.refusal(request).map(Err),
        }
    }

    /// What is asked of whoever stands in for the network, with the page's cookies set.
    fn ask(&self, stand_in: &dyn StandIn, request: &Request) -> (Result<Response, NetError>, i64) {
        let StoodIn { result, latency_ms, headers } = stand_in.answer(request);
        let mut passage = Passage::new(request);
        for (url, headers) in headers {
            let hop = Request { url, ..request.clone() };
            if passage.arrive(&hop).is_ok() && passage.has_cookies(&hop) {
                self.cookies.store_response(&hop.url, hop.sites(), &headers, hop.now_ms);
            }
        }
        (result, latency_ms)
    }

    /// Why a request cannot go out, where it cannot.
    fn refusal(&self, request: &Request) -> Option<NetError> {
        let original = self.original_scripts().ask(request);
        match self.guard.reach(&request.url, original == Original::Yes) {
            Err(NetError::NotAllowed { url, origin }) if original == Original::TooOften => {
                return Some(NetError::FetchedTooOften { url, times_max: ORIGINAL_SCRIPT_FETCHES_MAX, origin });
            }
            Err(refused) => return Some(refused),
            Ok(_) => {}
        }
        let reason = || "this page has no network".to_owned();
        self.live.is_none().then(|| NetError::Unreachable { url: request.url.to_string(), reason: reason() })
    }

    fn original_scripts(&self) -> MutexGuard<'_, OriginalScripts> {
        self.original_scripts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn started(&self) -> MutexGuard<'_, Vec<Started>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<u64, Arc<Stream>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that goes on until the page closes it, or what keeps it from being opened.
    fn stream(&self, number: u64, request: &Request) -> Result<Arc<Stream>, NetError> {
        let mut streams = self.streams();
        if let Some(before) = streams.remove(&number) {
            before.closed.notify_one();
        }
        if streams.len() >= STREAMS_MAX {
            return Err(NetError::TooManyStreams { url: request.url.to_string(), streams_max: STREAMS_MAX });
        }
        Ok(streams.entry(number).or_default().clone())
    }

    /// Asks something of an answer that goes on, over the live network.
    fn ask_stream(&self, id: u64, request: Request, (number, ask): (u64, Ask), live: &Live, reply: Reply) {
        let asked = match ask {
            Ask::Open => match self.stream(number, &request) {
                Ok(stream) => {
                    let rights = self.rights(&request);
                    live.open(id, request, rights, stream, reply)
                }
                Err(refused) => return answer(&reply, id, Err(refused)),
            },
            // Nothing can be sent on one.
            Ask::Send => return answer(&reply, id, Ok(ended(&request.url))),
            Ask::Next => match self.streams().get(&number).cloned() {
                Some(stream) => live.next(id, request, stream, reply),
                None => return answer(&reply, id, Ok(ended(&request.url))),
            },
            Ask::Close => {
                if let Some(stream) = self.streams().remove(&number) {
                    stream.closed.notify_one();
                }
                return answer(&reply, id, Ok(ended(&request.url)));
            }
        };
        self.keep(asked, None);
    }

    /// Why a socket cannot be connected, where it cannot.
    fn socket_refusal(&self, request: &Request) -> Option<NetError> {
        let asked = match as_http(request) {
            Ok(asked) => asked,
            Err(refused) => return Some(refused),
        };
        let unreachable =
            |reason: &str| Some(NetError::Unreachable { url: request.url.to_string(), reason: reason.to_owned() });
        if self.folder.as_ref().is_some_and(|folder| folder.owns(&asked.url)) {
            return unreachable("it stands for the plugin's folder, where no server listens");
        }
        if self.stand_in.is_some() {
            return unreachable("nobody stands in for what comes over sockets");
        }
        self.refusal(&asked).map(|refused| refused.about(&request.url))
    }

    /// Asks something of a socket.
    fn ask_socket(&self, id: u64, request: Request, (number, ask): (u64, Ask), reply: Reply) {
        let socket = self.sockets.get(number);
        match (ask, &self.live, socket) {
            (Ask::Open, live, _) => {
                if let Some(refused) = self.socket_refusal(&request) {
                    return answer(&reply, id, Err(refused));
                }
                match (self.sockets.open(number, &request.url), live) {
                    (Ok(socket), Some(live)) => {
                        let rights = self.rights(&request);
                        self.keep(live.connect(id, request, rights, socket, reply), None);
                    }
                    (Ok(_), None) => unreachable!("without a network every socket is refused"),
                    (Err(refused), _) => answer(&reply, id, Err(refused)),
                }
            }
            (Ask::Next, Some(live), Some(socket)) => {
                self.keep(live.next_message(id, request.url, socket, reply), None);
            }
            (Ask::Send, _, Some(socket)) => socket.send(id, &request, reply),
            (Ask::Next | Ask::Send, ..) => answer(&reply, id, Ok(told(&request.url, 410))),
            (Ask::Close, ..) => {
                self.sockets.close(number);
                answer(&reply, id, Ok(told(&request.url, 200)));
            }
        }
    }

    /// Keeps what the page has started, until it is gone.
    fn keep(&self, task: AbortHandle, give_up: Option<(u64, GiveUp)>) {
        let mut started = self.started();
        started.retain(|request| !request.task.is_finished());
        started.push(Started { task, give_up });
    }

    fn rights(&self, request: &Request) -> Rights {
        let is_original = self.original_scripts().take(request) == Original::Yes;
        Rights { guard: self.guard.clone(), is_original, cookies: self.cookies.clone() }
    }

    /// Takes the scripts of a document the page is handed in place of the last one's. It must be the page's own: another
    /// server's, or a `data:` address, may say what the page wants it to say.
    fn note_scripts(&self, request: &Request, response: &Response) {
        let is_of_folder = self.folder.as_ref().is_some_and(|folder| folder.owns(&response.url));
        let is_own = is_of_folder || self.guard.is_own(&response.url);
        if request.destination == Destination::Document {
            let scripts = if is_own { OriginalScripts::of(response) } else { OriginalScripts::default() };
            *self.original_scripts() = scripts;
        }
    }
}

impl Network for PluginNetwork {
    fn fetch(&self, request: Request) -> Result<Response, NetError> {
        let result = match (self.answer_here(&request), &self.stand_in, &self.live) {
            (Some(result), ..) => result,
            (None, Some(stand_in), _) => self.ask(&**stand_in, &request).0,
            (None, None, Some(live)) => live.fetch(request.clone(), self.rights(&request)),
            (None, None, None) => unreachable!("without a network every request is answered here"),
        };
        if let Ok(response) = &result {
            self.note_scripts(&request, response);
        }
        result
    }

    fn start(&self, id: u64, request: Request, reply: Reply) {
        if let Destination::Socket(number, ask) = request.destination {
            return self.ask_socket(id, request, (number, ask), reply);
        }
        if let (Destination::Stream(number, ask), Some(live)) = (request.destination, &self.live)
            && (ask != Ask::Open || self.answer_here(&request).is_none())
            && self.stand_in.is_none()
        {
            return self.ask_stream(id, request, (number, ask), live, reply);
        }
        if matches!(request.destination.ask(), Some(Ask::Next | Ask::Send | Ask::Close)) {
            // What is answered here or by a stand-in has come as a whole.
            return answer(&reply, id, Ok(ended(&request.url)));
        }
        match (self.answer_here(&request), &self.stand_in, &self.live) {
            (Some(result), ..) => answer(&reply, id, result),
            (None, Some(stand_in), _) => {
                let (result, ms) = self.ask(&**stand_in, &request);
                let arrival = Arrival::After(Latency { ms, ..Latency::default() });
                // A page that is gone needs no answer.
                drop(reply.send(Replied { id, result, arrival }));
            }
            (None, None, Some(live)) => {
                let rights = self.rights(&request);
                let (task, give_up) = live.start(id, request, rights, reply);
                self.keep(task, Some((id, give_up)));
            }
            (None, None, None) => unreachable!("without a network every request is answered here"),
        }
    }

    fn note(&self, noted: Noted) {
        let Noted::Aborted(id) = noted else { return };
        let mut started = self.started();
        let is_it = |request: &&mut Started| request.give_up.as_ref().is_some_and(|(own, _)| *own == id);
        if let Some((_, give_up)) = started.iter_mut().find(is_it).and_then(|request| request.give_up.take()) {
            // One that has ended needs no word.
            let _ = give_up.send(());
        }
    }

    fn abandon(&self) {
        self.started().drain(..).for_each(|request| request.task.abort());
        self.streams().clear();
        self.sockets.clear();
    }
}

impl fmt::Debug for PluginNetwork {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PluginNetwork")
            .field("folder", &self.folder)
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use url::Url;

    use super::*;
    use crate::net::{Destination, EmbeddedFiles};

    static FILES: EmbeddedFiles = &[("page/index.html", b"<p>")];

    fn network() -> PluginNetwork {
        let mut guard = Guard::new();
        guard.allow("http://allowed.test").unwrap();
        let ticket: Answer = Arc::new(|request| {
            let is_ticket = request.url.host_str() == Some("crm1.dkf.qq.com");
            is_ticket.then(|| Response::made(request.url.clone(), 200, "text/javascript", b"cb()".to_vec()))
        });
        PluginNetwork::new(guard).with_folder(Folder::embedded("demo", FILES)).with_answer(ticket)
    }

    fn ask(url: &str) -> Result<Response, NetError> {
        network().fetch(Request::get(Url::parse(url).unwrap(), Destination::Script, 0))
    }

    #[test]
    fn answered_here() {
        assert_eq!(ask("data:,x").unwrap().body, b"x");
        assert_eq!(ask("http://demo.plugin.invalid/page/").unwrap().body, b"<p>");
        assert_eq!(ask("https://crm1.dkf.qq.com/php/index.php?callback=cb").unwrap().body, b"cb()");
    }

    #[test]
    fn refused_here() {
        assert!(matches!(ask("http://other.test/x"), Err(NetError::NotAllowed { .. })));
        assert!(matches!(ask("http://other.plugin.invalid/x"), Err(NetError::OtherFolder { .. })));
        assert!(matches!(ask("http://allowed.test/x"), Err(NetError::Unreachable { .. })));
        assert!(matches!(ask("file:///etc/passwd"), Err(NetError::BadUrl { .. })));
    }

    static FOREIGN: EmbeddedFiles = &[("index.html", b"<script src=http://cdn.test/j.js></script>")];

    #[test]
    fn scripts_of_the_page_s_own_documents_only() {
        let network = PluginNetwork::new(Guard::new()).with_folder(Folder::embedded("demo", FOREIGN));
        let load = |url: &str| network.fetch(Request::get(Url::parse(url).unwrap(), Destination::Document, 0)).unwrap();
        // Without a live network what is let through is unreachable.
        let is_let = || {
            let script = Request::get(Url::parse("http://cdn.test/j.js").unwrap(), Destination::Script, 0);
            matches!(network.fetch(script).unwrap_err(), NetError::Unreachable { .. })
        };
        assert!(!is_let());
        load("data:text/html,<script src=http://cdn.test/j.js></script>");
        assert!(!is_let());
        load("http://demo.plugin.invalid/index.html");
        assert!(is_let());
        load("data:text/html,<script src=http://cdn.test/j.js></script>");
        assert!(!is_let());
    }

    #[test]
    fn a_started_request_replies_once_under_its_id() {
        let (reply, answers) = mpsc::channel();
        let url = Url::parse("http://other.test/x").unwrap();
        network().start(7, Request::get(url, Destination::Xhr, 0), reply);
        let replied = answers.recv().unwrap();
        assert!(matches!((replied.id, replied.result), (7, Err(NetError::NotAllowed { .. }))));
        assert!(answers.recv().is_err());
    }

    #[test]
    fn a_replacement_needs_no_permission() {
        let file = tempfile::NamedTempFile::with_suffix(".js").unwrap();
        std::fs::write(file.path(), "1").unwrap();
        let mut replacements = Replacements::new();
        replacements.add("//libs.baidu.com/jquery.js", file.path().to_owned()).unwrap();
        let url = Url::parse("http://libs.baidu.com/jquery.js?_=1").unwrap();
        let request = Request::get(url, Destination::Script, 0);
        assert_eq!(network().with_replacements(replacements).fetch(request).unwrap().body, b"1");
    }
}
