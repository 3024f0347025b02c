//! What happened, as lines of a session log.
//!
//! `seq` counts the lines that are given out. Ids do not depend on which kinds those are: `e7` is the seventh effect or
//! fault of the run, with or without `--all`.

use super::plugin::Plugin;
use crate::base::clock::TimestampMs;
use crate::engine::event_loop::{Emission, Output};
use crate::event::{Cause, Line};
use crate::outbox::Delivery;
use crate::store::Row;

/// Makes and numbers lines.
#[derive(Debug, Default)]
pub struct Lines {
    all: bool,
    seq: u64,
    outputs: u64,
    consoles: u64,
    deliveries: u64,
}

impl Lines {
    /// Effects and faults; with `all` the other kinds too.
    #[must_use]
    pub fn new(all: bool) -> Self {
        Self { all, ..Self::default() }
    }

    /// Whether every kind is wanted.
    #[must_use]
    pub fn all(&self) -> bool {
        self.all
    }

    fn number(&mut self, line: Line) -> Line {
        self.seq += 1;
        Line { seq: Some(self.seq), ..line }
    }

    /// What a page gave out; `None` where this kind is not wanted.
    pub fn emission(&mut self, plugin: &Plugin, emission: &Emission) -> Option<Line> {
        let cause = emission.cause.clone().unwrap_or_else(|| Cause::new("", None));
        let (source, line) = (plugin.base.as_str(), String::new());
        let mut line = match &emission.output {
            Output::Effect(effect) => Line::of_effect(line, source, effect, &cause),
            Output::Fault(fault) => Line::of_fault(line, source, fault, &cause),
            Output::Console(console) => Line::of_console(line, source, console, &cause),
        };
        line.id = if matches!(emission.output, Output::Console(_)) {
            self.consoles += 1;
            format!("c{}", self.consoles)
        } else {
            self.outputs += 1;
            format!("e{}", self.outputs)
        };
        if !self.all && matches!(emission.output, Output::Console(_)) {
            return None;
        }
        line.time = Some(emission.time);
        line.subject = emission.subject.as_deref().map(str::to_owned);
        line.cause = emission.cause.as_ref().map(|cause| cause.stimulus.to_string());
        line.plugin = Some(plugin.name.clone());
        Some(self.number(line))
    }

    /// A line of the log, with the time at which it came.
    pub fn stimulus(&mut self, line: &Line, at: TimestampMs) -> Option<Line> {
        self.all.then(|| self.number(Line { time: Some(at), ..line.clone() }))
    }

    /// A message that goes to the outbox.
    pub fn queued(&mut self, plugin: &Plugin, row: &Row, at: TimestampMs) -> Option<Line> {
        let mut data = serde_json::json!({ "key": row.key.to_string(), "state": row.state.name() });
        if let Some(reason) = &row.reason {
            data["reason"] = reason.as_str().into();
        }
        let line = Line::new(String::new(), plugin.base.as_str(), "delivery.queued", data);
        self.delivery_line(line, &row.openid, &row.cause, &row.key.plugin, at)
    }

    /// What became of a message. Its time is that of the round it was delivered after.
    pub fn delivery(&mut self, plugin: &Plugin, delivery: &Delivery, at: TimestampMs) -> Option<Line> {
        let line = Line::new(String::new(), plugin.base.as_str(), delivery.outcome.log_type(), delivery.data());
        self.delivery_line(line, &delivery.openid, &delivery.cause, &delivery.key.plugin, at)
    }

    fn delivery_line(
        &mut self,
        mut line: Line,
        openid: &str,
        cause: &str,
        plugin: &str,
        at: TimestampMs,
    ) -> Option<Line> {
        if !self.all {
            return None;
        }
        self.deliveries += 1;
        line.id = format!("d{}", self.deliveries);
        line.time = Some(at);
        line.subject = Some(openid.to_owned());
        line.cause = Some(cause.to_owned());
        line.plugin = Some(plugin.to_owned());
        Some(self.number(line))
    }
}
