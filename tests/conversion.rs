//! What the conversion of a picture takes: the bytes of the thread that does it, counted, with pictures as large as are
//! decoded.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod wechat_bench;

use std::io::Cursor;

use duoke::{
    base::{
        limits::{PICTURE_CONVERSION_BYTES_MAX, PICTURE_FINE_PIXEL_BYTES, PICTURE_FINE_PIXELS_MAX, PICTURE_PIXELS_MAX},
        memory::{CountingAllocator, set_ceiling},
    },
    wechat::{Client, MediaType, Profile},
};
use image::{ExtendedColorType, ImageFormat, write_buffer_with_format};
use wechat_bench::Bench;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// A picture of so many pixels, in which these bytes come again and again.
fn picture(format: ImageFormat, colour: ExtendedColorType, pixels: u64, tile: &[u8]) -> Vec<u8> {
    let (width, bytes) = (10_000, usize::from(colour.bits_per_pixel()) / 8);
    let height = u32::try_from(pixels / u64::from(width)).unwrap();
    let length = bytes * width as usize * height as usize;
    let mut samples = tile.repeat(length / tile.len() + 1);
    samples.truncate(length);
    let mut file = Cursor::new(Vec::new());
    write_buffer_with_format(&mut file, &samples, width, height, colour, format).unwrap();
    file.into_inner()
}

/// A noise that no format packs.
fn noise() -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..1_000_003).map(|_| next()).collect()
}

#[tokio::test]
async fn no_conversion_takes_more_than_its_bound() {
    use ExtendedColorType::{L8, Rgba8};
    let bench = Bench::start(Profile::y2017()).await;
    let mut config = bench.client_config();
    // They become smaller again and again.
    config.profile.image_bytes_max = 100_000;
    let client = Client::new(config).unwrap();
    let fine = (PICTURE_FINE_PIXEL_BYTES * PICTURE_FINE_PIXELS_MAX, PICTURE_FINE_PIXELS_MAX, noise());
    let flat = |pixels| (PICTURE_CONVERSION_BYTES_MAX, pixels, vec![0x7f]);
    for (format, colour, (bytes_max, pixels, tile)) in [
        (ImageFormat::Jpeg, L8, flat(PICTURE_PIXELS_MAX)),
        (ImageFormat::Png, Rgba8, flat(PICTURE_PIXELS_MAX)),
        (ImageFormat::Bmp, Rgba8, fine),
    ] {
        set_ceiling(0);
        let picture = picture(format, colour, pixels, &tile);
        // More ends the process.
        set_ceiling(bytes_max);
        let uploaded = client.media(MediaType::Image, picture).await.unwrap();
        let is_smaller = |note: &String| note.starts_with("the picture was made smaller");
        assert!(uploaded.notes.iter().any(is_smaller), "{format:?} {colour:?}: {:?}", uploaded.notes);
    }
}
