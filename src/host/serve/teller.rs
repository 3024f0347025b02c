//! What is counted, and told, of what happens.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::kinds::kind;
use super::operations::Operations;
use super::repeats::Repeats;
use super::traces::{Trace, Traces};
use super::witness::{Turned, Visit, Witness};
use super::workbench::{Standing, Workbench};
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Fault, Line};
use crate::host::inbox::Hearer;
use crate::host::messages::Taken;
use crate::host::watch::{About, Notice};
use crate::outbox::{Delivery, Outcome};
use crate::store::Row;
use crate::wechat::Content;
use crate::wechat::callback::Refusal;

/// Counts, and tells a person, who hears of what repeats so often a minute and then how often it did. Nobody waits for him:
/// where there is no room, what was to be told is counted.
#[derive(Clone)]
pub(super) struct Teller {
    notices: Sender<Notice>,
    operations: Arc<Operations>,
    repeats: Arc<Repeats>,
    traces: Option<Traces>,
    /// Whether there is one account, whose name says nothing.
    is_one: bool,
    workbench: Option<Workbench>,
}

impl Teller {
    pub(super) fn new(
        notices: Sender<Notice>,
        operations: Arc<Operations>,
        (traces, is_one): (Option<Traces>, bool),
        workbench: Option<Workbench>,
    ) -> Self {
        Self { notices, operations, repeats: Arc::default(), traces, is_one, workbench }
    }

    /// What was left out since the last time.
    pub(super) fn left_out(&self) -> Vec<Notice> {
        self.repeats.left_out()
    }

    /// What an emission is about.
    fn about(&self, event: &'static str, visit: Visit<'_>, emission: &Emission) -> About {
        let openid = emission.subject.as_deref().unwrap_or(visit.openid);
        let about = About::new(event).account(visit.app_id).plugin(&visit.resident.name).openid(openid);
        let Some(cause) = &emission.cause else { return about };
        self.traced(about.cause(&cause.stimulus), visit.app_id, &cause.stimulus)
    }

    /// With the trace that it is a part of, where there are traces.
    fn traced(&self, about: About, app_id: &str, cause: &str) -> About {
        match &self.traces {
            Some(_) if !cause.is_empty() => about.with("trace_id", Trace::of(app_id, cause).hex()),
            _ => about,
        }
    }

    /// Something for the log alone.
    fn log(&self, notice: impl FnOnce() -> Notice) {
        if self.operations.is_detailed && self.notices.capacity() == 0 {
            self.operations.metrics.line_dropped();
        } else if self.operations.is_detailed {
            // Nobody hears it any more when the host ends.
            let _ = self.notices.try_send(notice());
        }
    }

    /// Who hears of what comes for an account.
    pub(super) fn hearer(&self, app_id: &str) -> Arc<dyn Hearer> {
        Arc::new(Ear { app_id: app_id.to_owned(), teller: self.clone() })
    }

    /// What is told of a try that has ended: this, as far as it does not repeat too often, and for the log that it has.
    pub(super) fn delivered(&self, app_id: &str, delivery: &Delivery, notices: Vec<Notice>) -> Vec<Notice> {
        self.operations.metrics.delivered(app_id, delivery);
        self.traces.iter().for_each(|traces| traces.delivered(app_id, delivery));
        self.workbench.iter().for_each(|workbench| workbench.delivered(delivery));
        let about = self.traced(about_delivery(app_id, delivery), app_id, &delivery.cause);
        let passes = |_: &Notice| self.repeats.passes(app_id, about.event);
        let mut told: Vec<Notice> =
            notices.into_iter().filter(passes).map(|notice| notice.about(about.clone())).collect();
        if self.operations.is_detailed && (delivery.outcome == Outcome::Sent || told.is_empty()) {
            let Delivery { key, outcome, .. } = delivery;
            told.push(Notice::info(format!("{}: the message {key}: {}", key.plugin, outcome.name())).about(about));
        }
        told
    }

    /// Tells of a request that was refused; the account is named where there are several.
    pub(super) async fn refusal(&self, app_id: &str, refusal: &Refusal) {
        if self.repeats.passes(app_id, refusal.rule()) {
            let about = About::new("push.refused").account(app_id).with("rule", refusal.rule());
            let text = if self.is_one { refusal.to_string() } else { format!("{app_id}: {refusal}") };
            let notice = Notice::warning(text).with_hint(refusal.hint()).about(about);
            // Nobody hears it any more when the host ends.
            let _ = self.notices.send(notice).await;
        }
    }
}

fn about_delivery(app_id: &str, delivery: &Delivery) -> About {
    let event = match delivery.outcome {
        Outcome::Sent => "message.sent",
        Outcome::Refused => "message.refused",
        Outcome::Parked => "message.parked",
        Outcome::Dead => "message.dead",
        Outcome::Unknown => "message.unknown",
    };
    let Delivery { key, openid, cause, attempts, .. } = delivery;
    let mut about = About::new(event).account(app_id).plugin(&key.plugin).openid(openid).cause(cause);
    about = about.key(&key.to_string()).with("attempts", *attempts);
    if let Some(code) = delivery.errcode.filter(|code| *code != 0) {
        about = about.with("errcode", code);
    }
    if let Some(rule) = &delivery.rule {
        about = about.with("rule", &**rule);
    }
    about
}

/// Hears of what comes for an account.
struct Ear {
    app_id: String,
    teller: Teller,
}

impl Hearer for Ear {
    fn came(&self, line: &Line, took: Duration) {
        self.teller.operations.metrics.came(&self.app_id, line);
        self.teller.traces.iter().for_each(|traces| traces.came(&self.app_id, line, took));
        self.teller.workbench.iter().for_each(Workbench::came);
        self.teller.log(|| {
            let kind = kind(line);
            let said = line.data.get("Content").and_then(Value::as_str).map(str::to_owned);
            let about =
                About::new("event.taken_in").account(&self.app_id).cause(&line.id).with("type", kind).saying(said);
            let about = line.subject.iter().fold(about, |about, openid| about.openid(openid));
            let about = self.teller.traced(about, &self.app_id, &line.id);
            Notice::info(format!("an event was taken in: {kind}")).about(about)
        });
    }

    fn refused(&self, refusal: &Refusal) {
        self.teller.operations.metrics.push_refused(&self.app_id, refusal);
    }
}

/// A fault with its place. What it says may be a customer's words, where it is not ours.
fn of_fault(mut about: About, visit: Visit<'_>, fault: &Fault) -> Notice {
    let type_ = fault.type_name();
    let mut text = format!("{}: {type_}", visit.resident.plugin.name);
    match fault {
        Fault::Timeout { .. } | Fault::Limit { .. } | Fault::Killed { .. } => {
            text = format!("{text}: {}", fault.message());
        }
        _ => about = about.saying(Some(fault.message())),
    }
    if let Some(place) = fault.place().filter(|place| place.line > 0) {
        // What is asked for in an address may name a customer.
        let url = place.url.split(['?', '#']).next().unwrap_or_default();
        let file = place.file.as_deref().unwrap_or(url);
        about = about.with("place", format!("{file}:{}:{}", place.line, place.column));
        text = format!("{text} at {file}:{}:{}", place.line, place.column);
    }
    Notice::warning(text).about(about)
}

fn queued(about: About, row: &Row) -> Notice {
    let said = match &row.content {
        Content::Text { text } => Some(text.clone()),
        _ => None,
    };
    let about = about.key(&row.key.to_string()).with("state", row.state.name());
    let text = format!("{}: the message {} is in the outbox: {}", row.key.plugin, row.key, row.state.name());
    Notice::info(text).about(about.openid(&row.openid).saying(said))
}

impl Witness for Teller {
    fn emission(&self, visit: Visit<'_>, emission: &Emission, taken: &Taken) {
        self.operations.metrics.emission(visit.app_id, &visit.resident.name, emission, taken);
        if let Output::Fault(fault) = &emission.output {
            self.say(of_fault(self.about(fault.type_name(), visit, emission), visit, fault));
        }
        for notice in &taken.notices {
            self.say(notice.clone().about(self.about("message.notice", visit, emission)));
        }
        for row in &taken.rows {
            self.log(|| queued(self.about("message.queued", visit, emission), row));
        }
        self.traces.iter().for_each(|traces| traces.put(&taken.rows));
        self.workbench.iter().for_each(|workbench| workbench.emission(visit, emission, taken));
    }

    fn turn(&self, visit: Visit<'_>, turned: Turned<'_>) {
        let (name, Turned { told, took }) = (&visit.resident.name, turned);
        self.traces.iter().for_each(|traces| traces.turn(visit, turned));
        self.operations.metrics.turn(name, took);
        self.workbench.iter().for_each(|workbench| workbench.turn(visit, turned));
        self.log(|| {
            let about = About::new("turn").account(visit.app_id).plugin(name).openid(visit.openid);
            let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let about = about.cause(told.unwrap_or_default()).with("took_ms", took_ms);
            let about = self.traced(about, visit.app_id, told.unwrap_or_default());
            Notice::info(format!("{name}: a turn of {took_ms} ms")).about(about)
        });
    }

    fn opened(&self, visit: Visit<'_>) -> u64 {
        self.operations.metrics.pages_alive(1);
        self.operations.opened(&visit.resident.name, true);
        self.workbench.as_ref().map_or(0, |workbench| workbench.opened(visit, Standing::Open))
    }

    fn not_opened(&self, visit: Visit<'_>) {
        self.operations.opened(&visit.resident.name, false);
        self.workbench.iter().for_each(|workbench| {
            workbench.opened(visit, Standing::Broken);
        });
    }

    fn closed(&self, page: u64) {
        self.operations.metrics.pages_alive(-1);
        self.workbench.iter().for_each(|workbench| workbench.closed(page));
    }

    fn say(&self, notice: Notice) {
        let about = notice.about.clone().unwrap_or_default();
        let (whose, what) = (about.plugin.or(about.account).unwrap_or_default(), about.event);
        // Nobody hears it any more when the host ends.
        if self.repeats.passes(&whose, what)
            && let Err(TrySendError::Full(_)) = self.notices.try_send(notice)
        {
            self.repeats.leave_out(&whose, what);
            self.operations.metrics.line_dropped();
        }
    }
}
