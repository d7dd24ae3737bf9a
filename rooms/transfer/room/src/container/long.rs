//! Shuts a file into an age container piece by piece, so that one of any length
//! takes the memory of a few pieces.

use std::io::{Error, ErrorKind, Result, Write};
use std::sync::Arc;

use age::secrecy::SecretString;
use base::{BodyId, Random, Secret};
use passages::{Passage, Sealed};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{AGE_WORK_FACTOR, ContainerError, passphrase, read_recipient};
use crate::error::TransferError;
use passages::{Vault, Whole};

/// Pieces that wait on either side.
const WAITING_MAX: usize = 2;
/// Bytes of a piece that comes out.
const PIECE_BYTES: usize = 1 << 20;
/// What age adds, at most: its header, and 16 bytes to each 64 KiB.
const HEADER_BYTES_MAX: u64 = 4 << 10;
const CHUNK_BYTES: u64 = 64 << 10;
const TAG_BYTES: u64 = 16;

/// What goes in. A file that breaks off ends without its end.
enum Plain {
    Piece(Vec<u8>),
    End,
}

/// Shuts a kept file into an age container that is kept in its place; with a
/// recipient, without a passphrase.
pub(crate) async fn shut(
    (vault, body): (&Vault, BodyId),
    (passage, original): (&Passage, &Sealed),
    recipient: Option<String>,
    random: Arc<dyn Random>,
) -> std::result::Result<(Whole, Option<Secret<String>>), TransferError> {
    let owner = vault.of(passage.new.batch);
    let (giver, plain) = channel(WAITING_MAX);
    let (out, mut shut) = channel(WAITING_MAX);
    let secret = recipient.is_none().then(|| passphrase(&*random));
    let key = secret.as_ref().map(|secret| secret.reveal().clone());
    let closing = tokio::task::spawn_blocking(move || close(recipient, key, plain, out));
    let most = bytes_max(passage.new.bytes);
    let mut sealing = vault.begin(body, &owner, most, &*random)?;
    let mut opened = vault.open(body, &owner, original).await?;
    let reading = async move {
        while let Some(piece) = opened.next().await? {
            if giver.send(Plain::Piece(piece)).await.is_err() {
                return Ok(());
            }
        }
        // Where nobody listens any more, the other side says why.
        let _ = giver.send(Plain::End).await;
        Ok::<_, TransferError>(())
    };
    let keeping = async {
        while let Some(piece) = shut.recv().await {
            sealing.add(&piece).await?;
        }
        Ok::<_, TransferError>(sealing)
    };
    let (read, kept) = tokio::join!(reading, keeping);
    read?;
    closing.await.map_err(|_| TransferError::Ended)??;
    Ok((kept?.end().await?, secret))
}

/// How long the container may become.
const fn bytes_max(plain: u64) -> u64 {
    let chunks = plain / CHUNK_BYTES + 1;
    plain.saturating_add(chunks.saturating_mul(TAG_BYTES)).saturating_add(HEADER_BYTES_MAX)
}

fn close(
    recipient: Option<String>,
    passphrase: Option<String>,
    mut plain: Receiver<Plain>,
    out: Sender<Vec<u8>>,
) -> std::result::Result<(), ContainerError> {
    let mut written = Out { out, waiting: Vec::with_capacity(PIECE_BYTES) };
    let recipient: Box<dyn age::Recipient> = match (recipient, passphrase) {
        (Some(key), _) => Box::new(read_recipient(&key).ok_or(ContainerError::Recipient)?),
        (None, Some(word)) => {
            let mut recipient = age::scrypt::Recipient::new(SecretString::from(word));
            recipient.set_work_factor(AGE_WORK_FACTOR);
            Box::new(recipient)
        }
        (None, None) => return Err(ContainerError::Recipient),
    };
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&*recipient))
        .map_err(|_| ContainerError::Recipient)?;
    let mut writer = encryptor.wrap_output(&mut written)?;
    loop {
        match plain.blocking_recv() {
            Some(Plain::Piece(piece)) => writer.write_all(&piece)?,
            Some(Plain::End) => break,
            None => return Err(Error::from(ErrorKind::UnexpectedEof).into()),
        }
    }
    writer.finish()?;
    Ok(written.flush()?)
}

/// Hands on what is written, a piece at a time.
struct Out {
    out: Sender<Vec<u8>>,
    waiting: Vec<u8>,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        let piece = std::mem::take(&mut self.waiting);
        let is_sent = piece.is_empty() || self.out.blocking_send(piece).is_ok();
        if is_sent { Ok(()) } else { Err(ErrorKind::BrokenPipe.into()) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn run(pieces: Vec<Plain>) -> (std::result::Result<(), ContainerError>, Vec<u8>) {
        let (giver, plain) = channel(pieces.len() + 1);
        pieces.into_iter().for_each(|piece| drop(giver.try_send(piece)));
        drop(giver);
        let (out, mut shut) = channel(WAITING_MAX);
        let closing = std::thread::spawn(move || close(None, Some("WORD".into()), plain, out));
        let mut all = Vec::new();
        while let Some(piece) = shut.blocking_recv() {
            assert!(piece.len() <= PIECE_BYTES + (CHUNK_BYTES + TAG_BYTES) as usize);
            all.extend(piece);
        }
        (closing.join().unwrap(), all)
    }

    fn piece(length: usize) -> Plain {
        Plain::Piece((0..length).map(|at| (at % 251) as u8).collect())
    }

    #[test]
    fn age_opens_what_was_shut_in_pieces() {
        for lengths in [vec![], vec![0], vec![65_536], vec![3_000_000, 1, 2_000_000]] {
            let plain: Vec<u8> = lengths
                .iter()
                .flat_map(|length| (0..*length).map(|at: usize| (at % 251) as u8))
                .collect();
            let pieces = lengths.iter().map(|length| piece(*length)).chain([Plain::End]);
            let (done, shut) = run(pieces.collect());
            done.unwrap();
            assert!(shut.len() as u64 <= bytes_max(plain.len() as u64), "{lengths:?}");
            let identity = age::scrypt::Identity::new(SecretString::from("WORD".to_owned()));
            let opened = age::Decryptor::new(&shut[..]).unwrap();
            let mut found = Vec::new();
            let identity: &dyn age::Identity = &identity;
            opened.decrypt(std::iter::once(identity)).unwrap().read_to_end(&mut found).unwrap();
            assert_eq!(found, plain, "{lengths:?}");
        }
    }

    #[test]
    fn a_file_that_breaks_off_is_no_container() {
        let (done, _) = run(vec![piece(100_000)]);
        assert!(matches!(done, Err(ContainerError::Write(_))));
    }
}
