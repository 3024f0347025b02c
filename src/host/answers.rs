//! Which of the answers that are there is the one to a request: those of a recording, or of a HAR.

use std::collections::{BTreeMap, VecDeque};

use url::Url;

use super::recorder::exchange::Exchange;
use crate::base::redact::Redactor;
use crate::net::{Ask, Destination, Request, SocketFrame, percent_decode};
use crate::record::session::{CACHE_BUSTER, CALLBACKS};

/// Characters of a body that are shown.
const BODY_CHARS_MAX: usize = 200;

/// Answers that were not asked for yet.
pub(super) struct Answers {
    /// By what is compared, in the order in which they were asked for.
    waiting: BTreeMap<String, VecDeque<Exchange>>,
    /// Secrets are not compared: pseudonyms stand for them.
    is_redacted: bool,
}

impl Answers {
    pub(super) fn new(mut exchanges: Vec<Exchange>, is_redacted: bool) -> Self {
        exchanges.sort_by_key(|exchange| exchange.number);
        let mut waiting: BTreeMap<String, VecDeque<Exchange>> = BTreeMap::new();
        for exchange in exchanges {
            waiting.entry(compared(&exchange.request)).or_default().push_back(exchange);
        }
        Self { waiting, is_redacted }
    }

    /// How many are left.
    pub(super) fn len(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    /// The answer to a request; else why there is none, in words.
    pub(super) fn take(&mut self, request: &Request) -> Result<Exchange, String> {
        let asked = compared(request);
        let has = |key: &String| self.waiting.get(key).is_some_and(|waiting| !waiting.is_empty());
        let key = match has(&asked) || !self.is_redacted {
            true => asked,
            false => {
                let masked = Redactor::masking().text(&asked);
                let is_alike = |key: &&String| has(key) && Redactor::masking().text(key) == masked;
                let first = |key: &&String| self.waiting.get(*key).and_then(|waiting| Some(waiting.front()?.number));
                let alike = self.waiting.keys().filter(is_alike).min_by_key(first);
                alike.cloned().unwrap_or(asked)
            }
        };
        if let Some(exchange) = self.waiting.get_mut(&key).and_then(VecDeque::pop_front) {
            return Ok(answering(exchange, request));
        }
        Err(match self.waiting.contains_key(&key) {
            true => "asked for more often than it was recorded".to_owned(),
            false => match nearest(&self.waiting, request) {
                Some(near) => format!("not recorded; the nearest is {near}"),
                None => "not recorded".to_owned(),
            },
        })
    }

    /// The same; of a document whatever its query is, since what opens it adds to that.
    pub(super) fn take_document(&mut self, request: &Request) -> Result<Exchange, String> {
        let taken = self.take(request);
        if taken.is_ok() || request.destination != Destination::Document {
            return taken;
        }
        let plain = |url: &Url| (url.origin(), url.path().to_owned());
        let is_it =
            |it: &Exchange| it.request.method == request.method && plain(&it.request.url) == plain(&request.url);
        let places = self.waiting.values_mut().filter_map(|waiting| {
            let at = waiting.iter().position(is_it)?;
            Some((waiting.get(at)?.number, waiting, at))
        });
        let found = places.min_by_key(|(number, ..)| *number).and_then(|(_, waiting, at)| waiting.remove(at));
        found.map_or(taken, |exchange| Ok(answering(exchange, request)))
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
    let piece = match request.destination.ask() {
        Some(Ask::Next) => " next".to_owned(),
        Some(Ask::Send) => {
            let is_of_frame = |name: &str| matches!(name, "opcode" | "code");
            let headers = request.headers.iter().filter(|(name, _)| is_of_frame(name));
            let values: Vec<&str> = headers.map(|(_, value)| value.as_str()).collect();
            format!(" send {}", values.join(" "))
        }
        Some(Ask::Open | Ask::Close) | None => String::new(),
    };
    format!("{} {url}{piece}\n{}", request.method, String::from_utf8_lossy(&request.body))
}

/// What a request asks for, in words.
pub(super) fn named(request: &Request) -> String {
    let url = &request.url;
    match (request.destination.ask(), SocketFrame::of(&request.headers, &request.body)) {
        (Some(Ask::Send), Some(SocketFrame::Close(code, _))) => {
            let code = code.map(|code| format!(" with {code}")).unwrap_or_default();
            format!("the closing{code} of {url}")
        }
        (Some(Ask::Send), Some(SocketFrame::Text(_))) => format!("a message to {url}"),
        (Some(Ask::Send), _) => format!("a binary message to {url}"),
        _ => format!("{} {url}", request.method),
    }
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
        let asks_the_same = near.destination.ask() == request.destination.ask();
        (
            asks_the_same,
            near.method == request.method,
            near.url.query() == request.url.query(),
            near.body == request.body,
        )
    };
    let near = &waiting.values().flatten().filter(same_place).max_by_key(likeness)?.request;
    let bodies = match near.body == request.body {
        true => String::new(),
        false => format!(", with the body `{}`; now it is `{}`", shown(&near.body), shown(&request.body)),
    };
    Some(named(near) + &bodies)
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
    use crate::net::Arrival;

    fn asked(destination: Destination, url: &str) -> Request {
        Request::get(Url::parse(url).expect("an address"), destination, 0)
    }

    /// Of requests in this order.
    fn answers(destination: Destination, urls: &[&str]) -> Answers {
        let exchange = |(number, url): (u64, &&str)| {
            let request = asked(destination, url);
            Exchange { number, request, result: None, arrival: Arrival::Now, cookies: Vec::new() }
        };
        Answers::new((0..).zip(urls).map(exchange).collect(), true)
    }

    #[test]
    fn of_those_that_are_alike_the_one_asked_for_first() {
        let mut secrets =
            answers(Destination::Xhr, &["http://a.test/?token=zz9", "http://a.test/?token=aa1", "http://a.test/?v=1"]);
        let mut take = |url: &str| secrets.take(&asked(Destination::Xhr, url)).map(|exchange| exchange.number).ok();
        assert_eq!(take("http://a.test/?token=mm5"), Some(0));
        assert_eq!((take("http://a.test/?token=mm5"), take("http://a.test/?token=mm5")), (Some(1), None));
        let mut documents = answers(Destination::Document, &["http://a.test/x?z=1", "http://a.test/x?a=1"]);
        let document = asked(Destination::Document, "http://a.test/x?other=1");
        let mut take = || documents.take_document(&document).map(|exchange| exchange.number).ok();
        assert_eq!((take(), take(), take()), (Some(0), Some(1), None));
    }
}
