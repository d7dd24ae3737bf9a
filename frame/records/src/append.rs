//! Adds an entry to the end of a body's ledger.

use store::Work;

use crate::canonical::{self, Columns, Hash};
use crate::details::Details;
use crate::entry::{Entry, Sequence};
use crate::error::RecordError;
use crate::tables;

/// The newest entry's place and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its place; 0 if there is none.
    pub sequence: Sequence,
    /// Its hash; zeros if there is none.
    pub hash: Hash,
}

impl Head {
    /// The head of an empty ledger.
    pub const NONE: Self = Self { sequence: Sequence::NONE, hash: Hash::ZERO };
}

/// How many characters an id, a name or an origin takes.
const WORD_MAX: usize = 200;

/// Writes an entry into the unit of work that makes the change it tells of, so
/// that both are kept or neither. Other works of the same body wait here until
/// this one ends: append last.
///
/// # Errors
/// If the entry says too much, or as the store says.
pub async fn append(work: &mut Work, entry: &Entry) -> Result<Sequence, RecordError> {
    let details = checked_details(&entry.details)?;
    let actor = word("actor", entry.actor.id())?;
    let acting_for = entry.acting_for.as_deref().map(|id| word("acting_for", id)).transpose()?;
    let subject_kind = word("subject_kind", entry.subject.kind)?;
    let subject = word("subject", &entry.subject.id)?;
    let permit = entry.permit.as_deref().map(|id| word("permit", id)).transpose()?;
    let origin = word("origin", &entry.origin.to_string())?;
    let before = tables::lock(work).await?;
    let columns = Columns {
        acting_for: acting_for.as_deref(),
        action: entry.action.name(),
        actor: &actor,
        actor_kind: entry.actor.kind().word(),
        at: work.now(),
        body: work.body(),
        details: &details,
        origin: &origin,
        permit: permit.as_deref(),
        sequence: before.sequence.next(),
        subject: &subject,
        subject_kind: &subject_kind,
    };
    let mut spelling = String::with_capacity(512);
    columns.write(&mut spelling);
    let head = Head { sequence: columns.sequence, hash: canonical::chain(before.hash, &spelling) };
    tables::insert(work, &columns, head.hash).await?;
    tables::advance(work, head).await?;
    Ok(head.sequence)
}

/// The newest entry's place and hash.
///
/// # Errors
/// As the store says.
pub async fn head(work: &mut Work) -> Result<Head, RecordError> {
    Ok(tables::peek(work).await?.unwrap_or(Head::NONE))
}

fn checked_details(details: &Details) -> Result<String, RecordError> {
    let too_large = |max| RecordError::TooLarge { field: "details", max };
    if details.len() > Details::COUNT_MAX {
        return Err(too_large(Details::COUNT_MAX));
    }
    let json = details.to_json();
    if json.len() > Details::BYTES_MAX { Err(too_large(Details::BYTES_MAX)) } else { Ok(json) }
}

/// Bounds a word. Control characters, which PostgreSQL takes only in part and
/// no id has, become U+FFFD.
fn word(field: &'static str, text: &str) -> Result<String, RecordError> {
    if text.chars().count() > WORD_MAX {
        return Err(RecordError::TooLarge { field, max: WORD_MAX });
    }
    let plain = |character: char| if character.is_control() { '\u{fffd}' } else { character };
    Ok(text.chars().map(plain).collect())
}
