//! Pushes both ways: those of other people's libraries at our receiver, and ours at theirs.

use std::sync::{Arc, Mutex};

use duoke::base::clock::Clock;
use duoke::wechat::{
    BoxFuture, Secret,
    callback::{Callback, CallbackSettings, Mode, NotAccepted, Receiver, Refusal, Running},
    crypt::{AesKey, Crypt, signature},
    push::Push,
};
use serde_json::{Map, Value, json};

use crate::driver::{Driver, Told};

const APP_ID: &str = "wxba5fad812f8e6fb9";
const TOKEN: &str = "AAAAA";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
/// In seconds.
const NOW: i64 = 1_714_112_445;

#[derive(Default)]
struct Desk(Mutex<Vec<Push>>);

impl Receiver for Desk {
    fn accept(&self, push: Push) -> BoxFuture<'_, Result<(), NotAccepted>> {
        self.0.lock().unwrap().push(push);
        Box::pin(async { Ok(()) })
    }

    fn refused(&self, refusal: &Refusal) {
        panic!("{refusal}");
    }
}

fn crypt() -> Crypt {
    Crypt::new(APP_ID, AesKey::parse(&Secret::new(KEY)).unwrap(), None)
}

/// A request as WeChat makes it.
struct Made {
    query: String,
    body: String,
}

/// Encrypted and signed by us.
fn made(message: &str) -> Made {
    let encrypted = crypt().encrypt(0, message.as_bytes()).unwrap();
    let token = Secret::new(TOKEN);
    let signed = |parts: &[&str]| signature(&token, parts);
    let (now, nonce) = (NOW.to_string(), "415670741");
    let query = format!(
        "signature={}&timestamp={now}&nonce={nonce}&openid=oA&encrypt_type=aes&msg_signature={}",
        signed(&[&now, nonce]),
        signed(&[&now, nonce, &encrypted])
    );
    let body =
        format!("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>");
    Made { query, body }
}

/// Every type of the manual: its name and its XML.
fn messages() -> Vec<(String, String)> {
    let templates: Vec<(String, String)> = serde_json::from_str(include_str!("../wechat/push_msgs.json")).unwrap();
    let whole = |template: &str| {
        let common = "<ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oA]]></FromUserName>";
        format!("<xml>{common}<CreateTime>{NOW}</CreateTime>{}</xml>", template.replace("{id}", "6054768590064713728"))
    };
    templates.into_iter().map(|(name, template)| (name, whole(&template))).collect()
}

/// Receivers of all modes that hand customers over, and what they took.
struct Bench {
    desk: Arc<Desk>,
    running: Vec<(&'static str, Running)>,
}

impl Bench {
    async fn start() -> Self {
        let (desk, mut running) = (Arc::new(Desk::default()), Vec::new());
        for mode in [Mode::Plain, Mode::Compat(crypt()), Mode::Secure(crypt())] {
            let name = mode.name();
            let settings = CallbackSettings {
                listen: "127.0.0.1:0".parse().unwrap(),
                path: "/wechat".to_owned(),
                token: Secret::new(TOKEN),
                mode,
                transfer: Some("kf1@gh_1".parse().unwrap()),
                clock: Clock::stopped(NOW * 1_000),
            };
            running.push((name, Callback::start(settings, desk.clone()).await.unwrap()));
        }
        Self { desk, running }
    }

    /// Runs a driver against them; it is given these requests to open.
    async fn run(&self, driver: Driver, made: &[Made]) -> Told {
        let url = |running: &Running| Value::from(format!("http://{}/wechat", running.address));
        let urls: Map<_, _> = self.running.iter().map(|(name, running)| ((*name).to_owned(), url(running))).collect();
        let made: Vec<_> = made.iter().map(|made| json!({"query": made.query, "body": made.body})).collect();
        let plan = json!({"urls": urls, "token": TOKEN, "key": KEY, "app_id": APP_ID, "timestamp": NOW.to_string(),
            "made": made});
        driver.run(&[&plan.to_string()]).await
    }

    /// What was said to us, and by whom.
    fn said(&self) -> Vec<(String, String)> {
        let pushes = self.desk.0.lock().unwrap();
        let content = |push: &Push| push.line().data["Content"].as_str().unwrap().to_owned();
        pushes.iter().map(|push| (push.from.clone(), content(push))).collect()
    }
}

#[tokio::test]
async fn python_libraries_push_and_are_pushed_to() {
    let bench = Bench::start().await;
    let made: Vec<_> = messages().iter().map(|(_, message)| made(message)).collect();
    let told = bench.run(Driver::python("push.py"), &made).await;
    for mode in ["plain", "compat", "secure"] {
        assert_eq!(told.value(&format!("verified, {mode}")), &json!({"status": 200, "echo": "<echo>"}));
    }
    let handed_over = json!({
        "ToUserName": "oA", "FromUserName": "gh_1", "CreateTime": NOW.to_string(),
        "MsgType": "transfer_customer_service", "TransInfo": {"KfAccount": "kf1@gh_1"},
    });
    for step in ["plain", "wechatpy, secure", "wechatpy, compat", "werobot, secure", "werobot, compat"] {
        assert_eq!(told.value(step), &json!({"status": 200, "answer": handed_over}), "{step}");
    }
    let text = |by: &str| ("oA".to_owned(), format!("您好 <{by}> ]]& 😀"));
    let by = ["plain", "wechatpy", "wechatpy", "werobot", "werobot"];
    assert_eq!(bench.said(), by.map(text));
    for (number, (name, message)) in messages().iter().enumerate() {
        let opened = told.value(&format!("opened {number}"));
        assert_eq!((&opened["xml"], &opened["same"], &opened["from"]), (&json!(message), &json!(true), &json!("oA")));
        // wechatpy has a class for every type of the manual.
        let kind = match name.as_str() {
            "event.unknown" => "UnknownMessage",
            event if event.starts_with("event") => "Event",
            _ => "Message",
        };
        assert!(opened["class"].as_str().unwrap().ends_with(kind), "{name}: {}", opened["class"]);
    }
}

#[tokio::test]
async fn a_javascript_library_pushes_and_is_pushed_to() {
    let bench = Bench::start().await;
    let made: Vec<_> = messages().iter().map(|(_, message)| made(message)).collect();
    let told = bench.run(Driver::node("push.js"), &made).await;
    for mode in ["secure", "compat"] {
        let answer = json!(["oA", "gh_1", "transfer_customer_service", "kf1@gh_1"]);
        assert_eq!(told.value(&format!("wechat-crypto, {mode}")), &json!({"status": 200, "answer": answer}));
    }
    let text = || ("oA".to_owned(), "您好 <wechat-crypto> 😀".to_owned());
    assert_eq!(bench.said(), [text(), text()]);
    for (number, (name, message)) in messages().iter().enumerate() {
        assert_eq!(told.value(&format!("opened {number}"))["xml"], json!(message), "{name}");
    }
}
