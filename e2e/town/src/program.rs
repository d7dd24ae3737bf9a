//! The program as a process, with a data folder of its own.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::clock::Clock;

/// A running `sekisho up`. It is killed when dropped.
pub struct Program {
    child: Child,
    folder: Option<Arc<TempDir>>,
    data: PathBuf,
    port: u16,
    said: Arc<Mutex<Vec<String>>>,
}

const START_MAX: Duration = Duration::from_secs(90);

impl Program {
    /// Starts a demo town on a free port and waits until it is ready.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn demo(arguments: &[&str]) -> Self {
        Self::demo_by(None, arguments)
    }

    /// As [`Program::demo`], under a clock that can jump.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn demo_by(clock: Option<&Clock>, arguments: &[&str]) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let mut all = vec!["--demo"];
        all.extend(arguments);
        Self::up_by(clock, folder, &all)
    }

    /// Starts on a data folder, which may hold a town already.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn up(folder: Arc<TempDir>, arguments: &[&str]) -> Self {
        Self::up_by(None, folder, arguments)
    }

    /// As [`Program::up`], under a clock that can jump.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn up_by(clock: Option<&Clock>, folder: Arc<TempDir>, arguments: &[&str]) -> Self {
        Self::up_at("127.0.0.1", clock, folder, arguments)
    }

    /// Starts a demo town that listens on every address of this machine.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn demo_for_all() -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::up_at("0.0.0.0", None, folder, &["--demo"])
    }

    fn up_at(
        address: &str,
        clock: Option<&Clock>,
        folder: Arc<TempDir>,
        arguments: &[&str],
    ) -> Self {
        let port = free_port();
        let mut command = Command::new(binary());
        command
            .args(["up", "--data", &folder.path().display().to_string()])
            .args(["--listen", &format!("{address}:{port}")])
            .args(arguments)
            .envs(clock.map(Clock::environment).unwrap_or_default());
        let mut program = Self::spawn(&mut command, folder.path(), port);
        program.folder = Some(folder);
        program.wait_until_ready();
        program
    }

    /// Starts what a command says, in a process group of its own, and waits for
    /// nothing. `data` is where the test sees the data folder.
    ///
    /// # Panics
    /// If there is no such program.
    #[must_use]
    pub fn spawn(command: &mut Command, data: &Path, port: u16) -> Self {
        let mut child = command
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts: cargo build -p sekisho");
        let said = Arc::new(Mutex::new(Vec::new()));
        listen(child.stdout.take().expect("piped"), &said);
        listen(child.stderr.take().expect("piped"), &said);
        Self { child, folder: None, data: data.to_owned(), port, said }
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The data folder's owner, to start again on it; nothing where the test
    /// named the folder itself.
    #[must_use]
    pub fn folder(&self) -> Option<Arc<TempDir>> {
        self.folder.clone()
    }

    /// The process's number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.child.id()
    }

    /// The port it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What it has printed so far.
    #[must_use]
    pub fn said(&self) -> String {
        self.said.lock().map(|lines| lines.join("\n")).unwrap_or_default()
    }

    /// Ends it and whatever it started, at once, as a power cut would.
    pub fn kill(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end (SIGTERM) and waits; true if it ended well.
    #[must_use]
    pub fn stop(&mut self) -> bool {
        let number = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &number]).status();
        self.child.wait().is_ok_and(|status| status.success())
    }

    /// Waits until it is ready; says why not where it ended or takes too long.
    ///
    /// # Errors
    /// What it has printed.
    pub fn ready(&mut self) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < START_MAX {
            if let Ok(Some(status)) = self.child.try_wait() {
                // Its last words are on their way.
                std::thread::sleep(Duration::from_millis(100));
                return Err(format!("the program ended with {status}:\n{}", self.said()));
            }
            if is_ready(self.data(), self.port) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("the program did not get ready:\n{}", self.said()))
    }

    /// Waits until it has ended by itself; true if it ended well.
    #[must_use]
    pub fn ended(&mut self) -> bool {
        self.child.wait().is_ok_and(|status| status.success())
    }

    fn wait_until_ready(&mut self) {
        self.ready().unwrap_or_else(|why| unreachable!("{why}"));
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program that cargo built beside this test, or the one that
/// `SEKISHO_BIN` names.
///
/// # Panics
/// If the test lies outside of a target folder.
#[must_use]
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("SEKISHO_BIN") {
        return named.into();
    }
    let own = std::env::current_exe().expect("own path");
    own.parent().and_then(Path::parent).expect("target/PROFILE/deps").join("sekisho")
}

fn is_ready(data: &Path, port: u16) -> bool {
    let Ok(certificate) = std::fs::read(data.join("tls/ca.pem")) else { return false };
    let agent = crate::client::agent(&certificate);
    let url = format!("https://sekisho.localhost:{port}/readyz");
    agent.get(&url).call().is_ok_and(|answer| answer.status() == 200)
}

fn listen(pipe: impl std::io::Read + Send + 'static, said: &Arc<Mutex<Vec<String>>>) {
    let said = said.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if let Ok(mut lines) = said.lock() {
                lines.push(line);
            }
        }
    });
}

/// A port that nobody listens at now.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}
