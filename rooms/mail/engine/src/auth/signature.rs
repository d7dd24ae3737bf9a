//! What DKIM and ARC share: the key, the signed headers and the signature
//! itself. The mathematics is `mail-auth`'s.

use mail_auth::common::crypto::HashAlgorithm;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::{DomainKey, VerifySignature};
use mail_auth::dkim::Canonicalization;
use mail_auth::{AuthenticatedMessage, DnsError, Error};

use super::Outcome;
use super::dns::{Asking, Missing};

/// Smallest RSA key that counts, in bits (RFC 8301 3.2).
const RSA_BITS_MIN: usize = 1_024;

/// Returns the key that a signature names.
pub(super) fn key(
    signature: &impl VerifySignature,
    dns: &Asking<'_>,
) -> Result<DomainKey, (Outcome, &'static str)> {
    let records = match dns.txt(&signature.domain_key()) {
        Ok(records) => records,
        Err(Missing::Nothing) => return Err((Outcome::PermError, "no key")),
        Err(Missing::Failed) => return Err((Outcome::TempError, "key not answered")),
    };
    let mut reason = (Outcome::PermError, "no key");
    for record in records {
        match DomainKey::parse(record) {
            Ok(key)
                if key.p.public_key_bits() >= RSA_BITS_MIN || key.p.public_key_bits() == 256 =>
            {
                return Ok(key);
            }
            Ok(_) => reason = (Outcome::PermError, "key too short"),
            Err(Error::Dkim(mail_auth::dkim::DkimError::RevokedPublicKey)) => {
                reason = (Outcome::PermError, "key revoked");
            }
            Err(Error::Dns(DnsError::InvalidRecordType)) => {}
            Err(_) => reason = (Outcome::PermError, "key not readable"),
        }
    }
    Err(reason)
}

/// Says whether the body's hash is the one that was signed.
pub(super) fn body_fits(
    message: &AuthenticatedMessage<'_>,
    canonicalization: Canonicalization,
    hash: HashAlgorithm,
    length: u64,
    signed: &[u8],
) -> bool {
    let known = message
        .body_hashes
        .iter()
        .find(|(c, h, l, _)| *c == canonicalization && *h == hash && *l == length);
    known.is_some_and(|(_, _, _, hash)| hash == signed)
}

/// Returns a signature header's value without the signature: as it was when it
/// was signed (RFC 6376 3.7).
pub(super) fn unsigned(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    for (index, tag) in value.split(|byte| *byte == b';').enumerate() {
        if index > 0 {
            out.push(b';');
        }
        let name_end = tag.iter().position(|byte| *byte == b'=');
        let is_b = name_end.is_some_and(|end| {
            tag.get(..end).is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(b"b"))
        });
        match name_end {
            Some(end) if is_b => out.extend_from_slice(tag.get(..=end).unwrap_or(tag)),
            _ => out.extend_from_slice(tag),
        }
    }
    // The signature's own header ends without its line end.
    while matches!(out.last(), Some(b'\r' | b'\n')) {
        out.pop();
    }
    out
}
