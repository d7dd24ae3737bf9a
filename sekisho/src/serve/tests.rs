//! The accept loop against clients that behave and clients that do not, over
//! TLS with our own authority.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::routing::get;
use base::{Clock, SystemClock, SystemRandom};
use factors::authority::{Authority, Person};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream as ClientStream;

use super::*;
use crate::config::Host;
use crate::tls::Tls;

/// A server on a free port.
struct Bench {
    address: SocketAddr,
    authority: Authority,
    stop: watch::Sender<bool>,
    server: JoinHandle<Drained>,
    gate: Arc<Notify>,
    entered: Arc<Notify>,
    metrics: console::Metrics,
}

const NAME: &str = "sekisho.localhost";

const QUICK: Limits = Limits {
    connections_max: 64,
    connections_an_address_max: 32,
    handshake_max: Duration::from_millis(200),
    header_max: Duration::from_millis(200),
    age_max: Duration::from_secs(60),
    drain_max: Duration::from_secs(10),
};

impl Bench {
    async fn start(limits: Limits) -> Self {
        let (clock, random) = (Arc::new(SystemClock::default()), Arc::new(SystemRandom));
        let made = Authority::create("test", &[NAME], clock.now(), &*random).unwrap();
        let authority = Authority::open(&made.certificate().pem(), made.key_pem()).unwrap();
        let tls = Tls::new(made, Host::parse(NAME).unwrap(), None, (clock, random));
        let (_keep, tls) = watch::channel(tls.current().unwrap().config);
        let (gate, entered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let router = router(gate.clone(), entered.clone());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        let metrics = console::Metrics::default();
        let failures = Failures::counted(metrics.refusals().clone());
        let server = tokio::spawn(Server { listener, tls, router, limits, failures }.run(stopping));
        Self { address, authority, stop, server, gate, entered, metrics }
    }

    async fn connect(&self, config: ClientConfig) -> std::io::Result<ClientStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from(NAME).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    fn config(&self, protocol: &[u8]) -> ClientConfig {
        let mut config = self.builder().with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        config
    }

    fn builder(&self) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.certificate().der.clone().into()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
    }

    async fn ask(&self, stream: &mut ClientStream<TcpStream>, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {NAME}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

fn router(gate: Arc<Notify>, entered: Arc<Notify>) -> Router {
    let who = |Extension(peer): Extension<Peer>,
               certificate: Option<Extension<PeerCertificate>>| async move {
        let length = certificate.map_or(0, |Extension(certificate)| certificate.0.len());
        format!("from {} certificate {length}", peer.0)
    };
    let slow = move || async move {
        entered.notify_one();
        gate.notified().await;
        "finished"
    };
    Router::new().route("/who", get(who)).route("/slow", get(slow))
}

/// Reads until the other side ends the connection; false if it does not in
/// time.
async fn ends(stream: &mut (impl AsyncReadExt + Unpin)) -> bool {
    let mut rest = Vec::new();
    let read = timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
    read.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_of_http_answer_and_know_where_from() {
    let bench = Bench::start(Limits::default()).await;
    let mut stream = bench.connect(bench.config(b"http/1.1")).await.unwrap();
    let answer = bench.ask(&mut stream, "/who").await;
    assert!(answer.contains("from 127.0.0.1 certificate 0"), "{answer}");

    let stream = bench.connect(bench.config(b"h2")).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let request = Request::get(format!("https://{NAME}/who")).body(Empty::<Bytes>::new()).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "from 127.0.0.1 certificate 0");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_handshakes_are_counted() {
    let bench = Bench::start(Limits::default()).await;
    for count in 1..=2 {
        let mut stream = TcpStream::connect(bench.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        assert!(ends(&mut stream).await);
        let wanted = format!("sekisho_refusals_total{{why=\"handshake\"}} {count}");
        let counted = async {
            while !bench.metrics.text().contains(&wanted) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), counted).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_of_ours_is_handed_on_and_another_is_refused() {
    let bench = Bench::start(Limits::default()).await;
    let now = SystemClock::default().now();
    let other = Authority::create("other", &[], now, &SystemRandom).unwrap();
    for (authority, is_ours) in [(&bench.authority, true), (&other, false)] {
        let key = rcgen::KeyPair::generate().unwrap();
        let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap();
        let person = Person { id: "01H", name: "山田 花子" };
        let made = authority.issue_client(person, request.der(), now, &SystemRandom).unwrap();
        let chain = vec![CertificateDer::from(made.der.clone())];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = bench.builder().with_client_auth_cert(chain, key).unwrap();
        // In TLS 1.3 the client learns of a refusal only when it reads.
        let mut stream = bench.connect(config).await.unwrap();
        let request = format!("GET /who HTTP/1.1\r\nhost: {NAME}\r\nconnection: close\r\n\r\n");
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer).await;
        if is_ours {
            assert!(answer.contains(&format!("certificate {}", made.der.len())), "{answer}");
        } else {
            assert!(read.is_err(), "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stalls_is_cut() {
    let bench = Bench::start(QUICK).await;
    let mut silent = TcpStream::connect(bench.address).await.unwrap();
    assert!(ends(&mut silent).await, "the handshake may take for ever");
    let mut slow = bench.connect(bench.config(b"http/1.1")).await.unwrap();
    slow.write_all(b"GET /who HT").await.unwrap();
    assert!(ends(&mut slow).await, "a request's head may take for ever");
    let mut idle = bench.connect(bench.config(b"http/1.1")).await.unwrap();
    assert!(ends(&mut idle).await, "a connection may be silent for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_does_not_take_every_place() {
    let limits = Limits { connections_an_address_max: 2, ..Limits::default() };
    let bench = Bench::start(limits).await;
    let first = bench.connect(bench.config(b"http/1.1")).await.unwrap();
    let _second = bench.connect(bench.config(b"http/1.1")).await.unwrap();
    assert!(bench.connect(bench.config(b"http/1.1")).await.is_err());
    drop(first);
    let start = Instant::now();
    while bench.connect(bench.config(b"http/1.1")).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "the place stays taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_request_ends_before_the_server_does() {
    let bench = Bench::start(Limits::default()).await;
    let mut idle = bench.connect(bench.config(b"http/1.1")).await.unwrap();
    let mut stream = bench.connect(bench.config(b"http/1.1")).await.unwrap();
    let request = format!("GET /slow HTTP/1.1\r\nhost: {NAME}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    bench.entered.notified().await;
    bench.stop.send(true).unwrap();
    assert!(ends(&mut idle).await, "an idle connection holds the server up");
    let start = Instant::now();
    while TcpStream::connect(bench.address).await.is_ok() {
        assert!(start.elapsed() < Duration::from_secs(10), "it still listens");
    }
    bench.gate.notify_one();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("finished"), "{answer}");
    assert_eq!(bench.server.await.unwrap(), Drained::All);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_does_not_end_is_cut_at_the_deadline() {
    let limits = Limits { drain_max: Duration::from_millis(100), ..Limits::default() };
    let bench = Bench::start(limits).await;
    let mut stream = bench.connect(bench.config(b"http/1.1")).await.unwrap();
    let request = format!("GET /slow HTTP/1.1\r\nhost: {NAME}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    bench.entered.notified().await;
    bench.stop.send(true).unwrap();
    assert_eq!(bench.server.await.unwrap(), Drained::Cut(1));
}
