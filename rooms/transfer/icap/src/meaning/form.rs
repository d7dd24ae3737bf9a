//! Multipart bodies (RFC 2046 §5.1, RFC 7578) taken apart and put together.
//! Whatever one server might cut elsewhere than another is refused: a file
//! must not hide in what we take for a text field.

use super::coding::Coding;
use super::disposition::{self, Disposition, Kind};
use super::name;
use super::plan::FilePlan;
use crate::protocol::{Fields, Refusal};

/// What one form may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormLimits {
    /// Parts of it.
    pub parts_max: usize,
    /// The head of one part, in bytes.
    pub head_bytes_max: usize,
    /// Header fields of one part.
    pub fields_max: usize,
}

impl Default for FormLimits {
    fn default() -> Self {
        Self { parts_max: 1_000, head_bytes_max: 8 << 10, fields_max: 16 }
    }
}

/// Why a form is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// It can be read in two ways, or not at all.
    #[error("the form cannot be read in one way")]
    Shape,
    /// It has more parts than its limit.
    #[error("the form has more parts than the limit")]
    TooManyParts,
}

/// One part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The head as it stood, its empty line included.
    pub head: &'a [u8],
    /// The body.
    pub body: &'a [u8],
    /// The field's name, as its bytes stand.
    pub field: Option<Vec<u8>>,
    /// The file's name; empty where a person chose none.
    pub file: Option<Vec<u8>>,
    /// The media type that the sender claims, in lower case.
    pub media_type: Option<String>,
}

/// A form in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form<'a> {
    /// In their order.
    pub parts: Vec<Part<'a>>,
}

/// Reads the boundary of a multipart type; none where the value is none or
/// names no usable one.
#[must_use]
pub fn boundary_of(content_type: &[u8]) -> Option<Vec<u8>> {
    let parameters = disposition::parameters(content_type)?;
    let mut found = parameters.into_iter().filter(|(name, _)| name == b"boundary");
    let (_, boundary) = found.next()?;
    // RFC 2046 §5.1.1: up to 70 characters of this set, no blank at the end.
    let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(byte);
    let is_usable = (1..=70).contains(&boundary.len())
        && boundary.iter().all(is_good)
        && !boundary.ends_with(b" ");
    (is_usable && found.next().is_none()).then_some(boundary)
}

impl<'a> Form<'a> {
    /// Takes a body apart.
    ///
    /// # Errors
    /// Refuses words before the first boundary or behind the last, boundaries
    /// that stand anywhere but on a line of their own, and heads that can be
    /// read in two ways.
    pub fn split(bytes: &'a [u8], boundary: &[u8], limits: &FormLimits) -> Result<Self, FormError> {
        let mark = [b"--", boundary].concat();
        let mut rest = bytes.strip_prefix(mark.as_slice()).ok_or(FormError::Shape)?;
        let mut parts = Vec::new();
        loop {
            if let Some(behind) = rest.strip_prefix(b"--") {
                // Some clients write the last line end, some do not.
                let is_over = behind.is_empty() || behind == b"\r\n";
                return if is_over { Ok(Self { parts }) } else { Err(FormError::Shape) };
            }
            let part = rest.strip_prefix(b"\r\n").ok_or(FormError::Shape)?;
            if parts.len() == limits.parts_max {
                return Err(FormError::TooManyParts);
            }
            // Every occurrence counts, so that none is left in a body for a
            // reader who is content with a bare line feed before it.
            let at = memchr::memmem::find(part, &mark).ok_or(FormError::Shape)?;
            let (part, behind) = part.split_at(at);
            let part = part.strip_suffix(b"\r\n").ok_or(FormError::Shape)?;
            parts.push(Part::parse(part, limits)?);
            rest = behind.get(mark.len()..).unwrap_or_default();
        }
    }
}

impl<'a> Part<'a> {
    fn parse(part: &'a [u8], limits: &FormLimits) -> Result<Self, FormError> {
        let end = if part.starts_with(b"\r\n") {
            2
        } else {
            memchr::memmem::find(part, b"\r\n\r\n").ok_or(FormError::Shape)? + 4
        };
        if end > limits.head_bytes_max {
            return Err(FormError::Shape);
        }
        let (head, body) = part.split_at(end);
        let lines = head.get(..end - 2).unwrap_or_default();
        let fields = Fields::parse(lines, limits.fields_max).map_err(|_| FormError::Shape)?;
        let once = |name| fields.only(name).map_err(|_: Refusal| FormError::Shape);
        let disposition = once("Content-Disposition")?.map(Disposition::parse);
        if disposition.as_ref().is_some_and(|d| d.is_ambiguous) {
            return Err(FormError::Shape);
        }
        // RFC 7578 §4.7 leaves this field to mail; a server that heeds it
        // would see other bytes than we do.
        let transfer = once("Content-Transfer-Encoding")?.map(<[u8]>::to_ascii_lowercase);
        if transfer.is_some_and(|t| !matches!(t.as_slice(), b"binary" | b"8bit" | b"7bit")) {
            return Err(FormError::Shape);
        }
        let media_type = once("Content-Type")?.map(super::plan::media_type);
        let (field, file) = disposition.map_or((None, None), |d| (d.field, d.file));
        Ok(Self { head, body, field, file, media_type })
    }

    /// Says whether this part is a file: it has a file name, a type of its own
    /// that is no text's, or begins like a file. An empty choice is none.
    #[must_use]
    pub fn is_file(&self) -> bool {
        if self.body.is_empty() {
            return false;
        }
        let is_data = |t: &str| {
            t.starts_with("text/plain") || t == "application/json" || t == "application/xml"
        };
        self.file.is_some()
            || self.media_type.as_deref().is_some_and(|media_type| !is_data(media_type))
            || super::is_file_signature(self.body)
    }

    /// How this part's file is treated.
    #[must_use]
    pub fn plan(&self) -> FilePlan {
        let disposition = self.file.as_ref().filter(|file| !file.is_empty());
        let name = match disposition {
            Some(file) => name::last_step(file),
            None => name::of_response(None, None, self.media_type.as_deref()),
        };
        FilePlan { name, coding: Coding::Identity, is_ambiguous: false, kind: Kind::FormData }
    }

    /// Writes a head for another file in this part's place.
    #[must_use]
    pub fn head_for(&self, file: &[u8], extension: &str) -> Vec<u8> {
        let mut fields = Fields::default();
        let file = self.file.as_ref().map(|_| file);
        if self.field.is_some() || file.is_some() {
            let value = Disposition::write_part(self.field.as_deref(), file);
            fields.add("Content-Disposition", value);
        }
        fields.add("Content-Type", super::media_type_of(extension));
        let mut head = Vec::new();
        fields.write(&mut head);
        head
    }
}

/// Puts parts together; answers with the body and the boundary that it took.
/// The wished one is kept unless it stands in a part.
#[must_use]
pub fn join(parts: &[(&[u8], &[u8])], wished: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut boundary = wished.to_vec();
    let mut number = 0_u64;
    while is_in(parts, &boundary) {
        number += 1;
        boundary = format!("----sekisho-{number:016}").into_bytes();
    }
    let bytes: usize = parts.iter().map(|(head, body)| head.len() + body.len() + 80).sum();
    let mut out = Vec::with_capacity(bytes + 80);
    for (head, body) in parts {
        out.extend_from_slice(b"--");
        out.extend_from_slice(&boundary);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(head);
        out.extend_from_slice(body);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"--");
    out.extend_from_slice(&boundary);
    out.extend_from_slice(b"--\r\n");
    (out, boundary)
}

fn is_in(parts: &[(&[u8], &[u8])], boundary: &[u8]) -> bool {
    let mark = [b"--", boundary].concat();
    let finder = memchr::memmem::Finder::new(&mark);
    parts.iter().any(|(head, body)| finder.find(head).is_some() || finder.find(body).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "--b\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nwords\r\n--b\r\n\
        Content-Disposition: form-data; name=\"f\"; filename=\"a.pdf\"\r\n\
        Content-Type: application/pdf\r\n\r\n%PDF-\r\n--b--\r\n";

    fn split(text: &str) -> Result<Vec<(Option<String>, Vec<u8>, bool)>, FormError> {
        let form = Form::split(text.as_bytes(), b"b", &FormLimits::default())?;
        let word = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).unwrap();
        Ok(form
            .parts
            .iter()
            .map(|part| (part.file.as_ref().map(word), part.body.to_vec(), part.is_file()))
            .collect())
    }

    #[test]
    fn fields_and_files_are_told_apart() {
        let parts = split(GOOD).unwrap();
        assert_eq!(parts[0], (None, b"words".to_vec(), false));
        assert_eq!(parts[1], (Some("a.pdf".to_owned()), b"%PDF-".to_vec(), true));
        assert_eq!(split("--b--").unwrap(), []);
    }

    #[test]
    fn a_file_cannot_hide_in_a_field() {
        let part = |head: &str, body: &str| format!("--b\r\n{head}\r\n\r\n{body}\r\n--b--\r\n");
        let plain = "Content-Disposition: form-data; name=\"q\"";
        assert!(split(&part(plain, "PK\x03\x04")).unwrap()[0].2, "a file without a name");
        let typed = format!("{plain}\r\nContent-Type: application/msword");
        assert!(split(&part(&typed, "x")).unwrap()[0].2, "a file by its type");
        for hidden in ["x\n--b\r\n", "x--b", "x\r--b--"] {
            assert_eq!(split(&part(plain, hidden)), Err(FormError::Shape), "{hidden:?}");
        }
        for head in [
            "Content-Disposition: form-data; name=q; filename=a.txt; filename=a.js",
            "Content-Disposition: form-data; name=q\r\nContent-Disposition: form-data; filename=a",
            "Content-Disposition : form-data; filename=a",
            "Content-Disposition: form-data;\r\n filename=a",
            "Content-Disposition: form-data; name=q\r\nContent-Transfer-Encoding: base64",
        ] {
            assert_eq!(split(&part(head, "x")), Err(FormError::Shape), "{head:?}");
        }
    }

    #[test]
    fn words_about_the_parts_are_refused() {
        for text in ["", "x", "x\r\n--b--", "--b--\r\nx", "--b \r\n\r\n\r\n--b--", "--b\r\n\r\n"] {
            assert_eq!(split(text), Err(FormError::Shape), "{text:?}");
        }
    }

    #[test]
    fn what_is_joined_can_be_split_again() {
        let parts: &[(&[u8], &[u8])] = &[(b"\r\n", b"has --b in it"), (b"\r\n", b"")];
        let (bytes, boundary) = join(parts, b"b");
        assert_ne!(boundary, b"b");
        let form = Form::split(&bytes, &boundary, &FormLimits::default()).unwrap();
        assert_eq!(form.parts[0].body, b"has --b in it");
        assert_eq!(form.parts.len(), 2);
    }

    #[test]
    fn a_boundary_is_taken_only_where_it_is_one() {
        let read = |value: &str| boundary_of(value.as_bytes());
        assert_eq!(read("multipart/form-data; boundary=\"a b\""), Some(b"a b".to_vec()));
        assert_eq!(read("multipart/form-data; boundary=a; boundary=b"), None);
        assert_eq!(read("multipart/form-data; boundary="), None);
        assert_eq!(read("multipart/form-data; boundary=a\"b"), None);
        assert_eq!(read("multipart/form-data"), None);
    }
}
