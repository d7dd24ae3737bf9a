//! The HTTP heads that travel inside a request, read in one way or not at all.

use super::{Fields, Refusal};

/// The head of an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// Its method.
    pub method: String,
    /// Its address.
    pub target: Vec<u8>,
    /// Its version, as written.
    pub version: String,
    /// Its fields.
    pub fields: Fields,
}

/// The head of an HTTP response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// Its version, as written.
    pub version: String,
    /// Its status.
    pub status: u16,
    /// The words behind the status.
    pub reason: Vec<u8>,
    /// Its fields.
    pub fields: Fields,
}

impl HttpRequest {
    /// Reads a whole head, its empty line included.
    ///
    /// # Errors
    /// Refuses what is not one head, and lengths that contradict one another.
    pub fn parse(head: &[u8], fields_max: usize) -> Result<Self, Refusal> {
        let (line, fields) = split(head, fields_max)?;
        let mut words = line.split(|&byte| byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Refusal::Http);
        };
        if method.is_empty()
            || target.is_empty()
            || !method.iter().all(|&b| super::fields::is_token(b))
        {
            return Err(Refusal::Http);
        }
        if target.iter().any(|&byte| byte <= b' ' || byte == 0x7f) {
            return Err(Refusal::Http);
        }
        Ok(Self {
            method: text(method)?,
            target: target.to_vec(),
            version: version_of(version)?,
            fields,
        })
    }

    /// Writes the head.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.method.as_bytes());
        out.push(b' ');
        out.extend_from_slice(&self.target);
        out.push(b' ');
        out.extend_from_slice(self.version.as_bytes());
        out.extend_from_slice(b"\r\n");
        self.fields.write(out);
    }
}

impl HttpResponse {
    /// Reads a whole head, its empty line included.
    ///
    /// # Errors
    /// As [`HttpRequest::parse`].
    pub fn parse(head: &[u8], fields_max: usize) -> Result<Self, Refusal> {
        let (line, fields) = split(head, fields_max)?;
        let mut words = line.splitn(3, |&byte| byte == b' ');
        let version = version_of(words.next().unwrap_or_default())?;
        let status = words.next().unwrap_or_default();
        if status.len() != 3 || !status.iter().all(u8::is_ascii_digit) {
            return Err(Refusal::Http);
        }
        let status = text(status)?.parse().map_err(|_| Refusal::Http)?;
        if !(100..=599).contains(&status) {
            return Err(Refusal::Http);
        }
        Ok(Self { version, status, reason: words.next().unwrap_or_default().to_vec(), fields })
    }

    /// Writes the head.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.version.as_bytes());
        out.extend_from_slice(format!(" {:03} ", self.status).as_bytes());
        out.extend_from_slice(&self.reason);
        out.extend_from_slice(b"\r\n");
        self.fields.write(out);
    }
}

/// The length that a head claims for its body.
///
/// # Errors
/// Refuses lengths that contradict one another (RFC 9112 §6.3).
pub(crate) fn length(fields: &Fields) -> Result<Option<u64>, Refusal> {
    let mut found = None;
    for value in fields.all("Content-Length") {
        let is_number = (1..=18).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
        let length: u64 = match std::str::from_utf8(value) {
            Ok(text) if is_number => text.parse().map_err(|_| Refusal::Length)?,
            _ => return Err(Refusal::Length),
        };
        if found.replace(length).is_some_and(|before| before != length) {
            return Err(Refusal::Length);
        }
    }
    Ok(found)
}

/// The name of the server that a request is for, without its port.
pub(crate) fn host(head: &HttpRequest) -> Option<String> {
    const HOST_BYTES_MAX: usize = 253;
    let target = std::str::from_utf8(&head.target).ok()?;
    let authority = match target.split_once("://") {
        Some((_, rest)) => rest.split(['/', '?', '#']).next()?,
        None if head.method == "CONNECT" => target,
        None => std::str::from_utf8(head.fields.first("Host")?).ok()?,
    };
    let authority = authority.rsplit('@').next()?;
    let name = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => authority.split(':').next()?,
    };
    let is_good = |letter: char| letter.is_ascii_alphanumeric() || "-._:".contains(letter);
    let is_name = (1..=HOST_BYTES_MAX).contains(&name.len()) && name.chars().all(is_good);
    is_name.then(|| name.to_ascii_lowercase())
}

fn split(head: &[u8], fields_max: usize) -> Result<(&[u8], Fields), Refusal> {
    let body = head.strip_suffix(b"\r\n").ok_or(Refusal::Http)?;
    let end = body.iter().position(|&byte| byte == b'\n').ok_or(Refusal::Http)?;
    let (line, fields) = body.split_at(end + 1);
    let line = line.strip_suffix(b"\r\n").ok_or(Refusal::BareLineEnd)?;
    if line.iter().any(|&byte| matches!(byte, 0..=8 | 0x0a..=0x1f | 0x7f)) {
        return Err(Refusal::Control);
    }
    let fields = Fields::parse(fields, fields_max)?;
    check_framing(&fields)?;
    Ok((line, fields))
}

/// A client takes the transport's fields off before it encapsulates (RFC 3507
/// §4.4.2). Some leave `Transfer-Encoding: chunked` on; together with a length
/// it is the classic of request smuggling.
fn check_framing(fields: &Fields) -> Result<(), Refusal> {
    let length = length(fields)?;
    let codings = fields.words("Transfer-Encoding");
    if !fields.has("Transfer-Encoding") {
        return Ok(());
    }
    if length.is_some() || codings != ["chunked"] {
        return Err(Refusal::Length);
    }
    Ok(())
}

/// `HTTP/1.0`, `HTTP/1.1`; proxies that speak HTTP/2 outside write it so, too.
fn version_of(word: &[u8]) -> Result<String, Refusal> {
    match word {
        b"HTTP/1.0" | b"HTTP/1.1" | b"HTTP/2.0" | b"HTTP/2" | b"HTTP/3.0" | b"HTTP/3" => text(word),
        _ => Err(Refusal::Http),
    }
}

fn text(bytes: &[u8]) -> Result<String, Refusal> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Refusal::Http)
}
