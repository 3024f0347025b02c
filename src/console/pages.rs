//! The pages at seats, over the API.

use std::sync::Arc;

use serde_json::{Value, json};

use super::served::{Answered, Served, not_found, told};

/// Answers a call about the page of a plugin at a seat.
pub(super) async fn answer(
    served: &Arc<Served>,
    (seat, plugin): (&str, &str),
    (is_get, what): (bool, &str),
    (_url, _body): (Option<&str>, &Value),
) -> Answered {
    let workbench = &served.setting.workbench;
    match (is_get, what) {
        (true, "document") => {
            let html = workbench.look(seat, plugin, |page| page.document_html()).await?;
            told(&json!({ "html": html }))
        }
        (false, "seen") => {
            workbench.seen(seat, plugin);
            told(&json!({}))
        }
        _ => Err(not_found(format!("a page has no {what}"))),
    }
}
