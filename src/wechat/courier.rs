//! One message, from its picture's download to WeChat's answer.

use std::{borrow::Cow, fmt, sync::Arc};

use bytes::Bytes;
use serde_json::Value;
use url::Url;

use super::{
    call::Call,
    client::{Client, Typing},
    config::{ClientConfig, Wire},
    content::{Content, Video},
    error::WechatError,
    file::{FileError, check},
    media::MediaType,
    mend::mend,
    outgoing::{ContentError, Message, Planned, Planner, VideoMessage},
    picture::{PictureError, PictureSource},
    send::{Body, body},
    transfer::{UploadError, Uploaded},
};
use crate::{
    base::clock::TimestampMs,
    net::is_plugin_host,
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
    /// What was changed so that WeChat takes it, in words; what was planned so is in [`Planned::notes`].
    pub notes: Vec<String>,
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

    /// What to do about WeChat's code, where there is one.
    #[must_use]
    pub fn action(&self) -> Option<Action> {
        if let Self::Wechat(error) = self { error.action() } else { None }
    }

    /// What it was by, in a word: WeChat's code where the manual has it, and else the kind of trouble. One of a fixed
    /// set.
    #[must_use]
    pub fn rule(&self) -> Cow<'static, str> {
        match self {
            Self::Content(_) => "content".into(),
            Self::Picture(_) => "picture".into(),
            Self::Wechat(error) => error.rule(),
            Self::Window(_) => "window".into(),
            Self::Typing(_) | Self::TypingLate => "typing".into(),
            Self::Withdrawn => "withdrawn".into(),
        }
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
    /// A courier with the client's limits and policies.
    #[must_use]
    pub fn new(client: Client, pictures: Arc<dyn PictureSource>) -> Self {
        let ClientConfig { profile, news, text, trim, .. } = *client.config();
        let planner = Planner { profile, news, text, trim };
        Self { client, pictures, planner }
    }

    /// With other policies.
    #[must_use]
    pub fn with_planner(mut self, planner: Planner) -> Self {
        self.planner = planner;
        self
    }

    /// The messages a content becomes.
    pub fn plan(&self, content: &Content) -> Result<Vec<Planned>, ContentError> {
        self.plan_begun(content, 0)
    }

    /// The messages a content becomes of which some were sent, out of `begun` in all: those it became then, where its
    /// account takes less than its profile says or has taken it since. With 0 nothing was sent, and they are such as the
    /// account is known to take; so they are where the number does not tell, since it is one in either case.
    pub fn plan_begun(&self, content: &Content, begun: u32) -> Result<Vec<Planned>, ContentError> {
        let usual = self.planner.plan(content)?;
        let is_begun = |planned: &[Planned]| usize::try_from(begun).is_ok_and(|begun| planned.len() == begun);
        let is_refused = self.client.learned().refuses(&usual);
        if !is_refused && (begun == 0 || is_begun(&usual)) {
            return Ok(usual);
        }
        let Some(smaller) = self.planner.plan_smaller(content)? else { return Ok(usual) };
        let is_smaller = match begun == 0 || smaller.len() == usual.len() {
            true => is_refused,
            false => is_begun(&smaller),
        };
        Ok(if is_smaller { smaller } else { usual })
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
        let way = Way { courier: self, openid, kf_account, wire };
        let sent = match message {
            Message::Text(text) => way.send(Body::Text(text)).await,
            Message::News(articles) => way.send(Body::News(articles)).await,
            Message::Given { msgtype, section } => way.send(Body::Given(msgtype, section)).await.map(|receipt| {
                let media_id = section.get("media_id").and_then(Value::as_str);
                Receipt { media_id: media_id.map(str::to_owned), ..receipt }
            }),
            Message::Typing(is_typing) => way.typing(*is_typing).await,
            Message::Image(url) => way.image(url).await,
            Message::Voice { url, link } => way.voice(url, link).await,
            Message::Video(video) => way.video(video).await,
        };
        if let Err(error) = &sent
            && let (true, Some(code)) = (error.answers_send(), error.errcode())
        {
            self.client.learned().refused(code, message);
        }
        sent
    }
}

/// To whom a message goes, and how.
struct Way<'a> {
    courier: &'a Courier,
    openid: &'a str,
    kf_account: Option<&'a str>,
    wire: &'a dyn Wire,
}

/// A file that is to be uploaded for a message.
struct Source<'a> {
    kind: MediaType,
    url: &'a Url,
    bytes: Bytes,
}

impl Way<'_> {
    /// Sends a body; once more without what WeChat refused, where the message can do without.
    async fn send(&self, content: Body<'_>) -> Result<Receipt, SendError> {
        let Courier { client, planner, .. } = self.courier;
        let mut whole = body(self.openid, self.kf_account, content);
        let (mut notes, mut mended) = (Vec::new(), Vec::new());
        loop {
            let error = match client.send(&whole, self.wire).await {
                Ok(answer) => {
                    let errmsg = answer.text("errmsg").to_owned();
                    return Ok(Receipt { at_ms: client.now(), errmsg, media_id: None, notes });
                }
                Err(error) => SendError::from(error),
            };
            let code = error.errcode().filter(|code| error.answers_send() && !mended.contains(code));
            let Some((code, more)) = code.and_then(|code| Some((code, mend(&mut whole, code, planner)?))) else {
                return Err(error);
            };
            if code == 45008 {
                client.learned().takes_one_article();
            }
            mended.push(code);
            notes.extend(more);
        }
    }

    /// Shows that somebody types, or no longer.
    async fn typing(&self, is_typing: bool) -> Result<Receipt, SendError> {
        let client = &self.courier.client;
        let typing = if is_typing { Typing::Typing } else { Typing::Cancel };
        let answer = client.typing_watched(self.openid, typing, self.wire).await?;
        let errmsg = answer.text("errmsg").to_owned();
        Ok(Receipt { at_ms: client.now(), errmsg, media_id: None, notes: Vec::new() })
    }

    /// Uploads files and sends what shows them; once more where WeChat no longer knows one (40007 and its kin). The first
    /// file is the message's own.
    async fn send_media(
        &self,
        sources: &[Source<'_>],
        content: impl for<'u> Fn(&'u [Uploaded]) -> Body<'u>,
    ) -> Result<Receipt, MediaError> {
        let mut again = false;
        loop {
            let mut uploaded = Vec::new();
            for Source { kind, url, bytes } in sources {
                let media = self.courier.client.media(*kind, bytes.clone()).await;
                uploaded.push(media.map_err(|error| MediaError::of(error, *kind, url))?);
            }
            match self.send(content(&uploaded)).await {
                Err(error) if !again && error.action() == Some(Action::Reupload) => {
                    uploaded.iter().for_each(|uploaded| self.courier.client.lost(uploaded));
                    again = true;
                }
                Err(error) => return Err(MediaError::Other(error)),
                Ok(receipt) => {
                    let media_id = uploaded.first().map(|uploaded| uploaded.media_id.clone());
                    let notes = uploaded.into_iter().flat_map(|uploaded| uploaded.notes).chain(receipt.notes).collect();
                    return Ok(Receipt { media_id, notes, ..receipt });
                }
            }
        }
    }

    async fn image(&self, url: &Url) -> Result<Receipt, SendError> {
        let _room = self.courier.client.room_for_files().await;
        let picture = self.courier.pictures.fetch(url).await?;
        let source = Source { kind: MediaType::Image, url, bytes: picture.bytes.into() };
        let sent = self.send_media(&[source], |uploaded| Body::Image(&uploaded[0].media_id)).await;
        sent.map_err(|error| error.without_link(url))
    }

    async fn voice(&self, url: &Url, link: &str) -> Result<Receipt, SendError> {
        let _room = self.courier.client.room_for_files().await;
        let file = match self.courier.pictures.fetch(url).await {
            Err(error @ PictureError::TooLarge { .. }) => return self.link(url, link, error.to_string()).await,
            file => file?,
        };
        let source = Source { kind: MediaType::Voice, url, bytes: file.bytes.into() };
        match self.send_media(&[source], |uploaded| Body::Voice(&uploaded[0].media_id)).await {
            Err(MediaError::File(error)) => self.link(url, link, error.to_string()).await,
            sent => sent.map_err(|error| error.without_link(url)),
        }
    }

    async fn video(&self, video: &VideoMessage) -> Result<Receipt, SendError> {
        let VideoMessage { url, thumb, title, description, link } = video;
        let _room = self.courier.client.room_for_files().await;
        let file = match self.courier.pictures.fetch(url).await {
            Err(error @ PictureError::TooLarge { .. }) => return self.link(url, link, error.to_string()).await,
            file => file?,
        };
        if let Err(error) = check(MediaType::Video, &file.bytes, &self.courier.client.config().profile) {
            return self.link(url, link, error.to_string()).await;
        }
        let (small, notes) = match thumb {
            Some(thumb) => self.thumb(thumb).await?,
            None => (None, Vec::new()),
        };
        let mut sources = vec![Source { kind: MediaType::Video, url, bytes: file.bytes.into() }];
        sources.extend(small.into_iter().zip(thumb).map(|(bytes, url)| Source { kind: MediaType::Thumb, url, bytes }));
        let sent = self.send_media(&sources, |uploaded| {
            let thumb_media_id = uploaded.get(1).map(|thumb| thumb.media_id.clone()).unwrap_or_default();
            let (title, description) = (title.clone(), description.clone());
            Body::Video(Video { media_id: uploaded[0].media_id.clone(), thumb_media_id, title, description })
        });
        match sent.await {
            Err(MediaError::File(error)) => self.link(url, link, error.to_string()).await,
            Ok(receipt) => Ok(Receipt { notes: notes.into_iter().chain(receipt.notes).collect(), ..receipt }),
            Err(error) => Err(error.without_link(url)),
        }
    }

    /// The small picture of a video, uploaded, where it can be had: a video can do without.
    async fn thumb(&self, url: &Url) -> Result<(Option<Bytes>, Vec<String>), SendError> {
        let without = |error: &dyn fmt::Display| {
            Ok((None, vec![format!("the video message goes without its small picture: {error}")]))
        };
        let bytes = match self.courier.pictures.fetch(url).await {
            Ok(picture) => Bytes::from(picture.bytes),
            Err(error) => return without(&error),
        };
        match self.courier.client.media(MediaType::Thumb, bytes.clone()).await {
            Ok(_) => Ok((Some(bytes), Vec::new())),
            Err(UploadError::Wechat(error)) if error.action() != Some(Action::Media) => Err(error.into()),
            Err(error) => without(&error),
        }
    }

    /// Sends what WeChat does not take as a text with its link.
    async fn link(&self, url: &Url, link: &str, reason: String) -> Result<Receipt, SendError> {
        if url.host_str().is_some_and(is_plugin_host) {
            // It lies in the plugin's folder: no customer can open it.
            return Err(PictureError::NoLink { url: url.to_string(), reason }.into());
        }
        self.courier.planner.check_link(link)?;
        let mut receipt = self.send(Body::Text(link)).await?;
        receipt.notes.insert(0, format!("sent as a link: {reason}"));
        Ok(receipt)
    }
}

/// A message with media that was not sent.
enum MediaError {
    /// WeChat does not take the file.
    File(FileError),
    /// Another reason.
    Other(SendError),
}

impl MediaError {
    fn of(error: UploadError, kind: MediaType, url: &Url) -> Self {
        match error {
            UploadError::File(error) => Self::File(error),
            UploadError::Picture(error) => Self::Other(PictureError::Unfit { url: url.to_string(), error }.into()),
            UploadError::Wechat(error) => match (error.action(), error.errcode()) {
                // WeChat looks closer than the first bytes do. Pictures do not go as links: its refusal is what there is.
                (Some(Action::Media), Some(errcode)) if kind != MediaType::Image => {
                    Self::File(FileError::Refused { errcode })
                }
                _ => Self::Other(error.into()),
            },
        }
    }

    /// The error of a message that cannot go as a link.
    fn without_link(self, url: &Url) -> SendError {
        match self {
            Self::File(error) => PictureError::NoLink { url: url.to_string(), reason: error.to_string() }.into(),
            Self::Other(error) => error,
        }
    }
}
