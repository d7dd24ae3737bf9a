//! Attachments through the sanitiser: what each is, its harmless form, or why
//! there is none. Decides nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mail_engine::Report;
use sanitize_core::{Method, Passwords, Policy};
use sanitize_engine::{Outcome, Verdict};
use sanitize_room::{ReasonLine, RemovedLine, Treatment, WorkError, Workers};

use crate::report::{FileFound, Said};

/// Attachments that one mail may have; the rest is left out, and that is said.
pub(crate) const FILES_MAX: usize = 200;
/// Findings of one file that are kept.
const SAID_MAX: usize = 100;
/// The reasons that a password would take away.
const LOCKED: [&str; 2] = ["password-needed", "password-wrong"];
/// The sanitiser's own word for a worker that broke.
const CRASHED: &str = "worker-crashed";
/// Tries of a file whose worker broke: it may have been none of its doing.
const TRIES_MAX: usize = 4;
const TRIES_TIME_MAX: Duration = Duration::from_secs(5);

/// An attachment after the sanitiser.
#[derive(Clone, Debug)]
pub(crate) struct Treated {
    pub(crate) found: FileFound,
    /// Its harmless form with its name.
    pub(crate) output: Option<(String, Vec<u8>)>,
}

/// Treats every attachment of a mail; those that are locked are tried with the
/// candidates.
pub(crate) async fn treat_all(
    workers: &Workers,
    report: &Report,
    files: &[Vec<u8>],
    candidates: &[String],
) -> Result<Vec<Treated>, WorkError> {
    let mut treated = Vec::new();
    for (attachment, bytes) in report.attachments.iter().zip(files).take(FILES_MAX) {
        let bytes: Arc<[u8]> = Arc::from(bytes.as_slice());
        let mut outcome = disarm(workers, &attachment.name, &bytes, Vec::new()).await?;
        if is_locked(&outcome) && !candidates.is_empty() {
            outcome = disarm(workers, &attachment.name, &bytes, candidates.to_vec()).await?;
        }
        treated.push(told(&attachment.name, &attachment.kind, bytes.len(), outcome));
    }
    for attachment in report.attachments.iter().skip(FILES_MAX) {
        let found = FileFound {
            name: attachment.name.clone(),
            kind: attachment.kind.clone(),
            bytes: attachment.size,
            verdict: "blocked".to_owned(),
            reasons: vec![Said {
                code: "mail-too-many-files".to_owned(),
                message: format!("添付が{FILES_MAX}件を超えています"),
                message_en: format!("more than {FILES_MAX} attachments"),
                count: 1,
            }],
            ..FileFound::default()
        };
        treated.push(Treated { found, output: None });
    }
    Ok(treated)
}

/// Makes one file harmless in a cage; again where the worker broke.
pub(crate) async fn disarm(
    workers: &Workers,
    name: &str,
    bytes: &Arc<[u8]>,
    passwords: Vec<String>,
) -> Result<Outcome, WorkError> {
    let work = Treatment {
        method: Method::Rebuild,
        policy: Policy::default(),
        passwords: Passwords::new(passwords),
    };
    let start = Instant::now();
    for _ in 1..TRIES_MAX {
        let outcome = workers.disarm(name, bytes.clone(), work.clone()).await?;
        let is_broken = outcome.reasons.iter().any(|reason| reason.code.id == CRASHED);
        if !is_broken || start.elapsed() > TRIES_TIME_MAX {
            return Ok(outcome);
        }
    }
    workers.disarm(name, bytes.clone(), work).await
}

fn is_locked(outcome: &Outcome) -> bool {
    outcome.output.is_none()
        && outcome.reasons.iter().any(|reason| LOCKED.contains(&reason.code.id))
}

fn told(name: &str, kind: &str, bytes: usize, outcome: Outcome) -> Treated {
    let is_locked = is_locked(&outcome);
    let reasons = ReasonLine::all(&outcome).into_iter().map(|reason| Said {
        code: reason.code.to_owned(),
        message: reason.message,
        message_en: reason.message_en,
        count: 1,
    });
    let removed = RemovedLine::all(&outcome).into_iter().map(|item| Said {
        code: item.code.to_owned(),
        message: item.message.to_owned(),
        message_en: item.message_en.to_owned(),
        count: item.count,
    });
    let found = FileFound {
        name: name.to_owned(),
        kind: kind.to_owned(),
        format: outcome.format.name().to_owned(),
        bytes: bytes as u64,
        verdict: verdict(outcome.verdict).to_owned(),
        is_locked,
        removed: removed.take(SAID_MAX).collect(),
        reasons: reasons.take(SAID_MAX).collect(),
    };
    let output = outcome
        .output
        .map(|output| (sanitize_room::output_name(name, output.format), output.bytes));
    Treated { found, output }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Disarmed => "disarmed",
        Verdict::Blocked => "blocked",
        Verdict::Held => "held",
    }
}
