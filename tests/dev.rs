//! `duoke dev`: pages are reloaded and replayed as they are saved, and worked through the console's API.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "dev/host.rs"]
mod host;

use std::fs;

use host::{Dev, PUT, greeting};
use serde_json::{Value, json};

/// The newest reload, once there are so many.
fn reload(dev: &Dev, count: usize) -> Option<Value> {
    let state = dev.get("/api/1/dev");
    let reloads = state["reloads"].as_array().unwrap();
    (reloads.len() >= count).then(|| reloads[0].clone())
}

/// The replay of the version that was saved last, once it is over.
fn replayed(dev: &Dev, is_it: impl Fn(&Value) -> bool) -> Option<Value> {
    let replay = dev.get("/api/1/dev")["replay"].clone();
    (!replay.is_null() && replay["running"] == false && is_it(&replay)).then_some(replay)
}

#[test]
fn a_save_takes_the_place_of_the_page_and_is_replayed() {
    let dev = Dev::start(&greeting("one"), &[]);
    let mut stream = dev.stream();
    // The first customer writes by himself: the page is told, and what it says waits.
    dev.until(&mut stream, |dev| (dev.held_texts() == ["one oCustomer1"]).then_some(()));
    dev.write("greeter/index.html", &greeting("two"));
    let saved = dev.until(&mut stream, |dev| reload(dev, 1));
    assert_eq!((&saved["ok"], &saved["files"]), (&json!(true), &json!(["greeter/index.html"])), "{saved}");
    // Without recordings the session so far is replayed.
    let replay = dev.until(&mut stream, |dev| replayed(dev, |_| true));
    assert_eq!(
        (&replay["sessions"], &replay["summary"]),
        (&json!(1), &json!("1 session, 1 effect changed")),
        "{replay}"
    );
    let change = &replay["changed"][0];
    assert!(change["before"].as_str().unwrap().contains("one oCustomer1"), "{change}");
    assert!(change["after"].as_str().unwrap().contains("two oCustomer1"), "{change}");
    // It was told again whose turn it is, and what came of that is not sent again.
    assert_eq!(dev.held_texts(), ["one oCustomer1"]);
    let chosen = dev.post("/api/1/customers/choose", &json!({"openid": "oB"}));
    assert_eq!(chosen, (200, json!({"seat": "kf0001", "openid": "oB"})));
    dev.until(&mut stream, |dev| (dev.held_texts() == ["one oCustomer1", "two oB"]).then_some(()));
    // He never did anything, but somebody is to send him something.
    let customers = dev.get("/api/1/customers");
    let waiting = |openid: &str| {
        let mut all = customers["customers"].as_array().unwrap().iter();
        all.find(|customer| customer["openid"] == openid).unwrap_or_else(|| panic!("{customers}"))["waiting"].clone()
    };
    assert_eq!([waiting("oB"), waiting("oCustomer1")], [1, 1]);
    let state = dev.get("/api/1/state");
    assert_eq!((&state["mode"], &state["seats"][0]["current"]), (&json!("dev"), &json!("oB")), "{state}");
    assert_eq!(
        state["seats"][0]["pages"],
        json!([{"plugin": "greeter", "status": "open", "notice": false, "faults": 0}])
    );
}

#[test]
fn a_page_that_does_not_load_keeps_the_old_one() {
    let dev = Dev::start(&greeting("one"), &[]);
    let mut stream = dev.stream();
    dev.until(&mut stream, |dev| (dev.held_texts().len() == 1).then_some(()));
    dev.write("greeter/index.html", &greeting("two").replace("var event", "var event event"));
    let saved = dev.until(&mut stream, |dev| reload(dev, 1));
    assert_eq!(saved["ok"], false, "{saved}");
    let fault = &saved["faults"][0];
    assert!(fault["text"].as_str().unwrap().contains("fault.parse"), "{fault}");
    assert!(fault["frame"].as_str().unwrap().contains("var event event"), "{fault}");
    dev.post("/api/1/customers/choose", &json!({"openid": "oB"}));
    dev.until(&mut stream, |dev| dev.held_texts().contains(&"one oB".to_owned()).then_some(()));
    // So is a plugin.toml that means nothing.
    dev.write("greeter/plugin.toml", "name = 7");
    let saved = dev.until(&mut stream, |dev| reload(dev, 2));
    assert_eq!(saved["ok"], false, "{saved}");
    assert!(saved["faults"][0]["frame"].as_str().unwrap().contains("name = 7"), "{saved}");
    dev.write("greeter/plugin.toml", "name = \"greeter\"\npage = \"index.html\"\n");
    dev.write("greeter/index.html", &greeting("three"));
    dev.until(&mut stream, |dev| reload(dev, 3).filter(|saved| saved["ok"] == true));
    dev.post("/api/1/customers/choose", &json!({"openid": "oC"}));
    dev.until(&mut stream, |dev| dev.held_texts().contains(&"three oC".to_owned()).then_some(()));
}

#[test]
fn a_recording_is_saved_replayed_accepted_and_ignored() {
    let dev = Dev::start(&greeting("one"), &[]);
    let mut stream = dev.stream();
    dev.until(&mut stream, |dev| (dev.held_texts().len() == 1).then_some(()));
    assert_eq!(dev.post("/api/1/dev/record", &json!({"name": "../x"})).0, 400);
    let (status, saved) = dev.post("/api/1/dev/record", &json!({"name": "first"}));
    assert_eq!((status, &saved["path"]), (200, &json!("greeter/sessions/first.jsonl")), "{saved}");
    assert_eq!(dev.post("/api/1/dev/record", &json!({"name": "first"})).0, 400, "it is there");
    let sessions = dev.get("/api/1/dev/sessions");
    let types: Vec<&str> = sessions["sessions"][0]["stimuli"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["type"].as_str().unwrap())
        .collect();
    assert!(types.contains(&"stimulus.mcs.OnUserChange"), "{types:?}");
    let recording = || fs::read_to_string(dev.path("greeter/sessions/first.jsonl")).unwrap();
    let before = recording();
    dev.write("greeter/index.html", &greeting("two"));
    let replay = dev.until(&mut stream, |dev| replayed(dev, |replay| replay["changed"] != json!([])));
    assert_eq!(replay["changed"][0]["session"], "greeter/sessions/first.jsonl", "{replay}");
    assert_eq!(recording(), before, "nobody accepted it");
    let session = json!({"session": "greeter/sessions/first.jsonl"});
    assert_eq!(dev.post("/api/1/dev/ignore", &session).0, 200);
    assert_eq!(dev.get("/api/1/dev")["replay"]["changed"][0]["ignored"], true);
    assert_eq!(dev.post("/api/1/dev/accept", &session), (200, json!({"session": session["session"], "updated": true})));
    assert_eq!(dev.get("/api/1/dev")["replay"]["changed"], json!([]));
    // With a pseudonym in the customer's place.
    assert!(recording().contains("two o") && !recording().contains("one o") && !recording().contains("oCustomer1"));
    assert_eq!(dev.post("/api/1/dev/accept", &json!({"session": "none"})).0, 404);
}

#[test]
fn a_message_is_edited_and_sent_and_turns_can_be_looked_back_at() {
    let dev = Dev::start(&greeting("one"), &[]);
    let mut stream = dev.stream();
    let (_, key) = dev.until(&mut stream, |dev| dev.held().pop());
    let (status, answer) =
        dev.post("/api/1/requests", &json!({"v": 1, "op": "outbox.edit", "key": key, "text": "edited"}));
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = dev
        .post("/api/1/requests", &json!({"v": 1, "op": "outbox.change", "change": "retry", "filter": {"keys": [key]}}));
    assert_eq!(status, 200, "{answer}");
    dev.until(&mut stream, |dev| dev.phone("oCustomer1").contains("edited").then_some(()));
    let customers = dev.get("/api/1/customers");
    assert_eq!(
        (&customers["customers"][0]["openid"], &customers["customers"][0]["waiting"]),
        (&json!("oCustomer1"), &json!(0))
    );
    // The log has it all, and the document as it was after each turn.
    let log = dev.until(&mut stream, |dev| {
        let log = dev.get("/api/1/log?after=0");
        let types: Vec<String> =
            log["lines"].as_array().unwrap().iter().map(|line| line["type"].as_str().unwrap().to_owned()).collect();
        types.contains(&"delivery.sent".to_owned()).then_some(log)
    });
    let lines = log["lines"].as_array().unwrap();
    let of = |type_: &str| lines.iter().find(|line| line["type"] == type_).unwrap_or_else(|| panic!("{type_}: {log}"));
    let told = of("stimulus.mcs.OnUserChange");
    assert!(told["took_ms"].as_f64().unwrap() > 0.0 && told["seat"] == "kf0001", "{told}");
    assert_eq!(of("effect.mcs.PutMsg")["cause"], told["id"]);
    let then = dev.get(&format!("/api/1/dev/turns/{}/document", told["seq"]));
    assert!(then["html"].as_str().unwrap().contains("<p id=\"who\">oCustomer1</p>"), "{then}");
    let now = dev.get("/api/1/pages/kf0001/greeter/document");
    assert!(now["html"].as_str().unwrap().contains("oCustomer1"), "{now}");
}

#[test]
fn nobody_else_drives_it() {
    let dev = Dev::start(&format!("<script>{PUT}</script>"), &[]);
    let ask = |head: &str| Dev::ask(dev.console(), &format!("{head}\r\nConnection: close\r\n\r\n"));
    let own = format!("Host: {}", dev.console());
    let state = "GET /api/1/state HTTP/1.1\r\n";
    let read = ask(&format!("{state}{own}"));
    assert_eq!(read.status, 200);
    for guard in
        ["x-content-type-options: nosniff", "cache-control: no-store", "cross-origin-resource-policy: same-origin"]
    {
        assert!(read.head.contains(guard), "{guard}: {}", read.head);
    }
    assert_eq!(ask(&format!("{state}Host: evil.test")).status, 403, "a name that leads here");
    assert_eq!(ask(&format!("{state}{own}\r\nSec-Fetch-Site: cross-site")).status, 403);
    let reload = |more: &str| {
        ask(&format!("POST /api/1/dev/reload HTTP/1.1\r\n{own}\r\n{more}Content-Length: 2\r\nX: {{}}")).status
    };
    assert_eq!(reload("Content-Type: text/plain\r\n"), 400, "what a form of another page can send");
    assert_eq!(reload("Content-Type: application/json\r\nOrigin: http://evil.test\r\n"), 403);
    let request = |op: Value| dev.post("/api/1/requests", &op).0;
    assert_eq!(request(json!({"v": 1, "op": "host.end"})), 400);
    assert_eq!(request(json!({"v": 1, "op": "upload", "kind": "image", "path": "/etc/passwd"})), 400);
    assert_eq!(request(json!({"v": 2, "op": "signs"})), 400);
    assert_eq!(request(json!({"v": 1, "op": "signs"})), 200);
    for path in ["/api/1/none", "/api/1/pages/kf0001/none/document", "/api/1/dev/turns/999/document", "/none"] {
        assert_eq!(ask(&format!("GET {path} HTTP/1.1\r\n{own}")).status, 404, "{path}");
    }
}

#[test]
fn events_are_fired_from_the_same_folder() {
    let dev = Dev::start(&greeting("one"), &[]);
    let mut stream = dev.stream();
    dev.until(&mut stream, |dev| (dev.held_texts().len() == 1).then_some(()));
    let fired = ["trigger", "mcs.OnUserChange", "--set", "channeltype=1", "--set", "useraccount=oB"];
    assert_eq!(dev.run(&fired).0, Some(0));
    dev.until(&mut stream, |dev| dev.held_texts().contains(&"one oB".to_owned()).then_some(()));
    // Whoever names a folder means that one.
    let (code, said) = dev.run(&[&fired[..], &["--store", "other"]].concat());
    assert_eq!(code, Some(4), "{said}");
}

#[test]
fn the_demo_goes_on_in_a_workbench() {
    let (dev, before) = Dev::by(tempfile::tempdir().unwrap(), &["demo", "--open=127.0.0.1:0"]);
    assert_eq!(before, include_str!("cli/demo.txt"));
    let mut stream = dev.stream();
    let customers = dev.until(&mut stream, |dev| {
        let customers = dev.get("/api/1/customers")["customers"].as_array().unwrap().clone();
        (customers.len() == 2).then_some(customers)
    });
    let named = |openid: &str| customers.iter().any(|customer| customer["openid"].as_str().unwrap().contains(openid));
    assert!(named("LiHua") && named("WangFang"), "{customers:?}");
    let pages = dev.get("/api/1/state")["seats"][0]["pages"].as_array().unwrap().len();
    assert_eq!(pages, 4);
    // What was said before is on the phones.
    let latest = customers[0]["openid"].as_str().unwrap();
    assert!(dev.phone(latest).len() > 100);
}

#[test]
fn what_is_done_in_a_page_is_for_the_customer_who_was_seen_there() {
    let dev = Dev::start(&greeting("one"), &[]);
    let mut stream = dev.stream();
    dev.until(&mut stream, |dev| (dev.held_texts().len() == 1).then_some(()));
    let click = |openid: &str| {
        let said = ["trigger", "ui.click", "--set", "selector=#again", "--subject", openid, "--plugin", "greeter"];
        assert_eq!(dev.run(&said).0, Some(0), "it is on disk");
    };
    // A mirror that shows an earlier customer.
    click("oEarlier");
    click("oCustomer1");
    let texts = dev.until(&mut stream, |dev| Some(dev.held_texts()).filter(|texts| texts.len() == 2));
    assert_eq!(texts, ["one oCustomer1", "clicked"]);
    let rows = dev.run(&["outbox", "list", "--state", "held", "--store", ".duoke/dev", "--format", "jsonl"]).1;
    assert!(!rows.contains("oEarlier"), "{rows}");
}

#[test]
fn a_browser_that_does_not_read_holds_nobody_up() {
    let page = format!(
        "<div id='rows'></div><script>{PUT} var round = 0; function MCS_ClientNotify(json) {{ round++;\n\
         document.getElementById('rows').innerHTML = new Array(3000).join('<p>round ' + round + '</p>'); put('round ' + round); }}\n\
         </script>"
    );
    let dev = Dev::start(&page, &[]);
    let mut stream = dev.stream();
    dev.until(&mut stream, |dev| (dev.held_texts().len() == 1).then_some(()));
    let mirror = format!("GET /api/1/pages/kf0001/greeter/mirror HTTP/1.1\r\nHost: {}\r\n\r\n", dev.console());
    // So many are shown it, and one more is told why not. What comes then they do not read.
    let mut asleep: Vec<_> = std::iter::repeat_with(|| dev.open(&mirror)).take(9).collect();
    let heads: Vec<_> = asleep.iter_mut().map(Dev::ask_head).collect();
    assert_eq!(heads.iter().filter(|head| head.contains("200 OK")).count(), 8, "{heads:?}");
    for round in 2..=8 {
        assert_eq!(dev.post("/api/1/customers/choose", &json!({"openid": format!("oC{round}")})).0, 200);
        dev.until(&mut stream, |dev| dev.held_texts().contains(&format!("round {round}")).then_some(()));
    }
    drop(asleep);
}

#[test]
fn one_at_a_time_and_nobody_else_s_folder() {
    let dev = Dev::start(&greeting("one"), &[]);
    let mut stream = dev.stream();
    dev.until(&mut stream, |dev| (dev.held_texts().len() == 1).then_some(()));
    let (code, said) = dev.run(&["dev", "greeter", "--console", "127.0.0.1:0"]);
    assert!(code == Some(96) && said.contains(".duoke/dev"), "{code:?} {said}");
    assert_eq!(dev.held_texts(), ["one oCustomer1"], "nothing was lost");
    fs::create_dir(dev.path("state")).unwrap();
    dev.write("state/duoke.sqlite", "a business");
    let (code, said) = dev.run(&["dev", "greeter", "--console", "127.0.0.1:0", "--state", "state"]);
    assert!(code == Some(96) && said.contains("not ours"), "{code:?} {said}");
    assert_eq!(fs::read_to_string(dev.path("state/duoke.sqlite")).unwrap(), "a business");
}

#[test]
fn the_session_so_far_outlives_a_version_that_does_not_load() {
    let dev = Dev::start(&greeting("one"), &[]);
    let mut stream = dev.stream();
    dev.until(&mut stream, |dev| (dev.held_texts().len() == 1).then_some(()));
    dev.write("greeter/index.html", &greeting("two").replace("var event", "var event event"));
    dev.until(&mut stream, |dev| reload(dev, 1));
    assert_eq!(dev.get("/api/1/state")["seats"][0]["pages"][0]["faults"], 0, "the page that is open has none");
    dev.until(&mut stream, |dev| (dev.post("/api/1/dev/record", &json!({"name": "so-far"})).0 == 200).then_some(()));
    assert!(fs::read_to_string(dev.path("greeter/sessions/so-far.jsonl")).unwrap().contains("one o"));
    dev.write("greeter/index.html", &greeting("two"));
    let replay = dev.until(&mut stream, |dev| replayed(dev, |_| true));
    assert_eq!((&replay["sessions"], &replay["running"]), (&json!(1), &json!(false)), "{replay}");
}
