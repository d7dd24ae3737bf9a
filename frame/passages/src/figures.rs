//! Counts over passages: what a sender usually does, what crossed in a span of
//! time and how long it took. Nothing here names a person or a file.

use std::time::Duration;

use base::Timestamp;
use store::Work;
use zones::Crossing;

use crate::error::PassageError;
use crate::passage::{PassageId, Receiver, Sender};
use crate::tables;

/// The most receivers that a history names.
pub const RECEIVERS_MAX: u32 = 5;

/// What a sender has done since a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// How many passages they sent.
    pub sent: u64,
    /// How many of them were not let through.
    pub refused: u64,
    /// How many a scanner knew as harmful.
    pub quarantined: u64,
    /// To whom they sent most, with how often.
    pub receivers: Vec<(Receiver, u64)>,
}

/// From a moment on, and before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment that is not in it.
    pub until: Timestamp,
}

/// How a passage came out, as a statistic says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It lay with its receiver.
    Through,
    /// It was not let through.
    Refused,
    /// A scanner knew it.
    Quarantined,
    /// It is still on its way, or waits.
    Open,
}

impl Fate {
    /// All, in the order in which charts stack them.
    pub const ALL: [Self; 4] = [Self::Through, Self::Open, Self::Refused, Self::Quarantined];

    /// The name in statements; the screens look up `passage-fate-NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Through => "through",
            Self::Refused => "refused",
            Self::Quarantined => "quarantined",
            Self::Open => "open",
        }
    }

    /// Reads [`Fate::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fate| fate.name() == name)
    }
}

/// So many passages of one day over one boundary that came out alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossed {
    /// Midnight in Japan, when the day begins.
    pub day: Timestamp,
    /// Over which boundary.
    pub crossing: Crossing,
    /// How they came out.
    pub fate: Fate,
    /// How many.
    pub count: u64,
}

/// How long something took, over many passages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Took {
    /// How many were measured.
    pub count: u64,
    /// Half of them took no longer.
    pub p50: Duration,
    /// Nineteen of twenty took no longer.
    pub p95: Duration,
}

/// Which passages are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Nobody was asked: from arrival to the inbox.
    Straight,
    /// People were asked: from arrival to the decision.
    Held,
}

/// What a sender has done since a moment, up to and without one passage.
///
/// # Errors
/// If the store cannot be read.
pub async fn history(
    work: &mut Work,
    sender: &Sender,
    since: Timestamp,
    before: PassageId,
) -> Result<History, PassageError> {
    tables::history(work, sender, since, before).await
}

/// What crossed in a span, by day, boundary and fate.
///
/// # Errors
/// If the store cannot be read.
pub async fn crossed(work: &mut Work, span: Span) -> Result<Vec<Crossed>, PassageError> {
    tables::crossed(work, span).await
}

/// How long passages of a span took.
///
/// # Errors
/// If the store cannot be read.
pub async fn took(work: &mut Work, span: Span, way: Way) -> Result<Took, PassageError> {
    tables::took(work, span, way).await
}

/// Decided passages whose original is still kept though it was decided before
/// then, the longest decided first.
///
/// # Errors
/// If the store cannot be read.
pub async fn originals_due(
    work: &mut Work,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<PassageId>, PassageError> {
    tables::originals_due(work, before, limit).await
}
