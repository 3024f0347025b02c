//! How messages leave.

use crate::{
    session::window::Allowances,
    store::Row,
    wechat::{BoxFuture, ContentError, Courier, Planned, Receipt, SendError, Wire},
};

/// Somebody who can bring messages to a user.
pub trait Carrier: Send + Sync {
    /// The messages a row's content becomes. The same ones for the same content and number of messages of which some were
    /// sent; while none was, the limits that the account is found to have may change them.
    fn plan(&self, row: &Row) -> Result<Vec<Planned>, ContentError>;

    /// What users' actions allow, by the limits in force.
    fn allowances(&self) -> Allowances;

    /// Sends one of a row's messages; `wire` is asked before it goes on the wire.
    fn deliver<'a>(
        &'a self,
        row: &'a Row,
        message: &'a Planned,
        wire: &'a dyn Wire,
    ) -> BoxFuture<'a, Result<Receipt, SendError>>;
}

impl Carrier for Courier {
    fn plan(&self, row: &Row) -> Result<Vec<Planned>, ContentError> {
        Self::plan_begun(self, &row.content, row.begun())
    }

    fn allowances(&self) -> Allowances {
        Self::allowances(self)
    }

    fn deliver<'a>(
        &'a self,
        row: &'a Row,
        message: &'a Planned,
        wire: &'a dyn Wire,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        Box::pin(async move {
            let sent = Self::deliver(self, &row.openid, row.kf_account.as_deref(), &message.message, wire).await;
            sent.map(|receipt| Receipt { notes: [message.notes.clone(), receipt.notes].concat(), ..receipt })
        })
    }
}
