//! Answers that go on for as long as the server likes: their heads, and their pieces one by one.

use std::sync::Arc;

use tokio::task::AbortHandle;
use url::Url;

use super::{Arrived, Live, Rights, broken, response};
use crate::net::network::answer;
use crate::net::{NetError, Reply, Request, Response};

/// An answer that goes on, until it is dropped.
#[derive(Debug, Default)]
pub(in crate::net) struct Stream {
    /// Its body, once it has begun and until it ends, and what came of a line that has not ended.
    body: tokio::sync::Mutex<Option<(reqwest::Response, Vec<u8>)>>,
    /// Told once: the page wants no more of it.
    pub(in crate::net) closed: tokio::sync::Notify,
}

/// The end of an answer that goes on: a piece without bytes.
pub(in crate::net) fn ended(url: &Url) -> Response {
    let ended = Response::made(url.clone(), 200, "text/event-stream", Vec::new());
    Response { headers: Vec::new(), live: true, ..ended }
}

impl Live {
    /// Starts an answer that goes on; the reply is its head. It may be closed meanwhile.
    pub(in crate::net) fn open(
        &self,
        id: u64,
        request: Request,
        rights: Rights,
        stream: Arc<Stream>,
        reply: Reply,
    ) -> AbortHandle {
        let live = self.clone();
        let task = self.handle.spawn(async move {
            let url = request.url.clone();
            let timeout = live.bounds.timeout;
            let opened = async {
                let (request, arrived) =
                    tokio::time::timeout(timeout, live.lead(request, &rights, true)).await.unwrap_or_else(|_| {
                        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
                        Err(NetError::TimedOut { url: url.to_string(), timeout_ms })
                    })?;
                Ok(match arrived {
                    Arrived::Whole(head) => head,
                    Arrived::Open(body) => {
                        let head = response(&request, &body, Vec::new());
                        *stream.body.lock().await = Some((body, Vec::new()));
                        head
                    }
                })
            };
            let result = tokio::select! {
                opened = opened => opened,
                () = stream.closed.notified() => Ok(ended(&url)),
            };
            answer(&reply, id, result);
        });
        task.abort_handle()
    }

    /// Waits for the next piece of an answer that goes on: the lines that have ended, so that nothing that is looked for in
    /// what is recorded is cut in two.
    pub(in crate::net) fn next(&self, id: u64, request: Request, stream: Arc<Stream>, reply: Reply) -> AbortHandle {
        let bytes_max = self.bounds.answer_bytes_max;
        let task = self.handle.spawn(async move {
            let url = &request.url;
            let next = async {
                let mut body = stream.body.lock().await;
                let Some((open, line)) = body.as_mut() else { return Ok(ended(url)) };
                let result = loop {
                    match open.chunk().await {
                        Ok(Some(chunk)) => line.extend_from_slice(&chunk),
                        Ok(None) => break Ok(ended(url)),
                        Err(error) => break Err(broken(url, &error)),
                    }
                    if line.len() > bytes_max {
                        break Err(NetError::TooLarge { url: url.to_string(), bytes_max });
                    }
                    if let Some(end) = line.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
                        let rest = line.split_off(end + 1);
                        return Ok(Response { body: std::mem::replace(line, rest), ..ended(url) });
                    }
                };
                *body = None;
                result
            };
            let result = tokio::select! {
                next = next => next,
                () = stream.closed.notified() => Ok(ended(url)),
            };
            answer(&reply, id, result);
        });
        task.abort_handle()
    }
}
