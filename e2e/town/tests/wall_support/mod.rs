//! A gateway with four machines round it, each in a network namespace, and what
//! people do about flows through it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tempfile::TempDir;
use town::{Client, Town, program};

/// Applies.
pub const CLERK: &str = "yamada.hanako";
/// Approves flows (統括情報セキュリティ責任者).
pub const CHIEF: &str = "tanaka.hiroshi";
/// Checks (情報システム管理者).
pub const MANAGER: &str = "yamamoto.akira";

/// The most that a session may live on, and a flow may take to open.
pub const LATE_MAX: Duration = Duration::from_secs(5);
const BEAT: Duration = Duration::from_millis(40);

const SITE: &str = r#"
[site]
body = "みどり市"
model = "alpha"
[[network]]
name = "mn"
zone = "mynumber"
interface = "mn0"
ipv4 = "10.1.0.0/24"
[[network]]
name = "lg"
zone = "lgwan"
interface = "lg0"
ipv4 = "10.2.0.0/24"
[[network]]
name = "inet"
zone = "internet"
interface = "in0"
ipv4 = "203.0.113.0/24"
[[host]]
name = "jumin"
network = "mn"
ipv4 = "10.1.0.10"
mac = "02:00:5e:00:53:01"
owner = "市民課"
[[host]]
name = "renkei"
network = "lg"
ipv4 = "10.2.0.10"
mac = "02:00:5e:00:53:02"
owner = "情報政策課"
[[host]]
name = "web"
network = "inet"
ipv4 = "203.0.113.10"
owner = "情報政策課"
[[flow]]
name = "renkei-tcp"
from = "renkei"
to = "jumin"
protocol = "tcp"
port = 8443
purpose = "住民票の連携"
owner = "情報政策課"
ends = 2099-03-31
[[flow]]
name = "renkei-udp"
from = "renkei"
to = "jumin"
protocol = "udp"
port = 5140
purpose = "記録の送付"
owner = "情報政策課"
ends = 2099-03-31
[[flow]]
name = "tsuchi"
from = "jumin"
to = "renkei"
protocol = "tcp"
port = 9443
purpose = "通知の送付"
owner = "市民課"
ends = 2099-03-31
[[flow]]
name = "hoshu"
from = "renkei"
to = "jumin"
protocol = "tcp"
port = 22
application = "ssh"
purpose = "保守"
owner = "情報政策課"
ends = 2099-03-31
"#;

/// Who answers in personal numbers.
pub const TCP: &str = "10.1.0.10:8443";
/// The same, where the flow speaks SSH: whoever echoes an identification string
/// has one.
pub const SSH: &str = "10.1.0.10:22";
/// The same by UDP.
pub const UDP: &str = "10.1.0.10:5140";
/// Who answers in LGWAN.
pub const BACK: &str = "10.2.0.10:9443";

/// A site in namespaces, taken down when dropped.
pub struct Ground {
    name: String,
    folder: TempDir,
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = self.lab("down", &[]);
    }
}

impl Ground {
    /// Builds it, or says aloud that it cannot: namespaces need root.
    pub fn up(name: &str) -> Option<Self> {
        let name = format!("{name}{}", std::process::id());
        let ground = Self { name, folder: tempfile::tempdir().unwrap() };
        std::fs::write(ground.site_file(), SITE).unwrap();
        let site = ground.site_file().display().to_string();
        // The program itself runs the guard.
        if let Err(why) = ground.lab("up", &[&site, "--without-guard"]) {
            eprintln!("skipped: {why}");
            return None;
        }
        let config = format!(
            "[wall]\nsite = \"site.toml\"\nbody = \"198013\"\nnetns = \"{}\"\napply = true\n",
            ground.namespace("gateway")
        );
        std::fs::write(ground.config(), config).unwrap();
        ground.serve("jumin", TCP, UDP);
        ground.serve("renkei", BACK, "10.2.0.10:9444");
        ground.serve("jumin", SSH, "10.1.0.10:9444");
        Some(ground)
    }

    fn lab(&self, verb: &str, more: &[&str]) -> Result<(), String> {
        let done = Command::new(program::binary())
            .args(["lab", verb, "--name", &self.name])
            .args(more)
            .output()
            .unwrap();
        if done.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("sekisho.toml")
    }

    pub fn site_file(&self) -> PathBuf {
        self.folder.path().join("site.toml")
    }

    /// Its folder, where everybody of this machine may look.
    pub fn open_to_all(&self) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.folder.path(), all).unwrap();
        self.folder.path().to_owned()
    }

    /// The namespace of a machine.
    pub fn namespace(&self, machine: &str) -> String {
        format!("{}-{machine}", self.name)
    }

    /// Does something to the gateway's filter by hand.
    pub fn nft(&self, words: &str) {
        let done = Command::new("ip")
            .args(["netns", "exec", &self.namespace("gateway"), "nft", words])
            .output()
            .unwrap();
        assert!(done.status.success(), "nft {words}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// What the gateway's filter holds.
    pub fn rules(&self) -> String {
        let gateway = self.namespace("gateway");
        let done = Command::new("ip")
            .args(["netns", "exec", &gateway, "nft", "list", "ruleset"])
            .output()
            .unwrap();
        String::from_utf8(done.stdout).unwrap()
    }

    /// Answers what comes, in a host's namespace.
    fn serve(&self, host: &str, tcp: &str, udp: &str) {
        let (tcp, udp): (SocketAddr, SocketAddr) = (tcp.parse().unwrap(), udp.parse().unwrap());
        let (listener, socket) = platform::in_network(&self.namespace(host), || {
            (TcpListener::bind(tcp).unwrap(), UdpSocket::bind(udp).unwrap())
        })
        .unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    let mut bytes = [0; 64];
                    while let Ok(count) = stream.read(&mut bytes) {
                        if count == 0 || stream.write_all(&bytes[..count]).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        std::thread::spawn(move || {
            let mut bytes = [0; 64];
            while let Ok((count, from)) = socket.recv_from(&mut bytes) {
                let _ = socket.send_to(&bytes[..count], from);
            }
        });
    }

    /// Whether a connection is made now.
    pub fn connects(&self, host: &str, to: &str) -> bool {
        let to: SocketAddr = to.parse().unwrap();
        let tried = platform::in_network(&self.namespace(host), move || {
            TcpStream::connect_timeout(&to, Duration::from_millis(400))
        });
        tried.unwrap().is_ok()
    }

    /// Whether words are answered with themselves.
    pub fn answers(&self, host: &str, to: &str, words: &[u8]) -> bool {
        let to: SocketAddr = to.parse().unwrap();
        let tried = platform::in_network(&self.namespace(host), || {
            let mut stream = TcpStream::connect_timeout(&to, Duration::from_millis(400)).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
            stream.write_all(words).ok()?;
            let mut heard = vec![0; words.len()];
            stream.read_exact(&mut heard).ok().map(|()| heard == words)
        });
        tried.unwrap() == Some(true)
    }

    /// Waits until a connection is made, and says how long that took.
    pub fn opens(&self, host: &str, to: &str) -> Duration {
        let start = Instant::now();
        while start.elapsed() < LATE_MAX {
            if self.connects(host, to) {
                return start.elapsed();
            }
        }
        panic!("{to} did not open for {host} within {LATE_MAX:?}");
    }

    /// Begins a session that goes on until told to stop.
    pub fn talk(&self, host: &str, to: &str, is_tcp: bool) -> Talk {
        let to: SocketAddr = to.parse().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (namespace, told) = (self.namespace(host), stop.clone());
        let thread = std::thread::spawn(move || {
            let talk = || if is_tcp { talk_tcp(to, b"", &told) } else { talk_udp(to, &told) };
            platform::in_network(&namespace, talk).unwrap()
        });
        Talk { stop, thread }
    }

    /// The same by TCP, behind first words.
    pub fn talk_after(&self, host: &str, to: &str, first: &'static [u8]) -> Talk {
        let to: SocketAddr = to.parse().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (namespace, told) = (self.namespace(host), stop.clone());
        let thread = std::thread::spawn(move || {
            platform::in_network(&namespace, || talk_tcp(to, first, &told)).unwrap()
        });
        Talk { stop, thread }
    }
}

/// A session under way.
pub struct Talk {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Option<Instant>>,
}

impl Talk {
    /// Ends it, and says when its last answer came.
    pub fn last(self) -> Instant {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap().expect("it lived while it was allowed")
    }
}

fn talk_tcp(to: SocketAddr, first: &[u8], stop: &AtomicBool) -> Option<Instant> {
    let mut stream = TcpStream::connect_timeout(&to, Duration::from_secs(2)).ok()?;
    stream.write_all(first).ok()?;
    stream.set_read_timeout(Some(BEAT)).unwrap();
    stream.set_write_timeout(Some(BEAT)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut last = None;
    while !stop.load(Ordering::SeqCst) {
        let _ = stream.write_all(b"beat");
        if stream.read(&mut [0; 64]).is_ok_and(|count| count > 0) {
            last = Some(Instant::now());
        }
        std::thread::sleep(BEAT);
    }
    last
}

fn talk_udp(to: SocketAddr, stop: &AtomicBool) -> Option<Instant> {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect(to).unwrap();
    socket.set_read_timeout(Some(BEAT)).unwrap();
    let mut last = None;
    while !stop.load(Ordering::SeqCst) {
        let _ = socket.send(b"beat");
        if socket.recv(&mut [0; 64]).is_ok() {
            last = Some(Instant::now());
        }
        std::thread::sleep(BEAT);
    }
    last
}

/// The people of the town.
pub struct People {
    pub clerk: Client,
    pub chief: Client,
    pub manager: Client,
}

impl People {
    pub fn of(town: &Town) -> Self {
        let client = |login| town.client_of(login);
        Self { clerk: client(CLERK), chief: client(CHIEF), manager: client(MANAGER) }
    }

    /// Signed in again after the program was started again: by the next code, as
    /// the last one is spent.
    pub fn again(town: &Town) -> Self {
        let next = SystemClock::default().now().plus(Duration::from_secs(30));
        let client = |login| {
            let account = town.demo.person(login);
            Client::nobody(&town.demo).signed_in(account, &account.code_at(next))
        };
        Self { clerk: client(CLERK), chief: client(CHIEF), manager: client(MANAGER) }
    }

    /// Applies for a flow until a moment; the permit's id and version.
    pub fn apply(&self, flow: &str, ends_at: base::Timestamp) -> (String, u64) {
        let asked = json!({ "purpose": "連携を始める", "ends_at": ends_at.to_string() });
        let reply = self.clerk.post(&format!("/api/v1/wall/flows/{flow}/apply"), &asked);
        assert_eq!(reply.status, 201, "{reply:?}");
        let permit = reply.json["permit"].as_str().unwrap().to_owned();
        (permit, reply.json["version"].as_u64().unwrap())
    }

    /// Has another person approve it.
    pub fn approve(&self, permit: &str, version: u64) {
        let path = format!("/api/v1/permits/{permit}/approve");
        let reply = self.chief.post(&path, &json!({ "version": version }));
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// Applies and has it approved.
    pub fn open(&self, flow: &str, ends_at: base::Timestamp) -> String {
        let (permit, version) = self.apply(flow, ends_at);
        self.approve(&permit, version);
        permit
    }

    /// Takes a permit away.
    pub fn revoke(&self, permit: &str) {
        let path = format!("/api/v1/permits/{permit}/revoke");
        let reply = self.chief.post(&path, &json!({ "note": "不審な通信があった" }));
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// A flow as the register shows it.
    pub fn flow(&self, name: &str) -> Value {
        let reply = self.manager.get("/api/v1/wall/flows");
        assert_eq!(reply.status, 200, "{reply:?}");
        let all = reply.json["items"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap().clone()
    }

    /// How the wall stands.
    pub fn state(&self) -> Value {
        self.manager.get("/api/v1/wall").json
    }

    /// The proof.
    pub fn proof(&self) -> Value {
        self.manager.get("/api/v1/wall/proof").json
    }

    /// Entries of the ledger.
    pub fn entries(&self, action: &str) -> Vec<Value> {
        let reply = self.chief.get(&format!("/api/v1/ledger?action={action}"));
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json["items"].as_array().unwrap().clone()
    }

    /// Waits until something holds, and says how long that took.
    pub fn until(&self, what: &str, max: Duration, holds: impl Fn(&Self) -> bool) -> Duration {
        let start = Instant::now();
        while start.elapsed() < max {
            if holds(self) {
                return start.elapsed();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{what}: not within {max:?}\n{}\n{}", self.state(), self.proof());
    }
}

/// Somebody who is logged in on this machine, as its utmp says (utmp(5)); gone
/// when dropped.
pub struct LoggedIn {
    before: Option<Vec<u8>>,
}

/// Where it lies on Debian.
const UTMP: &str = "/run/utmp";

impl LoggedIn {
    /// Logs somebody in; nothing where that cannot be written.
    pub fn as_user(name: &str, from: &str) -> Option<Self> {
        let before = std::fs::read(UTMP).ok();
        let mut all = before.clone().unwrap_or_default();
        all.extend(record(name, from));
        std::fs::write(UTMP, all).ok()?;
        Some(Self { before })
    }
}

impl Drop for LoggedIn {
    fn drop(&mut self) {
        let _ = match &self.before {
            Some(before) => std::fs::write(UTMP, before),
            None => std::fs::remove_file(UTMP),
        };
    }
}

/// One record of a login by this process, 384 bytes.
fn record(name: &str, from: &str) -> Vec<u8> {
    const USER_PROCESS: i16 = 7;
    let text = |text: &str, length: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(length, 0);
        bytes
    };
    let now = i32::try_from(SystemClock::default().now().seconds()).unwrap();
    let process = i32::try_from(std::process::id()).unwrap();
    let mut bytes = USER_PROCESS.to_le_bytes().to_vec();
    bytes.extend([0; 2]);
    bytes.extend(process.to_le_bytes());
    bytes.extend(text("pts/77", 32));
    bytes.extend(text("77", 4));
    bytes.extend(text(name, 32));
    bytes.extend(text(from, 256));
    bytes.extend([0; 8]);
    bytes.extend(now.to_le_bytes());
    bytes.extend(now.to_le_bytes());
    bytes.extend([0; 40]);
    bytes
}
