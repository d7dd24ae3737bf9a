//! Calls a Sekisho over its interface, as a program: HTTPS, one connection a
//! request, with the token of a permit. Follows nothing; knows no command.

mod body;

use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use base::Secret;
use clap::Args;
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use crate::outside;
use crate::words::Lang;

pub(crate) use body::Content;

/// Which server, and who asks. The token never stands on a command line, where
/// every account of the machine could read it.
#[derive(Debug, Args)]
pub(crate) struct Whom {
    /// 関所のアドレス / the server: https://sekisho.example.lg.jp
    #[arg(long, value_name = "URL", env = "SEKISHO_SERVER")]
    server: String,
    /// トークンのファイル(なければ環境変数 SEKISHO_TOKEN)/ file with the token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// 関所の認証局の証明書(PEM)/ the authority that made the server's certificate
    #[arg(long, value_name = "FILE", env = "SEKISHO_CA")]
    ca: Option<PathBuf>,
}

/// A server that is called.
pub(crate) struct Remote {
    tls: Arc<ClientConfig>,
    host: String,
    port: u16,
    authority: String,
    token: Secret<String>,
    lang: Lang,
}

/// Why a call brought nothing, by what the caller can do.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It was called wrongly: nothing was sent.
    Usage(anyhow::Error),
    /// The server says no.
    Refused(Refusal),
    /// No answer. What was sent may have been taken in, or not.
    Unreachable(anyhow::Error),
}

/// What the server said.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The status (RFC 9110 §15).
    pub(crate) status: u16,
    /// Its words, with those on each field.
    pub(crate) said: String,
}

/// An answer that was not read yet.
pub(crate) struct Answer {
    response: Response<Incoming>,
    /// Ends with the answer.
    _connection: JoinSet<Result<(), hyper::Error>>,
}

const CONNECT_MAX: Duration = Duration::from_secs(15);
/// From the last byte sent to the first byte answered.
const ANSWER_MAX: Duration = Duration::from_secs(300);
/// Between two pieces of an answer.
const PIECE_MAX: Duration = Duration::from_secs(60);
/// An answer that is not a file.
const JSON_BYTES_MAX: usize = 16 << 20;
/// How long a busy server is asked again before the command gives up.
const BUSY_MAX: Duration = Duration::from_secs(120);
/// Unless the server says how long to wait.
const BUSY_PAUSE: Duration = Duration::from_secs(2);
/// The environment's name for the token.
const TOKEN: &str = "SEKISHO_TOKEN";

impl Whom {
    /// A server that another command's arguments name.
    pub(crate) const fn of(
        server: String,
        token_file: Option<PathBuf>,
        ca: Option<PathBuf>,
    ) -> Self {
        Self { server, token_file, ca }
    }

    /// Prepares the calls; connects to nothing.
    pub(crate) fn open(&self, lang: Lang) -> Result<Remote, Trouble> {
        let uri: Uri = self.server.parse().map_err(|_| wrong_address())?;
        let authority = uri.authority().ok_or_else(wrong_address)?;
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        if uri.scheme_str() != Some("https") || !is_bare || authority.as_str().contains('@') {
            return Err(wrong_address());
        }
        let tls = outside::believing(self.ca.as_deref()).map_err(Trouble::Usage)?;
        Ok(Remote {
            tls: Arc::new(tls),
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(443),
            authority: authority.to_string(),
            token: self.token().map_err(Trouble::Usage)?,
            lang,
        })
    }

    fn token(&self) -> anyhow::Result<Secret<String>> {
        let text = match &self.token_file {
            Some(file) => std::fs::read_to_string(file).with_context(|| {
                format!("トークンを読めません / cannot read the token {}", file.display())
            })?,
            None => std::env::var(TOKEN).map_err(|_| {
                anyhow!(
                    "トークンがありません。--token-file か環境変数 {TOKEN} で渡してください / \
                     no token: give it with --token-file, or in {TOKEN}"
                )
            })?,
        };
        let token = text.trim();
        let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_token {
            return Err(anyhow!("トークンではありません / that is no token"));
        }
        Ok(Secret::new(token.to_owned()))
    }
}

impl Remote {
    /// Asks for JSON, patiently where the server is busy.
    pub(crate) async fn json(&self, method: Method, path: &str) -> Result<Value, Trouble> {
        let answer = self.patiently(method, path, &[], || Ok(Content::empty())).await?;
        read_json(answer).await
    }

    /// Asks for a file; whoever calls reads it piece by piece.
    pub(crate) async fn file(&self, path: &str) -> Result<Answer, Trouble> {
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        self.patiently(Method::POST, path, &json, || Ok(Content::of("{}".into()))).await
    }

    /// Calls again while the server says that it is busy: then it did nothing.
    pub(crate) async fn patiently(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, HeaderValue)],
        content: impl Fn() -> std::io::Result<Content>,
    ) -> Result<Answer, Trouble> {
        let mut waited = Duration::ZERO;
        loop {
            let content = content().map_err(|error| Trouble::Usage(error.into()))?;
            let answer = self.call(method.clone(), path, headers, content).await?;
            let status = answer.status();
            if status < 300 {
                return Ok(answer);
            }
            let pause = answer.seconds_to_wait().map_or(BUSY_PAUSE, Duration::from_secs);
            if !matches!(status, 429 | 503) || waited + pause > BUSY_MAX {
                return Err(refusal(answer).await);
            }
            sleep(pause).await;
            waited += pause;
        }
    }

    /// Calls once; any status is an answer.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, HeaderValue)],
        content: Content,
    ) -> Result<Answer, Trouble> {
        let request = self.request(method, path, headers, content)?;
        let stream = timeout(CONNECT_MAX, self.connect()).await;
        let stream = stream.map_err(|_| self.silent())?.map_err(|error| self.away(error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.away(error))?;
        let mut tasks = JoinSet::new();
        tasks.spawn(connection);
        let sent = timeout(ANSWER_MAX, sender.send_request(request)).await;
        let response = sent.map_err(|_| self.silent())?.map_err(|error| self.away(error))?;
        Ok(Answer { response, _connection: tasks })
    }

    async fn connect(&self) -> anyhow::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        // Not every resolver knows that these names are this machine (RFC 6761 §6.3).
        let stream = if self.host == "localhost" || self.host.ends_with(".localhost") {
            let here = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), self.port);
            TcpStream::connect(here).await?
        } else {
            TcpStream::connect((self.host.as_str(), self.port)).await?
        };
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(self.host.clone())?;
        Ok(TlsConnector::from(self.tls.clone()).connect(name, stream).await?)
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, HeaderValue)],
        content: Content,
    ) -> Result<Request<Content>, Trouble> {
        // The server needs the token itself; no log shows it.
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.token.reveal()));
        let mut bearer = bearer.map_err(|error| Trouble::Usage(error.into()))?;
        bearer.set_sensitive(true);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::AUTHORIZATION, bearer)
            .header(header::ACCEPT, "application/json, application/octet-stream")
            .header(header::ACCEPT_LANGUAGE, self.lang.pick("ja", "en"))
            .header(header::CONNECTION, "close");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(content).map_err(|error| Trouble::Usage(error.into()))
    }

    fn away(&self, error: impl Into<anyhow::Error>) -> Trouble {
        let at = &self.authority;
        Trouble::Unreachable(
            error.into().context(format!("{at} と通信できません / cannot reach {at}")),
        )
    }

    fn silent(&self) -> Trouble {
        self.away(anyhow!("応答がありません / no answer in time"))
    }
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    fn seconds_to_wait(&self) -> Option<u64> {
        self.header("retry-after")?.parse().ok()
    }

    /// The next piece of the content; nothing at its end. An answer that breaks
    /// off is an error, never a shorter file.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, Trouble> {
        let away = |error: anyhow::Error| {
            Trouble::Unreachable(error.context("応答が途中で切れました / the answer broke off"))
        };
        let body = self.response.body_mut();
        loop {
            let next = poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
            let frame = timeout(PIECE_MAX, next).await.map_err(|error| away(error.into()))?;
            let Some(frame) = frame else { return Ok(None) };
            if let Ok(data) = frame.map_err(|error| away(error.into()))?.into_data() {
                return Ok(Some(data));
            }
        }
    }

    async fn whole(mut self) -> Result<Vec<u8>, Trouble> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece().await? {
            if bytes.len() + piece.len() > JSON_BYTES_MAX {
                return Err(Trouble::Unreachable(anyhow!(
                    "応答が長すぎます / the answer is too long"
                )));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

/// Reads an answer as JSON.
pub(crate) async fn read_json(answer: Answer) -> Result<Value, Trouble> {
    let bytes = answer.whole().await?;
    serde_json::from_slice(&bytes).map_err(|_| {
        Trouble::Unreachable(anyhow!(
            "関所の応答ではありません。--server を確かめてください / not an answer of Sekisho: check --server"
        ))
    })
}

/// Reads a refusal (RFC 9457).
pub(crate) async fn refusal(answer: Answer) -> Trouble {
    let status = answer.status();
    let Ok(bytes) = answer.whole().await else {
        return Trouble::Refused(Refusal { status, said: status.to_string() });
    };
    let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut said = vec![text(&problem["title"]), text(&problem["detail"])];
    for wrong in problem["errors"].as_array().into_iter().flatten() {
        said.push(format!("{}: {}", text(&wrong["field"]), text(&wrong["detail"])));
    }
    said.retain(|text| !text.is_empty());
    if said.is_empty() {
        said.push(status.to_string());
    }
    Trouble::Refused(Refusal { status, said: said.join(" — ") })
}

fn wrong_address() -> Trouble {
    Trouble::Usage(anyhow!(
        "--server は https://名前[:ポート] の形です / --server is https://NAME[:PORT]"
    ))
}
