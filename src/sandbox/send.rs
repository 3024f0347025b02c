//! `message/custom/send`: the checks, in order, and the delivery (wechat-api.md §1, send bodies).

use serde_json::{Map, Value};

use super::{
    answer::{Answer, Refusal},
    api::Incoming,
    world::World,
};
use crate::wechat::{MediaType, NewsOver};

type Section<'a> = Option<&'a Map<String, Value>>;

/// What a member of a message must be.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Any text.
    Text,
    /// An address of http or https.
    Address,
    /// A media of one of these kinds.
    Media(&'static [MediaType]),
    /// A seeded mpnews media.
    Mpnews,
    /// A seeded article.
    Article,
    /// A seeded card.
    Card,
}

/// A member of a message: what is refused where it is missing, or `None` where it may be.
struct Member {
    name: &'static str,
    missing: Option<i64>,
    kind: Kind,
}

const fn member(name: &'static str, missing: i64, kind: Kind) -> Member {
    Member { name, missing: Some(missing), kind }
}

const IMAGE: &[MediaType] = &[MediaType::Image];
const VOICE: &[MediaType] = &[MediaType::Voice];
const VIDEO: &[MediaType] = &[MediaType::Video];
const THUMB: &[MediaType] = &[MediaType::Thumb, MediaType::Image];

/// The types an official account may send and their members. `link` is a mini program's and is refused. Text, news and
/// msgmenu have rules of their own besides. Public clients leave out a video's thumbnail and a piece of music's words, so those may be missing.
const TYPES: &[(&str, &[Member])] = &[
    ("text", &[member("content", 44004, Kind::Text)]),
    ("image", &[member("media_id", 41006, Kind::Media(IMAGE))]),
    ("voice", &[member("media_id", 41006, Kind::Media(VOICE))]),
    (
        "video",
        &[
            member("media_id", 41006, Kind::Media(VIDEO)),
            Member { name: "thumb_media_id", missing: None, kind: Kind::Media(THUMB) },
            Member { name: "title", missing: None, kind: Kind::Text },
            Member { name: "description", missing: None, kind: Kind::Text },
        ],
    ),
    (
        "music",
        &[
            member("musicurl", 40035, Kind::Address),
            Member { name: "title", missing: None, kind: Kind::Text },
            Member { name: "description", missing: None, kind: Kind::Text },
            Member { name: "hqmusicurl", missing: None, kind: Kind::Address },
            member("thumb_media_id", 41006, Kind::Media(THUMB)),
        ],
    ),
    ("news", &[]),
    ("mpnews", &[member("media_id", 41006, Kind::Mpnews)]),
    ("mpnewsarticle", &[member("article_id", 40035, Kind::Article)]),
    ("msgmenu", &[]),
    ("wxcard", &[member("card_id", 40035, Kind::Card)]),
    (
        "miniprogrampage",
        &[
            member("title", 40035, Kind::Text),
            member("appid", 40035, Kind::Text),
            member("pagepath", 40035, Kind::Text),
            member("thumb_media_id", 41006, Kind::Media(IMAGE)),
        ],
    ),
];

/// `POST /cgi-bin/message/custom/send`: the body's form, its type, its user, his window, its content, the agent; only a
/// message that is taken counts.
pub(super) fn send(world: &mut World, incoming: &Incoming) -> Result<Answer, Refusal> {
    let body = incoming.object()?;
    if has_unicode_escape(&incoming.body) {
        return Err(Refusal(47002));
    }
    let msgtype = body.get("msgtype").and_then(Value::as_str).unwrap_or_default();
    let (_, members) = TYPES.iter().find(|(name, _)| *name == msgtype).ok_or(Refusal(40008))?;
    let openid = incoming.touser(&body)?;
    world.check_user(&openid)?;
    let section = match body.get(msgtype) {
        None => None,
        Some(Value::Object(section)) => Some(section),
        Some(_) => return Err(Refusal(47001)),
    };
    for member in *members {
        check_member(world, section, member)?;
    }
    let silent = match msgtype {
        "text" => check_text(world, section)?,
        "news" => check_news(world, section)?,
        "mpnews" => check_mpnews(world, section)?,
        "msgmenu" => check_menu(world, section)?,
        _ => false,
    };
    check_agent(world, &body)?;
    world.deliver(&openid, body, silent)?;
    Ok(Answer::ok())
}

fn check_member(world: &World, section: Section<'_>, member: &Member) -> Result<(), Refusal> {
    let text = match (section.and_then(|section| section.get(member.name)), member.missing) {
        (None, None) => return Ok(()),
        (None, Some(missing)) => return Err(Refusal(missing)),
        (Some(Value::String(text)), missing) if text.is_empty() => {
            return missing.map_or(Ok(()), |code| Err(Refusal(code)));
        }
        (Some(Value::String(text)), _) => text,
        (Some(_), _) => return Err(Refusal(47001)),
    };
    let exists = |known: bool, code: i64| if known { Ok(()) } else { Err(Refusal(code)) };
    match member.kind {
        Kind::Text => Ok(()),
        Kind::Address => {
            let is_web = ["http://", "https://"].iter().any(|scheme| text.to_ascii_lowercase().starts_with(scheme));
            exists(is_web, 40035)
        }
        Kind::Media(kinds) => world.media.check(text, kinds, world.now()),
        Kind::Mpnews => exists(world.seeds.mpnews.contains_key(text), 40007),
        Kind::Article => exists(world.seeds.articles.contains(text), 40007),
        Kind::Card => exists(world.seeds.cards.contains(text), 40035),
    }
}

fn check_text(world: &World, section: Section<'_>) -> Result<bool, Refusal> {
    let content = section.and_then(|section| section.get("content")).and_then(Value::as_str).unwrap_or_default();
    if content.len() > world.config.profile.text_bytes_max { Err(Refusal(45002)) } else { Ok(false) }
}

/// Whether the message is answered ok and not delivered: too many articles, as the 2017 manual has it.
fn check_news(world: &World, section: Section<'_>) -> Result<bool, Refusal> {
    let articles = match section.and_then(|section| section.get("articles")) {
        None => return Err(Refusal(44003)),
        Some(Value::Array(articles)) if articles.is_empty() => return Err(Refusal(44003)),
        Some(Value::Array(articles)) => articles,
        Some(_) => return Err(Refusal(47001)),
    };
    let text_members = ["title", "description", "url", "picurl"];
    let well_formed = |article: &Value| {
        let typed = |name: &str| article.get(name).is_none_or(Value::is_string);
        article.is_object() && text_members.into_iter().all(typed)
    };
    if !articles.iter().all(well_formed) {
        return Err(Refusal(47001));
    }
    over(world, articles.len())
}

fn check_mpnews(world: &World, section: Section<'_>) -> Result<bool, Refusal> {
    let media_id = section.and_then(|section| section.get("media_id")).and_then(Value::as_str).unwrap_or_default();
    over(world, world.seeds.mpnews.get(media_id).copied().unwrap_or(1))
}

/// Whether so many articles are answered ok and not delivered; or they are refused, by profile.
fn over(world: &World, articles: usize) -> Result<bool, Refusal> {
    let profile = &world.config.profile;
    match profile.news_over {
        _ if articles <= profile.news_articles_max => Ok(false),
        NewsOver::Silence => Ok(true),
        NewsOver::Refuse => Err(Refusal(45008)),
    }
}

/// Verified accounts only: 40200.
fn check_menu(world: &World, section: Section<'_>) -> Result<bool, Refusal> {
    if !world.config.verified {
        return Err(Refusal(40200));
    }
    let contents = ["head_content", "tail_content"];
    let typed = |name: &&str| section.and_then(|section| section.get(*name)).is_none_or(Value::is_string);
    if !contents.iter().all(typed) {
        return Err(Refusal(47001));
    }
    let items = section.and_then(|section| section.get("list")).and_then(Value::as_array);
    let items = items.filter(|items| !items.is_empty()).ok_or(Refusal(44005))?;
    let given = |item: &Value, name: &str| match item.get(name) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Number(_)) => true,
        _ => false,
    };
    if items.iter().all(|item| given(item, "id") && given(item, "content")) { Ok(false) } else { Err(Refusal(40035)) }
}

/// `customservice.kf_account`: 65401 unknown, 65402 not bound to a person.
fn check_agent(world: &World, body: &Value) -> Result<(), Refusal> {
    let Some(agent) = body.get("customservice") else { return Ok(()) };
    let account = agent.get("kf_account").and_then(Value::as_str).unwrap_or_default();
    world.desk.bound(account).map(drop)
}

/// Whether JSON text holds a `\uXXXX` escape of a character that needs none: WeChat shows those to the user as they are
/// written. Control characters cannot be written otherwise.
fn has_unicode_escape(json: &[u8]) -> bool {
    let mut index = 0;
    while index + 1 < json.len() {
        if json[index] != b'\\' {
            index += 1;
            continue;
        }
        if json[index + 1] == b'u' {
            let digits = json.get(index + 2..index + 6).and_then(|digits| std::str::from_utf8(digits).ok());
            let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
            if code.is_some_and(|code| code >= u32::from(' ')) {
                return true;
            }
        }
        index += 2;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unicode_escapes() {
        let table = [
            (r#"{"a":"\u4f60"}"#, true),
            (r#"{"a":"\u003c"}"#, true),
            (r#"{"a":"你 \n \" \/ \\u4f60"}"#, false),
            (r#"{"a":"\\\u4f60"}"#, true),
            (r#"{"a":"\u0007"}"#, false),
            ("\\", false),
        ];
        for (json, expected) in table {
            assert_eq!(has_unicode_escape(json.as_bytes()), expected, "{json}");
        }
    }
}
