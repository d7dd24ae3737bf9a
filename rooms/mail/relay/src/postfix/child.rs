//! Starts Postfix's programs, with a limit on time and on what they say.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

use super::PostfixError;

/// Bytes of what a program says beside its answer.
const SAID_BYTES_MAX: u64 = 64 << 10;
/// Lines of it that an error shows.
const LINES_SHOWN: usize = 8;

/// What a program said.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) is_done: bool,
    /// Its answer; `is_cut` if it was longer than allowed.
    pub(super) out: Vec<u8>,
    pub(super) is_cut: bool,
    /// Complaints, line by line.
    pub(super) complaints: Vec<String>,
}

impl Said {
    /// Its answer.
    pub(super) fn or_refused(self, program: &'static str) -> Result<Self, PostfixError> {
        if self.is_done {
            return Ok(self);
        }
        Err(PostfixError::Refused { program, said: shown(&self.complaints) })
    }
}

/// The first lines, for a message.
pub(super) fn shown(lines: &[String]) -> String {
    lines.iter().take(LINES_SHOWN).cloned().collect::<Vec<_>>().join("; ")
}

/// Runs a program to its end.
pub(super) async fn run(
    program: &'static str,
    arguments: &[&str],
    input: &[u8],
    within: Duration,
    out_bytes_max: u64,
) -> Result<Said, PostfixError> {
    let failed = |source| PostfixError::Start { program, source };
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        // Postfix's programs are found in the folders of administrators.
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let talk = async {
        let write = async {
            if let Some(mut stdin) = stdin {
                // One that refuses early need not read all; its words say why.
                let _ = stdin.write_all(input).await;
            }
        };
        let mut out = Vec::new();
        let read_out = async {
            if let Some(stdout) = stdout {
                let _ = stdout.take(out_bytes_max + 1).read_to_end(&mut out).await;
            }
        };
        let mut said = Vec::new();
        let read_said = async {
            if let Some(stderr) = stderr {
                let _ = stderr.take(SAID_BYTES_MAX).read_to_end(&mut said).await;
            }
        };
        tokio::join!(write, read_out, read_said);
        (child.wait().await, out, said)
    };
    let slow = PostfixError::Slow { program, seconds: within.as_secs() };
    let (status, mut out, said) = timeout(within, talk).await.map_err(|_| slow)?;
    let is_cut = u64::try_from(out.len()).unwrap_or(u64::MAX) > out_bytes_max;
    out.truncate(usize::try_from(out_bytes_max).unwrap_or(usize::MAX));
    let text = String::from_utf8_lossy(&said);
    let complaints = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(Said {
        is_done: status.map_err(failed)?.success(),
        out,
        is_cut,
        complaints: complaints.map(str::to_owned).collect(),
    })
}
