//! What a stimulus says about what may be sent to its customer.

use serde_json::Value;

use crate::event::{Stimulus, StimulusKind};
use crate::session::window::Deed;
use crate::store::Acted;
use crate::wechat::push::{Push, parse_json, parse_xml};

/// What a customer did, if anything. A push is WeChat's own word; of one that does not read as such, and of what an
/// EChat page is told, it is only known that the customer is there.
pub(super) fn acted(stimulus: &Stimulus) -> Option<Acted> {
    match &stimulus.kind {
        StimulusKind::WechatPush(push) => match read(push) {
            Some(push) => {
                let at = push.create_time.saturating_mul(1_000);
                Some(Acted { deed: push.deed()?, openid: push.from, at })
            }
            None => appears(push.get("FromUserName").and_then(Value::as_str)),
        },
        StimulusKind::Echat { event, .. } if event == "onReceiveMsg" => appears(stimulus.user()),
        _ => None,
    }
}

fn appears(openid: Option<&str>) -> Option<Acted> {
    Some(Acted { openid: openid?.to_owned(), deed: Deed::Appears, at: 0 })
}

/// A push as its line has it.
pub(super) fn read(push: &Value) -> Option<Push> {
    let fields = match push {
        Value::String(xml) => parse_xml(xml.as_bytes()),
        push => parse_json(push.to_string().as_bytes()),
    };
    Push::new(fields.ok()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::Line;
    use crate::session::window::Trigger;

    fn of(type_: &str, data: Value) -> Option<(String, Deed, i64)> {
        let line = Line { subject: Some("oA".to_owned()), ..Line::new("1", "log", type_, data) };
        acted(&Stimulus::from_line(&line)).map(|acted| (acted.openid, acted.deed, acted.at))
    }

    fn push(fields: &Value) -> Option<(String, Deed, i64)> {
        let mut push = json!({"ToUserName": "gh_1", "FromUserName": "oB", "CreateTime": 7});
        push.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        of("stimulus.wechat.push", push)
    }

    #[test]
    fn pushes_and_what_they_mean() {
        let opens = |trigger| Some(("oB".to_owned(), Deed::Opens(trigger), 7_000));
        assert_eq!(push(&json!({"MsgType": "text", "Content": "x"})), opens(Trigger::Message));
        assert_eq!(push(&json!({"MsgType": "text", "Content": "x", "bizmsgmenuid": "1"})), opens(Trigger::Menu));
        assert_eq!(push(&json!({"MsgType": "smell"})), opens(Trigger::Message));
        assert_eq!(push(&json!({"MsgType": "event", "Event": "CLICK", "EventKey": "K"})), opens(Trigger::Menu));
        assert_eq!(push(&json!({"MsgType": "event", "Event": "subscribe"})), opens(Trigger::Subscribe));
        assert_eq!(push(&json!({"MsgType": "event", "Event": "SCAN", "EventKey": "1"})), opens(Trigger::Scan));
        assert_eq!(push(&json!({"MsgType": "event", "Event": "VIEW", "EventKey": "http://a/"})), None);
        let session = push(&json!({"MsgType": "event", "Event": "kf_close_session", "KfAccount": "kf1@a"}));
        assert_eq!(session, Some(("oB".to_owned(), Deed::Appears, 7_000)));
        let left = push(&json!({"MsgType": "event", "Event": "unsubscribe"}));
        assert_eq!(left, Some(("oB".to_owned(), Deed::Leaves, 7_000)));
        let xml = "<xml><ToUserName>g</ToUserName><FromUserName>oB</FromUserName><CreateTime>7</CreateTime>\
                   <MsgType>text</MsgType><Content>x</Content></xml>";
        assert_eq!(of("stimulus.wechat.push", json!(xml)), opens(Trigger::Message));
    }

    #[test]
    fn who_is_only_there() {
        let appears = |openid: &str| Some((openid.to_owned(), Deed::Appears, 0));
        assert_eq!(of("stimulus.wechat.push", json!({"FromUserName": "oB"})), appears("oB"));
        assert_eq!(of("stimulus.echat.onReceiveMsg", json!({"content": "x"})), appears("oA"));
        assert_eq!(of("stimulus.wechat.push", json!("<xml>")), None);
        assert_eq!(of("stimulus.mcs.OnUserChange", json!({"useraccount": "oA"})), None);
    }
}
