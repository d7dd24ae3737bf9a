//! Hears each change of the packet filter: the kernel tells `nft monitor` by
//! netlink which process made a new generation of the rules.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::kernel::Kernel;

/// A change of the packet filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The process that made it.
    pub process: u32,
    /// What the process is called.
    pub program: String,
}

/// What follows a process's name at most.
const PROGRAM_CHARACTERS_MAX: usize = 32;

/// A listener to one packet filter.
pub(super) struct Monitor {
    /// Ended with this value.
    _child: Child,
    /// The namespace that it listens in: it stays there.
    pub(super) place: Option<(u64, u64)>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Monitor {
    /// Begins to listen.
    pub(super) fn start(kernel: &Kernel) -> std::io::Result<Self> {
        let place = kernel.place();
        let mut command = match kernel.netns() {
            Some(netns) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", netns, "nft", "monitor"]);
                command
            }
            None => {
                let mut command = Command::new("nft");
                command.arg("monitor");
                command
            }
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let out = child.stdout.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
        Ok(Self { _child: child, place, lines: BufReader::new(out).lines() })
    }

    /// The next change; nothing once it listens no more. Nothing is lost where
    /// the waiting is given up.
    pub(super) async fn next(&mut self) -> Option<Change> {
        while let Ok(Some(line)) = self.lines.next_line().await {
            if let Some(change) = change(&line) {
                return Some(change);
            }
        }
        None
    }
}

/// Reads `# new generation 12 by process 3400 (nft)`.
fn change(line: &str) -> Option<Change> {
    let (_, rest) = line.strip_prefix("# new generation ")?.split_once(" by process ")?;
    let (process, program) = rest.split_once(' ').unwrap_or((rest, ""));
    let program = program.trim_matches(['(', ')']);
    Some(Change {
        process: process.parse().ok()?,
        program: program.chars().take(PROGRAM_CHARACTERS_MAX).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_generation_names_its_process() {
        let said = change("# new generation 12 by process 3400 (nft)").unwrap();
        assert_eq!((said.process, said.program.as_str()), (3400, "nft"));
        assert_eq!(change("add rule inet sekisho gate_forward accept"), None);
        assert_eq!(change("# new generation 12"), None);
    }
}
