//! Every error code of WeChat's table, from its answer to what becomes of the row and of those beside it: the sandbox
//! refuses, the client and the outbox act, on a clock that does not wait (wechat-api.md §2).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod wechat_bench;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use duoke::{
    base::clock::{Hand, parse_rfc3339},
    outbox::{Carrier, Delivery, Dispatch, Outbox},
    store::{AccountId, Change, Commit, Filter, Key, Release, Row, Scope, SqliteStore, State, Store as _},
    wechat::{
        Article, Call, Client, Content, Courier, LivePictures, MediaType, Message, NewsPolicy, Planned, Profile, Video,
        errcode,
    },
};
use serde_json::{Value, json};
use wechat_bench::{Bench, PictureServer};

/// What a refusal leads to.
#[derive(Clone, Copy, Debug)]
enum Leads {
    /// The row is given up; what is behind it goes.
    Dead,
    /// The customer's rows wait for him.
    User,
    /// What needs the call waits, until then where that is known.
    Call(Until),
    /// The whole account waits.
    Account(Until),
}

#[derive(Clone, Copy, Debug)]
enum Until {
    /// Somebody says so.
    Said,
    /// So many seconds after the start.
    Seconds(i64),
    /// 00:00 in China.
    Midnight,
}

/// The codes of wechat-api.md §2 row by row: how many calls a message takes that is refused so for ever, and what that leads
/// to. Kept apart from the program's own table, so that a slip in one shows in the other.
const TABLE: &[(&[i64], u64, Leads)] = &[
    // Tries after 1, 2, 4 and 8 s; then a minute.
    (&[-1, 61450], 5, Leads::Call(Until::Seconds(15 + 60))),
    (&[40001, 40014, 42001], 2, Leads::Account(Until::Said)),
    (&[40125, 40013, 41002, 41004, 40002], 1, Leads::Account(Until::Said)),
    (&[40164, 61004, 45035], 1, Leads::Account(Until::Seconds(60))),
    (&[40243, 50004, 50007], 1, Leads::Account(Until::Said)),
    (&[41001], 2, Leads::Dead),
    (&[43001, 43002, 43003], 1, Leads::Dead),
    (&[40066], 1, Leads::Dead),
    (&[40003, 41009, 46004], 1, Leads::Dead),
    (&[43004, 50005], 1, Leads::User),
    (&[43019, 48002, 43101], 1, Leads::Dead),
    (&[50002], 1, Leads::User),
    (&[45015], 1, Leads::User),
    (&[45047], 1, Leads::User),
    (&[45009], 1, Leads::Call(Until::Midnight)),
    // The start is 30 s before a minute: tries at its end and at the next ones.
    (&[45011], 5, Leads::Call(Until::Seconds(30 + 4 * 60))),
    (&[40004, 40005, 40006, 40009, 40010, 40011, 40012, 40137, 41005, 41006, 44001, 45001, 45007], 1, Leads::Dead),
    (&[40007, 46001, 40121], 1, Leads::Dead),
    (&[40008, 48008, 45050, 45162, 40200, 45103], 1, Leads::Dead),
    (&[44002, 47001, 40035, 40038, 40101], 1, Leads::Dead),
    (&[47002, 40033], 1, Leads::Dead),
    (&[44003, 44004, 44005], 1, Leads::Dead),
    (&[45002, 45003, 45004, 45005, 45006, 45008, 45098, 45099], 1, Leads::Dead),
    (&[45072, 45080, 45081], 1, Leads::Dead),
    (&[45087, 45094, 45102, 48001, 48004, 45501], 1, Leads::Call(Until::Said)),
    (&[48006, 70000], 1, Leads::Dead),
    (&[61451, 61452, 61453, 61454, 61455, 61456, 61457], 1, Leads::Dead),
    (&[65400, 65401, 65402, 65403, 65404, 65405, 65406], 1, Leads::Dead),
    (&[65407, 65408, 65409, 65410, 65411, 65412], 1, Leads::Dead),
    (&[65413, 65414, 65415, 65416, 65417], 1, Leads::Dead),
    (&[45157, 45158, 45159], 1, Leads::Dead),
];

fn start() -> i64 {
    parse_rfc3339("2026-11-21T02:00:30Z").unwrap()
}

impl Until {
    fn at(self) -> Option<i64> {
        match self {
            Self::Said => None,
            Self::Seconds(seconds) => Some(start() + seconds * 1000),
            Self::Midnight => Some(parse_rfc3339("2026-11-21T16:00:00Z").unwrap()),
        }
    }
}

/// One account's outbox and a sandbox that may refuse.
struct Chain {
    bench: Bench,
    outbox: Outbox,
    account: AccountId,
    dispatch: Dispatch,
    hand: Hand,
    seen: Arc<Mutex<Vec<Delivery>>>,
}

impl Chain {
    async fn new(profile: Profile) -> Self {
        let bench = Bench::start(profile).await;
        ["oA", "oB", "oC"].iter().for_each(|openid| bench.speaks(openid));
        let hand = Hand::skipping(start());
        let courier = courier(&bench, &hand);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&seen);
        let mut dispatch = Dispatch::new(courier, Arc::new(move |one| tell.lock().unwrap().push(one)));
        dispatch.clock = hand.clock();
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let account = store.account("wx", "sandbox").get().await.unwrap();
        Self { bench, outbox: Outbox::new(store, account), account, dispatch, hand, seen }
    }

    /// Another courier of the same account.
    fn courier(&self) -> Arc<dyn Carrier> {
        courier(&self.bench, &self.hand)
    }

    async fn fault(&self, call: Call, count: u64, errcode: i64) {
        self.bench.fault(json!({"path": call.path(), "count": count, "errcode": errcode})).await;
    }

    /// Puts rows in and delivers what goes by itself.
    async fn deliver(&self, rows: &[(u32, &str, Content)]) {
        let row = |(effect, openid, content): &(u32, &str, Content)| {
            Row::new(Key::new("s", "p", *effect), "wx", *openid, content.clone(), self.hand.now_ms())
        };
        let rows = rows.iter().map(row).collect();
        let commit = Commit { account: Some(self.account), rows, ..Commit::default() };
        self.outbox.store().commit(commit).get().await.unwrap();
        self.outbox.wake();
        self.outbox.deliver(&self.dispatch).await.unwrap();
    }

    /// How the rows stand, in the order they came.
    async fn stand(&self) -> Vec<(State, Option<Scope>, Option<i64>)> {
        let listed = self.outbox.store().list(Filter::default(), 0, 100).get().await.unwrap();
        listed.into_iter().map(|one| (one.row.state, one.row.parked, one.row.next)).collect()
    }

    async fn states(&self) -> Vec<State> {
        self.stand().await.into_iter().map(|(state, ..)| state).collect()
    }

    fn notes(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().flat_map(|delivery| delivery.notes().to_vec()).collect()
    }

    fn bodies(&self) -> Vec<Value> {
        self.bench.running.messages(None).into_iter().map(|message| message.body).collect()
    }
}

fn courier(bench: &Bench, hand: &Hand) -> Arc<dyn Carrier> {
    let mut config = bench.client_config();
    config.clock = hand.clock();
    Arc::new(Courier::new(Client::new(config).unwrap(), Arc::new(LivePictures::new(true).unwrap())))
}

fn text(text: &str) -> Content {
    Content::Text { text: text.to_owned() }
}

fn news(count: usize) -> Content {
    let article =
        |n: usize| Article { title: format!("标题{n}"), description: "d".repeat(400), ..Article::default() };
    Content::News { articles: (0..count).map(article).collect() }
}

/// The first row's state, what it is parked with and until when; the states of the one behind it and of another customer's.
fn expected(leads: Leads, call: Call) -> ((State, Option<Scope>, Option<i64>), State, State) {
    let parked = |scope, until: Until| (State::Parked, Some(scope), until.at());
    match leads {
        Leads::Dead => ((State::Dead, None, None), State::Sent, State::Sent),
        Leads::User => (parked(Scope::User, Until::Said), State::Parked, State::Sent),
        Leads::Call(until) => (parked(Scope::Api(call), until), State::Parked, State::Parked),
        Leads::Account(until) => (parked(Scope::Account, until), State::Parked, State::Parked),
    }
}

#[test]
fn the_table_is_the_program_s() {
    let here: Vec<i64> = TABLE.iter().flat_map(|(codes, ..)| *codes).copied().collect();
    let codes: BTreeSet<i64> = here.iter().copied().collect();
    assert_eq!(codes.len(), here.len(), "a code twice");
    assert_eq!(codes, errcode::all().iter().map(|row| row.code).collect());
}

#[tokio::test]
async fn a_refused_message_by_code() {
    for (codes, calls, leads) in TABLE {
        for code in *codes {
            let chain = Chain::new(Profile::y2017()).await;
            chain.fault(Call::Send, *calls, *code).await;
            chain.deliver(&[(1, "oA", text("m1")), (2, "oA", text("m2"))]).await;
            let stood = chain.stand().await;
            chain.deliver(&[(3, "oB", text("m3"))]).await;
            let states = chain.states().await;
            assert_eq!((stood[0], states[1], states[2]), expected(*leads, Call::Send), "{code}");
            let sent = states.iter().filter(|state| **state == State::Sent).count();
            assert_eq!(chain.bench.calls(Call::Send).await, calls + sent as u64, "{code}");
            // What waits goes when its time has come, or somebody says so.
            if let Some(next) = stood[0].2 {
                chain.hand.set(next);
            } else {
                chain.outbox.release(Release::All, chain.hand.now_ms()).await.unwrap();
                chain.outbox.release(Release::User("oA".to_owned()), chain.hand.now_ms()).await.unwrap();
            }
            chain.deliver(&[]).await;
            let dead = usize::from(matches!(leads, Leads::Dead));
            assert_eq!(chain.bodies().len(), 3 - dead, "{code}: each once");
            assert!(chain.states().await.iter().skip(dead).all(|state| *state == State::Sent), "{code}");
        }
    }
}

#[tokio::test]
async fn a_refused_upload_by_code() {
    let pictures = PictureServer::start().await;
    let image = || Content::Image { pic_url: pictures.address("/a.png") };
    for (codes, calls, leads) in TABLE {
        for code in *codes {
            let chain = Chain::new(Profile::y2017()).await;
            chain.fault(Call::Upload, *calls, *code).await;
            chain.deliver(&[(1, "oA", image()), (2, "oA", text("m2"))]).await;
            let stood = chain.stand().await;
            chain.deliver(&[(3, "oB", image()), (4, "oC", text("m4"))]).await;
            let states = chain.states().await;
            assert_eq!((stood[0], states[1], states[2]), expected(*leads, Call::Upload), "{code}");
            // Texts need no upload.
            let text = if matches!(leads, Leads::Account(_)) { State::Parked } else { State::Sent };
            assert_eq!(states[3], text, "{code}");
        }
    }
}

#[tokio::test]
async fn a_refused_token_by_code() {
    let account = |until| (State::Parked, Some(Scope::Account), until);
    let table = [
        // 40001 speaks of the secret here.
        (vec![40001, 40125, 40013, 41002, 41004, 40002, 40243, 50004, 50007], 1, account(None)),
        (vec![40164, 61004, 45035], 1, account(Until::Seconds(60).at())),
        (vec![-1, 61450], 5, account(Until::Seconds(75).at())),
        (vec![45009], 1, account(Until::Midnight.at())),
        (vec![45011], 5, account(Until::Seconds(270).at())),
        (vec![48001, 48004, 45501], 1, account(None)),
    ];
    for (codes, calls, stands) in table {
        for code in codes {
            let chain = Chain::new(Profile::y2017()).await;
            chain.fault(Call::StableToken, calls, code).await;
            chain.deliver(&[(1, "oA", text("m1")), (2, "oB", text("m2"))]).await;
            assert_eq!(chain.stand().await[0], stands, "{code}");
            assert_eq!(chain.states().await, [State::Parked; 2], "{code}");
            assert_eq!(chain.bench.calls(Call::StableToken).await, calls, "{code}: no more than that");
            assert_eq!(chain.bench.calls(Call::Send).await, 0, "{code}");
        }
    }
}

#[tokio::test]
async fn media_that_wechat_has_do_not_wait_for_uploads() {
    let (chain, pictures) = (Chain::new(Profile::y2017()).await, PictureServer::start().await);
    let client = chain.bench.client();
    let media = async |kind, bytes: &[u8]| client.upload(kind, bytes).await.unwrap();
    let image_media = Content::ImageMedia { media_id: media(MediaType::Image, PictureServer::PNG).await };
    let voice = Content::Voice { media_id: media(MediaType::Voice, b"#!AMR\n\x3c").await };
    let media_id = media(MediaType::Video, b"\0\0\0\x18ftypmp42").await;
    let video = Content::Video(Video { media_id, ..Video::default() });
    let image = || Content::Image { pic_url: pictures.address("/a.png") };
    chain.fault(Call::Upload, 1, 45009).await;
    chain.deliver(&[(1, "oA", image()), (2, "oA", text("behind it"))]).await;
    let waits = (State::Parked, Some(Scope::Api(Call::Upload)), Until::Midnight.at());
    assert_eq!(chain.stand().await, [waits; 2]);
    chain.deliver(&[(3, "oB", image_media), (4, "oB", text("m4")), (5, "oC", voice), (6, "oC", video)]).await;
    assert_eq!(chain.states().await[2..], [State::Sent; 4]);
    // That one of them was sent says nothing of uploads.
    assert_eq!(chain.stand().await[..2], [waits; 2]);
    let uploads = chain.bench.calls(Call::Upload).await;
    chain.deliver(&[(7, "oB", image())]).await;
    assert_eq!((chain.states().await[6], chain.bench.calls(Call::Upload).await), (State::Parked, uploads));
}

#[tokio::test]
async fn an_account_that_takes_one_article_gets_several_messages() {
    // The client goes by 2017's eight, the account takes one.
    let chain = Chain::new(Profile::y2021()).await;
    chain.deliver(&[(1, "oA", news(3)), (2, "oA", text("after")), (3, "oB", news(2))]).await;
    assert_eq!(chain.states().await, [State::Sent; 3]);
    let titles = |openid: &str| {
        let of = |body: &Value| body["touser"] == openid;
        let title = |body: Value| body["news"]["articles"][0]["title"].as_str().unwrap_or("text").to_owned();
        chain.bodies().into_iter().filter(of).map(title).collect::<Vec<_>>()
    };
    assert_eq!(titles("oA"), ["标题0", "标题1", "标题2", "text"]);
    assert_eq!(titles("oB"), ["标题0", "标题1"]);
    let seen = chain.seen.lock().unwrap().clone();
    let first: Vec<_> = seen.iter().filter(|one| one.key.effect == 1).map(|one| (one.errcode, one.message)).collect();
    assert_eq!(first, [(Some(45008), (1, 1)), (Some(0), (1, 3)), (Some(0), (2, 3)), (Some(0), (3, 3))]);
    // It is known from then on.
    let calls = chain.bench.calls(Call::Send).await;
    chain.deliver(&[(4, "oC", news(2))]).await;
    assert_eq!(chain.bench.calls(Call::Send).await, calls + 2);
}

#[tokio::test]
async fn a_row_that_was_begun_in_small_messages_goes_on_so_with_another_client() {
    let mut chain = Chain::new(Profile::y2021()).await;
    // The refusal and the first article go through, the second one is refused.
    chain.bench.fault(json!({"path": Call::Send.path(), "count": 2, "delay_ms": 0})).await;
    chain.fault(Call::Send, 1, 45015).await;
    chain.deliver(&[(1, "oA", news(4))]).await;
    assert_eq!((chain.states().await, chain.bodies().len()), (vec![State::Parked], 1));
    // One that has learned nothing.
    chain.dispatch.carrier = chain.courier();
    chain.outbox.release(Release::User("oA".to_owned()), start()).await.unwrap();
    chain.deliver(&[]).await;
    assert_eq!(chain.states().await, [State::Sent]);
    let titles: Vec<_> = chain.bodies().iter().map(|body| body["news"]["articles"][0]["title"].clone()).collect();
    assert_eq!(titles, ["标题0", "标题1", "标题2", "标题3"]);
}

#[tokio::test]
async fn the_first_articles_become_the_first_one_after_an_unknown_too() {
    let mut chain = Chain::new(Profile::y2021()).await;
    let mut config = chain.bench.client_config();
    (config.news, config.clock) = (NewsPolicy::First, chain.hand.clock());
    let courier = Courier::new(Client::new(config).unwrap(), Arc::new(LivePictures::new(true).unwrap()));
    chain.dispatch.carrier = Arc::new(courier.clone());
    let articles = |body: &Value| body["news"]["articles"].as_array().unwrap().len();
    chain.bench.fault(json!({"path": Call::Send.path(), "drop": "before"})).await;
    chain.deliver(&[(1, "oA", news(3))]).await;
    assert_eq!(chain.states().await, [State::Unknown]);
    chain.outbox.store().change(Filter::default(), Change::Retry, 0, start(), false).get().await.unwrap();
    chain.deliver(&[]).await;
    assert_eq!(chain.states().await, [State::Sent]);
    assert_eq!(chain.bodies().iter().map(articles).collect::<Vec<_>>(), [1]);
    assert_eq!(chain.notes(), ["of 3 articles only the first 1: the account takes no more"]);
    // It is known from then on, whatever was begun: the number of messages is the same.
    for begun in [0, 1] {
        let planned = courier.plan_begun(&news(3), begun).unwrap();
        let [Planned { message: Message::News(articles), .. }] = &planned[..] else { panic!("{planned:?}") };
        assert_eq!(articles.len(), 1, "{begun}");
    }
    let calls = chain.bench.calls(Call::Send).await;
    chain.deliver(&[(2, "oB", news(2))]).await;
    assert_eq!((chain.states().await[1], chain.bench.calls(Call::Send).await), (State::Sent, calls + 1));
}

#[tokio::test]
async fn a_text_that_is_too_long_for_the_account_is_split_smaller_once() {
    let words = "一二三四五六七八九十 ".repeat(50);
    let chain = Chain::new(Profile::y2017()).await;
    chain.fault(Call::Send, 1, 45002).await;
    chain.deliver(&[(1, "oA", text(&words))]).await;
    assert_eq!(chain.states().await, [State::Sent]);
    let said: String = chain.bodies().iter().map(|body| body["text"]["content"].as_str().unwrap().to_owned()).collect();
    assert_eq!(said.replace(' ', ""), words.replace(' ', ""));
    assert!(chain.bodies().len() > 1);
    let stubborn = Chain::new(Profile::y2017()).await;
    stubborn.fault(Call::Send, 9, 45002).await;
    stubborn.deliver(&[(1, "oA", text(&words))]).await;
    assert_eq!((stubborn.states().await, stubborn.bench.calls(Call::Send).await), (vec![State::Dead], 2));
}

#[tokio::test]
async fn what_is_too_long_in_articles_is_cut_further_once() {
    let table = [
        (45003, 1, vec![]),
        (45004, 2, vec!["description of article 1 cut from 400 to 256 bytes".to_owned()]),
        (45006, 1, vec![]),
    ];
    for (code, calls, notes) in table {
        let chain = Chain::new(Profile::y2017()).await;
        chain.fault(Call::Send, 1, code).await;
        chain.deliver(&[(1, "oA", news(1))]).await;
        assert_eq!(chain.bench.calls(Call::Send).await, calls, "{code}");
        assert_eq!(chain.notes(), notes, "{code}");
        let state = if notes.is_empty() { State::Dead } else { State::Sent };
        assert_eq!(chain.states().await, [state], "{code}");
    }
    let data = {
        let chain = Chain::new(Profile::y2017()).await;
        chain.fault(Call::Send, 1, 45004).await;
        chain.deliver(&[(1, "oA", news(1))]).await;
        let seen = chain.seen.lock().unwrap();
        (seen.len(), seen[0].data())
    };
    assert_eq!(data.0, 1);
    assert_eq!(data.1["notes"], json!(["description of article 1 cut from 400 to 256 bytes"]));
}

#[tokio::test]
async fn a_media_that_is_gone_is_uploaded_again_once() {
    let pictures = PictureServer::start().await;
    for (code, faults, uploads, state) in
        [(40007, 1, 2, State::Sent), (46001, 1, 2, State::Sent), (40121, 2, 2, State::Dead)]
    {
        let chain = Chain::new(Profile::y2017()).await;
        chain.fault(Call::Send, faults, code).await;
        chain.deliver(&[(1, "oA", Content::Image { pic_url: pictures.address("/a.png") })]).await;
        assert_eq!(chain.states().await, [state], "{code}");
        assert_eq!(chain.bench.calls(Call::Upload).await, uploads, "{code}");
    }
}
