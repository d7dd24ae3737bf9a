//! Answers as bytes. Every one carries the service's tag (RFC 3507 §4.7) and
//! says what it encapsulates.

use super::http::{HttpRequest, HttpResponse};
use super::{Method, Status};

/// Which files a client previews, leaves out or sends whole, by their ending
/// (RFC 3507 §4.10.2). A name is the sender's to choose: leaving endings out
/// lets everything pass that takes such a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfers {
    /// Endings that are previewed.
    pub preview: Vec<String>,
    /// Endings that are not sent at all.
    pub ignore: Vec<String>,
    /// Endings that are sent whole.
    pub complete: Vec<String>,
}

impl Default for Transfers {
    /// Everything is previewed.
    fn default() -> Self {
        Self { preview: vec!["*".to_owned()], ignore: Vec::new(), complete: Vec::new() }
    }
}

/// What OPTIONS is answered with.
#[derive(Clone, Debug)]
pub struct OptionsAnswer<'a> {
    /// Methods of the service.
    pub methods: &'a [Method],
    /// The program and its version, for people.
    pub service: &'a str,
    /// The service's short name.
    pub service_id: &'a str,
    /// The tag, without quotes.
    pub tag: &'a str,
    /// How long this answer holds, in seconds.
    pub ttl_seconds: u32,
    /// Connections that may be open at once.
    pub connections_max: usize,
    /// How much is to be sent ahead; none for no previews.
    pub preview_bytes: Option<u64>,
    /// Which files.
    pub transfers: &'a Transfers,
}

impl OptionsAnswer<'_> {
    /// Writes the answer.
    #[must_use]
    pub fn write(&self, is_last: bool) -> Vec<u8> {
        let methods: Vec<_> = self.methods.iter().map(|method| word(*method)).collect();
        let mut lines = vec![
            format!("Methods: {}", methods.join(", ")),
            format!("Service: {}", self.service),
            format!("Service-ID: {}", self.service_id),
            format!("Max-Connections: {}", self.connections_max),
            format!("Options-TTL: {}", self.ttl_seconds),
            "Allow: 204".to_owned(),
            "X-Include: X-Client-IP, X-Client-Username, X-Authenticated-User".to_owned(),
        ];
        if let Some(bytes) = self.preview_bytes {
            lines.push(format!("Preview: {bytes}"));
            let lists = [
                ("Transfer-Preview", &self.transfers.preview),
                ("Transfer-Ignore", &self.transfers.ignore),
                ("Transfer-Complete", &self.transfers.complete),
            ];
            for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
                lines.push(format!("{name}: {}", list.join(", ")));
            }
        }
        lines.push("Encapsulated: null-body=0".to_owned());
        head(Status::Ok, self.tag, is_last, &lines)
    }
}

const fn word(method: Method) -> &'static str {
    match method {
        Method::Options => "OPTIONS",
        Method::Reqmod => "REQMOD",
        Method::Respmod => "RESPMOD",
    }
}

/// What an adapted message is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The message may stay as it is (204).
    Unchanged,
    /// An HTTP request.
    Request {
        /// Its head, where the client sent one.
        head: Option<HttpRequest>,
        /// Whether a body follows in chunks.
        has_body: bool,
    },
    /// An HTTP response.
    Response {
        /// Its head, where the client sent one or we make one.
        head: Option<HttpResponse>,
        /// Whether a body follows in chunks.
        has_body: bool,
    },
}

impl Answer {
    /// Writes everything before the body. `extra` are whole ICAP header lines
    /// without their ends.
    #[must_use]
    pub fn write(&self, tag: &str, is_last: bool, extra: &[String]) -> Vec<u8> {
        let mut section = Vec::new();
        let (name, has_body) = match self {
            Self::Unchanged => {
                let mut lines = extra.to_vec();
                lines.push("Encapsulated: null-body=0".to_owned());
                return head_with(Status::NoContent, tag, is_last, lines);
            }
            Self::Request { head, has_body } => {
                if let Some(head) = head {
                    head.write(&mut section);
                }
                ("req", *has_body)
            }
            Self::Response { head, has_body } => {
                if let Some(head) = head {
                    head.write(&mut section);
                }
                ("res", *has_body)
            }
        };
        let body = if has_body { format!("{name}-body") } else { "null-body".to_owned() };
        let before = if section.is_empty() { String::new() } else { format!("{name}-hdr=0, ") };
        let mut lines = extra.to_vec();
        lines.push(format!("Encapsulated: {before}{body}={}", section.len()));
        let mut out = head_with(Status::Ok, tag, is_last, lines);
        out.extend_from_slice(&section);
        out
    }
}

/// What every answer begins with.
pub const BEGINNING: &[u8] = b"ICAP/1.0 ";

/// The line that asks for the rest of a body (RFC 3507 §4.5).
#[must_use]
pub fn continue_line() -> &'static [u8] {
    b"ICAP/1.0 100 Continue\r\n\r\n"
}

/// An answer that carries no message; the connection ends after it when asked.
#[must_use]
pub fn error(status: Status, tag: &str, is_last: bool) -> Vec<u8> {
    head(status, tag, is_last, &["Encapsulated: null-body=0".to_owned()])
}

/// Adds one chunk; an empty one would end the body, and is left out.
pub fn chunk(out: &mut Vec<u8>, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    out.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
}

/// Ends a body.
#[must_use]
pub fn last_chunk() -> &'static [u8] {
    b"0\r\n\r\n"
}

fn head(status: Status, tag: &str, is_last: bool, lines: &[String]) -> Vec<u8> {
    head_with(status, tag, is_last, lines.to_vec())
}

fn head_with(status: Status, tag: &str, is_last: bool, lines: Vec<String>) -> Vec<u8> {
    let mut text = format!("ICAP/1.0 {} {}\r\n", status.number(), status.words());
    text.push_str(&format!("ISTag: \"{tag}\"\r\n"));
    if is_last {
        text.push_str("Connection: close\r\n");
    }
    for line in lines {
        text.push_str(&line);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}
