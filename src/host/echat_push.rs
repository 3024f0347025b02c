//! What EChat pages are told of a push (plugin-apis.md §2, `onSelectVisitor` and `onReceiveMsg`).

use serde_json::{Value, json};

use super::acted::read;
use crate::event::Line;
use crate::wechat::push::Inbound;

/// The lines that a push becomes.
pub(super) struct Lines {
    /// The agent turns to whoever writes.
    pub(super) select: Line,
    /// His message.
    pub(super) message: Line,
}

/// The lines of a push of a text, a picture, a video or a voice; none of others, which EChat has no message type for.
///
/// WeChat names the file of a picture by its address and others by media ids only: their addresses are absent.
pub(super) fn lines(push: &Value, line: &Line) -> Option<Lines> {
    let push = read(push)?;
    let mut message = match push.inbound {
        Inbound::Text { content, .. } => json!({ "msgType": 1, "content": content }),
        Inbound::Image { pic_url, .. } if pic_url.is_empty() => json!({ "msgType": 2 }),
        Inbound::Image { pic_url, .. } => json!({ "msgType": 2, "smallImg": pic_url, "sourceImg": pic_url }),
        Inbound::Video { .. } => json!({ "msgType": 3 }),
        Inbound::Voice { .. } => json!({ "msgType": 4 }),
        _ => return None,
    };
    message["visitorId"] = Value::from(push.from.as_str());
    let made = |name: &str, mark: &str, data: Value| Line {
        time: line.time,
        subject: Some(push.from.clone()),
        cause: Some(line.id.clone()),
        ..Line::new(format!("{}-{mark}", line.id), &line.source, format!("stimulus.echat.{name}"), data)
    };
    let select = json!({ "chatStatus": 1, "visitorData": { "visitorId": push.from } });
    Some(Lines { select: made("onSelectVisitor", "select", select), message: made("onReceiveMsg", "message", message) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &Value) -> Option<(Value, Value)> {
        let mut push = json!({"ToUserName": "gh_1", "FromUserName": "oB", "CreateTime": 7});
        push.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let line = Line { time: Some(5), ..Line::new("9", "log", "stimulus.wechat.push", push.clone()) };
        let Lines { select, message } = lines(&push, &line)?;
        assert_eq!((select.id.as_str(), message.id.as_str()), ("9-select", "9-message"));
        assert_eq!((select.time, message.subject.as_deref()), (Some(5), Some("oB")));
        Some((select.data, message.data))
    }

    #[test]
    fn pushes_as_messages() {
        let select = json!({"chatStatus": 1, "visitorData": {"visitorId": "oB"}});
        let table = [
            (json!({"MsgType": "text", "Content": "x"}), json!({"visitorId": "oB", "msgType": 1, "content": "x"})),
            (
                json!({"MsgType": "image", "PicUrl": "http://p/", "MediaId": "M"}),
                json!({"visitorId": "oB", "msgType": 2, "smallImg": "http://p/", "sourceImg": "http://p/"}),
            ),
            (
                json!({"MsgType": "video", "MediaId": "M", "ThumbMediaId": "T"}),
                json!({"visitorId": "oB", "msgType": 3}),
            ),
            (json!({"MsgType": "voice", "MediaId": "M", "Format": "amr"}), json!({"visitorId": "oB", "msgType": 4})),
        ];
        for (push, message) in table {
            assert_eq!(of(&push), Some((select.clone(), message)), "{push}");
        }
        assert_eq!(of(&json!({"MsgType": "event", "Event": "CLICK", "EventKey": "K"})), None);
        let link = json!({"MsgType": "link", "Title": "t", "Description": "d", "Url": "http://u/"});
        assert_eq!(of(&link), None);
    }
}
