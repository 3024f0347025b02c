//! Pictures made in memory, and what becomes of them.

use image::{
    Frame, Rgba, RgbaImage,
    codecs::{gif::GifEncoder, webp::WebPEncoder},
};

use super::*;

/// Something that no format packs well: a fixed noise.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |_, _| {
        image::Rgb([0; 3].map(|_: u8| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }))
    })
}

fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn plain(format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_pixel(40, 30, image::Rgb([200, 10, 10]));
    written(&picture.into(), format)
}

fn half_transparent() -> DynamicImage {
    let pixel = |x, _| if x < 20 { Rgba([0, 0, 255, 255]) } else { Rgba([0, 0, 255, 0]) };
    RgbaImage::from_fn(40, 30, pixel).into()
}

fn decoded(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory(bytes).unwrap()
}

#[track_caller]
fn image(bytes: &[u8], limit: usize) -> Fitted {
    let fitted = convert(MediaType::Image, bytes, limit).unwrap();
    assert!(fitted.bytes.len() <= limit);
    assert_eq!(PictureFormat::sniff(&fitted.bytes), Some(fitted.format));
    assert_eq!(convert(MediaType::Image, bytes, limit).unwrap(), fitted, "the same again");
    fitted
}

#[tokio::test]
async fn what_wechat_takes_goes_out_as_it_is() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif] {
        let bytes = plain(format);
        let fitted = fit(MediaType::Image, bytes.clone().into(), bytes.len()).await.unwrap();
        assert_eq!((fitted.bytes, fitted.notes.len()), (Bytes::from(bytes), 0));
    }
    let bytes = plain(ImageFormat::Png);
    let thumb = fit(MediaType::Thumb, bytes.into(), 65_536).await.unwrap();
    assert_eq!(
        (thumb.format, thumb.notes.as_slice()),
        (PictureFormat::Jpeg, &["the PNG picture became a JPEG".to_owned()][..])
    );
}

#[test]
fn other_formats_become_png_or_jpeg() {
    let table = [
        (plain(ImageFormat::WebP), PictureFormat::Jpeg, "the WebP picture became a JPEG"),
        (plain(ImageFormat::Bmp), PictureFormat::Png, "the BMP picture became a PNG"),
        (written(&half_transparent(), ImageFormat::WebP), PictureFormat::Png, "the WebP picture became a PNG"),
    ];
    for (bytes, format, note) in table {
        let fitted = image(&bytes, 1 << 20);
        assert_eq!((fitted.format, fitted.notes.as_slice()), (format, &[note.to_owned()][..]));
        assert_eq!(decoded(&fitted.bytes).dimensions(), (40, 30));
    }
}

#[test]
fn what_is_transparent_becomes_white_where_it_is_no_png() {
    let bytes = written(&half_transparent(), ImageFormat::Png);
    let fitted = convert(MediaType::Thumb, &bytes, 65_536).unwrap();
    assert!(fitted.notes.iter().any(|note| note.contains("white")), "{:?}", fitted.notes);
    let picture = decoded(&fitted.bytes).into_rgb8();
    assert!(picture.get_pixel(35, 15).0.iter().all(|colour| *colour > 240), "{:?}", picture.get_pixel(35, 15));
    assert!(picture.get_pixel(5, 15).0[0] < 60);
}

#[test]
fn too_many_bytes_become_fewer() {
    let large = written(&noise(400, 300).into(), ImageFormat::Png);
    let fitted = image(&large, 200_000);
    assert_eq!((fitted.format, decoded(&fitted.bytes).dimensions()), (PictureFormat::Jpeg, (400, 300)));
    assert_eq!(fitted.notes[0], "the PNG picture became a JPEG");
    assert!(
        fitted.notes[1]
            .starts_with(&format!("the picture was made smaller, WeChat takes 200000 bytes: {} bytes", large.len()))
    );
    let small = image(&large, 8_000);
    let (width, height) = decoded(&small.bytes).dimensions();
    assert!(width < 400 && (f64::from(width) / f64::from(height) - 4.0 / 3.0).abs() < 0.1, "{width} × {height}");
    assert_eq!(convert(MediaType::Image, &large, 100).unwrap_err(), FitError::TooLarge { limit: 100 });
    let thumb = convert(MediaType::Thumb, &written(&noise(2_000, 100).into(), ImageFormat::Jpeg), 65_536).unwrap();
    assert_eq!(decoded(&thumb.bytes).dimensions(), (THUMB_SIDE, 32));
}

#[test]
fn a_picture_is_upright_and_keeps_its_colours() {
    let mut left_white = RgbImage::new(40, 20);
    (0..20).for_each(|y| (0..20).for_each(|x| left_white.put_pixel(x, y, image::Rgb([255; 3]))));
    let mut profile = vec![0; 128];
    profile[16..20].copy_from_slice(b"RGB ");
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 100);
    encoder.set_icc_profile(profile.clone()).unwrap();
    encoder.write_image(&left_white, 40, 20, ExtendedColorType::Rgb8).unwrap();
    // Exif: big-endian, one entry of the first directory: orientation 6, turned a quarter to the right.
    let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let segment = [&[0xff, 0xe1, 0, exif.len() as u8 + 2][..], exif].concat();
    bytes.splice(2..2, segment);
    let fitted = convert(MediaType::Image, &bytes, bytes.len() - 1).unwrap();
    let picture = decoded(&fitted.bytes).into_rgb8();
    assert_eq!(picture.dimensions(), (20, 40));
    assert!(picture.get_pixel(10, 5).0[0] > 200 && picture.get_pixel(10, 35).0[0] < 50);
    let kept = ImageReader::with_format(Cursor::new(&fitted.bytes), ImageFormat::Jpeg).into_decoder();
    assert_eq!(kept.unwrap().icc_profile().unwrap(), Some(profile));
}

#[test]
fn of_an_animation_the_first_picture() {
    let frame = |colour| Frame::new(RgbaImage::from_pixel(30, 30, Rgba([colour, 0, 0, 255])));
    let gif = |frames: &[u8]| {
        let mut bytes = Vec::new();
        GifEncoder::new(&mut bytes).encode_frames(frames.iter().map(|colour| frame(*colour))).unwrap();
        bytes
    };
    let moving = convert(MediaType::Thumb, &gif(&[255, 0]), 65_536).unwrap();
    assert!(
        moving.notes.contains(&"of the animation only the first picture is shown".to_owned()),
        "{:?}",
        moving.notes
    );
    assert!(decoded(&moving.bytes).into_rgb8().get_pixel(3, 3).0[0] > 200);
    let still = convert(MediaType::Thumb, &gif(&[255]), 65_536).unwrap();
    assert_eq!(still.notes, ["the GIF picture became a JPEG"]);
}

#[test]
fn few_bytes_with_very_many_pixels_are_not_decoded() {
    let mut bomb = plain(ImageFormat::Bmp);
    bomb[18..22].copy_from_slice(&60_000_i32.to_le_bytes());
    bomb[22..26].copy_from_slice(&60_000_i32.to_le_bytes());
    let error = convert(MediaType::Image, &bomb, 1 << 20).unwrap_err();
    assert_eq!(error, FitError::Pixels { width: 60_000, height: 60_000 });
    assert!(error.to_string().contains("50000000"), "{error}");
    let mut long = Vec::new();
    WebPEncoder::new_lossless(&mut long).encode(&[0; 3 * 16_383], 16_383, 1, ExtendedColorType::Rgb8).unwrap();
    assert_eq!(decoded(&image(&long, 1 << 20).bytes).dimensions(), (16_383, 1));
}

#[test]
fn what_is_no_picture() {
    assert_eq!(convert(MediaType::Image, b"", 9).unwrap_err(), FitError::Empty);
    assert_eq!(convert(MediaType::Image, b"<html>", 9).unwrap_err(), FitError::Format);
    assert_eq!(convert(MediaType::Image, b"II*\0tiff....", 99).unwrap_err(), FitError::Format);
    let cut = &plain(ImageFormat::WebP)[..30];
    assert!(matches!(convert(MediaType::Image, cut, 99).unwrap_err(), FitError::Broken { .. }));
}
