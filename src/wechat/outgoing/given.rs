//! Contents that go out as they were given.

use serde_json::Value;

use super::{ContentError, http_url, printable};
use crate::wechat::content::{Content, Menu, MiniprogramPage, Music};

/// WeChat's name for the type and the member of that name, where it has what WeChat asks for. Of a video that is the media
/// alone: public clients leave the thumbnail out.
pub(super) fn section(content: &Content) -> Result<(&'static str, Value), ContentError> {
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
        // The menu is looked at below, the others are not given ones.
        _ => &[],
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
    Ok((msgtype, printable_strings(content.body())))
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
