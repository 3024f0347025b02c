//! One page in Chromium, over its debugging pipe: JSON messages that end in a zero byte.
#![allow(dead_code, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Longest that Chromium takes for anything here, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// The commonest reason for it to say nothing at all.
const NOT_THERE: &str = "chromium did not start, or ended: scripts/test installs it, CHROMIUM names another";

/// Chromium, which ends with this.
pub struct Chromium {
    child: Child,
    pipe: ChildStdin,
    said: Receiver<Value>,
    session: Option<String>,
    count: u64,
    /// Addresses that were asked for, once [`Self::note_requests`] was called.
    requests: Vec<String>,
    _profile: TempDir,
}

impl Chromium {
    pub fn start() -> Self {
        Self::start_in("en-US")
    }

    /// With this language.
    pub fn start_in(language: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        // Its pipe is at descriptors 3 and 4.
        let script = "exec \"${CHROMIUM:-chromium}\" --headless --no-sandbox --disable-gpu --no-first-run --lang=\"$1\" --accept-lang=\"$1\" \
            --disable-background-networking --disable-dev-shm-usage --user-data-dir=\"$0\" --remote-debugging-pipe \
            --window-size=800,900 about:blank 3<&0 4>&1 >/dev/null 2>&1";
        let mut child = Command::new("sh")
            .args(["-c", script])
            .arg(profile.path())
            .arg(language)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (pipe, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, said) = channel();
        thread::spawn(move || {
            for message in BufReader::new(stdout).split(0).map_while(Result::ok) {
                if sender.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    return;
                }
            }
        });
        let mut chromium = Self { child, pipe, said, session: None, count: 0, requests: Vec::new(), _profile: profile };
        let targets = chromium.call("Target.getTargets", &json!({}));
        let page = targets["targetInfos"].as_array().unwrap().iter().find(|target| target["type"] == "page").unwrap();
        let attached = chromium.call("Target.attachToTarget", &json!({"targetId": page["targetId"], "flatten": true}));
        chromium.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        chromium.call("Page.enable", &json!({}));
        chromium
    }

    pub fn open(&mut self, address: &str) {
        self.call("Page.navigate", &json!({ "url": address }));
    }

    /// The value of an expression; of a promise, what it becomes. As after a click, so that windows may open.
    pub fn value(&mut self, expression: &str) -> Value {
        let asked = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true
        });
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Waits until the document is so that an expression holds.
    pub fn until(&mut self, expression: &str) {
        self.value(&format!(
            "new Promise((done) => {{
                const look = () => {{ if ({expression}) done(true); }};
                new MutationObserver(look).observe(document, {{
                    subtree: true, childList: true, attributes: true, characterData: true
                }});
                document.addEventListener('load', look, true);
                look();
            }})"
        ));
    }

    /// Where `DUOKE_TEST_PICTURES` names a folder, what is to be seen goes there as a picture, in a window that is high
    /// enough for a long conversation.
    pub fn picture(&mut self, name: &str) {
        let Ok(folder) = std::env::var("DUOKE_TEST_PICTURES") else { return };
        let size = json!({"width": 900, "height": 2_000, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", &size);
        self.value("document.getElementById('phone').style.height = '1960px'");
        let taken = self.call("Page.captureScreenshot", &json!({"format": "png"}));
        let picture = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
        self.value("document.getElementById('phone').style.height = ''");
        self.call("Emulation.clearDeviceMetricsOverride", &json!({}));
    }

    /// From now on takes note of what is asked for, by any frame.
    pub fn note_requests(&mut self) {
        self.call("Network.enable", &json!({}));
    }

    /// The addresses that were asked for since the last call.
    pub fn take_requests(&mut self) -> Vec<String> {
        std::mem::take(&mut self.requests)
    }

    /// Clicks at a point of the window, as a person does.
    pub fn click(&mut self, x: f64, y: f64, button: &str) {
        for kind in ["mousePressed", "mouseReleased"] {
            let params = json!({"type": kind, "x": x, "y": y, "button": button, "clickCount": 1});
            self.call("Input.dispatchMouseEvent", &params);
        }
    }

    /// Types text, as an input method or a keyboard puts it into the field with the focus.
    pub fn text(&mut self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }));
    }

    /// The window is so large from now on.
    pub fn size(&mut self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Presses a key that has a name and a code.
    pub fn key(&mut self, key: &str, code: u32) {
        let text = match key {
            "Enter" => "\r",
            letter if letter.len() == 1 => letter,
            _ => "",
        };
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" {
                params["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", &params);
        }
    }

    /// Where `DUOKE_TEST_PICTURES` names a folder, what is to be seen goes there as a picture.
    pub fn screenshot(&mut self, name: &str) {
        let Ok(folder) = std::env::var("DUOKE_TEST_PICTURES") else { return };
        let taken = self.call("Page.captureScreenshot", &json!({"format": "png"}));
        std::fs::create_dir_all(&folder).unwrap();
        let picture = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.count += 1;
        let mut message = json!({"id": self.count, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let sent = self.pipe.write_all(format!("{message}\0").as_bytes());
        sent.expect(NOT_THERE);
        loop {
            let said = match self.said.recv_timeout(PATIENCE) {
                Ok(said) => said,
                Err(RecvTimeoutError::Disconnected) => panic!("{NOT_THERE} ({method})"),
                Err(RecvTimeoutError::Timeout) => panic!("{method}: no answer in {PATIENCE:?}, {message}"),
            };
            if said["method"] == "Network.requestWillBeSent" {
                self.requests.push(said["params"]["request"]["url"].as_str().unwrap().to_owned());
            }
            if said["id"] == self.count {
                assert!(said["error"].is_null(), "{method}: {}", said["error"]);
                return said["result"].clone();
            }
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
