//! Lines go to JSON and back unchanged.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::event::parse_line;

#[test]
fn members_in_order() {
    let mut line = Line::new("7", "log", "stimulus.page.reload", json!({ "b": 1, "a": 22.0 }));
    line.time = Some(1_577_836_800_120);
    line.subject = Some("oA".to_owned());
    line.seq = Some(3);
    line.cause = Some("6".to_owned());
    line.plugin = Some("p".to_owned());
    line.seat = Some("s".to_owned());
    line.extra.insert("traceparent".to_owned(), json!("t"));
    let json = r#"{"specversion":"1.0","id":"7","source":"log","type":"stimulus.page.reload","time":"2020-01-01T00:00:00.120Z","subject":"oA","seq":3,"cause":"6","plugin":"p","seat":"s","traceparent":"t","data":{"b":1,"a":22.0}}"#;
    assert_eq!(line.to_json(), json);
    assert_eq!(parse_line(json, 1, "other").expect("readable"), Some(line));
}

#[test]
fn what_is_not_there_is_not_written() {
    let mut line = Line::new("1", "log", "a.b", Value::Null);
    line.extra.insert("data".to_owned(), json!("an attribute is no extension"));
    line.time = Some(i64::MAX);
    assert_eq!(line.to_json(), r#"{"specversion":"1.0","id":"1","source":"log","type":"a.b"}"#);
}

/// Numbers of up to 15 digits, those that decimal text and a double agree on.
fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-999_999_999_999_999_i64..999_999_999_999_999, 0_u32..7)
            .prop_map(|(digits, scale)| Value::from(digits as f64 / 10_f64.powi(scale as i32))),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(Value::from(true)), number(), any::<String>().prop_map(Value::from)];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn attribute() -> impl Strategy<Value = Option<String>> {
    prop::option::of("\\PC{1,8}")
}

prop_compose! {
    fn line()(
        id in "\\PC{1,8}",
        source in "\\PC{1,8}",
        type_ in "(stimulus|effect|fault|console)\\.[a-z]{1,6}",
        // The years that RFC 3339 has: 0001 to 9999.
        time in prop::option::of(-62_135_596_800_000_i64..253_402_207_200_000),
        subject in attribute(),
        seq in prop::option::of(any::<u64>()),
        cause in attribute(),
        plugin in attribute(),
        seat in attribute(),
        data in value(),
        extra in prop::collection::vec(("x[a-z]{1,6}", value()), 0..3),
    ) -> Line {
        let extra = extra.into_iter().collect();
        Line { id, source, type_, time, subject, seq, cause, plugin, seat, data, extra }
    }
}

proptest! {
    #[test]
    fn round_trip(line in line()) {
        let json = line.to_json();
        prop_assert!(!json.contains(['\n', '\r']));
        let back = parse_line(&json, 1, "other").expect("readable").expect("not blank");
        prop_assert_eq!(&back, &line);
        prop_assert_eq!(back.to_json(), json);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        if let Err(error) = parse_line(&text, 1, "log") {
            prop_assert!(error.column >= 1);
            prop_assert!(error.column <= text.chars().count() as u64 + 1);
        }
    }

    #[test]
    fn a_line_cut_anywhere_is_known_as_cut(line in line(), part in 0.0_f64..1.0) {
        let json = line.to_json();
        let mut end = 1 + ((json.len() - 2) as f64 * part) as usize;
        while !json.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert!(parse_line(&json[..end], 1, "log").expect_err("cut").cut_off);
    }
}
