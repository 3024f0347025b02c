//! `toLocaleString`, `toLocaleDateString` and `toLocaleTimeString` of `Date` (ECMA-402 §19.4).

use std::fmt::Write as _;

use boa_engine::{
    Context, JsArgs, JsNativeError, JsResult, JsValue, NativeFunction, js_string, object::builtins::JsDate,
};

use super::options::Options;
use crate::engine::builtins::native;

/// Which parts a method writes when its options name none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
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
            let date = this.as_object().and_then(|object| JsDate::from_object(object).ok());
            let date = date.ok_or_else(|| JsNativeError::typ().with_message("this is not a Date object."))?;
            let options = Options::of(arguments.get_or_undefined(1), context)?;
            let parts = Parts::read(kind, &options, context)?;
            let utc = options.text("timeZone", context)?.is_some_and(|zone| zone.eq_ignore_ascii_case("UTC"));
            let text = match Fields::of(&date, utc, context)? {
                Some(fields) => parts.write(&fields),
                None => "Invalid Date".to_owned(),
            };
            Ok(js_string!(text).into())
        });
        native::method(&prototype, name, 0, body, context)?;
    }
    Ok(())
}

/// A date's fields, local or UTC.
struct Fields {
    year: i64,
    month: i64,
    day: i64,
    weekday: usize,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Fields {
    fn of(date: &JsDate, utc: bool, context: &mut Context) -> JsResult<Option<Self>> {
        let number = |value: JsResult<JsValue>| value.map(|value| value.as_number().unwrap_or(f64::NAN));
        if number(date.get_time(context))?.is_nan() {
            return Ok(None);
        }
        let read = if utc {
            [
                date.get_utc_full_year(context),
                date.get_utc_month(context),
                date.get_utc_date(context),
                date.get_utc_day(context),
                date.get_utc_hours(context),
                date.get_utc_minutes(context),
                date.get_utc_seconds(context),
            ]
        } else {
            [
                date.get_full_year(context),
                date.get_month(context),
                date.get_date(context),
                date.get_day(context),
                date.get_hours(context),
                date.get_minutes(context),
                date.get_seconds(context),
            ]
        };
        let mut fields = [0_i64; 7];
        for (field, value) in fields.iter_mut().zip(read) {
            *field = number(value)? as i64;
        }
        let [year, month, day, weekday, hour, minute, second] = fields;
        Ok(Some(Self { year, month: month + 1, day, weekday: weekday as usize % 7, hour, minute, second }))
    }
}

/// How one part is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Numeric,
    TwoDigit,
    Short,
    Long,
}

/// The parts to write.
#[derive(Default)]
struct Parts {
    year: Option<Style>,
    month: Option<Style>,
    day: Option<Style>,
    weekday: Option<Style>,
    hour: Option<Style>,
    minute: Option<Style>,
    second: Option<Style>,
    hour12: bool,
}

impl Parts {
    /// The parts named by the options and, where none of the method's own are, its defaults.
    fn read(kind: Kind, options: &Options, context: &mut Context) -> JsResult<Self> {
        let mut style = |name: &str| -> JsResult<Option<Style>> {
            Ok(options.text(name, context)?.map(|style| match style.as_str() {
                "2-digit" => Style::TwoDigit,
                "long" => Style::Long,
                "short" | "narrow" => Style::Short,
                _ => Style::Numeric,
            }))
        };
        let mut parts = Self {
            weekday: style("weekday")?,
            year: style("year")?,
            month: style("month")?,
            day: style("day")?,
            hour: style("hour")?,
            minute: style("minute")?,
            second: style("second")?,
            hour12: false,
        };
        parts.hour12 = options.flag("hour12", context)?.unwrap_or(false);
        let has_date = parts.weekday.or(parts.year).or(parts.month).or(parts.day).is_some();
        let has_time = parts.hour.or(parts.minute).or(parts.second).is_some();
        let wanted = (kind != Kind::Time && has_date) || (kind != Kind::Date && has_time);
        if !wanted && kind != Kind::Time {
            (parts.year, parts.month, parts.day) = (Some(Style::Numeric), Some(Style::Numeric), Some(Style::Numeric));
        }
        if !wanted && kind != Kind::Date {
            (parts.hour, parts.minute, parts.second) =
                (Some(Style::Numeric), Some(Style::Numeric), Some(Style::Numeric));
        }
        Ok(parts)
    }

    fn write(&self, fields: &Fields) -> String {
        let date = self.date(fields);
        let time = self.time(fields);
        let only_weekday = self.year.or(self.month).or(self.day).is_none();
        let space = if date.is_empty() || time.is_empty() || only_weekday { "" } else { " " };
        format!("{date}{space}{time}")
    }

    /// `2014/1/2` where month and day are numbers, else `2014年1月2日`; then the day of the week.
    fn date(&self, fields: &Fields) -> String {
        let is_number = |style| matches!(style, Some(Style::Numeric | Style::TwoDigit));
        let two = |style, value: i64| {
            if style == Some(Style::TwoDigit) { format!("{:02}", value % 100) } else { value.to_string() }
        };
        let mut text = String::new();
        if is_number(self.month) && self.day.is_some() {
            if self.year.is_some() {
                text = two(self.year, fields.year) + "/";
            }
            text += &two(self.month, fields.month);
            text += "/";
            text += &two(self.day, fields.day);
        } else {
            if self.year.is_some() {
                text = two(self.year, fields.year) + "年";
            }
            for (style, value, unit) in [(self.month, fields.month, "月"), (self.day, fields.day, "日")] {
                if style.is_some() {
                    // Writing to a String does not fail.
                    let _ = write!(text, "{value}{unit}");
                }
            }
        }
        let name = ["日", "一", "二", "三", "四", "五", "六"][fields.weekday];
        match self.weekday {
            Some(Style::Long) => text + "星期" + name,
            Some(_) => text + "周" + name,
            None => text,
        }
    }

    /// `03:04:05`, or `上午3:04:05`.
    fn time(&self, fields: &Fields) -> String {
        let mut numbers = Vec::new();
        let mut half = "";
        if let Some(style) = self.hour {
            if self.hour12 {
                half = if fields.hour < 12 { "上午" } else { "下午" };
                let hour = (fields.hour + 11) % 12 + 1;
                numbers.push(if style == Style::TwoDigit { format!("{hour:02}") } else { hour.to_string() });
            } else {
                numbers.push(format!("{:02}", fields.hour));
            }
        }
        for (style, value) in [(self.minute, fields.minute), (self.second, fields.second)] {
            if style.is_some() {
                numbers.push(format!("{value:02}"));
            }
        }
        format!("{half}{}", numbers.join(":"))
    }
}
