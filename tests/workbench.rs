//! The workbench in Chromium, as a person uses it: `duoke dev` of a page, with clicks and keys.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod chromium;
#[path = "dev/host.rs"]
mod host;

use std::fs;

use chromium::Chromium;
use host::{Dev, greeting};
use serde_json::{Value, json};

/// What finds a control by what stands on it.
const FIND: &str = "const named = (where, text) => [...document.querySelectorAll(where)].find((found) => found.textContent.trim() === text);";
/// The element with the focus, wherever it is.
const FOCUS: &str = "const focused = () => { let found = document.activeElement;
    while (found?.contentDocument) found = found.contentDocument.activeElement; return found; };";
/// The document that the mirror shows.
const SHOWN: &str = "document.querySelector('#mirror iframe')?.contentDocument";

/// The workbench of a page.
struct Desk {
    dev: Dev,
    chromium: Chromium,
}

impl Desk {
    fn open(page: &str) -> Self {
        Self::open_in("en-US", page)
    }

    fn open_in(language: &str, page: &str) -> Self {
        Self::of(Dev::start(page, &[]), language)
    }

    fn of(dev: Dev, language: &str) -> Self {
        let mut chromium = Chromium::start_in(language);
        chromium.size(1_280, 800);
        chromium.open(&format!("http://{}/", dev.console()));
        let mut desk = Self { dev, chromium };
        desk.until("document.querySelector('#plugin-tabs [role=tab]')");
        desk
    }

    /// Waits until an expression holds: in what is shown, or in a frame of it, or in a field.
    fn until(&mut self, expression: &str) {
        let look = format!(
            "new Promise((done) => {{ {FIND}
                const look = () => {{ if ({expression}) done(true); else requestAnimationFrame(look); }};
                look();
            }})"
        );
        self.chromium.value(&look);
    }

    /// Clicks in the middle of what an expression finds, at its place in the window.
    fn click(&mut self, expression: &str) {
        self.until(expression);
        let place = format!(
            "(() => {{ {FIND}
                const found = {expression};
                found.scrollIntoView({{ block: 'nearest' }});
                const box = found.getBoundingClientRect();
                const frame = found.ownerDocument.defaultView.frameElement?.getBoundingClientRect() ?? {{ left: 0, top: 0 }};
                return [frame.left + box.left + box.width / 2, frame.top + box.top + box.height / 2];
            }})()"
        );
        let place = self.chromium.value(&place);
        self.chromium.click(place[0].as_f64().unwrap(), place[1].as_f64().unwrap(), "left");
    }

    /// Asks the host until it is so.
    fn host<T>(&self, is_so: impl Fn(&Dev) -> Option<T>) -> T {
        let mut stream = self.dev.stream();
        self.dev.until(&mut stream, is_so)
    }

    /// Goes on with Tab until an expression is the element with the focus, in the page or in a frame of it.
    fn tab_to(&mut self, expression: &str) {
        let is_there = format!(
            "(() => {{ {FIND} {FOCUS} const found = {expression}; return Boolean(found) && focused() === found; }})()"
        );
        for _ in 0..80 {
            if self.chromium.value(&is_there) == true {
                return;
            }
            self.chromium.key("Tab", 9);
        }
        panic!("no way leads to {expression}: {}", self.chromium.value(&format!("{FOCUS} focused().outerHTML")));
    }

    /// What axe-core finds that keeps people out.
    fn violations(&mut self) -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/libraries/node_modules/axe-core/axe.min.js");
        let axe = fs::read_to_string(path).expect("scripts/test installs it");
        self.chromium.value(&format!("{axe}; 0"));
        self.chromium.value(
            "axe.run(document, { iframes: false, resultTypes: ['violations'] }).then(({ violations }) => violations
                .filter(({ impact }) => impact === 'serious' || impact === 'critical')
                .map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))",
        )
    }
}

#[test]
fn a_customer_is_answered_by_hand() {
    let mut desk = Desk::open(&greeting("one"));
    desk.until(&format!("{SHOWN}?.querySelector('#who')?.textContent === 'oCustomer1'"));
    desk.until("[...document.querySelectorAll('#held textarea')].some((field) => field.value === 'one oCustomer1')");
    // A new customer is named and chosen: the page is told.
    desk.click("document.querySelector('#new-customer input')");
    desk.chromium.text("oLiHua");
    desk.chromium.key("Enter", 13);
    desk.until(&format!("{SHOWN}?.querySelector('#who')?.textContent === 'oLiHua'"));
    // His phone is beside it; he writes, as the sandbox lets nobody be written to who never did.
    let (status, _) =
        Dev::post_to(&desk.dev.sandbox, "/_sandbox/users/oLiHua/send", &json!({"MsgType": "text", "Content": "hi"}));
    assert_eq!(status, 200);
    // The page's quick reply, clicked in its mirror.
    desk.click(&format!("{SHOWN}?.querySelector('#again')"));
    desk.until("[...document.querySelectorAll('#held textarea')].some((field) => field.value === 'clicked')");
    desk.chromium.screenshot("workbench-waits");
    desk.click("[...document.querySelectorAll('#held textarea')].find((field) => field.value === 'clicked')");
    desk.chromium.value("document.activeElement.setSelectionRange(7, 7)");
    desk.chromium.text(", and edited");
    desk.click("named('#held li:has(textarea:focus) button', 'Send')");
    desk.host(|dev| dev.phone("oLiHua").contains("clicked, and edited").then_some(()));
    desk.until("document.querySelector('#phone-box iframe')");
    desk.chromium.screenshot("workbench-sent");
    assert_eq!(desk.violations(), json!([]));
    desk.chromium.size(420, 800);
    desk.chromium.screenshot("workbench-narrow");
    assert_eq!(desk.violations(), json!([]));
}

#[test]
fn a_save_is_shown_with_what_changed_and_accepted() {
    let mut desk = Desk::open(&greeting("one"));
    desk.host(|dev| (dev.held_texts() == ["one oCustomer1"]).then_some(()));
    assert_eq!(desk.dev.post("/api/1/dev/record", &json!({"name": "first"})).0, 200);
    desk.dev.write("greeter/index.html", &greeting("two"));
    desk.until("document.querySelector('#reload-chip.good')");
    desk.until("document.querySelector('#replay-chip')?.textContent.includes('1 effect')");
    desk.click("document.querySelector('#replay-chip')");
    desk.until("document.querySelector('#tool-panels').textContent.includes('two o')");
    desk.chromium.screenshot("workbench-changed");
    assert_eq!(desk.violations(), json!([]));
    desk.click("named('#tool-panels button', 'Accept')");
    desk.host(|dev| (dev.get("/api/1/dev")["replay"]["changed"] == json!([])).then_some(()));
    let recording = fs::read_to_string(desk.dev.path("greeter/sessions/first.jsonl")).unwrap();
    assert!(recording.contains("two o"));
    // A save that does not load: the fault is shown, and the old page still answers.
    desk.dev.write("greeter/index.html", &greeting("three").replace("var event", "var event event"));
    desk.until("document.querySelector('#reload-chip.bad')?.textContent.includes('fault.parse')");
    desk.click("document.querySelector('#reload-chip')");
    desk.until("document.querySelector('#tool-panels').textContent.includes('var event event')");
    desk.chromium.screenshot("workbench-broken");
    desk.click(&format!("{SHOWN}?.querySelector('#again')"));
    desk.host(|dev| dev.held_texts().contains(&"clicked".to_owned()).then_some(()));
}

#[test]
fn a_customer_is_answered_by_keys_alone_in_chinese() {
    let mut desk = Desk::open_in("zh-CN", &greeting("您好"));
    desk.until("document.documentElement.lang === 'zh-CN'");
    desk.until("[...document.querySelectorAll('#held textarea')].some((field) => field.value === '您好 oCustomer1')");
    desk.chromium.key("c", 67);
    desk.tab_to("document.querySelector('#new-customer input')");
    desk.chromium.text("oLiHua");
    desk.chromium.key("Enter", 13);
    desk.until(&format!("{SHOWN}?.querySelector('#who')?.textContent === 'oLiHua'"));
    let wrote = json!({"MsgType": "text", "Content": "在吗"});
    assert_eq!(Dev::post_to(&desk.dev.sandbox, "/_sandbox/users/oLiHua/send", &wrote).0, 200);
    // Through the page's tabs into its mirror, and out of it to the composer.
    desk.tab_to(&format!("{SHOWN}?.querySelector('#again')"));
    desk.chromium.key("Enter", 13);
    desk.until("[...document.querySelectorAll('#held textarea')].some((field) => field.value === 'clicked')");
    desk.tab_to("[...document.querySelectorAll('#held textarea')].find((field) => field.value === 'clicked')");
    desk.chromium.key("End", 35);
    desk.chromium.text("，已改");
    desk.tab_to(
        "[...document.querySelectorAll('#held li')].find((row) => row.querySelector('textarea').value === 'clicked，已改')
            ?.querySelector('button.send, button.main')",
    );
    desk.chromium.key("Enter", 13);
    desk.host(|dev| dev.phone("oLiHua").contains("clicked，已改").then_some(()));
    desk.until("document.querySelector('#phone-box iframe')");
    desk.chromium.screenshot("workbench-chinese");
    assert_eq!(desk.violations(), json!([]));
    // The list of keys, and back to where it was asked for.
    desk.tab_to("document.querySelector('#to-help')");
    desk.chromium.key("Enter", 13);
    desk.until("document.querySelector('#help').open");
    assert_eq!(desk.violations(), json!([]));
    desk.chromium.screenshot("workbench-keys");
    desk.chromium.key("Escape", 27);
    desk.until("!document.querySelector('#help').open && document.activeElement.id === 'to-help'");
    desk.chromium.size(420, 800);
    desk.chromium.screenshot("workbench-chinese-narrow");
    assert_eq!(desk.violations(), json!([]));
}

/// The pictures of README and TUTORIAL (docs/) are these.
#[test]
fn the_demo_goes_on_in_both_languages() {
    for language in ["en-US", "zh-CN"] {
        let (dev, _) = Dev::by(tempfile::tempdir().unwrap(), &["demo", "--open=127.0.0.1:0"]);
        let mut desk = Desk::of(dev, language);
        desk.click(
            "[...document.querySelectorAll('#plugin-tabs .name')].find((name) => name.textContent === '快捷回复')",
        );
        desk.until("document.querySelectorAll('#customer-list button').length >= 2");
        desk.click(&format!("{SHOWN}?.querySelector('#send-welcome')"));
        desk.until("document.querySelector('#held textarea')?.value");
        // What was said before he came to this workbench is on his phone.
        desk.until("document.querySelector('#phone-box iframe')");
        desk.until(&format!("[...{SHOWN}.images].every((image) => image.complete)"));
        desk.chromium.screenshot(&format!("demo-{language}"));
        assert_eq!(desk.violations(), json!([]), "{language}");
        desk.chromium.size(420, 800);
        desk.chromium.screenshot(&format!("demo-{language}-narrow"));
        assert_eq!(desk.violations(), json!([]), "{language}");
    }
}
