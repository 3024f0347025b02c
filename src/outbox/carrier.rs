//! How messages leave.

use crate::wechat::{BoxFuture, Content, ContentError, Courier, Message, Receipt, SendError};

/// Somebody who can bring messages to a user.
pub trait Carrier: Send + Sync {
    /// The messages a content becomes; always the same ones for the same content.
    fn plan(&self, content: &Content) -> Result<Vec<Message>, ContentError>;

    /// Sends one of them.
    fn deliver<'a>(
        &'a self,
        openid: &'a str,
        kf_account: Option<&'a str>,
        message: &'a Message,
    ) -> BoxFuture<'a, Result<Receipt, SendError>>;
}

impl Carrier for Courier {
    fn plan(&self, content: &Content) -> Result<Vec<Message>, ContentError> {
        Self::plan(self, content)
    }

    fn deliver<'a>(
        &'a self,
        openid: &'a str,
        kf_account: Option<&'a str>,
        message: &'a Message,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        Box::pin(Self::deliver(self, openid, kf_account, message))
    }
}
