//! Alerts.

use store::{Row, Work, args};

use super::word;
use crate::alerts::{Alert, AlertId, AlertKind};
use crate::error::IdentityError;
use crate::person::PersonId;

const COLUMNS: &str = "id, kind, person, source, at, seen_by, seen_at";

/// Writes an alert.
pub(crate) async fn insert(work: &mut Work, alert: &Alert) -> Result<(), IdentityError> {
    work.run(
        "INSERT INTO alerts (body, id, kind, person, source, at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![alert.id, alert.kind.name(), alert.person, &alert.source, alert.at],
    )
    .await?;
    Ok(())
}

/// The newest alerts that nobody has seen.
pub(crate) async fn unseen(work: &mut Work, limit: u32) -> Result<Vec<Alert>, IdentityError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM alerts WHERE body = $1 AND seen_at IS NULL
         ORDER BY at DESC, id DESC LIMIT {limit}"
    );
    work.rows(&sql, args![]).await?.into_iter().map(read).collect()
}

/// One alert.
pub(crate) async fn find(work: &mut Work, id: AlertId) -> Result<Option<Alert>, IdentityError> {
    let sql = format!("SELECT {COLUMNS} FROM alerts WHERE body = $1 AND id = $2");
    work.row(&sql, args![id]).await?.map(read).transpose()
}

/// Marks an alert as seen.
pub(crate) async fn see(work: &mut Work, id: AlertId, by: PersonId) -> Result<(), IdentityError> {
    let now = work.now();
    work.run(
        "UPDATE alerts SET seen_by = $3, seen_at = $4
         WHERE body = $1 AND id = $2 AND seen_at IS NULL",
        args![id, by, now],
    )
    .await?;
    Ok(())
}

fn read(mut row: Row) -> Result<Alert, IdentityError> {
    let (by, at) = (row.take::<Option<PersonId>>(5)?, row.take(6)?);
    Ok(Alert {
        id: row.take(0)?,
        kind: word(&mut row, 1, AlertKind::parse)?,
        person: row.take(2)?,
        source: row.take(3)?,
        at: row.take(4)?,
        seen: by.zip(at),
    })
}
