//! The type of an event in a word of a fixed set, for metrics: what strangers name is not in it.

use crate::event::Line;

/// What customers send, and what WeChat reports of them (wechat-api.md §3).
const PUSHES: [&str; 23] = [
    "push.text",
    "push.image",
    "push.voice",
    "push.video",
    "push.shortvideo",
    "push.location",
    "push.link",
    "push.miniprogrampage",
    "push.event.subscribe",
    "push.event.unsubscribe",
    "push.event.SCAN",
    "push.event.LOCATION",
    "push.event.CLICK",
    "push.event.VIEW",
    "push.event.view_miniprogram",
    "push.event.scancode_push",
    "push.event.scancode_waitmsg",
    "push.event.user_enter_tempsession",
    "push.event.kf_create_session",
    "push.event.kf_close_session",
    "push.event.kf_switch_session",
    "push.event.TEMPLATESENDJOBFINISH",
    "push.event.MASSSENDJOBFINISH",
];

/// A push by its `MsgType` and `Event`, `push.other` where this release does not know it; another stimulus by its family.
pub(super) fn kind(line: &Line) -> &'static str {
    let Some(name) = line.type_.strip_prefix("stimulus.") else { return "other" };
    if name == "wechat.push" {
        return push(line);
    }
    let family = name.split('.').next().unwrap_or_default();
    ["mcs", "echat", "ui", "page", "tab", "composer"].into_iter().find(|known| *known == family).unwrap_or("other")
}

fn push(line: &Line) -> &'static str {
    let text = |name: &str| line.data.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let found = match text("MsgType") {
        "event" => PUSHES.into_iter().find(|known| known.strip_prefix("push.event.") == Some(text("Event"))),
        type_ => PUSHES.into_iter().find(|known| known.strip_prefix("push.") == Some(type_) && !type_.contains('.')),
    };
    found.unwrap_or("push.other")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_fixed_set() {
        let push = |type_: &str, event: &str| {
            kind(&Line::new("1", "s", "stimulus.wechat.push", json!({"MsgType": type_, "Event": event})))
        };
        assert_eq!([push("text", ""), push("event", "CLICK")], ["push.text", "push.event.CLICK"]);
        assert_eq!([push("event", "oA"), push("oA", ""), push("event.CLICK", "")], ["push.other"; 3]);
        let other = |type_: &str| kind(&Line::new("1", "s", type_, json!(null)));
        assert_eq!(
            ["stimulus.mcs.OnUserChange", "stimulus.ui.click", "stimulus.oA", "oA"].map(other),
            ["mcs", "ui", "other", "other"]
        );
    }
}
