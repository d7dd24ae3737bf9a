//! Two instances in two namespaces, joined with the test's own network by one
//! pair of interfaces each; gone when the test is, even a failed one.

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base::SystemClock;
use mail_relay::{
    Back, Body, Domain, Filter, Label, Limits, Network, Next, Onward, PolicyDown, Postfix, Running,
    SafePath, Setting, Side,
};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// One instance with its namespace.
pub struct Half {
    pub postfix: Postfix,
    pub setting: Setting,
    pub address: Ipv4Addr,
    pub address_six: Ipv6Addr,
    netns: String,
    running: Option<Running>,
}

pub struct Pair {
    pub outside: Half,
    pub inside: Half,
    pub folder: PathBuf,
}

/// Runs a program; its words when it fails.
pub fn run(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new("timeout")
        .args(["30", program])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn is_there(program: &str) -> bool {
    ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).exists())
}

/// Whether the tests of this file can run here.
pub fn can_run() -> bool {
    let is_root =
        fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let missing: Vec<&str> = ["postfix", "ip", "swaks", "smtp-source"]
        .into_iter()
        .filter(|name| !is_there(name))
        .collect();
    if !is_root || !missing.is_empty() {
        eprintln!("skipped: needs root and postfix, swaks and iproute2 (missing: {missing:?})");
    }
    is_root && missing.is_empty()
}

fn id(what: &str, name: &str) -> u32 {
    let output = run("id", &[what, name]);
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

impl Half {
    fn make(folder: &Path, side: Side, number: u32) -> Self {
        let process = std::process::id();
        let letter = match side {
            Side::Outside => "o",
            Side::Inside => "i",
        };
        let netns = format!("sekisho-mail-{process}-{number}{letter}");
        let link = format!("m{letter}{}-{number}", process % 100_000);
        // A net of its own for each half: documentation and benchmark addresses
        // (RFC 2544) by process and number.
        let third = u8::try_from(process % 250).unwrap();
        let index = number * 2 + u32::from(side == Side::Inside);
        let last = u8::try_from(index % 60 * 4).unwrap();
        let (own, other) =
            (Ipv4Addr::new(198, 18, third, last + 1), Ipv4Addr::new(198, 18, third, last + 2));
        let six = |end: u16| {
            Ipv6Addr::new(
                0xfd5e,
                0x5e15,
                u16::try_from(process % 65_000).unwrap(),
                u16::try_from(index).unwrap(),
                0,
                0,
                0,
                end,
            )
        };
        run("ip", &["netns", "add", &netns]);
        run(
            "ip",
            &["link", "add", &link, "type", "veth", "peer", "name", "town0", "netns", &netns],
        );
        run("ip", &["address", "add", &format!("{own}/30"), "dev", &link]);
        run("ip", &["-6", "address", "add", &format!("{}/64", six(1)), "dev", &link, "nodad"]);
        run("ip", &["link", "set", &link, "up"]);
        run("ip", &["-n", &netns, "address", "add", &format!("{other}/30"), "dev", "town0"]);
        run(
            "ip",
            &[
                "-n",
                &netns,
                "-6",
                "address",
                "add",
                &format!("{}/64", six(2)),
                "dev",
                "town0",
                "nodad",
            ],
        );
        run("ip", &["-n", &netns, "link", "set", "town0", "up"]);
        run("ip", &["-n", &netns, "link", "set", "lo", "up"]);
        let home = SafePath::parse(&format!("{}/{letter}", folder.display())).unwrap();
        let boxes = SafePath::parse(&format!("{}/boxes", folder.display())).unwrap();
        let body = |label: &str, domain: &str, bytes_max: u64| Body {
            label: Label::parse(label).unwrap(),
            domains: vec![Domain::parse(domain).unwrap()],
            next: Next::Maildir {
                folder: boxes.clone(),
                user: id("-u", "postfix"),
                group: id("-g", "postfix"),
            },
            senders: vec![Network::parse(&format!("{own}/32")).unwrap()],
            bytes_max,
            receivers_max: 100,
        };
        let setting = Setting {
            side,
            name: Domain::parse(match side {
                Side::Outside => "mx.town.example",
                Side::Inside => "inside.town.example",
            })
            .unwrap(),
            home: home.clone(),
            entrances: vec![
                SocketAddr::from((IpAddr::V4(other), 25)),
                SocketAddr::from((IpAddr::V6(six(2)), 25)),
            ],
            bodies: vec![
                body("town", "town.example", 40 << 20),
                body("village", "village.example", 1 << 20),
            ],
            filter: Filter::Socket,
            back: Back::Socket,
            policy: None,
            onward: Onward::World,
            certificate: None,
            limits: Limits {
                retry_seconds: 2,
                connections_per_client_max: 50,
                ..Limits::default()
            },
        };
        let postfix = Postfix::at(home, Some(netns.clone()), Arc::new(SystemClock::default()));
        Self { postfix, setting, address: other, address_six: six(2), netns, running: None }
    }

    pub async fn start(&mut self) {
        self.postfix.install(&self.setting).await.unwrap();
        let running = self.postfix.keep_running();
        running.is_up().await.unwrap();
        self.running = Some(running);
        // Processes are there before their sockets are.
        let place = SocketAddr::from((self.address, 25));
        until(Duration::from_secs(20), "the entrance answers", || {
            TcpStream::connect_timeout(&place, Duration::from_millis(200)).is_ok()
        });
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// Looks after it no longer.
    pub fn leave(&mut self) {
        if let Some(running) = self.running.take() {
            running.leave();
        }
    }

    /// Kills the processes that speak with clients.
    pub fn kill_servers(&self) {
        let pids = run("ip", &["netns", "pids", &self.netns]).stdout;
        for pid in String::from_utf8_lossy(&pids).lines() {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            if name.trim() == "smtpd" {
                let _ = Command::new("kill").args(["-9", pid]).stderr(Stdio::null()).status();
            }
        }
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.postfix.log_path()).unwrap_or_default()).into_owned()
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("{}", lines[lines.len().saturating_sub(60)..].join("\n"));
        }
        if let Some(running) = self.running.take() {
            running.leave();
        }
        let config = format!("{}/config", self.postfix.home());
        let _ = Command::new("timeout")
            .args(["20", "postfix", "-c", &config, "abort"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        // Whatever of it still runs in the namespace.
        let pids = Command::new("ip").args(["netns", "pids", &self.netns]).output();
        for pid in pids.map(|output| output.stdout).unwrap_or_default().split(|byte| *byte == b'\n')
        {
            let pid = String::from_utf8_lossy(pid).into_owned();
            if !pid.is_empty() {
                let _ = Command::new("kill").args(["-9", &pid]).stderr(Stdio::null()).status();
            }
        }
        let _ = Command::new("ip").args(["netns", "del", &self.netns]).status();
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        // The halves go after this, and what they still write with them.
        let folder = self.folder.clone();
        for half in [&mut self.outside, &mut self.inside] {
            if let Some(running) = half.running.take() {
                running.leave();
            }
            let config = format!("{}/config", half.postfix.home());
            let _ = Command::new("timeout")
                .args(["20", "postfix", "-c", &config, "abort"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
        if std::thread::panicking() || std::env::var_os("SEKISHO_KEEP").is_some() {
            eprintln!("kept for a look: {}", folder.display());
        } else {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

impl Pair {
    /// Both halves, made and not started; nothing where they cannot be.
    pub fn make() -> Option<Self> {
        if !can_run() {
            return None;
        }
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = PathBuf::from(format!("/tmp/skm-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let boxes = folder.join("boxes");
        fs::create_dir(&boxes).unwrap();
        std::os::unix::fs::chown(&boxes, Some(id("-u", "postfix")), Some(id("-g", "postfix")))
            .unwrap();
        Some(Self {
            outside: Half::make(&folder, Side::Outside, number),
            inside: Half::make(&folder, Side::Inside, number),
            folder,
        })
    }

    pub async fn start(&mut self) {
        self.outside.start().await;
        self.inside.start().await;
    }

    pub fn with_policy(mut self, down: PolicyDown) -> Self {
        self.outside.setting.policy = Some(down);
        self
    }

    /// All mails of a body's box.
    pub fn mails(&self, label: &str) -> Vec<String> {
        let folder = self.folder.join("boxes").join(label).join("new");
        let mut mails: Vec<(PathBuf, String)> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| {
                (
                    entry.path(),
                    String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned(),
                )
            })
            .collect();
        mails.sort();
        mails.into_iter().map(|(_, text)| text).collect()
    }

    /// Waits until a box holds so many.
    pub fn wait_for(&self, label: &str, count: usize) -> Vec<String> {
        until(Duration::from_secs(40), &format!("{count} mails in {label}"), || {
            self.mails(label).len() >= count
        });
        self.mails(label)
    }
}

/// Waits for something, and says what never came.
pub fn until(within: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < within, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A client that says what it is told, byte by byte.
pub struct Client {
    stream: TcpStream,
}

impl Client {
    pub fn connect(to: impl Into<IpAddr>) -> Self {
        let stream =
            TcpStream::connect_timeout(&SocketAddr::from((to.into(), 25)), Duration::from_secs(5))
                .unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut client = Self { stream };
        let greeting = client.hear();
        assert!(greeting.starts_with("220"), "{greeting}");
        client
    }

    /// One reply with all its lines; empty when the server closed.
    pub fn hear(&mut self) -> String {
        let mut text = Vec::new();
        let mut byte = [0];
        while matches!(self.stream.read(&mut byte), Ok(1)) {
            text.push(byte[0]);
            let last = text.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
            if byte[0] == b'\n' && last.is_some_and(|line| line.get(3) == Some(&b' ')) {
                break;
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    pub fn send(&mut self, bytes: &[u8]) {
        // A server that hung up is heard of by the next reply.
        let _ = self.stream.write_all(bytes);
    }

    pub fn say(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes());
        self.hear()
    }

    /// Up to the text; the reply to `DATA`.
    pub fn envelope(&mut self, from: &str, to: &str) -> String {
        self.say("EHLO client.example");
        self.say(&format!("MAIL FROM:<{from}>"));
        self.say(&format!("RCPT TO:<{to}>"));
        self.say("DATA")
    }

    /// Everything until the server closes or says nothing more for a while.
    pub fn rest(&mut self) -> String {
        self.stream.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
        let mut text = Vec::new();
        let _ = self.stream.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    }
}
