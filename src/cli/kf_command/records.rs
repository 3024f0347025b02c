//! `duoke kf records`

use serde_json::{Value, json};

use super::desk::Desk;
use super::sessions::moment;
use crate::base::clock::{parse_rfc3339, system_now_ms};
use crate::base::limits::RECORDS_SPAN_S_MAX;
use crate::cli::duration;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, List};
use crate::cli::output::{Output, one_line};
use crate::cli::plugins::fail;
use crate::host::Notice;

const EXAMPLES: &str = "\
Examples:
  duoke kf records
  duoke kf records --since 7d --format jsonl
  duoke kf records --since 2026-11-28T00:00:00Z --until 2026-11-29T00:00:00Z

JSON, an array of objects (with jsonl a line each), oldest first:
  openid       the customer
  opercode     2002: an account spoke; 2003: the customer did
  text         what was said; [image], [voice], [video] for media
  time         seconds since 1970
  worker       the account";

/// Print what customers and customer-service accounts said to each other.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// From when on: so long ago, or a time; by default a day ago.
    #[arg(long, value_name = "TIME", value_parser = parse, default_value = "1d", hide_default_value = true)]
    since: Time,
    /// Until when: so long ago, or a time; by default now.
    #[arg(long, value_name = "TIME", value_parser = parse, default_value = "0s", hide_default_value = true)]
    until: Time,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    AgoMs(i64),
    AtMs(i64),
}

impl Time {
    fn seconds(self, now_ms: i64) -> i64 {
        match self {
            Self::AgoMs(ms) => now_ms.saturating_sub(ms).div_euclid(1000),
            Self::AtMs(ms) => ms.div_euclid(1000),
        }
    }
}

fn parse(text: &str) -> Result<Time, String> {
    if let Some(at) = parse_rfc3339(text) {
        return Ok(Time::AtMs(at));
    }
    duration::parse(text).map(Time::AgoMs).map_err(|_| "a time is 2h, 7d, or 2026-11-28T00:00:00Z".to_owned())
}

pub(super) fn records(arguments: &Arguments, desk: &mut Desk<'_>) -> Result<(), Exit> {
    let now = system_now_ms();
    let (since, until) = (arguments.since.seconds(now), arguments.until.seconds(now));
    if until < since {
        let notice = Notice::error("--since is later than --until").with_hint(Some("exchange the two"));
        return Err(fail(desk.output, notice, Exit::Usage));
    }
    let mut list = List::new(arguments.format);
    for (start, end) in spans(since, until) {
        let mut records = desk.client.records(start, end);
        while let Some(page) = desk.ask(records.next())? {
            let values: Vec<Value> = page.iter().map(|record| json!(record)).collect();
            if list.add(&values, human, desk.output).is_err() {
                return Ok(());
            }
        }
    }
    list.end(desk.output);
    if list.is_empty() && arguments.format == Format::Human {
        desk.done("nothing was said");
    }
    Ok(())
}

/// The seconds from `since` to `until`, both counted, in spans that WeChat answers.
fn spans(since: i64, until: i64) -> impl Iterator<Item = (i64, i64)> {
    let starts = std::iter::successors(Some(since), |start| start.checked_add(RECORDS_SPAN_S_MAX));
    starts.take_while(move |start| *start <= until).map(move |start| (start, until.min(start + RECORDS_SPAN_S_MAX - 1)))
}

fn human(records: &[Value], _: &Output) -> String {
    let line = |record: &Value| {
        let text = |member: &str| record[member].as_str().unwrap_or_default();
        let who = match (record["opercode"].as_i64(), text("worker")) {
            (Some(2003), _) => format!("{} says", text("openid")),
            (_, "") => format!("to {}", text("openid")),
            (_, worker) => format!("{worker} to {}", text("openid")),
        };
        one_line(&format!("{} {who}: {}", moment(record["time"].as_i64().unwrap_or(0)), text("text"))) + "\n"
    };
    records.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_spans() {
        assert_eq!(parse("2h"), Ok(Time::AgoMs(7_200_000)));
        assert_eq!(parse("1970-01-01T00:00:10Z").map(|time| time.seconds(0)), Ok(10));
        assert!(parse("yesterday").is_err());
        let day = RECORDS_SPAN_S_MAX;
        assert_eq!(spans(0, 5).collect::<Vec<_>>(), [(0, 5)]);
        assert_eq!(spans(0, day).collect::<Vec<_>>(), [(0, day - 1), (day, day)]);
    }
}
