//! The messages of the EChat SDK (plugin-apis.md §2): what the arguments of a sender say, and what is wrong with them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::effect::{ECHAT_EFFECT_PREFIX, ECHAT_SENDERS, Outcome};

/// The call that marks a conversation.
pub const SET_VISITOR_CHAT_SIGN: &str = "setVisitorChatSign";
/// The events that a page may listen to.
pub const ECHAT_EVENTS: [&str; 3] = ["onSelectVisitor", "onReceiveMsg", "onCrmUpdate"];

/// What a page's SDK needs to know: `[echat]` of `plugin.toml`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EchatSettings {
    /// The secret that signatures are made with; `None`: every well-formed call of `config` passes.
    pub token: Option<String>,
    /// How old a signature may be, in seconds.
    pub signature_ttl_s: u32,
    /// Whether the host signed the page's address: it does so again where it reloads the page.
    pub signs_address: bool,
    /// Whether the page was opened for EChat, so that its address has a signature.
    pub is_opened_for: bool,
    /// The business data of its address that is about the customer, by name, with a placeholder for his openid: it is made
    /// anew where the host reloads the page.
    pub by_customer: Vec<(String, String)>,
}

impl EchatSettings {
    /// Two hours.
    pub const SIGNATURE_TTL_S_DEFAULT: u32 = 7200;
}

impl Default for EchatSettings {
    fn default() -> Self {
        Self {
            token: None,
            signature_ttl_s: Self::SIGNATURE_TTL_S_DEFAULT,
            signs_address: false,
            is_opened_for: true,
            by_customer: Vec::new(),
        }
    }
}

/// Whether a token is set is told, the token is not.
impl fmt::Debug for EchatSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| "set");
        formatter
            .debug_struct("EchatSettings")
            .field("token", &token)
            .field("signature_ttl_s", &self.signature_ttl_s)
            .field("signs_address", &self.signs_address)
            .field("is_opened_for", &self.is_opened_for)
            .field("by_customer", &self.by_customer)
            .finish()
    }
}

/// One message to the visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EchatMessage {
    /// `pushVisitorEvent`
    Event(VisitorEvent),
    /// `sendTxtMsgToVisitor`
    Text {
        /// Not blank.
        content: String,
    },
    /// `sendImageToVisitor`
    Image {
        /// An http(s) address.
        source_img: String,
    },
    /// `sendVideoToVisitor`
    Video {
        /// An http(s) address.
        video_thumb_url: String,
        /// An http(s) address.
        file_url: String,
    },
    /// `sendVoiceToVisitor`
    Voice {
        /// An http(s) address.
        file_url: String,
        /// How long it plays, in ms.
        duration_ms: u64,
    },
    /// `sendFileToVisitor`
    File {
        /// An http(s) address.
        file_url: String,
        /// Not blank.
        file_name: String,
        /// In bytes.
        file_size: u64,
    },
}

/// An image-text message. What the page left out is `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VisitorEvent {
    /// Not blank.
    pub title: String,
    /// HTML.
    pub content: String,
    /// The picture's address.
    pub image_url: String,
    /// Where a tap leads the visitor: an http(s) address, or what the page wrote where it means none to him.
    pub url: String,
    /// Text.
    pub memo: String,
}

/// Reads the arguments of a sender or of `setVisitorChatSign`; of the latter there is no message.
///
/// The members that the manual marks as optional may be missing or `null`; all others must be there, with its types.
///
/// # Errors
/// What is wrong, with the member's name.
pub fn parse_echat(call: &str, arguments: &[Value]) -> Result<Option<EchatMessage>, String> {
    let argument = arguments.first().unwrap_or(&Value::Null);
    if call == "sendTxtMsgToVisitor" {
        return match argument {
            Value::String(text) if !is_blank(text) => Ok(Some(EchatMessage::Text { content: text.clone() })),
            Value::String(_) => Err("the text is blank".to_owned()),
            _ => Err("the text is not a string".to_owned()),
        };
    }
    let members = argument.as_object().filter(|members| !members.contains_key(FUNCTION_MEMBER));
    let members = members.ok_or("the argument is not an object")?;
    let message = match call {
        "pushVisitorEvent" => EchatMessage::Event(visitor_event(members)?),
        "sendImageToVisitor" => {
            filled(members, "smallImg")?;
            EchatMessage::Image { source_img: address(members, "sourceImg")? }
        }
        "sendVideoToVisitor" => EchatMessage::Video {
            video_thumb_url: address(members, "videoThumbUrl")?,
            file_url: address(members, "fileUrl")?,
        },
        "sendVoiceToVisitor" => EchatMessage::Voice {
            file_url: address(members, "fileUrl")?,
            duration_ms: (amount(members, "voiceDuration")? * 1000.0).round() as u64,
        },
        "sendFileToVisitor" => EchatMessage::File {
            file_url: address(members, "fileUrl")?,
            file_name: filled(members, "fileName")?,
            file_size: amount(members, "fileSize")?.round() as u64,
        },
        SET_VISITOR_CHAT_SIGN => {
            let sign = members.get("chatSign").and_then(Value::as_f64);
            let is_sign = sign.is_some_and(|sign| sign == 0.0 || sign == 1.0);
            return if is_sign { Ok(None) } else { Err("`chatSign` is neither 0 nor 1".to_owned()) };
        }
        _ => return Err(format!("{call} is not known")),
    };
    Ok(Some(message))
}

/// The sign that a line of the log puts on its subject's conversation: an accepted `setVisitorChatSign`.
#[must_use]
pub fn chat_sign(type_: &str, data: &Value) -> Option<u8> {
    let call = type_.strip_prefix(ECHAT_EFFECT_PREFIX)?;
    if call != SET_VISITOR_CHAT_SIGN || data["outcome"] != Outcome::Accepted.as_str() {
        return None;
    }
    let sign = data["arguments"][0]["chatSign"].as_f64()?;
    [0_u8, 1].into_iter().find(|known| f64::from(*known) == sign)
}

/// What stands for a function among arguments in the log (plugin-apis.md §2).
pub const FUNCTION_MEMBER: &str = "$function";

/// Bytes of an argument in the log: by them a call is bounded, in the page and by its host.
#[must_use]
pub fn written_bytes(argument: &Value) -> usize {
    argument.to_string().len()
}

/// Whether a call of this name is one that [`parse_echat`] reads.
#[must_use]
pub fn is_echat_command(call: &str) -> bool {
    ECHAT_SENDERS.contains(&call) || call == SET_VISITOR_CHAT_SIGN
}

fn visitor_event(members: &Map<String, Value>) -> Result<VisitorEvent, String> {
    if !matches!(members.get("eventId"), None | Some(Value::Null | Value::String(_) | Value::Number(_))) {
        return Err("`eventId` is neither a string nor a number".to_owned());
    }
    // A staff's event that reads otherwise would go to the customer.
    match members.get("visibility") {
        None | Some(Value::Null) => {}
        Some(visibility) if visibility.as_f64().is_some_and(|number| number == 1.0 || number == 2.0) => {}
        Some(_) => return Err("`visibility` is neither 1 nor 2".to_owned()),
    }
    optional(members, "urlForStaff")?;
    let (url, for_visitor) = (optional(members, "url")?, optional(members, "urlForVisitor")?);
    Ok(VisitorEvent {
        title: filled(members, "title")?,
        content: optional(members, "content")?,
        image_url: optional(members, "imageUrl")?,
        url: link(if is_blank(&for_visitor) { &url } else { &for_visitor }),
        memo: optional(members, "memo")?,
    })
}

/// The address in `http(url,'blank')` and `http(url,'inner')`, quoted or not, also as a statement that ends with `;`;
/// everything else as it is: an address, an `apiUrl(…)`, which leads nowhere outside of EChat's own window, or what is no address at all.
fn link(url: &str) -> String {
    let url = url.trim();
    let call = url.trim_end_matches(|end: char| end == ';' || end.is_whitespace());
    let is_form = |form: &&&str| call.get(..form.len()).is_some_and(|start| start.eq_ignore_ascii_case(form));
    let form = ["https(", "http("].iter().find(is_form);
    let inside = form.and_then(|form| call[form.len()..].strip_suffix(')'));
    let Some(inside) = inside else { return url.to_owned() };
    let address = match inside.rsplit_once(',') {
        Some((address, kind)) if ["blank", "inner"].contains(&unquoted(kind)) => address,
        _ => inside,
    };
    unquoted(address).to_owned()
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inside = ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    inside.unwrap_or(text).trim()
}

fn optional(members: &Map<String, Value>, key: &str) -> Result<String, String> {
    match members.get(key) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("`{key}` is not a string")),
    }
}

fn filled(members: &Map<String, Value>, key: &str) -> Result<String, String> {
    let text = optional(members, key)?;
    if is_blank(&text) { Err(format!("`{key}` is missing or blank")) } else { Ok(text) }
}

fn address(members: &Map<String, Value>, key: &str) -> Result<String, String> {
    let text = filled(members, key)?;
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if url.is_some() { Ok(text) } else { Err(format!("`{key}` is not an http or https address")) }
}

fn amount(members: &Map<String, Value>, key: &str) -> Result<f64, String> {
    let number = members.get(key).and_then(Value::as_f64).filter(|number| *number >= 0.0);
    number.ok_or_else(|| format!("`{key}` is not a number of 0 or more"))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests;
