//! Who the two ends are to each other: TLS 1.3 only, certificates of the inner
//! half's own authority on both sides, and each the very one that was enrolled.

use std::fmt;
use std::sync::Arc;

use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use sha2::{Digest, Sha256};

use crate::link::read_hex;
use crate::trouble::Trouble;

/// The name in the outer half's certificate; addresses may change.
pub const OUTER_NAME: &str = "outer.halves.sekisho";

/// A certificate with its key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// The SHA-256 of the other end's certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pin(pub [u8; 32]);

/// Why certificates were not taken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Not PEM, or not of a certificate or a key.
    #[error("cannot read a certificate or a key")]
    Pem(#[from] rustls_pki_types::pem::Error),
    /// They do not fit together.
    #[error("a certificate and its key do not fit together")]
    Unfit(#[from] rustls::Error),
    /// The authority cannot be one.
    #[error("the authority cannot be believed")]
    Authority(#[from] rustls::server::VerifierBuilderError),
}

impl Identity {
    /// Reads a certificate and its key.
    ///
    /// # Errors
    /// [`TlsError::Pem`].
    pub fn read(certificate_pem: &str, key_pem: &str) -> Result<Self, TlsError> {
        Ok(Self {
            chain: vec![CertificateDer::from_pem_slice(certificate_pem.as_bytes())?],
            key: PrivateKeyDer::from_pem_slice(key_pem.as_bytes())?,
        })
    }
}

impl Pin {
    /// The pin of a certificate's bytes (DER).
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        read_hex(text.trim()).map(Self)
    }

    /// Looks at what the other end has shown.
    pub(crate) fn check(self, shown: Option<&[CertificateDer<'_>]>) -> Result<(), Trouble> {
        let first = shown.and_then(|chain| chain.first());
        let is_it = first.is_some_and(|certificate| Self::of(certificate) == self);
        if is_it { Ok(()) } else { Err(Trouble::Stranger) }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How the inner end connects.
///
/// # Errors
/// If the certificates do not fit.
pub fn inner(identity: Identity, authority_pem: &str) -> Result<Arc<ClientConfig>, TlsError> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots(authority_pem)?)
        .with_client_auth_cert(identity.chain, identity.key)?;
    Ok(Arc::new(config))
}

/// How the outer end is connected to: nobody without a certificate.
///
/// # Errors
/// If the certificates do not fit.
pub fn outer(identity: Identity, authority_pem: &str) -> Result<Arc<ServerConfig>, TlsError> {
    let roots = Arc::new(roots(authority_pem)?);
    let only_enrolled = WebPkiClientVerifier::builder_with_provider(roots, provider()).build()?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(only_enrolled)
        .with_single_cert(identity.chain, identity.key)?;
    // Each connection shows the certificate anew.
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// The name that the outer half's certificate is checked for.
pub(crate) fn outer_name() -> ServerName<'static> {
    ServerName::try_from(OUTER_NAME).expect("the name is a host name")
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn roots(authority_pem: &str) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority_pem.as_bytes())?)?;
    Ok(roots)
}
