//! What WeChat would refuse is parked before it is asked, and its word corrects what is known.

use super::*;
use crate::wechat::Typing;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

impl Bench {
    /// A push says what a user did.
    async fn acts(&self, openid: &str, deed: Deed, at: i64) {
        let event = NewEvent {
            account: self.account,
            log: None,
            source: "wechat".to_owned(),
            id: format!("{openid} {deed:?} {at}"),
            digest: Vec::new(),
            line: String::new(),
            subject: Some(openid.to_owned()),
            turns_to: None,
            plugins: Vec::new(),
            acted: Some(Acted { openid: openid.to_owned(), deed, at }),
            now: self.hand.now_ms(),
        };
        self.outbox.store().accept(event).get().await.unwrap();
        self.outbox.wake();
    }

    async fn texts(&self, openid: &str, numbers: std::ops::Range<u32>) -> Summary {
        for number in numbers {
            self.text(number, openid).await;
        }
        self.deliver().await
    }

    async fn typing(&self, effect: u32, typing: Typing) {
        let content = Content::Typing { command: typing };
        self.push(Row::new(Key::new("t", "p", effect), "wx1", "oA", content, self.hand.now_ms())).await;
    }

    fn pass(&self, ms: i64) {
        self.hand.pass(ms);
        self.outbox.wake();
    }

    async fn reason(&self, index: usize) -> String {
        self.rows().await[index].reason.clone().unwrap_or_default()
    }
}

const MESSAGE: Deed = Deed::Opens(Trigger::Message);

#[tokio::test]
async fn the_sixth_message_waits_for_the_next_one_of_the_user() {
    let bench = Bench::new(HashMap::new()).await;
    bench.acts("oA", MESSAGE, 0).await;
    let summary = bench.texts("oA", 0..8).await;
    assert_eq!((summary.sent, summary.parked), (5, 3));
    assert_eq!(bench.sent_to("oA").len(), 5, "WeChat is not asked");
    assert!(bench.reason(5).await.starts_with("the 5 messages that the user's last message allows until"));
    let parked = bench.rows().await[5].clone();
    assert_eq!((parked.state, parked.parked, parked.attempts), (State::Parked, Some(crate::store::Scope::User), 0));
    // A tap on a menu allows three more.
    bench.acts("oA", Deed::Opens(Trigger::Menu), 1).await;
    assert_eq!(bench.deliver().await.sent, 8);
    assert_eq!(bench.texts("oA", 8..9).await.parked, 1);
    bench.acts("oA", MESSAGE, 2).await;
    assert_eq!(bench.deliver().await.sent, 9);
}

#[tokio::test]
async fn past_the_window_nothing_is_sent() {
    let bench = Bench::new(HashMap::new()).await;
    bench.acts("oA", MESSAGE, 0).await;
    bench.pass(48 * HOUR);
    assert_eq!(bench.texts("oA", 0..1).await.parked, 1);
    assert!(bench.sent_to("oA").is_empty());
    assert_eq!(bench.reason(0).await, "the 48 h after the user's last message ended at 1970-01-03T00:00:00.000Z");
    let told = bench.seen.lock().unwrap()[0].clone();
    assert_eq!((told.outcome, told.errcode, told.message), (Outcome::Parked, None, (0, 0)));
    assert!(told.hint.unwrap().contains("duoke window"));
    // The same push again is no action.
    bench.acts("oA", MESSAGE, 0).await;
    assert_eq!(bench.deliver().await.parked, 1);
    bench.acts("oA", Deed::Leaves, 48 * HOUR).await;
    assert_eq!(bench.deliver().await.parked, 1);
    bench.acts("oA", Deed::Opens(Trigger::Subscribe), 48 * HOUR).await;
    assert_eq!(bench.deliver().await.sent, 1);
}

#[tokio::test]
async fn of_whom_nothing_is_known_wechat_is_asked_and_its_word_holds() {
    for code in [45015, 45047] {
        let bench = Bench::new(HashMap::from([("oA", vec![None, Some(refused(code))])])).await;
        let summary = bench.texts("oA", 0..4).await;
        assert_eq!((summary.sent, summary.parked), (1, 3));
        assert_eq!(bench.sent_to("oA").len(), 2);
        // A customer's answer to another message, put meanwhile, meets the same word.
        bench.outbox.store().change(Filter::key("s/p/1"), Change::Drop, 0, 0, false).get().await.unwrap();
        bench.outbox.wake();
        assert_eq!(bench.deliver().await.parked, 2);
        assert_eq!(bench.sent_to("oA").len(), 2, "WeChat is not asked again");
        assert!(bench.reason(2).await.starts_with("WeChat said at"), "{}", bench.reason(2).await);
        bench.acts("oA", MESSAGE, 0).await;
        assert_eq!(bench.deliver().await.sent, 3);
    }
}

#[tokio::test]
async fn a_person_s_word_has_wechat_asked() {
    let bench = Bench::new(HashMap::new()).await;
    bench.acts("oA", Deed::Opens(Trigger::Menu), 0).await;
    bench.pass(MINUTE);
    assert_eq!(bench.texts("oA", 0..2).await.parked, 2);
    bench.outbox.store().change(Filter::key("s/p/0"), Change::Retry, 0, 0, false).get().await.unwrap();
    bench.outbox.wake();
    assert_eq!(bench.deliver().await.sent, 2);
}

#[tokio::test]
async fn who_writes_while_a_message_is_refused_is_not_waited_for() {
    let bench = Bench::hanging(HashMap::new(), Some("oA")).await;
    bench.text(0, "oA").await;
    tokio::select! {
        biased;
        served = bench.outbox.serve(&bench.dispatch) => served.unwrap(),
        () = async { while bench.sent_to("oA").is_empty() { tokio::task::yield_now().await; } } => {}
    }
    // What was on the wire is settled by hand: the row as it was read, before the user wrote.
    let row = bench.rows().await.remove(0);
    bench.acts("oA", MESSAGE, 0).await;
    let store = bench.outbox.store();
    let mut parked = row.clone();
    (parked.state, parked.parked) = (State::Parked, Some(crate::store::Scope::User));
    let settled = crate::store::Settled {
        row: parked,
        attempt: Attempt { started: 0, message: (1, 1) },
        end: crate::store::AttemptEnd { outcome: "parked".to_owned(), ..Default::default() },
        ways: crate::store::WayChange::Keep,
        window: crate::store::WindowChange::Refused(45015),
        acts: 0,
    };
    let next = store.settle(settled).get().await.unwrap().unwrap();
    assert_eq!(next.row.state, State::Pending, "he has written: it goes again");
    let standing = next.seen.window.standing(&Profile::y2025().allowances(), 0);
    assert!(matches!(standing, crate::session::window::Standing::Open { left: Some(5), .. }), "{standing:?}");
}

#[tokio::test]
async fn typing_is_shown_in_time_or_not_at_all() {
    let bench = Bench::new(HashMap::new()).await;
    bench.acts("oA", MESSAGE, 0).await;
    bench.typing(0, Typing::Typing).await;
    bench.deliver().await;
    bench.typing(1, Typing::Typing).await;
    bench.deliver().await;
    assert_eq!(bench.sent_to("oA"), ["typing true"]);
    assert!(bench.reason(1).await.contains("is shown until 1970-01-01T00:00:15.000Z"));
    // A message ends it.
    bench.texts("oA", 0..1).await;
    bench.typing(2, Typing::Typing).await;
    bench.typing(3, Typing::Cancel).await;
    bench.deliver().await;
    assert_eq!(bench.sent_to("oA"), ["typing true", "m0", "typing true", "typing false"]);
    bench.pass(31_000);
    bench.typing(4, Typing::Typing).await;
    bench.deliver().await;
    assert!(bench.reason(5).await.starts_with("nobody has written"), "{}", bench.reason(5).await);
    // One that waited is not wanted any more; nobody is told to wait for it.
    bench.typing(5, Typing::Cancel).await;
    bench.pass(16_000);
    let summary = bench.deliver().await;
    assert_eq!(bench.reason(6).await, "the typing state could not be shown in time");
    assert_eq!((summary.dead, summary.parked), (3, 0));
}

#[tokio::test]
async fn a_typing_state_that_is_refused_holds_nothing_up() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(-1)), None])])).await;
    bench.typing(0, Typing::Typing).await;
    let summary = bench.texts("oA", 0..1).await;
    assert_eq!((summary.dead, summary.sent), (1, 1));
}

#[tokio::test]
async fn a_typing_state_on_the_wire_when_a_host_ends_is_no_doubt() {
    let bench = Bench::new(HashMap::new()).await;
    bench.typing(0, Typing::Typing).await;
    let (store, account) = (bench.outbox.store(), bench.account);
    let row = store.due(account, 0, Vec::new(), 1).get().await.unwrap().rows.remove(0).row;
    assert!(store.on_wire(row.seq, Attempt { started: 0, message: (1, 1) }).get().await.unwrap());
    let interrupted = store.interrupted(Interrupted::Now(account), OnUnknown::Hold, 1).get().await.unwrap();
    assert_eq!(interrupted[0].state, State::Dead);
}

#[tokio::test]
async fn one_customer_alone_is_served() {
    let bench = Bench::new(HashMap::from([("oA", vec![Some(refused(-1)), None])])).await;
    bench.text(0, "oA").await;
    bench.text(1, "oA").await;
    bench.text(2, "oB").await;
    let mut changes = bench.outbox.changes();
    tokio::select! {
        biased;
        served = bench.outbox.serve_one(&bench.dispatch, "oA") => served.unwrap(),
        () = async { for _ in 0..3 { changes.changed().await.unwrap(); } } => {}
    }
    assert_eq!(bench.sent_to("oA"), ["m0", "m0", "m1"], "also a second try");
    assert!(bench.sent_to("oB").is_empty());
}
