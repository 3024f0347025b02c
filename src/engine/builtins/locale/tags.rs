//! Language tags: as a page gives them, and what it gets for them (ECMA-402 §9.2.1 to §9.2.5).

use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsNativeError, JsResult, JsString, JsValue, js_string};
use icu_locale_core::Locale;
use icu_locale_core::extensions::unicode::Key;

use super::options::range;
use crate::base::interrupt;

/// What a page gets that asks for no locale, or for one that there is not.
const DEFAULT: &str = "zh-CN";

/// The locales in which numbers and dates are written.
const WRITTEN: [&str; 6] = ["zh", "zh-CN", "zh-Hans", "zh-Hans-CN", "en", "en-US"];

/// The languages in which texts are compared: CLDR's.
const COMPARED: &str = "af am ar as az be bg bn bo br bs ca cs cy da de dz ee el en eo es et fa ff fi fo fr fy ga gl \
    gu ha he hi hr hu hy id ig is it ja ka kk kl km kn ko ku ky lb ln lo lt lv mk ml mn mr ms mt my nb ne nl nn no om \
    or pa pl ps pt ro ru sa se si sk sl sq sr sv sw ta te th tk to tr ug uk ur uz vi wo xh yi yo zh zu";

/// Which locales a service has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Available {
    Written,
    Compared,
}

/// A language that numbers and dates are written in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Chinese,
    English,
}

/// The locale that a service took.
pub(super) struct Resolved {
    /// Its tag, without extensions.
    pub(super) tag: String,
    /// The language of what is written.
    pub(super) language: Language,
    /// What was asked for, where that is it: its extensions count.
    pub(super) requested: Option<Locale>,
}

impl Resolved {
    /// The value of a `-u-` key of the tag that was asked for, such as `hc` of `en-u-hc-h23`.
    pub(super) fn extension(&self, key: &str) -> Option<String> {
        let key: Key = key.parse().ok()?;
        self.requested.as_ref()?.extensions.unicode.keywords.get(&key).map(ToString::to_string)
    }
}

/// `CanonicalizeLocaleList`, but for the names that CLDR has replaced: `iw` stays `iw`.
pub(super) fn canonical(locales: &JsValue, context: &mut Context) -> JsResult<Vec<Locale>> {
    if locales.is_undefined() {
        return Ok(Vec::new());
    }
    if let Some(text) = locales.as_string() {
        return Ok(vec![parse(&text)?]);
    }
    let object = locales.to_object(context)?;
    let length = object.get(js_string!("length"), context)?.to_length(context)?;
    let mut found: Vec<Locale> = Vec::new();
    for index in 0..length {
        if interrupt::is_raised() {
            break;
        }
        if !object.has_property(index, context)? {
            continue;
        }
        let value = object.get(index, context)?;
        if !value.is_string() && !value.is_object() {
            return Err(JsNativeError::typ().with_message("Incorrect locale information provided").into());
        }
        let locale = parse(&value.to_string(context)?)?;
        if !found.contains(&locale) {
            found.push(locale);
        }
    }
    Ok(found)
}

fn parse(text: &JsString) -> JsResult<Locale> {
    let text = text.to_std_string_lossy();
    let parsed = if text.contains('_') { None } else { Locale::try_from_str(&text).ok() };
    // A tag without a language would be `und`; BCP 47 has it, private use alone it has not.
    parsed.ok_or_else(|| range(format!("Incorrect locale information provided: {text}")))
}

/// `LookupMatchingLocaleByPrefix`: the first that there is, or a prefix of it.
pub(super) fn resolve(requested: Vec<Locale>, available: Available) -> Resolved {
    for locale in requested {
        if let Some(tag) = best(&locale, available) {
            let language = if locale.id.language.as_str() == "en" { Language::English } else { Language::Chinese };
            return Resolved { tag, language, requested: Some(locale) };
        }
    }
    Resolved { tag: DEFAULT.to_owned(), language: Language::Chinese, requested: None }
}

fn best(locale: &Locale, available: Available) -> Option<String> {
    let tag = locale.id.to_string();
    if available == Available::Compared {
        let language = locale.id.language.as_str();
        return COMPARED.split(' ').any(|compared| compared == language).then_some(tag);
    }
    let mut rest = tag.as_str();
    loop {
        if WRITTEN.contains(&rest) {
            return Some(rest.to_owned());
        }
        rest = rest.rsplit_once('-')?.0;
    }
}

/// `supportedLocalesOf`: those asked for that there are.
pub(super) fn supported(locales: &JsValue, available: Available, context: &mut Context) -> JsResult<JsValue> {
    let found = canonical(locales, context)?;
    Ok(to_array(found.iter().filter(|locale| best(locale, available).is_some()), context))
}

/// `Intl.getCanonicalLocales`.
pub(super) fn get_canonical(locales: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    let found = canonical(locales, context)?;
    Ok(to_array(found.iter(), context))
}

fn to_array<'a>(locales: impl Iterator<Item = &'a Locale>, context: &mut Context) -> JsValue {
    let tags: Vec<JsValue> = locales.map(|locale| JsString::from(locale.to_string()).into()).collect();
    JsArray::from_iter(tags, context).into()
}
