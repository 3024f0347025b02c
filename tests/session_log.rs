//! Session logs as people and hosts write them, read through the library's front door (session-log.md, Reading).

use std::io::Cursor;

use duoke::event::{Line, Stimulus, StimulusKind, mcs_event_json};
use duoke::record::{ReadError, Reader};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    line: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    why: String,
    text: String,
    reads: Option<String>,
    told: Option<String>,
    user: Option<String>,
}

fn read(log: &str) -> Vec<Result<Line, ReadError>> {
    Reader::new(Cursor::new(log.as_bytes().to_vec()), "table.jsonl").collect()
}

#[test]
fn every_form_of_a_line() {
    let table: Table = toml::from_str(include_str!("session_log/lines.toml")).expect("the table is TOML");
    for row in table.line {
        for end in ["\n", "\r\n", ""] {
            let log = format!("\n\n{}{end}", row.text);
            let lines: Vec<Line> = read(&log).into_iter().map(|item| item.expect(&row.why)).collect();
            let json: Vec<String> = lines.iter().map(Line::to_json).collect();
            assert_eq!(json, row.reads.clone().into_iter().collect::<Vec<_>>(), "{}", row.why);
            lines.iter().for_each(|line| check_stimulus(&row, &Stimulus::from_line(line)));
        }
    }
}

#[track_caller]
fn check_stimulus(row: &Row, stimulus: &Stimulus) {
    assert_eq!(stimulus.user(), row.user.as_deref(), "{}", row.why);
    let told = match &stimulus.kind {
        StimulusKind::Mcs { event, fields } => Some(mcs_event_json(event, fields)),
        _ => None,
    };
    assert_eq!(told, row.told, "{}", row.why);
}

#[test]
fn what_reads_reads_again() {
    let table: Table = toml::from_str(include_str!("session_log/lines.toml")).expect("the table is TOML");
    let written: String =
        table.line.iter().filter_map(|row| row.reads.as_deref()).map(|line| format!("{line}\n")).collect();
    let again: String = read(&written).into_iter().map(|item| item.expect("readable").to_json() + "\n").collect();
    assert_eq!(again, written);
}

#[test]
fn reading_goes_on_behind_a_bad_line() {
    let log = "{\"event\":\"OnUserChange\",\"userid\":\"oA\"}\nnonsense\n{\"type\":\"stimulus.ui.click\"}\n{\"type\":\"a.b\"}\n{\"ty";
    let items: Vec<String> = read(log)
        .into_iter()
        .map(|item| match item {
            Ok(line) => line.type_,
            Err(error) => format!("{}{error}", if error.is_warning() { "warning: " } else { "" }),
        })
        .collect();
    let expected = [
        "stimulus.mcs.OnUserChange",
        "table.jsonl:2:2: not JSON: expected ident",
        "table.jsonl:3:1: `data` of stimulus.ui.click has no `selector` string",
        "a.b",
        "warning: table.jsonl:5: the last line was cut off and is ignored",
    ];
    assert_eq!(items, expected);
}
