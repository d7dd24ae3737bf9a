//! A PostgreSQL of the test's own that can be killed, stopped and held still.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The server; it goes when the test goes.
pub struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    child: Option<Child>,
}

/// A superuser passes the walls between bodies, so the town works as this one.
const USER: &str = "town";
const START_MAX: Duration = Duration::from_secs(60);

impl Postgres {
    /// Makes a server with an empty database and starts it; nothing where
    /// PostgreSQL is not installed.
    ///
    /// # Panics
    /// If it is installed and does not start.
    #[must_use]
    pub fn open() -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir().expect("a folder for PostgreSQL");
        let mut server = Self { programs, folder, child: None };
        if is_root() {
            let path = server.folder.path();
            run(Command::new("chown").arg("postgres").arg(path));
        }
        let data = server.data();
        let mut command = server.as_user("initdb");
        run(command.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-N"]).args([
            "-E",
            "UTF8",
            "--locale=C",
        ]));
        server.start();
        server.tell(&format!("CREATE ROLE {USER} LOGIN NOSUPERUSER"));
        server.tell(&format!(
            "CREATE DATABASE {USER} OWNER {USER} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        ));
        Some(server)
    }

    /// Where the town's database is.
    #[must_use]
    pub fn url(&self) -> String {
        let host = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://{USER}@{host}/{USER}")
    }

    /// Starts the server and waits until it takes connections.
    ///
    /// # Panics
    /// If it does not.
    pub fn start(&mut self) {
        let start = Instant::now();
        while start.elapsed() < START_MAX {
            let has_ended = match &mut self.child {
                Some(child) => child.try_wait().is_ok_and(|status| status.is_some()),
                None => true,
            };
            // What a crash left of the server before may hold it up for a moment.
            if has_ended {
                self.child = Some(self.spawn());
            }
            if self.ask("SELECT 1").status.success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        unreachable!("PostgreSQL did not start:\n{log}")
    }

    fn spawn(&self) -> Child {
        let log = self.folder.path().join("log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a log");
        let errors = log.try_clone().expect("a log");
        self.as_user("postgres")
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"])
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .expect("PostgreSQL")
    }

    /// Kills the postmaster with SIGKILL, and with `all` its children as well.
    pub fn kill(&mut self, all: bool) {
        let Some(mut child) = self.child.take() else { return };
        let children = if all { children(child.id()) } else { Vec::new() };
        let _ = child.kill();
        signal("-KILL", &children);
        let _ = child.wait();
    }

    /// Kills one server process of a connection, so that the postmaster throws
    /// away the memory of all.
    pub fn kill_one(&self) {
        let Some(child) = &self.child else { return };
        signal("-KILL", children(child.id()).last().as_slice());
    }

    /// Shuts it down, connections or not.
    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        signal("-INT", &[child.id()]);
        let _ = child.wait();
    }

    /// Holds all its processes still.
    pub fn hold(&self) {
        self.to_all("-STOP");
    }

    /// Lets them go on.
    pub fn go_on(&self) {
        self.to_all("-CONT");
    }

    fn to_all(&self, name: &str) {
        let Some(child) = &self.child else { return };
        let mut all = vec![child.id()];
        all.extend(children(child.id()));
        signal(name, &all);
    }

    /// Runs a statement as the superuser.
    ///
    /// # Panics
    /// If it is refused.
    pub fn tell(&self, sql: &str) {
        let output = self.ask(sql);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn ask(&self, sql: &str) -> Output {
        let mut command = Command::new(self.programs.join("psql"));
        command.arg("-h").arg(self.folder.path()).args(["-U", "postgres", "-qtAc", sql]);
        command.output().expect("psql")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// PostgreSQL refuses to run as root, so root lends it Debian's account.
    fn as_user(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.go_on();
        self.kill(true);
    }
}

fn programs() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<PathBuf> =
        installed.flatten().map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.into_iter().rev().find(|folder| folder.join("initdb").exists())
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn run(command: &mut Command) {
    let output = command.output().expect("a program");
    if !output.status.success() {
        let _ = std::io::stderr().write_all(&output.stderr);
        unreachable!("{command:?}: {}", output.status);
    }
}

fn signal(name: &str, processes: &[impl ToString]) {
    let numbers = processes.iter().map(ToString::to_string);
    let mut command = Command::new("kill");
    let _ = command.arg(name).args(numbers).stderr(Stdio::null()).status();
}

/// The processes that one started, the oldest first.
fn children(parent: u32) -> Vec<u32> {
    let path = PathBuf::from(format!("/proc/{parent}/task/{parent}/children"));
    let text = read(&path);
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
