//! The cause rule: to whom an effect goes, and whether it may go on its own (plugin-apis.md §3).

use std::sync::Arc;

use super::seat::Told;
use crate::event::{Cause, Effect, Outcome};

/// Whom an effect is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The user; `None`: the page knows nobody yet.
    pub user: Option<Arc<str>>,
    /// The page has meanwhile been told another user.
    pub late: bool,
}

/// What a plugin's messages may do on their own (`plugin.toml`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PluginPolicy {
    /// `send`
    pub send: SendPolicy,
    /// `late`
    pub late: LatePolicy,
}

/// `send` in `plugin.toml`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SendPolicy {
    /// Messages go out by themselves.
    #[default]
    Auto,
    /// A person sends them.
    Review,
}

/// `late` in `plugin.toml`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LatePolicy {
    /// A late message waits for a person.
    #[default]
    Hold,
    /// A late message goes out like any other, to the user of its cause.
    Send,
}

/// Whether the page hears the cause of an effect for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Telling {
    /// The cause is news to the page.
    First,
    /// The page was restarted, reloaded or taken over and is told its current user again.
    Repetition,
}

/// What becomes of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It becomes an outgoing message.
    Send,
    /// It is late and waits in the composer for a person.
    HoldLate,
    /// The plugin is in review mode: it waits in the composer for a person.
    HoldForReview,
    /// It cannot go to anybody.
    Refuse {
        /// Why.
        reason: &'static str,
    },
    /// It belongs to a repetition: recorded, never forwarded.
    RecordOnly,
    /// It is no message, or one that does not count.
    NotAMessage,
}

/// Why a message without a user is refused.
pub const REASON_NO_USER: &str = "no user: the page has not been told one";

/// The subject of what a task with this cause does now, on a page that has been told so much.
///
/// A cause without a user is from before the page knew anybody, a timer set while it loaded for instance. It takes the
/// current user, and is late as soon as there has been a second one, since nothing says whom it was meant for.
#[must_use]
pub fn subject_of(cause: &Cause, told: &Told) -> Subject {
    match &cause.user {
        Some(user) => Subject { user: Some(user.clone()), late: told.user().is_some_and(|told| told != user) },
        None => Subject { user: told.user().cloned(), late: told.several() },
    }
}

/// What becomes of an effect, in a page whose plugin has this policy.
#[must_use]
pub fn decide(effect: &Effect, subject: &Subject, policy: PluginPolicy, telling: Telling) -> Decision {
    if !is_message(effect) {
        return Decision::NotAMessage;
    }
    if subject.user.is_none() {
        return Decision::Refuse { reason: REASON_NO_USER };
    }
    match (telling, policy.send, subject.late, policy.late) {
        (Telling::Repetition, ..) => Decision::RecordOnly,
        (_, _, true, LatePolicy::Hold) => Decision::HoldLate,
        (_, SendPolicy::Review, ..) => Decision::HoldForReview,
        (_, SendPolicy::Auto, ..) => Decision::Send,
    }
}

fn is_message(effect: &Effect) -> bool {
    match effect {
        Effect::PutMsg(call) => call.outcome == Outcome::Accepted,
        Effect::Echat(call) => call.outcome == Outcome::Accepted && call.is_for_visitor(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
