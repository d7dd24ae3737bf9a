//! Decides from the heads alone what is to be done with a message: let it
//! pass, look into it, or refuse it.

use super::coding::Coding;
use super::disposition::{Disposition, Kind};
use super::form::{FormLimits, boundary_of};
use super::media::{Class, class};
use super::name;
use crate::codes::{self, Code};
use crate::protocol::{BodyKind, Fields, HttpRequest, HttpResponse, Method, Request};

/// Whether something is let through or made harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatable {
    /// Let through unless its first bytes are a file's.
    Pass,
    /// Made harmless.
    Disarm,
}

/// What a body decides about the traffic of its proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Pages as servers send them: HTML, scripts, styles, data, fonts, SVG.
    ///
    /// `Pass` unless chosen otherwise: a page made harmless has no scripts
    /// left, and hardly a site works without. What a page may do is for the
    /// browser to bound (isolation, a screen only); what it *hands over as a
    /// file* is treated either way. A page that puts a file together by script
    /// is not met here: choose `Disarm` for networks that only read.
    pub pages: Treatable,
    /// Pictures, sound and films that a browser draws or plays by itself.
    /// `Pass` unless chosen otherwise, as films come in pieces and each page
    /// has many pictures; `Disarm` treats pictures and refuses what cannot be
    /// treated, films among it.
    pub media: Treatable,
    /// What one form may hold.
    pub form: FormLimits,
}

impl Default for Rules {
    fn default() -> Self {
        Self { pages: Treatable::Pass, media: Treatable::Pass, form: FormLimits::default() }
    }
}

/// What is to be done with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// It may stay as it is.
    Pass,
    /// It may stay as it is unless its first bytes are a file's.
    PassUnlessFile {
        /// How the body is packed.
        coding: Coding,
        /// What is to be done otherwise.
        otherwise: Box<Plan>,
    },
    /// It is refused without a look.
    Refuse(&'static Code),
    /// Its body is one file.
    File(FilePlan),
    /// Its body is a form with files in it.
    Form(FormPlan),
}

/// A body that is one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlan {
    /// The file's name, as its bytes stand.
    pub name: Vec<u8>,
    /// How the body is packed.
    pub coding: Coding,
    /// The name can be read in two ways and must be written anew.
    pub is_ambiguous: bool,
    /// How the file is to be saved or shown.
    pub kind: Kind,
}

/// A body that is a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPlan {
    /// Between its parts.
    pub boundary: Vec<u8>,
    /// How the body is packed.
    pub coding: Coding,
}

/// Decides about one message.
#[must_use]
pub fn plan(request: &Request, rules: &Rules) -> Plan {
    if request.body == BodyKind::Nothing {
        return Plan::Pass;
    }
    match request.method {
        Method::Options => Plan::Pass,
        Method::Reqmod => upload(request.request.as_ref()),
        Method::Respmod => {
            let target = request.request.as_ref().map(|head| head.target.as_slice());
            download(request.response.as_ref(), target, rules)
        }
    }
}

/// The media type of a value: lower case, without parameters.
pub(super) fn media_type(value: &[u8]) -> String {
    let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
    let value = value.get(..end).unwrap_or_default();
    String::from_utf8_lossy(value).trim().to_ascii_lowercase()
}

/// The media type that a head claims; none where it claims none or several.
pub(crate) fn declared(fields: &Fields) -> Option<String> {
    let value = fields.only("Content-Type").ok().flatten()?;
    Some(media_type(value)).filter(|media_type| media_type.contains('/'))
}

fn download(head: Option<&HttpResponse>, target: Option<&[u8]>, rules: &Rules) -> Plan {
    let Some(head) = head else { return nameless() };
    let declared = declared(&head.fields);
    let disposition = Disposition::of(&head.fields);
    let is_attachment = disposition.as_ref().is_some_and(|d| d.kind != Kind::Inline);
    let choice = match declared.as_deref().map(class) {
        _ if is_attachment => Treatable::Disarm,
        Some(Class::Page) => rules.pages,
        Some(Class::Media) => rules.media,
        // A type that is missing or doubled is guessed by the browser.
        Some(Class::File) | None => Treatable::Disarm,
    };
    if declared.as_deref() == Some("multipart/byteranges") {
        return Plan::Refuse(&codes::PARTIAL);
    }
    let coding = Coding::of(&head.fields);
    let is_partial = head.status == 206 || head.fields.has("Content-Range");
    let treat = match coding {
        _ if is_partial => Plan::Refuse(&codes::PARTIAL),
        None => Plan::Refuse(&codes::CODING),
        Some(coding) => Plan::File(FilePlan {
            name: name::of_response(disposition.as_ref(), target, declared.as_deref()),
            coding,
            is_ambiguous: disposition.as_ref().is_some_and(|d| d.is_ambiguous),
            kind: disposition.as_ref().map_or(Kind::Inline, |d| d.kind),
        }),
    };
    match (choice, coding) {
        (Treatable::Disarm, _) => treat,
        (Treatable::Pass, Some(coding)) => {
            Plan::PassUnlessFile { coding, otherwise: Box::new(treat) }
        }
        // Nobody opens as a file what came as a page and cannot be unpacked here.
        (Treatable::Pass, None) => Plan::Pass,
    }
}

fn upload(head: Option<&HttpRequest>) -> Plan {
    let Some(head) = head else { return nameless() };
    if head.fields.has("Content-Range") {
        return Plan::Refuse(&codes::PIECE);
    }
    let Some(coding) = Coding::of(&head.fields) else { return Plan::Refuse(&codes::CODING) };
    let declared = declared(&head.fields);
    let media_type = declared.as_deref().unwrap_or_default();
    if media_type.starts_with("multipart/") {
        let value = head.fields.first("Content-Type").unwrap_or_default();
        let boundary = boundary_of(value).filter(|_| media_type == "multipart/form-data");
        return match boundary {
            Some(boundary) => Plan::Form(FormPlan { boundary, coding }),
            None => Plan::Refuse(&codes::FORM),
        };
    }
    let disposition = Disposition::of(&head.fields);
    let file = Plan::File(FilePlan {
        name: name::of_response(disposition.as_ref(), Some(&head.target), declared.as_deref()),
        coding,
        is_ambiguous: false,
        kind: Kind::Attachment,
    });
    // What programs say to one another: fields, data, plain words.
    let is_data = declared.is_some()
        && disposition.is_none()
        && (class(media_type) == Class::Page || media_type == "text/plain");
    if is_data { Plan::PassUnlessFile { coding, otherwise: Box::new(file) } } else { file }
}

/// A body without a head: nothing is known but its bytes.
fn nameless() -> Plan {
    Plan::File(FilePlan {
        name: b"download".to_vec(),
        coding: Coding::Identity,
        is_ambiguous: false,
        kind: Kind::Attachment,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, lines: &str) -> Plan {
        let head = format!("HTTP/1.1 {status} x\r\n{lines}\r\n\r\n");
        let head = HttpResponse::parse(head.as_bytes(), 50).unwrap();
        download(Some(&head), Some(b"http://h/a/report.docx?x=1"), &Rules::default())
    }

    fn request(lines: &str) -> Plan {
        let head = format!("POST http://h/up HTTP/1.1\r\n{lines}\r\n\r\n");
        upload(Some(&HttpRequest::parse(head.as_bytes(), 50).unwrap()))
    }

    fn passes(plan: &Plan) -> bool {
        matches!(plan, Plan::Pass | Plan::PassUnlessFile { .. })
    }

    #[test]
    fn pages_pass_and_files_are_treated() {
        for page in ["text/html; charset=utf-8", "application/json", "image/png", "font/woff2"] {
            assert!(passes(&response(200, &format!("Content-Type: {page}"))), "{page}");
        }
        for file in ["application/pdf", "application/octet-stream", "text/csv", "text/plain", "x"] {
            let plan = response(200, &format!("Content-Type: {file}"));
            assert!(matches!(plan, Plan::File(_)), "{file}");
        }
        assert!(matches!(response(200, "X: y"), Plan::File(_)), "no type");
        let twice = "Content-Type: text/html\r\nContent-Type: application/pdf";
        assert!(matches!(response(200, twice), Plan::File(_)), "two types");
    }

    #[test]
    fn what_is_to_be_saved_is_a_file_whatever_its_type() {
        let lines = "Content-Type: text/html\r\nContent-Disposition: attachment; filename=a.html";
        let Plan::File(file) = response(200, lines) else { panic!("not treated") };
        assert_eq!(file.name, b"a.html");
        let shown = "Content-Type: text/html\r\nContent-Disposition: inline";
        assert!(passes(&response(200, shown)));
    }

    #[test]
    fn pieces_of_files_are_refused_and_pieces_of_films_pass() {
        let refused = Plan::Refuse(&codes::PARTIAL);
        assert_eq!(response(206, "Content-Type: application/pdf"), refused);
        assert_eq!(response(200, "Content-Type: multipart/byteranges; boundary=x"), refused);
        let film = response(206, "Content-Type: video/mp4\r\nContent-Range: bytes 0-9/99");
        let Plan::PassUnlessFile { otherwise, .. } = film else { panic!("film") };
        assert_eq!(*otherwise, refused);
        assert_eq!(request("Content-Range: bytes 0-9/99"), Plan::Refuse(&codes::PIECE));
    }

    #[test]
    fn an_unknown_coding_of_a_file_is_refused() {
        let lines = "Content-Type: application/pdf\r\nContent-Encoding: zstd";
        assert_eq!(response(200, lines), Plan::Refuse(&codes::CODING));
        assert_eq!(response(200, "Content-Type: text/html\r\nContent-Encoding: zstd"), Plan::Pass);
    }

    #[test]
    fn uploads_are_looked_into_and_data_passes() {
        assert!(passes(&request("Content-Type: application/x-www-form-urlencoded")));
        assert!(passes(&request("Content-Type: application/json")));
        assert!(matches!(request("Content-Type: application/pdf"), Plan::File(_)));
        assert!(matches!(request("Content-Type: image/png"), Plan::File(_)));
        assert!(matches!(request("X: y"), Plan::File(_)));
        let form = request("Content-Type: multipart/form-data; boundary=q");
        assert_eq!(
            form,
            Plan::Form(FormPlan { boundary: b"q".to_vec(), coding: Coding::Identity })
        );
        for broken in ["multipart/form-data", "multipart/related; boundary=q"] {
            let plan = request(&format!("Content-Type: {broken}"));
            assert_eq!(plan, Plan::Refuse(&codes::FORM), "{broken}");
        }
    }
}
