//! Answers that are kept for further pages ([RFC 9111](https://www.rfc-editor.org/rfc/rfc9111)): documents, scripts, style
//! sheets. A page that is loaded again asks only whether they are still the same.
//!
//! Pages are customers', and share this. So an answer is kept only where a cache for many may have it, and given out only to
//! a request that looks the same to the server: for the same plugin, with the very same cookies, and with the headers that
//! `Vary` names. An answer that is `private` or sets a cookie is not kept.
//!
//! *Choices*: without `max-age` or `Expires` nothing is taken to be fresh, where browsers guess by `Last-Modified`. A
//! document is always asked for again, since opening one is what reloading is. What `XMLHttpRequest` and `fetch()` ask is
//! never kept: it is data, and asking again is what a page means. A request with a condition or `Cache-Control` of its
//! own goes out as it is, and what it brings takes the place of what was kept.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{
    CACHE_CONTROL, COOKIE, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, PRAGMA, RANGE,
};
use url::Url;

use super::headers::to_wire;
use super::{Destination, Reach, Request, Response, cookie_date};
use crate::base::clock::Stopwatch;
use crate::base::limits::{CACHE_ANSWER_BYTES_MAX, CACHE_BYTES_MAX, CACHE_ENTRIES_MAX, CACHE_LIFETIME_MAX};

/// Not another one: by its validator.
pub(super) const NOT_MODIFIED: u16 = 304;

/// Headers by which a request decides itself what of a cache it wants.
const OWN_TERMS: [HeaderName; 8] =
    [CACHE_CONTROL, PRAGMA, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_MATCH, IF_UNMODIFIED_SINCE, IF_RANGE, RANGE];

/// Headers that a server's word on an answer that is kept does not change (RFC 9111 §3.2), or that are for one alone.
const OF_ONE_ANSWER: [&str; 5] =
    ["content-length", "content-encoding", "transfer-encoding", "set-cookie", "content-range"];

/// Answers of servers to any number of pages.
#[derive(Default)]
pub(super) struct Cache(Mutex<State>);

impl fmt::Debug for Cache {
    // Cookies and bodies are secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Cache")
    }
}

#[derive(Default)]
struct State {
    /// Each with when it was used last.
    kept: HashMap<Place, Vec<(u64, Arc<Kept>)>>,
    /// How many there are.
    count: usize,
    /// What all of it holds, in bytes.
    bytes: usize,
    /// Counts the uses.
    used: u64,
    /// Counts how often all was distrusted.
    generation: u64,
}

/// Where an answer is from, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The plugin.
    plugin: Arc<str>,
    /// How far its requests may lead there: an answer of a private network is not for one who may not go there.
    is_named: bool,
    url: String,
}

/// An answer.
pub(super) struct Kept {
    response: Response,
    /// What was sent of the headers that matter.
    sent: Vec<(HeaderName, Vec<HeaderValue>)>,
    /// Since it came, or was said to be the same.
    since: Stopwatch,
    /// How long it needs no asking.
    fresh_for: Duration,
    /// The state's, when it came.
    generation: u64,
    bytes: usize,
}

/// What the cache has for a request.
pub(super) enum Found {
    /// The answer.
    Fresh(Response),
    /// One to ask for.
    Stale(Arc<Kept>),
    /// Nothing.
    Nothing,
}

impl Place {
    pub(super) fn new(plugin: Arc<str>, reach: Reach, url: &Url) -> Self {
        let mut url = url.clone();
        url.set_fragment(None);
        Self { plugin, is_named: reach == Reach::Named, url: url.into() }
    }
}

/// Whether an answer to this request may be kept, or be one that was.
pub(super) fn is_cached(request: &Request, sent: &HeaderMap) -> bool {
    request.method == "GET"
        && request.destination != Destination::Xhr
        && !sent.contains_key(reqwest::header::AUTHORIZATION)
        && !OWN_TERMS.iter().any(|name| sent.contains_key(name))
}

impl Cache {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a request at this place with these headers.
    pub(super) fn find(&self, place: &Place, request: &Request, sent: &HeaderMap) -> Found {
        let mut state = self.state();
        state.used += 1;
        let (now, generation) = (state.used, state.generation);
        let variants = state.kept.get_mut(place);
        let found = variants.and_then(|variants| variants.iter_mut().find(|(_, kept)| kept.is_for(sent)));
        let Some((used, kept)) = found else { return Found::Nothing };
        *used = now;
        let is_fresh = kept.generation == generation && kept.since.elapsed() < kept.fresh_for;
        if is_fresh && request.destination != Destination::Document {
            Found::Fresh(Response { url: request.url.clone(), ..kept.response.clone() })
        } else {
            Found::Stale(kept.clone())
        }
    }

    /// Keeps an answer in the place of the one before, if it may be kept.
    pub(super) fn keep(&self, place: Place, sent: &HeaderMap, response: &Response) {
        let mut state = self.state();
        state.remove(&place, |kept| kept.is_for(sent));
        let Some((names, fresh_for)) = terms(response) else { return };
        let values = |name: HeaderName| {
            let values = sent.get_all(&name).iter().cloned().collect();
            (name, values)
        };
        state.put(place, response.clone(), names.into_iter().chain([COOKIE]).map(values).collect(), fresh_for);
    }

    /// The server says that what is kept is still the same: the answer, and from now on what it says of it.
    pub(super) fn confirm(&self, place: Place, kept: &Kept, sent: &HeaderMap, said: &[(String, String)]) -> Response {
        let mut response = kept.response.clone();
        let of_all: Vec<_> = said.iter().filter(|(name, _)| !OF_ONE_ANSWER.contains(&name.as_str())).collect();
        response.headers.retain(|(name, _)| !of_all.iter().any(|(said, _)| said == name));
        response.headers.extend(of_all.into_iter().cloned());
        self.keep(place, sent, &response);
        response
    }

    /// All that is kept is asked for once more, however long it is good for: somebody reloads.
    pub(super) fn distrust(&self) {
        self.state().generation += 1;
    }

    /// Something may have changed there: all but what is the same as this body goes.
    pub(super) fn forget(&self, place: &Place, body: Option<&[u8]>) {
        self.state().remove(place, |kept| body.is_none_or(|body| body != kept.response.body));
    }
}

impl State {
    fn remove(&mut self, place: &Place, is_it: impl Fn(&Kept) -> bool) {
        let Some(variants) = self.kept.get_mut(place) else { return };
        variants.retain(|(_, kept)| {
            let goes = is_it(kept);
            if goes {
                self.count -= 1;
                self.bytes -= kept.bytes;
            }
            !goes
        });
        if variants.is_empty() {
            self.kept.remove(place);
        }
    }

    fn put(
        &mut self,
        place: Place,
        response: Response,
        sent: Vec<(HeaderName, Vec<HeaderValue>)>,
        fresh_for: Duration,
    ) {
        let texts = response.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let values = sent.iter().flat_map(|(_, values)| values).map(HeaderValue::len).sum::<usize>();
        let bytes = size_of::<Kept>() + response.body.len() + place.url.len() * 2 + texts + values;
        if bytes > CACHE_ANSWER_BYTES_MAX {
            return;
        }
        self.used += 1;
        self.count += 1;
        self.bytes += bytes;
        let (since, generation) = (Stopwatch::start(), self.generation);
        let kept = Kept { response, sent, since, fresh_for, generation, bytes };
        self.kept.entry(place).or_default().push((self.used, Arc::new(kept)));
        while self.bytes > CACHE_BYTES_MAX || self.count > CACHE_ENTRIES_MAX {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let all =
            self.kept.iter().flat_map(|(place, variants)| variants.iter().map(move |(used, kept)| (used, place, kept)));
        let Some((_, place, kept)) = all.min_by_key(|(used, ..)| **used) else { return };
        let (place, kept) = (place.clone(), kept.clone());
        self.remove(&place, |other| std::ptr::eq(other, Arc::as_ptr(&kept)));
    }
}

impl Kept {
    /// Whether it is the answer to a request with these headers.
    fn is_for(&self, sent: &HeaderMap) -> bool {
        self.sent.iter().all(|(name, values)| sent.get_all(name).iter().eq(values))
    }

    /// Adds the question whether it is still the same.
    pub(super) fn ask(&self, headers: &mut HeaderMap) {
        for (validator, condition) in [("etag", IF_NONE_MATCH), ("last-modified", IF_MODIFIED_SINCE)] {
            if let Some(value) = self.response.header(validator).and_then(to_wire) {
                headers.insert(condition, value);
            }
        }
    }
}

/// The headers by which an answer differs, and how long it needs no asking; `None` where it may not be kept, or need not.
fn terms(response: &Response) -> Option<(Vec<HeaderName>, Duration)> {
    let all = |name: &str| {
        let of_name = response.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        of_name.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(",")
    };
    let said = all("cache-control").to_ascii_lowercase();
    let directives: Vec<(&str, &str)> = said
        .split(',')
        .map(|directive| directive.split_once('=').unwrap_or((directive, "")))
        .map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
        .collect();
    let says = |name: &str| directives.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let is_for_one = says("no-store").is_some() || says("private").is_some() || !all("set-cookie").is_empty();
    if response.status != 200 || is_for_one {
        return None;
    }
    let vary = all("vary");
    let names = vary.split(',').map(str::trim).filter(|name| !name.is_empty());
    // `*` is the name of no header, and says that each answer is another.
    let names: Result<Vec<HeaderName>, _> = names.filter(|name| *name != "*").map(str::parse).collect();
    let names = names.ok().filter(|_| !vary.contains('*'))?;
    let date = |name: &str| response.header(name).and_then(cookie_date::parse);
    let lifetime_s = match (says("s-maxage").or(says("max-age")), response.header("expires")) {
        _ if says("no-cache").is_some() => 0,
        (Some(seconds), _) => seconds.parse::<u64>().unwrap_or(0),
        (None, Some(_)) => match (date("expires"), date("date")) {
            (Some(expires), Some(now)) => u64::try_from(expires.saturating_sub(now)).unwrap_or(0) / 1000,
            _ => 0,
        },
        (None, None) => 0,
    };
    let age_s = response.header("age").and_then(|age| age.trim().parse::<u64>().ok()).unwrap_or(0);
    let fresh_for = Duration::from_secs(lifetime_s.saturating_sub(age_s)).min(CACHE_LIFETIME_MAX);
    let has_validator = response.header("etag").is_some() || response.header("last-modified").is_some();
    (has_validator || !fresh_for.is_zero()).then_some((names, fresh_for))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(headers: &[(&str, &str)], body: &[u8]) -> Response {
        let mut response =
            Response::made(Url::parse("http://a.test/j.js").unwrap(), 200, "text/javascript", body.to_vec());
        response.headers.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        response
    }

    #[test]
    fn what_may_be_kept_and_for_how_long() {
        let (etag, date) = (("etag", "\"1\""), ("date", "Thu, 01 Jan 1970 00:01:00 GMT"));
        let expires = ("expires", "Thu, 01 Jan 1970 00:03:00 GMT");
        type Headers<'a> = &'a [(&'static str, &'static str)];
        let table: [(Headers<'_>, Option<u64>); 17] = [
            (&[], None),
            (&[etag], Some(0)),
            (&[("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT")], Some(0)),
            (&[("cache-control", "public, max-age=60, immutable")], Some(60)),
            (&[("cache-control", "max-age=60"), ("cache-control", "no-cache"), etag], Some(0)),
            (&[("cache-control", "max-age=60, s-maxage=\"5\"")], Some(5)),
            (&[("cache-control", "max-age=60"), ("age", "50")], Some(10)),
            (&[("cache-control", "max-age=60"), ("age", "70")], None),
            (&[("cache-control", "No-Store"), etag], None),
            (&[("cache-control", "private, max-age=60"), etag], None),
            (&[("set-cookie", "a=1"), ("cache-control", "max-age=60"), etag], None),
            (&[("vary", "*"), ("cache-control", "max-age=60"), etag], None),
            (&[("vary", "Accept, *"), etag], None),
            (&[expires, date], Some(120)),
            (&[expires, date, ("cache-control", "max-age=1")], Some(1)),
            (&[("expires", "0"), date], None),
            (&[("cache-control", "max-age=99999999999")], Some(CACHE_LIFETIME_MAX.as_secs())),
        ];
        for (headers, expected) in table {
            let found = terms(&response(headers, b"")).map(|(_, fresh_for)| fresh_for.as_secs());
            assert_eq!(found, expected, "{headers:?}");
        }
        assert_eq!(terms(&Response { status: 206, ..response(&[etag], b"") }).map(|_| ()), None);
    }

    fn sent(headers: &[(&str, &str)]) -> HeaderMap {
        let pair =
            |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap());
        headers.iter().map(pair).collect()
    }

    fn place(plugin: &str, reach: Reach, url: &str) -> Place {
        Place::new(plugin.into(), reach, &Url::parse(url).unwrap())
    }

    fn has(cache: &Cache, place: &Place, headers: &[(&str, &str)]) -> bool {
        let request = Request::get(Url::parse(&place.url).unwrap(), Destination::Script, 0);
        !matches!(cache.find(place, &request, &sent(headers)), Found::Nothing)
    }

    #[test]
    fn only_for_a_request_that_looks_the_same() {
        let cache = Cache::default();
        let at = |plugin, reach| place(plugin, reach, "http://a.test/j.js#f");
        let own = at("shop", Reach::Named);
        let answer = response(&[("etag", "1"), ("vary", "Accept-Language")], b"1");
        cache.keep(own.clone(), &sent(&[("cookie", "sid=1"), ("accept-language", "zh")]), &answer);
        assert!(has(&cache, &own, &[("accept-language", "zh"), ("cookie", "sid=1"), ("referer", "x")]));
        for other in [
            &[("accept-language", "zh")][..],
            &[("accept-language", "zh"), ("cookie", "sid=2")],
            &[("accept-language", "en"), ("cookie", "sid=1")],
            &[("cookie", "sid=1")],
        ] {
            assert!(!has(&cache, &own, other), "{other:?}");
        }
        for other in
            [at("other", Reach::Named), at("shop", Reach::Public), place("shop", Reach::Named, "http://a.test/k.js")]
        {
            assert!(!has(&cache, &other, &[("accept-language", "zh"), ("cookie", "sid=1")]), "{other:?}");
        }
    }

    #[test]
    fn it_has_bounds_and_the_oldest_goes() {
        let cache = Cache::default();
        let at = |number: usize| place("shop", Reach::Named, &format!("http://a.test/{number}.js"));
        for number in 0..CACHE_ENTRIES_MAX {
            cache.keep(at(number), &sent(&[]), &response(&[("etag", "1")], b"1"));
        }
        assert!(has(&cache, &at(0), &[]));
        cache.keep(at(CACHE_ENTRIES_MAX), &sent(&[]), &response(&[("etag", "1")], b"1"));
        assert!(has(&cache, &at(0), &[]) && !has(&cache, &at(1), &[]) && has(&cache, &at(2), &[]));
        let state = cache.state();
        assert_eq!((state.kept.len(), state.count), (CACHE_ENTRIES_MAX, CACHE_ENTRIES_MAX));
        drop(state);

        let heavy = response(&[("etag", "1")], &vec![b' '; CACHE_ANSWER_BYTES_MAX / 2]);
        for number in 0..10 * CACHE_BYTES_MAX / CACHE_ANSWER_BYTES_MAX {
            cache.keep(at(number), &sent(&[]), &heavy);
        }
        let state = cache.state();
        assert!(state.bytes <= CACHE_BYTES_MAX, "{}", state.bytes);
        assert_eq!(state.bytes, state.kept.values().flatten().map(|(_, kept)| kept.bytes).sum::<usize>());
        drop(state);
        let too_heavy = place("shop", Reach::Named, "http://a.test/heavy.js");
        cache.keep(too_heavy.clone(), &sent(&[]), &response(&[("etag", "1")], &vec![b' '; CACHE_ANSWER_BYTES_MAX]));
        assert!(!has(&cache, &too_heavy, &[]));
    }

    #[test]
    fn what_is_known_to_have_changed_goes() {
        let (cache, own) = (Cache::default(), place("shop", Reach::Named, "http://a.test/j.js"));
        for cookie in ["sid=1", "sid=2"] {
            cache.keep(
                own.clone(),
                &sent(&[("cookie", cookie)]),
                &response(&[("cache-control", "max-age=60")], cookie.as_bytes()),
            );
        }
        cache.forget(&own, Some(b"sid=2"));
        assert!(!has(&cache, &own, &[("cookie", "sid=1")]) && has(&cache, &own, &[("cookie", "sid=2")]));
        cache.forget(&own, None);
        assert!(!has(&cache, &own, &[("cookie", "sid=2")]));
        let state = cache.state();
        assert_eq!((state.bytes, state.count), (0, 0));
    }
}
