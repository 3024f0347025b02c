//! `plugin.toml` as it may and may not be.

use super::*;

#[track_caller]
fn parse(text: &str) -> PluginConfig {
    PluginConfig::parse(text, "plugin.toml").unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_manuals_example() {
    let config = parse(
        r#"
name = "快捷回复"
page = "page/index.html"            # or an http(s) address, or a bare "plugin.js"
dialects = ["mcs", "echat"]         # default: both
send = "auto"                       # or "review"; late = "hold" (or "send")
allow = ["https://crm.example.com"] # origins the page may talk to, besides its own
[replace]
"http://libs.baidu.com/jquery/1.8.3/jquery.min.js" = "vendor/jquery-1.8.3.js"
"#,
    );
    let expected = PluginConfig {
        name: Some("快捷回复".to_owned()),
        allow: vec!["https://crm.example.com".to_owned()],
        replace: vec![Replacement {
            url: "http://libs.baidu.com/jquery/1.8.3/jquery.min.js".to_owned(),
            file: "vendor/jquery-1.8.3.js".to_owned(),
        }],
        ..PluginConfig::of_page("page/index.html")
    };
    assert_eq!(config, expected);
}

#[test]
fn everything_set() {
    let config = parse(
        r#"
page = "https://crm.example.com/plugin.html?id=7"
dialects = ["echat", "echat"]
send = "review"
late = "send"
allow = ["HTTPS://CRM.example.com:443/", "http://127.0.0.1:8080"]
extra_events = true
user_change = "conversation"
[replace]
"http://z.example/é.js#top" = "z.js"
"http://a.example" = "a.js"
[echat]
token = "t0ken"
signature_ttl_s = 60
sdk = ["vendor/jssdk.js", "https://mirror.example/jssdk.js"]
query = { b = "2 3", a = 1, c = true, d = 1.50 }
[dialogs]
confirm = false
prompt = ""
[record]
redact = ["客户.+"]
"#,
    );
    let replacement = |url: &str, file: &str| Replacement { url: url.to_owned(), file: file.to_owned() };
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let expected = PluginConfig {
        name: None,
        page: "https://crm.example.com/plugin.html?id=7".to_owned(),
        dialects: vec![Dialect::Echat],
        policy: PluginPolicy { send: SendPolicy::Review, late: LatePolicy::Send },
        allow: vec!["https://crm.example.com".to_owned(), "http://127.0.0.1:8080".to_owned()],
        replace: vec![replacement("http://z.example/%C3%A9.js", "z.js"), replacement("http://a.example/", "a.js")],
        echat: Some(EchatConfig {
            token: Some(Secret::new("t0ken")),
            signature_ttl_s: 60,
            query: vec![pair("b", "2 3"), pair("a", "1"), pair("c", "true"), pair("d", "1.50")],
            sdk: vec!["vendor/jssdk.js".to_owned(), "https://mirror.example/jssdk.js".to_owned()],
        }),
        extra_events: true,
        user_change: UserChange::Conversation,
        dialogs: Dialogs { confirm: false, prompt: Some(String::new()) },
        redact: vec!["客户.+".to_owned()],
        limits: LimitSettings::default(),
    };
    assert_eq!(config, expected);
    assert!(!format!("{config:?}").contains("t0ken"));
}

#[test]
fn errors_say_where_and_what() {
    let table = [
        // text, place, part of the reason, part of the hint
        ("page = \"a\"\npagee = 1", "2:1", "unknown key `pagee`", "did you mean `page`?"),
        ("pages = \"a\"", "1:1", "unknown key `pages`", "did you mean `page`?"),
        ("page = \"a\"\nzzz = 1", "2:1", "unknown key `zzz`", "known here: name, page"),
        ("name = \"客\"", "1:1", "`page` is missing", ""),
        ("page = \" \"", "1:8", "`page` is empty", ""),
        ("page = 7", "1:8", "`page` is a string, not integer", ""),
        ("page = \"../a.html\"", "1:8", "cannot lie outside", ""),
        ("page = \"a/../../b.html?x=..\"", "1:8", "cannot lie outside", ""),
        ("page = \"/etc/a.html\"", "1:8", "cannot lie outside", ""),
        ("page = \"ftp://a.example/a\"", "1:8", "a file of the folder or an http(s) address", ""),
        ("name = \"\"\npage = \"a\"", "1:8", "`name` is empty", ""),
        ("page = \"a\"\nsend = \"atuo\"", "2:8", "unknown word \"atuo\"", "did you mean \"auto\"?"),
        ("page = \"a\"\nlate = \"never\"", "2:8", "unknown word \"never\"", "one of: hold, send"),
        ("page = \"a\"\ndialects = [\"mcs\", \"ehcat\"]", "2:20", "unknown word \"ehcat\"", "\"echat\""),
        ("page = \"a\"\ndialects = \"mcs\"", "2:12", "`dialects` is an array of strings, not string", ""),
        ("page = \"a\"\nallow = [1]", "2:10", "`allow` is an array of strings, not integer", ""),
        ("page = \"a\"\nallow = [\"a.example\"]", "2:10", "an origin is a scheme and a host", ""),
        ("page = \"a\"\nallow = [\"http://a.example/x\"]", "2:10", "an origin is a scheme and a host", ""),
        ("page = \"a\"\nextra_events = \"yes\"", "2:16", "`extra_events` is true or false, not string", ""),
        ("page = \"a\"\nreplace = 1", "2:11", "`replace` is a table, not integer", ""),
        ("page = \"a\"\n[replace]\n\"a.js\" = \"b.js\"", "3:1", "not a whole http(s) address", ""),
        ("page = \"a\"\n[replace]\n\"http://a.example/\" = 1", "3:23", "is a string, not integer", ""),
        ("page = \"a\"\n[echat]\ntokne = \"a\"", "3:1", "unknown key `echat.tokne`", "did you mean `token`?"),
        ("page = \"a\"\n[echat]\nsignature_ttl_s = 0", "3:19", "is a whole number from 1", ""),
        ("page = \"a\"\n[echat.query]\na = []", "3:5", "`echat.query.a` is a string, not array", ""),
        ("page = \"a\"\n[dialogs]\nalert = true", "3:1", "unknown key `dialogs.alert`", "known here: confirm, prompt"),
        ("page = \"客\"\nname = ", "2:8", "not TOML", ""),
        ("page = \"a\"\npage = \"b\"", "2:1", "not TOML: duplicate key", ""),
    ];
    for (text, place, reason, hint) in table {
        let error = PluginConfig::parse(text, "p/plugin.toml").expect_err(text);
        let described = error.to_string();
        assert!(described.starts_with(&format!("p/plugin.toml:{place}: ")), "{text}\n{described}");
        assert!(described.contains(reason), "{text}\n{described}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{text}\n{:?}", error.hint());
    }
}

#[test]
fn the_frame_marks_the_place() {
    let frame = |text: &str| PluginConfig::parse(text, "f").expect_err(text).frame().map(str::to_owned);
    assert_eq!(
        frame("page = \"a\"\nlate = \"never\" # 从不").as_deref(),
        Some("2 | late = \"never\" # 从不\n  |        ^^^^^^^")
    );
    assert_eq!(
        frame("page = \"a\"\ndialects = [\"客服\", \"mcs\"]").as_deref(),
        Some("2 | dialects = [\"客服\", \"mcs\"]\n  |             ^^^^^^")
    );
    assert_eq!(
        frame("page = \"a\"\nallow = [\"客服\", 1]").as_deref(),
        Some("2 | allow = [\"客服\", 1]\n  |                  ^")
    );
}

#[test]
fn no_frame_shows_a_secret() {
    for text in [
        "page = \"a\"\n[echat]\ntoken = 5ecret",
        "page = \"a\"\nechat = { token = \"5ecret\", signature_ttl_s = 0 }",
        "page = \"a\"\nechat = { token = \"5ecret\", query = { a = [] } }",
        "page = \"a\"\nallow = [\"https://u:5ecret@a.example\"]",
    ] {
        let wrong = PluginConfig::parse(text, "f").expect_err(text);
        assert!(!format!("{wrong} {wrong:?}").contains("5ecret"), "{wrong:?}");
        assert_eq!(wrong.frame(), None, "{text}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = PluginConfig::read(Path::new("no/such/plugin.toml")).expect_err("missing");
    assert!(error.to_string().starts_with("no/such/plugin.toml: cannot be read: "), "{error}");
}
