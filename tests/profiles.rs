//! Every limit of every profile, crossed: what lies at the limit is taken, what lies one beyond is refused in WeChat's
//! words (wechat-api.md §1, Limits; Profiles). Time is the sandbox's own, to the millisecond.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "profiles/ours.rs"]
mod ours;
#[path = "profiles/phone.rs"]
mod phone;
mod wechat_bench;

use duoke::{
    base::limits::{MEDIA_LIFE_MS, TYPING_AFTER_MS, TYPING_LIFE_MS},
    sandbox::{Quotas, SandboxConfig},
    session::window::{Allowance, Trigger},
    wechat::{KfRefusals, MediaType, NewsOver, Nickname, Profile},
};
use phone::{Phone, media};
use serde_json::{Value, json};

const MINUTE_MS: i64 = 60_000;
/// A token's life, and how long a replaced one goes on (API_Call_Limits; api_getstableaccesstoken).
const TOKEN_LIFE_MS: i64 = 120 * MINUTE_MS;
const OVERLAP_MS: i64 = 5 * MINUTE_MS;

/// What a user does, and what it counts as.
const ACTIONS: &[(&str, Trigger)] = &[
    (r#"{"MsgType":"text","Content":"x"}"#, Trigger::Message),
    (r#"{"MsgType":"location","Location_X":"1","Location_Y":"1","Scale":"1","Label":"x"}"#, Trigger::Message),
    (r#"{"MsgType":"event","Event":"CLICK","EventKey":"K"}"#, Trigger::Menu),
    (
        r#"{"MsgType":"event","Event":"scancode_push","EventKey":"K","ScanCodeInfo":{"ScanType":"qrcode","ScanResult":"1"}}"#,
        Trigger::Menu,
    ),
    (
        r#"{"MsgType":"event","Event":"scancode_waitmsg","EventKey":"K","ScanCodeInfo":{"ScanType":"qrcode","ScanResult":"1"}}"#,
        Trigger::Menu,
    ),
    (r#"{"MsgType":"text","Content":"x","bizmsgmenuid":"1"}"#, Trigger::Menu),
    (r#"{"MsgType":"event","Event":"subscribe"}"#, Trigger::Subscribe),
    (r#"{"MsgType":"event","Event":"SCAN","EventKey":"1","Ticket":"T"}"#, Trigger::Scan),
    // WeChat pushes nothing of this kind; the sandbox has it so that it can be played.
    (r#"{"MsgType":"event","Event":"payment"}"#, Trigger::Payment),
];

/// More messages than any limit there is; where there is none, as many are sent.
const MANY: u32 = 50;

fn articles(count: usize) -> Value {
    let article = json!({"title": "t", "description": "d", "url": "http://u/", "picurl": "http://u/p.png"});
    json!({"msgtype": "news", "news": {"articles": vec![article; count]}})
}

fn text(bytes: usize) -> Value {
    json!({"msgtype": "text", "text": {"content": "a".repeat(bytes)}})
}

/// wechat-api.md, Profiles, in its words: what the tests below cross.
#[test]
fn the_limits_of_the_contract() {
    let allowance = |Allowance { sends, window_ms }: Allowance| {
        let sends = sends.map_or_else(|| "unlimited".to_owned(), |sends| sends.to_string());
        format!("{sends} in {} min", window_ms / MINUTE_MS)
    };
    let mib = |bytes: usize| bytes / (1024 * 1024);
    let row = |p: Profile| {
        format!(
            "{}: {} articles {:?}, message {}, click {}, payment {}, {} accounts {:?}, text {}, {}/{} MB {} s/{} MB/{} KB, {}",
            p.name,
            p.news_articles_max,
            p.news_over,
            allowance(p.after_message),
            allowance(p.after_click),
            allowance(p.after_payment),
            p.kf_accounts_max,
            p.kf_nickname,
            p.text_bytes_max,
            mib(p.image_bytes_max),
            mib(p.voice_bytes_max),
            p.voice_ms_max / 1_000,
            mib(p.video_bytes_max),
            p.thumb_bytes_max / 1024,
            p.ip_refused,
        )
    };
    let expected = [
        "2017: 8 articles Silence, message unlimited in 2880 min, click unlimited in 2880 min, payment unlimited in 2880 min, \
         10 accounts Columns(12), text 2048, 2/2 MB 60 s/10 MB/64 KB, 40164",
        "2021: 1 articles Refuse, message 20 in 2880 min, click 3 in 1 min, payment 20 in 2880 min, \
         100 accounts Characters(16), text 2048, 10/2 MB 60 s/10 MB/64 KB, 40164",
        "2025: 1 articles Refuse, message 5 in 2880 min, click 3 in 1 min, payment unlimited in 2880 min, \
         100 accounts Characters(16), text 2048, 10/2 MB 60 s/10 MB/64 KB, 61004",
    ];
    assert_eq!(Profile::ALL.map(row), expected);
}

#[tokio::test]
async fn articles_of_a_message() {
    for profile in Profile::ALL {
        let phone = Phone::of(profile).await;
        let limit = profile.news_articles_max;
        let seeds =
            json!({"mpnews": [{"media_id": "AT", "articles": limit}, {"media_id": "OVER", "articles": limit + 1}]});
        phone.bench.post("/_sandbox/seed", &seeds).await;
        let mpnews = |media_id: &str| json!({"msgtype": "mpnews", "mpnews": {"media_id": media_id}});
        for (at, over) in [(articles(limit), articles(limit + 1)), (mpnews("AT"), mpnews("OVER"))] {
            phone.acts(ACTIONS[0].0).await;
            let before = phone.received();
            phone.send(&at).await.taken();
            assert_eq!(phone.received(), before + 1, "{}", profile.name);
            match profile.news_over {
                NewsOver::Silence => phone.send(&over).await.taken(),
                NewsOver::Refuse => phone.send(&over).await.refused(45008),
            }
            assert_eq!(phone.received(), before + 1, "{}: nothing is delivered either way", profile.name);
        }
    }
}

#[tokio::test]
async fn messages_after_each_action_and_for_how_long() {
    for profile in Profile::ALL {
        for (action, trigger) in ACTIONS {
            let phone = Phone::of(profile).await;
            let Allowance { sends, window_ms } = profile.allowances().of(*trigger);
            phone.acts(action).await;
            for _ in 0..sends.unwrap_or(MANY) {
                phone.send(&text(1)).await.taken();
            }
            phone.wait(window_ms - 1).await;
            match sends {
                Some(_) => phone.send(&text(1)).await.refused(45047),
                None => phone.send(&text(1)).await.taken(),
            }
            phone.wait(1).await;
            phone.send(&text(1)).await.refused(45015);
            phone.acts(action).await;
            phone.send(&text(1)).await.taken();
        }
    }
}

#[tokio::test]
async fn actions_that_allow_nothing() {
    let phone = Phone::of(Profile::y2017()).await;
    for action in [
        r#"{"MsgType":"event","Event":"VIEW","EventKey":"http://u/"}"#,
        r#"{"MsgType":"event","Event":"LOCATION","Latitude":"1","Longitude":"1","Precision":"1"}"#,
        r#"{"MsgType":"event","Event":"unsubscribe"}"#,
    ] {
        phone.acts(action).await;
        phone.send(&text(1)).await.refused(45015);
    }
}

#[tokio::test]
async fn bytes_of_a_text() {
    for profile in Profile::ALL {
        let phone = Phone::of(profile).await;
        phone.acts(ACTIONS[0].0).await;
        let limit = profile.text_bytes_max;
        phone.send(&text(limit)).await.taken();
        phone.send(&text(limit + 1)).await.refused(45002);
        // Bytes, not characters.
        let characters = "汉".repeat(limit / 3);
        phone.send(&json!({"msgtype": "text", "text": {"content": characters}})).await.taken();
        phone.send(&json!({"msgtype": "text", "text": {"content": characters + "汉"}})).await.refused(45002);
    }
}

#[tokio::test]
async fn bytes_of_media_and_a_voices_time() {
    for profile in Profile::ALL {
        let phone = Phone::of(profile).await;
        for (kind, limit) in [
            (MediaType::Image, profile.image_bytes_max),
            (MediaType::Voice, profile.voice_bytes_max),
            (MediaType::Video, profile.video_bytes_max),
            (MediaType::Thumb, profile.thumb_bytes_max),
        ] {
            phone.upload(kind, &media(kind, limit)).await.taken();
            phone.upload(kind, &media(kind, limit + 1)).await.refused(45001);
        }
        // A frame of AMR is 20 ms long; this one has a byte.
        let frames = usize::try_from(profile.voice_ms_max / 20).unwrap();
        let voice = |frames| [b"#!AMR\n".as_slice(), &vec![0x7c; frames]].concat();
        phone.upload(MediaType::Voice, &voice(frames)).await.taken();
        phone.upload(MediaType::Voice, &voice(frames + 1)).await.refused(45007);
    }
}

#[tokio::test]
async fn the_life_of_media() {
    for profile in Profile::ALL {
        let phone = Phone::of(profile).await;
        let uploaded = phone.upload(MediaType::Image, &media(MediaType::Image, 100)).await;
        uploaded.taken();
        let image = json!({"msgtype": "image", "image": {"media_id": uploaded.body["media_id"]}});
        for (wait_ms, is_there) in [(MEDIA_LIFE_MS - 1, true), (1, false)] {
            phone.wait(wait_ms).await;
            phone.acts(ACTIONS[0].0).await;
            match is_there {
                true => phone.send(&image).await.taken(),
                false => phone.send(&image).await.refused(40007),
            }
        }
    }
}

#[tokio::test]
async fn customer_service_accounts_and_their_nicknames() {
    for profile in Profile::ALL {
        let phone = Phone::of(profile).await;
        let is_old = profile.kf_refusals == KfRefusals::Old;
        let by_year = |old: i64, new: i64| if is_old { old } else { new };
        let (at, over) = match profile.kf_nickname {
            Nickname::Columns(columns) => (vec!["汉".repeat(columns / 2), "a".repeat(columns)], columns + 1),
            Nickname::Characters(characters) => (vec!["汉".repeat(characters), "a".repeat(characters)], characters + 1),
        };
        let add = async |number: usize, nickname: &str| {
            let body = json!({"kf_account": format!("kf{number}@duoke"), "nickname": nickname});
            phone.call("/customservice/kfaccount/add", &body).await
        };
        add(0, &"a".repeat(over)).await.refused(by_year(61451, 65403));
        add(0, &format!("{}a", at[0])).await.refused(by_year(61451, 65403));
        add(0, "").await.refused(by_year(61451, 65403));
        for number in 0..profile.kf_accounts_max {
            add(number, &at[number % 2]).await.taken();
        }
        add(profile.kf_accounts_max, "n").await.refused(by_year(61456, 65405));
        let listed = phone.get("/cgi-bin/customservice/getkflist").await;
        assert_eq!(listed.body["kf_list"].as_array().unwrap().len(), profile.kf_accounts_max);
    }
}

#[tokio::test]
async fn typing() {
    for profile in Profile::ALL {
        let phone = Phone::of(profile).await;
        let typing =
            async || phone.call("/cgi-bin/message/custom/typing", &json!({"touser": "oA", "command": "Typing"})).await;
        phone.acts(ACTIONS[0].0).await;
        phone.wait(TYPING_AFTER_MS).await;
        typing().await.taken();
        phone.wait(TYPING_LIFE_MS - 1).await;
        typing().await.refused(45081);
        phone.wait(1).await;
        typing().await.refused(45080);
        phone.acts(ACTIONS[0].0).await;
        phone.wait(TYPING_AFTER_MS + 1).await;
        typing().await.refused(45080);
        phone.send(&text(1)).await.taken();
        typing().await.taken();
        phone.send(&text(1)).await.taken();
        typing().await.taken();
    }
}

#[tokio::test]
async fn a_plain_tokens_life_and_overlap() {
    for profile in Profile::ALL {
        let phone = Phone::of(profile).await;
        let first = phone.plain_token().await;
        phone.wait(TOKEN_LIFE_MS - 1).await;
        phone.with(&first).await.taken();
        phone.wait(1).await;
        phone.with(&first).await.refused(42001);
        let second = phone.plain_token().await;
        let third = phone.plain_token().await;
        assert!(second.len() <= 512 && second != third);
        phone.wait(OVERLAP_MS - 1).await;
        phone.with(&second).await.taken();
        phone.wait(1).await;
        phone.with(&second).await.refused(40001);
        phone.with(&third).await.taken();
    }
}

#[tokio::test]
async fn a_stable_tokens_life_and_forcing() {
    for profile in Profile::ALL {
        let phone = Phone::of(profile).await;
        let first = phone.stable_token(false).await;
        assert_eq!(first.expires_in, TOKEN_LIFE_MS / 1_000);
        phone.wait(TOKEN_LIFE_MS - OVERLAP_MS).await;
        let same = phone.stable_token(false).await;
        assert_eq!((&same.token, same.expires_in), (&first.token, OVERLAP_MS / 1_000));
        phone.wait(1).await;
        let second = phone.stable_token(false).await;
        assert_ne!(second.token, first.token, "less than five minutes remained");
        phone.wait(OVERLAP_MS - 1).await;
        phone.with(&first.token).await.taken();
        phone.wait(1).await;
        phone.with(&first.token).await.refused(42001);
        let plain = phone.plain_token().await;
        let mut last = phone.stable_token(true).await;
        phone.with(&second.token).await.refused(40001);
        phone.with(&plain).await.taken();
        for forced in 1..20 {
            phone.wait(29_999).await;
            assert_eq!(phone.stable_token(true).await.token, last.token, "{forced}: sooner than 30 s is not done");
            phone.wait(1).await;
            let next = phone.stable_token(true).await;
            assert_ne!(next.token, last.token, "{forced}");
            last = next;
        }
        phone.wait(30_000).await;
        phone.ask_stable(true).await.refused(45009);
        assert_eq!(phone.stable_token(false).await.token, last.token, "it still answers what is not forced");
        phone.wait(24 * 60 * MINUTE_MS).await;
        phone.ask_stable(true).await.taken();
    }
}

#[tokio::test]
async fn tokens_of_a_day() {
    for profile in Profile::ALL {
        let phone = Phone::of(profile).await;
        for _ in 0..2_000 {
            phone.ask_plain().await.taken();
        }
        phone.ask_plain().await.refused(45009);
        // It is 08:00 in China.
        phone.wait(16 * 60 * MINUTE_MS - 1).await;
        phone.ask_plain().await.refused(45009);
        phone.wait(1).await;
        phone.ask_plain().await.taken();
    }
    let quotas = Quotas::default();
    assert_eq!([quotas.send, quotas.upload, quotas.download, quotas.token], [500_000, 100_000, 200_000, 2_000]);
}

#[tokio::test]
async fn addresses_that_are_not_listed() {
    for profile in Profile::ALL {
        for (listed, is_taken) in [("127.0.0.1", true), ("203.0.113.7", false)] {
            let whitelist = Some(vec!["10.0.0.1".parse().unwrap(), listed.parse().unwrap()]);
            let phone = Phone::start(SandboxConfig { profile, whitelist, ..SandboxConfig::default() }).await;
            let (plain, stable) = (phone.ask_plain().await, phone.ask_stable(false).await);
            for answer in [plain, stable] {
                if is_taken {
                    answer.taken();
                    continue;
                }
                let words = match profile.ip_refused {
                    61004 => "access clientip is not registered requestIP: 127.0.0.1 rid: ",
                    _ => "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: ",
                };
                assert_eq!(answer.body["errcode"], profile.ip_refused);
                assert!(answer.body["errmsg"].as_str().unwrap().starts_with(words), "{}", answer.body);
            }
        }
    }
}
