//! How messages leave.

use crate::{
    session::window::Allowances,
    store::Row,
    wechat::{BoxFuture, Content, ContentError, Courier, Message, Receipt, SendError, Wire},
};

/// Somebody who can bring messages to a user.
pub trait Carrier: Send + Sync {
    /// The messages a content becomes; always the same ones for the same content.
    fn plan(&self, content: &Content) -> Result<Vec<Message>, ContentError>;

    /// What users' actions allow, by the limits in force.
    fn allowances(&self) -> Allowances;

    /// Sends one of a row's messages; `wire` is asked before it goes on the wire.
    fn deliver<'a>(
        &'a self,
        row: &'a Row,
        message: &'a Message,
        wire: &'a dyn Wire,
    ) -> BoxFuture<'a, Result<Receipt, SendError>>;
}

impl Carrier for Courier {
    fn plan(&self, content: &Content) -> Result<Vec<Message>, ContentError> {
        Self::plan(self, content)
    }

    fn allowances(&self) -> Allowances {
        Self::allowances(self)
    }

    fn deliver<'a>(
        &'a self,
        row: &'a Row,
        message: &'a Message,
        wire: &'a dyn Wire,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        Box::pin(Self::deliver(self, &row.openid, row.kf_account.as_deref(), message, wire))
    }
}
