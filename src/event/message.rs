//! The messages a plugin page can put into a conversation with `PutMsg` (plugin-apis.md §1.2).

use serde::{Deserialize, Serialize};

/// One message of a call's body; a call's messages go out in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Type 0.
    Text {
        /// Never empty.
        text: String,
    },
    /// Type 1 (or 7) with an object that has `picUrl`.
    Image {
        /// An http(s) address.
        pic_url: String,
    },
    /// Type 7 (or 1, as the manual prints it) with an array: 图文.
    News {
        /// At least one.
        articles: Vec<Article>,
    },
}

/// One article of a news message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// Never empty.
    pub title: String,
    /// The summary; empty where the page gave none.
    pub digest: String,
    /// The picture's http(s) address; empty where the page gave none.
    pub cover: String,
    /// The page it opens; never empty.
    pub url: String,
}
