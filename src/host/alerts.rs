//! What a person should know of messages that do not go out: of one message's trouble each time, of trouble that all share
//! once.

use super::watch::Notice;
use crate::base::clock::format_rfc3339;
use crate::outbox::{Delivery, Outcome};
use crate::store::Scope;
use crate::wechat::Call;

/// What was told, until a message goes out again.
#[derive(Debug)]
pub(super) struct Alerts {
    server: String,
    told: Vec<(Scope, Outcome, Option<i64>)>,
}

impl Alerts {
    /// With the server the messages are for.
    pub(super) fn new(server: String) -> Self {
        Self { server, told: Vec::new() }
    }

    /// What a person should know of a try, where he does not know it already.
    pub(super) fn of(&mut self, delivery: &Delivery) -> Option<Notice> {
        if delivery.outcome == Outcome::Sent {
            let shows_media = delivery.receipt.as_ref().is_some_and(|receipt| receipt.media_id.is_some());
            // What stood in the way of pictures may do so still.
            self.told.retain(|(scope, ..)| *scope == UPLOAD && !shows_media);
            return None;
        }
        let Some(scope) = delivery.way else { return Some(of_one(delivery)) };
        let trouble = (scope, delivery.outcome, delivery.errcode);
        if self.told.contains(&trouble) {
            return None;
        }
        self.told.push(trouble);
        Some(self.of_all(delivery, scope))
    }

    /// All messages wait, or all that show a picture.
    fn of_all(&self, delivery: &Delivery, scope: Scope) -> Notice {
        let what = if scope == UPLOAD { "messages with pictures" } else { "all messages" };
        let until = match (delivery.outcome, delivery.next) {
            (Outcome::Refused, _) => "; it is tried again".to_owned(),
            (_, Some(next)) => format!("; it is tried again at {}", format_rfc3339(next)),
            (_, None) => "; they go when a person says so: `duoke outbox retry --state parked`".to_owned(),
        };
        let text = format!("{what} for {} wait: {}{until}", self.server, reason(delivery));
        let notice = if delivery.outcome == Outcome::Refused { Notice::warning(text) } else { Notice::error(text) };
        notice.with_hint(delivery.hint.as_deref())
    }
}

const UPLOAD: Scope = Scope::Api(Call::Upload);

fn reason(delivery: &Delivery) -> &str {
    delivery.reason.as_deref().unwrap_or("no reason is known")
}

/// What was sent otherwise than it came.
pub(super) fn notes(delivery: &Delivery) -> impl Iterator<Item = Notice> {
    let Delivery { key, openid, .. } = delivery;
    let said = move |note: &String| {
        format!("{}: the message {key} to {openid} was sent otherwise than it came: {note}", key.plugin)
    };
    delivery.notes().iter().map(move |note| Notice::warning(said(note)))
}

fn of_one(delivery: &Delivery) -> Notice {
    let what = match delivery.outcome {
        Outcome::Sent => "is sent",
        Outcome::Refused => "was not sent yet",
        Outcome::Parked => "is parked",
        Outcome::Dead => "is given up",
        Outcome::Unknown => "may not have arrived",
    };
    let Delivery { key, openid, .. } = delivery;
    let text = format!("{}: the message {key} to {openid} {what}: {}", key.plugin, reason(delivery));
    let notice = match delivery.outcome {
        Outcome::Refused => Notice::warning(format!("{text}; it is tried again")),
        _ => Notice::error(text),
    };
    notice.with_hint(delivery.hint.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Key, State};
    use crate::wechat::Receipt;

    fn delivery(outcome: Outcome, way: Option<Scope>, errcode: i64) -> Delivery {
        Delivery {
            seq: 1,
            key: Key::new("1", "p", 0),
            openid: "oA".to_owned(),
            cause: "1".to_owned(),
            time: (0, 0),
            outcome,
            state: State::Parked,
            way,
            message: (1, 1),
            attempts: 1,
            errcode: Some(errcode),
            rule: None,
            reason: Some(format!("{errcode}")),
            hint: None,
            next: None,
            receipt: None,
        }
    }

    #[test]
    fn what_all_share_is_told_once_until_a_message_goes_out() {
        let mut alerts = Alerts::new("http://a".to_owned());
        let mut tell = |delivery: &Delivery| alerts.of(delivery).map(|notice| notice.text);
        let parked = delivery(Outcome::Parked, Some(Scope::Account), 40001);
        let told = "all messages for http://a wait: 40001; they go when a person says so: \
                    `duoke outbox retry --state parked`";
        assert_eq!(tell(&parked).as_deref(), Some(told));
        assert_eq!(tell(&parked), None);
        assert!(tell(&delivery(Outcome::Parked, Some(Scope::Account), 40125)).is_some(), "another reason");
        let mut pictures = delivery(Outcome::Parked, Some(UPLOAD), 45009);
        pictures.next = Some(0);
        let told = "messages with pictures for http://a wait: 45009; it is tried again at 1970-01-01T00:00:00.000Z";
        assert_eq!(tell(&pictures).as_deref(), Some(told));
        let mut sent = delivery(Outcome::Sent, None, 0);
        assert_eq!(tell(&sent), None);
        assert!(tell(&parked).is_some() && tell(&pictures).is_none(), "a text says nothing about pictures");
        sent.receipt =
            Some(Receipt { at_ms: 0, errmsg: "ok".to_owned(), media_id: Some("m".to_owned()), notes: Vec::new() });
        assert_eq!(tell(&sent), None);
        assert!(tell(&pictures).is_some());
    }

    #[test]
    fn one_messages_trouble_is_told_each_time() {
        let mut alerts = Alerts::new("http://a".to_owned());
        for _ in 0..2 {
            let notice = alerts.of(&delivery(Outcome::Dead, None, 40003));
            assert_eq!(notice, Some(Notice::error("p: the message 1/p/0 to oA is given up: 40003")));
        }
    }
}
