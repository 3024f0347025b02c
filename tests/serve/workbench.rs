//! The workbench of a serving host: for whoever signed in.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::host::{GENEROUS, Yard};

/// The status, the head and the answer.
async fn ask(at: &str, call: &str, headers: &str, body: Option<&Value>) -> (u16, String, Value) {
    let body = body.map(Value::to_string).unwrap_or_default();
    let method = if body.is_empty() { "GET" } else { "POST" };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    let request = format!(
        "{method} /api/1/{call} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n{kind}{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), head.to_owned(), serde_json::from_str(body).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_sign_in_and_send_what_waits() {
    let yard = Yard::with(
        "shop",
        "send = \"review\"",
        "function MCS_ClientNotify(json) { var event = JSON.parse(json);\n\
        if (event.event === 'OnUserChange') put('hello ' + event.useraccount); }",
    )
    .await;
    let seat = "[[seat]]\nname = \"one\"\nkf_account = \"one@gh\"\n";
    yard.bench.write("duoke.toml", format!("{GENEROUS}{seat}"));
    let known = json!({"kf": [{"kf_account": "one@gh", "nickname": "one"}]});
    yard.sandbox.post("/_sandbox/seed", &known).await;
    let environment = [("DUOKE_CONSOLE_LISTEN", "127.0.0.1:0"), ("DUOKE_CONSOLE_TOKEN", "t0p secret")];
    let serving = yard.serve(&["shop"], &environment).await;
    let at = serving.ready["console"].as_str().unwrap().trim_start_matches("http://").to_owned();
    assert!(!serving.said().contains("t0p secret"));

    let (status, _, session) = ask(&at, "session", "", None).await;
    assert_eq!((status, &session["signed_in"], &session["mode"]), (200, &json!(false), &json!("serve")));
    for call in ["state", "customers", "log", "stream", "dev", "pages/one/shop/document"] {
        assert_eq!(ask(&at, call, "", None).await.0, 401, "{call}");
    }
    let list = json!({"v": 1, "op": "outbox.list", "filter": {"states": ["held"]}});
    assert_eq!(ask(&at, "requests", "", Some(&list)).await.0, 401);
    assert_eq!(ask(&at, "session", "", Some(&json!({"token": "guess"}))).await.0, 403);
    let (status, head, _) = ask(&at, "session", "", Some(&json!({"token": "t0p secret"}))).await;
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(status == 200 && cookie.contains("HttpOnly; SameSite=Strict"), "{head}");
    let signed_in = format!("Cookie: {}\r\n", cookie.split(';').next().unwrap());

    yard.writes("oA", "在吗").await;
    let mut held = Vec::new();
    while held.is_empty() {
        // The host answers after what it does for the customer, or before.
        held = ask(&at, "requests", &signed_in, Some(&list)).await.2["items"].as_array().unwrap().clone();
    }
    assert_eq!(held[0]["body"]["content"], "hello oA");
    let send = json!({"v": 1, "op": "outbox.change", "change": "retry", "filter": {"keys": [held[0]["key"]]}});
    assert_eq!(ask(&at, "requests", &signed_in, Some(&send)).await.0, 200);
    assert_eq!(yard.has("oA", 1).await, ["hello oA"]);
    let (_, _, state) = ask(&at, "state", "Authorization: Bearer t0p secret\r\n", None).await;
    assert_eq!((&state["seats"][0]["name"], &state["seats"][0]["current"]), (&json!("one"), &json!("oA")), "{state}");
    assert_eq!(ask(&at, "dev", &signed_in, None).await.0, 404, "this is no development");
    assert_eq!(ask(&at, "session/end", &signed_in, Some(&json!({}))).await.0, 200);
    assert_eq!(ask(&at, "state", &signed_in, None).await.0, 401, "signed out");
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_way_to_sign_in_there_is_none() {
    let yard = Yard::with("shop", "", "").await;
    let serving = yard.serve(&["shop"], &[("DUOKE_CONSOLE_LISTEN", "127.0.0.1:0")]).await;
    let at = serving.ready["console"].as_str().unwrap().trim_start_matches("http://").to_owned();
    for call in ["session", "state"] {
        assert_eq!(ask(&at, call, "", None).await.0, 404, "{call}");
    }
    assert_eq!(serving.end(), Some(0));
}
