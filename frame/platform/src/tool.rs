//! Runs a foreign program, such as an office suite, in a wider cage: named
//! trees only, no network, limits, a deadline. Knows nothing of what it runs.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::confine::{self, Confinement};

/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Why a program gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// It could not be started, or could not be shut in.
    #[error("cannot start {program}")]
    Start {
        /// Its path.
        program: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// It did not end in time and was killed with all it had started.
    #[error("{program} was killed at its deadline")]
    Deadline {
        /// Its path.
        program: String,
    },
    /// It ended with an error.
    #[error("{program} failed: {detail}")]
    Failed {
        /// Its path.
        program: String,
        /// Its exit code, unless a signal ended it.
        code: Option<i32>,
        /// Exit status and the first line of what it said.
        detail: String,
    },
}

/// One run of a foreign program.
#[derive(Debug)]
pub struct Tool {
    /// The program's path.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
    /// Trees that it may read and run programs from.
    pub readable: Vec<PathBuf>,
    /// The folder that it sees as `/tmp` and may write, beside `/dev`.
    pub private_tmp: PathBuf,
    /// How tight the cage is. Memory and time hold for each process of it.
    pub confinement: Confinement,
    /// Wall-clock time for all of it.
    pub deadline: Duration,
}

impl Tool {
    /// Runs the program to its end.
    ///
    /// # Errors
    /// Says whether it could not start, was killed, or failed.
    pub fn run(&self) -> Result<(), ToolError> {
        let program = self.program.display().to_string();
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let (readable, private_tmp) = (self.readable.clone(), self.private_tmp.clone());
        let confinement = self.confinement;
        // SAFETY: the process that calls this has read its rules already; the
        // child allocates a little before exec, which glibc makes safe after
        // fork by its own handlers.
        unsafe {
            command.pre_exec(move || {
                libc::setpgid(0, 0);
                shut_in(&confinement, &readable, &private_tmp)
                    .map_err(|_| std::io::ErrorKind::PermissionDenied.into())
            });
        }
        let mut child = command
            .spawn()
            .map_err(|source| ToolError::Start { program: program.clone(), source })?;
        let mut stderr = child.stderr.take();
        let words = std::thread::spawn(move || {
            let mut words = String::new();
            if let Some(stderr) = stderr.as_mut() {
                drop(stderr.take(64 << 10).read_to_string(&mut words));
            }
            words
        });
        let end = Instant::now() + self.deadline;
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < end => std::thread::sleep(POLL),
                _ => {
                    kill_group(child.id());
                    drop(child.wait());
                    return Err(ToolError::Deadline { program });
                }
            }
        };
        kill_group(child.id());
        if status.success() {
            return Ok(());
        }
        let words = words.join().unwrap_or_default();
        Err(ToolError::Failed {
            program,
            code: status.code(),
            detail: format!("{status}: {}", first_line(&words)),
        })
    }
}

fn shut_in(
    confinement: &Confinement,
    readable: &[PathBuf],
    private_tmp: &Path,
) -> Result<(), confine::ConfineError> {
    let writable = [PathBuf::from("/tmp"), PathBuf::from("/dev")];
    // The namespace comes first: its mounts are what the rules then name.
    confine::own_namespaces(private_tmp)?;
    confine::renounce()?;
    confine::limit_program(confinement)?;
    let walls = confine::landlock(readable, &writable)
        .and_then(|()| confine::no_network())
        .and_then(|filter| confine::filter(&filter));
    if confinement.allow_missing_walls { Ok(()) } else { walls }
}

/// The first line of what a program said; the rest is for its makers.
fn first_line(words: &str) -> &str {
    words.trim().lines().next().unwrap_or_default()
}

fn kill_group(id: u32) {
    if let Ok(id) = libc::pid_t::try_from(id) {
        // SAFETY: the program was made the leader of its own group before exec.
        unsafe { libc::kill(-id, libc::SIGKILL) };
    }
}
