//! HAR 1.2 (HTTP Archive, w3c.github.io/web-performance/specs/HAR/Overview.html), as the developer tools of browsers export
//! it: its answers stand in for the network of a page.
//!
//! `read` makes exchanges of its entries. Of an entry that is: method, address and body of the request; status, headers, cookies and body
//! of the response; `time` as how long it took; redirects followed to their end. Headers of requests, timings in detail, pages,
//! caches, sockets and what tools add are not used.

mod read;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::read::{Har, HarError};
use super::answers::Answers;
use super::recorder::exchange::Exchange;
use super::replay::REFUSED;
use crate::net::{Arrival, Latency, NetError, Request, StandIn, StoodIn};

/// The answers of a HAR, each given once, in the order of their requests. What it does not have is refused.
pub struct HarNetwork {
    state: Mutex<State>,
}

struct State {
    answers: Answers,
    /// The headers of redirects, by the number of the exchange that they led to.
    hops: read::Hops,
    unanswered: Vec<String>,
}

impl HarNetwork {
    /// Of a HAR's exchanges.
    #[must_use]
    pub fn new(har: Har) -> Arc<Self> {
        let answers = Answers::new(har.exchanges, false);
        Arc::new(Self { state: Mutex::new(State { answers, hops: har.hops, unanswered: Vec::new() }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many answers nobody asked for.
    #[must_use]
    pub fn left(&self) -> usize {
        self.state().answers.len()
    }

    /// What was asked and not answered, in words.
    #[must_use]
    pub fn unanswered(&self) -> Vec<String> {
        self.state().unanswered.clone()
    }
}

impl StandIn for HarNetwork {
    fn answer(&self, request: &Request) -> StoodIn {
        let mut state = self.state();
        let refused = || Err(NetError::Unreachable { url: request.url.to_string(), reason: REFUSED.to_owned() });
        match state.answers.take_document(request) {
            Ok(Exchange { number, result, arrival, .. }) => {
                let latency_ms = if let Arrival::After(Latency { ms, .. }) = arrival { ms } else { 0 };
                let headers = state.hops.remove(&number).unwrap_or_default();
                StoodIn { result: result.unwrap_or_else(refused), latency_ms, headers }
            }
            Err(why) => {
                state.unanswered.push(format!("{} {} is {why}", request.method, request.url));
                StoodIn { result: refused(), latency_ms: 0, headers: Vec::new() }
            }
        }
    }
}
