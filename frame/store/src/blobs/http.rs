//! One HTTP request on one connection, with or without TLS. Knows nothing of
//! buckets.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::blobs::PIECE_BYTES;

/// How long a connection may take to stand.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long an answer may take to begin after the request went out.
const ANSWER_MAX: Duration = Duration::from_secs(120);
/// What a line sends at least, in bytes a second: a large blob may take longer.
const PACE_MIN: u64 = 1024 * 1024;
/// Bytes of an answer that is not a blob.
const TEXT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Where to connect to.
pub(crate) struct Peer {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// How to speak TLS; nothing for plain HTTP.
    pub(crate) tls: Option<Arc<rustls::ClientConfig>>,
}

/// What a request carries.
pub(crate) enum Payload {
    Nothing,
    File { file: File, left: u64 },
}

/// Sends a request and waits for the head of the answer.
pub(crate) async fn send(peer: &Peer, request: Request<Payload>) -> io::Result<Response<Incoming>> {
    let stream =
        timeout(CONNECT_MAX, TcpStream::connect((peer.host.as_str(), peer.port))).await??;
    match &peer.tls {
        None => talk(stream, request).await,
        Some(config) => {
            let name = ServerName::try_from(peer.host.clone()).map_err(io::Error::other)?;
            let connector = TlsConnector::from(config.clone());
            talk(timeout(CONNECT_MAX, connector.connect(name, stream)).await??, request).await
        }
    }
}

async fn talk<S>(stream: S, request: Request<Payload>) -> io::Result<Response<Incoming>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    // Ends with the answer's body, or when that is dropped.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to the blob service broke");
        }
    });
    let sending = match request.body() {
        Payload::Nothing => Duration::ZERO,
        Payload::File { left, .. } => Duration::from_secs(left / PACE_MIN),
    };
    let answer_max = ANSWER_MAX.saturating_add(sending);
    timeout(answer_max, sender.send_request(request)).await?.map_err(io::Error::other)
}

/// Reads an answer that is a text.
pub(crate) async fn text(body: Incoming) -> io::Result<String> {
    let mut body = body;
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else { continue };
        if bytes.len() + data.len() > TEXT_BYTES_MAX {
            return Err(io::Error::other("the blob service's answer is too long"));
        }
        bytes.extend_from_slice(&data);
    }
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// An answer's body as a reader.
pub(crate) struct Answer {
    pub(crate) body: Incoming,
    pub(crate) rest: hyper::body::Bytes,
}

impl AsyncRead for Answer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                None => return Poll::Ready(Ok(())),
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
            }
        }
        let length = self.rest.len().min(buffer.remaining());
        buffer.put_slice(&self.rest.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl hyper::body::Body for Payload {
    type Data = hyper::body::Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Self::Data>>>> {
        let Self::File { file, left } = self.get_mut() else { return Poll::Ready(None) };
        if *left == 0 {
            return Poll::Ready(None);
        }
        let mut piece = vec![0; PIECE_BYTES];
        let mut buffer = ReadBuf::new(&mut piece);
        ready!(Pin::new(file).poll_read(context, &mut buffer))?;
        let length = buffer.filled().len();
        if length == 0 {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        *left = left.saturating_sub(length as u64);
        piece.truncate(length);
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Nothing | Self::File { left: 0, .. })
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Nothing => SizeHint::with_exact(0),
            Self::File { left, .. } => SizeHint::with_exact(*left),
        }
    }
}
