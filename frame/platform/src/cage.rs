//! The outside of a cage: starts a warden, hands it jobs, waits no longer than
//! the deadline, and says in one word how a job ended otherwise.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use crate::frames;
use crate::warden;

/// A job's process is short-lived: memory that it frees is kept for its next
/// use, and large blocks are asked for in large pages, so that a fresh process
/// does not spend its time on page faults. (glibc reads this at its start.)
const MALLOC_NAME: &str = "GLIBC_TUNABLES";
const MALLOC_VALUE: &str = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=268435456:glibc.malloc.top_pad=1048576";

/// How long a warden may take to shut itself in.
const START_MAX: Duration = Duration::from_secs(20);
/// Standard error kept from a warden and its children, in bytes.
const STDERR_BYTES_MAX: u64 = 64 << 10;

/// Why a job has no result. The cage is spent after [`CageError::Deadline`],
/// [`CageError::Broken`] and [`CageError::Start`]; start a new one.
#[derive(Debug, thiserror::Error)]
pub enum CageError {
    /// The warden could not be started or shut in.
    #[error("cannot start a caged worker: {detail}")]
    Start {
        /// What the operating system or the warden said.
        detail: String,
    },
    /// The job did not end in time and was killed.
    #[error("the job was killed at its deadline")]
    Deadline,
    /// The job wanted more memory than it may have.
    #[error("the job reached its memory limit")]
    Memory,
    /// The job used a system call that it may not use, and was killed.
    #[error("the job tried something that its cage forbids")]
    Forbidden,
    /// The job's code failed.
    #[error("the job crashed ({detail})")]
    Crashed {
        /// Signal, exit code or panic message.
        detail: String,
    },
    /// The warden is gone or does not keep to the protocol.
    #[error("the caged worker broke: {detail}")]
    Broken {
        /// What was seen.
        detail: String,
    },
}

/// One caged worker. Jobs run one after the other, each in a process of its
/// own. Dropping the cage kills what is in it.
pub struct Cage {
    child: Child,
    input: ChildStdin,
    answers: Receiver<io::Result<Option<Vec<u8>>>>,
    status: Receiver<i32>,
    errors: std::sync::Arc<std::sync::Mutex<String>>,
    spent: bool,
}

impl Cage {
    /// Starts a warden: `program` with `arguments` must call
    /// [`crate::serve`] with the same `answer_bytes_max`.
    ///
    /// # Errors
    /// Fails when the program cannot be started or does not report that its
    /// walls are up.
    pub fn start(
        program: &PathBuf,
        arguments: &[String],
        answer_bytes_max: u64,
    ) -> Result<Self, CageError> {
        let failed = |error: io::Error| CageError::Start { detail: error.to_string() };
        let (status_read, status_write) = pipe().map_err(failed)?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().current_dir("/");
        command.env(MALLOC_NAME, MALLOC_VALUE);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let status_fd = status_write.as_raw_fd();
        // SAFETY: between fork and exec only dup2(2), close_range(2) and
        // setpgid(2) are called, which are async-signal-safe.
        unsafe {
            command.pre_exec(move || keep_status_pipe(status_fd));
        }
        let mut child = command.spawn().map_err(failed)?;
        drop(status_write);
        let missing = || CageError::Start { detail: "no pipe".to_owned() };
        let input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let answers = answers(output, answer_bytes_max);
        let errors = collect(stderr);
        let mut cage =
            Self { child, input, answers, status: statuses(status_read), errors, spent: false };
        cage.await_ready()?;
        Ok(cage)
    }

    fn await_ready(&mut self) -> Result<(), CageError> {
        match self.status.recv_timeout(START_MAX) {
            Ok(READY_STATUS) => Ok(()),
            _ => {
                let detail = self.last_words();
                self.kill();
                Err(CageError::Start { detail })
            }
        }
    }

    /// Says whether the cage can take no more jobs.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.spent
    }

    /// Runs one job and returns its answer.
    ///
    /// # Errors
    /// Says how the job ended when it did not answer.
    pub fn run(&mut self, request: &[u8], deadline: Duration) -> Result<Vec<u8>, CageError> {
        if self.spent {
            return Err(CageError::Broken { detail: "spent".to_owned() });
        }
        self.clear_errors();
        let started = std::time::Instant::now();
        let sent = self.send(request);
        let left = deadline.saturating_sub(started.elapsed());
        let status = match self.status.recv_timeout(left) {
            Ok(status) => ExitStatus::from_raw(status),
            Err(RecvTimeoutError::Timeout) => {
                self.kill();
                return Err(CageError::Deadline);
            }
            Err(RecvTimeoutError::Disconnected) => {
                let detail = self.last_words();
                self.kill();
                return Err(CageError::Broken { detail });
            }
        };
        self.judge(status, sent)
    }

    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.input.write_all(&[warden::NEXT])?;
        frames::write(&mut self.input, request)
    }

    /// Turns a child's end into an answer or the reason why there is none.
    fn judge(&mut self, status: ExitStatus, sent: io::Result<()>) -> Result<Vec<u8>, CageError> {
        const ANSWER_WAIT: Duration = Duration::from_secs(10);
        if status.success() && sent.is_ok() {
            let answer = self.answers.recv_timeout(ANSWER_WAIT);
            let extra = self.answers.try_recv().is_ok();
            if let (Ok(Ok(Some(answer))), false) = (answer, extra) {
                return Ok(answer);
            }
        }
        // Bytes may still lie in a pipe that the next child would read: after
        // a failure the cage is not used again.
        let words = self.last_words();
        self.kill();
        Err(match (status.signal(), status.code()) {
            _ if words.contains("memory allocation of") => CageError::Memory,
            (Some(libc::SIGSYS), _) => CageError::Forbidden,
            (Some(libc::SIGXCPU | libc::SIGKILL), _) => CageError::Deadline,
            (Some(signal), _) => CageError::Crashed { detail: format!("signal {signal}") },
            (None, Some(warden::PANICKED)) => CageError::Crashed { detail: words },
            (None, Some(0)) => CageError::Broken { detail: "extra output".to_owned() },
            (None, code) => CageError::Broken { detail: format!("exit code {code:?}") },
        })
    }

    fn clear_errors(&self) {
        if let Ok(mut errors) = self.errors.lock() {
            errors.clear();
        }
    }

    /// Returns what was last said on standard error, once it has arrived.
    fn last_words(&mut self) -> String {
        // The collector reads on its own; give a dying process's words a
        // moment to pass through the pipe.
        std::thread::sleep(Duration::from_millis(20));
        self.errors.lock().map(|errors| errors.trim().to_owned()).unwrap_or_default()
    }

    fn kill(&mut self) {
        self.spent = true;
        if let Ok(id) = libc::pid_t::try_from(self.child.id()) {
            // SAFETY: the warden leads a process group of its own, made before
            // exec, so this reaches it and its child and nobody else.
            unsafe { libc::kill(-id, libc::SIGKILL) };
        }
        drop(self.child.wait());
    }
}

impl Drop for Cage {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The ready byte, as the status reader passes it on.
const READY_STATUS: i32 = i32::MIN;

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: the array has room for both descriptors.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call just made both descriptors and nothing else owns them.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// Leaves the new program four descriptors: its pipes and the status pipe.
fn keep_status_pipe(status_fd: i32) -> io::Result<()> {
    const FIRST_CLOSED: libc::c_uint = (warden::STATUS_FD + 1) as libc::c_uint;
    // SAFETY: plain system calls on numbers; see `Cage::start`.
    unsafe {
        if status_fd == warden::STATUS_FD {
            // dup2 onto itself would leave close-on-exec set.
            if libc::fcntl(status_fd, libc::F_SETFD, 0) != 0 {
                return Err(io::Error::last_os_error());
            }
        } else if libc::dup2(status_fd, warden::STATUS_FD) < 0 {
            return Err(io::Error::last_os_error());
        }
        let cloexec = libc::CLOSE_RANGE_CLOEXEC as libc::c_int;
        libc::syscall(libc::SYS_close_range, FIRST_CLOSED, libc::c_uint::MAX, cloexec);
        libc::setpgid(0, 0);
    }
    Ok(())
}

/// Reads answers on a thread, so that waiting for one can have a deadline.
fn answers(
    mut output: impl Read + Send + 'static,
    max: u64,
) -> Receiver<io::Result<Option<Vec<u8>>>> {
    let (sender, receiver) = sync_channel(1);
    std::thread::spawn(move || {
        loop {
            let answer = frames::read(&mut output, max);
            let go_on = matches!(answer, Ok(Some(_)));
            if sender.send(answer).is_err() || !go_on {
                return;
            }
        }
    });
    receiver
}

/// Reads the warden's words: one ready byte, then four bytes a child.
fn statuses(status: OwnedFd) -> Receiver<i32> {
    let (sender, receiver) = sync_channel(1);
    std::thread::spawn(move || {
        let mut status = File::from(status);
        let mut ready = [0; 1];
        let is_ready = status.read_exact(&mut ready).is_ok() && ready[0] == warden::READY;
        if !is_ready || sender.send(READY_STATUS).is_err() {
            return;
        }
        let mut word = [0; 4];
        while status.read_exact(&mut word).is_ok() {
            if sender.send(i32::from_le_bytes(word)).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Collects standard error on a thread, the first bytes of each job only.
fn collect(mut stderr: impl Read + Send + 'static) -> std::sync::Arc<std::sync::Mutex<String>> {
    let errors = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let shared = errors.clone();
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(count) = stderr.read(&mut chunk) {
            let Ok(mut errors) = shared.lock() else {
                return;
            };
            if count == 0 {
                return;
            }
            if (errors.len() as u64) < STDERR_BYTES_MAX {
                errors.push_str(&String::from_utf8_lossy(&chunk[..count]));
            }
        }
    });
    errors
}
