//! What a user's actions still allow (wechat-api.md §1, Limits: window, sends per trigger).

use serde_json::{Map, Value};

use super::answer::Refusal;
use crate::{
    base::clock::TimestampMs,
    wechat::{Allowance, Profile},
};

/// What a user did, as far as it lets the account write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    Message,
    Menu,
    Subscribe,
    Scan,
    Payment,
}

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

/// What a push means for the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// It opens one.
    Opens(Trigger),
    /// It closes all.
    Leaves,
    /// Nothing.
    Neutral,
}

/// Reads a push in WeChat's own field names; `Err` says what is wrong with it.
pub(super) fn act(push: &Map<String, Value>) -> Result<Act, String> {
    let text = |field: &str| push.get(field).and_then(Value::as_str);
    match text("MsgType") {
        Some("event") => match text("Event") {
            Some("unsubscribe") => Ok(Act::Leaves),
            Some(event) => {
                let opens = EVENTS.iter().find(|(name, _)| *name == event);
                Ok(opens.map_or(Act::Neutral, |(_, trigger)| Act::Opens(*trigger)))
            }
            None => Err("an event needs Event".to_owned()),
        },
        // A tap on a msgmenu comes as a text and counts as a menu click.
        Some("text") if push.contains_key("bizmsgmenuid") => Ok(Act::Opens(Trigger::Menu)),
        Some(message) if MESSAGES.contains(&message) => Ok(Act::Opens(Trigger::Message)),
        Some(other) => Err(format!("unknown MsgType {other:?}: it is event or one of {}", MESSAGES.join(", "))),
        None => Err("MsgType is missing".to_owned()),
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    trigger: Trigger,
    until: TimestampMs,
    left: Option<u32>,
}

/// One user's buckets, one for each kind of action.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    buckets: Vec<Bucket>,
}

impl Window {
    /// An action fills its bucket anew.
    pub(super) fn open(&mut self, trigger: Trigger, profile: &Profile, now: TimestampMs) {
        let Allowance { sends, window_ms } = match trigger {
            Trigger::Message => profile.after_message,
            Trigger::Menu | Trigger::Subscribe | Trigger::Scan => profile.after_click,
            Trigger::Payment => profile.after_payment,
        };
        self.buckets.retain(|bucket| bucket.trigger != trigger);
        self.buckets.push(Bucket { trigger, until: now + window_ms, left: sends });
    }

    /// The user has left.
    pub(super) fn close(&mut self) {
        self.buckets.clear();
    }

    /// Whether any action of the user's still counts, used up or not.
    pub(super) fn is_open(&self, now: TimestampMs) -> bool {
        self.buckets.iter().any(|bucket| now < bucket.until)
    }

    /// Whether a message may be sent now.
    pub(super) fn check(&self, now: TimestampMs) -> Result<(), Refusal> {
        let mut live = self.buckets.iter().filter(|bucket| now < bucket.until).peekable();
        if live.peek().is_none() {
            return Err(Refusal(45015));
        }
        if live.any(|bucket| bucket.left != Some(0)) { Ok(()) } else { Err(Refusal(45047)) }
    }

    /// Takes one message from the longest-lived bucket that has any.
    pub(super) fn take(&mut self, now: TimestampMs) -> Result<(), Refusal> {
        self.check(now)?;
        let usable = self.buckets.iter_mut().filter(|bucket| now < bucket.until && bucket.left != Some(0));
        if let Some(left) = usable.max_by_key(|bucket| bucket.until).and_then(|bucket| bucket.left.as_mut()) {
            *left -= 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const MINUTE: i64 = 60_000;

    fn taken(window: &mut Window, now: i64) -> usize {
        (0..100).take_while(|_| window.take(now).is_ok()).count()
    }

    #[test]
    fn sends_by_profile_and_trigger() {
        let table = [
            (Profile::y2017(), Trigger::Message, 100, 48 * HOUR),
            (Profile::y2017(), Trigger::Menu, 100, 48 * HOUR),
            (Profile::y2021(), Trigger::Message, 20, 48 * HOUR),
            (Profile::y2021(), Trigger::Payment, 20, 48 * HOUR),
            (Profile::y2025(), Trigger::Message, 5, 48 * HOUR),
            (Profile::y2025(), Trigger::Menu, 3, MINUTE),
            (Profile::y2025(), Trigger::Subscribe, 3, MINUTE),
            (Profile::y2025(), Trigger::Scan, 3, MINUTE),
            (Profile::y2025(), Trigger::Payment, 100, 48 * HOUR),
        ];
        for (profile, trigger, sends, window_ms) in table {
            let mut window = Window::default();
            window.open(trigger, &profile, 0);
            assert_eq!(window.check(window_ms), Err(Refusal(45015)), "{} {trigger:?}", profile.name);
            assert_eq!(taken(&mut window, window_ms - 1), sends, "{} {trigger:?}", profile.name);
            let after = if sends == 100 { Ok(()) } else { Err(Refusal(45047)) };
            assert_eq!(window.check(window_ms - 1), after);
        }
    }

    #[test]
    fn buckets_add_up_and_a_message_fills_its_own_anew() {
        let profile = Profile::y2025();
        let mut window = Window::default();
        assert_eq!(window.take(0), Err(Refusal(45015)));
        window.open(Trigger::Message, &profile, 0);
        window.open(Trigger::Menu, &profile, 0);
        assert_eq!(taken(&mut window, 0), 8);
        window.open(Trigger::Message, &profile, 1);
        assert_eq!(taken(&mut window, 1), 5);
        window.open(Trigger::Menu, &profile, 2);
        assert_eq!(window.check(2 + MINUTE), Err(Refusal(45047)), "the message's bucket is live and empty");
        window.close();
        assert_eq!(window.check(2), Err(Refusal(45015)));
    }

    #[test]
    fn pushes() {
        let read = |text: &str| act(serde_json::from_str::<Value>(text).unwrap().as_object().unwrap());
        assert_eq!(read(r#"{"MsgType":"text","Content":"x"}"#), Ok(Act::Opens(Trigger::Message)));
        assert_eq!(read(r#"{"MsgType":"text","bizmsgmenuid":"1"}"#), Ok(Act::Opens(Trigger::Menu)));
        assert_eq!(read(r#"{"MsgType":"event","Event":"CLICK"}"#), Ok(Act::Opens(Trigger::Menu)));
        assert_eq!(read(r#"{"MsgType":"event","Event":"VIEW"}"#), Ok(Act::Neutral));
        assert_eq!(read(r#"{"MsgType":"event","Event":"unsubscribe"}"#), Ok(Act::Leaves));
        assert!(read(r#"{"MsgType":"event"}"#).is_err());
        assert!(read(r#"{"MsgType":"smell"}"#).is_err());
        assert!(read("{}").is_err());
    }
}
