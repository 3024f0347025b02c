//! `Intl.ListFormat` (ECMA-402, clause 14).

use boa_engine::{Context, JsArgs, JsNativeError, JsObject, JsResult, JsString, JsSymbol, JsValue, js_string};

use super::options::Options;
use super::parts::Parts;
use super::service::{Entry, Service, held};
use super::tags::{self, Available, Language};
use crate::base::interrupt;

/// How lists are written.
pub(super) struct ListFormat {
    tag: String,
    language: Language,
    kind: &'static str,
    style: &'static str,
}

impl Service for ListFormat {
    const NAME: &'static str = "ListFormat";
    const AVAILABLE: Available = Available::Written;
    const NEEDS_NEW: bool = true;

    fn read(locales: &JsValue, options: &JsValue, context: &mut Context) -> JsResult<Self> {
        let locale = tags::resolve(tags::canonical(locales, context)?, Self::AVAILABLE);
        let options = Options::of(options, context)?;
        let kind = options.word("type", &["conjunction", "disjunction", "unit"], context)?.unwrap_or("conjunction");
        let style = options.word("style", &["long", "short", "narrow"], context)?.unwrap_or("long");
        Ok(Self { tag: locale.tag, language: locale.language, kind, style })
    }

    fn resolved(&self) -> Vec<Entry> {
        vec![("locale", self.tag.clone().into()), ("type", self.kind.into()), ("style", self.style.into())]
    }
}

impl ListFormat {
    /// What stands between two elements of more, before the last of more, and between the only two.
    fn gaps(&self) -> (&'static str, &'static str, &'static str) {
        match (self.language, self.kind, self.style) {
            (Language::Chinese, "conjunction", "narrow") => ("、", "、", "、"),
            (Language::Chinese, "conjunction", _) => ("、", "和", "和"),
            (Language::Chinese, "disjunction", _) => ("、", "或", "或"),
            (Language::Chinese, ..) => ("", "", ""),
            (Language::English, "conjunction", "long") => (", ", ", and ", " and "),
            (Language::English, "conjunction", "short") => (", ", ", & ", " & "),
            (Language::English, "disjunction", _) => (", ", ", or ", " or "),
            (Language::English, "unit", "narrow") => (" ", " ", " "),
            (Language::English, ..) => (", ", ", ", ", "),
        }
    }

    fn parts(&self, texts: &[String]) -> Parts {
        let (between, last, only) = self.gaps();
        let mut parts = Parts::default();
        for (index, text) in texts.iter().enumerate() {
            if index > 0 {
                parts.literal(match (index + 1 == texts.len(), texts.len()) {
                    (true, 2) => only,
                    (true, _) => last,
                    (false, _) => between,
                });
            }
            parts.push("element", text.as_str());
        }
        parts
    }
}

/// `StringListFromIterable`.
fn strings(iterable: &JsValue, context: &mut Context) -> JsResult<Vec<String>> {
    let mut texts = Vec::new();
    if iterable.is_undefined() {
        return Ok(texts);
    }
    let object = iterable.to_object(context)?;
    let type_error = |message: String| boa_engine::JsError::from(JsNativeError::typ().with_message(message));
    let method = object.get(JsSymbol::iterator(), context)?.as_callable();
    let method = method.ok_or_else(|| type_error(format!("{} is not iterable", iterable.display())))?;
    let not_an_object = || type_error("the iterator is not an object".to_owned());
    let iterator: JsObject = method.call(iterable, &[], context)?.as_object().ok_or_else(not_an_object)?;
    let next = iterator.get(js_string!("next"), context)?;
    let next = next.as_callable().ok_or_else(not_an_object)?;
    while !interrupt::is_raised() {
        let result = next.call(&iterator.clone().into(), &[], context)?.as_object().ok_or_else(not_an_object)?;
        if result.get(js_string!("done"), context)?.to_boolean() {
            break;
        }
        let value = result.get(js_string!("value"), context)?;
        let Some(text) = value.as_string() else {
            if let Some(close) = iterator.get(js_string!("return"), context)?.as_callable() {
                close.call(&iterator.clone().into(), &[], context)?;
            }
            return Err(type_error(format!("Iterable yielded {} which is not a string", value.display())));
        };
        texts.push(text.to_std_string_lossy());
    }
    Ok(texts)
}

/// `format`.
pub(super) fn format(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let this = held::<ListFormat>(this)?;
    let texts = strings(arguments.get_or_undefined(0), context)?;
    Ok(JsString::from(this.parts(&texts).text()).into())
}

/// `formatToParts`.
pub(super) fn format_to_parts(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let this = held::<ListFormat>(this)?;
    let texts = strings(arguments.get_or_undefined(0), context)?;
    this.parts(&texts).to_array(None, context)
}
