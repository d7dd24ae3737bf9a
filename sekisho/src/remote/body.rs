//! What a call sends: nothing, bytes, or pieces that a thread reads from disk
//! while they leave, so that a file never lies in memory as a whole.

use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// See the module. Its length is known beforehand; a source that turns out
/// shorter breaks the call off.
pub(crate) struct Content {
    left: u64,
    pieces: Pieces,
}

enum Pieces {
    One(Option<Bytes>),
    Read(mpsc::Receiver<io::Result<Bytes>>),
}

/// Bytes that are read at once.
const PIECE_BYTES: usize = 256 * 1_024;
/// Pieces that wait to leave.
const WAITING_MAX: usize = 4;

impl Content {
    /// Nothing.
    pub(crate) fn empty() -> Self {
        Self::of(Bytes::new())
    }

    /// Bytes.
    pub(crate) fn of(bytes: Bytes) -> Self {
        let left = bytes.len() as u64;
        Self { left, pieces: Pieces::One(Some(bytes).filter(|bytes| !bytes.is_empty())) }
    }

    /// So many bytes of a source, read by a thread of its own.
    pub(crate) fn read(source: impl Read + Send + 'static, length: u64) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let mut source = source.take(length);
        // Ends when the source does, or when nobody takes its pieces any more.
        tokio::task::spawn_blocking(move || {
            loop {
                let piece = next(&mut source);
                let is_last = !matches!(piece, Ok(Some(_)));
                let Some(piece) = piece.transpose() else { return };
                if sender.blocking_send(piece).is_err() || is_last {
                    return;
                }
            }
        });
        Self { left: length, pieces: Pieces::Read(receiver) }
    }
}

fn next(source: &mut impl Read) -> io::Result<Option<Bytes>> {
    let mut piece = vec![0; PIECE_BYTES];
    let mut filled = 0;
    while let Some(rest) = piece.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest)? {
            0 => break,
            count => filled += count,
        }
    }
    piece.truncate(filled);
    Ok((filled > 0).then(|| Bytes::from(piece)))
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let piece = match &mut self.pieces {
            Pieces::One(bytes) => bytes.take().map(Ok),
            Pieces::Read(receiver) => match receiver.poll_recv(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(piece) => piece,
            },
        };
        Poll::Ready(match piece {
            Some(Ok(bytes)) => {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                Some(Ok(Frame::data(bytes)))
            }
            Some(Err(error)) => Some(Err(error)),
            None if self.left > 0 => {
                self.left = 0;
                Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter")))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
