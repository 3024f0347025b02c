//! The cause of a page's task: the stimulus that led to it (plugin-apis.md §3).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
/// What a task of a page goes back to. Timers, callbacks and promise reactions inherit it; a clone is two counters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// Id of the stimulus; a page's load has an id of its own, chosen by the host.
    pub stimulus: Arc<str>,
    /// The customer it is about: the stimulus's own user, or else the one the page knew when it arrived. `None` only
    /// where the page had been told nobody yet.
    pub user: Option<Arc<str>>,
}

impl Cause {
    /// A cause from a stimulus's id and user.
    #[must_use]
    pub fn new(stimulus: &str, user: Option<&str>) -> Self {
        Self { stimulus: Arc::from(stimulus), user: user.map(Arc::from) }
    }
}
