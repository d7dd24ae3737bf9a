//! The gate of mail while its parts are killed: both Postfix instances on the
//! loopback, somebody who sends, and a town's server that writes down all it gets.

pub mod arrived;
pub mod mails;
pub mod senders;
pub mod sink;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use town::{Client, Demo, Keeper, Program};

use crate::luck::Luck;
use sink::Sink;

/// Where the gate's two instances work; they end with it.
pub struct Office {
    folder: PathBuf,
    port: u16,
    /// The town's server.
    pub sink: Sink,
    keeper: Option<Keeper>,
}

/// A part of the gate that can be killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A caged worker, or what keeps it.
    Worker,
    /// A process of the Postfix towards the world.
    Outside,
    /// A process of the Postfix towards the town.
    Inside,
    /// The process that holds all others of the outer one.
    OutsideMaster,
    /// The same of the inner one.
    InsideMaster,
}

/// How many offices this test has had.
static COUNT: AtomicU32 = AtomicU32::new(0);
/// Processes of the outer one. What brings us a mail may die before it has
/// written down that we took it: it brings it again, and we know it.
const OUTSIDE: [&str; 4] = ["smtpd", "cleanup", "qmgr", "lmtp"];
/// Of the inner one. What delivers to the town's server is not among them: where
/// it dies after that server's yes, every Postfix brings the mail again.
const INSIDE: [&str; 3] = ["smtpd", "cleanup", "qmgr"];
/// Whoever's mailbox it is.
pub const CLERK: &str = "sasaki.taro";
/// The mailbox.
pub const BOX: &str = "sasaki@town.example";
const START_MAX: Duration = Duration::from_secs(60);

impl Office {
    /// Makes it; nothing, said aloud, where Postfix is not installed or this is not
    /// the administrator.
    ///
    /// # Panics
    /// If a folder or port cannot be had.
    #[must_use]
    pub fn open() -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        if !is_root || !Path::new("/usr/sbin/postfix").exists() {
            eprintln!("skipped: needs root and postfix (Debian: postfix)");
            return None;
        }
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = PathBuf::from(format!("/tmp/ske-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("own");
        let keeper = Some(Keeper::over(&folder, &[]));
        Some(Self { folder, port: town::program::free_port(), sink: Sink::open(), keeper })
    }

    /// What the program is told of it, and of a scanner.
    #[must_use]
    pub fn configuration(&self, clamd: Option<&str>) -> String {
        let scanners =
            clamd.map(|socket| format!("\n[scanners]\nclamd = \"{socket}\"\n")).unwrap_or_default();
        format!(
            "{scanners}\n[mail-gate]\nname = \"mx.town.example\"\nhome = \"{}\"\n\
             listen = [\"127.0.0.1:{}\"]\n\n[[mail-gate.body]]\ncode = \"198013\"\n\
             domains = [\"town.example\"]\nserver = \"127.0.0.1:{}\"\ntls = \"none\"\nmib-max = 10\n",
            self.home().display(),
            self.port,
            self.sink.port(),
        )
    }

    fn home(&self) -> PathBuf {
        self.folder.join("gate")
    }

    /// The port for the world.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Gives the clerk a mailbox, and waits until mail for it is taken.
    ///
    /// # Panics
    /// If it is not given.
    pub fn furnish(&self, demo: &Demo) {
        let manager = Client::sign_in(demo, demo.account("system-manager"));
        let set = [("address", BOX), ("owner", CLERK), ("class", "2")];
        let reply = manager.form("/mail/mailboxes", "/mail/mailboxes", &set);
        assert!(reply.status < 400, "{reply:?}");
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begun.elapsed() < START_MAX, "Postfix does not answer: {}", self.last_words());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether the outer one answers the world.
    #[must_use]
    pub fn is_open(&self) -> bool {
        std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }

    /// Kills a part; false if there is none of it now.
    pub fn kill(&self, part: Part, program: &Program, luck: &mut Luck) -> bool {
        let all = match part {
            Part::Worker => below(program.number()),
            Part::Outside => self.processes("outside", &OUTSIDE),
            Part::Inside => self.processes("inside", &INSIDE),
            Part::OutsideMaster => self.processes("outside", &["master"]),
            Part::InsideMaster => self.processes("inside", &["master"]),
        };
        let Some(count) = u64::try_from(all.len()).ok().filter(|count| *count > 0) else {
            return false;
        };
        let chosen = all.get(usize::try_from(luck.below(count)).unwrap_or(0));
        chosen.is_some_and(|number| {
            let number = number.to_string();
            let killed = Command::new("kill").args(["-KILL", &number]).output();
            killed.is_ok_and(|output| output.status.success())
        })
    }

    /// The processes of one instance with these names: they work in its queue.
    fn processes(&self, side: &str, names: &[&str]) -> Vec<u32> {
        let queue = self.home().join(side).join("queue");
        let works_there = |number: &u32| {
            let place = PathBuf::from(format!("/proc/{number}"));
            let name = fs::read_to_string(place.join("comm")).unwrap_or_default();
            names.contains(&name.trim())
                && fs::read_link(place.join("cwd")).is_ok_and(|at| at == queue)
        };
        numbers().into_iter().filter(works_there).collect()
    }

    /// The last lines of both instances' logs.
    #[must_use]
    pub fn last_words(&self) -> String {
        const LINES: usize = 30;
        let of = |side: &str| {
            let path = self.home().join(side).join("log/mail.log");
            let text = fs::read(path).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            let lines: Vec<&str> = text.lines().collect();
            lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
        };
        format!("{}\n--\n{}", of("outside"), of("inside"))
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.keeper = None;
        if std::thread::panicking() {
            eprintln!("kept for a look: {}", self.folder.display());
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn numbers() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The caged workers of a program, and the children they have now.
fn below(program: u32) -> Vec<u32> {
    let all: Vec<(u32, Option<u32>)> =
        numbers().into_iter().map(|number| (number, parent(number))).collect();
    let of = |wanted: u32| {
        all.iter().filter(move |(_, parent)| *parent == Some(wanted)).map(|(number, _)| *number)
    };
    let is_cage = |number: &u32| {
        let words = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
        words.split(|byte| *byte == 0).any(|word| word == b"cage" || word == b"mail-cage")
    };
    let wardens: Vec<u32> = of(program).filter(is_cage).collect();
    let children: Vec<u32> = wardens.iter().flat_map(|warden| of(*warden)).collect();
    [wardens, children].concat()
}

fn parent(number: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{number}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok()
}
