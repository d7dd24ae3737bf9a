//! Certificates as they are stored: bytes, number, fingerprint and times.

use std::fmt;

use base::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, Pem, X509Certificate};

/// A certificate that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its bytes (DER).
    pub der: Vec<u8>,
    /// Its number, unique under the authority.
    pub serial: Serial,
    /// What names it to everybody: the SHA-256 of its bytes.
    pub fingerprint: Fingerprint,
    /// Its first moment.
    pub not_before: Timestamp,
    /// Its last moment.
    pub not_after: Timestamp,
}

/// A certificate's number: lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(Box<str>);

/// The SHA-256 of a certificate: 64 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Box<str>);

/// Bytes of a stored or presented certificate, at most.
const CERTIFICATE_BYTES_MAX: usize = 16 * 1024;

impl Certificate {
    /// Reads what a certificate says of itself; nothing is verified.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return None;
        }
        let (rest, parsed) = X509Certificate::from_der(der).ok()?;
        let moment = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1_000));
        rest.is_empty().then(|| Self {
            der: der.to_vec(),
            serial: Serial(hex(parsed.raw_serial())),
            fingerprint: Fingerprint(hex(&Sha256::digest(der))),
            not_before: moment(parsed.validity().not_before.timestamp()),
            not_after: moment(parsed.validity().not_after.timestamp()),
        })
    }

    /// The certificate as text (RFC 7468).
    #[must_use]
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    /// When a new one should be made: once two thirds of the time are over.
    #[must_use]
    pub fn renewal_from(&self) -> Timestamp {
        self.not_before.plus(self.not_after.since(self.not_before) * 2 / 3)
    }
}

fn hex(bytes: &[u8]) -> Box<str> {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// RFC 7468 §2: base 64 in lines of 64 characters.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// The first block of a text, if it has this label.
pub(super) fn read_pem(text: &str, label: &str) -> Option<Vec<u8>> {
    if text.len() > CERTIFICATE_BYTES_MAX * 2 {
        return None;
    }
    let (block, _) = Pem::read(std::io::Cursor::new(text)).ok()?;
    (block.label == label).then_some(block.contents)
}

macro_rules! shown_as_hex {
    ($name:ident, $digits:expr) => {
        impl $name {
            /// Reads the form that is shown.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                let is_whole = $digits.contains(&text.len()) && text.bytes().all(is_digit);
                is_whole.then(|| Self(text.into()))
            }

            /// The digits, for a column of text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

shown_as_hex!(Serial, (2..=42));
shown_as_hex!(Fingerprint, (64..=64));
