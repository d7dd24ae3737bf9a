//! Certificates of our own authority, judged by a TLS library, by another
//! reader of key files, and by the checks that refuse.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use base::{Secret, SeededRandom, Timestamp};
use factors::authority::{Authority, AuthorityError, ClientError, Fingerprint, Person, Serial};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

const SATO: Person<'_> = Person { id: "01JD9Z", name: "佐藤 花子" };
const DAY: Duration = Duration::from_secs(86_400);
const HOST: &str = "sekisho.midori.lg.jp";

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T05:00:00Z").unwrap()
}

fn random() -> SeededRandom {
    SeededRandom::new(11)
}

fn authority() -> Authority {
    Authority::create("緑ヶ丘市 関所", &["midori.lg.jp"], now(), &random()).unwrap()
}

/// Tells rustls the time of the test.
#[derive(Debug)]
struct At(Timestamp);

impl rustls::time_provider::TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_millis(self.0.millis() as u64)))
    }
}

fn roots(authority: &Authority) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().der.clone().into()).unwrap();
    roots
}

/// Shakes hands in memory; both sides demand a certificate of the authority.
fn shake_hands(
    authority: &Authority,
    names: &[&str],
    asked: &str,
    at: Timestamp,
) -> Result<Vec<u8>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let time: Arc<dyn rustls::time_provider::TimeProvider> = Arc::new(At(at));
    let server = authority.issue_server(names, now(), &random()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots(authority)), provider.clone());
    let server = ServerConfig::builder_with_details(provider.clone(), time.clone())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(server.certificate.pem().as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(server.key_pem.reveal().as_bytes()).unwrap(),
        )?;
    let key = p256_key();
    let certificate = authority.issue_client(SATO, &request(&key), now(), &random()).unwrap();
    let client = ClientConfig::builder_with_details(provider, time)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(authority))
        .with_client_auth_cert(
            vec![certificate.der.into()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )?;
    let asked = ServerName::try_from(asked.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(client), asked)?;
    let mut server = ServerConnection::new(Arc::new(server))?;
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        wire.clear();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(server.peer_certificates().unwrap()[0].to_vec())
}

#[test]
fn both_sides_of_a_connection_are_certified() {
    let authority = authority();
    let presented = shake_hands(&authority, &[HOST, "192.0.2.7"], HOST, now()).unwrap();
    let client = authority.check_client(&presented, now(), &|_| false).unwrap();
    assert_eq!(&*client.person, "01JD9Z");
    assert!(shake_hands(&authority, &[HOST, "192.0.2.7"], "192.0.2.7", now()).is_ok());
}

#[test]
fn another_name_and_another_time_are_refused_by_tls() {
    let authority = authority();
    assert!(shake_hands(&authority, &[HOST], "other.midori.lg.jp", now()).is_err());
    assert!(shake_hands(&authority, &[HOST], HOST, now().plus(DAY * 365)).is_ok());
    assert!(shake_hands(&authority, &[HOST], HOST, now().plus(DAY * 398)).is_err());
    assert!(shake_hands(&authority, &[HOST], HOST, now().minus(DAY)).is_err());
}

#[test]
fn the_authority_reads_back_from_its_files() {
    let made = authority();
    let pem = made.certificate().pem();
    let opened = Authority::open(&pem, made.key_pem()).unwrap();
    assert_eq!(opened.certificate(), made.certificate());
    let certificate = opened.issue_client(SATO, &request(&p256_key()), now(), &random()).unwrap();
    assert!(made.check_client(&certificate.der, now(), &|_| false).is_ok());
    let other = authority();
    assert_eq!(Authority::open(&pem, other.key_pem()).err(), Some(AuthorityError::Key));
    let server = made.issue_server(&[HOST], now(), &random()).unwrap();
    let not_ca = Authority::open(&server.certificate.pem(), &server.key_pem);
    assert_eq!(not_ca.err(), Some(AuthorityError::Certificate));
    assert_eq!(Authority::open("", made.key_pem()).err(), Some(AuthorityError::Certificate));
}

#[test]
fn only_the_hosts_it_was_made_for_are_certified() {
    let authority = authority();
    let issue = |names: &[&str]| authority.issue_server(names, now(), &random()).map(|_| ());
    assert_eq!(issue(&[HOST, "midori.lg.jp", "::1"]), Ok(()));
    for name in ["example.com", "notmidori.lg.jp", "localhost"] {
        assert_eq!(issue(&[name]), Err(AuthorityError::NotPermitted(name.into())));
    }
    for name in ["", "Midori.lg.jp", "*.midori.lg.jp", "緑.lg.jp"] {
        assert_eq!(issue(&[HOST, name]), Err(AuthorityError::Name(name.into())));
    }
    assert_eq!(issue(&[]), Err(AuthorityError::Name("".into())));
    let free = Authority::create("x", &[], now(), &random()).unwrap();
    assert!(free.issue_server(&["localhost"], now(), &random()).is_ok());
}

#[test]
fn nothing_outlives_the_authority() {
    let authority = authority();
    let end = authority.certificate().not_after;
    let late = end.minus(DAY * 30);
    let certificate = authority.issue_client(SATO, &request(&p256_key()), late, &random()).unwrap();
    assert_eq!(certificate.not_after, end);
    for moment in [end, now().minus(DAY)] {
        let refused = authority.issue_client(SATO, &request(&p256_key()), moment, &random());
        assert!(matches!(refused, Err(AuthorityError::NotValid { .. })));
    }
}

#[test]
fn lives_and_renewals_are_as_said() {
    let authority = authority();
    let server = authority.issue_server(&[HOST], now(), &random()).unwrap().certificate;
    assert_eq!(server.not_after, now().plus(DAY * 397));
    assert_eq!(server.not_before, now().minus(Duration::from_secs(3_600)));
    let renewal = server.renewal_from();
    assert!(renewal > now().plus(DAY * 264) && renewal < now().plus(DAY * 266));
    let client = authority.issue_client(SATO, &request(&p256_key()), now(), &random()).unwrap();
    assert_eq!(client.not_after, now().plus(DAY * 366));
    assert_eq!(client.serial.as_str().len(), 32);
    assert_eq!(Serial::parse(client.serial.as_str()), Some(client.serial));
    assert_eq!(Fingerprint::parse(client.fingerprint.as_str()), Some(client.fingerprint));
}

#[test]
fn numbers_never_repeat() {
    let (authority, random) = (authority(), random());
    let request = request(&p256_key());
    let serials: std::collections::BTreeSet<_> = (0..50)
        .map(|_| authority.issue_client(SATO, &request, now(), &random).unwrap().serial)
        .collect();
    assert_eq!(serials.len(), 50);
}

#[test]
fn a_client_certificate_is_refused_for_each_reason() {
    let authority = authority();
    let good = authority.issue_client(SATO, &request(&p256_key()), now(), &random()).unwrap();
    let check = |der: &[u8], at| authority.check_client(der, at, &|_| false).err();
    assert_eq!(check(&good.der, now()), None);
    assert_eq!(check(b"", now()), Some(ClientError::Unreadable));
    assert_eq!(check(&[0x30; 70_000], now()), Some(ClientError::Unreadable));
    let early = now().minus(DAY);
    assert_eq!(check(&good.der, early), Some(ClientError::NotYet { from: good.not_before }));
    let late = now().plus(DAY * 367);
    assert_eq!(check(&good.der, late), Some(ClientError::Expired { until: good.not_after }));
    let server = authority.issue_server(&[HOST], now(), &random()).unwrap().certificate;
    assert_eq!(check(&server.der, now()), Some(ClientError::NotPersons));
    assert_eq!(check(&authority.certificate().der, now()), Some(ClientError::NotPersons));
    let twin = Authority::create("緑ヶ丘市 関所", &[], now(), &random()).unwrap();
    let forged = twin.issue_client(SATO, &request(&p256_key()), now(), &random()).unwrap();
    assert_eq!(check(&forged.der, now()), Some(ClientError::Foreign));
    let revoked = authority.check_client(&good.der, now(), &|serial| *serial == good.serial);
    assert_eq!(revoked.err(), Some(ClientError::Revoked));
}

#[test]
fn every_changed_bit_of_a_client_certificate_is_found() {
    let authority = authority();
    let good = authority.issue_client(SATO, &request(&p256_key()), now(), &random()).unwrap();
    for bit in 0..good.der.len() * 8 {
        let mut changed = good.der.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let checked = authority.check_client(&changed, now(), &|_| false);
        assert!(checked.is_err(), "{bit}");
    }
}

#[test]
fn a_key_file_is_made_under_a_password_that_readers_take() {
    let authority = authority();
    let issue = |password: &str| {
        authority.issue_key_file(SATO, &Secret::new(password.to_owned()), now(), &random())
    };
    let made = issue("7KQM-ZT4X-W4V9-PABC").unwrap();
    let checked = authority.check_client(&made.certificate.der, now(), &|_| false);
    assert_eq!(&*checked.unwrap().person, "01JD9Z");
    // What is inside is encrypted: neither the certificate nor its key shows.
    let holds = |part: &[u8]| made.file.reveal().windows(part.len()).any(|window| window == part);
    assert!(!holds(&made.certificate.der[..64]));
    for odd in ["short", "ひみつのことばです", &"x".repeat(65), "with\ttab and more"] {
        assert_eq!(issue(odd).err(), Some(AuthorityError::Password), "{odd}");
    }
}

#[test]
fn names_that_do_not_fit_are_refused() {
    let authority = authority();
    let long = "長".repeat(65);
    for person in [
        Person { id: "", ..SATO },
        Person { id: "a b", ..SATO },
        Person { id: "a:b", ..SATO },
        Person { name: "", ..SATO },
        Person { name: "a\nb", ..SATO },
        Person { name: &long, ..SATO },
    ] {
        let refused = authority.issue_client(person, &request(&p256_key()), now(), &random());
        assert_eq!(refused.err(), Some(AuthorityError::Person), "{person:?}");
    }
}

fn p256_key() -> rcgen::KeyPair {
    rcgen::KeyPair::generate().unwrap()
}

/// A request that asks for more than it is given.
fn request(key: &rcgen::KeyPair) -> Vec<u8> {
    let mut params = rcgen::CertificateParams::new(["evil.example".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "root");
    params.serialize_request(key).unwrap().der().to_vec()
}

#[test]
fn only_the_key_is_taken_from_a_request() {
    let authority = authority();
    for algorithm in
        [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519]
    {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let issued = authority.issue_client(SATO, &request(&key), now(), &random()).unwrap();
        let client = authority.check_client(&issued.der, now(), &|_| false).unwrap();
        assert_eq!(&*client.person, "01JD9Z");
        assert!(!issued.der.windows(12).any(|window| window == b"evil.example"));
    }
}

#[test]
fn a_request_that_was_changed_or_is_none_is_refused() {
    let authority = authority();
    let issue = |request: &[u8]| authority.issue_client(SATO, request, now(), &random());
    let key = p256_key();
    let good = request(&key);
    let public = key.public_key_raw();
    let certifies = |der: &[u8]| der.windows(public.len()).any(|window| window == public);
    assert!(certifies(&issue(&good).unwrap().der));
    let mut refused = 0;
    for bit in 0..good.len() * 8 {
        let mut changed = good.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        // The parser is lenient about what lies around the signed part; the
        // key that is certified is the one that signed.
        match issue(&changed) {
            Ok(issued) => assert!(certifies(&issued.der), "{bit}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > good.len() * 8 * 99 / 100, "{refused}");
    let issue = |request: &[u8]| issue(request).err();
    assert_eq!(issue(b""), Some(AuthorityError::Request));
    assert_eq!(issue(b"-----BEGIN CERTIFICATE REQUEST-----"), Some(AuthorityError::Request));
    assert_eq!(issue(&[0x30; 20_000]), Some(AuthorityError::Request));
}

#[test]
fn a_weak_key_is_refused() {
    // openssl req -new -newkey rsa:1024 -nodes -subj /CN=x -outform DER
    let weak = include_bytes!("data/rsa-1024.csr");
    let refused = authority().issue_client(SATO, weak, now(), &random());
    assert_eq!(refused.err(), Some(AuthorityError::RequestKey));
}

#[test]
fn a_request_in_text_is_read() {
    let key = p256_key();
    let params = rcgen::CertificateParams::default();
    let text = params.serialize_request(&key).unwrap().pem().unwrap();
    let older = text.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");
    for text in [text.as_str(), older.as_str()] {
        assert!(authority().issue_client(SATO, text.as_bytes(), now(), &random()).is_ok());
    }
}
