//! The pages at seats, over the API: their documents, their mirrors, what a person does in one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{sleep, timeout};
use url::Url;

use super::api::text;
use super::mirror::{Guard, POLICY, Resource, document};
use super::served::{Answered, BEAT, RETRY, Served, conflict, not_found, response, stream, told, wrong};
use crate::base::limits::{CONSOLE_BEAT, MIRROR_TIME};
use crate::host::desk::Trouble;
use crate::host::serve::{Changes, Workbench};
use crate::page::{Look, Looked};

/// A parameter of the address, by its name.
pub(super) type Query<'a> = &'a (dyn Fn(&str) -> Option<String> + Send + Sync);

/// What a person can do in a mirror.
const KINDS: [&str; 5] = ["click", "input", "change", "submit", "key"];
/// So many viewers there were.
static VIEWERS: AtomicU64 = AtomicU64::new(1);

/// Answers a call about the page of a plugin at a seat.
pub(super) async fn answer(
    (served, headers): (&Arc<Served>, &HeaderMap),
    (seat, plugin): (&str, &str),
    (is_get, what): (bool, &str),
    (query, body): (Query<'_>, &Value),
) -> Answered {
    let workbench = &served.setting.workbench;
    match (is_get, what) {
        (true, "document") => {
            let html = workbench.look(seat, plugin, |page| page.document_html()).await?;
            told(&json!({ "html": html }))
        }
        (true, "storage") => storage(workbench, seat, plugin).await,
        (false, "seen") => {
            workbench.seen(seat, plugin);
            told(&json!({}))
        }
        (true, "frame") => frame(query("quirks").as_deref() == Some("1")),
        (true, "mirror") => mirror((served, headers), seat, plugin),
        (true, "resource") => resource(workbench, (seat, plugin), &query("url").unwrap_or_default()).await,
        (false, "act") => act(workbench, (seat, plugin), body).await,
        _ => Err(not_found(format!("a page has no {what}"))),
    }
}

fn gone(seat: &str, plugin: &str) -> Trouble {
    not_found(format!("the page {plugin} at {seat} is gone"))
}

async fn storage(workbench: &Workbench, seat: &str, plugin: &str) -> Answered {
    let looked = workbench.look(seat, plugin, |page| page.look(Look::Storage)).await?;
    let Some(Looked::Storage(storage)) = looked else { return Err(gone(seat, plugin)) };
    let items = |items: &[(String, String)]| {
        items.iter().map(|(key, value)| (key.clone(), json!(value))).collect::<serde_json::Map<_, _>>()
    };
    told(&json!({
        "origin": storage.origin, "local": items(&storage.local), "session": items(&storage.session),
        "cookies": storage.cookies, "cut": storage.is_cut,
    }))
}

/// The document of the frame that a mirror fills.
fn frame(is_quirky: bool) -> Answered {
    let mut response = response(StatusCode::OK, "text/html; charset=utf-8", document(is_quirky));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(response)
}

/// Where a page's pictures, fonts and style sheets are for its mirror.
pub(super) fn resources(seat: &str, plugin: &str) -> impl Fn(&Url) -> String + Clone + Send + Sync + 'static {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let path = format!("/api/1/pages/{}/{}/resource?url=", encoded(seat), encoded(plugin));
    move |url| format!("{path}{}", utf8_percent_encode(url.as_str(), NON_ALPHANUMERIC))
}

async fn resource(workbench: &Workbench, (seat, plugin): (&str, &str), url: &str) -> Answered {
    let url = Url::parse(url).map_err(|error| wrong(format!("url is no address: {error}")))?;
    let answer = workbench.fetch(seat, plugin, url.clone()).await?;
    let content_type = answer.header("content-type").unwrap_or_default().to_owned();
    let found = Resource::of(&answer.url.clone(), &content_type, answer.body, &resources(seat, plugin));
    let resource = found.map_err(|error| not_found(format!("{url}: {error}")))?;
    let headers = resource.headers();
    let mut response = response(StatusCode::OK, resource.content_type, resource.body);
    for (name, value) in headers {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Ok(response)
}

/// A person does something to a node that he sees: it becomes a stimulus with a selector.
async fn act(workbench: &Workbench, (seat, plugin): (&str, &str), body: &Value) -> Answered {
    let kind = text(body, "kind")?.to_owned();
    if !KINDS.contains(&kind.as_str()) {
        return Err(wrong(format!("nobody can {kind} in a page")).with_hint(format!("there are: {}", KINDS.join(", "))));
    }
    let number = |name: &str| body[name].as_u64().ok_or_else(|| wrong(format!("`{name}` is missing, or no number")));
    let (viewer, node) = (number("viewer")?, u32::try_from(number("node")?).map_err(|_| wrong("`node` is too large"))?);
    let looked = workbench.look(seat, plugin, move |page| page.look(Look::Selector(viewer, node))).await?;
    let Some(Looked::Selector(selector)) = looked else {
        return Err(
            not_found("what was seen is not in the page any more").with_hint("the mirror shows it again in a moment")
        );
    };
    let current = workbench.current(seat);
    if body["openid"].as_str() != current.as_deref() {
        // What he saw was another's.
        return Ok(conflict(
            &wrong("the page is another customer's by now").with_hint("look whose turn it is, and do it again"),
        ));
    }
    let mut data = json!({ "selector": selector });
    if !body["value"].is_null() {
        data["value"] = body["value"].clone();
    }
    let id = workbench.act((seat, plugin, current.as_deref()), &kind, data).await?;
    told(&json!({"selector": selector, "id": id}))
}

/// What one browser sees of a page.
struct Viewer<F: Fn(&Url) -> String> {
    workbench: Workbench,
    seat: String,
    plugin: String,
    number: u64,
    guard: Guard<F>,
    changes: watch::Receiver<Changes>,
    /// Turns of pages that it has seen the outcome of.
    turns: Option<u64>,
    /// Whether it sees a page.
    sees: bool,
    /// Whose turn it was when it looked last.
    current: Option<String>,
    has_begun: bool,
    _place: OwnedSemaphorePermit,
}

fn mirror((served, headers): (&Arc<Served>, &HeaderMap), seat: &str, plugin: &str) -> Answered {
    let workbench = served.setting.workbench.clone();
    let viewer = Viewer {
        changes: workbench.changes(),
        workbench,
        seat: seat.to_owned(),
        plugin: plugin.to_owned(),
        number: VIEWERS.fetch_add(1, Ordering::Relaxed),
        guard: Guard::new(resources(seat, plugin)),
        turns: None,
        sees: false,
        current: None,
        has_begun: false,
        _place: served.mirror_place(seat, plugin)?,
    };
    stream((served, headers), viewer, Viewer::next)
}

impl<F: Fn(&Url) -> String + Send + Sync + 'static> Viewer<F> {
    /// The next piece of the stream, when the page looks otherwise and the browser has taken the last one.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if !std::mem::replace(&mut self.has_begun, true) {
            let begin = format!("retry: {}\nevent: viewer\ndata: {}\n\n", RETRY.as_millis(), self.number);
            return Some((Bytes::from(begin), self));
        }
        loop {
            let turns = self.changes.borrow_and_update().turns;
            if self.turns != Some(turns) {
                self.turns = Some(turns);
                if let Some(piece) = self.look().await {
                    // Not more often than a person sees.
                    sleep(MIRROR_TIME).await;
                    return Some((Bytes::from(piece), self));
                }
            }
            match timeout(CONSOLE_BEAT, self.changes.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) => return Some((BEAT, self)),
            }
        }
    }

    /// What is new of the page; `None`: nothing.
    async fn look(&mut self) -> Option<String> {
        let (number, workbench, seat) = (self.number, self.workbench.clone(), self.seat.clone());
        // Between turns: what is seen is what the page was told of him.
        let look = move |page: &mut dyn crate::page::Driver| {
            Some((page.look(Look::Changes(number))?, workbench.current(&seat)))
        };
        let looked = self.workbench.look(&self.seat, &self.plugin, look).await;
        let Ok(Some((Looked::View(view), current))) = looked else {
            let did_see = std::mem::replace(&mut self.sees, false);
            return did_see.then(|| "event: gone\ndata: {}\n\n".to_owned());
        };
        self.sees = true;
        let is_whole = view.document.is_some();
        let turn = (is_whole || current != self.current)
            .then(|| format!("event: turn\ndata: {}\n\n", json!({ "openid": current })));
        self.current = current;
        if !is_whole && view.changes.is_empty() {
            return turn;
        }
        let Some(shown) = self.guard.admit(&view) else {
            // The page says what no page says: all of it anew.
            let forget = move |page: &mut dyn crate::page::Driver| page.look(Look::Forget(number));
            let _ = self.workbench.look(&self.seat, &self.plugin, forget).await;
            self.turns = None;
            return None;
        };
        let event = if is_whole { "whole" } else { "changes" };
        Some(format!("{}event: {event}\ndata: {shown}\n\n", turn.unwrap_or_default()))
    }
}
