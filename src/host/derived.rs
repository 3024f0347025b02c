//! What pages are told because of a push (plugin-apis.md §1.4, §2): stimuli named after it.
//!
//! A customer's message is, to pages of 多客服, that the agent turned to him; to pages of 一洽, that he was selected, and where
//! they have a type for it what he wrote. A place that he sent is, where nobody is there to click it, clicked. Events of the account's menu and the
//! like are no messages: pages know nothing of them.

use serde_json::{Value, json};

use super::acted::read;
use crate::config::Dialect;
use crate::event::{Line, Stimulus, StimulusKind};
use crate::wechat::push::{Inbound, Push};

/// The first line of a recording.
const RECORDING: &str = "session.start";

/// A line that is told because of a push, and the pages that it is for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Derived {
    pub(super) line: Line,
    pub(super) dialect: Dialect,
    pub(super) whom: Whom,
}

/// Which pages of its dialect a derived line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// All.
    All,
    /// Those that are turned to somebody else, or to nobody yet.
    TurnedElsewhere,
    /// Those of plugins with `extra_events`.
    Extra,
}

/// What the lines of a log lead to besides.
#[derive(Debug, Default)]
pub(super) struct Deriving {
    /// What was derived from pushes stands in the log.
    is_recording: bool,
}

impl Deriving {
    /// What pages are told because of a line, besides the line itself.
    pub(super) fn of(&mut self, line: &Line, stimulus: &Stimulus) -> Vec<Derived> {
        self.is_recording |= line.type_ == RECORDING;
        match &stimulus.kind {
            StimulusKind::WechatPush(push) if !self.is_recording => {
                read(push).map(|push| derived(&push, line)).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}

/// The lines of a push, in the order in which they are told.
fn derived(push: &Push, line: &Line) -> Vec<Derived> {
    if !push.is_message() {
        return Vec::new();
    }
    let openid = &*push.from;
    let of = |name: &str, dialect: Dialect, event: &str, data: Value| {
        let kind = if dialect == Dialect::Mcs { "mcs" } else { "echat" };
        let line = Line {
            time: line.time,
            subject: Some(openid.to_owned()),
            cause: Some(line.id.clone()),
            ..Line::new(format!("{}/{name}", line.id), &line.source, format!("stimulus.{kind}.{event}"), data)
        };
        let whom = match (dialect, event) {
            (Dialect::Echat, "onSelectVisitor") => Whom::TurnedElsewhere,
            (Dialect::Mcs, "OnReceiveMsg") => Whom::Extra,
            _ => Whom::All,
        };
        Derived { line, dialect, whom }
    };
    let user = json!({"channeltype": "1", "useraccount": openid, "userid": openid});
    let mut lines = vec![of("user", Dialect::Mcs, "OnUserChange", user)];
    if let Inbound::Location { latitude, longitude, scale, label } = &push.inbound {
        let data = json!({"latitude": latitude, "longitude": longitude, "location": label, "scale": scale});
        lines.push(of("map", Dialect::Mcs, "OnMapMsgClick", data));
    }
    let message = message(&push.inbound).map(|mut message| {
        message["visitorId"] = Value::from(openid);
        message
    });
    lines.extend(message.clone().map(|message| of("extra", Dialect::Mcs, "OnReceiveMsg", message)));
    // Whatever he sent, what the page does from now on is for him: it has to know.
    let visitor = json!({"chatStatus": 1, "visitorData": {"visitorId": openid}});
    lines.push(of("select", Dialect::Echat, "onSelectVisitor", visitor));
    lines.extend(message.map(|message| of("message", Dialect::Echat, "onReceiveMsg", message)));
    lines
}

/// What he wrote, in EChat's fields; nothing where EChat has no type for it. WeChat names the file of a picture by its
/// address and others by media ids only: their addresses are absent.
fn message(inbound: &Inbound) -> Option<Value> {
    Some(match inbound {
        Inbound::Text { content, .. } => json!({"msgType": 1, "content": content}),
        Inbound::Image { pic_url, .. } if pic_url.is_empty() => json!({"msgType": 2}),
        Inbound::Image { pic_url, .. } => json!({"msgType": 2, "smallImg": pic_url, "sourceImg": pic_url}),
        Inbound::Video { .. } => json!({"msgType": 3}),
        Inbound::Voice { .. } => json!({"msgType": 4}),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(fields: &Value) -> Line {
        let mut push = json!({"ToUserName": "gh_1", "FromUserName": "oA", "CreateTime": "7", "MsgId": "9"});
        push.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        Line { time: Some(5), ..Line::new("p", "log", "stimulus.wechat.push", push) }
    }

    fn told(fields: &Value) -> Vec<(String, String, Value)> {
        let line = push(fields);
        let lines = Deriving::default().of(&line, &Stimulus::from_line(&line));
        let is_like_it = |one: &Derived| one.line.subject.as_deref() == Some("oA") && one.line.time == Some(5);
        assert!(lines.iter().all(is_like_it));
        lines.into_iter().map(|one| (one.line.id, one.line.type_, one.line.data)).collect()
    }

    #[test]
    fn a_text_turns_pages_to_its_customer_and_is_received() {
        let lines = told(&json!({"MsgType": "text", "Content": "在吗"}));
        let ids: Vec<_> = lines.iter().map(|(id, type_, _)| (id.as_str(), type_.as_str())).collect();
        let expected = [
            ("p/user", "stimulus.mcs.OnUserChange"),
            ("p/extra", "stimulus.mcs.OnReceiveMsg"),
            ("p/select", "stimulus.echat.onSelectVisitor"),
            ("p/message", "stimulus.echat.onReceiveMsg"),
        ];
        assert_eq!(ids, expected);
        assert_eq!(lines[0].2, json!({"channeltype": "1", "useraccount": "oA", "userid": "oA"}));
        assert_eq!(lines[2].2, json!({"chatStatus": 1, "visitorData": {"visitorId": "oA"}}));
        for message in [&lines[1], &lines[3]] {
            assert_eq!(message.2, json!({"visitorId": "oA", "msgType": 1, "content": "在吗"}));
        }
    }

    #[test]
    fn by_type() {
        let message = |fields: Value| told(&fields).into_iter().find(|(id, ..)| id == "p/message").map(|found| found.2);
        let image = message(json!({"MsgType": "image", "PicUrl": "http://p/", "MediaId": "M"}));
        let expected = json!({"visitorId": "oA", "msgType": 2, "smallImg": "http://p/", "sourceImg": "http://p/"});
        assert_eq!(image, Some(expected));
        let voice = message(json!({"MsgType": "voice", "MediaId": "M", "Format": "amr"}));
        assert_eq!(voice, Some(json!({"visitorId": "oA", "msgType": 4})));
        let video = message(json!({"MsgType": "video", "MediaId": "M", "ThumbMediaId": "T"}));
        assert_eq!(video, Some(json!({"visitorId": "oA", "msgType": 3})));
        assert_eq!(message(json!({"MsgType": "smell"})), None);
        let selects = |fields: &Value| told(fields).iter().any(|(id, ..)| id == "p/select");
        assert!(selects(&json!({"MsgType": "smell"})));
        let place =
            json!({"MsgType": "location", "Location_X": "23.1", "Location_Y": "113.3", "Scale": "15", "Label": "广州"});
        assert!(selects(&place));
        let map = told(&place).into_iter().find(|(id, ..)| id == "p/map").unwrap();
        assert_eq!(map.2, json!({"latitude": 23.1, "longitude": 113.3, "location": "广州", "scale": 15.0}));
        assert_eq!(told(&json!({"MsgType": "event", "Event": "CLICK", "EventKey": "K"})), []);
    }

    #[test]
    fn a_recording_has_its_own() {
        let mut deriving = Deriving::default();
        let line = push(&json!({"MsgType": "text", "Content": "x"}));
        let mut of = |line: &Line| deriving.of(line, &Stimulus::from_line(line)).len();
        assert_eq!(of(&line), 4);
        assert_eq!(of(&Line::new("0", "log", "session.start", json!({}))), 0);
        assert_eq!(of(&line), 0);
    }
}
