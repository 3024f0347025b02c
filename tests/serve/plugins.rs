//! What plugins are told of what comes, by what stands in their plugin.toml.

use serde_json::{Value, json};

use crate::host::{GENEROUS, Yard};

/// Says what it is told.
const ECHO: &str = r#"
function MCS_ClientNotify(str) {
  var event = JSON.parse(str);
  put(event.event === 'OnMapMsgClick' ? event.location + ' ' + event.latitude.toFixed(2) + ' ' + event.longitude.toFixed(2) + ' ' + event.scale
    : event.event === 'OnReceiveMsg' ? 'received ' + event.content : event.event + ' ' + event.useraccount);
}"#;

fn text(content: &str) -> Value {
    json!({"MsgType": "text", "Content": content})
}

fn place() -> Value {
    json!({"MsgType": "location", "Location_X": "23.134521", "Location_Y": "113.358803", "Scale": "20", "Label": "北京路"})
}

#[tokio::test(flavor = "multi_thread")]
async fn as_plugin_toml_says() {
    let table: [(&str, &[&str]); 4] = [
        ("", &["OnUserChange oA", "OnUserChange oA", "OnUserChange oA", "北京路 23.13 113.36 20"]),
        ("user_change = \"conversation\"", &["OnUserChange oA", "北京路 23.13 113.36 20"]),
        (
            "extra_events = true",
            &[
                "OnUserChange oA",
                "received 1",
                "OnUserChange oA",
                "received 2",
                "OnUserChange oA",
                "北京路 23.13 113.36 20",
            ],
        ),
        (
            "extra_events = true\nuser_change = \"conversation\"",
            &["OnUserChange oA", "received 1", "received 2", "北京路 23.13 113.36 20"],
        ),
    ];
    for (toml, expected) in table {
        let yard = Yard::with("echo", toml, ECHO).await;
        let serving = yard.serve(&["echo"], &[]).await;
        // What is no message is nothing to a page.
        let click = json!({"MsgType": "event", "Event": "CLICK", "EventKey": "K"});
        for push in [text("1"), click, text("2"), place()] {
            assert!(yard.does("oA", &push).await);
        }
        assert_eq!(yard.has("oA", expected.len()).await, expected, "{toml}");
        assert_eq!(serving.end(), Some(0));
        assert_eq!(yard.had("oA").len(), expected.len(), "{toml}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_plugin_has_a_page_of_its_own_and_they_are_told_in_order() {
    let yard = Yard::new().await;
    yard.plugin("first", "extra_events = true", "var whose = 'first';function MCS_ClientNotify(str) { put(whose); }");
    yard.plugin("second", "", "put2 = put; function MCS_ClientNotify(str) { put2('second ' + typeof whose); }");
    let plugins = "[[plugin]]\npath = \"first\"\n[[plugin]]\npath = \"second\"\n";
    yard.bench.write("duoke.toml", format!("{GENEROUS}{plugins}"));
    let serving = yard.serve(&[], &[]).await;
    yard.writes("oA", "a").await;
    // A line of a push is told to all that it is for before the next one.
    assert_eq!(yard.has("oA", 3).await, ["first", "second undefined", "first"]);
    let fired = yard.run(&["trigger", "mcs.OnTalk", "--subject", "oA", "--plugin", "second"]);
    assert_eq!(fired.code, 0, "{}", fired.err);
    assert_eq!(yard.has("oA", 4).await[3], "second undefined");
    let fired = yard.run(&["trigger", "mcs.OnTalk", "--subject", "oB"]);
    assert_eq!(fired.code, 0, "{}", fired.err);
    assert_eq!(serving.end(), Some(0));
}
