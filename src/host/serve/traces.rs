//! What happens to an event as a trace of OpenTelemetry's: the event taken in, the turns in which pages were told it, the
//! messages that those put into the outbox, each try to send one.
//!
//! The trace is named by the event, whoever sees a part of it: a late message, a retry after days, and what another host
//! does with what this one began are parts of the same trace. No span says who the customer is or what was said.
//!
//! What is heard is put into a bounded queue, from which `otlp` exports it; where there is no room it is dropped, and
//! counted: nobody waits for a collector.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::kinds::kind;
use super::operations::Operations;
use super::otlp;
use super::witness::{Turned, Visit};
use crate::base::clock::{TimestampMs, system_now_ms};
use crate::base::hex::hex;
use crate::base::limits::{SPANS_STOP_TIME, SPANS_WAITING_MAX};
use crate::event::Line;
use crate::host::watch::Notice;
use crate::outbox::{Delivery, Outcome};
use crate::store::Row;

/// What the host gives out beside an event's own id, behind a `/`: what follows from it, and that a page is told again whom it serves.
const FOLLOWING: [&str; 7] = ["user", "map", "extra", "select", "message", "again", "again-select"];

/// What a span is of, in OpenTelemetry's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SpanKind {
    Consumer,
    Internal,
    Producer,
    Client,
}

/// What is said of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Text(String),
    Number(i64),
}

/// A part of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) trace: [u8; 16],
    pub(super) id: [u8; 8],
    pub(super) parent: Option<[u8; 8]>,
    pub(super) name: &'static str,
    pub(super) kind: SpanKind,
    /// Nanoseconds since 1970.
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) said: Vec<(&'static str, Said)>,
    /// Why it came to nothing, in a word of a fixed set.
    pub(super) failed: Option<String>,
}

/// A message that a turn put into the outbox before it has ended.
struct Put {
    cause: String,
    key: String,
    state: &'static str,
    at: TimestampMs,
}

thread_local! {
    /// Those of the turn that this thread is working on.
    static PUT: RefCell<Vec<Put>> = const { RefCell::new(Vec::new()) };
}

/// Has what is heard exported as spans.
#[derive(Clone)]
pub(super) struct Traces {
    spans: Sender<Option<Span>>,
    operations: Arc<Operations>,
}

/// The exporting, until it is told to end.
pub(super) struct Exporting {
    end: Sender<Option<Span>>,
    task: JoinHandle<()>,
}

impl Exporting {
    /// What is left is exported, as long as that does not take long.
    pub(super) async fn end(self) {
        let Self { end, mut task } = self;
        let ended = async {
            // Where nobody hears it, it has ended.
            let _ = end.send(None).await;
            let _ = (&mut task).await;
        };
        if timeout(SPANS_STOP_TIME, ended).await.is_err() {
            task.abort();
        }
    }
}

impl Traces {
    /// Exports by this exporter from now on. `hear` hears once that it does not work, and that it does again.
    pub(super) fn begin(
        exporter: otlp::Exporter,
        operations: &Arc<Operations>,
        hear: Sender<Notice>,
        runtime: &Handle,
    ) -> (Self, Exporting) {
        let (spans, waiting) = channel(SPANS_WAITING_MAX);
        let (end, task) = (spans.clone(), runtime.spawn(otlp::export(exporter, waiting, operations.clone(), hear)));
        (Self { spans, operations: operations.clone() }, Exporting { end, task })
    }

    fn export(&self, span: Span) {
        if self.spans.try_send(Some(span)).is_err() {
            self.operations.metrics.spans_dropped(1);
        }
    }

    /// An event is on disk.
    pub(super) fn came(&self, app_id: &str, line: &Line, took: Duration) {
        let (trace, began) = (Trace::of(app_id, &line.id), Moment::before(took));
        let said = vec![("duoke.account", text(app_id)), ("duoke.event.type", text(kind(line)))];
        let span = trace.span("event", SpanKind::Consumer, began, said);
        self.export(Span { id: trace.event(), ..span });
    }

    /// A page put messages into the outbox; its turn has not ended.
    pub(super) fn put(&self, rows: &[Row]) {
        let at = system_now_ms();
        let put = |row: &Row| Put { cause: row.cause.clone(), key: row.key.to_string(), state: row.state.name(), at };
        PUT.with_borrow_mut(|all| all.extend(rows.iter().map(put)));
    }

    /// A turn has ended: in the trace of what the page was told, and in those of what it put messages because of.
    pub(super) fn turn(&self, visit: Visit<'_>, turned: Turned<'_>) {
        let (app_id, plugin, moment) = (visit.app_id, &*visit.resident.name, Moment::before(turned.took));
        let put = PUT.take();
        let mut turns: Vec<(Trace, [u8; 8])> = Vec::new();
        let mut turn = |cause: &str| {
            let trace = Trace::of(app_id, cause);
            if let Some(found) = turns.iter().find(|(known, _)| *known == trace) {
                return *found;
            }
            let told = if turned.told == Some(cause) { following(cause) } else { "nothing" };
            let said =
                vec![("duoke.account", text(app_id)), ("duoke.plugin", text(plugin)), ("duoke.told", text(told))];
            let span = trace.span("turn", SpanKind::Internal, moment, said);
            let found = (trace, span.id);
            self.export(Span { parent: Some(trace.event()), ..span });
            turns.push(found);
            found
        };
        turned.told.map(&mut turn);
        for Put { cause, key, state, at } in put {
            let (trace, parent) = turn(&cause);
            let said = vec![
                ("duoke.account", text(app_id)),
                ("duoke.plugin", text(plugin)),
                ("duoke.message.state", text(state)),
            ];
            let span = trace.span("queue", SpanKind::Producer, Moment::at(at, at), said);
            self.export(Span { id: trace.message(&key), parent: Some(parent), ..span });
        }
    }

    /// A try to send a message has ended.
    pub(super) fn delivered(&self, app_id: &str, delivery: &Delivery) {
        let key = delivery.key.to_string();
        // What a person sends has no cause: each message is a trace.
        let is_caused = !delivery.cause.is_empty();
        let trace = Trace::of(app_id, if is_caused { &delivery.cause } else { &key });
        let mut said = vec![
            ("duoke.account", text(app_id)),
            ("duoke.plugin", text(&delivery.key.plugin)),
            ("duoke.outcome", text(delivery.outcome.name())),
            ("duoke.attempts", Said::Number(delivery.attempts.into())),
        ];
        said.extend(delivery.rule.as_ref().map(|rule| ("duoke.rule", text(rule))));
        said.extend(delivery.errcode.map(|code| ("duoke.errcode", Said::Number(code))));
        // What WeChat was not asked about was held back here.
        let name = if delivery.message == (0, 0) { "hold back" } else { "send" };
        let span = trace.span(name, SpanKind::Client, Moment::at(delivery.time.0, delivery.time.1), said);
        let parent = is_caused.then(|| trace.message(&key));
        let failed = (delivery.outcome != Outcome::Sent).then(|| delivery.outcome.name().to_owned());
        self.export(Span { parent, failed, ..span });
    }
}

/// From when to when, in ns since 1970.
#[derive(Clone, Copy)]
struct Moment(u64, u64);

impl Moment {
    fn at(began: TimestampMs, ended: TimestampMs) -> Self {
        let ns = |ms: TimestampMs| u64::try_from(ms).unwrap_or(0).saturating_mul(1_000_000);
        Self(ns(began), ns(ended))
    }

    /// What took so long, and ends now.
    fn before(took: Duration) -> Self {
        let Self(now, _) = Self::at(system_now_ms(), 0);
        Self(now.saturating_sub(u64::try_from(took.as_nanos()).unwrap_or(0)), now)
    }
}

/// The trace of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trace([u8; 16]);

impl Trace {
    /// That of what comes from an event of an account: `printf '%s\n%s' APP_ID EVENT | sha256sum` begins with its id.
    pub(super) fn of(app_id: &str, cause: &str) -> Self {
        let mut event = cause;
        while let Some((before, _)) = event.rsplit_once('/').filter(|(_, what)| FOLLOWING.contains(what)) {
            event = before;
        }
        Self(digest(&[app_id.as_bytes(), b"\n", event.as_bytes()]))
    }

    /// As hexadecimal digits.
    pub(super) fn hex(self) -> String {
        hex(&self.0)
    }

    /// The span of the event itself.
    fn event(self) -> [u8; 8] {
        digest(&[&self.0, b"event"])
    }

    /// The span of a message, by its key.
    fn message(self, key: &str) -> [u8; 8] {
        digest(&[&self.0, b"message", key.as_bytes()])
    }

    /// A span of its own.
    fn span(
        self,
        name: &'static str,
        kind: SpanKind,
        Moment(began, ended): Moment,
        said: Vec<(&'static str, Said)>,
    ) -> Span {
        let mut id = [0; 8];
        // Without randomness it is one that no backend takes, which is no harm.
        let _ = SystemRandom::new().fill(&mut id);
        Span { trace: self.0, id, parent: None, name, kind, began, ended, said, failed: None }
    }
}

/// What of an event a page was told, in a word of a fixed set.
fn following(cause: &str) -> &'static str {
    let last = cause.rsplit_once('/').map(|(_, what)| what);
    FOLLOWING.into_iter().find(|known| last == Some(*known)).unwrap_or("event")
}

fn text(text: &str) -> Said {
    Said::Text(text.to_owned())
}

fn digest<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut bytes = [0; N];
    bytes.copy_from_slice(&context.finish().as_ref()[..N]);
    bytes
}

/// The spans that wait, for whoever exports them; `None`: there are no more.
pub(super) type Waiting = Receiver<Option<Span>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_an_event_is_in_its_trace() {
        let of = |cause| Trace::of("wx1", cause);
        for cause in ["push-1/user", "push-1/message", "push-1/message/again-select", "push-1/map/again"] {
            assert_eq!(of(cause), of("push-1"), "{cause}");
        }
        for other in ["push-2", "push-1/x", "push-1/", "/user"] {
            assert_ne!(of(other), of("push-1"), "{other}");
        }
        assert_ne!(Trace::of("wx2", "push-1"), of("push-1"));
        // printf '%s\n%s' wx1 push-1 | sha256sum
        assert_eq!(of("push-1/user").hex(), "5071d57af0a1a4796f789a8359c4d733");
        assert_eq!([following("p/user"), following("p"), following("p/x")], ["user", "event", "event"]);
    }
}
