//! The stream of a workbench: the lines of the log as they come, and what else has changed.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::HeaderMap;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::served::{Answered, BEAT, RETRY, Served, stream as serve};
use crate::base::limits::{CONSOLE_BEAT, CONSOLE_CHANGES_TIME, CONSOLE_LINES_MAX};
use crate::host::serve::{Changes, Workbench};

/// One browser.
struct Listener {
    workbench: Workbench,
    changes: watch::Receiver<Changes>,
    /// What it was told.
    told: Changes,
    has_begun: bool,
}

/// The lines behind `after`, or from now on, and what changes.
pub(super) fn stream(served: &Arc<Served>, headers: &HeaderMap, after: Option<u64>) -> Answered {
    let workbench = served.setting.workbench.clone();
    let changes = workbench.changes();
    let now = *changes.borrow();
    let (_, last) = workbench.span();
    // A number from before the host was started anew is none.
    let after = after.filter(|after| *after <= last).unwrap_or(last);
    let listener = Listener { workbench, changes, told: Changes { line: after, ..now }, has_begun: false };
    serve((served, headers), listener, |listener| listener.next())
}

impl Listener {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if !std::mem::replace(&mut self.has_begun, true) {
            let hello = json!({ "run": self.workbench.run() });
            let hello = format!("retry: {}\nevent: hello\ndata: {hello}\n\n", RETRY.as_millis());
            return Some((Bytes::from(hello), self));
        }
        loop {
            let piece = self.piece();
            if !piece.is_empty() {
                // A browser that is slow is told more at once, not later.
                sleep(CONSOLE_CHANGES_TIME).await;
                return Some((Bytes::from(piece), self));
            }
            match timeout(CONSOLE_BEAT, self.changes.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) => return Some((BEAT, self)),
            }
        }
    }

    /// What is to be told now.
    fn piece(&mut self) -> String {
        let now = *self.changes.borrow_and_update();
        let mut piece = String::new();
        let (first, _) = self.workbench.span();
        if self.told.line + 1 < first {
            piece.push_str(&format!("event: behind\ndata: {{\"first\":{first}}}\n\n"));
            self.told.line = first - 1;
        }
        for line in self.workbench.lines(Some(self.told.line), None, CONSOLE_LINES_MAX) {
            piece.push_str(&format!("event: line\nid: {}\ndata: {}\n\n", line.number, line.json));
            self.told.line = line.number;
        }
        let what = changed(&self.told, &now);
        self.told = Changes { line: self.told.line, ..now };
        if !what.is_empty() {
            piece.push_str(&format!("event: changed\ndata: {}\n\n", json!({ "what": what })));
        }
        piece
    }
}

fn changed(before: &Changes, now: &Changes) -> Vec<&'static str> {
    let pairs = [
        ("state", before.state != now.state),
        ("customers", before.customers != now.customers),
        ("outbox", before.outbox != now.outbox),
        ("dev", before.development != now.development),
    ];
    pairs.into_iter().filter(|(_, is_changed)| *is_changed).map(|(name, _)| name).collect()
}
