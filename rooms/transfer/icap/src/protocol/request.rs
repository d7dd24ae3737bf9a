//! One ICAP request: its own head, and the HTTP heads that it carries.

use super::http::{HttpRequest, HttpResponse};
use super::layout::Layout;
use super::{BodyKind, Fields, Limits, Refusal};

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// What the service can do.
    Options,
    /// To adapt an HTTP request.
    Reqmod,
    /// To adapt an HTTP response.
    Respmod,
}

/// One request, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub method: Method,
    /// The service: the address's path without its slashes about it.
    pub service: String,
    /// The ICAP fields.
    pub fields: Fields,
    /// The client takes 204 outside a preview, too (RFC 3507 §4.6).
    pub allows_204: bool,
    /// How much the client sends ahead.
    pub preview: Option<u64>,
    /// The HTTP request, where it came along.
    pub request: Option<HttpRequest>,
    /// The HTTP response, where it came along.
    pub response: Option<HttpResponse>,
    /// What follows.
    pub body: BodyKind,
}

/// A head whose sections have not arrived yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    request: Request,
    layout: Layout,
}

impl Opening {
    /// Reads the ICAP head, its empty line included.
    pub(super) fn parse(head: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        let lines = head.strip_suffix(b"\r\n").ok_or(Refusal::RequestLine)?;
        let end = lines.iter().position(|&byte| byte == b'\n').ok_or(Refusal::RequestLine)?;
        let (line, fields) = lines.split_at(end + 1);
        let (method, service) = request_line(line)?;
        let fields = Fields::parse(fields, limits.fields_max)?;
        if fields.only("Host").map_err(|_| Refusal::Host)?.is_none() {
            return Err(Refusal::Host);
        }
        if fields.has("Content-Length") || fields.has("Transfer-Encoding") {
            return Err(Refusal::Framing);
        }
        let preview = preview(&fields, limits.preview_bytes_max)?;
        let layout = Layout::parse(method, &fields, limits.sections_bytes_max)?;
        let allows_204 = fields.words("Allow").iter().any(|word| word == "204");
        let (request, response, body) = (None, None, layout.body);
        let request =
            Request { method, service, fields, allows_204, preview, request, response, body };
        Ok(Self { request, layout })
    }

    /// How long the HTTP heads are together.
    pub(super) fn sections_bytes(&self) -> usize {
        self.layout.body_at
    }

    /// Reads the HTTP heads and gives the whole request.
    pub(super) fn close(self, sections: &[u8], limits: &Limits) -> Result<Request, Refusal> {
        let Self { mut request, layout } = self;
        let end_of_request = layout.response_at.unwrap_or(layout.body_at);
        if let Some(at) = layout.request_at {
            let head = one_head(sections, at, end_of_request)?;
            request.request = Some(HttpRequest::parse(head, limits.fields_max)?);
        }
        if let Some(at) = layout.response_at {
            let head = one_head(sections, at, layout.body_at)?;
            request.response = Some(HttpResponse::parse(head, limits.fields_max)?);
        }
        Ok(request)
    }
}

/// Cuts a section and checks that it is one head and nothing more: an offset
/// that points elsewhere would let two readers see two messages.
fn one_head(sections: &[u8], from: usize, to: usize) -> Result<&[u8], Refusal> {
    let head = sections.get(from..to).ok_or(Refusal::Offset)?;
    let end = super::lines::Scan::default().head(head, usize::MAX)?;
    if end != Some(head.len()) || head.len() == 2 {
        return Err(Refusal::Offset);
    }
    Ok(head)
}

fn request_line(line: &[u8]) -> Result<(Method, String), Refusal> {
    let line = line.strip_suffix(b"\r\n").ok_or(Refusal::BareLineEnd)?;
    let line = std::str::from_utf8(line).map_err(|_| Refusal::RequestLine)?;
    let mut words = line.split(' ');
    let (Some(method), Some(address), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Refusal::RequestLine);
    };
    match version {
        "ICAP/1.0" => {}
        other if other.starts_with("ICAP/") => return Err(Refusal::Version),
        _ => return Err(Refusal::RequestLine),
    }
    let method = match method {
        "OPTIONS" => Method::Options,
        "REQMOD" => Method::Reqmod,
        "RESPMOD" => Method::Respmod,
        _ => return Err(Refusal::Method),
    };
    Ok((method, service(address)?))
}

/// `icap://host:port/service?arguments` (RFC 3507 §4.2). Arguments mean
/// nothing to us.
fn service(address: &str) -> Result<String, Refusal> {
    let rest = address
        .strip_prefix("icap://")
        .or_else(|| address.strip_prefix("icaps://"))
        .ok_or(Refusal::Address)?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_good = |byte: u8| byte.is_ascii_graphic();
    if host.is_empty() || !rest.bytes().all(is_good) {
        return Err(Refusal::Address);
    }
    let path = path.split(['?', '#']).next().unwrap_or_default();
    Ok(path.trim_matches('/').to_owned())
}

fn preview(fields: &Fields, bytes_max: u64) -> Result<Option<u64>, Refusal> {
    let Some(value) = fields.only("Preview").map_err(|_| Refusal::Preview)? else {
        return Ok(None);
    };
    let is_number = (1..=9).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok());
    number.filter(|n| is_number && *n <= bytes_max).map(Some).ok_or(Refusal::Preview)
}
