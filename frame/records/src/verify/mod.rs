//! Follows the chain and says where it first breaks. Sees one entry at a time;
//! rows and files feed it.

mod file;
mod rows;

use std::fmt;

use base::{BodyId, Timestamp};

use crate::append::Head;
use crate::canonical::{self, Hash};
use crate::checkpoint::{CHECKPOINT, Checkpoint};
use crate::details::Details;
use crate::entry::Sequence;
use crate::key::PublicKey;

pub use file::{FileError, verify_export};
pub use rows::{VerifyError, verify_rows};

/// What a verifier is told beforehand.
#[derive(Clone, Debug, Default)]
pub struct Verify {
    /// The keys that may have signed.
    pub keys: Vec<PublicKey>,
    /// Checkpoints that were kept elsewhere: what they sign must be there.
    pub witnesses: Vec<Checkpoint>,
}

/// Where a ledger first stops being what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {sequence}: {kind}")]
pub struct Break {
    /// The place.
    pub sequence: Sequence,
    /// What is wrong there.
    pub kind: BreakKind,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakKind {
    /// The entry at this place is gone; a later one follows.
    Missing,
    /// Another entry than the next stands here: repeated, moved or inserted.
    Displaced,
    /// The entry or its hash was changed.
    Changed,
    /// What stands there cannot be read as an entry at all.
    Unreadable,
    /// The entry belongs to another body.
    ForeignBody,
    /// A checkpoint or seal was not signed by a key that is trusted.
    Signature,
    /// A checkpoint that was kept elsewhere signs another hash at this place.
    Witness,
    /// The ledger ends before this place, though its head, its seal or a
    /// checkpoint kept elsewhere says that it goes on.
    CutOff,
    /// There are entries from this place on that the head does not know.
    BeyondHead,
    /// The head names another hash for its place than the entry has.
    Head,
    /// The first line of the file is not a header.
    Header,
    /// The last line of the file is not the seal of what stands before it.
    Seal,
    /// Something follows the seal.
    AfterSeal,
}

impl fmt::Display for BreakKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Displaced => "another entry stands here",
            Self::Changed => "changed after it was written",
            Self::Unreadable => "cannot be read",
            Self::ForeignBody => "belongs to another body",
            Self::Signature => "not signed by a trusted key",
            Self::Witness => "differs from a checkpoint kept elsewhere",
            Self::CutOff => "cut off: the ledger went on here",
            Self::BeyondHead => "stands beyond the ledger's head",
            Self::Head => "differs from the ledger's head",
            Self::Header => "the file's header is not what was written",
            Self::Seal => "the file's seal does not fit",
            Self::AfterSeal => "something follows the file's seal",
        })
    }
}

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The body.
    pub body: BodyId,
    /// The first place.
    pub first: Sequence,
    /// The hash before it; zeros before the ledger's first entry.
    pub previous: Hash,
    /// The last place and its hash.
    pub end: Head,
    /// How many checkpoints were met, all with good signatures.
    pub checkpoints: u64,
    /// The last place that a checkpoint signs; what follows it is chained only.
    pub signed_to: Sequence,
    /// How many entries bear an earlier time than the one before: the clock went
    /// back there.
    pub times_back: u64,
    /// When the file was sealed; nothing for rows.
    pub sealed_at: Option<Timestamp>,
}

impl Verified {
    /// How many entries were verified.
    #[must_use]
    pub const fn entries(&self) -> i64 {
        self.end.sequence.number() - self.first.number() + 1
    }

    /// Checks that this stretch follows another without a gap.
    ///
    /// # Errors
    /// Where it does not.
    pub fn follows(&self, earlier: &Self) -> Result<(), Break> {
        let place = earlier.end.sequence.next();
        let kind = if self.body != earlier.body {
            BreakKind::ForeignBody
        } else if self.first > place {
            BreakKind::Missing
        } else if self.first < place {
            BreakKind::Displaced
        } else if self.previous != earlier.end.hash {
            BreakKind::Changed
        } else {
            return Ok(());
        };
        Err(Break { sequence: place, kind })
    }
}

/// One entry as a verifier sees it.
pub(crate) struct Glimpse<'a> {
    pub(crate) sequence: Sequence,
    pub(crate) at: Timestamp,
    pub(crate) action: &'a str,
    /// Canonical JSON; read only for checkpoints.
    pub(crate) details: &'a str,
    pub(crate) spelling: &'a str,
    pub(crate) hash: Hash,
}

/// Follows one body's chain.
#[derive(Clone, Debug)]
pub struct Verifier<'a> {
    verify: &'a Verify,
    state: Verified,
    time: Timestamp,
}

impl<'a> Verifier<'a> {
    /// Begins at a place; `previous` is the hash before it.
    #[must_use]
    pub const fn new(body: BodyId, first: Sequence, previous: Hash, verify: &'a Verify) -> Self {
        let before = Sequence::new(first.number() - 1);
        let state = Verified {
            body,
            first,
            previous,
            end: Head { sequence: before, hash: previous },
            checkpoints: 0,
            signed_to: Sequence::NONE,
            times_back: 0,
            sealed_at: None,
        };
        Self { verify, state, time: Timestamp::from_millis(0) }
    }

    /// The place that must come next.
    #[must_use]
    pub const fn next(&self) -> Sequence {
        self.state.end.sequence.next()
    }

    /// A break at the place that must come next.
    pub(crate) const fn here(&self, kind: BreakKind) -> Break {
        Break { sequence: self.next(), kind }
    }

    /// Takes the next entry.
    pub(crate) fn entry(&mut self, entry: &Glimpse<'_>) -> Result<(), Break> {
        if entry.sequence > self.next() {
            return Err(self.here(BreakKind::Missing));
        }
        let before = self.state.end.hash;
        if entry.sequence < self.next() {
            return Err(self.too_early(entry, before));
        }
        if canonical::chain(before, entry.spelling) != entry.hash {
            return Err(self.here(BreakKind::Changed));
        }
        if entry.action == CHECKPOINT.name() {
            self.checkpoint(entry, before)?;
        }
        self.witnesses(entry)?;
        self.state.times_back += u64::from(entry.at < self.time);
        self.time = entry.at;
        self.state.end = Head { sequence: entry.sequence, hash: entry.hash };
        Ok(())
    }

    /// An entry that should have come earlier: if it is the first and follows the
    /// header's hash, the header's place is what was changed.
    fn too_early(&self, entry: &Glimpse<'_>, before: Hash) -> Break {
        let is_first = self.next() == self.state.first;
        if is_first && canonical::chain(before, entry.spelling) == entry.hash {
            Break { sequence: entry.sequence, kind: BreakKind::Header }
        } else {
            self.here(BreakKind::Displaced)
        }
    }

    fn checkpoint(&mut self, entry: &Glimpse<'_>, before: Hash) -> Result<(), Break> {
        let body = self.state.body;
        let checkpoint = Details::parse(entry.details).and_then(|details| {
            Checkpoint::of_entry(body, entry.sequence, before, entry.at, &details)
        });
        let Some(checkpoint) = checkpoint.filter(|point| point.is_signed_by(&self.verify.keys))
        else {
            return Err(self.here(BreakKind::Signature));
        };
        self.state.checkpoints += 1;
        self.state.signed_to = checkpoint.sequence;
        Ok(())
    }

    fn witnesses(&self, entry: &Glimpse<'_>) -> Result<(), Break> {
        let differs = |witness: &Checkpoint| {
            witness.body == self.state.body
                && witness.sequence == entry.sequence
                && witness.hash != entry.hash
        };
        if self.verify.witnesses.iter().any(differs) {
            return Err(self.here(BreakKind::Witness));
        }
        Ok(())
    }

    /// Ends: the last entry was taken.
    pub(crate) const fn finish(self) -> Verified {
        self.state
    }
}
