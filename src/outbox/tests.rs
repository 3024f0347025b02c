//! Delivery against a carrier that follows a script, on a clock that does not wait.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use super::*;
use crate::{
    base::clock::Hand,
    base::limits::{EVENT_KEPT_MS, TIDY_PAUSE_MS, TIDY_ROWS_MAX},
    session::window::{Allowances, Deed, Trigger},
    store::{
        AccountId, Acted, Attempt, Change, Commit, EventId, Filter, Interrupted, Key, NewEvent, OnUnknown, Pushed,
        Release, Row, SqliteStore, State, Store, Summary,
    },
    wechat::{
        Article, BoxFuture, Call, Content, ContentError, Message, Planned, Planner, Profile, Receipt, SendError,
        WechatError, Wire,
    },
};

mod window;

/// What the carrier answers, per user; then ok for ever.
type Script = HashMap<&'static str, Vec<Option<SendError>>>;

struct Scripted {
    script: Mutex<Script>,
    log: Mutex<Vec<(String, String)>>,
    hang: Option<&'static str>,
    profile: Mutex<Profile>,
}

impl Carrier for Scripted {
    fn plan(&self, row: &Row) -> Result<Vec<Planned>, ContentError> {
        Planner::new(*self.profile.lock().unwrap()).plan(&row.content)
    }

    fn allowances(&self) -> Allowances {
        self.profile.lock().unwrap().allowances()
    }

    fn deliver<'a>(
        &'a self,
        row: &'a Row,
        message: &'a Planned,
        wire: &'a dyn Wire,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        Box::pin(async move {
            let text = match &message.message {
                Message::Text(text) => text.clone(),
                Message::Image(url) | Message::Voice { url, .. } => url.to_string(),
                Message::Video(video) => video.url.to_string(),
                Message::News(articles) => articles[0].title.clone(),
                Message::Given { section, .. } => section.to_string(),
                Message::Typing(is_typing) => format!("typing {is_typing}"),
            };
            let openid = row.openid.as_str();
            if !wire.begins().await {
                return Err(SendError::Withdrawn);
            }
            self.log.lock().unwrap().push((openid.to_owned(), text));
            if self.hang == Some(openid) {
                std::future::pending::<()>().await;
            }
            let failure = self.script.lock().unwrap().get_mut(openid).and_then(|errors| errors.pop().flatten());
            failure
                .map_or_else(|| Ok(Receipt { at_ms: 0, errmsg: "ok".into(), media_id: None, notes: Vec::new() }), Err)
        })
    }
}

struct Bench {
    outbox: Outbox,
    account: AccountId,
    carrier: Arc<Scripted>,
    hand: Hand,
    seen: Arc<Mutex<Vec<Delivery>>>,
    dispatch: Dispatch,
}

impl Bench {
    async fn new(script: Script) -> Self {
        Self::hanging(script, None).await
    }

    async fn hanging(mut script: Script, hang: Option<&'static str>) -> Self {
        script.values_mut().for_each(|errors| errors.reverse());
        let carrier = Arc::new(Scripted {
            script: Mutex::new(script),
            log: Mutex::default(),
            hang,
            profile: Mutex::new(Profile::y2025()),
        });
        let hand = Hand::skipping(0);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&seen);
        let observe = Arc::new(move |delivery| tell.lock().unwrap().push(delivery));
        let mut dispatch = Dispatch::new(Arc::clone(&carrier) as Arc<dyn Carrier>, observe);
        dispatch.clock = hand.clock();
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let account = store.account("wx1", "http://a").get().await.unwrap();
        Self { outbox: Outbox::new(store, account), account, carrier, hand, seen, dispatch }
    }

    async fn push(&self, row: Row) -> Pushed {
        let commit = Commit { account: Some(self.account), rows: vec![row], ..Commit::default() };
        let pushed = self.outbox.store().commit(commit).get().await.unwrap().rows[0].0;
        self.outbox.wake();
        pushed
    }

    async fn text(&self, effect: u32, openid: &str) -> Pushed {
        let content = Content::Text { text: format!("m{effect}") };
        self.push(Row::new(Key::new("s", "p", effect), "wx1", openid, content, 0)).await
    }

    async fn deliver(&self) -> Summary {
        self.outbox.deliver(&self.dispatch).await.unwrap()
    }

    async fn rows(&self) -> Vec<Row> {
        let listed = self.outbox.store().list(Filter::default(), 0, 1_000).get().await.unwrap();
        listed.into_iter().map(|listed| listed.row).collect()
    }

    async fn release(&self, which: Release) -> usize {
        self.outbox.release(which, self.hand.now_ms()).await.unwrap()
    }

    fn sent_to(&self, openid: &str) -> Vec<String> {
        self.carrier.log.lock().unwrap().iter().filter(|(to, _)| to == openid).map(|(_, text)| text.clone()).collect()
    }

    fn outcomes(&self) -> Vec<(String, Outcome)> {
        self.seen.lock().unwrap().iter().map(|delivery| (delivery.key.to_string(), delivery.outcome)).collect()
    }
}

fn refused(code: i64) -> SendError {
    WechatError::refused(Call::Send, code, "phrase".into()).into()
}

fn no_answer() -> SendError {
    WechatError::NoAnswer { call: Call::Send, base: "b".into(), reason: "r".into(), timed_out: true }.into()
}

fn unreachable() -> SendError {
    WechatError::Unreachable { call: Call::Send, base: "b".into(), reason: "r".into() }.into()
}

#[tokio::test]
async fn in_order_for_each_customer() {
    let bench = Bench::new(Script::new()).await;
    for effect in 0..40 {
        assert_eq!(bench.text(effect, if effect % 2 == 0 { "oA" } else { "oB" }).await, Pushed::New);
    }
    let summary = bench.deliver().await;
    assert_eq!(summary, Summary { sent: 40, ..Summary::default() });
    assert!(!summary.needs_attention());
    let expected = |rest| (0..40).filter(|n| n % 2 == rest).map(|n| format!("m{n}")).collect::<Vec<_>>();
    assert_eq!(bench.sent_to("oA"), expected(0));
    assert_eq!(bench.sent_to("oB"), expected(1));
}

#[tokio::test]
async fn a_key_is_taken_once() {
    let bench = Bench::new(Script::new()).await;
    assert_eq!(bench.text(1, "oA").await, Pushed::New);
    assert_eq!(bench.text(1, "oA").await, Pushed::Known);
    bench.deliver().await;
    assert_eq!(bench.text(1, "oA").await, Pushed::Known, "also when it is sent");
    let other = Content::Text { text: "other".into() };
    assert_eq!(bench.push(Row::new(Key::new("s", "p", 1), "wx1", "oA", other.clone(), 0)).await, Pushed::Differs);
    assert_eq!(bench.push(Row::new(Key::new("s", "p", 1).part(1), "wx1", "oA", other, 0)).await, Pushed::New);
    bench.deliver().await;
    assert_eq!(bench.sent_to("oA"), ["m1", "other"]);
}

#[tokio::test]
async fn busy_and_unreachable_are_tried_again_without_losing_the_order() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(-1)), Some(unreachable())])])).await;
    bench.text(1, "oA").await;
    bench.text(2, "oA").await;
    let summary = bench.deliver().await;
    assert_eq!(summary.sent, 2);
    assert_eq!(bench.sent_to("oA"), ["m1", "m1", "m1", "m2"]);
    let explained = bench.outbox.store().explain("s/p/1").get().await.unwrap().unwrap();
    let tried: Vec<_> = explained.attempts.iter().map(|(attempt, _)| attempt.started).collect();
    assert_eq!(tried, [0, 1_000, 3_000]);
    assert_eq!(bench.rows().await[0].attempts, 3);
    assert_eq!(bench.rows().await[0].reason, None);
    assert_eq!(bench.outcomes()[0], ("s/p/1".to_owned(), Outcome::Refused));
}

#[tokio::test]
async fn a_closed_window_parks_that_customer_only() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(45015))])])).await;
    bench.text(1, "oA").await;
    bench.text(2, "oA").await;
    bench.text(3, "oB").await;
    let summary = bench.deliver().await;
    assert_eq!((summary.parked, summary.sent), (2, 1));
    assert!(summary.needs_attention());
    assert_eq!(bench.sent_to("oA"), ["m1"], "the later one would overtake");
    let rows = bench.rows().await;
    assert!(rows[0].reason.as_ref().unwrap().contains("45015"));
    assert_eq!(rows[1].reason.as_deref(), Some("waits behind s/p/1"));
    assert_eq!(bench.release(Release::User("oA".into())).await, 1);
    assert_eq!(bench.deliver().await.sent, 3);
    assert_eq!(bench.sent_to("oA"), ["m1", "m1", "m2"]);
}

#[tokio::test]
async fn a_wrong_secret_parks_everything_after_one_call() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(40125))])])).await;
    bench.text(1, "oA").await;
    bench.text(2, "oA").await;
    assert_eq!(bench.deliver().await.parked, 2);
    bench.text(3, "oB").await;
    assert_eq!(bench.deliver().await.parked, 3);
    assert_eq!(bench.carrier.log.lock().unwrap().len(), 1);
    bench.hand.set(1 << 40);
    bench.outbox.wake();
    assert_eq!(bench.deliver().await.parked, 3, "nothing is due by itself");
    assert_eq!(bench.carrier.log.lock().unwrap().len(), 1);
    bench.release(Release::All).await;
    assert_eq!(bench.deliver().await.sent, 3);
    assert_eq!(bench.sent_to("oA"), ["m1", "m1", "m2"]);
}

#[tokio::test]
async fn the_daily_quota_opens_again_at_its_time() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(45009))])])).await;
    bench.text(1, "oA").await;
    bench.deliver().await;
    let next = bench.rows().await[0].next.unwrap();
    assert_eq!(next, 16 * 3600 * 1000, "00:00 in UTC+8");
    for (now, sent) in [(next - 1, 0), (next, 1)] {
        bench.hand.set(now);
        bench.outbox.wake();
        assert_eq!(bench.deliver().await.sent, sent);
    }
}

#[tokio::test]
async fn dead_and_unknown_rows_hold_nobody_up() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(40003)), Some(no_answer())])])).await;
    for effect in 1..=3 {
        bench.text(effect, "oA").await;
    }
    let summary = bench.deliver().await;
    assert_eq!((summary.dead, summary.unknown, summary.sent), (1, 1, 1));
    assert_eq!(bench.sent_to("oA"), ["m1", "m2", "m3"]);
    let seen = bench.seen.lock().unwrap();
    assert_eq!((seen[0].outcome, seen[0].errcode), (Outcome::Dead, Some(40003)));
    assert_eq!(seen[1].outcome.log_type(), "delivery.unknown");
    assert_eq!((seen[2].errcode, seen[2].data()["errmsg"].as_str()), (Some(0), Some("ok")));
}

#[tokio::test]
async fn a_message_without_an_answer_is_tried_again_only_where_asked() {
    let mut bench = Bench::new(HashMap::from([("oA", vec![Some(no_answer())])])).await;
    bench.dispatch.on_unknown = OnUnknown::Retry;
    bench.text(1, "oA").await;
    assert_eq!(bench.deliver().await.sent, 1);
    assert_eq!(bench.sent_to("oA").len(), 2);
}

#[tokio::test]
async fn split_news_go_on_where_they_stopped() {
    let bench = Bench::new(HashMap::from([("oA", vec![None, Some(refused(45047))])])).await;
    let article = |title: &str| Article { title: title.into(), ..Article::default() };
    let content = Content::News { articles: vec![article("a"), article("b"), article("c")] };
    bench.push(Row::new(Key::new("s", "p", 1), "wx1", "oA", content, 0)).await;
    bench.push(Row::new(Key::new("s", "p", 2), "wx1", "oA", Content::Text { text: "last".into() }, 0)).await;
    assert_eq!(bench.deliver().await.parked, 2);
    bench.release(Release::All).await;
    assert_eq!(bench.deliver().await.sent, 2);
    assert_eq!(bench.sent_to("oA"), ["a", "b", "b", "c", "last"]);
    let seen = bench.seen.lock().unwrap();
    let sent = seen.iter().filter(|delivery| delivery.outcome == Outcome::Sent);
    assert_eq!(sent.map(|delivery| delivery.message).collect::<Vec<_>>(), [(1, 3), (2, 3), (3, 3), (1, 1)]);
}

#[tokio::test]
async fn a_row_of_which_some_was_sent_under_other_limits_is_in_doubt() {
    let bench = Bench::new(HashMap::from([("oA", vec![None, Some(refused(45047))])])).await;
    let article = |title: &str| Article { title: title.into(), ..Article::default() };
    let content = Content::News { articles: vec![article("a"), article("b"), article("c")] };
    bench.push(Row::new(Key::new("s", "p", 1), "wx1", "oA", content, 0)).await;
    assert_eq!(bench.deliver().await.parked, 1);
    *bench.carrier.profile.lock().unwrap() = Profile::y2017();
    bench.release(Release::All).await;
    assert_eq!(bench.deliver().await.unknown, 1);
    assert_eq!(bench.sent_to("oA"), ["a", "b"], "what was refused, and nothing since");
    let reason = bench.rows().await.remove(0).reason.unwrap();
    assert_eq!(reason, "1 of its 3 messages went out; with the limits now in force it is 1");
}

#[tokio::test]
async fn a_content_no_message_can_be_made_of_is_dead() {
    let bench = Bench::new(Script::new()).await;
    bench.push(Row::new(Key::new("s", "p", 1), "wx1", "oA", Content::Text { text: " ".into() }, 0)).await;
    assert_eq!(bench.deliver().await.dead, 1);
    assert_eq!(bench.rows().await[0].attempts, 0);
}

#[tokio::test]
async fn held_rows_wait_for_a_person_and_hold_nobody_up() {
    let bench = Bench::new(Script::new()).await;
    let held = Row::new(Key::new("s", "p", 1), "wx1", "oA", Content::Text { text: "late".into() }, 0).held("late");
    bench.push(held).await;
    bench.text(2, "oA").await;
    let summary = bench.deliver().await;
    assert_eq!((summary.held, summary.sent), (1, 1));
    assert!(!summary.needs_attention());
}

#[tokio::test]
async fn an_interrupted_send_is_unknown() {
    let bench = Bench::hanging(Script::new(), Some("oA")).await;
    bench.text(1, "oA").await;
    bench.text(2, "oB").await;
    let mut deliver = Box::pin(bench.deliver());
    let progress = async {
        while bench.carrier.log.lock().unwrap().len() < 2 || bench.outbox.summary().await.unwrap().sent < 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = &mut deliver => panic!("oA never answers"),
        () = progress => {}
    }
    drop(deliver);
    let sending = Summary { sent: 1, sending: 1, ..Summary::default() };
    assert_eq!(bench.outbox.summary().await.unwrap(), sending);
    let interrupted =
        bench.outbox.store().interrupted(Interrupted::Now(bench.account), OnUnknown::Hold, 9).get().await.unwrap();
    assert_eq!(interrupted[0].key.to_string(), "s/p/1");
    let unknown = Summary { sent: 1, unknown: 1, ..Summary::default() };
    assert_eq!(bench.outbox.summary().await.unwrap(), unknown);
}

#[tokio::test]
async fn what_is_old_goes_in_steps_until_nothing_is_left() {
    let bench = Bench::new(Script::new()).await;
    let (store, account) = (bench.outbox.store(), bench.account);
    let event = |number: usize| NewEvent {
        account,
        log: None,
        source: "s".to_owned(),
        id: number.to_string(),
        digest: Vec::new(),
        line: "{}".to_owned(),
        subject: None,
        turns_to: None,
        plugins: vec!["p".to_owned()],
        acted: None,
        now: 0,
    };
    let accepted: Vec<_> = (0..=2 * TIDY_ROWS_MAX).map(|number| store.accept(event(number))).collect();
    for accepted in accepted {
        accepted.get().await.unwrap();
    }
    bench.hand.set(EVENT_KEPT_MS + 1);
    let all_gone = async {
        while !store.unfinished(account, vec!["p".to_owned()], None, EventId(0)).get().await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        served = bench.outbox.serve(&bench.dispatch) => served.unwrap(),
        () = all_gone => {}
    }
    let steps = bench.hand.now_ms() - EVENT_KEPT_MS - 1;
    assert!((TIDY_PAUSE_MS..=3 * TIDY_PAUSE_MS).contains(&steps), "others had their turns in between: {steps}");
}

#[tokio::test]
async fn several_are_told_to_stop_before_one_is_waited_for() {
    let (first, other) = (Bench::hanging(Script::new(), Some("oA")).await, Bench::new(Script::new()).await);
    first.text(1, "oA").await;
    let mut deliver = Box::pin(first.deliver());
    let on_wire = async {
        while first.carrier.log.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = &mut deliver => panic!("oA never answers"),
        () = on_wire => {}
    }
    let both = [first.outbox.clone(), other.outbox.clone()];
    tokio::select! {
        biased;
        () = Outbox::stop_all(&both) => panic!("oA never answers"),
        () = std::future::ready(()) => {}
    }
    assert!(other.outbox.is_stopping());
}

#[tokio::test]
async fn a_way_that_was_closed_is_tried_by_one_for_all() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(unreachable()); 7])])).await;
    bench.text(1, "oA").await;
    assert_eq!(bench.deliver().await.parked, 1);
    assert_eq!(bench.sent_to("oA").len(), 5, "the schedule has five tries");
    for (effect, openid) in [(2, "oB"), (3, "oC"), (4, "oD")] {
        bench.text(effect, openid).await;
    }
    assert_eq!(bench.deliver().await.parked, 4);
    let closed_until = bench.rows().await[3].next.unwrap();
    bench.hand.set(closed_until);
    bench.outbox.wake();
    assert_eq!(bench.deliver().await.parked, 4);
    assert_eq!(bench.carrier.log.lock().unwrap().len(), 6, "one finds out that it is still closed");
    bench.hand.pass(60_000);
    bench.outbox.wake();
    bench.deliver().await;
    bench.hand.pass(60_000);
    bench.outbox.wake();
    assert_eq!(bench.deliver().await.sent, 4);
}

#[tokio::test]
async fn a_row_that_is_dropped_before_it_goes_does_not() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(-1))])])).await;
    bench.text(1, "oA").await;
    let row = bench.rows().await.remove(0);
    let drop = bench.outbox.store().change(Filter::key("s/p/1"), Change::Drop, 0, 1, false);
    assert_eq!(drop.get().await.unwrap()[0].state, Some(State::Dead));
    let attempt = Attempt { started: 2, message: (1, 1) };
    assert!(!bench.outbox.store().on_wire(row.seq, attempt).get().await.unwrap());
    assert_eq!(bench.deliver().await.dead, 1);
}
