//! One message, from its picture's download to WeChat's answer.

use std::{fmt, sync::Arc};

use serde_json::Value;
use url::Url;

use super::{
    call::Call,
    client::{Answer, Client, Typing},
    config::Wire,
    content::Content,
    error::WechatError,
    media::{Fingerprint, PictureFormat, fingerprint},
    outgoing::{ContentError, Message, Planner},
    picture::{Picture, PictureError, PictureSource},
    send::{Body, body},
};
use crate::{
    base::clock::TimestampMs,
    session::window::{Allowances, Closed, TypingRefused},
    wechat::errcode::Action,
};

/// WeChat took a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// When, by our clock.
    pub at_ms: TimestampMs,
    /// WeChat's words, `ok`.
    pub errmsg: String,
    /// The media the message showed.
    pub media_id: Option<String>,
}

/// A message that was not, or perhaps not, sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No message can be made of the content.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// Its picture could not be had.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The call failed.
    #[error(transparent)]
    Wechat(WechatError),
    /// WeChat would refuse it: it is not asked.
    #[error("{0}")]
    Window(Closed),
    /// WeChat would not show it: it is not asked.
    #[error(transparent)]
    Typing(TypingRefused),
    /// It was to be shown when it was put, not now.
    #[error("the typing state could not be shown in time")]
    TypingLate,
    /// It was withdrawn before it went on the wire.
    #[error("it was withdrawn before it was sent")]
    Withdrawn,
}

impl From<WechatError> for SendError {
    fn from(error: WechatError) -> Self {
        match error {
            WechatError::Withdrawn { .. } => Self::Withdrawn,
            error => Self::Wechat(error),
        }
    }
}

impl SendError {
    /// WeChat's code, where WeChat answered with one.
    #[must_use]
    pub fn errcode(&self) -> Option<i64> {
        if let Self::Wechat(error) = self { error.errcode() } else { None }
    }

    /// Whether WeChat answered the message itself, if only with a refusal.
    #[must_use]
    pub fn answers_send(&self) -> bool {
        matches!(self, Self::Wechat(WechatError::Refused { call: Call::Send, .. }))
    }

    /// The next step, for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Content(_) => "correct the message in the plugin".to_owned(),
            Self::Picture(error) => error.hint().to_owned(),
            Self::Wechat(error) => error.hint(),
            Self::Window(_) => {
                "it goes out after the user's next message or menu click; `duoke window` shows what he may be sent"
                    .to_owned()
            }
            Self::Typing(_) | Self::TypingLate => "nothing to do: the typing state is best effort".to_owned(),
            Self::Withdrawn => "nothing is to be done".to_owned(),
        }
    }
}

/// Brings messages to WeChat.
#[derive(Clone)]
pub struct Courier {
    client: Client,
    pictures: Arc<dyn PictureSource>,
    planner: Planner,
}

impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Courier").field("client", &self.client).field("planner", &self.planner).finish_non_exhaustive()
    }
}

impl Courier {
    /// A courier with the client's limits and the usual policies.
    #[must_use]
    pub fn new(client: Client, pictures: Arc<dyn PictureSource>) -> Self {
        let planner = Planner::new(client.config().profile);
        Self { client, pictures, planner }
    }

    /// With other policies.
    #[must_use]
    pub fn with_planner(mut self, planner: Planner) -> Self {
        self.planner = planner;
        self
    }

    /// The messages a content becomes.
    pub fn plan(&self, content: &Content) -> Result<Vec<Message>, ContentError> {
        self.planner.plan(content)
    }

    /// What users' actions allow, by the limits in force.
    #[must_use]
    pub fn allowances(&self) -> Allowances {
        self.planner.profile.allowances()
    }

    /// Sends one message to one user, in the name of a customer-service account where one is given. `wire` is asked
    /// before the message, not its picture, goes on the wire.
    pub async fn deliver(
        &self,
        openid: &str,
        kf_account: Option<&str>,
        message: &Message,
        wire: &dyn Wire,
    ) -> Result<Receipt, SendError> {
        match message {
            Message::Text(text) => {
                let answer = self.send(&body(openid, kf_account, Body::Text(text)), wire).await?;
                Ok(self.receipt(&answer, None))
            }
            Message::News(articles) => {
                let answer = self.send(&body(openid, kf_account, Body::News(articles)), wire).await?;
                Ok(self.receipt(&answer, None))
            }
            Message::Given { msgtype, section } => {
                let answer = self.send(&body(openid, kf_account, Body::Given(msgtype, section)), wire).await?;
                let media_id = section.get("media_id").and_then(Value::as_str);
                Ok(self.receipt(&answer, media_id.map(str::to_owned)))
            }
            Message::Typing(is_typing) => {
                let typing = if *is_typing { Typing::Typing } else { Typing::Cancel };
                let answer = self.client.typing_watched(openid, typing, wire).await?;
                Ok(self.receipt(&answer, None))
            }
            Message::Image(url) => self.deliver_image(openid, kf_account, url, wire).await,
        }
    }

    /// Uploads once more where WeChat no longer knows the media (40007 and its kin).
    async fn deliver_image(
        &self,
        openid: &str,
        kf_account: Option<&str>,
        url: &Url,
        wire: &dyn Wire,
    ) -> Result<Receipt, SendError> {
        let picture = self.pictures.fetch(url).await?;
        let format = self.accept(url, &picture)?;
        let key = fingerprint(&picture.bytes);
        let media_id = self.media_id(key, &picture, format).await?;
        match self.send(&body(openid, kf_account, Body::Image(&media_id)), wire).await {
            Err(error) if error.action() == Some(Action::Reupload) => {
                self.client.forget_media(&key, &media_id);
                let media_id = self.media_id(key, &picture, format).await?;
                let answer = self.send(&body(openid, kf_account, Body::Image(&media_id)), wire).await?;
                Ok(self.receipt(&answer, Some(media_id)))
            }
            outcome => Ok(self.receipt(&outcome?, Some(media_id))),
        }
    }

    fn accept(&self, url: &Url, picture: &Picture) -> Result<PictureFormat, PictureError> {
        let limit = self.planner.profile.image_bytes_max;
        if picture.bytes.len() > limit {
            return Err(PictureError::TooLarge { url: url.to_string(), limit });
        }
        PictureFormat::sniff(&picture.bytes)
            .ok_or_else(|| PictureError::Format { url: url.to_string(), content_type: picture.content_type.clone() })
    }

    async fn media_id(
        &self,
        key: Fingerprint,
        picture: &Picture,
        format: PictureFormat,
    ) -> Result<String, WechatError> {
        if let Some(known) = self.client.known_media(&key) {
            return Ok(known);
        }
        let media_id = self.client.upload_image(&picture.bytes, format).await?;
        self.client.remember_media(key, media_id.clone());
        Ok(media_id)
    }

    async fn send(&self, body: &Value, wire: &dyn Wire) -> Result<Answer, WechatError> {
        self.client.send(body, wire).await
    }

    fn receipt(&self, answer: &Answer, media_id: Option<String>) -> Receipt {
        Receipt { at_ms: self.client.now(), errmsg: answer.text("errmsg").to_owned(), media_id }
    }
}
