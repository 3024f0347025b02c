//! The types of messages, one subcommand each (wechat-api.md §1, send bodies).

use clap::Subcommand;

use super::To;
use super::media::{Media, media};
use super::way::Way;
use crate::cli::exit::Exit;
use crate::cli::plugins::fail;
use crate::host::Notice;
use crate::wechat::{
    Article, Content, MediaType, Menu, MenuItem, MiniprogramPage, Music, Typing, Video, VideoFile, VoiceFile,
};

#[derive(Debug, Subcommand)]
pub(super) enum MessageArguments {
    Text(Text),
    Image(Image),
    Voice(Voice),
    Video(VideoArguments),
    Music(MusicArguments),
    News(News),
    Mpnews(Mpnews),
    Mpnewsarticle(Mpnewsarticle),
    Msgmenu(Msgmenu),
    Wxcard(Wxcard),
    Miniprogrampage(Miniprogrampage),
    Typing(TypingArguments),
}

/// Send a text. Links as `<a href>` are WeChat's own markup; a long text goes in several messages.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  duoke send text oA 您好，请问有什么可以帮您？")]
pub(super) struct Text {
    #[command(flatten)]
    to: To,
    /// The text.
    #[arg(value_name = "TEXT")]
    text: String,
}

/// Send a picture.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  duoke send image oA receipt.png\n  duoke send image oA https://example.com/a.jpg")]
pub(super) struct Image {
    #[command(flatten)]
    to: To,
    /// A file, the media id of an image, or the address of a picture on a public server.
    #[arg(value_name = "PICTURE", value_parser = media)]
    picture: Media,
}

/// Send a voice message.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  duoke send voice oA greeting.amr")]
pub(super) struct Voice {
    #[command(flatten)]
    to: To,
    /// A file (AMR or MP3, up to 60 s), the media id of a voice, or an address on a public server: what WeChat does not
    /// take from there goes as a link.
    #[arg(value_name = "VOICE", value_parser = media)]
    voice: Media,
}

/// Send a video.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  duoke send video oA unboxing.mp4 --thumb cover.jpg --title 开箱")]
pub(super) struct VideoArguments {
    #[command(flatten)]
    to: To,
    /// A file (MP4), the media id of a video, or an address on a public server: what WeChat does not take from there goes
    /// as a link.
    #[arg(value_name = "VIDEO", value_parser = media)]
    video: Media,
    /// Its small picture: a file, or the media id of a thumb; of a video by address an address.
    #[arg(long, value_name = "THUMB", value_parser = media)]
    thumb: Option<Media>,
    /// The title.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    title: String,
    /// The description.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
}

/// Send a piece of music.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  duoke send music oA https://example.com/a.mp3 --thumb cover.jpg --title 茉莉花")]
pub(super) struct MusicArguments {
    #[command(flatten)]
    to: To,
    /// The address of the music.
    #[arg(value_name = "URL")]
    url: String,
    /// The same in better quality, for Wi-Fi.
    #[arg(long, value_name = "URL", default_value = "", hide_default_value = true)]
    hq: String,
    /// Its small picture: a file, or the media id of a thumb.
    #[arg(long, value_name = "THUMB", value_parser = media)]
    thumb: Media,
    /// The title.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    title: String,
    /// The description.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
}

/// Send 图文: articles with a link each.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  duoke send news oA --title 新品上市 --url https://example.com/new\n  \
                  duoke send news oA --article '{\"title\":\"新品\",\"url\":\"https://example.com/\"}'")]
pub(super) struct News {
    #[command(flatten)]
    to: To,
    /// The title.
    #[arg(long, value_name = "TEXT", required_unless_present = "article")]
    title: Option<String>,
    /// The digest.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true, requires = "title")]
    description: String,
    /// Where a tap leads.
    #[arg(long, value_name = "URL", default_value = "", hide_default_value = true, requires = "title")]
    url: String,
    /// The address of the cover.
    #[arg(long, value_name = "URL", default_value = "", hide_default_value = true, requires = "title")]
    picurl: String,
    /// A further article, as JSON: title, description, url, picurl. May come several times.
    #[arg(long, value_name = "JSON", value_parser = article)]
    article: Vec<Article>,
}

/// Send 图文 of the account's own pages.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  duoke send mpnews oA MEDIA_ID")]
pub(super) struct Mpnews {
    #[command(flatten)]
    to: To,
    /// The media id of an mpnews.
    #[arg(value_name = "MEDIA_ID")]
    media_id: String,
}

/// Send a published article of the account.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  duoke send mpnewsarticle oA ARTICLE_ID")]
pub(super) struct Mpnewsarticle {
    #[command(flatten)]
    to: To,
    /// The article's id.
    #[arg(value_name = "ARTICLE_ID")]
    article_id: String,
}

/// Send a menu to choose from; a tap comes back as a message. Verified accounts only.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  duoke send msgmenu oA --head 您对本次服务满意吗？ --item 1=满意 --item 2=不满意")]
pub(super) struct Msgmenu {
    #[command(flatten)]
    to: To,
    /// What stands above the items.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    head: String,
    /// An item: its id and what the customer reads.
    #[arg(long, value_name = "ID=TEXT", value_parser = item, required = true)]
    item: Vec<MenuItem>,
    /// What stands below.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    tail: String,
}

/// Send a card or coupon.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  duoke send wxcard oA CARD_ID")]
pub(super) struct Wxcard {
    #[command(flatten)]
    to: To,
    /// The card's id.
    #[arg(value_name = "CARD_ID")]
    card_id: String,
}

/// Send a page of a mini program that is linked to the account.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  duoke send miniprogrampage oA --title 订单 --appid wx1 --pagepath pages/order?id=7 \
                        --thumb cover.png"
)]
pub(super) struct Miniprogrampage {
    #[command(flatten)]
    to: To,
    /// The title.
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// The mini program's app id.
    #[arg(long, value_name = "APP_ID")]
    appid: String,
    /// The page with its query.
    #[arg(long, value_name = "PATH")]
    pagepath: String,
    /// Its picture, 520 × 416: a file, or the media id of an image.
    #[arg(long, value_name = "PICTURE", value_parser = media)]
    thumb: Media,
}

/// Show the customer for 15 s that somebody types; no message.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  duoke send typing oA\n  duoke send typing oA --cancel\n\n\
                        It is shown within 30 s of a message, his or the account's, and not while it is shown already. \
                        What cannot be shown at once is given up.")]
pub(super) struct TypingArguments {
    #[command(flatten)]
    to: To,
    /// Show it no longer.
    #[arg(long)]
    cancel: bool,
}

fn article(text: &str) -> Result<Article, String> {
    #[derive(serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    #[derive(Default)]
    struct Given {
        title: String,
        description: String,
        url: String,
        picurl: String,
    }
    let Given { title, description, url, picurl } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(Article { title, description, url, picurl })
}

fn item(text: &str) -> Result<MenuItem, String> {
    match text.split_once('=') {
        Some((id, content)) if !id.is_empty() && !content.is_empty() => {
            Ok(MenuItem { id: id.to_owned(), content: content.to_owned() })
        }
        _ => Err("an item is ID=TEXT, for instance 1=满意".to_owned()),
    }
}

impl MessageArguments {
    pub(super) fn to(&self) -> &To {
        match self {
            Self::Text(Text { to, .. })
            | Self::Image(Image { to, .. })
            | Self::Voice(Voice { to, .. })
            | Self::Video(VideoArguments { to, .. })
            | Self::Music(MusicArguments { to, .. })
            | Self::News(News { to, .. })
            | Self::Mpnews(Mpnews { to, .. })
            | Self::Mpnewsarticle(Mpnewsarticle { to, .. })
            | Self::Msgmenu(Msgmenu { to, .. })
            | Self::Wxcard(Wxcard { to, .. })
            | Self::Miniprogrampage(Miniprogrampage { to, .. })
            | Self::Typing(TypingArguments { to, .. }) => to,
        }
    }

    /// The content; files are uploaded.
    pub(super) fn content(&self, way: &mut Way<'_>) -> Result<Content, Exit> {
        Ok(match self {
            Self::Text(Text { text, .. }) if text.trim().is_empty() => {
                return Err(fail(way.output, Notice::error("the text is empty"), Exit::Usage));
            }
            Self::Text(Text { text, .. }) => Content::Text { text: text.clone() },
            Self::Image(Image { picture: Media::Address(pic_url), .. }) => Content::Image { pic_url: pic_url.clone() },
            Self::Image(Image { picture, .. }) => Content::ImageMedia { media_id: way.id(MediaType::Image, picture)? },
            Self::Voice(Voice { voice: Media::Address(file_url), .. }) => {
                Content::VoiceFile(VoiceFile { file_url: file_url.clone(), duration_ms: 0 })
            }
            Self::Voice(Voice { voice, .. }) => Content::Voice { media_id: way.id(MediaType::Voice, voice)? },
            Self::Video(VideoArguments { video: Media::Address(file_url), thumb, title, description, .. }) => {
                Content::VideoFile(VideoFile {
                    file_url: file_url.clone(),
                    thumb_url: way.address(thumb.as_ref())?,
                    title: title.clone(),
                    description: description.clone(),
                })
            }
            Self::Video(VideoArguments { video, thumb, title, description, .. }) => Content::Video(Video {
                media_id: way.id(MediaType::Video, video)?,
                thumb_media_id: way.optional(MediaType::Thumb, thumb.as_ref())?,
                title: title.clone(),
                description: description.clone(),
            }),
            Self::Music(MusicArguments { url, hq, thumb, title, description, .. }) => Content::Music(Music {
                title: title.clone(),
                description: description.clone(),
                musicurl: url.clone(),
                hqmusicurl: hq.clone(),
                thumb_media_id: way.id(MediaType::Thumb, thumb)?,
            }),
            Self::News(news) => Content::News { articles: news.articles() },
            Self::Mpnews(Mpnews { media_id, .. }) => Content::Mpnews { media_id: media_id.clone() },
            Self::Mpnewsarticle(Mpnewsarticle { article_id, .. }) => {
                Content::MpnewsArticle { article_id: article_id.clone() }
            }
            Self::Msgmenu(Msgmenu { head, item, tail, .. }) => {
                let (head_content, list, tail_content) = (head.clone(), item.clone(), tail.clone());
                Content::MsgMenu(Menu { head_content, list, tail_content })
            }
            Self::Wxcard(Wxcard { card_id, .. }) => Content::WxCard { card_id: card_id.clone() },
            Self::Miniprogrampage(Miniprogrampage { title, appid, pagepath, thumb, .. }) => {
                Content::MiniprogramPage(MiniprogramPage {
                    title: title.clone(),
                    appid: appid.clone(),
                    pagepath: pagepath.clone(),
                    thumb_media_id: way.id(MediaType::Image, thumb)?,
                })
            }
            Self::Typing(TypingArguments { cancel, .. }) => {
                Content::Typing { command: if *cancel { Typing::Cancel } else { Typing::Typing } }
            }
        })
    }
}

impl News {
    fn articles(&self) -> Vec<Article> {
        let first = self.title.as_ref().map(|title| Article {
            title: title.clone(),
            description: self.description.clone(),
            url: self.url.clone(),
            picurl: self.picurl.clone(),
        });
        first.into_iter().chain(self.article.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_and_items() {
        let given = article(r#"{"title":"一","url":"https://a/"}"#).unwrap();
        assert_eq!((given.title.as_str(), given.url.as_str(), given.picurl.as_str()), ("一", "https://a/", ""));
        assert!(article(r#"{"titel":"一"}"#).unwrap_err().contains("titel"));
        assert_eq!(item("1=a=b").unwrap(), MenuItem { id: "1".to_owned(), content: "a=b".to_owned() });
        assert!(item("1=").is_err() && item("满意").is_err());
    }
}
