//! What calls say in the headers of tus 1.0, the protocol of uploads that can
//! be gone on with (<https://tus.io/protocols/resumable-upload>). Pure.

use axum::http::{HeaderName, HeaderValue};
use base::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use console::Headers;

use crate::paths::path_name;

/// The version that is spoken.
pub(super) const VERSION: &str = "1.0.0";
/// Said with every answer.
pub(crate) const SPOKEN: Headers = &[("tus-resumable", VERSION), ("tus-version", VERSION)];
/// What is spoken beside the core of the protocol.
pub(super) const EXTENSIONS: &str = "creation,creation-with-upload,expiration,termination";
/// The type of the bytes of a call.
pub(crate) const MEDIA_TYPE: &str = "application/offset+octet-stream";

pub(super) const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(super) const LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub(super) const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// Bytes of what a sender says of a file.
const METADATA_BYTES_MAX: usize = 2_048;

/// Reads a count of bytes: digits and nothing else.
pub(super) fn count(text: &str) -> Option<u64> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits { text.parse().ok() } else { None }
}

/// Reads the name out of what a sender says of a file: pairs of a word and a
/// value in base 64, with commas between. A file that is not named gets the
/// name of one, and one of a folder keeps its path; what cannot be read is
/// nothing.
pub(super) fn name(metadata: &str) -> Option<String> {
    if metadata.len() > METADATA_BYTES_MAX {
        return None;
    }
    let mut name = None;
    for pair in metadata.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (word, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
        if word == "filename" || (word == "name" && name.is_none()) {
            name = Some(value);
        }
    }
    Some(path_name(&name.unwrap_or_default()))
}

/// A moment as HTTP writes it (RFC 9110, section 5.6.7).
pub(super) fn date(at: Timestamp) -> Option<HeaderValue> {
    let since = std::time::Duration::from_millis(u64::try_from(at.millis()).ok()?);
    HeaderValue::from_str(&httpdate::fmt_http_date(std::time::UNIX_EPOCH + since)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_digits_only() {
        assert_eq!(count("0"), Some(0));
        assert_eq!(count("2147483648"), Some(2 << 30));
        for wrong in ["", "-1", "+1", " 1", "1.0", "0x1", "１", "99999999999999999999"] {
            assert_eq!(count(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_is_read_and_stays_a_name() {
        let said =
            |name: &str| format!("filetype dGV4dC9wbGFpbg==,filename {}", STANDARD.encode(name));
        assert_eq!(name(&said("申請書.docx")).as_deref(), Some("申請書.docx"));
        assert_eq!(name(&said("../../etc/passwd")).as_deref(), Some("passwd"));
        assert_eq!(name(&said("図面/一階/a.pdf")).as_deref(), Some("図面/一階/a.pdf"));
        assert_eq!(name("name Yg==").as_deref(), Some("b"));
        assert_eq!(name("").as_deref(), Some("file"));
        assert_eq!(name("is_private").as_deref(), Some("file"));
        for wrong in ["filename !", "filename A", "filename /w=="] {
            assert_eq!(name(wrong), None, "{wrong}");
        }
        assert_eq!(name(&"a ,".repeat(METADATA_BYTES_MAX)), None);
    }

    #[test]
    fn a_moment_is_written_as_http_writes_it() {
        let at = Timestamp::parse("2026-12-01T08:15:00Z").unwrap();
        assert_eq!(date(at).unwrap(), "Tue, 01 Dec 2026 08:15:00 GMT");
    }
}
