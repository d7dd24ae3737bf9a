//! A server on another machine must prove who it is; a plain one is refused.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::{SystemClock, SystemRandom};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use store::{Address, Server, Settings, Store, StoreError, args};
use testbed::{Network, own_address};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self(Issuer::new(params, key), pem)
    }

    /// A certificate for some names, with its key.
    fn certify(&self, names: &[String]) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(names.to_vec()).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    fn file(&self, folder: &Path, name: &str) -> PathBuf {
        let file = folder.join(name);
        std::fs::write(&file, &self.1).unwrap();
        file
    }
}

async fn open(url: String, trust: Option<&PathBuf>) -> Result<Store, StoreError> {
    let server = Server::new(url).trusting(trust.cloned());
    Store::open(Settings {
        address: Address::Postgres(server),
        clock: Arc::new(SystemClock::default()),
        random: Arc::new(SystemRandom),
    })
    .await
}

async fn is_encrypted(store: &Store) -> bool {
    let mut across = store.read_across("a test looks at its connection").await.unwrap();
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    across.row(sql, args![]).await.unwrap().unwrap().take::<i64>(0).unwrap() == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_elsewhere_proves_who_it_is() {
    let own = own_address();
    let Some(network) = Network::start(&[HERE, own.unwrap_or(HERE)]).await else {
        eprintln!("skipped: PostgreSQL is not installed (Debian: postgresql)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (Authority::new(), Authority::new());
    let (trust, mistrust) =
        (ours.file(folder.path(), "ours.pem"), other.file(folder.path(), "other.pem"));
    let near = network.url("127.0.0.1");
    let plain = open(near.clone(), None).await.unwrap();
    assert!(!is_encrypted(&plain).await, "on this machine it is as it asks");
    plain.close().await;
    let far = own.map(|address| network.url(&address.to_string()));
    // Loopback that asks for TLS is held to the same, so this is never empty.
    let asked = format!("{near}?sslmode=verify-full");
    let urls: Vec<String> = [Some(asked), far].into_iter().flatten().collect();
    let unproved = |found: Result<Store, StoreError>, what: &str| match found {
        Err(StoreError::Unproved(_)) => {}
        Err(other) => panic!("{what}: {other:?}"),
        Ok(_) => panic!("{what}: it was opened"),
    };
    for url in &urls {
        unproved(open(url.clone(), Some(&trust)).await, &format!("{url}: plain"));
    }
    let names: Vec<String> =
        [Some(HERE), own].into_iter().flatten().map(|address| address.to_string()).collect();
    let (chain, key) = ours.certify(&names);
    network.show(&chain, &key).await;
    for url in &urls {
        let store = open(url.clone(), Some(&trust)).await.unwrap();
        assert!(is_encrypted(&store).await, "{url}");
        store.close().await;
        unproved(open(url.clone(), Some(&mistrust)).await, &format!("{url}: another authority"));
        unproved(open(url.clone(), None).await, &format!("{url}: no authority"));
    }
    let (chain, key) = ours.certify(&["db.example".to_owned()]);
    network.show(&chain, &key).await;
    for url in &urls {
        unproved(open(url.clone(), Some(&trust)).await, &format!("{url}: another name"));
    }
}
