//! Each kind of difference, and what is none.

use serde_json::json;

use super::*;

/// A line of the fields that a case needs: id, type, subject, data.
fn line(id: &str, type_: &str, subject: &str, data: Value) -> Line {
    Line {
        subject: Some(subject.to_owned()).filter(|subject| !subject.is_empty()),
        cause: Some("s1".to_owned()),
        time: Some(id.len() as i64),
        ..Line::new(id, "log", type_, data)
    }
}

fn put(id: &str, user: &str, text: &str) -> Line {
    let body = json!([{"type": 0, "content": {"text": text}}]);
    let data = json!({"msg": {"head": {"random": id}, "body": body}, "outcome": "accepted", "returned": "{}"});
    line(id, "effect.mcs.PutMsg", user, data)
}

fn fault(id: &str, type_: &str, message: &str, at: u32) -> Line {
    line(id, type_, "oA", json!({"message": message, "url": "http://p/a.js", "line": at, "stack": id}))
}

fn console(id: &str) -> Line {
    line(id, "console.log", "oA", json!({"text": id}))
}

/// The kind and the place of the first difference.
#[track_caller]
fn differs(expected: &[Line], actual: &[Line]) -> Difference {
    match compare(expected, actual, Strictness::Meaning) {
        Comparison::Different(difference) => *difference,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_kind_of_difference() {
    let (hello, bye) = (put("e1", "oA", "您好"), put("e2", "oA", "再见"));
    let recorded = [hello.clone(), bye.clone()];
    let thrown = fault("e9", "fault.uncaught", "x is not defined", 3);
    let title = line("e8", "effect.title", "oA", json!({"title": "t"}));
    let table = [
        ("a text changed", vec![hello.clone(), put("e2", "oA", "再见！")], Kind::Changed, 1),
        ("the first text changed", vec![put("e1", "oA", "你好"), bye.clone()], Kind::Changed, 0),
        ("the last message dropped", vec![hello.clone()], Kind::Missing, 1),
        ("the first message dropped", vec![bye.clone()], Kind::Missing, 0),
        ("nothing at all", vec![], Kind::Missing, 0),
        ("the order changed", vec![bye.clone(), hello.clone()], Kind::Order, 0),
        ("one more at the end", vec![hello.clone(), bye.clone(), hello.clone()], Kind::Extra, 2),
        ("one more in between", vec![hello.clone(), put("e3", "oA", "x"), bye.clone()], Kind::Extra, 1),
        ("an exception", vec![hello.clone(), thrown.clone(), bye.clone()], Kind::Extra, 1),
        ("an exception instead", vec![hello.clone(), thrown], Kind::Replaced, 1),
        ("another customer", vec![hello.clone(), put("e2", "oB", "再见")], Kind::OtherCustomer, 1),
        ("another customer and text", vec![hello.clone(), put("e2", "oB", "?")], Kind::Changed, 1),
        ("nobody", vec![hello, put("e2", "", "再见")], Kind::OtherCustomer, 1),
        ("something else", vec![title, bye], Kind::Replaced, 0),
    ];
    for (name, actual, kind, at) in table {
        let found = differs(&recorded, &actual);
        assert_eq!((found.kind, found.at), (kind, at), "{name}: {found:?}");
        assert!(!found.what().is_empty());
        assert_eq!(found.cause(), Some("s1"), "{name}");
    }
}

#[test]
fn a_slower_timer_that_changes_the_order() {
    let by_timer = |id: &str, text: &str, cause: &str, time| Line {
        time: Some(time),
        cause: Some(cause.to_owned()),
        ..put(id, "oA", text)
    };
    let recorded = [by_timer("e1", "稍等", "s1", 500), by_timer("e2", "找到了", "s2", 900)];
    // The first one's timer takes longer than the second one's stimulus.
    let replayed = [by_timer("e1", "找到了", "s2", 900), by_timer("e2", "稍等", "s1", 1500)];
    let found = differs(&recorded, &replayed);
    assert_eq!((found.kind, found.cause()), (Kind::Order, Some("s2")));
    assert_eq!(found.what(), "effect.mcs.PutMsg came in another order");
    // A slower timer alone changes nothing.
    let slower = [by_timer("e1", "稍等", "s1", 800), by_timer("e2", "找到了", "s2", 900)];
    assert_eq!(compare(&recorded, &slower, Strictness::Meaning), Comparison::Same);
}

#[test]
fn only_what_is_amiss_is_shown() {
    let (one, two, three) = (put("e1", "oA", "1"), put("e2", "oA", "2"), put("e3", "oA", "3"));
    let missing = differs(&[one.clone(), two.clone()], std::slice::from_ref(&two));
    assert_eq!((missing.expected, missing.actual), (Some(one.clone()), None));
    let extra = differs(std::slice::from_ref(&two), &[three.clone(), two.clone()]);
    assert_eq!((extra.expected, extra.actual), (None, Some(three)));
    assert_eq!(differs(std::slice::from_ref(&one), &[two]).expected, Some(one));
}

#[test]
fn what_does_not_matter() {
    let recorded = [put("e1", "oA", "您好"), fault("e2", "fault.uncaught", "x", 3)];
    let changed = |change: &dyn Fn(&mut Line)| {
        let mut lines = recorded.clone();
        lines.iter_mut().for_each(change);
        lines.to_vec()
    };
    let table = [
        ("ids and random", vec![put("e7", "oA", "您好"), fault("e9", "fault.uncaught", "x", 3)]),
        ("times", changed(&|line| line.time = Some(99))),
        ("numbers in the file", changed(&|line| line.seq = Some(7))),
        ("sources", changed(&|line| line.source = "elsewhere".to_owned())),
        ("console lines", vec![console("c1"), recorded[0].clone(), console("c2"), recorded[1].clone()]),
        ("where a fault was", vec![recorded[0].clone(), fault("e2", "fault.uncaught", "x", 42)]),
        ("other lines", vec![recorded[0].clone(), line("d1", "delivery.sent", "oA", json!({})), recorded[1].clone()]),
    ];
    for (name, actual) in table {
        assert_eq!(compare(&recorded, &actual, Strictness::Meaning), Comparison::Same, "{name}");
        let is_seen = !matches!(name, "numbers in the file" | "sources" | "other lines");
        let strictly = compare(&recorded, &actual, Strictness::All);
        assert_eq!(strictly != Comparison::Same, is_seen, "{name}: {strictly:?}");
    }
}

#[test]
fn faults_are_told_apart_by_type_and_message() {
    let recorded = [fault("e1", "fault.uncaught", "x", 3)];
    assert_eq!(differs(&recorded, &[fault("e1", "fault.uncaught", "y", 3)]).kind, Kind::Changed);
    assert_eq!(differs(&recorded, &[fault("e1", "fault.rejection", "x", 3)]).kind, Kind::Replaced);
    assert_eq!(differs(&[], &recorded).what(), "a new fault.uncaught: x");
    let long = fault("e1", "fault.uncaught", &format!("{}\nat", "長".repeat(500)), 3);
    let found = differs(&[put("e1", "oA", "您好")], &[long]);
    let start = "a new fault.uncaught in place of effect.mcs.PutMsg: 長";
    assert!(found.what().starts_with(start) && found.what().ends_with("長…"), "{}", found.what());
    assert_eq!(found.what().chars().filter(|c| *c == '長').count(), MESSAGE_CHARS_MAX);
}

#[test]
fn what_libraries_make_up_is_no_difference_of_faults() {
    let load = |url: &str| fault("e1", "fault.load", &format!("{url} was answered with 404; see `{url}=FILE`"), 3);
    let recorded = [load("http://a.test/x?id=7&callback=jQuery1_2&_=14")];
    let same = load("http://a.test/x?id=7&callback=f&_=15");
    assert_eq!(compare(&recorded, &[same], Strictness::Meaning), Comparison::Same);
    for other in ["http://a.test/x?id=8&callback=f&_=15", "http://a.test/x?id=7&_=15", "http://a.test/x"] {
        assert_eq!(differs(&recorded, &[load(other)]).kind, Kind::Changed, "{other}");
    }
}

#[test]
fn an_end_from_outside_is_no_difference() {
    let (hello, killed) = (put("e1", "oA", "您好"), line("e2", "fault.killed", "oA", json!({"reason": "memory"})));
    let with = [hello.clone(), killed.clone()];
    assert_eq!(compare(&with, &with, Strictness::Meaning), Comparison::Same);
    assert_eq!(compare(&with, std::slice::from_ref(&hello), Strictness::Meaning), Comparison::Same);
    let more = [hello.clone(), killed.clone(), killed.clone()];
    for (recorded, actual) in [(vec![hello], with.to_vec()), (with.to_vec(), more.to_vec())] {
        let found = compare(&recorded, &actual, Strictness::Meaning);
        assert_eq!(found, Comparison::Interrupted(Box::new(killed.clone())));
    }
}

#[test]
fn members_have_no_order_and_random_is_only_left_out_where_it_stands() {
    let of = |data: Value| [line("e1", "effect.mcs.PutMsg", "oA", data)];
    let (one, two) = (json!({"outcome": "accepted", "late": true}), json!({"late": true, "outcome": "accepted"}));
    assert_eq!(compare(&of(one), &of(two), Strictness::Meaning), Comparison::Same);
    let random = |number: &str| json!({"msg": {"head": {"seat": 1}, "random": number}});
    assert_eq!(differs(&of(random("1")), &of(random("2"))).kind, Kind::Changed);
    let absent = of(json!({"msg": {"head": {}, "body": []}}));
    let present = of(json!({"msg": {"head": {"random": 7}, "body": []}}));
    assert_eq!(compare(&absent, &present, Strictness::Meaning), Comparison::Same);
}
