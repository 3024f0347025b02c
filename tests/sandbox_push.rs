//! What the sandbox pushes: heard by duoke's own receiver, and by receivers that answer wrongly (wechat-api.md §3).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "phone/events.rs"]
mod events;
#[path = "sandbox_push/receivers.rs"]
mod receivers;
mod wechat_bench;

use std::{collections::HashSet, sync::Arc, time::Duration};

use duoke::{
    sandbox::SandboxConfig,
    wechat::{
        Secret,
        callback::Refusal,
        crypt::signature,
        push::{Inbound, PushEvent, parse_xml},
    },
};
use events::Events;
use receivers::{Came, MODES, Pair, Say, Scripted, TOKEN, arrived, crypt, register, sandbox, sends, text};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore};
use wechat_bench::Bench;

/// What the customer received.
fn kinds(bench: &Bench) -> Vec<&'static str> {
    bench.running.messages(Some("oA")).iter().map(|received| received.kind).collect()
}

#[tokio::test]
async fn every_push_arrives_in_every_mode_and_format() {
    let templates: Vec<(String, String)> = serde_json::from_str(include_str!("wechat/push_msgs.json")).unwrap();
    for (mode, format) in MODES.into_iter().flat_map(|mode| [(mode, "xml"), (mode, "json")]) {
        let pair = Pair::start(mode, format, None).await;
        for (name, template) in &templates {
            let xml = format!("<xml>{}</xml>", template.replace("<MsgId>{id}</MsgId>", ""));
            let fields = Value::Object(parse_xml(xml.as_bytes()).unwrap().as_map().clone());
            assert_eq!(sends(&pair.bench, "oA", &fields).await, arrived(), "{name} {mode} {format}");
            let push = pair.pushes().pop().unwrap();
            assert_eq!((push.to.as_str(), push.from.as_str()), ("duoke", "oA"), "{name}");
            assert_eq!(push.inbound == Inbound::Unknown, name.contains("unknown"), "{name}: {push:?}");
            for (field, value) in fields.as_object().unwrap() {
                assert_eq!(push.fields.as_map().get(field), Some(value), "{name} {mode} {format}");
            }
            let id = push.fields.text("MsgId").map(|id| id.parse::<u64>().unwrap());
            assert_eq!(id.is_some(), push.is_message(), "{name}");
            assert!(id.is_none_or(|id| id > 1 << 53), "{name}: more than a double holds");
        }
        let ids: HashSet<_> =
            pair.pushes().iter().filter_map(|push| push.fields.text("MsgId").map(str::to_owned)).collect();
        assert_eq!(ids.len(), pair.pushes().iter().filter(|push| push.is_message()).count());
    }
}

#[tokio::test]
async fn an_address_is_verified_before_anything_goes_there() {
    let pair = Pair::apart("secure", None).await;
    let refused = async |settings: Value| {
        let (status, _, body) = pair.bench.raw("POST", "/_sandbox/callback", settings.to_string().as_bytes()).await;
        let error = serde_json::from_slice::<Value>(&body).unwrap()["error"].as_str().unwrap().to_owned();
        assert_eq!(status, 400, "{error}");
        error
    };
    let right = pair.settings("secure", "xml");
    let with = |name: &str, value: Value| {
        let mut settings = right.clone();
        settings[name] = value;
        settings
    };
    let error = refused(with("token", json!("BBBBB"))).await;
    assert!(error.contains("it answered 403"), "{error}");
    assert_eq!(pair.heard.refusals.lock().unwrap().drain(..).collect::<Vec<_>>(), [Refusal::Signature]);
    let other = Scripted::start(&[Say::Body("<b>hello</b>")], |_| {}).await;
    let error = refused(with("url", json!(other.address))).await;
    assert!(error.contains("\"<b>hello</b>\" instead of the echostr"), "{error}");
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let error = refused(with("url", json!(address))).await;
    assert!(error.contains("no connection"), "{error}");
    for (name, value, expected) in [
        ("url", json!("ftp://127.0.0.1/"), "http"),
        ("url", json!("wechat"), "no address"),
        ("token", json!(""), "token"),
        ("encoding_aes_key", json!("short"), "43"),
        ("encoding_aes_key", json!(null), "encoding_aes_key"),
        ("mode", json!("open"), "mode"),
        ("format", json!("yaml"), "yaml"),
        ("tokens", json!(1), "tokens"),
    ] {
        let error = refused(with(name, value.clone())).await;
        assert!(error.contains(expected) || error.contains("unknown variant"), "{name} {value}: {error}");
    }
    assert_eq!(sends(&pair.bench, "oA", &text("x")).await, json!({"delivered": false, "attempts": 0}));
    pair.bench.post("/_sandbox/callback", &right).await;
    assert_eq!(sends(&pair.bench, "oA", &text("x")).await, arrived());
    let gone = pair.bench.post("/_sandbox/callback", &json!({"url": null})).await;
    assert_eq!(gone, json!({"registered": false}));
    assert_eq!(sends(&pair.bench, "oA", &text("x")).await, json!({"delivered": false, "attempts": 0}));
    assert_eq!(pair.pushes().len(), 1);
}

#[tokio::test]
async fn three_attempts_with_the_same_message() {
    for mode in MODES {
        let (bench, receiver) = sandbox(&[Say::Status(500), Say::Nothing, Say::Body("success")], mode).await;
        let answer = sends(&bench, "oA", &text("你好 ]]> <b>")).await;
        assert_eq!(answer, json!({"delivered": true, "attempts": 3}), "{mode}");
        let came = receiver.came();
        assert!(came.iter().all(|one| one.body == came[0].body), "{mode}");
        let nonces: HashSet<_> = came.iter().map(|one| part(one, "nonce")).collect();
        assert_eq!(nonces.len(), 3, "{mode}: each attempt is signed anew");
        for one in &came {
            check_signatures(one, mode);
        }
        assert_eq!(kinds(&bench), [""; 0]);
    }
}

fn part(came: &Came, name: &str) -> String {
    came.query.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// As the manual has it, counted anew.
fn check_signatures(came: &Came, mode: &str) {
    let names: Vec<_> = came.query.iter().map(|(name, _)| name.as_str()).collect();
    let plain = ["kept", "signature", "timestamp", "nonce", "openid"];
    let sealed = [plain.as_slice(), &["encrypt_type", "msg_signature"]].concat();
    assert_eq!(names, if mode == "plain" { plain.to_vec() } else { sealed });
    let (timestamp, nonce) = (part(came, "timestamp"), part(came, "nonce"));
    assert_eq!(part(came, "signature"), signature(&Secret::new(TOKEN), &[&timestamp, &nonce]));
    assert_eq!((part(came, "openid").as_str(), came.headers["content-type"].to_str().unwrap()), ("oA", "text/xml"));
    let fields = parse_xml(came.body.as_bytes()).unwrap();
    let names: Vec<_> = fields.as_map().keys().map(String::as_str).collect();
    let message = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content", "MsgId"];
    let expected = match mode {
        "plain" => message.to_vec(),
        "compat" => [message.as_slice(), &["Encrypt"]].concat(),
        _ => vec!["ToUserName", "Encrypt"],
    };
    assert_eq!(names, expected, "{mode}");
    if let Some(encrypted) = fields.text("Encrypt") {
        let parts = [timestamp.as_str(), &nonce, encrypted];
        assert_eq!(part(came, "msg_signature"), signature(&Secret::new(TOKEN), &parts));
        let opened = crypt("wxduokesandbox0001").decrypt(encrypted).unwrap();
        let inner = parse_xml(&opened.message).unwrap();
        assert_eq!(inner.text("Content"), Some("你好 ]]> <b>"));
    }
}

#[tokio::test]
async fn who_waits_in_vain_is_told_so() {
    for say in [
        Say::Nothing,
        Say::Status(404),
        Say::Body("ok"),
        Say::Body("<xml><a>1</a></xml>"),
        Say::Body("{\"errcode\":0}"),
        // To somebody else.
        Say::Body(
            "<xml><ToUserName>oB</ToUserName><FromUserName>duoke</FromUserName><CreateTime>1</CreateTime>\
             <MsgType>text</MsgType><Content>hi</Content></xml>",
        ),
        // A picture that is not there.
        Say::Body(
            "<xml><ToUserName>oA</ToUserName><FromUserName>duoke</FromUserName><CreateTime>1</CreateTime>\
             <MsgType>image</MsgType><Image><MediaId>gone</MediaId></Image></xml>",
        ),
    ] {
        let (bench, receiver) = sandbox(&[say], "plain").await;
        let failed = json!({"delivered": false, "attempts": 3});
        assert_eq!(sends(&bench, "oA", &text("hi")).await, failed);
        let leaves = json!({"MsgType": "event", "Event": "unsubscribe"});
        assert_eq!(sends(&bench, "oA", &leaves).await, failed, "who leaves waits for nothing");
        assert_eq!(receiver.came().len(), 6);
        let mut events = Events::open(&bench, "").await;
        let on_phone = events.entries(3).await;
        let kinds: Vec<_> = on_phone.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["said", "notice", "said"]);
        assert_eq!(on_phone[1]["body"], json!({"content": "该公众号提供的服务出现故障，请稍后再试"}));
        assert_eq!(bench.get("/_sandbox/messages").await, json!([]), "the account sent nothing");
        let stats = bench.get("/_sandbox/stats").await;
        assert_eq!(stats["pushes"], json!({"delivered": 0, "failed": 2, "attempts": 6}));
        assert_eq!(stats["messages"], 0);
    }
}

#[tokio::test]
async fn an_unencrypted_answer_is_wrong_where_everything_is_encrypted() {
    let reply = "<xml><ToUserName>oA</ToUserName><FromUserName>duoke</FromUserName><CreateTime>1</CreateTime>\
        <MsgType>text</MsgType><Content>hi</Content></xml>";
    for (mode, delivered) in [("plain", true), ("compat", true), ("secure", false)] {
        let (bench, _receiver) = sandbox(&[Say::Body(reply)], mode).await;
        assert_eq!(sends(&bench, "oA", &text("hi")).await["delivered"], delivered, "{mode}");
        assert_eq!(kinds(&bench), if delivered { vec!["message"] } else { vec![] });
    }
}

#[tokio::test]
async fn passive_answers_are_messages_on_the_phone() {
    let head = "<ToUserName>oA</ToUserName><FromUserName>duoke</FromUserName><CreateTime>1</CreateTime>";
    let table = [
        ("<MsgType>text</MsgType><Content>好</Content>", json!({"content": "好"})),
        ("<MsgType>image</MsgType><Image><MediaId>IMG</MediaId></Image>", json!({"media_id": "IMG"})),
        ("<MsgType>voice</MsgType><Voice><MediaId>VOI</MediaId></Voice>", json!({"media_id": "VOI"})),
        (
            "<MsgType>video</MsgType><Video><MediaId>VID</MediaId><Title>t</Title></Video>",
            json!({"media_id": "VID", "title": "t", "description": ""}),
        ),
        (
            "<MsgType>music</MsgType><Music><MusicUrl>http://m/</MusicUrl><ThumbMediaId>THU</ThumbMediaId></Music>",
            json!({"title": "", "description": "", "musicurl": "http://m/", "hqmusicurl": "", "thumb_media_id": "THU"}),
        ),
        (
            "<MsgType>news</MsgType><ArticleCount>2</ArticleCount><Articles><item><Title>a</Title></item>\
             <item><Title>b</Title><Url>http://u/</Url></item></Articles>",
            json!({"articles": [{"title": "a", "description": "", "picurl": "", "url": ""},
                                {"title": "b", "description": "", "picurl": "", "url": "http://u/"}]}),
        ),
    ];
    for (fields, expected) in table {
        let body: &'static str = Box::leak(format!("<xml>{head}{fields}</xml>").into_boxed_str());
        let (bench, _receiver) = sandbox(&[Say::Body(body)], "plain").await;
        let media = [("IMG", "image"), ("VOI", "voice"), ("VID", "video"), ("THU", "thumb")];
        let media = media.map(|(id, kind)| json!({"media_id": id, "type": kind}));
        bench.post("/_sandbox/seed", &json!({ "media": media })).await;
        assert_eq!(sends(&bench, "oA", &text("hi")).await, arrived(), "{fields}");
        let received = bench.running.messages(Some("oA")).remove(0);
        let kind = received.body["msgtype"].as_str().unwrap();
        assert_eq!((received.kind, &received.body[kind]), ("message", &expected));
        assert!(received.is_passive, "{received:?}");
        let told = Events::open(&bench, "").await.entries(2).await.remove(1);
        assert_eq!(told["passive"], true, "the page is told so");
        let body = json!({"touser": "oA", "msgtype": kind, kind: expected});
        assert_eq!(bench.get("/_sandbox/messages").await[0]["body"], body, "as a call would have sent it");
    }
    let wrong =
        "<MsgType>news</MsgType><ArticleCount>3</ArticleCount><Articles><item><Title>a</Title></item></Articles>";
    let body: &'static str = Box::leak(format!("<xml>{head}{wrong}</xml>").into_boxed_str());
    let (bench, _receiver) = sandbox(&[Say::Body(body)], "plain").await;
    assert_eq!(sends(&bench, "oA", &text("hi")).await["delivered"], false, "ArticleCount is wrong");
}

#[tokio::test]
async fn who_has_left_is_told_nothing() {
    let reply = "<xml><ToUserName>oA</ToUserName><FromUserName>duoke</FromUserName><CreateTime>1</CreateTime>\
        <MsgType>text</MsgType><Content>hi</Content></xml>";
    let (bench, _receiver) = sandbox(&[Say::Body(reply)], "plain").await;
    let leaves = json!({"MsgType": "event", "Event": "unsubscribe"});
    assert_eq!(sends(&bench, "oA", &leaves).await, arrived());
    assert_eq!(kinds(&bench), [""; 0]);
    let comes = json!({"MsgType": "event", "Event": "subscribe"});
    assert_eq!(sends(&bench, "oA", &comes).await, arrived());
    assert_eq!(kinds(&bench), ["message"]);
}

#[tokio::test]
async fn sessions_are_told_of_and_messages_of_served_users_are_not_pushed() {
    let pair = Pair::start("secure", "xml", None).await;
    let bench = &pair.bench;
    let kf = ["kf1@duoke", "kf2@duoke"].map(|account| json!({"kf_account": account}));
    bench.post("/_sandbox/seed", &json!({ "kf": kf })).await;
    assert_eq!(sends(bench, "oA", &text("1")).await, arrived());
    let call = async |path: &str, body: Value| {
        let path = format!("/customservice/{path}access_token={}", bench.token().await);
        assert_eq!(bench.post(&path, &body).await["errcode"], 0);
    };
    call("kfsession/create?", json!({"kf_account": "kf1@duoke", "openid": "oA"})).await;
    call("kfsession/create?", json!({"kf_account": "kf1@duoke", "openid": "oA"})).await;
    let served = json!({"delivered": false, "attempts": 0});
    assert_eq!(sends(bench, "oA", &text("2")).await, served);
    let click = json!({"MsgType": "event", "Event": "CLICK", "EventKey": "K"});
    assert_eq!(sends(bench, "oA", &click).await, arrived(), "events still come");
    bench.post("/_sandbox/session", &json!({"openid": "oA", "kf_account": "kf2@duoke"})).await;
    bench.post("/_sandbox/clock", &json!({"advance_seconds": 1800})).await;
    assert_eq!(sends(bench, "oA", &text("3")).await, arrived(), "after 30 minutes WeChat no longer waits");
    call("kfsession/close?", json!({"kf_account": "kf2@duoke", "openid": "oA"})).await;
    bench.post("/_sandbox/session", &json!({"openid": "oA", "kf_account": "kf2@duoke"})).await;
    // Receivers know events by their second.
    bench.post("/_sandbox/clock", &json!({"advance_seconds": 1})).await;
    call("kfaccount/del?kf_account=kf2@duoke&", json!({})).await;
    // A user's pushes come in their order: the last one says that all have come.
    assert_eq!(sends(bench, "oA", &text("4")).await, arrived());
    let account = |name: &str| name.to_owned();
    let events: Vec<_> = pair.pushes().into_iter().map(|push| push.inbound).filter(is_of_session).collect();
    let expected = [
        PushEvent::KfCreateSession { kf_account: account("kf1@duoke") },
        PushEvent::KfSwitchSession { from: account("kf1@duoke"), to: account("kf2@duoke") },
        PushEvent::KfCloseSession { kf_account: account("kf2@duoke") },
        PushEvent::KfCreateSession { kf_account: account("kf2@duoke") },
        PushEvent::KfCloseSession { kf_account: account("kf2@duoke") },
    ];
    assert_eq!(events, expected.map(Inbound::Event));
}

fn is_of_session(inbound: &Inbound) -> bool {
    matches!(
        inbound,
        Inbound::Event(
            PushEvent::KfCreateSession { .. } | PushEvent::KfCloseSession { .. } | PushEvent::KfSwitchSession { .. }
        )
    )
}

#[tokio::test]
async fn customers_are_handed_over() {
    for (mode, transfer) in MODES.into_iter().flat_map(|mode| [(mode, "any"), (mode, "kf1@duoke"), (mode, "kf9@duoke")])
    {
        let pair = Pair::start(mode, "xml", Some(transfer)).await;
        let bench = &pair.bench;
        bench.post("/_sandbox/seed", &json!({"kf": [{"kf_account": "kf1@duoke", "online": false}]})).await;
        let click = json!({"MsgType": "event", "Event": "CLICK", "EventKey": "K"});
        assert_eq!(sends(bench, "oA", &click).await, arrived());
        let state = async || {
            let token = bench.token().await;
            let get =
                async |path: &str| bench.get(&format!("/customservice/kfsession/{path}access_token={token}")).await;
            (get("getwaitcase?").await["count"].clone(), get("getsession?openid=oA&").await["kf_account"].clone())
        };
        assert_eq!(state().await, (json!(0), json!("")), "events are not handed over");
        assert_eq!(sends(bench, "oA", &text("1")).await, arrived());
        let expected = if transfer == "kf1@duoke" { (json!(0), json!(transfer)) } else { (json!(1), json!("")) };
        assert_eq!(state().await, expected, "{mode} {transfer}");
        let second = sends(bench, "oA", &text("2")).await;
        assert_eq!(second["delivered"], transfer != "kf1@duoke", "who waits is still pushed");
    }
}

#[tokio::test]
async fn users_are_pushed_beside_each_other_and_each_in_order() {
    let places = Arc::new(Semaphore::new(0));
    let arrived = places.clone();
    let config = SandboxConfig { push_time: Duration::from_secs(30), ..SandboxConfig::default() };
    let bench = Bench::start_with(config).await;
    let hears = move |came: &Came| {
        if came.body.contains("[slow]") {
            arrived.add_permits(1);
        }
    };
    // The first push is never answered.
    let receiver = Scripted::start(&[Say::Nothing, Say::Body("")], hears).await;
    register(&bench, &receiver, "plain").await;
    let send = |openid: &str, content: &str| {
        bench.running.user_sends(openid, text(content).as_object().unwrap()).unwrap();
    };
    send("oA", "[slow]");
    places.acquire().await.unwrap().forget();
    send("oA", "behind");
    for content in ["1", "2", "3"] {
        send("oB", content);
    }
    assert_eq!(sends(&bench, "oB", &text("4")).await["delivered"], true, "the sandbox and other users go on");
    let contents: Vec<_> = receiver.came().iter().map(|came| content_of(&came.body)).collect();
    assert_eq!(contents, ["[slow]", "1", "2", "3", "4"]);
    bench.running.shutdown().await;
}

fn content_of(body: &str) -> String {
    parse_xml(body.as_bytes()).unwrap().text("Content").unwrap().to_owned()
}
