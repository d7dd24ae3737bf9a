//! A small disk of its own in a private mount namespace. It goes when the cell
//! goes, and nobody else on the machine sees it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A process that holds the namespace open.
pub struct Cell {
    keeper: Child,
    folder: TempDir,
    has_users: bool,
}

/// Mounts the disk, says so, and lives as long as its standard input.
const SCRIPT: &str = "mount -t tmpfs -o size=$1,mode=700 tmpfs $2 && echo ready && cat";

impl Cell {
    /// A disk of so many bytes; nothing where this user may not mount one.
    #[must_use]
    pub fn open(bytes: u64) -> Option<Self> {
        [&["-m"][..], &["-m", "-U", "--map-root-user"][..]]
            .into_iter()
            .find_map(|how| Self::with(how, bytes))
    }

    fn with(how: &[&str], bytes: u64) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let mut keeper = Command::new("unshare")
            .args(how)
            .args(["--", "sh", "-c", SCRIPT, "sh", &bytes.to_string()])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut said = [0; 6];
        let is_ready = keeper.stdout.as_mut()?.read_exact(&mut said).is_ok() && said == *b"ready\n";
        let cell = Self { keeper, folder, has_users: how.len() > 1 };
        is_ready.then_some(cell)
    }

    /// The disk as processes of the cell see it.
    #[must_use]
    pub fn inside(&self) -> &Path {
        self.folder.path()
    }

    /// The disk as everybody else sees it.
    ///
    /// # Panics
    /// If the folder's path does not begin at the root.
    #[must_use]
    pub fn outside(&self) -> PathBuf {
        let inside = self.inside().strip_prefix("/").expect("a whole path");
        PathBuf::from(format!("/proc/{}/root", self.keeper.id())).join(inside)
    }

    /// The words that start a command in the cell.
    #[must_use]
    pub fn through(&self) -> Vec<String> {
        let number = self.keeper.id().to_string();
        let mut words = vec!["nsenter", "-t", &number, "-m"];
        if self.has_users {
            words.extend(["-U", "--preserve-credentials"]);
        }
        words.push("--");
        words.into_iter().map(str::to_owned).collect()
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
