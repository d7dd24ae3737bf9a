//! The room's endpoints: the same as its screens, for programs.

use std::sync::Arc;

use axum::http::StatusCode;
use console::files::{Content, download, file_name};
use console::{Answer, Failure, Visit};
use i18n::key;
use identity::Caller;
use sanitize_core::Method;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};
use utoipa::{OpenApi, ToSchema};

use crate::service::{Sent, Service};
use crate::tables::{self, Treated, TreatedId};

/// What the room's endpoints look like.
#[derive(OpenApi)]
#[openapi(
    info(title = "sanitize", version = "1"),
    paths(list, treat, show, fetch),
    components(schemas(File, Files))
)]
pub(crate) struct Description;

/// A treated file.
#[derive(Serialize, ToSchema)]
pub(crate) struct File {
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    id: String,
    /// The report line of `sekisho disarm`.
    #[schema(schema_with = report)]
    report: Box<RawValue>,
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:15:00.000Z")]
    made_at: base::Timestamp,
    /// The result can be fetched until then.
    #[schema(value_type = String, format = DateTime, example = "2026-12-02T08:15:00.000Z")]
    ends_at: base::Timestamp,
    /// Where it can be fetched; null where nothing was delivered.
    #[schema(example = "/api/v1/files/01KQ3V6Z8M5C0D2E4F6G8H0J2K/content")]
    content: Option<String>,
}

/// A page of treated files.
#[derive(Serialize, ToSchema)]
pub(crate) struct Files {
    items: Vec<File>,
    /// What `after` is for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    next: Option<String>,
}

/// What was found and taken out, as `sekisho disarm` writes it.
fn report() -> Object {
    let shown = json!({ "name": "申請書.docm", "verdict": "disarmed", "output": "申請書.docx" });
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::Object)).examples([shown]).build()
}

/// Files of a page.
const LINES: u32 = 100;

/// A file's password, percent-encoded UTF-8 (RFC 3986, section 2.1).
const PASSWORD: &str = "x-file-password";
/// Bytes of that header: two hundred of the password's, all escaped.
const PASSWORD_BYTES_MAX: usize = 600;

/// The caller's own files, the newest first.
#[utoipa::path(
    get, path = "/api/v1/files", tag = "files",
    params(("after" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = Files)),
)]
pub(crate) async fn list(visit: Visit, caller: Caller) -> Answer {
    let query = visit.query();
    let after = query.values("after").first();
    let below = after.map(|text| TreatedId::parse(text)).transpose();
    let below = below.map_err(|_| unprocessable("after", key!("sanitize-wrong-after")))?;
    let mut work = visit.read(&caller).await?;
    let mut files = tables::of_person(&mut work, caller.person, below, LINES + 1).await?;
    let has_more = files.len() > LINES as usize;
    files.truncate(LINES as usize);
    let next = files.last().filter(|_| has_more).map(|file| file.id.to_string());
    let items = files.iter().map(|file| shown(&visit, file)).collect::<Result<_, _>>()?;
    visit.answer_json(StatusCode::OK, &Files { items, next })
}

/// Makes the bytes of the request's body harmless, and says what was taken out.
#[utoipa::path(
    post, path = "/api/v1/files", tag = "files",
    params(
        ("name" = Option<String>, Query, description = "what the file is called", example = "申請書.docm"),
        ("method" = Option<String>, Query,
            description = "`rebuild` (also if left out), `text` or `image`",
            pattern = "^(rebuild|text|image)$", example = "rebuild"),
        ("X-File-Password" = Option<String>, Header,
            description = "a locked file's password, percent-encoded UTF-8",
            pattern = "^([!-$&-~]|%[0-9A-Fa-f]{2})+$", min_length = 1, max_length = 600,
            example = "himitsu"),
    ),
    request_body(content = inline(Content), content_type = "application/octet-stream"),
    responses((status = 201, body = File)),
)]
pub(crate) async fn treat(service: Arc<Service>, visit: Visit, caller: Caller) -> Answer {
    let query = visit.query();
    let method = match query.values("method").first().map(String::as_str) {
        None | Some("rebuild") => Method::Rebuild,
        Some("text") => Method::Text,
        Some("image") => Method::Image,
        Some(_) => return Err(unprocessable("method", key!("sanitize-wrong-method"))),
    };
    let name = file_name(query.value("name"));
    let bytes: Arc<[u8]> = Arc::from(visit.bytes()?);
    if bytes.is_empty() {
        return Err(unprocessable("body", key!("sanitize-choose")));
    }
    // In a header, as addresses are logged on the way; escaped, as headers are ASCII.
    let password = visit.header_bytes(PASSWORD).map(unescape).transpose()?;
    let passwords = password.into_iter().collect();
    let sent = Sent { name, bytes, method, passwords };
    let made = service.treat(&caller, sent).await?;
    // The key of a call that may be repeated is taken in this work.
    let file = service.write(visit.work(&caller).await?, &caller, made).await?;
    answer(&visit, StatusCode::CREATED, &file)
}

/// What came of one file.
#[utoipa::path(
    get, path = "/api/v1/files/{id}", tag = "files", params(("id" = String, Path)),
    responses((status = 200, body = File)),
)]
pub(crate) async fn show(visit: Visit, caller: Caller) -> Answer {
    let id: TreatedId = visit.id("id")?;
    let mut work = visit.read(&caller).await?;
    let file = tables::find(&mut work, caller.person, id).await?.ok_or(Failure::NotFound)?;
    answer(&visit, StatusCode::OK, &file)
}

/// Gives the result out, and records it.
#[utoipa::path(
    post, path = "/api/v1/files/{id}/content", tag = "files", params(("id" = String, Path)),
    responses((status = 200, body = inline(Content), content_type = "application/octet-stream")),
)]
pub(crate) async fn fetch(service: Arc<Service>, visit: Visit, caller: Caller) -> Answer {
    let id: TreatedId = visit.id("id")?;
    let work = visit.work(&caller).await?;
    let (name, bytes) = service.fetch(work, &caller, id).await?.ok_or(Failure::NotFound)?;
    Ok(download(&name, bytes))
}

fn answer(visit: &Visit, status: StatusCode, file: &Treated) -> Answer {
    visit.answer_json(status, &shown(visit, file)?)
}

fn shown(visit: &Visit, file: &Treated) -> Result<File, Failure> {
    let is_there = file.output.is_some() && visit.view.now < file.ends_at;
    Ok(File {
        id: file.id.to_string(),
        report: RawValue::from_string(file.report.clone()).map_err(Failure::internal)?,
        made_at: file.made_at,
        ends_at: file.ends_at,
        content: is_there.then(|| format!("/api/v1/files/{}/content", file.id)),
    })
}

fn unprocessable(field: &str, why: i18n::Key) -> Failure {
    Failure::Unprocessable(vec![(field.to_owned(), why.into())])
}

fn unescape(text: &[u8]) -> Result<String, Failure> {
    let wrong = || unprocessable(PASSWORD, key!("sanitize-wrong-password"));
    let mut bytes = Vec::new();
    if text.is_empty() || text.len() > PASSWORD_BYTES_MAX || !text.iter().all(u8::is_ascii_graphic)
    {
        return Err(wrong());
    }
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next().ok_or_else(wrong)?, rest.next().ok_or_else(wrong)?];
        let digits = std::str::from_utf8(&digits).map_err(|_| wrong())?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_header_may_be_japanese() {
        assert_eq!(unescape(b"%E7%A7%98%E5%AF%86%25").ok().as_deref(), Some("秘密%"));
        assert!(unescape(b"%E").is_err());
        assert!(unescape(b"%zz").is_err());
        assert!(unescape(b"%ff").is_err());
        assert!(unescape(b"").is_err() && unescape("é".as_bytes()).is_err());
    }
}
