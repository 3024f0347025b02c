//! From lines to stimuli.

use serde_json::json;

use super::*;
use crate::event::parse_line;

#[track_caller]
fn read(text: &str) -> Stimulus {
    Stimulus::from_line(&parse_line(text, 3, "log").expect("readable").expect("not blank"))
}

#[test]
fn kinds() {
    let ui = |kind, selector: &str, value| {
        StimulusKind::Ui(UiAction { kind, selector: selector.to_owned(), value, matched: None })
    };
    let composer = |action| StimulusKind::Composer { action, data: json!({ "a": 1 }) };
    let table = [
        (r##"{"type":"stimulus.ui.click","data":{"selector":"#a"}}"##, ui(UiKind::Click, "#a", None)),
        (
            r#"{"type":"stimulus.ui.input","data":{"selector":"b","value":"v"}}"#,
            ui(UiKind::Input, "b", Some(json!("v"))),
        ),
        (
            r#"{"type":"stimulus.ui.change","data":{"selector":"b","value":true}}"#,
            ui(UiKind::Change, "b", Some(json!(true))),
        ),
        (r#"{"type":"stimulus.ui.submit","data":{"selector":"form"}}"#, ui(UiKind::Submit, "form", None)),
        (
            r#"{"type":"stimulus.ui.key","data":{"selector":"b","value":"Enter"}}"#,
            ui(UiKind::Key, "b", Some(json!("Enter"))),
        ),
        (r#"{"type":"stimulus.ui.hover","data":{}}"#, StimulusKind::Other),
        (r#"{"type":"stimulus.page.reload"}"#, StimulusKind::Reload),
        (r#"{"type":"stimulus.tab.activate","data":{}}"#, StimulusKind::TabActivate),
        (r#"{"type":"stimulus.composer.edit","data":{"a":1}}"#, composer(ComposerAction::Edit)),
        (r#"{"type":"stimulus.composer.send","data":{"a":1}}"#, composer(ComposerAction::Send)),
        (r#"{"type":"stimulus.composer.discard","data":{"a":1}}"#, composer(ComposerAction::Discard)),
        (r#"{"type":"stimulus.wechat.push","data":"<xml/>"}"#, StimulusKind::WechatPush(json!("<xml/>"))),
        (
            r#"{"type":"stimulus.echat.onCrmUpdate","data":{"name":"n"}}"#,
            StimulusKind::Echat { event: "onCrmUpdate".to_owned(), data: json!({ "name": "n" }) },
        ),
        (r#"{"type":"stimulus.future.thing","data":{}}"#, StimulusKind::Other),
        (r#"{"type":"effect.title","data":{"title":"a"}}"#, StimulusKind::Other),
        (r#"{"type":"session.start","data":{"format":"1.0"}}"#, StimulusKind::Other),
    ];
    for (text, kind) in table {
        assert_eq!(read(text).kind, kind, "{text}");
    }
}

#[test]
fn the_type_decides_the_event() {
    let stimulus =
        read(r#"{"type":"stimulus.mcs.OnMapMsgClick","data":{"scale":20,"event":"OnUserChange","location":"l"}}"#);
    let StimulusKind::Mcs { event, fields } = stimulus.kind else { panic!("an mcs event") };
    assert_eq!(
        (event.as_str(), Value::Object(fields).to_string().as_str()),
        ("OnMapMsgClick", r#"{"scale":20,"location":"l"}"#)
    );
}

#[test]
fn attributes_are_kept() {
    let line = r#"{"id":"x","type":"stimulus.page.reload","time":"2020-01-01T00:00:01Z","subject":"oA","plugin":"p"}"#;
    let expected = Stimulus {
        id: "x".to_owned(),
        time: Some(1_577_836_801_000),
        subject: Some("oA".to_owned()),
        plugin: Some("p".to_owned()),
        kind: StimulusKind::Reload,
    };
    assert_eq!(read(line), expected);
}

#[test]
fn users() {
    let table = [
        (r#"{"event":"OnUserChange","useraccount":"oA"}"#, Some("oA"), true),
        (r#"{"event":"OnUserChange","userid":"oA"}"#, Some("oA"), true),
        (r#"{"type":"stimulus.mcs.OnUserChange","subject":"oB","data":{"userid":"oA"}}"#, Some("oA"), true),
        (r#"{"type":"stimulus.mcs.OnUserChange","subject":"oB","data":{}}"#, Some("oB"), true),
        (r#"{"type":"stimulus.mcs.OnUserChange","subject":"oB"}"#, Some("oB"), true),
        (r#"{"type":"stimulus.mcs.OnUserChange","data":{}}"#, None, false),
        (r#"{"event":"OnMapMsgClick","userid":"oA"}"#, Some("oA"), false),
        (r#"{"type":"stimulus.mcs.OnMapMsgClick","subject":"oB","data":{"userid":"oA"}}"#, Some("oB"), false),
        (r#"{"type":"stimulus.page.reload","subject":""}"#, None, false),
        (r#"{"type":"stimulus.echat.onReceiveMsg","data":{"visitorId":"oA"}}"#, Some("oA"), false),
        (r#"{"type":"stimulus.echat.onSelectVisitor","subject":"oB","data":{}}"#, Some("oB"), true),
        (r#"{"type":"stimulus.echat.onSelectVisitor","data":{"chatStatus":0}}"#, None, false),
        (
            r#"{"type":"stimulus.echat.onSelectVisitor","subject":"oB","data":{"visitorData":{"visitorId":""}}}"#,
            Some("oB"),
            true,
        ),
        (r#"{"type":"stimulus.echat.onReceiveMsg","data":{"visitorId":""}}"#, None, false),
    ];
    for (text, user, turns) in table {
        let stimulus = read(text);
        assert_eq!(stimulus.user(), user, "{text}");
        assert_eq!(stimulus.turns_to().is_some(), turns, "{text}");
    }
}

#[test]
fn a_subject_stands_in_for_the_openid() {
    let StimulusKind::Mcs { fields, .. } = read(r#"{"type":"stimulus.mcs.OnUserChange","subject":"oA"}"#).kind else {
        panic!("an mcs event")
    };
    assert_eq!(Value::Object(fields), json!({ "useraccount": "oA", "userid": "oA" }));
}

#[test]
fn the_visitor_is_named_where_his_data_does_not() {
    let data = |data: &str| {
        let line = format!(r#"{{"type":"stimulus.echat.onSelectVisitor","subject":"oA","data":{data}}}"#);
        let StimulusKind::Echat { data, .. } = read(&line).kind else { panic!("an echat event") };
        data.to_string()
    };
    let named = r#"{"chatStatus":1,"visitorData":{"visitorId":"oA"}}"#;
    for unnamed in [r#"{"chatStatus":1}"#, r#"{"chatStatus":1,"visitorData":{"visitorId":""}}"#, named] {
        assert_eq!(data(unnamed), named);
    }
    assert_eq!(data(r#"{"visitorData":{"level":"vip"}}"#), r#"{"visitorData":{"visitorId":"oA","level":"vip"}}"#);
}

#[test]
fn an_event_names_one_visitor() {
    let wrong = |data: &str| {
        let line = format!(r#"{{"type":"stimulus.echat.onSelectVisitor","data":{data}}}"#);
        parse_line(&line, 7, "log").err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(wrong(r#"{"visitorId":"oA","visitorData":{"visitorId":"oB"}}"#).contains("not the same"));
    assert!(wrong(r#"{"visitorId":7}"#).contains("is a string"));
    for right in [
        r#"{"visitorId":"oA","visitorData":{"visitorId":"oA"}}"#,
        r#"{"visitorId":"","visitorData":{"visitorId":"oA"}}"#,
    ] {
        assert_eq!(wrong(right), "");
    }
}

#[test]
fn no_conversation_and_no_visitor_turn_a_page_away() {
    let turns_away =
        |data: &str| read(&format!(r#"{{"type":"stimulus.echat.onSelectVisitor","data":{data}}}"#)).turns_away();
    assert!(turns_away(r#"{"chatStatus":0}"#) && turns_away(r#"{"chatStatus":0,"visitorData":{"visitorId":""}}"#));
    assert!(!turns_away(r#"{"chatStatus":0,"visitorData":{"visitorId":"oA"}}"#) && !turns_away(r#"{"chatStatus":2}"#));
}
