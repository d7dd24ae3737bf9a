//! Both halves as processes, and an outer half that says whatever a test likes.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Clock, SystemClock, SystemRandom};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use town::program::{binary, free_port};
use town::{Demo, Program};
use transfer_halves::frame::{Frame, HEAD_BYTES, encode, head};
use transfer_halves::limits::{PIECE_BYTES, VERSION};
use transfer_halves::{
    Head, Identity, InnerPublic, ItemId, LinkHash, OuterSays, Sealing, ToInner, ToOuter, Verdict,
};

use super::outside::{Link, Outsider};

/// Both halves, enrolled with each other.
pub struct Halves {
    inner_folder: Arc<TempDir>,
    outer_folder: TempDir,
    inner: Option<Program>,
    outer: Option<Program>,
    public_port: u16,
    between_port: u16,
    pub public: String,
    pub demo: Demo,
}

/// Enrols the outer half of a folder with the inner half of another.
pub fn enrol(outer: &Path, inner: &Path) {
    let (request, answer) = (outer.join("request.pem"), outer.join("answer.toml"));
    let run = |arguments: &[&std::ffi::OsStr]| {
        let done = Command::new(binary()).arg("outer").args(arguments).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    };
    let words = |text: &'static str| std::ffi::OsStr::new(text);
    let (data, out) = (words("--data"), words("--out"));
    run(&[words("request"), data, outer.as_ref(), out, request.as_ref()]);
    run(&[
        words("enrol"),
        data,
        inner.as_ref(),
        words("--request"),
        request.as_ref(),
        out,
        answer.as_ref(),
    ]);
    run(&[words("accept"), data, outer.as_ref(), words("--answer"), answer.as_ref()]);
}

impl Halves {
    pub fn start() -> Self {
        let (inner_folder, outer_folder) =
            (Arc::new(tempfile::tempdir().unwrap()), tempfile::tempdir().unwrap());
        enrol(outer_folder.path(), inner_folder.path());
        let (public_port, between_port) = (free_port(), free_port());
        let public = format!("https://sekisho.localhost:{public_port}");
        let config =
            format!("[outer]\naddress = \"127.0.0.1:{between_port}\"\npublic = \"{public}\"\n");
        std::fs::write(inner_folder.path().join("sekisho.toml"), config).unwrap();
        let inner = Program::up(inner_folder.clone(), &["--demo"]);
        let demo = Demo::read(&inner_folder.path().join("demo.json"));
        let mut halves = Self {
            inner_folder,
            outer_folder,
            inner: Some(inner),
            outer: None,
            public_port,
            between_port,
            public,
            demo,
        };
        halves.start_outer();
        halves
    }

    pub fn start_outer(&mut self) {
        let data = self.outer_folder.path();
        let mut command = Command::new(binary());
        command
            .args(["outer", "--data", &data.display().to_string()])
            .args(["--listen", &format!("127.0.0.1:{}", self.public_port)])
            .args(["--inner-listen", &format!("127.0.0.1:{}", self.between_port)]);
        let outer = Program::spawn(&mut command, data, self.public_port);
        let start = Instant::now();
        while !self.is_outer_ready() {
            assert!(start.elapsed() < Duration::from_secs(60), "{}", outer.said());
            std::thread::sleep(Duration::from_millis(20));
        }
        self.outer = Some(outer);
    }

    fn is_outer_ready(&self) -> bool {
        let Ok(certificate) = std::fs::read(self.authority()) else { return false };
        let agent = town::client::agent(&certificate);
        agent.get(format!("{}/healthz", self.public)).call().is_ok()
    }

    pub fn start_inner(&mut self) {
        self.inner = Some(Program::up(self.inner_folder.clone(), &["--demo"]));
        self.demo = Demo::read(&self.inner_folder.path().join("demo.json"));
    }

    pub fn kill_outer(&mut self) {
        self.outer.take().unwrap().kill();
    }

    pub fn kill_inner(&mut self) {
        self.inner.take().unwrap().kill();
    }

    pub fn outsider(&self) -> Outsider {
        Outsider::at(&self.public, &self.authority())
    }

    fn authority(&self) -> PathBuf {
        self.outer_folder.path().join("tls/ca.pem")
    }

    pub fn inner_data(&self) -> &Path {
        self.inner_folder.path()
    }

    pub fn inner_port(&self) -> u16 {
        self.inner.as_ref().unwrap().port()
    }

    /// Files that wait in the outer half.
    pub fn waiting(&self) -> usize {
        std::fs::read_dir(self.outer_folder.path().join("shelf/items")).unwrap().count()
    }

    /// True where some file of the outer half holds these bytes.
    pub fn outer_holds(&self, needle: &[u8]) -> bool {
        let mut folders = vec![self.outer_folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if std::fs::read(&path)
                    .unwrap()
                    .windows(needle.len())
                    .any(|window| window == needle)
                {
                    return true;
                }
            }
        }
        false
    }
}

/// The hash that both halves know a link by.
pub fn hash(link: &Link) -> LinkHash {
    let code = link.path().strip_prefix("/drop/").unwrap();
    LinkHash::parse(&factors::Token::parse(code).unwrap().hashed().to_string()).unwrap()
}

/// The process of a data folder.
fn process(data: &Path) -> PathBuf {
    let data = data.display().to_string();
    let found = std::fs::read_dir("/proc").unwrap().flatten().find(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        words.contains(&data.as_bytes()) && words.get(1) == Some(&&b"up"[..])
    });
    found.unwrap_or_else(|| panic!("no process of {data}")).path()
}

/// Ports that the process of a data folder listens at, by the kernel's word.
pub fn listening_ports(data: &Path) -> Vec<u16> {
    const LISTEN: &str = "0A";
    let process = process(data);
    let sockets: BTreeSet<String> = std::fs::read_dir(process.join("fd"))
        .unwrap()
        .flatten()
        .filter_map(|file| {
            let to = std::fs::read_link(file.path()).ok()?.display().to_string();
            to.strip_prefix("socket:[")?.strip_suffix(']').map(str::to_owned)
        })
        .collect();
    let mut ports = BTreeSet::new();
    for table in ["net/tcp", "net/tcp6"] {
        for line in std::fs::read_to_string(process.join(table)).unwrap().lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words[3] == LISTEN && sockets.contains(words[9]) {
                let port = words[1].rsplit(':').next().unwrap();
                ports.insert(u16::from_str_radix(port, 16).unwrap());
            }
        }
    }
    ports.into_iter().collect()
}

/// Memory that the process of a data folder holds.
pub fn resident_kib(data: &Path) -> u64 {
    let status = std::fs::read_to_string(process(data).join("status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A file as an outer half would give it.
#[derive(Clone)]
pub struct Sealed {
    pub head: Head,
    pub pieces: Vec<Vec<u8>>,
}

/// An outer half in a test's hand, with the real one's key.
pub struct Hostile {
    runtime: Arc<Runtime>,
    listener: TcpListener,
    acceptor: TlsAcceptor,
    seal: InnerPublic,
    violations: Arc<std::sync::Mutex<Vec<String>>>,
}

/// One connection of the inner half.
pub struct Talk {
    runtime: Arc<Runtime>,
    stream: TlsStream<TcpStream>,
    seal: InnerPublic,
    violations: Arc<std::sync::Mutex<Vec<String>>>,
}

const PATIENCE: Duration = Duration::from_secs(90);

impl Hostile {
    pub fn in_place_of(halves: &Halves) -> Self {
        let folder = halves.outer_folder.path().join("halves");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let enrolment: toml::Table = read("enrolment.toml").parse().unwrap();
        let said = |name: &str| enrolment[name].as_str().unwrap().to_owned();
        let identity = Identity::read(&said("certificate"), &read("outer.key")).unwrap();
        let config = transfer_halves::tls::outer(identity, &said("authority")).unwrap();
        let runtime = Runtime::new().unwrap();
        let address = format!("127.0.0.1:{}", halves.between_port);
        let listener = runtime.block_on(TcpListener::bind(address)).unwrap();
        Self {
            runtime: Arc::new(runtime),
            listener,
            acceptor: TlsAcceptor::from(config),
            seal: InnerPublic::parse(&said("seal")).unwrap(),
            violations: Arc::default(),
        }
    }

    /// The inner half's next connection, after greeting, when it has asked for
    /// something.
    pub fn accept(&mut self) -> Talk {
        let stream = self.runtime.block_on(async {
            let (stream, _) = timeout(PATIENCE, self.listener.accept()).await.unwrap().unwrap();
            self.acceptor.accept(stream).await.unwrap()
        });
        let mut talk = Talk {
            runtime: self.runtime.clone(),
            stream,
            seal: self.seal.clone(),
            violations: self.violations.clone(),
        };
        let hello = talk.hear().unwrap();
        assert!(matches!(hello, ToOuter::Hello { version: VERSION, .. }), "{hello:?}");
        talk.say(&ToInner::Hello { version: VERSION, says: OuterSays::default() });
        talk.until_pull();
        talk
    }

    /// Fails if the inner half ever said what is no frame of the protocol.
    pub fn heard_nothing_but_the_protocol(&self) {
        let violations = self.violations.lock().unwrap();
        assert!(violations.is_empty(), "{violations:?}");
    }
}

impl Talk {
    fn say(&mut self, frame: &ToInner) {
        let sent = self.runtime.block_on(async {
            self.stream.write_all(&encode(frame)).await?;
            self.stream.flush().await
        });
        sent.unwrap();
    }

    /// The next frame; nothing once the connection is cut.
    fn hear(&mut self) -> Option<ToOuter> {
        let heard = self
            .runtime
            .block_on(async { timeout(PATIENCE, hear(&mut self.stream)).await })
            .unwrap();
        match heard {
            Ok(frame) => frame,
            Err(what) => {
                self.violations.lock().unwrap().push(what);
                None
            }
        }
    }

    fn until_pull(&mut self) {
        loop {
            match self.hear().expect("the connection stands") {
                ToOuter::Pull => return,
                ToOuter::Links { .. } | ToOuter::Link(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub fn sealed(&self, link: LinkHash, name: &str, content: &[u8]) -> Sealed {
        let item = ItemId::new(SystemClock::default().now(), &SystemRandom);
        let (key, mut sealing) = Sealing::new(&self.seal, item, link, &SystemRandom).unwrap();
        let name = sealing.name(name).unwrap();
        let count = content.chunks(PIECE_BYTES).count();
        let pieces = content
            .chunks(PIECE_BYTES)
            .enumerate()
            .map(|(at, piece)| sealing.piece(piece, at + 1 == count).unwrap());
        let pieces = pieces.collect();
        Sealed { head: Head { item, link, bytes: content.len() as u64, key, name }, pieces }
    }

    /// Offers a file, gives it where it is wanted, and says how it was answered.
    pub fn offer(&mut self, sealed: &Sealed) -> Verdict {
        self.say(&ToInner::Item(sealed.head.clone()));
        loop {
            match self.hear().expect("an answer") {
                ToOuter::Accept(item) => {
                    assert_eq!(item, sealed.head.item);
                    for piece in &sealed.pieces {
                        self.say(&ToInner::Piece(piece.clone()));
                    }
                }
                ToOuter::Answer(item, verdict) => {
                    assert_eq!(item, sealed.head.item);
                    self.until_pull();
                    return verdict;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Sends small frames by the hundred thousand, as far as they are read.
    pub fn flood_of_nothing(&mut self, count: usize, within: Duration) {
        let frame = encode(&ToInner::Nothing(OuterSays::default()));
        let _ = self.runtime.block_on(async {
            let flood = async {
                for _ in 0..count {
                    self.stream.write_all(&frame).await?;
                }
                self.stream.flush().await
            };
            timeout(within, flood).await
        });
    }

    /// True if the connection is cut after these bytes.
    pub fn is_cut_after(&mut self, bytes: &[u8]) -> bool {
        let written = self.runtime.block_on(async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        });
        if written.is_err() {
            return true;
        }
        while let Some(frame) = self.hear() {
            if !matches!(frame, ToOuter::Links { .. } | ToOuter::Link(_)) {
                return false;
            }
        }
        true
    }

    /// True if the connection is cut while a file comes byte by byte.
    pub fn is_cut_while_dripping(&mut self, sealed: &Sealed) -> bool {
        self.say(&ToInner::Item(sealed.head.clone()));
        assert_eq!(self.hear(), Some(ToOuter::Accept(sealed.head.item)));
        let bytes = encode(&ToInner::Piece(sealed.pieces[0].clone()));
        let start = Instant::now();
        for byte in bytes {
            let sent = self.runtime.block_on(async {
                self.stream.write_all(&[byte]).await?;
                self.stream.flush().await
            });
            let mut answer = [0; 1];
            let read = self.runtime.block_on(async {
                timeout(Duration::from_secs(1), self.stream.read(&mut answer)).await
            });
            if sent.is_err() || matches!(read, Ok(Ok(0) | Err(_))) {
                return true;
            }
            if start.elapsed() > PATIENCE {
                return false;
            }
        }
        false
    }
}

async fn hear(stream: &mut TlsStream<TcpStream>) -> Result<Option<ToOuter>, String> {
    let mut start = [0; HEAD_BYTES];
    if stream.read_exact(&mut start).await.is_err() {
        return Ok(None);
    }
    let (kind, length) = head::<ToOuter>(start).map_err(|error| error.to_string())?;
    let mut payload = vec![0; length];
    if stream.read_exact(&mut payload).await.is_err() {
        return Ok(None);
    }
    ToOuter::read(kind, &payload).map(Some).map_err(|error| error.to_string())
}

/// Bytes that the protocol does not have where an item was asked for.
pub fn violations(all: bool) -> Vec<Vec<u8>> {
    let few = vec![vec![3, 0xff, 0xff, 0xff, 0xff], vec![0xff; 64 * 1024]];
    let more = vec![
        vec![99, 0, 0, 0, 0],
        encode(&ToInner::Piece(vec![0; 16])),
        encode(&ToInner::Hello { version: VERSION, says: OuterSays::default() }),
    ];
    few.into_iter().chain(more.into_iter().filter(|_| all)).collect()
}
