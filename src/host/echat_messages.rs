//! What the senders of `echatSDK` say, as WeChat's client takes it (plugin-apis.md §4).

use crate::event::{EchatCall, EchatMessage, VisitorEvent, parse_echat};
use crate::wechat::{Article, Content, File, VideoFile, VoiceFile};

/// The message of a call; none where it is none to the visitor.
#[must_use]
pub fn echat_content(call: &EchatCall) -> Option<Content> {
    if !call.is_for_visitor() {
        return None;
    }
    let message = parse_echat(&call.call, &call.arguments).ok().flatten()?;
    Some(match message {
        EchatMessage::Event(event) => Content::News { articles: vec![article(event)] },
        EchatMessage::Text { content } => Content::Text { text: content },
        EchatMessage::Image { source_img } => Content::Image { pic_url: source_img },
        EchatMessage::Video { video_thumb_url, file_url } => {
            Content::VideoFile(VideoFile { file_url, thumb_url: video_thumb_url, ..VideoFile::default() })
        }
        EchatMessage::Voice { file_url, duration_ms } => Content::VoiceFile(VoiceFile { file_url, duration_ms }),
        EchatMessage::File { file_url, file_name, file_size } => Content::File(File { file_url, file_name, file_size }),
    })
}

/// The description is HTML, the memo is text: both become text when the message goes out, each on lines of its own.
fn article(event: VisitorEvent) -> Article {
    let VisitorEvent { title, content, image_url, url, memo } = event;
    let memo = memo.trim();
    let mut description = content;
    if !memo.is_empty() {
        description.push_str(open_end(&description));
        description.push_str("<br>");
        description.push_str(&escaped(memo));
    }
    Article { title, description, url, picurl: image_url }
}

/// What ends a tag, a comment or a style sheet that HTML leaves open, so that what follows is not part of it.
fn open_end(html: &str) -> &'static str {
    let is_open = |start: &str, end: &str| html.rfind(start).is_some_and(|start| !html[start..].contains(end));
    if is_open("<!--", "-->") {
        "-->"
    } else if is_open("<style", "</style") {
        "</style>"
    } else if is_open("<", ">") {
        ">"
    } else {
        ""
    }
}

/// Text as HTML that reads as this text.
fn escaped(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.lines().map(str::trim_end).collect::<Vec<_>>().join("<br>")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::event::Outcome;

    #[test]
    fn a_memo_stands_behind_whatever_is_left_open() {
        for (html, end) in
            [("<!-- x", "-->"), ("<style>.a{}", "</style>"), ("价格 <b", ">"), ("<b>x</b>", ""), ("<!-- x --> y", "")]
        {
            assert_eq!(open_end(html), end, "{html}");
        }
    }

    fn content(name: &str, argument: Value) -> Option<Content> {
        let (call, arguments) = (name.to_owned(), vec![argument]);
        echat_content(&EchatCall {
            call,
            arguments,
            outcome: Outcome::Accepted,
            reason: None,
            result: None,
            late: false,
        })
    }

    #[test]
    fn what_each_sender_becomes() {
        let (file, pic) = ("http://f.test/a", "http://p.test/b");
        let table = [
            ("sendTxtMsgToVisitor", json!("t"), json!({"msgtype": "text", "text": "t"})),
            (
                "sendImageToVisitor",
                json!({"smallImg": pic, "sourceImg": file}),
                json!({"msgtype": "image", "pic_url": file}),
            ),
            (
                "sendVideoToVisitor",
                json!({"videoThumbUrl": pic, "fileUrl": file}),
                json!({"msgtype": "video_file", "file_url": file, "thumb_url": pic}),
            ),
            (
                "sendVoiceToVisitor",
                json!({"fileUrl": file, "voiceDuration": 3}),
                json!({"msgtype": "voice_file", "file_url": file, "duration_ms": 3000}),
            ),
            (
                "sendFileToVisitor",
                json!({"fileUrl": file, "fileName": "a.pdf", "fileSize": 9}),
                json!({"msgtype": "file", "file_url": file, "file_name": "a.pdf", "file_size": 9}),
            ),
            (
                "pushVisitorEvent",
                json!({"title": "T", "content": "<div>c</div>", "imageUrl": pic, "url": "http('http://u.test/','blank')", "memo": "1 < 2\nm"}),
                json!({"msgtype": "news", "articles": [{
                    "title": "T", "description": "<div>c</div><br>1 &lt; 2<br>m", "url": "http://u.test/", "picurl": pic,
                }]}),
            ),
        ];
        for (name, argument, expected) in table {
            assert_eq!(serde_json::to_value(content(name, argument)).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn what_is_none() {
        assert_eq!(content("pushVisitorEvent", json!({"title": "T", "visibility": 2})), None);
        let picture = json!({"smallImg": "http://f.test/", "sourceImg": "http://f.test/", "visibility": 2});
        assert!(content("sendImageToVisitor", picture).is_some(), "only an event has one");
        assert_eq!(content("setVisitorChatSign", json!({"chatSign": 1})), None);
        assert_eq!(content("sendTxtMsgToVisitor", json!(7)), None);
    }
}
