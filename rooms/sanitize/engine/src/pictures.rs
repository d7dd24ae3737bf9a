//! The first pages of one file as pictures, for somebody who decides on it
//! without opening it. Only what was rebuilt is drawn; delivers nothing.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use sanitize_core::{Format, Job, Limits, Passwords, Policy, Stop, reasons};

use crate::disarm::Fonts;
use crate::dispatch::{self, Dispatch};
use crate::{admission, detect::detect};

/// The most pages that are drawn of one file.
pub const LEAVES_MAX: usize = 20;
/// The longest side of a picture, in pixels.
pub const LEAF_SIDE_MAX: u32 = 1_600;
/// Dots an inch of drawn pages: a page of A4 is 910 pixels wide.
const DPI: u32 = 110;
/// Quality of pictures that are coded as JPEG.
const QUALITY: u8 = 82;
/// Memory that decoding one picture may take, in bytes.
const DECODE_BYTES_MAX: u64 = 512 << 20;

/// One page, or one picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Leaf {
    /// PNG or JPEG.
    pub format: Format,
    /// The picture.
    pub bytes: Vec<u8>,
}

/// What can be seen of a file.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Leaves {
    /// How many pages it has; more than were drawn, perhaps.
    pub pages: u32,
    /// The first of them.
    pub leaves: Vec<Leaf>,
}

/// Draws at most `leaves_max` pages of a PDF, or the one picture that a file
/// is. Nothing comes of any other file, nor of one that cannot be rebuilt.
#[must_use]
pub fn leaves(
    name: &str,
    bytes: &[u8],
    limits: &Limits,
    passwords: &Passwords,
    fonts: &Fonts,
    leaves_max: usize,
) -> Leaves {
    let policy = Policy { limits: limits.clone(), ..Policy::default() };
    let engines = Dispatch;
    let opened = Job::open(&policy, passwords, &engines, limits.clone(), bytes.len() as u64);
    let Ok(mut job) = opened else { return Leaves::default() };
    let format = detect(name, bytes);
    let drawn = admission::admit(format, bytes).and_then(|()| match format {
        Format::Pdf => pages(bytes, fonts, leaves_max.min(LEAVES_MAX), &mut job),
        Format::Png
        | Format::Jpeg
        | Format::Gif
        | Format::Bmp
        | Format::Tiff
        | Format::Webp
        | Format::Ico => picture(format, bytes, &mut job),
        _ => Ok(Leaves::default()),
    });
    drawn.unwrap_or_default()
}

fn pages(
    bytes: &[u8],
    fonts: &Fonts,
    leaves_max: usize,
    job: &mut Job<'_>,
) -> Result<Leaves, Stop> {
    let options = sanitize_pdf::ImageOptions {
        dpi: DPI,
        text_layer: false,
        east_asian_font: fonts.east_asian.clone(),
    };
    let drawn = sanitize_pdf::leaves(bytes, job, &options, leaves_max)?;
    let leaf = |bytes| Leaf { format: Format::Jpeg, bytes };
    Ok(Leaves {
        pages: u32::try_from(drawn.pages).unwrap_or(u32::MAX),
        leaves: drawn.jpegs.into_iter().map(leaf).collect(),
    })
}

/// A picture as it will be seen: rebuilt, turned as it says, no larger than a
/// screen.
fn picture(format: Format, bytes: &[u8], job: &mut Job<'_>) -> Result<Leaves, Stop> {
    let rebuilt = dispatch::rebuild(format, bytes, job)?;
    let picture =
        decode(format, &rebuilt.bytes).ok_or_else(|| Stop::blocked(&reasons::BROKEN, ""))?;
    job.budget.take_pixels(u64::from(picture.width()), u64::from(picture.height()))?;
    let is_large = picture.width().max(picture.height()) > LEAF_SIDE_MAX;
    let picture = if is_large { picture.thumbnail(LEAF_SIDE_MAX, LEAF_SIDE_MAX) } else { picture };
    let leaf = encode(format, &picture).ok_or_else(|| Stop::blocked(&reasons::BROKEN, ""))?;
    Ok(Leaves { pages: 1, leaves: vec![leaf] })
}

fn decode(format: Format, bytes: &[u8]) -> Option<DynamicImage> {
    let known = match format {
        Format::Png => ImageFormat::Png,
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Gif => ImageFormat::Gif,
        Format::Bmp => ImageFormat::Bmp,
        Format::Tiff => ImageFormat::Tiff,
        Format::Webp => ImageFormat::WebP,
        Format::Ico => ImageFormat::Ico,
        _ => return None,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), known);
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let turned = decoder.orientation().ok()?;
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    picture.apply_orientation(turned);
    Some(picture)
}

/// Photographs stay JPEG; everything else becomes PNG, which keeps lines sharp.
fn encode(format: Format, picture: &DynamicImage) -> Option<Leaf> {
    let mut bytes = Vec::new();
    if format == Format::Jpeg {
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, QUALITY);
        picture.to_rgb8().write_with_encoder(encoder).ok()?;
        return Some(Leaf { format: Format::Jpeg, bytes });
    }
    picture.to_rgba8().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).ok()?;
    Some(Leaf { format: Format::Png, bytes })
}

/// Shows sizes only: what is seen may be what nobody may log.
impl std::fmt::Debug for Leaf {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Leaf({}, {} bytes)", self.format.name(), self.bytes.len())
    }
}

impl std::fmt::Debug for Leaves {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Leaves({} of {})", self.leaves.len(), self.pages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(name: &str, bytes: &[u8]) -> Leaves {
        let (limits, passwords) = (Limits::default(), Passwords::default());
        leaves(name, bytes, &limits, &passwords, &Fonts::default(), LEAVES_MAX)
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(
            width,
            height,
            image::Rgb([200, 30, 30]),
        ));
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    #[test]
    fn a_large_picture_becomes_as_large_as_a_screen() {
        let seen = drawn("a.png", &png(3_200, 100));
        assert_eq!((seen.pages, seen.leaves.len()), (1, 1));
        let leaf = image::load_from_memory(&seen.leaves[0].bytes).unwrap();
        assert_eq!((leaf.width(), leaf.height()), (1_600, 50));
    }

    #[test]
    fn nothing_is_seen_of_what_is_not_let_in_or_broken() {
        let mut cut = png(64, 64);
        cut.truncate(40);
        for (name, bytes) in [("a.exe", &b"MZ\x90\0"[..]), ("a.png", &cut), ("a.txt", b"words")] {
            assert_eq!(drawn(name, bytes), Leaves::default(), "{name}");
        }
    }

    #[test]
    fn nobody_sees_a_page_by_printing_it() {
        let text =
            format!("{:?} {:?}", drawn("a.png", &png(8, 8)), drawn("a.png", &png(8, 8)).leaves);
        assert!(text.contains("Leaves(1 of 1)") && !text.contains("137, 80"), "{text}");
    }
}
