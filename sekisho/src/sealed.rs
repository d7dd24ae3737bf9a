//! A file under a passphrase: written in pieces, each sealed, so that no piece
//! can be changed, moved, left out or cut off unseen. Knows no backup.
//!
//! `MAGIC`, 16 bytes of salt, 16 of nonce, then pieces of 64 KiB under
//! XChaCha20-Poly1305 (the nonce's last 8 bytes: the piece's number, the last
//! piece's with its highest bit set). The key is Argon2id's of the passphrase.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use base::{Random, Secret, random};
use chacha20poly1305::aead::AeadInPlace;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

/// Why a file was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealedError {
    /// A file could not be read or written.
    #[error("cannot read or write the file")]
    File(#[from] io::Error),
    /// It is not one of ours.
    #[error("not a sealed file")]
    Format,
    /// The passphrase is another, or the file was changed.
    #[error("the passphrase does not open the file, or the file was changed")]
    Wrong,
    /// The passphrase is short enough to be guessed.
    #[error("a passphrase has at least {PASSPHRASE_MIN} characters")]
    Short,
}

const MAGIC: &[u8; 16] = b"sekisho-sealed-1";
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;
const LAST: u64 = 1 << 63;
/// Characters of a passphrase, at least: it protects keys for years.
pub(crate) const PASSPHRASE_MIN: usize = 16;
/// RFC 9106 §4, second choice: 64 MiB, 3 passes, 4 lanes.
const COST: (u32, u32, u32) = (64 * 1024, 3, 4);

/// True where a file begins as ours do.
pub(crate) fn is_sealed(file: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(file)?.take(MAGIC.len() as u64).read_to_end(&mut head)?;
    Ok(head == MAGIC)
}

/// Seals a file into a new one that only its owner reads.
pub(crate) fn seal(
    plain: &Path,
    sealed: &Path,
    passphrase: &Secret<String>,
    random: &dyn Random,
) -> Result<(), SealedError> {
    if passphrase.reveal().chars().count() < PASSPHRASE_MIN {
        return Err(SealedError::Short);
    }
    let (salt, nonce): ([u8; 16], [u8; 16]) = (random::bytes(random), random::bytes(random));
    let cipher = cipher(passphrase, &salt)?;
    let mut from = BufReader::new(File::open(plain)?);
    let mut options = File::options();
    let file = options.write(true).create_new(true).mode(0o600).open(sealed)?;
    let mut to = BufWriter::new(file);
    to.write_all(MAGIC)?;
    to.write_all(&salt)?;
    to.write_all(&nonce)?;
    let (mut number, mut piece) = (0, read_piece(&mut from, PIECE)?);
    loop {
        let next = read_piece(&mut from, PIECE)?;
        let is_last = next.is_empty();
        let place = place(&nonce, number, is_last);
        cipher.encrypt_in_place(&place, MAGIC, &mut piece).map_err(|_| SealedError::Format)?;
        to.write_all(&piece)?;
        if is_last {
            break;
        }
        (piece, number) = (next, number + 1);
    }
    to.flush()?;
    Ok(to.get_ref().sync_all()?)
}

/// Opens a sealed file into a new one that only its owner reads. What was
/// written of it before a fault was found is the caller's to remove.
pub(crate) fn open(
    sealed: &Path,
    plain: &Path,
    passphrase: &Secret<String>,
) -> Result<(), SealedError> {
    let mut from = BufReader::new(File::open(sealed)?);
    let head = read_piece(&mut from, MAGIC.len() + 32)?;
    let salt = head.get(16..32).ok_or(SealedError::Format)?;
    let nonce = head.get(32..48).and_then(|nonce| <[u8; 16]>::try_from(nonce).ok());
    let nonce = nonce.filter(|_| head.starts_with(MAGIC)).ok_or(SealedError::Format)?;
    let cipher = cipher(passphrase, salt)?;
    let mut options = File::options();
    let file = options.write(true).create_new(true).mode(0o600).open(plain)?;
    let mut to = BufWriter::new(file);
    let (mut number, mut piece) = (0, read_piece(&mut from, PIECE + TAG)?);
    loop {
        let next = read_piece(&mut from, PIECE + TAG)?;
        let is_last = next.is_empty();
        let place = place(&nonce, number, is_last);
        cipher.decrypt_in_place(&place, MAGIC, &mut piece).map_err(|_| SealedError::Wrong)?;
        to.write_all(&piece)?;
        if is_last {
            break;
        }
        (piece, number) = (next, number + 1);
    }
    Ok(to.flush()?)
}

fn cipher(passphrase: &Secret<String>, salt: &[u8]) -> Result<XChaCha20Poly1305, SealedError> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| SealedError::Format)?;
    let mut key = [0; 32];
    // The passphrase is stretched here and kept nowhere.
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.reveal().as_bytes(), salt, &mut key)
        .map_err(|_| SealedError::Format)?;
    Ok(XChaCha20Poly1305::new(&key.into()))
}

fn place(nonce: &[u8; 16], number: u64, is_last: bool) -> XNonce {
    let mut place = [0; 24];
    let (prefix, count) = place.split_at_mut(16);
    prefix.copy_from_slice(nonce);
    count.copy_from_slice(&(number | if is_last { LAST } else { 0 }).to_be_bytes());
    place.into()
}

/// Reads so many bytes, or what is left.
fn read_piece(from: &mut impl Read, bytes: usize) -> io::Result<Vec<u8>> {
    let mut piece = Vec::with_capacity(bytes + TAG);
    from.take(bytes as u64).read_to_end(&mut piece)?;
    Ok(piece)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::SystemRandom;

    fn words(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn what_was_sealed_opens_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let right = words("ame nochi hare, kaze tsuyoku");
        for (number, length) in
            [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE].into_iter().enumerate()
        {
            let bytes: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
            std::fs::write(at("plain"), &bytes).unwrap();
            let sealed = at(&format!("sealed{number}"));
            seal(&at("plain"), &sealed, &right, &SystemRandom).unwrap();
            assert!(is_sealed(&sealed).unwrap() && !is_sealed(&at("plain")).unwrap());
            let opened = at(&format!("opened{number}"));
            open(&sealed, &opened, &right).unwrap();
            assert_eq!(std::fs::read(&opened).unwrap(), bytes, "{length}");
        }
    }

    #[test]
    fn a_changed_moved_or_cut_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let right = words("ame nochi hare, kaze tsuyoku");
        std::fs::write(at("plain"), vec![7; 3 * PIECE]).unwrap();
        seal(&at("plain"), &at("sealed"), &right, &SystemRandom).unwrap();
        let whole = std::fs::read(at("sealed")).unwrap();
        let refused = |bytes: &[u8], passphrase: &Secret<String>, what: &str| {
            std::fs::write(at("bent"), bytes).unwrap();
            let done = open(&at("bent"), &at("out"), passphrase);
            assert!(matches!(done, Err(SealedError::Wrong)), "{what}: {done:?}");
            let _ = std::fs::remove_file(at("out"));
        };
        refused(&whole, &words("ame nochi hare, kaze yowaku!"), "another passphrase");
        for place in [16, 40, 48, 48 + PIECE, whole.len() - 1] {
            let mut bent = whole.clone();
            bent[place] ^= 1;
            refused(&bent, &right, &format!("byte {place}"));
        }
        let piece = PIECE + TAG;
        refused(&whole[..48 + piece], &right, "cut between pieces");
        let swapped = [
            &whole[..48],
            &whole[48 + piece..48 + 2 * piece],
            &whole[48..48 + piece],
            &whole[48 + 2 * piece..],
        ]
        .concat();
        refused(&swapped, &right, "pieces swapped");
        let short = seal(&at("plain"), &at("short"), &words("mijikai"), &SystemRandom);
        assert!(matches!(short, Err(SealedError::Short)));
    }
}
