//! A mail relay between two networks as a town has one today: Debian's Postfix,
//! told to pass on what comes, and `curl` as the server that sends.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A running relay with the inner mailboxes behind it. It ends with the test.
pub struct Relay {
    child: Child,
    folder: TempDir,
    port: u16,
}

const PROGRAM: &str = "/usr/sbin/postfix";
/// Whose the mailboxes are: as Debian numbers `mail`.
const MAIL: u32 = 8;
const START_MAX: Duration = Duration::from_secs(20);
const ARRIVE_MAX: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

impl Relay {
    /// Starts it for one mail domain; nothing, said aloud, where it cannot run.
    ///
    /// # Panics
    /// If it is there and does not start.
    #[must_use]
    pub fn start(domain: &str) -> Option<Self> {
        if !Path::new(PROGRAM).exists() || !is_root() {
            eprintln!("skipped: no {PROGRAM} (Debian: postfix), or not root");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("own");
        let port = town::program::free_port();
        for name in ["etc", "queue", "data", "box"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        chown(folder.path().join("box"), Some(MAIL), Some(MAIL)).expect("root");
        chown(folder.path().join("data"), Some(postfix_user()), None).expect("root");
        let here = folder.path().display();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {here}/queue\ndata_directory = {here}/data\n\
             maillog_file = {here}/log\nmaillog_file_prefixes = {here}\nmyhostname = relay.{domain}\n\
             inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmydestination =\nalias_maps =\n\
             virtual_mailbox_domains = {domain}\nvirtual_mailbox_base = {here}/box\n\
             virtual_mailbox_maps = inline:{{ {{ @{domain} = all/ }} }}\n\
             virtual_uid_maps = static:{MAIL}\nvirtual_gid_maps = static:{MAIL}\n\
             virtual_minimum_uid = 1\n"
        );
        let services = "cleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n\
             rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\n\
             defer unix - - n - 0 bounce\nvirtual unix - n n - - virtual\n\
             error unix - - n - - error\nretry unix - - n - - error\nanvil unix - - n - 1 anvil\n\
             proxymap unix - - n - - proxymap\npostlog unix-dgram n - n - 1 postlogd\n";
        let master = format!("127.0.0.1:{port} inet n - n - - smtpd\n{services}");
        fs::write(folder.path().join("etc/main.cf"), main).expect("a file");
        fs::write(folder.path().join("etc/master.cf"), master).expect("a file");
        let child = postfix(folder.path(), "start-fg").spawn().expect("Postfix runs");
        let relay = Self { child, folder, port };
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < START_MAX, "Postfix does not answer: {}", relay.log());
            std::thread::sleep(PAUSE);
        }
        Some(relay)
    }

    /// Sends one message, as any server on the internet would.
    ///
    /// # Panics
    /// If it is not taken.
    pub fn send(&self, from: &str, to: &str, message: &[u8]) {
        let file = self.folder.path().join("message");
        fs::write(&file, message).expect("a file");
        let sent = Command::new("curl")
            .args(["--silent", "--show-error", "--url"])
            .arg(format!("smtp://127.0.0.1:{}/client.test", self.port))
            .args(["--mail-from", from, "--mail-rcpt", to, "--upload-file"])
            .arg(&file)
            .output()
            .expect("curl");
        let said = String::from_utf8_lossy(&sent.stderr).into_owned();
        assert!(sent.status.success(), "{said} {}", self.log());
    }

    /// The first message that lies in the inner mailboxes.
    ///
    /// # Panics
    /// If none comes.
    #[must_use]
    pub fn arrived(&self) -> Vec<u8> {
        let folder = self.folder.path().join("box/all/new");
        let start = Instant::now();
        loop {
            if let Some(file) = first_file(&folder) {
                return fs::read(file).expect("a message");
            }
            assert!(start.elapsed() < ARRIVE_MAX, "nothing came: {}", self.log());
            std::thread::sleep(PAUSE);
        }
    }

    /// What Postfix wrote down.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = postfix(self.folder.path(), "abort").status();
        let _ = self.child.wait();
    }
}

fn postfix(folder: &Path, what: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("-c").arg(folder.join("etc")).arg(what);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn first_file(folder: &Path) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).next()
}

fn is_root() -> bool {
    let out = Command::new("id").arg("-u").output().expect("id");
    out.stdout == b"0\n"
}

fn postfix_user() -> u32 {
    let out = Command::new("id").args(["-u", "postfix"]).output().expect("id");
    String::from_utf8_lossy(&out.stdout).trim().parse().expect("Debian's user postfix")
}
