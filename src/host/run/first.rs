//! What the first event of a log says of how its pages are opened.

use std::collections::VecDeque;

use crate::base::clock::TimestampMs;
use crate::event::{Line, Stimulus, StimulusKind, stimulus::STIMULUS_PREFIX};
use crate::host::acted;
use crate::record::ReadError;

/// Whom a page served that these lines turned to its customer in an earlier run.
pub(super) fn served(before: &[Line]) -> Option<String> {
    before.iter().find_map(|line| Stimulus::from_line(line).turns_to().map(str::to_owned))
}

/// When and for whom pages are opened.
#[derive(Clone, Debug, Default)]
pub(super) struct First {
    /// Page time at the start.
    pub(super) time: Option<TimestampMs>,
    /// The customer that the log begins with.
    pub(super) user: Option<String>,
}

impl First {
    /// Of a log that begins with this line.
    pub(super) fn of(line: &Line) -> Self {
        let stimulus = Stimulus::from_line(line);
        let sender = match &stimulus.kind {
            StimulusKind::WechatPush(push) => acted::read(push).map(|push| push.from),
            _ => None,
        };
        Self { time: line.time, user: stimulus.user().map(str::to_owned).or(sender).filter(|user| !user.is_empty()) }
    }

    /// Of the first stimulus, where there is one. What was read for it goes to `read`.
    pub(super) fn read(
        read: &mut VecDeque<Result<Line, ReadError>>,
        lines: &mut dyn Iterator<Item = Result<Line, ReadError>>,
    ) -> Option<Self> {
        loop {
            let item = lines.next()?;
            let first = item.as_ref().ok().filter(|line| line.type_.starts_with(STIMULUS_PREFIX)).map(Self::of);
            read.push_back(item);
            if first.is_some() {
                return first;
            }
        }
    }
}
