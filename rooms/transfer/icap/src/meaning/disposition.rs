//! The `Content-Disposition` field of responses (RFC 6266) and of form parts
//! (RFC 7578 §4.2): read as browsers read it, written in one way only.

use crate::protocol::Fields;

/// What is to be done with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To be shown.
    Inline,
    /// To be saved. Unknown words mean this, too (RFC 6266 §4.2).
    Attachment,
    /// A part of a form.
    FormData,
}

/// A disposition as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// What is to be done.
    pub kind: Kind,
    /// The field's name in a form, as its bytes stand.
    pub field: Option<Vec<u8>>,
    /// The file name: `filename*` before `filename`. Bytes, as senders put
    /// many charsets there.
    pub file: Option<Vec<u8>>,
    /// Two readers may take two names from it.
    pub is_ambiguous: bool,
}

impl Disposition {
    /// Reads the field from a head; none where there is none.
    #[must_use]
    pub fn of(fields: &Fields) -> Option<Self> {
        let mut values = fields.all("Content-Disposition");
        let mut disposition = Self::parse(values.next()?);
        if values.next().is_some() {
            disposition.is_ambiguous = true;
            if disposition.kind == Kind::Inline {
                disposition.kind = Kind::Attachment;
            }
        }
        Some(disposition)
    }

    /// Reads one value.
    #[must_use]
    pub fn parse(value: &[u8]) -> Self {
        let (kind, rest) = match value.iter().position(|&byte| byte == b';') {
            Some(at) => value.split_at(at),
            None => (value, &b""[..]),
        };
        let kind = match kind.trim_ascii().to_ascii_lowercase().as_slice() {
            b"inline" => Kind::Inline,
            b"form-data" => Kind::FormData,
            _ => Kind::Attachment,
        };
        let mut disposition = Self { kind, field: None, file: None, is_ambiguous: false };
        let (mut plain, mut extended) = (None, None);
        let mut is_broken = false;
        for parameter in Parameters::new(rest) {
            let Some((name, value)) = parameter else {
                is_broken = true;
                break;
            };
            let place = match name.as_slice() {
                b"name" => &mut disposition.field,
                b"filename" => &mut plain,
                b"filename*" => &mut extended,
                // Continuations (RFC 2231 §3) belong to mail; browsers differ on them.
                other if other.starts_with(b"filename*") => {
                    is_broken = true;
                    continue;
                }
                _ => continue,
            };
            is_broken |= place.replace(value).is_some();
        }
        let decoded = extended.as_deref().map(decode_extended);
        is_broken |= decoded.as_ref().is_some_and(Option::is_none);
        let decoded = decoded.flatten();
        let disagree = matches!((&plain, &decoded), (Some(a), Some(b)) if ending(a) != ending(b));
        disposition.is_ambiguous = is_broken || disagree;
        disposition.file = decoded.or(plain);
        disposition
    }

    /// Writes the disposition of a response with another file name.
    #[must_use]
    pub fn write_response(kind: Kind, file: &[u8]) -> Vec<u8> {
        let mut out = match kind {
            Kind::Inline => b"inline".to_vec(),
            Kind::Attachment | Kind::FormData => b"attachment".to_vec(),
        };
        let plain: Vec<u8> = match std::str::from_utf8(file) {
            Ok(text) => text.chars().map(|c| if is_plain(c) { c as u8 } else { b'_' }).collect(),
            // Not UTF-8: the bytes stay, as nobody can say what they mean.
            Err(_) => {
                file.iter().map(|&b| if matches!(b, b'"' | b'\\') { b'_' } else { b }).collect()
            }
        };
        out.extend_from_slice(b"; filename=\"");
        out.extend_from_slice(&plain);
        out.push(b'"');
        if std::str::from_utf8(file).is_ok() && plain != file {
            out.extend_from_slice(b"; filename*=UTF-8''");
            out.extend_from_slice(&percent(file));
        }
        out
    }

    /// Writes the disposition of a form part, escaped as browsers do (HTML
    /// §4.10.21.8: quotes and line ends only).
    #[must_use]
    pub fn write_part(field: Option<&[u8]>, file: Option<&[u8]>) -> Vec<u8> {
        let mut out = b"form-data".to_vec();
        for (name, value) in [("name", field), ("filename", file)] {
            let Some(value) = value else { continue };
            out.extend_from_slice(format!("; {name}=\"").as_bytes());
            for &byte in value {
                match byte {
                    b'"' => out.extend_from_slice(b"%22"),
                    b'\r' => out.extend_from_slice(b"%0D"),
                    b'\n' => out.extend_from_slice(b"%0A"),
                    other => out.push(other),
                }
            }
            out.push(b'"');
        }
        out
    }
}

fn is_plain(letter: char) -> bool {
    (letter.is_ascii_graphic() || letter == ' ') && !matches!(letter, '"' | '\\' | '%')
}

/// The part of a name behind its last dot, in lower case.
pub(super) fn ending(name: &[u8]) -> Vec<u8> {
    let end = name.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |at| at + 1);
    let name = name.get(..end).unwrap_or_default();
    let at = name.iter().rposition(|&byte| byte == b'.');
    at.and_then(|at| name.get(at + 1..)).unwrap_or_default().to_ascii_lowercase()
}

/// RFC 8187 §3.2: `charset'language'percent-encoded`.
fn decode_extended(value: &[u8]) -> Option<Vec<u8>> {
    let mut parts = value.splitn(3, |&byte| byte == b'\'');
    let charset = parts.next()?.to_ascii_lowercase();
    let (_language, text) = (parts.next()?, parts.next()?);
    let bytes = unpercent(text);
    match charset.as_slice() {
        b"utf-8" => std::str::from_utf8(&bytes).is_ok().then_some(bytes),
        b"iso-8859-1" => {
            Some(bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into())
        }
        _ => None,
    }
}

/// Undoes percent-encoding; what is no escape stays.
pub(super) fn unpercent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        let escaped = (byte == b'%')
            .then(|| behind.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    out
}

fn percent(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 3);
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    out
}

/// Cuts `; name=value; name="value"`; gives none at the first fault, and then
/// ends.
struct Parameters<'a> {
    rest: &'a [u8],
    is_over: bool,
}

impl<'a> Parameters<'a> {
    fn new(rest: &'a [u8]) -> Self {
        Self { rest, is_over: false }
    }

    fn read(&mut self) -> Option<(Vec<u8>, Vec<u8>)> {
        let rest = self.rest.strip_prefix(b";")?.trim_ascii_start();
        let at = rest.iter().position(|&byte| byte == b'=')?;
        let (name, value) = rest.split_at(at);
        let value = value.get(1..)?.trim_ascii_start();
        let (value, rest) = if value.starts_with(b"\"") {
            quoted(value.get(1..)?)?
        } else {
            let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
            let (value, rest) = value.split_at(end);
            (value.trim_ascii_end().to_vec(), rest)
        };
        self.rest = rest.trim_ascii_start();
        Some((name.trim_ascii().to_ascii_lowercase(), value))
    }
}

impl Iterator for Parameters<'_> {
    type Item = Option<(Vec<u8>, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        // A lone semicolon at the end is common and harmless.
        if self.is_over || self.rest.trim_ascii() == b";" || self.rest.trim_ascii().is_empty() {
            return None;
        }
        let parameter = self.read();
        self.is_over = parameter.is_none();
        Some(parameter)
    }
}

/// Reads up to the closing quote. A backslash escapes only a quote or another
/// backslash: browsers send Windows paths with single ones.
fn quoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        match (text.get(at)?, text.get(at + 1)) {
            (b'"', _) => return Some((out, text.get(at + 1..)?)),
            (b'\\', Some(next @ (b'"' | b'\\'))) => {
                out.push(*next);
                at += 2;
            }
            (&byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
}

/// Reads the parameters of a media type; none where they cannot be read.
pub(super) fn parameters(value: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let at = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
    Parameters::new(value.split_at(at).1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(value: &str) -> Option<String> {
        let file = Disposition::parse(value.as_bytes()).file?;
        Some(String::from_utf8_lossy(&file).into_owned())
    }

    #[test]
    fn the_extended_name_goes_first() {
        let value = "attachment; filename=\"x.docx\"; filename*=UTF-8''%E7%94%B3%E8%AB%8B.docx";
        assert_eq!(name(value).as_deref(), Some("申請.docx"));
        assert!(!Disposition::parse(value.as_bytes()).is_ambiguous);
    }

    #[test]
    fn two_names_of_two_kinds_are_ambiguous() {
        for value in [
            "attachment; filename=a.txt; filename*=UTF-8''a.js",
            "attachment; filename=a.txt; filename=a.js",
            "attachment; filename=\"a.txt",
            "attachment; filename*0=a; filename*1=.js",
            "attachment; filename*=utf-16''a.js; filename=a.txt",
        ] {
            assert!(Disposition::parse(value.as_bytes()).is_ambiguous, "{value}");
        }
    }

    #[test]
    fn unknown_kinds_are_attachments() {
        assert_eq!(Disposition::parse(b"INLINE").kind, Kind::Inline);
        assert_eq!(Disposition::parse(b"save; filename=a").kind, Kind::Attachment);
        assert_eq!(Disposition::parse(b"").kind, Kind::Attachment);
    }

    #[test]
    fn a_name_is_written_so_that_it_reads_back() {
        for file in ["report.docx", "申請 書.docx", "a\"b\\c%41.pdf"] {
            let value = Disposition::write_response(Kind::Attachment, file.as_bytes());
            let read = Disposition::parse(&value);
            assert_eq!(read.file.as_deref(), Some(file.as_bytes()), "{file}");
            assert!(!read.is_ambiguous, "{file}");
        }
    }

    #[test]
    fn an_ending_is_found_as_windows_finds_it() {
        assert_eq!(ending(b"a.JS. . "), b"js");
        assert_eq!(ending(b"noending"), b"");
    }
}
