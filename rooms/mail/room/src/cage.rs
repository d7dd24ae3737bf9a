//! Reads mails in a cage of their own: parsing, signatures and decoding of
//! pictures happen where nothing can be reached. What comes back is hostile too: codes are
//! looked up again, and files stay bytes.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use mail_engine::auth::{self, Answer as Record, Answers, Question, Step, Verdicts};
use mail_engine::hints::{Setting, look};
use mail_engine::{Limits, Report, read};
use platform::{Cage, CageError, Confinement, WardenError};
use sanitize_core::Code;
use serde::{Deserialize, Serialize};

/// Address space of one reading, in bytes.
const MEMORY_BYTES_MAX: u64 = 2 << 30;
/// Processor time of one reading, in seconds.
const CPU_SECONDS_MAX: u64 = 31;
/// Wall-clock time of one reading.
const DEADLINE: Duration = Duration::from_secs(30);
/// Bytes that a request or an answer may have beside the mail or its files.
const HEAD_BYTES_MAX: u64 = 64 << 20;

/// What the reader tells a warden on its command line.
#[derive(Debug, Clone, Args)]
pub struct CageArguments {
    /// Go on where the kernel lacks a wall.
    #[arg(long)]
    pub weak: bool,
}

/// What is asked of the cage; the mail's bytes follow.
#[derive(Serialize, Deserialize)]
enum Request {
    /// What it says, judged by this.
    Read { setting: Box<Setting>, verdicts: Box<Verdicts> },
    /// Who sent it, as far as these answers go.
    Check { coming: Coming, answers: Vec<(Question, Record)> },
}

/// What comes out; the files' bytes follow a report in its order.
#[derive(Serialize, Deserialize)]
enum Answer {
    Read(Box<Report>),
    Stopped { code: String, place: String },
    Asks(Vec<Question>),
    Checked(Box<Verdicts>),
}

/// How a mail came to the town.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Coming {
    /// The address that delivered it; without it SPF is not checked.
    pub client: Option<IpAddr>,
    /// What it called itself.
    pub helo: String,
    /// The sender of the envelope; empty for failure reports.
    pub mail_from: String,
    /// The name of the server that took it.
    pub receiver: String,
    /// In seconds since 1970.
    pub now: u64,
}

/// Where a check of the sender stands.
#[derive(Debug)]
pub enum Checked {
    /// These must be known first.
    Asks(Vec<Question>),
    /// All is said.
    Done(Box<Verdicts>),
}

/// A mail that was read.
#[derive(Debug)]
pub struct Reading {
    /// What it says, with our own sentences.
    pub report: Report,
    /// The attachments' bytes, as many as the report names.
    pub files: Vec<Vec<u8>>,
}

/// Why a mail was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The program's own path is not known.
    #[error("cannot find the program's own file")]
    Program(#[source] std::io::Error),
    /// The cage could not be had, or the mail broke it.
    #[error(transparent)]
    Cage(#[from] CageError),
    /// The mail is none, is encrypted, or goes over a limit.
    #[error("{} ({})", .code.ja, .code.en)]
    Stopped {
        /// Why.
        code: &'static Code,
        /// What it is about.
        place: String,
    },
    /// Too many wait already, or the reader has just ended: try again.
    #[error("no reader is free")]
    Busy,
    /// What came out of the cage is no answer.
    #[error("the caged reader gave no answer that can be read")]
    Answer,
    /// Larger than a mail may be.
    #[error("the mail is larger than {max} bytes")]
    TooLarge {
        /// The limit.
        max: u64,
    },
}

/// One caged reader, used by one thread at a time.
pub struct Reader {
    program: PathBuf,
    is_weak: bool,
    limits: Limits,
    cage: Option<Cage>,
}

impl Reader {
    /// Prepares a reader. With `allow_missing_walls` it works on kernels without
    /// Landlock or seccomp.
    ///
    /// # Errors
    /// Fails when the program's own file is not known.
    pub fn new(allow_missing_walls: bool) -> Result<Self, ReadError> {
        let program = std::env::current_exe().map_err(ReadError::Program)?;
        Ok(Self { program, is_weak: allow_missing_walls, limits: Limits::default(), cage: None })
    }

    /// Reads one mail.
    ///
    /// # Errors
    /// Says why there is nothing to show; other mails are not affected.
    pub fn read(
        &mut self,
        bytes: &[u8],
        setting: &Setting,
        verdicts: &Verdicts,
    ) -> Result<Reading, ReadError> {
        let request = Request::Read {
            setting: Box::new(setting.clone()),
            verdicts: Box::new(verdicts.clone()),
        };
        let answer = self.ask(&request, bytes)?;
        let (answer, rest) = split::<Answer>(&answer).ok_or(ReadError::Answer)?;
        match answer {
            Answer::Read(report) => {
                let files = files(&report, rest).ok_or(ReadError::Answer)?;
                Ok(Reading { report: report.settled(sanitize_engine_code), files })
            }
            Answer::Stopped { code, place } => {
                let code = sanitize_engine_code(&code).ok_or(ReadError::Answer)?;
                Err(ReadError::Stopped { code, place })
            }
            Answer::Asks(_) | Answer::Checked(_) => Err(ReadError::Answer),
        }
    }

    /// Checks who sent a mail, as far as the answers go.
    ///
    /// # Errors
    /// If the cage gave no answer.
    pub fn check(
        &mut self,
        bytes: &[u8],
        coming: &Coming,
        answers: &Answers,
    ) -> Result<Checked, ReadError> {
        let known = answers.iter().map(|(question, answer)| (question.clone(), answer.clone()));
        let request = Request::Check { coming: coming.clone(), answers: known.collect() };
        let answer = self.ask(&request, bytes)?;
        match split::<Answer>(&answer).ok_or(ReadError::Answer)?.0 {
            Answer::Asks(questions) => Ok(Checked::Asks(questions)),
            Answer::Checked(verdicts) => Ok(Checked::Done(verdicts)),
            Answer::Read(_) | Answer::Stopped { .. } => Err(ReadError::Answer),
        }
    }

    fn ask(&mut self, request: &Request, bytes: &[u8]) -> Result<Vec<u8>, ReadError> {
        let max = self.limits.bytes_max;
        if bytes.len() as u64 > max {
            return Err(ReadError::TooLarge { max });
        }
        let message = join(request, &[bytes]).ok_or(ReadError::Answer)?;
        Ok(self.cage()?.run(&message, DEADLINE)?)
    }

    fn cage(&mut self) -> Result<&mut Cage, ReadError> {
        if self.cage.as_ref().is_none_or(Cage::is_spent) {
            let mut words = vec!["mail-cage".to_owned()];
            if self.is_weak {
                words.push("--weak".to_owned());
            }
            let most = self.limits.bytes_out_max.saturating_add(HEAD_BYTES_MAX);
            self.cage = Some(Cage::start(&self.program, &words, most)?);
        }
        self.cage.as_mut().ok_or(ReadError::Answer)
    }
}

fn sanitize_engine_code(id: &str) -> Option<&'static Code> {
    sanitize_engine::find_code(id)
}

fn files(report: &Report, mut rest: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    for file in &report.attachments {
        let (bytes, after) = rest.split_at_checked(usize::try_from(file.size).ok()?)?;
        files.push(bytes.to_vec());
        rest = after;
    }
    rest.is_empty().then_some(files)
}

/// Serves readings until the parent closes the pipe. The binary calls it for its
/// hidden command, before anything else has been opened.
///
/// # Errors
/// Fails when the walls cannot be built.
pub fn serve_cage(arguments: &CageArguments) -> Result<(), WardenError> {
    let confinement = Confinement {
        memory_bytes_max: MEMORY_BYTES_MAX,
        cpu_seconds_max: CPU_SECONDS_MAX,
        allow_missing_walls: arguments.weak,
    };
    let request_max = Limits::default().bytes_max.saturating_add(HEAD_BYTES_MAX);
    platform::serve(&confinement, request_max, warm, |message| handle(message).unwrap_or_default())
}

/// Builds tables and takes random seeds before the walls forbid it.
fn warm() {
    let mail = b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n<p style=color:red>x</p>";
    if let Ok(message) = read(mail, &Limits::default()) {
        let _ = look(&message, &Verdicts::default(), &Setting::default());
    }
}

fn handle(message: &[u8]) -> Option<Vec<u8>> {
    let (request, bytes) = split::<Request>(message)?;
    let (setting, verdicts) = match request {
        Request::Read { setting, verdicts } => (setting, verdicts),
        Request::Check { coming, answers } => return check(bytes, &coming, answers),
    };
    match read(bytes, &Limits::default()) {
        Ok(message) => {
            let hints = look(&message, &verdicts, &setting);
            let report = Report::new(&message, &verdicts, &hints);
            let files: Vec<&[u8]> =
                message.attachments.iter().map(|file| file.bytes.as_slice()).collect();
            join(&Answer::Read(Box::new(report)), &files)
        }
        Err(stop) => {
            let reason = stop.reason();
            let (code, place) = (reason.code.id.to_owned(), reason.place.clone());
            join(&Answer::Stopped { code, place }, &[])
        }
    }
}

fn check(bytes: &[u8], coming: &Coming, known: Vec<(Question, Record)>) -> Option<Vec<u8>> {
    let mut answers = Answers::default();
    for (question, answer) in known {
        answers.put(question, answer);
    }
    let envelope = coming.client.map(|ip| auth::Envelope {
        ip,
        helo: &coming.helo,
        mail_from: &coming.mail_from,
        receiver: &coming.receiver,
    });
    match auth::check(bytes, envelope.as_ref(), &answers, coming.now) {
        Step::Ask(questions) => join(&Answer::Asks(questions), &[]),
        Step::Done(verdicts) => join(&Answer::Checked(verdicts), &[]),
    }
}

/// Joins a head and bodies: the head's length in 32 bits, the head, the bodies.
fn join(head: &impl Serialize, bodies: &[&[u8]]) -> Option<Vec<u8>> {
    let head = serde_json::to_vec(head).ok()?;
    let mut message = u32::try_from(head.len()).ok()?.to_le_bytes().to_vec();
    message.extend_from_slice(&head);
    for body in bodies {
        message.extend_from_slice(body);
    }
    Some(message)
}

fn split<'m, T: Deserialize<'m>>(message: &'m [u8]) -> Option<(T, &'m [u8])> {
    let (length, rest) = message.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (head, body) = rest.split_at_checked(length)?;
    Some((serde_json::from_slice(head).ok()?, body))
}
