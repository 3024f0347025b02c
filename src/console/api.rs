//! The calls of the API (API.md).

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::development::Moment;
use super::mirror::Guard;
use super::pages::resources;
use super::served::{Answered, Served, not_found, refusal, response, told, wrong};
use super::{pages, stream};
use crate::base::clock::format_rfc3339;
use crate::base::limits::{CONSOLE_CUSTOMERS_MAX, CONSOLE_LINES_MAX};
use crate::host::desk::{Request, Trouble, TroubleKind};
use crate::host::serve::{SeatState, Shown};

/// Answers a call; `path`: what is behind the version.
pub(super) async fn answer(served: &Arc<Served>, parts: &Parts, path: &str, body: Value) -> Answered {
    let segments: Vec<String> =
        path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned()).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let is_get = parts.method != Method::POST;
    let query = |name: &str| {
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).next()
    };
    let number =
        |name: &str| query(name).map(|text| text.parse::<u64>().map_err(|_| wrong(format!("{name} is no number"))));
    match (is_get, segments.as_slice()) {
        (true, ["session"]) => session(served, parts),
        (false, ["session"]) => sign_in(served, parts, &body),
        (false, ["session", "end"]) => Ok(sign_out(served, parts)),
        (true, ["state"]) => told(&state(served)),
        (true, ["stream"]) => {
            let known = parts.headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
            stream::stream(
                served,
                &parts.headers,
                known.map_or_else(|| number("after").transpose(), |known| Ok(Some(known)))?,
            )
        }
        (true, ["log"]) => {
            let limit = number("limit").transpose()?.and_then(|limit| usize::try_from(limit).ok());
            let limit = limit.unwrap_or(CONSOLE_LINES_MAX).min(CONSOLE_LINES_MAX);
            told(&log(served, number("after").transpose()?, number("before").transpose()?, limit))
        }
        (true, ["customers"]) => customers(served).await,
        (false, ["customers", "choose"]) => choose(served, &body).await,
        (false, ["requests"]) => request(served, &body).await,
        (_, ["pages", seat, plugin, what]) => {
            pages::answer((served, &parts.headers), (seat, plugin), (is_get, what), (&query, &body)).await
        }
        (_, ["dev", rest @ ..]) => development(served, is_get, rest, &body).await,
        _ => Err(not_found(format!("there is no call {path}"))),
    }
}

/// A member that must be a text.
pub(super) fn text<'a>(body: &'a Value, name: &str) -> Result<&'a str, Trouble> {
    body[name].as_str().filter(|text| !text.is_empty()).ok_or_else(|| wrong(format!("`{name}` is missing, or no text")))
}

fn session(served: &Served, parts: &Parts) -> Answered {
    let is_dev = served.setting.development.is_some();
    told(&json!({
        "signed_in": served.door.knows(&parts.headers),
        "needs_sign_in": served.door.needs_sign_in(),
        "mode": if is_dev { "dev" } else { "serve" },
        "version": env!("CARGO_PKG_VERSION"),
    }))
}

fn sign_in(served: &Served, parts: &Parts, body: &Value) -> Answered {
    Ok(match served.door.sign_in(text(body, "token")?) {
        Ok(value) => with_cookie(served, parts, &value),
        Err(refused) => refusal(refused),
    })
}

fn sign_out(served: &Served, parts: &Parts) -> Response<Body> {
    served.door.sign_out(&parts.headers);
    with_cookie(served, parts, "")
}

/// An answer with the cookie of a sign-in; without a value it is taken away.
fn with_cookie(served: &Served, parts: &Parts, value: &str) -> Response<Body> {
    let body = json!({ "signed_in": !value.is_empty() });
    let mut response = response(StatusCode::OK, "application/json", body.to_string());
    if let Ok(cookie) = HeaderValue::from_str(&served.door.set_cookie(value, &parts.headers)) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn state(served: &Served) -> Value {
    let setting = &served.setting;
    let seat = |seat: SeatState| {
        let page = |(plugin, page): &(String, crate::host::serve::PageState)| json!({"plugin": plugin, "status": page.standing.name(), "notice": page.has_notice, "faults": page.faults});
        json!({
            "name": seat.name, "kf_account": seat.kf_account, "current": seat.current,
            "pages": seat.pages.iter().map(page).collect::<Vec<_>>(),
        })
    };
    json!({
        "mode": if setting.development.is_some() { "dev" } else { "serve" },
        "version": env!("CARGO_PKG_VERSION"),
        "app_id": setting.account.0,
        "server": setting.account.1,
        "sandbox": setting.sandbox,
        "send": setting.send,
        "seats": setting.workbench.seats().into_iter().map(seat).collect::<Vec<_>>(),
    })
}

fn log(served: &Served, after: Option<u64>, before: Option<u64>, limit: usize) -> Value {
    let lines = served.setting.workbench.lines(after, before, limit);
    let (first, last) = served.setting.workbench.span();
    // They are JSON that we wrote.
    let line = |line: &Shown| serde_json::from_str::<Value>(&line.json).unwrap_or_default();
    json!({"lines": lines.iter().map(line).collect::<Vec<_>>(), "first": first, "last": last})
}

async fn customers(served: &Served) -> Answered {
    let workbench = &served.setting.workbench;
    let seats = workbench.seats();
    let (store, account) = workbench.account(None)?;
    let found = store.customers(account, CONSOLE_CUSTOMERS_MAX).get().await?;
    let of = |openid: &str| seats.iter().find(|seat| seat.current.as_deref() == Some(openid)).map(|seat| &seat.name);
    let customers: Vec<Value> = found
        .iter()
        .map(|customer| {
            json!({
                "openid": customer.openid, "last": format_rfc3339(customer.at), "seat": of(&customer.openid),
                "sign": customer.sign, "waiting": customer.held,
            })
        })
        .collect();
    told(&json!({ "customers": customers }))
}

/// The pages of a customer's seat are told that it is his turn, in the words of each dialect that they hear.
async fn choose(served: &Served, body: &Value) -> Answered {
    let openid = text(body, "openid")?;
    let seat = served.setting.workbench.choose(openid, body["seat"].as_str()).await?;
    told(&json!({ "seat": seat.name, "openid": openid }))
}

/// What agents may ask of the host: what concerns their customers, and nothing of the machine's.
async fn request(served: &Served, body: &Value) -> Answered {
    let workbench = &served.setting.workbench;
    let request = Request::read(body.to_string().as_bytes())?;
    let is_for_agents = matches!(
        request,
        Request::List { .. }
            | Request::Change { .. }
            | Request::Edit { .. }
            | Request::Explain { .. }
            | Request::Window { .. }
            | Request::Signs { .. }
            | Request::Trigger { .. }
            | Request::Send { .. }
    );
    if !is_for_agents {
        return Err(wrong("this is not done over the console").with_hint("use the command line on the host's machine"));
    }
    let changes = matches!(request, Request::Change { .. } | Request::Edit { .. } | Request::Send { .. });
    let answer = workbench.desk()?.answer(request).await;
    if changes {
        workbench.note_outbox();
    }
    let answer = answer?;
    told(&json!({"items": answer.items, "next": answer.next}))
}

async fn development(served: &Served, is_get: bool, call: &[&str], body: &Value) -> Answered {
    let Some(development) = served.setting.development.clone() else {
        return Err(not_found("this host serves customers; `duoke dev` develops"));
    };
    let call: Vec<String> = call.iter().map(|segment| (*segment).to_owned()).collect();
    let body = body.clone();
    let work = move || -> Result<Value, Trouble> {
        let call: Vec<&str> = call.iter().map(String::as_str).collect();
        match (is_get, call.as_slice()) {
            (true, []) => Ok(development.state()),
            (true, ["sessions"]) => Ok(development.sessions()),
            (true, ["turns", line, "document"]) => {
                let line = line.parse().map_err(|_| wrong("the line is no number"))?;
                let Moment { seat, plugin, html, view } = development.document_after(line)?;
                let whole = view.and_then(|view| Guard::new(resources(&seat, &plugin)).admit(&view));
                Ok(json!({"html": html, "whole": whole}))
            }
            (false, ["accept"]) => development.accept(text(&body, "session")?),
            (false, ["ignore"]) => development.ignore(text(&body, "session")?, body["plugin"].as_str()),
            (false, ["record"]) => development.record(text(&body, "name")?),
            (false, ["reload"]) => {
                development.reload();
                Ok(json!({}))
            }
            (false, ["restart"]) => {
                development.restart();
                Ok(json!({}))
            }
            _ => Err(not_found("there is no such call")),
        }
    };
    let done = tokio::task::spawn_blocking(work).await;
    told(&done.map_err(|_| Trouble::new(TroubleKind::Store, "a bug in duoke: standard error has it"))??)
}
