//! What is said of a page process that died.

use nix::sys::signal::Signal;

use super::frame::FrameError;
use super::launch::Ending;
use super::live::Death;
use crate::base::limits::STALL_FACTOR;
use crate::base::limits::page::PageLimits;
use crate::base::memory::OVER_CEILING_CODE;
use crate::event::{Fault, Place};

/// The fault for a death. `place` is the last that is known of where the page was.
pub(super) fn obituary(death: &Death, ending: Option<Ending>, limits: &PageLimits, place: Place) -> Fault {
    let late = || i64::try_from(limits.turn_hard_ms).unwrap_or(i64::MAX);
    match (death, ending) {
        (Death::Stalled, _) => {
            let time = limits.turn_hard_ms.saturating_mul(STALL_FACTOR.into());
            Fault::Killed { reason: format!("the page process neither computed nor spoke for {time} ms"), place }
        }
        (Death::Late, _) => Fault::Timeout { deadline_ms: late(), place },
        (Death::Broken(_), Some(Ending { code: Some(OVER_CEILING_CODE), .. })) => {
            Fault::Limit { limit: "memory_bytes".to_owned(), value: limits.memory_bytes, place }
        }
        (Death::Broken(error), ending) => Fault::Killed { reason: reason(ending, &error.to_string()), place },
        (Death::Confused, ending) => {
            Fault::Killed { reason: reason(ending, "the page process spoke out of turn"), place }
        }
    }
}

/// Whether it died of nothing that it did: somebody ended it, or the system where it had no memory left.
pub(super) fn is_lost(death: &Death, ending: Option<&Ending>) -> bool {
    let is_gone = matches!(death, Death::Broken(FrameError::Closed | FrameError::Io(_)));
    let signal = ending.and_then(|ending| ending.signal.and_then(|signal| Signal::try_from(signal).ok()));
    let is_unknown = ending.is_some_and(|ending| ending.code.is_none() && ending.signal.is_none());
    is_gone
        && (is_unknown || matches!(signal, Some(Signal::SIGKILL | Signal::SIGTERM | Signal::SIGINT | Signal::SIGHUP)))
}

fn reason(ending: Option<Ending>, otherwise: &str) -> String {
    let Some(ending) = ending else { return otherwise.to_owned() };
    let how = match (ending.signal.and_then(|signal| Signal::try_from(signal).ok()), ending.code) {
        // Our own kill, after it had broken the rules.
        (Some(Signal::SIGKILL), _) => otherwise.to_owned(),
        (Some(signal), _) => format!("the page process was ended by {signal}"),
        (None, Some(code)) => format!("the page process ended with code {code}"),
        (None, None) => otherwise.to_owned(),
    };
    if ending.said.is_empty() { how } else { format!("{how}: {}", ending.said) }
}
