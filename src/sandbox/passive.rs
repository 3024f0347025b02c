//! What a callback answers a push with: nothing, a message, or the customer to customer service (wechat-api.md §3;
//! guide "Passive_user_reply_message", guide/product/kf/forwarding).

use serde_json::{Map, Value, json};

use super::{callback::Callback, world::World};
use crate::wechat::{MediaType, push::Fields};

/// Articles of a passive news.
const ARTICLES_MAX: usize = 8;

/// An answer that counts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    /// Taken, and nothing to say.
    Nothing,
    /// The customer goes to customer service: to this account, or to whoever takes him.
    Transfer(Option<String>),
    /// A message, in the shape of `message/custom/send`.
    Message(Value),
}

/// Reads an answer; `None`: it is wrong, and WeChat tries again.
pub(super) fn read(callback: &Callback, openid: &str, wechat_id: &str, body: &[u8]) -> Option<Reply> {
    if matches!(body.trim_ascii(), b"" | b"success") {
        return Some(Reply::Nothing);
    }
    let fields = callback.open(body)?;
    let is_addressed = fields.text("ToUserName") == Some(openid) && fields.text("FromUserName") == Some(wechat_id);
    fields.text("CreateTime")?.trim().parse::<u64>().ok().filter(|_| is_addressed)?;
    match fields.text("MsgType")? {
        "transfer_customer_service" => Some(Reply::Transfer(fields.inner("TransInfo", "KfAccount").map(str::to_owned))),
        msgtype => Some(Reply::Message(json!({
            "touser": openid,
            "msgtype": msgtype,
            msgtype: content(msgtype, &fields)?,
        }))),
    }
}

fn content(msgtype: &str, fields: &Fields) -> Option<Value> {
    let given = |outer: &str, name: &str| fields.inner(outer, name).filter(|text| !text.is_empty());
    let text = |outer: &str, name: &str| fields.inner(outer, name).unwrap_or_default().to_owned();
    Some(match msgtype {
        "text" => json!({"content": fields.filled("Content")?}),
        "image" => json!({"media_id": given("Image", "MediaId")?}),
        "voice" => json!({"media_id": given("Voice", "MediaId")?}),
        "video" => json!({
            "media_id": given("Video", "MediaId")?,
            "title": text("Video", "Title"),
            "description": text("Video", "Description"),
        }),
        "music" => json!({
            "title": text("Music", "Title"),
            "description": text("Music", "Description"),
            "musicurl": text("Music", "MusicUrl"),
            "hqmusicurl": text("Music", "HQMusicUrl"),
            // The manual asks for it, WeRoBot leaves it out.
            "thumb_media_id": text("Music", "ThumbMediaId"),
        }),
        "news" => json!({"articles": articles(fields)?}),
        _ => return None,
    })
}

/// As many as `ArticleCount` says.
fn articles(fields: &Fields) -> Option<Vec<Value>> {
    let items = match fields.as_map().get("Articles")?.get("item")? {
        Value::Array(items) => items.iter().map(Value::as_object).collect::<Option<Vec<_>>>()?,
        item => vec![item.as_object()?],
    };
    let count: usize = fields.text("ArticleCount")?.trim().parse().ok()?;
    if count != items.len() || !(1..=ARTICLES_MAX).contains(&count) {
        return None;
    }
    let text = |item: &Map<String, Value>, name: &str| item.get(name).cloned().unwrap_or_else(|| json!(""));
    let article = |item: &&Map<String, Value>| {
        json!({
            "title": text(item, "Title"),
            "description": text(item, "Description"),
            "picurl": text(item, "PicUrl"),
            "url": text(item, "Url"),
        })
    };
    Some(items.iter().map(article).collect())
}

/// Does what an answer says; `false`: it names a media that is not there, or has too long a text.
pub(super) fn follow(world: &mut World, openid: &str, is_message: bool, reply: Reply) -> bool {
    match reply {
        Reply::Nothing => true,
        // Events cannot be handed over.
        Reply::Transfer(account) => {
            let now = world.now();
            if is_message {
                world.desk.hand_over(openid, account.as_deref(), now);
            }
            true
        }
        Reply::Message(body) => {
            let is_fine = is_deliverable(world, &body);
            if is_fine && !world.has_left(openid) {
                world.receive_reply(openid, body);
            }
            is_fine
        }
    }
}

fn is_deliverable(world: &World, body: &Value) -> bool {
    let msgtype = body["msgtype"].as_str().unwrap_or_default();
    let (content, now) = (&body[msgtype], world.now());
    let has = |name: &str, kinds: &[MediaType]| {
        world.media.check(content[name].as_str().unwrap_or_default(), kinds, now).is_ok()
    };
    match msgtype {
        "text" => content["content"].as_str().unwrap_or_default().len() <= world.config.profile.text_bytes_max,
        "image" => has("media_id", &[MediaType::Image]),
        "voice" => has("media_id", &[MediaType::Voice]),
        "video" => has("media_id", &[MediaType::Video]),
        "music" => content["thumb_media_id"] == "" || has("thumb_media_id", &[MediaType::Thumb, MediaType::Image]),
        _ => true,
    }
}
