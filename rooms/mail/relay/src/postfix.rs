//! One Postfix instance in a folder of its own: configuration put in place,
//! program watched, queue asked. Every program that is started has a time limit.

mod child;
mod install;
mod log_files;
mod queue;
mod watch;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base::Clock;

use crate::files::CURRENT;
use crate::names::SafePath;

pub use install::Install;
pub use queue::{Queue, QueueLimits, Queued, QueuedReceiver};
pub use watch::{Running, State};

/// What can be wrong with an instance.
#[derive(Debug, thiserror::Error)]
pub enum PostfixError {
    /// A program of Postfix is not there or did not start.
    #[error("{program} did not start")]
    Start {
        /// Which.
        program: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It did not end in time and was ended.
    #[error("{program} did not end within {seconds} seconds")]
    Slow {
        /// Which.
        program: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// It refused; its own words.
    #[error("{program}: {said}")]
    Refused {
        /// Which.
        program: &'static str,
        /// Some lines of what it said.
        said: String,
    },
    /// A new configuration is wrong; the old one still holds.
    #[error("the configuration was refused, the one before still holds: {said}")]
    Configuration {
        /// Some lines of what was said.
        said: String,
    },
    /// A file or folder could not be made or read.
    #[error("{path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// This machine has no account that Postfix's files could belong to.
    #[error("this machine has no {0}: is Postfix installed?")]
    Account(&'static str),
    /// Its answer could not be read.
    #[error("{program} answered something else")]
    Answer {
        /// Which.
        program: &'static str,
    },
    /// It is not running.
    #[error("Postfix is not running")]
    Down,
}

/// How long what may take.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    /// One program.
    pub(crate) program: Duration,
    /// Until a started instance answers.
    pub(crate) start: Duration,
    /// Until a stopped one is gone.
    pub(crate) stop: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            program: Duration::from_secs(30),
            start: Duration::from_secs(30),
            stop: Duration::from_secs(20),
        }
    }
}

/// An instance.
#[derive(Clone)]
pub struct Postfix {
    home: SafePath,
    netns: Option<String>,
    clock: Arc<dyn Clock>,
    times: Times,
}

impl std::fmt::Debug for Postfix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postfix").field("home", &self.home).field("netns", &self.netns).finish()
    }
}

impl Postfix {
    /// The instance in a folder, whose servers run in a named network namespace
    /// if there is a name. Nothing is touched yet.
    #[must_use]
    pub fn at(home: SafePath, netns: Option<String>, clock: Arc<dyn Clock>) -> Self {
        Self { home, netns, clock, times: Times::default() }
    }

    /// Its folder.
    #[must_use]
    pub fn home(&self) -> &SafePath {
        &self.home
    }

    /// The namespace of its servers.
    #[must_use]
    pub fn netns(&self) -> Option<&str> {
        self.netns.as_deref()
    }

    /// Its log.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.inside("log/mail.log")
    }

    pub(crate) fn now(&self) -> base::Timestamp {
        self.clock.now()
    }

    fn inside(&self, name: &str) -> PathBuf {
        self.home.as_path().join(name)
    }

    /// The folder of the configuration that holds now.
    fn current(&self) -> String {
        format!("{}/{CURRENT}", self.home)
    }

    /// The process that runs it, if there is one, whoever started it.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        let text = std::fs::read_to_string(self.inside("queue/pid/master.pid")).ok()?;
        let process: u32 = text.trim().parse().ok()?;
        let name = std::fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
        // A file that outlived its process names a number that another instance
        // may have now; each works in the folder of its own queue.
        let queue = std::fs::canonicalize(self.inside("queue")).ok()?;
        let works_here = std::fs::read_link(format!("/proc/{process}/cwd"))
            .map_or(true, |folder| folder == queue);
        (name.trim() == "master" && works_here).then_some(process)
    }

    /// False if a process stands in another network namespace than its instance
    /// should: one of that name was made anew, or the setting has changed.
    fn stands_right(&self, process: u32) -> bool {
        use std::os::unix::fs::MetadataExt;
        let wanted = match &self.netns {
            Some(name) => format!("/run/netns/{name}"),
            None => "/proc/self/ns/net".to_owned(),
        };
        let network = |path: &str| std::fs::metadata(path).map(|file| (file.dev(), file.ino()));
        match (network(&wanted), network(&format!("/proc/{process}/ns/net"))) {
            (Ok(wanted), Ok(found)) => wanted == found,
            // What cannot be seen cannot be held against it.
            (Err(_), _) | (_, Err(_)) => true,
        }
    }
}

fn file_error(path: &std::path::Path) -> impl FnOnce(io::Error) -> PostfixError {
    let path = path.to_owned();
    move |source| PostfixError::File { path, source }
}
