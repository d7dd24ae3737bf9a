//! The `Encapsulated` field: which sections follow, and where each begins
//! (RFC 3507 §4.4.1).

use super::{Fields, Method, Refusal};

/// The section that ends every list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// An HTTP request's body.
    Request,
    /// An HTTP response's body.
    Response,
    /// A body of an OPTIONS request.
    Options,
    /// None.
    Nothing,
}

/// The sections of one request, by their offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Where the HTTP request's head begins.
    pub(super) request_at: Option<usize>,
    /// Where the HTTP response's head begins.
    pub(super) response_at: Option<usize>,
    /// What the body is.
    pub(super) body: BodyKind,
    /// Where it begins, which is how long the heads are together.
    pub(super) body_at: usize,
}

impl Layout {
    /// Reads the field and holds it against the method.
    ///
    /// # Errors
    /// Refuses doubled fields, offsets that do not rise from zero, and lists
    /// that RFC 3507 does not know for this method.
    pub(super) fn parse(
        method: Method,
        fields: &Fields,
        bytes_max: usize,
    ) -> Result<Self, Refusal> {
        let mut values = fields.all("Encapsulated");
        let Some(value) = values.next() else {
            // Only OPTIONS may come without.
            return match method {
                Method::Options => Ok(Self::nothing()),
                Method::Reqmod | Method::Respmod => Err(Refusal::Encapsulated),
            };
        };
        if values.next().is_some() {
            return Err(Refusal::Encapsulated);
        }
        let sections = sections(value)?;
        check_offsets(&sections, bytes_max)?;
        Self::compose(method, &sections)
    }

    const fn nothing() -> Self {
        Self { request_at: None, response_at: None, body: BodyKind::Nothing, body_at: 0 }
    }

    fn compose(method: Method, sections: &[(Section, usize)]) -> Result<Self, Refusal> {
        use Section::{NullBody, OptBody, ReqBody, ReqHdr, ResBody, ResHdr};
        let (request_at, response_at, last) = match (method, sections) {
            (Method::Options, [last @ (OptBody | NullBody, _)]) => (None, None, last),
            (Method::Reqmod, [(ReqHdr, at), last @ (ReqBody | NullBody, _)]) => {
                (Some(*at), None, last)
            }
            (Method::Reqmod, [last @ (ReqBody | NullBody, _)]) => (None, None, last),
            (Method::Respmod, [(ReqHdr, req), (ResHdr, res), last @ (ResBody | NullBody, _)]) => {
                (Some(*req), Some(*res), last)
            }
            (Method::Respmod, [(ReqHdr, at), last @ (ResBody | NullBody, _)]) => {
                (Some(*at), None, last)
            }
            (Method::Respmod, [(ResHdr, at), last @ (ResBody | NullBody, _)]) => {
                (None, Some(*at), last)
            }
            (Method::Respmod, [last @ (ResBody | NullBody, _)]) => (None, None, last),
            (Method::Options | Method::Reqmod | Method::Respmod, _) => {
                return Err(Refusal::Composition);
            }
        };
        let body = match last.0 {
            ReqBody => BodyKind::Request,
            ResBody => BodyKind::Response,
            OptBody => BodyKind::Options,
            ReqHdr | ResHdr | NullBody => BodyKind::Nothing,
        };
        Ok(Self { request_at, response_at, body, body_at: last.1 })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    ReqHdr,
    ResHdr,
    ReqBody,
    ResBody,
    OptBody,
    NullBody,
}

impl Section {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "req-hdr" => Some(Self::ReqHdr),
            "res-hdr" => Some(Self::ResHdr),
            "req-body" => Some(Self::ReqBody),
            "res-body" => Some(Self::ResBody),
            "opt-body" => Some(Self::OptBody),
            "null-body" => Some(Self::NullBody),
            _ => None,
        }
    }
}

/// No list is longer than this.
const SECTIONS_MAX: usize = 3;

fn sections(value: &[u8]) -> Result<Vec<(Section, usize)>, Refusal> {
    let text = std::str::from_utf8(value).map_err(|_| Refusal::Encapsulated)?;
    let mut sections = Vec::new();
    for entry in text.split(',') {
        let (name, offset) = entry.trim().split_once('=').ok_or(Refusal::Encapsulated)?;
        let section = Section::parse(name).ok_or(Refusal::Encapsulated)?;
        let is_number =
            (1..=9).contains(&offset.len()) && offset.bytes().all(|b| b.is_ascii_digit());
        let offset = offset.parse().ok().filter(|_| is_number).ok_or(Refusal::Encapsulated)?;
        if sections.len() == SECTIONS_MAX {
            return Err(Refusal::Composition);
        }
        sections.push((section, offset));
    }
    Ok(sections)
}

fn check_offsets(sections: &[(Section, usize)], bytes_max: usize) -> Result<(), Refusal> {
    let mut before = None;
    for &(_, offset) in sections {
        let is_in_order = before.map_or(offset == 0, |before| offset > before);
        if !is_in_order {
            return Err(Refusal::Offset);
        }
        if offset > bytes_max {
            return Err(Refusal::HeadTooLong);
        }
        before = Some(offset);
    }
    Ok(())
}
