//! Heads as they must read once another body stands behind them.

use super::disposition::{Disposition, Kind, ending};
use super::name;
use super::plan::{FilePlan, declared};
use crate::protocol::{Fields, HttpRequest, HttpResponse};

/// Fields that speak of the bytes that were there before: their length, sum,
/// packing, pieces and signatures.
const STALE: &[&str] = &[
    "Content-Length",
    "Transfer-Encoding",
    "Trailer",
    "Content-Encoding",
    "Content-Range",
    "Accept-Ranges",
    "Content-MD5",
    "Digest",
    "Content-Digest",
    "Repr-Digest",
    "ETag",
    "Signature",
    "Signature-Input",
    "x-goog-hash",
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
];

/// The head of a response with a harmless file in it.
#[must_use]
pub fn delivered_response(
    head: &HttpResponse,
    plan: &FilePlan,
    extension: &str,
    length: usize,
) -> HttpResponse {
    let mut head = head.clone();
    correct(&mut head.fields, extension, length);
    let has_new_ending = is_renamed(plan, extension);
    let has_name = Disposition::of(&head.fields).is_some();
    if plan.is_ambiguous || (has_new_ending && has_name) {
        let file = delivered_name(plan, extension);
        let kind = if plan.is_ambiguous { Kind::Attachment } else { plan.kind };
        head.fields.set("Content-Disposition", Disposition::write_response(kind, &file));
    } else if has_new_ending && !ending(&plan.name).is_empty() {
        // Browsers would save it under the address's ending, which is now wrong.
        let file = delivered_name(plan, extension);
        head.fields.set("Content-Disposition", Disposition::write_response(Kind::Inline, &file));
    }
    // The type that we say is the type it is.
    head.fields.set("X-Content-Type-Options", "nosniff");
    head
}

/// The head of a request with a harmless file as its body.
#[must_use]
pub fn delivered_request(
    head: &HttpRequest,
    plan: &FilePlan,
    extension: &str,
    length: usize,
) -> HttpRequest {
    let mut head = head.clone();
    correct(&mut head.fields, extension, length);
    if is_renamed(plan, extension) && head.fields.has("Content-Disposition") {
        let file = delivered_name(plan, extension);
        head.fields.set("Content-Disposition", Disposition::write_response(plan.kind, &file));
    }
    head
}

/// The head of a request with a form whose files are harmless.
#[must_use]
pub fn request_with_form(head: &HttpRequest, boundary: &[u8], length: usize) -> HttpRequest {
    let mut head = head.clone();
    drop_stale(&mut head.fields);
    let mut value = b"multipart/form-data; boundary=\"".to_vec();
    value.extend_from_slice(boundary);
    value.push(b'"');
    head.fields.set("Content-Type", value);
    head.fields.set("Content-Length", length.to_string());
    head
}

/// The head before a page that says why something was stopped.
#[must_use]
pub fn answer_of_page(page: &[u8]) -> HttpResponse {
    let mut fields = Fields::default();
    fields.add("Content-Type", "text/html; charset=utf-8");
    fields.add("Content-Length", page.len().to_string());
    fields.add("Content-Language", "ja, en");
    fields.add("Cache-Control", "no-store");
    fields.add("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    fields.add("X-Content-Type-Options", "nosniff");
    fields.add("Referrer-Policy", "no-referrer");
    let (version, reason) = ("HTTP/1.1".to_owned(), b"Forbidden".to_vec());
    HttpResponse { version, status: 403, reason, fields }
}

/// The name of what is delivered: the sender's, with the ending that is true.
#[must_use]
pub fn delivered_name(plan: &FilePlan, extension: &str) -> Vec<u8> {
    if extension.is_empty() || is_same_kind(&ending(&plan.name), extension) {
        return plan.name.clone();
    }
    name::with_ending(&plan.name, extension)
}

/// Says whether the file's name has an ending that is not true of it.
#[must_use]
pub fn is_renamed(plan: &FilePlan, extension: &str) -> bool {
    !extension.is_empty() && !is_same_kind(&ending(&plan.name), extension)
}

/// Endings that mean the same.
fn is_same_kind(ending: &[u8], extension: &str) -> bool {
    ending == extension.as_bytes()
        || matches!(
            (ending, extension),
            (b"jpeg" | b"jpe", "jpg") | (b"tif", "tiff") | (b"htm" | b"xhtml", "html")
        )
}

fn correct(fields: &mut Fields, extension: &str, length: usize) {
    drop_stale(fields);
    fields.set("Content-Length", length.to_string());
    let media_type = super::media_type_of(extension);
    // A charset beside the right type stays.
    if declared(fields).as_deref() != Some(media_type) {
        fields.set("Content-Type", media_type);
    }
}

fn drop_stale(fields: &mut Fields) {
    for name in STALE {
        fields.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meaning::Coding;

    fn delivered(lines: &str, name: &str, extension: &str) -> String {
        let head = format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n");
        let head = HttpResponse::parse(head.as_bytes(), 50).unwrap();
        let disposition = Disposition::of(&head.fields);
        let plan = FilePlan {
            name: name.as_bytes().to_vec(),
            coding: Coding::Identity,
            is_ambiguous: disposition.as_ref().is_some_and(|d| d.is_ambiguous),
            kind: disposition.map_or(Kind::Inline, |d| d.kind),
        };
        let mut out = Vec::new();
        delivered_response(&head, &plan, extension, 7).write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_that_spoke_of_the_old_bytes_stays() {
        let head = delivered(
            "Content-Type: application/pdf\r\nETag: \"x\"\r\nContent-MD5: y\r\n\
             Content-Length: 99\r\nAccept-Ranges: bytes\r\nDigest: z\r\nContent-Encoding: gzip\r\n\
             Server: s",
            "a.pdf",
            "pdf",
        );
        assert_eq!(
            head,
            "HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nServer: s\r\n\
             Content-Length: 7\r\nX-Content-Type-Options: nosniff\r\n\r\n"
        );
    }

    #[test]
    fn a_macro_document_changes_its_name_and_type() {
        let head = delivered(
            "Content-Type: application/vnd.ms-word.document.macroEnabled.12\r\n\
             Content-Disposition: attachment; filename=\"a.docm\"",
            "a.docm",
            "docx",
        );
        assert!(
            head.contains("Content-Disposition: attachment; filename=\"a.docx\"\r\n"),
            "{head}"
        );
        assert!(head.contains("wordprocessingml.document\r\n"), "{head}");
    }

    #[test]
    fn an_ambiguous_name_is_written_anew() {
        let lines = "Content-Type: application/pdf\r\nContent-Disposition: inline; filename=a.pdf\r\n\
                     Content-Disposition: inline; filename=a.js";
        let head = delivered(lines, "a.pdf", "pdf");
        assert_eq!(head.matches("Content-Disposition").count(), 1);
        assert!(head.contains("attachment; filename=\"a.pdf\""), "{head}");
    }
}
