//! What was asked and what was answered, kept outside of the program.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::Timestamp;
use town::Reply;

/// Everything that was tried, with what is known of it.
#[derive(Default)]
pub struct Journal(Mutex<Pages>);

/// See [`Journal`].
#[derive(Default)]
pub struct Pages {
    /// Sessions that were opened.
    pub sessions: Vec<String>,
    /// Applications by their purpose, which is unique.
    pub permits: BTreeMap<String, Asked>,
    /// Permits that were approved.
    pub approved: Vec<String>,
    /// Lists taken out on a permit, by who did: `(answered, unanswered)`.
    pub uses: BTreeMap<String, (u64, u64)>,
    /// Files by the hash of what was sent, which is unique.
    pub files: BTreeMap<String, Sent>,
    /// Answers that were no refusal.
    pub good: u64,
    /// Calls without an answer.
    pub unanswered: u64,
    /// Calls that were answered as repeated.
    pub repeated: u64,
    /// Refusals of the server's by status, with one of their texts.
    pub refusals: BTreeMap<u16, (u64, String)>,
    /// The longest wait for an answer or for none.
    pub slowest: Duration,
    /// What must not be: told at the end.
    pub wrong: Vec<String>,
}

/// An application.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its number where the answer came.
    pub id: Option<String>,
    /// Refused for good: it must not be there.
    pub is_refused: bool,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Who applied.
    pub login: String,
}

/// A file.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// Who sent it.
    pub login: String,
    /// Its number where the answer came.
    pub id: Option<String>,
    /// The server said that it was done before, and no more.
    pub is_done: bool,
    /// Where the result is, and its hash.
    pub result: Option<(String, String)>,
    /// Its result was fetched and compared.
    pub is_proved: bool,
}

impl Journal {
    /// Opens the pages.
    pub fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an answer, or that none came.
    pub fn count(&self, answer: Option<&Reply>, took: Duration) {
        let mut pages = self.pages();
        pages.slowest = pages.slowest.max(took);
        match answer {
            None => pages.unanswered += 1,
            Some(reply) if reply.status >= 500 => {
                let entry = pages.refusals.entry(reply.status).or_default();
                entry.0 += 1;
                entry.1.clone_from(&reply.text);
            }
            Some(reply) => {
                pages.good += 1;
                pages.repeated += u64::from(reply.headers.contains_key("idempotency-replayed"));
            }
        }
    }

    /// Notes what must not be.
    pub fn complain(&self, what: String) {
        eprintln!("wrong: {what}");
        self.pages().wrong.push(what);
    }

    /// Forgets how long answers took, before a part of a test that asks for it.
    pub fn forget_waits(&self) {
        self.pages().slowest = Duration::ZERO;
    }

    /// Figures for the reader of the test's output.
    #[must_use]
    pub fn figures(&self) -> String {
        let pages = self.pages();
        let answered = |found: usize, all: usize| format!("{found} of {all}");
        let permits = pages.permits.values().filter(|one| one.id.is_some()).count();
        let files = pages.files.values().filter(|one| one.id.is_some()).count();
        let refusals: Vec<String> =
            pages.refusals.iter().map(|(status, (count, _))| format!("{status}×{count}")).collect();
        format!(
            "answered: {} sign-ins, {} applications, {} approvals, {} lists taken out, {} files; \
             {} good answers, {} none, {} given again, refusals [{}], slowest {:?}",
            pages.sessions.len(),
            answered(permits, pages.permits.len()),
            pages.approved.len(),
            pages.uses.values().map(|(answered, _)| answered).sum::<u64>(),
            answered(files, pages.files.len()),
            pages.good,
            pages.unanswered,
            pages.repeated,
            refusals.join(" "),
            pages.slowest,
        )
    }
}
