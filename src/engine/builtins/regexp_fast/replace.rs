//! `RegExp.prototype [ @@replace ]` (ECMA-262 §22.2.6.11).

use boa_engine::{Context, JsArgs, JsObject, JsResult, JsString, JsValue, js_string};
use regress::Match;

use super::{
    exec::{Outcome, builtin, captures, groups},
    install::Fast,
    plain::Reads,
    template::Template,
    units::Units,
};

/// `RegExp.prototype [ @@replace ] ( string, replaceValue )`
pub(super) fn replace(this: &JsValue, arguments: &[JsValue], fast: &Fast, context: &mut Context) -> JsResult<JsValue> {
    let before = &fast.before.replace;
    let Some(regexp) = this.as_object() else { return before.call(this, arguments, context) };
    let input = arguments.get_or_undefined(0).to_string(context)?;
    let with = arguments.get_or_undefined(1);
    let function = with.as_callable();
    let text = if function.is_some() { js_string!() } else { with.to_string(context)? };

    let Some(all) = matches(&regexp, &input, fast, context)? else {
        let with = if function.is_some() { with.clone() } else { text.into() };
        return before.call(this, &[input.into(), with], context);
    };
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return Ok(input.into()) };
    fast.statics.record(input.clone(), last.clone());
    let result = match function {
        Some(function) => replaced_by_calls(&input, &all, &function, context)?,
        None => replaced_by_text(&input, &all, &Template::new(text, first)),
    };
    Ok(result.into())
}

/// The matches to replace; `None` where the page would notice, and nothing has happened.
fn matches(regexp: &JsObject, input: &JsString, fast: &Fast, context: &mut Context) -> JsResult<Option<Vec<Match>>> {
    let Some(program) = fast.program(regexp, Reads::Flags, context)? else { return Ok(None) };
    if program.marks.global && !program.marks.sticky {
        regexp.set(js_string!("lastIndex"), 0, true, context)?;
        return Ok(Some(program.all(input)));
    }
    if program.marks.sticky {
        return Ok(None);
    }
    Ok(match builtin(regexp, Reads::Exec, input, fast, context)? {
        Outcome::Slow => None,
        Outcome::Null => Some(Vec::new()),
        Outcome::Found(found) => Some(vec![found]),
    })
}

fn replaced_by_text(input: &JsString, all: &[Match], template: &Template) -> JsString {
    let mut result = Units::with_capacity(input.len());
    let mut from = 0;
    for found in all {
        result.push(input, from..found.start());
        template.expand(input, found, &mut result);
        from = found.end();
    }
    result.push(input, from..input.len());
    result.into_text()
}

fn replaced_by_calls(
    input: &JsString,
    all: &[Match],
    function: &JsObject,
    context: &mut Context,
) -> JsResult<JsString> {
    let mut result = Units::with_capacity(input.len());
    let mut from = 0;
    let mut arguments = Vec::new();
    for found in all {
        arguments.clear();
        arguments.extend(captures(input, found));
        arguments.push(found.start().into());
        arguments.push(input.clone().into());
        arguments.extend(groups(input, found, context)?.map(JsValue::from));
        let with = function.call(&JsValue::undefined(), &arguments, context)?.to_string(context)?;
        result.push(input, from..found.start());
        result.push_all(&with);
        from = found.end();
    }
    result.push(input, from..input.len());
    Ok(result.into_text())
}
