//! `Intl.Collator` (ECMA-402, clause 10) and `String.prototype.localeCompare` (§20.1), by CLDR's data.

use std::cmp::Ordering;

use boa_engine::string::JsStrVariant;
use boa_engine::{Context, Finalize, JsArgs, JsNativeError, JsResult, JsString, JsValue, NativeFunction, Trace};
use icu_collator::options::{AlternateHandling, CaseLevel, CollatorOptions, Strength};
use icu_collator::preferences::{CollationCaseFirst, CollationNumericOrdering, CollationType};
use icu_collator::{CollatorBorrowed, CollatorPreferences};
use icu_locale_core::Locale;
use icu_locale_core::extensions::unicode::Value;

use super::options::{Options, range};
use super::service::{Entry, Service};
use super::tags::{self, Available};
use crate::engine::builtins::native;

/// The collator of calls that name no locale and no options.
#[derive(Trace, Finalize)]
struct Usual(#[unsafe_ignore_trace] Collator);

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().string().prototype();
    let undefined = JsValue::undefined();
    let usual = Usual(Collator::read(&undefined, &undefined, context)?);
    let body = NativeFunction::from_copy_closure_with_captures(locale_compare, usual);
    native::method(&prototype, "localeCompare", 1, body, context)
}

fn locale_compare(this: &JsValue, arguments: &[JsValue], usual: &Usual, context: &mut Context) -> JsResult<JsValue> {
    if this.is_null_or_undefined() {
        let message = "String.prototype.localeCompare called on null or undefined";
        return Err(JsNativeError::typ().with_message(message).into());
    }
    let (left, right) = (this.to_string(context)?, arguments.get_or_undefined(0).to_string(context)?);
    let (locales, options) = (arguments.get_or_undefined(1), arguments.get_or_undefined(2));
    if locales.is_undefined() && options.is_undefined() {
        return Ok(usual.0.compare(&left, &right).into());
    }
    Ok(Collator::read(locales, options, context)?.compare(&left, &right).into())
}

/// In which order texts are.
pub(super) struct Collator {
    tag: String,
    usage: &'static str,
    sensitivity: &'static str,
    ignores_punctuation: bool,
    collation: String,
    is_numeric: bool,
    case_first: String,
    collator: CollatorBorrowed<'static>,
}

impl Service for Collator {
    const NAME: &'static str = "Collator";
    const AVAILABLE: Available = Available::Compared;

    fn read(locales: &JsValue, options: &JsValue, context: &mut Context) -> JsResult<Self> {
        let locale = tags::resolve(tags::canonical(locales, context)?, Self::AVAILABLE);
        let options = Options::of(options, context)?;
        let usage = options.word("usage", &["sort", "search"], context)?.unwrap_or("sort");
        let collation = options.text("collation", context)?.or_else(|| locale.extension("co"));
        let numeric = options.flag("numeric", context)?;
        let is_numeric = numeric.or_else(|| Some(locale.extension("kn")? != "false")).unwrap_or(false);
        let case_first = options.word("caseFirst", &["upper", "lower", "false"], context)?.map(str::to_owned);
        let case_first = case_first.or_else(|| locale.extension("kf")).unwrap_or_else(|| "false".to_owned());
        let sensitivities = ["base", "accent", "case", "variant"];
        let sensitivity = options.word("sensitivity", &sensitivities, context)?.unwrap_or("variant");
        let ignores_punctuation = options.flag("ignorePunctuation", context)?;
        // CLDR's rule for Thai alone.
        let ignores_punctuation = ignores_punctuation.unwrap_or_else(|| locale.tag.starts_with("th"));

        // The tag was parsed before: it parses again.
        let id: Locale = locale.tag.parse().map_err(|_| range(format!("Incorrect locale: {}", locale.tag)))?;
        let mut preferences = CollatorPreferences::from(&id);
        preferences.numeric_ordering =
            Some(if is_numeric { CollationNumericOrdering::True } else { CollationNumericOrdering::False });
        preferences.case_first = match case_first.as_str() {
            "upper" => Some(CollationCaseFirst::Upper),
            "lower" => Some(CollationCaseFirst::Lower),
            _ => None,
        };
        let named = match (usage, collation.as_deref()) {
            ("search", _) => Some(CollationType::Search),
            // ECMA-402 §10.2.3: those two are no collations that a page may name.
            (_, Some("standard" | "search") | None) => None,
            (_, Some(name)) => name.parse::<Value>().ok().and_then(|value| CollationType::try_from(&value).ok()),
        };
        preferences.collation_type = named;
        let mut wanted = CollatorOptions::default();
        wanted.strength = Some(match sensitivity {
            "base" | "case" => Strength::Primary,
            "accent" => Strength::Secondary,
            _ => Strength::Tertiary,
        });
        wanted.case_level = Some(if sensitivity == "case" { CaseLevel::On } else { CaseLevel::Off });
        wanted.alternate_handling =
            Some(if ignores_punctuation { AlternateHandling::Shifted } else { AlternateHandling::NonIgnorable });
        let collator = CollatorBorrowed::try_new(preferences, wanted);
        let collator = collator.map_err(|error| range(format!("no collation for {}: {error}", locale.tag)))?;
        let collation = collation.filter(|_| named.is_some() && usage == "sort");
        let collation = collation.unwrap_or_else(|| "default".to_owned());
        Ok(Self {
            tag: locale.tag,
            usage,
            sensitivity,
            ignores_punctuation,
            collation,
            is_numeric,
            case_first,
            collator,
        })
    }

    fn resolved(&self) -> Vec<Entry> {
        vec![
            ("locale", self.tag.clone().into()),
            ("usage", self.usage.into()),
            ("sensitivity", self.sensitivity.into()),
            ("ignorePunctuation", self.ignores_punctuation.into()),
            ("collation", self.collation.clone().into()),
            ("numeric", self.is_numeric.into()),
            ("caseFirst", self.case_first.clone().into()),
        ]
    }
}

impl Collator {
    /// -1, 0 or 1.
    fn compare(&self, left: &JsString, right: &JsString) -> i32 {
        use JsStrVariant::{Latin1, Utf16};
        let collator = &self.collator;
        let order = match (left.as_str().variant(), right.as_str().variant()) {
            (Latin1(left), Latin1(right)) => collator.compare_latin1(left, right),
            (Latin1(left), Utf16(right)) => collator.compare_latin1_utf16(left, right),
            (Utf16(left), Latin1(right)) => collator.compare_latin1_utf16(right, left).reverse(),
            (Utf16(left), Utf16(right)) => collator.compare_utf16(left, right),
        };
        match order {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }
}

/// `compare`.
pub(super) fn compare(this: &Collator, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let left = arguments.get_or_undefined(0).to_string(context)?;
    let right = arguments.get_or_undefined(1).to_string(context)?;
    Ok(this.compare(&left, &right).into())
}
