//! What may be sent to a user, until when, and why (wechat-api.md §1, Limits: window, sends per trigger, typing).
//!
//! A [`Window`] holds facts: what the user did last, of each kind, and what was sent because of it. What these allow is
//! asked with the [`Allowances`] in force. WeChat's own word corrects the facts; where nothing is known WeChat is asked.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{
    clock::{TimestampMs, format_rfc3339},
    limits::{TYPING_AFTER_MS, TYPING_LIFE_MS, WINDOW_KNOWN_MS},
};

/// What a user does that lets an account write to him.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// He sent a message.
    Message,
    /// He clicked on a menu, or an item of a menu message.
    Menu,
    /// He followed the account.
    Subscribe,
    /// He scanned its code.
    Scan,
    /// He paid.
    Payment,
}

impl Trigger {
    /// The name in stores and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Menu => "menu",
            Self::Subscribe => "subscribe",
            Self::Scan => "scan",
            Self::Payment => "payment",
        }
    }

    /// In a sentence: "after the user's last message".
    #[must_use]
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Menu => "menu click",
            Self::Subscribe => "subscription",
            Self::Scan => "scan",
            Self::Payment => "payment",
        }
    }
}

/// What one action of a user allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Messages that may be sent; `None` for any number.
    pub sends: Option<u32>,
    /// For how long, in ms.
    pub window_ms: i64,
}

/// What each kind of action allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowances {
    /// After a message of the user.
    pub message: Allowance,
    /// After a menu click, a subscription or a scan: one allowance for each.
    pub click: Allowance,
    /// After a payment.
    pub payment: Allowance,
}

impl Allowances {
    /// What an action of this kind allows.
    #[must_use]
    pub fn of(&self, trigger: Trigger) -> Allowance {
        match trigger {
            Trigger::Message => self.message,
            Trigger::Menu | Trigger::Subscribe | Trigger::Scan => self.click,
            Trigger::Payment => self.payment,
        }
    }
}

/// What a user did, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It lets the account write to him.
    Opens(Trigger),
    /// He no longer follows the account.
    Leaves,
    /// He is there; what he did, and when, is not known well enough to count on.
    Appears,
}

/// The last action of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Action {
    trigger: Trigger,
    at: TimestampMs,
    /// Messages sent because of it.
    sent: u32,
}

/// WeChat's own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Refused {
    errcode: i64,
    at: TimestampMs,
}

/// What is known of one user. Its serialized form is kept in stores: members are added, none renamed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Window {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Action>,
    /// WeChat refused a message, and the user has done nothing since.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Refused>,
    /// The user left, and has not come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<TimestampMs>,
    /// A person doubts that it is closed: WeChat is asked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    doubted: bool,
    /// When somebody last wrote, the user or the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<TimestampMs>,
    /// Until when the user is shown that somebody types.
    #[serde(skip_serializing_if = "Option::is_none")]
    typing_until: Option<TimestampMs>,
}

/// What one action still allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The kind of action.
    pub trigger: Trigger,
    /// When the user did it.
    pub at: TimestampMs,
    /// Until when it counts.
    pub until: TimestampMs,
    /// Messages it allowed; `None` for any number.
    pub sends: Option<u32>,
    /// Messages sent because of it.
    pub sent: u32,
}

impl Bucket {
    /// Messages it still allows; `None` for any number.
    #[must_use]
    pub fn left(&self) -> Option<u32> {
        self.sends.map(|sends| sends.saturating_sub(self.sent))
    }
}

/// How a window stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is known of the user, or nothing certain: WeChat is asked.
    Unknown,
    /// Messages may be sent.
    Open {
        /// How many; `None` for any number.
        left: Option<u32>,
        /// Until when at the longest.
        until: TimestampMs,
    },
    /// None may be sent before the user does something.
    Closed(Closed),
}

/// Why nothing may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The user left.
    Left {
        /// When.
        at: TimestampMs,
    },
    /// What he did last counts no longer.
    Ended {
        /// What that was.
        trigger: Trigger,
        /// How long it counted, in ms.
        window_ms: i64,
        /// Until when it counted.
        until: TimestampMs,
    },
    /// As many messages as were allowed are sent.
    UsedUp {
        /// After what.
        trigger: Trigger,
        /// How many that were.
        sends: u32,
        /// Until when it counts.
        until: TimestampMs,
    },
    /// WeChat said so.
    Refused {
        /// Its code: 45015 or 45047.
        errcode: i64,
        /// When.
        at: TimestampMs,
    },
}

impl Closed {
    /// The code WeChat refuses a message with: 45015 where no action counts any more, 45047 where too many were sent.
    #[must_use]
    pub fn errcode(self) -> i64 {
        match self {
            Self::Left { .. } | Self::Ended { .. } => 45015,
            Self::UsedUp { .. } => 45047,
            Self::Refused { errcode, .. } => errcode,
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Left { at } => write!(f, "the user left the account at {}", format_rfc3339(at)),
            Self::Ended { trigger, window_ms, until } => {
                let (what, long, until) = (trigger.phrase(), span(window_ms), format_rfc3339(until));
                write!(f, "the {long} after the user's last {what} ended at {until}")
            }
            Self::UsedUp { trigger, sends, until } => {
                let (what, until) = (trigger.phrase(), format_rfc3339(until));
                let messages = if sends == 1 { "message" } else { "messages" };
                write!(f, "the {sends} {messages} that the user's last {what} allows until {until} are sent")
            }
            Self::Refused { errcode: 45047, at } => {
                let at = format_rfc3339(at);
                write!(
                    f,
                    "WeChat said at {at} that as many messages were sent as the user's last action allows (45047)"
                )
            }
            Self::Refused { errcode, at } => {
                let at = format_rfc3339(at);
                write!(f, "WeChat said at {at} that the time after the user's last action is over ({errcode})")
            }
        }
    }
}

/// A time span as limits name it: whole hours or minutes.
#[must_use]
pub fn span(ms: i64) -> String {
    match (ms / 60_000, ms % 3_600_000) {
        (minutes, 0) => format!("{} h", minutes / 60),
        (minutes, _) => format!("{minutes} min"),
    }
}

/// Why a typing state would not be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TypingRefused {
    /// Nobody wrote within 30 s.
    #[error("nobody has written to the user, or he to the account, since {}: a typing state is shown within 30 s of that", format_rfc3339(*.written))]
    Silence {
        /// When somebody last did.
        written: TimestampMs,
    },
    /// It is shown already.
    #[error("the user is shown until {} that somebody types", format_rfc3339(*.until))]
    Shown {
        /// Until when.
        until: TimestampMs,
    },
}

impl Window {
    /// The user did something at `at`, and it is told now. One that is older than what is known changes no count.
    pub fn acts(&mut self, deed: Deed, at: TimestampMs, now: TimestampMs) {
        self.forget(now);
        // By another clock than ours it may be a little later; what is far ahead is no time.
        let at = at.min(now);
        match deed {
            // He came back since, or left since.
            Deed::Leaves if self.actions.iter().any(|action| action.at > at) => return,
            Deed::Opens(_) if self.left.is_some_and(|left| left > at) => return,
            Deed::Leaves => {
                *self = Self { left: Some(at), ..Self::default() };
                return;
            }
            Deed::Opens(trigger) if now.saturating_sub(at) <= WINDOW_KNOWN_MS => {
                let known = self.actions.iter().position(|action| action.trigger == trigger);
                let is_newer = known.is_none_or(|known| self.actions[known].at <= at);
                if is_newer {
                    self.actions.retain(|action| action.trigger != trigger);
                    self.actions.push(Action { trigger, at, sent: 0 });
                }
                self.written = self.written.max(Some(at));
            }
            Deed::Opens(_) | Deed::Appears => self.doubted = true,
        }
        if matches!(deed, Deed::Opens(_)) && now.saturating_sub(at) <= WINDOW_KNOWN_MS {
            self.doubted = false;
        }
        (self.refused, self.left) = (None, None);
    }

    /// A message was sent: it counts against the longest-lived action that allows any.
    pub fn sent(&mut self, allowances: &Allowances, now: TimestampMs) {
        self.wrote(now);
        let longest = self.buckets(allowances, now).filter(|bucket| bucket.left() != Some(0));
        let Some(longest) = longest.max_by_key(|bucket| bucket.until) else { return };
        if let Some(action) = self.actions.iter_mut().find(|action| action.trigger == longest.trigger) {
            action.sent += 1;
        }
    }

    /// A message was sent that counts against what the user did before: he has done something since.
    pub fn wrote(&mut self, now: TimestampMs) {
        (self.written, self.typing_until) = (Some(now), None);
    }

    /// WeChat refused a message with 45015 or 45047: nothing is to be sent before the user does something.
    pub fn refused(&mut self, errcode: i64, now: TimestampMs) {
        self.refused = Some(Refused { errcode, at: now });
        self.doubted = false;
    }

    /// A person wants a message sent all the same: WeChat is asked.
    pub fn doubt(&mut self) {
        self.doubted = true;
    }

    /// How it stands.
    #[must_use]
    pub fn standing(&self, allowances: &Allowances, now: TimestampMs) -> Standing {
        if self.doubted {
            return self.open(allowances, now).unwrap_or(Standing::Unknown);
        }
        let is_known = |at: &TimestampMs| now.saturating_sub(*at) <= WINDOW_KNOWN_MS;
        if let Some(Refused { errcode, at }) = self.refused.filter(|refused| is_known(&refused.at)) {
            return Standing::Closed(Closed::Refused { errcode, at });
        }
        if let Some(at) = self.left.filter(is_known) {
            return Standing::Closed(Closed::Left { at });
        }
        self.open(allowances, now).unwrap_or_else(|| self.shut(allowances, now))
    }

    /// Where messages may be sent: how many, and until when.
    fn open(&self, allowances: &Allowances, now: TimestampMs) -> Option<Standing> {
        let usable = || self.buckets(allowances, now).filter(|bucket| bucket.left() != Some(0));
        let until = usable().map(|bucket| bucket.until).max()?;
        let left = usable().map(|bucket| bucket.left()).sum();
        Some(Standing::Open { left, until })
    }

    /// Where none may: why.
    fn shut(&self, allowances: &Allowances, now: TimestampMs) -> Standing {
        if let Some(used) = self.buckets(allowances, now).max_by_key(|bucket| bucket.until) {
            let (trigger, sends, until) = (used.trigger, used.sends.unwrap_or(used.sent), used.until);
            return Standing::Closed(Closed::UsedUp { trigger, sends, until });
        }
        let known = self.actions.iter().filter(|action| now.saturating_sub(action.at) <= WINDOW_KNOWN_MS);
        let ended =
            known.map(|action| (action.trigger, action.at.saturating_add(allowances.of(action.trigger).window_ms)));
        match ended.max_by_key(|(_, until)| *until) {
            Some((trigger, until)) => {
                Standing::Closed(Closed::Ended { trigger, window_ms: allowances.of(trigger).window_ms, until })
            }
            None => Standing::Unknown,
        }
    }

    /// What the user's actions still allow: those that count now.
    pub fn buckets(&self, allowances: &Allowances, now: TimestampMs) -> impl Iterator<Item = Bucket> {
        self.actions.iter().filter_map(move |&Action { trigger, at, sent }| {
            let Allowance { sends, window_ms } = allowances.of(trigger);
            let until = at.saturating_add(window_ms);
            (now < until).then_some(Bucket { trigger, at, until, sends, sent })
        })
    }

    /// Whether a typing state would be shown, as far as is known.
    ///
    /// # Errors
    /// [`TypingRefused`].
    pub fn may_type(&self, now: TimestampMs) -> Result<(), TypingRefused> {
        if let Some(until) = self.typing_until.filter(|until| now < *until) {
            return Err(TypingRefused::Shown { until });
        }
        match self.written {
            Some(written) if now - written > TYPING_AFTER_MS => Err(TypingRefused::Silence { written }),
            _ => Ok(()),
        }
    }

    /// The user is shown that somebody types, or no longer.
    pub fn types(&mut self, is_typing: bool, now: TimestampMs) {
        self.typing_until = is_typing.then_some(now + TYPING_LIFE_MS);
    }

    /// When somebody last wrote, the user or the account, as far as is known.
    #[must_use]
    pub fn written(&self) -> Option<TimestampMs> {
        self.written
    }

    /// Actions that are long past say nothing.
    fn forget(&mut self, now: TimestampMs) {
        self.actions.retain(|action| now.saturating_sub(action.at) <= WINDOW_KNOWN_MS);
    }
}

#[cfg(test)]
mod tests;
