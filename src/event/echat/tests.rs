use serde_json::json;

use super::*;

fn parse(call: &str, argument: Value) -> Result<Option<EchatMessage>, String> {
    parse_echat(call, &[argument])
}

fn url_of(url: &Value) -> String {
    match parse("pushVisitorEvent", json!({ "title": "t", "url": url })) {
        Ok(Some(EchatMessage::Event(event))) => event.url,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_sender_reads_the_manual_s_arguments() {
    let (file, pic) = ("http://f.test/a", "https://p.test/b.jpg");
    let table = [
        ("sendTxtMsgToVisitor", json!("您好"), EchatMessage::Text { content: "您好".into() }),
        (
            "sendImageToVisitor",
            json!({"smallImg": pic, "sourceImg": file}),
            EchatMessage::Image { source_img: file.into() },
        ),
        (
            "sendVideoToVisitor",
            json!({"videoThumbUrl": pic, "fileUrl": file}),
            EchatMessage::Video { video_thumb_url: pic.into(), file_url: file.into() },
        ),
        (
            "sendVoiceToVisitor",
            json!({"fileUrl": file, "voiceDuration": 7.5}),
            EchatMessage::Voice { file_url: file.into(), duration_ms: 7_500 },
        ),
        (
            "sendFileToVisitor",
            json!({"fileUrl": file, "fileName": "a.pdf", "fileSize": 9}),
            EchatMessage::File { file_url: file.into(), file_name: "a.pdf".into(), file_size: 9 },
        ),
        (
            "pushVisitorEvent",
            json!({"eventId": "e1", "title": "T", "content": "<div>c</div>", "imageUrl": pic, "url": file, "memo": "m"}),
            EchatMessage::Event(VisitorEvent {
                title: "T".into(),
                content: "<div>c</div>".into(),
                image_url: pic.into(),
                url: file.into(),
                memo: "m".into(),
            }),
        ),
    ];
    for (call, argument, message) in table {
        assert!(is_echat_command(call));
        assert_eq!(parse(call, argument), Ok(Some(message)), "{call}");
    }
    for sign in [json!(0), json!(1), json!(1.0)] {
        assert_eq!(parse(SET_VISITOR_CHAT_SIGN, json!({ "chatSign": sign })), Ok(None));
    }
}

#[test]
fn other_types_are_wrong() {
    let file = "http://f.test/a";
    let table = [
        ("sendTxtMsgToVisitor", json!(" \n"), "the text is blank"),
        ("sendTxtMsgToVisitor", json!(7), "the text is not a string"),
        ("sendImageToVisitor", json!("http://p/"), "the argument is not an object"),
        ("sendImageToVisitor", json!({"$function": "f"}), "the argument is not an object"),
        ("sendImageToVisitor", json!({"smallImg": file}), "`sourceImg` is missing or blank"),
        ("sendImageToVisitor", json!({"smallImg": 1, "sourceImg": file}), "`smallImg` is not a string"),
        (
            "sendImageToVisitor",
            json!({"smallImg": "s", "sourceImg": "a.jpg"}),
            "`sourceImg` is not an http or https address",
        ),
        ("sendVideoToVisitor", json!({"fileUrl": file}), "`videoThumbUrl` is missing or blank"),
        ("sendVoiceToVisitor", json!({"fileUrl": file}), "`voiceDuration` is not a number of 0 or more"),
        (
            "sendVoiceToVisitor",
            json!({"fileUrl": file, "voiceDuration": "7"}),
            "`voiceDuration` is not a number of 0 or more",
        ),
        (
            "sendFileToVisitor",
            json!({"fileUrl": file, "fileName": "a", "fileSize": -1}),
            "`fileSize` is not a number of 0 or more",
        ),
        ("pushVisitorEvent", json!({"content": "c"}), "`title` is missing or blank"),
        ("pushVisitorEvent", json!({"title": "t", "memo": 1}), "`memo` is not a string"),
        ("pushVisitorEvent", json!({"title": "t", "eventId": []}), "`eventId` is neither a string nor a number"),
        ("pushVisitorEvent", json!({"title": "t", "visibility": "2"}), "`visibility` is neither 1 nor 2"),
        (SET_VISITOR_CHAT_SIGN, json!({"chatSign": "1"}), "`chatSign` is neither 0 nor 1"),
        (SET_VISITOR_CHAT_SIGN, json!({"chatSign": 2}), "`chatSign` is neither 0 nor 1"),
        (SET_VISITOR_CHAT_SIGN, json!(1), "the argument is not an object"),
    ];
    for (call, argument, reason) in table {
        assert_eq!(parse(call, argument.clone()), Err(reason.to_owned()), "{call} {argument}");
    }
    assert_eq!(parse_echat("sendTxtMsgToVisitor", &[]), Err("the text is not a string".to_owned()));
    assert!(!is_echat_command("config"));
}

#[test]
fn the_forms_of_an_address() {
    let table = [
        (json!("http://a.test/?x=1,2"), "http://a.test/?x=1,2"),
        (json!("http('http://a.test/x,y','blank')"), "http://a.test/x,y"),
        (json!("http(https://a.test/,'inner')"), "https://a.test/"),
        (json!("http(\"http://a.test/\", \"inner\")"), "http://a.test/"),
        (json!("http(http://a.test/)"), "http://a.test/"),
        (json!(" HTTP('http://a.test/','blank') ; "), "http://a.test/"),
        (json!("http://a.test/;"), "http://a.test/;"),
        (json!("apiUrl(page7,'reload')"), "apiUrl(page7,'reload')"),
        (json!("javascript:alert(1)"), "javascript:alert(1)"),
        (Value::Null, ""),
    ];
    for (url, expected) in table {
        assert_eq!(url_of(&url), expected, "{url}");
    }
    let both = json!({"title": "t", "url": "http://staff/", "urlForVisitor": "http('http://v/','blank')"});
    let Ok(Some(EchatMessage::Event(event))) = parse("pushVisitorEvent", both) else { panic!() };
    assert_eq!(event.url, "http://v/");
}

#[test]
fn a_token_is_not_printed() {
    let settings = EchatSettings { token: Some("s3cret".to_owned()), ..EchatSettings::default() };
    let printed = format!("{settings:?}");
    assert!(printed.contains("Some(\"set\")") && printed.contains("7200") && !printed.contains("s3cret"), "{printed}");
}
