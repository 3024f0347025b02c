//! What a desk answers, and what it makes of strangers' requests.

use std::sync::Arc;

use serde_json::json;

use super::answer::to_lines;
use super::*;
use crate::base::limits::{OUTBOX_PAGE_ROWS, REQUEST_KEYS_MAX};
use crate::store::{Change, Commit, Filter, Key, OnUnknown, Row, SqliteStore, State, Store};
use crate::wechat::Content;

/// A desk over a store with so many messages to `oA`, the first one held.
async fn desk(messages: usize) -> (Desk, Arc<dyn Store>) {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().unwrap());
    let account = store.account("wx", "http://a").get().await.unwrap();
    let row = |number: usize| {
        let content = Content::Text { text: number.to_string() };
        let row = Row::new(Key::new(number.to_string(), "p", 0), "wx", "oA", content, 1);
        if number == 0 { row.held("by policy") } else { row }
    };
    let commit = Commit { account: Some(account), now: 1, rows: (0..messages).map(row).collect(), ..Commit::default() };
    store.commit(commit).get().await.unwrap();
    (Desk::alone(store.clone(), OnUnknown::Hold).await.unwrap().0, store)
}

fn list(after: i64, limit: Option<usize>) -> Request {
    Request::List { filter: Filter::default(), after, limit }
}

#[tokio::test]
async fn messages_come_in_pages() {
    let (desk, _) = desk(OUTBOX_PAGE_ROWS + 1).await;
    let first = desk.answer(list(0, None)).await.unwrap();
    assert_eq!((first.items.len(), &first.items[0]["key"]), (OUTBOX_PAGE_ROWS, &json!("0/p/0")));
    let rest = desk.answer(list(first.next.unwrap(), None)).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
    assert_eq!(desk.answer(list(0, Some(2))).await.unwrap().items.len(), 2);
    let filter = Filter { states: vec![State::Pending], ..Filter::default() };
    let drop = |after| Request::Change { change: Change::Drop, filter: filter.clone(), after, dry_run: false };
    let first = desk.answer(drop(0)).await.unwrap();
    assert_eq!(first.items.len(), OUTBOX_PAGE_ROWS);
    let expected = json!({"key": "1/p/0", "account": "wx", "openid": "oA", "before": "pending", "state": "dead",
        "changed": true, "note": null});
    assert_eq!(first.items[0], expected);
    assert_eq!(desk.answer(drop(first.next.unwrap())).await.unwrap(), Answer::default());
    let checked = desk.answer(Request::Check { whole: false }).await.unwrap();
    let checked = &checked.items[0];
    assert_eq!(
        (&checked["messages"]["dead"], &checked["dropped"]),
        (&json!(OUTBOX_PAGE_ROWS), &json!(OUTBOX_PAGE_ROWS))
    );
    assert_eq!(checked["advice"].as_array().unwrap().len(), 1, "of what is held: {checked}");
}

#[tokio::test]
async fn a_host_is_held_up_by_a_check_only_where_that_is_asked_for() {
    let (alone, _) = desk(2).await;
    let host = alone.clone().in_host();
    let looked_at = async |desk: &Desk, whole| {
        let checked = desk.answer(Request::Check { whole }).await.unwrap().items.remove(0);
        assert_eq!((&checked["damage"], &checked["messages"]["pending"]), (&json!([]), &json!(1)));
        checked["looked_at"].as_bool().unwrap()
    };
    assert!(looked_at(&alone, false).await);
    assert!(!looked_at(&host, false).await);
    assert!(looked_at(&host, true).await);
}

#[tokio::test]
async fn a_message_is_found_by_the_beginning_of_its_key() {
    let (desk, _) = desk(22).await;
    let explain = async |message: &str| desk.answer(Request::Explain { message: message.to_owned() }).await;
    assert_eq!(explain("21/").await.unwrap().items[0]["key"], "21/p/0");
    assert_eq!(explain("2/p/0").await.unwrap().items[0]["body"]["content"], "2", "another one begins so as well");
    let several = explain("2").await.unwrap_err();
    assert_eq!(several.kind, TroubleKind::NotFound);
    assert!(several.text.ends_with(": 2/p/0, 20/p/0, 21/p/0"), "{several}");
    assert!(explain("1").await.unwrap_err().text.ends_with(", 18/p/0, and more"));
    assert_eq!(explain("3/q").await.unwrap_err().kind, TroubleKind::NotFound);
}

#[tokio::test]
async fn a_customer_is_erased_by_his_whole_openid() {
    let (desk, store) = desk(3).await;
    let erase = async |openid: &str, dry_run| {
        desk.answer(Request::Erase { openid: openid.to_owned(), dry_run }).await.map(|answer| answer.items[0].clone())
    };
    for short in ["", "o", "A"] {
        assert_eq!(erase(short, false).await.unwrap_err().kind, TroubleKind::NotFound, "{short}");
    }
    let would = erase("oA", true).await.unwrap();
    assert_eq!((&would["messages"], &would["unsent"], &would["erased"]), (&json!(3), &json!(3), &json!(false)));
    assert_eq!(erase("oA", false).await.unwrap()["erased"], true);
    assert!(store.list(Filter::default(), 0, 9).get().await.unwrap().is_empty());
    assert_eq!(erase("oA", false).await.unwrap_err().kind, TroubleKind::NotFound);
}

#[test]
fn requests_over_a_socket() {
    let filter = Filter { keys: vec!["1/p/0".to_owned()], states: vec![State::Dead], ..Filter::default() };
    let requests = [
        list(7, Some(3)),
        Request::Change { change: Change::Retry, filter, after: 0, dry_run: true },
        Request::Check { whole: false },
        Request::Explain { message: "1".to_owned() },
        Request::Erase { openid: "oA".to_owned(), dry_run: false },
    ];
    for request in requests {
        let line = request.to_line();
        assert!(line.starts_with("{\"v\":1,\"op\":\"") && line.ends_with("}\n"), "{line}");
        assert_eq!(Request::read(line.as_bytes()), Ok(request));
    }
    let least = Request::read(br#"{"v":1,"op":"outbox.list"}"#);
    assert_eq!(least, Ok(list(0, None)));
}

#[test]
fn what_is_no_request() {
    let keys = serde_json::to_string(&vec!["k"; REQUEST_KEYS_MAX + 1]).unwrap();
    let table = [
        ("", TroubleKind::Request),
        ("null", TroubleKind::Request),
        ("[1]", TroubleKind::Request),
        ("\u{0}\u{1}", TroubleKind::Request),
        (r#"{"op":"outbox.check"}"#, TroubleKind::Request),
        (r#"{"v":2,"op":"outbox.check"}"#, TroubleKind::Version),
        (r#"{"v":"1","op":"outbox.check"}"#, TroubleKind::Version),
        (r#"{"v":1}"#, TroubleKind::Request),
        (r#"{"v":1,"op":"outbox.burn"}"#, TroubleKind::Request),
        (r#"{"v":1,"op":"outbox.check","more":1}"#, TroubleKind::Request),
        (r#"{"v":1,"op":"outbox.list","filter":{"sate":["dead"]}}"#, TroubleKind::Request),
        (r#"{"v":1,"op":"outbox.list","filter":{"states":["lost"]}}"#, TroubleKind::Request),
        (r#"{"v":1,"op":"outbox.list","limit":-1}"#, TroubleKind::Request),
        (r#"{"v":1,"op":"outbox.list","after":99999999999999999999}"#, TroubleKind::Request),
        (r#"{"v":1,"op":"outbox.change","change":"burn","filter":{}}"#, TroubleKind::Request),
        (&"[".repeat(100_000), TroubleKind::Request),
        (&format!(r#"{{"v":1,"op":"outbox.list","filter":{{"keys":{keys}}}}}"#), TroubleKind::Request),
    ];
    for (line, kind) in table {
        let trouble = Request::read(line.as_bytes()).expect_err(line);
        assert_eq!(trouble.kind, kind, "{line}");
        assert!(trouble.text.len() < 300, "{trouble}");
    }
    assert_eq!(Request::read(b"\xff\xfe").unwrap_err().kind, TroubleKind::Request);
}

#[test]
fn answers_over_a_socket() {
    let read = |lines: &str| {
        let mut reading = Reading::default();
        lines.lines().find_map(|line| reading.line(line.as_bytes()).transpose())
    };
    let answer = Answer { items: vec![json!({"key": "1/p/0"}), json!(["\n"])], next: Some(7) };
    assert_eq!(read(&to_lines(&Ok(answer.clone()))), Some(Ok(answer)));
    let trouble = Trouble::new(TroubleKind::Store, "full").with_hint("make room");
    assert_eq!(read(&to_lines(&Err(trouble.clone()))), Some(Err(trouble)));
    assert_eq!(read("{\"item\":1}\n"), None, "it goes on");
    for odd in ["nonsense", "{}", "{\"end\":7}", "{\"item\":1,\"end\":{}}"] {
        assert_eq!(read(odd).unwrap().unwrap_err().kind, TroubleKind::Version, "{odd}");
    }
}
