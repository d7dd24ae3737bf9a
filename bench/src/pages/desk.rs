//! Somebody at a desk: one kept connection from an address of their own, and
//! how long an answer took from the request's first byte to the answer's last.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;
use tokio::net::TcpSocket;
use tokio::runtime::{Handle, Runtime};
use town::Account;

/// The name of a demo town.
const NAME: &str = "sekisho.localhost";
/// An answer that takes longer is a failure.
const WAIT_MAX: Duration = Duration::from_secs(300);

trait Line: Read + Write + Send {}
impl<T: Read + Write + Send> Line for T {}

/// A connection and whose it is.
pub(super) struct Desk {
    line: BufReader<Box<dyn Line>>,
    used: Instant,
    way: Way,
    host: String,
    cookie: String,
}

/// How to connect, and again after a while without a word.
struct Way {
    runtime: Handle,
    /// The authority that the server is proved by; none without TLS.
    authority: Option<PathBuf>,
    port: u16,
    from: Ipv4Addr,
}

/// After this long without a word a connection is opened anew: the program
/// closes those that nobody uses.
const IDLE_MAX: Duration = Duration::from_secs(4);

/// An answer.
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) bytes: Vec<u8>,
    pub(super) took: Duration,
    cookie: Option<String>,
}

impl Desk {
    /// Connects to the program from an address of the loopback network.
    pub(super) fn at(
        runtime: &Runtime,
        authority: &Path,
        port: u16,
        from: Ipv4Addr,
    ) -> Result<Self> {
        let way = Way {
            runtime: runtime.handle().clone(),
            authority: Some(authority.to_owned()),
            port,
            from,
        };
        Self::over(way, format!("{NAME}:{port}"))
    }

    /// Connects to a server without TLS.
    pub(super) fn plain(runtime: &Runtime, port: u16) -> Result<Self> {
        let runtime = runtime.handle().clone();
        let way = Way { runtime, authority: None, port, from: Ipv4Addr::LOCALHOST };
        Self::over(way, format!("127.0.0.1:{port}"))
    }

    fn over(way: Way, host: String) -> Result<Self> {
        let (line, used) = (way.open()?, Instant::now());
        Ok(Self { line, used, way, host, cookie: String::new() })
    }

    /// Signs in with password and one-time code. A code opens once, so this may
    /// wait for the next.
    pub(super) fn sign_in(&mut self, account: &Account) -> Result<()> {
        let mut said = String::new();
        for _ in 0..4 {
            let body = json!({ "person": account.person, "password": account.password,
                "one_time_code": account.code() })
            .to_string();
            let head =
                format!("Content-Type: application/json\r\nOrigin: https://{}\r\n", self.host);
            let page = self.call("POST", "/api/v1/sessions", &head, &body)?;
            if let (200..=299, Some(cookie)) = (page.status, page.cookie) {
                self.cookie = cookie;
                return Ok(());
            }
            said = String::from_utf8_lossy(&page.bytes).into_owned();
            std::thread::sleep(Duration::from_secs(31));
        }
        bail!("{} is not let in: {said}", account.person)
    }

    /// Reads a page. Where this address asks too often for the program, waits
    /// and asks again.
    pub(super) fn get(&mut self, path: &str) -> Result<Page> {
        loop {
            let page = self.call("GET", path, "", "")?;
            if page.status != 429 {
                return Ok(page);
            }
            std::thread::sleep(Duration::from_secs(2));
        }
    }

    fn call(&mut self, verb: &str, path: &str, head: &str, body: &str) -> Result<Page> {
        let request = format!(
            "{verb} {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nAccept: text/html, application/json\r\n\
             Accept-Language: ja\r\n{head}Content-Length: {}\r\n\r\n{body}",
            self.host,
            self.cookie,
            body.len()
        );
        if self.used.elapsed() > IDLE_MAX {
            self.line = self.way.open()?;
        }
        let started = Instant::now();
        let line = self.line.get_mut();
        line.write_all(request.as_bytes())?;
        line.flush()?;
        let mut page = self.answer().with_context(|| format!("{verb} {path}"))?;
        page.took = started.elapsed();
        self.used = Instant::now();
        Ok(page)
    }

    fn answer(&mut self) -> Result<Page> {
        let first = self.head_line()?;
        let status = first.split(' ').nth(1).context("a status")?.parse()?;
        let (mut length, mut cookie) = (0, None);
        loop {
            let line = self.head_line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "transfer-encoding" => bail!("an answer in chunks"),
                "set-cookie" if value.starts_with("__Host-sekisho=") => {
                    cookie = value.split(';').next().map(str::to_owned);
                }
                _ => {}
            }
        }
        let mut bytes = vec![0; length];
        self.line.read_exact(&mut bytes)?;
        Ok(Page { status, bytes, took: Duration::ZERO, cookie })
    }

    fn head_line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.line.read_line(&mut line)? == 0 {
            bail!("the connection was closed");
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Way {
    fn open(&self) -> Result<BufReader<Box<dyn Line>>> {
        let stream = self.connect()?;
        let Some(authority) = &self.authority else {
            return Ok(BufReader::with_capacity(1 << 16, Box::new(stream)));
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(authority)? {
            roots.add(certificate?)?;
        }
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let mut connection = ClientConnection::new(Arc::new(config), ServerName::try_from(NAME)?)?;
        let mut stream = stream;
        connection.complete_io(&mut stream)?;
        Ok(BufReader::with_capacity(1 << 16, Box::new(StreamOwned::new(connection, stream))))
    }

    fn connect(&self) -> Result<TcpStream> {
        let stream = self.runtime.block_on(async {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::new(IpAddr::V4(self.from), 0))?;
            socket.connect(SocketAddr::from(([127, 0, 0, 1], self.port))).await
        })?;
        let stream = stream.into_std()?;
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(WAIT_MAX))?;
        Ok(stream)
    }
}
