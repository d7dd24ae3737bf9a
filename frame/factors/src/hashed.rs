//! What is stored instead of a random secret: its SHA-256. Knows that the
//! secret holds at least 80 random bits, so that neither salt nor stretching
//! is needed.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The SHA-256 of one `T` under `T`'s own label. Compared in constant time.
pub struct Hashed<T> {
    digest: [u8; LENGTH],
    of: PhantomData<fn() -> T>,
}

const LENGTH: usize = 32;

/// A text that is no hash of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a hash: 64 lower-case hexadecimal digits are needed")]
pub struct HashedError;

impl<T> Hashed<T> {
    /// Hashes a secret under a label that no other kind of secret has.
    pub(crate) fn of(label: &str, secret: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(label.as_bytes());
        hasher.update([0]);
        hasher.update(secret);
        Self { digest: hasher.finalize().into(), of: PhantomData }
    }

    /// Reads the form that [`fmt::Display`] writes.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, HashedError> {
        let digits = text.as_bytes();
        if digits.len() != LENGTH * 2 {
            return Err(HashedError);
        }
        let mut digest = [0; LENGTH];
        for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair
                .iter()
                .try_fold(0, |sum, &digit| Some(sum << 4 | nibble(digit)?))
                .ok_or(HashedError)?;
        }
        Ok(Self { digest, of: PhantomData })
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl<T> PartialEq for Hashed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.digest.ct_eq(&other.digest).into()
    }
}

impl<T> Eq for Hashed<T> {}

impl<T> Clone for Hashed<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Hashed<T> {}

impl<T> Hash for Hashed<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

impl<T> fmt::Display for Hashed<T> {
    /// 64 lower-case hexadecimal digits, for a column of text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.digest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<T> fmt::Debug for Hashed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Token};

    #[test]
    fn the_text_form_reads_back() {
        let hashed = Hashed::<Code>::of("x", b"y");
        assert_eq!(Hashed::parse(&hashed.to_string()), Ok(hashed));
        assert_eq!(Hashed::<Code>::parse(&hashed.to_string().to_uppercase()), Err(HashedError));
        assert_eq!(Hashed::<Code>::parse("00"), Err(HashedError));
    }

    #[test]
    fn labels_keep_kinds_apart() {
        let code = Hashed::<Code>::of("code", b"same").to_string();
        assert_ne!(code, Hashed::<Token>::of("token", b"same").to_string());
    }
}
