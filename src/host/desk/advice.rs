//! What to do about what a check found.

use crate::store::{Checked, Summary};

/// The next steps, most urgent first.
pub(super) fn advice(checked: &Checked) -> Vec<String> {
    let Checked { damage, rows, dropped, closed, .. } = checked;
    let Summary { unknown, parked, held, dead, .. } = *rows;
    let table = [
        (
            !damage.is_empty(),
            "the store is damaged: stop the host and keep a copy of the whole folder; a backup is the state before an upgrade",
        ),
        (
            !closed.is_empty(),
            "mend what the closed ways say, then `duoke outbox retry --state parked`; what waits for a time goes by itself",
        ),
        (
            parked > 0 && closed.is_empty(),
            "parked messages go when their customers act; `duoke outbox retry --state parked` sends them now",
        ),
        (
            unknown > 0,
            "messages without an answer may have arrived: look at the conversations, then `duoke outbox retry` or `drop` \
             each of `duoke outbox list --state unknown`",
        ),
        (held > 0, "held messages wait for a person: `duoke outbox list --state held`, then retry or drop them"),
        (
            dead > *dropped,
            "messages were given up: `duoke outbox list --state dead` says why, `duoke outbox drop --state dead` says \
             that it is known",
        ),
    ];
    table.into_iter().filter(|(is_so, _)| *is_so).map(|(_, step)| step.to_owned()).collect()
}
