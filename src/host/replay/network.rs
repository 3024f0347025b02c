//! The network of a page in a replay: the plugin's own answers as ever, all others from the recording.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

use crate::base::redact::Redactor;
use crate::host::recorder::exchange::Exchange;
use crate::net::{
    Arrival, Cookie, NetError, Network, Noted, PluginNetwork, Replied, Reply, Request, Response, percent_decode,
};
use crate::record::session::{CACHE_BUSTER, CALLBACKS};

/// What a connection is refused with where nobody listens.
const REFUSED: &str = "Connection refused (os error 111)";

/// Characters of a body that are shown.
const BODY_CHARS_MAX: usize = 200;

/// Answers as it was recorded.
pub(super) struct Replay {
    network: PluginNetwork,
    /// Pseudonyms stand for secrets: those that the page's own code has are not compared.
    is_redacted: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was not asked for yet, by what is compared, in the order in which it was asked for.
    waiting: BTreeMap<String, VecDeque<Exchange>>,
    /// Cookies that come with answers that the page has not taken.
    cookies: BTreeMap<u64, Vec<Cookie>>,
    divergences: Vec<String>,
}

impl Replay {
    pub(super) fn new(network: PluginNetwork, mut exchanges: Vec<Exchange>, is_redacted: bool) -> Arc<Self> {
        exchanges.sort_by_key(|exchange| exchange.number);
        let mut state = State::default();
        for exchange in exchanges {
            state.waiting.entry(compared(&exchange.request)).or_default().push_back(exchange);
        }
        Arc::new(Self { network, is_redacted, state: Mutex::new(state) })
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

    /// What was recorded for a request; one that nobody recorded is refused.
    fn take(&self, request: &Request) -> Exchange {
        let mut state = self.state();
        let asked = compared(request);
        let has = |key: &String| state.waiting.get(key).is_some_and(|waiting| !waiting.is_empty());
        let key = match has(&asked) || !self.is_redacted {
            true => asked,
            false => {
                let masked = Redactor::masking().text(&asked);
                let alike = state.waiting.keys().find(|key| has(key) && Redactor::masking().text(key) == masked);
                alike.cloned().unwrap_or(asked)
            }
        };
        if let Some(exchange) = state.waiting.get_mut(&key).and_then(VecDeque::pop_front) {
            return answering(exchange, request);
        }
        let (method, url) = (&request.method, &request.url);
        let asked = match state.waiting.contains_key(&key) {
            true => "asked for more often than it was recorded".to_owned(),
            false => match nearest(&state.waiting, request) {
                Some(near) => format!("not recorded; the nearest is {near}"),
                None => "not recorded".to_owned(),
            },
        };
        state.divergences.push(format!("{method} {url} was refused: it is {asked}"));
        let refused = NetError::Unreachable { url: url.to_string(), reason: REFUSED.to_owned() };
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
        if self.network.answers_itself(&request) {
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

/// What of a request has to be the same: method, address and body, but for what libraries make up anew each time, and
/// for the order of headers, which are not compared at all.
fn compared(request: &Request) -> String {
    let mut url = request.url.clone();
    url.set_fragment(None);
    if let Some(query) = url.query().map(str::to_owned) {
        let kept = query.split('&').filter_map(|pair| match decoded_name(pair).as_str() {
            CACHE_BUSTER => None,
            name if CALLBACKS.contains(&name) => Some(format!("{name}=")),
            _ => Some(pair.to_owned()),
        });
        let kept = kept.collect::<Vec<_>>().join("&");
        url.set_query(Some(kept.as_str()).filter(|query| !query.is_empty()));
    }
    format!("{} {url}\n{}", request.method, String::from_utf8_lossy(&request.body))
}

fn decoded_name(pair: &str) -> String {
    let name = pair.split('=').next().unwrap_or_default();
    String::from_utf8_lossy(&percent_decode(name)).to_ascii_lowercase()
}

/// The name of the function that a script of JSONP calls.
fn callback(url: &Url) -> Option<String> {
    let is_callback = |name: &str| CALLBACKS.contains(&name.to_ascii_lowercase().as_str());
    url.query_pairs().find(|(name, _)| is_callback(name)).map(|(_, value)| value.into_owned())
}

/// An exchange as the answer to this request: a script of JSONP calls the function that is there now.
fn answering(mut exchange: Exchange, request: &Request) -> Exchange {
    let names = callback(&exchange.request.url).zip(callback(&request.url));
    if let (Some((recorded, now)), Some(Ok(response))) = (names, &mut exchange.result)
        && recorded != now
        && !recorded.is_empty()
        && let Ok(text) = std::str::from_utf8(&response.body)
    {
        response.body = text.replacen(&recorded, &now, 1).into_bytes();
    }
    if let Some(Ok(response)) = &mut exchange.result
        && exchange.request.url == response.url
    {
        response.url = request.url.clone();
    }
    exchange
}

/// A recorded request to the same place, for a person who looks for the difference.
fn nearest(waiting: &BTreeMap<String, VecDeque<Exchange>>, request: &Request) -> Option<String> {
    let same_place = |exchange: &&Exchange| {
        let (one, other) = (&exchange.request.url, &request.url);
        one.host_str() == other.host_str() && one.path() == other.path()
    };
    let likeness = |exchange: &&Exchange| {
        let near = &exchange.request;
        (near.method == request.method, near.url.query() == request.url.query(), near.body == request.body)
    };
    let near = &waiting.values().flatten().filter(same_place).max_by_key(likeness)?.request;
    let bodies = match near.body == request.body {
        true => String::new(),
        false => format!(", with the body `{}`; now it is `{}`", shown(&near.body), shown(&request.body)),
    };
    Some(format!("{} {}{bodies}", near.method, near.url))
}

/// The beginning of a body, on one line.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let shown = text.chars().take(BODY_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c });
    let shown: String = shown.collect();
    if shown.len() < text.len() { shown + "…" } else { shown }
}

#[cfg(test)]
mod tests {
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
