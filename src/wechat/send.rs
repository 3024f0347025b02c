//! The bodies of `message/custom/send` (wechat-api.md §1, send bodies).

use serde_json::{Value, json};

use super::content::{Article, Video};
use super::outgoing::Message;

/// A message with everything it needs on the wire.
#[derive(Debug, Clone)]
pub(super) enum Body<'a> {
    Text(&'a str),
    Image(&'a str),
    Voice(&'a str),
    Video(Video),
    News(&'a [Article]),
    Given(&'static str, &'a Value),
}

/// The JSON of one message, members in the manual's order.
pub(super) fn body(openid: &str, kf_account: Option<&str>, content: Body<'_>) -> Value {
    let mut whole = match content {
        Body::Text(text) => json!({"touser": openid, "msgtype": "text", "text": {"content": text}}),
        Body::Image(media_id) => json!({"touser": openid, "msgtype": "image", "image": {"media_id": media_id}}),
        Body::Voice(media_id) => json!({"touser": openid, "msgtype": "voice", "voice": {"media_id": media_id}}),
        Body::Video(video) => json!({"touser": openid, "msgtype": "video", "video": video}),
        Body::News(articles) => {
            let articles: Vec<Value> = articles.iter().map(article).collect();
            json!({"touser": openid, "msgtype": "news", "news": {"articles": articles}})
        }
        Body::Given(msgtype, section) => json!({"touser": openid, "msgtype": msgtype, msgtype: section}),
    };
    if let Some(account) = kf_account {
        whole["customservice"] = json!({"kf_account": account});
    }
    whole
}

impl Message {
    /// The body as it would go out, for whoever is to see it: a file that would be uploaded is named by its address.
    #[must_use]
    pub fn draft(&self, openid: &str, kf_account: Option<&str>) -> Value {
        let file = |msgtype, section| body(openid, kf_account, Body::Given(msgtype, &section));
        match self {
            Self::Text(text) => body(openid, kf_account, Body::Text(text)),
            Self::News(articles) => body(openid, kf_account, Body::News(articles)),
            Self::Given { msgtype, section } => body(openid, kf_account, Body::Given(msgtype, section)),
            Self::Typing(is_typing) => {
                json!({"touser": openid, "command": if *is_typing { "Typing" } else { "CancelTyping" }})
            }
            Self::Image(url) => file("image", json!({"url": url})),
            Self::Voice { url, .. } => file("voice", json!({"url": url})),
            Self::Video(video) => file(
                "video",
                json!({"url": video.url, "thumb_url": video.thumb, "title": video.title,
                    "description": video.description}),
            ),
        }
    }
}

fn article(article: &Article) -> Value {
    let mut value = json!({"title": article.title, "description": article.description});
    for (member, text) in [("url", &article.url), ("picurl", &article.picurl)] {
        if !text.is_empty() {
            value[member] = Value::from(text.as_str());
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_utf_8() {
        let text = body("o1", None, Body::Text("<a href=\"x\">您好</a> & \u{2028}😀")).to_string();
        assert_eq!(
            text,
            "{\"touser\":\"o1\",\"msgtype\":\"text\",\"text\":{\"content\":\"<a href=\\\"x\\\">您好</a> & \u{2028}😀\"}}"
        );
    }

    #[test]
    fn news_leaves_out_what_is_empty() {
        let article =
            Article { title: "t".into(), description: "d".into(), url: String::new(), picurl: "http://p/".into() };
        let news = body("o1", Some("kf1@gh"), Body::News(std::slice::from_ref(&article)));
        assert_eq!(
            news,
            json!({"touser": "o1", "msgtype": "news",
                "news": {"articles": [{"title": "t", "description": "d", "picurl": "http://p/"}]},
                "customservice": {"kf_account": "kf1@gh"}})
        );
    }
}
