//! The data of effects, faults and console lines, as scripts rely on it (session-log.md).

use serde_json::json;

use super::*;
use crate::event::{Cause, Console, ConsoleLevel, Fault, Line, Place, parse_put_msg};

const ARGUMENT: &str = r#"{"msg":{"head":{"random":1},"body":[{"type":0,"content":{"text":"a"}}]}}"#;

#[track_caller]
fn check(effect: &Effect, type_name: &str, data: &str) {
    assert_eq!((effect.type_name().as_str(), effect.data().to_string().as_str()), (type_name, data));
}

#[test]
fn put_msg() {
    const MSG: &str = r#""msg":{"head":{"random":1},"body":[{"type":0,"content":{"text":"a"}}]}"#;
    const OK: &str = r#""returned":"{\"retCode\":0,\"errMsg\":\"\"}""#;
    const BAD: &str = r#""returned":"{\"retCode\":5,\"errMsg\":\"参数错误\"}""#;
    let valid = |outcome, late| {
        Effect::PutMsg(PutMsgCall::valid(ARGUMENT, parse_put_msg(ARGUMENT).expect("valid"), outcome, late))
    };
    let invalid = |argument: &str| {
        Effect::PutMsg(PutMsgCall::invalid(argument, parse_put_msg(argument).expect_err("bad"), false))
    };
    let name = "effect.mcs.PutMsg";
    check(&valid(Outcome::Accepted, false), name, &format!(r#"{{{MSG},"outcome":"accepted",{OK}}}"#));
    check(&valid(Outcome::Duplicate, true), name, &format!(r#"{{{MSG},"outcome":"duplicate",{OK},"late":true}}"#));
    check(
        &invalid(r#"{"msg":{"head":{"random":"1"},"body":[]}}"#),
        name,
        &format!(
            r#"{{"msg":{{"head":{{"random":"1"}},"body":[]}},"outcome":"invalid",{BAD},"reason":"`msg.body` is empty"}}"#
        ),
    );
    check(
        &invalid("[]"),
        name,
        &format!(r#"{{"raw":"[]","outcome":"invalid",{BAD},"reason":"the argument is not an object"}}"#),
    );
}

#[test]
fn the_others() {
    let text = |text: &str| text.to_owned();
    let notice = Effect::Notice { argument: text("1"), returned: text(RETURN_OK) };
    check(&notice, "effect.mcs.Notice", r#"{"argument":"1","returned":"{\"retCode\":0,\"errMsg\":\"\"}"}"#);
    for (kind, word) in [
        (NavigateKind::Assign, "assign"),
        (NavigateKind::Replace, "replace"),
        (NavigateKind::Reload, "reload"),
        (NavigateKind::Link, "link"),
        (NavigateKind::Form, "form"),
    ] {
        let data = format!(r#"{{"url":"http://a.example/","kind":"{word}"}}"#);
        check(&Effect::Navigate { url: text("http://a.example/"), kind }, "effect.navigate", &data);
    }
    let open = Effect::Open { url: text("http://a.example/"), target: text("_blank") };
    check(&open, "effect.open", r#"{"url":"http://a.example/","target":"_blank"}"#);
    check(&Effect::Title { title: text("客户") }, "effect.title", r#"{"title":"客户"}"#);
    let cookie = Effect::Cookie { url: text("http://a.example/"), cookie: text("a=1; path=/") };
    check(&cookie, "effect.cookie", r#"{"url":"http://a.example/","cookie":"a=1; path=/"}"#);
}

#[test]
fn storage() {
    let storage = |area, change| Effect::Storage { origin: "http://a.example".to_owned(), area, change };
    let key = || "k".to_owned();
    let set = storage(StorageArea::Local, StorageChange::Set { key: key(), value: "v".to_owned() });
    let remove = storage(StorageArea::Session, StorageChange::Remove { key: key() });
    let clear = storage(StorageArea::Local, StorageChange::Clear);
    let start = r#"{"origin":"http://a.example","area":"#;
    check(&set, "effect.storage", &format!(r#"{start}"local","action":"set","key":"k","value":"v"}}"#));
    check(&remove, "effect.storage", &format!(r#"{start}"session","action":"remove","key":"k"}}"#));
    check(&clear, "effect.storage", &format!(r#"{start}"local","action":"clear"}}"#));
}

#[test]
fn echat() {
    let call = EchatCall {
        call: "config".to_owned(),
        arguments: vec![json!({ "debug": true }), json!({ "$function": "f" })],
        outcome: Outcome::Accepted,
        reason: None,
        result: Some(json!({ "errcode": 0 })),
        late: false,
    };
    let arguments = r#""arguments":[{"debug":true},{"$function":"f"}]"#;
    let data = format!(r#"{{{arguments},"outcome":"accepted","result":{{"errcode":0}}}}"#);
    check(&Effect::Echat(call.clone()), "effect.echat.config", &data);
    let ignored =
        EchatCall { outcome: Outcome::Ignored, reason: Some("early".to_owned()), result: None, late: true, ..call };
    let data = format!(r#"{{{arguments},"outcome":"ignored","reason":"early","late":true}}"#);
    check(&Effect::Echat(ignored), "effect.echat.config", &data);
}

#[test]
fn faults() {
    let text = |text: &str| text.to_owned();
    let place = || Place {
        url: text("http://p.plugin.invalid/a.js"),
        file: Some(text("page/a.js")),
        line: 3,
        column: 7,
        stack: text("at f"),
        frame: text("3 | f()"),
    };
    let where_ = r#""url":"http://p.plugin.invalid/a.js","line":3,"column":7,"stack":"at f","frame":"3 | f()","file":"page/a.js""#;
    let unknown = r#""url":"","line":0,"column":0,"stack":"","frame":"""#;
    let message = || text("boom");
    let table = [
        (
            Fault::Uncaught { message: message(), place: place() },
            "fault.uncaught",
            format!(r#"{{"message":"boom",{where_}}}"#),
        ),
        (
            Fault::Rejection { message: message(), place: place() },
            "fault.rejection",
            format!(r#"{{"message":"boom",{where_}}}"#),
        ),
        (
            Fault::Parse { message: message(), place: Place::default() },
            "fault.parse",
            format!(r#"{{"message":"boom",{unknown}}}"#),
        ),
        (
            Fault::Load { url: text("u"), message: message(), file: Some(text("f")) },
            "fault.load",
            text(r#"{"url":"u","message":"boom","file":"f"}"#),
        ),
        (
            Fault::Network { url: text("u"), message: message() },
            "fault.network",
            text(r#"{"url":"u","message":"boom"}"#),
        ),
        (
            Fault::Selector { selector: text("#a"), message: message(), matched: None, candidates: Vec::new() },
            "fault.selector",
            text(r##"{"selector":"#a","message":"boom"}"##),
        ),
        (
            Fault::Selector {
                selector: text("#a"),
                message: message(),
                matched: Some(json!({ "tag": "a" })),
                candidates: vec![text("#b")],
            },
            "fault.selector",
            text(r##"{"selector":"#a","message":"boom","matched":{"tag":"a"},"candidates":["#b"]}"##),
        ),
        (
            Fault::Timeout { deadline_ms: 5000, place: place() },
            "fault.timeout",
            format!(r#"{{"deadline_ms":5000,{where_}}}"#),
        ),
        (
            Fault::Limit { limit: text("memory"), value: 1, place: place() },
            "fault.limit",
            format!(r#"{{"limit":"memory","value":1,{where_}}}"#),
        ),
        (Fault::Killed { reason: text("r"), place: place() }, "fault.killed", format!(r#"{{"reason":"r",{where_}}}"#)),
    ];
    for (fault, type_name, data) in table {
        assert_eq!((fault.type_name(), fault.data().to_string()), (type_name, data));
    }
}

#[test]
fn console_and_lines() {
    for (level, name) in [
        (ConsoleLevel::Log, "console.log"),
        (ConsoleLevel::Info, "console.info"),
        (ConsoleLevel::Warn, "console.warn"),
        (ConsoleLevel::Error, "console.error"),
        (ConsoleLevel::Debug, "console.debug"),
    ] {
        let console = Console { level, text: "a".to_owned() };
        assert_eq!((console.type_name(), console.data()), (name, json!({ "text": "a" })));
    }
    let effect = Effect::Title { title: "a".to_owned() };
    assert_eq!(
        Line::of_effect("9", "duoke", &effect, &Cause::new("7", Some("oA"))).to_json(),
        r#"{"specversion":"1.0","id":"9","source":"duoke","type":"effect.title","subject":"oA","cause":"7","data":{"title":"a"}}"#
    );
}
