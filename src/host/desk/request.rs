//! What is asked: one line of JSON, `{"v":1,"op":"outbox.list",…}`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::answer::{Trouble, TroubleKind};
use super::send::Letter;
use crate::base::limits::REQUEST_KEYS_MAX;
use crate::store::{Change, Filter};

/// The version of requests and answers; a host answers no other.
pub const CONTROL_VERSION: u64 = 1;

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", deny_unknown_fields)]
pub enum Request {
    /// Messages as they stand, a page of them.
    #[serde(rename = "outbox.list")]
    List {
        /// Which.
        #[serde(default)]
        filter: Filter,
        /// Those behind the message of this number; 0: from the first one.
        #[serde(default)]
        after: i64,
        /// At most so many, and no more than a page.
        limit: Option<usize>,
    },
    /// Messages are to be sent, or not, a page of them.
    #[serde(rename = "outbox.change")]
    Change {
        /// What is to become of them.
        change: Change,
        /// Which.
        filter: Filter,
        /// Those behind the message of this number; 0: from the first one.
        #[serde(default)]
        after: i64,
        /// Only say what would become of them.
        #[serde(default)]
        dry_run: bool,
    },
    /// A text that waits for a person gets another wording.
    #[serde(rename = "outbox.edit")]
    Edit {
        /// The message's key.
        key: String,
        /// What it is to say.
        text: String,
    },
    /// How the store is.
    #[serde(rename = "outbox.check")]
    Check {
        /// Also where a host runs, which does nothing else meanwhile: all of the store is looked at for damage.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        whole: bool,
    },
    /// One message from cause to receipt.
    #[serde(rename = "explain")]
    Explain {
        /// Its key, or the beginning of it where no other begins so.
        message: String,
    },
    /// The host is to end in order: another one takes over.
    #[serde(rename = "host.end")]
    End {},
    /// What may still be sent to a customer.
    #[serde(rename = "window")]
    Window {
        /// Whom.
        openid: String,
        /// The limits to ask by, where no host runs that has its own: a profile's name.
        profile: String,
    },
    /// The signs that pages put on conversations, a page of them.
    #[serde(rename = "signs")]
    Signs {
        /// Of this customer only.
        #[serde(default)]
        openid: Option<String>,
        /// Only where this is the sign.
        #[serde(default)]
        sign: Option<u8>,
        /// Those behind the one of this number; 0: from the first one.
        #[serde(default)]
        after: i64,
    },
    /// Tells the pages of a running host an event.
    #[serde(rename = "trigger")]
    Trigger {
        /// A line of a session log, a stimulus, with an id and a source of its own.
        line: Value,
    },
    /// Uploads a file of this machine, which whoever may ask may read: the socket is this user's alone.
    #[serde(rename = "upload")]
    Upload {
        /// WeChat's name for what it is to be: `image`, `voice`, `video`, `thumb`.
        kind: String,
        /// Where it is, absolute.
        path: PathBuf,
        /// For which account: app id and server; by default the host's first.
        #[serde(default)]
        account: Option<(String, String)>,
    },
    /// Sends a message; a host that runs does it.
    #[serde(rename = "send")]
    Send {
        /// The message.
        letter: Box<Letter>,
    },
    /// Pages are to be recorded from their opening on, or no longer; what is asked for.
    #[serde(rename = "record")]
    Record {
        /// Of which plugin; none: only what is asked for is answered.
        #[serde(default)]
        plugin: Option<String>,
        /// Of which customer; none: of all.
        #[serde(default)]
        openid: Option<String>,
        /// No longer.
        #[serde(default)]
        stop: bool,
    },
    /// Deletes everything about a customer.
    #[serde(rename = "erase")]
    Erase {
        /// Whom.
        openid: String,
        /// Only say what would be deleted.
        #[serde(default)]
        dry_run: bool,
    },
}

impl Request {
    /// As it goes over a socket, with its line end.
    #[must_use]
    pub fn to_line(&self) -> String {
        let mut line = Map::from_iter([("v".to_owned(), CONTROL_VERSION.into())]);
        match serde_json::to_value(self) {
            Ok(Value::Object(members)) => line.extend(members),
            other => panic!("a request is an object of JSON: {other:?}"),
        }
        format!("{}\n", Value::Object(line))
    }

    /// Reads a line from a stranger.
    ///
    /// # Errors
    /// It is no request, or one of another version.
    pub fn read(line: &[u8]) -> Result<Self, Trouble> {
        let mut members: Map<String, Value> =
            serde_json::from_slice(line).map_err(|error| wrong(format!("it is no object of JSON: {error}")))?;
        match members.shift_remove("v") {
            Some(version) if version == CONTROL_VERSION => {}
            Some(version) => return Err(other_version(&version)),
            None => return Err(wrong("it names no version: {\"v\":1,…}")),
        }
        let request: Self = serde_json::from_value(Value::Object(members)).map_err(|error| wrong(error.to_string()))?;
        match &request {
            Self::List { filter, .. } | Self::Change { filter, .. } if filter.keys.len() > REQUEST_KEYS_MAX => {
                Err(wrong(format!("it names {} keys; {REQUEST_KEYS_MAX} go at once", filter.keys.len())))
            }
            _ => Ok(request),
        }
    }
}

fn wrong(what: impl AsRef<str>) -> Trouble {
    Trouble::new(TroubleKind::Request, format!("the request is not understood: {}", what.as_ref()))
}

fn other_version(version: &Value) -> Trouble {
    let mut text = version.to_string();
    // A number is short; anything else is not worth quoting.
    text = if version.is_u64() { text } else { "of another kind".to_owned() };
    let text = format!("the request's version is {text}; this host answers version {CONTROL_VERSION}");
    let hint = "use the release of duoke that the host runs, or start the host again with this one";
    Trouble::new(TroubleKind::Version, text).with_hint(hint)
}
