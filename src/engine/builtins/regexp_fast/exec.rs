//! `exec` and `test` (ECMA-262 §22.2.6.2, §22.2.6.16).

use boa_engine::{
    Context, JsArgs, JsObject, JsResult, JsString, JsValue, js_string, object::builtins::JsArray, property::PropertyKey,
};
use regress::Match;

use super::{install::Fast, plain::Reads, program::Program};

/// `RegExp.prototype.exec ( string )`
pub(super) fn exec(this: &JsValue, arguments: &[JsValue], fast: &Fast, context: &mut Context) -> JsResult<JsValue> {
    let (Some(regexp), false) = (this.as_object(), arguments.get_or_undefined(0).is_object()) else {
        return fast.before.exec.call(this, arguments, context);
    };
    let input = arguments.get_or_undefined(0).to_string(context)?;
    match builtin(&regexp, Reads::Nothing, &input, fast, context)? {
        Outcome::Slow => fast.before.exec.call(this, &[input.into()], context),
        Outcome::Null => Ok(JsValue::null()),
        Outcome::Found(found) => {
            let result = array(&input, &found, context)?;
            fast.statics.record(input, found);
            Ok(result.into())
        }
    }
}

/// `RegExp.prototype.test ( S )`
pub(super) fn test(this: &JsValue, arguments: &[JsValue], fast: &Fast, context: &mut Context) -> JsResult<JsValue> {
    let Some(regexp) = this.as_object() else { return fast.before.test.call(this, arguments, context) };
    let input = arguments.get_or_undefined(0).to_string(context)?;
    match builtin(&regexp, Reads::Exec, &input, fast, context)? {
        Outcome::Slow => fast.before.test.call(this, &[input.into()], context),
        Outcome::Null => Ok(false.into()),
        Outcome::Found(found) => {
            fast.statics.record(input, found);
            Ok(true.into())
        }
    }
}

/// What a single match came to.
pub(super) enum Outcome {
    /// The page would notice; nothing has happened.
    Slow,
    /// No match.
    Null,
    /// A match, not recorded yet.
    Found(Match),
}

/// RegExpBuiltinExec (ECMA-262 §22.2.7.2) without its result array.
pub(super) fn builtin(
    regexp: &JsObject,
    reads: Reads,
    input: &JsString,
    fast: &Fast,
    context: &mut Context,
) -> JsResult<Outcome> {
    let Some(program) = fast.program(regexp, reads, context)? else { return Ok(Outcome::Slow) };
    if reads == Reads::Nothing && program.marks.indices {
        return Ok(Outcome::Slow);
    }
    let Some(last_index) = regexp.get(js_string!("lastIndex"), context)?.as_number() else { return Ok(Outcome::Slow) };
    let counts = program.marks.global || program.marks.sticky;
    // A cast brings NaN to 0 and all else in range, as ToLength does; what is past the text matches nothing.
    let start = if counts { last_index as usize } else { 0 };
    let found = if start > input.len() { None } else { at(&program, start, input, fast) };
    if counts {
        let next = found.as_ref().map_or(0, Match::end);
        regexp.set(js_string!("lastIndex"), next, true, context)?;
    }
    Ok(found.map_or(Outcome::Null, Outcome::Found))
}

fn at(program: &Program, start: usize, input: &JsString, fast: &Fast) -> Option<Match> {
    let found = program.first(&fast.statics.wide(input.clone()), start)?;
    (!program.marks.sticky || found.start() == start).then_some(found)
}

/// The array `exec` returns.
pub(super) fn array(input: &JsString, found: &Match, context: &mut Context) -> JsResult<JsObject> {
    let values: Vec<JsValue> = captures(input, found).collect();
    let result = JsObject::from(JsArray::from_iter(values, context));
    let groups = groups(input, found, context)?.map_or_else(JsValue::undefined, JsValue::from);
    let members: [(JsString, JsValue); 3] = [
        (js_string!("index"), found.start().into()),
        (js_string!("input"), input.clone().into()),
        (js_string!("groups"), groups),
    ];
    for (name, value) in members {
        result.create_data_property_or_throw(PropertyKey::from(name), value, context)?;
    }
    Ok(result)
}

/// The match and what its groups took, `undefined` for those that took no part.
pub(super) fn captures<'m>(input: &'m JsString, found: &'m Match) -> impl Iterator<Item = JsValue> + 'm {
    found.groups().map(|range| range.and_then(|range| input.get(range)).map_or_else(JsValue::undefined, JsValue::from))
}

/// The named groups, if the expression has any.
pub(super) fn groups(input: &JsString, found: &Match, context: &mut Context) -> JsResult<Option<JsObject>> {
    let mut named = found.named_groups().peekable();
    if named.peek().is_none() {
        return Ok(None);
    }
    let groups = JsObject::with_null_proto();
    for (name, range) in named {
        let value = range.and_then(|range| input.get(range)).map_or_else(JsValue::undefined, JsValue::from);
        groups.create_data_property_or_throw(js_string!(name), value, context)?;
    }
    Ok(Some(groups))
}
