//! Pictures as WeChat takes them: another format, or fewer bytes (plugin-apis.md §4; wechat-api.md §1, Limits).
//!
//! What WeChat takes goes out byte for byte. The rest is decoded within bounds and written anew, step by step until it
//! fits; the same picture always becomes the same bytes.

use std::io::{self, Cursor, Write};

use bytes::Bytes;
use image::{
    DynamicImage, ExtendedColorType, GenericImageView as _, ImageDecoder, ImageEncoder as _, ImageFormat, ImageReader,
    RgbImage,
    codecs::{jpeg::JpegEncoder, png::PngDecoder, png::PngEncoder, webp::WebPDecoder},
    error::ImageError,
    imageops::{FilterType, thumbnail},
    metadata::Orientation,
};
use tokio::sync::Semaphore;

use super::media::{MediaType, PictureFormat};
use crate::base::limits::{
    COLOUR_PROFILE_BYTES_MAX, PICTURE_CONVERSION_BYTES_MAX, PICTURE_DECODED_BYTES_MAX, PICTURE_FINE_PIXEL_BYTES,
    PICTURE_FINE_PIXELS_MAX, PICTURE_PIXEL_BYTES, PICTURE_PIXELS_MAX, PICTURE_SIDE_MAX, PICTURE_SIDE_MIN,
    PICTURES_CONVERTED_MAX, THUMB_SIDE,
};

/// The qualities a JPEG is tried in before it loses pixels; below the last one it shows.
const QUALITIES: [u8; 3] = [90, 80, 70];
/// The quality of one that loses pixels.
const QUALITY_SMALLER: u8 = 80;

/// A picture WeChat takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fitted {
    pub(super) bytes: Bytes,
    pub(super) format: PictureFormat,
    /// What was changed, in words; nothing where it is as it came.
    pub(super) notes: Vec<String>,
}

/// A picture that cannot be made one WeChat takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// No bytes.
    #[error("it is empty")]
    Empty,
    /// Of none of the formats that can be read.
    #[error("it is not a PNG, JPEG, GIF, WebP or BMP picture")]
    Format,
    /// It cannot be decoded.
    #[error("it is broken: {reason}")]
    Broken {
        /// What the decoder says.
        reason: String,
    },
    /// Few bytes may hold very many pixels: those are not decoded.
    #[error("it has {width} × {height} pixels: up to {PICTURE_PIXELS_MAX}, and {PICTURE_SIDE_MAX} a side, are decoded")]
    Pixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// Even a very small one has too many bytes.
    #[error("it cannot be made as small as the {limit} bytes that WeChat takes")]
    TooLarge {
        /// The profile's limit.
        limit: usize,
    },
}

impl FitError {
    /// The next step, for a `hint:` line.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "name a file with something in it",
            Self::Format => "use a PNG, JPEG or GIF picture",
            Self::Broken { .. } => "open the picture in a viewer; export it anew",
            Self::Pixels { .. } | Self::TooLarge { .. } => "make the picture smaller",
        }
    }
}

/// Whether WeChat takes these bytes as they are, and what they are then.
pub(super) fn taken(kind: MediaType, bytes: &[u8], limit: usize) -> Option<PictureFormat> {
    let format = PictureFormat::sniff(bytes).filter(|_| bytes.len() <= limit)?;
    (kind == MediaType::Image || format == PictureFormat::Jpeg).then_some(format)
}

/// A picture that WeChat takes as `kind`, an image or a thumb, of at most `limit` bytes. Decodes on a thread of its own, as
/// many at a time as take [`PICTURE_CONVERSION_BYTES_MAX`] together.
pub(super) async fn fit(kind: MediaType, bytes: Bytes, limit: usize) -> Result<Fitted, FitError> {
    /// In bytes.
    static CONVERTED: Semaphore = Semaphore::const_new(PICTURE_CONVERSION_BYTES_MAX as usize);
    if let Some(format) = taken(kind, &bytes, limit) {
        return Ok(Fitted { bytes, format, notes: Vec::new() });
    }
    let turn = CONVERTED.acquire_many(needs(pixels(&bytes)?)).await;
    let fitted = tokio::task::spawn_blocking(move || {
        // Until it has ended, also where nobody waits for it any more.
        let _turn = turn;
        convert(kind, &bytes, limit)
    });
    match fitted.await {
        Ok(fitted) => fitted,
        // A panic of the decoder is its trouble with these bytes.
        Err(error) => Err(FitError::Broken { reason: error.to_string() }),
    }
}

/// The memory that a picture of so many pixels is converted in, in bytes; no less than its share of the processors.
fn needs(pixels: u64) -> u32 {
    let fine = PICTURE_FINE_PIXEL_BYTES * pixels.min(PICTURE_FINE_PIXELS_MAX);
    let bytes = fine.max(PICTURE_PIXEL_BYTES * pixels).min(PICTURE_CONVERSION_BYTES_MAX);
    u32::try_from(bytes).unwrap_or(u32::MAX).max(PICTURE_CONVERSION_BYTES_MAX as u32 / PICTURES_CONVERTED_MAX)
}

/// How many pixels a picture says it has; up to those that are decoded.
fn pixels(bytes: &[u8]) -> Result<u64, FitError> {
    let decoder = decoder(format(bytes)?, bytes)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let is_large = width.max(height) > PICTURE_SIDE_MAX
        || pixels > PICTURE_PIXELS_MAX
        || decoder.total_bytes() > PICTURE_DECODED_BYTES_MAX;
    if is_large { Err(FitError::Pixels { width, height }) } else { Ok(pixels) }
}

fn format(bytes: &[u8]) -> Result<ImageFormat, FitError> {
    if bytes.is_empty() {
        return Err(FitError::Empty);
    }
    image::guess_format(bytes).ok().filter(|format| named(*format).is_some()).ok_or(FitError::Format)
}

fn decoder(format: ImageFormat, bytes: &[u8]) -> Result<impl ImageDecoder + '_, FitError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    reader.into_decoder().map_err(|error| broken(&error))
}

/// A decoded picture and what is known of it.
struct Decoded {
    picture: DynamicImage,
    /// Its colour profile, where it can go along.
    profile: Option<Vec<u8>>,
    is_animated: bool,
}

fn convert(kind: MediaType, bytes: &[u8], limit: usize) -> Result<Fitted, FitError> {
    let from = format(bytes)?;
    let name = named(from).ok_or(FitError::Format)?;
    pixels(bytes)?;
    let decoded = decode(from, bytes)?;
    let was = decoded.picture.dimensions();
    let is_transparent = is_transparent(&decoded.picture);
    let (bytes_now, format, now) =
        encode(kind, from, decoded.picture, is_transparent, decoded.profile.as_deref(), limit)?;
    let mut notes = Vec::new();
    let to = if format == PictureFormat::Png { "PNG" } else { "JPEG" };
    if name != to {
        notes.push(format!("the {name} picture became a {to}"));
    }
    if bytes.len() > limit || was != now {
        let ((was_w, was_h), (now_w, now_h), were, are) = (was, now, bytes.len(), bytes_now.len());
        notes.push(format!(
            "the picture was made smaller, WeChat takes {limit} bytes: {were} bytes, {was_w} × {was_h}, became {are} bytes, {now_w} × {now_h}"
        ));
    }
    if decoded.is_animated {
        notes.push("of the animation only the first picture is shown".to_owned());
    }
    if is_transparent && format == PictureFormat::Jpeg {
        notes.push("what was transparent is white".to_owned());
    }
    Ok(Fitted { bytes: bytes_now.into(), format, notes })
}

fn named(format: ImageFormat) -> Option<&'static str> {
    match format {
        ImageFormat::Png => Some("PNG"),
        ImageFormat::Jpeg => Some("JPEG"),
        ImageFormat::Gif => Some("GIF"),
        ImageFormat::WebP => Some("WebP"),
        ImageFormat::Bmp => Some("BMP"),
        _ => None,
    }
}

/// Decodes a picture, upright, to 8 bits a colour.
fn decode(format: ImageFormat, bytes: &[u8]) -> Result<Decoded, FitError> {
    let mut decoder = decoder(format, bytes)?;
    // Neither is worth a picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten().filter(|profile| is_rgb(profile));
    let profile = profile.filter(|_| decoder.color_type().has_color());
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| broken(&error))?;
    let mut picture: DynamicImage = match picture.color().has_alpha() {
        true => picture.into_rgba8().into(),
        false => picture.into_rgb8().into(),
    };
    picture.apply_orientation(orientation);
    Ok(Decoded { picture, profile, is_animated: is_animated(format, bytes) })
}

fn limits() -> image::Limits {
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(PICTURE_DECODED_BYTES_MAX);
    limits
}

fn broken(error: &ImageError) -> FitError {
    FitError::Broken { reason: error.to_string() }
}

/// Whether a colour profile is one of RGB (ICC.1 §7.2.6), and small enough to go along: others would not fit any more.
fn is_rgb(profile: &[u8]) -> bool {
    profile.len() <= COLOUR_PROFILE_BYTES_MAX && profile.get(16..20) == Some(b"RGB ")
}

fn is_animated(format: ImageFormat, bytes: &[u8]) -> bool {
    let cursor = || Cursor::new(bytes);
    match format {
        ImageFormat::Gif => has_two_frames(bytes),
        ImageFormat::WebP => WebPDecoder::new(cursor()).is_ok_and(|decoder| decoder.has_animation()),
        ImageFormat::Png => PngDecoder::new(cursor()).is_ok_and(|decoder| decoder.is_apng().unwrap_or(false)),
        _ => false,
    }
}

/// Whether a GIF has more than one frame, by its blocks (GIF89a §§18-26): to decode one takes as much as the picture.
fn has_two_frames(gif: &[u8]) -> bool {
    let colours = |packed: u8| if packed & 0x80 == 0 { 0 } else { 3_usize << ((packed & 7) + 1) };
    let (mut at, mut frames) = (13 + gif.get(10).map_or(0, |packed| colours(*packed)), 0);
    while let Some(block) = gif.get(at) {
        match block {
            b',' => {
                frames += 1;
                at += 11 + gif.get(at + 9).map_or(0, |packed| colours(*packed));
            }
            b'!' => at += 2,
            _ => return false,
        }
        if frames > 1 {
            return true;
        }
        while let Some(size) = gif.get(at).filter(|size| **size > 0) {
            at += 1 + usize::from(*size);
        }
        at += 1;
    }
    false
}

fn is_transparent(picture: &DynamicImage) -> bool {
    picture.as_rgba8().is_some_and(|picture| picture.pixels().any(|pixel| pixel.0[3] < u8::MAX))
}

type Written = (Vec<u8>, PictureFormat, (u32, u32));

/// PNG where that keeps what a JPEG would lose and it fits, else JPEG: in several qualities, then with fewer pixels.
fn encode(
    kind: MediaType,
    from: ImageFormat,
    picture: DynamicImage,
    is_transparent: bool,
    profile: Option<&[u8]>,
    limit: usize,
) -> Result<Written, FitError> {
    // A PNG is too large already, unless it is for a thumb.
    let is_drawn = matches!(from, ImageFormat::Bmp | ImageFormat::Gif);
    if kind == MediaType::Image
        && (is_transparent || is_drawn)
        && is_fine(&picture)
        && let Some(bytes) = png(&picture, is_transparent, profile, limit)?
    {
        return Ok((bytes, PictureFormat::Png, picture.dimensions()));
    }
    let mut flat = on_white(picture);
    if kind == MediaType::Thumb && flat.width().max(flat.height()) > THUMB_SIDE {
        flat = resized(flat, THUMB_SIDE, THUMB_SIDE);
    }
    for quality in QUALITIES {
        if let Some(bytes) = jpeg(&flat, quality, profile, limit)? {
            return Ok((bytes, PictureFormat::Jpeg, flat.dimensions()));
        }
    }
    while flat.width().max(flat.height()) > PICTURE_SIDE_MIN {
        let (width, height) = flat.dimensions();
        flat = resized(flat, width * 3 / 4, height * 3 / 4);
        if let Some(bytes) = jpeg(&flat, QUALITY_SMALLER, profile, limit)? {
            return Ok((bytes, PictureFormat::Jpeg, flat.dimensions()));
        }
    }
    Err(FitError::TooLarge { limit })
}

/// Whether there is room for what takes many bytes a pixel.
fn is_fine(picture: &impl image::GenericImageView) -> bool {
    u64::from(picture.width()) * u64::from(picture.height()) <= PICTURE_FINE_PIXELS_MAX
}

/// As large as fits into these sides, in its proportions; a very large one is halved first, or at least.
fn resized(mut picture: RgbImage, width: u32, height: u32) -> RgbImage {
    while !is_fine(&picture) {
        picture = thumbnail(&picture, (picture.width() / 2).max(1), (picture.height() / 2).max(1));
    }
    if picture.width() <= width && picture.height() <= height {
        return picture;
    }
    DynamicImage::ImageRgb8(picture).resize(width.max(1), height.max(1), FilterType::Triangle).into_rgb8()
}

fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0.map(u32::from);
        let over = |colour: u32| ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        image::Rgb([over(red), over(green), over(blue)])
    })
}

/// `None` where it has more than `limit` bytes.
fn png(
    picture: &DynamicImage,
    is_transparent: bool,
    profile: Option<&[u8]>,
    limit: usize,
) -> Result<Option<Vec<u8>>, FitError> {
    let mut room = Room { bytes: Vec::new(), limit, is_full: false };
    let mut encoder = PngEncoder::new(&mut room);
    // A profile that cannot be written is not worth the picture.
    let _ = profile.map(|profile| encoder.set_icc_profile(profile.to_vec()));
    let (width, height) = picture.dimensions();
    let written = match picture {
        DynamicImage::ImageRgba8(picture) if is_transparent => {
            encoder.write_image(picture, width, height, ExtendedColorType::Rgba8)
        }
        DynamicImage::ImageRgb8(picture) => encoder.write_image(picture, width, height, ExtendedColorType::Rgb8),
        picture => encoder.write_image(&picture.to_rgb8(), width, height, ExtendedColorType::Rgb8),
    };
    room.filled(written)
}

/// `None` where it has more than `limit` bytes.
fn jpeg(picture: &RgbImage, quality: u8, profile: Option<&[u8]>, limit: usize) -> Result<Option<Vec<u8>>, FitError> {
    let mut room = Room { bytes: Vec::new(), limit, is_full: false };
    let mut encoder = JpegEncoder::new_with_quality(&mut room, quality);
    // As in a PNG.
    let _ = profile.map(|profile| encoder.set_icc_profile(profile.to_vec()));
    let written = encoder.write_image(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8);
    room.filled(written)
}

/// Bytes up to a limit: what has more is not written to its end.
struct Room {
    bytes: Vec<u8>,
    limit: usize,
    is_full: bool,
}

impl Room {
    fn filled(self, written: Result<(), ImageError>) -> Result<Option<Vec<u8>>, FitError> {
        match written {
            _ if self.is_full => Ok(None),
            written => written.map(|()| Some(self.bytes)).map_err(|error| broken(&error)),
        }
    }
}

impl Write for Room {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        self.is_full |= self.bytes.len() + more.len() > self.limit;
        if self.is_full {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
