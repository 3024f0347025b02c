//! Who wins, and what may stand in `duoke.toml`.

use std::collections::HashMap;

use super::*;
use crate::config::share_ppm;

const EXAMPLE: &str = r#"
[wechat]
base_url = "https://api.weixin.qq.com"
profile  = "2025"                   # limits in force; the sandbox's default is 2017
[wechat.callback]                   # WeChat's push
listen = "127.0.0.1:8080"
path   = "/wechat"
mode   = "secure"                   # plain, compat, secure
token  = "t0ken"
encoding_aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
[store]
path = "state"
[console]
listen = "127.0.0.1:8081"
[[plugin]]
path = "sample-plugins/quick-reply" # a folder with plugin.toml, a page file, or an address
[[seat]]                            # agents' workplaces
name = "seat1"
kf_account = "kf2001@gh_xxx"
"#;

fn layer(text: &str, file: &str) -> Layer {
    Layer::parse(text, file).unwrap_or_else(|error| panic!("{error}"))
}

fn table(entries: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
    let entries: HashMap<String, String> =
        entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    move |name| entries.get(name).cloned()
}

fn none(_: &str) -> Option<String> {
    None
}

fn at(file: &str, line: u64) -> Origin {
    Origin::File { file: file.to_owned(), line }
}

#[test]
fn defaults() {
    let config = resolve(&none, &none, &[]).expect("defaults hold");
    let defaults = |setting: &Setting<String>| (setting.value.clone(), setting.origin.to_string());
    let wechat = &config.wechat;
    let table = [
        (&wechat.base_url, "https://api.weixin.qq.com"),
        (&wechat.profile, "2025"),
        (&wechat.token_api, "stable_token"),
        (&wechat.news, "split"),
        (&wechat.text, "split"),
        (&wechat.trim, "cut"),
        (&wechat.callback.listen, "127.0.0.1:8080"),
        (&wechat.callback.path, "/wechat"),
        (&wechat.callback.mode, "secure"),
        (&config.store_path, "state"),
        (&config.confinement, "warn"),
        (&config.launch, "fork"),
        (&config.console_listen, "127.0.0.1:8081"),
    ];
    for (setting, value) in table {
        assert_eq!(defaults(setting), (value.to_owned(), "default".to_owned()));
    }
    assert_eq!((&wechat.app_id, &wechat.app_secret, &wechat.callback.token), (&None, &None, &None));
    assert!(config.plugins.is_empty() && config.seats.is_empty());
}

#[test]
fn every_default_passes_its_own_check() {
    for key in KEYS {
        if let Some(default) = key.default {
            assert_eq!(key.form.check(default), Ok(()), "{}", key.path());
        }
        // That of the collector is OpenTelemetry's own.
        assert!(key.env.starts_with("DUOKE_") || key.env == "OTEL_EXPORTER_OTLP_ENDPOINT", "{}", key.env);
        assert!(!(key.secret && key.default.is_some()));
    }
}

#[test]
fn the_manuals_example() {
    let config = resolve(&none, &none, &[layer(EXAMPLE, "duoke.toml")]).expect("holds");
    assert_eq!(config.wechat.base_url.origin, at("duoke.toml", 3));
    let token = config.wechat.callback.token.clone().expect("a token");
    assert_eq!((token.value.expose(), token.origin), ("t0ken", at("duoke.toml", 9)));
    let plugin = PluginEntry {
        path: "sample-plugins/quick-reply".to_owned(),
        record: None,
        shadow: None,
        shadow_share: None,
        origin: at("duoke.toml", 16),
    };
    assert_eq!(config.plugins, [plugin]);
    let seat =
        SeatEntry { name: "seat1".to_owned(), kf_account: "kf2001@gh_xxx".to_owned(), origin: at("duoke.toml", 18) };
    assert_eq!(config.seats, [seat]);
    assert!(!format!("{config:?}").contains("t0ken"));
}

#[test]
fn who_wins() {
    let url = |host: &str| format!("[wechat]\nbase_url = \"http://{host}\"\n");
    let layers = [layer(&url("project"), "duoke.toml"), layer(&url("user"), "user.toml")];
    let flag = table(&[("wechat.base_url", "http://flag")]);
    let env = table(&[("DUOKE_WECHAT_BASE_URL", "http://env")]);
    let empty = table(&[("DUOKE_WECHAT_BASE_URL", "")]);
    let base_url = |flag: &dyn Fn(&str) -> Option<String>, env: &dyn Fn(&str) -> Option<String>, layers: &[Layer]| {
        let setting = resolve(flag, env, layers).expect("holds").wechat.base_url;
        format!("{} from {}", setting.value, setting.origin)
    };
    assert_eq!(base_url(&flag, &env, &layers), "http://flag from flag");
    assert_eq!(base_url(&none, &env, &layers), "http://env from environment DUOKE_WECHAT_BASE_URL");
    assert_eq!(base_url(&none, &empty, &layers), "http://project from duoke.toml:2");
    assert_eq!(base_url(&none, &none, &layers[1..]), "http://user from user.toml:2");
    assert_eq!(base_url(&none, &none, &[]), "https://api.weixin.qq.com from default");
}

#[test]
fn the_profile_follows_the_server() {
    let profile = |layers: &[Layer]| {
        let setting = resolve(&none, &none, layers).expect("holds").wechat.profile;
        format!("{} from {}", setting.value, setting.origin)
    };
    let base_url = |url: &str| layer(&format!("[wechat]\nbase_url = \"{url}\"\n"), "duoke.toml");
    assert_eq!(profile(&[]), "2025 from default");
    assert_eq!(profile(&[base_url("http://proxy.example")]), "2025 from default");
    for url in ["http://127.0.0.1:8080", "http://[::1]:1/prefix", "http://localhost:1"] {
        let expected = "2017 from default where wechat.base_url is on this machine";
        assert_eq!(profile(&[base_url(url)]), expected, "{url}");
    }
    let both = layer("[wechat]\nbase_url = \"http://127.0.0.1:1\"\nprofile = \"2021\"\n", "duoke.toml");
    assert_eq!(profile(&[both]), "2021 from duoke.toml:3");
}

#[test]
fn numbers_may_stand_without_quotes() {
    for text in ["64", "\"64\"", "0x40"] {
        let layer = layer(&format!("[wechat]\ntitle_bytes_max = {text}\n"), "duoke.toml");
        let setting = resolve(&none, &none, &[layer]).expect("holds").wechat.title_bytes_max.expect("set");
        assert_eq!((setting.value.as_str(), setting.origin), ("64", at("duoke.toml", 2)));
    }
}

#[test]
fn a_proxy_s_password_is_never_printed() {
    let wrong = Layer::parse("[wechat]\nproxy = \"ftp://u:pa55word@h\" # c\n", "duoke.toml").expect_err("wrong");
    assert!(!format!("{wrong} {wrong:?}").contains("pa55word"), "{wrong}");
    let env = table(&[("DUOKE_WECHAT_PROXY", "http://u:pa55word@host:3128")]);
    let config = resolve(&none, &env, &[]).expect("holds");
    assert!(!format!("{config:?}").contains("pa55word"));
    assert!(layer("[wechat]\nproxy = \"socks5h://u:p@h:1\"\n", "duoke.toml").has_secret());
}

#[test]
fn no_error_shows_a_line_that_may_hold_a_secret() {
    for text in [
        // No TOML: the secret without its quotes, or what ends a text too early or never.
        "[wechat]\napp_secret = 5ecret0a1b2c",
        "[wechat]\napp_secret = \"5ecret",
        "[wechat]\napp_secret = \"\"5ecret\"",
        "[wechat]\napp_secret = \"\\5ecret\"",
        "[wechat]\napp_secret: 5ecret",
        "[wechat]\napp_secret = \"5ecret\"\napp_secret = \"5ecret\"",
        "wechat = { app_secret = \"5ecret\", proxy = }",
        "wechat = { app_secret = \"5ecret\" } }",
        "app_secret = 0x5ecret",
        // Other members on its line.
        "wechat = { app_secret = \"5ecret\", proxy = \"ftp://u:5ecret@h\" }",
        "wechat = { proxy = \"ftp://u:5ecret@h\", app_secret = \"5ecret\" }",
        "wechat = { app_secret = \"5ecret\", profile = \"1999\" }",
        "wechat = { app_secret = \"5ecret\", title_bytes_max = [] }",
        "wechat = { app_secret = \"5ecret\", callback = 1 }",
        "wechat = { app_secret = \"5ecret\", callback = { token = \"5ecret\", listen = \"x\" } }",
        "wechat = [\"5ecret\"]",
        "wechat.app_secret = [\"5ecret\"]",
        "account = [{ app_id = \"x\", app_secret = \"5ecret\", mode = \"open\" }]",
        "[[account]]\napp_id = \"x\"\nencoding_aes_key = \"5ecret\"",
        // Where it does not belong, and by another name.
        "app_secret = \"5ecret\"",
        "wehcat.app_secret = \"5ecret\"",
        "wehcat = { app_secret = \"5ecret\" }",
        "[wechat]\nappsecret = \"5ecret\"",
        "[store]\napp_secret = \"5ecret\"",
        "store = { app_secret = \"5ecret\", path = 1 }",
        "plugin = [{ path = \"a\", app_secret = \"5ecret\" }]",
    ] {
        let wrong = Layer::parse(text, "duoke.toml").expect_err(text);
        assert!(!format!("{wrong} {wrong:?} {:?}", wrong.hint()).contains("5ecret"), "{text}\n{wrong:?}");
        let is_key_alone = wrong.frame().is_none_or(|frame| !frame.contains(['=', '{', '\"']));
        assert!(is_key_alone, "{text}\n{wrong:?}");
    }
    let unknown = Layer::parse("[wechat]\n  appsecret = \"5ecret\"", "duoke.toml").expect_err("wrong");
    assert_eq!(unknown.frame(), Some("2 |   appsecret\n  |   ^^^^^^^^^"));
    let shown = Layer::parse("[store]\npath = 7", "duoke.toml").expect_err("wrong");
    assert_eq!(shown.frame(), Some("2 | path = 7\n  |        ^"));
}

#[test]
fn the_environment_names_the_account() {
    let env = table(&[
        ("DUOKE_APP_ID", "wx1"),
        ("DUOKE_APP_SECRET", "s3cret"),
        ("DUOKE_CALLBACK_TOKEN", "t0ken"),
        ("DUOKE_ENCODING_AES_KEY", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"),
    ]);
    // A flag for a secret would not be asked for.
    let flag = table(&[("wechat.app_secret", "from a flag")]);
    let wechat = resolve(&flag, &env, &[]).expect("holds").wechat;
    assert_eq!(wechat.app_id.map(|id| id.value).as_deref(), Some("wx1"));
    assert_eq!(wechat.app_secret.map(|secret| secret.value), Some(Secret::new("s3cret")));
    assert_eq!(wechat.callback.token.map(|secret| secret.value), Some(Secret::new("t0ken")));
    assert!(wechat.callback.encoding_aes_key.is_some());
}

#[test]
fn lists_come_from_one_file() {
    let plugins =
        |paths: &[&str]| paths.iter().map(|path| format!("[[plugin]]\npath = \"{path}\"\n")).collect::<String>();
    let user = layer(&plugins(&["c"]), "user.toml");
    let paths = |layers: &[Layer]| {
        let plugins = resolve(&none, &none, layers).expect("holds").plugins;
        plugins.into_iter().map(|plugin| plugin.path).collect::<Vec<_>>()
    };
    assert_eq!(paths(&[layer(&plugins(&["a", "b"]), "duoke.toml"), user.clone()]), ["a", "b"]);
    assert_eq!(paths(&[layer("", "duoke.toml"), user]), ["c"]);
}

#[test]
fn errors_say_where_and_what() {
    let table = [
        ("[wehcat]", "1:2", "unknown key `wehcat`", "did you mean `wechat`?"),
        ("wechat = 1", "1:10", "`wechat` is a table, not integer", ""),
        ("[wechat]\nbase_ur = \"x\"", "2:1", "unknown key `wechat.base_ur`", "did you mean `base_url`?"),
        ("[wechat]\nbase_url = \"api.weixin.qq.com\"", "2:12", "`wechat.base_url` is not an http(s) address", ""),
        ("[wechat]\nprofile = \"2018\"", "2:11", "`wechat.profile` is not one of 2017, 2021, 2025", ""),
        ("[wechat]\nprofile = 2025", "2:11", "`wechat.profile` is a string, not integer", ""),
        ("[wechat]\nnews = \"last\"", "2:8", "`wechat.news` is not one of split, first", ""),
        ("[wechat]\ntrim = \"split\"", "2:8", "`wechat.trim` is not one of cut, refuse", ""),
        ("[wechat]\ntoken_api = \"stable\"", "2:13", "`wechat.token_api` is not one of stable_token, token", ""),
        ("[wechat]\nproxy = \"proxy:8080\"", "2:9", "`wechat.proxy` is not the address of a proxy", ""),
        ("[wechat]\ntitle_bytes_max = 8", "2:19", "`wechat.title_bytes_max` is not a number of bytes from 16", ""),
        ("[wechat]\ntitle_bytes_max = -8", "2:19", "`wechat.title_bytes_max` is a whole number from 0", ""),
        ("[wechat.callback]\npath = \"wechat\"", "2:8", "does not start with /", ""),
        ("[wechat.callback]\nmode = \"aes\"", "2:8", "is not one of plain, compat, secure", ""),
        ("[wechat.callback]\nencoding_aes_key = \"short\"", "2:20", "is not 43 letters and digits", ""),
        ("[wechat.callback]\nprevious_encoding_aes_key = \"x\"", "2:29", "is not 43 letters and digits", ""),
        ("[wechat.callback]\ntransfer = \"kf1\"", "2:12", "is neither \"any\" nor a customer-service account", ""),
        ("[wechat.callback]\nkey = \"a\"", "2:1", "unknown key `wechat.callback.key`", ""),
        ("[console]\nlisten = \"8081\"", "2:10", "is not an address and a port", ""),
        ("[process]\nlaunch = \"thread\"", "2:10", "`process.launch` is not one of fork, spawn", ""),
        ("[store]\npath = \"\"", "2:8", "`store.path` is empty", ""),
        ("[plugin]\npath = \"a\"", "1:1", "an array of tables ([[plugin]])", ""),
        ("[[plugin]]\npaht = \"a\"", "2:1", "unknown key `plugin.paht`", "did you mean `path`?"),
        ("\n[[plugin]]", "2:1", "`plugin.path` is missing", ""),
        ("[[seat]]\nname = \"a\"", "1:1", "`seat.kf_account` is missing", ""),
    ];
    for (text, place, reason, hint) in table {
        let error = Layer::parse(text, "duoke.toml").expect_err(text);
        let described = error.to_string();
        assert!(described.starts_with(&format!("duoke.toml:{place}: ")), "{text}\n{described}");
        assert!(described.contains(reason), "{text}\n{described}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{text}\n{:?}", error.hint());
    }
}

#[test]
fn flags_and_variables_are_checked_too() {
    let flag = table(&[("wechat.base_url", "nowhere")]);
    let env = table(&[("DUOKE_WECHAT_PROFILE", "1999")]);
    let described = |result: Result<DuokeConfig, ConfigError>| result.expect_err("wrong").to_string();
    assert_eq!(described(resolve(&flag, &none, &[])), "wechat.base_url: is not an http(s) address");
    assert_eq!(described(resolve(&none, &env, &[])), "DUOKE_WECHAT_PROFILE: is not one of 2017, 2021, 2025");
}

#[test]
fn a_missing_file_says_nothing() {
    let layer = Layer::read(Path::new("no/such/duoke.toml")).expect("nothing");
    assert!(layer.values.is_empty() && layer.plugins.is_empty() && layer.seats.is_empty());
}

#[test]
fn shares_and_what_is_recorded() {
    let shares = ["0%", "100%", "5%", "0.1 %", "0.0001%"].map(share_ppm);
    assert_eq!(shares, [Some(0), Some(1_000_000), Some(50_000), Some(1_000), Some(1)]);
    for wrong in ["", "5", "%", "101%", "-1%", "1e1%", "inf%", "all"] {
        assert_eq!(share_ppm(wrong), None, "{wrong}");
    }
    let text =
        "[record]\nshare = \"5%\"\nbytes_max = 9000\n[[plugin]]\npath = \"a\"\nrecord = \"1%\"\nshadow = \"b\"\n";
    let config = resolve(&|_| None, &|_| None, &[Layer::parse(text, "duoke.toml").unwrap()]).unwrap();
    assert_eq!((&*config.record.share.value, &*config.record.bytes_max.value), ("5%", "9000"));
    let entry = &config.plugins[0];
    assert_eq!((entry.record.as_deref(), entry.shadow.as_deref()), (Some("1%"), Some("b")));
    for wrong in
        ["[record]\nshare = \"5\"\n", "[[plugin]]\npath = \"a\"\nrecord = \"all\"\n", "[record]\nbytes_max = 1\n"]
    {
        assert!(Layer::parse(wrong, "duoke.toml").is_err(), "{wrong}");
    }
}
