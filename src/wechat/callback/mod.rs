//! The receiver of WeChat's pushes (wechat-api.md §3): what the server settings of an account point to.
//!
//! - [`Callback`] listens; [`CallbackSettings`] say where, and in which [`Mode`]
//! - its connections are bounded in number and time ([`Connections`](crate::base::connections::Connections))
//! - `letter` checks a request and reads it, `recent` knows a push again, `answer` is what WeChat is told
//! - a [`Receiver`] takes pushes in; what it has not on disk is not acknowledged, and WeChat delivers it again
//! - a [`Refusal`] is a request that is none of WeChat's, or that cannot be taken now
//!
//! Pages have no part in it: WeChat is answered when the event is on disk.

mod answer;
mod letter;
mod recent;
mod refusal;
mod server;
mod settings;

use super::BoxFuture;
use super::push::Push;

pub use refusal::Refusal;
pub use server::{Callback, Running};
pub use settings::{CallbackError, CallbackSettings, Mode, Transfer};

/// Who takes pushes in.
pub trait Receiver: Send + Sync + 'static {
    /// Takes a push in. It is asked once for each push, however often WeChat delivers it, and again after an error; it
    /// is not cut off when WeChat no longer waits.
    ///
    /// # Errors
    /// It is not on disk: WeChat is to deliver it again.
    fn accept(&self, push: Push) -> BoxFuture<'_, Result<(), NotAccepted>>;

    /// A request was refused. Nothing of its content is in it.
    fn refused(&self, refusal: &Refusal);
}

/// A push that could not be taken in, and why, in words for a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAccepted(pub String);
