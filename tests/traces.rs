//! Traces of `duoke serve`, as a collector of OpenTelemetry's receives them; built with the feature `otel`.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[expect(dead_code, reason = "this test needs a part of it")]
#[path = "cli/bench.rs"]
mod bench;
#[path = "traces/collector.rs"]
mod collector;
#[expect(dead_code, reason = "this test needs a part of it")]
#[path = "serve/host.rs"]
mod host;
mod wechat_bench;

use std::collections::HashSet;

use serde_json::json;

use collector::{Collector, Span};
use host::Yard;

const OPENID: &str = "oTraced0123456789abcdefghijk";
/// Answers at once, and again when the turn has long ended.
const ANSWERS: &str = "function MCS_ClientNotify() { put('now, in private'); \
    setTimeout(function () { put('late'); }, 3000); }";

#[track_caller]
fn assert_is(span: &Span, said: &[(&str, &str)]) {
    for (name, value) in said {
        assert_eq!(span.said.get(*name).map(String::as_str), Some(*value), "{name} of {span:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_one_trace_from_its_push_to_its_messages_over_restarts() {
    let collector = Collector::start().await;
    let yard = Yard::with("answers", "", ANSWERS).await;
    let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.address)];
    let serving = yard.serve(&["answers"], &environment).await;
    // WeChat is busy for the first message: it goes out by the next host.
    yard.sandbox
        .post("/_sandbox/faults", &json!({"path": "/cgi-bin/message/custom/send", "count": 1, "errcode": 45047}))
        .await;
    yard.writes(OPENID, "hi, in private").await;
    let is_told = |spans: &[Span]| spans.iter().filter(|span| span.name == "queue").count() == 2;
    let first = collector.until(|spans| is_told(spans) && spans.iter().any(|span| span.name == "send")).await;
    assert_eq!(serving.end(), Some(0));
    let again = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.address), ("OTEL_SERVICE_NAME", "another")];
    let serving = yard.serve_again(&["answers"], &again);
    yard.run(&["outbox", "retry", "--state", "parked"]);
    assert_eq!(yard.has(OPENID, 2).await, ["now, in private", "late"]);
    let second = collector.until(|spans| spans.iter().filter(|span| is_sent(span)).count() == 2).await;
    assert_eq!(serving.end(), Some(0));

    let all: Vec<Span> = [first, second].concat();
    let traces: HashSet<&str> = all.iter().map(|span| &*span.trace).collect();
    assert_eq!(traces.len(), 1, "{all:?}");
    let named = |name: &str| all.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    let [event] = named("event")[..] else { panic!("{all:?}") };
    assert_eq!((event.parent.as_str(), &*event.service), ("", "duoke"));
    assert_is(event, &[("duoke.event.type", "push.text")]);
    let turns = named("turn");
    assert!(turns.len() >= 2 && turns.iter().all(|turn| turn.parent == event.id), "{turns:?}");
    assert!(turns.iter().any(|turn| turn.said["duoke.told"] == "user"));
    // The timer's.
    assert!(turns.iter().any(|turn| turn.said["duoke.told"] == "nothing"));
    let queued = named("queue");
    assert!(queued.iter().all(|queue| turns.iter().any(|turn| turn.id == queue.parent)), "{all:?}");
    let sends = named("send");
    assert!(sends.iter().all(|send| queued.iter().any(|queue| queue.id == send.parent)), "{all:?}");
    let refused = sends.iter().find(|send| !is_sent(send)).unwrap();
    assert_is(refused, &[("duoke.outcome", "parked"), ("duoke.errcode", "45047"), ("duoke.rule", "45047")]);
    let sent: Vec<_> = sends.iter().filter(|send| is_sent(send)).collect();
    assert!(sent.iter().all(|send| send.service == "another" && send.ended >= send.began));
    for said in all.iter().flat_map(|span| span.said.values()) {
        assert!(!said.contains(OPENID) && !said.contains("private"), "{said}");
    }
    assert!(!collector.received().windows(OPENID.len()).any(|bytes| bytes == OPENID.as_bytes()));
}

fn is_sent(span: &Span) -> bool {
    span.name == "send" && span.said["duoke.outcome"] == "sent"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_does_not_answer_holds_up_nobody() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let yard = Yard::with("answers", "", "function MCS_ClientNotify() { put('answer'); }").await;
    let serving = yard.serve(&["answers"], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]).await;
    for count in 1..=5 {
        yard.writes(OPENID, "hi").await;
        yard.has(OPENID, count).await;
    }
    // It took the connection, and says nothing.
    let (_connection, _) = silent.accept().await.unwrap();
    yard.writes(OPENID, "hi").await;
    yard.has(OPENID, 6).await;
    assert_eq!(serving.end(), Some(0));
}
