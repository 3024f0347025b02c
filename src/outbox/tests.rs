//! Delivery against a carrier that follows a script, on a clock that does not wait.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use super::*;
use crate::{
    base::clock::TimestampMs,
    wechat::{
        Article, BoxFuture, Call, Content, ContentError, Message, Planner, Profile, Receipt, SendError, WechatError,
    },
};

/// What the carrier answers, per user; then ok for ever.
type Script = HashMap<&'static str, Vec<Option<SendError>>>;

struct Scripted {
    script: Mutex<Script>,
    log: Mutex<Vec<(String, String)>>,
    hang: Option<&'static str>,
}

impl Carrier for Scripted {
    fn plan(&self, content: &Content) -> Result<Vec<Message>, ContentError> {
        Planner::new(Profile::y2025()).plan(content)
    }

    fn deliver<'a>(
        &'a self,
        openid: &'a str,
        _: Option<&'a str>,
        message: &'a Message,
    ) -> BoxFuture<'a, Result<Receipt, SendError>> {
        Box::pin(async move {
            let text = match message {
                Message::Text(text) => text.clone(),
                Message::Image(url) => url.to_string(),
                Message::News(articles) => articles[0].title.clone(),
            };
            tokio::task::yield_now().await;
            self.log.lock().unwrap().push((openid.to_owned(), text));
            if self.hang == Some(openid) {
                std::future::pending::<()>().await;
            }
            let failure = self.script.lock().unwrap().get_mut(openid).and_then(|errors| errors.pop().flatten());
            failure.map_or_else(|| Ok(Receipt { at_ms: 0, errmsg: "ok".into(), media_id: None }), Err)
        })
    }
}

#[derive(Default)]
struct Skipping {
    now: AtomicI64,
    slept: Mutex<Vec<Duration>>,
}

impl Timer for Skipping {
    fn now_ms(&self) -> TimestampMs {
        self.now.load(Ordering::Relaxed)
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.now.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
        self.slept.lock().unwrap().push(time);
        Box::pin(tokio::task::yield_now())
    }
}

struct Bench {
    outbox: Outbox,
    carrier: Arc<Scripted>,
    timer: Arc<Skipping>,
    seen: Arc<Mutex<Vec<Delivery>>>,
    dispatch: Dispatch,
}

impl Bench {
    fn new(script: Script) -> Self {
        Self::hanging(script, None)
    }

    fn hanging(mut script: Script, hang: Option<&'static str>) -> Self {
        script.values_mut().for_each(|errors| errors.reverse());
        let carrier = Arc::new(Scripted { script: Mutex::new(script), log: Mutex::default(), hang });
        let timer = Arc::new(Skipping::default());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&seen);
        let observe = Arc::new(move |delivery| tell.lock().unwrap().push(delivery));
        let mut dispatch = Dispatch::new(Arc::clone(&carrier) as Arc<dyn Carrier>, observe);
        dispatch.timer = Arc::clone(&timer) as Arc<dyn Timer>;
        Self { outbox: Outbox::new(), carrier, timer, seen, dispatch }
    }

    fn text(&self, effect: u32, openid: &str) -> Pushed {
        let content = Content::Text { text: format!("m{effect}") };
        self.outbox.push(Row::new(Key::new("s", "p", effect), "wx1", openid, content, 0))
    }

    async fn deliver(&self) -> Summary {
        self.outbox.deliver(&self.dispatch).await
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
    let bench = Bench::new(Script::new());
    for effect in 0..40 {
        assert_eq!(bench.text(effect, if effect % 2 == 0 { "oA" } else { "oB" }), Pushed::New);
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
    let bench = Bench::new(Script::new());
    assert_eq!(bench.text(1, "oA"), Pushed::New);
    assert_eq!(bench.text(1, "oA"), Pushed::Known);
    bench.deliver().await;
    assert_eq!(bench.text(1, "oA"), Pushed::Known, "also when it is sent");
    let other = Content::Text { text: "other".into() };
    assert_eq!(bench.outbox.push(Row::new(Key::new("s", "p", 1), "wx1", "oA", other.clone(), 0)), Pushed::Differs);
    assert_eq!(bench.outbox.push(Row::new(Key::new("s", "p", 1).part(1), "wx1", "oA", other, 0)), Pushed::New);
    bench.deliver().await;
    assert_eq!(bench.sent_to("oA"), ["m1", "other"]);
}

#[tokio::test]
async fn busy_and_unreachable_are_tried_again_without_losing_the_order() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(-1)), Some(unreachable())])]));
    bench.text(1, "oA");
    bench.text(2, "oA");
    let summary = bench.deliver().await;
    assert_eq!(summary.sent, 2);
    assert_eq!(bench.sent_to("oA"), ["m1", "m1", "m1", "m2"]);
    assert_eq!(*bench.timer.slept.lock().unwrap(), [Duration::from_secs(1), Duration::from_secs(2)]);
    assert_eq!(bench.outbox.rows()[0].attempts, 3);
    assert_eq!(bench.outbox.rows()[0].reason, None);
    assert_eq!(bench.outcomes()[0], ("s/p/1".to_owned(), Outcome::Refused));
}

#[tokio::test]
async fn a_closed_window_parks_that_customer_only() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(45015))])]));
    bench.text(1, "oA");
    bench.text(2, "oA");
    bench.text(3, "oB");
    let summary = bench.deliver().await;
    assert_eq!((summary.parked, summary.sent), (2, 1));
    assert!(summary.needs_attention());
    assert_eq!(bench.sent_to("oA"), ["m1"], "the later one would overtake");
    let rows = bench.outbox.rows();
    assert!(rows[0].reason.as_ref().unwrap().contains("45015"));
    assert_eq!(rows[1].reason.as_deref(), Some("waits behind s/p/1"));
    let release = Release::User { account: "wx1".into(), openid: "oA".into() };
    assert_eq!(bench.outbox.release(&release), 2);
    assert_eq!(bench.deliver().await.sent, 3);
    assert_eq!(bench.sent_to("oA"), ["m1", "m1", "m2"]);
}

#[tokio::test]
async fn a_wrong_secret_parks_everything_after_one_call() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(40125))]), ("oB", vec![Some(refused(40125))])]));
    bench.text(1, "oA");
    bench.text(2, "oA");
    assert_eq!(bench.deliver().await.parked, 2);
    bench.text(3, "oB");
    assert_eq!(bench.deliver().await.parked, 3);
    assert_eq!(bench.carrier.log.lock().unwrap().len(), 1);
    assert_eq!(bench.outbox.release(&Release::Due(i64::MAX)), 0, "nothing is due by itself");
    assert_eq!(bench.outbox.release(&Release::All), 3);
}

#[tokio::test]
async fn the_daily_quota_opens_again_at_its_time() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(45009))])]));
    bench.text(1, "oA");
    bench.deliver().await;
    let next = bench.outbox.rows()[0].next.unwrap();
    assert_eq!(next, 16 * 3600 * 1000, "00:00 in UTC+8");
    assert_eq!(bench.outbox.release(&Release::Due(next - 1)), 0);
    assert_eq!(bench.outbox.release(&Release::Due(next)), 1);
    assert_eq!(bench.deliver().await.sent, 1);
}

#[tokio::test]
async fn dead_and_unknown_rows_hold_nobody_up() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(40003)), Some(no_answer())])]));
    for effect in 1..=3 {
        bench.text(effect, "oA");
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
    let mut bench = Bench::new(HashMap::from([("oA", vec![Some(no_answer())])]));
    bench.dispatch.retry_unknown = true;
    bench.text(1, "oA");
    assert_eq!(bench.deliver().await.sent, 1);
    assert_eq!(bench.sent_to("oA").len(), 2);
}

#[tokio::test]
async fn split_news_go_on_where_they_stopped() {
    let bench = Bench::new(HashMap::from([("oA", vec![None, Some(refused(45047))])]));
    let article = |title: &str| Article { title: title.into(), ..Article::default() };
    let content = Content::News { articles: vec![article("a"), article("b"), article("c")] };
    bench.outbox.push(Row::new(Key::new("s", "p", 1), "wx1", "oA", content, 0));
    bench.outbox.push(Row::new(Key::new("s", "p", 2), "wx1", "oA", Content::Text { text: "last".into() }, 0));
    assert_eq!(bench.deliver().await.parked, 2);
    bench.outbox.release(&Release::All);
    assert_eq!(bench.deliver().await.sent, 2);
    assert_eq!(bench.sent_to("oA"), ["a", "b", "b", "c", "last"]);
    let seen = bench.seen.lock().unwrap();
    let sent = seen.iter().filter(|delivery| delivery.outcome == Outcome::Sent);
    assert_eq!(sent.map(|delivery| delivery.message).collect::<Vec<_>>(), [(1, 3), (2, 3), (3, 3), (1, 1)]);
}

#[tokio::test]
async fn a_content_no_message_can_be_made_of_is_dead() {
    let bench = Bench::new(Script::new());
    bench.outbox.push(Row::new(Key::new("s", "p", 1), "wx1", "oA", Content::Text { text: " ".into() }, 0));
    assert_eq!(bench.deliver().await.dead, 1);
    assert_eq!(bench.outbox.rows()[0].attempts, 0);
}

#[tokio::test]
async fn held_rows_wait_for_a_person_and_hold_nobody_up() {
    let bench = Bench::new(Script::new());
    let held = Row::new(Key::new("s", "p", 1), "wx1", "oA", Content::Text { text: "late".into() }, 0).held("late");
    bench.outbox.push(held);
    bench.text(2, "oA");
    let summary = bench.deliver().await;
    assert_eq!((summary.held, summary.sent), (1, 1));
    assert!(!summary.needs_attention());
}

#[tokio::test]
async fn an_interrupted_send_is_unknown() {
    let bench = Bench::hanging(Script::new(), Some("oA"));
    bench.text(1, "oA");
    bench.text(2, "oB");
    let mut deliver = Box::pin(bench.deliver());
    let progress = async {
        while bench.carrier.log.lock().unwrap().len() < 2 || bench.outbox.summary().sent < 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = &mut deliver => panic!("oA never answers"),
        () = progress => {}
    }
    drop(deliver);
    while bench.outbox.summary().sending > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.outbox.summary(), Summary { sent: 1, unknown: 1, ..Summary::default() });
}
