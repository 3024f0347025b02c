//! Several accounts in one host, a configuration that is read again, and what a host says of pages that do not open.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;

use crate::host::{GENEROUS, Serving, Yard};

const ANSWERS: &str = "function MCS_ClientNotify() { put('answer'); }";

fn hang_up(serving: &Serving) {
    let id = serving.id().to_string();
    assert!(std::process::Command::new("sh").args(["-c", "kill -HUP \"$0\"", &id]).status().unwrap().success());
}

/// Status and body of an answer.
pub fn get(address: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].to_owned(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_share_an_address_and_the_log_names_them() {
    let yard = Yard::with("answers", "", ANSWERS).await;
    yard.bench.write("duoke.toml", format!("{GENEROUS}[[account]]\napp_id = \"wxsecond\"\npath = \"/second\"\n"));
    let secrets = [("DUOKE_APP_SECRET_wxsecond", "s"), ("DUOKE_CALLBACK_TOKEN_wxsecond", "other")];
    let serving = yard.serve(&["answers"], &secrets).await;
    yard.writes("oA", "hi").await;
    assert_eq!(yard.has("oA", 1).await, ["answer"]);
    let query = "signature=0&timestamp=1&nonce=2&echostr=3";
    assert_eq!(get(yard.listen(), &format!("/second?{query}")).0, "403");
    serving.says("warning: wxsecond: a request's timestamp");
    assert_eq!(get(yard.listen(), &format!("/third?{query}")).0, "404");
    assert_eq!(serving.end(), Some(0));
    // At the same path they cannot be told apart.
    yard.bench.write("duoke.toml", "[[account]]\napp_id = \"wxsecond\"\n");
    let mut same = yard.command(&["serve", "answers"]);
    same.envs(secrets);
    let same = crate::bench::Bench::finish(same);
    assert!(same.code == 3 && same.err.contains("several accounts are called back at"), "{}", same.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_again_is_told_and_what_is_not() {
    let yard = Yard::with("answers", "", ANSWERS).await;
    let serving = yard.serve(&["answers"], &[]).await;
    hang_up(&serving);
    serving.says("note: the configuration was read again; plugins: answers\n");
    yard.bench
        .write("duoke.toml", format!("{GENEROUS}quiet_s = 5\nlog = \"json\"\n[outbox]\non_unknown = \"retry\"\n"));
    hang_up(&serving);
    serving.says("note: the configuration was read again; plugins: answers; changed: [serve] quiet_s\n");
    serving.says("from the next start on: [store], [outbox], [serve] workers, log, log_text, sink, traces\n");
    yard.bench.write("duoke.toml", "[serve]\nquiet_s = \"soon\"\n");
    hang_up(&serving);
    serving.says("warning: the configuration in force stays\n");
    // A page is held to the bounds that were read last.
    yard.bench.write("duoke.toml", "[limits]\nmessages_per_turn = 1\n");
    yard.plugin(
        "answers",
        "dialects = [\"mcs\"]\n[echat]\n",
        "function MCS_ClientNotify() { put('one'); put('two'); }",
    );
    hang_up(&serving);
    serving.says("answers: `[echat]` in plugin.toml means nothing");
    serving.says("changed: [limits]");
    yard.writes("oA", "hi").await;
    serving.says("fault.limit");
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_whose_pages_do_not_open_is_not_ready() {
    let yard = Yard::with("gone", "", ANSWERS).await;
    yard.bench.write("gone/plugin.toml", "name = \"gone\"\npage = \"http://127.0.0.1:9/\"\n");
    let serving = yard.serve(&["gone"], &[("DUOKE_CONSOLE_LISTEN", "127.0.0.1:0")]).await;
    let console = serving.ready["console"].as_str().unwrap().replace("http://", "");
    assert_eq!(get(&console, "/readyz").0, "200", "nothing is known yet");
    yard.writes("oA", "hi").await;
    serving.says("error: the page gone does not load: ");
    let (status, body) = get(&console, "/readyz");
    assert_eq!(status, "503");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&body).unwrap()["reason"], json!("no page opens: gone"));
    assert!(get(&console, "/metrics").1.contains("\nduoke_pages_alive 0\n"));
    assert_eq!(serving.end(), Some(0));
}
