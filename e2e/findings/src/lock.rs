//! An export lock as a town without a product for it has one: the folder where
//! a medium is mounted, closed by its permission bits, and somebody with the
//! right to change them.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::share::is_root;

/// The medium's folder.
pub struct Folder {
    folder: TempDir,
}

/// A user by number: no account has to be made for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User(pub u32);

/// The machine's administrator.
pub const ADMINISTRATOR: User = User(0);
/// A clerk.
pub const CLERK: User = User(20_001);

impl Folder {
    /// A closed medium of an owner, in the group of that number; nothing, said
    /// aloud, where the test cannot act as two people.
    ///
    /// # Panics
    /// If the folder cannot be made.
    #[must_use]
    pub fn closed(owner: User, group: u32) -> Option<Self> {
        if !is_root() || Command::new("setpriv").arg("--version").output().is_err() {
            eprintln!("skipped: only root acts as an administrator and as a clerk (setpriv)");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path(), open).expect("own folder");
        let medium = folder.path().join("medium");
        fs::create_dir(&medium).expect("a folder");
        chown(&medium, Some(owner.0), Some(group)).expect("root gives folders away");
        fs::set_permissions(&medium, fs::Permissions::from_mode(0o550)).expect("own folder");
        Some(Self { folder })
    }

    /// The folder.
    #[must_use]
    pub fn medium(&self) -> PathBuf {
        self.folder.path().join("medium")
    }

    /// Runs a command as a user; true if it succeeded.
    ///
    /// # Panics
    /// If `setpriv` does not start.
    #[must_use]
    pub fn as_user(&self, user: User, command: &str) -> bool {
        let number = user.0.to_string();
        let done = Command::new("setpriv")
            .args(["--reuid", &number, "--regid", &number, "--clear-groups"])
            .args(["--bounding-set", if user == ADMINISTRATOR { "+all" } else { "-all" }])
            .args(["sh", "-c", command])
            .current_dir(self.folder.path())
            .output();
        done.expect("setpriv").status.success()
    }
}
