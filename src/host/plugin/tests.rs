use std::fs;

use super::*;
use crate::net::Network;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn resolve(folder: &tempfile::TempDir, page: &str) -> Result<Plugin, PluginError> {
    Plugin::resolve(folder.path().join(page).to_str().unwrap(), &mut Names::default())
}

/// Resolves, opens what it says, and returns name, address without ticket, and content.
#[track_caller]
fn check(folder: &tempfile::TempDir, page: &str, name: &str, address: &str, content: &str) {
    let plugin = resolve(folder, page).unwrap();
    let url = match &plugin.source {
        Source::Document(url) => url.clone(),
        Source::Script(_, url) => url.clone(),
    };
    let network = plugin.network(&Rights::default(), None, "kf1@gh").unwrap();
    let body = network.fetch(Request::get(url, Destination::Document, 0)).unwrap().body;
    let document = plugin.source.document_url().as_str();
    let ticket = format!("ticket={}", mcs_ticket::ticket_of(&plugin.name));
    let document = document.replace(&format!("?{ticket}"), "").replace(&format!("&{ticket}"), "");
    assert_eq!((plugin.name.as_str(), document.as_str(), body), (name, address, content.as_bytes().to_vec()));
}

#[test]
fn what_a_page_may_be() {
    let folder = folder(&[
        ("quick/plugin.toml", "name = \"快捷\"\npage = \"page/index.html?a=1\""),
        ("quick/page/index.html", "toml"),
        ("bare/plugin.toml", "page = \"plugin.js\""),
        ("bare/plugin.js", "script"),
        ("plain/index.html", "index"),
        ("page.html", "file"),
        ("page.html?x=1", "odd"),
        ("100%#.html", "odder"),
        ("tool.js", "tool"),
    ]);
    let quick = "http://xn--66tw2f.plugin.invalid/page/index.html";
    check(&folder, "quick", "快捷", &format!("{quick}?a=1"), "toml");
    check(&folder, "quick/plugin.toml", "快捷", &format!("{quick}?a=1"), "toml");
    check(&folder, "quick?b=2", "快捷", &format!("{quick}?b=2"), "toml");
    check(&folder, "bare", "bare", "http://bare.plugin.invalid/", "script");
    check(&folder, "plain", "plain", "http://plain.plugin.invalid/index.html", "index");
    check(&folder, "page.html", "page", "http://page.plugin.invalid/page.html", "file");
    check(&folder, "page.html?id=7#t", "page", "http://page.plugin.invalid/page.html?id=7#t", "file");
    check(&folder, "page.html?x=1", "page", "http://page.plugin.invalid/page.html%3Fx=1", "odd");
    check(&folder, "100%#.html", "100%#", "http://100.plugin.invalid/100%25%23.html", "odder");
    check(&folder, "tool.js", "tool", "http://tool.plugin.invalid/", "tool");
    check(&folder, "tool.js?id=7", "tool", "http://tool.plugin.invalid/?id=7", "tool");
}

#[test]
fn addresses() {
    let of = |page: &str| Plugin::resolve(page, &mut Names::default()).unwrap();
    let plugin = of("https://me:pw@crm.example.com/kf/orders.html?key=k#x");
    assert_eq!((plugin.name.as_str(), plugin.base.as_str()), ("orders", "https://crm.example.com/kf/orders.html"));
    assert!(plugin.source.document_url().as_str().contains("?key=k&ticket=duoke"));
    assert_eq!(of("http://crm.example.com/").name, "crm.example.com");
    assert!(matches!(of("HTTP://crm.example.com/p.js?x=1").source, Source::Script(document, script)
        if document.as_str().starts_with("http://crm.example.com/?x=1&ticket=")
            && script.as_str() == "http://crm.example.com/p.js?x=1"));
    assert!(matches!(Plugin::resolve("http://", &mut Names::default()), Err(PluginError::Net(_))));
}

#[test]
fn what_is_no_plugin_says_so() {
    let folder = folder(&[("some/readme.txt", ""), ("index.html", ""), ("bad/plugin.toml", "pgae = \"x\"")]);
    fs::create_dir(folder.path().join("empty")).unwrap();
    let message = |page: &str| resolve(&folder, page).unwrap_err();
    assert!(message("empty").to_string().ends_with("empty: the folder is empty"));
    assert!(message("some").to_string().contains("neither plugin.toml nor index.html"));
    assert_eq!(message("Index.html").hint().as_deref(), Some("there is `index.html`"));
    assert!(message("none.html?x").to_string().ends_with("none.html?x: there is no such file or folder"));
    let bad = message("bad");
    assert!(matches!(bad, PluginError::Config(_)) && bad.frame().is_some(), "{bad}");
}

#[test]
fn names_are_distinct() {
    let mut names = Names::default();
    let taken: Vec<_> = ["a", "b", "a", "a", "a-2"].into_iter().map(|name| names.take(name)).collect();
    assert_eq!(taken, ["a", "b", "a-2", "a-3", "a-2-2"]);
}

#[test]
fn a_replacement_of_the_file_lies_in_the_folder_and_a_flag_beats_it() {
    let folder = folder(&[
        ("p/plugin.toml", "page = \"x.html\"\n[replace]\n\"http://cdn.test/j.js\" = \"vendor/j.js\""),
        ("p/vendor/j.js", "own"),
        ("flag.js", "flag"),
    ]);
    let plugin = resolve(&folder, "p").unwrap();
    let ask = |rights: &Rights| {
        let network = plugin.network(rights, None, "kf1@gh").unwrap();
        let response =
            network.fetch(Request::get(Url::parse("http://cdn.test/j.js").unwrap(), Destination::Script, 0)).unwrap();
        (String::from_utf8(response.body).unwrap(), response.file.unwrap())
    };
    assert_eq!(ask(&Rights::default()), ("own".to_owned(), PathBuf::from("vendor/j.js")));
    let flag = format!("http://cdn.test/j.js={}", folder.path().join("flag.js").display());
    assert_eq!(ask(&Rights::new(Vec::new(), vec![flag]).unwrap()).0, "flag");
}

#[test]
fn a_page_at_an_address_is_one_of_echat_where_its_plugin_toml_says_so() {
    let page = "https://crm.example.com/kf/orders.html?key=k";
    let of = |toml: &str| {
        let folder = folder(&[("shop/plugin.toml", &format!("name = \"shop\"\npage = \"{page}\"\n{toml}"))]);
        resolve(&folder, "shop").unwrap()
    };
    let opened = |plugin: &Plugin| {
        let address = plugin.source_at(CLOCK_START_MS, 1, Some("oA")).document_url().to_string();
        let has = |name: &str| address.contains(&format!("&{name}="));
        (has("ticket"), has("signature"), plugin.is_opened_for_echat())
    };
    assert_eq!(opened(&Plugin::resolve(page, &mut Names::default()).unwrap()), (true, false, false));
    assert_eq!(opened(&of("")), (true, false, false));
    assert_eq!(opened(&of("dialects = [\"echat\"]")), (false, true, true));
    assert_eq!(opened(&of("[echat]")), (true, true, true));
    assert_eq!(opened(&of("dialects = [\"mcs\"]\n[echat]")), (true, false, false));
}

/// As the page itself names it.
#[test]
fn the_script_of_the_sdk_is_found_from_the_folder_or_from_the_page_s_address() {
    let is_answered = |page: &str, script: &str| {
        let toml = format!("name = \"shop\"\npage = \"{page}\"\n[echat]\nsdk = [\"lib/echat.js\"]");
        let folder = folder(&[("shop/plugin.toml", &toml), ("shop/page/index.html", "")]);
        let network = resolve(&folder, "shop").unwrap().network(&Rights::default(), None, "kf1@gh").unwrap();
        network
            .fetch(Request::get(Url::parse(script).unwrap(), Destination::Script, 0))
            .is_ok_and(|answer| !answer.live)
    };
    assert!(is_answered("page/index.html", "http://shop.plugin.invalid/lib/echat.js?v=1"));
    assert!(!is_answered("page/index.html", "http://shop.plugin.invalid/page/lib/echat.js"));
    assert!(is_answered("https://crm.example.com/kf/orders.html", "https://crm.example.com/kf/lib/echat.js"));
    assert!(!is_answered("https://crm.example.com/kf/orders.html", "https://crm.example.com/lib/echat.js"));
}
