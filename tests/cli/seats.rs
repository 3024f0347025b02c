//! `duoke serve` with plugins in review mode: customers at seats, messages that wait for a person.

use std::io::{BufRead as _, BufReader};
use std::process::Child;

use serde_json::{Value, json};

use crate::bench::{Bench, SandboxChild, interrupt};

/// Keeps its customer in a global variable, and answers later.
const PAGE: &str = r#"<script>
var user, count = 0;
function MCS_ClientNotify(str) {
  user = JSON.parse(str).useraccount;
  setTimeout(function () {
    window.external.PutMsg(JSON.stringify({msg: {head: {random: String(++count)},
      body: [{type: 0, content: {text: 'for ' + user}}]}}));
  }, 50);
}
</script>"#;

const SEATS: &str = "[[plugin]]\npath = \"reviewed\"\n[[seat]]\nname = \"one\"\nkf_account = \"kf1@gh\"\n\
                     [[seat]]\nname = \"two\"\nkf_account = \"kf2@gh\"\n";

/// A host that serves, and ends with the test.
struct Serving(Child);

impl Serving {
    /// Serves what duoke.toml names, with the sandbox's pushes.
    fn start(bench: &Bench, sandbox: &SandboxChild) -> Self {
        let mut command = sandbox.command(bench, &["serve", "--listen", "127.0.0.1:0"]);
        command.env("DUOKE_CALLBACK_TOKEN", "t0ken").env("DUOKE_CALLBACK_MODE", "plain");
        command.env("DUOKE_CONSOLE_LISTEN", "127.0.0.1:0");
        let mut child = Bench::start(command);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let callback = json!({"url": ready["callbacks"][0]["address"], "token": "t0ken", "mode": "plain"});
        sandbox.post("/_sandbox/callback", &callback);
        Self(child)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn bench() -> (Bench, SandboxChild) {
    let bench = Bench::new();
    bench.write("reviewed/plugin.toml", "name = \"reviewed\"\npage = \"page.html\"\nsend = \"review\"\n");
    bench.write("reviewed/page.html", PAGE);
    bench.write("duoke.toml", SEATS);
    let sandbox = SandboxChild::start(&bench);
    let account =
        |number: u32| json!({"kf_account": format!("kf{number}@gh"), "nickname": "n", "bound": true, "online": true});
    sandbox.seed(&json!({"kf": [account(1), account(2)]}));
    (bench, sandbox)
}

/// The messages that wait for a person, once there are so many.
fn held(bench: &Bench, count: usize) -> Vec<Value> {
    loop {
        let listed = bench.run(&["outbox", "list", "--state", "held", "--format", "json"]);
        let rows: Vec<Value> = serde_json::from_str(&listed.out).unwrap();
        if rows.len() >= count {
            return rows;
        }
    }
}

fn text(message: &Value) -> &str {
    message["body"]["text"]["content"].as_str().unwrap()
}

#[test]
fn a_person_words_sends_and_drops_what_waits() {
    let (bench, sandbox) = bench();
    let mut serving = Serving::start(&bench, &sandbox);
    let customers = ["oA", "oB", "oC", "oD"];
    customers.iter().for_each(|openid| sandbox.user_writes(openid));
    let rows = held(&bench, 4);
    for row in &rows {
        assert_eq!(row["body"]["content"], format!("for {}", row["openid"].as_str().unwrap()), "{row}");
    }
    let key =
        |openid: &str| rows.iter().find(|row| row["openid"] == openid).unwrap()["key"].as_str().unwrap().to_owned();
    let edited = bench.run(&["outbox", "edit", &key("oA"), "亲,已发货", "--format", "json"]);
    assert_eq!(edited.code, 0, "{}", edited.err);
    assert_eq!(bench.run(&["outbox", "retry", &key("oA")]).code, 0);
    assert_eq!(bench.run(&["outbox", "drop", &key("oB")]).code, 0);
    while sandbox.messages("oA").is_empty() {}
    let message = &sandbox.messages("oA")[0];
    assert_eq!(text(message), "亲,已发货");
    assert!(message["body"]["customservice"]["kf_account"].as_str().unwrap().ends_with("@gh"), "{message}");
    for (arguments, code, words) in [
        ([key("oA"), "x".to_owned()], 2, "it does not wait for a person"),
        ([key("oC"), " ".to_owned()], 2, "the text is blank"),
        (["none".to_owned(), "x".to_owned()], 4, "no message has the key none"),
    ] {
        let refused = bench.run(&["outbox", "edit", &arguments[0], &arguments[1]]);
        assert_eq!((refused.code, refused.err.contains(words)), (code, true), "{}", refused.err);
    }
    interrupt(&serving.0);
    assert_eq!(serving.0.wait().unwrap().code(), Some(0));
    assert_eq!((held(&bench, 2).len(), sandbox.messages("oB").len()), (2, 0));
}

#[test]
fn the_agent_whom_wechat_chose_has_the_customer() {
    let (bench, sandbox) = bench();
    let _serving = Serving::start(&bench, &sandbox);
    let kf_accounts = |bench: &Bench, count: usize| -> Vec<Value> {
        let keys: Vec<String> = held(bench, count).iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect();
        let shown = |key: &String| {
            let shown = bench.run(&["outbox", "show", key, "--format", "json"]);
            serde_json::from_str::<Vec<Value>>(&shown.out).unwrap()[0]["kf_account"].clone()
        };
        keys.iter().map(shown).collect()
    };
    sandbox.user_writes("oA");
    let by_weight = kf_accounts(&bench, 1)[0].clone();
    let other = if by_weight == "kf1@gh" { "kf2@gh" } else { "kf1@gh" };
    sandbox.post("/_sandbox/session", &json!({"openid": "oA", "kf_account": other}));
    // What he says to the agent is not pushed; what came before is.
    let late = json!({"ToUserName": "gh_1", "FromUserName": "oA", "CreateTime": 1, "MsgType": "text",
        "Content": "hi", "MsgId": 77});
    let fired = bench.run(&["trigger", "wechat.push", "--data", &late.to_string()]);
    assert_eq!(fired.code, 0, "{}", fired.err);
    assert_eq!(kf_accounts(&bench, 2), [by_weight, json!(other)]);
}
