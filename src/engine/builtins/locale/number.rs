//! `Intl.NumberFormat` (ECMA-402, clause 16) and the methods that write by it, of `Number` and `BigInt` (§20.2, §20.3).

use boa_engine::{
    Context, Finalize, JsArgs, JsNativeError, JsObject, JsResult, JsValue, NativeFunction, Trace, js_string,
};

use super::currency;
use super::digits::Decimal;
use super::options::{Options, range};
use super::parts::Parts;
use super::service::{Entry, Service, held};
use super::tags::{self, Available, Language, Resolved};
use crate::engine::builtins::native;

/// The engine's own `valueOf`, which knows a number object from anything else.
#[derive(Trace, Finalize)]
struct ValueOf(JsObject);

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let constructors = context.intrinsics().constructors();
    for prototype in [constructors.number().prototype(), constructors.bigint().prototype()] {
        let value_of = prototype.get(js_string!("valueOf"), context)?.as_callable();
        let value_of = value_of.ok_or_else(|| JsNativeError::typ().with_message("valueOf is not a function"))?;
        let body = NativeFunction::from_copy_closure_with_captures(to_locale_string, ValueOf(value_of));
        native::method(&prototype, "toLocaleString", 0, body, context)?;
    }
    Ok(())
}

fn to_locale_string(
    this: &JsValue,
    arguments: &[JsValue],
    value_of: &ValueOf,
    context: &mut Context,
) -> JsResult<JsValue> {
    let value = value_of.0.call(this, &[], context)?;
    let format = NumberFormat::read(arguments.get_or_undefined(0), arguments.get_or_undefined(1), context)?;
    Ok(js_string!(format.parts(&decimal(&value, context)?).text()).into())
}

/// The digits of a number or bigint, or `NaN`, `∞`, `-∞`.
pub(super) fn decimal(value: &JsValue, context: &mut Context) -> JsResult<String> {
    let value = value.to_primitive(context, boa_engine::value::PreferredType::Number)?;
    if value.is_bigint() {
        return Ok(value.to_string(context)?.to_std_string_lossy());
    }
    let number = value.to_number(context)?;
    if number.is_nan() {
        return Ok("NaN".to_owned());
    }
    if number.is_infinite() {
        return Ok(if number < 0.0 { "-∞" } else { "∞" }.to_owned());
    }
    // The shortest digits that give the number back, without an exponent: what ICU rounds, too.
    Ok(format!("{number}"))
}

/// Which digits stay.
#[derive(Clone, Copy)]
enum Rounding {
    Fraction {
        min: usize,
        max: usize,
    },
    Significant {
        min: usize,
        max: usize,
    },
    /// Two digits, or all that stand before the point.
    Compact,
}

/// How numbers are written.
pub(super) struct NumberFormat {
    locale: Resolved,
    style: &'static str,
    currency: String,
    currency_display: &'static str,
    currency_sign: &'static str,
    notation: &'static str,
    compact_display: &'static str,
    whole_min: usize,
    rounding: Rounding,
    rounding_mode: &'static str,
    zeros: &'static str,
    grouping: &'static str,
    sign_display: &'static str,
}

impl Service for NumberFormat {
    const NAME: &'static str = "NumberFormat";
    const AVAILABLE: Available = Available::Written;

    fn read(locales: &JsValue, options: &JsValue, context: &mut Context) -> JsResult<Self> {
        let locale = tags::resolve(tags::canonical(locales, context)?, Self::AVAILABLE);
        let options = Options::of(options, context)?;
        let style = options.word("style", &["decimal", "percent", "currency", "unit"], context)?.unwrap_or("decimal");
        let currency = read_currency(style, &options, context)?;
        let display = ["code", "symbol", "narrowSymbol", "name"];
        let currency_display = options.word("currencyDisplay", &display, context)?.unwrap_or("symbol");
        let currency_sign = options.word("currencySign", &["standard", "accounting"], context)?.unwrap_or("standard");
        let notations = ["standard", "scientific", "engineering", "compact"];
        let notation = options.word("notation", &notations, context)?.unwrap_or("standard");
        for (name, word, missing) in [("style", style, "unit"), ("notation", notation, "scientific")] {
            if word == missing || word == "engineering" {
                return Err(range(format!("Intl.NumberFormat has no {name} {word} here")));
            }
        }
        let (min, max) = match style {
            _ if notation == "compact" => (0, 0),
            "currency" => (currency::digits(&currency), currency::digits(&currency)),
            "percent" => (0, 0),
            _ => (0, 3),
        };
        let whole_min = options.digits("minimumIntegerDigits", 1, 21, context)?.unwrap_or(1);
        let rounding = read_rounding(&options, min, max, notation == "compact", context)?;
        let modes =
            ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];
        let rounding_mode = options.word("roundingMode", &modes, context)?.unwrap_or("halfExpand");
        let zeros = options.word("trailingZeroDisplay", &["auto", "stripIfInteger"], context)?.unwrap_or("auto");
        let compact_display = options.word("compactDisplay", &["short", "long"], context)?.unwrap_or("short");
        let grouping = read_grouping(&options, notation == "compact", context)?;
        let signs = ["auto", "never", "always", "exceptZero", "negative"];
        let sign_display = options.word("signDisplay", &signs, context)?.unwrap_or("auto");
        Ok(Self {
            locale,
            style,
            currency,
            currency_display,
            currency_sign,
            notation,
            compact_display,
            whole_min,
            rounding,
            rounding_mode,
            zeros,
            grouping,
            sign_display,
        })
    }

    fn resolved(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = vec![
            ("locale", self.locale.tag.clone().into()),
            ("numberingSystem", "latn".into()),
            ("style", self.style.into()),
        ];
        if self.style == "currency" {
            entries.push(("currency", self.currency.clone().into()));
            entries.push(("currencyDisplay", self.currency_display.into()));
            entries.push(("currencySign", self.currency_sign.into()));
        }
        entries.extend(self.resolved_digits());
        entries.push(match self.grouping {
            "false" => ("useGrouping", false.into()),
            grouping => ("useGrouping", grouping.into()),
        });
        entries.push(("notation", self.notation.into()));
        if self.notation == "compact" {
            entries.push(("compactDisplay", self.compact_display.into()));
        }
        let priority = if matches!(self.rounding, Rounding::Compact) { "morePrecision" } else { "auto" };
        entries.extend([
            ("signDisplay", self.sign_display.into()),
            ("roundingMode", self.rounding_mode.into()),
            ("roundingIncrement", 1.into()),
            ("trailingZeroDisplay", self.zeros.into()),
            ("roundingPriority", priority.into()),
        ]);
        entries
    }
}

fn read_currency(style: &str, options: &Options, context: &mut Context) -> JsResult<String> {
    match options.text("currency", context)? {
        Some(code) if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Err(range(format!("Invalid currency code : {code}")))
        }
        Some(code) => Ok(code.to_ascii_uppercase()),
        None if style == "currency" => {
            Err(JsNativeError::typ().with_message("Currency code is required with currency style.").into())
        }
        None => Ok(String::new()),
    }
}

/// `SetNumberFormatDigitOptions`, with `min` and `max` digits after the point where none are named.
fn read_rounding(
    options: &Options,
    min: usize,
    max: usize,
    is_compact: bool,
    context: &mut Context,
) -> JsResult<Rounding> {
    let given_min = options.digits("minimumFractionDigits", 0, 100, context)?;
    let given_max = options.digits("maximumFractionDigits", 0, 100, context)?;
    let significant_min = options.digits("minimumSignificantDigits", 1, 21, context)?;
    let significant_max = options.digits("maximumSignificantDigits", 1, 21, context)?;
    let out_of_range = |name: &str| Err(range(format!("{name} value is out of range.")));
    if significant_min.or(significant_max).is_some() {
        let (min, max) = (significant_min.unwrap_or(1), significant_max.unwrap_or(21));
        return if min > max {
            out_of_range("maximumSignificantDigits")
        } else {
            Ok(Rounding::Significant { min, max })
        };
    }
    Ok(match (given_min, given_max) {
        (Some(min), None) => Rounding::Fraction { min, max: max.max(min) },
        (None, Some(max)) => Rounding::Fraction { min: min.min(max), max },
        (Some(min), Some(max)) if min > max => return out_of_range("maximumFractionDigits"),
        (Some(min), Some(max)) => Rounding::Fraction { min, max },
        (None, None) if is_compact => Rounding::Compact,
        (None, None) => Rounding::Fraction { min, max },
    })
}

/// `useGrouping`: a word, a yes or no, or a text that means neither.
fn read_grouping(options: &Options, is_compact: bool, context: &mut Context) -> JsResult<&'static str> {
    let default = if is_compact { "min2" } else { "auto" };
    let Some(value) = options.get("useGrouping", context)? else { return Ok(default) };
    if value.as_boolean() == Some(true) {
        return Ok("always");
    }
    if !value.to_boolean() {
        return Ok("false");
    }
    if matches!(value.to_string(context)?.to_std_string_lossy().as_str(), "true" | "false") {
        return Ok(default);
    }
    Ok(options.word("useGrouping", &["min2", "auto", "always"], context)?.unwrap_or(default))
}

impl NumberFormat {
    /// One that writes digits and a sign alone: those of `PluralRules`, which reads the options of digits.
    pub(super) fn only_digits(options: &JsValue, context: &mut Context) -> JsResult<Self> {
        let options = Options::of(options, context)?;
        let whole_min = options.digits("minimumIntegerDigits", 1, 21, context)?.unwrap_or(1);
        Ok(Self {
            locale: tags::resolve(Vec::new(), Self::AVAILABLE),
            style: "decimal",
            currency: String::new(),
            currency_display: "symbol",
            currency_sign: "standard",
            notation: "standard",
            compact_display: "short",
            whole_min,
            rounding: read_rounding(&options, 0, 3, false, context)?,
            rounding_mode: "halfExpand",
            zeros: "auto",
            grouping: "false",
            sign_display: "auto",
        })
    }

    pub(super) fn resolved_digits(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = vec![("minimumIntegerDigits", self.whole_min.into())];
        let (significant, fraction) = match self.rounding {
            Rounding::Fraction { min, max } => (None, Some((min, max))),
            Rounding::Significant { min, max } => (Some((min, max)), None),
            Rounding::Compact => (Some((1, 2)), Some((0, 0))),
        };
        if let Some((min, max)) = fraction {
            entries.extend([("minimumFractionDigits", min.into()), ("maximumFractionDigits", max.into())]);
        }
        if let Some((min, max)) = significant {
            entries.extend([("minimumSignificantDigits", min.into()), ("maximumSignificantDigits", max.into())]);
        }
        entries
    }

    /// What a plain decimal is written as, sign and all.
    pub(super) fn parts(&self, decimal: &str) -> Parts {
        let (negative, bare) = decimal.strip_prefix('-').map_or((false, decimal), |rest| (true, rest));
        let mut number = Parts::default();
        let (is_zero, is_one) = match bare {
            "NaN" => {
                number.push("nan", "NaN");
                (true, false)
            }
            "∞" => {
                number.push("infinity", "∞");
                (false, false)
            }
            _ => self.digits(decimal, &mut number),
        };
        self.surrounded(number, negative, is_zero, is_one)
    }

    /// Writes the digits; says whether they are zero, and whether they are `1` alone.
    fn digits(&self, decimal: &str, number: &mut Parts) -> (bool, bool) {
        let mut decimal = Decimal::parse(decimal);
        if self.style == "percent" {
            decimal.shift(2);
        }
        let suffix = if self.notation == "compact" { self.compact(&mut decimal) } else { "" };
        self.round(&mut decimal);
        decimal.pad_whole(self.whole_min);
        let (whole, fraction) = (decimal.whole(), decimal.fraction());
        let result = (decimal.is_zero(), whole == "1" && fraction.is_empty() && suffix.is_empty());
        let least = if self.grouping == "min2" { 5 } else { 4 };
        let is_grouped = self.grouping != "false" && whole.len() >= least;
        let mut start = 0;
        while start < whole.len() {
            let end = if is_grouped { start + (whole.len() - start - 1) % 3 + 1 } else { whole.len() };
            if start > 0 {
                number.push("group", ",");
            }
            number.push("integer", &whole[start..end]);
            start = end;
        }
        if !fraction.is_empty() {
            number.push("decimal", ".");
            number.push("fraction", fraction);
        }
        if let Some(word) = suffix.strip_prefix(' ') {
            number.literal("\u{20}");
            number.push("compact", word);
        } else {
            number.push("compact", suffix);
        }
        result
    }

    fn round(&self, decimal: &mut Decimal) {
        let mut least = 0;
        match self.rounding {
            Rounding::Fraction { min, max } => {
                decimal.round(max as isize, self.rounding_mode);
                least = min;
            }
            Rounding::Significant { min, max } => {
                decimal.round(max as isize - decimal.magnitude(), self.rounding_mode);
                least = (min as isize - decimal.magnitude()).max(0).unsigned_abs();
            }
            Rounding::Compact => decimal.round((2 - decimal.magnitude()).max(0), self.rounding_mode),
        }
        decimal.pad_fraction(0);
        if self.zeros == "auto" || !decimal.fraction().is_empty() {
            decimal.pad_fraction(least);
        }
    }

    /// Scales a number for the compact notation; gives the unit.
    fn compact(&self, decimal: &mut Decimal) -> &'static str {
        let units: &[(isize, &str)] = match (self.locale.language, self.compact_display) {
            (Language::Chinese, _) => &[(12, "万亿"), (8, "亿"), (4, "万")],
            (Language::English, "long") => &[(12, " trillion"), (9, " billion"), (6, " million"), (3, " thousand")],
            (Language::English, _) => &[(12, "T"), (9, "B"), (6, "M"), (3, "K")],
        };
        for (index, (power, unit)) in units.iter().enumerate() {
            // What rounding makes longer belongs to the next unit: 9,999.6 is 1万.
            let below = units.get(index + 1).map_or(0, |(below, _)| *below);
            let mut rounded = decimal.clone();
            rounded.shift(-below);
            self.round(&mut rounded);
            rounded.shift(below - power);
            if !rounded.is_zero() && rounded.magnitude() >= 1 {
                decimal.shift(-power);
                return unit;
            }
        }
        ""
    }

    /// Puts sign, currency and percent around a number.
    fn surrounded(&self, number: Parts, negative: bool, is_zero: bool, is_one: bool) -> Parts {
        let sign = match (self.sign_display, negative) {
            ("never", _) => "",
            ("exceptZero" | "negative", _) if is_zero => "",
            (_, true) => "-",
            ("always" | "exceptZero", false) => "+",
            _ => "",
        };
        let mut parts = Parts::default();
        let is_accounting = self.style == "currency" && self.currency_sign == "accounting" && sign == "-";
        if is_accounting && self.currency_display != "name" {
            parts.literal("(");
        } else {
            parts.push(if sign == "-" { "minusSign" } else { "plusSign" }, sign);
        }
        match (self.style, self.currency_display) {
            ("currency", "name") => {
                parts.append(number);
                if self.locale.language == Language::English {
                    parts.literal("\u{20}");
                }
                parts.push("currency", currency::name(&self.currency, self.locale.language, is_one));
            }
            ("currency", display) => {
                let sign = match display {
                    "code" => self.currency.clone(),
                    _ => currency::sign(&self.currency, self.locale.language, display == "narrowSymbol"),
                };
                let has_gap = sign.ends_with(|last: char| last.is_alphabetic() || last == '.');
                parts.push("currency", sign);
                parts.literal(if has_gap { "\u{a0}" } else { "" });
                parts.append(number);
            }
            (style, _) => {
                parts.append(number);
                parts.push("percentSign", if style == "percent" { "%" } else { "" });
            }
        }
        parts.literal(if is_accounting && self.currency_display != "name" { ")" } else { "" });
        parts
    }
}

/// `format`, for a number, bigint or text.
pub(super) fn format(this: &NumberFormat, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let decimal = decimal(arguments.get_or_undefined(0), context)?;
    Ok(js_string!(this.parts(&decimal).text()).into())
}

/// `formatToParts`.
pub(super) fn format_to_parts(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let this = held::<NumberFormat>(this)?;
    let decimal = decimal(arguments.get_or_undefined(0), context)?;
    this.parts(&decimal).to_array(None, context)
}
