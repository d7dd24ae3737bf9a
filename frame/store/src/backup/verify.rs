//! Reads a backup through and holds it against its manifest, before anything
//! of it is used.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::backup::archive::{Member, Reader};
use crate::backup::{BLOBS, BackupError, BlobParts, FORMAT, MANIFEST, Manifest, Part};

/// Bytes of a manifest; it grows with tables and parts, not with blobs.
const MANIFEST_BYTES_MAX: u64 = 256 * 1024 * 1024;
const PIECE_BYTES: usize = 64 * 1024;

/// Reads the whole file and returns its manifest if every part is what the
/// manifest says.
///
/// # Errors
/// [`BackupError::Damaged`] names the first part that is not.
pub async fn verify(file: &Path) -> Result<Manifest, BackupError> {
    let mut archive = open(file).await?;
    verified(&mut archive, file).await
}

pub(super) async fn open(file: &Path) -> Result<Reader, BackupError> {
    let failed = |source| BackupError::File { path: file.to_owned(), source };
    Reader::open(file).await.map_err(failed)
}

/// As [`verify`], of an open archive.
pub(super) async fn verified(archive: &mut Reader, file: &Path) -> Result<Manifest, BackupError> {
    let failed = |source| failure(file, source);
    let (mut parts, mut blobs, mut names) = (Vec::new(), BlobParts::default(), Sha256::new());
    while let Some(member) = archive.next().await.map_err(failed)? {
        if member.name == MANIFEST {
            blobs.sha256 = crate::hex::write(&names.finalize());
            let text = archive.all(MANIFEST_BYTES_MAX).await.map_err(failed)?;
            let manifest = read_manifest(&text)?;
            if archive.next().await.map_err(failed)?.is_some() {
                return Err(damaged(MANIFEST));
            }
            compare(&manifest, &parts, &blobs)?;
            return Ok(manifest);
        }
        let sha256 = hash(archive).await.map_err(failed)?;
        if member.name.starts_with(BLOBS) {
            if member.name.rsplit('/').next() != Some(sha256.as_str()) {
                return Err(damaged(&member.name));
            }
            names.update(format!("{}\n", member.name));
            blobs.count += 1;
            blobs.bytes += member.bytes;
        } else {
            let Member { name, bytes } = member;
            parts.push(Part { name, bytes, sha256 });
        }
    }
    Err(damaged(MANIFEST))
}

fn read_manifest(text: &[u8]) -> Result<Manifest, BackupError> {
    let manifest: Manifest =
        serde_json::from_slice(text).map_err(|error| BackupError::Format(error.to_string()))?;
    if manifest.format == FORMAT {
        Ok(manifest)
    } else {
        Err(BackupError::Format(format!("its format is {}", manifest.format)))
    }
}

fn compare(manifest: &Manifest, parts: &[Part], blobs: &BlobParts) -> Result<(), BackupError> {
    for (place, wanted) in manifest.parts.iter().enumerate() {
        if parts.get(place) != Some(wanted) {
            return Err(damaged(&wanted.name));
        }
    }
    if let Some(added) = parts.get(manifest.parts.len()) {
        return Err(damaged(&added.name));
    }
    if *blobs == manifest.blobs { Ok(()) } else { Err(damaged(BLOBS)) }
}

async fn hash(archive: &mut Reader) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = archive.piece(&mut piece).await?;
        if read == 0 {
            return Ok(crate::hex::write(&hash.finalize()));
        }
        hash.update(&piece[..read]);
    }
}

fn damaged(part: &str) -> BackupError {
    BackupError::Damaged { part: part.to_owned() }
}

/// What a failed read means: a file that is cut or no archive, or a disk.
pub(super) fn failure(file: &Path, source: io::Error) -> BackupError {
    match source.kind() {
        io::ErrorKind::UnexpectedEof => BackupError::Format("it ends too early".to_owned()),
        io::ErrorKind::InvalidData => BackupError::Format(source.to_string()),
        _ => BackupError::File { path: file.to_owned(), source },
    }
}
