//! `Intl.DateTimeFormat` (ECMA-402, clause 11) and the methods of `Date` that write by it (§20.4).

use boa_engine::{
    Context, JsArgs, JsNativeError, JsResult, JsValue, NativeFunction, js_string, object::builtins::JsDate,
};

use super::date_write::Fields;
use super::options::{Options, range};
use super::parts::Parts;
use super::service::{Entry, Service, held};
use super::tags::{self, Available, Language, Resolved};
use super::zone::Zone;
use crate::engine::builtins::native;

/// Which parts a method writes when its options name none, and which count as named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `Intl.DateTimeFormat`: any, else the date.
    Any,
    All,
    Date,
    Time,
}

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().date().prototype();
    for (name, kind) in
        [("toLocaleString", Kind::All), ("toLocaleDateString", Kind::Date), ("toLocaleTimeString", Kind::Time)]
    {
        let body = NativeFunction::from_copy_closure(move |this, arguments, context| {
            let ms = time_of(this, context)?;
            let ms = ms.ok_or_else(|| JsNativeError::typ().with_message("this is not a Date object."))?;
            let (locales, options) = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
            let format = DateTimeFormat::of(kind, locales, options, context)?;
            let text = if ms.is_nan() { "Invalid Date".to_owned() } else { format.parts(ms as i64).text() };
            Ok(js_string!(text).into())
        });
        native::method(&prototype, name, 0, body, context)?;
    }
    Ok(())
}

/// The time of a Date, in ms since 1970 or NaN; `None` for anything else.
fn time_of(value: &JsValue, context: &mut Context) -> JsResult<Option<f64>> {
    let Some(date) = value.as_object().and_then(|object| JsDate::from_object(object).ok()) else { return Ok(None) };
    Ok(Some(date.get_time(context)?.as_number().unwrap_or(f64::NAN)))
}

/// How dates are written. The fields of [`Fields`] are words of ECMA-402, Table 16.
pub(super) struct DateTimeFormat {
    pub(super) locale: Resolved,
    pub(super) zone: Zone,
    pub(super) weekday: Option<&'static str>,
    pub(super) year: Option<&'static str>,
    pub(super) month: Option<&'static str>,
    pub(super) day: Option<&'static str>,
    pub(super) hour: Option<&'static str>,
    pub(super) minute: Option<&'static str>,
    pub(super) second: Option<&'static str>,
    /// Digits after the second, 0 to 3.
    pub(super) fraction: usize,
    pub(super) zone_name: Option<&'static str>,
    pub(super) hour_cycle: &'static str,
    date_style: Option<&'static str>,
    time_style: Option<&'static str>,
}

impl Service for DateTimeFormat {
    const NAME: &'static str = "DateTimeFormat";
    const AVAILABLE: Available = Available::Written;

    fn read(locales: &JsValue, options: &JsValue, context: &mut Context) -> JsResult<Self> {
        Self::of(Kind::Any, locales, options, context)
    }

    fn resolved(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = vec![
            ("locale", self.locale.tag.clone().into()),
            ("calendar", "gregory".into()),
            ("numberingSystem", "latn".into()),
            ("timeZone", self.zone.name.clone().into()),
        ];
        if self.hour.is_some() {
            entries.push(("hourCycle", self.hour_cycle.into()));
            entries.push(("hour12", self.is_twelve().into()));
        }
        let is_styled = self.date_style.or(self.time_style).is_some();
        let fields = [
            ("weekday", self.weekday),
            ("year", self.year),
            ("month", self.month),
            ("day", self.day),
            ("hour", self.hour),
            ("minute", self.minute),
            ("second", self.second),
        ];
        if !is_styled {
            entries.extend(fields.into_iter().filter_map(entry));
            if self.fraction > 0 {
                entries.push(("fractionalSecondDigits", self.fraction.into()));
            }
            entries.extend(entry(("timeZoneName", self.zone_name)));
        }
        entries.extend([("dateStyle", self.date_style), ("timeStyle", self.time_style)].into_iter().filter_map(entry));
        entries
    }
}

/// An entry of what `resolvedOptions` gives, where there is something.
fn entry((name, word): (&'static str, Option<&'static str>)) -> Option<Entry> {
    Some((name, word?.into()))
}

impl DateTimeFormat {
    /// `CreateDateTimeFormat`.
    fn of(kind: Kind, locales: &JsValue, options: &JsValue, context: &mut Context) -> JsResult<Self> {
        let locale = tags::resolve(tags::canonical(locales, context)?, Self::AVAILABLE);
        let options = Options::of(options, context)?;
        let hour12 = options.flag("hour12", context)?;
        let cycles = ["h11", "h12", "h23", "h24"];
        let cycle = options.word("hourCycle", &cycles, context)?;
        let asked = locale.extension("hc").and_then(|asked| cycles.into_iter().find(|known| *known == asked));
        let usual = if locale.language == Language::English { "h12" } else { "h23" };
        let hour_cycle = match hour12 {
            Some(true) => "h12",
            Some(false) => "h23",
            None => cycle.or(asked).unwrap_or(usual),
        };
        let zone = options.text("timeZone", context)?;
        let zone = Zone::of(zone.as_deref(), context)?;
        let (names, numbers) = (["narrow", "short", "long"], ["2-digit", "numeric"]);
        let months = ["2-digit", "numeric", "narrow", "short", "long"];
        let zone_names = ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"];
        let styles = ["full", "long", "medium", "short"];
        let mut format = Self {
            weekday: options.word("weekday", &names, context)?,
            year: options.word("year", &numbers, context)?,
            month: options.word("month", &months, context)?,
            day: options.word("day", &numbers, context)?,
            hour: options.word("hour", &numbers, context)?,
            minute: options.word("minute", &numbers, context)?,
            second: options.word("second", &numbers, context)?,
            fraction: options.digits("fractionalSecondDigits", 1, 3, context)?.unwrap_or(0),
            zone_name: options.word("timeZoneName", &zone_names, context)?,
            date_style: options.word("dateStyle", &styles, context)?,
            time_style: options.word("timeStyle", &styles, context)?,
            locale,
            zone,
            hour_cycle,
        };
        if format.date_style.or(format.time_style).is_some() {
            format.styled(kind, hour12.or(cycle.map(|_| false)).is_some())?;
        } else {
            format.default_fields(kind);
        }
        Ok(format)
    }

    fn is_twelve(&self) -> bool {
        matches!(self.hour_cycle, "h11" | "h12")
    }

    /// What is written where no field is named that counts.
    fn default_fields(&mut self, kind: Kind) {
        let has_date = self.weekday.or(self.year).or(self.month).or(self.day).is_some();
        let has_time = self.hour.or(self.minute).or(self.second).is_some() || self.fraction > 0;
        if kind != Kind::Time && has_date || kind != Kind::Date && has_time {
            return;
        }
        if kind != Kind::Time {
            (self.year, self.month, self.day) = (Some("numeric"), Some("numeric"), Some("numeric"));
        }
        if matches!(kind, Kind::All | Kind::Time) {
            (self.hour, self.minute, self.second) = (Some("numeric"), Some("numeric"), Some("numeric"));
        }
    }

    /// The fields of `dateStyle` and `timeStyle` (CLDR's patterns).
    fn styled(&mut self, kind: Kind, chose_hours: bool) -> JsResult<()> {
        let named = self.weekday.or(self.year).or(self.month).or(self.day).or(self.hour).or(self.minute);
        let type_error = |message: &str| Err(JsNativeError::typ().with_message(message.to_owned()).into());
        if named.or(self.second).or(self.zone_name).is_some() || self.fraction > 0 {
            return type_error("Can't set a field when dateStyle or timeStyle is used");
        }
        if kind == Kind::Date && self.time_style.is_some() {
            return type_error("Invalid option : timeStyle");
        }
        if kind == Kind::Time && self.date_style.is_some() {
            return type_error("Invalid option : dateStyle");
        }
        let is_chinese = self.locale.language == Language::Chinese;
        if let Some(style) = self.date_style {
            (self.year, self.month, self.day) = match style {
                "full" | "long" => (Some("numeric"), Some("long"), Some("numeric")),
                "medium" => (Some("numeric"), Some("short"), Some("numeric")),
                _ if is_chinese => (Some("numeric"), Some("numeric"), Some("numeric")),
                _ => (Some("2-digit"), Some("numeric"), Some("numeric")),
            };
            self.weekday = (style == "full").then_some("long");
        }
        if let Some(style) = self.time_style {
            // CLDR's Chinese patterns have HH, which stays where a page chooses twelve hours.
            self.hour = Some(if is_chinese && chose_hours { "2-digit" } else { "numeric" });
            self.minute = Some("2-digit");
            self.second = (style != "short").then_some("2-digit");
            self.zone_name = match style {
                "full" => Some("long"),
                "long" => Some("short"),
                _ => None,
            };
        }
        Ok(())
    }

    /// What a time is written as, in ms since 1970.
    pub(super) fn parts(&self, ms: i64) -> Parts {
        self.write(&Fields::of(ms, self.zone.offset_s(ms)), ms)
    }
}

/// The time that `format` was given: a Date, a number, or now (ECMA-402 §11.5.4).
fn argument(arguments: &[JsValue], context: &mut Context) -> JsResult<i64> {
    let value = arguments.get_or_undefined(0);
    let ms = if value.is_undefined() {
        // By the page's own clock.
        let constructor = context.intrinsics().constructors().date().constructor();
        let now = constructor.get(js_string!("now"), context)?;
        now.as_callable().map_or(Ok(JsValue::nan()), |now| now.call(&constructor.into(), &[], context))?
    } else if let Some(ms) = time_of(value, context)? {
        ms.into()
    } else {
        value.clone()
    };
    let ms = ms.to_number(context)?;
    // ECMA-262 §21.4.1.1: no Date is further from 1970.
    if ms.is_nan() || ms.abs() > 8.64e15 {
        return Err(range("Invalid time value".to_owned()));
    }
    Ok(ms as i64)
}

/// `format`.
pub(super) fn format(this: &DateTimeFormat, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let ms = argument(arguments, context)?;
    Ok(js_string!(this.parts(ms).text()).into())
}

/// `formatToParts`.
pub(super) fn format_to_parts(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let this = held::<DateTimeFormat>(this)?;
    let ms = argument(arguments, context)?;
    this.parts(ms).to_array(None, context)
}
