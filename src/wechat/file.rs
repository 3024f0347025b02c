//! What a file must be for WeChat to take it (wechat-api.md §1, Limits): told by its bytes, whatever its name says.

use super::{
    errcode::phrase,
    media::{MediaType, PictureFormat},
    profile::Profile,
};
use crate::base::limits::KF_AVATAR_BYTES_MAX;

/// A format that WeChat takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFormat {
    /// The extension of a file name; WeChat refuses an upload whose name has a wrong one.
    pub extension: &'static str,
    /// The media type of HTTP.
    pub mime: &'static str,
}

/// A file that WeChat would not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// Another format.
    #[error("the file is not {wanted}, as WeChat wants it for {purpose}")]
    Format {
        /// `image`, `voice`, …
        purpose: &'static str,
        /// The formats.
        wanted: &'static str,
    },
    /// Too many bytes.
    #[error("the file has {bytes} bytes, WeChat takes {limit} for {purpose}")]
    TooLarge {
        /// `image`, `voice`, …
        purpose: &'static str,
        /// Its bytes.
        bytes: usize,
        /// The profile's limit.
        limit: usize,
    },
    /// It plays too long.
    #[error("the voice plays {ms} ms, WeChat takes {limit}")]
    TooLong {
        /// How long.
        ms: u64,
        /// The profile's limit.
        limit: u64,
    },
    /// WeChat itself found it wanting.
    #[error("WeChat does not take the file: {errcode} {}", phrase(*.errcode))]
    Refused {
        /// WeChat's code.
        errcode: i64,
    },
}

impl FileError {
    /// The next step, for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "name a file with something in it",
            Self::Refused { .. } | Self::Format { .. } => "convert the file; its bytes count, not its name",
            Self::TooLarge { .. } => "make the file smaller",
            Self::TooLong { .. } => "cut the recording, or send a link to it",
        }
    }
}

const JPEG: FileFormat = FileFormat { extension: "jpg", mime: "image/jpeg" };

/// The format of a file that WeChat takes as this kind of media.
pub fn check(kind: MediaType, bytes: &[u8], profile: &Profile) -> Result<FileFormat, FileError> {
    let wanted = match kind {
        MediaType::Image => "PNG, JPEG or GIF",
        MediaType::Voice => "AMR or MP3",
        MediaType::Video => "MP4",
        MediaType::Thumb => "JPEG",
    };
    let limit = profile.media_bytes_max(kind);
    let purpose = kind.name();
    if bytes.is_empty() {
        return Err(FileError::Empty);
    }
    let format = sniff(kind, bytes).ok_or(FileError::Format { purpose, wanted })?;
    if bytes.len() > limit {
        return Err(FileError::TooLarge { purpose, bytes: bytes.len(), limit });
    }
    let limit = profile.voice_ms_max;
    match playtime_ms(bytes) {
        ms if kind == MediaType::Voice && ms > limit => Err(FileError::TooLong { ms, limit }),
        _ => Ok(format),
    }
}

/// The format of an account's picture that WeChat takes: JPEG.
pub fn check_avatar(bytes: &[u8]) -> Result<FileFormat, FileError> {
    let (purpose, limit) = ("a picture of an account", KF_AVATAR_BYTES_MAX);
    match PictureFormat::sniff(bytes) {
        _ if bytes.is_empty() => Err(FileError::Empty),
        Some(PictureFormat::Jpeg) if bytes.len() <= limit => Ok(JPEG),
        Some(PictureFormat::Jpeg) => Err(FileError::TooLarge { purpose, bytes: bytes.len(), limit }),
        _ => Err(FileError::Format { purpose, wanted: "JPEG" }),
    }
}

fn sniff(kind: MediaType, bytes: &[u8]) -> Option<FileFormat> {
    match kind {
        MediaType::Image => {
            PictureFormat::sniff(bytes).map(|format| FileFormat { extension: format.extension(), mime: format.mime() })
        }
        MediaType::Thumb => PictureFormat::sniff(bytes).filter(|format| *format == PictureFormat::Jpeg).map(|_| JPEG),
        MediaType::Video => {
            (bytes.get(4..8) == Some(b"ftyp")).then_some(FileFormat { extension: "mp4", mime: "video/mp4" })
        }
        MediaType::Voice => match bytes {
            [b'#', b'!', b'A', b'M', b'R', ..] => Some(FileFormat { extension: "amr", mime: "audio/amr" }),
            [b'I', b'D', b'3', ..] => Some(FileFormat { extension: "mp3", mime: "audio/mp3" }),
            _ => Mp3Frame::read(bytes).map(|_| FileFormat { extension: "mp3", mime: "audio/mp3" }),
        },
    }
}

/// How long a voice plays, in ms, by its frames; 0 for what is neither AMR nor MP3.
#[must_use]
pub fn playtime_ms(bytes: &[u8]) -> u64 {
    match bytes.strip_prefix(b"#!AMR\n") {
        Some(frames) => amr_ms(frames),
        None => mp3_ms(bytes),
    }
}

/// RFC 4867 §5: each frame is 20 ms, its first byte tells its size.
fn amr_ms(frames: &[u8]) -> u64 {
    const BYTES: [usize; 16] = [13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1];
    let (mut at, mut ms) = (0, 0);
    while let Some(first) = frames.get(at) {
        at += BYTES[usize::from(first >> 3 & 15)];
        ms += 20;
    }
    ms
}

fn mp3_ms(bytes: &[u8]) -> u64 {
    let mut at = match bytes {
        [b'I', b'D', b'3', _, _, _, a, b, c, d, ..] => {
            10 + [a, b, c, d].into_iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f))
        }
        _ => 0,
    };
    let mut microseconds = 0;
    while let Some(frame) = bytes.get(at..).and_then(Mp3Frame::read) {
        at += frame.bytes;
        microseconds += frame.microseconds;
    }
    microseconds / 1000
}

/// A frame of MPEG audio layer III (ISO 11172-3 §2.4.1).
struct Mp3Frame {
    bytes: usize,
    microseconds: u64,
}

impl Mp3Frame {
    fn read(bytes: &[u8]) -> Option<Self> {
        const MPEG_1: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
        const MPEG_2: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        let [0xff, second, third, ..] = bytes else { return None };
        let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
        if second >> 5 != 7 || version == 1 || layer != 1 {
            return None;
        }
        let is_first = version == 3;
        let kbits =
            *(if is_first { MPEG_1 } else { MPEG_2 }).get(usize::from(third >> 4)).filter(|kbits| **kbits > 0)?;
        let hertz = *[44_100_u32, 48_000, 32_000].get(usize::from(third >> 2 & 3))?;
        let (hertz, samples) = match version {
            3 => (hertz, 1152),
            2 => (hertz / 2, 576),
            _ => (hertz / 4, 576),
        };
        let bytes = samples / 8 * kbits * 1000 / hertz + u32::from(third >> 1 & 1);
        Some(Self { bytes: bytes as usize, microseconds: u64::from(samples) * 1_000_000 / u64::from(hertz) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mp3(frames: usize) -> Vec<u8> {
        // 32 kbit/s at 32 kHz: 144 bytes, 36 ms.
        let mut frame = vec![0xff, 0xfb, 0x18, 0];
        frame.resize(144, 0);
        frame.repeat(frames)
    }

    #[test]
    fn how_long_voices_play() {
        let amr = |frames: usize| [b"#!AMR\n".to_vec(), [vec![0x3c], vec![0; 31]].concat().repeat(frames)].concat();
        assert_eq!(playtime_ms(&amr(50)), 1000);
        assert_eq!(playtime_ms(&mp3(100)), 3600);
        let tagged = [b"ID3\x04\0\0\0\0\0\x05tag!!".to_vec(), mp3(10)].concat();
        assert_eq!(playtime_ms(&tagged), 360);
        let profile = Profile::y2025();
        assert_eq!(check(MediaType::Voice, &amr(3000), &profile).map(|format| format.extension), Ok("amr"));
        let long = check(MediaType::Voice, &amr(3001), &profile);
        assert_eq!(long, Err(FileError::TooLong { ms: 60_020, limit: 60_000 }));
        assert_eq!(check(MediaType::Voice, &mp3(2), &profile).map(|format| format.extension), Ok("mp3"));
    }

    #[test]
    fn formats_and_sizes() {
        let profile = Profile::y2017();
        let extension = |kind, bytes: &[u8]| check(kind, bytes, &profile).map(|format| format.extension);
        assert_eq!(extension(MediaType::Video, b"\0\0\0\x18ftypmp42"), Ok("mp4"));
        assert_eq!(extension(MediaType::Thumb, b"\xff\xd8\xff\xe0"), Ok("jpg"));
        assert_eq!(extension(MediaType::Image, b"GIF89a"), Ok("gif"));
        assert_eq!(extension(MediaType::Image, b""), Err(FileError::Empty));
        assert!(matches!(extension(MediaType::Thumb, b"GIF89a"), Err(FileError::Format { wanted: "JPEG", .. })));
        assert!(matches!(extension(MediaType::Voice, b"RIFF"), Err(FileError::Format { .. })));
        let large = [b"\xff\xd8\xff\xe0".as_slice(), &[0; 64 * 1024]].concat();
        assert!(matches!(extension(MediaType::Thumb, &large), Err(FileError::TooLarge { limit: 65_536, .. })));
        assert!(check_avatar(&large).is_ok());
        assert!(matches!(check_avatar(b"\x89PNG\r\n\x1a\n"), Err(FileError::Format { .. })));
        assert!(matches!(check_avatar(b""), Err(FileError::Empty)));
    }
}
