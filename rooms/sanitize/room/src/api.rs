//! The room's endpoints: the same as its screens, for programs.

use std::sync::Arc;

use axum::http::StatusCode;
use console::{Answer, Failure, Visit};
use i18n::key;
use identity::Caller;
use sanitize_core::Method;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::pages::{as_download, file_name};
use crate::service::{Sent, Service};
use crate::tables::{self, Treated, TreatedId};

/// A treated file, as programs see it.
#[derive(Serialize)]
struct File<'a> {
    id: String,
    /// The report line of `sekisho disarm`.
    report: &'a RawValue,
    made_at: base::Timestamp,
    /// The result can be fetched until then.
    ends_at: base::Timestamp,
    /// Where it can be fetched; null where nothing was delivered.
    content: Option<String>,
}

/// A file's password, percent-encoded UTF-8 (RFC 3986, section 2.1).
const PASSWORD: &str = "x-file-password";

/// Treats the bytes of the request's body. The query says `name` and `method`,
/// the header [`PASSWORD`] a locked file's password.
pub(crate) async fn treat(service: Arc<Service>, visit: Visit, caller: Caller) -> Answer {
    let query = visit.query();
    let method = match query.value("method") {
        "" | "rebuild" => Method::Rebuild,
        "text" => Method::Text,
        "image" => Method::Image,
        _ => return Err(unprocessable("method", key!("sanitize-wrong-method"))),
    };
    let name = file_name(query.value("name"));
    let bytes: Arc<[u8]> = Arc::from(visit.bytes()?);
    if bytes.is_empty() {
        return Err(unprocessable("body", key!("sanitize-choose")));
    }
    // In a header, as addresses are logged on the way; escaped, as headers are ASCII.
    let password = visit.header(PASSWORD).map(unescape).transpose()?;
    let passwords = password.into_iter().collect();
    let sent = Sent { name, bytes, method, passwords };
    let file = service.treat(&visit.state.store, &caller, sent).await?;
    answer(&visit, StatusCode::CREATED, &file)
}

/// Says what came of one file.
pub(crate) async fn show(visit: Visit, caller: Caller) -> Answer {
    let id: TreatedId = visit.id("id")?;
    let mut work = visit.read(&caller).await?;
    let file = tables::find(&mut work, caller.person, id).await?.ok_or(Failure::NotFound)?;
    answer(&visit, StatusCode::OK, &file)
}

/// Gives the result out.
pub(crate) async fn fetch(service: Arc<Service>, visit: Visit, caller: Caller) -> Answer {
    let id: TreatedId = visit.id("id")?;
    let work = visit.work(&caller).await?;
    let (name, bytes) = service.fetch(work, &caller, id).await?.ok_or(Failure::NotFound)?;
    Ok(as_download(&name, bytes))
}

fn answer(visit: &Visit, status: StatusCode, file: &Treated) -> Answer {
    let report: &RawValue = serde_json::from_str(&file.report).map_err(Failure::internal)?;
    let is_there = file.output.is_some() && visit.view.now < file.ends_at;
    let content = is_there.then(|| format!("/api/v1/files/{}/content", file.id));
    let file = File {
        id: file.id.to_string(),
        report,
        made_at: file.made_at,
        ends_at: file.ends_at,
        content,
    };
    visit.answer_json(status, &file)
}

fn unprocessable(field: &str, why: i18n::Key) -> Failure {
    Failure::Unprocessable(vec![(field.to_owned(), why.into())])
}

fn unescape(text: &str) -> Result<String, Failure> {
    let wrong = || unprocessable(PASSWORD, key!("sanitize-wrong-password"));
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
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
        assert_eq!(unescape("%E7%A7%98%E5%AF%86%25").ok().as_deref(), Some("秘密%"));
        assert!(unescape("%E").is_err());
        assert!(unescape("%zz").is_err());
        assert!(unescape("%ff").is_err());
    }
}
