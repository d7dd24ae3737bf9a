//! `sekisho up` with ICAP switched on: a proxy's files come back harmless from
//! caged workers, and each stands in the ledger. Squid stands in front where it
//! is installed.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A running program; killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Tells it to end and waits; its exit code.
    fn stop(mut self) -> Option<i32> {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.0.wait().unwrap().code()
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait_for(port: u16, program: &mut Running) {
    let end = Instant::now() + Duration::from_secs(120);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(program.0.try_wait().unwrap().is_none(), "it ended");
        assert!(Instant::now() < end, "it does not get ready");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A demo town with ICAP at a port.
fn town(data: &Path, port: u16) -> Running {
    let config = data.join("sekisho.toml");
    let text = format!(
        "[icap]\nlisten = \"127.0.0.1:{port}\"\nclients = [\"127.0.0.1\"]\nbody = \"198013\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["up", "--demo", "--listen", &listen, "--data"])
        .arg(data)
        .env_remove("SEKISHO_DATABASE")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut town = Running(child);
    wait_for(port, &mut town);
    town
}

fn example() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/files");
    std::fs::read(folder.join("住民票交付申請書.docm")).unwrap()
}

/// Sends a download and gives the whole answer.
fn respmod(port: u16, name: &str, body: &[u8]) -> Vec<u8> {
    let request = format!("GET http://town.example/{name} HTTP/1.1\r\nHost: town.example\r\n\r\n");
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let head = format!(
        "RESPMOD icap://127.0.0.1/disarm ICAP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
         X-Client-IP: 10.9.8.7\r\nEncapsulated: req-hdr=0, res-hdr={}, res-body={}\r\n\r\n\
         {request}{response}{:x}\r\n",
        request.len(),
        request.len() + response.len(),
        body.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(&[head.as_bytes(), body, b"\r\n0\r\n\r\n"].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The ledger's entries of one kind.
fn entries(data: &Path, action: &str) -> Vec<Value> {
    let file = data.join(format!("{action}.jsonl"));
    let out = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["records", "export", "--body", "198013", "--data"])
        .arg(data)
        .arg(&file)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    std::fs::read_to_string(&file)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line.to_string().contains(&format!("\"{action}\"")))
        .collect()
}

#[test]
fn files_come_back_harmless_and_stand_in_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let town = town(folder.path(), port);

    let answer = respmod(port, "a.docm", &example());
    assert!(answer.starts_with(b"ICAP/1.0 200 OK\r\n"), "{}", String::from_utf8_lossy(&answer));
    assert!(holds(&answer, "wordprocessingml.document\r\n"));
    assert!(holds(&answer, "filename=\"a.docx\"") && !holds(&answer, "vbaProject"));

    let answer = respmod(port, "b.bin", &[b"MZ".as_slice(), &[0; 100]].concat());
    let text = String::from_utf8_lossy(&answer).into_owned();
    assert!(text.contains("HTTP/1.1 403 ") && text.contains("type-executable"), "{text}");
    let passage = text.split("X-Sekisho-Passage: ").nth(1).unwrap().lines().next().unwrap();
    assert!(text.contains(&format!("<code>{passage}</code>")), "the page names the record");

    let treated = entries(folder.path(), "icap.treated");
    assert_eq!(treated.len(), 2, "{treated:?}");
    let first = treated[0].to_string();
    for part in ["\"disarmed\"", "sha256-in", "sha256-out", "10.9.8.7", "town.example", "download"]
    {
        assert!(first.contains(part), "{part}: {first}");
    }
    assert!(!first.contains("a.docm"), "names are not written");
    assert!(treated[1].to_string().contains(passage));
    assert_eq!(town.stop(), Some(0), "it drains");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_real_proxy_in_front_gives_out_what_is_harmless() {
    let squid = PathBuf::from("/usr/sbin/squid");
    if !squid.exists() {
        eprintln!("skipped: squid is not installed (Debian: apt-get install squid)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let _town = town(folder.path(), port);
    let place = tempfile::tempdir().unwrap();
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let (proxy, here) = (free_port(), place.path().display());
    let text = format!(
        "http_port 127.0.0.1:{proxy}\npid_filename {here}/pid\ncache_log {here}/cache.log\n\
access_log none\ncoredump_dir {here}\ncache deny all\nshutdown_lifetime 1 second\n\
visible_hostname test.example\nnetdb_filename none\npinger_enable off\ndns_nameservers 127.0.0.1\n\
acl here src 127.0.0.1\nhttp_access allow here\nhttp_access deny all\nicap_enable on\n\
icap_send_client_ip on\ndelay_pools 1\ndelay_class 1 1\ndelay_access 1 allow all\n\
delay_parameters 1 1000000000/1000000000\n\
icap_service down respmod_precache bypass=off icap://127.0.0.1:{port}/disarm\n\
adaptation_access down allow all\n"
    );
    let config = place.path().join("squid.conf");
    std::fs::write(&config, text).unwrap();
    let child = Command::new(squid)
        .args(["-N", "-f"])
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = Running(child);
    wait_for(proxy, &mut child);

    let origin = origin();
    let mut stream = TcpStream::connect(("127.0.0.1", proxy)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let ask = format!("GET http://{origin}/a.docm HTTP/1.0\r\n\r\n");
    stream.write_all(ask.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    assert!(holds(&answer, "word/document.xml") && !holds(&answer, "vbaProject"));
    let treated = entries(folder.path(), "icap.treated");
    assert_eq!(treated.len(), 1);
    assert!(treated[0].to_string().contains("\"claimed-client\":\"127.0.0.1\""), "{treated:?}");
}

/// A web server with one file.
fn origin() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
                line.clear();
            }
            let file = example();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n",
                file.len()
            );
            let _ = reader.get_mut().write_all(&[head.as_bytes(), &file].concat());
        }
    });
    address
}
