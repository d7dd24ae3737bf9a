//! The ICAP service beside c-icap with its echo service: the same client, the
//! same messages, one after the other in one run. Ours is measured twice: with
//! nothing behind it, which is what echo does, and with the sanitiser.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use base::Task;
use sanitize_core::{Method, Passwords, Policy};
use transfer_icap::{Clients, Disarmer, Refused, Sent, Server, Settings, Tag, Unable, Verdict};

use crate::place;

/// Connections at once.
const CONNECTIONS: usize = 8;
/// How long each measurement takes: with all messages and services, the whole
/// takes less than a minute.
const SECONDS: u64 = 2;

/// Runs the bench and writes `target/bench/icap.md`.
pub fn run() -> Result<()> {
    let echo = serve(Arc::new(Echo), "echo")?;
    let sanitiser = serve(Arc::new(Sanitiser::default()), "sanitiser")?;
    let peer = Peer::start()?;
    let mut report = format!(
        "# ICAP, {CONNECTIONS} connections kept open, {SECONDS} s each\n\n\
         | message | service | requests/s | p50 ms | p95 ms | MiB/s in |\n|---|---|---:|---:|---:|---:|\n"
    );
    for message in messages() {
        let mut services = vec![("ours, echo", echo, "disarm")];
        if let Some(peer) = &peer {
            services.push(("c-icap 0.5, echo", peer.address, "echo"));
        }
        services.push(("ours, sanitising", sanitiser, "disarm"));
        for (name, address, service) in services {
            eprint!("{}: {name} … ", message.name);
            let figures = measure(address, service, &message)?;
            eprintln!("{:.0} requests/s", figures.rate);
            let _ = writeln!(
                report,
                "| {} | {name} | {:.0} | {:.2} | {:.2} | {:.0} |",
                message.name, figures.rate, figures.p50, figures.p95, figures.mib
            );
        }
    }
    if peer.is_none() {
        report.push_str("\nc-icap is not installed (Debian: `c-icap`), so there is no peer.\n");
    }
    report.push_str(
        "\nsquidclamav and clamd are not measured: without signatures they say nothing of use.\n",
    );
    std::fs::write(place::scratch("")?.join("icap.md"), &report)?;
    println!("{report}");
    Ok(())
}

/// Leaves everything as it is.
struct Echo;

impl Disarmer for Echo {
    fn disarm(&self, sent: Sent) -> Task<'_, Result<Verdict, Unable>> {
        Box::pin(async move {
            drop(sent);
            Ok(Verdict::Unchanged { passage: "0".to_owned(), extension: String::new() })
        })
    }

    fn refused(&self, _: Refused) -> Task<'_, Result<String, Unable>> {
        Box::pin(async { Ok("0".to_owned()) })
    }
}

/// The sanitiser in this process, without cages.
#[derive(Default)]
struct Sanitiser(Arc<Policy>);

impl Disarmer for Sanitiser {
    fn disarm(&self, sent: Sent) -> Task<'_, Result<Verdict, Unable>> {
        let policy = self.0.clone();
        Box::pin(async move {
            let bytes = sent.content.bytes().await.map_err(|_| Unable::Broken)?;
            let work = tokio::task::spawn_blocking(move || {
                let outcome = sanitize_engine::disarm(&sanitize_engine::Request {
                    name: &sent.name,
                    bytes: &bytes,
                    method: Method::Rebuild,
                    policy: &policy,
                    passwords: &Passwords::default(),
                });
                let output = outcome.output.ok_or(Unable::Broken)?;
                let extension = output.format.extension().to_owned();
                let passage = "0".to_owned();
                Ok(if output.bytes == *bytes {
                    Verdict::Unchanged { passage, extension }
                } else {
                    Verdict::Replaced { passage, bytes: output.bytes.into(), extension }
                })
            });
            work.await.map_err(|_| Unable::Broken)?
        })
    }

    fn refused(&self, _: Refused) -> Task<'_, Result<String, Unable>> {
        Box::pin(async { Ok("0".to_owned()) })
    }
}

/// Serves until the program ends.
fn serve(disarmer: Arc<dyn Disarmer>, name: &str) -> Result<SocketAddr> {
    let folder = place::scratch(&format!("icap-{name}"))?;
    let mut settings = Settings::new(Clients::parse(&["127.0.0.1"])?, Tag::of(&[b"b"]), folder);
    // As c-icap's MaxMemObject.
    settings.memory_bytes_max = 128 << 10;
    settings.preview_bytes = Some(1_024);
    let server = Server::new(settings, disarmer)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let (_never, stop) = tokio::sync::watch::channel(false);
            server.run(listener, None, stop).await;
            Ok(())
        })
    });
    Ok(address)
}

/// c-icap with its echo service.
struct Peer {
    address: SocketAddr,
    child: Child,
}

impl Peer {
    fn start() -> Result<Option<Self>> {
        let program = Path::new("/usr/bin/c-icap");
        if !program.exists() {
            return Ok(None);
        }
        let folder = place::scratch("c-icap")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let here = folder.display();
        let user = whoami()?;
        let text = format!(
            "PidFile {here}/pid\nCommandsSocket {here}/ctl\nTimeout 300\nMaxKeepAliveRequests -1\n\
KeepAliveTimeout 600\nStartServers 2\nMaxServers 4\nMinSpareThreads 10\nMaxSpareThreads 20\n\
ThreadsPerChild 10\nMaxRequestsPerChild 0\nPort 127.0.0.1:{port}\nUser {user}\nGroup {user}\n\
TmpDir {here}\nMaxMemObject 131072\nDebugLevel 0\nPipelining on\nSupportBuggyClients off\n\
ModulesDir /usr/lib/x86_64-linux-gnu/c_icap\nServicesDir /usr/lib/x86_64-linux-gnu/c_icap\n\
TemplateDir /usr/share/c_icap/templates/\nTemplateDefaultLanguage en\n\
LoadMagicFile /etc/c-icap/c-icap.magic\nServerLog {here}/server.log\nService echo srv_echo.so\n"
        );
        let config = folder.join("c-icap.conf");
        std::fs::write(&config, text)?;
        let log = std::fs::File::create(folder.join("out.log"))?;
        let child = Command::new(program)
            .args(["-N", "-f"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let peer = Self { address, child };
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(address).is_err() {
            ensure!(Instant::now() < end, "c-icap did not start; see {here}/out.log");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Some(peer))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Told to end, it ends its own children, too.
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.child.wait();
    }
}

fn whoami() -> Result<String> {
    let output = Command::new("id").arg("-un").output().context("cannot run id")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// One message, sent again and again.
struct Message {
    name: String,
    /// Everything up to the answer, or to `100 Continue`.
    first: Box<dyn Fn(&str) -> Vec<u8>>,
    /// What follows `100 Continue`.
    rest: Vec<u8>,
    /// Bytes of the file.
    bytes: usize,
}

fn messages() -> Vec<Message> {
    let text = "番号,名前\r\n".repeat(6_000).into_bytes();
    let docx = std::fs::read(place::root().join("examples/files/住民票交付申請書.docm"));
    let mut messages = vec![
        Message {
            name: "OPTIONS".to_owned(),
            first: Box::new(|service| {
                format!("OPTIONS icap://h/{service} ICAP/1.0\r\nHost: h\r\n\r\n").into_bytes()
            }),
            rest: Vec::new(),
            bytes: 0,
        },
        respmod("page 20 KiB, preview, 204", "text/html", &vec![b'a'; 20 << 10], true, true),
        respmod("csv 100 KB, 204 allowed", "text/csv", &text, false, true),
        respmod("csv 100 KB, preview, sent back", "text/csv", &text, true, false),
        respmod("film 4 MiB, sent back", "video/mp4", &vec![b'a'; 4 << 20], false, false),
    ];
    if let Ok(docx) = docx {
        messages.push(respmod("docm 15 KB", "application/octet-stream", &docx, false, true));
    }
    messages
}

fn respmod(
    name: &str,
    content_type: &str,
    body: &[u8],
    is_previewed: bool,
    allows_204: bool,
) -> Message {
    const PREVIEW_BYTES: usize = 1_024;
    let request = "GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n";
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut fields = String::new();
    if allows_204 {
        fields.push_str("Allow: 204\r\n");
    }
    let ahead = if is_previewed {
        let _ = write!(fields, "Preview: {PREVIEW_BYTES}\r\n");
        PREVIEW_BYTES.min(body.len())
    } else {
        body.len()
    };
    let (at, end) = (request.len(), request.len() + response.len());
    let mut tail = Vec::new();
    chunked(&mut tail, body.get(..ahead).unwrap_or_default());
    let mut rest = Vec::new();
    if is_previewed {
        chunked(&mut rest, body.get(ahead..).unwrap_or_default());
    }
    let first = move |service: &str| {
        let head = format!(
            "RESPMOD icap://h/{service} ICAP/1.0\r\nHost: h\r\n{fields}\
             Encapsulated: req-hdr=0, res-hdr={at}, res-body={end}\r\n\r\n{request}{response}"
        );
        [head.as_bytes(), &tail].concat()
    };
    Message { name: name.to_owned(), first: Box::new(first), rest, bytes: body.len() }
}

fn chunked(out: &mut Vec<u8>, bytes: &[u8]) {
    for piece in bytes.chunks(16 << 10) {
        out.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        out.extend_from_slice(piece);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
}

struct Figures {
    rate: f64,
    p50: f64,
    p95: f64,
    mib: f64,
}

fn measure(address: SocketAddr, service: &str, message: &Message) -> Result<Figures> {
    let (first, rest) = ((message.first)(service), message.rest.clone());
    let begun = Instant::now();
    let end = begun + Duration::from_secs(SECONDS);
    let threads: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (first, rest) = (first.clone(), rest.clone());
            std::thread::spawn(move || connection(address, &first, &rest, end))
        })
        .collect();
    let mut times = Vec::new();
    for thread in threads {
        let took = thread.join().map_err(|_| anyhow::anyhow!("a client broke"))?;
        times.extend(took.with_context(|| format!("{service}: {}", message.name))?);
    }
    let seconds = begun.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default() * 1_000.0
    };
    let rate = times.len() as f64 / seconds;
    let mib = rate * message.bytes as f64 / f64::from(1 << 20);
    Ok(Figures { rate, p50: at(0.5), p95: at(0.95), mib })
}

/// Asks again and again; gives the seconds of each.
fn connection(address: SocketAddr, first: &[u8], rest: &[u8], end: Instant) -> Result<Vec<f64>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut reader = BufReader::with_capacity(64 << 10, stream.try_clone()?);
    let mut times = Vec::new();
    while Instant::now() < end {
        let begun = Instant::now();
        // A large message and its answer may cross: somebody must read meanwhile.
        let status = std::thread::scope(|scope| -> Result<u16> {
            let writer =
                (first.len() > 200 << 10).then(|| scope.spawn(|| (&stream).write_all(first)));
            if writer.is_none() {
                (&stream).write_all(first)?;
            }
            let status = reply(&mut reader)?;
            if let Some(writer) = writer {
                writer.join().map_err(|_| anyhow::anyhow!("a writer broke"))??;
            }
            Ok(status)
        })?;
        let status = if status == 100 {
            (&stream).write_all(rest)?;
            reply(&mut reader)?
        } else {
            status
        };
        ensure!(status == 200 || status == 204, "status {status}");
        times.push(begun.elapsed().as_secs_f64());
    }
    Ok(times)
}

/// Reads one answer over.
fn reply(reader: &mut BufReader<TcpStream>) -> Result<u16> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
    let Some(status) = status else { bail!("no answer but {line:?}") };
    let mut list = String::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("encapsulated:") {
            list = value.trim().to_owned();
        }
        if line == "\r\n" || line.is_empty() {
            break;
        }
    }
    let last = list.rsplit(',').next().unwrap_or_default().trim().to_owned();
    let Some((kind, offset)) = last.split_once('=') else { return Ok(status) };
    skip(reader, offset.parse()?)?;
    if kind == "null-body" {
        return Ok(status);
    }
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim().split(';').next().unwrap_or_default(), 16)?;
        skip(reader, size + 2)?;
        if size == 0 {
            return Ok(status);
        }
    }
}

fn skip(reader: &mut BufReader<TcpStream>, bytes: u64) -> Result<()> {
    let read = std::io::copy(&mut reader.by_ref().take(bytes), &mut std::io::sink())?;
    ensure!(read == bytes, "the answer ended early");
    Ok(())
}
