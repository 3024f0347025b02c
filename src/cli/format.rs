//! `--format` of commands whose data is a list.

use clap::ValueEnum;
use serde_json::Value;

use super::output::Output;
use crate::host::Closed;

/// `--format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a person
    #[default]
    Human,
    /// One JSON array or object
    Json,
    /// JSON Lines
    Jsonl,
}

/// A list that is printed as it comes, so that a long one takes no memory.
pub(super) struct List {
    format: Format,
    count: usize,
}

impl List {
    pub(super) fn new(format: Format) -> Self {
        Self { format, count: 0 }
    }

    /// Whether nothing was printed yet.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Prints more of it; `human` writes that for a person.
    pub(super) fn add(
        &mut self,
        items: &[Value],
        human: impl FnOnce(&[Value], &Output) -> String,
        output: &mut Output,
    ) -> Result<(), Closed> {
        if items.is_empty() {
            return Ok(());
        }
        let text = match self.format {
            Format::Human => human(items, output),
            Format::Jsonl => items.iter().map(|item| format!("{item}\n")).collect(),
            Format::Json => {
                let before = |index: usize| if self.count + index == 0 { "[\n" } else { ",\n" };
                items.iter().enumerate().map(|(index, item)| format!("{}{item}", before(index))).collect()
            }
        };
        self.count += items.len();
        output.data(&text)
    }

    /// Ends it.
    pub(super) fn end(&self, output: &mut Output) {
        let text = match (self.format, self.is_empty()) {
            (Format::Json, true) => "[]\n",
            (Format::Json, false) => "\n]\n",
            _ => return,
        };
        // Nobody reading it is fine.
        let _ = output.data(text);
    }
}
