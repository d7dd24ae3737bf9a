//! Asking a provider that behaves, and ones that do not, over real sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use base::{Clock, Secret, SystemClock, SystemRandom};
use factors::authority::Authority;
use factors::oidc::Address;
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// What a server says to whoever asks.
#[derive(Clone, Copy)]
enum Talk {
    /// These bytes, then the end.
    Says(&'static str),
    /// These bytes, then the last again and again without an end.
    Forever(&'static str, &'static str),
    /// Nothing.
    Silent,
    /// The request itself as the body.
    Echo,
}

struct Server {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

const NAME: &str = "id.localhost";

/// A server, with TLS where an authority is given.
async fn serve(talk: Talk, authority: Option<&Authority>) -> Server {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, tls) = (asked.clone(), authority.map(acceptor));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            match tls.clone() {
                None => drop(tokio::spawn(answer(stream, talk))),
                Some(tls) => drop(tokio::spawn(async move {
                    if let Ok(stream) = tls.accept(stream).await {
                        answer(stream, talk).await;
                    }
                })),
            }
        }
    });
    Server { address, asked }
}

fn acceptor(authority: &Authority) -> TlsAcceptor {
    let now = SystemClock::default().now();
    let issued = authority.issue_server(&[NAME], now, &SystemRandom).unwrap();
    let key = PrivateKeyDer::from_pem_slice(issued.key_pem.reveal().as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![issued.certificate.der.into()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, talk: Talk) {
    let mut request = vec![0; 8_192];
    let length = stream.read(&mut request).await.unwrap_or(0);
    match talk {
        Talk::Says(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
        }
        Talk::Forever(first, more) => {
            let _ = stream.write_all(first.as_bytes()).await;
            while stream.write_all(more.as_bytes()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        Talk::Silent => std::future::pending().await,
        Talk::Echo => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&request[..length]).await;
        }
    }
    let _ = stream.shutdown().await;
}

fn authority() -> (Authority, tempfile::NamedTempFile) {
    let now = SystemClock::default().now();
    let made = Authority::create("test", &[NAME], now, &SystemRandom).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), made.certificate().pem()).unwrap();
    (made, file)
}

fn wire(trust: &tempfile::NamedTempFile) -> Wire {
    Wire { ask_max: Duration::from_millis(500), ..Wire::new(Some(trust.path())).unwrap() }
}

fn ask(url: &str) -> Ask {
    let address = Address::parse(url).unwrap();
    Ask { address, authorization: None, form: None, bytes_max: 1_000 }
}

async fn plain(talk: Talk) -> (Result<Reply, OutsideError>, Duration) {
    let (_, file) = authority();
    let server = serve(talk, None).await;
    let started = Instant::now();
    let reply = wire(&file).ask(&ask(&format!("http://{}/x", server.address))).await;
    (reply, started.elapsed())
}

#[tokio::test]
async fn a_question_carries_what_it_should_and_no_more() {
    let (_, file) = authority();
    let server = serve(Talk::Echo, None).await;
    let mut ask = ask(&format!("http://{}/token?tenant=a", server.address));
    ask.authorization = Some(Secret::new("Basic YTpi".to_owned()));
    ask.form = Some(Secret::new("grant_type=authorization_code&code=c".to_owned()));
    let reply = wire(&file).ask(&ask).await.unwrap();
    let said = String::from_utf8(reply.body).unwrap().to_lowercase();
    assert!(said.starts_with("post /token?tenant=a http/1.1\r\n"), "{said}");
    assert!(said.contains(&format!("\r\nhost: {}\r\n", server.address)), "{said}");
    assert!(said.contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"), "{said}");
    assert!(said.contains("\r\nauthorization: basic ytpi\r\n"), "{said}");
    assert!(!said.contains("cookie") && !said.contains("referer"), "{said}");
}

#[tokio::test]
async fn an_answer_that_leads_elsewhere_is_not_followed() {
    let (_, file) = authority();
    let inner = serve(Talk::Says("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), None).await;
    let text = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n",
        inner.address
    );
    let outer = serve(Talk::Says(text.leak()), None).await;
    let reply = wire(&file).ask(&ask(&format!("http://{}/", outer.address))).await.unwrap();
    assert_eq!(reply.status, 302);
    assert_eq!(inner.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_answer_has_an_end() {
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let piece = "64\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n";
    for talk in [Talk::Forever(long, "xxxxxxxxxxxxxxxx"), Talk::Forever(chunked, piece)] {
        let (reply, _) = plain(talk).await;
        assert_eq!(reply.unwrap_err(), OutsideError::TooLong);
    }
    // Heads have one too, and it need not be waited for.
    let head = Talk::Forever("HTTP/1.1 200 OK\r\n", "x-more: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
    let (reply, took) = plain(head).await;
    assert!(reply.is_err() && took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn nobody_waits_for_long() {
    let drip = Talk::Forever("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "1\r\nx\r\n");
    let slow = Talk::Forever("HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n", "");
    for talk in [Talk::Silent, slow] {
        let (reply, took) = plain(talk).await;
        assert_eq!(reply.unwrap_err(), OutsideError::TooSlow);
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
    let (reply, took) = plain(drip).await;
    assert!(reply.is_err() && took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_none() {
    for text in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
        "SSH-2.0-OpenSSH\r\n",
    ] {
        let (reply, _) = plain(Talk::Says(text)).await;
        assert!(matches!(reply, Err(OutsideError::NoConnection(_))), "{text}: {reply:?}");
    }
}

#[tokio::test]
async fn only_the_authority_that_is_named_is_believed() {
    let (own, file) = authority();
    let (other, _) = authority();
    let ok = Talk::Says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    let good = serve(ok, Some(&own)).await;
    let url = |server: &Server, host: &str| format!("https://{host}:{}/", server.address.port());
    let reply = wire(&file).ask(&ask(&url(&good, NAME))).await;
    if let Err(OutsideError::NoConnection(why)) = &reply
        && why.contains("lookup")
    {
        eprintln!("skipped: this machine does not resolve *.localhost (RFC 6761, section 6.3)");
        return;
    }
    assert_eq!(reply.unwrap().body, b"{}");
    let bad = serve(ok, Some(&other)).await;
    for url in [url(&bad, NAME), url(&good, "localhost"), url(&good, "127.0.0.1")] {
        let reply = wire(&file).ask(&ask(&url)).await;
        let Err(OutsideError::NoConnection(why)) = reply else { panic!("{url}: {reply:?}") };
        assert!(why.contains("certificate"), "{url}: {why}");
    }
}
