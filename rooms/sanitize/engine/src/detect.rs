//! Finds a file's real type from its bytes. A name counts only between kinds
//! of plain text, which bytes cannot tell apart, and as a reason to refuse.

mod magic;
mod ole;
mod plain;
mod zip;

use sanitize_core::Format;

/// Returns what `bytes` really are.
#[must_use]
pub fn detect(name: &str, bytes: &[u8]) -> Format {
    let extension = extension(name);
    let found = by_bytes(&extension, bytes);
    match plain::refused_extension(&extension) {
        // What a system would run by its name is refused whatever it holds.
        Some(refused) if !is_document(found) => refused,
        _ => found,
    }
}

fn by_bytes(extension: &str, bytes: &[u8]) -> Format {
    match magic::by_signature(bytes) {
        Some(magic::Found::Format(format)) => format,
        Some(magic::Found::Ole) => ole::kind(extension, bytes),
        Some(magic::Found::Zip) => zip::kind(bytes),
        None => plain::kind(extension, bytes),
    }
}

/// Types with a signature of their own keep it under any name: a PDF called
/// `a.js` is delivered as a PDF.
fn is_document(format: Format) -> bool {
    !matches!(format, Format::Txt | Format::Csv | Format::Tsv | Format::Html | Format::Unknown)
}

/// The part of a name behind its last dot, in lower case.
fn extension(name: &str) -> String {
    // Windows ignores dots and spaces at the end of a name.
    let name = name.trim_end_matches(['.', ' ']);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    extension.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_does_not_make_the_type() {
        assert_eq!(detect("見積書.docx", b"MZ\x90\0"), Format::Executable);
        assert_eq!(detect("a.js", b"%PDF-1.7\n"), Format::Pdf);
        assert_eq!(detect("a.txt", b"{\\rtf1 x}"), Format::Rtf);
    }

    #[test]
    fn what_would_run_by_its_name_is_refused() {
        assert_eq!(detect("invoice.js", b"var a = 1;"), Format::Script);
        assert_eq!(detect("invoice.JS. ", b"var a = 1;"), Format::Script);
        assert_eq!(detect("a.url", b"[InternetShortcut]\nURL=file:x"), Format::Shortcut);
    }

    #[test]
    fn plain_text_kinds_go_by_name() {
        assert_eq!(detect("名簿.csv", "氏名,住所\n".as_bytes()), Format::Csv);
        assert_eq!(detect("a.tsv", b"a\tb\n"), Format::Tsv);
        assert_eq!(detect("a.txt", b"a,b\n"), Format::Txt);
        assert_eq!(detect("noname", b"\x00\x01\x02\x03"), Format::Unknown);
    }

    #[test]
    fn a_pdf_may_have_junk_before_it() {
        assert_eq!(detect("a.pdf", b"\r\njunk\n%PDF-1.4\n"), Format::Pdf);
    }
}
