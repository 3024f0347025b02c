//! `duoke sessions import` of a HAR: recordings that are answered by what a browser was.

use serde_json::{Value, json};

use crate::bench::{Bench, Ended};

/// It asks its server for a customer, is redirected, calls JSONP with a made-up name, posts a form.
const PAGE: &str = r#"<!DOCTYPE html><meta charset="gbk"><title>客服</title><script>
function put(text) { window.external.PutMsg(JSON.stringify({ msg: { body: [{ type: 0, content: { text: text } }] } })); }
function ask(method, url, body, done) {
  var xhr = new XMLHttpRequest();
  xhr.onload = function () { done(xhr.status + " " + xhr.responseText + " " + xhr.responseURL); };
  xhr.onerror = function () { done("failed " + url); };
  xhr.open(method, url);
  if (body) xhr.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
  xhr.send(body);
}
function MCS_ClientNotify(text) {
  var begun = new Date().getTime();
  ask("GET", "CRM/customer?_=" + begun, null, function (said) { put("customer " + said + " after " + (new Date().getTime() - begun)); });
  ask("GET", "CRM/moved", null, function (said) { put("moved " + said); });
  ask("POST", "CRM/note", "a=1&b=%E6%82%A8", function (said) { put("note " + said); });
  ask("GET", "CRM/down", null, function (said) { put("down " + said); });
  ask("GET", "CRM/unknown", null, function (said) { put("unknown " + said); });
  window.jQuery17_1 = function (data) { put("jsonp " + data.name + " " + document.cookie); };
  var script = document.createElement("script");
  script.src = "CRM/jsonp?callback=jQuery17_1&_=" + begun;
  document.body.appendChild(script);
}
</script><body></body>"#;
const LOG: &str = "{\"event\":\"OnUserChange\",\"useraccount\":\"oA\"}\n";
const CRM: &str = "http://crm.example.com/plugin";

#[track_caller]
fn ends(ended: &Ended, code: i32, with: &[&str]) {
    assert_eq!(ended.code, code, "{}\n{}", ended.out, ended.err);
    for part in with {
        assert!(ended.out.contains(part) || ended.err.contains(part), "no {part:?} in\n{}\n{}", ended.out, ended.err);
    }
}

fn header(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

/// As Chrome exports it: `_resourceType`, `_error`, header names in lower case, binary bodies in base64.
fn chrome() -> Value {
    let entry = |method: &str, path: &str, response: Value| {
        json!({
            "_initiator": { "type": "script" }, "_priority": "High", "_resourceType": "xhr", "cache": {}, "connection": "443",
            "pageref": "page_1", "serverIPAddress": "203.0.113.7", "startedDateTime": "2026-11-21T08:00:00.120Z", "time": 37.5,
            "timings": { "blocked": 1.2, "dns": -1, "ssl": -1, "connect": -1, "send": 0.1, "wait": 30.0, "receive": 6.2 },
            "request": {
                "method": method, "url": format!("{CRM}/{path}"), "httpVersion": "http/2.0", "cookies": [], "queryString": [],
                "headers": [header(":authority", "crm.example.com"), header("cookie", "session=s3cret-of-request")],
                "headersSize": -1, "bodySize": 0,
            },
            "response": response,
        })
    };
    let answer = |mime: &str, content: Value| {
        let mut content = content;
        content["mimeType"] = mime.into();
        json!({ "status": 200, "statusText": "", "httpVersion": "http/2.0", "cookies": [], "redirectURL": "", "headersSize": -1, "bodySize": -1,
            "headers": [header("content-type", mime), header("content-encoding", "gzip")], "content": content })
    };
    let mut entries = vec![
        entry("GET", "?id=7", answer("text/html; charset=gbk", json!({ "size": 9, "text": PAGE.replace("CRM", CRM) }))),
        entry(
            "GET",
            "customer?_=1700000000000",
            answer("application/json; charset=gbk", json!({ "size": 9, "text": "{\"名\":\"王\"}" })),
        ),
        entry(
            "GET",
            "moved",
            json!({ "status": 302, "statusText": "Found", "headers": [header("set-cookie", "seen=c00kie-value; Path=/")],
            "content": { "size": 0, "mimeType": "" }, "redirectURL": format!("{CRM}/there") }),
        ),
        entry("GET", "there", answer("text/plain", json!({ "size": 4, "text": "aGVyZQ==", "encoding": "base64" }))),
        entry("POST", "note", answer("text/plain", json!({ "size": 2, "text": "ok" }))),
        entry(
            "GET",
            "down",
            json!({ "status": 0, "statusText": "", "_error": "net::ERR_CONNECTION_REFUSED", "headers": [], "content": { "size": 0 } }),
        ),
        entry(
            "GET",
            "jsonp?callback=jQuery17_99&_=5",
            answer("text/javascript", json!({ "size": 9, "text": "jQuery17_99({\"name\":\"李\"})" })),
        ),
        entry("GET", "large", answer("text/plain", json!({ "size": 12345 }))),
    ];
    entries[4]["request"]["postData"] = json!({ "mimeType": "application/x-www-form-urlencoded", "text": "a=1&b=%E6%82%A8",
        "params": [{ "name": "a", "value": "1" }, { "name": "b", "value": "您" }] });
    entries.push(json!({ "_webSocketMessages": [], "request": { "method": "GET", "url": "wss://crm.example.com/" }, "response": { "status": 101 } }));
    json!({ "log": { "version": "1.2", "creator": { "name": "WebInspector", "version": "537.36" }, "pages": [], "entries": entries } })
}

/// As Firefox exports it: header names as they came, parameters of forms, `comment`, one list of cookies.
fn firefox() -> Value {
    let mut har = chrome();
    har["log"]["creator"] = json!({ "name": "Firefox", "version": "128.0" });
    har["log"]["browser"] = json!({ "name": "Firefox", "version": "128.0" });
    for entry in har["log"]["entries"].as_array_mut().unwrap() {
        let members = entry.as_object_mut().unwrap();
        members.retain(|name, _| !name.starts_with('_'));
        entry["startedDateTime"] = "2026-11-21T16:00:00.120+08:00".into();
        let response = entry["response"].as_object_mut().unwrap();
        response.remove("_error");
        for header in response.get_mut("headers").and_then(Value::as_array_mut).into_iter().flatten() {
            let name = header["name"]
                .as_str()
                .unwrap()
                .replace("content-type", "Content-Type")
                .replace("set-cookie", "Set-Cookie");
            header["name"] = name.into();
        }
        if response.get("content").is_some_and(|content| content["size"] == 12345) {
            response["content"]["comment"] = "Response body is not included".into();
        }
    }
    har["log"]["entries"][4]["request"]["postData"] = json!({ "mimeType": "application/x-www-form-urlencoded",
        "params": [{ "name": "a", "value": "1" }, { "name": "b", "value": "您" }], "text": "" });
    har
}

fn texts(bench: &Bench, recording: &str) -> Vec<String> {
    let replayed = bench.run(&["replay", recording]);
    assert!(replayed.code == 0, "{}", replayed.err);
    let put = replayed.lines().into_iter().filter(|line| line["type"] == "effect.mcs.PutMsg");
    put.map(|line| line["data"]["msg"]["body"][0]["content"]["text"].as_str().unwrap().to_owned()).collect()
}

/// What the page says, whatever it is opened from.
fn expected() -> Vec<String> {
    [
        "customer 200 {\"名\":\"王\"} CRM/customer?_=TIME after 37".to_owned(),
        "moved 200 here CRM/there".to_owned(),
        "note 200 ok CRM/note".to_owned(),
        "down failed CRM/down".to_owned(),
        "unknown failed CRM/unknown".to_owned(),
    ]
    .map(|text| text.replace("CRM", CRM))
    .to_vec()
}

#[test]
fn from_a_browser_to_a_test_without_a_network() {
    for har in [chrome(), firefox()] {
        let bench = Bench::new();
        bench.write("crm.har", har.to_string());
        bench.write("log.jsonl", LOG);
        let page = format!("{CRM}/?id=7");
        let import = ["sessions", "import", "crm.har", "--page", &page, "--events", "log.jsonl", "-o", "crm.jsonl"];
        let imported = bench.run(&import);
        ends(&imported, 0, &["crm.jsonl: 6 of 6 answers used, 1 not found; 8 effects and faults\n"]);
        let told = [
            "crm.har: 1 entries are left out: without its body",
            "crm.har: 1 entries are left out: no request of http or https",
            &format!("the HAR has no answer: GET {CRM}/unknown is not recorded"),
        ];
        ends(&imported, 0, &told);
        let recording = bench.read("crm.jsonl");
        for secret in ["s3cret-of-request", "c00kie-value"] {
            assert!(!recording.contains(secret), "{secret}");
        }
        assert!(recording.contains("\"time\":\"2026-11-21T08:00:00.120Z\""), "page time is the browser's");
        let said = texts(&bench, "crm.jsonl");
        let mut plain: Vec<String> = said
            .iter()
            .filter(|text| !text.starts_with("jsonp"))
            .map(|text| {
                let time = text.split("_=").nth(1).and_then(|rest| rest.split(' ').next());
                time.map_or_else(|| text.clone(), |time| text.replace(time, "TIME"))
            })
            .collect();
        plain.sort();
        let mut wanted = expected();
        wanted.sort();
        assert_eq!(plain, wanted);
        assert!(said.iter().any(|text| text.starts_with("jsonp 李 seen=")), "{said:?}");
        ends(&bench.run(&["test", "crm.jsonl"]), 0, &["1 recording: 1 as recorded"]);
        // Nothing is replaced, and half a recording is not left.
        ends(&bench.run(&import), 2, &["crm.jsonl: is there already"]);
        let forced = bench.run(&[&import[..], &["--force"]].concat());
        ends(&forced, 0, &["6 of 6 answers used"]);
    }
}

#[test]
fn a_plugin_s_own_folder_and_the_browser_s_answers() {
    let bench = Bench::new();
    bench.write("crm.har", chrome().to_string());
    bench.write("log.jsonl", LOG);
    bench.write("p/plugin.toml", "name = \"p\"\npage = \"page.html\"\n");
    bench.write("p/page.html", PAGE.replace("CRM", CRM).replace("gbk", "utf-8"));
    bench.write("p/sessions/.keep", "");
    let import =
        ["sessions", "import", "crm.har", "--page", "p", "--events", "log.jsonl", "-o", "p/sessions/crm.jsonl.zst"];
    ends(&bench.run(&import), 0, &["5 of 6 answers used, 1 not found"]);
    ends(&bench.run(&["test"]), 0, &["1 recording: 1 as recorded"]);
    let page = bench.read("p/page.html").replace("customer ", "kunde ");
    bench.write("p/page.html", page);
    ends(&bench.run(&["test"]), 100, &["kunde 200"]);
}

#[test]
fn what_is_no_har() {
    let bench = Bench::new();
    bench.write("page.html", "<p>x");
    let import = |file: &str| bench.run(&["sessions", "import", file, "--page", "page.html", "-o", "x.jsonl"]);
    bench.write("crm.har", "{}");
    ends(&import("crm.har"), 102, &["crm.har: is no HAR: it has no `log.entries`", "hint: "]);
    bench.write("crm.har", "[".repeat(100_000));
    ends(&import("crm.har"), 102, &["is no HAR: not JSON"]);
    bench.write("crm.har", json!({ "log": { "entries": [] } }).to_string());
    ends(&import("crm.har"), 4, &["there is no answer in it"]);
    ends(&import("none.har"), 102, &["none.har: cannot be read"]);
    bench.write("crm.har", chrome().to_string());
    ends(&bench.run(&["sessions", "import", "crm.har", "-o", "x.jsonl"]), 2, &["--page says of what"]);
    ends(
        &bench.run(&["sessions", "import", "crm.har", "--page", "none", "-o", "x.jsonl"]),
        103,
        &["none: there is no such file"],
    );
    let gone = format!("{CRM}/elsewhere");
    ends(&bench.run(&["sessions", "import", "crm.har", "--page", &gone, "-o", "x.jsonl"]), 103, &["does not load"]);
    assert_eq!(std::fs::read_dir(bench.path("")).unwrap().count(), 2, "nothing is left");
}
