//! `duoke config show`

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::cli::exit::Exit;
use crate::cli::output::{Output, one_line};
use crate::cli::plugins::fail;
use crate::cli::settings;
use crate::config::{self, Shown};
use crate::host::columns::width as columns;

/// Widest column of values that what comes behind is aligned to.
const VALUE_COLUMNS_MAX: usize = 40;

const EXAMPLES: &str = "\
Examples:
  duoke config show
  duoke config show --origin
  duoke config show --format json

Every setting of duoke.toml with its value in force; of secrets only whether they are set.

JSON, one array in the same order:
  key     wechat.base_url, limits.timers, plugin[0].path, …
  value   a text or a number; null where it has none; of a secret `set` or `not set`
  secret  whether it is one
  origin  with --origin: `flag`, `environment NAME`, `FILE:LINE`, `default`, `default where …`; null
          where nobody gives a value";

/// `--format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person
    #[default]
    Human,
    /// One JSON array
    Json,
}

/// Every setting and its value.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Say where each value came from.
    #[arg(long)]
    origin: bool,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
}

pub(super) fn show(arguments: &Arguments, output: &mut Output) -> Exit {
    let shown = settings::layers().and_then(|layers| config::show(&|_| None, &settings::environment, &layers));
    let shown = match shown {
        Ok(shown) => shown,
        Err(error) => return fail(output, settings::notice(&error), Exit::Configuration),
    };
    let text = match arguments.format {
        Format::Json => {
            let rows: Vec<Value> = shown.iter().map(|shown| row(shown, arguments.origin)).collect();
            format!("{:#}\n", Value::from(rows))
        }
        Format::Human => {
            let width = |text: fn(&Shown) -> String| shown.iter().map(|shown| columns(&text(shown))).max().unwrap_or(0);
            let value_width = arguments.origin.then(|| width(value).min(VALUE_COLUMNS_MAX));
            let key_width = width(key);
            shown.iter().map(|shown| line(shown, key_width, value_width)).collect()
        }
    };
    // Nobody reading it is fine.
    let _ = output.data(&text);
    Exit::Fine
}

fn row(shown: &Shown, with_origin: bool) -> Value {
    let mut row = json!({"key": shown.key, "value": shown.value, "secret": shown.secret});
    if with_origin {
        row["origin"] = shown.origin.as_ref().map(ToString::to_string).into();
    }
    row
}

fn key(shown: &Shown) -> String {
    shown.key.clone()
}

/// A text in quotes, as in the file; what stands for a value, without.
fn value(shown: &Shown) -> String {
    match &shown.value {
        Value::Null => "not set".to_owned(),
        Value::String(text) if shown.secret => text.clone(),
        value => one_line(&value.to_string()),
    }
}

/// With where it came from, if there is a width for what stands before that.
fn line(shown: &Shown, key_width: usize, value_width: Option<usize>) -> String {
    let padded = |text: String, width: usize| {
        let blanks = width.saturating_sub(columns(&text));
        text + &" ".repeat(blanks)
    };
    let mut line = padded(key(shown), key_width) + "  ";
    match value_width {
        None => line.push_str(&value(shown)),
        Some(width) => {
            let origin = shown.origin.as_ref().map_or_else(String::new, ToString::to_string);
            line.push_str(&format!("{}  {}", padded(value(shown), width), one_line(&origin)));
        }
    }
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}
