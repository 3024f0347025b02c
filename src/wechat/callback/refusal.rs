//! Requests that are refused: with which status, and what the operator is told. Nothing of a request is quoted.

use axum::http::StatusCode;

use super::NotAccepted;
use crate::base::limits::{PUSH_AGE_MS_MAX, PUSH_BODY_BYTES_MAX};
use crate::wechat::{crypt::CryptError, push::NoPush};

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its signature is wrong or missing.
    #[error("a request's signature is not WeChat's")]
    Signature,
    /// Its timestamp is missing, older than [`PUSH_AGE_MS_MAX`] or as far ahead: it may be recorded and played again.
    #[error("a request's timestamp is more than {} minutes away, or none", PUSH_AGE_MS_MAX / 60_000)]
    Stale,
    /// It is not encrypted, and the mode is `secure`.
    #[error("a push is not encrypted, and the mode is secure")]
    NotEncrypted,
    /// It is encrypted, and the mode is `plain`.
    #[error("a push is encrypted, and the mode is plain")]
    Encrypted,
    /// It cannot be decrypted, or is for another account.
    #[error("a push is refused: {0}")]
    Crypt(CryptError),
    /// Its body is no push.
    #[error("a push is refused: {0}")]
    Body(NoPush),
    /// Its body is too large.
    #[error("a push is refused: its body has more than {PUSH_BODY_BYTES_MAX} bytes")]
    TooLarge,
    /// Its body did not come in time, or broke off.
    #[error("a push is refused: its body did not come in time")]
    Slow,
    /// Too many are under way.
    #[error("a push is refused: too many are under way")]
    Busy,
    /// The receiver has not taken it in.
    #[error("a push was not taken in: {0}")]
    NotAccepted(NotAccepted),
    /// The receiver has not taken it in yet.
    #[error("a push was not taken in before WeChat's time was up")]
    TooLate,
}

impl Refusal {
    /// The status that says so. WeChat delivers again whatever is not answered with 200.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Signature | Self::Stale | Self::NotEncrypted | Self::Crypt(CryptError::AppId) => {
                StatusCode::FORBIDDEN
            }
            Self::Encrypted | Self::Crypt(CryptError::Sealed) | Self::Body(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Crypt(_) | Self::NotAccepted(_) | Self::TooLate => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What it is refused by, in a word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Stale => "stale",
            Self::NotEncrypted => "not_encrypted",
            Self::Encrypted => "encrypted",
            Self::Crypt(_) => "crypt",
            Self::Body(_) => "body",
            Self::TooLarge => "too_large",
            Self::Slow => "slow",
            Self::Busy => "busy",
            Self::NotAccepted(_) => "not_accepted",
            Self::TooLate => "too_late",
        }
    }

    /// The next step, where the settings may be wrong.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Signature => Some("if it was WeChat, `token` in [wechat.callback] is not that of its settings page"),
            Self::Stale => Some("if it was WeChat, this machine's clock is wrong"),
            Self::NotEncrypted | Self::Encrypted => {
                Some("`mode` in [wechat.callback] must be that of WeChat's settings page")
            }
            Self::Crypt(CryptError::AppId) => Some("DUOKE_APP_ID must be the account whose pushes come here"),
            Self::Crypt(CryptError::Sealed) => Some(
                "`encoding_aes_key` in [wechat.callback] must be that of WeChat's settings page; after a change the \
                      one before it goes into `previous_encoding_aes_key`",
            ),
            _ => None,
        }
    }
}

impl From<CryptError> for Refusal {
    fn from(error: CryptError) -> Self {
        Self::Crypt(error)
    }
}

impl From<NoPush> for Refusal {
    fn from(error: NoPush) -> Self {
        Self::Body(error)
    }
}
