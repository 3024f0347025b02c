//! Every push of WeChat's manual, in both formats.

use std::collections::HashSet;

use serde_json::{Map, json};

use super::super::{parse_json, parse_xml};
use super::*;

/// The bodies of all message and event types, without the common fields.
fn templates() -> Vec<(String, String)> {
    serde_json::from_str(include_str!("../../../../tests/wechat/push_msgs.json")).expect("JSON")
}

fn body(template: &str) -> String {
    let common = "<ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oA]]></FromUserName>\
                  <CreateTime>1348831860</CreateTime>";
    format!("<xml>{common}{}</xml>", template.replace("{id}", "1234567890123456"))
}

fn push(name: &str) -> Push {
    let (_, template) = templates().into_iter().find(|(known, _)| known == name).expect(name);
    Push::new(parse_xml(body(&template).as_bytes()).expect(name)).expect(name)
}

fn with(push: &Push, name: &str, value: &str) -> Push {
    let mut fields = push.fields.clone();
    fields.0.insert(name.to_owned(), Value::from(value));
    Push::new(fields).expect("a push")
}

#[test]
fn every_type_of_the_manual() {
    let text = str::to_owned;
    let some = |value: &str| Some(value.to_owned());
    let scan = |waits, result: &str| {
        let (event_key, scan_type, scan_result) = (text("6"), text("qrcode"), text(result));
        Inbound::Event(PushEvent::ScanCode { event_key, scan_type, scan_result, waits })
    };
    let video = |media_id: &str, is_short| {
        let (media_id, thumb_media_id) = (text(media_id), text("mid_thumb"));
        Inbound::Video { media_id, thumb_media_id, is_short }
    };
    let (event, kf_account) = (Inbound::Event, text("test1@test"));
    let location =
        Inbound::Location { latitude: 23.134521, longitude: 113.358803, scale: 20.0, label: text("位置信息") };
    let place = PushEvent::Location { latitude: 23.137466, longitude: 113.352425, precision: 119.38504 };
    let link =
        Inbound::Link {
            title: text("公众平台官网链接"), description: text("d"), url: text("http://u/?a=1&b=2")
        };
    let voice =
        Inbound::Voice { media_id: text("mid_voice"), format: text("amr"), recognition: some("腾讯微信团队") };
    let view = PushEvent::View { url: text("http://www.qq.com"), menu_id: some("439342175") };
    let scanned = PushEvent::Subscribe { event_key: some("qrscene_123123"), ticket: some("TICKET") };
    let expected = [
        ("text", Inbound::Text { content: text("你好 <b>&amp; 世界"), menu_id: None }),
        ("text.menu", Inbound::Text { content: text("满意"), menu_id: some("101") }),
        ("image", Inbound::Image { pic_url: text("http://mmbiz.qpic.cn/x"), media_id: text("mid_img") }),
        ("voice", voice),
        ("video", video("mid_video", false)),
        ("shortvideo", video("mid_sv", true)),
        ("location", location),
        ("link", link),
        ("event.subscribe", event(PushEvent::Subscribe { event_key: None, ticket: None })),
        ("event.subscribe.scan", event(scanned)),
        ("event.unsubscribe", event(PushEvent::Unsubscribe)),
        ("event.SCAN", event(PushEvent::Scan { event_key: text("123"), ticket: some("TICKET") })),
        ("event.LOCATION", event(place)),
        ("event.CLICK", event(PushEvent::Click { event_key: text("KEY1") })),
        ("event.VIEW", event(view)),
        ("event.scancode_push", scan(false, "1")),
        ("event.scancode_waitmsg", scan(true, "2")),
        ("event.kf_create_session", event(PushEvent::KfCreateSession { kf_account: kf_account.clone() })),
        ("event.kf_close_session", event(PushEvent::KfCloseSession { kf_account: kf_account.clone() })),
        ("event.kf_switch_session", event(PushEvent::KfSwitchSession { from: kf_account, to: text("test2@test") })),
        ("event.unknown", Inbound::Unknown),
        ("type.unknown", Inbound::Unknown),
    ];
    for (name, inbound) in &expected {
        assert_eq!(push(name).inbound, *inbound, "{name}");
    }
    let tested: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    let known = templates();
    assert_eq!(tested, known.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
}

#[test]
fn both_formats_read_alike() {
    for (name, template) in templates() {
        let xml = parse_xml(body(&template).as_bytes()).expect("XML");
        let text = Value::Object(xml.0.clone()).to_string();
        assert_eq!(parse_json(text.as_bytes()), Ok(xml), "{name}");
    }
    let numerals = r#"{"ToUserName":"gh_1","FromUserName":"oA","CreateTime":1348831860,"MsgType":"location",
        "Location_X":23.134521,"Location_Y":113.358803,"Scale":20,"Label":"位置信息","MsgId":1234567890123456}"#;
    let read = Push::new(parse_json(numerals.as_bytes()).expect("JSON")).expect("a push");
    assert_eq!(read, push("location"));
}

#[test]
fn the_line_of_a_push() {
    let line = push("event.unknown").line();
    assert_eq!(
        (line.type_.as_str(), line.source.as_str(), line.subject.as_deref(), line.time),
        ("stimulus.wechat.push", "wechat:gh_1", Some("oA"), Some(1_348_831_860_000))
    );
    let data = json!({
        "ToUserName": "gh_1", "FromUserName": "oA", "CreateTime": "1348831860", "MsgType": "event",
        "Event": "some_future_event", "Foo": {"Bar": "1"}
    });
    assert_eq!(line.data, data);
    // Stores hold these ids, and logs: they stay as they are.
    assert_eq!(line.id, "push-some_future_event-1348831860-08f2f97a83a897b715da");
    assert_eq!(push("text").line().id, "push-1234567890123456-1348831860-3bd1382ce94e3d144cd1");
}

#[test]
fn what_makes_a_push_another_one() {
    let (text, click) = (push("text"), push("event.CLICK"));
    let same = [with(&text, "Content", "x"), with(&click, "Ticket", "x")];
    assert_eq!([text.key(), click.key()], same.map(|push| push.key()));
    let others = ["ToUserName", "FromUserName", "CreateTime", "MsgId", "Event", "EventKey"];
    let keys = others.iter().flat_map(|name| [with(&text, name, "12"), with(&click, name, "12")]);
    // Of a message Event and EventKey do not count, of an event MsgId does not.
    let known: HashSet<_> = keys.map(|push| push.key()).collect();
    assert_eq!(known.len(), 2 * others.len() - 1);
    assert!(!known.iter().any(|key| key.as_str().contains("oA")));
}

#[test]
fn a_key_is_readable_whatever_an_event_is_called() {
    let key = with(&push("event.CLICK"), "Event", &format!("a/b c\u{202e}{}", "x".repeat(99))).key();
    let shown = format!("push-abc{}-1348831860-", "x".repeat(37));
    assert_eq!(key.as_str().strip_prefix(&shown).map(str::len), Some(20), "{key:?}");
}

#[test]
fn what_every_push_has() {
    let fields = push("text").fields;
    for name in ["ToUserName", "FromUserName", "CreateTime", "MsgType"] {
        for wrong in [None, Some(json!("")), Some(json!({"x": "1"}))] {
            let mut fields: Map<String, Value> = fields.0.clone();
            fields.shift_remove(name);
            fields.extend(wrong.map(|wrong| (name.to_owned(), wrong)));
            assert_eq!(Push::new(Fields(fields)), Err(NoPush::Field(name)));
        }
    }
    for wrong in ["-1", "soon", "1e9", "99999999999999999999"] {
        let mut fields = fields.clone();
        fields.0.insert("CreateTime".to_owned(), Value::from(wrong));
        assert_eq!(Push::new(fields), Err(NoPush::Field("CreateTime")));
    }
    // A known type without what the manual promises is kept as it is.
    assert_eq!(with(&push("location"), "Location_X", "north").inbound, Inbound::Unknown);
}
