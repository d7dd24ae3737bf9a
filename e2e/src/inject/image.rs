//! Picture vectors: metadata, unknown chunks, trailing bytes, polyglots.

use image::ImageFormat;

use crate::case::Case;
use crate::make::picture::{
    emf, exif, gif_with, jpeg_with, png_with, sample, tiff_with, webp_with, wmf, zlib,
};
use crate::make::zip::Zip;

const FORMATS: &[(&str, ImageFormat)] = &[
    ("png", ImageFormat::Png),
    ("jpg", ImageFormat::Jpeg),
    ("gif", ImageFormat::Gif),
    ("bmp", ImageFormat::Bmp),
    ("tiff", ImageFormat::Tiff),
    ("webp", ImageFormat::WebP),
    ("ico", ImageFormat::Ico),
];

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (extension, format) in FORMATS {
        let bytes = sample(*format);
        cases.push(Case::twin(&format!("{extension}-twin"), extension, bytes.clone(), &[]));
        let tail = |id: &str, tail: &dyn Fn(&str) -> Vec<u8>| {
            Case::gone(&format!("{extension}-{id}"), extension, |c| [&bytes[..], &tail(c)].concat())
        };
        cases.push(tail("tail", &|c| c.into()));
        cases.push(tail("tail-zip", &|c| Zip::of(&[("x.exe", c.as_bytes())]).write()));
        cases.push(tail("tail-html", &|c| format!("<html><script>{c}</script>").into_bytes()));
        cases.push(tail("tail-php", &|c| format!("<?php system('{c}');?>").into_bytes()));
        cases.push(tail("tail-pdf", &|c| {
            format!("%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS({c})>>>>endobj").into_bytes()
        }));
    }
    for (name, extension, make) in VECTORS {
        cases.push(Case::gone(&format!("{extension}-{name}"), extension, make));
    }
    cases
}

type Named = (&'static str, &'static str, fn(&str) -> Vec<u8>);

const VECTORS: &[Named] = &[
    ("text", "png", |c| png_with(b"tEXt", format!("Comment\0{c}").as_bytes(), b"IDAT")),
    ("text-packed", "png", |c| {
        png_with(b"zTXt", &[b"Comment\0\0", &zlib(c.as_bytes())[..]].concat(), b"IDAT")
    }),
    ("text-international", "png", |c| {
        png_with(b"iTXt", format!("XML:com.adobe.xmp\0\0\0\0\0{c}").as_bytes(), b"IDAT")
    }),
    ("exif", "png", |c| png_with(b"eXIf", &exif(c)[6..], b"IDAT")),
    ("profile", "png", |c| {
        png_with(b"iCCP", &[b"x\0\0", &zlib(c.as_bytes())[..]].concat(), b"IDAT")
    }),
    ("time", "png", |c| png_with(b"skCn", c.as_bytes(), b"IDAT")),
    ("suggested-palette", "png", |c| png_with(b"sPLT", format!("{c}\0\x08").as_bytes(), b"IDAT")),
    ("after-data", "png", |c| png_with(b"skCn", c.as_bytes(), b"IEND")),
    ("frame", "png", |c| png_with(b"fdAT", &[&[0, 0, 0, 1], c.as_bytes()].concat(), b"IEND")),
    ("exif", "jpg", |c| jpeg_with(0xe1, &exif(c))),
    ("xmp", "jpg", |c| jpeg_with(0xe1, format!("http://ns.adobe.com/xap/1.0/\0{c}").as_bytes())),
    ("iptc", "jpg", |c| {
        jpeg_with(0xed, format!("Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x10{c}").as_bytes())
    }),
    ("comment", "jpg", |c| jpeg_with(0xfe, c.as_bytes())),
    ("profile", "jpg", |c| jpeg_with(0xe2, format!("ICC_PROFILE\0\x01\x01{c}").as_bytes())),
    ("segment-4", "jpg", |c| jpeg_with(0xe4, c.as_bytes())),
    ("segment-15", "jpg", |c| jpeg_with(0xef, c.as_bytes())),
    ("html", "jpg", |c| {
        jpeg_with(0xfe, format!("*/=1;{c}/*<html><body><script src=#></script>").as_bytes())
    }),
    ("comment", "gif", |c| gif_with(0xfe, c)),
    ("application", "gif", |c| gif_with(0xff, c)),
    ("plain-text", "gif", |c| gif_with(0x01, c)),
    ("tags", "tiff", tiff_with),
    ("exif", "webp", |c| webp_with(b"EXIF", c)),
    ("xmp", "webp", |c| webp_with(b"XMP ", c)),
    ("unknown", "webp", |c| webp_with(b"SKCN", c)),
    ("gap", "bmp", |c| {
        let bmp = sample(ImageFormat::Bmp);
        let start = u32::from_le_bytes([bmp[10], bmp[11], bmp[12], bmp[13]]);
        let at = usize::try_from(start).expect("small");
        let mut out = [&bmp[..at], c.as_bytes(), &bmp[at..]].concat();
        let moved = start + u32::try_from(c.len()).expect("small");
        out[10..14].copy_from_slice(&moved.to_le_bytes());
        out
    }),
    ("comment", "emf", emf),
    ("escape", "wmf", wmf),
];
