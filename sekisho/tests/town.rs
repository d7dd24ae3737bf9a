//! Runs `sekisho up` as a process, as an operator would: a demo, its commands
//! beside it, its end, and what is refused.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use tempfile::TempDir;

const NAME: &str = "sekisho.localhost";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command.args(arguments).env_remove("SEKISHO_DATABASE").env("RUST_LOG", "info");
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.trim())
        .unwrap_or_else(|_| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A running program; killed when dropped.
struct Up {
    child: Child,
    data: PathBuf,
    port: u16,
    /// Its standard output until it was ready.
    said: String,
}

impl Up {
    fn start(data: &Path, more: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = format!("127.0.0.1:{port}");
        let mut arguments = vec!["up", "--data", data.to_str().unwrap(), "--listen", &listen];
        arguments.extend(more);
        let child = command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut up = Self { child, data: data.to_owned(), port, said: String::new() };
        up.wait();
        up
    }

    fn wait(&mut self) {
        let start = Instant::now();
        while !self.get("/readyz").is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {ended:?}");
            assert!(start.elapsed() < Duration::from_secs(120), "it does not get ready");
            std::thread::sleep(Duration::from_millis(100));
        }
        let mut lines = BufReader::new(self.child.stdout.take().unwrap()).lines();
        while let Some(Ok(line)) = lines.next() {
            self.said.push_str(&line);
            self.said.push('\n');
            if line.contains("accounts and secrets") || line.contains("set-up code") {
                break;
            }
        }
    }

    fn get(&self, path: &str) -> Option<String> {
        let authority = CertificateDer::from_pem_file(self.data.join("tls/ca.pem")).ok()?;
        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority).ok()?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .ok()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(NAME).ok()?;
        let connection = rustls::ClientConnection::new(Arc::new(config), name).ok()?;
        let stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let mut stream = rustls::StreamOwned::new(connection, stream);
        let host = format!("{NAME}:{}", self.port);
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// Tells it to end and waits; its exit code.
    fn stop(mut self, signal: &str) -> Option<i32> {
        let number = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &number]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    (folder, path)
}

#[test]
fn a_demo_opens_tells_its_accounts_and_stays_a_demo() {
    let (data, path) = folder();
    let up = Up::start(data.path(), &["--demo"]);
    assert!(up.get("/sign-in").unwrap().starts_with("HTTP/1.1 200"));
    let file = data.path().join("demo.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let demo: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(demo["base_url"], format!("https://{NAME}:{}", up.port));
    assert!(Path::new(demo["ca_certificate"].as_str().unwrap()).exists());
    let accounts = demo["accounts"].as_array().unwrap();
    assert!(accounts.len() > 20);
    for key in ["person", "role", "body", "password", "totp_secret"] {
        assert!(accounts.iter().all(|one| !one[key].as_str().unwrap().is_empty()), "{key}");
    }
    let shown = json(&run(&["demo", "ciso", "--data", &path, "--json"]));
    assert_eq!(shown["accounts"][0]["one_time_code"].as_str().unwrap().len(), 6);

    let second = run(&["up", "--data", &path, "--demo", "--listen", "127.0.0.1:0"]);
    assert!(
        !second.status.success() && said(&second).contains("another sekisho"),
        "{}",
        said(&second)
    );

    assert_eq!(up.stop("-TERM"), Some(0));
    let real = run(&["up", "--data", &path, "--listen", "127.0.0.1:0"]);
    assert!(
        !real.status.success() && said(&real).contains("cannot become a real"),
        "{}",
        said(&real)
    );
    let again = Up::start(data.path(), &["--demo"]);
    let demo: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(demo["base_url"], format!("https://{NAME}:{}", again.port));
    assert_eq!(again.stop("-INT"), Some(0));
}

#[test]
fn a_running_town_is_backed_up_restored_and_proved() {
    let (data, path) = folder();
    let up = Up::start(data.path(), &["--demo"]);
    let (other, new) = folder();
    let file = other.path().join("backup.tar").display().to_string();
    let new = format!("{new}/restored");
    let refused = run(&["backup", "--data", &path, &file]);
    assert!(!refused.status.success() && said(&refused).contains("--plain"), "{}", said(&refused));
    let plain = other.path().join("plain.tar").display().to_string();
    let written = json(&run(&["backup", "--data", &path, "--plain", &plain, "--json"]));
    assert_eq!(json(&run(&["backup", "--verify", &plain, "--json"]))["rows"], written["rows"]);
    let words = other.path().join("words").display().to_string();
    std::fs::write(&words, "ame nochi hare, kaze tsuyoku\n").unwrap();
    let sealing = ["--passphrase-file", words.as_str()];
    let written =
        json(&run(&[&["backup", "--data", &path, &file, "--json"], &sealing[..]].concat()));
    assert!(written["rows"].as_u64().unwrap() > 200, "{written}");
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(8).any(|eight| eight == b"people/0"), "names of tables can be read");
    let shut = run(&["backup", "--verify", &file]);
    assert!(!shut.status.success() && said(&shut).contains("is sealed"), "{}", said(&shut));
    let read = json(&run(&[&["backup", "--verify", &file, "--json"], &sealing[..]].concat()));
    assert_eq!(read["rows"], written["rows"]);
    drop(up);
    let restored = run(&[&["restore", "--data", &new, &file, "--json"], &sealing[..]].concat());
    assert_eq!(json(&restored)["rows"], written["rows"], "{}", said(&restored));
    let again = run(&[&["restore", "--data", &new, &file], &sealing[..]].concat());
    assert!(!again.status.success() && said(&again).contains("not empty"), "{}", said(&again));

    let proved = json(&run(&["records", "verify", "--data", &new, "--json"]));
    assert_eq!(proved["ok"], true, "{proved}");
    assert_eq!(proved["ledgers"].as_array().unwrap().len(), 3);
    let entries = proved["ledgers"][1]["entries"].as_i64().unwrap();
    assert!(entries > 50, "{proved}");
    exports_are_proved(&other.path().join("out.jsonl"), &new);
    let up = Up::start(Path::new(&new), &["--demo"]);
    assert!(up.get("/sign-in").unwrap().starts_with("HTTP/1.1 200"));
}

fn exports_are_proved(file: &Path, data: &str) {
    let name = file.display().to_string();
    let out = run(&["records", "export", "--data", data, "--body", "198013", &name, "--json"]);
    let entries = json(&out)["entries"].as_i64().unwrap();
    let key = format!("{data}/keys/ledger.pub");
    let verify = ["records", "verify", "--export", &name, "--key", &key, "--json"];
    let proved = json(&run(&verify));
    assert_eq!(proved["ledgers"][0]["entries"], entries, "{proved}");
    let text = std::fs::read_to_string(file).unwrap();
    std::fs::write(file, text.replacen("permit.approved", "permit.refused", 1)).unwrap();
    let broken = run(&verify);
    assert_eq!(broken.status.code(), Some(1));
    let broken = json(&broken);
    assert_eq!(broken["ok"], false);
    assert!(broken["ledgers"][0]["sequence"].as_i64().unwrap() > 1, "{broken}");
}

#[test]
fn a_new_town_is_set_up_with_the_code_that_the_terminal_shows() {
    let (data, path) = folder();
    let up = Up::start(data.path(), &[]);
    assert!(up.said.contains("set-up code"), "{}", up.said);
    assert!(up.get("/set-up").unwrap().starts_with("HTTP/1.1 200"));
    assert_eq!(up.stop("-TERM"), Some(0));
    let demo = run(&["up", "--data", &path, "--demo", "--listen", "127.0.0.1:0"]);
    assert!(!demo.status.success() && said(&demo).contains("real town's store"), "{}", said(&demo));
    let doctor = json(&run(&["doctor", "--data", &path, "--json"]));
    let names: Vec<_> =
        doctor["checks"].as_array().unwrap().iter().map(|check| check["name"].clone()).collect();
    for name in ["clock", "data-folder", "disk-space", "authority", "database"] {
        assert!(names.contains(&Value::from(name)), "{name} is not looked at: {names:?}");
    }
}

#[test]
fn a_wrong_configuration_is_told_with_its_line() {
    let (data, path) = folder();
    std::fs::write(data.path().join("sekisho.toml"), "language = \"ja\"\nname = \"10.0.0.1\"\n")
        .unwrap();
    let checked = run(&["config", "check", "--data", &path, "--json"]);
    assert_eq!(checked.status.code(), Some(1));
    assert_eq!(json(&checked)["complaints"][0]["line"], 2);
    let up = run(&["up", "--data", &path]);
    assert!(said(&up).contains("sekisho.toml:2:"), "{}", said(&up));
    let name = run(&["up", "--name", "nas.local"]);
    assert_eq!(name.status.code(), Some(2));
    assert!(said(&name).contains(".local"), "{}", said(&name));
}

#[test]
fn a_place_without_a_store_is_not_made_by_looking() {
    let (data, path) = folder();
    let verify = run(&["records", "verify", "--data", &path]);
    assert!(!verify.status.success());
    assert!(!data.path().join("sekisho.db").exists());
}
