//! The same limits from our side: what the outbox does on each crossing (wechat-api.md §2, Error codes -> action).

use std::sync::{Arc, Mutex};

use duoke::{
    base::{
        clock::Hand,
        limits::{ACCOUNT_RECHECK_MS, MEDIA_LIFE_MS},
    },
    outbox::{Delivery, Dispatch, Outbox, Outcome},
    sandbox::{Quotas, SandboxConfig},
    session::window::{Deed, Trigger},
    store::{Acted, Commit, Filter, Key, NewEvent, Release, Row, Scope, SqliteStore, State, Store as _},
    wechat::{
        Article, Call, Client, ClientConfig, Content, Courier, FileError, LivePictures, MediaType, NewsPolicy, Planner,
        Profile, TextPolicy, Typing, UploadError, errcode,
        push::{Push, parse_json},
    },
};
use serde_json::{Value, json};

use crate::{
    ACTIONS,
    phone::{NOW_MS, Phone, media},
    wechat_bench::PictureServer,
};

/// A customer's phone and our way to it.
struct Ours {
    phone: Phone,
    client: Client,
    outbox: Outbox,
    dispatch: Dispatch,
    /// Of our clock, which goes with the sandbox's; nobody waits on it.
    time: Hand,
    seen: Arc<Mutex<Vec<Delivery>>>,
    count: u32,
}

impl Ours {
    async fn of(profile: Profile) -> Self {
        Self::with(profile, Planner::new(profile)).await
    }

    async fn with(profile: Profile, planner: Planner) -> Self {
        Self::at(Phone::of(profile).await, profile, planner).await
    }

    async fn at(phone: Phone, profile: Profile, planner: Planner) -> Self {
        let time = Hand::skipping(NOW_MS);
        let clock = time.clock();
        let client = Client::new(ClientConfig { profile, clock, ..phone.bench.client_config() }).unwrap();
        let pictures = Arc::new(LivePictures::new(true).unwrap());
        let courier = Courier::new(client.clone(), pictures).with_planner(planner);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tell = seen.clone();
        let mut dispatch = Dispatch::new(Arc::new(courier), Arc::new(move |one| tell.lock().unwrap().push(one)));
        dispatch.clock = time.clock();
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let account = store.account("wx", "sandbox").get().await.unwrap();
        let outbox = Outbox::new(store, account);
        Self { phone, client, outbox, dispatch, time, seen, count: 0 }
    }

    /// Puts these into the outbox and delivers; how many are sent, parked and dead in all.
    async fn deliver(&mut self, contents: impl IntoIterator<Item = Content>) -> (usize, usize, usize) {
        let mut rows = Vec::new();
        for content in contents {
            rows.push(Row::new(Key::new("s", "p", self.count), "wx", "oA", content, self.time.now_ms()));
            self.count += 1;
        }
        let commit = Commit { account: Some(self.outbox.account()), rows, ..Commit::default() };
        self.outbox.store().commit(commit).get().await.unwrap();
        self.outbox.wake();
        self.outbox.deliver(&self.dispatch).await.unwrap();
        let listed = self.outbox.store().list(Filter::default(), 0, 1_000).get().await.unwrap();
        let count = |state: State| listed.iter().filter(|listed| listed.row.state == state).count();
        (count(State::Sent), count(State::Parked), count(State::Dead))
    }

    /// The customer acts, and the outbox hears of nothing but that.
    async fn acts(&self, push: &str) {
        self.phone.acts(push).await;
        self.outbox.release(Release::User("oA".to_owned()), self.time.now_ms()).await.unwrap();
    }

    /// The customer acts, and what he did is pushed.
    async fn pushes(&mut self, push: &str, trigger: Trigger) {
        self.phone.acts(push).await;
        let at = self.time.now_ms();
        let mut fields: Value = serde_json::from_str(push).unwrap();
        let common = [("ToUserName", json!("gh_1")), ("FromUserName", json!("oA")), ("CreateTime", json!(at / 1_000))];
        for (name, value) in common {
            fields[name] = value;
        }
        let push = Push::new(parse_json(fields.to_string().as_bytes()).unwrap()).unwrap();
        let deed = Deed::Opens(trigger);
        assert!(push.deed() == Some(deed) || trigger == Trigger::Payment, "{fields}");
        self.count += 1;
        let event = NewEvent {
            account: self.outbox.account(),
            log: None,
            source: "wechat".to_owned(),
            id: self.count.to_string(),
            digest: Vec::new(),
            line: String::new(),
            subject: Some("oA".to_owned()),
            turns_to: None,
            plugins: Vec::new(),
            acted: Some(Acted { openid: "oA".to_owned(), deed, at }),
            now: at,
        };
        self.outbox.store().accept(event).get().await.unwrap();
    }

    /// Time passes for both.
    async fn wait(&self, ms: i64) {
        self.phone.wait(ms).await;
        self.time.pass(ms);
    }

    fn last(&self) -> Delivery {
        self.seen.lock().unwrap().last().unwrap().clone()
    }
}

fn texts(count: u32) -> impl Iterator<Item = Content> {
    (0..count).map(|number| Content::Text { text: format!("m{number}") })
}

fn news(count: usize) -> Content {
    let article = |number: usize| Article { title: number.to_string(), ..Article::default() };
    Content::News { articles: (0..count).map(article).collect() }
}

/// A customer who acts, is sent all that this allows and two more, acts again, and is written to when it is too late.
async fn parks(profile: Profile, (push, trigger): (&str, Trigger), is_pushed: bool) {
    let allowance = profile.allowances().of(trigger);
    let Some(sends) = allowance.sends else { return };
    let (sent, mut ours) = (usize::try_from(sends).unwrap(), Ours::of(profile).await);
    let what = format!("{} {push} {is_pushed}", profile.name);
    let acts = async |ours: &mut Ours| if is_pushed { ours.pushes(push, trigger).await } else { ours.acts(push).await };
    acts(&mut ours).await;
    assert_eq!(ours.deliver(texts(sends + 2)).await, (sent, 2, 0), "{what}");
    assert_eq!(ours.phone.received(), sent);
    acts(&mut ours).await;
    assert_eq!(ours.deliver(None).await, (sent + 2, 0, 0), "{what}");
    ours.wait(allowance.window_ms).await;
    assert_eq!(ours.deliver(texts(1)).await, (sent + 2, 1, 0), "{what}");
    acts(&mut ours).await;
    assert_eq!(ours.deliver(None).await, (sent + 3, 0, 0), "{what}");
    assert_eq!(ours.phone.received(), sent + 3);
    let calls = ours.phone.bench.calls(Call::Send).await;
    let asked_in_vain = usize::try_from(calls).unwrap() - sent - 3;
    assert_eq!(asked_in_vain, if is_pushed { 0 } else { 2 }, "{what}");
}

#[tokio::test]
async fn what_an_action_no_longer_allows_is_parked_until_the_next() {
    for profile in Profile::ALL {
        for action in ACTIONS {
            parks(profile, *action, true).await;
            parks(profile, *action, false).await;
        }
    }
}

#[tokio::test]
async fn more_articles_than_a_message_holds_become_messages_or_are_left_out() {
    for profile in Profile::ALL {
        let limit = profile.news_articles_max;
        for (policy, messages) in [(NewsPolicy::Split, 2), (NewsPolicy::First, 1)] {
            let mut ours = Ours::with(profile, Planner { news: policy, ..Planner::new(profile) }).await;
            ours.acts(ACTIONS[0].0).await;
            assert_eq!(ours.deliver([news(limit)]).await, (1, 0, 0), "{} {policy:?}", profile.name);
            assert_eq!(ours.deliver([news(limit + 1)]).await, (2, 0, 0), "{} {policy:?}", profile.name);
            assert_eq!(ours.phone.received(), 1 + messages, "{} {policy:?}", profile.name);
        }
    }
}

/// What an mpnews holds is WeChat's to know: its refusal ends the row, its silence looks like success.
#[tokio::test]
async fn more_articles_than_an_mpnews_may_hold() {
    for profile in Profile::ALL {
        let mut ours = Ours::of(profile).await;
        let seed = json!({"mpnews": [{"media_id": "OVER", "articles": profile.news_articles_max + 1}]});
        ours.phone.bench.post("/_sandbox/seed", &seed).await;
        ours.acts(ACTIONS[0].0).await;
        let counts = ours.deliver([Content::Mpnews { media_id: "OVER".to_owned() }]).await;
        assert_eq!(ours.phone.received(), 0);
        if profile == Profile::y2017() {
            assert_eq!(counts, (1, 0, 0));
        } else {
            assert_eq!((counts, ours.last().errcode), ((0, 0, 1), Some(45008)), "{}", profile.name);
        }
    }
}

#[tokio::test]
async fn a_text_that_is_too_long_becomes_two_or_is_given_up() {
    for profile in Profile::ALL {
        let limit = profile.text_bytes_max;
        let text = |bytes: usize| Content::Text { text: "a".repeat(bytes) };
        let mut ours = Ours::of(profile).await;
        ours.acts(ACTIONS[0].0).await;
        assert_eq!(ours.deliver([text(limit), text(limit + 1)]).await, (2, 0, 0));
        let received = ours.phone.bench.running.messages(None);
        let lengths: Vec<_> = received.iter().map(|one| one.body["text"]["content"].as_str().unwrap().len()).collect();
        assert_eq!(lengths, [limit, limit, 1], "{}", profile.name);

        let mut ours = Ours::with(profile, Planner { text: TextPolicy::Refuse, ..Planner::new(profile) }).await;
        ours.acts(ACTIONS[0].0).await;
        assert_eq!(ours.deliver([text(limit), text(limit + 1)]).await, (1, 0, 1));
        assert_eq!(ours.phone.received(), 1, "{}", profile.name);
    }
}

#[tokio::test]
async fn files_that_are_too_large_or_too_long_are_told_before_wechat_is_asked() {
    for profile in Profile::ALL {
        let ours = Ours::of(profile).await;
        for (kind, limit) in [
            (MediaType::Image, profile.image_bytes_max),
            (MediaType::Voice, profile.voice_bytes_max),
            (MediaType::Video, profile.video_bytes_max),
            (MediaType::Thumb, profile.thumb_bytes_max),
        ] {
            ours.client.upload(kind, &media(kind, limit)).await.unwrap();
            let over = ours.client.upload(kind, &media(kind, limit + 1)).await.unwrap_err();
            let is_told = matches!(over, UploadError::File(FileError::TooLarge { bytes, .. }) if bytes == limit + 1);
            assert!(is_told, "{} {over}", profile.name);
        }
        let minute = [b"#!AMR\n".as_slice(), &[0x7c; 3_000]].concat();
        ours.client.upload(MediaType::Voice, &minute).await.unwrap();
        let over = ours.client.upload(MediaType::Voice, &[minute.as_slice(), &[0x7c]].concat()).await.unwrap_err();
        assert!(matches!(over, UploadError::File(FileError::TooLong { ms: 60_020, limit: 60_000 })), "{over}");
        assert_eq!(ours.phone.bench.calls(Call::Upload).await, 5);
    }
}

#[tokio::test]
async fn a_picture_that_is_too_large_is_given_up_and_what_follows_goes_on() {
    let pictures = PictureServer::start().await;
    for profile in Profile::ALL {
        let mut ours = Ours::of(profile).await;
        ours.acts(ACTIONS[0].0).await;
        let image = |path: &str| Content::Image { pic_url: pictures.address(path) };
        let after = Content::Text { text: "after it".to_owned() };
        let counts = ours.deliver([image("/a.png"), image("/large"), after]).await;
        // The server's picture is a byte over the limit of 2017.
        let (sent, dead) = if profile == Profile::y2017() { (2, 1) } else { (3, 0) };
        assert_eq!((counts, ours.phone.received()), ((sent, 0, dead), sent), "{}", profile.name);
    }
}

#[tokio::test]
async fn a_picture_is_uploaded_again_when_wechat_has_it_no_more() {
    let pictures = PictureServer::start().await;
    for profile in Profile::ALL {
        let mut ours = Ours::of(profile).await;
        let image = || Content::Image { pic_url: pictures.address("/a.png") };
        ours.acts(ACTIONS[0].0).await;
        assert_eq!(ours.deliver([image(), image()]).await, (2, 0, 0));
        assert_eq!(ours.phone.bench.calls(Call::Upload).await, 1);
        // For WeChat the three days are over, by our clock they are not.
        ours.phone.wait(MEDIA_LIFE_MS).await;
        ours.acts(ACTIONS[0].0).await;
        assert_eq!(ours.deliver([image(), image()]).await, (4, 0, 0), "{}", profile.name);
        assert_eq!(ours.phone.bench.calls(Call::Upload).await, 2);
        assert_eq!(ours.phone.received(), 4);
    }
}

#[tokio::test]
async fn a_token_that_ended_is_renewed_once() {
    for profile in Profile::ALL {
        let mut ours = Ours::of(profile).await;
        ours.acts(ACTIONS[0].0).await;
        assert_eq!(ours.deliver(texts(1)).await, (1, 0, 0));
        // By WeChat's clock alone, so that the refusal is what tells.
        ours.phone.wait(crate::TOKEN_LIFE_MS).await;
        assert_eq!(ours.deliver(texts(2)).await, (3, 0, 0), "{}", profile.name);
        assert_eq!(ours.phone.bench.running.stats()["tokens"]["stable_token"], 2);
        // By both clocks: nothing has to be refused.
        ours.wait(crate::TOKEN_LIFE_MS).await;
        assert_eq!(ours.deliver(texts(1)).await, (4, 0, 0));
        let stats = ours.phone.bench.running.stats();
        assert_eq!((&stats["tokens"]["stable_token"], &stats["errcodes"]["42001"]), (&json!(3), &json!(1)));
    }
}

#[tokio::test]
async fn a_days_messages_are_over_until_midnight_in_china() {
    for profile in Profile::ALL {
        let quotas = Quotas { send: 2, ..Quotas::default() };
        let phone = Phone::start(SandboxConfig { profile, quotas, ..SandboxConfig::default() }).await;
        let mut ours = Ours::at(phone, profile, Planner::new(profile)).await;
        ours.acts(ACTIONS[0].0).await;
        assert_eq!(ours.deliver(texts(4)).await, (2, 2, 0), "{}", profile.name);
        assert_eq!((ours.last().errcode, ours.last().way), (Some(45009), Some(Scope::Api(Call::Send))));
        let hours_ms = 3_600_000;
        ours.wait(16 * hours_ms - 1).await;
        assert_eq!(ours.deliver(texts(1)).await, (2, 3, 0), "{}", profile.name);
        assert_eq!(ours.phone.bench.calls(Call::Send).await, 3, "nobody asks before");
        ours.wait(1).await;
        assert_eq!(ours.deliver(None).await, (4, 1, 0), "{}", profile.name);
    }
}

#[tokio::test]
async fn an_address_that_is_not_listed_parks_the_account_and_is_looked_at_again() {
    for profile in Profile::ALL {
        let mut ours = Ours::of(profile).await;
        ours.acts(ACTIONS[0].0).await;
        let fault = json!({"path": Call::StableToken.path(), "count": 1, "errcode": profile.ip_refused});
        ours.phone.bench.fault(fault).await;
        assert_eq!(ours.deliver(texts(3)).await, (0, 3, 0), "{}", profile.name);
        assert_eq!((ours.last().outcome, ours.last().errcode), (Outcome::Parked, Some(profile.ip_refused)));
        assert_eq!(ours.phone.bench.calls(Call::StableToken).await, 1);
        ours.wait(ACCOUNT_RECHECK_MS).await;
        assert_eq!(ours.deliver(None).await, (3, 0, 0), "{}", profile.name);
    }
}

#[tokio::test]
async fn typing_is_best_effort_and_accounts_are_an_admins() {
    for profile in Profile::ALL {
        let ours = Ours::of(profile).await;
        ours.acts(ACTIONS[0].0).await;
        ours.client.typing("oA", Typing::Typing).await.unwrap();
        let twice = ours.client.typing("oA", Typing::Typing).await.unwrap_err();
        assert_eq!((twice.errcode(), twice.action()), (Some(45081), Some(errcode::Action::Typing)));
        for number in 0..profile.kf_accounts_max {
            ours.client.kf_add(&format!("kf{number}@duoke"), "n", None).await.unwrap();
        }
        let over = ours.client.kf_add("more@duoke", "n", None).await.unwrap_err();
        assert_eq!(over.action(), Some(errcode::Action::Admin), "{over}");
    }
}
