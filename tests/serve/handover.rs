//! A host that goes on where another one ends, while customers write.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;

use crate::host::Yard;

const ECHOES: &str =
    "function MCS_ClientNotify(text) { var told = JSON.parse(text); if (told.content) put(told.content); }";
/// Customers who write all the time.
const CUSTOMERS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn customers_write_all_the_time_and_each_message_is_answered_once() {
    let yard = Arc::new(Yard::with("echoes", "extra_events = true", ECHOES).await);
    let first = yard.serve(&["echoes"], &[]).await;
    let (is_over, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let writing = |number: usize| {
        let (yard, is_over, written) = (yard.clone(), is_over.clone(), written.clone());
        tokio::spawn(async move {
            let openid = format!("oHandedOver{number}");
            let mut count = 0;
            while !is_over.load(Ordering::Acquire) {
                // Once refused it would be delivered again, as WeChat does: three times, then the customer is told.
                yard.writes(&openid, &format!("{count}")).await;
                count += 1;
                written.fetch_add(1, Ordering::AcqRel);
            }
            (openid, count)
        })
    };
    let writers: Vec<_> = (0..CUSTOMERS).map(writing).collect();
    let some_more = async |more: usize| {
        let from = written.load(Ordering::Acquire);
        yard.until(|| written.load(Ordering::Acquire) >= from + more).await;
    };
    some_more(20).await;
    let second = yard.serve_again(&["echoes", "--takeover"], &[]);
    second.says("hands over");
    assert_eq!(first.ended(), Some(0));
    some_more(20).await;
    // And back, as with the next upgrade.
    let third = yard.serve_again(&["echoes", "--takeover"], &[]);
    assert_eq!(second.ended(), Some(0));
    some_more(20).await;
    is_over.store(true, Ordering::Release);
    for writer in writers {
        let (openid, count) = writer.await.unwrap();
        let had = yard.has(&openid, count).await;
        let expected: HashSet<String> = (0..count).map(|number| number.to_string()).collect();
        assert_eq!((had.len(), had.into_iter().collect::<HashSet<_>>()), (count, expected), "{openid}");
    }
    assert_eq!(third.end(), Some(0));
    let checked = yard.run(&["outbox", "check", "--format", "json"]);
    let checked: serde_json::Value = serde_json::from_str(&checked.out).unwrap();
    assert_eq!((&checked["events_open"], &checked["messages"]["unknown"]), (&json!(0), &json!(0)), "{checked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_none_runs_it_begins_and_a_second_one_without_the_flag_does_not() {
    let yard = Yard::with("echoes", "extra_events = true", ECHOES).await;
    let serving = yard.serve(&["echoes", "--takeover"], &[]).await;
    let refused = yard.run(&["serve", "echoes"]);
    assert!(refused.code == 96 && refused.err.contains("another duoke"), "{}", refused.err);
    // At another state it finds the address in use.
    let refused = yard.run(&["serve", "echoes", "--state", "other"]);
    assert!(refused.code == 96 && refused.err.contains("cannot be listened on"), "{}", refused.err);
    yard.writes("oA", "still there").await;
    assert_eq!(yard.has("oA", 1).await, ["still there"]);
    assert_eq!(serving.end(), Some(0));
}
