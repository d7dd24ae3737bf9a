//! Every way by which a file can be brought to a boundary of the small town,
//! and what its receiver then gets.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use town::{Client, Demo, Program, Town};

use crate::cast::text;

/// The small town's code.
pub const BODY: &str = "198021";
/// Who sends.
pub const SENDER: &str = "abe.nanami";
/// Who receives: somebody of another section.
pub const RECEIVER: &str = "saito.yoko";
/// The section to which the folder's files go, the receiver's own.
pub const SECTION: &str = "soumu";

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The form on the page.
    Page,
    /// One call with the file in it.
    Form,
    /// An upload in parts that is then sent on.
    Upload,
    /// A watched folder.
    Folder,
}

impl Way {
    /// All that end in an inbox. ICAP answers whoever asked: [`Gate::icap`].
    pub const ALL: [Self; 4] = [Self::Page, Self::Form, Self::Upload, Self::Folder];
}

/// The small town with folders and ICAP, running.
pub struct Gate {
    /// The town.
    pub town: Town,
    place: TempDir,
    icap: u16,
}

/// How long a file may take from being brought to being decided.
const DECIDED_MAX: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);

impl Gate {
    /// Starts it.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn open() -> Self {
        let place = tempfile::tempdir().expect("a folder");
        let icap = town::program::free_port();
        for name in ["in", "out"] {
            fs::create_dir(place.path().join(name)).expect("a folder");
        }
        let here = place.path().display();
        let configuration = format!(
            "[limits]\nrequests-a-minute = 100000\n\n\
             [icap]\nlisten = \"127.0.0.1:{icap}\"\nclients = [\"127.0.0.1\"]\nbody = \"{BODY}\"\n\
             crossing = \"internet-lgwan\"\n\n\
             [[transfer.folder]]\npath = \"{here}/in\"\nbody = \"{BODY}\"\n\
             crossing = \"internet-lgwan\"\nto = \"{SECTION}\"\npurpose = \"監査の検証\"\n\
             sender = \"{SENDER}\"\nsettled-seconds = 0\n"
        );
        let data = Arc::new(tempfile::tempdir().expect("a folder"));
        fs::write(data.path().join("sekisho.toml"), configuration).expect("the configuration");
        let program = Program::up(data, &["--demo"]);
        let demo = Demo::read(&program.data().join("demo.json"));
        Self { town: Town { program, demo }, place, icap }
    }

    /// The watched folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.place.path().join("in")
    }

    /// Brings a file inward by a way, as [`SENDER`]; the passage as soon as it
    /// is decided on.
    ///
    /// # Panics
    /// If it is not taken, or not decided within a minute.
    #[must_use]
    pub fn bring(&self, sender: &Client, way: Way, name: &str, bytes: &[u8]) -> Value {
        let before = self.newest(sender);
        match way {
            Way::Page => {
                let form = form(RECEIVER, "internet-lgwan", &[(name, bytes)], &[]);
                let mut shown = field("csrf", &sender.form_token("/transfer"));
                shown.extend(form);
                let sent = sender.send_typed("/transfer/send", FORM, &shown);
                assert!(sent.status == 303, "{sent:?}");
            }
            Way::Form => {
                let form = form(RECEIVER, "internet-lgwan", &[(name, bytes)], &[]);
                let sent = sender.send_typed("/api/v1/passages", FORM, &form);
                assert_eq!(sent.status, 201, "{sent:?}");
            }
            Way::Upload => {
                let upload = upload(sender, name, bytes);
                let form = form(RECEIVER, "internet-lgwan", &[], &[&upload]);
                let sent = sender.send_typed("/api/v1/passages", FORM, &form);
                assert_eq!(sent.status, 201, "{sent:?}");
            }
            Way::Folder => {
                let part = self.folder().join(format!(".{name}"));
                fs::write(&part, bytes).expect("a file");
                fs::rename(part, self.folder().join(name)).expect("moved");
            }
        }
        let start = Instant::now();
        loop {
            let found = self.newest(sender).filter(|now| {
                before.as_ref().is_none_or(|before| before["id"] != now["id"])
                    && now["state"] != "received"
            });
            if let Some(found) = found {
                return found;
            }
            assert!(start.elapsed() < DECIDED_MAX, "{way:?} {name} is not decided");
            std::thread::sleep(PAUSE);
        }
    }

    /// What somebody sent last.
    fn newest(&self, sender: &Client) -> Option<Value> {
        let list = sender.get("/api/v1/passages?box=outbox").json;
        list["items"].as_array().and_then(|items| items.first().cloned())
    }

    /// Has a file treated by ICAP, as a proxy does with a download; the whole
    /// answer.
    ///
    /// # Panics
    /// If nobody answers.
    #[must_use]
    pub fn icap(&self, name: &str, bytes: &[u8]) -> Vec<u8> {
        let request =
            format!("GET http://town.example/{name} HTTP/1.1\r\nHost: town.example\r\n\r\n");
        let response = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\
             Content-Disposition: attachment\r\nContent-Length: {}\r\n\r\n",
            bytes.len()
        );
        let head = format!(
            "RESPMOD icap://127.0.0.1/disarm ICAP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
             Encapsulated: req-hdr=0, res-hdr={}, res-body={}\r\n\r\n{request}{response}{:x}\r\n",
            request.len(),
            request.len() + response.len(),
            bytes.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.icap)).expect("ICAP listens");
        stream.set_read_timeout(Some(DECIDED_MAX)).expect("a time");
        stream.write_all(&[head.as_bytes(), bytes, b"\r\n0\r\n\r\n"].concat()).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        answer
    }

    /// `sekisho` with a token, as a script runs it.
    #[must_use]
    pub fn command(&self, token: &str, words: &[&str]) -> std::process::Output {
        Command::new(town::program::binary())
            .args(words)
            .args(["--server", &self.town.demo.base_url])
            .arg("--ca")
            .arg(&self.town.demo.ca_certificate)
            .env("SEKISHO_TOKEN", token)
            .current_dir(self.place.path())
            .output()
            .unwrap_or_else(|error| unreachable!("no program: {error}"))
    }

    /// A folder of the test's own.
    #[must_use]
    pub fn place(&self) -> &Path {
        self.place.path()
    }
}

/// What [`form`] writes.
pub const FORM: &str = "multipart/form-data; boundary=edge";

/// A form of the send page.
#[must_use]
pub fn form(to: &str, crossing: &str, files: &[(&str, &[u8])], uploads: &[&str]) -> Vec<u8> {
    let fields = [("crossing", crossing), ("to", to), ("class", "2"), ("purpose", "監査の検証")];
    let uploads = uploads.iter().map(|id| ("uploads", *id));
    let mut body = Vec::new();
    for (name, value) in fields.into_iter().chain(uploads) {
        body.extend(field(name, value));
    }
    for (name, bytes) in files {
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.bytes().chain(bytes.iter().copied()).chain(*b"\r\n"));
    }
    body.extend(b"--edge--\r\n");
    body
}

/// One field of [`form`].
fn field(name: &str, value: &str) -> Vec<u8> {
    format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into()
}

/// Brings bytes as one upload.
///
/// # Panics
/// If it is not taken.
#[must_use]
pub fn upload(client: &Client, name: &str, bytes: &[u8]) -> String {
    let metadata = format!("filename {}", STANDARD.encode(name));
    let length = bytes.len().to_string();
    let headers = [
        ("Tus-Resumable", "1.0.0"),
        ("Upload-Length", length.as_str()),
        ("Upload-Metadata", metadata.as_str()),
        ("Content-Type", "application/offset+octet-stream"),
    ];
    let sent = town::client::Sent::With(&headers, bytes);
    let brought = client.try_send("/api/v1/uploads", &sent, "");
    let brought = brought.unwrap_or_else(|error| unreachable!("no answer: {error}"));
    assert_eq!(brought.status, 201, "{brought:?}");
    text(&brought.json["id"])
}

/// What the receiver gets of a passage: its bytes, or the status of a refusal.
///
/// # Errors
/// The status.
pub fn fetch(receiver: &Client, passage: &Value) -> Result<Vec<u8>, u16> {
    let path = format!("/api/v1/passages/{}/content", text(&passage["id"]));
    let body = json!({});
    let sent = town::client::Sent::Json(&body);
    let got = receiver.try_bytes(&path, &sent);
    match got.unwrap_or_else(|error| unreachable!("no answer: {error}")) {
        (200, bytes) => Ok(bytes),
        (status, _) => Err(status),
    }
}

/// True if the bytes stand somewhere in others.
#[must_use]
pub fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
