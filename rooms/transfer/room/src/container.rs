//! Shuts a file into a container that only its receiver opens: ZIP with
//! AES-256 (WinZip AE-2), or age. The passphrase is made here and travels
//! apart from the file.

pub(crate) mod long;

use std::io::{Cursor, Write};

use age::secrecy::SecretString;
use base::{Random, Secret, random};
use transfer_engine::Container;
use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, ZipWriter};

/// Why no container was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContainerError {
    /// The archive was not written.
    #[error("the archive cannot be written")]
    Zip(#[from] zip::result::ZipError),
    /// The archive does not look as the library writes it.
    #[error("the archive has another layout")]
    Layout,
    /// age did not write.
    #[error("the age file cannot be written")]
    Write(#[from] std::io::Error),
    /// The key that somebody registered is none.
    #[error("the registered recipient is no age recipient")]
    Recipient,
}

/// A shut file.
pub(crate) struct Closed {
    /// What it is called.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// What opens it; nothing where the receiver's own key does.
    pub(crate) passphrase: Option<Secret<String>>,
}

/// Groups of a passphrase, and letters of a group: 25 letters of 30 are 122
/// bits, and can be read out over the telephone.
const GROUPS: usize = 5;
const LETTERS: usize = 5;
/// No letter that looks or sounds like another one.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
/// age's work factor (log2 of N): the passphrase is no word of a person, so
/// that 32 MiB and a moment are enough.
const AGE_WORK_FACTOR: u8 = 15;

/// Shuts a file. With a recipient, age needs no passphrase.
pub(crate) fn close(
    container: Container,
    (name, bytes): (&str, &[u8]),
    recipient: Option<&str>,
    source: &dyn Random,
) -> Result<Closed, ContainerError> {
    match (container, recipient) {
        (Container::AesZip, _) => {
            let passphrase = passphrase(source);
            let bytes = aes_zip(name, bytes, passphrase.reveal())?;
            Ok(Closed { name: format!("{}.zip", stem(name)), bytes, passphrase: Some(passphrase) })
        }
        (Container::Age, Some(recipient)) => {
            let recipient = read_recipient(recipient).ok_or(ContainerError::Recipient)?;
            let bytes = age(bytes, &recipient)?;
            Ok(Closed { name: format!("{name}.age"), bytes, passphrase: None })
        }
        (Container::Age, None) => {
            let passphrase = passphrase(source);
            let secret = SecretString::from(passphrase.reveal().clone());
            let mut recipient = age::scrypt::Recipient::new(secret);
            recipient.set_work_factor(AGE_WORK_FACTOR);
            let bytes = age(bytes, &recipient)?;
            Ok(Closed { name: format!("{name}.age"), bytes, passphrase: Some(passphrase) })
        }
    }
}

/// Reads an age recipient (`age1…`).
pub(crate) fn read_recipient(text: &str) -> Option<age::x25519::Recipient> {
    text.trim().parse().ok()
}

fn aes_zip(name: &str, bytes: &[u8], passphrase: &str) -> Result<Vec<u8>, ContainerError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .with_aes_encryption(AesMode::Aes256, passphrase);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, options)?;
    writer.write_all(bytes)?;
    let mut archive = writer.finish()?.into_inner();
    without_checksum(&mut archive).ok_or(ContainerError::Layout)?;
    Ok(archive)
}

/// The library writes AE-1, which tells everybody the plain file's CRC; AE-2
/// leaves it out (WinZip AES specification, section II B). The archive holds one
/// file: its header stands first, its entry where the end of the archive says.
fn without_checksum(archive: &mut [u8]) -> Option<()> {
    // APPNOTE 4.3.16: the end has 22 bytes; the directory's offset is at 16.
    let end = archive.len().checked_sub(22)?;
    let directory = number(archive, end + 16, 4)?;
    // APPNOTE 4.3.7 and 4.3.12: where CRC, lengths and the name begin.
    for (start, crc, lengths, fixed) in [(0, 14, 26, 30), (directory, 16, 28, 46)] {
        archive.get_mut(start + crc..start + crc + 4)?.fill(0);
        let name = number(archive, start + lengths, 2)?;
        let extra = number(archive, start + lengths + 2, 2)?;
        let from = start + fixed + name;
        let extra = archive.get_mut(from..from + extra)?;
        let at = extra.windows(4).position(|window| window == AES_EXTRA)?;
        *extra.get_mut(at + 4)? = 2;
    }
    Some(())
}

/// The AES field's id 0x9901 and its length of 7 bytes; the version follows.
const AES_EXTRA: [u8; 4] = [0x01, 0x99, 7, 0];

fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + length)?;
    let number = bytes.iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    usize::try_from(number).ok()
}

fn age(bytes: &[u8], recipient: &dyn age::Recipient) -> Result<Vec<u8>, ContainerError> {
    let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient))
        .map_err(|_| ContainerError::Recipient)?;
    let mut shut = Vec::with_capacity(bytes.len() + 1_024);
    let mut writer = encryptor.wrap_output(&mut shut)?;
    writer.write_all(bytes)?;
    writer.finish()?;
    Ok(shut)
}

/// Makes a passphrase, each letter as likely as any other.
fn passphrase(source: &dyn Random) -> Secret<String> {
    // Bytes from here on would make the first letters likelier.
    let fair = u8::try_from(256 - 256 % ALPHABET.len()).unwrap_or(u8::MAX);
    let mut text = String::new();
    let mut letters = 0;
    while letters < GROUPS * LETTERS {
        let [byte] = random::bytes::<1>(source);
        if byte >= fair {
            continue;
        }
        if letters > 0 && letters % LETTERS == 0 {
            text.push('-');
        }
        let letter = ALPHABET.get(usize::from(byte) % ALPHABET.len()).copied().unwrap_or(b'2');
        text.push(char::from(letter));
        letters += 1;
    }
    Secret::new(text)
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::path::Path;
    use std::process::Command;

    use base::SeededRandom;

    use super::*;

    const TEXT: &[u8] = "氏名,住所\r\n山田太郎,緑市中央1-2-3\r\n".as_bytes();

    fn shut(container: Container, recipient: Option<&str>) -> Closed {
        close(container, ("名簿.csv", TEXT), recipient, &SeededRandom::new(7)).unwrap()
    }

    fn is_there(program: &str, package: &str) -> bool {
        let there = Command::new(program).arg("--help").output().is_ok();
        if !there {
            eprintln!("skipped: {program} is not installed (Debian: {package})");
        }
        there
    }

    #[test]
    fn a_passphrase_is_long_and_has_no_letter_that_looks_like_another() {
        let passphrase = passphrase(&SeededRandom::new(1));
        let text = passphrase.reveal();
        assert_eq!(text.len(), 29, "{text}");
        assert!(text.split('-').all(|group| group.len() == 5));
        assert!(!text.contains(['0', 'O', '1', 'I', 'L', 'U']));
        assert_ne!(text, super::passphrase(&SeededRandom::new(2)).reveal());
    }

    #[test]
    fn nothing_of_the_file_is_seen_from_outside() {
        for container in Container::ALL {
            let closed = shut(container, None);
            let words = "山田太郎".as_bytes();
            assert!(!closed.bytes.windows(words.len()).any(|window| window == words));
            assert!(closed.name.ends_with(".zip") || closed.name.ends_with(".age"));
        }
    }

    #[test]
    fn the_archive_does_not_tell_the_files_checksum() {
        let archive = shut(Container::AesZip, None).bytes;
        let mut crc = flate2::Crc::new();
        crc.update(TEXT);
        let told = crc.sum().to_le_bytes();
        assert!(!archive.windows(4).any(|window| window == told));
        let versions: Vec<u8> = archive
            .windows(8)
            .filter(|window| window.starts_with(&AES_EXTRA) && window.ends_with(b"AE"))
            .map(|window| window[4])
            .collect();
        assert_eq!(versions, [2, 2], "AE-2 in both headers");
    }

    #[test]
    fn seven_zip_opens_the_archive_with_the_passphrase_and_not_without() {
        let Some(seven_zip) = ["7z", "7zz"].into_iter().find(|name| is_there(name, "7zip")) else {
            return;
        };
        let closed = shut(Container::AesZip, None);
        let folder = testbed::folder();
        let file = folder.path().join("a.zip");
        std::fs::write(&file, &closed.bytes).unwrap();
        let try_with = |word: &str, out: &Path| {
            Command::new(seven_zip)
                .args(["x", "-y"])
                .arg(format!("-p{word}"))
                .arg(format!("-o{}", out.display()))
                .arg(&file)
                .output()
                .unwrap()
        };
        let listed = Command::new(seven_zip).args(["l", "-slt"]).arg(&file).output().unwrap();
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        assert!(listed.contains("AES-256"), "{listed}");
        let wrong = try_with("WRONG", &folder.path().join("wrong"));
        assert!(!wrong.status.success());
        let out = folder.path().join("out");
        let right = try_with(closed.passphrase.unwrap().reveal(), &out);
        assert!(right.status.success(), "{right:?}");
        assert_eq!(std::fs::read(out.join("名簿.csv")).unwrap(), TEXT);
    }

    #[test]
    fn age_opens_what_is_shut_for_a_registered_recipient() {
        if !is_there("age", "age") {
            return;
        }
        let folder = testbed::folder();
        let key = folder.path().join("key.txt");
        let made = Command::new("age-keygen").arg("-o").arg(&key).output().unwrap();
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        let recipient = said.trim().rsplit(' ').next().unwrap().to_owned();
        let closed = shut(Container::Age, Some(&recipient));
        assert!(closed.passphrase.is_none());
        let file = folder.path().join("a.age");
        std::fs::write(&file, &closed.bytes).unwrap();
        let opened = Command::new("age").arg("-d").arg("-i").arg(&key).arg(&file).output().unwrap();
        assert_eq!(opened.stdout, TEXT, "{opened:?}");
        assert!(read_recipient("age1nothing").is_none());
    }

    #[test]
    fn a_passphrase_opens_the_age_file() {
        let closed = shut(Container::Age, None);
        let secret = SecretString::from(closed.passphrase.unwrap().reveal().clone());
        let decryptor = age::Decryptor::new(closed.bytes.as_slice()).unwrap();
        let identity = age::scrypt::Identity::new(secret);
        let mut opened = Vec::new();
        let mut reader = decryptor.decrypt(std::iter::once(&identity as _)).unwrap();
        reader.read_to_end(&mut opened).unwrap();
        assert_eq!(opened, TEXT);
        let wrong = age::scrypt::Identity::new(SecretString::from("WRONG".to_owned()));
        let decryptor = age::Decryptor::new(closed.bytes.as_slice()).unwrap();
        assert!(decryptor.decrypt(std::iter::once(&wrong as _)).is_err());
    }
}
