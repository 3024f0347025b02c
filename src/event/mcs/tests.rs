//! The string of `MCS_ClientNotify`.

use super::*;

#[track_caller]
fn check(event: &str, fields: &str, expected: &str) {
    let mut fields: Map<String, Value> = serde_json::from_str(fields).expect("fields are an object");
    fill_user(event, &mut fields);
    assert_eq!(mcs_event_json(event, &fields), expected);
}

#[test]
fn event_first_then_the_logs_order() {
    check(
        "OnUserChange",
        r#"{"userid":"oA","channeltype":"1","useraccount":"oA"}"#,
        r#"{"event":"OnUserChange","userid":"oA","channeltype":"1","useraccount":"oA"}"#,
    );
    check(
        "OnMapMsgClick",
        r#"{"b":1,"event":"Other","a":{"d":null,"c":[]}}"#,
        r#"{"event":"OnMapMsgClick","b":1,"a":{"d":null,"c":[]}}"#,
    );
    check("OnNothing", "{}", r#"{"event":"OnNothing"}"#);
}

#[test]
fn the_openid_has_both_names() {
    let both = r#"{"event":"OnUserChange","useraccount":"oA","userid":"oA"}"#;
    check("OnUserChange", r#"{"useraccount":"oA"}"#, both);
    check("OnUserChange", r#"{"userid":"oA"}"#, r#"{"event":"OnUserChange","userid":"oA","useraccount":"oA"}"#);
    check(
        "OnUserChange",
        r#"{"useraccount":"oA","userid":"oB"}"#,
        r#"{"event":"OnUserChange","useraccount":"oA","userid":"oB"}"#,
    );
    check("OnReceiveMsg", r#"{"userid":"oA"}"#, r#"{"event":"OnReceiveMsg","userid":"oA"}"#);
}

#[test]
fn numbers_as_written() {
    check(
        "OnMapMsgClick",
        r#"{"latitude":23.134521,"longitude":113.0,"scale":20,"zero":0.0,"minus":-7,"big":18446744073709551615}"#,
        r#"{"event":"OnMapMsgClick","latitude":23.134521,"longitude":113.0,"scale":20,"zero":0.0,"minus":-7,"big":18446744073709551615}"#,
    );
}

#[test]
fn text_is_safe_in_a_program() {
    check(
        "OnMapMsgClick",
        r#"{"location":"a\u2028b\u2029c\"\\\n</script>广州"}"#,
        "{\"event\":\"OnMapMsgClick\",\"location\":\"a\\u2028b\\u2029c\\\"\\\\\\n</script>广州\"}",
    );
}
