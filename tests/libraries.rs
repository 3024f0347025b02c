//! Real libraries as published, on our DOM: the pages that hosts are compared with, and pages that check a library's
//! calls themselves. The libraries are pinned in `tests/libraries` and installed by `scripts/test`.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

mod page_bench;
#[path = "libraries/sites.rs"]
mod sites;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use duoke::net::{Answer, NetError, Network, Reply, Request, Response};
use duoke::page::TurnInput;
use page_bench::{
    check_page, event, expected_faults, messages, on_page_stack, open, open_library_page, require_libraries, tell,
};
use ring::digest::{Context, SHA256};
use serde_json::json;

/// The page must answer the first `events` lines of the log with messages whose SHA-256, one a line, is `expected`:
/// what browsers and other hosts give.
#[track_caller]
fn check_messages(name: &'static str, events: usize, expected: &str) {
    let found = on_page_stack(move || {
        let mut page = open_library_page(&format!("libraries/pages/{name}/index.html"));
        assert_eq!(messages(&page.take_turn()), [] as [String; 0]);
        let mut digest = Context::new(&SHA256);
        for at in 0..events {
            for message in messages(&tell(&mut page, &event(at))) {
                digest.update(message.as_bytes());
                digest.update(b"\n");
            }
        }
        digest.finish()
    });
    let found = found.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(found, expected);
}

#[test]
fn the_vanilla_page_answers_as_in_browsers() {
    check_messages("vanilla", 1_000, "55bf51f14b895aff33458d034d323b0b3efc299cda00defae450b8321271939e");
}

#[test]
fn the_jquery_page_answers_as_in_browsers() {
    check_messages("jquery", 1_000, "39ea09f74472306fd6ad2c5872bc4b126e921b1d25341d72142c88c890ce3047");
}

/// jQuery, Bootstrap, Handlebars and lodash together.
#[test]
fn the_heavy_page_answers_as_in_browsers() {
    check_messages("heavy", 200, "6f3c2a4d8d76147444131854f1aaef6392c11071244186eb6ec19825cf8d9178");
}

/// What the pages' server answers below `/answers/`: what it was asked, a status, a script that calls back.
fn server(request: &Request) -> Option<Response> {
    let path = request.url.path().strip_prefix("/answers/")?;
    let query: HashMap<String, String> = request.url.query_pairs().into_owned().collect();
    let header = |wanted: &str| {
        let found = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let made = |status: u16, kind: &str, body: String| {
        Some(Response::made(request.url.clone(), status, kind, body.into_bytes()))
    };
    if let Some(status) = path.strip_prefix("status/") {
        let body = if status == "204" { String::new() } else { format!("answer {status}") };
        return made(status.parse().unwrap(), "text/plain", body);
    }
    if path == "jsonp" {
        let callback = query.get("callback").or_else(|| query.get("cb")).unwrap();
        let data = json!({ "id": query.get("id"), "callback": callback });
        return made(200, "text/javascript", format!("{callback}({data});"));
    }
    let echo = json!({
        "method": request.method,
        "query": request.url.query().unwrap_or_default(),
        "body": String::from_utf8_lossy(&request.body),
        "type": header("Content-Type"),
        "ajax": header("X-Requested-With"),
        "mine": header("X-Mine"),
        "other": header("X-Other"),
    });
    made(200, "application/json", echo.to_string())
}

/// A network that never answers `/answers/never`.
struct Silent(Arc<dyn Network>);

impl Network for Silent {
    fn fetch(&self, request: Request) -> Result<Response, NetError> {
        self.0.fetch(request)
    }

    fn start(&self, id: u64, request: Request, reply: Reply) {
        if request.url.path() != "/answers/never" {
            self.0.start(id, request, reply);
        }
    }
}

/// Longer than every animation of a page, in ms.
const ANIMATION_MS: i64 = 10_000;

/// The pages pass their own checks, as they do in browsers; the answers are [`server`]'s.
#[track_caller]
fn check_pages(paths: impl IntoIterator<Item = String>) {
    require_libraries();
    let only = std::env::var("DUOKE_TEST_PAGE").ok();
    let mut problems = String::new();
    for path in paths {
        if only.as_ref().is_some_and(|only| !path.contains(only)) {
            continue;
        }
        let shown = path.clone();
        let found = on_page_stack(move || {
            let server: Answer = Arc::new(server);
            let mut page = open(&path, vec![server], |network| Arc::new(Silent(network)));
            let mut turn = page.take_turn();
            // jQuery before 3.0 animates with an interval, which does not keep a page busy for long.
            let more = page.turn(&TurnInput { stimulus: None, at: turn.now + ANIMATION_MS, settle_ms: 0 });
            turn.emissions.extend(more.emissions);
            check_page(&turn, &expected_faults(&path))
        });
        if let Err(problem) = found {
            writeln!(problems, "{shown}: {problem}").unwrap();
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

/// jQuery of this version, unmodified.
#[track_caller]
fn check_jquery(version: &'static str) {
    let names = ["ready", "events", "tree", "controls", "styles", "fragments", "ajax", "utilities"];
    check_pages(names.map(|name| format!("libraries/jquery/{name}.html?{version}")));
}

#[test]
fn jquery_1_8() {
    check_jquery("1.8");
}

#[test]
fn jquery_1_11() {
    check_jquery("1.11");
}

#[test]
fn jquery_1_12() {
    check_jquery("1.12");
}

#[test]
fn jquery_2_2() {
    check_jquery("2.2");
}

#[test]
fn jquery_3_7() {
    check_jquery("3.7");
}

#[test]
fn bootstrap_3() {
    check_pages(["libraries/bootstrap/widgets.html".to_owned()]);
}
