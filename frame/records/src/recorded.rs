//! An entry as it stands in the ledger.

use base::Timestamp;

use crate::canonical::Hash;
use crate::details::Details;
use crate::entry::{ActorKind, Sequence};
use crate::error::RecordError;

/// One entry, read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place.
    pub sequence: Sequence,
    /// When the unit of work that wrote it began.
    pub at: Timestamp,
    /// What kind of actor did it.
    pub actor_kind: ActorKind,
    /// The actor's id or name; empty for nobody.
    pub actor: String,
    /// The id of the person in whose stead it was done.
    pub acting_for: Option<String>,
    /// What was done.
    pub action: String,
    /// The kind of what it was done to.
    pub subject_kind: String,
    /// The id of what it was done to.
    pub subject: String,
    /// The id of the permit that allowed it.
    pub permit: Option<String>,
    /// From where.
    pub origin: String,
    /// What else it says.
    pub details: Details,
    /// Its hash, over the hash before it and all of the above.
    pub hash: Hash,
}

/// A row, not yet understood.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) sequence: Sequence,
    pub(crate) at: Timestamp,
    pub(crate) actor_kind: String,
    pub(crate) actor: String,
    pub(crate) acting_for: Option<String>,
    pub(crate) action: String,
    pub(crate) subject_kind: String,
    pub(crate) subject: String,
    pub(crate) permit: Option<String>,
    pub(crate) origin: String,
    pub(crate) details: String,
    pub(crate) hash: Hash,
}

impl TryFrom<Raw> for Recorded {
    type Error = RecordError;

    fn try_from(raw: Raw) -> Result<Self, RecordError> {
        let unreadable = || RecordError::Unreadable { sequence: raw.sequence.number() };
        Ok(Self {
            actor_kind: ActorKind::parse(&raw.actor_kind).ok_or_else(unreadable)?,
            details: Details::parse(&raw.details).ok_or_else(unreadable)?,
            sequence: raw.sequence,
            at: raw.at,
            actor: raw.actor,
            acting_for: raw.acting_for,
            action: raw.action,
            subject_kind: raw.subject_kind,
            subject: raw.subject,
            permit: raw.permit,
            origin: raw.origin,
            hash: raw.hash,
        })
    }
}
