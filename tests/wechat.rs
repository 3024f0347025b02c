//! The client, the outbox and the sandbox together, over loopback.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod wechat_bench;

use std::sync::{Arc, Mutex};

use duoke::{
    outbox::{Delivery, Dispatch, Outbox, Outcome},
    store::{Commit, Filter, Key, Row, SqliteStore, State, Store as _},
    wechat::{
        Article, Call, Client, ClientConfig, Content, Courier, FileError, FitError, LivePictures, MediaType, Message,
        NewsPolicy, PictureError, Planned, Planner, Profile, Secret, SendError, Typing, Unwatched, UploadError,
        WechatError, errcode,
    },
};
use serde_json::{Value, json};
use url::Url;
use wechat_bench::{Bench, PictureServer, capture};

fn text(text: &str) -> Message {
    Message::Text(text.to_owned())
}

fn article(title: &str) -> Article {
    Article {
        title: title.to_owned(),
        description: "<p>摘要 &amp; 说明</p>".to_owned(),
        url: "https://u.example/".to_owned(),
        ..Article::default()
    }
}

#[tokio::test]
async fn text_news_and_image_arrive() {
    let bench = Bench::start(Profile::y2017()).await;
    let pictures = PictureServer::start().await;
    bench.speaks("oA");
    let courier = bench.courier();
    let news = Content::News { articles: vec![article("一"), article("二")] };
    for content in
        [Content::Text { text: "您好".to_owned() }, news, Content::Image { pic_url: pictures.address("/a.png") }]
    {
        for message in courier.plan(&content).unwrap() {
            courier.deliver("oA", None, &message.message, &Unwatched).await.unwrap();
        }
    }
    let messages = bench.get("/_sandbox/messages?openid=oA").await;
    let bodies: Vec<_> = messages.as_array().unwrap().iter().map(|message| message["body"].clone()).collect();
    assert_eq!(bodies[0], json!({"touser": "oA", "msgtype": "text", "text": {"content": "您好"}}));
    let news = json!({"title": "一", "description": "摘要 & 说明", "url": "https://u.example/"});
    assert_eq!(bodies[1]["news"]["articles"][0], news);
    assert_eq!(bodies[1]["news"]["articles"].as_array().unwrap().len(), 2);
    let media_id = bodies[2]["image"]["media_id"].as_str().unwrap();
    let (headers, bytes) = bench.media(media_id).await;
    assert_eq!(bytes, PictureServer::PNG);
    assert!(headers.contains(".png"), "{headers}");
    let members: Vec<_> = messages[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["seq", "time", "openid", "kind", "body"]);
}

#[tokio::test]
async fn every_type_named_by_ids_arrives_as_it_was_given() {
    let bench = Bench::start(Profile::y2025()).await;
    bench.speaks("oA");
    let seeds = json!({
        "mpnews": ["MP"], "articles": ["ART"], "cards": ["CARD"], "media": ["ANY"],
        "kf": [{"kf_account": "kf1@duoke"}],
    });
    bench.post("/_sandbox/seed", &seeds).await;
    let courier = bench.courier();
    for kept in [
        json!({"msgtype": "image_media", "media_id": "ANY"}),
        json!({"msgtype": "voice", "media_id": "ANY"}),
        json!({"msgtype": "video", "media_id": "ANY", "thumb_media_id": "ANY", "title": "题", "description": "述"}),
        json!({"msgtype": "music", "title": "曲", "musicurl": "http://m/a?b=1&c=<2>", "thumb_media_id": "ANY"}),
        json!({"msgtype": "mpnews", "media_id": "MP"}),
        json!({"msgtype": "mpnewsarticle", "article_id": "ART"}),
        json!({"msgtype": "msgmenu", "head_content": "满意吗", "list": [{"id": "1", "content": "满意"}]}),
        json!({"msgtype": "wxcard", "card_id": "CARD"}),
        json!({"msgtype": "miniprogrampage", "title": "t", "appid": "a", "pagepath": "p", "thumb_media_id": "ANY"}),
    ] {
        bench.speaks("oA");
        let content: Content = serde_json::from_value(kept.clone()).unwrap();
        let [Planned { message, .. }] = &courier.plan(&content).unwrap()[..] else { panic!("{kept}") };
        courier.deliver("oA", Some("kf1@duoke"), message, &Unwatched).await.unwrap();
        let mut section = kept.clone();
        section.as_object_mut().unwrap().remove("msgtype");
        let expected = json!({"touser": "oA", "msgtype": content.msgtype(), content.msgtype(): section,
            "customservice": {"kf_account": "kf1@duoke"}});
        assert_eq!(bench.running.messages(None).last().unwrap().body, expected);
    }
    let gone = Content::Voice { media_id: "gone".to_owned() };
    let [Planned { message, .. }] = &courier.plan(&gone).unwrap()[..] else { panic!() };
    let error = courier.deliver("oA", None, message, &Unwatched).await.unwrap_err();
    assert_eq!(error.errcode(), Some(40007));
}

#[tokio::test]
async fn typing_is_shown_and_cancelled() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    let client = bench.client();
    client.typing("oA", Typing::Typing).await.unwrap();
    let again = client.typing("oA", Typing::Typing).await.unwrap_err();
    assert_eq!((again.errcode(), again.action()), (Some(45081), Some(errcode::Action::Typing)));
    client.typing("oA", Typing::Cancel).await.unwrap();
    let received = bench.running.messages(Some("oA"));
    let shown: Vec<_> = received.iter().map(|one| (one.kind, one.body.clone())).collect();
    let state = |command: &str| ("typing", json!({"touser": "oA", "command": command}));
    assert_eq!(shown, [state("Typing"), state("CancelTyping")]);
}

#[tokio::test]
async fn media_go_up_and_come_down() {
    let bench = Bench::start(Profile::y2025()).await;
    bench.speaks("oA");
    let client = bench.client();
    for (kind, bytes, extension, content_type) in [
        (MediaType::Voice, b"#!AMR\n\x3c".as_slice(), "amr", "audio/amr"),
        (MediaType::Video, b"\0\0\0\x18ftypmp42", "mp4", "video/mp4"),
        (MediaType::Thumb, b"\xff\xd8\xff\xe0", "jpg", "image/jpeg"),
        (MediaType::Image, PictureServer::PNG, "png", "image/png"),
    ] {
        let media_id = client.upload(kind, bytes).await.unwrap();
        let down = client.download(&media_id).await.unwrap();
        assert_eq!((down.bytes.as_slice(), down.file_name), (bytes, format!("{media_id}.{extension}")));
        assert_eq!(down.content_type, content_type);
    }
    let calls = bench.calls(Call::Upload).await;
    let wrong = client.upload(MediaType::Voice, b"RIFF....WAVE").await.unwrap_err();
    assert!(matches!(wrong, UploadError::File(FileError::Format { .. })), "{wrong}");
    assert_eq!(bench.calls(Call::Upload).await, calls, "WeChat was not asked");
    let gone = client.download("gone").await.unwrap_err();
    assert_eq!(gone.errcode(), Some(40007));
    bench.post("/_sandbox/expire-token", &json!({})).await;
    assert_eq!(client.download("gone").await.unwrap_err().errcode(), Some(40007), "after a refresh");
}

#[tokio::test]
async fn accounts_sessions_and_records() {
    let bench = Bench::start(Profile::y2025()).await;
    bench.speaks("oA");
    let client = bench.client();
    client.kf_add("kf1@duoke", "一", Some(&Secret::new("0".repeat(32)))).await.unwrap();
    assert_eq!(client.kf_add("kf1@duoke", "一", None).await.unwrap_err().errcode(), Some(65406));
    client.kf_update("kf1@duoke", "二", None).await.unwrap();
    client.kf_avatar("kf1@duoke", b"\xff\xd8\xff\xe0").await.unwrap();
    let picture = client.kf_avatar("kf1@duoke", PictureServer::PNG).await.unwrap_err();
    assert!(matches!(picture, UploadError::File(_)), "{picture}");
    client.kf_invite("kf1@duoke", "wei_xin").await.unwrap();
    let [account] = &client.kf_list().await.unwrap()[..] else { panic!() };
    let shown = [&account.kf_account, &account.kf_nick, &account.kf_id, &account.invite_wx, &account.invite_status];
    assert_eq!(shown, ["kf1@duoke", "二", "1001", "wei_xin", "waiting"]);
    assert_eq!(client.session_create("kf1@duoke", "oA").await.unwrap_err().errcode(), Some(65402));
    bench.post("/_sandbox/seed", &json!({"kf": [{"kf_account": "kf2@duoke"}], "waiting": ["oA", "oB"]})).await;
    client.session_create("kf2@duoke", "oA").await.unwrap();
    assert_eq!(client.session_of_user("oA").await.unwrap().kf_account, "kf2@duoke");
    assert_eq!(client.sessions_of_account("kf2@duoke").await.unwrap()[0].openid, "oA");
    let [online] = &client.kf_online().await.unwrap()[..] else { panic!() };
    assert_eq!((online.kf_account.as_str(), online.status, online.accepted_case), ("kf2@duoke", 1, 1));
    let waiting = client.waiting().await.unwrap();
    assert_eq!((waiting.count, waiting.waitcaselist[0].openid.as_str()), (1, "oB"));
    client.session_close("kf2@duoke", "oA").await.unwrap();
    assert_eq!(client.session_of_user("oA").await.unwrap().kf_account, "");
    client.kf_delete("kf2@duoke").await.unwrap();
    assert_eq!(client.kf_list().await.unwrap().len(), 1);

    let courier = bench.courier();
    for n in 0..5 {
        courier.deliver("oA", None, &text(&n.to_string()), &Unwatched).await.unwrap();
    }
    let now = bench.running.messages(None)[0].time / 1000;
    let mut records = client.records(now - 60, now + 60).by(2);
    let mut pages = Vec::new();
    while let Some(page) = records.next().await.unwrap() {
        pages.push(page.into_iter().map(|record| record.text).collect::<Vec<_>>());
    }
    assert_eq!(pages, [vec!["hi", "0"], vec!["1", "2"], vec!["3", "4"], vec![]]);
    let long = client.records(0, 86_401).next().await.unwrap_err();
    assert_eq!(long.errcode(), Some(65417));
}

#[tokio::test]
async fn the_bytes_on_the_wire() {
    let answers = &[r#"{"access_token":"T+/1","expires_in":7200}"#, r#"{"errcode":0,"errmsg":"ok"}"#];
    let (address, requests) = capture(answers).await;
    let base_url = Url::parse(&format!("{address}/prefix/")).unwrap();
    let client = Client::new(ClientConfig::new(base_url, "wx1", Secret::new("hush"))).unwrap();
    let courier = Courier::new(client, Arc::new(LivePictures::new(true).unwrap()));
    let sent = "汉字 <a href=\"http://x/?a=1&b=2\">link</a> 😀 \u{2028}";
    courier.deliver("oA", Some("kf1@gh"), &text(sent), &Unwatched).await.unwrap();
    let requests: Vec<String> =
        requests.await.unwrap().into_iter().map(|raw| String::from_utf8(raw).unwrap()).collect();
    assert!(requests[0].starts_with("POST /prefix/cgi-bin/stable_token HTTP/1.1\r\n"), "{}", requests[0]);
    let line = "POST /prefix/cgi-bin/message/custom/send?access_token=T%2B%2F1 HTTP/1.1\r\n";
    assert!(requests[1].starts_with(line), "{}", requests[1]);
    let body = "{\"touser\":\"oA\",\"msgtype\":\"text\",\"text\":{\"content\":\"汉字 \
        <a href=\\\"http://x/?a=1&b=2\\\">link</a> 😀 \u{2028}\"},\"customservice\":{\"kf_account\":\"kf1@gh\"}}";
    assert!(requests[1].ends_with(&format!("\r\n\r\n{body}")), "{}", requests[1]);
}

#[tokio::test]
async fn an_answer_without_an_errcode_is_not_wechat_s() {
    let answers = &[r#"{"access_token":"T","expires_in":7200}"#, r#"{"error":"login"}"#];
    let (address, _requests) = capture(answers).await;
    let base_url = Url::parse(&format!("{address}/")).unwrap();
    let client = Client::new(ClientConfig::new(base_url, "wx1", Secret::new("hush"))).unwrap();
    let courier = Courier::new(client, Arc::new(LivePictures::new(true).unwrap()));
    let SendError::Wechat(error) = courier.deliver("oA", None, &text("x"), &Unwatched).await.unwrap_err() else {
        panic!("the call failed")
    };
    assert!(matches!(error, WechatError::NotJson { .. }) && error.may_have_been_sent(), "{error}");
}

#[tokio::test]
async fn one_refresh_for_twenty_senders() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    let courier = bench.courier();
    courier.deliver("oA", None, &text("first"), &Unwatched).await.unwrap();
    bench.post("/_sandbox/expire-token", &json!({})).await;
    let mut senders = tokio::task::JoinSet::new();
    for n in 0..20 {
        let courier = courier.clone();
        senders.spawn(async move { courier.deliver("oA", None, &text(&n.to_string()), &Unwatched).await });
    }
    for sent in senders.join_all().await {
        sent.unwrap();
    }
    assert_eq!(bench.running.messages(Some("oA")).len(), 21);
    let stats = bench.get("/_sandbox/stats").await;
    assert_eq!(stats["calls"]["/cgi-bin/stable_token"], 2, "{stats}");
    assert_eq!(stats["tokens"]["stable_token"], 2);
}

#[tokio::test]
async fn a_token_refused_twice_is_not_tried_a_third_time() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    for code in [40001, 40014, 42001] {
        bench.fault(json!({"path": Call::Send.path(), "count": 2, "errcode": code})).await;
        let before = bench.calls(Call::Send).await;
        let error = bench.courier().deliver("oA", None, &text("x"), &Unwatched).await.unwrap_err();
        assert_eq!(error.errcode(), Some(code));
        assert_eq!(bench.calls(Call::Send).await - before, 2);
    }
}

#[tokio::test]
async fn a_token_somebody_else_replaced_is_forced_out() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    let courier = bench.courier();
    courier.deliver("oA", None, &text("a"), &Unwatched).await.unwrap();
    // WeChat calls the token wrong although stable_token goes on handing it out.
    bench.fault(json!({"path": Call::Send.path(), "errcode": 40001})).await;
    courier.deliver("oA", None, &text("b"), &Unwatched).await.unwrap();
    assert_eq!(bench.running.stats()["tokens"]["stable_token"], 2);
    assert_eq!(bench.calls(Call::StableToken).await, 3, "the first, the same again, a forced one");
}

#[tokio::test]
async fn wrong_accounts_are_configuration_errors() {
    let bench = Bench::start(Profile::y2017()).await;
    for (app_id, secret, code) in [("wxother", "s", 40013), (bench.app_id(), "hush-hush", 40125)] {
        let config = ClientConfig::new(bench.base_url(), app_id, Secret::new(secret));
        let error = Client::new(config).unwrap().stable_token().await.unwrap_err();
        assert!(matches!(&error, WechatError::Configuration { errcode, .. } if *errcode == code), "{error}");
        assert!(!format!("{error} {error:?} {}", error.hint()).contains("hush"));
        assert!(error.hint().contains("DUOKE_APP_"), "{}", error.hint());
    }
}

#[tokio::test]
async fn what_the_wire_does_is_told_apart() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    let courier = bench.courier();
    let path = Call::Send.path();
    let table = [
        (json!({"path": path, "status": 502}), "status", true, 0),
        (json!({"path": path, "status": 404}), "status", false, 0),
        (json!({"path": path, "drop": "before"}), "no answer", true, 0),
        (json!({"path": path, "drop": "after"}), "no answer", true, 1),
        (json!({"path": path, "errcode": 45047}), "refused", false, 0),
        (json!({"path": Call::StableToken.path(), "status": 200}), "not json", false, 0),
    ];
    for (fault, expected, may_have_arrived, arrived) in table {
        if fault["path"] != path {
            bench.post("/_sandbox/expire-token", &json!({})).await;
        }
        let before = bench.running.messages(Some("oA")).len();
        bench.fault(fault.clone()).await;
        let SendError::Wechat(error) = courier.deliver("oA", None, &text("x"), &Unwatched).await.unwrap_err() else {
            panic!("{fault}")
        };
        let kind = match &error {
            WechatError::Status { .. } => "status",
            WechatError::NoAnswer { timed_out: false, .. } => "no answer",
            WechatError::Refused { .. } => "refused",
            WechatError::NotJson { .. } => "not json",
            _ => "other",
        };
        assert_eq!((kind, error.may_have_been_sent()), (expected, may_have_arrived), "{fault}: {error}");
        assert_eq!(bench.running.messages(Some("oA")).len() - before, arrived, "{fault}");
        assert!(!error.to_string().contains("access_token="), "{error}");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let bench = Bench::start(Profile::y2017()).await;
    let base_url = bench.base_url();
    bench.running.shutdown().await;
    let config = ClientConfig::new(base_url, "wx1", Secret::new("s"));
    let error = Client::new(config).unwrap().stable_token().await.unwrap_err();
    assert!(matches!(error, WechatError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_late_answer_is_an_unknown_outcome() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    let mut config = bench.client_config();
    config.call_timeout = std::time::Duration::from_millis(200);
    let client = Client::new(config).unwrap();
    client.stable_token().await.unwrap();
    bench.fault(json!({"path": Call::Send.path(), "delay_ms": 600_000})).await;
    let courier = Courier::new(client, Arc::new(LivePictures::new(true).unwrap()));
    let error = courier.deliver("oA", None, &text("x"), &Unwatched).await.unwrap_err();
    assert!(matches!(error, SendError::Wechat(WechatError::NoAnswer { timed_out: true, .. })), "{error}");
}

#[tokio::test]
async fn one_upload_for_two_sends_until_the_media_ends() {
    let bench = Bench::start(Profile::y2017()).await;
    let pictures = PictureServer::start().await;
    bench.speaks("oA");
    let courier = bench.courier();
    let image = Message::Image(Url::parse(&pictures.address("/a.png")).unwrap());
    let first = courier.deliver("oA", None, &image, &Unwatched).await.unwrap();
    let second = courier.deliver("oA", None, &image, &Unwatched).await.unwrap();
    assert_eq!(first.media_id, second.media_id);
    assert_eq!(bench.calls(Call::Upload).await, 1);
    // WeChat forgets the media while the client still counts on it: uploaded again, sent once.
    bench.post("/_sandbox/clock", &json!({"advance_seconds": 3 * 24 * 3600})).await;
    bench.speaks("oA");
    courier.deliver("oA", None, &image, &Unwatched).await.unwrap();
    assert_eq!(bench.calls(Call::Upload).await, 2);
    assert_eq!(bench.running.messages(Some("oA")).len(), 3);
}

#[tokio::test]
async fn pictures_that_are_none() {
    let bench = Bench::start(Profile::y2017()).await;
    let pictures = PictureServer::start().await;
    bench.speaks("oA");
    let courier = bench.courier();
    let refusal = async |path: &str| {
        let image = Message::Image(Url::parse(&pictures.address(path)).unwrap());
        let Err(SendError::Picture(error)) = courier.deliver("oA", None, &image, &Unwatched).await else {
            panic!("{path}")
        };
        error
    };
    assert!(matches!(refusal("/page").await, PictureError::Unfit { error: FitError::Format, .. }));
    assert!(matches!(refusal("/nothing").await, PictureError::Status { status: 404, .. }));
    assert!(matches!(refusal("/large").await, PictureError::Unfit { error: FitError::Broken { .. }, .. }));
    assert!(matches!(refusal("/loop").await, PictureError::Redirects { .. }));
    assert!(matches!(refusal("/to-file").await, PictureError::Scheme { .. }));
    assert_eq!(bench.calls(Call::Upload).await, 0);
    let moved = Message::Image(Url::parse(&pictures.address("/moved")).unwrap());
    courier.deliver("oA", None, &moved, &Unwatched).await.unwrap();
    let guarded = Courier::new(bench.client(), Arc::new(LivePictures::new(false).unwrap()));
    let error = guarded.deliver("oA", None, &moved, &Unwatched).await.unwrap_err();
    assert!(matches!(error, SendError::Picture(PictureError::Private { .. })), "{error}");
}

#[tokio::test]
async fn news_over_the_limit() {
    let nine = Content::News { articles: (0..9).map(|n| article(&n.to_string())).collect() };
    let table = [
        (Profile::y2017(), NewsPolicy::Split, vec![8, 1]),
        (Profile::y2017(), NewsPolicy::First, vec![8]),
        (Profile::y2025(), NewsPolicy::First, vec![1]),
    ];
    for (profile, policy, expected) in table {
        let bench = Bench::start(profile).await;
        bench.speaks("oA");
        let courier = bench.courier().with_planner(Planner { news: policy, ..Planner::new(profile) });
        for message in courier.plan(&nine).unwrap() {
            courier.deliver("oA", None, &message.message, &Unwatched).await.unwrap();
        }
        let articles = |body: &Value| body["news"]["articles"].as_array().unwrap().len();
        let counts: Vec<_> = bench.running.messages(None).iter().map(|message| articles(&message.body)).collect();
        assert_eq!(counts, expected, "{} {policy:?}", profile.name);
    }
}

async fn deliver(bench: &Bench, rows: Vec<Row>) -> (Outbox, Vec<Delivery>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&seen);
    let dispatch = Dispatch::new(Arc::new(bench.courier()), Arc::new(move |one| tell.lock().unwrap().push(one)));
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let account = store.account("wx", "sandbox").get().await.unwrap();
    store.commit(Commit { account: Some(account), rows, ..Commit::default() }).get().await.unwrap();
    let outbox = Outbox::new(store, account);
    outbox.deliver(&dispatch).await.unwrap();
    let seen = seen.lock().unwrap().clone();
    (outbox, seen)
}

fn rows(count: u32, openid: &str) -> Vec<Row> {
    let content = |n: u32| Content::Text { text: format!("m{n}") };
    (0..count).map(|n| Row::new(Key::new("s", "p", n), "wx", openid, content(n), 0)).collect()
}

#[tokio::test]
async fn the_outbox_stops_at_the_window_s_end() {
    let bench = Bench::start(Profile::y2025()).await;
    bench.speaks("oA");
    let (outbox, seen) = deliver(&bench, rows(7, "oA")).await;
    let summary = outbox.summary().await.unwrap();
    assert_eq!((summary.sent, summary.parked, summary.needs_attention()), (5, 2, true));
    assert_eq!((seen[5].outcome, seen[5].errcode), (Outcome::Parked, Some(45047)));
    assert_eq!(bench.running.messages(Some("oA")).len(), 5);

    let (outbox, seen) = deliver(&bench, rows(1, "oStranger")).await;
    assert_eq!((outbox.summary().await.unwrap().dead, seen[0].errcode), (1, Some(40003)));

    bench.post("/_sandbox/clock", &json!({"advance_seconds": 48 * 3600})).await;
    let (_, seen) = deliver(&bench, rows(1, "oA")).await;
    assert_eq!((seen[0].state, seen[0].errcode), (State::Parked, Some(45015)));
}

#[tokio::test]
async fn a_cut_connection_leaves_one_row_unknown_and_the_rest_goes_on() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    bench.fault(json!({"path": Call::Send.path(), "drop": "after"})).await;
    let (outbox, _) = deliver(&bench, rows(3, "oA")).await;
    let listed = outbox.store().list(Filter::default(), 0, 10).get().await.unwrap();
    let states: Vec<_> = listed.iter().map(|listed| listed.row.state).collect();
    assert_eq!(states, [State::Unknown, State::Sent, State::Sent]);
    let texts: Vec<_> =
        bench.running.messages(None).iter().map(|message| message.body["text"]["content"].clone()).collect();
    assert_eq!(texts, ["m0", "m1", "m2"], "nothing twice");
}

#[tokio::test]
async fn every_code_of_the_table_is_explained() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    for row in errcode::all() {
        // One whose token was not forced out just now.
        let client = bench.client();
        client.stable_token().await.unwrap();
        let tries = if matches!(row.code, 40001 | 40014 | 42001 | 41001) { 2 } else { 1 };
        bench.fault(json!({"path": Call::Send.path(), "count": tries, "errcode": row.code})).await;
        let error = client.send(&json!({"touser": "oA"}), &Unwatched).await.unwrap_err();
        assert_eq!(error.errcode(), Some(row.code));
        assert_eq!(error.action(), Some(row.action), "{}", row.code);
        let shown = error.to_string();
        assert!(shown.contains(row.phrase) && shown.contains(row.meaning) && shown.contains(" rid: "), "{shown}");
        assert!(!error.hint().is_empty());
    }
}
