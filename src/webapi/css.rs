//! The `CSS` namespace ([CSSOM §7.1](https://drafts.csswg.org/cssom/#the-css.escape()-method), [CSS Conditional
//! §6](https://drafts.csswg.org/css-conditional/#the-css-namespace)): `escape` and `supports`. The functions that make
//! typed values (`CSS.px` …) are not there.

use boa_engine::property::Attribute;
use boa_engine::{Context, JsObject, JsResult, JsValue};

use crate::dom::css_supports::{condition, is_supported};
use crate::engine::convert::{require, string, text};
use crate::engine::interface::{define_method, define_tag, define_value};

/// An identifier as a selector takes it ([serialize an identifier](https://drafts.csswg.org/cssom/#serialize-an-identifier)).
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let first = text.chars().next();
    for (at, c) in text.chars().enumerate() {
        let leads = at == 0 || at == 1 && first == Some('-');
        match c {
            '\0' => out.push('\u{fffd}'),
            '\u{1}'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("\\{:x} ", u32::from(c))),
            '0'..='9' if leads => out.push_str(&format!("\\{:x} ", u32::from(c))),
            '-' if text.len() == 1 => out.push_str("\\-"),
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii() => out.push(c),
            c => {
                out.push('\\');
                out.push(c);
            }
        }
    }
    out
}

fn supports(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let first = text(args, 0, context)?;
    if args.len() > 1 {
        return Ok(is_supported(&first, &text(args, 1, context)?).into());
    }
    let holds = condition(&first).or_else(|| condition(&format!("({first})")));
    Ok(holds.unwrap_or(false).into())
}

fn escape(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    text(args, 0, context).map(|text| string(&escaped(&text)))
}

/// Installs `CSS`.
///
/// # Errors
/// None.
pub fn install(context: &mut Context) -> JsResult<()> {
    let css = JsObject::with_object_proto(context.intrinsics());
    define_method(&css, "escape", escape, 1, context);
    define_method(&css, "supports", supports, 1, context);
    define_tag(&css, "CSS");
    define_value(&context.global_object(), "CSS", css, Attribute::WRITABLE | Attribute::CONFIGURABLE);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn escapes() {
        check(
            r"['a b', '1a', '-1', '-', 'a.b#c', '您', 'a\u0001', '\0', '--x_y'].map(CSS.escape).join('|')",
            "a\\ b|\\31 a|-\\31 |\\-|a\\.b\\#c|您|a\\1 |\u{fffd}|--x_y",
        );
        check("String(CSS)", "[object CSS]");
    }

    #[test]
    fn support() {
        check(
            "[CSS.supports('display', 'flex'), CSS.supports('display', 'bogus'), CSS.supports('(display:flex)'), \
             CSS.supports('display:flex'), CSS.supports('(display:grid) and (not (color:zzz))'), CSS.supports('--a', 'x'), \
             CSS.supports('color', 'red !important'), CSS.supports('(a:b) or (color:red)'), CSS.supports('selector(a > b)'), \
             CSS.supports('position', 'sticky'), CSS.supports(''), CSS.supports('nope', '1')].join()",
            "true,false,true,true,true,true,false,true,true,true,false,false",
        );
    }
}
