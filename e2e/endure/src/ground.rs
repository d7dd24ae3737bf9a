//! Where a town lies and how its program is started there, again and again.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use town::{Demo, Program};

/// A data folder with its database, at one port.
pub struct Ground {
    folder: TempDir,
    data: PathBuf,
    seen: PathBuf,
    port: u16,
    database: Option<String>,
    through: Vec<String>,
    more: String,
}

/// Everybody works from one address here.
const CONFIGURATION: &str = "[limits]\nrequests-a-minute = 100000\nsign-in-steps-a-minute = 1000\n";

impl Ground {
    /// A new folder; the database of a URL, or SQLite in the folder.
    ///
    /// # Panics
    /// If there is no folder or port to be had.
    #[must_use]
    pub fn new(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let port = town::program::free_port();
        Self {
            seen: data.clone(),
            data,
            folder,
            port,
            database,
            through: Vec::new(),
            more: String::new(),
        }
    }

    /// As [`Ground::new`], with the data in a place that only a cell sees.
    ///
    /// # Panics
    /// As [`Ground::new`].
    #[must_use]
    pub fn within(cell: &crate::Cell) -> Self {
        let mut ground = Self::new(None);
        ground.data = cell.inside().join("data");
        ground.seen = cell.outside().join("data");
        ground.through = cell.through();
        ground
    }

    /// As it is, with more in its configuration; before the first start.
    #[must_use]
    pub fn configured(mut self, more: &str) -> Self {
        more.clone_into(&mut self.more);
        self
    }

    /// A folder of the test beside the data, made where it is not there.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn beside(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// The folder that is the test's own, with the data in it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder as the test sees it.
    #[must_use]
    pub fn seen(&self) -> &Path {
        &self.seen
    }

    /// `sekisho` with these words, on this data and database.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> Command {
        let binary = town::program::binary();
        let mut command = match self.through.split_first() {
            None => Command::new(binary),
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(binary);
                command
            }
        };
        command.args(words).arg("--data").arg(&self.data).env_remove("SEKISHO_DATABASE");
        if let Some(url) = &self.database {
            command.args(["--database", url]);
        }
        command
    }

    /// `sekisho up` as a command.
    ///
    /// # Panics
    /// If the configuration cannot be written.
    #[must_use]
    pub fn up(&self, more: &[&str]) -> Command {
        let file = self.seen.join("sekisho.toml");
        if !file.exists() {
            std::fs::create_dir_all(&self.seen).expect("the data folder");
            std::fs::write(&file, format!("{CONFIGURATION}{}", self.more))
                .expect("the configuration");
        }
        let mut command = self.command(&["up"]);
        command.args(["--listen", &format!("127.0.0.1:{}", self.port)]).args(more);
        command
    }

    /// Starts the demo town and waits for nothing.
    #[must_use]
    pub fn spawn(&self) -> Program {
        Program::spawn(&mut self.up(&["--demo"]), &self.seen, self.port)
    }

    /// Starts the demo town and waits until it is ready.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn start(&self) -> Program {
        let mut program = self.spawn();
        program.ready().unwrap_or_else(|why| unreachable!("{why}"));
        program
    }

    /// Who lives there.
    ///
    /// # Panics
    /// If nobody does yet.
    #[must_use]
    pub fn demo(&self) -> Demo {
        let mut demo = Demo::read(&self.seen.join("demo.json"));
        demo.ca_certificate = self.seen.join("tls/ca.pem");
        demo
    }

    /// Follows the chain of each ledger with `sekisho records verify`.
    ///
    /// # Panics
    /// If one is broken.
    pub fn verify(&self) {
        let output = self.command(&["records", "verify", "--json"]).output().expect("a program");
        let text = String::from_utf8_lossy(&output.stdout);
        let said: Value = serde_json::from_str(text.trim()).unwrap_or_default();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said["ok"], true, "the ledger does not hold: {text}\n{errors}");
    }
}
