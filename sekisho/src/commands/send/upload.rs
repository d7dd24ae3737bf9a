//! Brings files over as uploads (tus 1.0): each as one stream from disk, gone
//! on with where a cut connection left it, and all of them sent on together.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::time::Duration;

use anyhow::anyhow;
use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::time::sleep;

use super::Given;
use crate::remote::{Content, Remote, Trouble, read_json, refusal};

/// What the server takes as one upload.
const FILE_BYTES_MAX: u64 = 2 << 30;
/// Uploads that are sent on together, and their bytes.
const TOGETHER_MAX: usize = 50;
const TOGETHER_BYTES_MAX: u64 = 8 << 30;
/// Cuts without a byte in between, until the command gives up.
const CUTS_MAX: u32 = 8;
/// Before it goes on after a cut; twice as long after each further one.
const PAUSE: Duration = Duration::from_millis(500);

/// Cuts a list into what is sent on together, in its order.
pub(super) fn together(files: Vec<Given>) -> Result<Vec<Vec<Given>>, Trouble> {
    let mut all: Vec<Vec<Given>> = Vec::new();
    let mut left = 0;
    for file in files {
        if file.bytes > FILE_BYTES_MAX {
            let (path, most) = (file.path.display(), FILE_BYTES_MAX >> 30);
            return Err(Trouble::Usage(anyhow!(
                "{path}: 大きすぎます(上限 {most} GiB)/ too large, at most {most} GiB"
            )));
        }
        match all.last_mut() {
            Some(last) if file.bytes <= left && last.len() < TOGETHER_MAX => {
                left -= file.bytes;
                last.push(file);
            }
            Some(_) | None => {
                left = TOGETHER_BYTES_MAX - file.bytes;
                all.push(vec![file]);
            }
        }
    }
    Ok(all)
}

/// Sends files together; the passages that were made.
pub(super) async fn send(
    remote: &Remote,
    fields: &[(&str, &str)],
    files: &[Given],
) -> Result<Vec<Value>, Trouble> {
    let mut uploads = Vec::new();
    for file in files {
        uploads.push(bring(remote, file).await?);
    }
    send_on(remote, fields, &uploads).await
}

/// A file that the server has.
struct Brought {
    id: String,
    name: String,
    bytes: u64,
}

async fn bring(remote: &Remote, file: &Given) -> Result<Brought, Trouble> {
    let id = begin(remote, file).await?;
    let path = format!("/api/v1/uploads/{id}");
    let (mut offset, mut cuts) = (0, 0);
    while offset < file.bytes {
        let before = offset;
        match go_on(remote, &path, file, offset).await {
            Ok(()) => offset = file.bytes,
            // The connection broke, or an earlier one had brought more.
            Err(Trouble::Unreachable(error)) => {
                cuts += 1;
                if cuts > CUTS_MAX {
                    return Err(Trouble::Unreachable(error));
                }
                sleep(PAUSE * 2_u32.pow(cuts.min(6))).await;
                offset = here(remote, &path).await.unwrap_or(offset);
            }
            Err(Trouble::Refused(refused)) if refused.status == 409 && cuts < CUTS_MAX => {
                cuts += 1;
                offset = here(remote, &path).await?;
            }
            Err(other) => return Err(other),
        }
        if offset > before {
            cuts = 0;
        }
    }
    Ok(Brought { id, name: file.name.clone(), bytes: file.bytes })
}

async fn begin(remote: &Remote, file: &Given) -> Result<String, Trouble> {
    let metadata = format!("filename {}", STANDARD.encode(&file.name));
    let headers = [
        tus(),
        (HeaderName::from_static("upload-length"), HeaderValue::from(file.bytes)),
        (HeaderName::from_static("upload-metadata"), value(&metadata)?),
    ];
    let path = "/api/v1/uploads";
    let answer = remote.patiently(Method::POST, path, &headers, || Ok(Content::empty())).await?;
    let made = read_json(answer).await?;
    made["id"].as_str().map(str::to_owned).ok_or_else(strange)
}

/// Sends the rest of a file.
async fn go_on(remote: &Remote, path: &str, file: &Given, offset: u64) -> Result<(), Trouble> {
    let headers = [
        tus(),
        (HeaderName::from_static("upload-offset"), HeaderValue::from(offset)),
        (header::CONTENT_TYPE, HeaderValue::from_static("application/offset+octet-stream")),
    ];
    let content = || rest(file, offset);
    remote.patiently(Method::PATCH, path, &headers, content).await.map(drop)
}

fn rest(file: &Given, offset: u64) -> io::Result<Content> {
    let mut opened = File::open(&file.path)?;
    if opened.metadata()?.len() != file.bytes {
        let shown = file.path.display();
        return Err(io::Error::other(format!(
            "{shown}: 送っている間に変わりました / it was changed while it was sent"
        )));
    }
    opened.seek(SeekFrom::Start(offset))?;
    Ok(Content::read(opened, file.bytes.saturating_sub(offset)))
}

/// How much of an upload the server has.
async fn here(remote: &Remote, path: &str) -> Result<u64, Trouble> {
    let upload = remote.json(Method::GET, path).await?;
    upload["offset"].as_u64().ok_or_else(strange)
}

/// Makes passages of what was brought: all of it, and once. Where the answer is
/// lost the call is repeated; uploads that are gone by then were sent on, and
/// their passages stand in the outbox.
async fn send_on(
    remote: &Remote,
    fields: &[(&str, &str)],
    brought: &[Brought],
) -> Result<Vec<Value>, Trouble> {
    let mut cuts = 0;
    loop {
        match form(remote, fields, brought).await {
            Err(Trouble::Unreachable(error)) => {
                cuts += 1;
                if cuts > CUTS_MAX {
                    return Err(Trouble::Unreachable(error));
                }
                sleep(PAUSE * 2_u32.pow(cuts.min(6))).await;
            }
            Err(Trouble::Refused(refused)) if cuts > 0 && refused.status != 429 => {
                let found = sent_before(remote, brought).await?;
                return found.ok_or(Trouble::Refused(refused));
            }
            other => return other,
        }
    }
}

async fn form(
    remote: &Remote,
    fields: &[(&str, &str)],
    brought: &[Brought],
) -> Result<Vec<Value>, Trouble> {
    let bytes: [u8; 16] = base::random::bytes(&base::SystemRandom);
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let edge = format!("sekisho-{digits}");
    let uploads = brought.iter().map(|one| ("uploads", one.id.as_str()));
    let mut body = String::new();
    for (name, value) in fields.iter().copied().chain(uploads) {
        body.push_str(&format!(
            "--{edge}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str(&format!("--{edge}--\r\n"));
    let body = Bytes::from(body);
    let kind = value(&format!("multipart/form-data; boundary={edge}"))?;
    let headers = [(header::CONTENT_TYPE, kind)];
    let content = || Ok(Content::of(body.clone()));
    let path = "/api/v1/passages";
    let answer = remote.patiently(Method::POST, path, &headers, content).await?;
    if answer.status() != 201 {
        return Err(refusal(answer).await);
    }
    items(&read_json(answer).await?).ok_or_else(strange)
}

/// The passages of uploads that were sent on without our hearing of it: the
/// newest batch of the outbox that holds these very files and no others.
async fn sent_before(remote: &Remote, brought: &[Brought]) -> Result<Option<Vec<Value>>, Trouble> {
    let page = remote.json(Method::GET, "/api/v1/passages?box=outbox").await?;
    let sent = items(&page).ok_or_else(strange)?;
    let Some(batch) = sent.first().map(|passage| passage["batch"].clone()) else {
        return Ok(None);
    };
    let theirs: Vec<Value> = sent.into_iter().filter(|passage| passage["batch"] == batch).collect();
    let mut wanted: Vec<(&str, u64)> =
        brought.iter().map(|one| (one.name.as_str(), one.bytes)).collect();
    let mut found: Vec<(&str, u64)> = theirs
        .iter()
        .map(|passage| {
            (passage["name"].as_str().unwrap_or_default(), passage["bytes"].as_u64().unwrap_or(0))
        })
        .collect();
    wanted.sort_unstable();
    found.sort_unstable();
    Ok((wanted == found).then_some(theirs))
}

fn items(answer: &Value) -> Option<Vec<Value>> {
    answer["items"].as_array().cloned()
}

fn tus() -> (HeaderName, HeaderValue) {
    (HeaderName::from_static("tus-resumable"), HeaderValue::from_static("1.0.0"))
}

fn value(text: &str) -> Result<HeaderValue, Trouble> {
    HeaderValue::from_str(text).map_err(|error| Trouble::Usage(error.into()))
}

fn strange() -> Trouble {
    Trouble::Unreachable(anyhow!(
        "関所の応答ではありません。--server を確かめてください / not an answer of Sekisho: check --server"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: u64) -> Given {
        Given { path: name.into(), name: name.to_owned(), bytes }
    }

    #[test]
    fn a_list_is_cut_where_the_server_takes_no_more() {
        let gib = 1 << 30;
        let files = (0..5).map(|number| file(&number.to_string(), 2 * gib)).collect();
        let cut = together(files).unwrap();
        assert_eq!(cut.iter().map(Vec::len).collect::<Vec<_>>(), [4, 1]);
        let many = (0..51).map(|_| file("x", 1)).collect();
        assert_eq!(together(many).unwrap().len(), 2);
        assert!(together(vec![file("a", 3 * gib)]).is_err());
    }

    #[test]
    fn a_file_that_changed_is_not_sent_on() {
        let mut place = tempfile::NamedTempFile::new().unwrap();
        io::Write::write_all(&mut place, b"abc").unwrap();
        let given = Given { path: place.path().to_owned(), name: "a".to_owned(), bytes: 4 };
        assert!(rest(&given, 0).is_err());
    }
}
