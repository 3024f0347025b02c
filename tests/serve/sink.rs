//! A host that writes messages to a log.

use std::io::{BufRead as _, BufReader, Lines, Read as _};
use std::process::{Child, ChildStdout};

use serde_json::{Value, json};

use crate::bench::{Bench, interrupt};
use crate::host::Yard;

const OPENID: &str = "oLogged0123456789abcdefghijk";
const ANSWERS: &str = "function MCS_ClientNotify() { put('answer'); }";

struct Trial {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Trial {
    fn start(yard: &Yard) -> Self {
        let mut command = yard.command(&["serve", "answers", "--sink", "log"]);
        command.env_remove("DUOKE_APP_SECRET");
        let mut child = Bench::start(command);
        Self { lines: BufReader::new(child.stdout.take().unwrap()).lines(), child }
    }

    fn line(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }

    fn end(mut self) -> String {
        interrupt(&self.child);
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        said
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_trial_are_written_and_never_sent() {
    let yard = Yard::with("answers", "", ANSWERS).await;
    let mut trial = Trial::start(&yard);
    let ready = trial.line();
    assert_eq!(ready["sink"], "log");
    let settings = json!({"url": ready["callbacks"][0]["address"], "token": "t0ken", "mode": "plain"});
    yard.sandbox.post("/_sandbox/callback", &settings).await;
    yard.writes(OPENID, "hi").await;
    let line = trial.line();
    assert_eq!((&line["type"], &line["subject"]), (&json!("delivery.sent"), &json!(OPENID)));
    let body = json!({"touser": OPENID, "msgtype": "text", "text": {"content": "answer"}});
    assert_eq!((&line["data"]["body"], &line["data"]["sink"]), (&body, &json!("log")));
    // A person who sends does not take the log for WeChat.
    let sent = yard.run(&["send", "text", OPENID, "hello"]);
    assert!(sent.code != 0 && sent.err.contains("does not send"), "{}", sent.err);
    let said = trial.end();
    assert!(said.starts_with("warning: nothing is sent to WeChat"), "{said}");

    let serving = yard.serve_again(&["answers"], &[]);
    yard.writes(OPENID, "again").await;
    assert_eq!(yard.has(OPENID, 1).await, ["answer"]);
    yard.writes(OPENID, "and again").await;
    assert_eq!(yard.has(OPENID, 2).await, ["answer"; 2], "what the trial wrote is not sent before or after");
    assert_eq!(serving.end(), Some(0));
}
