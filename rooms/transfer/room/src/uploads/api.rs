//! The endpoints of uploads: tus 1.0, and the same state as JSON.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use console::files::Content;
use console::{Answer, BodyKind, Failure, Routes, Verb, Visit};
use i18n::{Key, key};
use identity::{Caller, Duty};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    NewUpload, UPLOAD_BYTES_MAX, Upload, UploadError, UploadId, create, find, tables, tus,
};
use crate::service::Service;

/// The endpoints of uploads.
pub(crate) fn routes(service: &Service) -> Routes {
    const WHY: &str = "says how uploads are spoken of; holds no data";
    const ALL: &str = "/api/v1/uploads";
    const ONE: &str = "/api/v1/uploads/{id}";
    let (beginning, going_on) = (service.clone(), service.clone());
    let discarding = service.clone();
    let bytes = BodyKind::Stream { media_type: tus::MEDIA_TYPE, max_bytes: UPLOAD_BYTES_MAX };
    Routes::new()
        .public(Verb::Options, ALL, WHY, options)
        .headers(tus::SPOKEN)
        .token(Verb::Get, ALL, Duty::Apply, list)
        .headers(tus::SPOKEN)
        .token(Verb::Post, ALL, Duty::Apply, move |visit, caller| {
            begin(beginning.clone(), visit, caller)
        })
        .body(bytes)
        .headers(tus::SPOKEN)
        .token(Verb::Get, ONE, Duty::Apply, show)
        .headers(tus::SPOKEN)
        .token(Verb::Patch, ONE, Duty::Apply, move |visit, caller| {
            append(going_on.clone(), visit, caller)
        })
        .body(bytes)
        .headers(tus::SPOKEN)
        .token(Verb::Delete, ONE, Duty::Apply, move |visit, caller| {
            discard(discarding.clone(), visit, caller)
        })
        .headers(tus::SPOKEN)
}

/// An upload that is not yet sent on.
#[derive(Serialize, ToSchema)]
pub(crate) struct UploadShown {
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    id: String,
    #[schema(example = "図面一式.zip")]
    name: String,
    /// How many bytes it will have.
    #[schema(example = 1073741824)]
    bytes: u64,
    /// How many of them are kept: go on from there.
    #[schema(example = 67108864)]
    offset: u64,
    /// Of the whole file; null until all of it is here.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    sha256: Option<String>,
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:15:00.000Z")]
    made_at: base::Timestamp,
    /// Destroyed then, unless it was sent on.
    #[schema(value_type = String, format = DateTime, example = "2026-12-02T08:15:00.000Z")]
    ends_at: base::Timestamp,
}

/// The caller's uploads.
#[derive(Serialize, ToSchema)]
pub(crate) struct Uploads {
    items: Vec<UploadShown>,
}

/// Says which version of tus is spoken, with which extensions.
#[utoipa::path(
    options, path = "/api/v1/uploads", tag = "uploads",
    responses((status = 204, description = "in `Tus-Version`, `Tus-Extension`, `Tus-Max-Size`")),
    security(()),
)]
pub(crate) async fn options(_visit: Visit) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert("tus-extension", header::HeaderValue::from_static(tus::EXTENSIONS));
    headers.insert("tus-max-size", UPLOAD_BYTES_MAX.into());
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// The caller's uploads that are not yet sent on.
#[utoipa::path(
    get, path = "/api/v1/uploads", tag = "uploads",
    responses((status = 200, body = Uploads)),
)]
pub(crate) async fn list(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let now = work.now();
    let all = tables::of_person(&mut work, caller.person, false).await?;
    let items = all.into_iter().filter(|upload| now < upload.ends_at).map(shown).collect();
    visit.answer_json(StatusCode::OK, &Uploads { items })
}

/// Begins an upload (tus 1.0, creation); its first bytes may come along. Its id
/// stands in the answer and at the end of `Location`. Sent on as `uploads` of
/// `/api/v1/passages`.
#[utoipa::path(
    post, path = "/api/v1/uploads", tag = "uploads",
    params(
        ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$", example = "1.0.0"),
        ("Upload-Length" = u64, Header, maximum = 2147483648u64, example = 1073741824,
            description = "how many bytes it will have"),
        ("Upload-Metadata" = Option<String>, Header,
            description = "`filename` and the name in base 64 (UTF-8)",
            pattern = "^[a-z]{1,20} [A-Za-z0-9+/]{4,80}$", max_length = 2048,
            example = "filename 5Zuz6Z2iLnppcA=="),
    ),
    request_body(content = inline(Option<Content>), content_type = "application/offset+octet-stream"),
    responses((status = 201, body = UploadShown)),
)]
pub(crate) async fn begin(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    check_version(&visit)?;
    let bytes = count(&visit, "Upload-Length")?;
    let wrong = || unprocessable("Upload-Metadata", key!("transfer-upload-metadata"));
    let metadata = match visit.header_bytes("upload-metadata") {
        None => "",
        Some(_) => visit.header("upload-metadata").ok_or_else(wrong)?,
    };
    let name = tus::name(metadata).ok_or_else(wrong)?;
    let new = NewUpload { name, metadata: metadata.to_owned(), bytes };
    let store = visit.state.store.clone();
    let mut work = visit.work(&caller).await?;
    let mut upload = create(&mut work, caller.person, new).await?;
    work.commit().await?;
    if bytes == 0 {
        upload = service.complete_empty(&store, caller.body, upload).await?;
    }
    if let Some(mut stream) = visit.stream() {
        upload = service.append(&store, &caller, (upload.id, 0), &mut stream).await?;
    }
    let place = format!("/api/v1/uploads/{}", upload.id);
    let mut answer = visit.answer_json(StatusCode::CREATED, &shown(upload.clone()))?;
    say(&mut answer, &upload);
    if let Ok(place) = header::HeaderValue::from_str(&place) {
        answer.headers_mut().insert(header::LOCATION, place);
    }
    Ok(answer)
}

/// How far an upload has come; HEAD says it in the headers alone, as tus asks.
#[utoipa::path(
    get, path = "/api/v1/uploads/{id}", tag = "uploads", params(("id" = String, Path)),
    responses((status = 200, body = UploadShown)),
)]
pub(crate) async fn show(visit: Visit, caller: Caller) -> Answer {
    if visit.header("tus-resumable").is_some() {
        check_version(&visit)?;
    }
    let mut work = visit.read(&caller).await?;
    let upload = find(&mut work, caller.person, visit.id("id")?).await?;
    let mut answer = visit.answer_json(StatusCode::OK, &shown(upload.clone()))?;
    say(&mut answer, &upload);
    Ok(answer)
}

/// Takes the bytes that go on where the upload stands. What came before a
/// connection broke is kept.
#[utoipa::path(
    patch, path = "/api/v1/uploads/{id}", tag = "uploads",
    params(
        ("id" = String, Path),
        ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$", example = "1.0.0"),
        ("Upload-Offset" = u64, Header, maximum = 2147483648u64, example = 0,
            description = "how many bytes are kept, by the sender's knowledge"),
    ),
    request_body(content = inline(Content), content_type = "application/offset+octet-stream"),
    responses((status = 204, description = "`Upload-Offset` says how many bytes are kept now")),
)]
pub(crate) async fn append(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    check_version(&visit)?;
    let id: UploadId = visit.id("id")?;
    let offset = count(&visit, "Upload-Offset")?;
    let store = visit.state.store.clone();
    let upload = match visit.stream() {
        Some(mut stream) => service.append(&store, &caller, (id, offset), &mut stream).await?,
        None => {
            let mut work = visit.read(&caller).await?;
            let upload = find(&mut work, caller.person, id).await?;
            if upload.here != offset {
                return Err(UploadError::Offset { here: upload.here }.into());
            }
            upload
        }
    };
    let mut answer = StatusCode::NO_CONTENT.into_response();
    say(&mut answer, &upload);
    Ok(answer)
}

/// Destroys an upload, whatever of it has come.
#[utoipa::path(
    delete, path = "/api/v1/uploads/{id}", tag = "uploads", params(("id" = String, Path)),
    responses((status = 204, description = "it is gone")),
)]
pub(crate) async fn discard(service: Service, visit: Visit, caller: Caller) -> Answer {
    if visit.header("tus-resumable").is_some() {
        check_version(&visit)?;
    }
    let work = visit.work(&caller).await?;
    service.discard(work, &caller, visit.id("id")?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn check_version(visit: &Visit) -> Result<(), Failure> {
    match visit.header("tus-resumable") {
        Some(tus::VERSION) => Ok(()),
        Some(_) | None => Err(Failure::WrongVersion),
    }
}

fn count(visit: &Visit, name: &str) -> Result<u64, Failure> {
    let read = visit.header(name).and_then(tus::count);
    read.ok_or_else(|| unprocessable(name, key!("transfer-upload-count")))
}

/// Says how far it has come, as tus does.
fn say(answer: &mut Response, upload: &Upload) {
    let headers = answer.headers_mut();
    headers.insert(tus::OFFSET, upload.here.into());
    headers.insert(tus::LENGTH, upload.bytes.into());
    if let Some(date) = tus::date(upload.ends_at) {
        headers.insert(tus::EXPIRES, date);
    }
    let metadata = header::HeaderValue::from_str(&upload.metadata).ok();
    if let Some(metadata) = metadata.filter(|metadata| !metadata.is_empty()) {
        headers.insert(tus::METADATA, metadata);
    }
}

fn shown(upload: Upload) -> UploadShown {
    UploadShown {
        id: upload.id.to_string(),
        name: upload.name,
        bytes: upload.bytes,
        offset: upload.here,
        sha256: upload.whole.map(|(_, sha256)| sha256),
        made_at: upload.made_at,
        ends_at: upload.ends_at,
    }
}

fn unprocessable(field: &str, why: Key) -> Failure {
    Failure::Unprocessable(vec![(field.to_owned(), why.into())])
}
