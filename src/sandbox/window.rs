//! What a user's actions still allow (wechat-api.md §1, Limits: window, sends per trigger).

use serde_json::{Map, Value};

use super::answer::Refusal;
use crate::{
    base::clock::TimestampMs,
    session::window::{Deed, Standing, Trigger, Window},
    wechat::Profile,
};

/// Messages a user may send.
const MESSAGES: &[&str] = &["text", "image", "voice", "video", "shortvideo", "location", "link"];
/// Events that open a window. No push tells of a payment: `payment` is the sandbox's own name for it.
const EVENTS: &[(&str, Trigger)] = &[
    ("subscribe", Trigger::Subscribe),
    ("SCAN", Trigger::Scan),
    ("CLICK", Trigger::Menu),
    ("scancode_push", Trigger::Menu),
    ("scancode_waitmsg", Trigger::Menu),
    ("payment", Trigger::Payment),
];

/// What a push in WeChat's own field names means for the window, if anything; `Err` says what is wrong with it.
pub(super) fn deed(push: &Map<String, Value>) -> Result<Option<Deed>, String> {
    let text = |field: &str| push.get(field).and_then(Value::as_str);
    match text("MsgType") {
        Some("event") => match text("Event") {
            Some("unsubscribe") => Ok(Some(Deed::Leaves)),
            Some(event) => {
                let opens = EVENTS.iter().find(|(name, _)| *name == event);
                Ok(opens.map(|(_, trigger)| Deed::Opens(*trigger)))
            }
            None => Err("an event needs Event".to_owned()),
        },
        // A tap on a msgmenu comes as a text and counts as a menu click.
        Some("text") if push.contains_key("bizmsgmenuid") => Ok(Some(Deed::Opens(Trigger::Menu))),
        Some(message) if MESSAGES.contains(&message) => Ok(Some(Deed::Opens(Trigger::Message))),
        Some(other) => Err(format!("unknown MsgType {other:?}: it is event or one of {}", MESSAGES.join(", "))),
        None => Err("MsgType is missing".to_owned()),
    }
}

/// Whether a message may be sent now: 45015 where no action counts, 45047 where what it allows is used up.
pub(super) fn check(window: &Window, profile: &Profile, now: TimestampMs) -> Result<(), Refusal> {
    match window.standing(&profile.allowances(), now) {
        Standing::Open { .. } => Ok(()),
        Standing::Closed(closed) => Err(Refusal(closed.errcode())),
        Standing::Unknown => Err(Refusal(45015)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals() {
        let profile = Profile::y2025();
        let mut window = Window::default();
        assert_eq!(check(&window, &profile, 0), Err(Refusal(45015)));
        window.acts(Deed::Opens(Trigger::Menu), 0, 0);
        for _ in 0..3 {
            assert_eq!(check(&window, &profile, 0), Ok(()));
            window.sent(&profile.allowances(), 0);
        }
        assert_eq!(check(&window, &profile, 0), Err(Refusal(45047)));
        assert_eq!(check(&window, &profile, 60_000), Err(Refusal(45015)));
    }

    #[test]
    fn pushes() {
        let read = |text: &str| deed(serde_json::from_str::<Value>(text).unwrap().as_object().unwrap());
        assert_eq!(read(r#"{"MsgType":"text","Content":"x"}"#), Ok(Some(Deed::Opens(Trigger::Message))));
        assert_eq!(read(r#"{"MsgType":"text","bizmsgmenuid":"1"}"#), Ok(Some(Deed::Opens(Trigger::Menu))));
        assert_eq!(read(r#"{"MsgType":"event","Event":"CLICK"}"#), Ok(Some(Deed::Opens(Trigger::Menu))));
        assert_eq!(read(r#"{"MsgType":"event","Event":"VIEW"}"#), Ok(None));
        assert_eq!(read(r#"{"MsgType":"event","Event":"unsubscribe"}"#), Ok(Some(Deed::Leaves)));
        assert!(read(r#"{"MsgType":"event"}"#).is_err());
        assert!(read(r#"{"MsgType":"smell"}"#).is_err());
        assert!(read("{}").is_err());
    }
}
