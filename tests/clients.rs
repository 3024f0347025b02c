//! Clients of WeChat that other people wrote, against the sandbox: what each sees, and what arrives. They are pinned in
//! `tests/clients` and installed by `scripts/test`; `tests/clients/README.md` says what each brings along.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "clients/crypto.rs"]
mod crypto;
#[path = "clients/driver.rs"]
mod driver;
#[path = "clients/robot.rs"]
mod robot;
mod wechat_bench;

use driver::{Driver, Told};
use duoke::wechat::Profile;
use serde_json::{Value, json};
use wechat_bench::Bench;

/// The text each driver sends: quotes, backslashes, a letter and a sign beyond ASCII, two lines.
const TEXT: &str = "您好 \"<a href=\\\"http://a/\\\">é</a>\" 😀\n第二行";

/// Refused in every driver's run, in the words of 2025, where it has the step.
const REFUSED: &[(&str, i64)] = &[
    ("upload no picture", 40005),
    ("download nothing", 40007),
    ("send link", 40008),
    ("typing again", 45081),
    ("kf add again", 65406),
    ("kf avatar no jpeg", 61457),
    ("kf invite again", 65411),
    ("kf delete again", 65401),
    ("session close again", 65413),
    ("session not bound", 65402),
    ("records of two days", 65417),
    ("records of 2014", 40066),
    ("expired", 42001),
    ("stranger", 40003),
    ("quota", 45009),
    ("to B 6", 45047),
    ("too late", 45015),
    ("wrong secret", 40125),
];

/// A sandbox of 2025 with all that the drivers name: A has paid and may be sent anything, B has only written.
async fn sandbox() -> Bench {
    let bench = Bench::start(Profile::y2025()).await;
    bench.speaks("oA");
    bench.speaks("oB");
    bench.post("/_sandbox/users/oA/send", &json!({"MsgType": "event", "Event": "payment"})).await;
    let seeds = json!({
        "mpnews": ["MP"], "articles": ["ART"], "cards": ["CARD"], "waiting": ["oW"],
        "kf": [{"kf_account": "on@duoke", "nickname": "在"}, {"kf_account": "off@duoke", "nickname": "不在", "bound": false}],
    });
    bench.post("/_sandbox/seed", &seeds).await;
    bench
}

/// Runs a driver; what is refused is so with the client's own exception, and nothing else is.
async fn run(bench: &Bench, driver: Driver, exception: &str) -> Told {
    let ready = bench.running.ready().clone();
    let told = driver.run(&[&ready.listening, &ready.app_id, &ready.app_secret]).await;
    for (step, outcome) in &told.0 {
        let refused = REFUSED.iter().find(|(name, _)| name == step);
        match (refused, outcome) {
            (None, Ok(value)) => {
                let is_call = ["send", "typing", "kf add", "kf update", "kf avatar", "kf invite", "kf delete", "to B"];
                if is_call.iter().any(|call| step.starts_with(call)) {
                    assert_eq!(value, &json!({"errcode": 0, "errmsg": "ok"}), "{step}");
                }
            }
            (Some((_, code)), Err(error)) => {
                assert_eq!(error["code"], json!(code), "{step}: {error}");
                let limited = *code == 45009 && error["class"] == "APILimitedException";
                assert!(error["class"] == exception || limited, "{step}: {error}");
                assert!(error["message"].as_str().unwrap().contains(" rid: "), "{step}: {error}");
            }
            _ => panic!("{step}: {outcome:?}"),
        }
    }
    told
}

/// What A and B received, without the typing.
fn received(bench: &Bench, openid: &str) -> Vec<Value> {
    let all = bench.running.messages(Some(openid)).into_iter().filter(|one| one.kind == "message");
    all.map(|one| one.body).collect()
}

/// A message of this type to A.
fn to_a(kind: &str, section: &Value) -> Value {
    json!({"touser": "oA", "msgtype": kind, kind: section})
}

fn menu() -> Value {
    let list = json!([{"id": "1", "content": "好"}, {"id": "2", "content": "不好"}]);
    to_a("msgmenu", &json!({"head_content": "满意吗？", "list": list, "tail_content": "谢谢"}))
}

/// What all three send alike, with the ids that the sandbox gave each.
struct Sent {
    image: Value,
    voice: Value,
    thumb: String,
    video: String,
    news: Value,
    music: Value,
    page: Value,
}

impl Sent {
    fn of(told: &Told) -> Self {
        let [image, voice, video, thumb] = ["image", "voice", "video", "thumb"].map(|kind| told.media_id(kind));
        let page = json!({"title": "小程序", "appid": "wx1", "pagepath": "pages/a?b=c", "thumb_media_id": image});
        let article = json!({"title": "标题", "description": "摘要", "url": "http://a/", "picurl": "http://a/b.png"});
        let music = json!({"musicurl": "http://a/m.mp3", "hqmusicurl": "http://a/h.mp3", "thumb_media_id": thumb,
            "title": "歌", "description": "词"});
        Self {
            image: to_a("image", &json!({"media_id": image})),
            voice: to_a("voice", &json!({"media_id": voice})),
            news: to_a("news", &json!({"articles": [article]})),
            music: to_a("music", &music),
            page: to_a("miniprogrampage", &page),
            thumb,
            video,
        }
    }

    /// The picture, sent as an agent.
    fn image_by_agent(&self) -> Value {
        let mut image = self.image.clone();
        image["customservice"] = json!({"kf_account": "on@duoke"});
        image
    }

    fn titled_video(&self) -> Value {
        to_a("video", &json!({"media_id": self.video, "title": "片名", "description": "说明"}))
    }
}

fn text(content: &str) -> Value {
    to_a("text", &json!({"content": content}))
}

fn five_to_b() -> Vec<Value> {
    let text = |number: u32| json!({"touser": "oB", "msgtype": "text", "text": {"content": number.to_string()}});
    (1..=5).map(text).collect()
}

/// The members that matter of what every driver is told of accounts, sessions and records.
fn check_desk(told: &Told, list: &Value, online: &Value) {
    let named = |list: &Value| {
        let names = list.as_array().unwrap().iter().map(|kf| kf["kf_account"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(named(list), ["on@duoke", "off@duoke", "new@duoke"]);
    assert_eq!((&list[2]["kf_nick"], &list[2]["invite_wx"]), (&json!("小李"), &json!("wx_person")));
    assert!(list[2]["kf_headimgurl"].as_str().unwrap().starts_with("http://"), "{list}");
    assert_eq!(online, &json!([{"kf_account": "on@duoke", "status": 1, "kf_id": "1001", "accepted_case": 0}]));
    let records = told.value("records");
    let said: Vec<_> = records["recordlist"].as_array().unwrap().iter().map(|record| &record["text"]).collect();
    // The two customers wrote first.
    assert_eq!(said[..4], [&json!("hi"), &json!("hi"), &json!(TEXT), &json!("[image]")]);
    assert_eq!(records["number"], json!(said.len()));
}

#[tokio::test]
async fn wechatpy() {
    let bench = sandbox().await;
    let told = run(&bench, Driver::python("run_wechatpy.py"), "WeChatClientException").await;
    let sent = Sent::of(&told);
    let (image_by_agent, titled_video) = (sent.image_by_agent(), sent.titled_video());
    let expected = [
        text(TEXT),
        image_by_agent,
        sent.voice,
        titled_video,
        sent.music,
        sent.news,
        to_a("mpnews", &json!({"media_id": "MP"})),
        to_a("wxcard", &json!({"card_id": "CARD"})),
        sent.page,
        menu(),
        to_a("mpnewsarticle", &json!({"article_id": "ART"})),
        text("又来了"),
    ];
    assert_eq!(received(&bench, "oA"), expected);
    assert_eq!(received(&bench, "oB"), five_to_b());
    assert_eq!(told.value("download"), &json!({"type": "image/png", "bytes": driver::PNG.len()}));
    assert_eq!(told.value("stable token")["expires_in"], 7200);
    check_desk(&told, told.value("kf list"), told.value("kf online"));
    assert_eq!(told.value("session of user")["kf_account"], "on@duoke");
    assert_eq!(told.value("sessions of account")[0]["openid"], "oA");
    assert_eq!(told.value("waiting")["waitcaselist"][0]["openid"], "oW");
    let stats = bench.running.stats();
    // At first, renewed by itself, by hand, when the window was over.
    assert_eq!(stats["tokens"], json!({"token": 4, "stable_token": 1}));
}

#[tokio::test]
async fn werobot() {
    let bench = sandbox().await;
    let told = run(&bench, Driver::python("run_werobot.py"), "ClientException").await;
    let sent = Sent::of(&told);
    let (image_by_agent, titled_video) = (sent.image_by_agent(), sent.titled_video());
    let expected = [
        text(TEXT),
        image_by_agent,
        sent.voice,
        titled_video,
        sent.music,
        sent.news,
        to_a("mpnews", &json!({"media_id": "MP"})),
        sent.page,
        menu(),
        to_a("wxcard", &json!({"card_id": "CARD"})),
        text("又来了"),
    ];
    assert_eq!(received(&bench, "oA"), expected);
    assert_eq!(received(&bench, "oB"), five_to_b());
    assert_eq!(told.value("download"), &json!({"type": "image/png", "bytes": driver::PNG.len()}));
    check_desk(&told, &told.value("kf list")["kf_list"], &told.value("kf online")["kf_online_list"]);
    assert_eq!(told.value("waiting")["waitcaselist"][0]["openid"], "oW");
}

#[tokio::test]
async fn co_wechat_api() {
    let bench = sandbox().await;
    let told = run(&bench, Driver::node("run_co_wechat_api.js"), "WeChatAPIError").await;
    let sent = Sent::of(&told);
    let expected = [
        text(TEXT),
        sent.image,
        sent.voice,
        to_a("video", &json!({"media_id": sent.video, "thumb_media_id": sent.thumb})),
        sent.music,
        sent.news,
        to_a("mpnews", &json!({"media_id": "MP"})),
        to_a("wxcard", &json!({"card_id": "CARD"})),
        sent.page,
        menu(),
        text("又来了"),
    ];
    assert_eq!(received(&bench, "oA"), expected);
    assert_eq!(received(&bench, "oB"), five_to_b());
    assert_eq!(told.value("download"), &json!({"bytes": driver::PNG.len()}));
    check_desk(&told, &told.value("kf list")["kf_list"], &told.value("kf online")["kf_online_list"]);
}
