//! No secret of a list survives anywhere in a recording, and what stands for it leads to the same effects.

use super::{Bench, Origin, PUT};

const OPENID: &str = "oLx3kT9bQ2vR7mW1zY5pA8sD0fGh";
const OTHER: &str = "oPq8-yN2_uB6cE4iJ7tV1wX9zK0a";
const SECRETS: [&str; 12] = [
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
function MCS_ClientNotify(text) {
  var user = JSON.parse(text).useraccount;
  ask("POST", "/login", function (text) {
    token = JSON.parse(text).access_token;
    put("token " + token.length + document.cookie);
    ask("GET", "/orders?access_token=" + encodeURIComponent(token) + "&openid=" + user, function (text) {
      var order = JSON.parse(text);
      put(order.name + " " + order.phone + " " + (order.openid === user) + " " + order.phone.length);
      localStorage["of " + user] = order.phone;
      console.log("ordered by " + user);
      if (/^1[3-9]\d{9}$/.test(order.phone)) put("a mobile");
    });
  }, "user=me&password=hunter2hunter2&csrf_token=csrfValue77");
}
</script>"#;

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
    let allow = format!("allow = [\"{}\"]\n", server.url());
    bench.write("it/plugin.toml", format!("page = \"index.html\"\n{allow}{plugin}"));
    bench.write("log.jsonl", format!("{}{}", super::user(OPENID), super::user(OTHER)));
    bench
}

const PATTERN: &str = "[record]\nredact = [\"客户[\\\\u4e00-\\\\u9fa5]+\"]\n";

#[test]
fn none_survives_and_the_effects_are_the_same() {
    let mut server = server();
    let bench = folder(&server, PATTERN);
    let mut run = bench.command(&["run", "it", "--events", "log.jsonl", "--record", "x.jsonl"]);
    run.env("DUOKE_REDACTION_KEY", "a key");
    let run = Bench::finish(run);
    // That the replay leads to the same has been tried.
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(SECRETS[..2].iter().all(|secret| run.out.contains(secret)), "the run itself has what is real");
    server.end();
    let recorded = bench.read("x.jsonl");
    for secret in SECRETS {
        assert!(!recorded.contains(secret), "{secret}");
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
        let mut run = bench.command(&["run", "it", "--events", "log.jsonl", "--record", name]);
        if let Some(key) = key {
            run.env("DUOKE_REDACTION_KEY", key);
        }
        assert_eq!(Bench::finish(run).code, 0);
        assert!(!bench.read(name).contains("客户王小二"));
        bench.read(name)
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
    bench.write("log.jsonl", super::user(OPENID));
    let run = bench.run(&["run", "page.html", "--events", "log.jsonl", "--record", "x.jsonl"]);
    assert_eq!(run.code, 0);
    let told = "redaction changed what the pages do: replayed, effect.mcs.PutMsg of page, number 1";
    assert!(run.err.contains(told) && run.err.contains("--no-redact"), "{}", run.err);
    let plain = bench.run(&["run", "page.html", "--events", "log.jsonl", "--record", "y.jsonl", "--no-redact"]);
    assert_eq!((plain.code, plain.err.as_str()), (0, ""));
    assert!(bench.read("y.jsonl").contains(OPENID));
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
