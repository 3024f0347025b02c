//! Media up and down: `media/upload` and `media/get` (wechat-api.md §1).

use bytes::Bytes;
use reqwest::{
    RequestBuilder,
    multipart::{Form, Part},
};

use super::{
    call::Call,
    client::{Answer, Client},
    config::Unwatched,
    error::WechatError,
    file::{FileError, FileFormat, check, check_avatar},
    fit::{FitError, Fitted, fit, taken},
    media::{Fingerprint, MediaType, fingerprint},
};
use crate::base::limits::WECHAT_MEDIA_BYTES_MAX;

/// A file that did not get to WeChat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// WeChat would not take it.
    #[error(transparent)]
    File(#[from] FileError),
    /// No picture that WeChat takes can be made of it.
    #[error("the picture cannot be sent: {0}")]
    Picture(#[from] FitError),
    /// The call failed.
    #[error(transparent)]
    Wechat(#[from] WechatError),
}

impl UploadError {
    /// The next step, for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::File(error) => error.hint().to_owned(),
            Self::Picture(error) => error.hint().to_owned(),
            Self::Wechat(error) => error.hint(),
        }
    }
}

/// A file that WeChat has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The media.
    pub media_id: String,
    /// What was changed so that WeChat takes it, in words.
    pub notes: Vec<String>,
    key: Fingerprint,
}

/// A media as WeChat gives it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// `Content-Type`
    pub content_type: String,
    /// The name that WeChat gives it, `""` where it gives none. Made by somebody else: not a path.
    pub file_name: String,
    /// What it is.
    pub bytes: Vec<u8>,
}

impl Client {
    /// `media/upload`: the media id of a file, for 3 days; its format and size are looked at first.
    pub async fn upload(&self, kind: MediaType, bytes: &[u8]) -> Result<String, UploadError> {
        let format = check(kind, bytes, &self.config().profile)?;
        Ok(self.upload_checked(kind, Bytes::copy_from_slice(bytes), "media", format).await?)
    }

    /// The media of a file, uploaded where it was not before: the same file has the same media for as long as WeChat keeps
    /// it, and is uploaded once however many ask for it at the same time. A picture or thumb that WeChat would not take is
    /// made one that it does; [`Uploaded::notes`] tells of it.
    pub async fn media(&self, kind: MediaType, bytes: impl Into<Bytes>) -> Result<Uploaded, UploadError> {
        let bytes = bytes.into();
        let limit = self.config().profile.media_bytes_max(kind);
        let key = fingerprint(kind, limit, &bytes);
        let turn = self.upload_turns().of(key);
        let mut unfit = turn.wait().await;
        if let Some((media_id, notes)) = self.known_media(&key) {
            let changed = || vec!["the picture was converted or made smaller when it was uploaded".to_owned()];
            let unchanged = !kind.is_picture() || taken(kind, &bytes, limit).is_some();
            let notes = notes.unwrap_or_else(|| if unchanged { Vec::new() } else { changed() });
            return Ok(Uploaded { media_id, notes, key });
        }
        if let Some(error) = &*unfit {
            // The one before found out.
            return Err(error.clone().into());
        }
        let (media_id, notes) = if kind.is_picture() {
            let fitted = fit(kind, bytes, limit).await;
            let Fitted { bytes, format, notes } = fitted.inspect_err(|error| *unfit = Some(error.clone()))?;
            let format = FileFormat { extension: format.extension(), mime: format.mime() };
            (self.upload_checked(kind, bytes, "picture", format).await?, notes)
        } else {
            let format = check(kind, &bytes, &self.config().profile)?;
            (self.upload_checked(kind, bytes, "media", format).await?, Vec::new())
        };
        self.remember_media(key, media_id.clone(), notes.clone());
        Ok(Uploaded { media_id, notes, key })
    }

    /// WeChat no longer knows a media: the next [`media`](Self::media) uploads the file again.
    pub(super) fn lost(&self, uploaded: &Uploaded) {
        self.forget_media(&uploaded.key, &uploaded.media_id);
    }

    async fn upload_checked(
        &self,
        kind: MediaType,
        bytes: Bytes,
        stem: &str,
        format: FileFormat,
    ) -> Result<String, WechatError> {
        let answer = self.post_file(Call::Upload, &[("type", kind.name())], bytes, stem, format).await?;
        let id = if kind == MediaType::Thumb { "thumb_media_id" } else { "media_id" };
        match answer.text(id) {
            "" => Err(self.not_json(Call::Upload, &answer)),
            media_id => Ok(media_id.to_owned()),
        }
    }

    /// `kfaccount/uploadheadimg`: the picture of a customer-service account, a JPEG; 640 × 640 is advised.
    pub async fn kf_avatar(&self, kf_account: &str, bytes: &[u8]) -> Result<(), UploadError> {
        let format = check_avatar(bytes)?;
        let bytes = Bytes::copy_from_slice(bytes);
        self.post_file(Call::KfAvatar, &[("kf_account", kf_account)], bytes, "avatar", format).await?;
        Ok(())
    }

    async fn post_file(
        &self,
        call: Call,
        query: &[(&str, &str)],
        bytes: Bytes,
        stem: &str,
        format: FileFormat,
    ) -> Result<Answer, WechatError> {
        let fill = |request: RequestBuilder| {
            let length = bytes.len() as u64;
            let part = Part::stream_with_length(bytes.clone(), length);
            let part = part.file_name(format!("{stem}.{}", format.extension));
            let part = part.mime_str(format.mime).map_err(|error| self.setup(error))?;
            Ok(request.multipart(Form::new().part("media", part)))
        };
        self.authorized(call, query, fill, &Unwatched).await
    }

    /// `media/get`: a temporary media, ours or one that a user sent.
    pub async fn download(&self, media_id: &str) -> Result<Downloaded, WechatError> {
        let raw = self.bytes(Call::Download, &[("media_id", media_id)], WECHAT_MEDIA_BYTES_MAX).await?;
        let file_name = raw.disposition.split_once("filename=").map_or("", |(_, name)| name.trim_matches(['"', ' ']));
        Ok(Downloaded { file_name: file_name.to_owned(), content_type: raw.content_type, bytes: raw.bytes })
    }
}
