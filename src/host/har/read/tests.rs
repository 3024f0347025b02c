//! HARs as browsers write them, and as nobody should.

use serde_json::json;

use super::*;

fn har(entries: Value) -> Har {
    Har::of(json!({ "log": { "version": "1.2", "entries": entries } }).to_string().as_bytes()).expect("a HAR")
}

fn entry(method: &str, url: &str, response: Value) -> Value {
    json!({ "startedDateTime": "2026-11-21T08:00:00.120Z", "time": 12.7, "request": { "method": method, "url": url },
        "response": response })
}

fn response(har: &Har, at: usize) -> &Response {
    har.exchanges[at].result.as_ref().expect("a result").as_ref().expect("a response")
}

#[test]
fn what_is_used_of_an_entry() {
    let content = json!({ "size": 6, "mimeType": "text/html; charset=gbk", "text": "您好" });
    let headers = json!([{ "name": "Content-Type", "value": "text/html; charset=gbk" }, { "name": "Content-Encoding", "value": "gzip" },
        { "name": "set-cookie", "value": "a=1; Path=/\nb=2" }, { "name": "bad name", "value": "x" }, { "name": "X-A", "value": "b\r\nc: d" }]);
    let har = har(json!([entry(
        "get",
        "http://a.test/x?y#z",
        json!({ "status": 200, "statusText": "OK", "headers": headers, "content": content })
    )]));
    let Exchange { request, arrival, .. } = &har.exchanges[0];
    assert_eq!((request.method.as_str(), request.url.as_str(), request.headers.len()), ("GET", "http://a.test/x?y", 0));
    assert_eq!(*arrival, Arrival::After(Latency { ms: 12, ..Latency::default() }));
    let response = response(&har, 0);
    assert_eq!((response.status, response.body.as_slice()), (200, "您好".as_bytes()));
    let headers: Vec<_> = response.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        headers,
        ["content-type: text/html; charset=utf-8", "set-cookie: a=1; Path=/", "set-cookie: b=2", "x-a: bc: d"]
    );
    assert_eq!(har.hops[&0][0].1.len(), 2);
    assert_eq!(har.start, parse_rfc3339("2026-11-21T08:00:00.120Z"));
}

#[test]
fn bodies() {
    let of = |response: Value| har(json!([entry("GET", "http://a.test/", response)]));
    let body = |content: Value| {
        let har = of(json!({ "status": 200, "content": content }));
        har.exchanges.first().map(|_| response(&har, 0).body.clone())
    };
    assert_eq!(body(json!({ "text": "/wA=", "encoding": "base64" })), Some(vec![0xff, 0]));
    assert_eq!(body(json!({ "text": "/w\nA=", "encoding": "base64" })), Some(vec![0xff, 0]));
    assert_eq!(body(json!({ "text": "?", "encoding": "base64" })), None);
    assert_eq!(body(json!({ "size": 0 })), Some(Vec::new()));
    assert_eq!(body(json!({ "size": 7, "comment": "Response bodies are not included." })), None);
    assert_eq!(body(json!({ "text": "x".repeat(DOCUMENT_BYTES_MAX + 1) })), None);
    let cached = of(json!({ "status": 304, "content": { "text": "kept" } }));
    assert_eq!((response(&cached, 0).status, response(&cached, 0).body.as_slice()), (200, &b"kept"[..]));
    assert_eq!(
        of(json!({ "status": 304, "content": { "size": 0 } })).left_out,
        BTreeMap::from([("without its body", 1)])
    );
}

#[test]
fn what_was_sent() {
    let with = |data: Value| {
        let request = json!({ "method": "POST", "url": "http://a.test/", "postData": data });
        har(json!([{ "request": request, "response": { "status": 204 } }])).exchanges[0].request.body.clone()
    };
    assert_eq!(with(json!({ "mimeType": "application/json", "text": "{\"a\":1}" })), b"{\"a\":1}");
    let params = json!([{ "name": "a b", "value": "您" }, { "name": "c" }]);
    assert_eq!(with(json!({ "text": "", "params": params })), b"a+b=%E6%82%A8&c=");
}

#[test]
fn redirects_are_followed() {
    let to =
        |url: &str| json!({ "status": 302, "redirectURL": url, "headers": [{ "name": "Set-Cookie", "value": "s=1" }] });
    let plain = |text: &str| json!({ "status": 200, "content": { "text": text } });
    let found = har(json!([
        entry("GET", "http://a.test/b", plain("before")),
        entry("POST", "http://a.test/a", to("/b")),
        entry("GET", "http://a.test/b", plain("after")),
        entry("GET", "http://a.test/b", plain("own")),
        entry("GET", "http://a.test/gone", to("http://b.test/")),
    ]));
    let all: Vec<_> = (0..found.len())
        .map(|at| {
            (
                found.exchanges[at].request.url.path().to_owned(),
                String::from_utf8_lossy(&response(&found, at).body).into_owned(),
            )
        })
        .collect();
    let expected = [("/b", "before"), ("/a", "after"), ("/b", "own"), ("/gone", "")];
    assert_eq!(all, expected.map(|(path, body)| (path.to_owned(), body.to_owned())));
    assert_eq!(
        (response(&found, 1).url.as_str(), found.hops[&1].len(), found.hops[&1][0].1.len()),
        ("http://a.test/b", 2, 1)
    );
    assert_eq!(found.exchanges[1].arrival, Arrival::After(Latency { ms: 24, ..Latency::default() }));
    // One to itself, and round in a circle.
    let round = har(json!([
        entry("GET", "http://a.test/a", to("/a")),
        entry("GET", "http://a.test/b", to("/c")),
        entry("GET", "http://a.test/c", to("/b"))
    ]));
    assert_eq!(round.len(), 2);
}

#[test]
fn what_had_no_answer() {
    let error = json!({ "status": 0, "statusText": "", "_error": "net::ERR_CONNECTION_REFUSED" });
    let found = har(json!([entry("GET", "http://a.test/", error)]));
    let Some(Err(NetError::Unreachable { reason, .. })) = &found.exchanges[0].result else { panic!() };
    assert_eq!(reason, "net::ERR_CONNECTION_REFUSED");
}

#[test]
fn hostile_ones() {
    let left_out = |entry: Value| har(json!([entry])).left_out.into_keys().next();
    let fine = json!({ "status": 200 });
    assert_eq!(left_out(json!(null)), Some("no request of http or https"));
    for url in ["ws://a.test/", "data:,x", "file:///etc/passwd", "http://", "x", ""] {
        assert_eq!(left_out(entry("GET", url, fine.clone())), Some("no request of http or https"), "{url}");
    }
    assert_eq!(left_out(entry("GE T", "http://a.test/", fine.clone())), Some("no request of http or https"));
    for status in [json!(-1), json!(99), json!(600), json!(1e9), json!("200"), json!(null)] {
        assert_eq!(
            left_out(entry("GET", "http://a.test/", json!({ "status": status }))),
            Some("without a status"),
            "{status}"
        );
    }
    for (time, ms) in [(json!(-5), 0), (json!(1e300), HAR_LATENCY_MS_MAX), (json!("x"), 0), (json!([]), 0)] {
        let found = har(
            json!([{ "startedDateTime": 7, "time": time, "request": { "method": "GET", "url": "http://a.test/" }, "response": fine }]),
        );
        assert_eq!(found.exchanges[0].arrival, Arrival::After(Latency { ms, ..Latency::default() }));
    }
    for bytes in [&b""[..], b"\xff", b"[]", b"{}", b"{\"log\":{}}", b"{\"log\":{\"entries\":{}}}"] {
        assert!(Har::of(bytes).is_err());
    }
    assert!(Har::of("[".repeat(100_000).as_bytes()).is_err(), "nested");
    assert!(Har::of(b"\xef\xbb\xbf{\"log\":{\"entries\":[]}}").expect("a HAR").is_empty());
}
