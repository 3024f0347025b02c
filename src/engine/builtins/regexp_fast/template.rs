//! `$1` and the like in the second argument of `replace` (GetSubstitution, ECMA-262 §22.1.3.19.1).

use std::ops::Range;

use boa_engine::JsString;
use regress::Match;

use super::units::Units;

enum Part {
    /// Characters of the template itself.
    Text(Range<usize>),
    /// `$&`
    Matched,
    /// `` $` ``
    Before,
    /// `$'`
    After,
    /// `$1`
    Group(usize),
    /// `$<name>`
    Named(JsString),
}

/// A replacement text, taken apart for an expression.
pub(super) struct Template {
    text: JsString,
    parts: Vec<Part>,
}

impl Template {
    /// Takes `text` apart; `sample` is any match of the expression.
    pub(super) fn new(text: JsString, sample: &Match) -> Self {
        let named = sample.named_groups().next().is_some();
        let mut parts = Vec::new();
        let (mut from, mut at) = (0, 0);
        while at < text.len() {
            let Some((part, size)) = part(&text, at, sample.captures.len(), named) else {
                at += 1;
                continue;
            };
            if from < at {
                parts.push(Part::Text(from..at));
            }
            parts.push(part);
            at += size;
            from = at;
        }
        if from < at {
            parts.push(Part::Text(from..at));
        }
        Self { text, parts }
    }

    /// Appends what `found`, a match in `input`, is replaced with.
    pub(super) fn expand(&self, input: &JsString, found: &Match, result: &mut Units) {
        for part in &self.parts {
            match part {
                Part::Text(range) => result.push(&self.text, range.clone()),
                Part::Matched => result.push(input, found.range()),
                Part::Before => result.push(input, 0..found.start()),
                Part::After => result.push(input, found.end()..input.len()),
                Part::Group(number) => result.push(input, found.group(*number).unwrap_or_default()),
                Part::Named(name) => {
                    let range = found.named_groups().find(|(known, _)| *name == **known).and_then(|(_, range)| range);
                    result.push(input, range.unwrap_or_default());
                }
            }
        }
    }
}

/// The part that starts at `at`, unless that is plain text, and how many characters it takes.
fn part(text: &JsString, at: usize, groups: usize, named: bool) -> Option<(Part, usize)> {
    let unit = |at: usize| text.code_unit_at(at).and_then(|unit| u8::try_from(unit).ok());
    let digit = |at: usize| unit(at).filter(u8::is_ascii_digit).map(|digit| usize::from(digit - b'0'));
    if unit(at) != Some(b'$') {
        return None;
    }
    match unit(at + 1)? {
        b'$' => Some((Part::Text(at..at + 1), 2)),
        b'&' => Some((Part::Matched, 2)),
        b'`' => Some((Part::Before, 2)),
        b'\'' => Some((Part::After, 2)),
        b'0'..=b'9' => {
            let one = digit(at + 1)?;
            let two = digit(at + 2).map(|second| one * 10 + second);
            match two {
                Some(two) if (1..=groups).contains(&two) => Some((Part::Group(two), 3)),
                _ if (1..=groups).contains(&one) => Some((Part::Group(one), 2)),
                _ => None,
            }
        }
        b'<' if named => {
            let end = (at + 2..text.len()).find(|end| unit(*end) == Some(b'>'))?;
            Some((Part::Named(text.get(at + 2..end)?), end + 1 - at))
        }
        _ => None,
    }
}
