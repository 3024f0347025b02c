//! Messages into a log instead of to WeChat: a configuration is tried out on real events, and nobody is answered.
//!
//! What is kept of them is of a server of its own ([`LOG_SERVER`]): a host that sends finds none of it, and a call to that
//! server reaches nobody.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use crate::base::clock::system_now_ms;
use crate::event::Line;
use crate::outbox::Carrier;
use crate::session::window::Allowances;
use crate::store::Row;
use crate::wechat::{BoxFuture, Call, ContentError, Planned, Receipt, SendError, WechatError, Wire};

/// The server of an account whose messages go to a log.
pub const LOG_SERVER: &str = "log:";

/// Writes a line, or says why not.
type Write = dyn Fn(&Line) -> Result<(), String> + Send + Sync;

/// Where messages are written.
#[derive(Clone)]
pub struct LogSink {
    write: Arc<Write>,
    written: Arc<AtomicU64>,
}

impl fmt::Debug for LogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogSink").field("written", &self.written).finish_non_exhaustive()
    }
}

impl LogSink {
    /// Lines are given to `write`, which may take its time.
    pub fn new(write: impl Fn(&Line) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self { write: Arc::new(write), written: Arc::default() }
    }

    /// A message that would go to WeChat, as `delivery.sent`.
    fn line(&self, row: &Row, message: &Planned) -> Line {
        let number = self.written.fetch_add(1, Ordering::Relaxed) + 1;
        let mut data = json!({
            "key": row.key.to_string(),
            "sink": "log",
            "account": row.account,
            "body": message.message.draft(&row.openid, row.kf_account.as_deref()),
        });
        if !message.notes.is_empty() {
            data["notes"] = json!(message.notes);
        }
        Line {
            time: Some(system_now_ms()),
            subject: Some(row.openid.clone()),
            seq: Some(number),
            cause: Some(row.cause.clone()),
            plugin: Some(row.key.plugin.clone()),
            ..Line::new(format!("d{number}"), "duoke", "delivery.sent", data)
        }
    }
}

/// Plans messages as they would be sent, and writes them.
pub(super) struct LogCarrier {
    pub(super) planner: Arc<dyn Carrier>,
    pub(super) sink: LogSink,
}

impl Carrier for LogCarrier {
    fn plan(&self, row: &Row) -> Result<Vec<Planned>, ContentError> {
        self.planner.plan(row)
    }

    fn allowances(&self) -> Allowances {
        self.planner.allowances()
    }

    fn deliver<'a>(
        &'a self,
        row: &'a Row,
        message: &'a Planned,
        wire: &'a dyn Wire,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        Box::pin(async move {
            if !wire.begins().await {
                return Err(SendError::Withdrawn);
            }
            let (sink, line) = (self.sink.clone(), self.sink.line(row, message));
            let written = tokio::task::spawn_blocking(move || (sink.write)(&line)).await;
            written.unwrap_or_else(|error| Err(error.to_string())).map_err(|reason| WechatError::Unreachable {
                call: Call::Send,
                base: LOG_SERVER.to_owned(),
                reason,
            })?;
            let errmsg = "written to the log, not sent".to_owned();
            Ok(Receipt { at_ms: system_now_ms(), errmsg, media_id: None, notes: message.notes.clone() })
        })
    }
}
