//! A page for each customer: who has one, what it is told, and what becomes of it when others need the room.

use serde_json::json;

use crate::host::Yard;

/// Room for two customers.
const TWO: &[(&str, &str)] = &[("DUOKE_CONVERSATIONS_MAX", "2")];
/// Says whose it believes to be, and the number of the message that this page has seen.
const COUNTS: &str = r#"
var whose = 'nobody', count = 0;
function MCS_ClientNotify(str) {
  var event = JSON.parse(str);
  if (event.event === 'OnUserChange') whose = event.useraccount;
  if (event.event === 'OnReceiveMsg') put(whose + ' ' + event.content + ' ' + ++count);
}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_closed_for_others_and_a_fresh_one_is_told_whose_it_is() {
    let yard =
        Yard::with("counts", "extra_events = true\ndialects = [\"mcs\"]\nuser_change = \"conversation\"", COUNTS).await;
    let serving = yard.serve(&["counts"], TWO).await;
    for (openid, text, count) in [("oA", "a", 1), ("oA", "b", 2), ("oB", "c", 1), ("oC", "d", 1), ("oA", "e", 3)] {
        yard.writes(openid, text).await;
        yard.has(openid, count).await;
    }
    assert_eq!(yard.had("oA"), ["oA a 1", "oA b 2", "oA e 1"], "two have room, and he was the third");
    assert_eq!((yard.had("oB"), yard.had("oC")), (vec!["oB c 1".to_owned()], vec!["oC d 1".to_owned()]));
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_have_something_to_do_are_not_closed_for_others() {
    const LATE: &str = r#"
function MCS_ClientNotify(str) {
  var event = JSON.parse(str);
  put('now');
  setTimeout(function () { put('200 ms later'); }, 200);
}"#;
    let yard = Yard::with("late", "dialects = [\"mcs\"]", LATE).await;
    let serving = yard.serve(&["late"], TWO).await;
    let openids: Vec<String> = (0..6).map(|number| format!("oUser{number}")).collect();
    for openid in &openids {
        yard.writes(openid, "hi").await;
    }
    for openid in &openids {
        assert_eq!(yard.has(openid, 2).await, ["now", "200 ms later"]);
    }
    assert_eq!((serving.said(), serving.end()), (String::new(), Some(0)));
}

/// Greets who is selected, at once and later, answers what he writes and what is new of him.
const GREETS: &str = r#"
echatSDK.config({ timestamp: echatSDK.getParamData('timestamp'), nonce: echatSDK.getParamData('nonce'),
  signature: echatSDK.getParamData('signature') });
var selected = 0, received = 0, say = function (text) { echatSDK.sendTxtMsgToVisitor(text); };
echatSDK.ready(function () {
  echatSDK.onSelectVisitor(function (info) {
    selected++;
    say('hello ' + info.visitorData.visitorId);
    setTimeout(function () { say('still here'); }, 30);
  });
  echatSDK.onReceiveMsg(function (message) { say(message.content + ' ' + selected + ' ' + ++received); });
  echatSDK.onCrmUpdate(function (crm) { say('now called ' + crm.name + ' ' + selected); });
});"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_echat_page_is_told_once_who_is_selected_and_again_where_it_is_a_fresh_one() {
    let yard = Yard::with("greets", "dialects = [\"echat\"]\n[echat]\ntoken = \"t0ken\"", GREETS).await;
    let serving = yard.serve(&["greets"], TWO).await;
    yard.writes("oA", "a").await;
    assert_eq!(yard.has("oA", 3).await, ["hello oA", "a 1 1", "still here"]);
    yard.writes("oA", "b").await;
    assert_eq!(yard.has("oA", 4).await[3], "b 1 2");
    for openid in ["oB", "oC"] {
        yard.writes(openid, "c").await;
        yard.has(openid, 3).await;
    }
    // His page is a fresh one: that it is told again who he is leads to nothing.
    yard.writes("oA", "d").await;
    assert_eq!(yard.has("oA", 5).await[4], "d 1 1");
    yard.writes("oA", "e").await;
    assert_eq!(yard.has("oA", 6).await[5], "e 1 2");
    // So is it with what else comes to a page that is not open.
    for openid in ["oB", "oC"] {
        yard.writes(openid, "f").await;
        yard.has(openid, 4).await;
    }
    let fired = yard.run(&["trigger", "echat.onCrmUpdate", "--subject", "oA", "--set", "name=张三"]);
    assert_eq!(fired.code, 0, "{}", fired.err);
    assert_eq!(yard.has("oA", 7).await[6], "now called 张三 1");
    let refused = yard.run(&["trigger", "echat.onCrmUpdate", "--set", "name=张三"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("names no customer") && refused.err.contains("--subject"), "{}", refused.err);
    yard.writes("oA", "g").await;
    assert_eq!(yard.has("oA", 8).await[7], "g 1 1");
    assert_eq!((serving.said(), serving.end()), (String::new(), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_greeted_before_a_restart_is_not_greeted_again() {
    // A page that could speak the other API as well.
    let yard = Yard::with("greets", "", GREETS).await;
    let serving = yard.serve(&["greets"], &[]).await;
    yard.writes("oA", "a").await;
    yard.has("oA", 3).await;
    assert_eq!(serving.end(), Some(0));
    let serving = yard.serve_again(&["greets"], &[]);
    for (text, count) in [("b", 4), ("c", 5)] {
        assert!(yard.does("oA", &json!({"MsgType": "text", "Content": text})).await);
        yard.has("oA", count).await;
    }
    assert_eq!(yard.had("oA")[3..], ["b 1 1", "c 1 2"]);
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_customer_goes_when_he_does_something_that_no_page_is_told() {
    let yard = Yard::with("quiet", "dialects = [\"mcs\"]", "").await;
    let serving = yard.serve(&["quiet"], &[]).await;
    let event = |name| json!({"MsgType": "event", "Event": name});
    yard.writes("oA", "hi").await;
    assert!(yard.does("oA", &event("unsubscribe")).await);
    let sent = yard.run(&["send", "text", "oA", "welcome back"]);
    assert!(sent.out.contains("parked") || sent.err.contains("parked"), "{}{}", sent.out, sent.err);
    assert!(yard.does("oA", &event("subscribe")).await);
    assert_eq!(yard.has("oA", 1).await, ["welcome back"]);
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_names_a_customer() {
    // What it began when it was loaded goes to whoever is there then.
    const BEGINS: &str = "var whose; setInterval(function () { if (whose) put('by itself'); whose = null; }, 20); \
        function MCS_ClientNotify(str) { whose = JSON.parse(str).useraccount; }";
    let yard = Yard::with("begins", "", BEGINS).await;
    let serving = yard.serve(&["begins"], &[]).await;
    yard.writes("oCustomer", "hi").await;
    assert_eq!(yard.has("oCustomer", 1).await[0], "by itself");
    let listed = yard.run(&["outbox", "list", "--format", "json"]).out;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    assert!(rows[0]["key"].as_str().unwrap().starts_with("open-"), "{listed}");
    assert!(rows.iter().all(|row| !row["key"].as_str().unwrap().contains("oCustomer")), "{listed}");
    assert_eq!(serving.end(), Some(0));
}
