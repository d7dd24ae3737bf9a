//! Pictures, alone and in other files.

use sanitize_core::Format;

use super::build::{jpeg, png};
use super::{Case, case, pass, refuse};

fn gif(extra: &[u8], tail: &[u8]) -> Vec<u8> {
    let head = b"GIF89a\x01\0\x01\0\0\0\0";
    let image = b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3B";
    [head.as_slice(), extra, image, tail].concat()
}

fn bmp(compression: u8, tail: &[u8]) -> Vec<u8> {
    let mut out = b"BM".to_vec();
    out.extend_from_slice(&(58 + tail.len() as u32).to_le_bytes());
    out.extend_from_slice(&[
        0,
        0,
        0,
        0,
        54,
        0,
        0,
        0,
        40,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        1,
        0,
        24,
        0,
        compression,
    ]);
    out.resize(58, 0);
    out.extend_from_slice(tail);
    out
}

fn tiff(tag: u16, tail: &[u8]) -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    let entries: &[(u16, u16, u32)] =
        &[(256, 3, 1), (257, 3, 1), (259, 3, 1), (262, 3, 1), (273, 4, 74), (279, 4, 1)];
    let mut list = entries[..4].to_vec();
    list.push((273, 4, 8 + 2 + 7 * 12 + 4));
    list.push((279, 4, 1));
    list.push((tag, 3, 1));
    out.extend_from_slice(&(list.len() as u16).to_le_bytes());
    for (tag, kind, value) in list {
        out.extend_from_slice(&tag.to_le_bytes());
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&1u32.to_le_bytes());
        out.extend_from_slice(&value.to_le_bytes());
    }
    out.extend_from_slice(&[0; 4]);
    out.push(0x7F);
    out.extend_from_slice(tail);
    out
}

fn webp(chunks: &[u8]) -> Vec<u8> {
    let mut out = b"RIFF".to_vec();
    out.extend_from_slice(&(4 + chunks.len() as u32).to_le_bytes());
    out.extend_from_slice(b"WEBP");
    out.extend_from_slice(chunks);
    out
}

fn emf(records: &[(u32, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let count = records.len() as u32 + 2;
    let size = 88 + records.iter().map(|(_, data)| 8 + data.len() as u32).sum::<u32>() + 20;
    for word in [1, 88] {
        out.extend_from_slice(&u32::to_le_bytes(word));
    }
    out.resize(40, 0);
    out.extend_from_slice(b" EMF\0\0\x01\0");
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.resize(88, 0);
    for (kind, data) in records {
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&(8 + data.len() as u32).to_le_bytes());
        out.extend_from_slice(data);
    }
    for word in [14, 20, 0, 16, 20] {
        out.extend_from_slice(&u32::to_le_bytes(word));
    }
    out
}

fn wmf(function: u16) -> Vec<u8> {
    let mut out = Vec::new();
    for half in [1u16, 9, 0x300, 16, 0, 0, 5, 0, 0] {
        out.extend_from_slice(&half.to_le_bytes());
    }
    for half in [4, 0, function, 0, 3, 0, 0] {
        out.extend_from_slice(&half.to_le_bytes());
    }
    out
}

fn icon(tail: &[u8]) -> Vec<u8> {
    let image = png(&[]);
    let mut out = vec![0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 8, 0];
    out.extend_from_slice(&(image.len() as u32).to_le_bytes());
    out.extend_from_slice(&22u32.to_le_bytes());
    out.extend_from_slice(&image);
    out.extend_from_slice(tail);
    out
}

fn svg(inner: &str) -> Vec<u8> {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">{inner}</svg>").into_bytes()
}

pub(super) fn cases() -> Vec<Case> {
    let mut wrong = png(&[]);
    wrong[29] ^= 1;
    let frame = b"VP8L\x04\0\0\0abcd";
    let drawing = |rule, inner: &str| case(rule, Format::Svg, svg(inner));
    vec![
        case("image-metadata", Format::Png, png(&[(b"tEXt", b"Comment\0x")])),
        case("image-metadata", Format::Png, png(&[(b"eXIf", b"MM\0*\0\0\0\x08\0\0")])),
        case("image-metadata", Format::Png, png(&[(b"iCCP", b"ICC\0\0x")])),
        case("image-structure", Format::Png, png(&[(b"acTL", &[0; 8])])),
        case("image-structure", Format::Png, png(&[(b"prVt", b"x")])),
        case("image-structure", Format::Png, wrong),
        case("image-trailing", Format::Png, [png(&[]).as_slice(), b"PK\x03\x04"].concat()),
        case("image-metadata", Format::Jpeg, jpeg(b"\xFF\xE1\0\x0EExif\0\0MM\0*\0\0")),
        case("image-metadata", Format::Jpeg, jpeg(b"\xFF\xFE\0\x04ab")),
        case("image-metadata", Format::Jpeg, jpeg(b"\xFF\xED\0\x04ab")),
        case("image-trailing", Format::Jpeg, [jpeg(&[]).as_slice(), b"tail"].concat()),
        case("image-structure", Format::Jpeg, jpeg(b"\xFF\xDC\0\x04\0\x01")),
        case("image-metadata", Format::Gif, gif(b"\x21\xFE\x02hi\0", b"")),
        case("image-metadata", Format::Gif, gif(b"\x21\xFF\x0BXMP DataXMP\x01x\0", b"")),
        case("image-structure", Format::Gif, gif(b"\x21\x01\x02hi\0", b"")),
        case("image-trailing", Format::Gif, gif(b"", b"tail")),
        case("image-structure", Format::Bmp, bmp(4, b"")),
        case("image-structure", Format::Bmp, bmp(0, b"tail")),
        case("image-metadata", Format::Tiff, tiff(0x9286, b"")),
        case("image-trailing", Format::Tiff, tiff(274, b"tail")),
        case(
            "image-metadata",
            Format::Webp,
            webp(&[frame.as_slice(), b"EXIF\x02\0\0\0ab"].concat()),
        ),
        case(
            "image-structure",
            Format::Webp,
            webp(&[frame.as_slice(), b"ABCD\x02\0\0\0ab"].concat()),
        ),
        case("metafile-record", Format::Emf, emf(&[(70, b"EMF+abcd")])),
        case("metafile-record", Format::Emf, emf(&[(106, &[0; 8])])),
        case("metafile-record", Format::Wmf, wmf(0x0626)),
        case("image-trailing", Format::Ico, icon(b"tail")),
        drawing("script", "<script>x</script>"),
        drawing("script", "<rect onclick=\"x\"/>"),
        drawing("script", "<foreignObject/>"),
        drawing("script", "<style>@import 'x'</style>"),
        drawing("svg-element", "<animate attributeName=\"href\"/>"),
        drawing("svg-element", "<a/>"),
        drawing("url", "<use xlink:href=\"http://a.jp/x.svg#y\"/>"),
        drawing("url", "<image href=\"data:image/svg+xml;base64,AAAA\"/>"),
        drawing("url", "<rect fill=\"url(http://a.jp/#x)\"/>"),
        drawing("type-mismatch", "<image href=\"data:image/png;base64,TVqQAA==\"/>"),
    ]
}

#[test]
fn hostile_pictures_are_refused() {
    refuse(cases());
}

#[test]
fn plain_pictures_pass() {
    let turned = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let exif = [b"\xFF\xE1\0\x22Exif\0\0".as_slice(), turned].concat();
    let jfif = b"\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
    pass(Format::Png, &png(&[(b"pHYs", &[0; 9]), (b"eXIf", turned)]));
    pass(Format::Jpeg, &jpeg(&[jfif.as_slice(), &exif].concat()));
    pass(Format::Gif, &gif(b"\x21\xF9\x04\0\0\0\0\0\x21\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0", b""));
    pass(Format::Bmp, &bmp(0, b""));
    pass(Format::Tiff, &tiff(274, b""));
    pass(Format::Webp, &webp(b"VP8L\x04\0\0\0abcd"));
    pass(Format::Emf, &emf(&[(43, &[0; 16])]));
    pass(Format::Wmf, &wmf(0x0103));
    pass(Format::Ico, &icon(b""));
    pass(
        Format::Svg,
        &svg(
            "<defs><path id=\"a\" d=\"M0 0\"/></defs><use xlink:href=\"#a\" fill=\"url(#b)\" style=\"fill:rgb(0,0,0)\"/>",
        ),
    );
}
