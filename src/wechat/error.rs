//! What went wrong between us and WeChat, as an operator reads it.

use std::borrow::Cow;

use super::{
    call::Call,
    errcode::{self, Action},
};

/// A call that did not succeed. Holds neither tokens nor secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WechatError {
    /// The HTTP client could not be made, or the request could not be built.
    #[error("cannot call WeChat at {base}: {reason}")]
    Setup {
        /// `wechat.base_url`.
        base: String,
        /// What the HTTP client says.
        reason: String,
    },
    /// The message was withdrawn when it was about to go on the wire.
    #[error("{call} was not called: the message was withdrawn")]
    Withdrawn {
        /// The call.
        call: Call,
    },
    /// No connection came about: nothing was sent.
    #[error("WeChat at {base} cannot be reached for {call}: {reason}")]
    Unreachable {
        /// The call.
        call: Call,
        /// `wechat.base_url`.
        base: String,
        /// What the connection says.
        reason: String,
    },
    /// The request went out and no whole answer came back.
    #[error("no answer from {base} to {call} after the request was sent: {reason}")]
    NoAnswer {
        /// The call.
        call: Call,
        /// `wechat.base_url`.
        base: String,
        /// What the connection says.
        reason: String,
        /// Whether the time was up; otherwise the connection broke.
        timed_out: bool,
    },
    /// An HTTP status other than 200, which WeChat answers even to refusals.
    #[error("{base} answered {call} with HTTP status {status}: {answer}")]
    Status {
        /// The call.
        call: Call,
        /// `wechat.base_url`.
        base: String,
        /// The status.
        status: u16,
        /// The beginning of the answer.
        answer: String,
    },
    /// HTTP status 200 with something else than the JSON this call answers.
    #[error("{base} answered {call} with something that is not WeChat's JSON: {answer}")]
    NotJson {
        /// The call.
        call: Call,
        /// `wechat.base_url`.
        base: String,
        /// The beginning of the answer.
        answer: String,
    },
    /// A file larger than any that WeChat takes.
    #[error("{base} answered {call} with more than {limit} bytes")]
    TooLarge {
        /// The call.
        call: Call,
        /// `wechat.base_url`.
        base: String,
        /// Bytes that are read.
        limit: usize,
    },
    /// WeChat refused the account's configuration; no call can succeed before that changes.
    #[error("WeChat refused the account's configuration at {call}: {errcode} {errmsg} ({})", meaning(*.errcode))]
    Configuration {
        /// The call.
        call: Call,
        /// WeChat's code.
        errcode: i64,
        /// WeChat's words.
        errmsg: String,
    },
    /// WeChat refused this call.
    #[error("WeChat refused {call}: {errcode} {errmsg} ({})", meaning(*.errcode))]
    Refused {
        /// The call.
        call: Call,
        /// WeChat's code.
        errcode: i64,
        /// WeChat's words.
        errmsg: String,
    },
}

fn meaning(code: i64) -> &'static str {
    errcode::lookup(code).map_or("a code that is not in WeChat's documentation as we know it", |row| row.meaning)
}

impl WechatError {
    /// The error for an errcode other than 0. At the token call 40001 speaks of the secret, elsewhere of the token.
    #[must_use]
    pub fn refused(call: Call, errcode: i64, errmsg: String) -> Self {
        let configuration =
            matches!(errcode::action(errcode), Action::Configuration | Action::Whitelist | Action::Account)
                || (call.is_token() && errcode == 40001);
        if configuration {
            Self::Configuration { call, errcode, errmsg }
        } else {
            Self::Refused { call, errcode, errmsg }
        }
    }

    /// WeChat's code, where WeChat answered with one.
    #[must_use]
    pub fn errcode(&self) -> Option<i64> {
        match self {
            Self::Configuration { errcode, .. } | Self::Refused { errcode, .. } => Some(*errcode),
            _ => None,
        }
    }

    /// WeChat's code where the manual has it, and else the kind of trouble, in a word.
    #[must_use]
    pub fn rule(&self) -> Cow<'static, str> {
        match self {
            Self::Configuration { errcode, .. } | Self::Refused { errcode, .. } => match errcode::lookup(*errcode) {
                Some(_) => errcode.to_string().into(),
                None => "unknown_code".into(),
            },
            Self::Setup { .. } => "setup".into(),
            Self::Withdrawn { .. } => "withdrawn".into(),
            Self::Unreachable { .. } => "unreachable".into(),
            Self::NoAnswer { .. } => "no_answer".into(),
            Self::Status { .. } => "http_status".into(),
            Self::NotJson { .. } | Self::TooLarge { .. } => "bad_answer".into(),
        }
    }

    /// What to do about WeChat's code, where there is one.
    #[must_use]
    pub fn action(&self) -> Option<Action> {
        match self {
            Self::Configuration { errcode: 40001, .. } => Some(Action::Configuration),
            _ => self.errcode().map(errcode::action),
        }
    }

    /// Whether the user may have the message although the call failed: sending is not idempotent, so such a message
    /// must not simply be sent again.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        match self {
            Self::NoAnswer { call, .. } | Self::NotJson { call, .. } => *call == Call::Send,
            Self::Status { call, status, .. } => *call == Call::Send && *status >= 500,
            _ => false,
        }
    }

    /// The next step, for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Setup { .. } => "check wechat.base_url and wechat.proxy".to_owned(),
            Self::Withdrawn { .. } => "nothing is to be done".to_owned(),
            Self::Unreachable { .. } => {
                "check the network, wechat.proxy, and wechat.base_url or --wechat-base".to_owned()
            }
            Self::NoAnswer { .. } if self.may_have_been_sent() => {
                "the message may have arrived: look at the conversation before sending it again".to_owned()
            }
            Self::NoAnswer { call, .. } if call.is_of_accounts() => {
                "the change may have been made: look with `duoke kf` before making it again".to_owned()
            }
            Self::NoAnswer { .. } => "nothing was sent to the user; try again".to_owned(),
            Self::Status { status, .. } if *status >= 500 => "the server has trouble; try again later".to_owned(),
            Self::Status { .. } => "check wechat.base_url: WeChat answers refusals with status 200".to_owned(),
            Self::TooLarge { .. } => "check wechat.base_url: WeChat keeps no media of this size".to_owned(),
            Self::NotJson { .. } => {
                "check wechat.base_url, and whether a proxy or a login page answers instead of WeChat".to_owned()
            }
            Self::Configuration { errcode: 40001, .. } => {
                "check DUOKE_APP_ID and DUOKE_APP_SECRET: they must belong to the same account".to_owned()
            }
            Self::Configuration { errcode, .. } | Self::Refused { errcode, .. } => match errcode::lookup(*errcode) {
                Some(row) => row.next.to_owned(),
                None => "look the code up in WeChat's documentation, 全局返回码".to_owned(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_by_call_and_code() {
        let at_token = WechatError::refused(Call::StableToken, 40001, "x".to_owned());
        assert!(matches!(at_token, WechatError::Configuration { .. }));
        assert_eq!(at_token.action(), Some(Action::Configuration));
        let at_send = WechatError::refused(Call::Send, 40001, "x".to_owned());
        assert!(matches!(at_send, WechatError::Refused { .. }));
        assert_eq!(at_send.action(), Some(Action::Refresh));
        for code in [40013, 40125, 40164, 61004, 50004] {
            assert!(matches!(
                WechatError::refused(Call::StableToken, code, String::new()),
                WechatError::Configuration { .. }
            ));
        }
    }

    #[test]
    fn what_an_operator_reads() {
        let error = WechatError::refused(Call::Send, 45015, "response out of time limit rid: 1".to_owned());
        let shown = error.to_string();
        assert!(shown.contains("45015") && shown.contains("rid: 1") && shown.contains("48 hours"), "{shown}");
        assert!(error.hint().contains("next message"), "{}", error.hint());
        let unknown = WechatError::refused(Call::Send, 99999, "?".to_owned());
        assert!(unknown.to_string().contains("not in WeChat's documentation"));
    }

    #[test]
    fn only_a_send_may_have_arrived() {
        let no_answer =
            |call| WechatError::NoAnswer { call, base: String::new(), reason: String::new(), timed_out: true };
        assert!(no_answer(Call::Send).may_have_been_sent());
        assert!(!no_answer(Call::Upload).may_have_been_sent());
        let status =
            |status| WechatError::Status { call: Call::Send, base: String::new(), status, answer: String::new() };
        assert!(status(502).may_have_been_sent());
        assert!(!status(404).may_have_been_sent());
    }
}
