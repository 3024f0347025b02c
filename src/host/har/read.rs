//! A HAR's entries as exchanges.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;

use crate::base::clock::{TimestampMs, parse_rfc3339};
use crate::base::limits::{DOCUMENT_BYTES_MAX, HAR_BYTES_MAX, HAR_ENTRIES_MAX, HAR_LATENCY_MS_MAX, REDIRECTS_MAX};
use crate::host::recorder::exchange::Exchange;
use crate::net::{Arrival, Destination, Latency, NetError, Request, Response};

/// The headers of the answers on the way to one, that one's last; by its number.
pub(super) type Hops = BTreeMap<u64, Vec<(Url, Headers)>>;
type Headers = Vec<(String, String)>;

/// Headers that are about how a body went over the wire: what a HAR has of it has been unpacked.
const OF_THE_WIRE: [&str; 3] = ["content-encoding", "content-length", "transfer-encoding"];

/// What is used of a HAR.
#[derive(Debug, Default)]
pub struct Har {
    /// Its exchanges, in order.
    pub(super) exchanges: Vec<Exchange>,
    pub(super) hops: Hops,
    /// When the first entry began.
    pub start: Option<TimestampMs>,
    /// Why entries were left out, and how many for that reason.
    pub left_out: BTreeMap<&'static str, usize>,
}

/// A file that is no HAR.
#[derive(Debug, thiserror::Error)]
pub enum HarError {
    /// It cannot be read.
    #[error("{file}: cannot be read: {error}")]
    Io {
        /// The file.
        file: String,
        /// The system's reason.
        error: io::Error,
    },
    /// It is something else.
    #[error("{file}: is no HAR: {reason}")]
    NotAHar {
        /// The file.
        file: String,
        /// Why not.
        reason: String,
    },
}

impl HarError {
    /// The next step.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io { .. } => None,
            Self::NotAHar { .. } => {
                Some("export it in the browser's developer tools: Network, Export HAR with content")
            }
        }
    }
}

impl Har {
    /// Reads a file.
    ///
    /// # Errors
    /// [`HarError`]
    pub fn read(path: &Path) -> Result<Self, HarError> {
        let file = path.display().to_string();
        let mut bytes = Vec::new();
        let opened = File::open(path).and_then(|it| it.take(HAR_BYTES_MAX + 1).read_to_end(&mut bytes));
        opened.map_err(|error| HarError::Io { file: file.clone(), error })?;
        let no_har = |reason: String| HarError::NotAHar { file: file.clone(), reason };
        if bytes.len() as u64 > HAR_BYTES_MAX {
            return Err(no_har(format!("it is longer than {HAR_BYTES_MAX} bytes")));
        }
        Self::of(&bytes).map_err(no_har)
    }

    /// Of a file's content; why it is none.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn of(bytes: &[u8]) -> Result<Self, String> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let whole: Value = serde_json::from_slice(bytes).map_err(|error| format!("not JSON: {error}"))?;
        let entries = whole.pointer("/log/entries").and_then(Value::as_array).ok_or("it has no `log.entries`")?;
        if entries.len() > HAR_ENTRIES_MAX {
            return Err(format!("it has more than {HAR_ENTRIES_MAX} entries"));
        }
        let mut har = Self { start: entries.iter().filter_map(started).min(), ..Self::default() };
        let mut hops: VecDeque<Hop> = VecDeque::new();
        for entry in entries {
            match Hop::of(entry) {
                Ok(hop) => hops.push_back(hop),
                Err(reason) => *har.left_out.entry(reason).or_default() += 1,
            }
        }
        har.follow(hops);
        Ok(har)
    }

    /// How many answers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
    }

    /// Redirects and what they led to become one exchange.
    fn follow(&mut self, hops: VecDeque<Hop>) {
        let mut hops: Vec<Option<Hop>> = hops.into_iter().map(Some).collect();
        let mut by_url: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (at, hop) in hops.iter().enumerate() {
            hop.iter().for_each(|hop| by_url.entry(hop.request.url.to_string()).or_default().push_back(at));
        }
        for at in 0..hops.len() {
            let Some(first) = hops[at].take() else { continue };
            let (request, mut last) = (first.request.clone(), first);
            let (mut headers, mut ms) = (Vec::new(), 0);
            let mut from = at;
            for _ in 0..=REDIRECTS_MAX {
                headers.push((last.request.url.clone(), last.cookies.clone()));
                ms = last.latency_ms.saturating_add(ms);
                let Some(next) = last.leads_to.as_ref().and_then(|url| by_url.get_mut(url.as_str())) else { break };
                // One that came before is another's.
                while next.front().is_some_and(|next| *next <= from) {
                    next.pop_front();
                }
                let Some(next) = next.pop_front() else { break };
                let Some(hop) = hops[next].take() else { break };
                (last, from) = (hop, next);
            }
            let number = self.exchanges.len() as u64;
            self.hops.insert(number, headers);
            let arrival = Arrival::After(Latency { ms: ms.min(HAR_LATENCY_MS_MAX), ..Latency::default() });
            let result = Some(last.result);
            self.exchanges.push(Exchange { number, request, result, arrival, cookies: Vec::new() });
        }
    }
}

/// An entry: one request and its answer.
struct Hop {
    request: Request,
    result: Result<Response, NetError>,
    /// Its `set-cookie` headers.
    cookies: Headers,
    latency_ms: i64,
    /// Where it sends whoever asked.
    leads_to: Option<Url>,
}

impl Hop {
    /// Why it is left out.
    fn of(entry: &Value) -> Result<Self, &'static str> {
        let request = request_of(entry).ok_or("no request of http or https")?;
        let response = entry.get("response").ok_or("without a response")?;
        let time = entry.get("time").and_then(Value::as_f64).filter(|ms| ms.is_finite()).unwrap_or_default();
        // Cut, not rounded, and never less than nothing.
        let latency_ms = time.clamp(0.0, HAR_LATENCY_MS_MAX as f64) as i64;
        let status = response.get("status").and_then(Value::as_u64).ok_or("without a status")?;
        if status == 0 {
            let reason = response.get("_error").or(entry.pointer("/response/statusText")).and_then(Value::as_str);
            let reason = reason.filter(|it| !it.is_empty()).unwrap_or("the browser had no answer");
            let error = NetError::Unreachable { url: request.url.to_string(), reason: one_line(reason) };
            return Ok(Self { request, result: Err(error), cookies: Vec::new(), latency_ms, leads_to: None });
        }
        let status = u16::try_from(status).ok().filter(|it| (100..600).contains(it)).ok_or("without a status")?;
        let headers = headers_of(response);
        let leads_to =
            if (300..400).contains(&status) && status != 304 { location(response, &headers, &request) } else { None };
        let (body, is_text) = body_of(response, leads_to.is_some())?;
        let cookies = headers.iter().filter(|(name, _)| name == "set-cookie").cloned().collect();
        // Asked again for what it had already, a server says so; a page is given what the browser had.
        let (status, status_text) = match status {
            304 => (200, "OK".to_owned()),
            _ => (status, one_line(response.get("statusText").and_then(Value::as_str).unwrap_or_default())),
        };
        let headers = with_type(headers, response, is_text && !body.is_ascii());
        let url = request.url.clone();
        let result = Ok(Response { url, status, status_text, headers, body, file: None, live: true });
        Ok(Self { request, result, cookies, latency_ms, leads_to })
    }
}

fn started(entry: &Value) -> Option<TimestampMs> {
    parse_rfc3339(entry.get("startedDateTime")?.as_str()?)
}

fn request_of(entry: &Value) -> Option<Request> {
    let request = entry.get("request")?;
    let url = Url::parse(request.get("url")?.as_str()?).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let method = request.get("method")?.as_str()?;
    let is_token = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    let mut url = url;
    url.set_fragment(None);
    Some(Request {
        method: method.to_ascii_uppercase(),
        body: posted(request.get("postData")),
        ..Request::get(url, Destination::Xhr, started(entry).unwrap_or_default())
    })
    .filter(|_| is_token)
}

/// What was sent: its text, or where there is none its parameters, as a form has them.
fn posted(data: Option<&Value>) -> Vec<u8> {
    let Some(data) = data else { return Vec::new() };
    let text = data.get("text").and_then(Value::as_str).filter(|text| !text.is_empty());
    let params = || {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for param in data.get("params").and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| param.get(name).and_then(Value::as_str).unwrap_or_default();
            form.append_pair(text("name"), text("value"));
        }
        form.finish()
    };
    text.map_or_else(params, str::to_owned).into_bytes()
}

/// The headers that are ones, names in lower case; several cookies in one are one each.
fn headers_of(response: &Value) -> Headers {
    let is_token = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let mut headers = Vec::new();
    for header in response.get("headers").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default();
        let name = text("name").to_ascii_lowercase();
        if !is_token(&name) || OF_THE_WIRE.contains(&name.as_str()) {
            continue;
        }
        let values: Vec<&str> =
            if name == "set-cookie" { text("value").split('\n').collect() } else { vec![text("value")] };
        headers.extend(values.into_iter().map(|value| (name.clone(), one_line(value))));
    }
    headers
}

/// The body, and whether it was given as text: that is UTF-8, whatever it was on the wire.
fn body_of(response: &Value, may_be_empty: bool) -> Result<(Vec<u8>, bool), &'static str> {
    let content = response.get("content").unwrap_or(&Value::Null);
    let text = content.get("text").and_then(Value::as_str);
    let is_base64 = content.get("encoding").and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case("base64"));
    let body = match (text, is_base64) {
        (Some(text), true) => {
            let text: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
            STANDARD.decode(text).map_err(|_| "with a body that is no base64")?
        }
        (Some(text), false) => text.as_bytes().to_vec(),
        (None, _) => {
            let size = content.get("size").and_then(Value::as_f64).unwrap_or_default();
            let was_none = response.get("status").and_then(Value::as_u64) == Some(304);
            if (size > 0.0 || was_none) && !may_be_empty {
                return Err("without its body");
            }
            Vec::new()
        }
    };
    if body.len() > DOCUMENT_BYTES_MAX {
        return Err("with a body that is too long");
    }
    Ok((body, text.is_some() && !is_base64))
}

/// The headers with a `content-type`; of text that is not ASCII it says that it is UTF-8.
fn with_type(mut headers: Headers, response: &Value, is_utf_8: bool) -> Headers {
    let mime = response.pointer("/content/mimeType").and_then(Value::as_str).filter(|mime| !mime.is_empty());
    let at = headers.iter().position(|(name, _)| name == "content-type");
    let said = at.map(|at| headers[at].1.clone()).or_else(|| mime.map(one_line));
    let Some(said) = said else { return headers };
    let essence = said.split(';').next().unwrap_or_default().trim();
    let value = if is_utf_8 { format!("{essence}; charset=utf-8") } else { said.clone() };
    match at {
        Some(at) => headers[at].1 = value,
        None => headers.push(("content-type".to_owned(), value)),
    }
    headers
}

/// Where a redirect leads.
fn location(response: &Value, headers: &Headers, request: &Request) -> Option<Url> {
    let named = response.get("redirectURL").and_then(Value::as_str).filter(|url| !url.is_empty());
    let header = || headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.as_str());
    let mut url = request.url.join(named.or_else(header)?).ok()?;
    url.set_fragment(None);
    Some(url)
}

fn one_line(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect::<String>().trim().to_owned()
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "values are made where they are given")]
mod tests;
