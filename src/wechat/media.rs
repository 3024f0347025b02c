//! Media: what kind a picture's bytes are, and the media ids that are still good.

use std::{collections::HashMap, sync::Mutex};

use ring::digest::{Context, SHA256};

use crate::base::{
    clock::TimestampMs,
    limits::{MEDIA_LIFE_MS, MEDIA_REMEMBERED, MEDIA_RENEW_MARGIN_MS},
};

/// The kinds of temporary media (wechat-api.md §1, `upload`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// A picture.
    Image,
    /// A voice message.
    Voice,
    /// A video.
    Video,
    /// A video's or a piece of music's small picture.
    Thumb,
}

impl MediaType {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Image, Self::Voice, Self::Video, Self::Thumb];

    /// WeChat's name for it, the query's `type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Thumb => "thumb",
        }
    }

    /// Whether it is made of a picture.
    #[must_use]
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Image | Self::Thumb)
    }

    /// The kind with WeChat's name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The picture formats WeChat takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    /// PNG
    Png,
    /// JPEG
    Jpeg,
    /// GIF
    Gif,
}

impl PictureFormat {
    /// Reads the format from the first bytes; what a server or a name says does not count.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            _ => None,
        }
    }

    /// The extension of a file name; WeChat refuses an upload whose name has a wrong one.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Gif => "gif",
        }
    }

    /// The media type of HTTP.
    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
        }
    }
}

/// What two files share when they become the same media.
pub(super) type Fingerprint = [u8; 32];

/// The fingerprint of a file's bytes as they came, of the kind of media and of the limit it is made to fit: what is
/// uploaded follows from these. The address is no key: what lies behind it changes.
pub(super) fn fingerprint(kind: MediaType, limit: usize, bytes: &[u8]) -> Fingerprint {
    let mut context = Context::new(&SHA256);
    context.update(format!("{} {limit}\n", kind.name()).as_bytes());
    context.update(bytes);
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

#[derive(Debug)]
struct Known {
    media_id: String,
    /// What was changed before the upload; not known of those of earlier runs.
    notes: Option<Vec<String>>,
    good_until: TimestampMs,
}

/// The media ids of one account that WeChat still keeps.
#[derive(Debug, Default)]
pub(super) struct MediaIds {
    known: Mutex<HashMap<Fingerprint, Known>>,
}

impl MediaIds {
    /// What is known from before.
    pub(super) fn recall(media: Vec<(Fingerprint, String, TimestampMs)>) -> Self {
        let known =
            media.into_iter().map(|(key, media_id, good_until)| (key, Known { media_id, notes: None, good_until }));
        Self { known: Mutex::new(known.take(MEDIA_REMEMBERED).collect()) }
    }

    /// The id of a file uploaded before, while it is good, and what was changed, where that is still known.
    pub(super) fn get(&self, key: &Fingerprint, now: TimestampMs) -> Option<(String, Option<Vec<String>>)> {
        let known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.get(key).filter(|known| now < known.good_until).map(|known| (known.media_id.clone(), known.notes.clone()))
    }

    /// Remembers an upload; until when.
    pub(super) fn put(&self, key: Fingerprint, media_id: String, notes: Vec<String>, now: TimestampMs) -> TimestampMs {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.len() >= MEDIA_REMEMBERED
            && let Some(oldest) = known.iter().min_by_key(|(_, known)| known.good_until).map(|(key, _)| *key)
        {
            known.remove(&oldest);
        }
        let good_until = now + MEDIA_LIFE_MS - MEDIA_RENEW_MARGIN_MS;
        known.insert(key, Known { media_id, notes: Some(notes), good_until });
        good_until
    }

    /// Forgets an id WeChat no longer knows, unless a newer one has taken its place; whether it did.
    pub(super) fn forget(&self, key: &Fingerprint, media_id: &str) -> bool {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_it = known.get(key).is_some_and(|known| known.media_id == media_id);
        if is_it {
            known.remove(key);
        }
        is_it
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_bytes() {
        assert_eq!(PictureFormat::sniff(b"\x89PNG\r\n\x1a\n\0\0"), Some(PictureFormat::Png));
        assert_eq!(PictureFormat::sniff(b"\xff\xd8\xff\xe0"), Some(PictureFormat::Jpeg));
        assert_eq!(PictureFormat::sniff(b"GIF89a...."), Some(PictureFormat::Gif));
        assert_eq!(PictureFormat::sniff(b"RIFF....WEBP"), None);
        assert_eq!(PictureFormat::sniff(b""), None);
    }

    #[test]
    fn ids_live_a_little_less_than_wechat_keeps_them() {
        let ids = MediaIds::default();
        let key = fingerprint(MediaType::Image, 9, b"a");
        ids.put(key, "M1".to_owned(), vec!["smaller".to_owned()], 0);
        let end = MEDIA_LIFE_MS - MEDIA_RENEW_MARGIN_MS;
        assert_eq!(ids.get(&key, end - 1), Some(("M1".to_owned(), Some(vec!["smaller".to_owned()]))));
        assert_eq!(ids.get(&key, end), None);
        let others = [(MediaType::Image, 9, "b"), (MediaType::Thumb, 9, "a"), (MediaType::Image, 8, "a")];
        for (kind, limit, bytes) in others {
            assert_eq!(ids.get(&fingerprint(kind, limit, bytes.as_bytes()), 0), None);
        }
        ids.forget(&key, "M0");
        assert!(ids.get(&key, 0).is_some());
        ids.forget(&key, "M1");
        assert!(ids.get(&key, 0).is_none());
        let recalled = MediaIds::recall(vec![(key, "M2".to_owned(), 5)]);
        assert_eq!(recalled.get(&key, 4), Some(("M2".to_owned(), None)));
    }
}
