//! The string that `MCS_ClientNotify` is called with (plugin-apis.md §1.4).

use serde_json::{Map, Value};

/// The event that turns a page to a customer.
pub const ON_USER_CHANGE: &str = "OnUserChange";
/// The customer's openid, as newer pages read it.
pub const USER_ACCOUNT: &str = "useraccount";
/// The customer's openid, as older pages read it.
pub const USER_ID: &str = "userid";

/// The event as strict JSON in one string: `event` first, then the fields in the log's order, unknown ones unchanged.
///
/// The openid under both its names is the log reader's doing ([`fill_user`]). An `event` among the fields is left out,
/// since the type of the log line decides. U+2028 and U+2029 are escaped: pages also evaluate the string as a program,
/// where older engines take them for line ends.
///
/// A number is as `serde_json` read it: 22.0 stays 22.0 and 20 stays 20, up to 15 digits are exact, and zeros that say
/// nothing are dropped (113.250 becomes 113.25).
#[must_use]
pub fn mcs_event_json(event: &str, fields: &Map<String, Value>) -> String {
    let mut object = Map::with_capacity(fields.len() + 2);
    object.insert("event".to_owned(), Value::from(event));
    for (key, value) in fields {
        if key != "event" {
            object.insert(key.clone(), value.clone());
        }
    }
    Value::Object(object).to_string().replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Gives `OnUserChange` both names of the openid where it has one of them; other events stay as they are.
pub fn fill_user(event: &str, fields: &mut Map<String, Value>) {
    if event != ON_USER_CHANGE {
        return;
    }
    for (from, to) in [(USER_ACCOUNT, USER_ID), (USER_ID, USER_ACCOUNT)] {
        if let Some(user) = fields.get(from).filter(|user| !user.is_null())
            && !fields.contains_key(to)
        {
            fields.insert(to.to_owned(), user.clone());
        }
    }
}

#[cfg(test)]
mod tests;
