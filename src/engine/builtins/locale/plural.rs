//! `Intl.PluralRules` (ECMA-402, clause 17): Chinese has one form, English two, and four for ordinal numbers.

use boa_engine::{Context, JsArgs, JsResult, JsValue, js_string};

use super::number::{NumberFormat, decimal};
use super::options::Options;
use super::service::{Entry, Service, Value, held};
use super::tags::{self, Available, Language};

/// Which form of a word goes with a number.
pub(super) struct PluralRules {
    tag: String,
    language: Language,
    kind: &'static str,
    digits: NumberFormat,
}

impl Service for PluralRules {
    const NAME: &'static str = "PluralRules";
    const AVAILABLE: Available = Available::Written;
    const NEEDS_NEW: bool = true;

    fn read(locales: &JsValue, options: &JsValue, context: &mut Context) -> JsResult<Self> {
        let locale = tags::resolve(tags::canonical(locales, context)?, Self::AVAILABLE);
        let kind = Options::of(options, context)?.word("type", &["cardinal", "ordinal"], context)?;
        let digits = NumberFormat::only_digits(options, context)?;
        Ok(Self { tag: locale.tag, language: locale.language, kind: kind.unwrap_or("cardinal"), digits })
    }

    fn resolved(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = vec![("locale", self.tag.clone().into()), ("type", self.kind.into())];
        entries.extend(self.digits.resolved_digits());
        entries.push((
            "pluralCategories",
            Value::Texts(match (self.language, self.kind) {
                (Language::Chinese, _) => &["other"],
                (Language::English, "ordinal") => &["few", "one", "two", "other"],
                (Language::English, _) => &["one", "other"],
            }),
        ));
        entries
    }
}

impl PluralRules {
    fn of(&self, written: &str) -> &'static str {
        let written = written.trim_start_matches('-');
        let is_whole = written.bytes().all(|byte| byte.is_ascii_digit());
        match (self.language, self.kind) {
            (Language::English, "ordinal")
                if is_whole && !["11", "12", "13"].iter().any(|ten| written.ends_with(ten)) =>
            {
                match written.bytes().last() {
                    Some(b'1') => "one",
                    Some(b'2') => "two",
                    Some(b'3') => "few",
                    _ => "other",
                }
            }
            (Language::English, "cardinal") if written == "1" => "one",
            _ => "other",
        }
    }
}

/// `select`.
pub(super) fn select(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let this = held::<PluralRules>(this)?;
    let number = JsValue::from(arguments.get_or_undefined(0).to_number(context)?);
    let written = this.digits.parts(&decimal(&number, context)?).text();
    Ok(js_string!(this.of(&written)).into())
}
