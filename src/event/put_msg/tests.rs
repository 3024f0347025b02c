//! The argument of `PutMsg` as tables: what counts, and what is error 5.

use serde_json::json;

use super::*;

fn argument(body: &str) -> String {
    format!(r#"{{"msg":{{"head":{{"random":"8412077"}},"body":{body}}}}}"#)
}

fn article(cover: &str) -> Article {
    let text = |text: &str| text.to_owned();
    Article { title: text("标题"), digest: text("摘要"), cover: text(cover), url: text("http://a.example/1") }
}

const ARTICLE: &str = r#"{"title":"标题","digest":"摘要","cover":"http://a.example/1.jpg","url":"http://a.example/1"}"#;

#[test]
fn valid_bodies() {
    let text = || Message::Text { text: "您好".to_owned() };
    let image = || Message::Image { pic_url: "https://a.example/图.jpg".to_owned() };
    let news = || Message::News { articles: vec![article("http://a.example/1.jpg")] };
    let bare = || Article { title: "t".to_owned(), digest: String::new(), cover: String::new(), url: "any".to_owned() };
    let table = [
        (r#"[{"type":0,"content":{"text":"您好"}}]"#.to_owned(), vec![text()]),
        (r#"[{"type":0.0,"content":{"text":"您好","more":1}}]"#.to_owned(), vec![text()]),
        (r#"[{"type":1,"content":{"picUrl":"https://a.example/图.jpg"}}]"#.to_owned(), vec![image()]),
        (r#"[{"type":7,"content":{"picUrl":"https://a.example/图.jpg"}}]"#.to_owned(), vec![image()]),
        (format!(r#"[{{"type":7,"content":[{ARTICLE}]}}]"#), vec![news()]),
        (format!(r#"[{{"type":1,"content":[{ARTICLE}]}}]"#), vec![news()]),
        (
            r#"[{"type":7,"content":[{"title":"t","url":"any","cover":"","digest":null}]}]"#.to_owned(),
            vec![Message::News { articles: vec![bare()] }],
        ),
        (
            format!(
                r#"[{{"type":0,"content":{{"text":"您好"}}}},{{"type":7,"content":[{ARTICLE},{ARTICLE}]}},{{"type":1,"content":{{"picUrl":"https://a.example/图.jpg"}}}}]"#
            ),
            vec![text(), Message::News { articles: vec![article("http://a.example/1.jpg"); 2] }, image()],
        ),
    ];
    for (body, messages) in table {
        let put = parse_put_msg(&argument(&body)).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!((put.random.as_str(), &put.messages), ("8412077", &messages), "{body}");
        assert_eq!(put.msg["body"], serde_json::from_str::<Value>(&body).unwrap());
    }
}

#[test]
fn invalid_bodies() {
    let table = [
        ("[]", "`msg.body` is empty"),
        ("null", "`msg.body` is not an array"),
        (r#"{"type":0,"content":{"text":"a"}}"#, "not an array"),
        (r#"["a"]"#, "`type` is missing"),
        (r#"[{"content":{"text":"a"}}]"#, "`type` is missing"),
        (r#"[{"type":2,"content":{"text":"a"}}]"#, "the type 2 is unknown"),
        (r#"[{"type":"0","content":{"text":"a"}}]"#, r#"the type "0" is unknown"#),
        (r#"[{"type":0}]"#, "`content.text` is missing"),
        (r#"[{"type":0,"content":"a"}]"#, "`content.text` is missing"),
        (r#"[{"type":0,"content":{"text":""}}]"#, "the text is empty"),
        (r#"[{"type":0,"content":{"text":1}}]"#, "`content.text` is not a string"),
        (r#"[{"type":0,"content":[]}]"#, "`content.text` is missing"),
        (r#"[{"type":1,"content":"http://a.example/1.jpg"}]"#, "neither an array"),
        (r#"[{"type":1,"content":{}}]"#, "`picUrl` is missing or empty"),
        (r#"[{"type":1,"content":{"picUrl":""}}]"#, "`picUrl` is missing or empty"),
        (r#"[{"type":1,"content":{"picUrl":7}}]"#, "`picUrl` is not a string"),
        (r#"[{"type":1,"content":{"picUrl":"a.jpg"}}]"#, "not an http or https"),
        (r#"[{"type":1,"content":{"picUrl":"//a.example/a.jpg"}}]"#, "not an http or https"),
        (r#"[{"type":1,"content":{"picUrl":"ftp://a.example/a.jpg"}}]"#, "not an http or https"),
        (r#"[{"type":1,"content":{"picUrl":"javascript:alert(1)"}}]"#, "not an http or https"),
        (r#"[{"type":7,"content":[]}]"#, "no article"),
        (r#"[{"type":7,"content":[1]}]"#, "article 0: not an object"),
        (r#"[{"type":7,"content":[{"url":"http://a.example"}]}]"#, "article 0: `title` is missing"),
        (r#"[{"type":7,"content":[{"title":"","url":"http://a.example"}]}]"#, "article 0: `title` is missing"),
        (r#"[{"type":7,"content":[{"title":"t"}]}]"#, "article 0: `url` is missing"),
        (r#"[{"type":7,"content":[{"title":"t","url":"u","cover":"a.jpg"}]}]"#, "article 0: `cover` is not"),
        (r#"[{"type":7,"content":[{"title":"t","url":"u","digest":1}]}]"#, "article 0: `digest` is not a string"),
        (r#"[{"type":0,"content":{"text":"a"}},{"type":9}]"#, "`msg.body[1]`: the type 9"),
    ];
    for (body, reason) in table {
        let error = parse_put_msg(&argument(body)).expect_err(body);
        assert!(error.reason.contains(reason), "{body}: {error}");
        assert!(error.msg.is_some(), "{body}");
    }
}

#[test]
fn randoms() {
    let table = [
        (r#""8412077""#, Some("8412077")),
        ("8412077", Some("8412077")),
        ("0", Some("0")),
        (r#""a b""#, Some("a b")),
        (r#""""#, None),
        ("null", None),
        ("true", None),
        ("[]", None),
    ];
    for (random, expected) in table {
        let argument =
            format!(r#"{{"msg":{{"head":{{"random":{random}}},"body":[{{"type":0,"content":{{"text":"a"}}}}]}}}}"#);
        let found = parse_put_msg(&argument).ok().map(|put| put.random);
        assert_eq!(found.as_deref(), expected, "{random}");
    }
    for headless in [r#"{"msg":{"body":[]}}"#, r#"{"msg":{"head":{},"body":[]}}"#, r#"{"msg":{"head":7,"body":[]}}"#] {
        assert_eq!(parse_put_msg(headless).expect_err(headless).reason, "`msg.head.random` is missing");
    }
}

#[test]
fn arguments_that_are_no_call() {
    let table = [
        ("", "not JSON", None),
        ("undefined", "not JSON", None),
        ("[object Object]", "not JSON", None),
        ("{'msg':{}}", "not JSON", None),
        ("[]", "not an object", None),
        ("7", "not an object", None),
        ("{}", "`msg` is missing", None),
        (r#"{"msg":null}"#, "random", Some(json!(null))),
        (r#"{"msg":[1]}"#, "random", Some(json!([1]))),
    ];
    for (argument, reason, msg) in table {
        let error = parse_put_msg(argument).expect_err(argument);
        assert!(error.reason.contains(reason), "{argument}: {error}");
        assert_eq!(error.msg, msg, "{argument}");
    }
}

#[test]
fn returned_texts_are_json() {
    for (text, code, message) in [(RETURN_OK, 0, ""), (RETURN_BAD, 5, "参数错误")] {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(value, json!({ "retCode": code, "errMsg": message }));
    }
}
