//! The only place that prints: data on standard output, messages on standard error.

use std::io::{self, ErrorKind, IsTerminal as _, Write};

use clap::ValueEnum;

use super::exit::Exit;
use super::log::{Format, Log};
use crate::base::clock::system_now_ms;
use crate::event::Line;
use crate::host::columns::cut;
use crate::host::{Closed, Notice, Severity, Watch};

/// Columns of how far a command is: what a terminal has at least.
const PROGRESS_COLUMNS: usize = 79;

/// `--color`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Standard output and standard error.
pub(super) struct Output {
    color: bool,
    data_color: bool,
    failure: Option<Exit>,
    closed: bool,
    log: Option<Log>,
    /// Whether somebody sees how far a command is.
    progresses: bool,
    progress: String,
}

impl Output {
    pub(super) fn new(when: ColorWhen) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = |is_terminal: bool| match when {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => is_terminal && !unwanted,
        };
        let (color, data_color) = (color(io::stderr().is_terminal()), color(io::stdout().is_terminal()));
        let progresses = io::stderr().is_terminal();
        Self { color, data_color, failure: None, closed: false, log: None, progresses, progress: String::new() }
    }

    /// What is said is a log from now on.
    pub(super) fn set_log(&mut self, log: Log) {
        self.log = Some(log);
    }

    /// A word of data for a person, in colour where that is wanted.
    pub(super) fn painted(&self, word: &str, style: &str) -> String {
        painted(word, style, self.data_color)
    }

    /// Prints data, whole and at once.
    pub(super) fn data(&mut self, text: &str) -> Result<(), Closed> {
        if self.closed {
            return Err(Closed);
        }
        let mut output = io::stdout().lock();
        match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => {
                self.failure = Some(Exit::Environment);
                self.say(Notice::error(format!("standard output cannot be written: {error}")));
            }
        }
        self.closed = true;
        Err(Closed)
    }

    /// Shows how far a command is, on a terminal only; the next one takes its place, and an empty one clears it.
    pub(super) fn progress(&mut self, text: &str) {
        if self.progresses && !(text.is_empty() && self.progress.is_empty()) {
            self.progress = cut(&one_line(text), PROGRESS_COLUMNS);
            // There is nowhere to complain.
            let _ = io::stderr().lock().write_all(format!("\r\u{1b}[K{}", self.progress).as_bytes());
        }
    }

    /// Text for a person, as it is, on standard error.
    pub(super) fn tell(&mut self, text: &str) {
        self.progress("");
        // There is nowhere to complain.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// The exit of a command whose data could not be written; nobody reading it is none.
    pub(super) fn failure(&self) -> Option<Exit> {
        self.failure
    }
}

impl Watch for Output {
    fn line(&mut self, line: &Line) -> Result<(), Closed> {
        self.data(&format!("{}\n", line.to_json()))
    }

    fn say(&mut self, notice: Notice) {
        let text = match self.log {
            None => written(&notice, self.color),
            Some(log) if log.format == Format::Json => log.json(&notice, system_now_ms()),
            Some(log) if notice.severity != Severity::Info || log.is_detailed() => {
                written(&log.shown(&notice), self.color)
            }
            Some(_) => return,
        };
        // There is nowhere left to complain.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// `error: what`, its frame, `hint: the next step`.
fn written(notice: &Notice, color: bool) -> String {
    let (word, style) = match notice.severity {
        Severity::Error => ("error", "1;31"),
        Severity::Warning => ("warning", "1;33"),
        Severity::Note => ("note", "1"),
        Severity::Info => ("info", "2"),
    };
    let mut text = format!("{}: {}\n", painted(word, style, color), safe(&notice.text));
    if let Some(frame) = &notice.frame {
        for line in frame.lines() {
            text.push_str(&format!("  {}\n", safe(line)));
        }
    }
    if let Some(hint) = &notice.hint {
        text.push_str(&format!("{}: {}\n", painted("hint", "1;36", color), safe(hint)));
    }
    text
}

fn painted(word: &str, style: &str, color: bool) -> String {
    if color { format!("\u{1b}[{style}m{word}\u{1b}[0m") } else { word.to_owned() }
}

/// What comes from pages and servers must not steer the terminal, or turn the order of its text round.
pub(super) fn safe(text: &str) -> String {
    let steers = |c: char| c.is_control() && c != '\n' && c != '\t';
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) || turns(c) { '\u{fffd}' } else { c }).collect()
}

/// The same on one line, blanks collapsed.
pub(super) fn one_line(text: &str) -> String {
    safe(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_where_and_the_next_step() {
        let notice = Notice::error("a.toml:1:2: wrong").with_frame(Some("1 | x\n  | ^")).with_hint(Some("do this"));
        assert_eq!(written(&notice, false), "error: a.toml:1:2: wrong\n  1 | x\n    | ^\nhint: do this\n");
        assert_eq!(one_line("a\n  b\u{202e}c"), "a b\u{fffd}c");
        assert_eq!(written(&Notice::note("x\u{1b}[2J"), true), "\u{1b}[1mnote\u{1b}[0m: x\u{fffd}[2J\n");
    }
}
