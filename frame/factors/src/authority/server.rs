//! A server's certificate that was kept: is it still ours, for these names, with
//! its key?

use base::Secret;
use rcgen::{KeyPair, PublicKeyData};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::certificate::{Certificate, read_pem};
use super::{Authority, ServerCertificate};

impl Authority {
    /// Takes a server's certificate back from its files; nothing where another
    /// authority made it, it names other hosts, or the key is another's. Its
    /// time is not looked at.
    #[must_use]
    pub fn reopen_server(
        &self,
        names: &[&str],
        certificate_pem: &str,
        key_pem: Secret<String>,
    ) -> Option<ServerCertificate> {
        let der = read_pem(certificate_pem, "CERTIFICATE")?;
        let certificate = Certificate::read(&der)?;
        let (_, parsed) = X509Certificate::from_der(&der).ok()?;
        let (_, root) = X509Certificate::from_der(&self.certificate.der).ok()?;
        let is_ours = parsed.issuer().as_raw() == root.subject().as_raw()
            && parsed.verify_signature(Some(root.public_key())).is_ok();
        let usage = parsed.extended_key_usage().ok()??;
        let key = KeyPair::from_pem(key_pem.reveal()).ok()?;
        let is_its_key = key.subject_public_key_info() == parsed.public_key().raw;
        let named = parsed.subject_alternative_name().ok()??;
        let named: Option<Vec<&str>> = named
            .value
            .general_names
            .iter()
            .map(|name| match name {
                GeneralName::DNSName(host) => Some(*host),
                _ => None,
            })
            .collect();
        let is_for_these = named.as_deref() == Some(names);
        (is_ours && usage.value.server_auth && is_its_key && is_for_these)
            .then_some(ServerCertificate { certificate, key_pem })
    }
}
