//! Frames on a stream: each within its time, each within its size.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::frame::{Frame, HEAD_BYTES, encode, head};
use crate::limits::SILENCE_MAX;
use crate::trouble::Trouble;

/// One end of a connection.
pub(crate) struct Wire<S>(pub(crate) S);

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Sends a frame; an end that does not read is silent.
    pub(crate) async fn send<F: Frame>(&mut self, frame: &F) -> Result<(), Trouble> {
        let bytes = encode(frame);
        let sent = timeout(SILENCE_MAX, async {
            self.0.write_all(&bytes).await?;
            self.0.flush().await
        });
        sent.await.map_err(|_| Trouble::Silent)?.map_err(Trouble::of)
    }

    /// The next frame, if it is whole within a time. Memory is taken for what
    /// its type may have, and only once its head is there.
    pub(crate) async fn receive<F: Frame>(&mut self, within: Duration) -> Result<F, Trouble> {
        timeout(within, self.read()).await.map_err(|_| Trouble::Silent)?
    }

    async fn read<F: Frame>(&mut self) -> Result<F, Trouble> {
        let mut start = [0; HEAD_BYTES];
        self.fill(&mut start).await?;
        let (kind, length) = head::<F>(start)?;
        let mut payload = vec![0; length];
        self.fill(&mut payload).await?;
        Ok(F::read(kind, &payload)?)
    }

    async fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Trouble> {
        match self.0.read_exact(buffer).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Trouble::Cut(error)),
            Err(error) => Err(Trouble::of(error)),
        }
    }
}
