//! Runs the program shut in: a folder of its own that disappears, no network,
//! an empty environment, limits on memory, time and what it writes. What it
//! leaves behind is read as from a stranger.

use std::ffi::OsString;
use std::fs::{DirBuilder, File};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use platform::{Confinement, Tool, ToolError};
use rustix::fs::{Mode, OFlags};

/// A folder that the program sees as `/tmp`. It goes with the value.
#[derive(Debug)]
pub(super) struct Private(PathBuf);

/// One run.
pub(super) struct Run {
    /// The program and its arguments.
    pub(super) words: Vec<OsString>,
    /// Seconds until it is killed.
    pub(super) seconds: u64,
    /// Bytes that it may map beside what every run may.
    pub(super) bytes: u64,
    /// Bytes of each file that it writes.
    pub(super) written_bytes_max: u64,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// True where it ended without an error.
    pub(super) is_well: bool,
    /// Its output.
    pub(super) said: Vec<u8>,
    /// Its complaints.
    pub(super) complained: Vec<u8>,
}

/// What the program may see beside its folder: itself and the system's own
/// programs and libraries.
const READABLE: [&str; 6] = ["/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/proc"];
/// Address space of every run, in bytes.
const MEMORY_BYTES: u64 = 4 << 30;
/// Bytes of an answer that are read.
const SAID_BYTES_MAX: u64 = 1 << 20;
/// The program stops itself first, and is killed so much later.
const GRACE: Duration = Duration::from_secs(5);
/// Puts a limit on what is written, and becomes the program: `ulimit -f` counts
/// blocks of 512 bytes (POSIX).
const SHELL: &str = "ulimit -f \"$1\" || exit 126; shift; exec \"$@\" >/tmp/said 2>/tmp/complained";
const BLOCK_BYTES: u64 = 512;

impl Private {
    /// Makes a folder within another, which nobody else may look into.
    pub(super) fn make(within: &Path) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = within.join(format!("{}-{number}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// Where a file lies that the program sees under `/tmp`.
    pub(super) fn place(&self, seen: &str) -> PathBuf {
        self.0.join(Path::new(seen).strip_prefix("/tmp").unwrap_or(Path::new(seen)))
    }

    /// Reads what the program has left: a file, and no more of it than that.
    pub(super) fn left(&self, seen: &str, bytes_max: u64) -> Result<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(self.place(seen), flags, Mode::empty())?);
        let facts = file.metadata()?;
        if !facts.is_file() || facts.len() > bytes_max {
            return Err(Error::new(ErrorKind::InvalidData, "what it wrote is too long"));
        }
        let mut bytes = Vec::new();
        file.take(bytes_max).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

impl Run {
    /// Runs it to its end. Takes as long as it takes: not for a thread that
    /// others wait for.
    pub(super) fn in_folder(self, private: &Private) -> Result<Ended> {
        let is_well = match self.tool(private)?.run() {
            Ok(()) => true,
            Err(ToolError::Failed { code: Some(_), .. }) => false,
            Err(ToolError::Deadline { .. }) => {
                return Err(Error::new(ErrorKind::TimedOut, "it took too long and was killed"));
            }
            Err(error @ (ToolError::Failed { code: None, .. } | ToolError::Start { .. })) => {
                return Err(Error::other(error));
            }
        };
        let said = private.left("/tmp/said", SAID_BYTES_MAX)?;
        let complained = private.left("/tmp/complained", SAID_BYTES_MAX)?;
        Ok(Ended { is_well, said, complained })
    }

    fn tool(self, private: &Private) -> Result<Tool> {
        let mut arguments = vec!["-c".to_owned(), SHELL.to_owned(), "sh".to_owned()];
        arguments.push((self.written_bytes_max / BLOCK_BYTES).to_string());
        for word in &self.words {
            let word = word.to_str().ok_or(ErrorKind::InvalidInput)?;
            arguments.push(word.to_owned());
        }
        let own = self.words.first().map(PathBuf::from);
        Ok(Tool {
            program: "/bin/sh".into(),
            arguments,
            environment: vec![("LANG".to_owned(), "C.UTF-8".to_owned())],
            readable: READABLE.iter().map(PathBuf::from).chain(own).collect(),
            private_tmp: private.0.clone(),
            confinement: Confinement {
                memory_bytes_max: MEMORY_BYTES.saturating_add(self.bytes.saturating_mul(2)),
                cpu_seconds_max: self.seconds.saturating_add(GRACE.as_secs()),
                allow_missing_walls: false,
            },
            deadline: Duration::from_secs(self.seconds) + GRACE,
        })
    }
}
