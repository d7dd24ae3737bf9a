//! Signs mails that leave (RFC 6376, 8301): RSA with SHA-256 over what people
//! see and what tells the parts apart. The mathematics is `mail-auth`'s; moments
//! come in, and the same mail at the same moment has the same signature.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_auth::common::crypto::{RsaKey, Sha256, SigningKey};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

/// Fields that are signed where they stand. Those in [`SEALED`] are signed once
/// more than they stand, so that nobody adds another (RFC 6376 8.15).
const SIGNED: [&str; 13] = [
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];
const SEALED: [&str; 5] = ["from", "to", "cc", "subject", "date"];
/// A selector, in bytes: it is a label of the DNS, or some.
const SELECTOR_BYTES_MAX: usize = 63;
/// A key in PEM, in bytes: 4,096 bits take less than a quarter of it.
const PEM_BYTES_MAX: usize = 16 * 1_024;

/// Why a key signs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Letters, digits, hyphens and dots, 63 at most.
    #[error("a selector has letters, digits, hyphens and dots, 63 at most")]
    Selector,
    /// Not an RSA key of 2,048 to 4,096 bits in PEM.
    #[error("not an RSA key of 2048 to 4096 bits in PEM")]
    Key,
    /// The mathematics failed, or the mail has no sender.
    #[error("nothing could be signed")]
    Unsigned,
}

/// Signs for the domains of one body.
pub struct Signer {
    selector: String,
    key: RsaKey<Sha256>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Signer({})", self.selector)
    }
}

impl Signer {
    /// Reads a key as `openssl genrsa 2048` writes it.
    ///
    /// # Errors
    /// [`KeyError::Selector`], [`KeyError::Key`].
    pub fn new(selector: &str, pem: &[u8]) -> Result<Self, KeyError> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        let is_selector = (1..=SELECTOR_BYTES_MAX).contains(&selector.len())
            && selector.bytes().all(is_letter)
            && !selector.starts_with(['.', '-'])
            && !selector.ends_with(['.', '-'])
            && !selector.contains("..");
        if !is_selector {
            return Err(KeyError::Selector);
        }
        if pem.len() > PEM_BYTES_MAX {
            return Err(KeyError::Key);
        }
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyError::Key)?;
        let key = RsaKey::<Sha256>::from_key_der(key).map_err(|_| KeyError::Key)?;
        Ok(Self { selector: selector.to_ascii_lowercase(), key })
    }

    /// The name under which the record of a domain is published.
    #[must_use]
    pub fn name(&self, domain: &str) -> String {
        format!("{}._domainkey.{}", self.selector, domain.to_ascii_lowercase())
    }

    /// What is published there (RFC 6376 3.6.1).
    #[must_use]
    pub fn record(&self) -> String {
        format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(public(&self.key.public_key())))
    }

    /// The mail with its signature before it; `at` in seconds since 1970.
    ///
    /// # Errors
    /// [`KeyError::Unsigned`].
    pub fn sign(&self, domain: &str, mail: &[u8], at: u64) -> Result<Vec<u8>, KeyError> {
        let (head, body) = parted(mail);
        let fields = fields(head);
        if !fields.iter().any(|(name, _)| name == "from") {
            return Err(KeyError::Unsigned);
        }
        let hash = self.key.hash(relaxed(body).as_slice());
        let (names, mut signed) = chosen(&fields);
        let head = format!(
            "v=1; a=rsa-sha256; c=relaxed/relaxed; d={};\r\n s={}; t={at};\r\n h={};\r\n bh={};\r\n b=",
            domain.to_ascii_lowercase(),
            self.selector,
            names.join(":\r\n "),
            STANDARD.encode(hash.as_ref()),
        );
        // RFC 6376 3.7: the signature's own field last, without a line's end.
        signed.extend_from_slice(b"dkim-signature:");
        signed.extend_from_slice(unfolded(head.as_bytes()).as_slice());
        let signature = self.key.sign(signed.as_slice()).map_err(|_| KeyError::Unsigned)?;
        let mut out = format!("DKIM-Signature: {head}{}\r\n", in_lines(&signature)).into_bytes();
        out.extend_from_slice(mail);
        Ok(out)
    }
}

/// Base64 folded as a field is; blanks in `b=` do not count (RFC 6376 3.5).
fn in_lines(bytes: &[u8]) -> String {
    const CHARS: usize = 72;
    let text = STANDARD.encode(bytes);
    let mut out = String::new();
    for (at, sign) in text.chars().enumerate() {
        if at % CHARS == 0 && at > 0 {
            out.push_str("\r\n ");
        }
        out.push(sign);
    }
    out
}

/// Head and body, without the empty line between them.
fn parted(mail: &[u8]) -> (&[u8], &[u8]) {
    let edge = mail.windows(4).position(|four| four == b"\r\n\r\n");
    match edge.and_then(|at| mail.split_at_checked(at + 2)) {
        Some((head, rest)) => (head, rest.get(2..).unwrap_or_default()),
        None => (mail, &[]),
    }
}

/// Names in lower case, values as they stand, in their order.
fn fields(head: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        if line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            if let Some((_, value)) = fields.last_mut() {
                value.extend_from_slice(line);
            }
        } else if let Some(at) = line.iter().position(|&byte| byte == b':') {
            let (name, value) = line.split_at(at);
            let name = String::from_utf8_lossy(name).trim().to_ascii_lowercase();
            fields.push((name, value.get(1..).unwrap_or_default().to_vec()));
        }
    }
    fields
}

/// What is signed: the names in their order, and the fields in relaxed form.
/// Of several of one name the last comes first (RFC 6376 5.4.2).
fn chosen(fields: &[(String, Vec<u8>)]) -> (Vec<&'static str>, Vec<u8>) {
    let (mut names, mut signed) = (Vec::new(), Vec::new());
    for name in SIGNED {
        for (_, value) in fields.iter().rev().filter(|(known, _)| known == name) {
            names.push(name);
            signed.extend_from_slice(name.as_bytes());
            signed.push(b':');
            signed.extend_from_slice(&unfolded(value));
            signed.extend_from_slice(b"\r\n");
        }
        if SEALED.contains(&name) {
            names.push(name);
        }
    }
    (names, signed)
}

/// RFC 6376 3.4.2 without the name: one line, blanks are one, none at the ends.
fn unfolded(value: &[u8]) -> Vec<u8> {
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(&b' ')
}

/// RFC 6376 3.4.4: blanks are one, none ends a line, no empty line ends a body.
fn relaxed(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut length = 0;
    for line in body.split_inclusive(|&byte| byte == b'\n') {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        let mut was_blank = false;
        for &byte in bare {
            if matches!(byte, b' ' | b'\t') {
                was_blank = true;
                continue;
            }
            if was_blank {
                out.push(b' ');
                was_blank = false;
            }
            out.push(byte);
        }
        let is_empty = out.len() == length || out.ends_with(b"\n");
        out.extend_from_slice(b"\r\n");
        if !is_empty {
            length = out.len();
        }
    }
    out.truncate(length);
    out
}

/// The public key as every reader wants it: wrapped in its algorithm (RFC 5280
/// 4.1.2.7, RFC 3279 2.3.1).
fn public(key: &[u8]) -> Vec<u8> {
    // SEQUENCE { OBJECT IDENTIFIER 1.2.840.113549.1.1.1, NULL }
    const RSA: [u8; 15] =
        [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    const SEQUENCE: u8 = 0x30;
    const BIT_STRING: u8 = 0x03;
    let bits = wrapped(BIT_STRING, &[&[0], key].concat());
    wrapped(SEQUENCE, &[RSA.as_slice(), &bits].concat())
}

/// A value with its tag and length (X.690 8.1).
fn wrapped(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len().to_be_bytes();
    let digits: Vec<u8> = length.iter().copied().skip_while(|byte| *byte == 0).collect();
    let mut out = vec![tag];
    match (digits.as_slice(), u8::try_from(digits.len())) {
        ([], _) => out.push(0),
        ([short], _) if *short < 0x80 => out.push(*short),
        (long, Ok(count)) => {
            out.push(0x80 | count);
            out.extend_from_slice(long);
        }
        (_, Err(_)) => {}
    }
    out.extend_from_slice(value);
    out
}

#[cfg(test)]
mod tests;
