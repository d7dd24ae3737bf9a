//! The packet filter of this machine or of a named network namespace, through
//! `nft`. A script is taken whole or not at all.

use std::collections::VecDeque;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// The packet filter of one place.
#[derive(Clone, Debug, Default)]
pub struct Kernel {
    netns: Option<String>,
    /// Processes that this program asked with, the newest last.
    own: Arc<Mutex<VecDeque<u32>>>,
}

/// So many of our own processes are known again.
const OWN_MAX: usize = 64;

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
    /// It refused, with its own words.
    #[error("nft: {0}")]
    Refused(String),
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

    /// The namespace, if it is one.
    #[must_use]
    pub fn netns(&self) -> Option<&str> {
        self.netns.as_deref()
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
        let program = if self.netns.is_some() { "ip" } else { "nft" };
        let failed = |why| KernelError::Start { program, why };
        let mut command = Command::new(program);
        if let Some(netns) = &self.netns {
            command.args(["netns", "exec", netns, "nft"]);
        }
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        self.remember(child.id());
        if let Some(mut stdin) = child.stdin.take() {
            // One that refuses early need not read all; its words say why.
            match stdin.write_all(input.as_bytes()) {
                Err(why) if why.kind() != std::io::ErrorKind::BrokenPipe => {
                    return Err(failed(why));
                }
                Ok(()) | Err(_) => {}
            }
        }
        let done = child.wait_with_output().map_err(failed)?;
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&done.stderr);
        Err(KernelError::Refused(said.lines().take(5).collect::<Vec<_>>().join("; ")))
    }
}
