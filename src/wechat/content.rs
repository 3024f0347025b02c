//! What is to be said to a customer: every type of `message/custom/send` (wechat-api.md §1, send bodies).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::Typing;

/// One message as a plugin or a person gives it. Its serialized form is kept in stores: members are added, none renamed.
/// Members that may be left out are `""` or 0 then. Media are named by the ids WeChat gave them, or by their address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "msgtype", rename_all = "lowercase")]
pub enum Content {
    /// A text.
    Text {
        /// The text; links as `<a href>` are WeChat's own markup and stay.
        text: String,
    },
    /// A picture, to be downloaded and uploaded.
    Image {
        /// Where the picture is: http or https.
        pic_url: String,
    },
    /// A picture that WeChat has.
    #[serde(rename = "image_media")]
    ImageMedia {
        /// An image media.
        media_id: String,
    },
    /// A voice message.
    Voice {
        /// A voice media.
        media_id: String,
    },
    /// A voice message, to be downloaded and uploaded; what WeChat does not take goes as a link.
    #[serde(rename = "voice_file")]
    VoiceFile(VoiceFile),
    /// A video.
    Video(Video),
    /// A video, to be downloaded and uploaded; what WeChat does not take goes as a link.
    #[serde(rename = "video_file")]
    VideoFile(VideoFile),
    /// A file: WeChat has no such message here, so that it goes as a text with a link.
    File(File),
    /// A piece of music.
    Music(Music),
    /// 图文.
    News {
        /// At least one.
        articles: Vec<Article>,
    },
    /// 图文 of the account's own pages, by media id; WeChat is about to withdraw the type.
    Mpnews {
        /// An mpnews media.
        media_id: String,
    },
    /// A published article of the account.
    MpnewsArticle {
        /// The article.
        article_id: String,
    },
    /// A menu to choose from; verified accounts only.
    MsgMenu(Menu),
    /// A card or coupon.
    WxCard {
        /// The card.
        card_id: String,
    },
    /// A page of a mini program.
    MiniprogramPage(MiniprogramPage),
    /// What the customer sees of somebody who types; no message.
    Typing {
        /// That he does, or no longer.
        command: Typing,
    },
    /// A link's card: mini programs may send it, official accounts may not.
    Link(Link),
}

/// A voice message by its address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VoiceFile {
    /// Where it is: http or https.
    pub file_url: String,
    /// How long it plays, in ms, as its sender says; shown in a link only.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub duration_ms: u64,
}

/// A video by its address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VideoFile {
    /// Where it is: http or https.
    pub file_url: String,
    /// Where its small picture is; without one WeChat shows the video's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub thumb_url: String,
    /// The title.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// A file by its address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct File {
    /// Where it is: http or https.
    pub file_url: String,
    /// Its name; without one the end of its address is shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file_name: String,
    /// Its size in bytes, as its sender says.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub file_size: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// `video`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Video {
    /// A video media.
    pub media_id: String,
    /// A thumb or image media; the manual asks for it, WeChat takes a video without.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub thumb_media_id: String,
    /// The title.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// `music`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Music {
    /// The title.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where the music is: http or https.
    pub musicurl: String,
    /// The same in better quality, for Wi-Fi; without it WeChat plays `musicurl`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hqmusicurl: String,
    /// A thumb media.
    pub thumb_media_id: String,
}

/// `msgmenu`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Menu {
    /// What stands above the items.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub head_content: String,
    /// At least one.
    pub list: Vec<MenuItem>,
    /// What stands below.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tail_content: String,
}

/// One item of a menu.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MenuItem {
    /// Comes back as `bizmsgmenuid` where the customer taps it.
    pub id: String,
    /// What the customer reads, and says by tapping it.
    pub content: String,
}

/// `miniprogrampage`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MiniprogramPage {
    /// The title.
    pub title: String,
    /// The mini program's app id; it must be linked to the account.
    pub appid: String,
    /// The page with its query.
    pub pagepath: String,
    /// An image media, 520 × 416.
    pub thumb_media_id: String,
}

/// `link`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Link {
    /// The title.
    pub title: String,
    /// The description.
    #[serde(default)]
    pub description: String,
    /// Where a tap leads.
    pub url: String,
    /// The picture's address.
    #[serde(default)]
    pub thumb_url: String,
}

/// One article of a news message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Article {
    /// The title.
    pub title: String,
    /// The digest; HTML in it is stripped to text.
    pub description: String,
    /// Where a tap leads; anything but http and https is left out.
    pub url: String,
    /// The cover; anything but http and https is left out.
    pub picurl: String,
}

impl Content {
    /// WeChat's name for the type; `file` for a file, which it does not have.
    #[must_use]
    pub fn msgtype(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Image { .. } | Self::ImageMedia { .. } => "image",
            Self::Voice { .. } | Self::VoiceFile(_) => "voice",
            Self::Video(_) | Self::VideoFile(_) => "video",
            Self::File(_) => "file",
            Self::Music(_) => "music",
            Self::News { .. } => "news",
            Self::Mpnews { .. } => "mpnews",
            Self::MpnewsArticle { .. } => "mpnewsarticle",
            Self::MsgMenu(_) => "msgmenu",
            Self::WxCard { .. } => "wxcard",
            Self::MiniprogramPage(_) => "miniprogrampage",
            Self::Link(_) => "link",
            Self::Typing { .. } => "typing",
        }
    }

    /// Whether a file of it is uploaded before it is sent. What WeChat has already goes by its id.
    #[must_use]
    pub fn needs_upload(&self) -> bool {
        matches!(self, Self::Image { .. } | Self::VoiceFile(_) | Self::VideoFile(_))
    }

    /// As people and scripts see it, without the type; of what is named by ids as WeChat takes it.
    #[must_use]
    pub fn body(&self) -> Value {
        match self {
            Self::Text { text } => json!({"content": text}),
            Self::Image { pic_url } => json!({"picUrl": pic_url}),
            Self::ImageMedia { media_id } | Self::Voice { media_id } | Self::Mpnews { media_id } => {
                json!({"media_id": media_id})
            }
            Self::VoiceFile(voice) => json!(voice),
            Self::Video(video) => json!(video),
            Self::VideoFile(video) => json!(video),
            Self::File(file) => json!(file),
            Self::Music(music) => json!(music),
            Self::News { articles } => json!({"articles": articles}),
            Self::MpnewsArticle { article_id } => json!({"article_id": article_id}),
            Self::MsgMenu(menu) => json!(menu),
            Self::WxCard { card_id } => json!({"card_id": card_id}),
            Self::MiniprogramPage(page) => json!(page),
            Self::Link(link) => json!(link),
            Self::Typing { command } => json!({"command": command}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stores_keep() {
        let table = [
            (Content::Text { text: "t".into() }, r#"{"msgtype":"text","text":"t"}"#),
            (Content::Image { pic_url: "http://p/".into() }, r#"{"msgtype":"image","pic_url":"http://p/"}"#),
            (Content::ImageMedia { media_id: "M".into() }, r#"{"msgtype":"image_media","media_id":"M"}"#),
            (
                Content::Video(Video { media_id: "M".into(), ..Video::default() }),
                r#"{"msgtype":"video","media_id":"M"}"#,
            ),
            (
                Content::VoiceFile(VoiceFile { file_url: "http://f/a.mp3".into(), duration_ms: 7_500 }),
                r#"{"msgtype":"voice_file","file_url":"http://f/a.mp3","duration_ms":7500}"#,
            ),
            (
                Content::VideoFile(VideoFile { file_url: "http://f/a.mp4".into(), ..VideoFile::default() }),
                r#"{"msgtype":"video_file","file_url":"http://f/a.mp4"}"#,
            ),
            (
                Content::File(File { file_url: "http://f/".into(), file_name: "a.pdf".into(), file_size: 9 }),
                r#"{"msgtype":"file","file_url":"http://f/","file_name":"a.pdf","file_size":9}"#,
            ),
            (Content::MpnewsArticle { article_id: "A".into() }, r#"{"msgtype":"mpnewsarticle","article_id":"A"}"#),
            (
                Content::MsgMenu(Menu { list: vec![MenuItem::default()], ..Menu::default() }),
                r#"{"msgtype":"msgmenu","list":[{"id":"","content":""}]}"#,
            ),
            (Content::Typing { command: Typing::Cancel }, r#"{"msgtype":"typing","command":"CancelTyping"}"#),
            (Content::WxCard { card_id: "C".into() }, r#"{"msgtype":"wxcard","card_id":"C"}"#),
        ];
        for (content, kept) in table {
            assert_eq!(serde_json::to_string(&content).unwrap(), kept);
            assert_eq!(serde_json::from_str::<Content>(kept).unwrap(), content);
        }
    }
}
