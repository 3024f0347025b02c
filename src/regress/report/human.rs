//! The report for a person.

use super::{Report, cause_words, place_words};
use crate::regress::diff::Side;
use crate::regress::run::{Finding, Tested, Verdict};

/// Names that are listed at most; the rest is counted.
const LISTED_MAX: usize = 10;

/// What a piece of text is, for whoever has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// A word for what is well.
    Good,
    /// A word for what is not.
    Bad,
    /// What was recorded.
    Removed,
    /// What came.
    Added,
    /// A name in front of something.
    Label,
}

/// Makes a piece of text fit to be shown: what pages say must not steer a terminal.
pub type Paint<'a> = &'a dyn Fn(&str, Style) -> String;

/// One recording; empty where all is as recorded.
#[must_use]
pub fn tested(tested: &Tested, paint: Paint<'_>) -> String {
    let word = match tested.verdict {
        Verdict::Same if tested.warnings.is_empty() => return String::new(),
        Verdict::Same => paint("SAME", Style::Good),
        Verdict::Updated(_) => paint("UPDATED", Style::Good),
        Verdict::Different(_) => paint("DIFFERENT", Style::Bad),
        Verdict::Flaky(_) => paint("A BUG OF DUOKE", Style::Bad),
        Verdict::Unreadable(_) => paint("UNREADABLE", Style::Bad),
        Verdict::NotLoaded(_) => paint("NO PAGE", Style::Bad),
        Verdict::Environment(_) => paint("NOT TESTED", Style::Bad),
    };
    let mut text = format!("{word} {}\n", paint(&tested.name, Style::Plain));
    let mut indented = |label: &str, said: &str| {
        let label = if label.is_empty() { String::new() } else { format!("{}: ", paint(label, Style::Label)) };
        text.push_str(&format!("  {label}{}\n", paint(said, Style::Plain)));
    };
    tested.warnings.iter().for_each(|warning| indented("warning", warning));
    tested.verdict.reasons().iter().for_each(|reason| indented("", reason));
    if matches!(tested.verdict, Verdict::Flaky(_)) {
        indented("", "two replays of this recording differ from each other: please report it, with the recording");
    }
    for found in tested.verdict.findings() {
        text.push_str(&finding(found, &tested.name, tested.plugins.len() > 1, paint));
    }
    text
}

fn finding(found: &Finding, path: &str, names_plugin: bool, paint: Paint<'_>) -> String {
    let mut text = String::new();
    let mut row = |label: &str, said: &str| {
        text.push_str(&format!("  {} {}\n", paint(&format!("{label:<9}"), Style::Label), paint(said, Style::Plain)));
    };
    if names_plugin {
        row("plugin", &found.plugin);
    }
    let at = found.recorded_at.map(|line| format!(" ({path}:{line})")).unwrap_or_default();
    row("what", &format!("{}{at}", found.difference.what()));
    let at = found.stimulus.as_ref().map(|(line, _)| format!(" ({path}:{line})")).unwrap_or_default();
    row("stimulus", &format!("{}{at}", cause_words(found)));
    if let Some(place) = place_words(found) {
        row("page", &place);
    }
    let mut block = |lines: &str| {
        for line in lines.lines() {
            text.push_str(&format!("    {}\n", paint(line, Style::Plain)));
        }
    };
    found.frame.iter().for_each(|frame| block(frame));
    text.push_str(&format!("  {} {}\n", paint("- recorded", Style::Removed), paint("+ now", Style::Added)));
    for line in &found.diff {
        let style = match line.side {
            Side::Expected => Style::Removed,
            Side::Actual => Style::Added,
            Side::Both | Side::Gap => Style::Plain,
        };
        text.push_str(&format!("    {}\n", paint(&format!("{} {}", line.side.mark(), line.text), style)));
    }
    if let Some(chat) = &found.chat {
        for (label, conversation) in [("before", &chat.before), ("after", &chat.after)] {
            let (title, entries) = conversation.split_once('\n').unwrap_or((conversation, ""));
            text.push_str(&format!("  {} {}\n", paint(label, Style::Label), paint(title, Style::Plain)));
            for line in entries.lines() {
                text.push_str(&format!("  {}\n", paint(line, Style::Plain)));
            }
        }
    }
    text
}

/// The end of a report: how many ended in which way, and what nobody runs.
#[must_use]
pub fn summary(report: &Report, paint: Paint<'_>) -> String {
    let counts = report.counts();
    let parts = [
        (counts.same, "as recorded", Style::Good),
        (counts.updated, "updated", Style::Good),
        (counts.different, "different", Style::Bad),
        (counts.flaky, "that differ from run to run", Style::Bad),
        (counts.unreadable, "unreadable", Style::Bad),
        (counts.not_loaded, "without a page", Style::Bad),
        (counts.environment, "not tested", Style::Bad),
    ];
    let parts = parts.iter().filter(|(count, ..)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, word, style)| paint(&format!("{count} {word}"), *style)).collect();
    let noun = if counts.run == 1 { "recording" } else { "recordings" };
    let mut text = format!("{} {noun}: {}", counts.run, parts.join(", "));
    if parts.is_empty() {
        text = format!("{} {noun}", counts.run);
    }
    if report.deselected > 0 {
        text.push_str(&format!("; {} not chosen", report.deselected));
    }
    if let Some(page) = &report.against {
        text.push_str(&format!("; against {}", paint(page, Style::Plain)));
    }
    text.push('\n');
    let mut list = |what: &str, names: &[String]| {
        if names.is_empty() {
            return;
        }
        text.push_str(&format!("{what}\n"));
        for name in names.iter().take(LISTED_MAX) {
            text.push_str(&format!("  {}\n", paint(name, Style::Plain)));
        }
        if names.len() > LISTED_MAX {
            text.push_str(&format!("  and {} more\n", names.len() - LISTED_MAX));
        }
    };
    list("never run:", &report.never_run);
    list("of no plugin of this project:", &report.strays);
    list("logs that nobody recorded, with nothing to compare:", &report.logs);
    text
}

#[cfg(test)]
mod tests {
    use super::super::testing::report;
    use super::*;

    #[test]
    fn what_a_person_reads() {
        let report = report();
        let plain = |text: &str, _: Style| text.to_owned();
        let all: String = report.tested.iter().map(|one| tested(one, &plain)).collect();
        let expected = include_str!("testing/human.txt");
        assert_eq!(all + &summary(&report, &plain), expected);
    }

    #[test]
    fn nothing_goes_to_the_terminal_unpainted() {
        let report = report();
        let marked = |text: &str, _: Style| text.chars().map(|_| '.').collect::<String>();
        let all: String = report.tested.iter().map(|one| tested(one, &marked)).collect();
        let text = all + &summary(&report, &marked);
        assert!(!text.contains("<b>") && !text.contains("您好") && !text.contains("jsonl"), "{text}");
    }
}
