//! A clock that programs under test believe in: it runs on from now, and jumps
//! ahead when told (libfaketime). Nothing else on the machine sees it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base::{Clock as _, SystemClock, Timestamp};
use tempfile::TempDir;

/// A clock that can jump.
pub struct Clock {
    folder: TempDir,
    library: PathBuf,
    /// Against the machine's clock, in seconds.
    ahead: i64,
}

/// Where Debian keeps one folder an architecture.
const LIBRARIES: &str = "/usr/lib";

impl Clock {
    /// A clock that shows the present, or nothing, said aloud, where
    /// libfaketime is not installed.
    ///
    /// # Panics
    /// If no folder can be made.
    #[must_use]
    pub fn find() -> Option<Self> {
        let Some(library) = library() else {
            eprintln!("skipped: no clock that jumps (Debian: faketime)");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Self { folder, library, ahead: 0 };
        clock.write();
        Some(clock)
    }

    /// Lets time pass at once.
    pub fn advance(&mut self, span: Duration) {
        self.ahead += seconds(span);
        self.write();
    }

    /// Sets it back, as somebody with the right to would.
    pub fn set_back(&mut self, span: Duration) {
        self.ahead -= seconds(span);
        self.write();
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = SystemClock::default().now();
        Timestamp::from_millis(now.millis() + self.ahead * 1_000)
    }

    /// The variables under which a program is started to believe in it.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LD_PRELOAD", self.library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.file().display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ]
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ahead")
    }

    /// Replaces the file in one step: a reader never sees half of it.
    fn write(&self) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, format!("{:+}\n", self.ahead)).expect("the clock's file");
        std::fs::rename(new, self.file()).expect("the clock's file");
        // Programs that run as somebody else read it too.
        open_to_all(self.folder.path());
    }
}

fn seconds(span: Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755));
}

fn library() -> Option<PathBuf> {
    let folders = std::fs::read_dir(LIBRARIES).ok()?.flatten();
    let places = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    places.into_iter().find(|place| place.exists())
}
