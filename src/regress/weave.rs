//! What pages did in a replay, put between the lines of a recording.

use crate::event::Line;
use crate::event::stimulus::STIMULUS_PREFIX;
use crate::record::session::START;

/// The lines of a recording with what its pages did: each line behind the stimulus that led to it and behind all that were
/// told by its time. `told` has no effects and faults, `done` is in order, and stays so.
#[must_use]
pub fn weave(told: Vec<Line>, done: impl IntoIterator<Item = Line>) -> Vec<Line> {
    let mut places: Vec<Vec<Line>> = vec![Vec::new(); told.len() + 1];
    let mut least = told.iter().take_while(|line| line.type_ == START).count();
    for line in done {
        let is_before = |stimulus: &Line| {
            stimulus.type_.starts_with(STIMULUS_PREFIX)
                && (stimulus.time <= line.time || line.cause.as_ref() == Some(&stimulus.id))
        };
        let behind = told.iter().rposition(is_before).map_or(0, |at| at + 1);
        least = least.max(behind);
        places[least].push(line);
    }
    let mut places = places.into_iter();
    let mut woven: Vec<Line> = places.next().unwrap_or_default();
    for (line, behind) in told.into_iter().zip(places) {
        woven.push(line);
        woven.extend(behind);
    }
    woven
}

/// Numbers the lines anew, from 1 on.
pub fn number(lines: &mut [Line]) {
    (1..).zip(lines).for_each(|(seq, line)| line.seq = Some(seq));
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn behind_what_led_to_it_and_in_order() {
        let line =
            |id: &str, type_: &str, time: i64| Line { time: Some(time), ..Line::new(id, "s", type_, Value::Null) };
        let done =
            |id: &str, time, cause: &str| Line { cause: Some(cause.to_owned()), ..line(id, "effect.title", time) };
        let told = vec![
            line("w1", "session.start", 0),
            line("1", "stimulus.page.reload", 5),
            line("w2", "world.http", 6),
            line("2", "stimulus.page.reload", 9),
            line("w3", "session.end", 9),
        ];
        let effects =
            [done("e1", 0, "load"), done("e2", 5, "1"), done("e3", 8, "1"), done("e4", 9, "1"), done("e5", 8, "2")];
        let woven = weave(told, effects);
        let ids: Vec<&str> = woven.iter().map(|line| line.id.as_str()).collect();
        assert_eq!(ids, ["w1", "e1", "1", "e2", "e3", "w2", "2", "e4", "e5", "w3"]);
    }
}
