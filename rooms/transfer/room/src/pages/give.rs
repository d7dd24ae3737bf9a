//! The answer that hands kept files over: one as it is, or several in an
//! archive.

use axum::response::Response;
use base::BodyId;
use console::{Failure, Giver, files};
use passages::Kept;

use crate::parcel::{self, Entry, Parcel};
use crate::paths::{in_archive, leaf};
use passages::{Opened, Owner, Vault};

/// Why the rest of an answer does not come.
type Broken = Box<dyn std::error::Error + Send + Sync>;

/// Gives a file out piece by piece. Each piece is proved before it goes; where
/// one cannot be, the answer breaks off.
pub(crate) fn handed_over(kept: &Kept, mut opened: Opened) -> Response {
    let (mut giver, response) = files::streamed_download(leaf(&kept.name), kept.bytes);
    tokio::spawn(async move {
        let given = give(&mut giver, &mut opened).await;
        end(giver, given);
    });
    response
}

/// Gives several files out as one archive, in which they lie in their folders.
pub(crate) fn together_over(
    vault: Vault,
    body: BodyId,
    name: &str,
    all: Vec<(Kept, Owner)>,
) -> Result<Response, Failure> {
    let names = in_archive(all.iter().map(|(kept, _)| kept.name.as_str()));
    let lengths = all.iter().map(|(kept, _)| kept.bytes);
    let entries: Vec<Entry> =
        names.into_iter().zip(lengths).map(|(name, bytes)| Entry { name, bytes }).collect();
    let (mut giver, response) = files::streamed_download(name, parcel::length(&entries));
    tokio::spawn(async move {
        let given = give_all(&mut giver, &vault, body, all.into_iter().zip(entries)).await;
        end(giver, given);
    });
    Ok(response)
}

/// False where nobody listens any more.
async fn give(giver: &mut Giver, opened: &mut Opened) -> Result<bool, Broken> {
    while let Some(piece) = opened.next().await? {
        if !giver.give(piece).await {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Reads each file twice: its checksum stands before it.
async fn give_all(
    giver: &mut Giver,
    vault: &Vault,
    body: BodyId,
    all: impl Iterator<Item = ((Kept, Owner), Entry)>,
) -> Result<bool, Broken> {
    let mut parcel = Parcel::default();
    for ((kept, owner), entry) in all {
        let mut opened = vault.open(body, &owner, &kept.sealed).await?;
        let mut crc = crc32fast::Hasher::new();
        while let Some(piece) = opened.next().await? {
            crc.update(&piece);
        }
        let head = parcel.head(&entry, crc.finalize())?;
        let mut opened = vault.open(body, &owner, &kept.sealed).await?;
        if !giver.give(head).await || !give(giver, &mut opened).await? {
            return Ok(false);
        }
    }
    Ok(giver.give(parcel.end()).await)
}

fn end(giver: Giver, given: Result<bool, Broken>) {
    if let Err(error) = given {
        tracing::error!(%error, "a file could not be given out whole");
        giver.break_off(error);
    }
}
