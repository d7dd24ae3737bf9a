//! Bodies on their way: small ones in memory, the rest in a file that has no
//! name and is gone with its last reader.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::spawn_blocking;

/// Bytes of one file, in memory or on disk.
#[derive(Clone, Debug)]
pub struct Content(Inner);

#[derive(Clone, Debug)]
enum Inner {
    Memory(Arc<[u8]>),
    File(Arc<File>, u64),
}

impl Content {
    /// Holds bytes in memory.
    #[must_use]
    pub fn memory(bytes: Arc<[u8]>) -> Self {
        Self(Inner::Memory(bytes))
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.0 {
            Inner::Memory(bytes) => bytes.len() as u64,
            Inner::File(_, length) => *length,
        }
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads everything into memory.
    ///
    /// # Errors
    /// Fails when the disk does.
    pub async fn bytes(&self) -> io::Result<Arc<[u8]>> {
        match &self.0 {
            Inner::Memory(bytes) => Ok(bytes.clone()),
            Inner::File(_, length) => {
                let length = usize::try_from(*length).map_err(io::Error::other)?;
                Ok(self.piece(0, length).await?.into())
            }
        }
    }

    /// Reads up to so many bytes from a place; fewer only at the end.
    pub(super) async fn piece(&self, at: u64, bytes_max: usize) -> io::Result<Vec<u8>> {
        match &self.0 {
            Inner::Memory(bytes) => {
                let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..));
                let rest = rest.unwrap_or_default();
                Ok(rest.get(..bytes_max).unwrap_or(rest).to_vec())
            }
            Inner::File(file, length) => {
                let left = usize::try_from(length.saturating_sub(at)).unwrap_or(usize::MAX);
                let (file, count) = (file.clone(), left.min(bytes_max));
                let read = spawn_blocking(move || {
                    let mut piece = vec![0; count];
                    file.read_exact_at(&mut piece, at).map(|()| piece)
                });
                read.await.map_err(io::Error::other)?
            }
        }
    }
}

/// Gathers a body.
#[derive(Debug)]
pub(super) struct Spool {
    buffer: Vec<u8>,
    file: Option<File>,
    length: u64,
    memory_bytes_max: usize,
    folder: PathBuf,
}

impl Spool {
    pub(super) fn new(memory_bytes_max: usize, folder: PathBuf) -> Self {
        Self { buffer: Vec::new(), file: None, length: 0, memory_bytes_max, folder }
    }

    pub(super) async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        self.length = self.length.saturating_add(bytes.len() as u64);
        if self.buffer.len() > self.memory_bytes_max { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> io::Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let (file, folder) = (self.file.take(), self.folder.clone());
        let write = spawn_blocking(move || {
            let mut file = match file {
                Some(file) => file,
                None => tempfile::tempfile_in(folder)?,
            };
            file.write_all(&buffer)?;
            buffer.clear();
            Ok::<_, io::Error>((file, buffer))
        });
        let (file, buffer) = write.await.map_err(io::Error::other)??;
        self.file = Some(file);
        self.buffer = buffer;
        Ok(())
    }

    pub(super) async fn close(mut self) -> io::Result<Content> {
        if self.file.is_some() {
            self.flush().await?;
        }
        Ok(Content(match self.file {
            Some(file) => Inner::File(Arc::new(file), self.length),
            None => Inner::Memory(self.buffer.into()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_past_the_bound_goes_to_disk_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::new(1_000, folder.path().to_owned());
        let piece: Vec<u8> = (0..=255).collect();
        for _ in 0..40 {
            spool.push(&piece).await.unwrap();
            assert!(spool.buffer.len() <= 1_000 + piece.len(), "memory is bounded");
        }
        let content = spool.close().await.unwrap();
        assert!(matches!(content.0, Inner::File(..)));
        assert_eq!(content.len(), 10_240);
        assert_eq!(*content.bytes().await.unwrap(), piece.repeat(40));
        assert_eq!(content.piece(10_239, 100).await.unwrap(), [255]);
        assert_eq!(content.piece(10_240, 100).await.unwrap(), []);
        let names = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 0, "the file has no name");
    }

    #[tokio::test]
    async fn a_small_body_stays_in_memory() {
        let mut spool = Spool::new(1_000, "/nowhere".into());
        spool.push(b"abc").await.unwrap();
        let content = spool.close().await.unwrap();
        assert_eq!(&*content.bytes().await.unwrap(), b"abc");
        assert_eq!(content.piece(1, 1).await.unwrap(), b"b");
    }
}
