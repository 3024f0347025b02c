//! Compiled expressions, kept by source and flags: a literal in a function is a new object at every run.

use std::{cell::RefCell, rc::Rc};

use boa_engine::{Context, JsResult, JsString, object::builtins::JsRegExp, string::JsStrVariant};
use regress::{Flags, Match, Regex};
use rustc_hash::FxHashMap;

use crate::base::limits::REGEXP_PROGRAMS_MAX;

/// Compiled expressions by source and flags; none: one that does not compile.
type Programs = FxHashMap<(JsString, Marks), Option<Rc<Program>>>;

/// The flags of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the language, one each")]
pub(super) struct Marks {
    pub(super) global: bool,
    pub(super) sticky: bool,
    pub(super) indices: bool,
    ignore_case: bool,
    multiline: bool,
    dot_all: bool,
    unicode: bool,
    unicode_sets: bool,
}

impl Marks {
    /// Reads what the expression was made with, whatever a page did to the getters; `v` is not told here.
    pub(super) fn of(regexp: &JsRegExp, context: &mut Context) -> JsResult<Self> {
        Ok(Self {
            global: regexp.global(context)?,
            sticky: regexp.sticky(context)?,
            indices: regexp.has_indices(context)?,
            ignore_case: regexp.ignore_case(context)?,
            multiline: regexp.multiline(context)?,
            dot_all: regexp.dot_all(context)?,
            unicode: regexp.unicode(context)?,
            unicode_sets: false,
        })
    }

    /// The same with the `v` flag as given.
    pub(super) fn with_sets(self, unicode_sets: bool) -> Self {
        Self { unicode_sets, ..self }
    }

    fn full_unicode(self) -> bool {
        self.unicode || self.unicode_sets
    }
}

/// An expression ready to match.
pub(super) struct Program {
    regex: Regex,
    pub(super) marks: Marks,
}

thread_local! {
    static PROGRAMS: RefCell<Programs> = RefCell::default();
}

impl Program {
    /// The program of the expression whose `source` reads like this; nothing where that is not certain.
    pub(super) fn of(source: &JsString, marks: Marks) -> Option<Rc<Self>> {
        let key = (source.clone(), marks);
        PROGRAMS.with_borrow_mut(|programs| {
            if let Some(known) = programs.get(&key) {
                return known.clone();
            }
            if programs.len() >= REGEXP_PROGRAMS_MAX {
                programs.clear();
            }
            let program = Self::compile(source, marks).map(Rc::new);
            programs.insert(key, program.clone());
            program
        })
    }

    fn compile(source: &JsString, marks: Marks) -> Option<Self> {
        let pattern = unescaped(&source.to_vec())?;
        let flags = Flags {
            icase: marks.ignore_case,
            multiline: marks.multiline,
            dot_all: marks.dot_all,
            unicode: marks.unicode,
            unicode_sets: marks.unicode_sets,
            ..Flags::default()
        };
        let regex = if marks.full_unicode() {
            let points = JsString::from(&pattern[..]);
            Regex::from_unicode(points.code_points().map(|point| point.as_u32()), flags)
        } else {
            Regex::from_unicode(pattern.iter().copied().map(u32::from), flags)
        };
        Some(Self { regex: regex.ok()?, marks })
    }

    /// Whether a surrogate pair counts as one character.
    pub(super) fn full_unicode(&self) -> bool {
        self.marks.full_unicode()
    }

    /// The first match at or after `start`.
    pub(super) fn first(&self, input: &JsString, start: usize) -> Option<Match> {
        let mut first = None;
        self.each(input, start, |found| {
            first = Some(found);
            false
        });
        first
    }

    /// Every match from `start` on, each starting where the one before ended, or after an empty one a character on.
    pub(super) fn all(&self, input: &JsString) -> Vec<Match> {
        let mut all = Vec::new();
        self.each(input, 0, |found| {
            all.push(found);
            true
        });
        all
    }

    /// Hands over match after match, for as long as `more` is true; matched as the engine does.
    pub(super) fn each(&self, input: &JsString, start: usize, mut more: impl FnMut(Match) -> bool) {
        match input.as_str().variant() {
            JsStrVariant::Latin1(units) => {
                let units: Vec<u16> = units.iter().copied().map(u16::from).collect();
                let _ = self.regex.find_from_ucs2(&units, start).all(&mut more);
            }
            JsStrVariant::Utf16(units) if self.full_unicode() => {
                let _ = self.regex.find_from_utf16(units, start).all(&mut more);
            }
            JsStrVariant::Utf16(units) => {
                let _ = self.regex.find_from_ucs2(units, start).all(&mut more);
            }
        }
    }
}

/// The pattern behind a `source`: the engine put a backslash before every `/`, even an escaped one, and wrote line
/// terminators as escapes. `None` where an escape may have been either.
fn unescaped(source: &[u16]) -> Option<Vec<u16>> {
    let is = |at: usize, units: &[u8]| source.get(at).is_some_and(|unit| units.iter().any(|u| u16::from(*u) == *unit));
    let mut pattern = Vec::with_capacity(source.len());
    let mut backslashes = 0;
    for (at, unit) in source.iter().copied().enumerate() {
        if is(at, b"/") {
            pattern.pop();
        } else if is(at, b"nru") && backslashes > 1 && backslashes % 2 == 0 {
            return None;
        }
        backslashes = if unit == u16::from(b'\\') { backslashes + 1 } else { 0 };
        pattern.push(unit);
    }
    Some(pattern)
}
