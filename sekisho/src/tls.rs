//! TLS: our authority in the data folder, and the server's certificate beside
//! it, made anew before it ends; or a certificate from elsewhere.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use base::{Clock, Random, Secret, Timestamp};
use factors::authority::{self, Authority, AuthorityError, ServerCertificate};
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;

use crate::config::{Certificate, Host};
use crate::folder::Folder;
use crate::machine::Here;

/// What terminals are told to trust, and its key.
pub(crate) const AUTHORITY: &str = "tls/ca.pem";
pub(crate) const AUTHORITY_KEY: &str = "tls/ca.key";
/// The server's own, kept so that a start changes nothing for those who
/// remember it.
const SERVER: &str = "tls/server.pem";
const SERVER_KEY: &str = "tls/server.key";

/// How the server shows who it is.
pub(crate) struct Tls {
    authority: Authority,
    name: Host,
    given: Option<Certificate>,
    folder: Option<Folder>,
    /// Whether people may show a certificate of their own.
    asks_people: bool,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// A configuration and when it should be made anew.
pub(crate) struct Current {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) renew_at: Timestamp,
    /// When the certificate ends; unknown for one from elsewhere.
    pub(crate) ends_at: Option<Timestamp>,
}

/// The longest time between two looks at the certificate's age.
const LOOK_PAUSE: Duration = Duration::from_secs(3_600);

/// Opens our authority, or makes it for a host name.
pub(crate) fn authority(
    folder: &Folder,
    name: &Host,
    now: Timestamp,
    random: &dyn Random,
) -> Result<Authority> {
    if !folder.join(AUTHORITY_KEY).exists() {
        let label = format!("Sekisho {}", name.as_str());
        let made = Authority::create(&label, &[name.as_str()], now, random)?;
        // The key last: where it is, the certificate is too.
        folder.write(AUTHORITY, &made.certificate().pem())?;
        folder.write(AUTHORITY_KEY, made.key_pem().reveal())?;
        return Ok(made);
    }
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let authority = Authority::open(&read(AUTHORITY)?, &Secret::new(read(AUTHORITY_KEY)?));
    authority.with_context(|| folder.join(AUTHORITY).display().to_string())
}

impl Tls {
    pub(crate) fn new(
        authority: Authority,
        name: Host,
        given: Option<Certificate>,
        (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
    ) -> Self {
        Self { authority, name, given, folder: None, asks_people: true, clock, random }
    }

    /// Keeps the server's certificate in the data folder.
    pub(crate) fn kept_in(mut self, folder: Folder) -> Self {
        self.folder = Some(folder);
        self
    }

    /// Asks nobody for a certificate: for a place where nobody signs in.
    pub(crate) fn without_people(mut self) -> Self {
        self.asks_people = false;
        self
    }

    /// What connections are accepted with from now on.
    pub(crate) fn current(&self) -> Result<Current> {
        let now = self.clock.now();
        let (pair, renew_at, ends_at) = match &self.given {
            // Read again each hour, so that a renewed file needs no restart.
            Some(given) => (read(given)?, now.plus(LOOK_PAUSE), None),
            None => {
                let (pair, certificate) = self.own(now)?;
                (pair, certificate.renewal_from(), Some(certificate.not_after))
            }
        };
        Ok(Current { config: Arc::new(self.config(pair)?), renew_at, ends_at })
    }

    /// The certificate that is kept, while it is good and a third of its time
    /// is left; else a new one.
    fn own(&self, now: Timestamp) -> Result<(Pair, authority::Certificate)> {
        let issued = match self.kept(now) {
            Some(kept) => kept,
            None => self.issue(now)?,
        };
        let key = PrivateKeyDer::from_pem_slice(issued.key_pem.reveal().as_bytes())?;
        let chain = vec![issued.certificate.der.clone().into()];
        Ok(((chain, key), issued.certificate))
    }

    fn kept(&self, now: Timestamp) -> Option<ServerCertificate> {
        let folder = self.folder.as_ref()?;
        let read = |name| std::fs::read_to_string(folder.join(name)).ok();
        let (text, key) = (read(SERVER)?, Secret::new(read(SERVER_KEY)?));
        let kept = self.authority.reopen_server(&[self.name.as_str()], &text, key)?;
        let is_good = kept.certificate.not_before <= now && now < kept.certificate.renewal_from();
        is_good.then_some(kept)
    }

    fn issue(&self, now: Timestamp) -> Result<ServerCertificate> {
        let issued = self.authority.issue_server(&[self.name.as_str()], now, &*self.random);
        let issued = match issued {
            Err(AuthorityError::NotPermitted(name)) => Err(anyhow!(
                "認証局は {name} のために作られていません。名前を元に戻すか、tls フォルダーを退けて新しい認証局を作ってください / \
                 the authority was not made for {name}: take the old name, or move the folder tls away for a new authority"
            )),
            other => {
                other.context("サーバー証明書を作れません / cannot make the server's certificate")
            }
        }?;
        if let Some(folder) = &self.folder {
            // The key last: a pair that does not fit is made anew.
            folder.write(SERVER, &issued.certificate.pem())?;
            folder.write(SERVER_KEY, issued.key_pem.reveal())?;
        }
        Ok(issued)
    }

    fn config(&self, (chain, key): Pair) -> Result<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.authority.certificate().der.clone().into())?;
        let config = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?;
        if !self.asks_people {
            let mut config = config.with_no_client_auth().with_single_cert(chain, key)?;
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            return Ok(config);
        }
        // Whoever shows none is let in to the sign-in all the same.
        let people = WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
            .allow_unauthenticated()
            .build()?;
        let mut config = config.with_client_cert_verifier(people).with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Puts a new configuration in place whenever the old one should go.
    pub(crate) async fn keep(
        self,
        sender: watch::Sender<Arc<ServerConfig>>,
        mut renew_at: Timestamp,
        machine: Arc<Here>,
    ) {
        loop {
            tokio::time::sleep(LOOK_PAUSE).await;
            if self.clock.now() < renew_at {
                continue;
            }
            match self.current() {
                Ok(current) => {
                    renew_at = current.renew_at;
                    let _ = sender.send(current.config);
                    let ends = current.ends_at.map_or(0, Timestamp::millis);
                    machine.certificate_ends_at.store(ends, Ordering::Relaxed);
                    tracing::info!("renewed the server's certificate");
                }
                Err(error) => tracing::error!("cannot renew the server's certificate: {error:#}"),
            }
        }
    }
}

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read(given: &Certificate) -> Result<Pair> {
    let said = |path: &Path| format!("証明書を読めません / cannot read {}", path.display());
    let chain = CertificateDer::pem_file_iter(&given.chain)
        .and_then(Iterator::collect)
        .with_context(|| said(&given.chain))?;
    let key = PrivateKeyDer::from_pem_file(&given.key).with_context(|| said(&given.key))?;
    Ok((chain, key))
}

#[cfg(test)]
mod tests;
