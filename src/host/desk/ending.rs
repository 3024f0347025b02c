//! A host is asked to end, because another one takes over.

use serde_json::json;
use tokio::sync::{Notify, watch};

use super::answer::{Answer, Trouble, TroubleKind};

/// The end of a host: asked for by one, awaited by the other.
#[derive(Debug, Default)]
pub struct Ending {
    asked: Notify,
    /// Whether it has done with all but what comes, and is about to let go of its addresses and of the store.
    has_come: watch::Sender<bool>,
}

impl Ending {
    /// Waits until somebody asks for it.
    pub async fn asked(&self) {
        self.asked.notified().await;
    }

    /// It has come: whoever asked hears that.
    pub fn come(&self) {
        self.has_come.send_replace(true);
    }
}

/// Asks for it, and is answered when it has come.
pub(super) async fn end(ending: Option<&Ending>) -> Result<Answer, Trouble> {
    let Some(ending) = ending else {
        let text = "the host that has this state does not end because it is asked to";
        let hint = "only `duoke serve` hands over: stop this one as it was started";
        return Err(Trouble::new(TroubleKind::Request, text).with_hint(hint));
    };
    ending.asked.notify_one();
    // Its sender is ours.
    let _ = ending.has_come.subscribe().wait_for(|has_come| *has_come).await;
    Ok(Answer { items: vec![json!({"process": std::process::id()})], next: None })
}
