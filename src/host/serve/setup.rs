//! What a host serves, and how.

use std::net::SocketAddr;
use std::sync::Arc;

use super::operations::Operations;
use super::scheduler::Room;
use crate::host::forward::{ForwardError, Target};
use crate::host::plugin::Plugin;
use crate::host::processes::Processes;
use crate::host::rights::Rights;
use crate::net::{Live, NetError};
use crate::store::StoreError;
use crate::wechat::callback::{CallbackError, CallbackSettings};

/// An official account.
pub struct AccountSetup {
    /// Where its messages go.
    pub target: Target,
    /// Where its pushes come; none: they come otherwise.
    pub callback: Option<CallbackSettings>,
}

/// What is served.
pub struct Setup {
    /// The accounts.
    pub accounts: Vec<AccountSetup>,
    /// The plugins, in the order in which they are told.
    pub plugins: Vec<Plugin>,
    /// What all pages may reach.
    pub rights: Rights,
    /// The network.
    pub live: Option<Live>,
    /// The customer-service account that the ticket service answers.
    pub seat_account: String,
    /// How the pages' processes come to be.
    pub processes: Processes,
    /// How many conversations are open, and for how long.
    pub room: Room,
    /// How many are worked on at the same time.
    pub threads: usize,
    /// Where it says how it is doing.
    pub operations: Arc<Operations>,
}

/// What whoever started the host may tell others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The addresses of callbacks by app id, with their paths.
    pub callbacks: Vec<(String, SocketAddr, String)>,
}

/// A host that cannot begin, or that had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Delivery.
    #[error(transparent)]
    Forward(#[from] ForwardError),
    /// The durable state.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The network of a plugin.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The callback.
    #[error(transparent)]
    Callback(#[from] CallbackError),
}

impl ServeError {
    /// The next step, for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Forward(error) => error.hint().map(str::to_owned),
            Self::Store(error) => Some(error.hint().to_owned()),
            Self::Net(error) => error.hint(),
            Self::Callback(error) => Some(error.hint().to_owned()),
        }
    }
}
