//! The ground of a mail gate: two network namespaces, the town's own mail server
//! in the inner one, and the scanner. Everything goes when the test does.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::{Client, Keeper, Town};
use base::SystemClock;
use mail_relay::{
    Back, Body, Domain, Filter, Label, Limits, Network, Next, Onward, Postfix, Running, SafePath,
    Setting, Side, files,
};

/// The server of the town, in the inner namespace.
const TOWN_PORT: u16 = 2_525;
/// Whose mailbox it is.
pub const CLERK: &str = "sasaki.taro";

/// The place of one gate.
pub struct Ground {
    /// Where everything lies.
    pub folder: PathBuf,
    /// Where the outer Postfix listens for the world.
    pub address: Ipv4Addr,
    /// The namespace towards the world.
    pub outer: String,
    /// The namespace of the town.
    pub inner: String,
    server: Option<Running>,
    keeper: Option<Keeper>,
}

/// Runs a program that must succeed.
///
/// # Panics
/// If it fails, with its words.
pub fn run(program: &str, arguments: &[&str]) -> Output {
    let done = Command::new("timeout").arg("60").arg(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        done.status.success(),
        "{program} {arguments:?}: {}{said}",
        String::from_utf8_lossy(&done.stdout)
    );
    done
}

fn number(what: &str) -> u32 {
    String::from_utf8(run("id", &[what, "postfix"]).stdout).unwrap().trim().parse().unwrap()
}

impl Ground {
    /// Makes it; nothing where the programs are not installed or may not.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn up() -> Option<Self> {
        let is_root = fs::metadata("/proc/self")
            .is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        let has_all =
            ["/usr/sbin/postfix", "/usr/bin/swaks"].iter().all(|place| Path::new(place).exists());
        if !is_root || !has_all {
            eprintln!("skipped: needs root and postfix, swaks (Debian packages of these names)");
            return None;
        }
        let process = std::process::id();
        let folder = PathBuf::from(format!("/tmp/skt-{process}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("boxes")).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        chown(folder.join("boxes"), Some(number("-u")), Some(number("-g"))).unwrap();
        let third = u8::try_from(process % 250).unwrap();
        let (own, address) = (Ipv4Addr::new(198, 19, third, 1), Ipv4Addr::new(198, 19, third, 2));
        let (outer, inner) = (format!("sekisho-mt-{process}-o"), format!("sekisho-mt-{process}-i"));
        let link = format!("mt{}", process % 1_000_000);
        let keeper = Some(Keeper::over(&folder, &[&outer, &inner]));
        let mut ground = Self { folder, address, outer, inner, server: None, keeper };
        for netns in [&ground.outer, &ground.inner] {
            run("ip", &["netns", "add", netns]);
            run("ip", &["-n", netns, "link", "set", "lo", "up"]);
        }
        run(
            "ip",
            &[
                "link",
                "add",
                &link,
                "type",
                "veth",
                "peer",
                "name",
                "world",
                "netns",
                &ground.outer,
            ],
        );
        run("ip", &["address", "add", &format!("{own}/30"), "dev", &link]);
        run("ip", &["link", "set", &link, "up"]);
        run(
            "ip",
            &["-n", &ground.outer, "address", "add", &format!("{address}/30"), "dev", "world"],
        );
        run("ip", &["-n", &ground.outer, "link", "set", "world", "up"]);
        ground.start_server().await;
        Some(ground)
    }

    /// As [`Ground::up`], for a test without a runtime.
    ///
    /// # Panics
    /// As [`Ground::up`].
    #[must_use]
    pub fn up_alone() -> Option<Self> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut ground = runtime.block_on(Self::up())?;
        if let Some(server) = ground.server.take() {
            server.leave();
        }
        Some(ground)
    }

    /// A plain Postfix that takes mail for the town and keeps it in a Maildir.
    async fn start_server(&mut self) {
        let home = SafePath::parse(&format!("{}/server", self.folder.display())).unwrap();
        let setting = Setting {
            side: Side::Inside,
            name: Domain::parse("mail.town.example").unwrap(),
            home: home.clone(),
            entrances: vec![([127, 0, 0, 1], TOWN_PORT).into()],
            bodies: vec![Body {
                label: Label::parse("town").unwrap(),
                domains: vec![Domain::parse("town.example").unwrap()],
                next: Next::Maildir {
                    folder: SafePath::parse(&format!("{}/boxes", self.folder.display())).unwrap(),
                    user: number("-u"),
                    group: number("-g"),
                },
                senders: vec![Network::parse("127.0.0.1").unwrap()],
                bytes_max: 150 << 20,
                receivers_max: 100,
            }],
            filter: Filter::Socket,
            back: Back::Socket,
            policy: None,
            onward: Onward::World,
            certificate: None,
            limits: Limits::default(),
        };
        let mut texts = files(&setting);
        let main = texts.get_mut("main.cf").unwrap();
        *main = main
            .lines()
            .map(|line| match line.split_once(" =") {
                Some((name @ ("content_filter" | "smtpd_sender_restrictions"), _)) => {
                    format!("{name} =\n")
                }
                Some(_) | None => format!("{line}\n"),
            })
            .collect();
        let clock = Arc::new(SystemClock::default());
        let postfix = Postfix::at(home, Some(self.inner.clone()), clock);
        postfix.install_files(&texts).await.unwrap();
        let running = postfix.keep_running();
        running.is_up().await.unwrap();
        self.server = Some(running);
    }

    /// A demo town with its gate here.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn town(&self, clamd: Option<&Clamd>) -> Town {
        let scanners = clamd.map_or_else(String::new, |clamd| {
            format!("[scanners]\nclamd = \"{}\"\n\n", clamd.socket)
        });
        let text = format!(
            "{scanners}[mail-gate]\nname = \"mx.town.example\"\nhome = \"{}/gate\"\n\
             listen = [\"{}:25\"]\noutside-netns = \"{}\"\ninside-netns = \"{}\"\n\
             known-domains = [\"soumu.go.jp\"]\n\n[[mail-gate.body]]\ncode = \"198013\"\n\
             domains = [\"town.example\"]\nserver = \"127.0.0.1:{TOWN_PORT}\"\ntls = \"none\"\n\
             mib-max = 60\n",
            self.folder.display(),
            self.address,
            self.outer,
            self.inner,
        );
        let file = self.configuration();
        fs::write(&file, text).unwrap();
        let town = Town::start_with(&["--config", file.to_str().unwrap()]);
        let manager = town.client("system-manager");
        let set = [("address", "sasaki@town.example"), ("owner", CLERK), ("class", "2")];
        let reply = manager.form("/mail/mailboxes", "/mail/mailboxes", &set);
        assert!(reply.status < 400, "{reply:?}");
        assert!(manager.get("/mail/mailboxes").text.contains("sasaki@town.example"));
        self.wait_for_postfix();
        town
    }

    /// The configuration of the town's program.
    #[must_use]
    pub fn configuration(&self) -> PathBuf {
        self.folder.join("sekisho.toml")
    }

    /// The program answers before its Postfix does.
    fn wait_for_postfix(&self) {
        let begun = Instant::now();
        while std::net::TcpStream::connect((self.address, 25)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{}", self.logs());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Sends a whole message from the internet; swaks says whether it was taken.
    ///
    /// # Panics
    /// If it was not.
    pub fn send(&self, from: &str, message: &[u8]) {
        self.send_to(from, "sasaki@town.example", message).unwrap_or_else(|said| panic!("{said}"));
    }

    /// As [`Ground::send`], to anybody; what swaks said where it was not taken.
    ///
    /// # Errors
    /// What was said.
    ///
    /// # Panics
    /// If there is no swaks.
    pub fn send_to(&self, from: &str, to: &str, message: &[u8]) -> Result<(), String> {
        let file = self.folder.join("message");
        fs::write(&file, message).unwrap();
        let data = format!("@{}", file.display());
        let done = Command::new("timeout")
            .args(["60", "swaks", "--server", &self.address.to_string(), "--port", "25"])
            .args([
                "--from",
                from,
                "--to",
                to,
                "--data",
                &data,
                "--suppress-data",
                "--no-strip-from",
            ])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        if done.status.success() { Ok(()) } else { Err(said) }
    }

    /// Everything in the town's box.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn mails(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.join("boxes/town/new")).into_iter().flatten();
        let texts = entries.flatten().map(|entry| fs::read(entry.path()).unwrap());
        texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
    }

    /// Waits for the mail that a word is in; says how long it took.
    ///
    /// # Panics
    /// If it does not come.
    pub fn wait_for(&self, word: &str) -> (String, Duration) {
        let begun = Instant::now();
        loop {
            if let Some(mail) = self.mails().into_iter().find(|mail| mail.contains(word)) {
                return (mail, begun.elapsed());
            }
            if begun.elapsed() > Duration::from_secs(90) {
                panic!("in vain: {word}\n{}", self.logs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The last words of the gate's two Postfixes.
    #[must_use]
    pub fn logs(&self) -> String {
        ["gate/outside", "gate/inside", "server"]
            .map(|name| {
                let path = self.folder.join(name).join("log/mail.log");
                let text = fs::read(path).unwrap_or_default();
                let text = String::from_utf8_lossy(&text).into_owned();
                let lines: Vec<&str> = text.lines().collect();
                lines[lines.len().saturating_sub(25)..].join("\n")
            })
            .join("\n--\n")
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.leave();
        }
        self.keeper = None;
        if std::thread::panicking() {
            eprintln!("kept for a look: {}", self.folder.display());
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A clamd that knows the harmless test file.
pub struct Clamd {
    /// Where it is asked.
    pub socket: String,
    child: Child,
    _folder: tempfile::TempDir,
}

/// The test file that all scanners know, put together so that none takes this
/// test for one.
#[must_use]
pub fn eicar() -> String {
    ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!", "$H+H*"].concat()
}

impl Clamd {
    /// Starts it; nothing where it is not installed.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        if !Path::new("/usr/sbin/clamd").exists() {
            eprintln!("skipped in part: no clamd (Debian: clamav-daemon)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).display().to_string();
        let signature: String =
            eicar().bytes().take(40).map(|byte| format!("{byte:02x}")).collect();
        fs::create_dir(place("database")).unwrap();
        fs::write(place("database/test.ndb"), format!("Sekisho.Test:0:*:{signature}\n")).unwrap();
        let settings = format!(
            "Foreground yes\nLocalSocket {}\nDatabaseDirectory {}\nLogFile {}\n\
             StreamMaxLength 200M\nMaxFileSize 200M\nMaxScanSize 400M\n",
            place("clamd.sock"),
            place("database"),
            place("clamd.log")
        );
        fs::write(place("clamd.conf"), settings).unwrap();
        let child = Command::new("/usr/sbin/clamd")
            .arg(format!("--config-file={}", place("clamd.conf")))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let clamd = Self { socket: place("clamd.sock"), child, _folder: folder };
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(&clamd.socket).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "clamd does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(clamd)
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until a clerk's list of mails shows a word; the list's text.
///
/// # Panics
/// If it does not.
pub fn listed(clerk: &Client, word: &str) -> String {
    let begun = Instant::now();
    loop {
        let text = clerk.get("/mail").text;
        if text.contains(word) {
            return text;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "not listed: {word}\n{text}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The page of the mail with a subject.
///
/// # Panics
/// If the list does not name it.
#[must_use]
pub fn page_of(list: &str, subject: &str) -> String {
    let (before, _) = list.split_once(subject).unwrap();
    let (_, from) = before.rsplit_once("href=\"").unwrap();
    from.split('"').next().unwrap().to_owned()
}
