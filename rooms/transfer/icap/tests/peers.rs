//! Real clients from Debian: Squid with a server behind it, and
//! `c-icap-client`. Both run on loopback with their own configuration in a
//! folder of their own, and end with the test. Skipped where they are missing.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Running, disarm, example, gzip, members};

fn program(name: &str) -> Option<PathBuf> {
    let places = ["/usr/sbin", "/usr/bin", "/sbin", "/usr/local/sbin", "/usr/local/bin"];
    let found = places.iter().map(|place| PathBuf::from(place).join(name)).find(|p| p.exists());
    if found.is_none() {
        eprintln!("skipped: {name} is not installed (Debian: apt-get install squid c-icap)");
    }
    found
}

/// A web server with a few files. Remembers what was sent to it.
struct Origin {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Origin {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let shared = received.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { address, received }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }
}

fn serve(mut stream: TcpStream, received: &Mutex<Vec<Vec<u8>>>) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let Some((head, body)) = read_message(&mut stream) else { return };
    let path = head.split(' ').nth(1).unwrap_or_default();
    let path = path.rsplit('/').next().unwrap_or_default();
    let (lines, answer): (&str, Vec<u8>) = match path {
        "macro.docm" => (
            "Content-Type: application/vnd.ms-word.document.macroEnabled.12\r\n\
             Content-Disposition: attachment; filename=\"macro.docm\"\r\nETag: \"old\"\r\n",
            example("住民票交付申請書.docm"),
        ),
        "clean.docx" => (
            "Content-Type: application/octet-stream\r\n",
            disarm("a.docm", &example("住民票交付申請書.docm")).unwrap().0,
        ),
        "page.html" => ("Content-Type: text/html\r\n", PAGE.as_bytes().repeat(300)),
        "film.mp4" => ("Content-Type: video/mp4\r\n", vec![9; 4 << 20]),
        "list.csv" => {
            ("Content-Type: text/csv\r\nContent-Encoding: gzip\r\n", gzip(CSV.as_bytes()))
        }
        "large.csv" => ("Content-Type: text/csv\r\n", large()),
        "tool.bin" => {
            ("Content-Type: application/octet-stream\r\n", [b"MZ".as_slice(), &[0; 9_000]].concat())
        }
        "piece.pdf" => {
            let text = "HTTP/1.1 206 Partial Content\r\nContent-Type: application/pdf\r\n\
                        Content-Range: bytes 0-3/9\r\nContent-Length: 4\r\nConnection: close\r\n\r\n%PDF";
            let _ = stream.write_all(text.as_bytes());
            return;
        }
        "up" => {
            received.lock().unwrap().push(body);
            ("Content-Type: text/html\r\n", b"<p>taken</p>".to_vec())
        }
        _ => ("Content-Type: text/html\r\n", b"<p>none</p>".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\n{lines}Content-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&answer);
}

const PAGE: &str = "<!DOCTYPE html><p>a</p><script>alert(1)</script>";
const CSV: &str = "a,=cmd|'/c calc'!A0\r\n";

fn large() -> Vec<u8> {
    "番号,=1+1,名前\r\n".repeat(50_000).into_bytes()
}

/// Reads one HTTP message with a length or chunks.
fn read_message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65_536];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut body = bytes.split_off(end);
    let field = |name: &str| {
        head.lines().find_map(|line| line.to_lowercase().strip_prefix(name).map(str::to_owned))
    };
    let length: Option<usize> = field("content-length:").and_then(|text| text.trim().parse().ok());
    let is_chunked = field("transfer-encoding:").is_some();
    let is_request = !head.starts_with("HTTP/");
    loop {
        let is_whole = match length {
            Some(length) => body.len() >= length,
            None if is_chunked => body.ends_with(b"0\r\n\r\n"),
            None => is_request,
        };
        if is_whole {
            break;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => body.extend_from_slice(&buffer[..count]),
        }
    }
    Some((head, if is_chunked { unchunk(&body) } else { body }))
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..at]).unwrap(), 16).unwrap();
        out.extend_from_slice(&rest[at + 2..at + 2 + size]);
        rest = &rest[at + 4 + size..];
        if size == 0 {
            break;
        }
    }
    out
}

/// A Squid of our own; ends with the value. The delay pool is so wide that it
/// delays nothing: it wakes transfers that Squid 5.7 of Debian 12 forgets at
/// 64 KiB (Squid's bug 5352, mended in 6.10).
struct Squid {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Squid {
    fn start(service: SocketAddr, more: &str) -> Option<Self> {
        let squid = program("squid")?;
        let folder = tempfile::tempdir().unwrap();
        // Started by root, it becomes a user who must write here.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let port = free_port();
        let place = folder.path().display();
        let text = format!(
            "http_port 127.0.0.1:{port}\npid_filename {place}/squid.pid\ncache_log {place}/cache.log\n\
access_log stdio:{place}/access.log\ncoredump_dir {place}\ncache deny all\ncache_mem 8 MB\n\
shutdown_lifetime 1 second\nvisible_hostname test.example\nnetdb_filename none\npinger_enable off\n\
dns_nameservers 127.0.0.1\nacl here src 127.0.0.1\nhttp_access allow here\nhttp_access deny all\n\
delay_pools 1\ndelay_class 1 1\ndelay_parameters 1 1000000000/1000000000\n\
delay_access 1 allow all\nicap_enable on\nicap_send_client_ip on\nicap_service_failure_limit -1\n\
icap_service up reqmod_precache bypass=off icap://{service}/disarm\n\
icap_service down respmod_precache bypass=off icap://{service}/disarm\n\
adaptation_access up allow all\nadaptation_access down allow all\n{more}\n"
        );
        let config = folder.path().join("squid.conf");
        std::fs::write(&config, text).unwrap();
        let log = std::fs::File::create(folder.path().join("out.log")).unwrap();
        let child = Command::new(squid)
            .args(["-N", "-f"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut squid = Self { child, port, folder };
        squid.wait();
        Some(squid)
    }

    fn wait(&mut self) {
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let is_dead = self.child.try_wait().unwrap().is_some();
            assert!(!is_dead && Instant::now() < end, "squid did not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn log(&self) -> String {
        ["out.log", "cache.log"]
            .iter()
            .filter_map(|name| std::fs::read(self.folder.path().join(name)).ok())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .collect()
    }

    fn ask(&self, request: &[u8]) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(request).unwrap();
        read_message(&mut stream).unwrap_or_else(|| panic!("no answer: {}", self.log()))
    }

    fn get(&self, url: &str) -> (String, Vec<u8>) {
        self.ask(format!("GET {url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
    }

    fn post(&self, url: &str, content_type: &str, body: &[u8]) -> (String, Vec<u8>) {
        let head = format!(
            "POST {url} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        self.ask(&[head.as_bytes(), body].concat())
    }
}

impl Drop for Squid {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn has_macro(bytes: &[u8]) -> bool {
    members(bytes).iter().any(|name| name.contains("vbaProject"))
}

/// Everything that a town's proxy does in a day.
fn day_of_a_proxy(more: &str) {
    let mut server = Running::start();
    let Some(squid) = Squid::start(server.address, more) else { return };
    let origin = Origin::start();

    let (head, body) = squid.get(&origin.url("macro.docm"));
    assert!(head.starts_with("HTTP/1.1 200"), "{head}{}", squid.log());
    assert!(!has_macro(&body), "{head}");
    assert!(head.contains("filename=\"macro.docx\"") && !head.contains("ETag"), "{head}");
    assert_eq!(server.engine.names(), ["macro.docm"]);
    let seen = server.engine.seen.lock().unwrap()[0].crossing.clone();
    assert_eq!(seen.client_ip, Some("127.0.0.1".parse().unwrap()));

    let (_, body) = squid.get(&origin.url("clean.docx"));
    assert!(!has_macro(&body) && body.len() > 1_000);
    assert_eq!(server.engine.verdicts().last().unwrap(), "unchanged");

    let (head, body) = squid.get(&origin.url("page.html"));
    assert_eq!(body, PAGE.as_bytes().repeat(300), "{head}");
    let (_, body) = squid.get(&origin.url("film.mp4"));
    assert!(body == vec![9; 4 << 20], "a film as it came, {} bytes", body.len());
    assert_eq!(server.engine.verdicts().len(), 2, "pages and films are let through");

    let (head, body) = squid.get(&origin.url("list.csv"));
    assert_eq!(body, disarm("list.csv", CSV.as_bytes()).unwrap().0);
    assert!(!head.contains("Content-Encoding"), "{head}");

    let (_, body) = squid.get(&origin.url("large.csv"));
    assert!(body == disarm("large.csv", &large()).unwrap().0, "{} bytes", body.len());

    let (head, body) = squid.get(&origin.url("tool.bin"));
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    let page = String::from_utf8(body).unwrap();
    assert!(page.contains("プログラム") && page.contains("passage-"), "{page}");

    let (head, body) = squid.get(&origin.url("piece.pdf"));
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    assert!(String::from_utf8(body).unwrap().contains("icap-partial"));

    uploads(&squid, &origin);

    // Without the service nothing goes through: bypass is off.
    server.end();
    let (head, body) = squid.get(&origin.url("macro.docm"));
    assert!(head.starts_with("HTTP/1.1 50"), "{head}");
    assert!(!body.windows(2).any(|two| two == b"PK"), "nothing of the file");
}

fn uploads(squid: &Squid, origin: &Origin) {
    let form = |name: &str, file: &[u8]| {
        let head = format!(
            "--QQ\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nwords\r\n\
             --QQ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{name}\"\r\n\r\n"
        );
        [head.as_bytes(), file, b"\r\n--QQ--\r\n"].concat()
    };
    let kind = "multipart/form-data; boundary=QQ";
    let file = example("住民票交付申請書.docm");
    let (head, _) = squid.post(&origin.url("up"), kind, &form("a.docm", &file));
    assert!(head.starts_with("HTTP/1.1 200"), "{head}{}", squid.log());
    let received = origin.received.lock().unwrap().pop().unwrap();
    let text = String::from_utf8_lossy(&received).into_owned();
    assert!(text.contains("words") && text.contains("filename=\"a.docx\""));
    assert!(!text.contains("vbaProject"));

    let (head, _) = squid.post(&origin.url("up"), kind, &form("large.csv", &large()));
    assert!(head.starts_with("HTTP/1.1 200"), "{head}{}", squid.log());
    let received = origin.received.lock().unwrap().pop().unwrap();
    assert!(received.len() > 500_000, "{} bytes", received.len());

    let (head, body) = squid.post(&origin.url("up"), kind, &form("a.js", b"var a"));
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    assert!(String::from_utf8(body).unwrap().contains("type-script"));
    assert!(origin.received.lock().unwrap().is_empty(), "nothing was sent");

    let data = "application/x-www-form-urlencoded";
    squid.post(&origin.url("up"), data, b"a=b&c=d");
    assert_eq!(origin.received.lock().unwrap().pop().unwrap(), b"a=b&c=d");
}

#[test]
fn squid_with_previews_over_kept_connections() {
    day_of_a_proxy("icap_preview_enable on\nicap_persistent_connections on");
}

#[test]
fn squid_without_previews() {
    day_of_a_proxy("icap_preview_enable off\nicap_persistent_connections on");
}

#[test]
fn squid_with_a_connection_for_each_request() {
    day_of_a_proxy(
        "icap_preview_enable on\nicap_preview_size 128\nicap_persistent_connections off",
    );
}

/// Runs `c-icap-client` and gives what it wrote and what it said.
fn c_icap_client(server: &Running, words: &[&str]) -> Option<(Vec<u8>, String)> {
    let client = program("c-icap-client")?;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let port = server.address.port().to_string();
    let mut command = Command::new(client);
    command
        .args(["-i", "127.0.0.1", "-p", &port, "-s", "disarm", "-v", "-o"])
        .arg(&out)
        .args(words);
    let said = command.stdin(Stdio::null()).output().unwrap();
    let said = [said.stdout, said.stderr].concat();
    Some((std::fs::read(&out).unwrap_or_default(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn c_icap_client_asks_for_options() {
    let server = Running::start();
    let Some((_, said)) = c_icap_client(&server, &[]) else { return };
    assert!(said.contains("Allow 204: Yes"), "{said}");
    assert!(said.contains("Preview: 4096"), "{said}");
}

#[test]
fn c_icap_client_gets_files_back_harmless() {
    let server = Running::start();
    let file = common::root().join("examples/files/住民票交付申請書.docm");
    let name = file.to_str().unwrap();
    let url = "http://town.example/x.docm";
    let expected = disarm("x.docm", &std::fs::read(&file).unwrap()).unwrap().0;
    for words in [
        vec!["-f", name],
        vec!["-f", name, "-nopreview"],
        vec!["-f", name, "-no204"],
        vec!["-f", name, "-nopreview", "-no204"],
        vec!["-f", name, "-w", "100"],
        vec!["-f", name, "-resp", url],
        vec!["-f", name, "-req", url, "-method", "PUT"],
        vec!["-f", name, "-req", url, "-method", "PUT", "-nopreview"],
    ] {
        let Some((out, said)) = c_icap_client(&server, &words) else { return };
        assert!(out == expected, "{words:?}: {} bytes, {said}", out.len());
    }
    assert_eq!(server.engine.verdicts(), ["replaced"; 8]);
}

#[test]
fn c_icap_client_is_told_what_may_stay() {
    let server = Running::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    std::fs::write(&file, "a,b\r\n".repeat(5_000)).unwrap();
    let name = file.to_str().unwrap();
    for words in [vec!["-f", name], vec!["-f", name, "-nopreview"], vec!["-f", name, "-w", "0"]] {
        let mut words = words;
        words.extend(["-rhx", "Content-Type: text/csv", "-d", "1"]);
        let Some((out, said)) = c_icap_client(&server, &words) else { return };
        assert!(said.contains("204") || out == std::fs::read(&file).unwrap(), "{words:?}: {said}");
    }
    assert_eq!(server.engine.verdicts(), ["unchanged"; 3]);
}
