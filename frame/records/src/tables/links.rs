//! Entries as the chain sees them: whole rows in one text, which costs a third of
//! reading their columns one by one.

use base::{BodyId, Timestamp};
use store::{Row, StoreError, Work, args};

use crate::canonical::{Columns, Hash};
use crate::entry::Sequence;

/// One row: its place, its hash, and all other columns joined by [`SEPARATOR`].
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) sequence: Sequence,
    pub(crate) hash: Hash,
    text: String,
}

/// U+001F, which no column holds. A row in which somebody put one has too many
/// parts and is not read.
const SEPARATOR: char = '\u{1f}';

/// How many columns are joined.
const PARTS: usize = 10;

/// Columns that may have no value begin with a sign that says whether they do.
const LINKS: &str = "SELECT sequence, hash,
        CAST(at AS TEXT) || '\u{1f}' || actor_kind || '\u{1f}' || actor || '\u{1f}'
        || CASE WHEN acting_for IS NULL THEN '-' ELSE '+' || acting_for END || '\u{1f}'
        || action || '\u{1f}' || subject_kind || '\u{1f}' || subject || '\u{1f}'
        || CASE WHEN permit IS NULL THEN '-' ELSE '+' || permit END || '\u{1f}'
        || origin || '\u{1f}' || details
    FROM records WHERE body = $1 AND sequence >= $2 AND sequence <= $3
    ORDER BY sequence LIMIT $4";

/// Reads rows from one place to another, both included, in their order.
pub(crate) async fn links(
    work: &mut Work,
    first: Sequence,
    last: Sequence,
    limit: u32,
) -> Result<Vec<Link>, StoreError> {
    let rows = work.rows(LINKS, args![first.number(), last.number(), limit]).await?;
    let read = |mut row: Row| {
        let (sequence, hash) = (Sequence::new(row.take(0)?), Hash(row.take(1)?));
        Ok(Link { sequence, hash, text: row.take(2)? })
    };
    rows.into_iter().map(read).collect()
}

impl Link {
    /// Takes the row apart; nothing if it cannot be one that was written.
    pub(crate) fn columns(&self, body: BodyId) -> Option<Columns<'_>> {
        let mut parts = [""; PARTS];
        let mut rest = self.text.split(SEPARATOR);
        for part in &mut parts {
            *part = rest.next()?;
        }
        if rest.next().is_some() {
            return None;
        }
        let [
            at,
            actor_kind,
            actor,
            acting_for,
            action,
            subject_kind,
            subject,
            permit,
            origin,
            details,
        ] = parts;
        Some(Columns {
            acting_for: optional(acting_for)?,
            action,
            actor,
            actor_kind,
            at: time(at)?,
            body,
            details,
            origin,
            permit: optional(permit)?,
            sequence: self.sequence,
            subject,
            subject_kind,
        })
    }
}

fn optional(part: &str) -> Option<Option<&str>> {
    if part == "-" { Some(None) } else { part.strip_prefix('+').map(Some) }
}

/// Reads a time that no rounding moves.
fn time(part: &str) -> Option<Timestamp> {
    let millis: i64 = part.parse().ok()?;
    let at = Timestamp::from_millis(millis);
    (at.millis() == millis).then_some(at)
}
