//! The calls of WeChat's API that the client makes (wechat-api.md §1).

use std::fmt;

/// A call, by what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// `GET /cgi-bin/token`
    Token,
    /// `POST /cgi-bin/stable_token`
    StableToken,
    /// `POST /cgi-bin/message/custom/send`
    Send,
    /// `POST /cgi-bin/message/custom/typing`
    Typing,
    /// `POST /cgi-bin/media/upload`
    Upload,
    /// `GET /cgi-bin/media/get`
    Download,
    /// `POST /customservice/kfaccount/add`
    KfAdd,
    /// `POST /customservice/kfaccount/update`
    KfUpdate,
    /// `POST /customservice/kfaccount/del`
    KfDelete,
    /// `POST /customservice/kfaccount/uploadheadimg`
    KfAvatar,
    /// `POST /customservice/kfaccount/inviteworker`
    KfInvite,
    /// `GET /cgi-bin/customservice/getkflist`
    KfList,
    /// `GET /cgi-bin/customservice/getonlinekflist`
    KfOnline,
    /// `POST /customservice/kfsession/create`
    SessionCreate,
    /// `POST /customservice/kfsession/close`
    SessionClose,
    /// `GET /customservice/kfsession/getsession`
    SessionOfUser,
    /// `GET /customservice/kfsession/getsessionlist`
    SessionsOfAccount,
    /// `GET /customservice/kfsession/getwaitcase`
    Waiting,
    /// `POST /customservice/msgrecord/getmsglist`
    Records,
}

impl Call {
    /// Every call.
    pub const ALL: [Self; 19] = [
        Self::Token,
        Self::StableToken,
        Self::Send,
        Self::Typing,
        Self::Upload,
        Self::Download,
        Self::KfAdd,
        Self::KfUpdate,
        Self::KfDelete,
        Self::KfAvatar,
        Self::KfInvite,
        Self::KfList,
        Self::KfOnline,
        Self::SessionCreate,
        Self::SessionClose,
        Self::SessionOfUser,
        Self::SessionsOfAccount,
        Self::Waiting,
        Self::Records,
    ];

    /// The call's path.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Token => "/cgi-bin/token",
            Self::StableToken => "/cgi-bin/stable_token",
            Self::Send => "/cgi-bin/message/custom/send",
            Self::Typing => "/cgi-bin/message/custom/typing",
            Self::Upload => "/cgi-bin/media/upload",
            Self::Download => "/cgi-bin/media/get",
            Self::KfAdd => "/customservice/kfaccount/add",
            Self::KfUpdate => "/customservice/kfaccount/update",
            Self::KfDelete => "/customservice/kfaccount/del",
            Self::KfAvatar => "/customservice/kfaccount/uploadheadimg",
            Self::KfInvite => "/customservice/kfaccount/inviteworker",
            Self::KfList => "/cgi-bin/customservice/getkflist",
            Self::KfOnline => "/cgi-bin/customservice/getonlinekflist",
            Self::SessionCreate => "/customservice/kfsession/create",
            Self::SessionClose => "/customservice/kfsession/close",
            Self::SessionOfUser => "/customservice/kfsession/getsession",
            Self::SessionsOfAccount => "/customservice/kfsession/getsessionlist",
            Self::Waiting => "/customservice/kfsession/getwaitcase",
            Self::Records => "/customservice/msgrecord/getmsglist",
        }
    }

    /// Whether it is called with GET; the others with POST.
    #[must_use]
    pub fn is_get(self) -> bool {
        matches!(
            self,
            Self::Token
                | Self::Download
                | Self::KfList
                | Self::KfOnline
                | Self::SessionOfUser
                | Self::SessionsOfAccount
                | Self::Waiting
        )
    }

    /// Whether it hands out access tokens, for the account's secret.
    #[must_use]
    pub fn is_token(self) -> bool {
        matches!(self, Self::Token | Self::StableToken)
    }

    /// Whether it changes accounts or sessions of customer service, so that a call without an answer may have done so.
    #[must_use]
    pub fn is_of_accounts(self) -> bool {
        self.path().starts_with("/customservice/") && !self.is_get() && self != Self::Records
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_call_has_a_path_of_its_own() {
        let paths: BTreeSet<_> = Call::ALL.iter().map(|call| call.path()).collect();
        assert_eq!(paths.len(), Call::ALL.len());
        assert!(Call::ALL.iter().all(|call| !(call.is_get() && call.is_of_accounts())));
    }
}
