//! The last successful match of a page, groups and all, worked out on demand.

use boa_engine::{
    Context, Finalize, JsObject, JsResult, JsString, JsValue, Trace, js_string,
    object::builtins::{JsArray, JsRegExp},
};
use regress::Match;

/// Groups a page can ask for by number.
pub(super) const GROUPS: usize = 9;

/// What the accessors read.
#[derive(Default, Trace, Finalize)]
pub(super) enum Last {
    /// Nothing has matched yet.
    #[default]
    Nothing,
    /// This expression matched this text; the result tells where.
    Matched { regexp: JsRegExp, input: JsString, result: JsObject },
    /// This text was matched like this, without a result array.
    Found {
        input: JsString,
        #[unsafe_ignore_trace]
        found: Match,
    },
    /// A match, worked out.
    Known(#[unsafe_ignore_trace] Groups),
}

/// A match, worked out; strings only, nothing of the collector's.
#[derive(Default)]
pub(super) struct Groups {
    /// `$1` to `$9`, empty where there is no such group or it took no part.
    pub(super) numbered: [JsString; GROUPS],
    /// The text matched in.
    pub(super) input: JsString,
    /// The whole match.
    pub(super) matched: JsString,
    /// The last group of the expression.
    pub(super) paren: JsString,
    /// The text before the match.
    pub(super) left: JsString,
    /// The text after the match.
    pub(super) right: JsString,
}

impl Groups {
    /// Matches again where `result` says the match began: the page may have changed the array since.
    pub(super) fn again(
        regexp: &JsRegExp,
        input: &JsString,
        result: &JsObject,
        context: &mut Context,
    ) -> JsResult<Self> {
        let index = result.get(js_string!("index"), context)?.as_number().unwrap_or_default();
        let last_index = regexp.get(js_string!("lastIndex"), context)?;
        regexp.set(js_string!("lastIndex"), index, false, context)?;
        let again = regexp.exec(input.clone(), context);
        regexp.set(js_string!("lastIndex"), last_index, false, context)?;
        match again? {
            Some(again) => Self::read(&again, input, context),
            None => Ok(Self { input: input.clone(), ..Self::default() }),
        }
    }

    /// Cuts the groups out of the text.
    pub(super) fn cut(input: &JsString, found: &Match) -> Self {
        let text = |range: Option<std::ops::Range<usize>>| range.and_then(|range| input.get(range)).unwrap_or_default();
        let count = found.captures.len();
        let mut groups = Self {
            input: input.clone(),
            left: text(Some(0..found.start())),
            right: text(Some(found.end()..input.len())),
            matched: text(Some(found.range())),
            ..Self::default()
        };
        for number in 1..=count.min(GROUPS) {
            groups.numbered[number - 1] = text(found.group(number));
        }
        if count > 0 {
            groups.paren = text(found.group(count));
        }
        groups
    }

    /// Reads the array a fresh match gave.
    fn read(result: &JsArray, input: &JsString, context: &mut Context) -> JsResult<Self> {
        let text = |value: JsValue| value.as_string().unwrap_or_default();
        let start = result.get(js_string!("index"), context)?.as_number().unwrap_or_default() as usize;
        let matched = text(result.get(0, context)?);
        let mut groups = Self {
            input: input.clone(),
            left: input.get(..start).unwrap_or_default(),
            right: input.get(start + matched.len()..).unwrap_or_default(),
            matched,
            ..Self::default()
        };
        let count = result.length(context)? as usize;
        for number in 1..count.min(GROUPS + 1) {
            groups.numbered[number - 1] = text(result.get(number, context)?);
        }
        if count > 1 {
            groups.paren = text(result.get(count - 1, context)?);
        }
        Ok(groups)
    }
}
