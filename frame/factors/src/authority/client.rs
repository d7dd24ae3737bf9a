//! Reads a certificate that a browser presented and says whose it is. The TLS
//! library has seen that its key was used; this sees that it is ours, in time
//! and not withdrawn.

use base::Timestamp;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::der::{BIT_STRING, Oid, object, sequence, value};
use super::{Authority, Certificate, PERSON_URN, Serial};

/// A client certificate of ours, in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate. Its number names it: an ECDSA signature has a second
    /// valid form, so that the fingerprint of the same certificate can vary.
    pub certificate: Certificate,
    /// The id of the person it was issued to.
    pub person: Box<str>,
}

/// Why a client certificate was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Not a certificate.
    #[error("cannot read the certificate")]
    Unreadable,
    /// Issued by somebody else, or changed.
    #[error("certificate was not issued here")]
    Foreign,
    /// Ours, but not for signing in: a server's, or the root.
    #[error("certificate is not a person's")]
    NotPersons,
    /// Its time has not come.
    #[error("certificate is valid from {from}")]
    NotYet {
        /// Its first moment.
        from: Timestamp,
    },
    /// Its time is over.
    #[error("certificate was valid until {until}")]
    Expired {
        /// Its last moment.
        until: Timestamp,
    },
    /// It was withdrawn.
    #[error("certificate was withdrawn")]
    Revoked,
}

impl Authority {
    /// Checks a certificate (DER) that a browser presented. `is_revoked` is
    /// asked last, with the number of a certificate that is otherwise good.
    ///
    /// # Errors
    /// Names the first check that failed.
    pub fn check_client(
        &self,
        der: &[u8],
        now: Timestamp,
        is_revoked: &dyn Fn(&Serial) -> bool,
    ) -> Result<ClientCertificate, ClientError> {
        let certificate = Certificate::read(der).ok_or(ClientError::Unreadable)?;
        let (_, parsed) = X509Certificate::from_der(der).map_err(|_| ClientError::Unreadable)?;
        let (_, root) = X509Certificate::from_der(&self.certificate.der)
            .expect("the authority's certificate was read when it was opened");
        let is_ours = parsed.issuer().as_raw() == root.subject().as_raw()
            && parsed.verify_signature(Some(root.public_key())).is_ok()
            && is_canonical(&parsed, der);
        if !is_ours {
            return Err(ClientError::Foreign);
        }
        let person = person(&parsed).ok_or(ClientError::NotPersons)?;
        let (from, until) = (certificate.not_before, certificate.not_after);
        if now < from {
            return Err(ClientError::NotYet { from });
        }
        if now > until {
            return Err(ClientError::Expired { until });
        }
        if is_revoked(&certificate.serial) {
            return Err(ClientError::Revoked);
        }
        Ok(ClientCertificate { certificate, person })
    }
}

/// What our authority signs with.
const ECDSA_WITH_SHA256: Oid = &[1, 2, 840, 10_045, 4, 3, 2];

/// The signature covers the inner part only; around it a lenient parser takes
/// more spellings than the one that we issue.
fn is_canonical(certificate: &X509Certificate<'_>, der: &[u8]) -> bool {
    let algorithm = sequence(&[&object(ECDSA_WITH_SHA256)]);
    let signature = value(BIT_STRING, &[&[0], &certificate.signature_value.data]);
    sequence(&[certificate.tbs_certificate.as_ref(), &algorithm, &signature]) == der
}

/// The person of a client certificate as we make them.
fn person(certificate: &X509Certificate<'_>) -> Option<Box<str>> {
    let usage = certificate.extended_key_usage().ok()??;
    if certificate.is_ca() || !usage.value.client_auth {
        return None;
    }
    let names = certificate.subject_alternative_name().ok()??;
    let [GeneralName::URI(urn)] = names.value.general_names.as_slice() else { return None };
    urn.strip_prefix(PERSON_URN).map(Into::into)
}
