//! A small certificate authority of our own: its root, the server's
//! certificate, and certificates that persons sign in with. Knows neither files
//! nor rows. Keys come from the kernel through `ring`, never from a seed that a
//! test could choose; serial numbers come from the randomness that is passed in.

mod certificate;
mod client;
mod der;
mod package;
mod request;
mod server;

pub use certificate::{Certificate, Fingerprint, Serial};
pub use client::{ClientCertificate, ClientError};
pub use request::new_request;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use base::{Random, Secret, Timestamp, random};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData,
    SanType, SerialNumber,
};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::host::{is_host, is_under};
use certificate::{pem, read_pem};
use package::Content;

/// The authority with its private key.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    key: Secret<String>,
    certificate: Certificate,
    /// The host names it may certify; none means all.
    hosts: Vec<Box<str>>,
}

/// Why the authority did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// The stored certificate is none of an authority of ours.
    #[error("cannot read the authority's certificate")]
    Certificate,
    /// The stored key cannot be read, is not of P-256, or is not the certificate's.
    #[error("the authority's key does not belong to its certificate")]
    Key,
    /// The authority itself has ended or not begun; a new one is needed.
    #[error("the authority is valid from {from} to {until}")]
    NotValid {
        /// Its first moment.
        from: Timestamp,
        /// Its last moment.
        until: Timestamp,
    },
    /// Neither host name nor address, or too many of them.
    #[error("{0:?} is neither a host name in lower case nor an address")]
    Name(Box<str>),
    /// The authority was made for other host names.
    #[error("the authority was made for other host names than {0:?}")]
    NotPermitted(Box<str>),
    /// A person's id or name that does not fit a certificate.
    #[error("a person's id or name does not fit a certificate")]
    Person,
    /// A signing request that cannot be read or whose signature is wrong.
    #[error("cannot read the signing request")]
    Request,
    /// A key that is too weak or of a kind that is not taken.
    #[error("a key of P-256, P-384, Ed25519 or RSA with 2048 bits or more is needed")]
    RequestKey,
    /// A password for a key file that readers would not take.
    #[error("a key file's password is 12 to 64 printable ASCII characters")]
    Password,
    /// The signature could not be made.
    #[error("cannot make a certificate")]
    Issue,
}

/// A server's certificate with its key.
#[derive(Debug)]
pub struct ServerCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// The private key, PKCS#8 in PEM, for a file that only we read.
    pub key_pem: Secret<String>,
}

/// A person's certificate with its key in one file to import (PKCS#12). The
/// key exists nowhere else.
#[derive(Debug)]
pub struct KeyFile {
    /// The certificate, to be stored with the person.
    pub certificate: Certificate,
    /// The file.
    pub file: Secret<Vec<u8>>,
}

/// For whom a client certificate is.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// The person's id: letters, digits and hyphens, at most 64.
    pub id: &'a str,
    /// What lists of certificates show, at most 64 characters.
    pub name: &'a str,
}

const DAY: Duration = Duration::from_secs(86_400);
const AUTHORITY_DAYS: u32 = 3_652;

/// Within what browsers take from authorities that a person installed.
const SERVER_DAYS: u32 = 397;
const CLIENT_DAYS: u32 = 366;

/// How far a terminal's clock may lag behind.
const LAG: Duration = Duration::from_secs(3_600);

const SERIAL_LENGTH: usize = 16;
const NAMES_MAX: usize = 16;

/// RFC 5280 appendix A.1, ub-common-name.
const NAME_CHARACTERS_MAX: usize = 64;
const ID_BYTES_MAX: usize = 64;

/// What a person's certificate calls the person: this and the id.
const PERSON_URN: &str = "urn:sekisho:person:";

const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 12..=64;

impl Authority {
    /// Makes a new authority with a key of P-256, valid for ten years. It can
    /// certify the given host names and what lies under them only, so that
    /// whoever trusts it trusts it for no other site; without host names, all.
    ///
    /// # Errors
    /// For a name that is empty, too long, or no host name.
    pub fn create(
        name: &str,
        hosts: &[&str],
        now: Timestamp,
        source: &dyn Random,
    ) -> Result<Self, AuthorityError> {
        if let Some(odd) = hosts.iter().find(|host| !is_host(host)) {
            return Err(AuthorityError::Name((*odd).into()));
        }
        let mut draft = Draft::new(name, now, AUTHORITY_DAYS, source)
            .ok_or(AuthorityError::Name(name.into()))?;
        draft.params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        draft.params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        if !hosts.is_empty() {
            let permitted = |host: &&str| GeneralSubtree::DnsName((*host).to_owned());
            draft.params.name_constraints = Some(NameConstraints {
                permitted_subtrees: hosts.iter().map(permitted).collect(),
                excluded_subtrees: Vec::new(),
            });
        }
        let key = KeyPair::generate().map_err(|_| AuthorityError::Issue)?;
        let made = draft.params.self_signed(&key).map_err(|_| AuthorityError::Issue)?;
        Self::open(&pem("CERTIFICATE", made.der()), &Secret::new(key.serialize_pem()))
    }

    /// Takes an authority back from its files.
    ///
    /// # Errors
    /// When they cannot be read or do not belong together.
    pub fn open(certificate_pem: &str, key_pem: &Secret<String>) -> Result<Self, AuthorityError> {
        let der = read_pem(certificate_pem, "CERTIFICATE").ok_or(AuthorityError::Certificate)?;
        let certificate = Certificate::read(&der).ok_or(AuthorityError::Certificate)?;
        let (_, parsed) =
            X509Certificate::from_der(&der).map_err(|_| AuthorityError::Certificate)?;
        if !parsed.is_ca() {
            return Err(AuthorityError::Certificate);
        }
        let key = KeyPair::from_pem(key_pem.reveal()).map_err(|_| AuthorityError::Key)?;
        let is_p256 = key.algorithm() == &rcgen::PKCS_ECDSA_P256_SHA256;
        if !is_p256 || key.subject_public_key_info() != parsed.public_key().raw {
            return Err(AuthorityError::Key);
        }
        let hosts = permitted_hosts(&parsed)?;
        let issuer = Issuer::from_ca_cert_pem(certificate_pem, key);
        let issuer = issuer.map_err(|_| AuthorityError::Certificate)?;
        Ok(Self { issuer, key: key_pem.clone(), certificate, hosts })
    }

    /// The root certificate that terminals are told to trust.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The private key, PKCS#8 in PEM, to be sealed or kept in a file that only
    /// we read.
    #[must_use]
    pub const fn key_pem(&self) -> &Secret<String> {
        &self.key
    }

    /// Certifies a server under host names and addresses, the main one first,
    /// with a new key of P-256; valid for 397 days.
    ///
    /// # Errors
    /// For a name that is none, or one that the authority was not made for.
    pub fn issue_server(
        &self,
        names: &[&str],
        now: Timestamp,
        source: &dyn Random,
    ) -> Result<ServerCertificate, AuthorityError> {
        let draft = self.server_draft(names, now, source)?;
        let key = KeyPair::generate().map_err(|_| AuthorityError::Issue)?;
        let certificate = self.sign(draft, &key, now)?;
        Ok(ServerCertificate { certificate, key_pem: Secret::new(key.serialize_pem()) })
    }

    /// Certifies a server's own key out of a signing request (PKCS#10, PEM or
    /// DER) under names that we say; valid for 397 days. The key never leaves
    /// the server.
    ///
    /// # Errors
    /// For a request that cannot be read, a weak key, or a name that is none.
    pub fn certify_server(
        &self,
        names: &[&str],
        request: &[u8],
        now: Timestamp,
        source: &dyn Random,
    ) -> Result<Certificate, AuthorityError> {
        let key = request::read(request)?;
        self.sign(self.server_draft(names, now, source)?, &key, now)
    }

    /// Certifies a person's own key out of a signing request (PKCS#10, PEM or
    /// DER), valid for 366 days. Only the key is taken from the request; who it
    /// is for, we say.
    ///
    /// # Errors
    /// For a request that cannot be read, or a weak key.
    pub fn issue_client(
        &self,
        person: Person<'_>,
        request: &[u8],
        now: Timestamp,
        source: &dyn Random,
    ) -> Result<Certificate, AuthorityError> {
        let key = request::read(request)?;
        self.sign(client_draft(person, now, source)?, &key, now)
    }

    /// Makes a key of P-256 for a person and packs it with its certificate,
    /// valid for 366 days, into a file under a password. The password is to
    /// reach the person another way than the file.
    ///
    /// # Errors
    /// For a password that some readers would not take.
    pub fn issue_key_file(
        &self,
        person: Person<'_>,
        password: &Secret<String>,
        now: Timestamp,
        source: &dyn Random,
    ) -> Result<KeyFile, AuthorityError> {
        let is_plain = password.reveal().bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !is_plain || !PASSWORD_BYTES.contains(&password.reveal().len()) {
            return Err(AuthorityError::Password);
        }
        let key = KeyPair::generate().map_err(|_| AuthorityError::Issue)?;
        let certificate = self.sign(client_draft(person, now, source)?, &key, now)?;
        let private = Secret::new(key.serialize_der());
        let content = Content {
            key: private.reveal(),
            certificate: &certificate.der,
            authority: &self.certificate.der,
            name: person.name,
        };
        let file = package::write(&content, password.reveal(), source);
        Ok(KeyFile { certificate, file })
    }

    fn server_draft(
        &self,
        names: &[&str],
        now: Timestamp,
        source: &dyn Random,
    ) -> Result<Draft, AuthorityError> {
        let main = names.first().filter(|_| names.len() <= NAMES_MAX).copied().unwrap_or_default();
        let shown: String = main.chars().take(NAME_CHARACTERS_MAX).collect();
        let mut draft = Draft::new(&shown, now, SERVER_DAYS, source)
            .ok_or(AuthorityError::Name(main.into()))?;
        draft.params.subject_alt_names =
            names.iter().map(|name| self.server_name(name)).collect::<Result<_, _>>()?;
        draft.params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        draft.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Ok(draft)
    }

    fn server_name(&self, name: &str) -> Result<SanType, AuthorityError> {
        if let Ok(address) = name.parse::<IpAddr>() {
            return Ok(SanType::IpAddress(address));
        }
        let host = name.try_into().ok().filter(|_| is_host(name));
        let host = host.ok_or_else(|| AuthorityError::Name(name.into()))?;
        if !self.hosts.is_empty() && !self.hosts.iter().any(|ours| is_under(name, ours)) {
            return Err(AuthorityError::NotPermitted(name.into()));
        }
        Ok(SanType::DnsName(host))
    }

    /// Signs a draft; nothing outlives the authority.
    fn sign(
        &self,
        mut draft: Draft,
        key: &impl PublicKeyData,
        now: Timestamp,
    ) -> Result<Certificate, AuthorityError> {
        let Certificate { not_before: from, not_after: until, .. } = self.certificate;
        if now < from || now >= until {
            return Err(AuthorityError::NotValid { from, until });
        }
        draft.set_end(draft.until.min(until));
        draft.params.use_authority_key_identifier_extension = true;
        let made = draft.params.signed_by(key, &self.issuer).map_err(|_| AuthorityError::Issue)?;
        Certificate::read(made.der()).ok_or(AuthorityError::Issue)
    }
}

/// When a certificate ends that stands in PEM; nothing if it cannot be read.
#[must_use]
pub fn certificate_ends(certificate_pem: &str) -> Option<Timestamp> {
    let der = read_pem(certificate_pem, "CERTIFICATE")?;
    Some(Certificate::read(&der)?.not_after)
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// A certificate before it is signed.
struct Draft {
    params: CertificateParams,
    until: Timestamp,
}

impl Draft {
    /// Nothing for a name that a subject cannot hold.
    fn new(name: &str, now: Timestamp, days: u32, source: &dyn Random) -> Option<Self> {
        let is_name = !name.trim().is_empty()
            && name.chars().count() <= NAME_CHARACTERS_MAX
            && !name.chars().any(char::is_control);
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.serial_number = Some(new_serial(source));
        params.not_before = rcgen::date_time_ymd(1970, 1, 1) + since_epoch(now.minus(LAG));
        let mut draft = Self { params, until: now };
        draft.set_end(now.plus(DAY * days));
        is_name.then_some(draft)
    }

    fn set_end(&mut self, until: Timestamp) {
        self.until = until;
        self.params.not_after = rcgen::date_time_ymd(1970, 1, 1) + since_epoch(until);
    }
}

fn client_draft(
    person: Person<'_>,
    now: Timestamp,
    source: &dyn Random,
) -> Result<Draft, AuthorityError> {
    let is_id = (1..=ID_BYTES_MAX).contains(&person.id.len())
        && person.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let urn = format!("{PERSON_URN}{}", person.id).as_str().try_into().ok().filter(|_| is_id);
    let mut draft =
        Draft::new(person.name, now, CLIENT_DAYS, source).ok_or(AuthorityError::Person)?;
    draft.params.subject_alt_names = vec![SanType::URI(urn.ok_or(AuthorityError::Person)?)];
    draft.params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    draft.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(draft)
}

/// 126 random bits in 16 bytes that make a positive number of the same length
/// each time (RFC 5280 §4.1.2.2: at most 20).
fn new_serial(source: &dyn Random) -> SerialNumber {
    let mut bytes: [u8; SERIAL_LENGTH] = random::bytes(source);
    if let Some(first) = bytes.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    SerialNumber::from_slice(&bytes)
}

/// What rcgen's epoch is moved by, to the second.
fn since_epoch(time: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(time.seconds()).unwrap_or(0))
}

/// The host names of the name constraints; none when there are no constraints.
fn permitted_hosts(certificate: &X509Certificate<'_>) -> Result<Vec<Box<str>>, AuthorityError> {
    let constraints = certificate.name_constraints().map_err(|_| AuthorityError::Certificate)?;
    let subtrees =
        constraints.and_then(|constraints| constraints.value.permitted_subtrees.as_ref());
    let hosts = subtrees.into_iter().flatten().filter_map(|subtree| match subtree.base {
        GeneralName::DNSName(host) => Some(host.into()),
        _ => None,
    });
    Ok(hosts.collect())
}
