//! All there is of a message, from its cause to its receipt.

use serde_json::{Value, json};

use crate::base::clock::format_rfc3339;
use crate::store::{Attempt, AttemptEnd, EffectRecord, Explained, Row, Scope, State};

/// The members of a row as it is listed, and the others.
pub(super) fn explained(explained: &Explained) -> Value {
    let Explained { listed, event, accepted, turn, effect, attempts } = explained;
    let row = &listed.row;
    let mut said = row.to_json();
    let more = json!({
        "server": listed.server,
        "kf_account": row.kf_account,
        "plugin": row.key.plugin,
        "messages_done": row.messages_done,
        "doubtful": row.doubtful,
        "waits_for": waits_for(row),
        "event": event,
        "accepted": accepted.map(format_rfc3339),
        "turn": turn,
        "effect": effect.as_ref().map(effect_json),
        "tries": attempts.iter().map(|(attempt, end)| try_json(attempt, end.as_ref())).collect::<Vec<_>>(),
    });
    if let (Value::Object(said), Value::Object(more)) = (&mut said, more) {
        said.extend(more);
    }
    said
}

fn effect_json(effect: &EffectRecord) -> Value {
    json!({
        "number": effect.number,
        "time": format_rfc3339(effect.time),
        "type": effect.type_,
        "subject": effect.subject,
        "data": effect.data,
        "place": effect.place,
    })
}

fn try_json(attempt: &Attempt, end: Option<&AttemptEnd>) -> Value {
    let (number, of) = attempt.message;
    let mut said = json!({
        "started": format_rfc3339(attempt.started),
        "finished": end.map(|end| format_rfc3339(end.finished)),
        "message": (of > 0).then(|| json!({"number": number, "of": of})),
    });
    let end = end.map_or_else(|| json!({"outcome": null}), AttemptEnd::to_json);
    if let (Value::Object(said), Value::Object(end)) = (&mut said, end) {
        said.extend(end);
    }
    said
}

/// What sends it, or would; `None`: nothing is to come.
fn waits_for(row: &Row) -> Option<String> {
    let key = &row.key;
    let behind = row.reason.as_deref().filter(|reason| reason.starts_with("waits behind "));
    Some(match (row.state, row.parked, row.next) {
        (State::Sent, ..) => return None,
        (State::Pending, _, Some(_)) => "its time".to_owned(),
        (State::Pending, _, None) => "a running host, and the customer's earlier messages".to_owned(),
        (State::Sending, ..) => "WeChat's answer".to_owned(),
        (State::Unknown, ..) => format!(
            "a person: the customer may have it; `duoke outbox retry {key}` sends it again, `duoke outbox drop {key}` does not"
        ),
        (State::Held, ..) => {
            format!("a person: `duoke outbox retry {key}` sends it, `duoke outbox drop {key}` does not")
        }
        (State::Dead, ..) => format!("nothing: `duoke outbox retry {key}` sends it all the same"),
        (State::Parked, ..) if behind.is_some() => behind.unwrap_or_default().replacen("waits behind ", "", 1),
        (State::Parked, scope, next) => {
            let scope = scope.unwrap_or(Scope::User).waits_for();
            let time = if next.is_some() { ", or its time" } else { "" };
            format!("{scope}{time}; `duoke outbox retry {key}` sends it now")
        }
    })
}
