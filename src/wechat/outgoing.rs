//! From what a plugin said to messages WeChat takes (plugin-apis.md §4).

use serde_json::Value;
use url::Url;

use super::{
    client::Typing,
    content::{Article, Content, Menu, MiniprogramPage, Music},
    markup,
    profile::Profile,
};

/// One message as WeChat counts them, before its picture is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A text within the limit.
    Text(String),
    /// A picture.
    Image(Url),
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

/// Makes messages of contents, by the limits in force and two policies.
#[derive(Debug, Clone, Copy)]
pub struct Planner {
    /// The limits.
    pub profile: Profile,
    /// For news.
    pub news: NewsPolicy,
    /// For texts.
    pub text: TextPolicy,
}

impl Planner {
    /// The usual policies.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self { profile, news: NewsPolicy::default(), text: TextPolicy::default() }
    }

    /// The messages of one content, in order; the same content always makes the same ones.
    pub fn plan(&self, content: &Content) -> Result<Vec<Message>, ContentError> {
        match content {
            Content::Text { text } => self.plan_text(text),
            Content::Image { pic_url } => match http_url(pic_url) {
                Some(url) => Ok(vec![Message::Image(url)]),
                None => Err(ContentError::PictureAddress { address: pic_url.clone() }),
            },
            Content::News { articles } => self.plan_news(articles),
            Content::Typing { command } => Ok(vec![Message::Typing(*command == Typing::Typing)]),
            given => plan_given(given).map(|message| vec![message]),
        }
    }

    fn plan_text(&self, text: &str) -> Result<Vec<Message>, ContentError> {
        let text = printable(text);
        let (bytes, limit) = (text.len(), self.profile.text_bytes_max);
        if text.trim().is_empty() {
            return Err(ContentError::EmptyText);
        }
        match self.text {
            _ if bytes <= limit => Ok(vec![Message::Text(text)]),
            TextPolicy::Refuse => Err(ContentError::LongText { bytes, limit }),
            TextPolicy::Split => Ok(split_text(&text, limit).into_iter().map(Message::Text).collect()),
        }
    }

    fn plan_news(&self, articles: &[Article]) -> Result<Vec<Message>, ContentError> {
        if articles.is_empty() {
            return Err(ContentError::EmptyNews);
        }
        if let Some(index) = articles.iter().position(|article| article.title.trim().is_empty()) {
            return Err(ContentError::NoTitle { number: index + 1 });
        }
        let articles: Vec<Article> = articles.iter().map(clean_article).collect();
        let mut messages = articles.chunks(self.profile.news_articles_max).map(|some| Message::News(some.to_vec()));
        Ok(match self.news {
            NewsPolicy::Split => messages.collect(),
            NewsPolicy::First => messages.next().into_iter().collect(),
        })
    }
}

/// A message that goes out as it was given, where it has what WeChat asks for. Of a video that is the media alone: public
/// clients leave the thumbnail out.
fn plan_given(content: &Content) -> Result<Message, ContentError> {
    let msgtype = content.msgtype();
    let required: &[(&'static str, &str)] = match content {
        Content::ImageMedia { media_id } | Content::Voice { media_id } | Content::Mpnews { media_id } => {
            &[("media_id", media_id)]
        }
        Content::Video(video) => &[("media_id", &video.media_id)],
        Content::Music(Music { musicurl, thumb_media_id, .. }) => {
            &[("musicurl", musicurl), ("thumb_media_id", thumb_media_id)]
        }
        Content::MpnewsArticle { article_id } => &[("article_id", article_id)],
        Content::WxCard { card_id } => &[("card_id", card_id)],
        Content::MiniprogramPage(MiniprogramPage { title, appid, pagepath, thumb_media_id }) => {
            &[("title", title), ("appid", appid), ("pagepath", pagepath), ("thumb_media_id", thumb_media_id)]
        }
        Content::Link(_) => return Err(ContentError::NotForAccounts { msgtype }),
        Content::MsgMenu(_)
        | Content::Text { .. }
        | Content::Image { .. }
        | Content::News { .. }
        | Content::Typing { .. } => &[],
    };
    if let Some((member, _)) = required.iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(ContentError::Missing { msgtype, member });
    }
    match content {
        Content::MsgMenu(menu) => check_menu(menu)?,
        Content::Music(music) => {
            for (member, address) in [("musicurl", &music.musicurl), ("hqmusicurl", &music.hqmusicurl)] {
                if !address.is_empty() && http_url(address).is_none() {
                    return Err(ContentError::Address { msgtype, member, address: address.clone() });
                }
            }
        }
        _ => {}
    }
    Ok(Message::Given { msgtype, section: printable_strings(content.body()) })
}

fn check_menu(menu: &Menu) -> Result<(), ContentError> {
    let missing = |member| Err(ContentError::Missing { msgtype: "msgmenu", member });
    if menu.list.is_empty() {
        return missing("list");
    }
    match menu.list.iter().find(|item| item.id.trim().is_empty() || item.content.trim().is_empty()) {
        Some(item) if item.id.trim().is_empty() => missing("id of an item"),
        Some(_) => missing("content of an item"),
        None => Ok(()),
    }
}

/// The same value with [`printable`] strings.
fn printable_strings(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(printable(&text)),
        Value::Array(values) => values.into_iter().map(printable_strings).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, printable_strings(value))).collect(),
        other => other,
    }
}

fn clean_article(article: &Article) -> Article {
    let address = |text: &str| http_url(text).map_or_else(String::new, |_| text.trim().to_owned());
    Article {
        title: printable(article.title.trim()),
        description: printable(&markup::strip(&article.description)),
        url: address(&article.url),
        picurl: address(&article.picurl),
    }
}

fn http_url(text: &str) -> Option<Url> {
    Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Without control characters: JSON can write them only as `\u` escapes, which WeChat refuses (47002).
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_control() || matches!(c, '\n' | '\r' | '\t')).collect()
}

/// Pieces of at most `limit` bytes that together are the text, less the blanks where it was cut.
fn split_text(text: &str, limit: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while rest.len() > limit {
        let cut = cut_position(rest, limit);
        pieces.push(rest[..cut].trim_end().to_owned());
        rest = rest[cut..].trim_start();
    }
    if !rest.is_empty() {
        pieces.push(rest.to_owned());
    }
    pieces
}

/// Where to cut: at the last line break, else the last blank, else the last whole character; never inside a link.
fn cut_position(text: &str, limit: usize) -> usize {
    let mut whole = text.floor_char_boundary(limit);
    if let Some(open) = text[..whole].rfind("<a ").filter(|open| *open > 0 && !text[*open..whole].contains("</a>")) {
        whole = open;
    }
    let head = &text[..whole];
    let after_first = |position: usize| (position > 0).then_some(position);
    let line = head.rfind('\n').and_then(after_first);
    let blank = || head.rfind(' ').filter(|at| *at > whole / 2);
    let inside_link = |at: &usize| head[..*at].rfind("<a ").is_some_and(|open| !head[open..*at].contains("</a>"));
    line.filter(|at| !inside_link(at)).or_else(|| blank().filter(|at| !inside_link(at))).unwrap_or(whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(title: &str) -> Article {
        Article { title: title.into(), url: "http://u/".into(), ..Article::default() }
    }

    fn news(count: usize) -> Content {
        Content::News { articles: (0..count).map(|n| article(&n.to_string())).collect() }
    }

    fn counts(messages: &[Message]) -> Vec<usize> {
        messages.iter().map(|m| if let Message::News(articles) = m { articles.len() } else { 0 }).collect()
    }

    #[test]
    fn news_by_profile_and_policy() {
        let table = [
            (Profile::y2017(), NewsPolicy::Split, 10, vec![8, 2]),
            (Profile::y2017(), NewsPolicy::First, 10, vec![8]),
            (Profile::y2017(), NewsPolicy::Split, 8, vec![8]),
            (Profile::y2025(), NewsPolicy::Split, 3, vec![1, 1, 1]),
            (Profile::y2025(), NewsPolicy::First, 3, vec![1]),
        ];
        for (profile, news_policy, count, expected) in table {
            let planner = Planner { news: news_policy, ..Planner::new(profile) };
            assert_eq!(counts(&planner.plan(&news(count)).unwrap()), expected);
        }
    }

    #[test]
    fn what_no_message_can_be_made_of() {
        let planner = Planner::new(Profile::y2025());
        let text = |text: &str| planner.plan(&Content::Text { text: text.into() }).unwrap_err();
        assert_eq!(text(" \u{1}\n"), ContentError::EmptyText);
        assert_eq!(planner.plan(&news(0)).unwrap_err(), ContentError::EmptyNews);
        let untitled = Content::News { articles: vec![article("a"), article(" ")] };
        assert_eq!(planner.plan(&untitled).unwrap_err(), ContentError::NoTitle { number: 2 });
        for address in ["javascript:alert(1)", "/a.png", "file:///a.png", "http://"] {
            let image = Content::Image { pic_url: address.into() };
            assert!(matches!(planner.plan(&image), Err(ContentError::PictureAddress { .. })), "{address}");
        }
    }

    #[test]
    fn what_is_named_by_ids_needs_its_members() {
        let planner = Planner::new(Profile::y2025());
        let content = |kept: &str| serde_json::from_str::<Content>(kept).unwrap();
        let table = [
            (r#"{"msgtype":"image_media","media_id":"M"}"#, None),
            (r#"{"msgtype":"voice","media_id":" "}"#, Some("media_id")),
            (r#"{"msgtype":"video","media_id":"M"}"#, None),
            (r#"{"msgtype":"music","musicurl":"","thumb_media_id":"T"}"#, Some("musicurl")),
            (r#"{"msgtype":"music","musicurl":"http://m/","thumb_media_id":""}"#, Some("thumb_media_id")),
            (r#"{"msgtype":"mpnews","media_id":""}"#, Some("media_id")),
            (r#"{"msgtype":"mpnewsarticle","article_id":""}"#, Some("article_id")),
            (r#"{"msgtype":"msgmenu","list":[]}"#, Some("list")),
            (r#"{"msgtype":"msgmenu","list":[{"id":"1","content":""}]}"#, Some("content of an item")),
            (r#"{"msgtype":"wxcard","card_id":""}"#, Some("card_id")),
            (
                r#"{"msgtype":"miniprogrampage","title":"t","appid":"","pagepath":"p","thumb_media_id":"M"}"#,
                Some("appid"),
            ),
        ];
        for (kept, missing) in table {
            let content = content(kept);
            let expected = match missing {
                None => Ok(vec![Message::Given { msgtype: content.msgtype(), section: content.body() }]),
                Some(member) => Err(ContentError::Missing { msgtype: content.msgtype(), member }),
            };
            assert_eq!(planner.plan(&content), expected, "{kept}");
        }
        let music = content(r#"{"msgtype":"music","musicurl":"file:///m","thumb_media_id":"T"}"#);
        assert!(matches!(planner.plan(&music), Err(ContentError::Address { member: "musicurl", .. })));
        let link = content(r#"{"msgtype":"link","title":"t","url":"http://u/"}"#);
        assert_eq!(planner.plan(&link), Err(ContentError::NotForAccounts { msgtype: "link" }));
        let bell = content(r#"{"msgtype":"msgmenu","list":[{"id":"1","content":"a\u0007"}]}"#);
        let Ok([Message::Given { section, .. }]) = planner.plan(&bell).as_deref().map(|all| [all[0].clone()]) else {
            panic!()
        };
        assert_eq!(section["list"][0]["content"], "a");
    }

    #[test]
    fn articles_are_cleaned() {
        let dirty = Article {
            title: " 标题\u{7} ".into(),
            description: "<div>摘要<br>二</div>".into(),
            url: "apiUrl(1,'reload')".into(),
            picurl: "https://p/1.png".into(),
        };
        let planned = Planner::new(Profile::y2025()).plan(&Content::News { articles: vec![dirty] }).unwrap();
        let expected = Article {
            title: "标题".into(),
            description: "摘要\n二".into(),
            url: String::new(),
            picurl: "https://p/1.png".into(),
        };
        assert_eq!(planned, vec![Message::News(vec![expected])]);
    }

    #[test]
    fn control_characters_go() {
        let planned = Planner::new(Profile::y2025()).plan(&Content::Text { text: "a\0b\n\tc\u{1b}".into() }).unwrap();
        assert_eq!(planned, vec![Message::Text("ab\n\tc".into())]);
    }

    #[track_caller]
    fn check_split(text: &str, limit: usize, expected: &[&str]) {
        let pieces = split_text(text, limit);
        assert!(pieces.iter().all(|piece| piece.len() <= limit), "{pieces:?}");
        assert_eq!(pieces, expected);
    }

    #[test]
    fn long_texts_are_cut_between_words_and_lines() {
        check_split("您好您好", 7, &["您好", "您好"]);
        check_split("one two three", 9, &["one two", "three"]);
        check_split("line one\nline two", 12, &["line one", "line two"]);
        check_split("ab <a href=\"x\">link</a> c", 24, &["ab <a href=\"x\">link</a>", "c"]);
        check_split("abcdef <a href=\"x\">k</a>", 22, &["abcdef", "<a href=\"x\">k</a>"]);
    }

    #[test]
    fn the_text_limit_counts_bytes() {
        let planner = Planner { text: TextPolicy::Refuse, ..Planner::new(Profile::y2017()) };
        assert!(planner.plan(&Content::Text { text: "a".repeat(2048) }).is_ok());
        let long = Content::Text { text: "汉".repeat(683) };
        assert_eq!(planner.plan(&long).unwrap_err(), ContentError::LongText { bytes: 2049, limit: 2048 });
    }
}
