//! From what a plugin said to messages WeChat takes (plugin-apis.md §4).

mod given;
mod link;
mod split;
mod trim;

use serde_json::Value;
use url::Url;

use self::trim::Trimmer;
pub(super) use self::trim::{cut, cut_note, first_note};
use super::{
    client::Typing,
    content::{Article, Content, VideoFile},
    markup,
    profile::Profile,
};
use crate::base::limits::TEXT_PIECE_BYTES_MIN;
use crate::net::is_plugin_host;

/// One message as WeChat counts them, before its picture is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A text within the limit.
    Text(String),
    /// A picture, to be downloaded and uploaded.
    Image(Url),
    /// A voice, to be downloaded and uploaded.
    Voice {
        /// Where it is.
        url: Url,
        /// The text that goes where WeChat does not take it.
        link: String,
    },
    /// A video, to be downloaded and uploaded.
    Video(Box<VideoMessage>),
    /// Articles within the limit.
    News(Vec<Article>),
    /// That somebody types, or no longer.
    Typing(bool),
    /// What goes out as it was given.
    Given {
        /// WeChat's name for the type.
        msgtype: &'static str,
        /// The member of that name, as WeChat takes it.
        section: Value,
    },
}

/// A video before it is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoMessage {
    /// Where it is.
    pub url: Url,
    /// Where its small picture is.
    pub thumb: Option<Url>,
    /// The title, `""` for none.
    pub title: String,
    /// The description, `""` for none.
    pub description: String,
    /// The text that goes where WeChat does not take it.
    pub link: String,
}

/// What happens to more articles than the account may send in one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NewsPolicy {
    /// Several messages; each counts against what the user's last action allows.
    #[default]
    Split,
    /// The first ones only.
    First,
}

/// What happens to a text over the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextPolicy {
    /// Several messages, cut at lines and blanks where there are any.
    #[default]
    Split,
    /// Refused.
    Refuse,
}

/// What happens to a title or a description over the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrimPolicy {
    /// It is cut, which is told.
    #[default]
    Cut,
    /// Refused.
    Refuse,
}

/// A content no message can be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Nothing but blanks and control characters.
    #[error("the text is empty")]
    EmptyText,
    /// Over the limit, and splitting is off.
    #[error("the text has {bytes} bytes, WeChat takes {limit}")]
    LongText {
        /// Its UTF-8 bytes.
        bytes: usize,
        /// The profile's limit.
        limit: usize,
    },
    /// Over the limit, and cutting is off.
    #[error("the {what} has {bytes} bytes, WeChat takes {limit}")]
    TooLong {
        /// What is too long.
        what: String,
        /// Its UTF-8 bytes.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
    /// News without an article.
    #[error("the news message has no article")]
    EmptyNews,
    /// An article without title.
    #[error("article {number} of the news message has no title")]
    NoTitle {
        /// Counted from 1.
        number: usize,
    },
    /// A member that WeChat asks for.
    #[error("the {msgtype} message has no {member}")]
    Missing {
        /// The message's type.
        msgtype: &'static str,
        /// The member.
        member: &'static str,
    },
    /// Not an http or https address.
    #[error("{member} of the {msgtype} message is not an http or https address: {address}")]
    Address {
        /// The message's type.
        msgtype: &'static str,
        /// The member.
        member: &'static str,
        /// The address.
        address: String,
    },
    /// A file that goes as a link, and that lies where only the page can open it.
    #[error("the file lies in the plugin's folder, where no customer can open it: {address}")]
    OwnFile {
        /// The address.
        address: String,
    },
    /// A type that only mini programs may send.
    #[error("an official account may not send a {msgtype} message: WeChat takes it from mini programs only")]
    NotForAccounts {
        /// The message's type.
        msgtype: &'static str,
    },
    /// Not an http or https address.
    #[error("the picture's address is not http or https: {address}")]
    PictureAddress {
        /// The address.
        address: String,
    },
}

/// A message, and what was changed to make it one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The message.
    pub message: Message,
    /// What of the content was cut or left out, in words; nothing is without being told here.
    pub notes: Vec<String>,
}

impl From<Message> for Planned {
    fn from(message: Message) -> Self {
        Self { message, notes: Vec::new() }
    }
}

/// Makes messages of contents, by the limits in force and three policies.
#[derive(Debug, Clone, Copy)]
pub struct Planner {
    /// The limits.
    pub profile: Profile,
    /// For news.
    pub news: NewsPolicy,
    /// For texts.
    pub text: TextPolicy,
    /// For titles and descriptions.
    pub trim: TrimPolicy,
}

impl Planner {
    /// The usual policies.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self { profile, news: NewsPolicy::default(), text: TextPolicy::default(), trim: TrimPolicy::default() }
    }

    /// The messages of one content, in order; the same content always makes the same ones.
    pub fn plan(&self, content: &Content) -> Result<Vec<Planned>, ContentError> {
        match content {
            Content::Text { text } => self.plan_text(text),
            Content::Image { pic_url } => match http_url(pic_url) {
                Some(url) => Ok(vec![Message::Image(url).into()]),
                None => Err(ContentError::PictureAddress { address: pic_url.clone() }),
            },
            Content::News { articles } => self.plan_news(articles, self.profile.news_articles_max),
            Content::VoiceFile(voice) => {
                let url = file_url("voice", &voice.file_url)?;
                let link = link::voice(&url, voice.duration_ms);
                Ok(vec![Message::Voice { url, link }.into()])
            }
            Content::VideoFile(video) => self.plan_video(video).map(|planned| vec![planned]),
            Content::File(file) => {
                let url = file_url("file", &file.file_url)?;
                if is_in_folder(&url) {
                    return Err(ContentError::OwnFile { address: url.to_string() });
                }
                let link = link::file(&url, &printable(&file.file_name), file.file_size);
                self.check_link(&link)?;
                Ok(vec![Message::Text(link).into()])
            }
            Content::Typing { command } => Ok(vec![Message::Typing(*command == Typing::Typing).into()]),
            given => self.plan_given(given).map(|planned| vec![planned]),
        }
    }

    /// The messages for an account that takes less than the profile says (45002, 45008); `None` where there are none. They
    /// are more than the usual ones, so that their number tells which they were, or one where the usual one is one too:
    /// the first articles.
    pub fn plan_smaller(&self, content: &Content) -> Result<Option<Vec<Planned>>, ContentError> {
        match content {
            Content::News { articles } if articles.len() > 1 && self.profile.news_articles_max > 1 => {
                self.plan_news(articles, 1).map(Some)
            }
            Content::Text { text } if self.text == TextPolicy::Split => {
                let (text, limit) = (printable(text), self.profile.text_bytes_max);
                let usual = split::split_text(&text, limit).len();
                let smaller = (2..).map(|parts| limit / parts).take_while(|limit| *limit >= TEXT_PIECE_BYTES_MIN);
                let pieces = smaller.map(|limit| split::split_text(&text, limit)).find(|pieces| pieces.len() > usual);
                Ok(pieces.map(|pieces| pieces.into_iter().map(|piece| Message::Text(piece).into()).collect()))
            }
            _ => Ok(None),
        }
    }

    fn plan_text(&self, text: &str) -> Result<Vec<Planned>, ContentError> {
        let text = printable(text);
        let (bytes, limit) = (text.len(), self.profile.text_bytes_max);
        if text.trim().is_empty() {
            return Err(ContentError::EmptyText);
        }
        match self.text {
            _ if bytes <= limit => Ok(vec![Message::Text(text).into()]),
            TextPolicy::Refuse => Err(ContentError::LongText { bytes, limit }),
            TextPolicy::Split => {
                Ok(split::split_text(&text, limit).into_iter().map(|piece| Message::Text(piece).into()).collect())
            }
        }
    }

    fn plan_news(&self, articles: &[Article], articles_max: usize) -> Result<Vec<Planned>, ContentError> {
        if articles.is_empty() {
            return Err(ContentError::EmptyNews);
        }
        if let Some(index) = articles.iter().position(|article| article.title.trim().is_empty()) {
            return Err(ContentError::NoTitle { number: index + 1 });
        }
        let mut planned = Vec::new();
        for (chunk, first) in articles.chunks(articles_max).zip((1..).step_by(articles_max)) {
            let mut notes = Vec::new();
            let cleaned = chunk.iter().zip(first..).map(|(article, number)| self.clean(article, number, &mut notes));
            let cleaned = cleaned.collect::<Result<_, _>>()?;
            if self.news == NewsPolicy::First && articles.len() > articles_max {
                notes.push(first_note(articles.len(), articles_max));
                return Ok(vec![Planned { message: Message::News(cleaned), notes }]);
            }
            planned.push(Planned { message: Message::News(cleaned), notes });
        }
        Ok(planned)
    }

    /// An article as WeChat takes it; its number is counted from 1.
    fn clean(&self, article: &Article, number: usize, notes: &mut Vec<String>) -> Result<Article, ContentError> {
        let (trimmer, of) = (self.trimmer(), format!("article {number}"));
        let title = trimmer.title(printable(article.title.trim()), &of, notes)?;
        let description = trimmer.description(printable(&markup::strip(&article.description)), &of, notes)?;
        let mut address = |text: &str, what: &str| {
            let reason = match http_url(text) {
                Some(url) if is_in_folder(&url) => "it lies in the plugin's folder, where no customer can open it",
                Some(_) => return text.trim().to_owned(),
                None if text.trim().is_empty() => return String::new(),
                None => "the address is not http or https",
            };
            notes.push(format!("{of} goes without its {what}: {reason}"));
            String::new()
        };
        let url = address(&article.url, "link");
        let picurl = address(&article.picurl, "picture");
        Ok(Article { title, description, url, picurl })
    }

    fn plan_video(&self, video: &VideoFile) -> Result<Planned, ContentError> {
        let url = file_url("video", &video.file_url)?;
        let (mut notes, of) = (Vec::new(), "the video message");
        let title = self.trimmer().title(printable(video.title.trim()), of, &mut notes)?;
        let description = self.trimmer().description(printable(video.description.trim()), of, &mut notes)?;
        let thumb = http_url(&video.thumb_url);
        if thumb.is_none() && !video.thumb_url.trim().is_empty() {
            notes.push(format!("{of} goes without its small picture: the address is not http or https"));
        }
        let link = link::video(&url, &title);
        Ok(Planned { message: Message::Video(Box::new(VideoMessage { url, thumb, title, description, link })), notes })
    }

    fn plan_given(&self, content: &Content) -> Result<Planned, ContentError> {
        let (msgtype, section) = given::section(content)?;
        let mut notes = Vec::new();
        let section = self.trimmer().section(section, msgtype, &mut notes)?;
        Ok(Planned { message: Message::Given { msgtype, section }, notes })
    }

    /// A link is one text: it cannot be cut.
    pub(super) fn check_link(&self, link: &str) -> Result<(), ContentError> {
        let (bytes, limit) = (link.len(), self.profile.text_bytes_max);
        if bytes <= limit { Ok(()) } else { Err(ContentError::LongText { bytes, limit }) }
    }

    fn trimmer(&self) -> Trimmer {
        Trimmer::new(&self.profile, self.trim)
    }
}

fn file_url(msgtype: &'static str, address: &str) -> Result<Url, ContentError> {
    http_url(address).ok_or_else(|| ContentError::Address { msgtype, member: "file_url", address: address.to_owned() })
}

fn http_url(text: &str) -> Option<Url> {
    Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Whether an address is that of a plugin's folder, which exists inside of duoke alone.
fn is_in_folder(url: &Url) -> bool {
    url.host_str().is_some_and(is_plugin_host)
}

/// Without control characters: JSON can write them only as `\u` escapes, which WeChat refuses (47002).
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_control() || matches!(c, '\n' | '\r' | '\t')).collect()
}

#[cfg(test)]
mod tests;
