//! No secret of a list survives anywhere in a recording, and what stands for it leads to the same effects.

use super::{Bench, Origin, PUT};

const OPENID: &str = "oLx3kT9bQ2vR7mW1zY5pA8sD0fGh";
const OTHER: &str = "oPq8-yN2_uB6cE4iJ7tV1wX9zK0a";
const SECRETS: [&str; 15] = [
    OPENID,
    OTHER,
    "13912345678",
    "18698765432",
    "tok3n-from-the-server",
    "sid0123456789abc",
    "csrfValue77",
    "hunter2hunter2",
    "dXNlcjpzM2NyM3Q",
    "wx0123456789abcdef",
    "mine-key-42",
    "客户王小二",
    "13612345678",
    "17712345678",
    "15612345678",
];

const PAGE: &str = r#"<!DOCTYPE html><meta name=x content="13912345678">
<script>PUT
var token;
function ask(method, path, then, body) {
  var xhr = new XMLHttpRequest();
  xhr.onload = function () { then(xhr.responseText); };
  xhr.open(method, "SHOP" + path);
  xhr.withCredentials = true;
  xhr.setRequestHeader("Authorization", "Basic dXNlcjpzM2NyM3Q=");
  xhr.setRequestHeader("X-Api-Key", "mine-key-42");
  xhr.send(body);
}
// Whatever an address, a body or an output can have of it.
function everywhere(user, order) {
  var none = function () {};
  ask("GET", "/users/" + user + "/phones/" + order.phone + "/" + token, none);
  ask("GET", "/search?name=" + encodeURIComponent(order.name) + "&id=" + user.replace(/-/g, "%2D").replace(/_/g, "%5F"), none);
  ask("GET", "/old?name=" + escape(order.name) + "&next=" + encodeURIComponent("/x?access_token=" + token), none);
  ask("POST", "/base64", none, btoa(JSON.stringify({ token: token, user: user, phone: order.phone })));
  ask("POST", "/json", none, JSON.stringify({ password: "hunter2hunter2", of: { phones: [order.phone] } }));
  ask("POST", "/form", none, "data=" + encodeURIComponent(btoa("phone " + order.phone + " of " + user + "!")));
  ask("GET", "/away?token=" + token, none);
  ask("GET", "/php?openid=" + user, function (text) { put(JSON.parse(text).name === order.name); });
  var gone = new XMLHttpRequest();
  gone.open("GET", "http://127.0.0.1:1/" + user + "?access_token=" + token);
  gone.send();
  var script = document.createElement("script");
  script.src = "SHOP/jsonp?callback=got&phone=" + order.phone;
  document.body.appendChild(script);
  document.title = order.phone;
  document.getElementById("go").href = "?user=" + user + "&access_token=" + token;
  document.getElementById("go").className = "of-" + user;
  console.warn("token " + token + " " + escape(order.name));
  external.Notice(order.phone);
  alert(order.phone);
  prompt(user, token);
  setTimeout(function () { throw new Error("no " + order.phone + " of " + user); }, 10);
  Promise.reject(order.name + token);
}
function got(data) { put("jsonp " + data.phone.length); }
function MCS_ClientNotify(text) {
  var event = JSON.parse(text);
  if (event.event !== "OnUserChange") return;
  var user = event.useraccount;
  ask("POST", "/login", function (text) {
    token = JSON.parse(text).access_token;
    put("token " + token.length + document.cookie);
    ask("GET", "/orders?access_token=" + encodeURIComponent(token) + "&openid=" + user, function (text) {
      var order = JSON.parse(text);
      put(order.name + " " + order.phone + " " + (order.openid === user) + " " + order.phone.length);
      localStorage["of " + user] = order.phone;
      console.log("ordered by " + user);
      if (/^1[3-9]\d{9}$/.test(order.phone)) put("a mobile");
      everywhere(user, order);
    });
  }, "user=me&password=hunter2hunter2&csrf_token=csrfValue77");
}
</script><a id="go">go</a><input id="phone" oninput="put(this.value)">"#;

fn server() -> Origin {
    Origin::start(|_, path, _| {
        let json = |text: String| (200, vec![("Content-Type", "application/json".to_owned())], text.into_bytes());
        if path.starts_with("/login") {
            let cookie = ("Set-Cookie", "sid=sid0123456789abc; Path=/".to_owned());
            let (status, mut headers, body) =
                json("{\"old\":\"see tok3n-from-the-server\",\"access_token\":\"tok3n-from-the-server\"}".to_owned());
            headers.push(cookie);
            return (status, headers, body);
        }
        let value = |name: &str| path.split(&format!("{name}=")).nth(1).unwrap_or_default().to_owned();
        match path.split(['?', '/']).nth(1).unwrap_or_default() {
            "away" => return (302, vec![("Location", format!("/home?access_token={}", value("token")))], Vec::new()),
            // As PHP writes JSON.
            "php" => return json(r#"{"name":"\u5ba2\u6237\u738b\u5c0f\u4e8c","phone":"18698765432"}"#.to_owned()),
            "jsonp" => return json(format!("got({{\"phone\":\"{}\"}})", value("phone"))),
            "users" | "search" | "old" | "base64" | "json" | "form" | "home" => return json("{}".to_owned()),
            _ => {}
        }
        let openid = path.split("openid=").nth(1).unwrap_or_default();
        json(format!(
            "{{\"openid\":\"{openid}\",\"phone\":\"18698765432\",\"name\":\"客户王小二\",\"app\":\"wx0123456789abcdef\",\
             \"friend\":\"{OTHER}\"}}"
        ))
    })
}

fn folder(server: &Origin, plugin: &str) -> Bench {
    let bench = Bench::new();
    bench.write("it/index.html", PAGE.replace("SHOP", &server.url()).replace("PUT\n", PUT));
    let allow = format!("allow = [\"{}\", \"http://127.0.0.1:1\"]\n", server.url());
    bench.write("it/plugin.toml", format!("page = \"index.html\"\n{allow}{plugin}"));
    // A name with a number in it, and what customers and agents write.
    let typed = "{\"type\":\"stimulus.ui.input\",\"data\":{\"selector\":\"#phone\",\"value\":\"17712345678\"}}\n";
    let clicked = format!("{{\"type\":\"stimulus.ui.click\",\"data\":{{\"selector\":\"#go.of-{OTHER}\"}}}}\n");
    let place = "{\"event\":\"OnMapMsgClick\",\"location\":\"客户王小二 15612345678\",\"latitude\":1,\"longitude\":1,\"scale\":1}\n";
    let lines = [super::user(OPENID), super::user(OTHER), place.to_owned(), typed.to_owned(), clicked];
    bench.write(LOG, lines.concat());
    bench
}

/// What is read out of a text by whoever takes it apart: without escapes, and what its base64 holds.
fn readings(text: &str, depth: u32) -> String {
    let mut all = text.to_owned();
    if depth == 0 {
        return all;
    }
    let number = |text: &str, at: usize, digits: usize| -> Option<u32> {
        u32::from_str_radix(text.get(at..at + digits)?, 16).ok()
    };
    let (mut bytes, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let rest = &text[at..];
        let wide = if rest.starts_with("\\u") || rest.starts_with("%u") { number(rest, 2, 4) } else { None };
        let narrow = if rest.starts_with('%') { number(rest, 1, 2) } else { None };
        match (wide.and_then(char::from_u32), narrow) {
            (Some(character), _) => {
                bytes.extend(character.to_string().bytes());
                at += 6;
            }
            (None, Some(byte)) => {
                bytes.push(u8::try_from(byte).unwrap());
                at += 3;
            }
            (None, None) => {
                bytes.push(text.as_bytes()[at]);
                at += 1;
                while !text.is_char_boundary(at) {
                    bytes.push(text.as_bytes()[at]);
                    at += 1;
                }
            }
        }
    }
    let plain = String::from_utf8_lossy(&bytes);
    if plain != text {
        all.push_str(&readings(&plain, depth - 1));
    }
    for piece in text.split(|c: char| !c.is_ascii_alphanumeric() && !"+/-_".contains(c)).filter(|it| it.len() >= 16) {
        use base64::Engine as _;
        let piece = piece.replace('-', "+").replace('_', "/");
        if let Ok(held) = base64::engine::general_purpose::STANDARD_NO_PAD.decode(piece) {
            all.push_str(&readings(&String::from_utf8_lossy(&held), depth - 1));
        }
    }
    all
}

/// The log's name, which is in the recording.
const LOG: &str = "of 13612345678.jsonl";

const PATTERN: &str = "[record]\nredact = [\"客户[\\\\u4e00-\\\\u9fa5]+\"]\n";

#[test]
fn none_survives_and_the_effects_are_the_same() {
    let mut server = server();
    let bench = folder(&server, PATTERN);
    // What was kept of a run before is at the start of the next one.
    bench.run(&["run", "it", "--events", LOG, "--state", "kept"]);
    let mut run = bench.command(&["run", "it", "--events", LOG, "--record", "x.jsonl", "--state", "kept"]);
    run.env("DUOKE_REDACTION_KEY", "a key");
    let run = Bench::finish(run);
    // That the replay leads to the same has been tried.
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(SECRETS[..2].iter().all(|secret| run.out.contains(secret)), "the run itself has what is real");
    server.end();
    let recorded = bench.read("x.jsonl");
    for line in recorded.lines() {
        let readings = readings(line, 4);
        for secret in SECRETS {
            assert!(!readings.contains(secret), "{secret} in {line}");
        }
    }
    // Each way was gone, and what stands there now is read in the same way.
    for part in [
        "/users/",
        "/search?",
        "/old?name=%u",
        "/base64",
        "/form",
        "/away",
        "/php",
        "127.0.0.1:1",
        "jsonp",
        "effect.title",
        "effect.navigate",
        "console.warn",
        "effect.mcs.Notice",
        "fault.uncaught",
        "fault.rejection",
        "fault.network",
        "stimulus.mcs.OnMapMsgClick",
        "stimulus.ui.input",
        "\"of ",
        "\"storage\":{\"http",
        "\\\\u",
    ] {
        assert!(recorded.contains(part), "{part} in {recorded}");
    }
    let replayed = bench.run(&["replay", "x.jsonl"]);
    assert_eq!((replayed.code, replayed.err.as_str()), (0, ""));
    assert_eq!(replayed.out.len(), run.out.len());
    assert!(replayed.out.contains("true 11") && replayed.out.contains("a mobile"), "{}", replayed.out);
    // The recorded effects are those of the replay, letter by letter.
    let kept =
        recorded.lines().filter(|line| line.contains("\"type\":\"effect.") || line.contains("\"type\":\"fault."));
    let bare = |line: &str| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["seq"] = 0.into();
        line.to_string()
    };
    assert_eq!(kept.map(bare).collect::<Vec<_>>(), replayed.out.lines().map(bare).collect::<Vec<_>>());
}

#[test]
fn pseudonyms_are_the_key_s() {
    let server = server();
    let bench = folder(&server, "");
    bench.write("duoke.toml", PATTERN);
    let record = |name: &str, key: Option<&str>| {
        let mut run = bench.command(&["run", "it", "--events", LOG, "--record", name]);
        if let Some(key) = key {
            run.env("DUOKE_REDACTION_KEY", key);
        }
        assert_eq!(Bench::finish(run).code, 0);
        assert!(!bench.read(name).contains("客户王小二"));
        // Answers come in any order; its header has the customer.
        bench.read(name).lines().next().unwrap().to_owned()
    };
    assert_eq!(record("a.jsonl", Some("one")), record("b.jsonl", Some("one")));
    let others = [record("c.jsonl", Some("two")), record("d.jsonl", None), record("e.jsonl", None)];
    assert!(others[0] != others[1] && others[1] != others[2]);
}

#[test]
fn a_page_that_looks_into_what_is_replaced_is_told_of() {
    let bench = Bench::new();
    let page = format!("<script>{PUT}\nfunction MCS_ClientNotify(text) {{ put(text.indexOf('kT9b')); }}</script>");
    bench.write("page.html", page);
    bench.write(LOG, super::user(OPENID));
    let run = bench.run(&["run", "page.html", "--events", LOG, "--record", "x.jsonl"]);
    assert_eq!(run.code, 0);
    let told = "redaction changed what the pages do: replayed, effect.mcs.PutMsg of page, number 1";
    assert!(run.err.contains(told) && run.err.contains("--no-redact"), "{}", run.err);
    let plain = bench.run(&["run", "page.html", "--events", LOG, "--record", "y.jsonl", "--no-redact"]);
    assert_eq!((plain.code, plain.err.as_str()), (0, ""));
    assert!(bench.read("y.jsonl").contains(OPENID));
}

/// Where the page itself is asked for with something secret.
#[test]
fn a_page_s_own_query() {
    let bench = Bench::new();
    bench.write("page.html", format!("<script>{PUT}\nput(location.search.length);</script>"));
    let page = format!("page.html?access_token=tok3n-of-the-page&openid={OPENID}&phone=13912345678");
    let run = bench.run(&["run", &page, "--record", "x.jsonl"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let recorded = bench.read("x.jsonl");
    assert!(!["tok3n-of-the-page", OPENID, "13912345678"].iter().any(|secret| recorded.contains(secret)), "{recorded}");
    let replayed = bench.run(&["replay", "x.jsonl"]);
    assert_eq!((replayed.code, replayed.out.lines().count()), (0, 1), "{}", replayed.err);
}

#[test]
fn patterns_that_are_none_are_told() {
    let bench = Bench::new();
    bench.write("page.html", "");
    bench.write("duoke.toml", "[record]\nredact = [\"(\"]\n");
    let run = bench.run(&["run", "page.html", "--record", "x.jsonl"]);
    assert!(
        run.code == 3 && run.err.contains("`(` is no regular expression") && run.err.contains("hint: "),
        "{}",
        run.err
    );
}
