//! What a page did: the `effect.*` lines (session-log.md, "Shapes that scripts rely on").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::message::Message;
use super::put_msg::{PutMsg, PutMsgError, RETURN_BAD, RETURN_OK};

/// One thing a page did that the world can see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// `window.external.PutMsg` (plugin-apis.md §1.2).
    PutMsg(PutMsgCall),
    /// `window.external.Notice` (plugin-apis.md §1.3).
    Notice {
        /// The argument as text.
        argument: String,
        /// What the call returned.
        returned: String,
    },
    /// The page leaves for another document; a link to a fragment is none.
    Navigate {
        /// The absolute address.
        url: String,
        /// How it leaves.
        kind: NavigateKind,
    },
    /// `window.open`, or a link with a target.
    Open {
        /// The absolute address.
        url: String,
        /// The name of the window, `_blank` by default.
        target: String,
    },
    /// A new `document.title`.
    Title {
        /// The title, blanks collapsed as the DOM does.
        title: String,
    },
    /// An assignment to `document.cookie`. The recorder replaces the value (session-log.md, Recording).
    Cookie {
        /// The document's address.
        url: String,
        /// The text assigned.
        cookie: String,
    },
    /// A change of `localStorage` or `sessionStorage`.
    Storage {
        /// The origin it belongs to.
        origin: String,
        /// Which of the two.
        area: StorageArea,
        /// What changed.
        change: StorageChange,
    },
    /// A call of the EChat SDK (plugin-apis.md §2); registrations of listeners are no effects.
    Echat(EchatCall),
}

/// A call of `PutMsg` and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutMsgCall {
    /// The argument as the page gave it; an object as its JSON text.
    pub argument: String,
    /// The parsed `msg` member, where there is one.
    pub msg: Option<Value>,
    /// The messages of a valid call, in order; empty for an invalid one.
    pub messages: Vec<Message>,
    /// What became of the call.
    pub outcome: Outcome,
    /// Why it is invalid.
    pub reason: Option<String>,
    /// The page has meanwhile been told another user (plugin-apis.md §3).
    pub late: bool,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// It counts.
    Accepted,
    /// It repeats a `head.random` of this document and was discarded.
    Duplicate,
    /// Its arguments are wrong.
    Invalid,
    /// It came before `config` had succeeded, or asks for what is not there (EChat only).
    Ignored,
}

/// How a page leaves its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NavigateKind {
    /// `location = …`, `location.assign`.
    Assign,
    /// `location.replace`
    Replace,
    /// `location.reload`
    Reload,
    /// An anchor.
    Link,
    /// A form's submission.
    Form,
}

/// The two storages of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StorageArea {
    /// `localStorage`
    Local,
    /// `sessionStorage`
    Session,
}

/// A change of a storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StorageChange {
    /// `setItem`
    Set {
        /// The item's key.
        key: String,
        /// Its new value.
        value: String,
    },
    /// `removeItem`
    Remove {
        /// The item's key.
        key: String,
    },
    /// `clear`
    Clear,
}

/// What the log types of calls of the EChat SDK begin with.
pub const ECHAT_EFFECT_PREFIX: &str = "effect.echat.";

/// A call of the EChat SDK.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EchatCall {
    /// The function's name, for instance `sendTxtMsgToVisitor`.
    pub call: String,
    /// The arguments; functions as `{"$function": name}`.
    pub arguments: Vec<Value>,
    /// What became of the call.
    pub outcome: Outcome,
    /// Why it is invalid or ignored.
    pub reason: Option<String>,
    /// What `config` answers its listeners.
    pub result: Option<Value>,
    /// The page has meanwhile been told another user (plugin-apis.md §3).
    pub late: bool,
}

impl Effect {
    /// The log type, for instance `effect.mcs.PutMsg`.
    #[must_use]
    pub fn type_name(&self) -> String {
        match self {
            Self::PutMsg(_) => "effect.mcs.PutMsg".to_owned(),
            Self::Notice { .. } => "effect.mcs.Notice".to_owned(),
            Self::Navigate { .. } => "effect.navigate".to_owned(),
            Self::Open { .. } => "effect.open".to_owned(),
            Self::Title { .. } => "effect.title".to_owned(),
            Self::Cookie { .. } => "effect.cookie".to_owned(),
            Self::Storage { .. } => "effect.storage".to_owned(),
            Self::Echat(call) => format!("{ECHAT_EFFECT_PREFIX}{}", call.call),
        }
    }

    /// Whether it is a call that puts a message, whatever became of it.
    #[must_use]
    pub fn is_message_call(&self) -> bool {
        match self {
            Self::PutMsg(_) => true,
            Self::Echat(call) => call.is_sender(),
            _ => false,
        }
    }

    /// The log line's data.
    #[must_use]
    pub fn data(&self) -> Value {
        match self {
            Self::PutMsg(call) => call.data(),
            Self::Notice { argument, returned } => json!({ "argument": argument, "returned": returned }),
            Self::Navigate { url, kind } => json!({ "url": url, "kind": kind.as_str() }),
            Self::Open { url, target } => json!({ "url": url, "target": target }),
            Self::Title { title } => json!({ "title": title }),
            Self::Cookie { url, cookie } => json!({ "url": url, "cookie": cookie }),
            Self::Storage { origin, area, change } => storage_data(origin, *area, change),
            Self::Echat(call) => call.data(),
        }
    }
}

impl PutMsgCall {
    /// A valid call that counts, or that a duplicate `head.random` discards: both return success.
    #[must_use]
    pub fn valid(argument: &str, put: PutMsg, outcome: Outcome, late: bool) -> Self {
        Self { argument: argument.to_owned(), msg: Some(put.msg), messages: put.messages, outcome, reason: None, late }
    }

    /// A call that returns error 5.
    #[must_use]
    pub fn invalid(argument: &str, error: PutMsgError, late: bool) -> Self {
        Self {
            argument: argument.to_owned(),
            msg: error.msg,
            messages: Vec::new(),
            outcome: Outcome::Invalid,
            reason: Some(error.reason),
            late,
        }
    }

    /// What the call returned: [`RETURN_OK`] or [`RETURN_BAD`].
    #[must_use]
    pub fn returned(&self) -> &'static str {
        if self.outcome == Outcome::Invalid { RETURN_BAD } else { RETURN_OK }
    }

    fn data(&self) -> Value {
        let mut data = Map::new();
        match &self.msg {
            Some(msg) => data.insert("msg".to_owned(), msg.clone()),
            None => data.insert("raw".to_owned(), Value::from(self.argument.as_str())),
        };
        data.insert("outcome".to_owned(), Value::from(self.outcome.as_str()));
        data.insert("returned".to_owned(), Value::from(self.returned()));
        add_reason_and_late(&mut data, self.reason.as_deref(), self.late);
        Value::Object(data)
    }
}

/// The calls of the SDK that put a message into the visitor's conversation (plugin-apis.md §2).
pub const ECHAT_SENDERS: [&str; 6] = [
    PUSH_VISITOR_EVENT,
    "sendTxtMsgToVisitor",
    "sendImageToVisitor",
    "sendVideoToVisitor",
    "sendVoiceToVisitor",
    "sendFileToVisitor",
];
/// The one of them that has a `visibility`.
const PUSH_VISITOR_EVENT: &str = "pushVisitorEvent";
/// `visibility` of a visitor event that only the staff sees (plugin-apis.md §2, §4).
const VISIBILITY_STAFF: f64 = 2.0;

impl EchatCall {
    /// Whether the call is one of the senders, whatever became of it.
    #[must_use]
    pub fn is_sender(&self) -> bool {
        ECHAT_SENDERS.contains(&self.call.as_str())
    }

    /// Whether the call is a message to the visitor; an event for the staff only is none.
    #[must_use]
    pub fn is_for_visitor(&self) -> bool {
        let visibility = || self.arguments.first().and_then(|event| event.get("visibility")).and_then(Value::as_f64);
        self.is_sender() && !(self.call == PUSH_VISITOR_EVENT && visibility() == Some(VISIBILITY_STAFF))
    }

    fn data(&self) -> Value {
        let mut data = Map::new();
        data.insert("arguments".to_owned(), Value::from(self.arguments.clone()));
        data.insert("outcome".to_owned(), Value::from(self.outcome.as_str()));
        if let Some(result) = &self.result {
            data.insert("result".to_owned(), result.clone());
        }
        add_reason_and_late(&mut data, self.reason.as_deref(), self.late);
        Value::Object(data)
    }
}

impl Outcome {
    /// The word in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Invalid => "invalid",
            Self::Ignored => "ignored",
        }
    }
}

impl NavigateKind {
    /// The word in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assign => "assign",
            Self::Replace => "replace",
            Self::Reload => "reload",
            Self::Link => "link",
            Self::Form => "form",
        }
    }
}

fn add_reason_and_late(data: &mut Map<String, Value>, reason: Option<&str>, late: bool) {
    if let Some(reason) = reason {
        data.insert("reason".to_owned(), Value::from(reason));
    }
    if late {
        data.insert("late".to_owned(), Value::from(true));
    }
}

fn storage_data(origin: &str, area: StorageArea, change: &StorageChange) -> Value {
    let area = match area {
        StorageArea::Local => "local",
        StorageArea::Session => "session",
    };
    match change {
        StorageChange::Set { key, value } => {
            json!({ "origin": origin, "area": area, "action": "set", "key": key, "value": value })
        }
        StorageChange::Remove { key } => json!({ "origin": origin, "area": area, "action": "remove", "key": key }),
        StorageChange::Clear => json!({ "origin": origin, "area": area, "action": "clear" }),
    }
}

#[cfg(test)]
mod tests;
