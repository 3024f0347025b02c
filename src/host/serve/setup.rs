//! What a host serves, and how.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;

use super::conversation::Renewed;
use super::crew::CrewEnd;
use super::operations::Operations;
use super::otlp::Exporter;
use super::place::Seat;
use super::recording::RecordPolicy;
use super::scheduler::Room;
use super::workbench::Workbench;
use crate::base::clock::Clock;
use crate::host::desk::Desk;
use crate::host::forward::{ForwardError, Target};
use crate::host::log_sink::LogSink;
use crate::host::plugin::Plugin;
use crate::host::processes::Processes;
use crate::host::rights::Rights;
use crate::host::watch::Notice;
use crate::net::{Live, NetError};
use crate::record::Reader;
use crate::store::StoreError;
use crate::wechat::callback::{CallbackError, CallbackSettings};

/// An official account.
pub struct AccountSetup {
    /// Where its messages go.
    pub target: Target,
    /// Where its pushes come; none: they come otherwise.
    pub callback: Option<CallbackSettings>,
    /// Its messages go there instead of to its server, which is [`LOG_SERVER`](crate::host::LOG_SERVER) then.
    pub sink: Option<LogSink>,
}

/// What customers are served with; it may change while they are.
pub struct Residence {
    /// The plugins, in the order in which they are told.
    pub plugins: Vec<Plugin>,
    /// What all pages may reach.
    pub rights: Rights,
    /// The network.
    pub live: Option<Live>,
    /// The seats; none: plugins in review mode have pages of each customer's own as well.
    pub seats: Vec<Seat>,
    /// The customer-service account that messages go out as, where the operator named one.
    pub kf_account: Option<String>,
    /// The one that the ticket service answers.
    pub seat_account: String,
    /// How the pages' processes come to be.
    pub processes: Processes,
    /// How many conversations are open, and for how long.
    pub room: Room,
    /// What is recorded.
    pub record: RecordPolicy,
}

/// What is served.
pub struct Setup {
    /// The accounts.
    pub accounts: Vec<AccountSetup>,
    /// What listens at their addresses already.
    pub listeners: Vec<(SocketAddr, TcpListener)>,
    /// What with.
    pub residence: Residence,
    /// A log whose lines are told as they come, to customers of the first account.
    pub log: Option<Reader>,
    /// How many conversations are worked on at the same time.
    pub threads: usize,
    /// What all of it goes by, whatever the accounts name.
    pub clock: Clock,
    /// Where it says how it is doing.
    pub operations: Arc<Operations>,
    /// Where traces of what it does go, where anybody wants them.
    pub traces: Option<Exporter>,
    /// Where what happens at seats is shown.
    pub workbench: Option<Workbench>,
}

/// What whoever started the host has to do with it.
pub struct Doors<'a> {
    /// Hears that it answers; what it returns is kept until the host ends.
    pub begun: &'a mut dyn FnMut(&Ready, Desk) -> Box<dyn Any + Send>,
    /// Somebody wants the configuration read again.
    pub again: Receiver<Again>,
    /// Reads it; what is wrong with it keeps the old one in force.
    pub read: &'a mut dyn FnMut() -> Result<(Residence, Reread), Notice>,
}

/// How the configuration is read again.
#[derive(Debug)]
pub enum Again {
    /// It is in force for each customer from his next event on.
    Move,
    /// The pages at seats are loaded at once, beside those that are open; it is in force where they load as well as those did.
    Try {
        /// The customer for whom a page is opened that was told nobody.
        openid: Arc<str>,
        /// Hears what became of it.
        renewed: oneshot::Sender<Renewed>,
    },
}

/// What differs in a configuration that was read again, by the names of its settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reread {
    /// What holds at once.
    pub changed: Vec<&'static str>,
    /// What holds from the next start on.
    pub later: Vec<&'static str>,
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
    /// A part of it ended though nobody had it end.
    #[error("{0} ended by itself, which is a bug in duoke; the host ends because of it")]
    Died(String),
}

impl From<CrewEnd> for ServeError {
    fn from(end: CrewEnd) -> Self {
        match end {
            CrewEnd::Store(error) => error.into(),
            CrewEnd::Panicked => Self::Died("a thread that works on conversations".to_owned()),
        }
    }
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
            Self::Died(_) => Some(
                "what happened is on standard error; started again, the host goes on with what is on disk".to_owned(),
            ),
        }
    }
}
