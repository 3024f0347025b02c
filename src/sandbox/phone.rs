//! The page that shows the users' phones, and the stream of what is on them. The page is plain files; what it does it
//! does by the calls of `/_sandbox/`.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::Arc,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::timeout,
};

use super::{answer::Answer, api::Incoming, kept::Received, shared::Shared, world::World};
use crate::{
    base::limits::{
        SANDBOX_PHONE_BACKLOG, SANDBOX_PHONE_BACKLOG_ALL, SANDBOX_PHONE_BACKLOG_EACH, SANDBOX_PHONE_BEAT,
        SANDBOX_PHONE_PIECE,
    },
    wechat::playtime_ms,
};

/// Path, content type, text.
const FILES: [(&str, &str, &str); 7] = [
    ("/", "text/html; charset=utf-8", include_str!("phone/index.html")),
    ("/_sandbox/phone/phone.css", "text/css; charset=utf-8", include_str!("phone/phone.css")),
    ("/_sandbox/phone/bubbles.css", "text/css; charset=utf-8", include_str!("phone/bubbles.css")),
    ("/_sandbox/phone/phone.js", SCRIPT, include_str!("phone/phone.js")),
    ("/_sandbox/phone/bubbles.js", SCRIPT, include_str!("phone/bubbles.js")),
    ("/_sandbox/phone/text.js", SCRIPT, include_str!("phone/text.js")),
    ("/_sandbox/phone/words.js", SCRIPT, include_str!("phone/words.js")),
];
const SCRIPT: &str = "text/javascript; charset=utf-8";
/// The stream.
const EVENTS: &str = "/_sandbox/events";
/// A media's bytes, without a token.
const MEDIA: &str = "/_sandbox/media/";

/// Messages may hold anything: nothing of them becomes a script, and only pictures come from elsewhere, as news have it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' http: https: data:; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The same for one phone in a frame of the console, whose port is not known here: pages of this machine may frame it.
const EMBEDDED_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' http: https: data:; media-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors http://127.0.0.1:* http://localhost:*";

/// Answers what belongs to the page; `None`: this does not.
pub(super) fn answer(shared: &Shared, incoming: &Incoming, headers: &HeaderMap) -> Option<Response<Body>> {
    if let Some((path, content_type, text)) = FILES.iter().find(|(path, ..)| *path == incoming.path) {
        let mut page = guarded(response(content_type, Body::from(*text)));
        if *path == "/" && incoming.query.get("embed").is_some_and(|embed| embed == "1") {
            let policy = HeaderValue::from_static(EMBEDDED_POLICY);
            page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        return Some(page);
    }
    if incoming.path == EVENTS {
        return Some(events(shared, headers));
    }
    let media_id = incoming.path.strip_prefix(MEDIA)?;
    let file = shared.with(|world| {
        let file = world.media.file(media_id, world.now());
        file.map(|(file, content_type)| (file.bytes.clone(), content_type)).ok()
    });
    let answer = match file {
        Some((bytes, content_type)) => response(content_type, Body::from(bytes)),
        None => Answer::own_error(StatusCode::NOT_FOUND, "there is no such media, or only its id").into_response(),
    };
    Some(guarded(answer))
}

fn response(content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn guarded(mut response: Response<Body>) -> Response<Body> {
    let guards = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in guards {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The server-sent events: `hello` with the account and the time, again whenever the clock was moved, then every entry,
/// the last ones before now first. Its id is its number, so that a page that was cut off goes on where it was.
fn events(shared: &Shared, headers: &HeaderMap) -> Response<Body> {
    let Ok(place) = shared.phones().try_acquire_owned() else {
        return Answer::own_error(StatusCode::SERVICE_UNAVAILABLE, "too many pages are open").into_response();
    };
    // Before the world is read: nothing is missed.
    let seen = shared.seen();
    let known = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<u64>().ok());
    let (entries, after) = shared.with(|world| {
        // A number from before the sandbox was started anew is none.
        let known = known.filter(|known| *known <= world.seq()).unwrap_or(0);
        (world.feed(known, usize::MAX), world.seq())
    });
    let line = Line { shared: shared.clone(), seen, ahead_ms: None, backlog: backlog(entries), after, _place: place };
    let stream =
        stream::unfold(line, |mut line| async { line.next().await.map(|piece| (Ok::<_, Infallible>(piece), line)) });
    guarded(response("text/event-stream", Body::from_stream(stream)))
}

/// What a page is told of what was before it: the last entries, and the last ones of each user.
fn backlog(entries: Vec<Arc<Received>>) -> VecDeque<Arc<Received>> {
    let mut of_user = HashMap::<String, usize>::new();
    let mut backlog = VecDeque::new();
    for (index, entry) in entries.into_iter().rev().enumerate() {
        let count = match of_user.get_mut(&entry.openid) {
            Some(count) => count,
            None => of_user.entry(entry.openid.clone()).or_default(),
        };
        // Who types stays on no phone.
        *count += usize::from(entry.kind != "typing");
        let is_of_quiet = *count <= SANDBOX_PHONE_BACKLOG_EACH && entry.kind != "typing";
        if index < SANDBOX_PHONE_BACKLOG || is_of_quiet {
            backlog.push_front(entry);
        }
        if backlog.len() == SANDBOX_PHONE_BACKLOG_ALL {
            break;
        }
    }
    backlog
}

fn hello(world: &World) -> Bytes {
    let config = &world.config;
    let data = json!({"wechat_id": config.wechat_id, "now_ms": world.now(), "run": world.run()});
    Bytes::from(format!("retry: 1000\nevent: hello\ndata: {data}\n\n"))
}

/// One page's connection.
struct Line {
    shared: Shared,
    seen: watch::Receiver<(u64, i64)>,
    /// What its last `hello` said of the clock.
    ahead_ms: Option<i64>,
    /// Not told yet, up to `after`.
    backlog: VecDeque<Arc<Received>>,
    after: u64,
    _place: OwnedSemaphorePermit,
}

impl Line {
    /// The next piece; `None` when the sandbox ends.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            self.seen.mark_unchanged();
            if let Some(piece) = self.piece() {
                return Some(piece);
            }
            let (seen, shared) = (&mut self.seen, &self.shared);
            let news = async {
                tokio::select! {
                    changed = seen.changed() => changed.is_ok(),
                    () = shared.stopped() => false,
                }
            };
            match timeout(SANDBOX_PHONE_BEAT, news).await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(_) => return Some(Bytes::from_static(b": \n\n")),
            }
        }
    }

    /// What is to be told now.
    fn piece(&mut self) -> Option<Bytes> {
        let hello = self.shared.with(|world| {
            let is_new = self.ahead_ms.replace(world.ahead()) != Some(world.ahead());
            is_new.then(|| hello(world))
        });
        if hello.is_some() {
            return hello;
        }
        let waiting: Vec<_> = self.backlog.drain(..self.backlog.len().min(SANDBOX_PHONE_PIECE)).collect();
        let entries = self.shared.with(|world| {
            let entries = if waiting.is_empty() { world.feed(self.after, SANDBOX_PHONE_PIECE) } else { waiting };
            with_media(world, entries)
        });
        let (last, _) = entries.last()?;
        self.after = self.after.max(last.seq);
        Some(Bytes::from(entries.iter().map(event).collect::<String>()))
    }
}

/// An entry, and what there is to know of its media.
type Shown = (Arc<Received>, Option<Value>);

fn with_media(world: &World, entries: Vec<Arc<Received>>) -> Vec<Shown> {
    let known = |entry: Arc<Received>| {
        let media = media_of(world, &entry.body);
        (entry, media)
    };
    entries.into_iter().map(known).collect()
}

/// An entry in the shape of `GET /_sandbox/messages`, with `media` where there is one, and `passive` where it answered a
/// push.
fn event((entry, media): &Shown) -> String {
    let mut data = entry.to_json();
    if let Some(media) = media {
        data["media"] = media.clone();
    }
    if entry.is_passive {
        data["passive"] = json!(true);
    }
    format!("id: {}\ndata: {data}\n\n", entry.seq)
}

fn media_of(world: &World, body: &Value) -> Option<Value> {
    let content = body.get(body.get("msgtype").and_then(Value::as_str).unwrap_or_default()).unwrap_or(body);
    let id = ["media_id", "MediaId"].iter().find_map(|name| content.get(*name)?.as_str())?;
    let (file, content_type) = world.media.file(id, world.now()).ok()?;
    let playtime = content_type.starts_with("audio/").then(|| playtime_ms(&file.bytes));
    Some(json!({"content_type": content_type, "bytes": file.bytes.len(), "playtime_ms": playtime}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_users_are_there_when_a_page_opens() {
        let said = |seq: u64, openid: &str, kind: &'static str| {
            let (openid, body) = (openid.to_owned(), Value::Null);
            Arc::new(Received { seq, time: 0, openid, kind, is_passive: false, body })
        };
        let quiet = (1..=30).map(|seq| said(seq, "oQuiet", "message")).chain([said(31, "oQuiet", "typing")]);
        let loud = (32..=2_031).map(|seq| said(seq, "oLoud", "message"));
        let told = backlog(quiet.chain(loud).collect());
        let seqs: Vec<u64> = told.iter().map(|entry| entry.seq).collect();
        assert_eq!(seqs, (11..=30).chain(32..=2_031).collect::<Vec<_>>());
        let many = (1..=50_000).map(|seq| said(seq, &format!("o{seq}"), "message"));
        assert_eq!(backlog(many.collect()).len(), SANDBOX_PHONE_BACKLOG_ALL);
    }
}
