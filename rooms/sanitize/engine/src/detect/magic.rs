//! Signatures at fixed places. Looks at bytes only.

use sanitize_core::Format;

/// What a signature says.
pub(super) enum Found {
    /// The type itself.
    Format(Format),
    /// A compound file; its directory tells the type.
    Ole,
    /// A ZIP package; its members tell the type.
    Zip,
}

/// A signature: where it stands, its bytes, what it means.
type Signature = (usize, &'static [u8], Format);

/// Longer signatures stand before shorter ones that they start with.
const SIGNATURES: &[Signature] = &[
    (0, b"MZ", Format::Executable),
    (0, b"\x7fELF", Format::Executable),
    (0, b"\xfe\xed\xfa\xce", Format::Executable),
    (0, b"\xfe\xed\xfa\xcf", Format::Executable),
    (0, b"\xce\xfa\xed\xfe", Format::Executable),
    (0, b"\xcf\xfa\xed\xfe", Format::Executable),
    (0, b"\xca\xfe\xba\xbe", Format::Executable),
    (0, b"dex\n", Format::Executable),
    (0, b"\0asm", Format::Executable),
    (0, b"#!", Format::Script),
    (0, b"#@~^", Format::Script),
    (0, b"\x4c\0\0\0\x01\x14\x02\0", Format::Shortcut),
    (0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", Format::OneNote),
    (0, b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c", Format::OneNote),
    (0, b"ITSF", Format::Chm),
    (0, b"CWS", Format::Flash),
    (0, b"FWS", Format::Flash),
    (0, b"ZWS", Format::Flash),
    (0x8001, b"CD001", Format::DiskImage),
    (0, b"conectix", Format::DiskImage),
    (0, b"vhdxfile", Format::DiskImage),
    (0, b"KDMV", Format::DiskImage),
    (0, b"QFI\xfb", Format::DiskImage),
    (0, b"MSWIM\0\0\0", Format::DiskImage),
    (0, b"%PDF-", Format::Pdf),
    (0, b"{\\rt", Format::Rtf),
    (0, b"\x89PNG\r\n\x1a\n", Format::Png),
    (0, b"\xff\xd8\xff", Format::Jpeg),
    (0, b"GIF87a", Format::Gif),
    (0, b"GIF89a", Format::Gif),
    (0, b"II*\0", Format::Tiff),
    (0, b"MM\0*", Format::Tiff),
    (0, b"II+\0", Format::Tiff),
    (0, b"MM\0+", Format::Tiff),
    (40, b" EMF", Format::Emf),
    (0, b"\xd7\xcd\xc6\x9a", Format::Wmf),
    (0, b"7z\xbc\xaf\x27\x1c", Format::SevenZip),
    (0, b"Rar!\x1a\x07", Format::Rar),
    (0, b"MSCF", Format::Cab),
    (0, b"\x1f\x8b", Format::Gzip),
    (257, b"ustar", Format::Tar),
    // DocuWorks: the start of every .xdw and .xbd file.
    (0, b"\x60\x0e\x82", Format::Xdw),
];

const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Finds the type by its signature.
pub(super) fn by_signature(bytes: &[u8]) -> Option<Found> {
    if bytes.starts_with(OLE) {
        return Some(Found::Ole);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Some(Found::Zip);
    }
    let signed = SIGNATURES
        .iter()
        .find(|(at, signature, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(signature)))
        .map(|(_, _, format)| *format)
        .or_else(|| structured(bytes))
        .or_else(|| behind_junk(bytes));
    signed.map(Found::Format)
}

/// Types whose signature is short and needs a second look.
fn structured(bytes: &[u8]) -> Option<Format> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let is_lzh = bytes.get(2..7).is_some_and(|id| {
        id.starts_with(b"-l") && id.ends_with(b"-") && matches!(id[2], b'h' | b'z')
    });
    if is_webp {
        Some(Format::Webp)
    } else if is_lzh {
        Some(Format::Lzh)
    } else if is_bmp(bytes) {
        Some(Format::Bmp)
    } else if is_ico(bytes) {
        Some(Format::Ico)
    } else if is_wmf(bytes) {
        Some(Format::Wmf)
    } else if is_old_tar(bytes) {
        Some(Format::Tar)
    } else {
        None
    }
}

fn is_bmp(bytes: &[u8]) -> bool {
    // BITMAPFILEHEADER, then the size of one of the known info headers.
    let info = bytes.get(14..18).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
    bytes.starts_with(b"BM") && matches!(info, Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

fn is_ico(bytes: &[u8]) -> bool {
    // ICONDIR: reserved 0, type 1 (icon) or 2 (cursor), 1 to 256 images whose
    // first entry has its own reserved byte at zero.
    let Some(head) = bytes.get(..10) else { return false };
    let count = u16::from_le_bytes([head[4], head[5]]);
    head[..2] == [0, 0]
        && matches!(head[2..4], [1 | 2, 0])
        && (1..=256).contains(&count)
        && head[9] == 0
}

fn is_wmf(bytes: &[u8]) -> bool {
    // META_HEADER without the placeable header: type, 9 words, version.
    bytes.get(..6).is_some_and(|head| {
        matches!(head[0], 1 | 2)
            && head[1] == 0
            && head[2..4] == [9, 0]
            && matches!(head[4..6], [0, 1 | 3])
    })
}

fn is_old_tar(bytes: &[u8]) -> bool {
    // Before POSIX there was no signature; the header's checksum is one.
    let Some(header) = bytes.get(..512) else { return false };
    let field: String = header[148..156].iter().map(|&b| char::from(b)).collect();
    let Ok(claimed) = u32::from_str_radix(field.trim_matches(['\0', ' ']), 8) else {
        return false;
    };
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u32::from(byte) })
        .sum();
    header[0] != 0 && sum == claimed
}

/// Types that readers accept behind leading junk or white space.
fn behind_junk(bytes: &[u8]) -> Option<Format> {
    /// Viewers look for the PDF header this far.
    const PDF_HEADER_WITHIN: usize = 1024;
    let head = &bytes[..bytes.len().min(PDF_HEADER_WITHIN)];
    if head.windows(5).any(|window| window == b"%PDF-") {
        return Some(Format::Pdf);
    }
    let text = head.trim_ascii_start();
    text.starts_with(b"{\\rt").then_some(Format::Rtf)
}
