//! The report: one JSON object a line, for programs. Its keys are an interface
//! that others script against; keys may be added, never changed.

use sanitize_core::Method;
use sanitize_engine::Outcome;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::wire;

/// Why a file was not delivered.
#[derive(Debug, Clone, Serialize)]
pub struct ReasonLine {
    /// The reason's name.
    pub code: &'static str,
    /// Its sentence in Japanese.
    pub message: String,
    /// Its sentence in English.
    pub message_en: String,
}

/// One thing that was taken out.
#[derive(Debug, Clone, Serialize)]
pub struct RemovedLine {
    /// The thing's name.
    pub code: &'static str,
    /// Where it was.
    pub r#where: String,
    /// How often it was there.
    pub count: u64,
    /// Its sentence in Japanese.
    pub message: &'static str,
    /// Its sentence in English.
    pub message_en: &'static str,
}

/// One line of the report.
#[derive(Debug, Clone, Serialize)]
pub struct ReportLine {
    /// The input's path as given.
    pub input: String,
    /// Its real type.
    pub r#type: &'static str,
    /// How it was treated.
    pub method: Method,
    /// How the job ended.
    pub verdict: &'static str,
    /// Why it was not delivered.
    pub reasons: Vec<ReasonLine>,
    /// What was taken out.
    pub removed: Vec<RemovedLine>,
    /// The output's path, when one was delivered.
    pub output: Option<String>,
    /// SHA-256 of the input, in hex.
    pub sha256_in: String,
    /// SHA-256 of the output, in hex.
    pub sha256_out: Option<String>,
    /// Size of the input, in bytes.
    pub bytes_in: u64,
    /// Size of the output, in bytes.
    pub bytes_out: Option<u64>,
    /// Wall-clock time of the job, in milliseconds.
    pub elapsed_ms: u64,
}

impl ReasonLine {
    /// Those of an outcome.
    #[must_use]
    pub fn all(outcome: &Outcome) -> Vec<Self> {
        let reasons = outcome.reasons.iter().map(|reason| Self {
            code: reason.code.id,
            message: with_place(reason.code.ja, &reason.place),
            message_en: with_place(reason.code.en, &reason.place),
        });
        reasons.collect()
    }
}

impl RemovedLine {
    /// Those of an outcome.
    #[must_use]
    pub fn all(outcome: &Outcome) -> Vec<Self> {
        let removed = outcome.removals.iter().map(|removal| Self {
            code: removal.code.id,
            r#where: removal.place.clone(),
            count: removal.count,
            message: removal.code.ja,
            message_en: removal.code.en,
        });
        removed.collect()
    }
}

impl ReportLine {
    /// Builds the line for one outcome.
    #[must_use]
    pub fn new(
        input: String,
        bytes: &[u8],
        outcome: &Outcome,
        output: Option<String>,
        elapsed: std::time::Duration,
    ) -> Self {
        let delivered = outcome.output.as_ref();
        Self {
            input,
            r#type: outcome.format.name(),
            method: outcome.method,
            verdict: wire::verdict_name(outcome.verdict),
            reasons: ReasonLine::all(outcome),
            removed: RemovedLine::all(outcome),
            output,
            sha256_in: sha256(bytes),
            sha256_out: delivered.map(|output| sha256(&output.bytes)),
            bytes_in: bytes.len() as u64,
            bytes_out: delivered.map(|output| output.bytes.len() as u64),
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn with_place(sentence: &str, place: &str) -> String {
    if place.is_empty() { sentence.to_owned() } else { format!("{sentence} [{place}]") }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
