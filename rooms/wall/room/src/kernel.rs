//! The packet filter of this machine or of a named network namespace, through
//! `nft`. A script is taken whole or not at all, and nothing is waited for longer
//! than it may take.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::child::{self, ChildError, NFT_MAX};

/// The packet filter of one place.
#[derive(Clone, Debug, Default)]
pub struct Kernel {
    netns: Option<String>,
    tool: Tool,
    /// Processes that this program asked with, the newest last.
    own: Arc<Mutex<VecDeque<u32>>>,
}

/// The program that speaks with the packet filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// `nft`, or where it lies.
    pub nft: PathBuf,
    /// How long it may take to answer; then it is killed.
    pub patience: Duration,
}

impl Default for Tool {
    fn default() -> Self {
        Self { nft: PathBuf::from("nft"), patience: NFT_MAX }
    }
}

/// Where `ip netns` keeps the names of namespaces.
const NAMED: &str = "/run/netns";
/// So many of our own processes are known again.
const OWN_MAX: usize = 64;

/// What a kernel says to whoever lacks the right.
const NOT_PERMITTED: &str = "Operation not permitted";

/// Why the kernel did not take or give something.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// `nft` or `ip` is not there or did not start.
    #[error("{program} did not start: {why}")]
    Start {
        /// Which program.
        program: &'static str,
        /// Why.
        why: std::io::Error,
    },
    /// It gave no answer and was killed. Whether it had changed anything is not
    /// known: a script is taken whole or not at all.
    #[error("{program} gave no answer within {} s and was killed", patience.as_secs_f32())]
    TooLong {
        /// Which program.
        program: &'static str,
        /// How long it was waited for.
        patience: Duration,
    },
    /// This process may not: it lacks capabilities(7).
    #[error("this process may not touch the packet filter: it lacks {}", lacking.join(", "))]
    NotAllowed {
        /// Which.
        lacking: Vec<&'static str>,
    },
    /// It refused, with its own words.
    #[error("nft: {0}")]
    Refused(String),
}

impl KernelError {
    pub(crate) fn of(program: &'static str, why: ChildError) -> Self {
        match why {
            ChildError::Start(why) => Self::Start { program, why },
            ChildError::TooLong(patience) => Self::TooLong { program, patience },
        }
    }
}

impl Kernel {
    /// That of this machine.
    #[must_use]
    pub fn here() -> Self {
        Self::default()
    }

    /// That of a namespace that `ip netns` knows.
    #[must_use]
    pub fn in_namespace(name: String) -> Self {
        Self { netns: Some(name), ..Self::default() }
    }

    /// The same, asked with another program or patience.
    #[must_use]
    pub fn asked_with(self, tool: Tool) -> Self {
        Self { tool, ..self }
    }

    /// The namespace, if it is one.
    #[must_use]
    pub fn netns(&self) -> Option<&str> {
        self.netns.as_deref()
    }

    /// The namespace as the machine numbers it now: another one may have been made
    /// under the same name. Nothing for this machine's own, and where there is none.
    #[must_use]
    pub fn place(&self) -> Option<(u64, u64)> {
        use std::os::unix::fs::MetadataExt;
        let named = Path::new(NAMED).join(self.netns.as_ref()?);
        std::fs::metadata(named).ok().map(|place| (place.dev(), place.ino()))
    }

    /// True for a process by which this program itself changed the filter.
    #[must_use]
    pub fn is_own(&self, process: u32) -> bool {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).contains(&process)
    }

    fn remember(&self, process: u32) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.len() == OWN_MAX {
            own.pop_front();
        }
        own.push_back(process);
    }

    /// Says whether a script would be taken (`nft -c`).
    ///
    /// # Errors
    /// [`KernelError::Refused`] if not.
    pub fn check(&self, script: &str) -> Result<(), KernelError> {
        self.nft(&["-c", "-f", "-"], script).map(drop)
    }

    /// Has a script taken, in one transaction.
    ///
    /// # Errors
    /// [`KernelError::Refused`]; then everything is as it was.
    pub fn apply(&self, script: &str) -> Result<(), KernelError> {
        self.nft(&["-f", "-"], script).map(drop)
    }

    /// Everything that it holds, as JSON (libnftables-json(5)).
    ///
    /// # Errors
    /// If it cannot be asked.
    pub fn ruleset(&self) -> Result<String, KernelError> {
        self.nft(&["-j", "list", "ruleset"], "")
    }

    fn nft(&self, arguments: &[&str], input: &str) -> Result<String, KernelError> {
        let mut command = match &self.netns {
            Some(netns) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", netns]).arg(&self.tool.nft);
                command
            }
            None => Command::new(&self.tool.nft),
        };
        let program = if self.netns.is_some() { "ip" } else { "nft" };
        let ended =
            child::run(command.args(arguments), input, self.tool.patience, |id| self.remember(id))
                .map_err(|why| KernelError::of(program, why))?;
        if ended.is_good {
            return Ok(ended.output);
        }
        let lacking = crate::health::lacking(self.netns.is_some());
        if ended.words.contains(NOT_PERMITTED) && !lacking.is_empty() {
            return Err(KernelError::NotAllowed { lacking });
        }
        Err(KernelError::Refused(ended.complaint()))
    }
}
