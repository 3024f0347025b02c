//! The network of a page in a replay: the plugin's own answers as ever, all others from the recording.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::host::answers::{Answers, named};
use crate::host::recorder::exchange::Exchange;
use crate::net::{Arrival, Ask, Cookie, NetError, Network, Noted, PluginNetwork, Replied, Reply, Request, Response};

/// What a connection is refused with where nobody listens.
pub(in crate::host) const REFUSED: &str = "Connection refused (os error 111)";

/// Answers as it was recorded.
pub(super) struct Replay {
    network: PluginNetwork,
    state: Mutex<State>,
}

struct State {
    /// What was not asked for yet.
    answers: Answers,
    /// Cookies that come with answers that the page has not taken.
    cookies: BTreeMap<u64, Vec<Cookie>>,
    divergences: Vec<String>,
    /// Nothing is said of what is refused.
    is_muted: bool,
}

impl Replay {
    /// Where pseudonyms stand for secrets, those that the page's own code has are not compared.
    pub(super) fn new(network: PluginNetwork, exchanges: Vec<Exchange>, is_redacted: bool) -> Arc<Self> {
        let answers = Answers::new(exchanges, is_redacted);
        let state = State { answers, cookies: BTreeMap::new(), divergences: Vec::new(), is_muted: false };
        Arc::new(Self { network, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The plugin's own network, with the page's cookies.
    pub(super) fn network(&self) -> &PluginNetwork {
        &self.network
    }

    /// Requests that no recording answers, in words.
    pub(super) fn take_divergences(&self) -> Vec<String> {
        std::mem::take(&mut self.state().divergences)
    }

    /// Whether nothing is said of what is refused from now on.
    pub(super) fn mute(&self, is_muted: bool) {
        self.state().is_muted = is_muted;
    }

    /// What was recorded for a request; one that nobody recorded is refused.
    fn take(&self, request: &Request) -> Exchange {
        let mut state = self.state();
        let why = match state.answers.take(request) {
            Ok(exchange) => return exchange,
            Err(why) => why,
        };
        if !state.is_muted {
            state.divergences.push(format!("{} was refused: it is {why}", named(request)));
        }
        let refused = NetError::Unreachable { url: request.url.to_string(), reason: REFUSED.to_owned() };
        Exchange {
            number: 0,
            request: request.clone(),
            result: Some(Err(refused)),
            arrival: Arrival::Now,
            cookies: Vec::new(),
        }
    }

    fn set_cookies(&self, cookies: Vec<Cookie>) {
        if !cookies.is_empty() {
            self.network.cookies().take_in(cookies);
        }
    }
}

impl Network for Replay {
    fn fetch(&self, request: Request) -> Result<Response, NetError> {
        if self.network.answers_itself(&request) {
            return self.network.fetch(request);
        }
        let url = request.url.to_string();
        let exchange = self.take(&request);
        self.set_cookies(exchange.cookies);
        // One that was being waited for when the page ended.
        let never = || Err(NetError::Unreachable { url, reason: REFUSED.to_owned() });
        exchange.result.unwrap_or_else(never)
    }

    fn start(&self, id: u64, request: Request, reply: Reply) {
        if self.network.answers_itself(&request) || request.destination.ask() == Some(Ask::Close) {
            return self.network.start(id, request, reply);
        }
        let url = request.url.to_string();
        let Exchange { result, arrival, cookies, .. } = self.take(&request);
        self.state().cookies.insert(id, cookies);
        let never = || Err(NetError::Unreachable { url, reason: REFUSED.to_owned() });
        // A page that is gone needs no answer.
        let _ = reply.send(Replied { id, result: result.unwrap_or_else(never), arrival });
    }

    fn note(&self, noted: Noted) {
        if let Noted::Answer(id, _) = noted {
            let cookies = self.state().cookies.remove(&id).unwrap_or_default();
            self.set_cookies(cookies);
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::net::{Destination, Guard};

    fn request(url: &str) -> Request {
        Request::get(Url::parse(url).expect("an address"), Destination::Xhr, 0)
    }

    fn recorded(number: u64, url: &str, body: &str) -> Exchange {
        let request = request(url);
        let response = Response::made(request.url.clone(), 200, "text/plain", body.as_bytes().to_vec());
        Exchange { number, request, result: Some(Ok(response)), arrival: Arrival::Now, cookies: Vec::new() }
    }

    fn replay(exchanges: Vec<Exchange>) -> Arc<Replay> {
        Replay::new(PluginNetwork::new(Guard::new()), exchanges, true)
    }

    fn body(replay: &Replay, url: &str) -> String {
        replay.fetch(request(url)).map_or_else(|error| error.to_string(), |it| String::from_utf8_lossy(&it.body).into())
    }

    #[test]
    fn what_libraries_make_up_is_not_compared() {
        let replay = replay(vec![
            recorded(1, "http://a.test/x?id=7&_=15", "second"),
            recorded(0, "http://a.test/x?id=7&_=14#f", "first"),
            recorded(3, "http://a.test/s?token=xy9&id=7", "secret"),
            recorded(2, "http://a.test/p?callback=jQuery1_2&id=7", "/**/jQuery1_2({\"a\":\"jQuery1_2\"})"),
        ]);
        assert_eq!(body(&replay, "http://a.test/x?_=99&id=7"), "first");
        assert_eq!(body(&replay, "http://a.test/x?id=7"), "second");
        assert_eq!(body(&replay, "http://a.test/p?callback=f3&id=7"), "/**/f3({\"a\":\"jQuery1_2\"})");
        assert_eq!(body(&replay, "http://a.test/s?token=ab1&id=7"), "secret");
        assert!(replay.take_divergences().is_empty());
    }

    #[test]
    fn the_nearest_is_of_the_same_method() {
        let post = |number: u64, body: &str| {
            let mut exchange = recorded(number, "http://a.test/x", "");
            exchange.request.method = "POST".to_owned();
            exchange.request.body = body.as_bytes().to_vec();
            exchange
        };
        let replay =
            replay(vec![recorded(0, "http://a.test/x?id=7", ""), post(1, "a=1\n"), recorded(2, "http://a.test/x", "")]);
        drop(replay.fetch(post(3, "a=2").request));
        let told = "POST http://a.test/x was refused: it is not recorded; the nearest is POST http://a.test/x, with the body \
                    `a=1 `; now it is `a=2`";
        assert_eq!(replay.take_divergences(), [told]);
    }

    #[test]
    fn what_nobody_recorded_is_refused_and_told() {
        let replay = replay(vec![recorded(0, "http://a.test/x?id=7", "one")]);
        assert_eq!(
            body(&replay, "http://a.test/x?id=8"),
            "http://a.test/x?id=8 could not be reached: Connection refused (os error 111)"
        );
        assert_eq!(body(&replay, "http://a.test/x?id=7"), "one");
        body(&replay, "http://a.test/x?id=7");
        body(&replay, "http://b.test/");
        let told = [
            "GET http://a.test/x?id=8 was refused: it is not recorded; the nearest is GET http://a.test/x?id=7",
            "GET http://a.test/x?id=7 was refused: it is asked for more often than it was recorded",
            "GET http://b.test/ was refused: it is not recorded",
        ];
        assert_eq!(replay.take_divergences(), told);
    }
}
