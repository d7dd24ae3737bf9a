//! Session and interface tokens: 256 random bits that a browser or a script
//! holds, of which the store keeps only the hash.

use base::{Random, Secret, random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::Hashed;

/// 256 random bits.
#[derive(Clone, Debug)]
pub struct Token(Secret<[u8; LENGTH]>);

const LENGTH: usize = 32;

/// Characters of the text form (base64url without padding, RFC 4648 §5).
const TEXT_LENGTH: usize = 43;

/// A text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token: {TEXT_LENGTH} characters of base64url are needed")]
pub struct TokenError;

impl Token {
    /// Makes a new token.
    #[must_use]
    pub fn new(source: &dyn Random) -> Self {
        Self(Secret::new(random::bytes(source)))
    }

    /// Reads the text form; each token has one.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        if text.len() != TEXT_LENGTH {
            return Err(TokenError);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map(Secret::new).map_err(|_| TokenError)?;
        let bytes: [u8; LENGTH] = bytes.reveal().as_slice().try_into().map_err(|_| TokenError)?;
        Ok(Self(Secret::new(bytes)))
    }

    /// The text form, for a cookie or a header.
    #[must_use]
    pub fn show(&self) -> Secret<String> {
        Secret::new(URL_SAFE_NO_PAD.encode(self.0.reveal()))
    }

    /// What is stored.
    #[must_use]
    pub fn hashed(&self) -> Hashed<Self> {
        Hashed::of("sekisho token 1", self.0.reveal())
    }

    /// A token that follows from this one and a purpose (HMAC-SHA-256), so that
    /// a form's token needs no row of its own.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(self.0.reveal())
            .expect("HMAC takes a key of any length");
        mac.update(b"sekisho derived token 1\0");
        mac.update(purpose.as_bytes());
        Self(Secret::new(mac.finalize().into_bytes().into()))
    }

    /// Compares in constant time.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.reveal().ct_eq(other.0.reveal()).into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base::SeededRandom;

    #[test]
    fn the_text_form_reads_back_and_is_not_what_is_stored() {
        let token = Token::new(&SeededRandom::new(1));
        let shown = token.show();
        let read = Token::parse(shown.reveal()).unwrap();
        assert!(read.is_same(&token) && read.hashed() == token.hashed());
        assert!(!token.hashed().to_string().contains(shown.reveal()));
    }

    #[test]
    fn a_text_has_one_spelling() {
        let shown = Token::new(&SeededRandom::new(1)).show();
        let (head, last) = shown.reveal().split_at(TEXT_LENGTH - 1);
        // The last character carries four bits; its other spellings are refused.
        let alphabet = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']);
        let read = alphabet.filter(|other| Token::parse(&format!("{head}{other}")).is_ok()).count();
        assert_eq!(read, 16, "{last}");
        assert_eq!(Token::parse("").err(), Some(TokenError));
        assert_eq!(Token::parse(&"A".repeat(44)).err(), Some(TokenError));
    }

    #[test]
    fn derived_tokens_differ_by_purpose_and_by_token() {
        let random = SeededRandom::new(1);
        let (one, two) = (Token::new(&random), Token::new(&random));
        assert!(one.derive("form").is_same(&one.derive("form")));
        assert!(!one.derive("form").is_same(&one.derive("other")));
        assert!(!one.derive("form").is_same(&two.derive("form")));
        assert!(!one.derive("form").is_same(&one));
    }
}
