//! One job: the file at hand, what policy says, what is left of the budget and
//! what has been taken out so far. Does no work itself; families do it and
//! engines hand nested files on.

use serde::{Deserialize, Serialize};

use crate::budget::Budget;
use crate::code::{Code, Kind};
use crate::format::Format;
use crate::limits::{LIMIT_CODES, Limits};
use crate::mark::Mark;
use crate::password::Passwords;
use crate::policy::Policy;

/// How a file is made harmless; the guideline's methods ① to ③.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// ③: taken apart, stripped and written anew in the same format.
    Rebuild,
    /// ①: only its text is delivered.
    Text,
    /// ②: only pictures of its pages are delivered.
    Image,
}

/// A harmless file, ready to be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What it is now; a macro document becomes its plain format.
    pub format: Format,
    /// The new file.
    pub bytes: Vec<u8>,
}

/// One thing that was taken out, and how often at that place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// What it was.
    pub code: &'static Code,
    /// Where it was, in the words of its format: a part name, a page, a cell.
    pub place: String,
    /// How often it occurred there.
    pub count: u64,
}

/// Why a job stopped without a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The reason's name and sentences.
    pub code: &'static Code,
    /// What it is about: a member's name, a page; may be empty.
    pub place: String,
}

/// A job that ends without a file to deliver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// Refused: nothing a person does to this job will deliver the file.
    #[error("blocked: {} {}", .0.code.id, .0.place)]
    Blocked(Reason),
    /// Waits for something a person can give or decide, such as a password.
    #[error("held: {} {}", .0.code.id, .0.place)]
    Held(Reason),
}

impl Stop {
    /// Refuses, naming the reason and the place it is about.
    pub fn blocked(code: &'static Code, place: impl Into<String>) -> Self {
        debug_assert_eq!(code.kind, Kind::Refusal, "{} must be a refusal", code.id);
        Self::Blocked(Reason { code, place: place.into() })
    }

    /// Holds, naming the reason and the place it is about.
    pub fn held(code: &'static Code, place: impl Into<String>) -> Self {
        debug_assert_eq!(code.kind, Kind::Hold, "{} must be a hold", code.id);
        Self::Held(Reason { code, place: place.into() })
    }

    /// Says whether a limit was reached. Such a stop ends the whole job: a
    /// container must not drop the member and go on spending.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        LIMIT_CODES.iter().any(|code| code.id == self.reason().code.id)
    }

    /// Returns the reason of either kind.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Blocked(reason) | Self::Held(reason) => reason,
        }
    }
}

/// Finds the family for a nested file. The engine crate implements it, so that
/// families can hand on what they find without knowing one another.
pub trait Engines {
    /// Rebuilds `bytes` by their real type. `name` is only a hint between
    /// plain-text kinds and a reason to refuse.
    ///
    /// # Errors
    /// Stops as the file's own family would.
    fn rebuild(&self, name: &str, bytes: &[u8], job: &mut Job<'_>) -> Result<Output, Stop>;

    /// Extracts the text of `bytes` by their real type.
    ///
    /// # Errors
    /// Stops as the file's own family would.
    fn text(&self, name: &str, bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop>;
}

/// Everything a family is given beside the bytes.
pub struct Job<'a> {
    /// What to keep, remove or flatten.
    pub policy: &'a Policy,
    /// Candidates for encrypted files.
    pub passwords: &'a Passwords,
    /// What is left to spend.
    pub budget: Budget,
    engines: &'a dyn Engines,
    removals: Vec<Removal>,
    /// Names of the containers around the file at hand, outermost first.
    path: Vec<String>,
    /// Whether extracted text says where it stands.
    marks_places: bool,
}

impl<'a> Job<'a> {
    /// Opens a job for an input of `bytes_in` bytes.
    ///
    /// # Errors
    /// Stops when the input is over its limit.
    pub fn open(
        policy: &'a Policy,
        passwords: &'a Passwords,
        engines: &'a dyn Engines,
        limits: Limits,
        bytes_in: u64,
    ) -> Result<Self, Stop> {
        let budget = Budget::open(limits, bytes_in)?;
        Ok(Self {
            policy,
            passwords,
            budget,
            engines,
            removals: Vec::new(),
            path: Vec::new(),
            marks_places: false,
        })
    }

    /// Asks for text with its places, and with all text that a reader could
    /// reach: comments, text in drawings, files in files.
    #[must_use]
    pub fn marking_places(mut self) -> Self {
        self.marks_places = true;
        self
    }

    /// Says whether text is to be marked with its places.
    #[must_use]
    pub fn marks_places(&self) -> bool {
        self.marks_places
    }

    /// Marks what begins now in an extracted text, where that is asked for.
    pub fn mark(&self, text: &mut String, mark: &Mark<'_>) {
        if self.marks_places {
            mark.write(text);
        }
    }

    /// Notes one thing that was taken out at `place`.
    pub fn removed(&mut self, code: &'static Code, place: &str) {
        self.removed_times(code, place, 1);
    }

    /// Notes `count` things of one kind taken out at one place. The same code
    /// at the same place is counted up, and a report line is never made twice.
    pub fn removed_times(&mut self, code: &'static Code, place: &str, count: u64) {
        if count == 0 {
            return;
        }
        let place = self.place(place);
        let recent = self.removals.len().saturating_sub(REMOVAL_LOOKBACK);
        let full = self.removals.len() >= REMOVALS_MAX;
        let same = |known: &&mut Removal| known.code.id == code.id && known.place == place;
        if let Some(known) = self.removals[recent..].iter_mut().rev().find(same) {
            known.count = known.count.saturating_add(count);
        } else if !full {
            self.removals.push(Removal { code, place, count });
        } else if let Some(last) = self.removals.iter_mut().rev().find(|r| r.code.id == code.id) {
            // Past the cap only the number matters; the code's last line carries it.
            last.count = last.count.saturating_add(count);
        }
    }

    /// What was taken out so far, in the order in which it was met.
    #[must_use]
    pub fn removals(&self) -> &[Removal] {
        &self.removals
    }

    /// Returns `place` with the names of the containers around it.
    #[must_use]
    pub fn place(&self, place: &str) -> String {
        let mut parts: Vec<&str> = self.path.iter().map(String::as_str).collect();
        if !place.is_empty() {
            parts.push(place);
        }
        parts.join(" → ")
    }

    /// Rebuilds a nested file by its real type, one container deeper.
    ///
    /// # Errors
    /// Stops as the nested file's family does, or at the depth limit. Removals
    /// noted before the stop stay in the report.
    pub fn rebuild_nested(&mut self, name: &str, bytes: &[u8]) -> Result<Output, Stop> {
        self.nested(name, |engines, job| engines.rebuild(name, bytes, job))
    }

    /// Extracts a nested file's text by its real type, one container deeper.
    ///
    /// # Errors
    /// As [`Job::rebuild_nested`].
    pub fn text_nested(&mut self, name: &str, bytes: &[u8]) -> Result<String, Stop> {
        self.nested(name, |engines, job| engines.text(name, bytes, job))
    }

    fn nested<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&dyn Engines, &mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        self.budget.enter()?;
        self.path.push(name.to_owned());
        let engines = self.engines;
        let result = work(engines, self);
        self.path.pop();
        self.budget.leave();
        result
    }
}

/// Lines of one report; hostile files could otherwise make it the largest
/// part of the answer.
const REMOVALS_MAX: usize = 10_000;

/// How far back a line is looked for before a new one is made: keeps noting a
/// removal cheap while neighbours still merge.
const REMOVAL_LOOKBACK: usize = 64;
