//! Caged workers: each holds one cage at a time, replaces it when it is spent,
//! and turns every way in which a job can end into an outcome.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use platform::{Cage, CageError};
use sanitize_core::{Code, Format, Kind, Method, Passwords, Policy, Reason, limits};
use sanitize_engine::{Leaves, Outcome, Reading, Unread, Verdict};

use crate::wire::{self, FoundItem, Task};
use crate::worker::CageArguments;

/// The job broke its worker.
pub(crate) const CRASHED: Code = Code::new(
    "worker-crashed",
    Kind::Refusal,
    "処理が途中で異常終了しました。ほかのファイルへの影響はなく、元のファイルはそのまま残っています",
    "the worker failed on this file; other files are not affected and the original is untouched",
);

/// The job tried what its cage forbids.
pub(crate) const FORBIDDEN: Code = Code::new(
    "worker-forbidden",
    Kind::Refusal,
    "処理中に禁止された動作(通信・ファイル操作など)が試みられたため遮断しました。情報システム担当へ連絡してください",
    "something forbidden (network, files) was tried while working on this file, and it was stopped; tell your IT office",
);

/// Why no worker can be had at all.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The program's own path is not known.
    #[error("cannot find the program's own file")]
    Program(#[source] std::io::Error),
    /// A cage could not be started or replaced.
    #[error(transparent)]
    Cage(#[from] CageError),
    /// The request could not be written.
    #[error("the request is too large to send")]
    Request,
}

/// How a file is to be treated.
#[derive(Debug, Clone)]
pub struct Treatment {
    /// The method asked for.
    pub method: Method,
    /// What may stay.
    pub policy: Policy,
    /// Candidates for encrypted files.
    pub passwords: Passwords,
}

impl Treatment {
    /// Method ③ under a policy, for files that are not locked.
    #[must_use]
    pub fn rebuild(policy: Policy) -> Self {
        Self { method: Method::Rebuild, policy, passwords: Passwords::default() }
    }
}

/// One caged worker, used by one thread at a time. (A cage ends with the
/// thread that started it.)
pub struct Pool {
    program: PathBuf,
    arguments: CageArguments,
    answer_bytes_max: u64,
    deadline: Duration,
    cage: Option<Cage>,
}

impl Pool {
    /// Prepares a worker for `policy`'s limits. With `allow_missing_walls` it
    /// works on kernels without Landlock or seccomp.
    ///
    /// # Errors
    /// Fails when the program's own file is not known.
    pub fn new(policy: &Policy, allow_missing_walls: bool) -> Result<Self, PoolError> {
        let limits = &policy.limits;
        // One second of grace: the deadline should speak before the kernel.
        let cpu = limits.time_ms_max.div_ceil(1000).saturating_add(1);
        let arguments = CageArguments {
            memory: limits.memory_bytes_max,
            cpu,
            request: limits.bytes_in_max.saturating_add(wire::HEAD_BYTES_MAX),
            font: crate::office::japanese_font(),
            weak: allow_missing_walls,
        };
        Ok(Self {
            program: std::env::current_exe().map_err(PoolError::Program)?,
            arguments,
            answer_bytes_max: limits.bytes_out_max.saturating_add(wire::HEAD_BYTES_MAX),
            deadline: Duration::from_millis(limits.time_ms_max),
            cage: None,
        })
    }

    /// Starts the cage now rather than at the first job.
    ///
    /// # Errors
    /// Fails when it cannot be started.
    pub fn start(&mut self) -> Result<(), PoolError> {
        self.cage().map(|_| ())
    }

    fn cage(&mut self) -> Result<&mut Cage, PoolError> {
        if self.cage.as_ref().is_none_or(Cage::is_spent) {
            let words = self.arguments.words();
            self.cage = Some(Cage::start(&self.program, &words, self.answer_bytes_max)?);
        }
        self.cage.as_mut().ok_or(PoolError::Request)
    }

    /// Makes one file harmless in a cage.
    ///
    /// # Errors
    /// Fails only when no cage can be had; a job that fails in its cage is an
    /// outcome.
    pub fn disarm(
        &mut self,
        name: &str,
        bytes: &[u8],
        treatment: &Treatment,
    ) -> Result<Outcome, PoolError> {
        if bytes.len() as u64 > treatment.policy.limits.bytes_in_max {
            return Ok(blocked(treatment.method, &limits::BYTES_IN, String::new()));
        }
        let task = Task::Disarm(treatment.method);
        let message = wire::request(task, name, bytes, &treatment.policy, &treatment.passwords)
            .ok_or(PoolError::Request)?;
        let deadline = self.deadline;
        let answer = self.cage()?.run(&message, deadline);
        Ok(match answer {
            Ok(answer) => match wire::read_outcome(&answer) {
                Some(outcome) => outcome,
                None => {
                    self.cage = None;
                    blocked(treatment.method, &CRASHED, "answer".to_owned())
                }
            },
            Err(CageError::Start { detail }) => {
                return Err(CageError::Start { detail }.into());
            }
            Err(CageError::Deadline) => blocked(treatment.method, &limits::TIME, String::new()),
            Err(CageError::Memory) => blocked(treatment.method, &limits::MEMORY, String::new()),
            Err(CageError::Forbidden) => blocked(treatment.method, &FORBIDDEN, String::new()),
            Err(CageError::Crashed { detail } | CageError::Broken { detail }) => {
                blocked(treatment.method, &CRASHED, detail)
            }
        })
    }

    /// Reads one file's text with its places in a cage.
    ///
    /// # Errors
    /// Fails only when no cage can be had; a file that cannot be read is a
    /// reading that says so.
    pub fn read(
        &mut self,
        name: &str,
        bytes: &[u8],
        policy: &Policy,
        passwords: &Passwords,
    ) -> Result<Reading, PoolError> {
        if bytes.len() as u64 > policy.limits.bytes_in_max {
            return Ok(unread(&limits::BYTES_IN));
        }
        let message =
            wire::request(Task::Read, name, bytes, policy, passwords).ok_or(PoolError::Request)?;
        let deadline = self.deadline;
        let answer = self.cage()?.run(&message, deadline);
        Ok(match answer {
            Ok(answer) => wire::read_reading(&answer).unwrap_or_else(|| {
                self.cage = None;
                unread(&CRASHED)
            }),
            Err(CageError::Start { detail }) => return Err(CageError::Start { detail }.into()),
            Err(CageError::Deadline) => unread(&limits::TIME),
            Err(CageError::Memory) => unread(&limits::MEMORY),
            Err(CageError::Forbidden) => unread(&FORBIDDEN),
            Err(CageError::Crashed { .. } | CageError::Broken { .. }) => unread(&CRASHED),
        })
    }

    /// Draws the first pages of a PDF, or a picture, in a cage; nothing comes
    /// of what cannot be drawn.
    ///
    /// # Errors
    /// Fails only when no cage can be had.
    pub(crate) fn draw(
        &mut self,
        name: &str,
        bytes: &[u8],
        policy: &Policy,
        leaves_max: usize,
    ) -> Result<Leaves, PoolError> {
        if bytes.len() as u64 > policy.limits.bytes_in_max {
            return Ok(Leaves::default());
        }
        let nothing = Passwords::default();
        let message = wire::request(Task::Draw { leaves_max }, name, bytes, policy, &nothing)
            .ok_or(PoolError::Request)?;
        let deadline = self.deadline;
        match self.cage()?.run(&message, deadline) {
            Ok(answer) => Ok(wire::read_leaves(&answer).unwrap_or_else(|| {
                self.cage = None;
                Leaves::default()
            })),
            Err(CageError::Start { detail }) => Err(CageError::Start { detail }.into()),
            Err(
                CageError::Deadline
                | CageError::Memory
                | CageError::Forbidden
                | CageError::Crashed { .. }
                | CageError::Broken { .. },
            ) => Ok(Leaves::default()),
        }
    }

    /// Looks at one file in a cage.
    ///
    /// # Errors
    /// Fails when no cage can be had or the look itself fails.
    pub(crate) fn inspect(
        &mut self,
        name: &str,
        bytes: &[u8],
        policy: &Policy,
    ) -> Result<(Format, Vec<FoundItem>), PoolError> {
        let nothing = Passwords::default();
        let message = wire::request(Task::Inspect, name, bytes, policy, &nothing)
            .ok_or(PoolError::Request)?;
        let deadline = self.deadline;
        let answer = self.cage()?.run(&message, deadline)?;
        wire::read_inspection(&answer).ok_or_else(|| {
            PoolError::Cage(CageError::Broken { detail: "unreadable answer".to_owned() })
        })
    }
}

/// A reading of a file that could not be read at all.
fn unread(code: &'static Code) -> Reading {
    let unread = vec![Unread { reason: code.id, place: String::new() }];
    Reading { format: Format::Unknown, text: String::new(), unread }
}

/// An outcome for a job that could not speak for itself. The type is unknown:
/// nothing outside a cage looks into the file.
fn blocked(method: Method, code: &'static Code, place: String) -> Outcome {
    Outcome {
        format: Format::Unknown,
        method,
        verdict: Verdict::Blocked,
        reasons: vec![Reason { code, place }],
        removals: Vec::new(),
        output: None,
    }
}

/// Measures a job for the report.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}
