//! By what a push is known again (wechat-api.md §3, Dedupe).

use ring::digest::{Context, SHA256};

use super::{fields::Fields, typed::Push};
use crate::base::hex::hex;

/// Bytes of the digest that an id carries: 80 bits do not meet by accident.
const DIGEST_BYTES: usize = 10;
/// Characters of an event's name, or of a message's id, that an id shows.
const SHOWN_CHARS_MAX: usize = 40;

/// The key of a push, the same in each of WeChat's attempts to deliver it, as the id of its log line:
/// `push-<MsgId or event>-<CreateTime>-<20 digits>`.
///
/// The digits are the beginning of a SHA-256 over the account and the key itself: of a message MsgId, FromUserName and
/// CreateTime (MsgId alone is not enough: WxJava#333), of an event CreateTime, FromUserName, Event, EventKey and
/// the customer-service accounts of a session. The openid and the EventKey are in there only: an id goes into messages' keys and into logs, where no openid should be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PushKey(String);

impl PushKey {
    pub(super) fn of(push: &Push) -> Self {
        let fields = &push.fields;
        let time = push.create_time.to_string();
        let account = [&*push.to, &*push.from, &*time];
        let (shown, parts) = match (fields.filled("MsgId"), fields.text("Event")) {
            (Some(id), _) if push.is_message() => (id, vec!["message", id]),
            (_, Some(event)) if !push.is_message() => {
                let accounts = ["KfAccount", "FromKfAccount", "ToKfAccount"].into_iter();
                let key = ["event", event, fields.text("EventKey").unwrap_or_default()].into_iter();
                (event, key.chain(accounts.filter_map(|name| fields.filled(name))).collect())
            }
            // A type this release does not know, without an id: all of it is its key.
            _ => return Self::of_all(push, fields, &account),
        };
        Self::new(shown, &time, account.into_iter().chain(parts))
    }

    fn of_all(push: &Push, fields: &Fields, account: &[&str]) -> Self {
        let all = serde_json::Value::Object(fields.as_map().clone()).to_string();
        Self::new(&push.msg_type, account[2], account.iter().copied().chain(["other", &all]))
    }

    fn new<'a>(shown: &str, time: &str, parts: impl Iterator<Item = &'a str>) -> Self {
        let mut context = Context::new(&SHA256);
        for part in parts {
            // With its length, so that no two lists of parts read alike.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let digest = hex(&context.finish().as_ref()[..DIGEST_BYTES]);
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        let shown: String = shown.chars().filter(is_plain).take(SHOWN_CHARS_MAX).collect();
        Self(format!("push-{shown}-{time}-{digest}"))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
