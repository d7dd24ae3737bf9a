//! A web share as a town has one today: Apache's own program with the rules
//! that an administrator wrote, and `curl` in the clerk's hand.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use town::Clock;

/// A running share in a folder of its own. It ends with the test.
pub struct Share {
    child: Option<Child>,
    folder: TempDir,
    port: u16,
}

/// Who asks, from where and with what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hand<'a> {
    /// Name and password.
    pub password: Option<(&'a str, &'a str)>,
    /// The card: a certificate with its key, by name.
    pub card: Option<&'a str>,
    /// The desk's address.
    pub desk: Option<Ipv4Addr>,
}

const PROGRAM: &str = "/usr/sbin/apache2";
const MODULES: &str = "/usr/lib/apache2/modules";
const LOADED: [&str; 10] = [
    "mpm_event",
    "authn_core",
    "authn_file",
    "auth_basic",
    "authz_core",
    "authz_user",
    "dav",
    "dav_fs",
    "socache_shmcb",
    "ssl",
];
/// As Debian numbers `www-data`.
const WEB_USER: u32 = 33;
const START_MAX: Duration = Duration::from_secs(20);
/// A log that does not change for so long is whole.
const SETTLED: Duration = Duration::from_millis(200);

impl Share {
    /// Makes the share's folder, card authority and server certificate; nothing,
    /// said aloud, where a program is missing.
    ///
    /// # Panics
    /// If a program that is there fails.
    #[must_use]
    pub fn prepare() -> Option<Self> {
        for (program, package) in
            [(PROGRAM, "apache2-bin"), ("curl", "curl"), ("openssl", "openssl")]
        {
            if Command::new(program).arg("--help").output().is_err() {
                eprintln!("skipped: no {program} (Debian: {package})");
                return None;
            }
        }
        let folder = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let share = Self { child: None, folder, port };
        fs::create_dir(share.path("htdocs")).expect("a folder");
        fs::set_permissions(share.folder.path(), fs::Permissions::from_mode(0o755)).expect("own");
        share.make_authority();
        share.make_card("server", "localhost");
        Some(share)
    }

    /// A path below the share's folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file into the share.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn put_file(&self, name: &str, text: &str) {
        let file = self.path("htdocs").join(name);
        fs::create_dir_all(file.parent().expect("in htdocs")).expect("a folder");
        fs::write(&file, text).expect("a file");
        give_to_web_user(&self.path("htdocs"));
    }

    /// Sets a password beforehand, as `htpasswd` does.
    ///
    /// # Panics
    /// If that fails.
    pub fn set_password(&self, name: &str, password: &str) {
        let out = Command::new("openssl").args(["passwd", "-apr1", password]).output();
        let hash = String::from_utf8(out.expect("openssl").stdout).expect("text");
        let file = self.path("passwords");
        let before = fs::read_to_string(&file).unwrap_or_default();
        fs::write(file, format!("{before}{name}:{hash}")).expect("a file");
    }

    /// Makes a card: a certificate of the town's authority.
    pub fn make_card(&self, name: &str, subject: &str) {
        let key = format!("{name}.key");
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {key} \
             -subj /CN={subject} -out {name}.csr"
        ));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 \
             -out {name}.pem"
        ));
    }

    fn make_authority(&self) {
        self.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key \
             -subj /CN=machi -days 3650 -out ca.pem",
        );
    }

    fn openssl(&self, arguments: &str) {
        let done = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .expect("openssl");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Starts, or starts again, by the rules that the administrator wrote.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(&mut self, rules: &str, clock: Option<&Clock>) {
        self.stop();
        fs::write(self.path("rules.conf"), self.configuration(rules)).expect("a file");
        let child = Command::new(PROGRAM)
            .arg("-f")
            .arg(self.path("rules.conf"))
            .arg("-X")
            .envs(clock.map(Clock::environment).unwrap_or_default())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.expect("apache2 starts"));
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let errors = fs::read_to_string(self.path("errors.log")).unwrap_or_default();
            assert!(start.elapsed() < START_MAX, "apache2 does not start:\n{errors}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn configuration(&self, rules: &str) -> String {
        let load = |name: &&str| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n");
        let modules: String = LOADED.iter().map(load).collect();
        let user = if is_root() { "User www-data\nGroup www-data\n" } else { "" };
        let (root, port) = (self.folder.path().display(), self.port);
        format!(
            "ServerRoot {root}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile pid\n\
             {modules}{user}Mutex file:{root} default\nDocumentRoot {root}/htdocs\n\
             ErrorLog errors.log\nCustomLog access.log \"%h %u %m %U %>s\"\n\
             DavLockDB {root}/htdocs/.lock\nSSLEngine on\nSSLCertificateFile server.pem\n\
             SSLCertificateKeyFile server.key\nSSLCACertificateFile ca.pem\n\
             SSLVerifyClient optional\n<Location />\nAuthType Basic\nAuthName machi\n\
             AuthUserFile {root}/passwords\n</Location>\n{rules}\n"
        )
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Reads a page; the status and the text.
    #[must_use]
    pub fn get(&self, path: &str, hand: Hand<'_>) -> (u16, String) {
        self.curl(path, hand, &[])
    }

    /// Writes a file, as carrying data out through the share is.
    #[must_use]
    pub fn put(&self, path: &str, text: &str, hand: Hand<'_>) -> u16 {
        self.curl(path, hand, &["--request", "PUT", "--data-binary", text]).0
    }

    /// What the share recorded.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        let read = || fs::read_to_string(self.path("access.log")).unwrap_or_default();
        let mut text = read();
        // A line is written after its answer.
        loop {
            std::thread::sleep(SETTLED);
            let next = read();
            if next == text {
                return text.lines().map(str::to_owned).collect();
            }
            text = next;
        }
    }

    fn curl(&self, path: &str, hand: Hand<'_>, more: &[&str]) -> (u16, String) {
        let mut curl = Command::new("curl");
        curl.current_dir(self.folder.path())
            .args(["--silent", "--show-error", "--max-time", "20", "--cacert", "ca.pem"])
            .args(["--write-out", "\n%{http_code}"])
            .args(more);
        if let Some((name, password)) = hand.password {
            curl.args(["--user", &format!("{name}:{password}")]);
        }
        if let Some(card) = hand.card {
            curl.args(["--cert", &format!("{card}.pem"), "--key", &format!("{card}.key")]);
        }
        if let Some(desk) = hand.desk {
            curl.args(["--interface", &desk.to_string()]);
        }
        let done = curl.arg(format!("https://localhost:{}{path}", self.port)).output();
        let done = done.expect("curl");
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        let said = String::from_utf8_lossy(&done.stderr);
        let (body, status) = text.rsplit_once('\n').unwrap_or_default();
        let status = status.parse().unwrap_or_else(|_| unreachable!("curl: {said}"));
        let errors = || fs::read_to_string(self.path("errors.log")).unwrap_or_default();
        assert!(status < 500, "the share itself failed:\n{}", errors());
        (status, body.to_owned())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.stop();
    }
}

/// True for tests that run as the machine's administrator.
#[must_use]
pub fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let own = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    own.and_then(|ids| ids.split_whitespace().nth(1)).is_some_and(|id| id == "0")
}

fn give_to_web_user(folder: &Path) {
    if !is_root() {
        return;
    }
    let _ = chown(folder, Some(WEB_USER), Some(WEB_USER));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            give_to_web_user(&entry.path());
        } else {
            let _ = chown(entry.path(), Some(WEB_USER), Some(WEB_USER));
        }
    }
}
