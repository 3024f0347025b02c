use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn respond(jar: &CookieJar, from: &str, cookie: &str, now_ms: TimestampMs) {
    jar.store_response(&url(from), Sites::Same, &[("Set-Cookie".to_owned(), cookie.to_owned())], now_ms);
}

#[test]
fn scripts_set_replace_and_remove() {
    let jar = CookieJar::new();
    let page = url("http://demo.plugin.invalid/page/index.html");
    for text in ["a=1; path=/", "b=2", "c=您好;path=/page", "a=3; path=/", "flag"] {
        jar.set_from_script(&page, text, 0);
    }
    assert_eq!(jar.get_for_script(&page, 0), "b=2; c=您好; flag; a=3");
    assert_eq!(jar.get_for_script(&url("http://demo.plugin.invalid/pages"), 0), "a=3");
    jar.set_from_script(&page, "b=; expires=Thu, 01 Jan 1970 00:00:00 GMT", 10);
    jar.set_from_script(&page, "c=; max-age=0", 10);
    assert_eq!(jar.get_for_script(&page, 10), "flag; a=3");
    assert_eq!(jar.get_for_script(&url("http://other.test/page/"), 10), "");
}

#[test]
fn cookies_end_by_page_time() {
    let jar = CookieJar::new();
    let page = url("http://a.test/");
    jar.set_from_script(&page, "a=1; max-age=60; expires=Thu, 01 Jan 1970 00:00:00 GMT", 1_000);
    jar.set_from_script(&page, "b=1; expires=Thu, 01 Jan 1970 00:00:30 GMT", 1_000);
    assert_eq!(jar.get_for_script(&page, 29_999), "a=1; b=1");
    assert_eq!(jar.get_for_script(&page, 30_000), "a=1");
    assert_eq!(jar.get_for_script(&page, 61_000), "");
}

#[test]
fn http_only_cookies_are_out_of_a_script_s_reach() {
    let jar = CookieJar::new();
    respond(&jar, "http://a.test/login", "sid=1; HttpOnly; Path=/", 0);
    let page = url("http://a.test/");
    jar.set_from_script(&page, "sid=2; path=/", 0);
    jar.set_from_script(&page, "mine=1; httponly", 0);
    assert_eq!(jar.get_for_script(&page, 0), "");
    assert_eq!(jar.header_for(&page, Sites::Same, 0).as_deref(), Some("sid=1"));
}

#[test]
fn domains() {
    let jar = CookieJar::new();
    respond(&jar, "http://www.shop.test/", "wide=1; domain=.shop.test", 0);
    respond(&jar, "http://www.shop.test/", "host=1", 0);
    for foreign in ["x=1; domain=other.test", "x=1; domain=test", "x=1; domain=op.test", "x=1; domain=a.www.shop.test"]
    {
        respond(&jar, "http://www.shop.test/", foreign, 0);
    }
    respond(&jar, "http://127.0.0.1/", "x=1; domain=0.0.1", 0);
    respond(&jar, "http://localhost/", "local=1; domain=localhost", 0);
    let header = |text: &str| jar.header_for(&url(text), Sites::Same, 0);
    assert_eq!(header("http://www.shop.test/").as_deref(), Some("wide=1; host=1"));
    assert_eq!(header("http://m.shop.test/").as_deref(), Some("wide=1"));
    assert_eq!(header("http://workshop.test/"), None);
    assert_eq!(header("http://127.0.0.1/"), None);
    assert_eq!(header("http://localhost/").as_deref(), Some("local=1"));
}

#[test]
fn secure_cookies_stay_on_https() {
    let jar = CookieJar::new();
    respond(&jar, "https://a.test/", "s=1; Secure", 0);
    respond(&jar, "http://a.test/", "t=1; Secure", 0);
    assert_eq!(jar.header_for(&url("https://a.test/"), Sites::Same, 0).as_deref(), Some("s=1"));
    assert_eq!(jar.header_for(&url("http://a.test/"), Sites::Same, 0), None);
}

#[test]
fn kept_ones_are_there_again() {
    let jar = CookieJar::new();
    let page = url("https://www.shop.test/page/");
    respond(&jar, "https://www.shop.test/", "sid=1; HttpOnly; Secure; Path=/; domain=shop.test", 0);
    for text in ["a=1; max-age=60", "session=您 好; path=/", "b=1; max-age=30", "flag"] {
        jar.set_from_script(&page, text, 0);
    }
    let (script, header) = (jar.get_for_script(&page, 30_000), jar.header_for(&page, Sites::Same, 30_000));
    let kept = serde_json::to_string(&jar.cookies(30_000)).unwrap();
    assert!(!kept.contains(r#""b""#) && !format!("{jar:?}").contains("您"), "{kept}");
    let other = CookieJar::new();
    other.set_from_script(&page, "here=before", 0);
    other.restore(serde_json::from_str(&kept).unwrap(), 30_000);
    assert_eq!((other.get_for_script(&page, 30_000), other.header_for(&page, Sites::Same, 30_000)), (script, header));
    assert_eq!(other.header_for(&url("http://m.shop.test/"), Sites::Same, 30_000), None, "it is for https only");
    assert_eq!(other.cookies(60_000).len(), 3);
    other.restore(serde_json::from_str(&kept).unwrap(), 60_000);
    assert_eq!(other.get_for_script(&page, 30_000), "flag; session=您 好");
}

#[test]
fn kept_ones_that_nobody_could_have_set_are_left_out() {
    let jar = CookieJar::new();
    jar.set_from_script(&url("http://a.test/"), "a=1", 0);
    let good = jar.cookies(0).remove(0);
    let spoilt: [fn(&mut Cookie); 10] = [
        |cookie| cookie.path = "/x".repeat(COOKIE_BYTES_MAX),
        |cookie| (cookie.domain, cookie.is_host_only) = ("test".to_owned(), false),
        |cookie| cookie.name = "a\r\nb".to_owned(),
        |cookie| cookie.value = "1\r\nX: y".to_owned(),
        |cookie| cookie.value = "1; b=2".to_owned(),
        |cookie| cookie.value = "x".repeat(COOKIE_BYTES_MAX),
        |cookie| (cookie.name, cookie.value) = Default::default(),
        |cookie| cookie.name = "b=".to_owned(),
        |cookie| cookie.domain = String::new(),
        |cookie| cookie.path = "page".to_owned(),
    ];
    for spoil in spoilt {
        let mut cookie = good.clone();
        spoil(&mut cookie);
        jar.restore(vec![cookie.clone()], 0);
        assert_eq!(jar.cookies(0), [], "{:?}", cookie.value);
    }
    let many = (0..=COOKIES_MAX).map(|number| Cookie { name: format!("n{number}"), ..good.clone() });
    jar.restore(many.chain([Cookie { value: "2".to_owned(), ..good.clone() }]).collect(), 0);
    assert_eq!(jar.cookies(0).len(), COOKIES_MAX);
    jar.restore(vec![good.clone(), Cookie { value: "2".to_owned(), ..good }], 0);
    assert_eq!(jar.get_for_script(&url("http://a.test/"), 0), "a=2");
}

#[test]
fn bounds_and_malformed_ones() {
    let jar = CookieJar::new();
    let page = url("http://a.test/");
    for text in ["", ";", "=", "a=\r\nb", &format!("a={}", "x".repeat(COOKIE_BYTES_MAX))] {
        jar.set_from_script(&page, text, 0);
    }
    assert_eq!(jar.get_for_script(&page, 0), "");
    for number in 0..=COOKIES_MAX {
        jar.set_from_script(&page, &format!("n{number}=1"), 0);
    }
    let text = jar.get_for_script(&page, 0);
    assert_eq!(text.split("; ").count(), COOKIES_MAX);
    assert!(text.starts_with("n1=1; "), "the oldest goes first");
}

#[test]
fn utf_8_from_the_wire_is_read_as_such() {
    let jar = CookieJar::new();
    let wire: String = "名=值".bytes().map(char::from).collect();
    respond(&jar, "http://a.test/", &wire, 0);
    assert_eq!(jar.get_for_script(&url("http://a.test/"), 0), "名=值");
}

/// What a cookie that `from` set has, for a request that stands so.
fn sent(set: (&str, Sites, &str), to: (&str, Sites)) -> Option<String> {
    let jar = CookieJar::new();
    jar.store_response(&url(set.0), set.1, &[("set-cookie".to_owned(), set.2.to_owned())], 0);
    jar.header_for(&url(to.0), to.1, 0)
}

#[test]
fn same_site_says_where_a_cookie_goes() {
    const SHOP: &str = "https://shop.test/";
    let table = [
        // Of its own site, opened from elsewhere, a form from elsewhere, anything else from elsewhere.
        ("a=1", [true, true, false, false]),
        ("a=1; SameSite=Lax", [true, true, false, false]),
        ("a=1; SameSite=new-word", [true, true, false, false]),
        ("a=1; samesite=strict", [true, false, false, false]),
        ("a=1; SameSite=None; Secure", [true, true, true, true]),
        ("a=1; SameSite=None", [false, false, false, false]),
    ];
    for (cookie, expected) in table {
        let goes = [Sites::Same, Sites::Opens, Sites::Posts, Sites::Cross]
            .map(|sites| sent((SHOP, Sites::Same, cookie), (SHOP, sites)).is_some());
        assert_eq!(goes, expected, "{cookie}");
    }
    let set = |sites, cookie| sent((SHOP, sites, cookie), (SHOP, Sites::Same)).is_some();
    assert!(set(Sites::Posts, "a=1") && set(Sites::Opens, "a=1; SameSite=Strict"));
    assert!(!set(Sites::Cross, "a=1") && set(Sites::Cross, "a=1; SameSite=None; Secure"));
}

#[test]
fn prefixes_are_promises() {
    let table = [
        ("https://a.shop.test/", "__Secure-a=1; Secure", true),
        ("https://a.shop.test/", "__secure-a=1", false),
        ("https://a.shop.test/", "__Host-a=1; Secure; Path=/", true),
        ("https://a.shop.test/", "__Host-a=1; Secure", false),
        ("https://a.shop.test/", "__host-a=1; Secure; Path=/x", false),
        ("https://a.shop.test/", "__Host-a=1; Secure; Path=/; Domain=shop.test", false),
        ("http://a.shop.test/", "__Host-a=1; Secure; Path=/", false),
        ("https://a.shop.test/", "=__Host-a=1; Secure; Path=/", false),
        ("https://a.shop.test/", "__Hostess=1", true),
    ];
    for (from, cookie, expected) in table {
        assert_eq!(sent((from, Sites::Same, cookie), (from, Sites::Same)).is_some(), expected, "{cookie}");
    }
}

#[test]
fn what_came_in_the_clear_hides_nothing_secure() {
    let jar = CookieJar::new();
    respond(&jar, "https://shop.test/", "sid=1; Secure; Path=/", 0);
    respond(&jar, "http://shop.test/", "sid=2; Path=/", 0);
    jar.set_from_script(&url("http://shop.test/"), "sid=3; path=/deep", 0);
    respond(&jar, "http://shop.test/", "other=1; Path=/", 0);
    assert_eq!(jar.header_for(&url("https://shop.test/deep/"), Sites::Same, 0).as_deref(), Some("sid=1; other=1"));
}

#[test]
fn nobody_has_a_cookie_for_all_of_a_suffix() {
    let jar = CookieJar::new();
    respond(&jar, "https://www.shop.com.cn/", "all=1; domain=com.cn", 0);
    respond(&jar, "https://www.shop.com.cn/", "own=1; domain=shop.com.cn", 0);
    assert_eq!(jar.header_for(&url("https://m.shop.com.cn/"), Sites::Same, 0).as_deref(), Some("own=1"));
    assert_eq!(jar.header_for(&url("https://other.com.cn/"), Sites::Same, 0), None);
}

#[test]
fn a_kept_cookie_says_where_it_goes_only_where_that_is_unusual() {
    let jar = CookieJar::new();
    respond(&jar, "https://shop.test/", "a=1", 0);
    respond(&jar, "https://shop.test/", "b=1; SameSite=Strict", 0);
    let kept = serde_json::to_string(&jar.cookies(0)).unwrap();
    assert_eq!(kept.matches("same_site").count(), 1, "{kept}");
    let other = CookieJar::new();
    other.restore(serde_json::from_str(&kept).unwrap(), 0);
    assert_eq!(other.cookies(0), jar.cookies(0));
}
