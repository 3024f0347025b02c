//! Where and how pushes come in.

use std::{io, net::SocketAddr, str::FromStr};

use super::super::{Secret, crypt::Crypt};
use crate::base::clock::Clock;

/// What the account's server settings say, seen from this side.
#[derive(Clone, Debug)]
pub struct CallbackSettings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The path of the address that WeChat calls, from its `/`.
    pub path: String,
    /// The token of the signatures.
    pub token: Secret,
    /// How bodies come.
    pub mode: Mode,
    /// Whether customers' messages are handed over to WeChat's own customer service.
    pub transfer: Option<Transfer>,
    /// The time, for stamps.
    pub clock: Clock,
}

/// How the bodies of pushes come (guide/dev/push/encryption).
#[derive(Clone, Debug)]
pub enum Mode {
    /// As they are.
    Plain,
    /// As they are, and encrypted beside that; what is encrypted counts.
    Compat(Crypt),
    /// Encrypted only.
    Secure(Crypt),
}

impl Mode {
    /// The mode's name in `duoke.toml`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Compat(_) => "compat",
            Self::Secure(_) => "secure",
        }
    }
}

/// The word for [`Transfer::kf_account`] `None`.
const ANY: &str = "any";

/// The passive answer `transfer_customer_service` (guide/product/kf/forwarding).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// The agent who gets the customer, even when offline; `None`: whoever WeChat chooses.
    pub kf_account: Option<String>,
}

impl FromStr for Transfer {
    type Err = String;

    /// `any`, or an account as `kf2001@gh_xxx`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('@') {
            None if text == ANY => Ok(Self::default()),
            Some((name, account)) if !name.is_empty() && !account.is_empty() => {
                Ok(Self { kf_account: Some(text.to_owned()) })
            }
            _ => Err(format!("is neither `{ANY}` nor a customer-service account, like kf2001@gh_xxx")),
        }
    }
}

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
#[error("{address} cannot be listened on: {source}")]
pub struct CallbackError {
    /// The address.
    pub address: SocketAddr,
    /// The system's reason.
    pub source: io::Error,
}

impl CallbackError {
    /// The next step.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "another program may listen there; `[wechat.callback] listen` names another address"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_customers_are_handed_to() {
        assert_eq!("any".parse(), Ok(Transfer { kf_account: None }));
        assert_eq!("kf1@gh_1".parse(), Ok(Transfer { kf_account: Some("kf1@gh_1".to_owned()) }));
        for wrong in ["", "all", "kf1", "@gh_1", "kf1@"] {
            assert!(wrong.parse::<Transfer>().is_err(), "{wrong}");
        }
    }
}
