//! Adds entries to the end of a body's ledger.

use base::{BodyId, Timestamp};
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
    append_all(work, std::slice::from_ref(entry)).await
}

/// As [`append`], for a change that many entries tell of: in their order, with
/// few statements. Answers the last one's place.
///
/// # Errors
/// As [`append`]; then none is kept.
pub async fn append_all(work: &mut Work, entries: &[Entry]) -> Result<Sequence, RecordError> {
    let checked = entries.iter().map(Checked::read).collect::<Result<Vec<_>, _>>()?;
    let (body, at) = (work.body(), work.now());
    let mut head = tables::lock(work).await?;
    let mut spelling = String::with_capacity(512);
    let mut chained = Vec::with_capacity(checked.len());
    for entry in &checked {
        let columns = entry.columns(body, at, head.sequence.next());
        spelling.clear();
        columns.write(&mut spelling);
        let hash = canonical::chain(head.hash, &spelling);
        head = Head { sequence: columns.sequence, hash };
        chained.push((columns, hash));
    }
    tables::insert(work, &chained).await?;
    tables::advance(work, head).await?;
    Ok(head.sequence)
}

/// An entry as it will stand in its row, but for its place.
struct Checked<'a> {
    entry: &'a Entry,
    details: String,
    actor: String,
    acting_for: Option<String>,
    subject_kind: String,
    subject: String,
    permit: Option<String>,
    origin: String,
}

impl<'a> Checked<'a> {
    fn read(entry: &'a Entry) -> Result<Self, RecordError> {
        Ok(Self {
            entry,
            details: checked_details(&entry.details)?,
            actor: word("actor", entry.actor.id())?,
            acting_for: entry.acting_for.as_deref().map(|id| word("acting_for", id)).transpose()?,
            subject_kind: word("subject_kind", entry.subject.kind)?,
            subject: word("subject", &entry.subject.id)?,
            permit: entry.permit.as_deref().map(|id| word("permit", id)).transpose()?,
            origin: word("origin", &entry.origin.to_string())?,
        })
    }

    fn columns(&self, body: BodyId, at: Timestamp, sequence: Sequence) -> Columns<'_> {
        Columns {
            acting_for: self.acting_for.as_deref(),
            action: self.entry.action.name(),
            actor: &self.actor,
            actor_kind: self.entry.actor.kind().word(),
            at,
            body,
            details: &self.details,
            origin: &self.origin,
            permit: self.permit.as_deref(),
            sequence,
            subject: &self.subject,
            subject_kind: &self.subject_kind,
        }
    }
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
