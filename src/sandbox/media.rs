//! `media/upload` and `media/get` (wechat-api.md §1, Limits).

use indexmap::IndexMap;
use serde_json::json;

use super::{
    answer::{Answer, Refusal, opaque},
    api::Incoming,
    world::World,
};
use crate::{
    base::{
        clock::TimestampMs,
        limits::{MEDIA_LIFE_MS, SANDBOX_MEDIA_BYTES_MAX},
    },
    wechat::{MediaType, PictureFormat, Profile, playtime_ms},
};

/// As long as the real ones.
const MEDIA_ID_CHARS: usize = 64;

/// An uploaded file.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// What each kind of media takes: extensions and the limit.
struct Rule {
    kind: MediaType,
    extensions: &'static [(&'static str, &'static str)],
    bytes_max: fn(&Profile) -> usize,
}

const JPEG: (&str, &str) = ("jpg", "image/jpeg");
const JPEG_LONG: (&str, &str) = ("jpeg", "image/jpeg");

const RULES: &[Rule] = &[
    Rule {
        kind: MediaType::Image,
        extensions: &[("png", "image/png"), JPEG, JPEG_LONG, ("gif", "image/gif")],
        bytes_max: |profile| profile.image_bytes_max,
    },
    Rule {
        kind: MediaType::Voice,
        extensions: &[("amr", "audio/amr"), ("mp3", "audio/mp3")],
        bytes_max: |profile| profile.voice_bytes_max,
    },
    Rule { kind: MediaType::Video, extensions: &[("mp4", "video/mp4")], bytes_max: |profile| profile.video_bytes_max },
    Rule { kind: MediaType::Thumb, extensions: &[JPEG, JPEG_LONG], bytes_max: |profile| profile.thumb_bytes_max },
];

#[derive(Debug)]
struct Media {
    /// `None` for a seeded id of no particular kind.
    kind: Option<MediaType>,
    file: Option<(File, &'static str)>,
    /// `None` for a seeded id, which is permanent.
    expires_at: Option<TimestampMs>,
}

/// The media that exist, oldest first.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    media: IndexMap<String, Media>,
    bytes: usize,
    count: u64,
}

impl Shelf {
    pub(super) fn len(&self) -> usize {
        self.media.len()
    }

    /// An id that exists for ever and has no bytes.
    pub(super) fn seed(&mut self, media_id: &str, kind: Option<MediaType>) {
        let seeded = Media { kind, file: None, expires_at: None };
        self.media.entry(media_id.to_owned()).or_insert(seeded);
    }

    /// Whether a message may show this media as one of these kinds: 40007 unknown or expired, 40121 another kind.
    pub(super) fn check(&self, media_id: &str, kinds: &[MediaType], now: TimestampMs) -> Result<(), Refusal> {
        match self.live(media_id, now)?.kind {
            Some(kind) if !kinds.contains(&kind) => Err(Refusal(40121)),
            _ => Ok(()),
        }
    }

    /// A picture that a user sends: its id. By the bytes and not by a name, as phones have none.
    pub(super) fn snap(&mut self, bytes: Vec<u8>, now: TimestampMs) -> Option<String> {
        let (extension, content_type) = match PictureFormat::sniff(&bytes)? {
            PictureFormat::Png => ("png", "image/png"),
            PictureFormat::Jpeg => ("jpg", "image/jpeg"),
            PictureFormat::Gif => ("gif", "image/gif"),
        };
        let file = File { name: format!("picture.{extension}"), bytes };
        Some(self.put(MediaType::Image, file, content_type, now))
    }

    /// The bytes of an uploaded media and what they are.
    pub(super) fn file(&self, media_id: &str, now: TimestampMs) -> Result<(&File, &'static str), Refusal> {
        let file = self.live(media_id, now)?.file.as_ref().ok_or(Refusal(40007))?;
        Ok((&file.0, file.1))
    }

    fn live(&self, media_id: &str, now: TimestampMs) -> Result<&Media, Refusal> {
        let media = self.media.get(media_id).ok_or(Refusal(40007))?;
        if media.expires_at.is_some_and(|end| end <= now) { Err(Refusal(40007)) } else { Ok(media) }
    }

    fn put(&mut self, kind: MediaType, file: File, content_type: &'static str, now: TimestampMs) -> String {
        let media_id = opaque(b'm', self.count, MEDIA_ID_CHARS);
        self.count += 1;
        self.bytes += file.bytes.len();
        let media = Media { kind: Some(kind), file: Some((file, content_type)), expires_at: Some(now + MEDIA_LIFE_MS) };
        self.media.insert(media_id.clone(), media);
        while self.bytes > SANDBOX_MEDIA_BYTES_MAX
            && let Some(oldest) = self.media.values().position(|media| media.file.is_some())
        {
            let gone = self.media.shift_remove_index(oldest).and_then(|(_, media)| media.file);
            self.bytes -= gone.map_or(0, |(file, _)| file.bytes.len());
        }
        media_id
    }
}

/// `POST /cgi-bin/media/upload`.
pub(super) fn upload(world: &mut World, incoming: &Incoming) -> Result<Answer, Refusal> {
    let kind = incoming.param("type").and_then(MediaType::from_name);
    let rule = RULES.iter().find(|rule| Some(rule.kind) == kind).ok_or(Refusal(40004))?;
    let file = incoming.file.as_ref().ok_or(Refusal(41005))?;
    let content_type = rule.check(file, &world.config.profile)?;
    let now = world.now();
    let media_id = world.media.put(rule.kind, file.clone(), content_type, now);
    let id_field = if rule.kind == MediaType::Thumb { "thumb_media_id" } else { "media_id" };
    Ok(Answer::Json(json!({"type": rule.kind.name(), id_field: media_id, "created_at": now / 1000})))
}

impl Rule {
    /// The content type of a file that is fine: 44001 empty, 40005 name, 45001 size, 45007 playtime, 40137 a picture that
    /// is none.
    fn check(&self, file: &File, profile: &Profile) -> Result<&'static str, Refusal> {
        if file.bytes.is_empty() {
            return Err(Refusal(44001));
        }
        let extension = file.name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        let known = self.extensions.iter().find(|(known, _)| Some(*known) == extension.as_deref());
        let (_, content_type) = known.ok_or(Refusal(40005))?;
        if file.bytes.len() > (self.bytes_max)(profile) {
            return Err(Refusal(45001));
        }
        if self.kind == MediaType::Voice && playtime_ms(&file.bytes) > profile.voice_ms_max {
            return Err(Refusal(45007));
        }
        let picture = matches!(self.kind, MediaType::Image | MediaType::Thumb);
        if picture && PictureFormat::sniff(&file.bytes).is_none() {
            return Err(Refusal(40137));
        }
        Ok(content_type)
    }
}

/// `GET /cgi-bin/media/get`. Named by its id as WeChat names it ("Get temporary materials", `filename="MEDIA_ID.jpg"`), not
/// as it was uploaded.
pub(super) fn get(world: &mut World, incoming: &Incoming) -> Result<Answer, Refusal> {
    let media_id = incoming.param("media_id").ok_or(Refusal(41006))?;
    let (file, content_type) = world.media.file(media_id, world.now())?;
    let extension =
        file.name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase());
    Ok(Answer::File { bytes: file.bytes.clone(), content_type, name: format!("{media_id}.{extension}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

    #[track_caller]
    fn check(kind: MediaType, name: &str, bytes: &[u8], expected: Result<&'static str, i64>) {
        let rule = RULES.iter().find(|rule| rule.kind == kind).unwrap();
        let file = File { name: name.to_owned(), bytes: bytes.to_vec() };
        assert_eq!(rule.check(&file, &Profile::y2017()), expected.map_err(Refusal), "{name}");
    }

    #[test]
    fn files() {
        let mut large = PNG.to_vec();
        large.resize(2 * 1024 * 1024, 0);
        check(MediaType::Image, "a.png", PNG, Ok("image/png"));
        check(MediaType::Image, "a.PNG", &large, Ok("image/png"));
        large.push(0);
        check(MediaType::Image, "a.png", &large, Err(45001));
        check(MediaType::Image, "a.webp", PNG, Err(40005));
        check(MediaType::Image, "png", PNG, Err(40005));
        check(MediaType::Image, "a.png", b"<html>", Err(40137));
        check(MediaType::Image, "a.png", b"", Err(44001));
        check(MediaType::Voice, "a.amr", b"#!AMR", Ok("audio/amr"));
        check(MediaType::Voice, "a.wav", b"RIFF", Err(40005));
        let minute = [b"#!AMR\n".as_slice(), &[0x7c; 3000]].concat();
        check(MediaType::Voice, "a.amr", &minute, Ok("audio/amr"));
        check(MediaType::Voice, "a.amr", &[minute.as_slice(), &[0x7c]].concat(), Err(45007));
        check(MediaType::Voice, "a.mp3", &[0; 2 * 1024 * 1024 + 1], Err(45001));
        check(MediaType::Video, "a.mp4", &vec![0; 10 * 1024 * 1024 + 1], Err(45001));
        check(MediaType::Video, "a.mp4", b"....ftyp", Ok("video/mp4"));
        check(MediaType::Thumb, "a.png", PNG, Err(40005));
        check(MediaType::Thumb, "a.jpg", &[0xff; 64 * 1024 + 1], Err(45001));
    }

    #[test]
    fn media_live_three_days_and_seeds_for_ever() {
        let mut shelf = Shelf::default();
        let file = File { name: "a.png".into(), bytes: PNG.to_vec() };
        let id = shelf.put(MediaType::Image, file, "image/png", 0);
        assert_eq!(shelf.check(&id, &[MediaType::Image], MEDIA_LIFE_MS - 1), Ok(()));
        assert_eq!(shelf.check(&id, &[MediaType::Image], MEDIA_LIFE_MS), Err(Refusal(40007)));
        assert_eq!(shelf.check(&id, &[MediaType::Voice], 0), Err(Refusal(40121)));
        shelf.seed("any", None);
        shelf.seed("voice", Some(MediaType::Voice));
        assert_eq!(shelf.check("any", &[MediaType::Image], i64::MAX), Ok(()));
        assert_eq!(shelf.check("voice", &[MediaType::Image], 0), Err(Refusal(40121)));
    }
}
