//! Verifies the rows of one body, a batch in memory at a time.

use store::{StoreError, Work};

use super::{Break, BreakKind, Glimpse, Verified, Verifier, Verify};
use crate::append::{Head, head};
use crate::canonical::{Columns, Hash};
use crate::details;
use crate::entry::{ActorKind, Sequence};
use crate::error::RecordError;
use crate::tables::{self, Link};

/// How many rows are in memory at once.
const BATCH: u32 = 1_000;

/// Why rows were not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The ledger is not what was written.
    #[error(transparent)]
    Broken(#[from] Break),
    /// The store did not answer; nothing is known.
    #[error("the ledger's store did not answer")]
    Store(#[from] StoreError),
}

/// Follows a body's chain from its first entry to its head. `work` comes from
/// [`store::Store::read`], one unchanging picture.
///
/// # Errors
/// The first break, or what the store says.
pub async fn verify_rows(work: &mut Work, verify: &Verify) -> Result<Verified, VerifyError> {
    let head = head(work).await.map_err(|error| match error {
        RecordError::Store(error) => VerifyError::Store(error),
        RecordError::TooLarge { .. } | RecordError::Unreadable { .. } | RecordError::Empty => {
            Break { sequence: Sequence::NONE, kind: BreakKind::Head }.into()
        }
    })?;
    let mut verifier = Verifier::new(work.body(), Sequence::FIRST, Hash::ZERO, verify);
    let mut spelling = String::with_capacity(1_024);
    loop {
        let rows = batch(work, &verifier).await?;
        if rows.is_empty() {
            break;
        }
        for link in &rows {
            take(&mut verifier, link, work, &mut spelling)?;
        }
    }
    let verified = end(verifier, head)?;
    Ok(verified)
}

fn take(
    verifier: &mut Verifier<'_>,
    link: &Link,
    work: &Work,
    spelling: &mut String,
) -> Result<(), Break> {
    let columns = link.columns(work.body()).filter(is_readable);
    let Some(columns) = columns else {
        let is_next = link.sequence == verifier.next();
        let kind = if is_next { BreakKind::Unreadable } else { BreakKind::Missing };
        return Err(verifier.here(kind));
    };
    spelling.clear();
    columns.write(spelling);
    verifier.entry(&Glimpse {
        sequence: link.sequence,
        at: columns.at,
        action: columns.action,
        details: columns.details,
        spelling,
        hash: link.hash,
    })
}

/// What no append writes must not hide behind the same spelling.
fn is_readable(columns: &Columns<'_>) -> bool {
    ActorKind::parse(columns.actor_kind).is_some() && details::is_canonical(columns.details)
}

/// Reads the next rows. Where a row cannot even be read, rows are read one by
/// one up to it.
async fn batch(work: &mut Work, verifier: &Verifier<'_>) -> Result<Vec<Link>, VerifyError> {
    let next = verifier.next();
    let last = Sequence::new(i64::MAX);
    let error = match tables::links(work, next, last, BATCH).await {
        Ok(rows) => return Ok(rows),
        Err(error) => error,
    };
    if !is_about_a_value(&error) {
        return Err(error.into());
    }
    let mut rows = Vec::new();
    for number in next.number()..next.number() + i64::from(BATCH) {
        let place = Sequence::new(number);
        match tables::links(work, place, place, 1).await {
            Ok(row) => rows.extend(row),
            Err(error) if is_about_a_value(&error) && rows.is_empty() => {
                return Err(Break { sequence: place, kind: BreakKind::Unreadable }.into());
            }
            Err(error) if is_about_a_value(&error) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(rows)
}

/// True where a value of a row is at fault, not the connection.
const fn is_about_a_value(error: &StoreError) -> bool {
    matches!(error, StoreError::Shape { .. } | StoreError::Other(_))
}

/// Holds the end of the chain against the head and the witnesses.
fn end(verifier: Verifier<'_>, head: Head) -> Result<Verified, Break> {
    let reached = verifier.state.end;
    if reached.sequence < head.sequence {
        return Err(verifier.here(BreakKind::CutOff));
    }
    if reached.sequence > head.sequence {
        return Err(Break { sequence: head.sequence.next(), kind: BreakKind::BeyondHead });
    }
    if reached.hash != head.hash {
        return Err(Break { sequence: head.sequence, kind: BreakKind::Head });
    }
    let goes_on =
        verifier.verify.witnesses.iter().any(|witness| {
            witness.body == verifier.state.body && witness.sequence > reached.sequence
        });
    if goes_on { Err(verifier.here(BreakKind::CutOff)) } else { Ok(verifier.finish()) }
}
