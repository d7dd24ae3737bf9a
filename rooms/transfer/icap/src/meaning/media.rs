//! Media types: which belong to pages, what an ending's type is, and how the
//! first bytes of a file betray it under a page's type.

/// What a media type is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// What a page is made of and a program reads: markup, scripts, styles,
    /// data, fonts.
    Page,
    /// What a browser draws or plays by itself.
    Media,
    /// Everything else: what a person opens with another program.
    File,
}

/// Sorts a media type, in lower case and without parameters.
pub(super) fn class(media_type: &str) -> Class {
    let (group, name) = media_type.split_once('/').unwrap_or((media_type, ""));
    match (group, name) {
        // Browsers draw SVG as a document with scripts: it is a page, not a picture.
        ("image", "svg+xml") => Class::Page,
        ("image" | "audio" | "video", _) => Class::Media,
        ("font", _) => Class::Page,
        ("text", "html" | "css" | "javascript" | "ecmascript" | "xml" | "event-stream") => {
            Class::Page
        }
        ("application", name) if PAGE_APPLICATIONS.contains(&name) => Class::Page,
        ("application", name) if name.ends_with("+json") => Class::Page,
        _ => Class::File,
    }
}

const PAGE_APPLICATIONS: &[&str] = &[
    "xhtml+xml",
    "javascript",
    "x-javascript",
    "ecmascript",
    "json",
    "xml",
    "rss+xml",
    "atom+xml",
    "soap+xml",
    "wasm",
    "manifest+json",
    "font-woff",
    "font-woff2",
    "x-font-ttf",
    "x-font-woff",
    "vnd.ms-fontobject",
    "x-www-form-urlencoded",
    "ocsp-response",
    "ocsp-request",
    "dns-message",
    "vnd.apple.mpegurl",
    "dash+xml",
    "x-mpegurl",
    "font-sfnt",
    "x-font-opentype",
    // What scripts of pages fetch, and nobody opens as a file.
    "x-ndjson",
    "ndjson",
    "cbor",
    "msgpack",
    "x-msgpack",
    "protobuf",
    "x-protobuf",
    "vnd.google.protobuf",
    "grpc",
    "grpc-web",
    "grpc-web+proto",
    "grpc-web-text",
    "vnd.yt-ump",
];

/// Returns the media type of a file name's ending, in lower case.
#[must_use]
pub fn media_type_of(extension: &str) -> &'static str {
    TYPES
        .iter()
        .find(|(known, _)| *known == extension)
        .map_or("application/octet-stream", |(_, media_type)| media_type)
}

/// Returns the ending that a plain-text type asks for: bytes cannot tell these
/// kinds apart.
pub(super) fn text_extension(media_type: &str) -> Option<&'static str> {
    match media_type {
        "text/csv" | "application/csv" => Some("csv"),
        "text/tab-separated-values" => Some("tsv"),
        "text/plain" => Some("txt"),
        "text/html" | "application/xhtml+xml" => Some("html"),
        _ => None,
    }
}

/// From IANA's registry of media types.
const TYPES: &[(&str, &str)] = &[
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("xlsb", "application/vnd.ms-excel.sheet.binary.macroEnabled.12"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("pdf", "application/pdf"),
    ("doc", "application/msword"),
    ("xls", "application/vnd.ms-excel"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("rtf", "application/rtf"),
    ("html", "text/html"),
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("tsv", "text/tab-separated-values"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("gif", "image/gif"),
    ("bmp", "image/bmp"),
    ("tiff", "image/tiff"),
    ("webp", "image/webp"),
    ("ico", "image/vnd.microsoft.icon"),
    ("emf", "image/emf"),
    ("wmf", "image/wmf"),
    ("eml", "message/rfc822"),
    ("msg", "application/vnd.ms-outlook"),
    ("zip", "application/zip"),
    ("7z", "application/x-7z-compressed"),
    ("lzh", "application/x-lzh-compressed"),
    ("tar", "application/x-tar"),
    ("gz", "application/gzip"),
    ("cab", "application/vnd.ms-cab-compressed"),
];

/// Says whether bytes begin like a document, an archive or a program: such a
/// file is treated, whatever type it goes under.
#[must_use]
pub fn is_file_signature(bytes: &[u8]) -> bool {
    let begins = |mark: &&[u8]| bytes.starts_with(mark);
    // Readers of PDF look for the mark in the first 1,024 bytes (ISO 32000-1, annex H).
    let head = bytes.get(..1024).unwrap_or(bytes);
    SIGNATURES.iter().any(begins)
        // Two letters may begin a script; a program's head has zeros, too.
        || (bytes.starts_with(b"MZ") && head.iter().take(64).any(|&byte| byte == 0))
        || memchr::memmem::find(head, b"%PDF-").is_some()
        || bytes
            .get(2..7)
            .is_some_and(|mark| matches!(mark, b"-lh0-" | b"-lh5-" | b"-lh6-" | b"-lh7-"))
}

const SIGNATURES: &[&[u8]] = &[
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"{\\rt",
    b"\x7fELF",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"MSCF",
    b"\x1f\x8b",
    b"ITSF",
    b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d",
    b"L\x00\x00\x00\x01\x14\x02\x00",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        for file in [&b"PK\x03\x04..."[..], b"MZ\x90\0\x03", b"\xef\xbb\xbf \n%PDF-1.4", b"ab-lh5-"]
        {
            assert!(is_file_signature(file), "{file:?}");
        }
        for page in [&b"<!DOCTYPE html>"[..], b"MZ=function(){}", b"{\"a\":1}", b""] {
            assert!(!is_file_signature(page), "{page:?}");
        }
    }

    #[test]
    fn types_fall_into_their_classes() {
        assert_eq!(class("image/svg+xml"), Class::Page);
        assert_eq!(class("image/png"), Class::Media);
        assert_eq!(class("application/problem+json"), Class::Page);
        assert_eq!(class("application/vnd.ms-excel"), Class::File);
        assert_eq!(class("text/plain"), Class::File);
        assert_eq!(class(""), Class::File);
    }
}
