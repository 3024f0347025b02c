//! The `CSS` namespace ([CSSOM §7.1](https://drafts.csswg.org/cssom/#the-css.escape()-method), [CSS Conditional
//! §6](https://drafts.csswg.org/css-conditional/#the-css-namespace)): `escape` and `supports`. The functions that make
//! typed values (`CSS.px` …) are not there.

use boa_engine::property::Attribute;
use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::css_properties::canonical;
use crate::base::limits::CODE_NESTING_MAX;
use crate::dom::css::declarations;
use crate::dom::css_values::normal;
use crate::dom::select::Selectors;
use crate::engine::convert::{require, string, text};
use crate::engine::interface::{define_method, define_tag, define_value};

/// An identifier as a selector takes it ([serialize an identifier](https://drafts.csswg.org/cssom/#serialize-an-identifier)).
fn escaped(text: &str) -> String {
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

/// Whether a declaration would be kept.
fn is_supported(property: &str, value: &str) -> bool {
    let Some(name) = canonical(property.trim()) else { return false };
    let value = value.trim();
    if name.starts_with("--") {
        return true;
    }
    let parsed = declarations(&format!("{name}:{value}"));
    matches!(parsed.as_slice(), [only] if !only.important && normal(&name, &only.value, false).is_some())
}

/// Whether a condition of `@supports` holds; `None` where it is malformed.
fn condition(text: &str, depth: usize) -> Option<bool> {
    let text = text.trim();
    if depth > CODE_NESTING_MAX {
        return None;
    }
    if let Some(rest) = keyword(text, "not") {
        let (holds, rest) = in_parentheses(rest, depth)?;
        return rest.trim().is_empty().then_some(!holds);
    }
    let (mut holds, mut rest) = in_parentheses(text, depth)?;
    let joint = if keyword(rest, "and").is_some() { "and" } else { "or" };
    while !rest.trim().is_empty() {
        let (next, after) = in_parentheses(keyword(rest, joint)?, depth)?;
        holds = if joint == "and" { holds && next } else { holds || next };
        rest = after;
    }
    Some(holds)
}

/// What follows a keyword, if a text starts with it.
fn keyword<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let text = text.trim_start();
    let (head, rest) = text.split_at_checked(word.len())?;
    let ends = rest.starts_with(|c: char| c.is_ascii_whitespace() || c == '(');
    (head.eq_ignore_ascii_case(word) && ends).then_some(rest)
}

/// Whether what stands in the parentheses that a text starts with holds, and what follows them.
fn in_parentheses(text: &str, depth: usize) -> Option<(bool, &str)> {
    let text = text.trim_start();
    let open = text.find('(')?;
    let function = text[..open].to_ascii_lowercase();
    let mut level = 0_usize;
    let end = text.char_indices().find_map(|(at, c)| {
        match c {
            '(' => level += 1,
            ')' => level = level.checked_sub(1)?,
            _ => {}
        }
        (level == 0 && at >= open && c == ')').then_some(at)
    })?;
    let (inside, rest) = (&text[open + 1..end], &text[end + 1..]);
    let holds = match function.as_str() {
        "" if inside.trim_start().starts_with('(') || keyword(inside, "not").is_some() => condition(inside, depth + 1)?,
        "" => inside.split_once(':').is_some_and(|(property, value)| is_supported(property, value)),
        "selector" => Selectors::parse(inside).is_ok(),
        _ => false,
    };
    Some((holds, rest))
}

fn supports(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let first = text(args, 0, context)?;
    if args.len() > 1 {
        return Ok(is_supported(&first, &text(args, 1, context)?).into());
    }
    let holds = condition(&first, 0).or_else(|| condition(&format!("({first})"), 0));
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
