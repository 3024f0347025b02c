//! The report as annotations of GitHub Actions: workflow commands on standard output
//! (docs.github.com, "Workflow commands for GitHub Actions").

use super::{Report, as_plain_text, human};
use crate::regress::run::{Finding, Tested};

/// Characters of an annotation's text: GitHub cuts what is longer.
const TEXT_CHARS_MAX: usize = 4000;

/// The whole report. Nothing that a page said begins a line of it, so that none of that is a command.
#[must_use]
pub fn render(report: &Report) -> String {
    // The recordings lie beside another version of the page.
    let has_pages = report.against.is_none();
    let annotations: String = report.tested.iter().map(|tested| annotations(tested, has_pages)).collect();
    let summary = human::summary(report, &|text, _| text.to_owned());
    let title = property("duoke test");
    let level = if report.tested.iter().all(|tested| tested.verdict.is_fine()) { "notice" } else { "error" };
    format!("{annotations}::{level} title={title}::{}\n", data(summary.trim_end()))
}

fn annotations(tested: &Tested, has_pages: bool) -> String {
    let warn = |warning: &String| command("warning", &tested.name, None, &tested.name, warning);
    let mut text: String = tested.warnings.iter().map(warn).collect();
    if tested.verdict.is_fine() {
        return text;
    }
    let findings = tested.verdict.findings();
    if findings.is_empty() {
        return text + &command("error", &tested.name, None, &tested.name, &as_plain_text(tested));
    }
    for finding in findings {
        // In the page, where that is known; else in the recording.
        let page = page_file(tested, finding).filter(|_| has_pages);
        let (file, line) = page.unwrap_or_else(|| (tested.name.clone(), recording_line(finding)));
        let one = Tested { verdict: tested.verdict.with(finding.clone()), warnings: Vec::new(), ..tested.clone() };
        let title = format!("{}: {}", tested.name, finding.difference.what());
        text.push_str(&command("error", &file, line, &title, &as_plain_text(&one)));
    }
    text
}

fn recording_line(finding: &Finding) -> Option<u64> {
    finding.recorded_at.or(finding.stimulus.as_ref().map(|(line, _)| *line))
}

/// The page's file as seen from the project, with the line: recordings lie in `sessions` of the plugin's folder.
fn page_file(tested: &Tested, finding: &Finding) -> Option<(String, Option<u64>)> {
    let place = finding.place.as_ref()?;
    let (folder, _) = tested
        .name
        .rsplit_once("/sessions/")
        .or_else(|| tested.name.strip_prefix("sessions/").map(|rest| ("", rest)))?;
    let file = place.file.as_deref()?;
    let file = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    Some((file, Some(u64::from(place.line)).filter(|line| *line > 0)))
}

fn command(level: &str, file: &str, line: Option<u64>, title: &str, text: &str) -> String {
    let line = line.map(|line| format!(",line={line}")).unwrap_or_default();
    let text: String = text.trim_end().chars().take(TEXT_CHARS_MAX).collect();
    format!("::{level} file={}{line},title={}::{}\n", property(file), property(title), data(&text))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::testing::report;
    use super::*;

    #[test]
    fn each_failure_is_one_line_that_is_a_command() {
        let text = render(&report());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().all(|line| line.starts_with("::error ") || line.starts_with("::warning ")), "{text}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("::error ")).count(), 6, "{text}");
        let start =
            "::error file=a/page/a.js,line=3,title=a/sessions/2.jsonl%3A effect.mcs.PutMsg is not as recorded::";
        assert!(lines.iter().any(|line| line.starts_with(start)), "{text}");
        assert_eq!(data("100%\r\n::set"), "100%25%0D%0A::set");
        assert_eq!(property("a:b,c\n"), "a%3Ab%2Cc%0A");
    }
}
