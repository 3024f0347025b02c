//! `duoke config`: what holds and why, all that is wrong, and schemas that other people's validators read.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use duoke::config::{Layer, PluginConfig};
use serde_json::{Value, json};

use crate::bench::{Bench, Ended};

/// A file in which much is wrong.
const WRONG: &str = r#"[wechat]
base_ulr = "https://api.weixin.qq.com"
profile = "2018"
app_secret = "s3cret"
[serve]
workers = "many"
[limits]
timers = 3
[[plugin]]
path = "faq"
[[plugin]]
path = "gone"
[[seat]]
name = "seat1"
"#;

/// Everything that there is, right.
const RIGHT: &str = r#"[wechat]
base_url = "https://api.weixin.qq.com"
profile = "2025"
app_id = "wx1"
app_secret = "s3cret"
token_api = "token"
proxy = "socks5h://user:pa55@proxy.example:1080"
news = "first"
title_bytes_max = 64
description_bytes_max = "512"
[wechat.callback]
listen = "[::1]:8080"
path = "/wechat"
mode = "compat"
token = "t0ken"
encoding_aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
transfer = "any"
[store]
path = "state"
[outbox]
on_unknown = "retry"
[process]
confinement = "require"
[serve]
conversations_max = 20
[record]
share = "0.1%"
redact = ["[A-Z]{2}[0-9]+"]
bytes_max = 9000
[console]
listen = "off"
[limits]
timers = 20
[[plugin]]
path = "faq"
record = "5%"
shadow = "faq"
[[account]]
app_id = "wx2"
token = "t2"
mode = "plain"
[[seat]]
name = "seat1"
kf_account = "kf2001@gh_xxx"
"#;

fn rows(ended: &Ended) -> Vec<Value> {
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    serde_json::from_str(&ended.out).unwrap()
}

/// The value of a setting and where it came from.
#[track_caller]
fn row(rows: &[Value], key: &str) -> (Value, Value) {
    let row = rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("no {key}"));
    (row["value"].clone(), row["origin"].clone())
}

#[test]
fn what_holds_and_where_it_came_from() {
    let bench = Bench::new();
    bench.write("duoke.toml", RIGHT);
    bench.write(".config/duoke/duoke.toml", "[serve]\nquiet_s = 60\nconversations_max = 7\n[limits]\ntasks = 40\n");
    let mut command = bench.command(&["config", "show", "--origin", "--format", "json"]);
    command.env("DUOKE_LIMITS_DEATHS", "9").env("DUOKE_CALLBACK_TOKEN", "hidden1");
    command.env("DUOKE_APP_SECRET_wx2", "hidden2").env("DUOKE_WECHAT_TRIM", "refuse");
    let ended = Bench::finish(command);
    let rows = rows(&ended);
    for (key, value, origin) in [
        ("wechat.profile", json!("2025"), json!("duoke.toml:3")),
        ("wechat.trim", json!("refuse"), json!("environment DUOKE_WECHAT_TRIM")),
        ("wechat.text", json!("split"), json!("default")),
        ("wechat.app_secret", json!("set"), json!("duoke.toml:5")),
        ("wechat.proxy", json!("set"), json!("duoke.toml:7")),
        ("wechat.callback.token", json!("set"), json!("environment DUOKE_CALLBACK_TOKEN")),
        ("wechat.callback.previous_encoding_aes_key", json!("not set"), Value::Null),
        ("serve.conversations_max", json!(20), json!("duoke.toml:25")),
        ("serve.quiet_s", json!(60), json!(bench.path(".config/duoke/duoke.toml") + ":2")),
        ("serve.workers", Value::Null, Value::Null),
        ("console.listen", json!("off"), json!("environment DUOKE_CONSOLE_LISTEN")),
        ("record.redact[0]", json!("[A-Z]{2}[0-9]+"), json!("duoke.toml:28")),
        ("limits.timers", json!(20), json!("duoke.toml:33")),
        ("limits.tasks", json!(40), json!(bench.path(".config/duoke/duoke.toml") + ":5")),
        ("limits.deaths", json!(9), json!("environment DUOKE_LIMITS_DEATHS")),
        ("limits.turn_soft_ms", json!(1000), json!("default")),
        ("plugin[0].path", json!("faq"), json!("duoke.toml:35")),
        ("account[0].app_id", json!("wx2"), json!("duoke.toml:39")),
        ("account[0].app_secret", json!("set"), json!("environment DUOKE_APP_SECRET_wx2")),
        ("seat[0].kf_account", json!("kf2001@gh_xxx"), json!("duoke.toml:43")),
    ] {
        assert_eq!(row(&rows, key), (value, origin), "{key}");
    }
    for secret in ["s3cret", "pa55", "t0ken", "\"t2\"", "hidden", "abcdefghij"] {
        assert!(!ended.out.contains(secret), "{secret}");
    }
}

#[test]
fn without_a_file_the_defaults_hold_for_a_person() {
    let bench = Bench::new();
    let shown = bench.run(&["config", "show"]);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    let line = |key: &str| {
        let line = shown.out.lines().find(|line| line.starts_with(&format!("{key} "))).unwrap();
        line[key.len()..].trim().to_owned()
    };
    assert_eq!((line("wechat.profile").as_str(), line("wechat.app_secret").as_str()), ("\"2025\"", "not set"));
    let mut command = bench.command(&["config", "show", "--origin"]);
    command.env("DUOKE_WECHAT_BASE_URL", "http://127.0.0.1:1");
    let with_origin = Bench::finish(command).out;
    let profile = with_origin.lines().find(|line| line.starts_with("wechat.profile ")).unwrap();
    assert!(profile.ends_with("\"2017\"") || profile.contains("\"2017\" "), "{profile}");
    assert!(profile.ends_with("default where wechat.base_url is on this machine"), "{profile}");
    let without: Value = serde_json::from_str(&bench.run(&["config", "show", "--format", "json"]).out).unwrap();
    assert!(without[0].get("origin").is_none(), "{without}");
    bench.write("duoke.toml", "[wechat]\nprofile = \"2018\"\n");
    let wrong = bench.run(&["config", "show"]);
    assert!(wrong.code == 3 && wrong.err.contains("duoke.toml:2:11"), "{}", wrong.err);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let bench = Bench::new();
    bench.write("duoke.toml", WRONG);
    bench.write("faq/plugin.toml", "page = \"../x.html\"\nsend = \"later\"\nallow = [\"crm\"]\npages = 1\n");
    let checked = bench.run(&["config", "check"]);
    assert_eq!(checked.code, 3, "{}", checked.err);
    let mut from = 0;
    for said in [
        "duoke.toml:2:1: unknown key `wechat.base_ulr`\n  2 | base_ulr\n    | ^^^^^^^^\nhint: did you mean `base_url`?\n",
        "duoke.toml:3:11: `wechat.profile` is not one of 2017, 2021, 2025",
        "duoke.toml:6:11: `serve.workers` is not a number from 1 to 1000000\n  6 | workers = \"many\"\n",
        "duoke.toml:8:10: `timers` is 10 to 10000000, not 3",
        "duoke.toml:13:1: `seat.kf_account` is missing",
        "faq/plugin.toml:1:8: `page` is served from the plugin's folder",
        "faq/plugin.toml:2:8: unknown word \"later\"",
        "faq/plugin.toml:3:10: an origin is a scheme and a host",
        "faq/plugin.toml:4:1: unknown key `pages`",
        "gone: there is no such file or folder",
    ] {
        let at = checked.err[from..].find(said).unwrap_or_else(|| panic!("{said}\n--\n{}", checked.err));
        from += at + said.len();
    }
    assert_eq!(checked.err.matches("error: ").count(), 10, "{}", checked.err);
    assert!(!checked.err.contains("s3cret"), "{}", checked.err);
    assert_eq!(checked.out, "duoke.toml: 5 errors\nfaq/plugin.toml: 4 errors\ngone: 1 error\n");
    let one = bench.run(&["config", "check", "faq/plugin.toml"]);
    assert_eq!((one.code, one.out.as_str()), (3, "faq/plugin.toml: 4 errors\n"));
    let missing = bench.run(&["config", "check", "none.toml"]);
    assert!(missing.code == 3 && missing.err.contains("none.toml: cannot be read"), "{}", missing.err);
}

#[test]
fn what_is_right_is_said_too() {
    let bench = Bench::new();
    let none = bench.run(&["config", "check"]);
    assert!(none.code == 0 && none.out.contains("the defaults hold"), "{}{}", none.out, none.err);
    bench.write("etc/duoke.toml", RIGHT);
    bench.write("etc/faq/plugin.toml", "page = \"a.js\"\n");
    bench.write("etc/faq/a.js", "");
    let right = bench.run(&["config", "check", "etc/duoke.toml"]);
    assert_eq!((right.code, right.err.as_str()), (0, ""));
    assert!(right.out.starts_with("etc/duoke.toml: right\netc/faq: right\n"), "{}", right.out);
    let mut command = bench.command(&["config", "check"]);
    command.env("DUOKE_WECHAT_PROFILE", "1999");
    let environment = Bench::finish(command);
    assert!(environment.code == 3 && environment.err.contains("DUOKE_WECHAT_PROFILE"), "{}", environment.err);
    bench.write("duoke.toml", "[record]\nredact = [\"(\"]\n");
    let pattern = bench.run(&["config", "check"]);
    assert!(pattern.code == 3 && pattern.err.contains("hint: `redact`"), "{}", pattern.err);
    std::fs::remove_file(bench.path("etc/faq/a.js")).unwrap();
    let page = bench.run(&["config", "check", "etc/duoke.toml"]);
    assert!(page.code == 3 && page.out.contains("etc/faq: 1 error"), "{}{}", page.out, page.err);
}

#[test]
fn nobody_reads_it() {
    let bench = Bench::new();
    for arguments in [&["config", "show"][..], &["config", "schema"], &["completions", "bash"], &["man"], &["new", "x"]]
    {
        let mut child = bench.spawn(arguments);
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.code() == Some(0) && !said.contains("error"), "{arguments:?}: {said}");
    }
}

/// What a validator of other people's says of each document.
fn validated(schema: &Ended, texts: &[&str]) -> Vec<Value> {
    assert_eq!((schema.code, schema.err.as_str()), (0, ""));
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let is_installed = clients.join("node_modules/ajv").is_dir();
    assert!(is_installed, "the clients of tests/clients are not installed: run scripts/test, which does that");
    let documents: Vec<toml::Table> = texts.iter().map(|text| text.parse().unwrap()).collect();
    let schema: Value = serde_json::from_str(&schema.out).unwrap();
    let mut command = Command::new("node");
    command.arg(clients.join("validate.js")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let input = json!({"schema": schema, "documents": documents}).to_string();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Both the program and the validator take the first ones and refuse the second ones.
#[track_caller]
fn both_agree(schema: &Ended, right: &[&str], wrong: &[&str], is_read: &dyn Fn(&str) -> bool) {
    let texts: Vec<&str> = right.iter().chain(wrong).copied().collect();
    for (index, said) in validated(schema, &texts).into_iter().enumerate() {
        let is_right = index < right.len();
        assert_eq!(said == json!([]), is_right, "the validator: {said}\n{}", texts[index]);
        assert_eq!(is_read(texts[index]), is_right, "the program:\n{}", texts[index]);
    }
}

#[test]
fn the_schema_of_duoke_toml_says_what_the_program_does() {
    let bench = Bench::new();
    let schema = bench.run(&["config", "schema"]);
    let right = [
        "",
        RIGHT,
        "[serve]\nworkers = \"16\"\nquiet_s = 30\n[wechat]\nproxy = \"http://proxy:3128\"\n",
        "[record]\nshare = \"100%\"\n[[plugin]]\npath = \"a\"\nrecord = \"5 %\"\nshadow_share = \".5%\"\n",
        "[console]\nlisten = \"0.0.0.0:8081\"\n[wechat.callback]\ntransfer = \"kf1@gh\"\n",
    ];
    let wrong = [
        "[wehcat]\n",
        "x = 1\n",
        "wechat = 1\n",
        "[wechat]\nbase_ulr = \"x\"\n",
        "[wechat]\nbase_url = \"api.weixin.qq.com\"\n",
        "[wechat]\nbase_url = \"https://h/?q=1\"\n",
        "[wechat]\nprofile = 2025\n",
        "[wechat]\napp_id = \" \"\n",
        "[wechat]\nproxy = \"ftp://h\"\n",
        "[wechat]\ntitle_bytes_max = 8\n",
        "[wechat.callback]\nkey = \"x\"\n",
        "[wechat.callback]\npath = \"wechat\"\n",
        "[wechat.callback]\nencoding_aes_key = \"short\"\n",
        "[wechat.callback]\ntransfer = \"kf1\"\n",
        "[serve]\nworkers = 0\n",
        "[serve]\nworkers = \"many\"\n",
        "[record]\nshare = \"101%\"\n",
        "[record]\nredact = [1]\n",
        "[record]\nbytes_max = 1\n",
        "[console]\nlisten = \"8081\"\n",
        "[limits]\ntimers = 3\n",
        "[limits]\ntimers = \"30\"\n",
        "[limits]\ntimer = 30\n",
        "[plugin]\npath = \"a\"\n",
        "[[plugin]]\n",
        "[[plugin]]\npath = \"a\"\nrecord = \"all\"\n",
        "[[plugin]]\npath = \"a\"\npaht = \"b\"\n",
        "[[account]]\nmode = \"plain\"\n",
        "[[account]]\napp_id = \"x\"\nmode = \"open\"\n",
        "[[seat]]\nname = \"a\"\n",
    ];
    both_agree(&schema, &right, &wrong, &|text| Layer::parse(text, "duoke.toml").is_ok());
    let schema: Value = serde_json::from_str(&schema.out).unwrap();
    let quiet = &schema["properties"]["serve"]["properties"]["quiet_s"];
    assert_eq!(quiet["default"], 600);
    let rows = rows(&bench.run(&["config", "show", "--format", "json"]));
    for row in rows {
        let at = format!("/properties/{}", row["key"].as_str().unwrap().replace('.', "/properties/"));
        let described = schema.pointer(&at).unwrap_or_else(|| panic!("{at}"));
        assert!(described["description"].as_str().is_some_and(|about| about.ends_with('.')), "{described}");
        let is_secret = described["description"].as_str().unwrap().contains("A secret.");
        assert_eq!(is_secret, row["secret"] == true, "{described}");
        // That of the profile follows from another setting; the console's is set for the bench.
        if !is_secret && !["wechat.profile", "console.listen"].contains(&row["key"].as_str().unwrap()) {
            assert_eq!(described.get("default").unwrap_or(&Value::Null), &row["value"], "{at}");
        }
    }
}

#[test]
fn the_schema_of_plugin_toml_says_what_the_program_does() {
    let bench = Bench::new();
    let schema = bench.run(&["config", "schema", "plugin"]);
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-plugins");
    let folders = std::fs::read_dir(samples).unwrap().map(|entry| entry.unwrap().path().join("plugin.toml"));
    let samples: Vec<String> = folders.filter_map(|file| std::fs::read_to_string(file).ok()).collect();
    assert!(samples.len() > 5);
    let mut right: Vec<&str> = samples.iter().map(String::as_str).collect();
    right.extend([
        "page = \"HTTPS://crm.example.com/kf/../page.html?id=7\"\n",
        "page = \"a..b/page.html?back=../x\"\nname = \"a\"\ndialects = []\nsend = \"review\"\nlate = \"send\"\n",
        "page = \"a.js\"\n[echat]\ntoken = \"\"\nsignature_ttl_s = 60\nquery = { shop = 7, vip = true, rate = 0.5 }\nsdk = [\"x.js\"]\n",
        "page = \"a.js\"\nextra_events = true\nuser_change = \"conversation\"\n[dialogs]\nconfirm = false\nprompt = \"\"\n",
        "page = \"a.js\"\nallow = [\"http://127.0.0.1:8080/\"]\n[limits]\ntimers = 20\n[record]\nredact = [\"x\"]\n",
        "page = \"a.js\"\n[replace]\n\"http://libs.example.com/jquery.js\" = \"vendor/jquery.js\"\n",
    ]);
    let wrong = [
        "",
        "page = \"\"\n",
        "page = 1\n",
        "page = \"../a.html\"\n",
        "page = \"a/..\"\n",
        "page = 'a\\..\\b.html'\n",
        "page = \"/a.html\"\n",
        "page = \"ftp://h/a.html\"\n",
        "page = \"a.js\"\nname = \" \"\n",
        "page = \"a.js\"\npages = 1\n",
        "page = \"a.js\"\ndialects = [\"wx\"]\n",
        "page = \"a.js\"\ndialects = \"mcs\"\n",
        "page = \"a.js\"\nsend = \"later\"\n",
        "page = \"a.js\"\nallow = [\"crm.example.com\"]\n",
        "page = \"a.js\"\nallow = [\"https://crm.example.com/path\"]\n",
        "page = \"a.js\"\nallow = [\"https://user@crm.example.com\"]\n",
        "page = \"a.js\"\nextra_events = \"yes\"\n",
        "page = \"a.js\"\n[replace]\n\"jquery.js\" = \"x.js\"\n",
        "page = \"a.js\"\n[replace]\n\"http://h/jquery.js\" = 1\n",
        "page = \"a.js\"\n[echat]\nsignature_ttl_s = 0\n",
        "page = \"a.js\"\n[echat]\nttl = 1\n",
        "page = \"a.js\"\n[echat]\nquery = { shop = [] }\n",
        "page = \"a.js\"\n[dialogs]\nalert = true\n",
        "page = \"a.js\"\n[limits]\ntimers = 3\n",
        "page = \"a.js\"\n[record]\nshare = \"5%\"\n",
    ];
    both_agree(&schema, &right, &wrong, &|text| PluginConfig::parse(text, "plugin.toml").is_ok());
}
