//! The report as JUnit's XML: one suite for each plugin's folder of recordings, one case for each recording.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Report, as_plain_text};
use crate::regress::run::{Tested, Verdict};

/// The whole report.
///
/// # Errors
/// What cannot be written as XML, in words.
pub fn render(report: &Report) -> Result<String, String> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for tested in &report.tested {
        let (folder, name) = tested.name.rsplit_once('/').unwrap_or(("", &tested.name));
        let suite =
            suites.entry(folder).or_insert_with(|| TestSuite::new(if folder.is_empty() { "." } else { folder }));
        suite.add_test_case(case(folder, name, tested));
    }
    let against = report.against.as_ref().map(|page| format!(" --against {page}")).unwrap_or_default();
    let mut written = quick_junit::Report::new(format!("duoke test{against}"));
    written.add_test_suites(suites.into_values());
    let text = written.to_string().map_err(|error| error.to_string())?;
    Ok(if text.ends_with('\n') { text } else { text + "\n" })
}

fn case(folder: &str, name: &str, tested: &Tested) -> TestCase {
    let mut case = TestCase::new(name, status(tested));
    case.set_classname(folder);
    if !tested.warnings.is_empty() {
        case.set_system_err(tested.warnings.join("\n"));
    }
    case
}

fn status(tested: &Tested) -> TestCaseStatus {
    // A failure is the page's, an error is something else.
    let kind = match tested.verdict {
        Verdict::Same | Verdict::Updated(_) => return TestCaseStatus::success(),
        Verdict::Different(_) => NonSuccessKind::Failure,
        _ => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    let what = tested.verdict.findings().first().map(|finding| finding.difference.what());
    let message = what.or_else(|| tested.verdict.reasons().first().cloned()).unwrap_or_default();
    status.set_message(message).set_type(tested.verdict.as_str()).set_description(as_plain_text(tested));
    status
}

#[cfg(test)]
mod tests {
    use super::super::testing::report;
    use super::*;

    #[test]
    fn one_case_for_each_recording() {
        let text = render(&report()).unwrap();
        assert_eq!(text.matches("<testcase ").count(), 7, "{text}");
        assert_eq!((text.matches("<failure ").count(), text.matches("<error ").count()), (1, 4), "{text}");
        assert!(!text.contains("time=") && !text.contains("timestamp="), "{text}");
        assert_eq!(text, render(&report()).unwrap());
    }
}
