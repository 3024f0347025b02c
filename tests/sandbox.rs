//! The sandbox as any client sees it: paths, refusals and their order (wechat-api.md §1, §2).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod wechat_bench;

use duoke::{
    base::clock::Clock,
    sandbox::{Quotas, Sandbox, SandboxConfig, SandboxError},
    wechat::Profile,
};
use serde_json::{Value, json};
use wechat_bench::{Bench, PictureServer};

const SEND: &str = "/cgi-bin/message/custom/send";

/// Calls with a token and returns the errcode.
async fn send(bench: &Bench, body: &[u8]) -> i64 {
    let path = format!("{SEND}?access_token={}", bench.token().await);
    code(&bench.raw("POST", &path, body).await.2)
}

fn code(bytes: &[u8]) -> i64 {
    let value: Value = serde_json::from_slice(bytes).unwrap();
    value.get("errcode").map_or(0, |code| code.as_i64().unwrap())
}

async fn seeded(profile: Profile) -> Bench {
    let bench = Bench::start(profile).await;
    bench.speaks("oA");
    let seeds = json!({
        "mpnews": ["MP"], "articles": ["ART"], "cards": ["CARD"],
        "media": ["ANY", {"media_id": "IMG", "type": "image"}, {"media_id": "VOI", "type": "voice"},
                  {"media_id": "VID", "type": "video"}, {"media_id": "THU", "type": "thumb"}],
        "kf": [{"kf_account": "kf1@duoke", "nickname": "一"}, {"kf_account": "kf2@duoke", "bound": false}],
    });
    bench.post("/_sandbox/seed", &seeds).await;
    bench
}

#[tokio::test]
async fn only_on_loopback() {
    let config = SandboxConfig { listen: "0.0.0.0:0".parse().unwrap(), ..SandboxConfig::default() };
    assert!(matches!(Sandbox::start(config).await, Err(SandboxError::NotLoopback(_))));
}

#[tokio::test]
async fn the_ready_line() {
    let bench = Bench::start(Profile::y2017()).await;
    let ready = serde_json::to_value(bench.running.ready()).unwrap();
    assert_eq!(ready["listening"], format!("http://{}", bench.running.address));
    let members: Vec<_> = ready.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["listening", "app_id", "app_secret", "wechat_id"]);
}

#[tokio::test]
async fn the_token_comes_first_then_the_method_then_the_body() {
    let bench = Bench::start(Profile::y2017()).await;
    let good = bench.token().await;
    let table = [
        ("GET", SEND.to_owned(), "", 41001),
        ("POST", format!("{SEND}?access_token="), "", 41001),
        ("GET", format!("{SEND}?access_token=wrong"), "", 40001),
        ("GET", format!("{SEND}?access_token={good}"), "", 43002),
        ("POST", format!("{SEND}?access_token={good}"), "", 44002),
        ("POST", format!("{SEND}?access_token={good}"), "{\"a\":1,}", 47001),
        ("POST", format!("{SEND}?access_token={good}"), "[]", 47001),
        ("POST", format!("/cgi-bin/media/get?access_token={good}"), "", 43001),
        ("GET", format!("/cgi-bin/media/upload?access_token={good}"), "", 43002),
        ("GET", format!("/cgi-bin/media/get?access_token={good}"), "", 41006),
        ("GET", format!("/cgi-bin/media/get?access_token={good}&media_id=x"), "", 40007),
        ("GET", "/cgi-bin/stable_token".to_owned(), "", 43002),
        ("POST", "/cgi-bin/token".to_owned(), "", 43001),
        ("POST", "/cgi-bin/nothing".to_owned(), "", 40066),
    ];
    for (method, path, body, expected) in table {
        let (status, headers, bytes) = bench.raw(method, &path, body.as_bytes()).await;
        assert_eq!((status, code(&bytes)), (200, expected), "{method} {path}");
        assert!(headers.contains("application/json; encoding=utf-8"), "{headers}");
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        let (_, rid) = answer["errmsg"].as_str().unwrap().split_once(" rid: ").unwrap();
        assert_eq!(rid.split('-').map(str::len).collect::<Vec<_>>(), [8, 8, 8]);
    }
    bench.post("/_sandbox/expire-token", &json!({})).await;
    let (_, _, bytes) = bench.raw("POST", &format!("{SEND}?access_token={good}"), b"").await;
    assert_eq!(code(&bytes), 42001);
}

#[tokio::test]
async fn tokens() {
    let bench = Bench::start(Profile::y2017()).await;
    let ready = bench.running.ready();
    let (id, secret) = (&ready.app_id, &ready.app_secret);
    let plain = [
        ("grant_type=client_credential".to_owned(), 41002),
        (format!("grant_type=x&appid={id}&secret={secret}"), 40002),
        (format!("grant_type=client_credential&appid=x&secret={secret}"), 40013),
        (format!("grant_type=client_credential&appid={id}"), 41004),
        (format!("grant_type=client_credential&appid={id}&secret=x"), 40125),
        (format!("grant_type=client_credential&appid={id}&secret={secret}"), 0),
    ];
    for (query, expected) in plain {
        let (_, _, bytes) = bench.raw("GET", &format!("/cgi-bin/token?{query}"), b"").await;
        assert_eq!(code(&bytes), expected, "{query}");
    }
    let stable = [
        (json!({"appid": id, "secret": secret}), 40002),
        (json!({"grant_type": "client_credential", "secret": secret}), 41002),
        (json!({"grant_type": "client_credential", "appid": id, "secret": "x"}), 40125),
        (json!({"grant_type": "client_credential", "appid": id, "secret": secret}), 0),
    ];
    for (body, expected) in stable {
        let (_, _, bytes) = bench.raw("POST", "/cgi-bin/stable_token", body.to_string().as_bytes()).await;
        assert_eq!(code(&bytes), expected, "{body}");
    }
    let form = format!("grant_type=client_credential&appid={id}&secret={secret}");
    assert_eq!(code(&bench.raw("POST", "/cgi-bin/stable_token", form.as_bytes()).await.2), 47001);
    assert_eq!(code(&bench.raw("POST", "/cgi-bin/stable_token", b"").await.2), 44002);
}

#[tokio::test]
async fn what_may_be_sent() {
    let bench = seeded(Profile::y2017()).await;
    let long = "汉".repeat(683);
    let table = [
        (json!({"msgtype": "text", "text": {"content": "好"}}), 0),
        (json!({"msgtype": "text", "text": {"content": ""}}), 44004),
        (json!({"msgtype": "text", "text": {}}), 44004),
        (json!({"msgtype": "text"}), 44004),
        (json!({"msgtype": "text", "text": "x"}), 47001),
        (json!({"msgtype": "text", "text": {"content": 5}}), 47001),
        (json!({"msgtype": "text", "text": {"content": long}}), 45002),
        (json!({"msgtype": "text", "text": {"content": &long[..2046]}}), 0),
        (json!({"msgtype": "smell", "smell": {}}), 40008),
        (json!({"msgtype": "link", "link": {"title": "t"}}), 40008),
        (json!({"text": {"content": "x"}}), 40008),
        (json!({"msgtype": "image", "image": {"media_id": "IMG"}}), 0),
        (json!({"msgtype": "image", "image": {"media_id": "ANY"}}), 0),
        (json!({"msgtype": "image", "image": {"media_id": "VOI"}}), 40121),
        (json!({"msgtype": "image", "image": {"media_id": "gone"}}), 40007),
        (json!({"msgtype": "image", "image": {}}), 41006),
        (json!({"msgtype": "image"}), 41006),
        (json!({"msgtype": "voice", "voice": {"media_id": "VOI"}}), 0),
        (json!({"msgtype": "video", "video": {"media_id": "VID"}}), 0),
        (json!({"msgtype": "video", "video": {"media_id": "VID", "thumb_media_id": "THU"}}), 0),
        (json!({"msgtype": "video", "video": {"media_id": "VID", "thumb_media_id": "gone"}}), 40007),
        (json!({"msgtype": "music", "music": {"musicurl": "http://m/", "thumb_media_id": "THU"}}), 0),
        (json!({"msgtype": "music", "music": {"musicurl": "http://m/"}}), 41006),
        (json!({"msgtype": "music", "music": {"musicurl": "http://m/", "thumb_media_id": "VOI"}}), 40121),
        (json!({"msgtype": "music", "music": {"title": "t", "thumb_media_id": "THU"}}), 40035),
        (json!({"msgtype": "music", "music": {"musicurl": "m.mp3", "thumb_media_id": "THU"}}), 40035),
        (json!({"msgtype": "music", "music": {"musicurl": "http://m/", "title": 5, "thumb_media_id": "THU"}}), 47001),
        (json!({"msgtype": "news", "news": {"articles": [{"title": "t"}]}}), 0),
        (json!({"msgtype": "news", "news": {"articles": []}}), 44003),
        (json!({"msgtype": "news", "news": {}}), 44003),
        (json!({"msgtype": "news", "news": {"articles": "x"}}), 47001),
        (json!({"msgtype": "news", "news": {"articles": [{"title": 5}]}}), 47001),
        (json!({"msgtype": "mpnews", "mpnews": {"media_id": "MP"}}), 0),
        (json!({"msgtype": "mpnews", "mpnews": {"media_id": "gone"}}), 40007),
        (json!({"msgtype": "mpnewsarticle", "mpnewsarticle": {"article_id": "ART"}}), 0),
        (json!({"msgtype": "mpnewsarticle", "mpnewsarticle": {"article_id": "gone"}}), 40007),
        (json!({"msgtype": "msgmenu", "msgmenu": {"head_content": "?", "list": [{"id": "1", "content": "好"}]}}), 0),
        (json!({"msgtype": "msgmenu", "msgmenu": {"list": []}}), 44005),
        (json!({"msgtype": "msgmenu", "msgmenu": {"head_content": 1, "list": [{"id": 1, "content": "好"}]}}), 47001),
        (json!({"msgtype": "voice", "voice": {"media_id": "VID"}}), 40121),
        (json!({"msgtype": "voice", "voice": {}}), 41006),
        (json!({"msgtype": "video", "video": {"media_id": "VOI"}}), 40121),
        (json!({"msgtype": "mpnewsarticle", "mpnewsarticle": {}}), 40035),
        (json!({"msgtype": "wxcard", "wxcard": {"card_id": ""}}), 40035),
        (json!({"msgtype": "msgmenu", "msgmenu": {"list": [{"id": "1"}]}}), 40035),
        (json!({"msgtype": "wxcard", "wxcard": {"card_id": "CARD"}}), 0),
        (json!({"msgtype": "wxcard", "wxcard": {"card_id": "gone"}}), 40035),
        (
            json!({"msgtype": "miniprogrampage",
            "miniprogrampage": {"title": "t", "appid": "a", "pagepath": "p", "thumb_media_id": "IMG"}}),
            0,
        ),
        (json!({"msgtype": "miniprogrampage", "miniprogrampage": {"title": "t", "thumb_media_id": "IMG"}}), 40035),
        (json!({"msgtype": "text", "text": {"content": "x"}, "customservice": {"kf_account": "kf1@duoke"}}), 0),
        (json!({"msgtype": "text", "text": {"content": "x"}, "customservice": {"kf_account": "kf2@duoke"}}), 65402),
        (json!({"msgtype": "text", "text": {"content": "x"}, "customservice": {"kf_account": "kf3@duoke"}}), 65401),
    ];
    let mut taken = Vec::new();
    for (mut body, expected) in table {
        body["touser"] = json!("oA");
        assert_eq!(send(&bench, body.to_string().as_bytes()).await, expected, "{body}");
        if expected == 0 {
            taken.push(body);
        }
    }
    let received: Vec<_> = bench.running.messages(None).into_iter().map(|message| message.body).collect();
    assert_eq!(received, taken, "as sent, in order, nothing else");
}

#[tokio::test]
async fn who_may_be_written_to() {
    let bench = seeded(Profile::y2025()).await;
    let table = [
        (r#"{"msgtype":"text","text":{"content":"x"}}"#, 41009),
        (r#"{"touser":"","msgtype":"text","text":{"content":"x"}}"#, 41009),
        (r#"{"touser":7,"msgtype":"text","text":{"content":"x"}}"#, 40003),
        (r#"{"touser":"oStranger","msgtype":"text","text":{"content":""}}"#, 40003),
        (r#"{"touser":"oA","msgtype":"text","text":{"content":"\u4f60"}}"#, 47002),
        (r#"{"touser":"oA","msgtype":"text","text":{"content":"\\u4f60 \n"}}"#, 0),
    ];
    for (body, expected) in table {
        assert_eq!(send(&bench, body.as_bytes()).await, expected, "{body}");
    }
    let one = br#"{"touser":"oA","msgtype":"text","text":{"content":"x"}}"#;
    let empty = br#"{"touser":"oA","msgtype":"text","text":{"content":""}}"#;
    for _ in 0..4 {
        assert_eq!(send(&bench, empty).await, 44004, "what is refused does not count");
        assert_eq!(send(&bench, one).await, 0);
    }
    assert_eq!(send(&bench, one).await, 45047);
    let answer = bench.post("/_sandbox/users/oA/send", &json!({"MsgType": "text", "Content": "again"})).await;
    assert_eq!(answer, json!({"delivered": false, "attempts": 0}));
    assert_eq!(send(&bench, one).await, 0);
    bench.post("/_sandbox/clock", &json!({"advance_seconds": 48 * 3600})).await;
    assert_eq!(send(&bench, one).await, 45015);
    bench.post("/_sandbox/users/oA/send", &json!({"MsgType": "event", "Event": "unsubscribe"})).await;
    assert_eq!(send(&bench, one).await, 45015);
}

#[tokio::test]
async fn menus_are_for_verified_accounts() {
    let bench = Bench::start_with(SandboxConfig { verified: false, ..SandboxConfig::default() }).await;
    bench.speaks("oA");
    let menu = json!({"touser": "oA", "msgtype": "msgmenu", "msgmenu": {"list": [{"id": "1", "content": "好"}]}});
    assert_eq!(send(&bench, menu.to_string().as_bytes()).await, 40200);
}

#[tokio::test]
async fn typing() {
    let bench = Bench::start(Profile::y2025()).await;
    bench.speaks("oA");
    let call = async |body: &Value| {
        let path = format!("/cgi-bin/message/custom/typing?access_token={}", bench.token().await);
        code(&bench.raw("POST", &path, body.to_string().as_bytes()).await.2)
    };
    let on = json!({"touser": "oA", "command": "Typing"});
    let off = json!({"touser": "oA", "command": "CancelTyping"});
    let message = br#"{"touser":"oA","msgtype":"text","text":{"content":"x"}}"#;
    let ahead = async |seconds: u32| bench.post("/_sandbox/clock", &json!({"advance_seconds": seconds})).await;
    for (body, expected) in [
        (json!({"toUser": "oA", "command": "Typing"}), 41009),
        (json!({"touser": "oA", "command": "typing"}), 45072),
        (json!({"touser": "oA"}), 45072),
        (json!({"touser": "oStranger", "command": "Typing"}), 40003),
    ] {
        assert_eq!(call(&body).await, expected, "{body}");
    }
    assert_eq!([call(&on).await, call(&on).await, call(&off).await, call(&on).await], [0, 45081, 0, 0]);
    assert_eq!((send(&bench, message).await, call(&on).await), (0, 0), "a send ends it");
    ahead(16).await;
    assert_eq!(call(&on).await, 0);
    ahead(16).await;
    assert_eq!(call(&on).await, 45080);
    bench.speaks("oA");
    assert_eq!(call(&on).await, 0);
    for _ in 0..5 {
        assert_eq!(send(&bench, message).await, 0);
    }
    assert_eq!((send(&bench, message).await, call(&on).await), (45047, 0), "it takes none of the messages");
    ahead(48 * 3600).await;
    assert_eq!(call(&on).await, 45015);
    let kinds: Vec<_> = bench.running.messages(None).iter().map(|received| received.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "typing").count(), 7, "{kinds:?}");
    for path in ["/cgi-bin/message/custom/business/send", "/cgi-bin/message/custom/business/typing"] {
        let path = format!("{path}?access_token={}", bench.token().await);
        assert_eq!(code(&bench.raw("POST", &path, b"{}").await.2), 40101);
    }
}

#[tokio::test]
async fn uploads() {
    let bench = Bench::start(Profile::y2017()).await;
    let token = bench.token().await;
    let png = PictureServer::PNG;
    let large = [png, &vec![0; 2 * 1024 * 1024]].concat();
    let jpg = b"\xff\xd8\xff\xe0 thumb".as_slice();
    let table = [
        ("image", "media", Some("a.png"), png, 0),
        ("smell", "media", Some("a.png"), png, 40004),
        ("image", "file", Some("a.png"), png, 41005),
        ("image", "media", None, png, 41005),
        ("image", "media", Some("a.png"), b"", 44001),
        ("image", "media", Some("a.bmp"), png, 40005),
        ("image", "media", Some("a.png"), b"<html>", 40137),
        ("image", "media", Some("a.png"), &large, 45001),
        ("voice", "media", Some("a.amr"), b"#!AMR", 0),
        ("video", "media", Some("a.mp4"), b"....ftypmp42", 0),
        ("thumb", "media", Some("a.jpg"), jpg, 0),
    ];
    for (kind, field, name, bytes, expected) in table {
        let query = format!("access_token={token}&type={kind}");
        let answer = bench.upload(&query, field, name, bytes).await;
        assert_eq!(answer["errcode"].as_i64().unwrap_or(0), expected, "{kind} {name:?}: {answer}");
        if expected == 0 {
            let id = answer[if kind == "thumb" { "thumb_media_id" } else { "media_id" }].as_str().unwrap();
            assert_eq!((answer["type"].as_str().unwrap(), bench.media(id).await.1.as_slice()), (kind, bytes));
            assert!(answer["created_at"].is_i64());
        }
    }
    let (_, _, bytes) =
        bench.raw("POST", &format!("/cgi-bin/media/upload?access_token={token}&type=image"), b"x").await;
    assert_eq!(code(&bytes), 41005);
    assert_eq!(bench.upload("type=image", "media", Some("a.png"), png).await["errcode"], 41001);
}

#[tokio::test]
async fn customer_service_accounts() {
    for (profile, [wrong, length, long_nick, exists, unknown]) in [
        (Profile::y2017(), [61455, 61454, 61451, 61453, 61452]),
        (Profile::y2025(), [65404, 65404, 65403, 65406, 65401]),
    ] {
        let bench = Bench::start(profile).await;
        let token = bench.token().await;
        let call = async |method: &str, path: &str, body: &str| {
            let path = format!("/customservice/kfaccount/{path}access_token={token}");
            code(&bench.raw(method, &path, body.as_bytes()).await.2)
        };
        let add = async |account: &str, nickname: &str| {
            let body = json!({"kf_account": account, "nickname": nickname, "password": "0".repeat(32)});
            call("POST", "add?", &body.to_string()).await
        };
        assert_eq!(add("kf1@duoke", "客服一").await, 0);
        assert_eq!(add("kf1@duoke", "客服一").await, exists);
        assert_eq!(add("kf-1@duoke", "n").await, wrong);
        assert_eq!(add("kf123456789@duoke", "n").await, length);
        assert_eq!(add("kf2@duoke", &"a".repeat(17)).await, long_nick);
        assert_eq!(add("", "n").await, 61451);
        let renamed = r#"{"kf_account":"kf1@duoke","nickname":"二"}"#;
        assert_eq!(call("POST", "update?", renamed).await, 0);
        assert_eq!(call("POST", "update?", r#"{"kf_account":"kf9@duoke","nickname":"二"}"#).await, unknown);
        let list = bench.get(&format!("/cgi-bin/customservice/getkflist?access_token={token}")).await;
        assert_eq!((&list["kf_list"][0]["kf_nick"], &list["kf_list"][0]["kf_id"]), (&json!("二"), &json!("1001")));
        assert_eq!(call("POST", "del?", r#"{"kf_account":"kf1@duoke","nickname":"x"}"#).await, 0);
        assert_eq!(add("kf1@duoke", "n").await, 0);
        assert_eq!(call("GET", "del?kf_account=kf1%40duoke&", "").await, 0);
        assert_eq!(call("GET", "del?kf_account=kf1%40duoke&", "").await, unknown);
        assert_eq!(call("POST", "del?", "").await, 61451);
    }
}

#[tokio::test]
async fn invitations() {
    let bench = seeded(Profile::y2025()).await;
    let token = bench.token().await;
    for body in [r#"{"kf_account":"kf3@duoke","nickname":"三"}"#, r#"{"kf_account":"kf4@duoke","nickname":"四"}"#] {
        let path = format!("/customservice/kfaccount/add?access_token={token}");
        assert_eq!(code(&bench.raw("POST", &path, body.as_bytes()).await.2), 0);
    }
    let table = [
        ("kf9@duoke", "wei_xin", 65401),
        ("kf1@duoke", "wei_xin", 65412),
        ("kf3@duoke", "no", 65409),
        ("kf3@duoke", "wx_1001", 65407),
        ("kf3@duoke", "wei_xin", 0),
        ("kf3@duoke", "other_one", 65411),
        ("kf4@duoke", "wei_xin", 65408),
    ];
    for (account, wx, expected) in table {
        let body = json!({"kf_account": account, "invite_wx": wx}).to_string();
        let path = format!("/customservice/kfaccount/inviteworker?access_token={token}");
        assert_eq!(code(&bench.raw("POST", &path, body.as_bytes()).await.2), expected, "{account} {wx}");
    }
    let list = bench.get(&format!("/cgi-bin/customservice/getkflist?access_token={token}")).await;
    assert_eq!(
        (&list["kf_list"][0]["kf_wx"], &list["kf_list"][2]["invite_status"]),
        (&json!("wx_1001"), &json!("waiting"))
    );
}

#[tokio::test]
async fn sessions_and_the_waiting_queue() {
    let bench = seeded(Profile::y2025()).await;
    bench
        .post(
            "/_sandbox/seed",
            &json!({"kf": [{"kf_account": "kf3@duoke"},
        {"kf_account": "kf4@duoke", "online": false}], "waiting": ["oA"]}),
        )
        .await;
    let token = bench.token().await;
    let call = async |call: &str, account: &str, openid: &str| {
        let path = format!("/customservice/kfsession/{call}?access_token={token}");
        let body = json!({"kf_account": account, "openid": openid, "text": "hi"}).to_string();
        code(&bench.raw("POST", &path, body.as_bytes()).await.2)
    };
    let waiting = async || bench.get(&format!("/customservice/kfsession/getwaitcase?access_token={token}")).await;
    assert_eq!((&waiting().await["count"], &waiting().await["waitcaselist"][0]["openid"]), (&json!(1), &json!("oA")));
    for (name, account, openid, expected) in [
        ("create", "kf9@duoke", "oA", 65401),
        ("create", "kf2@duoke", "oA", 65402),
        ("create", "kf4@duoke", "oA", 65415),
        ("create", "kf1@duoke", "oStranger", 40003),
        ("close", "kf1@duoke", "oA", 65413),
        ("create", "kf1@duoke", "oA", 0),
        ("create", "kf1@duoke", "oA", 0),
        ("create", "kf3@duoke", "oA", 65414),
        ("close", "kf3@duoke", "oA", 65414),
    ] {
        assert_eq!(call(name, account, openid).await, expected, "{name} {account} {openid}");
    }
    assert_eq!(waiting().await, json!({"count": 0, "waitcaselist": []}));
    let of_user = async |openid: &str| {
        bench.get(&format!("/customservice/kfsession/getsession?access_token={token}&openid={openid}")).await
    };
    assert_eq!(of_user("oA").await["kf_account"], "kf1@duoke");
    assert_eq!(of_user("oStranger").await["errcode"], 40003);
    assert_eq!(call("close", "kf1@duoke", "oA").await, 0);
    assert_eq!(of_user("oA").await, json!({"createtime": 0, "kf_account": ""}));
}

#[tokio::test]
async fn records_by_pages() {
    let bench = seeded(Profile::y2017()).await;
    let token = bench.token().await;
    let image =
        br#"{"touser":"oA","msgtype":"image","image":{"media_id":"IMG"},"customservice":{"kf_account":"kf1@duoke"}}"#;
    assert_eq!(send(&bench, image).await, 0);
    let ask = async |body: Value| {
        let path = format!("/customservice/msgrecord/getmsglist?access_token={token}");
        let (_, _, bytes) = bench.raw("POST", &path, body.to_string().as_bytes()).await;
        serde_json::from_slice::<Value>(&bytes).unwrap()
    };
    let now = bench.running.messages(None)[0].time / 1000;
    let first = ask(json!({"starttime": now - 60, "endtime": now + 60, "msgid": 1, "number": 1})).await;
    assert_eq!((&first["number"], &first["recordlist"][0]["opercode"]), (&json!(1), &json!(2003)));
    let second = ask(json!({"starttime": now - 60, "endtime": now + 60, "msgid": first["msgid"], "number": 10})).await;
    let expected = json!([{"openid": "oA", "opercode": 2002, "text": "[image]", "time": now, "worker": "kf1@duoke"}]);
    assert_eq!(second["recordlist"], expected);
    for (body, expected) in [
        (json!({"starttime": 1, "endtime": 1, "msgid": 1}), 65416),
        (json!({"starttime": 1, "endtime": 1, "msgid": 0, "number": 1}), 65416),
        (json!({"starttime": 1, "endtime": 1, "msgid": 1, "number": 10_001}), 65416),
        (json!({"starttime": 2, "endtime": 1, "msgid": 1, "number": 1}), 65416),
        (json!({"starttime": 0, "endtime": 86_401, "msgid": 1, "number": 1}), 65417),
        (json!({"starttime": 0, "endtime": 86_400, "msgid": 1, "number": 10_000}), 0),
    ] {
        assert_eq!(ask(body.clone()).await["errcode"].as_i64().unwrap_or(0), expected, "{body}");
    }
}

#[tokio::test]
async fn a_downloaded_file_is_named_by_its_id() {
    let bench = Bench::start(Profile::y2017()).await;
    let query = format!("access_token={}&type=image", bench.token().await);
    for name in ["图片.PNG", "a\"b.png"] {
        let uploaded = bench.upload(&query, "media", Some(name), PictureServer::PNG).await;
        let media_id = uploaded["media_id"].as_str().unwrap();
        let (headers, _) = bench.media(media_id).await;
        assert!(headers.contains(&format!("attachment; filename=\\\"{media_id}.png\\\"")), "{headers}");
    }
}

#[tokio::test]
async fn openids_in_the_path_are_decoded() {
    let bench = Bench::start(Profile::y2017()).await;
    let says = async |path: &str| {
        bench.raw("POST", &format!("/_sandbox/users/{path}/send"), br#"{"MsgType":"text","Content":"x"}"#).await.0
    };
    let body = |openid: &str| json!({"touser": openid, "msgtype": "text", "text": {"content": "x"}}).to_string();
    for (path, openid) in
        [("o%2DA", "o-A"), ("o%E5%A5%BD", "o好"), ("a%2Fb", "a/b"), ("a+b%25", "a+b%"), ("a%zz%4", "a%zz%4")]
    {
        assert_eq!((says(path).await, send(&bench, body(openid).as_bytes()).await), (200, 0), "{path}");
    }
    assert_eq!(says("o%FF").await, 400, "not UTF-8");
}

#[tokio::test]
async fn media_end_after_three_days() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    let query = format!("access_token={}&type=voice", bench.token().await);
    let uploaded = bench.upload(&query, "media", Some("a.amr"), b"#!AMR\n").await;
    let body = json!({"touser": "oA", "msgtype": "voice", "voice": {"media_id": uploaded["media_id"]}}).to_string();
    assert_eq!(send(&bench, body.as_bytes()).await, 0);
    bench.post("/_sandbox/clock", &json!({"advance_seconds": 3 * 24 * 3600})).await;
    bench.speaks("oA");
    assert_eq!(send(&bench, body.as_bytes()).await, 40007);
    assert_eq!(code(&bench.media(uploaded["media_id"].as_str().unwrap()).await.1), 40007);
}

#[tokio::test]
async fn quotas_end_calls_until_midnight_in_china() {
    // 2017-06-01 at 22:00 in China, and the limits of that day.
    let clock = Clock::stopped(1_496_325_600_000);
    let quotas = Quotas { send: 2, upload: 1, download: 1, token: 3, clear_quota: 1, ..Quotas::default() };
    let bench = Bench::start_with(SandboxConfig { clock, quotas, ..SandboxConfig::default() }).await;
    bench.speaks("oA");
    let ready = bench.running.ready();
    let query = format!("grant_type=client_credential&appid={}&secret={}", ready.app_id, ready.app_secret);
    let plain = async || bench.raw("GET", &format!("/cgi-bin/token?{query}"), b"").await.2;
    for expected in [0, 0, 0, 45009] {
        assert_eq!(code(&plain().await), expected);
    }
    let token = bench.token().await;
    let one = br#"{"touser":"oA","msgtype":"text","text":{"content":"x"}}"#;
    let stranger = br#"{"touser":"oB","msgtype":"text","text":{"content":"x"}}"#;
    assert_eq!([send(&bench, stranger).await, send(&bench, one).await, send(&bench, one).await], [40003, 0, 45009]);
    let upload = async || {
        bench.upload(&format!("access_token={token}&type=image"), "media", Some("a.png"), PictureServer::PNG).await
    };
    let media_id = upload().await["media_id"].as_str().unwrap().to_owned();
    let over = upload().await;
    assert_eq!(over["errcode"], 45009);
    assert!(over["errmsg"].as_str().unwrap().starts_with("reach max api daily quota limit rid: "), "{over}");
    assert_eq!(bench.media(&media_id).await.1, PictureServer::PNG);
    assert_eq!(code(&bench.media(&media_id).await.1), 45009);
    let today = bench.get("/_sandbox/stats").await["today"].clone();
    assert!(today["stable_token"].as_u64().unwrap() > 1, "{today}");
    let stable = &today["stable_token"];
    assert_eq!(today, json!({"send": 2, "upload": 1, "download": 1, "token": 3, "stable_token": stable}));
    let clear = async |body: Value| {
        let path = format!("/cgi-bin/clear_quota?access_token={token}");
        serde_json::from_slice::<Value>(&bench.raw("POST", &path, body.to_string().as_bytes()).await.2).unwrap()
    };
    assert_eq!(clear(json!({})).await["errcode"], 41002);
    assert_eq!(clear(json!({"appid": "wx0"})).await["errcode"], 40013);
    assert_eq!(clear(json!({"appid": ready.app_id})).await, json!({"errcode": 0, "errmsg": "ok"}));
    assert_eq!(send(&bench, one).await, 0);
    let refused = clear(json!({"appid": ready.app_id})).await;
    assert_eq!(refused["errcode"], 48006);
    assert!(refused["errmsg"].as_str().unwrap().starts_with("forbid to clear quota because of reaching the limit"));
    assert_eq!([send(&bench, one).await, send(&bench, one).await], [0, 45009]);
    bench.post("/_sandbox/clock", &json!({"advance_seconds": 7199})).await;
    assert_eq!(send(&bench, one).await, 45009);
    bench.post("/_sandbox/clock", &json!({"advance_seconds": 1})).await;
    assert_eq!(send(&bench, one).await, 0);
    assert_eq!(bench.post("/_sandbox/quotas", &json!({"send": 1})).await["upload"], 100_000, "others are WeChat's");
    assert_eq!(send(&bench, one).await, 45009);
    bench.post("/_sandbox/quotas", &json!({"stable_token_minute": 0})).await;
    let body =
        json!({"grant_type": "client_credential", "appid": ready.app_id, "secret": ready.app_secret}).to_string();
    let refused = bench.raw("POST", "/cgi-bin/stable_token", body.as_bytes()).await.2;
    assert_eq!(code(&refused), 45011);
}

#[tokio::test]
async fn the_control_api_says_what_is_wrong() {
    let bench = Bench::start(Profile::y2017()).await;
    let table = [
        ("POST", "/_sandbox/faults", r#"{"path":"/a"}"#, 400),
        ("POST", "/_sandbox/faults", r#"{"path":"/a","errcode":1,"what":1}"#, 400),
        ("POST", "/_sandbox/users/oA/send", r#"{"MsgType":""}"#, 400),
        ("POST", "/_sandbox/users/oA/send", r#"{"MsgType":"event"}"#, 400),
        ("GET", "/_sandbox/users/oA/send", "", 405),
        ("POST", "/_sandbox/users/oA/smell", "{}", 400),
        ("POST", "/_sandbox/users//send", r#"{"MsgType":"text"}"#, 400),
        ("POST", "/_sandbox/clock", r#"{"advance_seconds":-1}"#, 400),
        ("POST", "/_sandbox/seed", r#"{"media":[{"media_id":"M","type":"smell"}]}"#, 400),
        ("POST", "/_sandbox/seed", r#"{"medium":[]}"#, 400),
        ("GET", "/_sandbox/clock", "", 405),
        ("POST", "/_sandbox/messages", "", 405),
        ("GET", "/_sandbox/nothing", "", 404),
        ("POST", "/_sandbox/callback", "{}", 400),
        ("GET", "/_sandbox/callback", "", 405),
        ("POST", "/_sandbox/quotas", r#"{"sends":1}"#, 400),
        ("POST", "/_sandbox/session", r#"{"openid":"oStranger"}"#, 400),
        ("POST", "/_sandbox/events", "", 404),
    ];
    for (method, path, body, expected) in table {
        let (status, _, bytes) = bench.raw(method, path, body.as_bytes()).await;
        assert_eq!(status, expected, "{method} {path} {body}");
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(answer["error"].is_string(), "{answer}");
    }
}

#[tokio::test]
async fn the_same_calls_get_the_same_answers_in_every_run() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let bench = Bench::start(Profile::y2017()).await;
        let refused = bench.raw("POST", SEND, b"").await.2;
        let token = bench.token().await;
        let upload = bench.upload(&format!("access_token={token}&type=image"), "media", Some("a.gif"), b"GIF89a").await;
        runs.push((refused, token, upload["media_id"].clone()));
    }
    assert_eq!(runs[0], runs[1]);
}
