//! Files that people send and get: the parts of a form, the names they may
//! have, the answer that hands one over. Knows nothing of what is in them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Multipart;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use i18n::Key;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::failure::Failure;
use crate::form::Fields;
use crate::stream::Giver;

/// Files of a form, each with its name.
pub type Files = Vec<(String, Arc<[u8]>)>;

/// The field that holds the files.
const FIELD: &str = "files";
/// Characters of a file's name that are kept.
const NAME_CHARACTERS_MAX: usize = 200;
/// Bytes of a field that is no file.
const FIELD_BYTES_MAX: usize = 4_096;
/// Fields of one form that are no files.
const FIELDS_MAX: usize = 200;
/// What a file without a name is called.
const NAMELESS: &str = "file";

/// Reads the fields of a form and its files, at most `files_max`; `too_many`
/// says so. The form's whole size was bounded before.
///
/// # Errors
/// If the form is broken or holds too much.
pub async fn receive(
    mut form: Multipart,
    files_max: usize,
    too_many: Key,
) -> Result<(Fields, Files), Failure> {
    let broken = |_| Failure::BadRequest(None);
    let (mut pairs, mut files) = (Vec::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == FIELD {
            let file_name = field.file_name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(broken)?;
            // A browser sends this where nothing was chosen.
            if bytes.is_empty() && file_name.is_empty() {
                continue;
            }
            if files.len() == files_max {
                return Err(Failure::bad_request(too_many));
            }
            files.push((self::file_name(&file_name), Arc::from(&*bytes)));
        } else {
            let text = field.text().await.map_err(broken)?;
            if text.len() > FIELD_BYTES_MAX || pairs.len() == FIELDS_MAX {
                return Err(Failure::BadRequest(None));
            }
            pairs.push((name, text));
        }
    }
    Ok((Fields::sent(pairs), files))
}

/// The last part of a path, without what a screen cannot show.
#[must_use]
pub fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|character| !character.is_control())
        .take(NAME_CHARACTERS_MAX)
        .collect();
    if kept.is_empty() { NAMELESS.to_owned() } else { kept }
}

/// Bytes for the disk, never for the browser to show.
#[must_use]
pub fn download(name: &str, bytes: Vec<u8>) -> Response {
    (StatusCode::OK, headers(name), bytes).into_response()
}

/// As [`download`], for what is given out as it is read. Its reader sees by the
/// length where it was broken off.
#[must_use]
pub fn streamed_download(name: &str, length: u64) -> (Giver, Response) {
    let (giver, body): (Giver, Body) = Giver::pair();
    let mut response = (StatusCode::OK, headers(name), body).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    (giver, response)
}

fn headers(name: &str) -> [(header::HeaderName, HeaderValue); 2] {
    // RFC 6266 with RFC 8187: the name in UTF-8, every other byte escaped.
    let mut place = "attachment; filename*=UTF-8''".to_owned();
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                place.push(char::from(byte));
            }
            other => place.push_str(&format!("%{other:02X}")),
        }
    }
    let place =
        HeaderValue::from_str(&place).unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("application/octet-stream");
    [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, place)]
}

/// Bytes of a file, in the description of an interface.
pub struct Content;

impl PartialSchema for Content {
    fn schema() -> RefOr<Schema> {
        let bytes = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .examples(["(bytes)"]);
        bytes.build().into()
    }
}

impl ToSchema for Content {}

#[cfg(test)]
mod tests {
    use axum::extract::{FromRequest, Request};

    use super::*;

    async fn form(parts: &[(&str, Option<&str>, &str)]) -> Result<(Fields, Files), Failure> {
        let mut body = String::new();
        for (name, file, text) in parts {
            let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
            body.push_str(&format!(
                "--x\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n"
            ));
        }
        body.push_str("--x--\r\n");
        let request = Request::post("/")
            .header("content-type", "multipart/form-data; boundary=x")
            .body(Body::from(body))
            .unwrap();
        let form = Multipart::from_request(request, &()).await.unwrap();
        receive(form, 2, Key::fixed("too-many")).await
    }

    #[tokio::test]
    async fn a_field_without_a_file_brings_none() {
        let (fields, files) = form(&[("to", None, "sato"), ("files", Some(""), "")]).await.unwrap();
        assert_eq!(fields.value("to"), "sato");
        assert!(files.is_empty(), "{files:?}");
        let (_, files) =
            form(&[("files", Some(""), "x"), ("files", Some("空.txt"), "")]).await.unwrap();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["file", "空.txt"]);
    }

    #[tokio::test]
    async fn more_files_than_are_taken_are_refused() {
        let file = ("files", Some("a.txt"), "x");
        assert!(form(&[file, file]).await.is_ok());
        assert!(matches!(form(&[file, file, file]).await, Err(Failure::BadRequest(Some(_)))));
    }

    #[test]
    fn of_a_path_the_last_part_is_kept() {
        assert_eq!(file_name("C:\\Users\\sato\\申請書.docx"), "申請書.docx");
        assert_eq!(file_name("../../etc/pass\r\nwd"), "passwd");
        assert_eq!(file_name("a/"), "file");
        assert_eq!(file_name(&"あ".repeat(300)).chars().count(), NAME_CHARACTERS_MAX);
    }

    #[test]
    fn a_name_cannot_leave_its_header() {
        let response = download("a\"\r\nb 緑.txt", b"x".to_vec());
        let place = response.headers()[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert_eq!(place, "attachment; filename*=UTF-8''a%22%0D%0Ab%20%E7%B7%91.txt");
    }
}
