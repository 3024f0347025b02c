//! The receiver of pushes over loopback, called as WeChat calls it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

use std::sync::{Arc, Mutex};

use duoke::base::clock::Clock;
use duoke::wechat::{
    BoxFuture, Secret,
    callback::{Callback, CallbackSettings, Mode, NotAccepted, Receiver, Refusal, Running, Transfer},
    crypt::{AesKey, Crypt, signature},
    push::{Push, parse_json, parse_xml},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
};

/// The clock of all receivers here, in seconds: that of the manual's secure example.
const NOW: i64 = 1_714_112_445;
const APP_ID: &str = "wxba5fad812f8e6fb9";
const TOKEN: &str = "AAAAA";
const TEXT: &str = "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oA]]></FromUserName>\
    <CreateTime>1714112445</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[secret words]]></Content>\
    <MsgId>1</MsgId></xml>";

/// Remembers what came; fails or waits as it is told.
#[derive(Default)]
struct Desk {
    pushes: Mutex<Vec<Push>>,
    refusals: Mutex<Vec<Refusal>>,
    failures: Mutex<usize>,
    waits: Option<Notify>,
    has_begun: Notify,
}

impl Receiver for Desk {
    fn accept(&self, push: Push) -> BoxFuture<'_, Result<(), NotAccepted>> {
        Box::pin(async {
            self.has_begun.notify_one();
            if let Some(waits) = &self.waits {
                waits.notified().await;
            }
            let mut failures = self.failures.lock().unwrap();
            if *failures > 0 {
                *failures -= 1;
                return Err(NotAccepted("the disk is full".to_owned()));
            }
            self.pushes.lock().unwrap().push(push);
            Ok(())
        })
    }

    fn refused(&self, refusal: &Refusal) {
        self.refusals.lock().unwrap().push(refusal.clone());
    }
}

fn key(letter: &str) -> AesKey {
    AesKey::parse(&Secret::new(letter.repeat(43))).unwrap()
}

fn crypt() -> Crypt {
    Crypt::new(APP_ID, key("A"), Some(key("B")))
}

struct Bench {
    desk: Arc<Desk>,
    running: Running,
}

impl Bench {
    async fn start(mode: Mode, transfer: Option<&str>, desk: Desk) -> Self {
        let settings = CallbackSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            path: "/wechat".to_owned(),
            token: Secret::new(TOKEN),
            mode,
            transfer: transfer.map(|text| text.parse::<Transfer>().unwrap()),
            clock: Clock::stopped(NOW * 1_000),
        };
        let desk = Arc::new(desk);
        let running = Callback::start(settings, desk.clone()).await.unwrap();
        Self { desk, running }
    }

    async fn call(&self, method: &str, target: &str, body: &str) -> Reply {
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.raw(&(head + body)).await
    }

    async fn raw(&self, request: &str) -> Reply {
        let mut stream = TcpStream::connect(self.running.address).await.unwrap();
        // A server that refuses a body may close before it has read it.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut reply = String::new();
        let _ = stream.read_to_string(&mut reply).await;
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        Reply { status: head[9..12].parse().unwrap(), head: head.to_lowercase(), body: body.to_owned() }
    }

    /// Pushes a body as it is.
    async fn plain(&self, body: &str) -> Reply {
        self.call("POST", &signed_target(NOW, ""), body).await
    }

    /// Pushes what is encrypted.
    async fn sealed(&self, crypt: &Crypt, key: usize, message: &str, beside: &str) -> Reply {
        let (target, body) = sealed(crypt, key, message, beside);
        self.call("POST", &target, &body).await
    }

    fn refusals(&self) -> Vec<Refusal> {
        self.desk.refusals.lock().unwrap().clone()
    }

    fn count(&self) -> usize {
        self.desk.pushes.lock().unwrap().len()
    }
}

#[derive(Debug, PartialEq)]
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    #[track_caller]
    fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body), "{}", self.head);
    }
}

fn signed_target(timestamp: i64, more: &str) -> String {
    let signature = signature(&Secret::new(TOKEN), &[&timestamp.to_string(), "n1"]);
    format!("/wechat?signature={signature}&timestamp={timestamp}&nonce=n1&openid=oA{more}")
}

fn sealed(crypt: &Crypt, key: usize, message: &str, beside: &str) -> (String, String) {
    let encrypted = crypt.encrypt(key, message.as_bytes()).unwrap();
    let signature = signature(&Secret::new(TOKEN), &[&NOW.to_string(), "n1", &encrypted]);
    let target = signed_target(NOW, &format!("&encrypt_type=aes&msg_signature={signature}"));
    let body = format!("<xml><ToUserName><![CDATA[gh_1]]></ToUserName>{beside}<Encrypt>{encrypted}</Encrypt></xml>");
    (target, body)
}

#[tokio::test]
async fn the_address_is_verified() {
    let bench = Bench::start(Mode::Secure(crypt()), None, Desk::default()).await;
    let reply = bench.call("GET", &signed_target(NOW - 600, "&echostr=%3Cb%3E4375"), "").await;
    reply.is(200, "<b>4375");
    assert!(reply.head.contains("content-type: text/plain") && reply.head.contains("nosniff"), "{}", reply.head);
    bench.call("GET", &signed_target(NOW - 601, "&echostr=1"), "").await.is(403, "");
    bench.call("GET", &signed_target(NOW + 601, "&echostr=1"), "").await.is(403, "");
    bench.call("GET", "/wechat?echostr=1", "").await.is(403, "");
    let wrong = signed_target(NOW, "&echostr=1").replace("nonce=n1", "nonce=n2");
    bench.call("GET", &wrong, "").await.is(403, "");
    bench.call("GET", "/", "").await.is(404, "");
    assert!(bench.call("PUT", &signed_target(NOW, ""), "").await.head.contains("allow: get, post"));
    assert_eq!(bench.refusals(), [Refusal::Stale, Refusal::Stale, Refusal::Signature, Refusal::Signature]);
}

#[tokio::test]
async fn the_manuals_secure_push_is_taken_in() {
    let vectors: Value = serde_json::from_str(include_str!("wechat/golden_vectors.json")).unwrap();
    let part = |name: &str| vectors["secure"][name].as_str().unwrap();
    let bench = Bench::start(Mode::Secure(crypt()), None, Desk::default()).await;
    let target = format!(
        "/wechat?signature={}&timestamp={}&nonce={}&openid=o&encrypt_type=aes&msg_signature={}",
        part("signature"),
        part("timestamp"),
        part("nonce"),
        part("msg_signature")
    );
    let body = json!({"ToUserName": "gh_97417a04a28d", "Encrypt": part("encrypt")}).to_string();
    bench.call("POST", &target, &body).await.is(200, "success");
    assert_eq!(bench.count(), 1, "{:?}", bench.refusals());
}

#[tokio::test]
async fn plain_pushes_in_both_formats() {
    let bench = Bench::start(Mode::Plain, None, Desk::default()).await;
    bench.plain(TEXT).await.is(200, "success");
    let body = json!({"ToUserName": "gh_1", "FromUserName": "oA", "CreateTime": NOW, "MsgType": "event", "Event": "x"});
    bench.plain(&body.to_string()).await.is(200, "success");
    let lines: Vec<_> = bench.desk.pushes.lock().unwrap().iter().map(Push::line).collect();
    assert_eq!(lines[0].data["Content"], "secret words");
    assert_eq!((lines[1].subject.as_deref(), lines[1].data["CreateTime"].as_str()), (Some("oA"), Some("1714112445")));
    let (target, body) = sealed(&crypt(), 0, TEXT, "");
    bench.call("POST", &target, &body).await.is(400, "");
    assert_eq!(bench.refusals(), [Refusal::Encrypted]);
}

#[tokio::test]
async fn what_is_encrypted_counts() {
    let bench = Bench::start(Mode::Compat(crypt()), None, Desk::default()).await;
    let beside = "<FromUserName>oZ</FromUserName><Content>forged</Content>";
    bench.sealed(&crypt(), 1, TEXT, beside).await.is(200, "success");
    bench.plain(&TEXT.replace("<MsgId>1", "<MsgId>2")).await.is(200, "success");
    let froms: Vec<_> = bench.desk.pushes.lock().unwrap().iter().map(|push| push.from.clone()).collect();
    assert_eq!(froms, ["oA", "oA"]);
    let secure = Bench::start(Mode::Secure(crypt()), None, Desk::default()).await;
    secure.plain(TEXT).await.is(403, "");
    // The address's signature is no word for a body.
    secure.call("POST", &signed_target(NOW, "&encrypt_type=aes"), TEXT).await.is(403, "");
    let (_, body) = sealed(&crypt(), 0, TEXT, "");
    secure.call("POST", &signed_target(NOW, "&encrypt_type=aes"), &body).await.is(403, "");
    assert_eq!(secure.refusals(), [Refusal::NotEncrypted, Refusal::NotEncrypted, Refusal::Signature]);
    assert_eq!(secure.count(), 0);
}

#[tokio::test]
async fn what_is_not_wechats_is_refused_without_its_content() {
    let bench = Bench::start(Mode::Secure(crypt()), None, Desk::default()).await;
    let other = Crypt::new("wx0", key("A"), None);
    bench.sealed(&other, 0, TEXT, "").await.is(403, "");
    bench.sealed(&Crypt::new(APP_ID, key("C"), None), 0, TEXT, "").await.is(400, "");
    let bomb = "<!DOCTYPE x [<!ENTITY a \"secret words\"><!ENTITY b \"&a;&a;\">]><xml><A>&b;</A></xml>";
    bench.sealed(&crypt(), 0, bomb, "").await.is(400, "");
    bench.call("POST", &signed_target(NOW, "&encrypt_type=aes"), bomb).await.is(400, "");
    bench.sealed(&crypt(), 0, "<xml><A>secret words</A></xml>", "").await.is(400, "");
    let (target, body) = sealed(&crypt(), 0, TEXT, "");
    bench.call("POST", &target, &body.replace("</Encrypt>", "A</Encrypt>")).await.is(403, "");
    bench.call("POST", &target.replace("17141124", "17141123"), &body).await.is(403, "");
    let large = "x".repeat(256 * 1024 + 1);
    bench.call("POST", &target, &large).await.is(413, "");
    let chunked = format!(
        "POST {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n0\r\n\r\n",
        large.len()
    );
    bench.raw(&chunked).await.is(413, "");
    let refusals = bench.refusals();
    assert_eq!((refusals.len(), bench.count()), (9, 0), "{refusals:?}");
    assert!(!refusals.iter().any(|refusal| format!("{refusal} {refusal:?}").contains("secret")));
}

#[tokio::test]
async fn what_is_delivered_again_is_handled_once() {
    let bench = Bench::start(Mode::Secure(crypt()), None, Desk::default()).await;
    for _ in 0..3 {
        bench.sealed(&crypt(), 0, TEXT, "").await.is(200, "success");
    }
    assert_eq!(bench.count(), 1);
    bench.sealed(&crypt(), 0, &TEXT.replace("oA", "oB"), "").await.is(200, "success");
    assert_eq!(bench.count(), 2, "another customer's, with the same MsgId");
}

#[tokio::test]
async fn what_is_not_on_disk_is_to_be_delivered_again() {
    let bench = Bench::start(Mode::Plain, None, Desk { failures: Mutex::new(2), ..Desk::default() }).await;
    bench.plain(TEXT).await.is(500, "");
    bench.plain(TEXT).await.is(500, "");
    bench.plain(TEXT).await.is(200, "success");
    assert_eq!((bench.count(), bench.refusals().len()), (1, 2));
}

#[tokio::test]
async fn wechat_is_answered_in_time_and_its_next_attempt_finds_it_done() {
    let desk = Desk { waits: Some(Notify::new()), ..Desk::default() };
    let bench = Bench::start(Mode::Plain, None, desk).await;
    // Nothing else happens meanwhile: 4.5 s of the wall.
    bench.plain(TEXT).await.is(500, "");
    assert_eq!(bench.refusals(), [Refusal::TooLate]);
    let (second, ()) = tokio::join!(bench.plain(TEXT), async {
        bench.desk.has_begun.notified().await;
        bench.desk.waits.as_ref().unwrap().notify_one();
    });
    second.is(200, "success");
    assert_eq!(bench.count(), 1);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let bench = Bench::start(Mode::Plain, None, Desk::default()).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 9\r\n\r\n<xml>",
        signed_target(NOW, "")
    );
    bench.raw(&head).await.is(408, "");
    assert_eq!(bench.refusals(), [Refusal::Slow]);
}

#[tokio::test]
async fn customers_are_handed_over() {
    let bench = Bench::start(Mode::Plain, Some("kf1@gh_1"), Desk::default()).await;
    let expected = "<xml><ToUserName><![CDATA[oA]]></ToUserName><FromUserName><![CDATA[gh_1]]></FromUserName>\
        <CreateTime>1714112445</CreateTime><MsgType><![CDATA[transfer_customer_service]]></MsgType>\
        <TransInfo><KfAccount><![CDATA[kf1@gh_1]]></KfAccount></TransInfo></xml>";
    // The first answer may have been lost.
    bench.plain(TEXT).await.is(200, expected);
    bench.plain(TEXT).await.is(200, expected);
    assert_eq!(bench.count(), 1);
    let event = TEXT.replace("text]]", "event]]").replace("</xml>", "<Event>CLICK</Event></xml>");
    bench.plain(&event).await.is(200, "success");
}

#[tokio::test]
async fn an_answer_is_encrypted_as_the_push_was() {
    let bench = Bench::start(Mode::Secure(crypt()), Some("any"), Desk::default()).await;
    let reply = bench.sealed(&crypt(), 1, TEXT, "").await;
    let fields = parse_xml(reply.body.as_bytes()).unwrap();
    let part = |name: &str| fields.text(name).unwrap();
    let parts = [part("TimeStamp"), part("Nonce"), part("Encrypt")];
    assert_eq!(part("MsgSignature"), signature(&Secret::new(TOKEN), &parts));
    let opened = crypt().decrypt(part("Encrypt")).unwrap();
    assert_eq!(opened.key, 1, "the key that opened the push");
    let answer = parse_xml(&opened.message).unwrap();
    assert_eq!((answer.text("MsgType"), answer.text("TransInfo")), (Some("transfer_customer_service"), None));
    let message = Value::Object(parse_xml(TEXT.as_bytes()).unwrap().as_map().clone()).to_string();
    let encrypted = crypt().encrypt(0, message.as_bytes()).unwrap();
    let signature = signature(&Secret::new(TOKEN), &[&NOW.to_string(), "n1", &encrypted]);
    let target = signed_target(NOW, &format!("&encrypt_type=aes&msg_signature={signature}"));
    let reply = bench.call("POST", &target, &json!({"Encrypt": encrypted}).to_string()).await;
    let sealed = parse_json(reply.body.as_bytes()).unwrap();
    let answer = crypt().decrypt(sealed.text("Encrypt").unwrap()).unwrap();
    assert_eq!(parse_json(&answer.message).unwrap().text("ToUserName"), Some("oA"));
}

#[tokio::test]
async fn a_connection_that_only_holds_its_place_is_closed() {
    let bench = Bench::start(Mode::Plain, None, Desk::default()).await;
    let mut silent = TcpStream::connect(bench.running.address).await.unwrap();
    let mut slow = TcpStream::connect(bench.running.address).await.unwrap();
    slow.write_all(b"POST /wechat HTTP/1.1\r\nHost").await.unwrap();
    let mut lasting = TcpStream::connect(bench.running.address).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: h\r\n\r\n", signed_target(NOW, "&echostr=still"));
    lasting.write_all(request.as_bytes()).await.unwrap();
    let mut answers = Vec::new();
    lasting.read_to_end(&mut answers).await.unwrap_or_default();
    assert!(answers.ends_with(b"still"), "a second request could have come meanwhile");
    for stream in [&mut silent, &mut slow] {
        let mut rest = Vec::new();
        // Closed, in whatever way.
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{rest:?}");
    }
}
