//! The requests that a page has started, until it has their answers.
//!
//! So many are under way at once; the others wait, as in a browser. One is under way until its answer is written to the
//! page: one that asks and does not read makes the host hold these answers and no more. When the page ends, so do its
//! requests.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::base::limits::page::PageLimits;
use crate::base::limits::{QUOTED_CHARS_MAX, REQUEST_BYTES_IN_FLIGHT_MAX};
use crate::net::{NetError, Network, Noted, Replied, Reply, Request};

/// A request and who is asked, or why nobody is.
type Asked = Result<(Request, Arc<dyn Network>), NetError>;

/// Not the number of a request: the page rests, and is told once the answers that came before this have been passed on,
/// and those of requests that could start because of it and are answered at once.
pub(super) const QUIET: u64 = 0;

/// The requests of one page.
pub(super) struct Started {
    state: Mutex<State>,
    /// Where answers go, each under [`Taken::number`].
    replies: Reply,
    limits: PageLimits,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Taken, Asked)>,
    under_way: HashMap<u64, Taken>,
    /// Whose answer was written and not yet taken, the page's number and ours, in this order.
    answered: VecDeque<(u64, u64)>,
    /// Who was asked last; a page has one network.
    network: Option<Arc<dyn Network>>,
    /// Those so far.
    count: u64,
    /// What all of them hold.
    bytes: usize,
    /// Whether [`QUIET`] is being passed on.
    is_quieting: bool,
}

impl State {
    /// How many are under way, of answers that go on or of others.
    fn count_under_way(&self, is_stream: bool) -> usize {
        self.under_way.values().filter(|taken| taken.is_stream == is_stream).count()
    }
}

/// One request.
#[derive(Clone, Copy)]
struct Taken {
    /// The host's: a page may give one of its own twice.
    number: u64,
    /// The page's.
    id: u64,
    bytes: usize,
    /// Whether it is one of an answer that goes on: it may be under way for hours, beside the others.
    is_stream: bool,
    /// Whether the page gave it up while it waited. It keeps its turn, so that what is asked next has a recording's
    /// order.
    is_aborted: bool,
}

/// So many wait that the page cannot be one that waits for answers.
#[derive(Debug)]
pub(super) struct TooMany;

impl Started {
    /// None yet, of a page that is held to `limits`; answers go to `replies`.
    pub(super) fn new(replies: Reply, limits: PageLimits) -> Self {
        Self { state: Mutex::default(), replies, limits }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the page's request `id`, or what it is refused with; to be answered in turn.
    pub(super) fn take(&self, id: u64, asked: Asked) -> Result<(), TooMany> {
        let mut state = self.state();
        if (state.waiting.len() + state.count_under_way(true)) as u64 >= self.limits.requests_waiting {
            return Err(TooMany);
        }
        let is_stream = asked.as_ref().is_ok_and(|(request, _)| request.destination.ask().is_some());
        let (asked, bytes) = match asked.map(|asked| (size(&asked.0), asked)) {
            Ok((bytes, asked)) if bytes <= REQUEST_BYTES_IN_FLIGHT_MAX.saturating_sub(state.bytes) => {
                (Ok(asked), bytes)
            }
            Ok((_, (request, _))) => (Err(too_much(&request)), 0),
            Err(refused) => (Err(refused), 0),
        };
        if let Ok((_, network)) = &asked {
            state.network = Some(network.clone());
        }
        state.count += 1;
        state.bytes += bytes;
        let taken = Taken { number: state.count, id, bytes, is_stream, is_aborted: false };
        if is_stream {
            state.under_way.insert(taken.number, taken);
            drop(state);
            self.start(taken, asked);
        } else {
            state.waiting.push_back((taken, asked));
            drop(state);
            self.start_next();
        }
        Ok(())
    }

    /// The page rests. It does so again only once it has been told of this one.
    pub(super) fn quiet(&self) -> Result<(), TooMany> {
        if std::mem::replace(&mut self.state().is_quieting, true) {
            return Err(TooMany);
        }
        let nothing = NetError::Unreachable { url: String::new(), reason: String::new() };
        self.pass_on(Replied::now(QUIET, Err(nothing)));
        Ok(())
    }

    /// The page is about to be told.
    pub(super) fn quieted(&self) {
        self.state().is_quieting = false;
    }

    /// To be passed on after what is there.
    pub(super) fn pass_on(&self, what: Replied) {
        // Whoever passes answers on ends with the page.
        let _ = self.replies.send(what);
    }

    /// The page's number of the request that an answer is for.
    pub(super) fn id_of(&self, number: u64) -> Option<u64> {
        self.state().under_way.get(&number).map(|taken| taken.id)
    }

    /// An answer was written to the page: the next request may start.
    pub(super) fn written(&self, number: u64) {
        let mut state = self.state();
        if let Some(taken) = state.under_way.remove(&number) {
            state.bytes -= taken.bytes;
            // Of aborted requests no answer is ever taken.
            if state.answered.len() as u64 >= self.limits.requests_waiting {
                state.answered.pop_front();
            }
            state.answered.push_back((taken.id, number));
        }
        drop(state);
        self.start_next();
    }

    /// The page took something, or gave it up; whoever answered is told, by his own number.
    pub(super) fn note(&self, noted: Noted) {
        let mut state = self.state();
        if let Noted::Aborted(id) = noted
            && let Some((taken, _)) = state.waiting.iter_mut().find(|(taken, _)| taken.id == id)
        {
            taken.is_aborted = true;
            return;
        }
        let noted = match noted {
            Noted::Answer(id, latency) => {
                let at = state.answered.iter().position(|(answered, _)| *answered == id);
                let written = at.and_then(|at| state.answered.remove(at)).map(|(_, number)| number);
                // It may be quicker than whoever writes its answers is to say so.
                let being_written = || state.under_way.values().find(|taken| taken.id == id).map(|taken| taken.number);
                let Some(number) = written.or_else(being_written) else { return };
                Noted::Answer(number, latency)
            }
            Noted::Aborted(id) => {
                let Some(taken) = state.under_way.values().find(|taken| taken.id == id) else { return };
                Noted::Aborted(taken.number)
            }
            other => other,
        };
        let network = state.network.clone();
        drop(state);
        if let Some(network) = network {
            network.note(noted);
        }
    }

    /// The page is gone.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.waiting.clear();
        let network = state.network.take();
        drop(state);
        if let Some(network) = network {
            network.abandon();
        }
    }

    /// Starts the first that waits, where there is room. One came or one went before: there is never room for more.
    fn start_next(&self) {
        loop {
            let mut state = self.state();
            if state.count_under_way(false) as u64 >= self.limits.requests_in_flight {
                return;
            }
            let Some((taken, asked)) = state.waiting.pop_front() else { return };
            if !taken.is_aborted {
                state.under_way.insert(taken.number, taken);
                drop(state);
                return self.start(taken, asked);
            }
            state.bytes -= taken.bytes;
            drop(state);
            if let Ok((request, network)) = asked {
                network.skip(request);
            }
        }
    }

    fn start(&self, taken: Taken, asked: Asked) {
        match asked {
            Ok((request, network)) => network.start(taken.number, request, self.replies.clone()),
            Err(refused) => self.pass_on(Replied::now(taken.number, Err(refused))),
        }
    }
}

/// Something to pass on; that all is quiet comes behind the answers that are there.
pub(super) fn in_turn(next: Replied, answers: &Receiver<Replied>, started: &Weak<Started>) -> Option<Replied> {
    if next.id != QUIET {
        return Some(next);
    }
    match answers.try_recv() {
        Ok(answer) => {
            started.upgrade()?.pass_on(next);
            Some(answer)
        }
        Err(_) => Some(next),
    }
}

/// What a request holds, in bytes.
pub(super) fn size(request: &Request) -> usize {
    let headers = request.headers.iter().map(|header| size_of_val(header) + header.0.len() + header.1.len());
    size_of_val(request)
        + request.url.as_str().len()
        + request.client.as_ref().map_or(0, |client| client.url.as_str().len())
        + request.method.len()
        + request.body.len()
        + headers.sum::<usize>()
}

fn too_much(request: &Request) -> NetError {
    NetError::TooMuchInFlight { url: beginning(request), bytes_max: REQUEST_BYTES_IN_FLIGHT_MAX }
}

/// The beginning of a request's address: a refusal waits like an answer, and must not be as large as the request.
pub(super) fn beginning(request: &Request) -> String {
    let url = request.url.as_str();
    let end = url.char_indices().nth(QUOTED_CHARS_MAX);
    end.map_or_else(|| url.to_owned(), |(end, _)| format!("{}…", &url[..end]))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    use url::Url;

    use super::*;
    use crate::net::{Destination, RefuseAll, Response};

    const LIMITS: PageLimits = PageLimits { requests_in_flight: 3, requests_waiting: 20, ..PageLimits::DEFAULT };

    /// Never answers; counts how often it is abandoned, and notes what it is told of single requests.
    #[derive(Default)]
    struct Silent(AtomicUsize, Mutex<Vec<String>>);

    impl Network for Silent {
        fn fetch(&self, request: Request) -> Result<Response, NetError> {
            RefuseAll.fetch(request)
        }

        fn start(&self, _: u64, _: Request, _: Reply) {}

        fn skip(&self, request: Request) {
            self.1.lock().unwrap().push(format!("skips {}", request.url.path()));
        }

        fn note(&self, noted: Noted) {
            self.1.lock().unwrap().push(format!("{noted:?}"));
        }

        fn abandon(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn asked(network: &Arc<dyn Network>, address: &str, body_bytes: usize) -> Asked {
        let request = Request::get(Url::parse(address).unwrap(), Destination::Xhr, 0);
        Ok((Request { body: vec![0; body_bytes], ..request }, network.clone()))
    }

    #[test]
    fn what_requests_hold_has_a_bound_and_comes_back() {
        let (replies, answers) = channel();
        let (started, network) = (Started::new(replies, LIMITS), Arc::new(Silent::default()) as Arc<dyn Network>);
        let half = REQUEST_BYTES_IN_FLIGHT_MAX / 2;
        let long = format!("http://a.test/{}", "x".repeat(1_000));
        for id in [5, 6] {
            started.take(id, asked(&network, &long, half - 100_000)).unwrap();
        }
        started.take(7, asked(&network, &long, half)).unwrap();
        let Replied { id: number, result: refused, .. } = answers.try_recv().unwrap();
        assert_eq!(started.id_of(number), Some(7));
        let refused = refused.unwrap_err();
        assert!(matches!(refused, NetError::TooMuchInFlight { .. }) && refused.url().len() < 300, "{refused}");
        started.written(number);
        // The first one's answer is written.
        started.written(1);
        started.take(8, asked(&network, &long, half)).unwrap();
        assert!(answers.try_recv().is_err());
        assert_eq!((started.id_of(1), started.id_of(2)), (None, Some(6)));
    }

    #[test]
    fn requests_end_with_their_page() {
        let (replies, _answers) = channel();
        let (started, silent) = (Started::new(replies, LIMITS), Arc::new(Silent::default()));
        let network = silent.clone() as Arc<dyn Network>;
        for id in 0..=LIMITS.requests_in_flight {
            started.take(id, asked(&network, "http://a.test/", 0)).unwrap();
        }
        assert_eq!(silent.0.load(Ordering::Relaxed), 0);
        started.end();
        assert_eq!(silent.0.load(Ordering::Relaxed), 1);
        started.written(1);
        assert!(
            started.state().waiting.is_empty() && (started.state().under_way.len() as u64) < LIMITS.requests_in_flight
        );
    }

    #[test]
    fn what_is_given_up_is_not_started() {
        let (replies, _answers) = channel();
        let (started, silent) = (Started::new(replies, LIMITS), Arc::new(Silent::default()));
        let network = silent.clone() as Arc<dyn Network>;
        for id in 10..16 {
            started.take(id, asked(&network, &format!("http://a.test/{id}"), 1)).unwrap();
        }
        // Three are under way; of these the second, and those that wait but for the last.
        for id in [11, 13, 14, 99] {
            started.note(Noted::Aborted(id));
        }
        started.written(2);
        assert_eq!(*silent.1.lock().unwrap(), ["Aborted(2)", "skips /13", "skips /14"]);
        assert_eq!(started.id_of(6), Some(15));
        let state = started.state();
        assert_eq!((state.waiting.len(), state.under_way.len()), (0, 3));
    }

    #[test]
    fn so_many_wait_and_then_no_more() {
        let (replies, _answers) = channel();
        let (started, network) = (Started::new(replies, LIMITS), Arc::new(Silent::default()) as Arc<dyn Network>);
        let take = || started.take(1, asked(&network, "http://a.test/", 0));
        for _ in 0..LIMITS.requests_in_flight + LIMITS.requests_waiting {
            take().unwrap();
        }
        assert!(take().is_err());
    }
}
