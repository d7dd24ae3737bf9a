//! Jobs come, move and go.

use base::{BodyId, Timestamp};
use store::{Across, IntoValue, StoreError, Work, args};

use super::EVERY_BODY;
use crate::job::{JobId, NewJob};

const INSERT: &str = "INSERT INTO jobs (body, id, kind, key, due, payload, state, attempts, token)
     VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, 0)
     ON CONFLICT (body, kind, key) DO NOTHING";

/// Adds a job unless its key is there; says whether it was added.
pub(crate) async fn insert(work: &mut Work, job: &NewJob) -> Result<bool, StoreError> {
    let id: JobId = work.new_id();
    Ok(work.run(INSERT, args![id, job.kind, &job.key, job.due, &job.payload]).await? > 0)
}

/// As [`insert`], for a body or for the whole store.
pub(crate) async fn insert_across(
    across: &mut Across,
    body: Option<BodyId>,
    job: &NewJob,
) -> Result<bool, StoreError> {
    let id: JobId = across.new_id();
    let body = body.map_or_else(|| EVERY_BODY.to_owned(), |body| body.to_string());
    let arguments = args![body, id, job.kind, &job.key, job.due, &job.payload];
    Ok(across.run(INSERT, arguments).await? > 0)
}

/// Gives a waiting job another moment.
pub(crate) async fn move_to(
    work: &mut Work,
    kind: &str,
    key: &str,
    due: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE jobs SET due = $4
         WHERE body = $1 AND kind = $2 AND key = $3 AND state = 'waiting'";
    Ok(work.run(sql, args![kind, key, due]).await? > 0)
}

/// Takes a job away that waits or has failed.
pub(crate) async fn remove(work: &mut Work, kind: &str, key: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM jobs
         WHERE body = $1 AND kind = $2 AND key = $3 AND state IN ('waiting', 'failed')";
    Ok(work.run(sql, args![kind, key]).await? > 0)
}

/// Lets a failed job wait again from its first attempt.
pub(crate) async fn again(work: &mut Work, id: JobId) -> Result<bool, StoreError> {
    let now = work.now();
    let sql = "UPDATE jobs SET state = 'waiting', attempts = 0, due = $3
         WHERE body = $1 AND id = $2 AND state = 'failed'";
    Ok(work.run(sql, args![id, now]).await? > 0)
}

/// As [`again`], for a job of the whole store.
pub(crate) async fn again_of_all(across: &mut Across, id: JobId) -> Result<bool, StoreError> {
    let now = across.now();
    let sql = "UPDATE jobs SET state = 'waiting', attempts = 0, due = $3
         WHERE body = $1 AND id = $2 AND state = 'failed'";
    Ok(across.run(sql, args![EVERY_BODY, id, now]).await? > 0)
}

/// Forgets what was done before a moment.
pub(crate) async fn sweep(across: &mut Across, before: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM jobs WHERE state = 'done' AND finished < $1";
    across.run(sql, vec![before.into_value()]).await
}

/// True if a job of the whole store has its row already, whatever became of it.
pub(crate) async fn is_planned(across: &mut Across, job: &NewJob) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM jobs WHERE body = $1 AND kind = $2 AND key = $3";
    Ok(across.row(sql, args![EVERY_BODY, job.kind, &job.key]).await?.is_some())
}
