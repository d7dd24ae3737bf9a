//! Blobs in a folder: `BODY/ab/abcd…`, moved there whole.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use base::{BodyId, Task};
use tokio::fs;

use crate::blobs::{Blob, BlobError, BlobHash, Bytes, Shelf, key, spool};

/// The folder.
pub(crate) struct Disk {
    root: PathBuf,
}

impl Disk {
    pub(crate) async fn open(folder: &Path) -> Result<Self, BlobError> {
        let root = folder.join("kept");
        spool::make_private(&root).await?;
        Ok(Self { root })
    }

    fn path(&self, body: BodyId, hash: BlobHash) -> PathBuf {
        self.root.join(key(body, hash))
    }

    async fn move_in(&self, blob: Blob, file: &Path) -> io::Result<()> {
        let path = self.path(blob.body, blob.hash);
        let folder = path.parent().unwrap_or(&self.root);
        spool::make_private(folder).await?;
        fs::rename(file, &path).await?;
        // The name is on the disk only when its folders are.
        for folder in folder.ancestors().take_while(|folder| folder.starts_with(&self.root)) {
            sync(folder).await?;
        }
        Ok(())
    }
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
