//! Who really sent it: SPF, DKIM, DMARC and ARC. Knows no network: it says what
//! it must know of the DNS, is told, and is asked again.
//!
//! Signatures, their canonical forms and key records are `mail-auth`'s. The
//! order of questions, the limits, expiry and SPF are ours: every answer and the
//! time come in as arguments.

mod arc;
mod dkim;
mod dmarc;
mod dns;
mod signature;
mod spf;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

pub use dns::{Answer, Answers, Question, RecordKind};

/// Questions that one mail may ask the DNS in all.
pub const QUESTIONS_MAX: usize = 300;

/// How a check ended, in the words of RFC 8601.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Outcome {
    /// Confirmed.
    Pass,
    /// Refuted.
    Fail,
    /// Refuted, but the domain asks not to be strict.
    SoftFail,
    /// The domain says nothing about it.
    Neutral,
    /// There is nothing to check.
    None,
    /// The DNS did not answer; later it may.
    TempError,
    /// What the domain published cannot be understood.
    PermError,
    /// Was not checked: what it takes is not known.
    #[default]
    Unchecked,
}

impl Outcome {
    /// Returns the outcome's name in RFC 8601.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::Neutral => "neutral",
            Self::None => "none",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
            Self::Unchecked => "unchecked",
        }
    }
}

/// One check with what it rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// The domain that was asked or that signed.
    pub domain: String,
    /// Why, in few words; for machines and the curious.
    pub reason: String,
}

impl Verdict {
    pub(crate) fn new(outcome: Outcome, domain: &str, reason: &str) -> Self {
        Self { outcome, domain: domain.to_owned(), reason: reason.to_owned() }
    }
}

/// Everything that was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    /// Whether the server may send for the domain of the envelope.
    pub spf: Verdict,
    /// One for each signature, at least one.
    pub dkim: Vec<Verdict>,
    /// Whether SPF or DKIM speak for the domain that people see.
    pub dmarc: Verdict,
    /// What the domain that people see asks for: `none`, `quarantine`, `reject`.
    pub policy: String,
    /// Whether the chain of those who forwarded holds.
    pub arc: Verdict,
}

/// What the server that took the mail knows about its coming.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// The address that delivered it.
    pub ip: IpAddr,
    /// What it called itself.
    pub helo: &'a str,
    /// The sender of the envelope; empty for failure reports.
    pub mail_from: &'a str,
    /// The name of the server that took it.
    pub receiver: &'a str,
}

/// Where a check stands.
#[derive(Debug)]
pub enum Step {
    /// These must be known first.
    Ask(Vec<Question>),
    /// All is said.
    Done(Box<Verdicts>),
}

/// Checks a message as it came, byte for byte. Without an envelope, SPF stays
/// unchecked. `now` is in seconds since 1970.
///
/// Call it again with more answers until it is done; each call asks for all that
/// it can name, and the questions of one mail end at [`QUESTIONS_MAX`].
#[must_use]
pub fn check(raw: &[u8], envelope: Option<&Envelope<'_>>, answers: &Answers, now: u64) -> Step {
    let dns = dns::Asking::new(answers);
    let mut verdicts = Verdicts::default();
    if let Some(envelope) = envelope {
        verdicts.spf = spf::check(envelope, &dns, now);
    }
    let Some(message) = mail_auth::AuthenticatedMessage::parse(raw) else {
        verdicts.dkim = vec![Verdict::new(Outcome::None, "", "no headers")];
        return finish(verdicts, &dns, answers);
    };
    verdicts.dkim = dkim::check(&message, &dns, now);
    verdicts.arc = arc::check(&message, &dns, now);
    let (dmarc, policy) = dmarc::check(&message, envelope, &verdicts, &dns);
    verdicts.dmarc = dmarc;
    verdicts.policy = policy;
    finish(verdicts, &dns, answers)
}

fn finish(verdicts: Verdicts, dns: &dns::Asking<'_>, answers: &Answers) -> Step {
    let open = dns.open();
    if open.is_empty() || answers.len() >= QUESTIONS_MAX {
        Step::Done(Box::new(verdicts))
    } else {
        Step::Ask(open)
    }
}

/// Checks SPF alone, as a server does before it takes the mail.
///
/// # Errors
/// What must be known first.
pub fn spf(envelope: &Envelope<'_>, answers: &Answers, now: u64) -> Result<Verdict, Vec<Question>> {
    let dns = dns::Asking::new(answers);
    let verdict = spf::check(envelope, &dns, now);
    let open = dns.open();
    if open.is_empty() || answers.len() >= QUESTIONS_MAX { Ok(verdict) } else { Err(open) }
}

#[cfg(test)]
mod tests;
