//! A robot that somebody else's framework is, at the other end of the sandbox's pushes.

use std::{
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

use duoke::wechat::Profile;
use serde_json::{Value, json};

use crate::{driver::Driver, wechat_bench::Bench};

const TOKEN: &str = "werobottoken";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// The robot's process and what it says.
struct Robot {
    child: Child,
    heard: Lines<BufReader<ChildStdout>>,
    port: u64,
}

impl Robot {
    fn start(app_id: &str, mode: &str) -> Self {
        let driver = Driver::python("robot.py");
        let key = if mode == "plain" { "" } else { KEY };
        let mut command = Command::new(&driver.program);
        command.arg(driver.path()).args([TOKEN, app_id, key]).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let heard = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut robot = Self { child, heard, port: 0 };
        robot.port = robot.next("listening").as_u64().unwrap();
        robot
    }

    /// What it says next, which is this.
    #[track_caller]
    fn next(&mut self, step: &str) -> Value {
        let line: Value = serde_json::from_str(&self.heard.next().unwrap().unwrap()).unwrap();
        assert_eq!(line["step"], step, "{line}");
        line["value"].clone()
    }
}

impl Drop for Robot {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A customer who was handed over talks to customer service: nothing is pushed.
async fn sends_to_nobody(bench: &Bench) {
    let delivered = bench.post("/_sandbox/users/oA/send", &json!({"MsgType": "text", "Content": "在吗"})).await;
    assert_eq!(delivered, json!({"delivered": false, "attempts": 0}));
}

#[tokio::test]
async fn werobot_hears_what_the_sandbox_pushes_and_is_understood() {
    for mode in ["plain", "compat", "secure"] {
        let bench = Bench::start(Profile::y2025()).await;
        let seeds = json!({"media": [{"media_id": "IMG", "type": "image"}], "kf": [{"kf_account": "on@duoke"}]});
        bench.post("/_sandbox/seed", &seeds).await;
        let mut robot = Robot::start(bench.app_id(), mode);
        let url = format!("http://127.0.0.1:{}/", robot.port);
        let callback = json!({"url": url, "token": TOKEN, "encoding_aes_key": KEY, "mode": mode});
        assert_eq!(bench.post("/_sandbox/callback", &callback).await, json!({"registered": true}), "{mode}");
        let sends = async |push: Value| {
            let delivered = bench.post("/_sandbox/users/oA/send", &push).await;
            assert_eq!(delivered, json!({"delivered": true, "attempts": 1}), "{mode} {push}");
        };

        sends(json!({"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_7"})).await;
        assert_eq!(robot.next("subscribe"), json!({"key": "qrscene_7"}));
        sends(json!({"MsgType": "text", "Content": "您好 <b>&amp; ]]> 😀\n第二行"})).await;
        let text = robot.next("text");
        assert_eq!((&text["content"], &text["from"]), (&json!("您好 <b>&amp; ]]> 😀\n第二行"), &json!("oA")));
        assert!(text["id"].as_i64().unwrap() > 1 << 53, "{text}");
        sends(json!({"MsgType": "image", "PicUrl": "http://a/p.png", "MediaId": "m"})).await;
        assert_eq!(robot.next("image")["url"], "http://a/p.png");
        sends(json!({"MsgType": "event", "Event": "CLICK", "EventKey": "K"})).await;
        assert_eq!(robot.next("click"), json!({"key": "K"}));
        let place =
            json!({"MsgType": "location", "Location_X": "23.1", "Location_Y": "113.3", "Scale": "20", "Label": "位置"});
        sends(place).await;
        assert_eq!(robot.next("location"), json!({"place": [23.1, 113.3], "label": "位置"}));
        for word in ["图文", "音乐", "人工"] {
            sends(json!({"MsgType": "text", "Content": word})).await;
            robot.next("text");
        }

        let answers: Vec<Value> =
            bench.running.messages(Some("oA")).into_iter().filter(|one| one.is_passive).map(|one| one.body).collect();
        let kinds: Vec<_> = answers.iter().map(|body| body["msgtype"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["text", "text", "image", "text", "news", "music"], "{mode}");
        assert_eq!(answers[0]["text"]["content"], "欢迎");
        assert_eq!(answers[1]["text"]["content"], "听到：您好 <b>&amp;  😀\n第二行");
        assert_eq!(answers[2]["image"]["media_id"], "IMG");
        // Who serves him now hears him.
        sends_to_nobody(&bench).await;
    }
}
