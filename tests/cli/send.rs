//! `duoke send` and `duoke window`, beside a running host and without one; what pushes say of what may be sent.

use serde_json::{Value, json};

use crate::bench::{Bench, Ended, SandboxChild};
use crate::host::Host;

const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0";

fn bench() -> (Bench, SandboxChild) {
    let bench = Bench::new();
    let sandbox = SandboxChild::start(&bench);
    sandbox.user_writes("oA");
    (bench, sandbox)
}

fn one(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {} {}", ended.out, ended.err))
}

fn window(bench: &Bench, openid: &str) -> Value {
    let shown = bench.run(&["window", openid, "--format", "json"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    one(&shown)[0].clone()
}

/// A push of a message that the user wrote `ago_s` seconds ago.
fn push(id: u32, openid: &str, ago_s: i64, more: &str) -> String {
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    format!(
        "{{\"type\":\"stimulus.wechat.push\",\"data\":{{\"ToUserName\":\"gh_1\",\"FromUserName\":\"{openid}\",\
         \"CreateTime\":\"{}\",\"MsgId\":\"{id}\",{more}}}}}\n",
        now - ago_s
    )
}

const TEXT: &str = r#""MsgType":"text","Content":"hi""#;

/// A page that has nothing to do, and a log to play to it.
fn play(bench: &Bench, sandbox: &SandboxChild, log: &str) -> Ended {
    bench.write("still.html", "<title>still</title>");
    bench.write("pushes.jsonl", log);
    sandbox.run(bench, &["run", "still.html", "--events", "pushes.jsonl", "--forward"])
}

#[test]
fn every_type_arrives() {
    let (bench, sandbox) = bench();
    bench.write("cover.jpg", JPEG);
    bench.write("duoke.toml", "[wechat]\nprofile = \"2017\"\n");
    sandbox.seed(&json!({"mpnews": ["N"], "articles": ["A"], "cards": ["C"], "media": ["M"],
        "kf": [{"kf_account": "kf1@duoke", "nickname": "a", "bound": true, "online": true}]}));
    let sends: [(&[&str], Value); 13] = [
        (
            &["text", "oA", "您好 <a href=\"https://a/\">链接</a>"],
            json!({"content": "您好 <a href=\"https://a/\">链接</a>"}),
        ),
        (&["image", "oA", "M"], json!({"media_id": "M"})),
        (&["voice", "oA", "M"], json!({"media_id": "M"})),
        (
            &["video", "oA", "M", "--thumb", "M", "--title", "一"],
            json!({"media_id": "M", "thumb_media_id": "M", "title": "一"}),
        ),
        (
            &["music", "oA", "https://a/m.mp3", "--thumb", "M"],
            json!({"musicurl": "https://a/m.mp3", "thumb_media_id": "M"}),
        ),
        (
            &["news", "oA", "--title", "一", "--url", "https://a/", "--article", "{\"title\":\"二\"}"],
            json!({"articles": [
                {"title": "一", "description": "", "url": "https://a/"},
                {"title": "二", "description": ""},
            ]}),
        ),
        (&["mpnews", "oA", "N"], json!({"media_id": "N"})),
        (&["mpnewsarticle", "oA", "A"], json!({"article_id": "A"})),
        (
            &["msgmenu", "oA", "--head", "满意吗", "--item", "1=是", "--item", "2=否", "--tail", "谢谢"],
            json!({"head_content": "满意吗", "list": [{"id": "1", "content": "是"}, {"id": "2", "content": "否"}],
                "tail_content": "谢谢"}),
        ),
        (&["wxcard", "oA", "C"], json!({"card_id": "C"})),
        (
            &["miniprogrampage", "oA", "--title", "一", "--appid", "wx1", "--pagepath", "p?a=1", "--thumb", "M"],
            json!({"title": "一", "appid": "wx1", "pagepath": "p?a=1", "thumb_media_id": "M"}),
        ),
        (&["typing", "oA"], json!(null)),
        (&["typing", "oA", "--cancel"], json!(null)),
    ];
    for (arguments, section) in &sends {
        let arguments = [&["send"], *arguments, &["--format", "jsonl", "--wechat-base"]].concat();
        let sent = sandbox.run(&bench, &[&arguments[..], &[sandbox.ready["listening"].as_str().unwrap()]].concat());
        assert_eq!((sent.code, one(&sent)["state"].as_str()), (0, Some("sent")), "{arguments:?} {}", sent.err);
        let had = sandbox.messages("oA");
        let last = had.last().unwrap();
        match section {
            Value::Null => assert_eq!(last["kind"], "typing"),
            section => {
                let msgtype = last["body"]["msgtype"].as_str().unwrap();
                assert_eq!((msgtype, &last["body"][msgtype]), (arguments[1], section));
            }
        }
    }
    let picture = sandbox.run(&bench, &["send", "image", "oA", "cover.jpg", "--account", "kf1@duoke", "--id", "p"]);
    assert!(picture.out.starts_with("p/duoke/0  sent"), "{} {}", picture.out, picture.err);
    let last = sandbox.messages("oA").pop().unwrap();
    assert_eq!(last["body"]["customservice"]["kf_account"], "kf1@duoke");
    let explained = bench.run(&["explain", "p/duoke/0"]);
    assert!(explained.out.contains("operator.send of duoke"), "{}", explained.out);
}

#[test]
fn the_same_id_is_the_same_message() {
    let (bench, sandbox) = bench();
    for _ in 0..2 {
        let sent = sandbox.run(&bench, &["send", "text", "oA", "once", "--id", "order-7"]);
        assert_eq!((sent.code, sent.out.as_str()), (0, "order-7/duoke/0  sent\n"), "{}", sent.err);
    }
    assert_eq!(sandbox.messages("oA").len(), 1);
    let other = sandbox.run(&bench, &["send", "text", "oA", "another", "--id", "order-7"]);
    assert_eq!(other.code, 2);
    assert!(other.err.contains("another message has the id order-7 already"), "{}", other.err);
    assert_eq!(sandbox.messages("oA").len(), 1);
}

#[test]
fn a_host_that_runs_sends() {
    let (bench, sandbox) = bench();
    bench.write("still.html", "<title>still</title>");
    let host = Host::start(&bench, &sandbox, "still.html");
    let sent = sandbox.run(&bench, &["send", "text", "oA", "by the host"]);
    assert!(sent.code == 0 && sent.out.ends_with("/duoke/0  sent\n"), "{} {}", sent.out, sent.err);
    let refused = sandbox.run(&bench, &["send", "text", "oStranger", "to nobody"]);
    assert_eq!(refused.code, 120);
    assert!(refused.err.contains("40003"), "{}", refused.err);
    let mut elsewhere = sandbox.command(&bench, &["send", "text", "oA", "for another"]);
    let elsewhere = Bench::finish({
        elsewhere.env("DUOKE_APP_ID", "wx-other");
        elsewhere
    });
    assert_eq!(elsewhere.code, 2, "{}", elsewhere.err);
    assert!(elsewhere.err.contains("does not send for wx-other"), "{}", elsewhere.err);
    assert_eq!(window(&bench, "oA")["state"], "unknown", "no push has told");
    assert_eq!(host.end(), 120);
    assert_eq!(sandbox.messages("oA").len(), 1);
}

#[test]
fn wrong_arguments_send_nothing() {
    let (bench, sandbox) = bench();
    for arguments in [
        &["text", "oA", " "][..],
        &["text", "", "x"],
        &["video", "oA", "https://a/b.mp4", "--thumb", "M"],
        &["image", "oA", "missing.png"],
        &["news", "oA"],
        &["news", "oA", "--article", "{\"titel\":\"x\"}"],
        &["msgmenu", "oA", "--item", "x"],
        &["link", "oA"],
    ] {
        let ended = sandbox.run(&bench, &[&["send"], arguments].concat());
        assert!(ended.code == 2 && ended.out.is_empty() && !ended.err.is_empty(), "{arguments:?}: {}", ended.err);
    }
    bench.write("voice.amr", "no voice");
    let no_voice = sandbox.run(&bench, &["send", "voice", "oA", "voice.amr"]);
    assert!(no_voice.code == 2 && no_voice.err.contains("voice.amr: the file is not AMR or MP3"), "{}", no_voice.err);
    let nobody = bench.run(&["send", "text", "oA", "x"]);
    assert!(nobody.code == 3 && nobody.err.contains("DUOKE_APP_ID"), "{}", nobody.err);
    assert!(sandbox.messages("oA").is_empty());
}

#[test]
fn what_wechat_would_refuse_waits_and_wechat_is_not_asked() {
    let (bench, sandbox) = bench();
    bench.write("duoke.toml", "[wechat]\nprofile = \"2025\"\n");
    let log = push(1, "oA", 10, TEXT);
    let told = play(&bench, &sandbox, &log);
    assert_eq!(told.code, 0, "{}", told.err);
    let stands = window(&bench, "oA");
    assert_eq!((&stands["state"], &stands["left"], &stands["profile"]), (&json!("open"), &json!(5), &json!("2025")));
    assert_eq!(stands["actions"][0]["trigger"], "message");
    for number in 0..5 {
        assert_eq!(sandbox.run(&bench, &["send", "text", "oA", &number.to_string()]).code, 0);
    }
    let parked = sandbox.run(&bench, &["send", "text", "oA", "the sixth", "--id", "six", "--format", "jsonl"]);
    assert_eq!((parked.code, one(&parked)["attempts"].as_u64()), (120, Some(0)), "{}", parked.err);
    assert!(parked.err.contains("the 5 messages that the user's last message allows until"), "{}", parked.err);
    assert_eq!(sandbox.messages("oA").len(), 5);
    let stands = window(&bench, "oA");
    assert_eq!(
        (&stands["state"], &stands["errcode"], &stands["waiting"]),
        (&json!("closed"), &json!(45047), &json!(1))
    );
    // The same push again opens nothing, another one does.
    play(&bench, &sandbox, &log);
    assert_eq!(sandbox.messages("oA").len(), 5);
    let released = play(&bench, &sandbox, &push(2, "oA", 0, TEXT));
    assert_eq!(released.code, 0, "{}", released.err);
    assert_eq!(sandbox.messages("oA").len(), 6);
    assert_eq!(window(&bench, "oA")["left"], 4);
    let shown = bench.run(&["window", "oA"]);
    assert!(shown.out.contains("may be sent 4 messages until") && shown.out.contains("1 of 5 sent"), "{}", shown.out);
}

#[test]
fn two_days_are_over() {
    let (bench, sandbox) = bench();
    play(&bench, &sandbox, &push(1, "oA", 49 * 3600, TEXT));
    let parked = sandbox.run(&bench, &["send", "text", "oA", "late", "--id", "late"]);
    assert_eq!((parked.code, parked.out.as_str()), (120, "late/duoke/0  parked\n"), "{}", parked.err);
    assert!(parked.err.contains("the 48 h after the user's last message ended at"), "{}", parked.err);
    assert!(sandbox.messages("oA").is_empty());
    // A person has WeChat asked all the same: it knows better.
    assert_eq!(bench.run(&["outbox", "retry", "late/duoke/0"]).code, 0);
    assert_eq!(play(&bench, &sandbox, "").code, 0);
    assert_eq!(sandbox.messages("oA").len(), 1);
    // Who left is not written to.
    play(&bench, &sandbox, &push(2, "oA", 0, r#""MsgType":"event","Event":"unsubscribe""#));
    assert!(window(&bench, "oA")["reason"].as_str().unwrap().starts_with("the user left the account at"));
    let erased = bench.run(&["erase", "oA"]);
    assert_eq!(erased.code, 0, "{}", erased.err);
    assert_eq!(window(&bench, "oA")["account"], Value::Null);
}

#[test]
fn typing_that_cannot_be_shown_is_given_up() {
    let (bench, sandbox) = bench();
    play(&bench, &sandbox, &push(1, "oA", 40, TEXT));
    let late = sandbox.run(&bench, &["send", "typing", "oA"]);
    assert!(late.code == 120 && late.err.contains("nobody has written"), "{}", late.err);
    assert_eq!(sandbox.run(&bench, &["send", "text", "oA", "x"]).code, 0);
    assert_eq!(sandbox.run(&bench, &["send", "typing", "oA"]).code, 0);
    let again = sandbox.run(&bench, &["send", "typing", "oA"]);
    assert!(again.code == 120 && again.err.contains("is shown until"), "{}", again.err);
    sandbox.fault(json!({"count": 1, "errcode": 45015}));
    assert_eq!(sandbox.run(&bench, &["send", "text", "oA", "parked"]).code, 120);
    let behind = sandbox.run(&bench, &["send", "typing", "oA", "--format", "jsonl"]);
    assert_eq!((behind.code, one(&behind)["state"].as_str()), (120, Some("dead")), "{}", behind.err);
}

#[test]
fn several_at_once_without_a_host_take_turns() {
    let (bench, sandbox) = bench();
    let start = |number: u32| sandbox.start_run(&bench, &["send", "text", "oA", &number.to_string()]);
    let children: Vec<_> = (0..8).map(start).collect();
    for child in children {
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    assert_eq!(sandbox.messages("oA").len(), 8);
}

#[test]
fn a_file_is_uploaded_once_with_the_token_that_is_kept() {
    let (bench, sandbox) = bench();
    bench.write("cover.jpg", JPEG);
    for _ in 0..2 {
        let sent = sandbox.run(&bench, &["send", "image", "oA", "cover.jpg"]);
        assert_eq!(sent.code, 0, "{}", sent.err);
    }
    bench.write("still.html", "<title>still</title>");
    let host = Host::start(&bench, &sandbox, "still.html");
    let sent = sandbox.run(&bench, &["send", "image", "oA", "cover.jpg"]);
    assert_eq!(sent.code, 0, "{}", sent.err);
    assert_eq!(host.end(), 0);
    let calls = &sandbox.stats()["calls"];
    assert_eq!(calls["/cgi-bin/media/upload"], 1, "{calls}");
    assert_eq!(calls["/cgi-bin/stable_token"], 1, "{calls}");
    assert_eq!(calls["/cgi-bin/message/custom/send"], 3, "{calls}");
}

#[test]
fn what_others_wait_for_waits_on() {
    let (bench, sandbox) = bench();
    sandbox.user_writes("oB");
    bench.write("shop/plugin.toml", "name = \"shop\"\npage = \"page.js\"\n");
    bench.write("shop/cover.jpg", JPEG);
    bench.write(
        "shop/page.js",
        "function MCS_ClientNotify() { window.external.PutMsg(JSON.stringify({ msg: { head: { random: '1' }, body: \
         [{ type: 1, content: { picUrl: 'http://shop.plugin.invalid/cover.jpg' } }] } })); }",
    );
    bench.write("log.jsonl", "{\"event\":\"OnUserChange\",\"useraccount\":\"oB\"}\n");
    sandbox.fault(json!({"count": 1, "errcode": 45015}));
    let parked = sandbox.run(&bench, &["run", "shop", "--events", "log.jsonl", "--forward"]);
    assert_eq!(parked.code, 120, "{}", parked.err);
    let row = |bench: &Bench| one(&bench.run(&["outbox", "list", "--openid", "oB", "--format", "jsonl"]));
    let before = row(&bench);
    assert_eq!(sandbox.run(&bench, &["send", "text", "oA", "hi"]).code, 0);
    assert_eq!(row(&bench), before, "nobody's business");
    // It may go now, where its plugin is not: it waits for that.
    let told = play(&bench, &sandbox, &push(1, "oB", 0, TEXT));
    assert!(told.err.contains("a file that only its plugin may show"), "{}", told.err);
    assert_eq!(row(&bench)["state"], "parked");
    assert_eq!(bench.run(&["outbox", "retry", row(&bench)["key"].as_str().unwrap()]).code, 0);
    let sent = sandbox.run(&bench, &["run", "shop", "--forward"]);
    assert_eq!((sent.code, sandbox.messages("oB").len()), (0, 1), "{}", sent.err);
}

#[test]
fn what_is_changed_is_told() {
    let (bench, sandbox) = bench();
    let sent = sandbox.run(&bench, &["send", "news", "oA", "--title", &"长".repeat(100), "--format", "jsonl"]);
    assert_eq!(sent.code, 0, "{}", sent.err);
    assert!(one(&sent)["notes"][0].as_str().unwrap().contains("title"), "{}", sent.out);
    assert!(sent.err.starts_with("warning: it was sent otherwise than it came: "), "{}", sent.err);
}

#[test]
fn what_an_agent_hears_is_not_counted() {
    let (bench, sandbox) = bench();
    bench.write("duoke.toml", "[wechat]\nprofile = \"2025\"\n");
    play(&bench, &sandbox, &push(1, "oA", 10, TEXT));
    for number in 0..5 {
        assert_eq!(sandbox.run(&bench, &["send", "text", "oA", &number.to_string()]).code, 0);
    }
    let session = r#""MsgType":"event","Event":"kf_create_session","KfAccount":"kf1@a""#;
    play(&bench, &sandbox, &push(2, "oA", 0, session));
    assert_eq!(window(&bench, "oA")["state"], "unknown");
    assert_eq!(sandbox.run(&bench, &["send", "text", "oA", "WeChat knows better"]).code, 0);
}

#[test]
fn pages_are_told_of_pushes_once() {
    let (bench, sandbox) = bench();
    bench.write(
        "page.html",
        "<script>function MCS_ClientNotify(str) { var told = JSON.parse(str); \
         window.external.PutMsg({ msg: { head: { random: String(Math.random()) }, body: [{ type: 0, content: { text: \
         told.event + ' ' + (told.useraccount || told.location) } }] } }); }</script>",
    );
    let place = r#""MsgType":"location","Location_X":"23.1","Location_Y":"113.3","Scale":"15","Label":"广州""#;
    bench.write("pushes.jsonl", push(1, "oA", 1, TEXT) + &push(2, "oA", 0, place));
    let run = ["run", "page.html", "--events", "pushes.jsonl", "--forward"];
    for _ in 0..2 {
        let told = sandbox.run(&bench, &run);
        assert_eq!(told.code, 0, "{}", told.err);
    }
    let texts: Vec<Value> = sandbox.messages("oA").iter().map(|had| had["body"]["text"]["content"].clone()).collect();
    assert_eq!(texts, ["OnUserChange oA", "OnUserChange oA", "OnMapMsgClick 广州"]);
    let keys = bench.run(&["outbox", "list", "--format", "jsonl"]);
    assert!(keys.out.contains("/user/page/0\""), "{}", keys.out);
    // A recording has what was derived from its pushes.
    let start = "{\"type\":\"session.start\",\"data\":{\"format\":\"1.0\"}}\n".to_owned();
    bench.write("recording.jsonl", start + &push(3, "oA", 0, TEXT));
    let replayed = sandbox.run(&bench, &["run", "page.html", "--events", "recording.jsonl"]);
    assert!(replayed.code == 0 && replayed.out.is_empty(), "{} {}", replayed.out, replayed.err);
}
