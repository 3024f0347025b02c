//! A run in which everything happens, for the tests of the reports.

use serde_json::json;

use super::Report;
use crate::event::{Line, Place};
use crate::regress::case::Case;
use crate::regress::compare::Strictness;
use crate::regress::run::{Options, Played, Player, Tested, Trouble, Verdict, test};

const OPTIONS: Options = Options { strictness: Strictness::Meaning, repeat: 1, update: false, jobs: 1 };

fn put(text: &str) -> Line {
    let body = json!([{"type": 0, "content": {"text": text}}]);
    let data = json!({"msg": {"head": {"random": "1"}, "body": body}, "outcome": "accepted"});
    let line = Line::new("e1", "log", "effect.mcs.PutMsg", data);
    Line { cause: Some("s1".into()), subject: Some("oA".into()), plugin: Some("a".into()), time: Some(2), ..line }
}

fn case(name: &str) -> Case {
    let push = json!({"MsgType": "text", "FromUserName": "oA", "Content": "在吗？"});
    let stimulus = Line::new("s1", "log", "stimulus.wechat.push", push);
    let stimulus = Line { time: Some(1), ..stimulus };
    Case {
        path: name.into(),
        name: name.into(),
        lines: vec![(2, stimulus), (3, put("您好"))],
        plugins: vec!["a".into()],
        troubles: Vec::new(),
    }
}

struct Does(Played);

impl Player for Does {
    fn play(&self, _: &Case) -> Vec<Played> {
        vec![self.0.clone()]
    }

    fn frame(&self, _: &Case, _: &str, place: &Place) -> Option<String> {
        Some(format!("  {} | put(\"<b>\");\n    | ^", place.line))
    }
}

fn tested(name: &str, played: Played) -> Tested {
    test(&case(name), &Does(Played { plugin: "a".into(), ..played }), OPTIONS)
}

/// One recording of each verdict.
pub(in crate::regress) fn report() -> Report {
    let place = Place {
        url: "http://a.plugin.invalid/a.js".into(),
        file: Some("page/a.js".into()),
        line: 3,
        ..Place::default()
    };
    let changed = Played { lines: vec![put("你好")], places: vec![Some(place)], ..Played::default() };
    let different = tested("a/sessions/2.jsonl", changed);
    let findings = different.verdict.findings().to_vec();
    let as_verdict = |name: &str, verdict: Verdict| Tested { name: name.into(), verdict, ..different.clone() };
    let trouble = |trouble| Played { trouble: Some(trouble), ..Played::default() };
    let tested = vec![
        tested("a/sessions/1.jsonl", Played { lines: vec![put("您好")], ..Played::default() }),
        different.clone(),
        as_verdict("a/sessions/3.jsonl", Verdict::Updated(findings.clone())),
        as_verdict("a/sessions/4.jsonl", Verdict::Flaky(findings)),
        as_verdict("a/sessions/5.jsonl", Verdict::Unreadable(vec!["a/sessions/5.jsonl:1:1: not JSON".into()])),
        tested("b/sessions/1.jsonl", trouble(Trouble::Page("page/index.html does not exist".into()))),
        Tested {
            warnings: vec!["it asked for http://x/, 100% unanswered".into()],
            ..tested("b/sessions/2.jsonl", trouble(Trouble::Environment("no room".into())))
        },
    ];
    Report {
        tested,
        deselected: 2,
        strays: vec!["old/sessions/z.jsonl".into()],
        never_run: vec!["b/sessions/3.jsonl".into()],
        logs: (0..12).map(|number| format!("c/sessions/{number}.jsonl")).collect(),
        against: None,
    }
}
