//! Real types from bytes, by this crate's own marks. A name counts only
//! between kinds of plain text and as a reason to refuse.

use sanitize_core::Format;

use crate::url::hex;

/// Returns what the bytes are; plain text of any kind is [`Format::Txt`].
pub(crate) fn detect(bytes: &[u8]) -> Format {
    for (offset, mark, format) in MARKS {
        if bytes.get(*offset..).is_some_and(|rest| rest.starts_with(mark)) {
            return *format;
        }
    }
    if let Some(format) = composite(bytes) {
        return format;
    }
    textual(bytes)
}

/// Returns what a named member is.
pub(crate) fn detect_named(name: &str, bytes: &[u8]) -> Format {
    let extension = extension(name);
    let found = detect(bytes);
    match (found, extension.as_str()) {
        (Format::Txt, "csv") => Format::Csv,
        (Format::Txt, "tsv" | "tab") => Format::Tsv,
        (Format::Txt, "eml") => Format::Eml,
        (Format::Txt, "htm" | "html" | "xhtml") => Format::Html,
        (other, _) => other,
    }
}

/// Returns a name's extension in lower case, seen as Windows sees it.
pub(crate) fn extension(name: &str) -> String {
    let trimmed = name.trim_end_matches(['.', ' ']);
    let leaf = trimmed.rsplit('/').next().unwrap_or(trimmed);
    leaf.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_lowercase())
}

/// Says whether a system would run or open a file of this extension by itself.
pub(crate) fn is_run_by_name(extension: &str) -> bool {
    RUN.contains(&extension)
}

fn composite(bytes: &[u8]) -> Option<Format> {
    let at =
        |offset: usize, mark: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(mark));
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Some(zip(bytes));
    }
    if bytes.starts_with(b"MZ") && (bytes.contains(&0) || bytes.len() < 64) {
        return Some(Format::Executable);
    }
    if bytes.starts_with(b"RIFF") && at(8, b"WEBP") {
        return Some(Format::Webp);
    }
    if bytes.starts_with(b"BM") && bytes.len() >= 26 && at(6, &[0, 0, 0, 0]) {
        return Some(Format::Bmp);
    }
    if bytes.starts_with(&[1, 0, 0, 0]) && at(40, b" EMF") {
        return Some(Format::Emf);
    }
    if matches!(bytes, [1 | 2, 0, 9, 0, 0, 1 | 3, ..]) {
        return Some(Format::Wmf);
    }
    if matches!(bytes, [0, 0, 1 | 2, 0, count, 0, ..] if *count != 0) {
        return Some(Format::Ico);
    }
    if at(2, b"-lh") || at(2, b"-lz") {
        return Some(Format::Lzh);
    }
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let has_header = memchr::memmem::find(head, b"%PDF-").is_some();
    has_header.then_some(Format::Pdf)
}

/// Tells packages by the names of their first members.
fn zip(bytes: &[u8]) -> Format {
    let has = |name: &[u8]| memchr::memmem::find(bytes, name).is_some();
    if bytes.get(30..).is_some_and(|rest| rest.starts_with(b"mimetype")) {
        return match () {
            () if has(b"application/vnd.oasis.opendocument.text") => Format::Odt,
            () if has(b"application/vnd.oasis.opendocument.spreadsheet") => Format::Ods,
            () if has(b"application/vnd.oasis.opendocument.presentation") => Format::Odp,
            () => Format::Zip,
        };
    }
    if !has(b"[Content_Types].xml") {
        return if has(b"META-INF/MANIFEST.MF") || has(b"AndroidManifest.xml") {
            Format::AppPackage
        } else {
            Format::Zip
        };
    }
    if has(b"word/document") {
        Format::Docx
    } else if has(b"xl/workbook.bin") {
        Format::Xlsb
    } else if has(b"xl/workbook") {
        Format::Xlsx
    } else if has(b"ppt/presentation") {
        Format::Pptx
    } else {
        Format::UnknownOpc
    }
}

fn textual(bytes: &[u8]) -> Format {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let is_utf16 = head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]);
    if head.contains(&0) && !is_utf16 {
        return Format::Unknown;
    }
    let bare: Vec<u8> = head
        .iter()
        .copied()
        .filter(|&byte| byte != 0)
        .map(|byte| byte.to_ascii_lowercase())
        .collect();
    let start = bare
        .iter()
        .position(|byte| {
            !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0xEF | 0xBB | 0xBF | 0xFF | 0xFE)
        })
        .unwrap_or(0);
    let text = bare.get(start..).unwrap_or_default();
    let starts = |mark: &[u8]| text.starts_with(mark);
    let has = |mark: &[u8]| memchr::memmem::find(text, mark).is_some();
    if starts(b"<svg")
        || ((starts(b"<?xml") || starts(b"<!doctype svg") || starts(b"<!--")) && has(b"<svg"))
    {
        Format::Svg
    } else if starts(b"<!doctype html")
        || starts(b"<html")
        || starts(b"<head")
        || starts(b"<body")
        || starts(b"<script")
    {
        Format::Html
    } else if starts(b"[internetshortcut]") {
        Format::Shortcut
    } else {
        Format::Txt
    }
}

/// Decodes base64 (RFC 4648 §4); white space is passed over, anything else
/// that does not belong there is an error.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut value, mut bits, mut padding) = (0u32, 0u32, 0u32);
    for byte in text.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        value = (value << 6) | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((value >> bits & 0xFF) as u8);
        }
    }
    (padding <= 2).then_some(out)
}

/// Decodes pairs of hexadecimal digits; white space is passed over.
pub(crate) fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut half = None;
    for &byte in text.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        let digit = hex(byte)?;
        match half.take() {
            Some(high) => out.push(high << 4 | digit),
            None => half = Some(digit),
        }
    }
    half.is_none().then_some(out)
}

const MARKS: &[(usize, &[u8], Format)] = &[
    (0, b"\x89PNG\r\n\x1a\n", Format::Png),
    (0, b"\xFF\xD8\xFF", Format::Jpeg),
    (0, b"GIF87a", Format::Gif),
    (0, b"GIF89a", Format::Gif),
    (0, b"II*\0", Format::Tiff),
    (0, b"MM\0*", Format::Tiff),
    (0, b"%PDF-", Format::Pdf),
    (0, b"{\\rt", Format::Rtf),
    (0, b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Format::UnknownOle),
    (0, b"\xD7\xCD\xC6\x9A", Format::Wmf),
    (0, b"\x7FELF", Format::Executable),
    (0, b"\xFE\xED\xFA\xCE", Format::Executable),
    (0, b"\xFE\xED\xFA\xCF", Format::Executable),
    (0, b"\xCE\xFA\xED\xFE", Format::Executable),
    (0, b"\xCF\xFA\xED\xFE", Format::Executable),
    (0, b"\xCA\xFE\xBA\xBE", Format::Executable),
    (0, b"#!", Format::Script),
    (0, b"L\0\0\0\x01\x14\x02\0", Format::Shortcut),
    (0, b"ITSF", Format::Chm),
    (0, b"\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D", Format::OneNote),
    (0, b"FWS", Format::Flash),
    (0, b"CWS", Format::Flash),
    (0, b"ZWS", Format::Flash),
    (0, b"7z\xBC\xAF\x27\x1C", Format::SevenZip),
    (0, b"\x1F\x8B\x08", Format::Gzip),
    (0, b"MSCF\0\0\0\0", Format::Cab),
    (0, b"Rar!\x1A\x07", Format::Rar),
    (0, b"conectix", Format::DiskImage),
    (0, b"vhdxfile", Format::DiskImage),
    (257, b"ustar", Format::Tar),
    (0x8001, b"CD001", Format::DiskImage),
];

const RUN: &[&str] = &[
    "ade",
    "adp",
    "app",
    "appinstaller",
    "application",
    "appref-ms",
    "appx",
    "appxbundle",
    "asp",
    "aspx",
    "bas",
    "bat",
    "bin",
    "chm",
    "cmd",
    "com",
    "cpl",
    "crt",
    "csh",
    "desktop",
    "diagcab",
    "dll",
    "docm",
    "dotm",
    "exe",
    "fxp",
    "gadget",
    "grp",
    "hlp",
    "hta",
    "inf",
    "ins",
    "iqy",
    "iso",
    "img",
    "isp",
    "jar",
    "jnlp",
    "js",
    "jse",
    "ksh",
    "library-ms",
    "lnk",
    "mad",
    "maf",
    "mam",
    "mda",
    "mde",
    "mdt",
    "mht",
    "mhtml",
    "msc",
    "msh",
    "msi",
    "msix",
    "msp",
    "mst",
    "ocx",
    "one",
    "onepkg",
    "osd",
    "pif",
    "potm",
    "ppa",
    "ppam",
    "ppsm",
    "pptm",
    "prg",
    "ps1",
    "psc1",
    "py",
    "pyc",
    "rdp",
    "reg",
    "scf",
    "scr",
    "sct",
    "search-ms",
    "searchconnector-ms",
    "settingcontent-ms",
    "shb",
    "shs",
    "slk",
    "swf",
    "sys",
    "theme",
    "url",
    "vb",
    "vbe",
    "vbs",
    "vhd",
    "vhdx",
    "wbk",
    "website",
    "wll",
    "ws",
    "wsc",
    "wsf",
    "wsh",
    "xlam",
    "xla",
    "xll",
    "xlm",
    "xlsm",
    "xltm",
    "xnk",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_their_bytes() {
        assert_eq!(detect(b"MZ\x90\0\x03\0\0\0"), Format::Executable);
        assert_eq!(detect(b"\x7FELF\x02\x01"), Format::Executable);
        assert_eq!(detect("MZ世代の話".as_bytes().repeat(20).as_slice()), Format::Txt);
    }

    #[test]
    fn base64_is_strict() {
        assert_eq!(base64("aGVs\r\nbG8=").as_deref(), Some(b"hello".as_slice()));
        assert_eq!(base64("a*b"), None);
    }
}
