//! Reads a signing request (PKCS#10, RFC 2986) for the one thing that is taken
//! from it: a public key whose owner has signed the request.

use rcgen::SubjectPublicKeyInfo;
use x509_parser::prelude::{FromDer, X509CertificationRequest};
use x509_parser::public_key::PublicKey;

use super::AuthorityError;
use super::certificate::read_pem;

/// Bytes of a request, at most.
const REQUEST_BYTES_MAX: usize = 16 * 1024;

const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// Reads a request in PEM or DER and gives back its key.
pub(super) fn read(request: &[u8]) -> Result<SubjectPublicKeyInfo, AuthorityError> {
    if request.len() > REQUEST_BYTES_MAX {
        return Err(AuthorityError::Request);
    }
    let text = std::str::from_utf8(request).ok().filter(|text| text.contains("-----BEGIN"));
    let der = match text {
        // Older Windows writes the second label.
        Some(text) => read_pem(text, "CERTIFICATE REQUEST")
            .or_else(|| read_pem(text, "NEW CERTIFICATE REQUEST"))
            .ok_or(AuthorityError::Request)?,
        None => request.to_vec(),
    };
    let (rest, parsed) =
        X509CertificationRequest::from_der(&der).map_err(|_| AuthorityError::Request)?;
    let key = &parsed.certification_request_info.subject_pki;
    let is_weak = match key.parsed().map_err(|_| AuthorityError::RequestKey)? {
        PublicKey::RSA(rsa) => !RSA_BITS.contains(&rsa.key_size()),
        PublicKey::EC(point) => !matches!(point.key_size(), 256 | 384),
        // Ed25519, which the parser leaves as bytes; other kinds fail below.
        _ => false,
    };
    if is_weak {
        return Err(AuthorityError::RequestKey);
    }
    if !rest.is_empty() || parsed.verify_signature().is_err() {
        return Err(AuthorityError::Request);
    }
    SubjectPublicKeyInfo::from_der(key.raw).map_err(|_| AuthorityError::RequestKey)
}
