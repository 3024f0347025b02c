//! What a page may be told: the `stimulus.*` lines (session-log.md, Types).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::line::Line;
use super::mcs::{ON_USER_CHANGE, USER_ACCOUNT, USER_ID, fill_user};
use crate::base::clock::TimestampMs;

/// The prefix of every stimulus's type.
pub const STIMULUS_PREFIX: &str = "stimulus.";
/// The EChat event that turns a page to a visitor.
const ON_SELECT_VISITOR: &str = "onSelectVisitor";
/// `chatStatus` of an `onSelectVisitor` where there is no conversation.
const CHAT_STATUS_NONE: f64 = 0.0;
/// The types of the lines that turn pages to customers.
pub const TURNING_TYPES: [&str; 2] = ["stimulus.mcs.OnUserChange", "stimulus.echat.onSelectVisitor"];

/// One input of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stimulus {
    /// The line's id, unique in its log.
    pub id: String,
    /// When it comes; `None`: when the page is idle (session-log.md, Time).
    pub time: Option<TimestampMs>,
    /// The user the line names, if it names one.
    pub subject: Option<String>,
    /// The plugin it is for; `None`: every page.
    pub plugin: Option<String>,
    /// What happens.
    pub kind: StimulusKind,
}

/// The kinds of stimuli.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StimulusKind {
    /// `stimulus.mcs.<event>`: a call of `MCS_ClientNotify`.
    Mcs {
        /// The event's name, known or not.
        event: String,
        /// Its fields in the log's order, without `event`.
        fields: Map<String, Value>,
    },
    /// `stimulus.echat.<event>`: `onSelectVisitor`, `onReceiveMsg`, `onCrmUpdate`.
    Echat {
        /// The event's name.
        event: String,
        /// The argument of the listeners.
        data: Value,
    },
    /// `stimulus.ui.*`: what a person does to the page.
    Ui(UiAction),
    /// `stimulus.page.reload`
    Reload,
    /// `stimulus.tab.activate`
    TabActivate,
    /// `stimulus.composer.*`: what a person does to a waiting message.
    Composer {
        /// Which of the three.
        action: ComposerAction,
        /// The line's data.
        data: Value,
    },
    /// `stimulus.wechat.push`: the raw inbound message.
    WechatPush(Value),
    /// A type this release does not know, or a line that is no stimulus: kept and skipped.
    Other,
}

/// What a person does to the page, on the first element that the selector matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UiAction {
    /// What is done.
    pub kind: UiKind,
    /// A CSS selector.
    pub selector: String,
    /// The new value, the checked state or the key, where the kind has one.
    pub value: Option<Value>,
    /// What the selector matched when this was recorded, as a recorder describes it: `tag`, `id`, `classes`, `text`.
    pub matched: Option<Value>,
}

/// The kinds of [`UiAction`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UiKind {
    /// mousedown, mouseup, click and the default action.
    Click,
    /// Sets the value; focus, keydown, input, keyup.
    Input,
    /// Sets value, checked or selected; input and change.
    Change,
    /// `requestSubmit`.
    Submit,
    /// keydown, keypress, keyup.
    Key,
}

/// What a person does to a message that waits in the composer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ComposerAction {
    /// Changes it.
    Edit,
    /// Sends it.
    Send,
    /// Throws it away.
    Discard,
}

impl Stimulus {
    /// The stimulus of a line that [`super::parse_line`] has read; everything else is [`StimulusKind::Other`].
    #[must_use]
    pub fn from_line(line: &Line) -> Self {
        let kind = kind_of(line).unwrap_or(StimulusKind::Other);
        Self { id: line.id.clone(), time: line.time, subject: line.subject.clone(), plugin: line.plugin.clone(), kind }
    }

    /// The customer it is about: of an `OnUserChange` its own openid, of an EChat event the line's subject or the
    /// visitor in its data, of others the subject. `None`: the page's current user (plugin-apis.md §3).
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        match &self.kind {
            StimulusKind::Mcs { event, fields } if event == ON_USER_CHANGE => {
                text_member(fields, USER_ACCOUNT).or_else(|| text_member(fields, USER_ID)).or(self.subject())
            }
            StimulusKind::Echat { data, .. } => self.subject().or_else(|| visitor_of(data)),
            _ => self.subject(),
        }
    }

    /// The customer this stimulus turns the page to: that of an `OnUserChange` or an `onSelectVisitor`.
    #[must_use]
    pub fn turns_to(&self) -> Option<&str> {
        match &self.kind {
            StimulusKind::Mcs { event, .. } if event == ON_USER_CHANGE => self.user(),
            StimulusKind::Echat { event, .. } if event == ON_SELECT_VISITOR => self.user(),
            _ => None,
        }
    }

    /// Whether the page is turned to nobody from now on: an `onSelectVisitor` without a conversation and without a visitor.
    #[must_use]
    pub fn turns_away(&self) -> bool {
        let StimulusKind::Echat { event, data } = &self.kind else { return false };
        let status = data.get("chatStatus").and_then(Value::as_f64);
        event == ON_SELECT_VISITOR && status == Some(CHAT_STATUS_NONE) && self.user().is_none()
    }

    fn subject(&self) -> Option<&str> {
        self.subject.as_deref().filter(|user| !user.is_empty())
    }
}

/// Says what is wrong with a line whose type promises a shape that its data does not have: the reason, and the member
/// to point at.
pub(crate) fn check_shape(line: &Line) -> Result<(), (String, &'static str)> {
    let Some(name) = line.type_.strip_prefix(STIMULUS_PREFIX) else { return Ok(()) };
    if name.starts_with("mcs.") && !(line.data.is_object() || line.data.is_null()) {
        return Err(("`data` of an mcs stimulus is an object".to_owned(), "data"));
    }
    if name.starts_with("echat.") && !(line.data.is_object() || line.data.is_null()) {
        return Err(("`data` of an echat stimulus is an object".to_owned(), "data"));
    }
    if name.starts_with("echat.") {
        check_visitor(line)?;
    }
    if ui_kind(name).is_some() && line.data.get("selector").and_then(Value::as_str).is_none() {
        return Err((format!("`data` of {} has no `selector` string", line.type_), "data"));
    }
    Ok(())
}

/// Whom an EChat event is about it says once, or the same twice.
fn check_visitor(line: &Line) -> Result<(), (String, &'static str)> {
    let subject = line.subject.as_deref().filter(|subject| !subject.is_empty());
    let mut named = None;
    for visitor in VISITOR_PATHS.into_iter().filter_map(|path| line.data.pointer(path)) {
        let Some(visitor) = visitor.as_str() else {
            return Err(("`visitorId` is a string".to_owned(), "visitorId"));
        };
        if visitor.is_empty() {
            continue;
        }
        if subject.is_some_and(|subject| subject != visitor) {
            return Err(("`visitorId` is not the line's `subject`".to_owned(), "visitorId"));
        }
        if *named.get_or_insert(visitor) != visitor {
            return Err(("the two `visitorId` are not the same".to_owned(), "visitorId"));
        }
    }
    Ok(())
}

fn kind_of(line: &Line) -> Option<StimulusKind> {
    let name = line.type_.strip_prefix(STIMULUS_PREFIX)?;
    if let Some(event) = name.strip_prefix("mcs.") {
        return Some(StimulusKind::Mcs { event: event.to_owned(), fields: mcs_fields(event, line)? });
    }
    if let Some(event) = name.strip_prefix("echat.") {
        return Some(StimulusKind::Echat { event: event.to_owned(), data: echat_data(event, line)? });
    }
    if let Some(kind) = ui_kind(name) {
        let selector = line.data.get("selector")?.as_str()?.to_owned();
        let of = |member: &str| line.data.get(member).cloned();
        return Some(StimulusKind::Ui(UiAction { kind, selector, value: of("value"), matched: of("matched") }));
    }
    let composer = |action| StimulusKind::Composer { action, data: line.data.clone() };
    match name {
        "page.reload" => Some(StimulusKind::Reload),
        "tab.activate" => Some(StimulusKind::TabActivate),
        "composer.edit" => Some(composer(ComposerAction::Edit)),
        "composer.send" => Some(composer(ComposerAction::Send)),
        "composer.discard" => Some(composer(ComposerAction::Discard)),
        "wechat.push" => Some(StimulusKind::WechatPush(line.data.clone())),
        _ => None,
    }
}

fn mcs_fields(event: &str, line: &Line) -> Option<Map<String, Value>> {
    let mut fields = match &line.data {
        Value::Object(fields) => fields.clone(),
        Value::Null => Map::new(),
        _ => return None,
    };
    fields.shift_remove("event");
    let unnamed = !fields.contains_key(USER_ACCOUNT) && !fields.contains_key(USER_ID);
    if let Some(subject) = line.subject.as_deref().filter(|_| unnamed && event == ON_USER_CHANGE) {
        fields.insert(USER_ACCOUNT.to_owned(), Value::from(subject));
    }
    fill_user(event, &mut fields);
    Some(fields)
}

/// The argument of the listeners: the line's data, and in it the visitor, who is the line's subject where the data does
/// not name him.
fn echat_data(event: &str, line: &Line) -> Option<Value> {
    let mut members = match &line.data {
        Value::Object(members) => members.clone(),
        Value::Null => Map::new(),
        _ => return None,
    };
    if let Some(subject) = line.subject.as_deref().filter(|subject| !subject.is_empty()) {
        if event == ON_SELECT_VISITOR {
            let data = members.entry("visitorData").or_insert_with(|| json!({}));
            data.as_object_mut().into_iter().for_each(|data| name_visitor(data, subject));
        }
        fill_visitor(event, &mut members, subject);
    }
    Some(Value::Object(members))
}

/// Names the visitor in the data of an EChat event about one, where it does not itself.
pub fn fill_visitor(event: &str, members: &mut Map<String, Value>, visitor: &str) {
    if matches!(event, "onReceiveMsg" | "onCrmUpdate") {
        name_visitor(members, visitor);
    }
}

fn name_visitor(members: &mut Map<String, Value>, visitor: &str) {
    if members.get("visitorId").is_none_or(|named| named.as_str() == Some("")) {
        members.shift_insert(0, "visitorId".to_owned(), visitor.into());
    }
}

fn ui_kind(name: &str) -> Option<UiKind> {
    match name {
        "ui.click" => Some(UiKind::Click),
        "ui.input" => Some(UiKind::Input),
        "ui.change" => Some(UiKind::Change),
        "ui.submit" => Some(UiKind::Submit),
        "ui.key" => Some(UiKind::Key),
        _ => None,
    }
}

fn text_member<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    fields.get(key)?.as_str().filter(|text| !text.is_empty())
}

const VISITOR_PATHS: [&str; 2] = ["/visitorId", "/visitorData/visitorId"];

/// `visitorId` of `onReceiveMsg` and `onCrmUpdate`; `onSelectVisitor` has it among the visitor's data.
fn visitor_of(data: &Value) -> Option<&str> {
    VISITOR_PATHS.iter().find_map(|path| data.pointer(path)?.as_str().filter(|visitor| !visitor.is_empty()))
}

#[cfg(test)]
mod tests;
