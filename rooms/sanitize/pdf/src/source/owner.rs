//! Opens files by their owner's password where the reader knows only the
//! user's: up to revision 4 of the standard security handler the entry O holds
//! the user's password, locked by the owner's (ISO 32000-1 §7.6.3.4,
//! algorithm 7). Later revisions have no such entry; the reader knows those.

use md5::{Digest, Md5};

use super::rfind;
use crate::content::{Lexer, Token};

/// Returns the user's passwords that `owner` may stand for. Whether one fits
/// is for the reader to say.
#[must_use]
pub fn user_passwords(file: &[u8], owner: &str) -> Vec<String> {
    let owner = padded(owner);
    memchr::memmem::find_iter(file, b"/Standard")
        .take(HANDLERS_MAX)
        .filter_map(|at| handler(file, at)?.user_password(&owner))
        .collect()
}

/// What of an encryption dictionary says how O is locked.
struct Handler {
    revision: i64,
    /// Bytes of the key.
    key_bytes: usize,
    locked: Vec<u8>,
}

/// Reads the encryption dictionary that has its filter's name at `at`.
fn handler(file: &[u8], at: usize) -> Option<Handler> {
    let from = at.saturating_sub(DICT_WINDOW);
    let before = file.get(from..at)?;
    let object = rfind(before, b"obj").map_or(0, |start| start + b"obj".len());
    // The dictionary may also stand in the trailer itself.
    let entry = memchr::memmem::rfind_iter(before.get(object..)?, b"/Encrypt")
        .map(|start| object + start + b"/Encrypt".len())
        .find(|start| {
            before.get(*start..).is_some_and(|rest| rest.trim_ascii().starts_with(b"<<"))
        });
    let start = from + entry.unwrap_or(object);
    let mut lexer = Lexer::new(file.get(start..)?);
    let mut depth = 0_u32;
    let mut key = Vec::new();
    let (mut version, mut revision, mut bits, mut locked) = (None, None, None, None);
    for _ in 0..TOKENS_MAX {
        match lexer.next_token()? {
            Token::DictStart => depth += 1,
            Token::DictEnd if depth <= 1 => break,
            Token::DictEnd => depth -= 1,
            Token::Name(name) if depth == 1 => key = lexer.text(&name).to_vec(),
            Token::Num(number) if depth == 1 => {
                let place = match key.as_slice() {
                    b"V" => &mut version,
                    b"R" => &mut revision,
                    b"Length" => &mut bits,
                    _ => continue,
                };
                *place = Some(number.value() as i64);
            }
            Token::Str(text) if depth == 1 && key == b"O" => {
                locked = Some(lexer.text(&text).get(..PASSWORD_BYTES)?.to_vec());
            }
            Token::Num(_)
            | Token::Name(_)
            | Token::Str(_)
            | Token::ArrayStart
            | Token::ArrayEnd
            | Token::Word(_) => {}
        }
    }
    let bits = match version? {
        1 => 40,
        4 => bits.unwrap_or(128),
        _ => bits.unwrap_or(40),
    };
    let key_bytes = usize::try_from(bits / 8).ok().filter(|bytes| (5..=16).contains(bytes))?;
    Some(Handler { revision: revision?, key_bytes, locked: locked? })
        .filter(|handler| (2..=4).contains(&handler.revision))
}

impl Handler {
    fn user_password(self, owner: &[u8; PASSWORD_BYTES]) -> Option<String> {
        let mut key: [u8; 16] = Md5::digest(owner).into();
        let mut unlocked = self.locked;
        if self.revision == 2 {
            rc4(&key[..5], &mut unlocked);
        } else {
            for _ in 0..50 {
                key = Md5::digest(key).into();
            }
            for round in (0..20).rev() {
                let turned = key.map(|byte| byte ^ round);
                rc4(&turned[..self.key_bytes], &mut unlocked);
            }
        }
        let end = (0..=PASSWORD_BYTES).find(|end| PADDING.starts_with(&unlocked[*end..]))?;
        unlocked.truncate(end);
        String::from_utf8(unlocked).ok()
    }
}

/// §7.6.3.3, algorithm 2, step a. Letters up to U+00FF are one byte each, as in
/// PDFDocEncoding for nearly all of them; for others there is no rule.
fn padded(password: &str) -> [u8; PASSWORD_BYTES] {
    let single: Option<Vec<u8>> = password.chars().map(|c| u8::try_from(c).ok()).collect();
    let password = single.unwrap_or_else(|| password.as_bytes().to_vec());
    let mut padded = [0; PASSWORD_BYTES];
    for (place, byte) in padded.iter_mut().zip(password.iter().chain(PADDING)) {
        *place = *byte;
    }
    padded
}

fn rc4(key: &[u8], data: &mut [u8]) {
    let mut state: [u8; 256] = std::array::from_fn(|index| index as u8);
    let mut j = 0_u8;
    for (i, key) in (0..=u8::MAX).zip(key.iter().cycle()) {
        j = j.wrapping_add(state[usize::from(i)]).wrapping_add(*key);
        state.swap(usize::from(i), usize::from(j));
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    for byte in data {
        i = i.wrapping_add(1);
        j = j.wrapping_add(state[usize::from(i)]);
        state.swap(usize::from(i), usize::from(j));
        let sum = state[usize::from(i)].wrapping_add(state[usize::from(j)]);
        *byte ^= state[usize::from(sum)];
    }
}

const PASSWORD_BYTES: usize = 32;
/// What fills a password up (§7.6.3.3, algorithm 2).
const PADDING: &[u8; PASSWORD_BYTES] =
    b"(\xBFN^Nu\x8AAd\0NV\xFF\xFA\x01\x08..\0\xB6\xD0h>\x80/\x0C\xA9\xFEdSiz";
/// Places that are looked at for an encryption dictionary.
const HANDLERS_MAX: usize = 16;
/// How far before its filter's name the dictionary may start.
const DICT_WINDOW: usize = 2048;
/// Tokens of an encryption dictionary.
const TOKENS_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::user_passwords;

    /// What qpdf 11 writes for the user's password "user" and the owner's "owner".
    const REVISION_2: &[u8] = b"9 0 obj << /Filter /Standard /Length 40 \
        /O <94e8094419662a774442fb072e3d9f19e9d130ec09a4d0061e78fe920f7ab62f> \
        /P -4 /R 2 /V 1 >> endobj";
    const REVISION_4: &[u8] = b"trailer << /Encrypt << /EncryptMetadata false \
        /CF << /StdCF << /Length 16 >> >> /Filter /Standard \
        /O <0ba3835f88f90388e74e54584125ce142be0de24c6b0d37746e075b891756671> \
        /P -4 /R 4 /V 4 >> >>";

    #[test]
    fn the_owner_unlocks_the_users_password() {
        assert_eq!(user_passwords(REVISION_2, "owner"), ["user"]);
        assert_eq!(user_passwords(REVISION_4, "owner"), ["user"]);
        assert!(!user_passwords(REVISION_2, "Owner").contains(&"user".to_owned()));
    }

    #[test]
    fn broken_dictionaries_unlock_nothing() {
        for length in 0..REVISION_4.len() - 20 {
            let found = user_passwords(&REVISION_4[..length], "owner");
            assert_eq!(found, [""; 0], "cut after {length} bytes");
        }
        let short = b"obj<</O(short)/R 3/V 2/Length 128/Filter/Standard>>";
        assert_eq!(user_passwords(short, "owner"), [""; 0]);
        let huge =
            b"obj<</O(12345678901234567890123456789012)/R 3/V 2/Length 9999/Filter/Standard>>";
        assert_eq!(user_passwords(huge, "owner"), [""; 0]);
    }
}
