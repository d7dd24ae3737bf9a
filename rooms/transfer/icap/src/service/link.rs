//! One connection as events and answers, each within its time.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::settings::Times;
use super::spool::Content;
use crate::protocol::{BEGINNING, Event, Parser, Refusal, Request, chunk, last_chunk};

/// A connection.
pub(super) struct Link<S> {
    stream: S,
    pub(super) parser: Parser,
    times: Times,
    buffer: Box<[u8]>,
    /// The beginning of the next answer is sent already.
    has_begun: bool,
}

/// Why a connection cannot go on.
#[derive(Debug)]
pub(super) enum Broken {
    /// The client is gone, or was too slow to take an answer.
    Gone,
    /// The client sent what is refused.
    Refused(Refusal),
    /// The client was too slow to send.
    Late,
    /// A disk here failed.
    Disk(io::Error),
}

impl From<Refusal> for Broken {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Bytes read at once, and sent in one chunk.
const PIECE_BYTES: usize = 64 << 10;
/// What a client may still send after its last answer, in bytes.
const LINGER_BYTES_MAX: usize = 4 << 20;
/// How long that may take.
const LINGER_MAX: Duration = Duration::from_secs(2);

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    pub(super) fn new(stream: S, parser: Parser, times: Times) -> Self {
        let buffer = vec![0; PIECE_BYTES].into_boxed_slice();
        Self { stream, parser, times, buffer, has_begun: false }
    }

    /// Waits for the next request; none when the client is done, is silent for
    /// too long, or we are told to stop.
    pub(super) async fn request(
        &mut self,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<Box<Request>>, Broken> {
        if self.parser.is_idle() {
            let read = timeout(self.times.idle_max, self.stream.read(&mut self.buffer));
            let count = tokio::select! {
                biased;
                read = read => match read {
                    Ok(Ok(count)) => count,
                    Ok(Err(_)) | Err(_) => return Ok(None),
                },
                _ = stop.wait_for(|is_told| *is_told) => return Ok(None),
            };
            if count == 0 {
                return Ok(None);
            }
            self.parser.feed(self.buffer.get(..count).unwrap_or_default());
        }
        let deadline = Instant::now() + self.times.head_max;
        match self.event(deadline, self.times.head_max).await? {
            Event::Head(request) => Ok(Some(request)),
            // The parser gives a head first.
            Event::Data(_) | Event::PreviewEnd | Event::End => Err(Broken::Gone),
        }
    }

    /// When a body that begins now must be over.
    pub(super) fn body_deadline(&self) -> Instant {
        Instant::now() + self.times.body_max
    }

    /// Reads the next event of a body.
    pub(super) async fn body_event(&mut self, deadline: Instant) -> Result<Event, Broken> {
        self.event(deadline, self.times.silence_max).await
    }

    async fn event(&mut self, deadline: Instant, silence_max: Duration) -> Result<Event, Broken> {
        loop {
            if let Some(event) = self.parser.next()? {
                return Ok(event);
            }
            let until = deadline.min(Instant::now() + silence_max);
            let read = timeout_at(until, self.stream.read(&mut self.buffer)).await;
            match read {
                Err(_) => return Err(Broken::Late),
                Ok(Err(_) | Ok(0)) => return Err(Broken::Gone),
                Ok(Ok(count)) => self.parser.feed(self.buffer.get(..count).unwrap_or_default()),
            }
        }
    }

    /// Reads a body to its end and forgets it.
    pub(super) async fn skip_body(&mut self) -> Result<(), Broken> {
        let deadline = self.body_deadline();
        loop {
            match self.body_event(deadline).await? {
                Event::Data(_) => {}
                Event::PreviewEnd => {
                    self.parser.finish();
                    return Ok(());
                }
                Event::End => return Ok(()),
                Event::Head(_) => return Err(Broken::Gone),
            }
        }
    }

    /// Sends the first letters of the answer, which are always the same. On a
    /// kept connection Squid holds a body back at 64 KiB for another try until
    /// it has read a byte; without one it would wait for us and we for it.
    pub(super) async fn begin_answer(&mut self) -> Result<(), Broken> {
        if !self.has_begun {
            self.send(BEGINNING).await?;
            self.has_begun = true;
        }
        Ok(())
    }

    /// Sends bytes.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        let begun = if self.has_begun { bytes.strip_prefix(BEGINNING) } else { None };
        self.has_begun = false;
        let bytes = begun.unwrap_or(bytes);
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(self.times.write_max, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Broken::Gone),
        }
    }

    /// Sends a head and a body behind it in chunks.
    pub(super) async fn send_whole(&mut self, head: Vec<u8>, body: &Content) -> Result<(), Broken> {
        let mut out = head;
        let mut at = 0;
        while at < body.len() {
            let piece = body.piece(at, PIECE_BYTES).await.map_err(Broken::Disk)?;
            at += piece.len() as u64;
            chunk(&mut out, &piece);
            if at < body.len() {
                self.send(&out).await?;
                out.clear();
            }
        }
        out.extend_from_slice(last_chunk());
        self.send(&out).await
    }

    /// Ends the connection so that the last answer arrives: what the client
    /// still sends is read and dropped for a while, as a reset would take the
    /// answer away.
    pub(super) async fn close(mut self) {
        let _ = timeout(LINGER_MAX, self.stream.shutdown()).await;
        let drain = async {
            let mut left = LINGER_BYTES_MAX;
            while let Ok(count) = self.stream.read(&mut self.buffer).await {
                if count == 0 || count >= left {
                    return;
                }
                left -= count;
            }
        };
        let _ = timeout(LINGER_MAX, drain).await;
    }
}
