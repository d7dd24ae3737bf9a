//! Makes a signing request, and reads one (PKCS#10, RFC 2986) for the one thing that is taken
//! from it: a public key whose owner has signed the request.

use base::Secret;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SubjectPublicKeyInfo};
use x509_parser::prelude::{FromDer, X509CertificationRequest};
use x509_parser::public_key::PublicKey;

use super::certificate::read_pem;
use super::{AuthorityError, NAME_CHARACTERS_MAX};

/// Bytes of a request, at most.
const REQUEST_BYTES_MAX: usize = 16 * 1024;

const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// Makes a key of P-256 and a signing request for it, in PEM; the key stays with
/// whoever asks.
///
/// # Errors
/// For a name that no subject can hold.
pub fn new_request(name: &str) -> Result<(String, Secret<String>), AuthorityError> {
    let is_name = !name.trim().is_empty()
        && name.chars().count() <= NAME_CHARACTERS_MAX
        && !name.chars().any(char::is_control);
    if !is_name {
        return Err(AuthorityError::Name(name.into()));
    }
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().map_err(|_| AuthorityError::Issue)?;
    let request = params.serialize_request(&key).map_err(|_| AuthorityError::Issue)?;
    let request = request.pem().map_err(|_| AuthorityError::Issue)?;
    Ok((request, Secret::new(key.serialize_pem())))
}

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
