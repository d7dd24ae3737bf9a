//! Blobs in a folder: `BODY/ab/abcd…`, moved there whole.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base::{BodyId, Task};
use tokio::fs;

use crate::blobs::{Blob, BlobError, BlobHash, Bytes, Shelf, key, spool};

/// The folder.
pub(crate) struct Disk {
    root: PathBuf,
    /// Folders whose own names are known to be on the disk: 256 a body.
    settled: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Disk {
    pub(crate) async fn open(folder: &Path) -> Result<Self, BlobError> {
        let root = folder.join("kept");
        spool::make_private(&root).await?;
        Ok(Self { root, settled: Arc::default() })
    }

    fn path(&self, body: BodyId, hash: BlobHash) -> PathBuf {
        self.root.join(key(body, hash))
    }

    async fn move_in(&self, blob: Blob, file: &Path) -> io::Result<()> {
        let path = self.path(blob.body, blob.hash);
        let (root, settled, file) = (self.root.clone(), self.settled.clone(), file.to_owned());
        // One hop to a thread that may wait, instead of one a step.
        let moved = tokio::task::spawn_blocking(move || moved(&root, &settled, &file, &path));
        moved.await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
    }
}

fn moved(
    root: &Path,
    settled: &Mutex<BTreeSet<PathBuf>>,
    file: &Path,
    path: &Path,
) -> io::Result<()> {
    let folder = path.parent().unwrap_or(root);
    let known = || settled.lock().unwrap_or_else(PoisonError::into_inner);
    let mut is_settled = known().contains(folder);
    match std::fs::rename(file, path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            is_settled = false;
            spool::make_private_now(folder)?;
            std::fs::rename(file, path)?;
        }
        other => other?,
    }
    sync_now(folder)?;
    if !is_settled {
        // The name is on the disk only when its folders are.
        let above = folder.ancestors().skip(1);
        above.take_while(|folder| folder.starts_with(root)).try_for_each(sync_now)?;
        known().insert(folder.to_owned());
    }
    Ok(())
}

fn sync_now(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

impl Shelf for Disk {
    fn keep<'a>(&'a self, blob: Blob, file: &'a Path) -> Task<'a, Result<(), BlobError>> {
        Box::pin(async move { Ok(self.move_in(blob, file).await?) })
    }

    fn open(&self, body: BodyId, hash: BlobHash) -> Task<'_, Result<(Bytes, u64), BlobError>> {
        Box::pin(async move {
            let file = fs::File::open(self.path(body, hash)).await;
            let file = found(file)?.ok_or(BlobError::Missing(hash))?;
            let size = file.metadata().await?.len();
            Ok((Box::new(file) as Bytes, size))
        })
    }

    fn size(&self, body: BodyId, hash: BlobHash) -> Task<'_, Result<Option<u64>, BlobError>> {
        Box::pin(async move {
            let metadata = found(fs::metadata(self.path(body, hash)).await)?;
            Ok(metadata.map(|metadata| metadata.len()))
        })
    }

    fn delete(&self, body: BodyId, hash: BlobHash) -> Task<'_, Result<bool, BlobError>> {
        Box::pin(async move {
            let path = self.path(body, hash);
            let was_there = found(fs::remove_file(&path).await)?.is_some();
            if let (true, Some(folder)) = (was_there, path.parent()) {
                sync(folder).await?;
            }
            Ok(was_there)
        })
    }

    fn bodies(&self) -> Task<'_, Result<Vec<BodyId>, BlobError>> {
        Box::pin(async move {
            let names = names(&self.root).await?;
            Ok(names.iter().filter_map(|name| BodyId::parse(name).ok()).collect())
        })
    }

    fn list(&self, body: BodyId, first: u8) -> Task<'_, Result<Vec<Blob>, BlobError>> {
        Box::pin(async move {
            let folder = self.root.join(format!("{body}/{first:02x}"));
            let mut blobs = Vec::new();
            for hash in names(&folder).await?.iter().filter_map(|name| BlobHash::parse(name)) {
                if let Some(bytes) = self.size(body, hash).await? {
                    blobs.push(Blob { body, hash, bytes });
                }
            }
            Ok(blobs)
        })
    }
}

/// The names in a folder, sorted; none where it is not there.
async fn names(folder: &Path) -> io::Result<Vec<String>> {
    let Some(mut entries) = found(fs::read_dir(folder).await)? else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        names.extend(entry.file_name().into_string().ok());
    }
    names.sort();
    Ok(names)
}

async fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder).await?.sync_all().await
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
