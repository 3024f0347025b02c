//! `RegExp.prototype [ @@match ]` with `g` and `[ @@split ]` (ECMA-262 §22.2.6.8, §22.2.6.14).

use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, object::builtins::JsArray};
use regress::Match;

use super::{
    exec::{Outcome, array, builtin, captures},
    install::Fast,
    plain::Reads,
    program::Program,
};

/// `RegExp.prototype [ @@match ] ( string )`
pub(super) fn matches(this: &JsValue, arguments: &[JsValue], fast: &Fast, context: &mut Context) -> JsResult<JsValue> {
    let before = &fast.before.matches;
    let Some(regexp) = this.as_object() else { return before.call(this, arguments, context) };
    let input = arguments.get_or_undefined(0).to_string(context)?;
    let Some(program) = fast.program(&regexp, Reads::Flags, context)? else {
        return before.call(this, &[input.into()], context);
    };
    if program.marks.sticky || program.marks.indices {
        return before.call(this, &[input.into()], context);
    }
    if !program.marks.global {
        return match builtin(&regexp, Reads::Exec, &input, fast, context)? {
            Outcome::Slow => before.call(this, &[input.into()], context),
            Outcome::Null => Ok(JsValue::null()),
            Outcome::Found(found) => {
                let result = array(&input, &found, context)?;
                fast.statics.record(input, found);
                Ok(result.into())
            }
        };
    }
    regexp.set(boa_engine::js_string!("lastIndex"), 0, true, context)?;
    let mut texts = Vec::new();
    let mut last = None;
    program.each(&input, 0, |found| {
        texts.push(JsValue::from(input.get(found.range()).unwrap_or_default()));
        last = Some(found);
        true
    });
    let Some(last) = last else { return Ok(JsValue::null()) };
    fast.statics.record(input, last);
    Ok(JsArray::from_iter(texts, context).into())
}

/// `RegExp.prototype [ @@split ] ( string, limit )`
pub(super) fn split(this: &JsValue, arguments: &[JsValue], fast: &Fast, context: &mut Context) -> JsResult<JsValue> {
    let before = &fast.before.split;
    let Some(regexp) = this.as_object() else { return before.call(this, arguments, context) };
    let input = arguments.get_or_undefined(0).to_string(context)?;
    let limit = arguments.get_or_undefined(1);
    let program = if limit.is_object() { None } else { fast.program(&regexp, Reads::Species, context)? };
    let Some(program) = program else { return before.call(this, &[input.into(), limit.clone()], context) };
    let most = if limit.is_undefined() { u32::MAX } else { limit.to_u32(context)? };
    let mut parts = Vec::new();
    if most > 0 {
        let last = pieces(&program, &input, most as usize, &mut parts, fast);
        if let Some(last) = last {
            fast.statics.record(input, last);
        }
    }
    Ok(JsArray::from_iter(parts, context).into())
}

/// Cuts the text into at most `most` parts; the last match made on the way.
fn pieces(program: &Program, input: &JsString, most: usize, parts: &mut Vec<JsValue>, fast: &Fast) -> Option<Match> {
    let wide = fast.statics.wide(input.clone());
    let size = input.len();
    let piece = |from: usize, to: usize| JsValue::from(input.get(from..to).unwrap_or_default());
    let mut last: Option<Match> = None;
    if size == 0 {
        last = program.first(&wide, 0);
        if last.is_none() {
            parts.push(input.clone().into());
        }
        return last;
    }
    let mut from = 0;
    let mut full = false;
    program.each(&wide, 0, |found| {
        if found.start() >= size {
            return false;
        }
        if found.end() > from {
            parts.push(piece(from, found.start()));
            parts.extend(captures(input, &found).skip(1));
            from = found.end();
            full = parts.len() >= most;
        }
        last = Some(found);
        !full
    });
    if full {
        parts.truncate(most);
    } else {
        parts.push(piece(from, size));
    }
    last
}
