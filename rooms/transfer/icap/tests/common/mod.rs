//! What the tests share: a service on loopback with the sanitiser behind it,
//! and a client that sends bytes as they are.

#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::Task;
use sanitize_core::{Method, Passwords, Policy};
use transfer_icap::{
    Clients, Crossing, Disarmer, Drained, Refused, Said, Sent, Server, Settings, Tag, Unable,
    Verdict,
};

/// The sanitiser in this process, and what it was given.
#[derive(Default)]
pub struct Engine {
    pub seen: Mutex<Vec<Seen>>,
    pub is_busy: std::sync::atomic::AtomicBool,
    pub at_once: AtomicUsize,
    pub at_once_max: AtomicUsize,
    pub pause_ms: AtomicUsize,
}

/// One file or refusal.
#[derive(Clone, Debug)]
pub struct Seen {
    pub name: String,
    pub bytes: u64,
    pub crossing: Crossing,
    pub verdict: String,
}

impl Engine {
    fn note(&self, name: &str, bytes: u64, crossing: Crossing, verdict: &str) -> String {
        let mut seen = self.seen.lock().unwrap();
        seen.push(Seen { name: name.to_owned(), bytes, crossing, verdict: verdict.to_owned() });
        format!("passage-{}", seen.len())
    }

    pub fn verdicts(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|seen| seen.verdict.clone()).collect()
    }

    pub fn names(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|seen| seen.name.clone()).collect()
    }

    async fn treat(&self, sent: Sent) -> Result<Verdict, Unable> {
        if self.is_busy.load(Ordering::SeqCst) {
            return Err(Unable::Busy);
        }
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.at_once_max.fetch_max(now, Ordering::SeqCst);
        let pause = self.pause_ms.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(pause as u64)).await;
        let bytes = sent.content.bytes().await.map_err(|_| Unable::Broken)?;
        let (name, same) = (sent.name.clone(), bytes.clone());
        let outcome = tokio::task::spawn_blocking(move || disarm(&name, &same)).await.unwrap();
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        let length = bytes.len() as u64;
        Ok(match outcome {
            Err(reasons) => {
                let codes: Vec<_> = reasons.iter().map(|said| said.code.as_str()).collect();
                let passage = self.note(&sent.name, length, sent.crossing, &codes.join(" "));
                Verdict::Stopped { passage, reasons }
            }
            Ok((output, extension)) if output == *bytes => {
                let passage = self.note(&sent.name, length, sent.crossing, "unchanged");
                Verdict::Unchanged { passage, extension }
            }
            Ok((output, extension)) => {
                let passage = self.note(&sent.name, length, sent.crossing, "replaced");
                Verdict::Replaced { passage, bytes: output.into(), extension }
            }
        })
    }
}

/// Makes bytes harmless, as the room's workers would.
pub fn disarm(name: &str, bytes: &[u8]) -> Result<(Vec<u8>, String), Vec<Said>> {
    let outcome = sanitize_engine::disarm(&sanitize_engine::Request {
        name,
        bytes,
        method: Method::Rebuild,
        policy: &Policy::default(),
        passwords: &Passwords::default(),
    });
    match outcome.output {
        Some(output) => Ok((output.bytes, output.format.extension().to_owned())),
        None => Err(outcome
            .reasons
            .iter()
            .map(|reason| Said {
                code: reason.code.id.to_owned(),
                ja: reason.code.ja.to_owned(),
                en: reason.code.en.to_owned(),
            })
            .collect()),
    }
}

impl Disarmer for Engine {
    fn disarm(&self, sent: Sent) -> Task<'_, Result<Verdict, Unable>> {
        Box::pin(self.treat(sent))
    }

    fn refused(&self, refused: Refused) -> Task<'_, Result<String, Unable>> {
        let passage = self.note("", 0, refused.crossing, refused.code.id);
        Box::pin(async move { Ok(passage) })
    }
}

/// A running service; it ends with the value.
pub struct Running {
    pub address: SocketAddr,
    pub engine: Arc<Engine>,
    pub stop: tokio::sync::watch::Sender<bool>,
    pub thread: Option<std::thread::JoinHandle<Drained>>,
    _folder: tempfile::TempDir,
}

impl Running {
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::with_tls(change, None)
    }

    pub fn with_tls(
        change: impl FnOnce(&mut Settings),
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clients = Clients::parse(&["127.0.0.1"]).unwrap();
        let mut settings = Settings::new(clients, Tag::of(&[b"test"]), folder.path().to_owned());
        settings.memory_bytes_max = 16 << 10;
        change(&mut settings);
        let engine = Arc::new(Engine::default());
        let server = Server::new(settings, engine.clone()).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let thread = std::thread::spawn(move || {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            let runtime = builder.worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let tls = tls.map(|config| tokio::sync::watch::channel(config).1);
                server.run(listener, tls, stopped).await
            })
        });
        Self { address, engine, stop, thread: Some(thread), _folder: folder }
    }

    pub fn connect(&self) -> Client<TcpStream> {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Client(stream)
    }

    pub fn end(&mut self) -> Drained {
        let _ = self.stop.send(true);
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A client that believes nothing and repairs nothing.
pub struct Client<S>(pub S);

/// An answer in its parts.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    /// The ICAP head.
    pub head: String,
    /// The HTTP head in it.
    pub http: String,
    /// The body, without its chunking.
    pub body: Vec<u8>,
}

impl Reply {
    pub fn field(&self, name: &str) -> Option<String> {
        field(&self.head, name)
    }

    pub fn http_field(&self, name: &str) -> Option<String> {
        field(&self.http, name)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn field(head: &str, name: &str) -> Option<String> {
    let prefix = format!("{}:", name.to_lowercase());
    let line = head.lines().find(|line| line.to_lowercase().starts_with(&prefix))?;
    Some(line[prefix.len()..].trim().to_owned())
}

impl<S: Read + Write> Client<S> {
    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
        self.0.flush().unwrap();
    }

    pub fn ask(&mut self, bytes: &[u8]) -> Reply {
        self.send(bytes);
        self.reply()
    }

    pub fn reply(&mut self) -> Reply {
        let head = self.until(b"\r\n\r\n");
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap_or_default().parse().unwrap_or(0);
        let list = field(&head, "Encapsulated").unwrap_or_default();
        let last = list.rsplit(", ").next().unwrap_or_default();
        let (kind, offset) = last.split_once('=').unwrap_or(("null-body", "0"));
        let mut http = vec![0; offset.parse().unwrap()];
        self.0.read_exact(&mut http).unwrap();
        let body = if kind == "null-body" { Vec::new() } else { self.chunks() };
        Reply { status, head, http: String::from_utf8_lossy(&http).into_owned(), body }
    }

    pub fn until(&mut self, mark: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut byte = [0];
        while !out.ends_with(mark) {
            let count = self.0.read(&mut byte).unwrap();
            assert_eq!(count, 1, "ended early: {}", String::from_utf8_lossy(&out));
            out.push(byte[0]);
        }
        out
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let line = String::from_utf8(self.until(b"\r\n")).unwrap();
            let size = usize::from_str_radix(line.trim(), 16).unwrap();
            let mut data = vec![0; size + 2];
            self.0.read_exact(&mut data).unwrap();
            assert_eq!(&data[size..], b"\r\n");
            body.extend_from_slice(&data[..size]);
            if size == 0 {
                return body;
            }
        }
    }

    /// Says whether the other side has ended the connection.
    pub fn is_ended(&mut self) -> bool {
        matches!(self.0.read(&mut [0]), Ok(0) | Err(_))
    }
}

/// What a request is made of.
#[derive(Clone, Default)]
pub struct Parts<'a> {
    pub fields: &'a str,
    pub request: &'a str,
    pub response: &'a str,
    pub body: Option<&'a [u8]>,
    /// Sends only so much ahead.
    pub preview: Option<usize>,
}

impl Parts<'_> {
    /// A REQMOD without its body's second half, and that half.
    pub fn reqmod(&self) -> (Vec<u8>, Vec<u8>) {
        self.write("REQMOD", "req-body")
    }

    pub fn respmod(&self) -> (Vec<u8>, Vec<u8>) {
        self.write("RESPMOD", "res-body")
    }

    fn write(&self, method: &str, body: &str) -> (Vec<u8>, Vec<u8>) {
        let mut list = String::new();
        if !self.request.is_empty() {
            list.push_str("req-hdr=0, ");
        }
        if !self.response.is_empty() {
            list.push_str(&format!("res-hdr={}, ", self.request.len()));
        }
        let body = if self.body.is_some() { body } else { "null-body" };
        list.push_str(&format!("{body}={}", self.request.len() + self.response.len()));
        let mut fields = self.fields.to_owned();
        if let Some(bytes) = self.preview {
            fields.push_str(&format!("Preview: {bytes}\r\n"));
        }
        let mut first = format!(
            "{method} icap://127.0.0.1/disarm ICAP/1.0\r\nHost: 127.0.0.1\r\n{fields}\
             Encapsulated: {list}\r\n\r\n{}{}",
            self.request, self.response
        )
        .into_bytes();
        let Some(body) = self.body else { return (first, Vec::new()) };
        let ahead = self.preview.unwrap_or(body.len()).min(body.len());
        chunked(&mut first, &body[..ahead]);
        match self.preview {
            None => first.extend_from_slice(b"0\r\n\r\n"),
            Some(_) if ahead == body.len() => first.extend_from_slice(b"0; ieof\r\n\r\n"),
            Some(_) => first.extend_from_slice(b"0\r\n\r\n"),
        }
        let mut rest = Vec::new();
        chunked(&mut rest, &body[ahead..]);
        rest.extend_from_slice(b"0\r\n\r\n");
        (first, rest)
    }
}

fn chunked(out: &mut Vec<u8>, bytes: &[u8]) {
    for piece in bytes.chunks(10_000) {
        out.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        out.extend_from_slice(piece);
        out.extend_from_slice(b"\r\n");
    }
}

/// A file of the examples.
pub fn example(name: &str) -> Vec<u8> {
    let path = root().join("examples/files").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// The member names of a ZIP.
pub fn members(bytes: &[u8]) -> Vec<String> {
    let limits = sanitize_core::Limits::default();
    let mut budget = sanitize_core::Budget::open(limits, bytes.len() as u64).unwrap();
    let archive = sanitize_container::zip::Archive::read(bytes, &mut budget).unwrap();
    archive.entries().iter().map(|entry| entry.name.clone()).collect()
}

/// Packs by gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}
