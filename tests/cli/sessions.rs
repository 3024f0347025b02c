//! `duoke sessions`: a recording as it is looked at.

use crate::bench::{Bench, Ended};

const RECORDING: &str = r##"{"type":"session.start","plugin":"hello","data":{"format":"1.0"}}
{"type":"stimulus.wechat.push","id":"1","time":"2026-01-01T00:00:00Z","data":{"MsgType":"text","FromUserName":"oA","Content":"在吗？"}}
{"type":"stimulus.mcs.OnUserChange","id":"1/user","cause":"1","time":"2026-01-01T00:00:00Z","data":{"useraccount":"oA"}}
{"type":"effect.mcs.PutMsg","id":"e1","plugin":"hello","cause":"1/user","subject":"oA","time":"2026-01-01T00:00:00.5Z","data":{"msg":{"head":{"random":"7"},"body":[{"type":0,"content":{"text":"您好"}}]},"outcome":"accepted"}}
"##;

#[track_caller]
fn ends(ended: &Ended, code: i32, with: &[&str]) {
    assert_eq!(ended.code, code, "{}\n{}", ended.out, ended.err);
    for part in with {
        assert!(ended.out.contains(part) || ended.err.contains(part), "no {part:?} in\n{}\n{}", ended.out, ended.err);
    }
}

#[test]
fn what_a_session_says() {
    let bench = Bench::new();
    bench.write("a/sessions/1.jsonl", RECORDING);
    bench.write("a/sessions/2.jsonl", RECORDING.replace(r#""random":"7""#, r#""random":"8""#));
    bench.write("log.jsonl", "{\"event\":\"OnUserChange\",\"useraccount\":\"oA\"}\n");
    let list = bench.run(&["sessions", "list"]);
    let rows = "a/sessions/1.jsonl  1 customer, 2 stimuli, 1 effect, 0 faults\na/sessions/2.jsonl  1 customer, 2 stimuli, 1 effect, 0 faults\n\
        log.jsonl  1 customer, 1 stimulus, 0 effects, 0 faults, not recorded\n";
    assert_eq!((list.code, list.out.as_str(), list.err.as_str()), (0, rows, ""));
    let json = bench.run(&["sessions", "list", "a", "--format", "jsonl"]).lines();
    assert_eq!((&json[0]["ms"], &json[1]["customers"][0]), (&500.into(), &"oA".into()));
    let show = bench.run(&["sessions", "show", "a/sessions/1.jsonl"]);
    assert_eq!(show.out, "oA\n  客户  在吗？\n  客服  您好\n");
    let timeline = bench.run(&["sessions", "show", "a/sessions/1.jsonl", "--timeline"]);
    ends(&timeline, 0, &["     0.500  e1  effect.mcs.PutMsg  for oA  by 1/user  {"]);
    ends(&bench.run(&["sessions", "show", "a/sessions/1.jsonl", "--user", "oB"]), 4, &["--timeline shows all"]);
    let diff =
        |more: &[&str]| bench.run(&[&["sessions", "diff", "a/sessions/1.jsonl", "a/sessions/2.jsonl"], more].concat());
    ends(&diff(&[]), 0, &[]);
    ends(&diff(&["--strict"]), 100, &["hello\n- effect.mcs.PutMsg  for oA", "\n+ effect.mcs.PutMsg  for oA"]);
    bench.write("a/sessions/2.jsonl", RECORDING.replace("您好", "你好"));
    ends(&diff(&[]), 100, &["您好", "你好"]);
    ends(&bench.run(&["sessions", "show", "none.jsonl"]), 102, &["none.jsonl: cannot be opened"]);
    bench.write("bad.jsonl", format!("{RECORDING}nonsense\n"));
    ends(&bench.run(&["sessions", "show", "bad.jsonl"]), 102, &["bad.jsonl:5:2: not JSON", "客服  您好"]);
    ends(&bench.run(&["sessions", "list", "none"]), 4, &["none: cannot be read"]);
}
