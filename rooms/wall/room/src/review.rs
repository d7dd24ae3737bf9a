//! The review of a body's standards (対策基準の改定) that a change of its model, or
//! of what the model asks, makes due: seen by the program, with a day, until
//! somebody with the duty says what was decided.

pub(crate) mod api;
mod tables;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::time::Duration;

use base::{Text, Timestamp};
use identity::{Caller, Duty};
use records::{Action, Entry, Origin, Subject};
use sha2::{Digest, Sha256};
use store::{Store, Work};
use zones::catalogue::{Catalogue, catalogue};
use zones::site::Model;

pub use tables::{REVIEWS, Review, ReviewId};

use crate::error::WallError;
use crate::gate::{ACTOR, Gate};
use crate::service::{NOTE_CHARACTERS_MAX, own};

const DUE: Action = Action::new("model.review-due");
const REVIEWED: Action = Action::new("model.reviewed");

/// A body has so long to look at its standards after its model, or what that
/// asks, has changed.
pub const REVIEW_WITHIN: Duration = Duration::from_secs(90 * 24 * 3_600);

/// Whose decision it is: 統括情報セキュリティ責任者 and 最高情報セキュリティ責任者.
pub const REVIEWERS: [Duty; 2] = [Duty::ApproveFlow, Duty::ApproveException];

/// What a model asks, as ids, and a fingerprint of that with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// The model.
    pub model: Model,
    /// SHA-256 of what it asks, in hexadecimal.
    pub sha256: String,
    /// The duties' ids.
    pub duties: Vec<String>,
}

impl Edition {
    /// What a catalogue asks of a model.
    #[must_use]
    pub fn of(catalogue: &Catalogue, model: Model) -> Self {
        let mut duties: Vec<_> = catalogue.duties_of(model);
        duties.sort_by(|one, other| one.id.cmp(&other.id));
        let mut text = format!("{}\n", model.name());
        for duty in &duties {
            let _ = writeln!(text, "{}\t{}\t{}", duty.id, duty.words.ja, duty.words.en);
        }
        let mut sha256 = String::with_capacity(64);
        for byte in Sha256::digest(text.as_bytes()) {
            let _ = write!(sha256, "{byte:02x}");
        }
        let duties = duties.into_iter().map(|duty| duty.id.clone()).collect();
        Self { model, sha256, duties }
    }
}

/// How the review stands.
#[derive(Clone, Debug)]
pub struct Reviewed {
    /// The newest: of the model as it is now.
    pub newest: Option<Review>,
    /// The last that somebody has finished.
    pub last: Option<Review>,
}

impl Reviewed {
    /// The review that is owed, if there is one.
    #[must_use]
    pub fn owed(&self) -> Option<&Review> {
        self.newest.as_ref().filter(|newest| newest.reviewed_at.is_none())
    }
}

/// Reads how it stands.
///
/// # Errors
/// As the store says.
pub async fn reviewed(work: &mut Work) -> Result<Reviewed, WallError> {
    Ok(Reviewed { newest: tables::newest(work).await?, last: tables::finished(work).await? })
}

/// Writes down that a review is due, if the model or what it asks is not what
/// was looked at last; true if it is new.
///
/// # Errors
/// As the store says.
pub async fn notice(work: &mut Work, edition: &Edition) -> Result<bool, WallError> {
    let newest = tables::newest(work).await?;
    let is_known = newest.is_some_and(|newest| newest.edition == *edition);
    if is_known {
        return Ok(false);
    }
    let now = work.now();
    let review = Review {
        id: work.new_id(),
        edition: edition.clone(),
        seen_at: now,
        due_at: now.plus(REVIEW_WITHIN),
        reviewed_at: None,
        reviewed_by: None,
        note: None,
    };
    tables::add(work, &review).await?;
    let subject = Subject::new("model", edition.model.name());
    let entry = Entry::new(ACTOR, DUE, subject, Origin::Job)
        .with("due", review.due_at)
        .with("edition", &edition.sha256);
    records::append(work, &entry).await?;
    Ok(true)
}

/// Finishes the review that is owed, with what was decided: the new standards'
/// name and day, or why they need no change.
///
/// # Errors
/// [`WallError::Before`] if none is owed any more; [`WallError::Text`].
pub async fn finish(
    work: &mut Work,
    caller: &Caller,
    gate: &Gate,
    id: ReviewId,
    note: &str,
) -> Result<Review, WallError> {
    own(caller, gate)?;
    if !REVIEWERS.iter().any(|duty| caller.duties.has(*duty)) {
        caller.demand(Duty::ApproveFlow)?;
    }
    let note = Text::<NOTE_CHARACTERS_MAX>::parse(note)
        .map_err(|why| WallError::Text { field: "note", why })?;
    let owed = reviewed(work).await?.owed().cloned();
    let owed = owed.filter(|owed| owed.id == id).ok_or(WallError::Before)?;
    let now = work.now();
    if !tables::finish(work, id, caller.person, note.as_str()).await? {
        return Err(WallError::Before);
    }
    let model = owed.edition.model.name();
    let entry = caller
        .entry(REVIEWED, Subject::new("model", model))
        .with("due", owed.due_at)
        .with("edition", &owed.edition.sha256)
        .with("note", note.as_str());
    records::append(work, &entry).await?;
    Ok(Review {
        reviewed_at: Some(now),
        reviewed_by: Some(caller.person),
        note: Some(note.as_str().to_owned()),
        ..owed
    })
}

/// True where the day is over.
#[must_use]
pub fn is_late(review: &Review, now: Timestamp) -> bool {
    review.reviewed_at.is_none() && review.due_at <= now
}

impl Gate {
    /// Writes down that a review is due, where the model of the site, or what
    /// that asks, is not what was looked at last.
    ///
    /// # Errors
    /// As the store says.
    pub(crate) async fn see_model(&self, store: &Store) -> Result<(), WallError> {
        let edition = Edition::of(catalogue(), self.declared().site.model);
        let mut work = store.begin(self.body(store).await?).await?;
        if notice(&mut work, &edition).await? {
            work.commit().await?;
        }
        Ok(())
    }
}
