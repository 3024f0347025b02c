use serde_json::json;

use super::*;

const OPENID: &str = "oABC1defGHI2jklMNO3pqrSTU4vw";

fn redactor() -> Redactor {
    Redactor::new(b"key")
}

/// What of `text` is left as it was: everything but `secrets`, whose letters are others of their kind.
#[track_caller]
fn check(text: &str, secrets: &[&str]) {
    let redacted = redactor().text(text);
    assert_eq!(redacted.len(), text.len());
    for secret in secrets {
        assert!(!redacted.contains(secret), "{secret} in {redacted}");
    }
    let kind = |c: char| {
        if c.is_ascii_digit() {
            '0'
        } else if c.is_ascii_lowercase() {
            'a'
        } else {
            c
        }
    };
    let kinds = |text: &str| text.chars().map(|c| if c.is_ascii_uppercase() { 'A' } else { kind(c) }).collect();
    let (expected, found): (String, String) = (kinds(text), kinds(&redacted));
    assert_eq!(found, expected, "{redacted}");
    if secrets.is_empty() {
        assert_eq!(redacted, text);
    }
}

#[test]
fn what_is_replaced_and_what_stays() {
    check(&format!("to {OPENID}, {{\"a\":\"{OPENID}\\n\"}}"), &[OPENID]);
    check("您好13800138000。", &["13800138000"]);
    check("tel-13800138000 a%3A13800138000%20 \\n13800138000", &["13800138000"]);
    let openid = "oPq8-yN2_uB6cE4iJ7tV1wX9zK0a";
    check(&format!("of-{openid}_x {openid}-13800138000 a_b-{OPENID}"), &[openid, "13800138000", OPENID]);
    check("1380013800013800138000 v13800138000 1577836800000", &[]);
    check("wx0123456789abcdef gh_0123456789ab", &["wx0123456789abcdef", "gh_0123456789ab"]);
    check("11010519491231002X", &["11010519491231002X"]);
    check("http://a.test/?access_token=abc-DEF&v=abc-DEF", &["abc-DEF"]);
    check("password=correcthorse&x=1", &["correcthorse"]);
    let hint = redactor().text("with `--replace http://a.test/?access_token=abc-DEF=FILE`");
    assert!(hint.ends_with("=FILE`") && !hint.contains("abc-DEF"), "{hint}");
    check(r#"{"csrfToken": "a1b2c3d4", "x": "a1b2c3d4"}"#, &["a1b2c3d4"]);
    check(r#""{\"api_key\":\"k1k2k3k4\"}""#, &["k1k2k3k4"]);
    check("var token = getToken(1); messages: { password: 'required' }", &[]);
    check("0.006858481621402346,[-0.13800138000]", &[]);
    check("10.13800138000 .0.13800138000 1.13800138000", &["13800138000"]);
    check("openTheConversationOfACustomer", &[]);
}

#[test]
fn what_is_written_with_escapes_or_in_base64_is_replaced_as_well() {
    let patterns = ["客户[\\u4e00-\\u9fa5]{2}".to_owned()];
    let mut redactor = redactor().with_patterns(&patterns).expect("patterns");
    let name = redactor.text("客户张三");
    let escaped = |text: &str| text.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect::<String>();
    let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    assert_eq!(redactor.text(&escaped("客户张三")), escaped(&name));
    assert_eq!(redactor.text(&format!("?n={}&x", percent("客户张三"))), format!("?n={}&x", percent(&name)));
    let openid = "oPq8-yN2_uB6cE4iJ7tV1wX9zK0a";
    let other = redactor.text(openid);
    let dashes = |text: &str| text.replace('-', "%2D").replace('_', "%5f");
    assert_eq!(redactor.text(&dashes(openid)), dashes(&other));
    redactor.learn("s3cret-of-the-shop");
    use base64::Engine as _;
    for engine in [base64::engine::general_purpose::STANDARD, base64::engine::general_purpose::URL_SAFE_NO_PAD] {
        let held = |id: &str| engine.encode(format!("{{\"user\":\"{id}\",\"n\":\"ÿÿÿ??>>\"}}"));
        assert_eq!(redactor.text(&format!("x={}!", held(openid))), format!("x={}!", held(&other)));
        // Twice, and percent-encoded.
        let twice = |id: &str| percent(&engine.encode(held(id)));
        assert_eq!(redactor.text(&twice(openid)), twice(&other));
        assert!(!redactor.text(&engine.encode("of s3cret-of-the-shop")).contains(&engine.encode("of s3cret")));
    }
    let named = redactor.text("a%26access_token%3Dabc123%26b");
    assert!(named.starts_with("a%26access_token%3D") && !named.contains("abc123"), "{named}");
}

#[test]
fn a_header_s_secret_is_learned() {
    let mut redactor = redactor();
    let set = redactor.header("Set-Cookie", "sid=abcdef12.xyz; Path=/; HttpOnly");
    assert!(set.starts_with("sid=") && set.ends_with("; Path=/; HttpOnly") && !set.contains("abcdef12"), "{set}");
    let value = set.trim_start_matches("sid=").split(';').next().unwrap_or_default().to_owned();
    assert_eq!(redactor.header("cookie", "sid=abcdef12.xyz"), format!("sid={value}"));
    let run = value.split('.').next().unwrap_or_default();
    assert_eq!(redactor.text("see abcdef12!"), format!("see {run}!"));
    let basic = redactor.header("authorization", "Basic dXNlcjpwYXNz");
    assert!(basic.starts_with("Basic ") && !basic.contains("dXNlcjpwYXNz"), "{basic}");
    assert!(redactor.has_learned() && redactor.has_replaced());
}

#[test]
fn pseudonyms_are_the_key_s_and_stay() {
    let once = redactor().text(OPENID);
    assert_eq!(redactor().text(OPENID), once);
    assert_ne!(Redactor::new(b"other").text(OPENID), once);
    let mut redactor = redactor();
    let twice = redactor.text(OPENID);
    assert_eq!(redactor.text(&twice), twice);
    assert!(redactor.text("13800138000").starts_with('1'));
}

#[test]
fn values_names_and_patterns() {
    let mut redactor = redactor().with_patterns(&["客户[\\u4e00-\\u9fa5]{2}".to_owned()]).expect("patterns");
    redactor.learn_user("visitor-9");
    let value = json!({ "visitor-9": [13_800_138_000_u64, 7, true], "secret": "ab", "name": "客户张三", "n": null });
    let redacted = redactor.json(&value).to_string();
    for secret in ["visitor-9", "13800138000", "\"ab\"", "张三"] {
        assert!(!redacted.contains(secret), "{redacted}");
    }
    assert!(redacted.contains(",7,true]") && redacted.contains("\"n\":null"), "{redacted}");
    let again = redactor.json(&serde_json::from_str(&redacted).expect("JSON"));
    assert_eq!(again.to_string(), redacted, "what was replaced stays");
    assert!(Redactor::new(b"").with_patterns(&["(".to_owned()]).is_err());
}

#[test]
fn what_the_plugin_says_itself_stays_and_secrets_are_all_alike() {
    let mut redactor = redactor();
    redactor.leave("客服电话 13800138000".as_bytes());
    assert_eq!(redactor.text("13800138000"), "13800138000");
    let one = Redactor::masking().text("GET http://a.test/?user=13800138000\npassword=ab1&x=ab1");
    assert_eq!(one, "GET http://a.test/?user=13800138000\npassword=aa0&x=ab1");
    assert_eq!(Redactor::masking().text("password=cd2"), "password=aa0");
}

#[test]
fn bytes_that_are_no_text_keep_their_number() {
    let bytes = [&[0xff, 0, b' '], OPENID.as_bytes(), &[0xfe]].concat();
    let redacted = redactor().bytes(&bytes);
    assert!(redacted.len() == bytes.len() && !redacted.windows(28).any(|window| window == OPENID.as_bytes()));
}

#[test]
fn a_number_stays_one() {
    // Numbers that begin with 0 are none in JSON.
    for number in 20_000_000_000_u64..20_000_000_200 {
        let redacted = redactor().text(&format!("{{\"order\":{number}}}"));
        let read: Value = serde_json::from_str(&redacted).expect("JSON");
        assert_eq!(read, redactor().json(&json!({ "order": number })));
        assert_ne!(read["order"], number);
    }
    let landline = redactor().text("02087654321");
    assert!(landline.len() == 11 && landline != "02087654321", "{landline}");
}
