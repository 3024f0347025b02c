//! The report as one JSON object.

use serde_json::{Value, json};

use super::Report;
use crate::event::{Line, Place};
use crate::regress::diff::as_text;
use crate::regress::run::{Finding, Tested};

/// The whole report.
#[must_use]
pub fn render(report: &Report) -> String {
    let counts = report.counts();
    let recordings: Vec<Value> = report.tested.iter().map(tested).collect();
    let whole = json!({
        "recordings": recordings,
        "summary": {
            "run": counts.run,
            "same": counts.same,
            "different": counts.different,
            "updated": counts.updated,
            "flaky": counts.flaky,
            "unreadable": counts.unreadable,
            "not_loaded": counts.not_loaded,
            "environment": counts.environment,
            "deselected": report.deselected,
        },
        "against": report.against,
        "never_run": report.never_run,
        "unreferenced": report.strays,
        "logs": report.logs,
    });
    format!("{whole:#}\n")
}

fn tested(tested: &Tested) -> Value {
    json!({
        "path": tested.name,
        "plugins": tested.plugins,
        "verdict": tested.verdict.as_str(),
        "compared": tested.compared,
        "reasons": tested.verdict.reasons(),
        "warnings": tested.warnings,
        "differences": tested.verdict.findings().iter().map(finding).collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Value {
    let difference = &finding.difference;
    json!({
        "plugin": finding.plugin,
        "kind": difference.kind.as_str(),
        "what": difference.what(),
        "recorded_at": finding.recorded_at,
        "stimulus": finding.stimulus.as_ref().map(|(at, stimulus)| {
            json!({"id": stimulus.id, "type": stimulus.type_, "line": at, "data": stimulus.data})
        }),
        "place": finding.place.as_ref().map(|at| place(at, finding.frame.as_deref())),
        "expected": difference.expected.as_ref().map(line),
        "actual": difference.actual.as_ref().map(line),
        "diff": as_text(&finding.diff),
        "conversation": finding.chat.as_ref().map(|chat| {
            json!({"customer": chat.customer, "before": chat.before, "after": chat.after})
        }),
    })
}

fn line(line: &Line) -> Value {
    json!({"id": line.id, "type": line.type_, "subject": line.subject, "cause": line.cause, "data": line.data})
}

fn place(place: &Place, frame: Option<&str>) -> Value {
    json!({"url": place.url, "file": place.file, "line": place.line, "column": place.column, "frame": frame})
}

#[cfg(test)]
mod tests {
    use super::super::testing::report;
    use super::*;

    #[test]
    fn what_a_program_reads() {
        let read: Value = serde_json::from_str(&render(&report())).unwrap();
        let verdicts = ["same", "different", "updated", "flaky", "unreadable", "not_loaded", "environment"];
        let recordings = read["recordings"].as_array().unwrap();
        assert_eq!(recordings.iter().map(|one| one["verdict"].as_str().unwrap()).collect::<Vec<_>>(), verdicts);
        assert!(verdicts.iter().all(|verdict| read["summary"][verdict] == 1), "{}", read["summary"]);
        let found = &recordings[1]["differences"][0];
        assert_eq!((&found["kind"], &found["stimulus"]["line"]), (&json!("changed"), &json!(2)));
        assert_eq!((&found["place"]["file"], &found["place"]["line"]), (&json!("page/a.js"), &json!(3)));
        assert!(found["diff"].as_str().unwrap().contains("\n- ") && found["diff"].as_str().unwrap().contains("\n+ "));
        assert!(found["conversation"]["after"].as_str().unwrap().contains("你好"));
        assert_eq!(read["unreferenced"], json!(["old/sessions/z.jsonl"]));
    }
}
