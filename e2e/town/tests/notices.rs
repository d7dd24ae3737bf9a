//! Notices by mail from a running town, through an SMTP server made by others
//! (aiosmtpd, from PyPI): a delivery brings one mail whose link works, a relay
//! that is dead delays nobody, and what was typed begins no header.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;
use town::program::free_port;
use town::{Client, Clock, Town};

/// The relay, running. It ends with its standard input.
struct Relay {
    child: Child,
}

/// One mail as the relay took it.
struct Mail {
    to: Vec<String>,
    head: String,
    text: String,
}

const OWN: &str = "/me";

/// Installs the relay into a virtual environment under target/, once.
fn python() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("relay-venv");
    let (python, done) = (venv.join("bin/python"), venv.join("done"));
    if !done.exists() {
        let quiet = |command: &mut Command| {
            command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        let packages = ["install", "-q", "--retries", "1", "aiosmtpd==1.4.6"];
        let made = quiet(Command::new("python3").args(["-m", "venv"]).arg(&venv))
            && quiet(Command::new(venv.join("bin/pip")).args(packages));
        if !made {
            eprintln!("skipped: aiosmtpd cannot be installed from PyPI");
            return None;
        }
        std::fs::write(&done, "").unwrap();
    }
    Some(python)
}

impl Relay {
    fn start(python: &Path, folder: &Path, port: u16) -> Self {
        Self::start_covered(python, folder, port, &[])
    }

    /// As [`Relay::start`], over TLS: how, and the files of certificate and key.
    fn start_covered(python: &Path, folder: &Path, port: u16, cover: &[&str]) -> Self {
        let mut child = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/notices/relay.py"))
            .arg(folder)
            .arg(port.to_string())
            .args(cover)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It tells of every handshake that fails, as some are to.
            .stderr(if cover.is_empty() { Stdio::inherit() } else { Stdio::null() })
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready");
        Self { child }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn town(folder: &Path, port: u16, clock: &Clock) -> Town {
    let file = folder.join("sekisho.toml");
    let text = format!(
        "[mail]\nrelay = \"127.0.0.1:{port}\"\ntls = \"none\"\n\
         from = \"sekisho@midori.example\"\ndomains = [\"midori.example\"]\n"
    );
    std::fs::write(&file, text).unwrap();
    Town::start_by_with(Some(clock), &["--config", file.to_str().unwrap()])
}

fn mails(folder: &Path) -> Vec<Mail> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|file| file.extension().is_some_and(|end| end == "mail")).collect();
    files.sort();
    files.iter().map(|file| read(&std::fs::read_to_string(file).unwrap())).collect()
}

fn read(kept: &str) -> Mail {
    let (envelope, mail) = kept.split_once("\n\n").unwrap();
    let mail = mail.replace("\r\n", "\n");
    let (head, body) = mail.split_once("\n\n").unwrap();
    assert!(head.contains("Content-Transfer-Encoding: base64"), "{head}");
    let packed: String = body.split_whitespace().collect();
    let text = String::from_utf8(STANDARD.decode(packed).unwrap()).unwrap();
    let to = envelope.lines().skip(1).map(str::to_owned).collect();
    Mail { to, head: head.to_owned(), text: text.replace("\r\n", "\n") }
}

fn wait_for(folder: &Path, count: usize) -> Vec<Mail> {
    let start = Instant::now();
    loop {
        let found = mails(folder);
        if found.len() >= count {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(90), "{} mails, not {count}", found.len());
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Enters an address and proves it by the code that comes there.
fn settle(client: &Client, folder: &Path, address: &str) {
    let asked = client.form(OWN, "/me/mail", &[("mail-address", address)]);
    assert_eq!(asked.status, 303, "{}", asked.text);
    let mail = wait_for(folder, 1).pop().unwrap();
    assert_eq!(mail.to, [address]);
    let is_code = |line: &&str| line.len() == 19 && line.matches('-').count() == 3;
    let code = mail.text.lines().find(is_code).unwrap();
    let confirmed = client.form(OWN, "/me/mail/confirm", &[("mail-code", code)]);
    assert_eq!(confirmed.status, 303, "{}", confirmed.text);
    assert!(client.get(OWN).text.contains(address));
    std::fs::remove_dir_all(folder).unwrap();
    std::fs::create_dir(folder).unwrap();
}

fn send(client: &Client, to: &str, name: &str) -> Value {
    let mut body = Vec::new();
    let fields =
        [("crossing", "internet-lgwan"), ("to", to), ("class", "2"), ("purpose", "秘密の用向き")];
    for (field, value) in fields {
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{field}\"");
        body.extend(format!("{head}\r\n\r\n{value}\r\n").bytes());
    }
    let head =
        format!("--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"");
    let kind = "Content-Type: text/plain";
    body.extend(format!("{head}\r\n{kind}\r\n\r\n住民の皆さまへ\r\n--edge--\r\n").bytes());
    let reply = client.send_typed("/api/v1/passages", "multipart/form-data; boundary=edge", &body);
    assert_eq!(reply.status, 201, "{reply:?}");
    let sent = reply.json["items"].as_array().map_or(&reply.json, |items| &items[0]);
    delivered(client, sent["id"].as_str().unwrap())
}

fn delivered(client: &Client, id: &str) -> Value {
    let start = Instant::now();
    loop {
        let now = client.get(&format!("/api/v1/passages/{id}")).json;
        if now["state"] == "delivered" {
            return now;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "not delivered: {now}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

struct Stage {
    town: Town,
    port: u16,
    python: PathBuf,
    folder: TempDir,
    clock: Clock,
}

/// A mail gathers for so long what follows closely.
const GATHER: Duration = Duration::from_secs(20);

impl Stage {
    fn set() -> Option<Self> {
        let (python, clock) = (python()?, Clock::find()?);
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        std::fs::create_dir(folder.path().join("kept")).unwrap();
        let town = town(folder.path(), port, &clock);
        Some(Self { town, port, python, folder, clock })
    }

    fn kept(&self) -> PathBuf {
        self.folder.path().join("kept")
    }

    fn relay(&self) -> Relay {
        Relay::start(&self.python, &self.kept(), self.port)
    }
}

#[test]
fn deliveries_bring_one_mail_whose_link_works_also_after_the_relay_was_dead() {
    let Some(mut stage) = Stage::set() else { return };
    let relay = stage.relay();
    let (clerk, receiver) =
        (stage.town.client_of("yamada.hanako"), stage.town.client_of("sasaki.taro"));
    let other = stage.town.client_of("ito.sachiko");
    let auditor = stage.town.client_of("yoshida.rei");
    let kept = stage.kept();
    settle(&receiver, &kept, "sasaki@midori.example");
    for number in 0..3 {
        send(&clerk, "sasaki.taro", &format!("秘密の名前{number}.txt"));
    }
    stage.clock.advance(GATHER);
    let mail = wait_for(&kept, 1).pop().unwrap();
    assert_eq!(mail.to, ["sasaki@midori.example"]);
    assert!(mail.head.contains("Auto-Submitted: auto-generated"), "{}", mail.head);
    assert!(!mail.text.contains("秘密") && !mail.text.contains("山田"), "{}", mail.text);
    let links: Vec<&str> = mail.text.lines().filter(|line| line.starts_with("https://")).collect();
    assert!(links.len() == 2 && links[0] == links[1], "{}", mail.text);
    let origin = format!("https://sekisho.localhost:{}", stage.town.program.port());
    let path = links[0].strip_prefix(&origin).unwrap();
    let page = receiver.get(path);
    assert!(page.status == 200 && page.text.contains("秘密の名前2"), "{}", page.text);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(mails(&kept).len(), 1, "three deliveries, one mail");

    // Another receiver, and a relay that is dead: nobody waits for it.
    std::fs::remove_dir_all(&kept).unwrap();
    std::fs::create_dir(&kept).unwrap();
    settle(&other, &kept, "ito@midori.example");
    drop(relay);
    let start = Instant::now();
    send(&clerk, "ito.sachiko", "その二.txt");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    stage.clock.advance(GATHER);
    let start = Instant::now();
    while !stage.town.program.said().contains("notices.mail") {
        assert!(start.elapsed() < Duration::from_secs(30), "the relay was not asked");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(mails(&kept).is_empty());
    let _relay = stage.relay();
    stage.clock.advance(Duration::from_secs(15));
    let late = wait_for(&kept, 1);
    assert_eq!((late.len(), &late[0].to[..]), (1, &["ito@midori.example".to_owned()][..]));
    let ledger = auditor.get("/ledger?area=notice.").text;
    assert!(ledger.contains("notice.sent") && !ledger.contains("@midori.example"));
}

#[test]
fn a_line_end_in_an_address_begins_no_header_and_other_domains_are_refused() {
    let Some(stage) = Stage::set() else { return };
    let _relay = stage.relay();
    let clerk = stage.town.client_of("yamada.hanako");
    for address in [
        "a@midori.example\r\nBcc: evil@midori.example",
        "a@midori.example\nBcc: evil@midori.example",
        "a@midori.example\r\nRCPT TO:<evil@midori.example>",
        "a@elsewhere.example",
        "a@sub.midori.example",
        "<a@midori.example>",
    ] {
        let asked = clerk.form(OWN, "/me/mail", &[("mail-address", address)]);
        assert_eq!(asked.status, 422, "{address:?}: {}", asked.text);
    }
    settle(&clerk, &stage.kept(), "yamada@midori.example");
    let removed = clerk.form(OWN, "/me/mail/remove", &[]);
    assert_eq!(removed.status, 303, "{}", removed.text);
    assert!(!clerk.get(OWN).text.contains("yamada@midori.example"));
    let manager = stage.town.client_of("yoshida.rei");
    assert!(!manager.get("/people").text.contains("midori.example\""));
}

/// An authority of our own, and a certificate for a name.
struct Certificates {
    folder: TempDir,
}

impl Certificates {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let this = Self { folder };
        this.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=Relay \
             -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem",
        );
        for name in ["localhost", "relay.example"] {
            std::fs::write(
                this.folder.path().join("names"),
                format!("subjectAltName=DNS:{name}\n"),
            )
            .unwrap();
            this.openssl(&format!(
                "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} \
                 -keyout {name}.key -out {name}.csr"
            ));
            this.openssl(&format!(
                "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
                 -extfile names -out {name}.pem"
            ));
        }
        this
    }

    fn openssl(&self, told: &str) {
        let said = Command::new("openssl")
            .args(told.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(said.status.success(), "{said:?}");
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Writes a configuration of a relay on this machine.
    fn settings(&self, port: u16, tls: &str, is_trusted: bool) -> PathBuf {
        let trust = match is_trusted {
            true => format!("trust = \"{}\"\n", self.file("ca.pem")),
            false => String::new(),
        };
        let text = format!(
            "[mail]\nrelay = \"localhost:{port}\"\ntls = \"{tls}\"\n{trust}\
             from = \"sekisho@midori.example\"\ndomains = [\"midori.example\"]\n"
        );
        let file = self.folder.path().join(format!("{tls}-{is_trusted}.toml"));
        std::fs::write(&file, text).unwrap();
        file
    }
}

/// Whether the relay would take mails, as the doctor finds it.
fn doctor(settings: &Path) -> Value {
    let said = Command::new(town::program::binary())
        .args(["doctor", "--json", "--config"])
        .arg(settings)
        .output()
        .unwrap();
    let all: Value = serde_json::from_slice(&said.stdout).unwrap();
    let checks = all["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == "mail").unwrap().clone()
}

#[test]
fn a_relay_gets_mails_over_tls_and_only_if_it_is_the_one_that_was_named() {
    let Some(python) = python() else { return };
    let certificates = Certificates::make();
    for tls in ["starttls", "tls"] {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let kept = folder.path().join("kept");
        std::fs::create_dir(&kept).unwrap();
        let covered = |name: &str| {
            let files = ["pem", "key"].map(|end| certificates.file(&format!("{name}.{end}")));
            Relay::start_covered(&python, &kept, port, &[tls, &files[0], &files[1]])
        };
        let settings = certificates.settings(port, tls, true);
        {
            let _relay = covered("localhost");
            let file = settings.to_str().unwrap();
            let town = Town::start_with(&["--config", file]);
            settle(&town.client_of("sasaki.taro"), &kept, "sasaki@midori.example");
            assert_eq!(doctor(&settings)["ok"], true, "{tls}");
            let stranger = doctor(&certificates.settings(port, tls, false));
            assert_eq!(stranger["ok"], false, "{tls}: its authority is not believed");
        }
        {
            let _other = covered("relay.example");
            let other = doctor(&settings);
            assert_eq!(other["ok"], false, "{tls}: the certificate names another: {other}");
        }
        // One that offers no TLS gets nothing.
        let _plain = Relay::start(&python, &kept, port);
        let plain = doctor(&settings);
        assert_eq!(plain["ok"], false, "{tls}: in the clear: {plain}");
        assert!(mails(&kept).is_empty());
    }
}
