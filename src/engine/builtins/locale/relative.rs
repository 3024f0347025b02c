//! `Intl.RelativeTimeFormat` (ECMA-402, clause 18).

use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue};

use super::number::{NumberFormat, decimal};
use super::options::{Options, range};
use super::parts::Parts;
use super::service::{Entry, Service, held};
use super::tags::{self, Available, Language};

/// How distances in time are written.
pub(super) struct RelativeTimeFormat {
    tag: String,
    language: Language,
    style: &'static str,
    is_auto: bool,
    number: NumberFormat,
}

impl Service for RelativeTimeFormat {
    const NAME: &'static str = "RelativeTimeFormat";
    const AVAILABLE: Available = Available::Written;
    const NEEDS_NEW: bool = true;

    fn read(locales: &JsValue, options: &JsValue, context: &mut Context) -> JsResult<Self> {
        let locale = tags::resolve(tags::canonical(locales, context)?, Self::AVAILABLE);
        let options = Options::of(options, context)?;
        let style = options.word("style", &["long", "short", "narrow"], context)?.unwrap_or("long");
        let is_auto = options.word("numeric", &["always", "auto"], context)? == Some("auto");
        let number = NumberFormat::read(locales, &JsValue::undefined(), context)?;
        Ok(Self { tag: locale.tag, language: locale.language, style, is_auto, number })
    }

    fn resolved(&self) -> Vec<Entry> {
        vec![
            ("locale", self.tag.clone().into()),
            ("style", self.style.into()),
            ("numeric", if self.is_auto { "auto" } else { "always" }.into()),
            ("numberingSystem", "latn".into()),
        ]
    }
}

/// A unit: its name, how it is written in Chinese, and in English short and narrow.
struct Unit {
    name: &'static str,
    chinese: &'static str,
    short: &'static str,
    narrow: &'static str,
    /// What stands for -1, 0 and 1 in Chinese.
    chinese_words: [&'static str; 3],
}

const UNITS: [Unit; 8] = [
    unit("second", "秒钟", "sec.", "s", ["", "现在", ""]),
    unit("minute", "分钟", "min.", "m", ["", "此刻", ""]),
    unit("hour", "小时", "hr.", "h", ["", "这一时间 / 此时", ""]),
    unit("day", "天", "day", "d", ["昨天", "今天", "明天"]),
    unit("week", "周", "wk.", "w", ["上周", "本周", "下周"]),
    unit("month", "个月", "mo.", "mo", ["上个月", "本月", "下个月"]),
    unit("quarter", "个季度", "qtr.", "q", ["上季度", "本季度", "下季度"]),
    unit("year", "年", "yr.", "y", ["去年", "今年", "明年"]),
];

const fn unit(
    name: &'static str,
    chinese: &'static str,
    short: &'static str,
    narrow: &'static str,
    chinese_words: [&'static str; 3],
) -> Unit {
    Unit { name, chinese, short, narrow, chinese_words }
}

impl RelativeTimeFormat {
    /// The word for a distance, where `numeric: "auto"` has one.
    fn word(&self, unit: &Unit, number: f64) -> Option<String> {
        let index = match number {
            -1.0 => 0,
            0.0 => 1,
            1.0 => 2,
            _ if unit.name == "day" && self.language == Language::Chinese && number.abs() == 2.0 => {
                return Some(if number < 0.0 { "前天" } else { "后天" }.to_owned());
            }
            _ => return None,
        };
        if self.language == Language::Chinese {
            return unit.chinese_words.get(index).filter(|word| !word.is_empty()).map(|word| (*word).to_owned());
        }
        let name = match (unit.name, self.style) {
            ("second" | "minute" | "hour" | "day", _) | (_, "long") => unit.name,
            _ => unit.short,
        };
        match (unit.name, index) {
            ("second", 1) => Some("now".to_owned()),
            ("day", _) => ["yesterday", "today", "tomorrow"].get(index).map(|word| (*word).to_owned()),
            (_, 1) => Some(format!("this {name}")),
            ("second" | "minute" | "hour", _) => None,
            _ => Some(format!("{} {name}", if index == 0 { "last" } else { "next" })),
        }
    }

    fn parts(&self, unit: &Unit, number: f64, context: &mut Context) -> JsResult<Parts> {
        let mut parts = Parts::default();
        if let Some(word) = self.word(unit, number).filter(|_| self.is_auto) {
            parts.literal(&word);
            return Ok(parts);
        }
        let is_past = number.is_sign_negative();
        let written = self.number.parts(&decimal(&number.abs().into(), context)?);
        if self.language == Language::Chinese {
            let unit = if unit.name == "second" && self.style != "long" { "秒" } else { unit.chinese };
            parts.append(written);
            parts.literal(unit);
            parts.literal(if is_past { "前" } else { "后" });
            return Ok(parts);
        }
        let is_one = written.text() == "1";
        let unit = match self.style {
            "narrow" => unit.narrow.to_owned(),
            "short" if is_one => format!(" {}", unit.short),
            "short" => match unit.name {
                "day" => " days".to_owned(),
                "quarter" => " qtrs.".to_owned(),
                _ => format!(" {}", unit.short),
            },
            _ => format!(" {}{}", unit.name, if is_one { "" } else { "s" }),
        };
        parts.literal(if is_past { "" } else { "in " });
        parts.append(written);
        parts.literal(&unit);
        parts.literal(if is_past { " ago" } else { "" });
        Ok(parts)
    }
}

/// The number and the unit of both methods; units may be in the plural.
fn read(arguments: &[JsValue], context: &mut Context) -> JsResult<(f64, &'static Unit)> {
    let number = arguments.get_or_undefined(0).to_number(context)?;
    let name = arguments.get_or_undefined(1).to_string(context)?.to_std_string_lossy();
    let unit = UNITS.iter().find(|unit| name == unit.name || name.strip_suffix('s') == Some(unit.name));
    let unit = unit.ok_or_else(|| range(format!("Invalid unit argument for Intl.RelativeTimeFormat '{name}'")))?;
    if !number.is_finite() {
        return Err(range("Invalid value: a finite number is wanted".to_owned()));
    }
    Ok((number, unit))
}

/// `format`.
pub(super) fn format(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let this = held::<RelativeTimeFormat>(this)?;
    let (number, unit) = read(arguments, context)?;
    Ok(JsString::from(this.parts(unit, number, context)?.text()).into())
}

/// `formatToParts`.
pub(super) fn format_to_parts(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let this = held::<RelativeTimeFormat>(this)?;
    let (number, unit) = read(arguments, context)?;
    this.parts(unit, number, context)?.to_array(Some(unit.name), context)
}
