//! The way to an rspamd on this machine: one connection a mail, HTTP/1.1, the
//! answer within its size. How long it may take is the asker's affair; a dropped
//! question closes its connection.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use axum::body::Body;
use axum::http::{Request, header};
use base::Task;
use hyper::body::Body as _;
use hyper_util::rt::TokioIo;
use mail_room::SpamServer;
use tokio::net::TcpStream;

/// The head of an answer.
const HEAD_BYTES_MAX: usize = 32 * 1_024;
/// The body of an answer; an honest one is some kilobytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Speaks to it.
pub(crate) struct Wire {
    place: SocketAddr,
}

impl Wire {
    pub(crate) fn new(place: SocketAddr) -> Self {
        Self { place }
    }

    /// Says whether it answers.
    pub(crate) async fn ping(&self) -> io::Result<()> {
        let request = Request::get("/ping").body(Body::empty()).map_err(io::Error::other)?;
        self.send(request).await.map(drop)
    }

    async fn send(&self, mut request: Request<Body>) -> io::Result<Vec<u8>> {
        let place = self.place.to_string().parse().map_err(io::Error::other)?;
        request.headers_mut().insert(header::HOST, place);
        let stream = TcpStream::connect(self.place).await?;
        let builder =
            hyper::client::conn::http1::Builder::new().max_buf_size(HEAD_BYTES_MAX).clone();
        let (mut sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // Ends with this future, whether it comes to its end or is dropped.
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(connection);
        let answer = sender.send_request(request).await.map_err(io::Error::other)?;
        let status = answer.status();
        if !status.is_success() {
            return Err(io::Error::other(format!("it answers with status {status}")));
        }
        let (mut body, mut bytes) = (answer.into_body(), Vec::new());
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let Ok(data) = frame.map_err(io::Error::other)?.into_data() else { continue };
            if bytes.len() + data.len() > ANSWER_BYTES_MAX {
                return Err(io::Error::other("its answer is too long"));
            }
            bytes.extend_from_slice(&data);
        }
        Ok(bytes)
    }
}

impl SpamServer for Wire {
    fn check<'a>(
        &'a self,
        headers: Vec<(&'static str, String)>,
        mail: &'a [u8],
    ) -> Task<'a, io::Result<Vec<u8>>> {
        Box::pin(async move {
            let mut request = Request::post("/checkv2");
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let request = request.body(Body::from(mail.to_vec())).map_err(io::Error::other)?;
            self.send(request).await
        })
    }
}
