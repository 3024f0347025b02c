//! `Number.prototype.toLocaleString` (ECMA-402 §19.2.1) and that of `BigInt` (§19.3.1).

use boa_engine::{
    Context, Finalize, JsArgs, JsNativeError, JsObject, JsResult, JsValue, NativeFunction, Trace, js_string,
};

use super::options::Options;
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
    let format = Format::read(&Options::of(arguments.get_or_undefined(1), context)?, context)?;
    let decimal = match value.as_number() {
        Some(number) if number.is_nan() => "NaN".to_owned(),
        Some(number) if number.is_infinite() => if number < 0.0 { "-∞" } else { "∞" }.to_owned(),
        // The shortest digits that give the number back, without an exponent: what ICU rounds, too.
        Some(number) => format!("{number}"),
        None => value.to_string(context)?.to_std_string_lossy(),
    };
    Ok(js_string!(format.write(&decimal)).into())
}

/// How a number is written.
struct Format {
    fraction_min: usize,
    fraction_max: usize,
    grouping: bool,
    percent: bool,
    symbol: Option<String>,
}

impl Format {
    /// Reads `style`, `currency`, the fraction digits and `useGrouping`.
    fn read(options: &Options, context: &mut Context) -> JsResult<Self> {
        let style = options.text("style", context)?.unwrap_or_default();
        let currency = options.text("currency", context)?;
        let symbol = match currency {
            _ if style != "currency" => None,
            None => {
                return Err(JsNativeError::typ().with_message("Currency code is required with currency style.").into());
            }
            Some(code) => Some(match code.to_ascii_uppercase().as_str() {
                "CNY" => "¥".to_owned(),
                "USD" => "US$".to_owned(),
                "EUR" => "€".to_owned(),
                "GBP" => "£".to_owned(),
                "HKD" => "HK$".to_owned(),
                "JPY" => "JP¥".to_owned(),
                code => format!("{code}\u{a0}"),
            }),
        };
        let percent = style == "percent";
        let (min, max) = match &symbol {
            Some(symbol) if symbol == "JP¥" => (0, 0),
            Some(_) => (2, 2),
            None => (0, if percent { 0 } else { 3 }),
        };
        let given_min = options.digits("minimumFractionDigits", context)?;
        let given_max = options.digits("maximumFractionDigits", context)?;
        let (fraction_min, fraction_max) = match (given_min, given_max) {
            (Some(min), None) => (min, max.max(min)),
            (None, Some(max)) => (min.min(max), max),
            (Some(min), Some(max)) if min > max => {
                return Err(JsNativeError::range().with_message("maximumFractionDigits value is out of range.").into());
            }
            (Some(min), Some(max)) => (min, max),
            (None, None) => (min, max),
        };
        let grouping = options.flag("useGrouping", context)?.unwrap_or(true);
        Ok(Self { fraction_min, fraction_max, grouping, percent, symbol })
    }

    /// Writes a plain decimal, sign and all.
    fn write(&self, decimal: &str) -> String {
        let (sign, decimal) = decimal.strip_prefix('-').map_or(("", decimal), |rest| ("-", rest));
        let symbol = self.symbol.as_deref().unwrap_or_default();
        let unit = if self.percent { "%" } else { "" };
        if matches!(decimal, "∞" | "NaN") {
            return format!("{sign}{symbol}{decimal}{unit}");
        }
        let (mut whole, mut fraction) = match decimal.split_once('.') {
            Some((whole, fraction)) => (whole.as_bytes().to_vec(), fraction.as_bytes().to_vec()),
            None => (decimal.as_bytes().to_vec(), Vec::new()),
        };
        if self.percent {
            for _ in 0..2 {
                whole.push(if fraction.is_empty() { b'0' } else { fraction.remove(0) });
            }
            let zeros = whole.iter().take_while(|&&digit| digit == b'0').count();
            whole.drain(..zeros.min(whole.len() - 1));
        }
        round(&mut whole, &mut fraction, self.fraction_max);
        while fraction.len() > self.fraction_min && fraction.last() == Some(&b'0') {
            fraction.pop();
        }
        fraction.resize(fraction.len().max(self.fraction_min), b'0');

        let mut text = format!("{sign}{symbol}");
        for (index, &digit) in whole.iter().enumerate() {
            if self.grouping && index > 0 && (whole.len() - index) % 3 == 0 {
                text.push(',');
            }
            text.push(char::from(digit));
        }
        if !fraction.is_empty() {
            text.push('.');
            text.extend(fraction.iter().map(|&digit| char::from(digit)));
        }
        text + unit
    }
}

/// Rounds half away from zero to `digits` of a fraction.
fn round(whole: &mut Vec<u8>, fraction: &mut Vec<u8>, digits: usize) {
    let up = fraction.get(digits).is_some_and(|&digit| digit >= b'5');
    fraction.truncate(digits);
    if !up {
        return;
    }
    for digit in fraction.iter_mut().rev().chain(whole.iter_mut().rev()) {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    whole.insert(0, b'1');
}
