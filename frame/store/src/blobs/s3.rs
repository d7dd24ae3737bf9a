//! Blobs in a bucket of an S3-compatible service, addressed by path.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::{BodyId, Clock, Secret, Task};
use hyper::body::{Bytes as Data, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use hyper::{Method, Request, Response, StatusCode, Uri};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::blobs::http::{self, Answer, Payload, Peer};
use crate::blobs::sign::{Signed, Signer, encode};
use crate::blobs::{Blob, BlobError, BlobHash, Bytes, Shelf, key, list};
use crate::server::is_this_machine;

/// How to reach a bucket.
#[derive(Clone)]
pub struct S3Settings {
    /// `https://HOST[:PORT]`, or `http://` on this machine.
    pub endpoint: String,
    /// The bucket; it must be there.
    pub bucket: String,
    /// The region that signatures name.
    pub region: String,
    /// The access key's id.
    pub key_id: String,
    /// The access key.
    pub key: Secret<String>,
    /// Whose certificates are believed.
    pub trust: Trust,
}

/// Whose certificates are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those the system believes (Debian: `ca-certificates`).
    System,
    /// Those in a PEM file.
    File(PathBuf),
}

const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

/// SHA-256 of nothing.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The bucket.
pub(crate) struct S3 {
    peer: Peer,
    authority: String,
    bucket: String,
    signer: Signer,
    clock: Arc<dyn Clock>,
}

impl S3 {
    pub(crate) fn new(settings: S3Settings, clock: Arc<dyn Clock>) -> Result<Self, BlobError> {
        let wrong = |what: &str| BlobError::Address(format!("{}: {what}", settings.endpoint));
        let uri: Uri = settings.endpoint.parse().map_err(|_| wrong("not a URL"))?;
        let host = uri.host().ok_or_else(|| wrong("no host"))?.to_owned();
        let (tls, usual) = match uri.scheme_str() {
            Some("https") => (Some(trust(&settings.trust)?), 443),
            Some("http") if is_this_machine(&host) => (None, 80),
            Some("http") => {
                return Err(wrong("http only on this machine: write https and name its authority"));
            }
            _ => return Err(wrong("not http or https")),
        };
        let is_plain = |letter: u8| letter.is_ascii_alphanumeric() || b"-._".contains(&letter);
        if settings.bucket.is_empty() || !settings.bucket.bytes().all(is_plain) {
            return Err(BlobError::Address(format!("{}: not a bucket", settings.bucket)));
        }
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        Ok(Self {
            peer: Peer { port: uri.port_u16().unwrap_or(usual), host, tls },
            authority,
            bucket: settings.bucket,
            signer: Signer { region: settings.region, key_id: settings.key_id, key: settings.key },
            clock,
        })
    }

    /// Puts a file under a key. The service checks the bytes against the hash
    /// that is signed.
    pub(crate) async fn send(
        &self,
        key: &str,
        hash: &str,
        bytes: u64,
        file: &Path,
    ) -> Result<(), BlobError> {
        let file = tokio::fs::File::open(file).await?;
        let payload = Payload::File { file, left: bytes };
        let answer = self.ask(Method::PUT, key, "", (hash, payload)).await?;
        if answer.status().is_success() { Ok(()) } else { Err(refused(answer).await) }
    }

    /// Sends one signed request.
    async fn ask(
        &self,
        method: Method,
        key: &str,
        query: &str,
        (hash, payload): (&str, Payload),
    ) -> Result<Response<Incoming>, BlobError> {
        let path = format!("/{}/{key}", self.bucket);
        let signed = Signed {
            method: method.as_str(),
            host: &self.authority,
            path: &path,
            query,
            body: hash,
        };
        let signature = self.signer.sign(&signed, self.clock.now());
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, &self.authority)
            .header("x-amz-date", signature.date)
            .header("x-amz-content-sha256", hash)
            .header(AUTHORIZATION, signature.authorization);
        if let Payload::File { left, .. } = &payload {
            request = request.header(CONTENT_LENGTH, *left);
        }
        let request =
            request.body(payload).map_err(|error| BlobError::Address(error.to_string()))?;
        Ok(http::send(&self.peer, request).await?)
    }

    async fn ask_object(
        &self,
        method: Method,
        (body, hash): (BodyId, BlobHash),
    ) -> Result<Option<Response<Incoming>>, BlobError> {
        let answer = self.ask(method, &key(body, hash), "", (EMPTY, Payload::Nothing)).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => Ok(Some(answer)),
            _ => Err(refused(answer).await),
        }
    }

    /// All pages of a listing.
    async fn pages(&self, prefix: &str, delimiter: &str) -> Result<Vec<list::Page>, BlobError> {
        let mut pages: Vec<list::Page> = Vec::new();
        loop {
            let token = pages.last().and_then(|page| page.next.as_deref());
            let query = listing(prefix, delimiter, token);
            let answer = self.ask(Method::GET, "", &query, (EMPTY, Payload::Nothing)).await?;
            if !answer.status().is_success() {
                return Err(refused(answer).await);
            }
            let text = http::text(answer.into_body()).await?;
            let page = list::page(&text)
                .ok_or_else(|| io::Error::other("the blob service's listing is not understood"))?;
            let is_last = page.next.is_none();
            pages.push(page);
            if is_last {
                return Ok(pages);
            }
        }
    }
}

impl Shelf for S3 {
    fn keep<'a>(&'a self, blob: Blob, file: &'a Path) -> Task<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let key = key(blob.body, blob.hash);
            self.send(&key, &blob.hash.to_string(), blob.bytes, file).await
        })
    }

    fn open(&self, body: BodyId, hash: BlobHash) -> Task<'_, Result<(Bytes, u64), BlobError>> {
        Box::pin(async move {
            let answer = self.ask_object(Method::GET, (body, hash)).await?;
            let answer = answer.ok_or(BlobError::Missing(hash))?;
            let size = length(&answer).ok_or(BlobError::Damaged(hash))?;
            let reader = Answer { body: answer.into_body(), rest: Data::new() };
            Ok((Box::new(reader) as Bytes, size))
        })
    }

    fn size(&self, body: BodyId, hash: BlobHash) -> Task<'_, Result<Option<u64>, BlobError>> {
        Box::pin(async move {
            let answer = self.ask_object(Method::HEAD, (body, hash)).await?;
            Ok(answer.as_ref().and_then(length))
        })
    }

    fn delete(&self, body: BodyId, hash: BlobHash) -> Task<'_, Result<bool, BlobError>> {
        Box::pin(async move {
            // The service answers the same whether the object was there or not.
            let was_there = self.size(body, hash).await?.is_some();
            self.ask_object(Method::DELETE, (body, hash)).await?;
            Ok(was_there)
        })
    }

    fn bodies(&self) -> Task<'_, Result<Vec<BodyId>, BlobError>> {
        Box::pin(async move {
            let pages = self.pages("", "/").await?;
            let prefixes = pages.iter().flat_map(|page| &page.prefixes);
            let names = prefixes.filter_map(|prefix| prefix.strip_suffix('/'));
            Ok(names.filter_map(|name| BodyId::parse(name).ok()).collect())
        })
    }

    fn list(&self, body: BodyId, first: u8) -> Task<'_, Result<Vec<Blob>, BlobError>> {
        Box::pin(async move {
            let prefix = format!("{body}/{first:02x}/");
            let pages = self.pages(&prefix, "").await?;
            let objects = pages.iter().flat_map(|page| &page.objects);
            let blob = |(key, bytes): &(String, u64)| {
                let hash = BlobHash::parse(key.strip_prefix(&prefix)?)?;
                Some(Blob { body, hash, bytes: *bytes })
            };
            Ok(objects.filter_map(blob).collect())
        })
    }
}

/// A listing's query, sorted as signatures want it.
fn listing(prefix: &str, delimiter: &str, token: Option<&str>) -> String {
    let mut query = String::new();
    if let Some(token) = token {
        query.push_str(&format!("continuation-token={}&", encode(token)));
    }
    if !delimiter.is_empty() {
        query.push_str(&format!("delimiter={}&", encode(delimiter)));
    }
    query.push_str("list-type=2");
    if !prefix.is_empty() {
        query.push_str(&format!("&prefix={}", encode(prefix)));
    }
    query
}

fn length(answer: &Response<Incoming>) -> Option<u64> {
    answer.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn refused(answer: Response<Incoming>) -> BlobError {
    let status = answer.status().as_u16();
    match http::text(answer.into_body()).await {
        Ok(text) => BlobError::Refused { status, code: list::error_code(&text) },
        Err(error) => BlobError::Unreachable(error),
    }
}

fn trust(trust: &Trust) -> Result<Arc<rustls::ClientConfig>, BlobError> {
    let file = match trust {
        Trust::System => Path::new(SYSTEM),
        Trust::File(file) => file,
    };
    let wrong = |what: String| BlobError::Address(format!("{}: {what}", file.display()));
    let mut roots = rustls::RootCertStore::empty();
    let found = CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?;
    for certificate in found {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        // The system's list may hold one that rustls does not take.
        roots.add_parsable_certificates([certificate]);
    }
    if roots.is_empty() {
        return Err(wrong("no certificate in it".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
