//! Jobs as a screen lists them.

use base::BodyId;
use store::{Across, Row, StoreError, Work, args};

use crate::job::{JobId, Listed, State};

const COLUMNS: &str = "id, body, kind, key, state, due, attempts, error";

/// A job by its key.
pub(crate) async fn find(
    work: &mut Work,
    kind: &str,
    key: &str,
) -> Result<Option<Listed>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE body = $1 AND kind = $2 AND key = $3");
    work.row(&sql, args![kind, key]).await?.map(read).transpose()
}

/// A body's failed jobs after one, by id.
pub(crate) async fn failed(
    work: &mut Work,
    after: Option<JobId>,
    limit: u32,
) -> Result<Vec<Listed>, StoreError> {
    let after = after.map_or_else(String::new, |id| id.to_string());
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs WHERE body = $1 AND state = 'failed' AND id > $2
         ORDER BY id LIMIT $3"
    );
    work.rows(&sql, args![after, limit]).await?.into_iter().map(read).collect()
}

/// Failed jobs of the whole store, by id.
pub(crate) async fn failed_of_all(
    across: &mut Across,
    limit: u32,
) -> Result<Vec<Listed>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs WHERE body = $1 AND state = 'failed' ORDER BY id LIMIT $2"
    );
    across.rows(&sql, args![super::EVERY_BODY, limit]).await?.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<Listed, StoreError> {
    let (id, body) = (row.take(0)?, row.take::<String>(1)?);
    let (kind, key) = (row.take(2)?, row.take(3)?);
    let shape = StoreError::Shape { column: 4, wanted: "a job's state", found: "another word" };
    let state = State::parse(&row.take::<String>(4)?).ok_or(shape)?;
    let (due, attempts, error) = (row.take(5)?, row.take(6)?, row.take(7)?);
    let body = BodyId::parse(&body).ok();
    Ok(Listed { id, body, kind, key, state, due, attempts, error })
}
