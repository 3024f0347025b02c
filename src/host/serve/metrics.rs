//! What a host counts, in Prometheus' terms. Labels are of fixed or configured sets; none is a customer's.
//!
//! Counting is an addition to an atomic number. What somebody else counts already is asked when the metrics are read
//! ([`Look`]).

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::kinds::kind;
use super::recording::Told;
use crate::base::clock::Stopwatch;
use crate::base::limits::EVENTS_TIMED;
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Effect, Fault, Line};
use crate::host::messages::Taken;
use crate::outbox::{Delivery, Outcome};
use crate::process::Served;
use crate::store::{State, Summary};
use crate::wechat::callback::Refusal;

/// The content type of the text of metrics.
pub const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Value = Cow<'static, str>;
type Labels<const N: usize> = [(&'static str, Value); N];
type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Gauges<const N: usize> = Family<Labels<N>, Gauge>;
type Histograms<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// What is asked of others when the metrics are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// Conversations that are open, and events that were read and not begun.
    pub(super) conversations: (usize, usize),
    /// How pages came to be.
    pub(super) served: Served,
    /// By account: rows by state, and how many tokens were fetched.
    pub(super) accounts: Vec<(String, Summary, u64)>,
}

/// The metrics of a host.
pub(super) struct Metrics {
    registry: Registry,
    events: Counters<2>,
    pushes_refused: Counters<2>,
    turns: Histograms<1>,
    deliveries: Histograms<1>,
    messages_queued: Counters<1>,
    messages_sent: Counters<1>,
    refusals: Counters<3>,
    faults: Counters<2>,
    pages_killed: Counters<2>,
    pages_alive: Gauge,
    pages_started: Counters<1>,
    conversations_open: Gauge,
    events_waiting: Gauge,
    outbox_rows: Gauges<2>,
    token_refreshes: Counters<1>,
    log_lines_dropped: Counter,
    trace_spans_dropped: Counter,
    recordings_open: Gauge,
    recording_bytes: Counter,
    recordings_cut: Counters<2>,
    shadow_conversations: Counters<2>,
    timed: Mutex<Timed>,
}

/// A turn: from what is at once done to a page's whole deadline, in s.
fn turn_histogram() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
}

/// From a push to an answered send: WeChat's own share is tenths of seconds; a message that waits may take hours.
fn delivery_histogram() -> Histogram {
    Histogram::new([0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0])
}

/// When events came, of the last ones.
#[derive(Default)]
struct Timed {
    came: HashMap<String, Stopwatch>,
    order: VecDeque<String>,
}

impl Timed {
    fn came(&mut self, id: &str) {
        if self.order.len() >= EVENTS_TIMED
            && let Some(oldest) = self.order.pop_front()
        {
            self.came.remove(&oldest);
        }
        if self.came.insert(id.to_owned(), Stopwatch::start()).is_none() {
            self.order.push_back(id.to_owned());
        }
    }

    /// How long ago an event came, or the one that it follows from.
    fn since(&self, cause: &str) -> Option<Duration> {
        let came = self.came.get(cause).or_else(|| self.came.get(cause.rsplit_once('/')?.0));
        came.map(Stopwatch::elapsed)
    }
}

fn own(text: &str) -> Value {
    Cow::Owned(text.to_owned())
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("duoke"),
            events: Family::default(),
            pushes_refused: Family::default(),
            turns: Family::new_with_constructor(turn_histogram),
            deliveries: Family::new_with_constructor(delivery_histogram),
            messages_queued: Family::default(),
            messages_sent: Family::default(),
            refusals: Family::default(),
            faults: Family::default(),
            pages_killed: Family::default(),
            pages_alive: Gauge::default(),
            pages_started: Family::default(),
            conversations_open: Gauge::default(),
            events_waiting: Gauge::default(),
            outbox_rows: Family::default(),
            token_refreshes: Family::default(),
            log_lines_dropped: Counter::default(),
            trace_spans_dropped: Counter::default(),
            recordings_open: Gauge::default(),
            recording_bytes: Counter::default(),
            recordings_cut: Family::default(),
            shadow_conversations: Family::default(),
            timed: Mutex::default(),
        };
        metrics.register();
        metrics
    }

    /// A counter's name goes on with `_total`, that of what is measured with its unit.
    fn register(&mut self) {
        let all = &mut self.registry;
        all.register("events", "Events taken in, by account and type", self.events.clone());
        all.register(
            "pushes_refused",
            "Requests that the receiver of pushes refused, by account and rule",
            self.pushes_refused.clone(),
        );
        let help = "Time that a page took for a turn, by plugin";
        all.register_with_unit("turn", help, Unit::Seconds, self.turns.clone());
        let help = "Time from an event taken in to a message of it accepted by WeChat, by account";
        all.register_with_unit("delivery", help, Unit::Seconds, self.deliveries.clone());
        all.register("messages_queued", "Messages put into the outbox, by plugin", self.messages_queued.clone());
        all.register("messages_sent", "Messages that WeChat accepted, by account", self.messages_sent.clone());
        all.register(
            "refusals",
            "Messages that did not go out, by account, outcome and rule (WeChat's code, or the kind of trouble)",
            self.refusals.clone(),
        );
        all.register("faults", "Faults of pages, by plugin and type", self.faults.clone());
        all.register("pages_killed", "Pages cut short or killed, by plugin and reason", self.pages_killed.clone());
        all.register("pages_alive", "Pages that are open", self.pages_alive.clone());
        all.register("pages_started", "Page processes started, by how they came to be", self.pages_started.clone());
        all.register("conversations_open", "Conversations that are open", self.conversations_open.clone());
        all.register("events_waiting", "Events read and not begun", self.events_waiting.clone());
        all.register(
            "outbox_rows",
            "Messages by account and state: those that wait, and those that ended since the host began",
            self.outbox_rows.clone(),
        );
        all.register("token_refreshes", "Access tokens fetched, by account", self.token_refreshes.clone());
        all.register("log_lines_dropped", "Log lines for which there was no room", self.log_lines_dropped.clone());
        let help = "Spans of traces that did not reach the collector";
        all.register("trace_spans_dropped", help, self.trace_spans_dropped.clone());
        all.register("recordings_open", "Recordings that are being written", self.recordings_open.clone());
        all.register("recording_bytes", "Bytes written to recordings", self.recording_bytes.clone());
        let help = "Recordings that end early or were not begun, by plugin and reason";
        all.register("recordings_cut", help, self.recordings_cut.clone());
        let help = "Conversations that shadows were to be told, by plugin and result";
        all.register("shadow_conversations", help, self.shadow_conversations.clone());
        let build: Gauges<1> = Family::default();
        build.get_or_create(&[("version", Cow::Borrowed(env!("CARGO_PKG_VERSION")))]).set(1);
        all.register("build_info", "The program", build);
    }

    /// An event was taken in.
    pub(super) fn came(&self, app_id: &str, line: &Line) {
        self.events.get_or_create(&[("account", own(app_id)), ("type", kind(line).into())]).inc();
        self.timed.lock().unwrap_or_else(PoisonError::into_inner).came(&line.id);
    }

    /// A request was refused.
    pub(super) fn push_refused(&self, app_id: &str, refusal: &Refusal) {
        self.pushes_refused.get_or_create(&[("account", own(app_id)), ("rule", refusal.rule().into())]).inc();
    }

    /// A turn ended.
    pub(super) fn turn(&self, plugin: &str, took: Duration) {
        self.turns.get_or_create(&[("plugin", own(plugin))]).observe(took.as_secs_f64());
    }

    /// A page was opened, or is no more.
    pub(super) fn pages_alive(&self, change: i64) {
        self.pages_alive.inc_by(change);
    }

    /// A page gave something out, and this became of it.
    pub(super) fn emission(&self, app_id: &str, plugin: &str, emission: &Emission, taken: &Taken) {
        match &emission.output {
            Output::Fault(fault) => self.fault(plugin, fault),
            Output::Effect(Effect::PutMsg(_) | Effect::Echat(_)) if taken.rows.is_empty() => {
                if !taken.notices.is_empty() {
                    self.refused(app_id, "refused", "call".into());
                }
            }
            Output::Effect(_) | Output::Console(_) => {
                for row in &taken.rows {
                    self.messages_queued.get_or_create(&[("plugin", own(plugin))]).inc();
                    if row.state == State::Held {
                        self.refused(app_id, "held", "policy".into());
                    }
                }
            }
        }
    }

    fn fault(&self, plugin: &str, fault: &Fault) {
        let type_ = fault.type_name();
        self.faults.get_or_create(&[("plugin", own(plugin)), ("type", type_.into())]).inc();
        if let Fault::Timeout { .. } | Fault::Limit { .. } | Fault::Killed { .. } = fault {
            let reason = type_.trim_start_matches("fault.");
            self.pages_killed.get_or_create(&[("plugin", own(plugin)), ("reason", reason.into())]).inc();
        }
    }

    fn refused(&self, app_id: &str, outcome: &'static str, rule: Value) {
        let labels = [("account", own(app_id)), ("outcome", outcome.into()), ("rule", rule)];
        self.refusals.get_or_create(&labels).inc();
    }

    /// A try has ended.
    pub(super) fn delivered(&self, app_id: &str, delivery: &Delivery) {
        if delivery.outcome != Outcome::Sent {
            return self.refused(app_id, delivery.outcome.name(), delivery.rule.clone().unwrap_or("other".into()));
        }
        self.messages_sent.get_or_create(&[("account", own(app_id))]).inc();
        let since = self.timed.lock().unwrap_or_else(PoisonError::into_inner).since(&delivery.cause);
        if let Some(since) = since {
            self.deliveries.get_or_create(&[("account", own(app_id))]).observe(since.as_secs_f64());
        }
    }

    /// A line of the log found no room.
    pub(super) fn line_dropped(&self) {
        self.log_lines_dropped.inc();
    }

    /// Spans of traces do not reach the collector.
    pub(super) fn spans_dropped(&self, count: usize) {
        self.trace_spans_dropped.inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// A recording begins or ends.
    pub(super) fn recordings_open(&self, change: i64) {
        self.recordings_open.inc_by(change);
    }

    /// So much was written to recordings.
    pub(super) fn recorded(&self, bytes: u64) {
        self.recording_bytes.inc_by(bytes);
    }

    /// A recording ends early.
    pub(super) fn recording_cut(&self, plugin: &str, reason: &'static str) {
        self.recordings_cut.get_or_create(&[("plugin", own(plugin)), ("reason", reason.into())]).inc();
    }

    /// A shadow was told a conversation, or was to be.
    pub(super) fn shadow(&self, plugin: &str, told: Told) {
        self.shadow_conversations.get_or_create(&[("plugin", own(plugin)), ("result", told.name().into())]).inc();
    }

    /// All of it as [`METRICS_TYPE`].
    pub(super) fn text(&self, look: &Look) -> String {
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.conversations_open.set(gauge(look.conversations.0));
        self.events_waiting.set(gauge(look.conversations.1));
        let Served { spawned, compiled, loaded } = look.served;
        for (level, count) in [("spawned", spawned), ("compiled", compiled), ("loaded", loaded)] {
            self.pages_started.get_or_create(&[("level", level.into())]).inner().store(count, Ordering::Relaxed);
        }
        for (app_id, summary, tokens) in &look.accounts {
            for state in State::ALL {
                let count = *(*summary).clone().of(state);
                let labels = [("account", own(app_id)), ("state", state.name().into())];
                self.outbox_rows.get_or_create(&labels).set(gauge(count));
            }
            let refreshes = self.token_refreshes.get_or_create(&[("account", own(app_id))]);
            refreshes.inner().store(*tokens, Ordering::Relaxed);
        }
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Place;

    #[test]
    fn events_are_timed_by_what_they_lead_to_and_the_oldest_are_forgotten() {
        let mut timed = Timed::default();
        timed.came("a");
        assert!(timed.since("a").is_some() && timed.since("a/user").is_some());
        assert!(timed.since("b").is_none() && timed.since("b/user").is_none());
        for id in 0..EVENTS_TIMED {
            timed.came(&id.to_string());
        }
        assert!(timed.since("a").is_none() && timed.since("0").is_some());
        assert_eq!((timed.came.len(), timed.order.len()), (EVENTS_TIMED, EVENTS_TIMED));
    }

    #[test]
    fn as_prometheus_reads_it() {
        let metrics = Metrics::new();
        metrics.turn("p", Duration::from_millis(3));
        metrics.fault("p", &Fault::Timeout { deadline_ms: 1, place: Place::default() });
        metrics.push_refused("wx", &Refusal::Signature);
        let look = Look {
            accounts: vec![("wx".to_owned(), Summary { parked: 2, ..Summary::default() }, 3)],
            ..Look::default()
        };
        let text = metrics.text(&look);
        for line in [
            "# TYPE duoke_turn_seconds histogram",
            "duoke_turn_seconds_bucket{le=\"0.0025\",plugin=\"p\"} 0",
            "duoke_turn_seconds_bucket{le=\"0.005\",plugin=\"p\"} 1",
            "duoke_pages_killed_total{plugin=\"p\",reason=\"timeout\"} 1",
            "duoke_pushes_refused_total{account=\"wx\",rule=\"signature\"} 1",
            "duoke_outbox_rows{account=\"wx\",state=\"parked\"} 2",
            "duoke_token_refreshes_total{account=\"wx\"} 3",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
