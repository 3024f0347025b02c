//! `duoke kf`: accounts, sessions and records, against the sandbox.

use serde_json::{Value, json};

use super::bench::{Bench, Ended, SandboxChild};

fn start() -> (Bench, SandboxChild) {
    let bench = Bench::new();
    let sandbox = SandboxChild::start(&bench);
    (bench, sandbox)
}

#[track_caller]
fn fine(ended: &Ended, note: &str) {
    assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{}", ended.err);
    assert!(ended.err.contains(note), "{}", ended.err);
}

#[test]
fn an_account_s_life() {
    let (bench, sandbox) = start();
    let kf = |arguments: &[&str]| sandbox.run(&bench, &[&["kf"], arguments].concat());
    fine(&kf(&["add", "kf1@duoke", "--nickname", "小王"]), "kf1@duoke is added");
    let again = kf(&["add", "kf1@duoke", "--nickname", "小王"]);
    assert_eq!(again.code, 120);
    assert!(again.err.contains("61453") && again.err.contains("hint: "), "{}", again.err);
    fine(&kf(&["update", "kf1@duoke", "--nickname", "小李"]), "小李");
    bench.write("a.jpg", b"\xff\xd8\xff\xe0");
    bench.write("a.png", b"\x89PNG\r\n\x1a\n");
    fine(&kf(&["avatar", "kf1@duoke", "a.jpg"]), "a new picture");
    assert_eq!(kf(&["avatar", "kf1@duoke", "a.png"]).code, 2);
    assert_eq!(kf(&["avatar", "kf1@duoke", "none.jpg"]).code, 2);
    fine(&kf(&["invite", "kf1@duoke", "wang_xiao"]), "invited");
    assert_eq!(kf(&["list"]).out, "kf1@duoke 1001 小李 wang_xiao is invited (waiting)\n");
    let listed: Value = serde_json::from_str(&kf(&["list", "--format", "json"]).out).unwrap();
    assert_eq!((&listed[0]["kf_nick"], &listed[0]["invite_wx"]), (&json!("小李"), &json!("wang_xiao")));
    fine(&kf(&["online"]), "no account is online");
    fine(&kf(&["remove", "kf1@duoke"]), "removed");
    fine(&kf(&["list"]), "there is no account");
    assert_eq!(kf(&["list", "--format", "json"]).out, "[]\n");
}

#[test]
fn sessions_and_what_was_said() {
    let (bench, sandbox) = start();
    let kf = |arguments: &[&str]| sandbox.run(&bench, &[&["kf"], arguments].concat());
    sandbox.user_writes("oA");
    sandbox.seed(&json!({"kf": [{"kf_account": "kf1@duoke", "nickname": "一"}], "waiting": ["oA"]}));
    assert!(kf(&["waiting"]).out.starts_with("oA wrote 20"));
    fine(&kf(&["session", "create", "kf1@duoke", "oA"]), "serves oA");
    fine(&kf(&["waiting"]), "nobody waits");
    assert_eq!(kf(&["online"]).out, "kf1@duoke 1001 serves 1\n");
    let shown: Value = serde_json::from_str(&kf(&["session", "show", "oA", "--format", "json"]).out).unwrap();
    assert_eq!((&shown["openid"], &shown["kf_account"]), (&json!("oA"), &json!("kf1@duoke")));
    assert!(kf(&["session", "list", "kf1@duoke"]).out.starts_with("oA since 20"));
    fine(&kf(&["session", "close", "kf1@duoke", "oA"]), "no longer serves");
    assert_eq!(kf(&["session", "close", "kf1@duoke", "oA"]).code, 120);
    let shown = kf(&["session", "show", "oA"]);
    assert_eq!((shown.code, shown.out.as_str()), (4, "nobody serves oA\n"));
    let said = kf(&["records", "--since", "3d"]).out;
    assert!(said.ends_with(" oA says: hi\n"), "{said}");
    let lines = kf(&["records", "--format", "jsonl"]).lines();
    assert_eq!((lines.len(), &lines[0]["opercode"], &lines[0]["text"]), (1, &json!(2003), &json!("hi")));
    assert_eq!(kf(&["records", "--since", "1h", "--until", "2h"]).code, 2);
}

#[test]
fn without_an_account_or_a_server() {
    let (bench, sandbox) = start();
    let ended = bench.run(&["kf", "list"]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("DUOKE_APP_ID"), "{}", ended.err);
    let ended = sandbox.run(&bench, &["kf", "list", "--wechat-base", "http://127.0.0.1:1"]);
    assert_eq!(ended.code, 96, "{}", ended.err);
    let mut command = sandbox.command(&bench, &["kf", "list"]);
    command.env("DUOKE_APP_SECRET", "hush-hush");
    let ended = Bench::finish(command);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("40125") && !ended.err.contains("hush"), "{}", ended.err);
}
