//! `RegExp.prototype.source` (ECMA-262 §22.2.6.13.1, EscapeRegExpPattern): the engine writes a backslash before every
//! `/`, also before one that has it already, so that `new RegExp(r.source)` is another expression.

use boa_engine::{Context, JsObject, JsResult, JsValue, NativeFunction, js_string};

use super::native;

const BACKSLASH: u16 = b'\\' as u16;
const SLASH: u16 = b'/' as u16;

/// Puts the getter in the place of the engine's, which it asks.
///
/// # Errors
/// Where the prototype refuses a property.
pub fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().regexp().prototype();
    let engines = prototype.borrow().properties().get(&js_string!("source").into());
    let Some(engines) = engines.and_then(|property| property.get()?.as_object()) else { return Ok(()) };
    let getter = NativeFunction::from_copy_closure_with_captures(
        |this, _, engines: &JsObject, context| source(&engines.call(this, &[], context)?),
        engines,
    );
    native::accessor(&prototype, "source", getter, None, context)
}

fn source(engines: &JsValue) -> JsResult<JsValue> {
    let Some(text) = engines.as_string() else { return Ok(engines.clone()) };
    if !text.iter().any(|unit| unit == SLASH) {
        return Ok(engines.clone());
    }
    Ok(js_string!(&escaped(&text.to_vec())[..]).into())
}

/// A pattern in which the engine put a backslash before every `/`, with those alone that it needs: none in a class.
fn escaped(engines: &[u16]) -> Vec<u16> {
    let mut out = Vec::with_capacity(engines.len());
    let (mut is_escaped, mut in_class) = (false, false);
    for unit in engines.iter().copied() {
        if unit == SLASH {
            // The backslash before it is the engine's; one that was there before it stands and escapes.
            out.pop();
            is_escaped = !is_escaped;
            if !is_escaped && !in_class {
                out.push(BACKSLASH);
            }
            is_escaped = false;
        } else if is_escaped {
            is_escaped = false;
        } else {
            is_escaped = unit == BACKSLASH;
            in_class = unit == u16::from(b'[') || (in_class && unit != u16::from(b']'));
        }
        out.push(unit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::builtins::testing::{check, check_table, plain_context};

    #[test]
    fn slashes_are_escaped_where_they_need_it() {
        let mut context = plain_context();
        install(&mut context).unwrap();
        let table = r"[
            ['/', '\\/'], ['[/]', '[/]'], ['\\/', '\\/'], ['\\\\/', '\\\\\\/'], ['[\\]/]', '[\\]/]'],
            ['a/b[/]/', 'a\\/b[/]\\/'], ['\n', '\\n'], ['[\n]', '[\\n]'], ['\u2028', '\\u2028'], ['', '(?:)']
        ]";
        check_table(&mut context, table, "function (pattern) { return new RegExp(pattern).source; }");
        check(&mut context, r"/\/?/.source + /[/]\/(?:\/)/.source", r"\/?[/]\/(?:\/)");
        check(&mut context, r"String(/a\/b/g) + RegExp.prototype.source", r"/a\/b/g(?:)");
        check(&mut context, r"new RegExp(/^\/?$/.source).test('/')", "true");
        check(
            &mut context,
            "Object.getOwnPropertyDescriptor(RegExp.prototype, 'source').get.call({})",
            "TypeError: RegExp.prototype.source method called on incompatible value",
        );
    }
}
