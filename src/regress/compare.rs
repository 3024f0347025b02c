//! What a replay did beside what the recording says (session-log.md, Comparing): the first difference, or none.

use std::borrow::Cow;

use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::event::Line;
use crate::record::session::{CACHE_BUSTER, CALLBACKS};

/// The faults that end a page's work from outside: a replay repeats them as they were recorded, a new one says nothing about
/// the page (session-log.md, Replay).
const INTERRUPTIONS: [&str; 3] = ["fault.timeout", "fault.limit", "fault.killed"];
/// Where the data of a `PutMsg` has the number that pages draw by lot.
const RANDOM: [&str; 3] = ["msg", "head", "random"];

/// Characters of a fault's message in the words for a difference.
const MESSAGE_CHARS_MAX: usize = 160;

/// How much of the lines counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Type, subject and data of effects, but for `head.random`; type and message of faults.
    #[default]
    Meaning,
    /// Everything but `seq` and `source`; console lines as well.
    All,
}

/// What came of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// The replay did what was recorded.
    Same,
    /// It did not.
    Different(Box<Difference>),
    /// The page was ended where it was not when it was recorded: this line.
    Interrupted(Box<Line>),
}

/// The first effect or fault that is not as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// In what way.
    pub kind: Kind,
    /// How many lines before it are as recorded.
    pub at: usize,
    /// What was recorded there; none: the recording has nothing more.
    pub expected: Option<Line>,
    /// What came instead; none: the replay did nothing more.
    pub actual: Option<Line>,
}

/// The ways in which a replay differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The same effect with other data, or the same fault with another message.
    Changed,
    /// The same effect for another customer.
    OtherCustomer,
    /// What was recorded did not come.
    Missing,
    /// What came was not recorded.
    Extra,
    /// What was recorded came later, after something that is to follow it.
    Order,
    /// Something else came instead.
    Replaced,
}

impl Kind {
    /// The word in reports for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::OtherCustomer => "other_customer",
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Order => "order",
            Self::Replaced => "replaced",
        }
    }
}

impl Difference {
    /// Which line decides whose page, stimulus and customer it is about: what came, or else what should have.
    #[must_use]
    pub fn line(&self) -> Option<&Line> {
        match self.kind {
            Kind::Missing => self.expected.as_ref().or(self.actual.as_ref()),
            _ => self.actual.as_ref().or(self.expected.as_ref()),
        }
    }

    /// Id of the stimulus that led to it.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.line()?.cause.as_deref()
    }

    /// In words.
    #[must_use]
    pub fn what(&self) -> String {
        let type_of = |line: &Option<Line>| line.as_ref().map(|line| line.type_.clone()).unwrap_or_default();
        let (expected, actual) = (type_of(&self.expected), type_of(&self.actual));
        let user = |line: &Option<Line>| {
            let user = line.as_ref().and_then(|line| line.subject.as_deref());
            user.map_or_else(|| "nobody".to_owned(), str::to_owned)
        };
        match self.kind {
            Kind::Changed => format!("{expected} is not as recorded"),
            Kind::OtherCustomer => {
                format!("{expected} is for {}, it was recorded for {}", user(&self.actual), user(&self.expected))
            }
            Kind::Missing => format!("{expected} was recorded and did not come"),
            Kind::Extra if actual.starts_with(FAULT) => format!("a new {actual}{}", message(&self.actual)),
            Kind::Extra => format!("{actual} came and was not recorded"),
            Kind::Order if actual == expected => format!("{expected} came in another order"),
            Kind::Order => format!("{actual} came before {expected}: the order was another"),
            Kind::Replaced if actual.starts_with(FAULT) => {
                format!("a new {actual} in place of {expected}{}", message(&self.actual))
            }
            Kind::Replaced => format!("{actual} came, {expected} was recorded"),
        }
    }
}

const EFFECT: &str = "effect.";
const FAULT: &str = "fault.";
const CONSOLE: &str = "console.";

/// What a fault says, behind a colon: its first line, and not all of a long one.
fn message(fault: &Option<Line>) -> String {
    let text = fault.as_ref().and_then(|fault| fault.data.get("message")?.as_str()).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let shown: String = line.chars().take(MESSAGE_CHARS_MAX).collect();
    match (shown.is_empty(), shown.len() < text.len()) {
        (true, _) => String::new(),
        (false, false) => format!(": {shown}"),
        (false, true) => format!(": {shown}…"),
    }
}

/// Whether a recording's line is one that a replay is held to.
#[must_use]
pub fn is_expected(line: &Line) -> bool {
    line.type_.starts_with(EFFECT) || line.type_.starts_with(FAULT)
}

fn is_interruption(line: &Line) -> bool {
    INTERRUPTIONS.contains(&line.type_.as_str())
}

impl Strictness {
    /// Whether the line is compared.
    #[must_use]
    pub fn counts(self, line: &Line) -> bool {
        let is_console = self == Self::All && line.type_.starts_with(CONSOLE);
        (is_expected(line) || is_console) && !is_interruption(line)
    }

    /// Whether two lines are the same.
    #[must_use]
    pub fn are_same(self, expected: &Line, actual: &Line) -> bool {
        if expected.type_ != actual.type_ {
            return false;
        }
        match self {
            Self::All => {
                let all = |line: &Line| (line.id.clone(), line.time, line.subject.clone(), line.cause.clone());
                all(expected) == all(actual) && expected.data == actual.data
            }
            Self::Meaning if expected.type_.starts_with(FAULT) => {
                let message = |line: &Line| line.data.get("message").map(settled);
                message(expected) == message(actual)
            }
            Self::Meaning => expected.subject == actual.subject && compared(&expected.data) == compared(&actual.data),
        }
    }
}

/// The data of an effect without what is drawn by lot.
#[must_use]
pub fn compared(data: &Value) -> Cow<'_, Value> {
    let [msg, head, random] = RANDOM;
    if data.get(msg).and_then(|msg| msg.get(head)?.get(random)).is_none() {
        return Cow::Borrowed(data);
    }
    let mut data = data.clone();
    if let Some(head) = data[msg][head].as_object_mut() {
        head.shift_remove(random);
    }
    Cow::Owned(data)
}

/// The message of a fault without what is made up of the addresses in it.
fn settled(message: &Value) -> Value {
    let Some(mut rest) = message.as_str().filter(|text| text.contains(['?', '&'])) else { return message.clone() };
    let mut text = String::new();
    while let Some(at) = rest.find(['?', '&']) {
        let (before, pair) = rest.split_at(at + 1);
        text.push_str(before);
        let is_made_up = |name: &&str| pair.strip_prefix(*name).is_some_and(|rest| rest.starts_with('='));
        rest = match CALLBACKS.into_iter().chain([CACHE_BUSTER]).find(is_made_up) {
            Some(name) => {
                let value = &pair[name.len() + 1..];
                &value[value.find(|c: char| c.is_whitespace() || "&#=)`'\"".contains(c)).unwrap_or(value.len())..]
            }
            None => pair,
        };
    }
    Value::String(text + rest)
}

/// Compares what one page did with what was recorded of it. Lines that do not count may be among both.
#[must_use]
pub fn compare(expected: &[Line], actual: &[Line], strictness: Strictness) -> Comparison {
    let interrupted = |lines: &[Line]| lines.iter().filter(|line| is_interruption(line)).count();
    if let Some(line) = actual.iter().filter(|line| is_interruption(line)).nth(interrupted(expected)) {
        return Comparison::Interrupted(Box::new(line.clone()));
    }
    let counted =
        |lines: &'_ [Line]| -> Vec<Line> { lines.iter().filter(|line| strictness.counts(line)).cloned().collect() };
    let (expected, actual) = (counted(expected), counted(actual));
    let mut pairs = expected.iter().zip(&actual);
    let at = pairs.position(|(expected, actual)| !strictness.are_same(expected, actual));
    let at = at.unwrap_or(expected.len().min(actual.len()));
    let (wanted, came) = (expected.get(at), actual.get(at));
    let kind = match (wanted, came) {
        (None, None) => return Comparison::Same,
        (Some(_), None) => Kind::Missing,
        (None, Some(_)) => Kind::Extra,
        (Some(wanted), Some(came)) => {
            let is_late = actual[at..].iter().any(|line| strictness.are_same(wanted, line));
            let is_early = expected[at..].iter().any(|line| strictness.are_same(line, came));
            match (is_late, is_early) {
                (true, true) => Kind::Order,
                (true, false) => Kind::Extra,
                (false, true) => Kind::Missing,
                (false, false) => unlike(wanted, came),
            }
        }
    };
    // Of a pair of which only one is amiss the other says nothing.
    let is_amiss = |side: Kind| kind != side;
    Comparison::Different(Box::new(Difference {
        kind,
        at,
        expected: wanted.cloned().filter(|_| is_amiss(Kind::Extra)),
        actual: came.cloned().filter(|_| is_amiss(Kind::Missing)),
    }))
}

/// How many lines differ: those that came and were not recorded, or the other way round, whichever are more in a place.
#[must_use]
pub fn differing(expected: &[Line], actual: &[Line], strictness: Strictness) -> usize {
    let key = |line: &Line| {
        let is_fault = line.type_.starts_with(FAULT);
        let data = if is_fault {
            line.data.get("message").map(settled).unwrap_or_default()
        } else {
            compared(&line.data).into_owned()
        };
        let subject = line.subject.clone().filter(|_| !is_fault);
        (line.type_.clone(), subject, data.to_string())
    };
    let keys = |lines: &[Line]| lines.iter().filter(|line| strictness.counts(line)).map(key).collect::<Vec<_>>();
    let operations = capture_diff_slices(Algorithm::Myers, &keys(expected), &keys(actual));
    let count = |operation: &DiffOp| match *operation {
        DiffOp::Equal { .. } => 0,
        DiffOp::Delete { old_len, .. } => old_len,
        DiffOp::Insert { new_len, .. } => new_len,
        DiffOp::Replace { old_len, new_len, .. } => old_len.max(new_len),
    };
    operations.iter().map(count).sum()
}

fn unlike(wanted: &Line, came: &Line) -> Kind {
    if wanted.type_ != came.type_ {
        Kind::Replaced
    } else if wanted.type_.starts_with(EFFECT)
        && wanted.subject != came.subject
        && compared(&wanted.data) == compared(&came.data)
    {
        Kind::OtherCustomer
    } else {
        Kind::Changed
    }
}

#[cfg(test)]
mod tests;
