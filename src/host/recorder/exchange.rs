//! An HTTP exchange as a line has it (session-log.md, `world.http`), written and read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use url::Url;

use crate::base::clock::{TimestampMs, format_rfc3339, parse_rfc3339};
use crate::base::redact::Redactor;
use crate::net::{Arrival, Cookie, Credentials, Latency, NetError, Request, Response};

/// What a page asked and was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// How many the page had asked before.
    pub number: u64,
    /// What was asked, at its page time.
    pub request: Request,
    /// What came of it.
    pub result: Option<Result<Response, NetError>>,
    /// When the page took that; of one that it waited for, at once.
    pub arrival: Arrival,
    /// Cookies that changed because of it.
    pub cookies: Vec<Cookie>,
}

impl Exchange {
    /// The data of its line.
    #[must_use]
    pub fn data(&self, mut redactor: Option<&mut Redactor>) -> Value {
        let Self { number, request, result, arrival, cookies } = self;
        let mut data = Map::new();
        data.insert("number".to_owned(), json!(number));
        data.insert("request".to_owned(), asked(request, redactor.as_deref_mut()));
        match result {
            Some(Ok(response)) => {
                data.insert("response".to_owned(), answered(response, redactor.as_deref_mut()));
            }
            Some(Err(error)) => {
                let error = json!(error);
                let error = redactor.as_deref_mut().map(|redactor| redactor.json(&error)).unwrap_or(error);
                data.insert("error".to_owned(), error);
            }
            None => {}
        }
        data.insert("started".to_owned(), format_rfc3339(request.now_ms).into());
        if let Some(finished) = self.finished() {
            data.insert("finished".to_owned(), format_rfc3339(finished).into());
        }
        if let Arrival::After(Latency { phases, timers, answers, .. }) = arrival {
            let mut after = json!({ "phases": phases, "timers": timers });
            if *answers > 0 {
                after["answers"] = json!(answers);
            }
            data.insert("after".to_owned(), after);
        }
        if !cookies.is_empty() {
            data.insert("cookies".to_owned(), cookies_data(cookies, redactor));
        }
        Value::Object(data)
    }

    /// The same, where only page time tells when the answer was taken.
    #[must_use]
    pub fn by_time(mut self) -> Self {
        if let Arrival::After(latency) = &mut self.arrival {
            latency.phases = 0;
        }
        self
    }

    /// When the page took it.
    #[must_use]
    pub fn finished(&self) -> Option<TimestampMs> {
        match self.arrival {
            Arrival::Now => Some(self.request.now_ms),
            Arrival::After(latency) => Some(self.request.now_ms.saturating_add(latency.ms)),
            Arrival::Never => None,
        }
    }

    /// Of the data of a line; what is wrong with it where it is none.
    ///
    /// # Errors
    /// Members that are missing or of another kind.
    pub fn of_data(data: &Value) -> Result<Self, String> {
        let time = |name: &str| data.get(name).and_then(Value::as_str).and_then(parse_rfc3339);
        let started = time("started").ok_or("`started` is no time")?;
        let request = read_request(data.get("request").ok_or("`request` is missing")?, started)?;
        let result = match (data.get("response"), data.get("error")) {
            (Some(response), _) => Some(Ok(read_response(response)?)),
            (None, Some(error)) => {
                let error = serde_json::from_value(error.clone()).map_err(|error| format!("`error`: {error}"))?;
                Some(Err(error))
            }
            (None, None) => None,
        };
        let count = |name: &str| data.pointer(&format!("/after/{name}")).and_then(Value::as_u64);
        let arrival = match (time("finished"), count("phases")) {
            (Some(finished), Some(phases)) => {
                let [timers, answers] = ["timers", "answers"].map(|name| count(name).unwrap_or_default());
                Arrival::After(Latency { ms: finished.saturating_sub(started), phases, timers, answers })
            }
            (Some(finished), None) if finished > started => {
                Arrival::After(Latency { ms: finished - started, ..Latency::default() })
            }
            (Some(_), None) => Arrival::Now,
            (None, _) => Arrival::Never,
        };
        let cookies = data.get("cookies").cloned().map(serde_json::from_value).transpose();
        let cookies = cookies.map_err(|error| format!("`cookies`: {error}"))?.unwrap_or_default();
        let number = data.get("number").and_then(Value::as_u64).unwrap_or_default();
        Ok(Self { number, request, result, arrival, cookies })
    }
}

/// Cookies as a line has them.
pub(super) fn cookies_data(cookies: &[Cookie], mut redactor: Option<&mut Redactor>) -> Value {
    let kept = |cookie: &Cookie| {
        let mut cookie = cookie.clone();
        if let Some(redactor) = &mut redactor {
            cookie.value = redactor.cookie_value(&cookie.value);
        }
        json!(cookie)
    };
    cookies.iter().map(kept).collect()
}

fn asked(request: &Request, mut redactor: Option<&mut Redactor>) -> Value {
    let mut data = Map::new();
    data.insert("method".to_owned(), request.method.as_str().into());
    data.insert("url".to_owned(), text(request.url.as_str(), redactor.as_deref_mut()).into());
    data.insert("headers".to_owned(), headers(&request.headers, redactor.as_deref_mut()));
    if !request.body.is_empty() {
        put_body(&mut data, &request.body, redactor);
    }
    data.insert("destination".to_owned(), json!(request.destination));
    data.insert("credentials".to_owned(), request.has_cookies().into());
    Value::Object(data)
}

fn answered(response: &Response, mut redactor: Option<&mut Redactor>) -> Value {
    let mut data = Map::new();
    data.insert("url".to_owned(), text(response.url.as_str(), redactor.as_deref_mut()).into());
    data.insert("status".to_owned(), response.status.into());
    data.insert("status_text".to_owned(), text(&response.status_text, redactor.as_deref_mut()).into());
    data.insert("headers".to_owned(), headers(&response.headers, redactor.as_deref_mut()));
    put_body(&mut data, &response.body, redactor.as_deref_mut());
    if let Some(file) = response.file.as_ref().and_then(|file| file.file_name()) {
        data.insert("file".to_owned(), text(&file.to_string_lossy(), redactor).into());
    }
    Value::Object(data)
}

fn text(text: &str, redactor: Option<&mut Redactor>) -> String {
    redactor.map_or_else(|| text.to_owned(), |redactor| redactor.text(text))
}

fn headers(headers: &[(String, String)], mut redactor: Option<&mut Redactor>) -> Value {
    let header = |(name, value): &(String, String)| {
        let value = redactor.as_deref_mut().map_or_else(|| value.clone(), |redactor| redactor.header(name, value));
        json!([name, value])
    };
    headers.iter().map(header).collect()
}

/// Text as it is, anything else in base64.
fn put_body(data: &mut Map<String, Value>, body: &[u8], redactor: Option<&mut Redactor>) {
    let text = std::str::from_utf8(body);
    let (name, value) = match (text, redactor) {
        (Ok(text), Some(redactor)) => ("body", redactor.text(text)),
        (Ok(text), None) => ("body", text.to_owned()),
        (Err(_), Some(redactor)) => ("body_base64", STANDARD.encode(redactor.bytes(body))),
        (Err(_), None) => ("body_base64", STANDARD.encode(body)),
    };
    data.insert(name.to_owned(), value.into());
}

fn read_request(data: &Value, now_ms: TimestampMs) -> Result<Request, String> {
    let destination = data.get("destination").cloned().unwrap_or_else(|| "Xhr".into());
    let destination = serde_json::from_value(destination).map_err(|error| format!("`destination`: {error}"))?;
    let has_cookies = data.get("credentials").and_then(Value::as_bool).unwrap_or(true);
    Ok(Request {
        method: data.get("method").and_then(Value::as_str).unwrap_or("GET").to_owned(),
        headers: read_headers(data),
        body: read_body(data)?,
        credentials: if has_cookies { Credentials::Include } else { Credentials::Omit },
        ..Request::get(read_url(data)?, destination, now_ms)
    })
}

fn read_response(data: &Value) -> Result<Response, String> {
    let status = data.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let status_text = data.get("status_text").and_then(Value::as_str).unwrap_or_default();
    Ok(Response {
        url: read_url(data)?,
        status: status.ok_or("`status` is no status code")?,
        status_text: status_text.to_owned(),
        headers: read_headers(data),
        body: read_body(data)?,
        file: data.get("file").and_then(Value::as_str).map(Into::into),
        // Asked again, it may be another.
        live: true,
    })
}

fn read_url(data: &Value) -> Result<Url, String> {
    let url = data.get("url").and_then(Value::as_str).unwrap_or_default();
    Url::parse(url).map_err(|error| format!("`url` {url}: {error}"))
}

fn read_headers(data: &Value) -> Vec<(String, String)> {
    let headers = data.get("headers").cloned().unwrap_or_default();
    serde_json::from_value(headers).unwrap_or_default()
}

fn read_body(data: &Value) -> Result<Vec<u8>, String> {
    match (data.get("body"), data.get("body_base64")) {
        (Some(Value::String(text)), _) => Ok(text.as_bytes().to_vec()),
        (_, Some(Value::String(text))) => STANDARD.decode(text).map_err(|error| format!("`body_base64`: {error}")),
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Destination;

    fn exchange(body: &[u8], arrival: Arrival) -> Exchange {
        let url = Url::parse("http://a.test/x?access_token=secret1").expect("an address");
        let mut response = Response::made(url.clone(), 200, "text/plain", body.to_vec());
        response.live = true;
        let request = Request { body: b"a=1".to_vec(), ..Request::get(url, Destination::Xhr, 5_000) };
        Exchange { number: 3, request, result: Some(Ok(response)), arrival, cookies: Vec::new() }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let latency = Latency { ms: 7, phases: 1, timers: 2, answers: 3 };
        for arrival in [Arrival::Now, Arrival::Never, Arrival::After(latency)] {
            for body in [&b"text"[..], &[0xff, 0xfe], b""] {
                let exchange = exchange(body, arrival);
                assert_eq!(Exchange::of_data(&exchange.data(None)), Ok(exchange));
            }
        }
        let error = NetError::Unreachable { url: "http://a.test/".to_owned(), reason: "refused".to_owned() };
        let failed = Exchange { result: Some(Err(error)), ..exchange(b"", Arrival::Now) };
        assert_eq!(Exchange::of_data(&failed.data(None)), Ok(failed));
        assert_eq!(Exchange::of_data(&json!({})).expect_err("none"), "`started` is no time");
    }

    #[test]
    fn no_secret_of_it_is_written() {
        let mut redactor = Redactor::new(b"key");
        let mut exchange = exchange(b"{\"token\":\"t0ken-and-more\"}", Arrival::Now);
        exchange.request.headers.push(("Authorization".to_owned(), "Bearer abcdefgh".to_owned()));
        let written = exchange.data(Some(&mut redactor)).to_string();
        for secret in ["secret1", "t0ken", "abcdefgh"] {
            assert!(!written.contains(secret), "{secret} in {written}");
        }
    }
}
