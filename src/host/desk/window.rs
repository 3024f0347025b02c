//! What may still be sent to a user, until when, and why.

use serde_json::{Value, json};

use crate::base::clock::{TimestampMs, format_rfc3339};
use crate::session::window::{Bucket, Standing};
use crate::store::{Known, Sign};
use crate::wechat::Profile;

/// What `duoke window --format json` prints for an account.
pub(super) fn window(openid: &str, known: &Known, sign: Option<&Sign>, profile: &Profile, now: TimestampMs) -> Value {
    let Known { app_id, server, window, waiting } = known;
    let allowances = profile.allowances();
    let (state, left, until, reason, errcode) = match window.standing(&allowances, now) {
        Standing::Unknown => ("unknown", None, None, None, None),
        Standing::Open { left, until } => ("open", left, Some(format_rfc3339(until)), None, None),
        Standing::Closed(closed) => ("closed", Some(0), None, Some(closed.to_string()), Some(closed.errcode())),
    };
    let closed = reason.clone();
    let actions: Vec<Value> = window.buckets(&allowances, now).map(|bucket| action(&bucket)).collect();
    json!({
        "openid": openid,
        "account": app_id,
        "server": server,
        "profile": profile.name,
        "state": state,
        "left": left,
        "until": until,
        "reason": reason,
        "errcode": errcode,
        "actions": actions,
        "typing": window.may_type(now).err().map(|refused| refused.to_string()).or(closed),
        "waiting": waiting,
        "chat_sign": sign.map(|sign| json!({"sign": sign.sign, "at": format_rfc3339(sign.at), "plugin": sign.plugin})),
    })
}

fn action(bucket: &Bucket) -> Value {
    let Bucket { trigger, at, until, sends, sent } = *bucket;
    json!({
        "trigger": trigger.name(),
        "at": format_rfc3339(at),
        "until": format_rfc3339(until),
        "sends": sends,
        "sent": sent,
        "left": bucket.left(),
    })
}
