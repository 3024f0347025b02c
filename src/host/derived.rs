//! What pages are told because of a push (plugin-apis.md §1.4, §2): stimuli named after it.
//!
//! A customer's message is, to pages of 多客服, that the agent turned to him; to pages of 一洽, that he was selected, and what
//! he wrote. A place that he sent is, where nobody is there to click it, clicked. Events of the account's menu and the
//! like are no messages: pages know nothing of them.

use serde_json::{Map, Value, json};

use super::acted::read;
use crate::event::{Line, Stimulus, StimulusKind};
use crate::wechat::push::{Inbound, Push};

/// The first line of a recording.
const RECORDING: &str = "session.start";

/// What the lines of a log lead to besides.
#[derive(Debug, Default)]
pub(super) struct Deriving {
    /// What was derived from pushes stands in the log.
    is_recording: bool,
}

impl Deriving {
    /// What pages are told because of a line, besides the line itself.
    pub(super) fn of(&mut self, line: &Line, stimulus: &Stimulus) -> Vec<Line> {
        self.is_recording |= line.type_ == RECORDING;
        match &stimulus.kind {
            StimulusKind::WechatPush(push) if !self.is_recording => {
                let mut lines = read(push).map(|push| derived(&push, line)).unwrap_or_default();
                // Pages of 一洽 are told nothing yet.
                lines.retain(|line| !line.type_.starts_with("stimulus.echat."));
                lines
            }
            _ => Vec::new(),
        }
    }
}

/// The lines of a push, in the order in which they are told.
fn derived(push: &Push, line: &Line) -> Vec<Line> {
    if !push.is_message() {
        return Vec::new();
    }
    let openid = &*push.from;
    let of = |name: &str, type_: &str, data: Value| Line {
        time: line.time,
        subject: Some(openid.to_owned()),
        ..Line::new(format!("{}/{name}", line.id), &line.source, type_, data)
    };
    let user = json!({"channeltype": "1", "useraccount": openid, "userid": openid});
    let visitor = json!({"chatStatus": 1, "visitorData": {"visitorId": openid}});
    let mut lines =
        vec![of("user", "stimulus.mcs.OnUserChange", user), of("visitor", "stimulus.echat.onSelectVisitor", visitor)];
    if let Some(message) = message(&push.inbound) {
        let mut data = Map::from_iter([("visitorId".to_owned(), json!(openid))]);
        data.extend(message.as_object().cloned().unwrap_or_default());
        lines.push(of("message", "stimulus.echat.onReceiveMsg", Value::Object(data)));
    }
    if let Inbound::Location { latitude, longitude, scale, label } = &push.inbound {
        let data = json!({"latitude": latitude, "longitude": longitude, "location": label, "scale": scale});
        lines.push(of("map", "stimulus.mcs.OnMapMsgClick", data));
    }
    lines
}

/// What he wrote, in EChat's fields; a file has no source at WeChat. WeChat names voices and videos by media ids, which
/// only the account may fetch: `mediaId`, a field of ours, stands for the address.
fn message(inbound: &Inbound) -> Option<Value> {
    Some(match inbound {
        Inbound::Text { content, .. } => json!({"msgType": 1, "content": content}),
        Inbound::Image { pic_url, .. } => json!({"msgType": 2, "smallImg": pic_url, "sourceImg": pic_url}),
        Inbound::Video { media_id, .. } => json!({"msgType": 3, "mediaId": media_id}),
        Inbound::Voice { media_id, recognition, .. } => match recognition {
            Some(words) => json!({"msgType": 4, "mediaId": media_id, "content": words}),
            None => json!({"msgType": 4, "mediaId": media_id}),
        },
        Inbound::Location { label, .. } => json!({"msgType": 1, "content": label}),
        Inbound::Link { title, url, .. } => json!({"msgType": 1, "content": format!("{title} {url}")}),
        Inbound::Event(_) | Inbound::Unknown => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::push::parse_json;

    fn told(fields: &Value) -> Vec<(String, String, Value)> {
        let mut push = json!({"ToUserName": "gh_1", "FromUserName": "oA", "CreateTime": 7, "MsgId": 9});
        push.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let push = Push::new(parse_json(push.to_string().as_bytes()).unwrap()).unwrap();
        let line = Line { id: "p".to_owned(), ..push.line() };
        let lines = derived(&push, &line);
        assert!(lines.iter().all(|line| line.subject.as_deref() == Some("oA") && line.time == Some(7_000)));
        lines.into_iter().map(|line| (line.id, line.type_, line.data)).collect()
    }

    #[test]
    fn a_text_turns_pages_to_its_customer_and_is_received() {
        let lines = told(&json!({"MsgType": "text", "Content": "在吗"}));
        let ids: Vec<_> = lines.iter().map(|(id, type_, _)| (id.as_str(), type_.as_str())).collect();
        let expected = [
            ("p/user", "stimulus.mcs.OnUserChange"),
            ("p/visitor", "stimulus.echat.onSelectVisitor"),
            ("p/message", "stimulus.echat.onReceiveMsg"),
        ];
        assert_eq!(ids, expected);
        assert_eq!(lines[0].2, json!({"channeltype": "1", "useraccount": "oA", "userid": "oA"}));
        assert_eq!(lines[2].2, json!({"visitorId": "oA", "msgType": 1, "content": "在吗"}));
    }

    #[test]
    fn by_type() {
        let message = |fields: &Value| told(fields).into_iter().find(|(id, ..)| id == "p/message").map(|found| found.2);
        let image = message(&json!({"MsgType": "image", "PicUrl": "http://a/b.jpg", "MediaId": "M"}));
        let expected =
            json!({"visitorId": "oA", "msgType": 2, "smallImg": "http://a/b.jpg", "sourceImg": "http://a/b.jpg"});
        assert_eq!(image, Some(expected));
        let voice = message(&json!({"MsgType": "voice", "MediaId": "M", "Format": "amr"}));
        assert_eq!(voice, Some(json!({"visitorId": "oA", "msgType": 4, "mediaId": "M"})));
        let video = message(&json!({"MsgType": "video", "MediaId": "M", "ThumbMediaId": "T"}));
        assert_eq!(video, Some(json!({"visitorId": "oA", "msgType": 3, "mediaId": "M"})));
        assert_eq!(message(&json!({"MsgType": "smell"})), None);
        let place =
            json!({"MsgType": "location", "Location_X": "23.1", "Location_Y": "113.3", "Scale": "15", "Label": "广州"});
        let map = told(&place).into_iter().find(|(id, ..)| id == "p/map").unwrap();
        assert_eq!(map.2, json!({"latitude": 23.1, "longitude": 113.3, "location": "广州", "scale": 15.0}));
        assert_eq!(told(&json!({"MsgType": "event", "Event": "CLICK", "EventKey": "K"})), []);
    }

    #[test]
    fn a_recording_has_its_own() {
        let mut deriving = Deriving::default();
        let push =
            json!({"ToUserName": "gh_1", "FromUserName": "oA", "CreateTime": "7", "MsgType": "text", "Content": "x"});
        let line = Line::new("1", "log", "stimulus.wechat.push", push);
        let mut of = |line: &Line| deriving.of(line, &Stimulus::from_line(line)).len();
        assert_eq!(of(&line), 1);
        assert_eq!(of(&Line::new("0", "log", "session.start", json!({}))), 0);
        assert_eq!(of(&line), 0);
    }
}
