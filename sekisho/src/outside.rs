//! Asks an identity provider over HTTP/1.1: one connection a request, TLS but
//! for this machine itself, each within its time and its size. Follows nothing.

use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, header};
use base::Task;
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::TokioIo;
use identity::provider::{Ask, Outside, OutsideError, Reply};
use rustls::ClientConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// What one question may cost, from the first packet to the last byte.
const ASK_MAX: Duration = Duration::from_secs(8);
/// The head of an answer.
const HEAD_BYTES_MAX: usize = 32 * 1_024;
/// Whose certificates the system believes (Debian: `ca-certificates`).
const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Speaks to the provider.
pub(crate) struct Wire {
    tls: Arc<ClientConfig>,
    ask_max: Duration,
}

impl Wire {
    /// Believes the authorities in a PEM file, or the system's.
    pub(crate) fn new(trust: Option<&Path>) -> Result<Self> {
        Ok(Self { tls: Arc::new(believing(trust)?), ask_max: ASK_MAX })
    }

    async fn send(&self, ask: &Ask) -> Result<Reply, OutsideError> {
        let address = (ask.address.host(), ask.address.port());
        let stream = TcpStream::connect(address).await.map_err(no_connection)?;
        if !ask.address.is_tls() {
            return talk(stream, ask).await;
        }
        let name = ServerName::try_from(ask.address.host().to_owned()).map_err(no_connection)?;
        let connector = TlsConnector::from(self.tls.clone());
        talk(connector.connect(name, stream).await.map_err(no_connection)?, ask).await
    }
}

/// TLS for a client that believes the authorities in a PEM file, or the
/// system's.
pub(crate) fn believing(trust: Option<&Path>) -> Result<ClientConfig> {
    let file = trust.unwrap_or(Path::new(SYSTEM));
    let said = || format!("認証局を読めません / cannot read {}", file.display());
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).with_context(said)? {
        // The system's list may hold one that rustls does not take.
        roots.add_parsable_certificates([certificate.with_context(said)?]);
    }
    ensure!(!roots.is_empty(), "認証局がありません / no certificate in {}", file.display());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

impl Outside for Wire {
    fn ask<'a>(&'a self, ask: &'a Ask) -> Task<'a, Result<Reply, OutsideError>> {
        Box::pin(async move {
            timeout(self.ask_max, self.send(ask)).await.map_err(|_| OutsideError::TooSlow)?
        })
    }
}

fn no_connection(error: impl std::fmt::Display) -> OutsideError {
    OutsideError::NoConnection(error.to_string())
}

async fn talk<S>(stream: S, ask: &Ask) -> Result<Reply, OutsideError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let builder = hyper::client::conn::http1::Builder::new().max_buf_size(HEAD_BYTES_MAX).clone();
    let (mut sender, connection) =
        builder.handshake(TokioIo::new(stream)).await.map_err(no_connection)?;
    // Ends with this future, whether it comes to its end or is dropped.
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(connection);
    let answer = sender.send_request(request(ask)?).await.map_err(no_connection)?;
    let status = answer.status().as_u16();
    let body = whole(answer.into_body(), ask.bytes_max).await?;
    Ok(Reply { status, body })
}

fn request(ask: &Ask) -> Result<Request<Body>, OutsideError> {
    let method = if ask.form.is_some() { Method::POST } else { Method::GET };
    let mut request = Request::builder()
        .method(method)
        .uri(ask.address.target())
        .header(header::HOST, ask.address.authority())
        .header(header::ACCEPT, "application/json")
        .header(header::CONNECTION, "close");
    if ask.form.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    if let Some(authorization) = &ask.authorization {
        // The provider needs the secret itself; no log shows it.
        let mut value = HeaderValue::from_str(authorization.reveal()).map_err(no_connection)?;
        value.set_sensitive(true);
        request = request.header(header::AUTHORIZATION, value);
    }
    let body = match &ask.form {
        // The code and the verifier go to the provider, who gave the one and
        // waits for the other.
        Some(form) => Body::from(form.reveal().clone()),
        None => Body::empty(),
    };
    request.body(body).map_err(no_connection)
}

async fn whole(mut body: Incoming, bytes_max: usize) -> Result<Vec<u8>, OutsideError> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(no_connection)?.into_data() else { continue };
        if bytes.len() + data.len() > bytes_max {
            return Err(OutsideError::TooLong);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
