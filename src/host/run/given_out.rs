//! What a run gives out, line by line, as it comes.

use std::path::Path;

use super::Run;
use crate::base::clock::TimestampMs;
use crate::base::limits::CLOCK_START_MS;
use crate::event::Line;
use crate::host::stage::Happened;
use crate::host::watch::Closed;

impl Run<'_> {
    /// Gives out what a round led to, the stimulus where it came, and delivers its messages.
    pub(super) fn give_out(&mut self, told: Option<(&Line, TimestampMs)>, happened: &[Happened]) {
        let mut told = told.and_then(|(line, at)| self.stimulus_line(line).map(|line| (line, at)));
        for happened in happened {
            if let Some((line, at)) = told.take_if(|(line, at)| is_after(happened, &line.id, *at)) {
                self.stimulus_out(&line, at);
            }
            self.happened(happened);
        }
        if let Some((line, at)) = told {
            self.stimulus_out(&line, at);
        }
        self.deliver(true);
    }

    /// A line of the log as it is given out: its source is the log's name, not its path on this machine.
    fn stimulus_line(&self, line: &Line) -> Option<Line> {
        let mut line = self.lines.all().then(|| line.clone())?;
        if line.source == self.log_name
            && let Some(name) = Path::new(&self.log_name).file_name()
        {
            line.source = name.to_string_lossy().into_owned();
        }
        Some(line)
    }

    fn stimulus_out(&mut self, line: &Line, at: TimestampMs) {
        let line = self.lines.stimulus(line, at);
        self.line(line);
    }

    fn happened(&mut self, happened: &Happened) {
        let line = self.lines.emission(self.stage.plugin(happened.page), &happened.emission);
        self.line(line);
        let Some(durable) = &mut self.durable else { return };
        let taken = durable.taken(happened.page);
        for row in &taken.rows {
            let line = self.lines.queued(self.stage.plugin(happened.page), row, happened.emission.time);
            self.line(line);
        }
        for notice in taken.notices {
            self.watch.say(notice);
        }
    }

    /// Tells what became of messages; `wait`: until nothing is left that goes by itself.
    pub(super) fn deliver(&mut self, wait: bool) {
        let Some(durable) = &mut self.durable else { return };
        let tell = &mut |notice| self.watch.say(notice);
        let deliveries = if wait { durable.deliver(tell) } else { durable.drain(tell) };
        let now = self.stage.now().unwrap_or(CLOCK_START_MS);
        for delivery in deliveries {
            let page = self.durable.as_ref().and_then(|durable| durable.page(&delivery.key.plugin));
            let line = page.and_then(|page| self.lines.delivery(self.stage.plugin(page), &delivery, now));
            self.line(line);
        }
    }

    fn line(&mut self, line: Option<Line>) {
        if let (Some(line), false) = (line, self.closed) {
            self.closed = self.watch.line(&line) == Err(Closed);
        }
    }
}

/// Whether something happened after this stimulus came: by it, or by a timer later than it.
fn is_after(happened: &Happened, id: &str, at: TimestampMs) -> bool {
    let emission = &happened.emission;
    let is_by = emission.cause.as_ref().is_some_and(|cause| *cause.stimulus == *id);
    emission.time > at || emission.time == at && is_by
}
