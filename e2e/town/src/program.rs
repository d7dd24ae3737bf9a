//! The program as a process, with a data folder of its own.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A running `sekisho up`. It is killed when dropped.
pub struct Program {
    child: Child,
    folder: Arc<TempDir>,
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
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let mut all = vec!["--demo"];
        all.extend(arguments);
        Self::up(folder, &all)
    }

    /// Starts on a data folder, which may hold a town already.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn up(folder: Arc<TempDir>, arguments: &[&str]) -> Self {
        let port = free_port();
        let mut child = Command::new(binary())
            .args(["up", "--data", &folder.path().display().to_string()])
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts: cargo build -p sekisho");
        let said = Arc::new(Mutex::new(Vec::new()));
        listen(child.stdout.take().expect("piped"), &said);
        listen(child.stderr.take().expect("piped"), &said);
        let mut program = Self { child, folder, port, said };
        program.wait_until_ready();
        program
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder's owner, to start again on it.
    #[must_use]
    pub fn folder(&self) -> Arc<TempDir> {
        self.folder.clone()
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

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
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

    fn wait_until_ready(&mut self) {
        let start = Instant::now();
        while start.elapsed() < START_MAX {
            if let Ok(Some(status)) = self.child.try_wait() {
                unreachable!("the program ended with {status}:\n{}", self.said());
            }
            if is_ready(self.data(), self.port) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        unreachable!("the program did not get ready:\n{}", self.said());
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

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}
