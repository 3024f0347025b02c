//! Shrinking, with pages that are functions.

use serde_json::json;

use super::*;
use crate::event::Place;
use crate::regress::case::LogFile;

/// What a page does with the stimuli it is told, by their ids, and with the answers there are: what it says, because of whom.
type Does = fn(&[&str], &[&Line]) -> Vec<(String, String)>;

struct Page(Does);

fn put(text: &str, cause: &str) -> Line {
    let line = Line::new("e", "s", "effect.mcs.PutMsg", json!({ "msg": { "text": text, "more": 1 } }));
    Line { cause: Some(cause.to_owned()), plugin: Some("p".to_owned()), subject: Some("oA".to_owned()), ..line }
}

impl Player for Page {
    fn play(&self, case: &Case) -> Vec<Played> {
        let ids: Vec<&str> = case.stimuli().iter().map(|line| line.id.as_str()).collect();
        let mut answers: Vec<&Line> = case.lines.iter().map(|(_, line)| line).filter(|it| it.type_ == HTTP).collect();
        answers.sort_by_key(|line| line.data["number"].as_u64());
        let said = (self.0)(&ids, &answers);
        let lines = said.iter().map(|(text, cause)| Line { time: time_of(cause), ..put(text, cause) }).collect();
        vec![Played { plugin: "p".to_owned(), lines, ..Played::default() }]
    }

    fn frame(&self, _: &Case, _: &str, _: &Place) -> Option<String> {
        None
    }
}

fn time_of(id: &str) -> Option<TimestampMs> {
    id.parse().ok()
}

/// A recording of what a page does with so many stimuli; each has an answer.
fn recording(count: usize, does: Does) -> Case {
    let line = |id: &str, type_: &str, data| Line { plugin: Some("p".to_owned()), ..Line::new(id, "s", type_, data) };
    let mut lines = vec![line("w0", START, json!({ "plugin": "p", "page": ".." }))];
    for id in 1..=count {
        let at = |line: Line| Line { time: Some(id as i64), ..line };
        lines.push(at(line(&id.to_string(), "stimulus.page.reload", json!(null))));
        let answer = json!({ "number": id, "answer": id, "started": crate::base::clock::format_rfc3339(id as i64) });
        lines.push(at(line(&format!("w{id}"), HTTP, answer)));
    }
    lines.push(Line::new("w", "s", END, json!({ "turns": count, "faults": 0 })));
    let file = LogFile::at("x.jsonl".into());
    let mut case = Case { path: file.path, name: file.name, plugins: vec!["p".to_owned()], ..Case::default() };
    case.lines = (1..).zip(lines.clone()).collect();
    let done = Page(does).play(&case).remove(0).lines;
    case.lines = (1..).zip(weave(lines, done)).collect();
    case
}

fn shrunk(case: &Case, now: Does, good: Option<Does>) -> Result<Shrunk, Unshrinkable> {
    let good = good.map(Page);
    let (now, good) = (Page(now), good.as_ref().map(|good| good as &dyn Player));
    shrink(case, Shrinking { now: &now, good, jobs: 3, progress: &mut |_, _| () })
}

fn kept(shrunk: &Shrunk) -> Vec<&str> {
    let stimuli = shrunk.lines.iter().filter(|line| line.type_.starts_with(STIMULUS_PREFIX));
    stimuli.map(|line| line.id.as_str()).collect()
}

/// It says each that it is told.
fn each(ids: &[&str], _: &[&Line]) -> Vec<(String, String)> {
    ids.iter().map(|id| (format!("said {id}"), (*id).to_owned())).collect()
}

#[test]
fn one_that_fails_by_itself() {
    let case = recording(500, each);
    let now: Does = |ids, answers| {
        let mut said = each(ids, answers);
        said.iter_mut().filter(|(_, cause)| cause == "377").for_each(|(text, _)| *text = "wrong".to_owned());
        said
    };
    let shrunk = shrunk(&case, now, None).unwrap();
    assert_eq!((kept(&shrunk), shrunk.left, shrunk.of), (vec!["377"], 1, 500));
    assert!(shrunk.replays <= 4, "{}", shrunk.replays);
    // What it was recorded to do is still expected, and nothing else.
    let types: Vec<&str> = shrunk.lines.iter().map(|line| line.type_.as_str()).collect();
    assert_eq!(types, [START, "stimulus.page.reload", "effect.mcs.PutMsg", HTTP, END]);
    assert_eq!(shrunk.lines[4].data, json!({ "turns": 1, "faults": 0 }));
    assert!(shrunk.lines.iter().map(|line| line.seq).eq((1..=5).map(Some)));
}

#[test]
fn one_that_needs_others() {
    let case = recording(60, each);
    let now: Does = |ids, answers| {
        let mut said = each(ids, answers);
        if ["7", "31"].iter().all(|id| ids.contains(id)) {
            said.retain(|(_, cause)| cause != "40");
        }
        said
    };
    let shrunk = shrunk(&case, now, None).unwrap();
    assert_eq!(kept(&shrunk), ["7", "31", "40"]);
    assert_eq!(shrunk.difference.kind, crate::regress::compare::Kind::Missing);
}

/// It counts what it is told, and says the number.
fn counting(ids: &[&str], _: &[&Line]) -> Vec<(String, String)> {
    ids.iter().enumerate().map(|(at, id)| (format!("number {at}"), (*id).to_owned())).collect()
}

fn counting_and_wrong(ids: &[&str], _: &[&Line]) -> Vec<(String, String)> {
    let text = |at: usize, id: &str| if id == "20" { format!("Number {at}") } else { format!("number {at}") };
    ids.iter().enumerate().map(|(at, id)| (text(at, id), (*id).to_owned())).collect()
}

#[test]
fn what_the_lack_of_others_changes_is_not_the_failure() {
    let case = recording(30, counting);
    let alone = shrunk(&case, counting_and_wrong, None).unwrap();
    assert_eq!(alone.left, 20, "each before it counts");
    // Beside a version that is right it is another matter.
    let beside = shrunk(&case, counting_and_wrong, Some(counting)).unwrap();
    assert_eq!(kept(&beside), ["20"]);
    let expected: Vec<&Line> = beside.lines.iter().filter(|line| line.type_.starts_with("effect.")).collect();
    assert_eq!(expected.len(), 1);
    assert_eq!(expected[0].data["msg"]["text"], "number 0");
    assert_eq!(shrunk(&case, counting, Some(counting)).unwrap_err(), Unshrinkable::Alike);
}

#[test]
fn each_is_answered_as_it_was() {
    // It says what it was answered: the first of the answers that are left.
    let says: Does = |ids, answers| {
        let pairs = ids.iter().zip(answers);
        pairs.map(|(id, answer)| (format!("said {}", answer.data["answer"]), (*id).to_owned())).collect()
    };
    let wrong: Does = |ids, answers| {
        let pairs = ids.iter().zip(answers);
        let mark = |id: &str| if id == "9" { "!" } else { "" };
        pairs.map(|(id, answer)| (format!("said {}{}", answer.data["answer"], mark(id)), (*id).to_owned())).collect()
    };
    let case = recording(12, says);
    let shrunk = shrunk(&case, wrong, None).unwrap();
    assert_eq!(kept(&shrunk), ["9"]);
    let answers = shrunk.lines.iter().filter(|line| line.type_ == HTTP);
    assert_eq!(answers.map(|line| &line.data["number"]).collect::<Vec<_>>(), [&json!(9)]);
}

#[test]
fn an_answer_of_another_is_kept_where_it_is_needed() {
    // The last one asks for what the first one was answered.
    let says: Does = |ids, answers| {
        let is_there = answers.iter().any(|answer| answer.data["answer"] == 1);
        let last = ids.last().map(|id| (format!("last {is_there}"), (*id).to_owned()));
        last.into_iter().collect()
    };
    let wrong: Does = |ids, answers| {
        let is_there = answers.iter().any(|answer| answer.data["answer"] == 1);
        let last = ids.last().map(|id| (format!("Last {is_there}"), (*id).to_owned()));
        last.into_iter().collect()
    };
    let case = recording(5, says);
    let shrunk = shrunk(&case, wrong, None).unwrap();
    assert_eq!(kept(&shrunk), ["5"]);
    assert!(shrunk.lines.iter().any(|line| line.data["answer"] == 1));
    assert_eq!(shrunk.lines.last().map(|line| line.type_.as_str()), Some(END));
}

#[test]
fn what_cannot_be_shrunk() {
    let case = recording(3, each);
    assert_eq!(shrunk(&case, each, None).unwrap_err(), Unshrinkable::Fine);
    struct Fails(Trouble);
    impl Player for Fails {
        fn play(&self, _: &Case) -> Vec<Played> {
            vec![Played { plugin: "p".to_owned(), trouble: Some(self.0.clone()), ..Played::default() }]
        }

        fn frame(&self, _: &Case, _: &str, _: &Place) -> Option<String> {
            None
        }
    }
    let of = |trouble: Trouble| {
        let shrinking = Shrinking { now: &Fails(trouble), good: None, jobs: 1, progress: &mut |_, _| () };
        shrink(&case, shrinking).unwrap_err()
    };
    assert_eq!(of(Trouble::Page("gone".into())), Unshrinkable::Page("p: gone".into()));
    assert_eq!(of(Trouble::Environment("full".into())), Unshrinkable::Environment("p: full".into()));
}

#[test]
fn the_turns_between_a_request_and_its_answer_are_not_counted_where_some_are_left_out() {
    let mut case = recording(4, each);
    let answer = case.lines.iter_mut().map(|(_, line)| line).find(|line| line.id == "w2").unwrap();
    answer.data["after"] = json!({ "phases": 5, "timers": 2 });
    answer.time = Some(4);
    let parts = Parts::of(&case);
    let after = |kept: &[usize]| {
        let part = parts.case(&case, kept, false);
        part.lines.iter().find(|(_, line)| line.id == "w2").map(|(_, line)| line.data["after"]["phases"].clone())
    };
    assert_eq!(after(&[0, 1, 2, 3]), Some(json!(5)));
    assert_eq!(after(&[1, 2, 3]), Some(json!(5)));
    assert_eq!(after(&[0, 1, 3]), Some(json!(0)));
    assert_eq!(after(&[0, 2, 3]), None);
}
