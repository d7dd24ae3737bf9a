//! Puts jobs into the queue, moves them, and shows what failed.

use base::{BodyId, Timestamp};
use store::{Across, Store, Work};

use crate::error::JobError;
use crate::job::{JobId, Listed, NewJob};
use crate::tables;

/// What became of a job that was to be scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduled {
    /// It waits now.
    New,
    /// Its key is there already, whatever became of it; nothing changed.
    Already,
}

/// Schedules a job together with the change that needs it.
///
/// # Errors
/// If it holds too much, or as the store says.
pub async fn schedule(work: &mut Work, job: &NewJob) -> Result<Scheduled, JobError> {
    job.check()?;
    Ok(said(tables::insert(work, job).await?))
}

/// Schedules a job of a body, or of the whole store, from a work over all
/// bodies.
///
/// # Errors
/// As [`schedule`].
pub async fn schedule_across(
    across: &mut Across,
    body: Option<BodyId>,
    job: &NewJob,
) -> Result<Scheduled, JobError> {
    job.check()?;
    Ok(said(tables::insert_across(across, body, job).await?))
}

const fn said(is_new: bool) -> Scheduled {
    if is_new { Scheduled::New } else { Scheduled::Already }
}

/// Gives a waiting job another moment; false if none waits.
///
/// # Errors
/// As the store says.
pub async fn move_to(
    work: &mut Work,
    kind: &str,
    key: &str,
    due: Timestamp,
) -> Result<bool, JobError> {
    Ok(tables::move_to(work, kind, key, due).await?)
}

/// Takes away a job that waits or has failed; false if there is none. One that
/// runs ends as it does.
///
/// # Errors
/// As the store says.
pub async fn cancel(work: &mut Work, kind: &str, key: &str) -> Result<bool, JobError> {
    Ok(tables::remove(work, kind, key).await?)
}

/// A job by its key.
///
/// # Errors
/// As the store says.
pub async fn pending(work: &mut Work, kind: &str, key: &str) -> Result<Option<Listed>, JobError> {
    Ok(tables::find(work, kind, key).await?)
}

/// A body's failed jobs, a page at a time: those after an id.
///
/// # Errors
/// As the store says.
pub async fn failed(
    work: &mut Work,
    after: Option<JobId>,
    limit: u32,
) -> Result<Vec<Listed>, JobError> {
    Ok(tables::failed(work, after, limit).await?)
}

/// Lets a failed job be tried again from its first attempt; false if it has not
/// failed.
///
/// # Errors
/// As the store says.
pub async fn retry(work: &mut Work, id: JobId) -> Result<bool, JobError> {
    Ok(tables::again(work, id).await?)
}

/// Failed jobs of the whole store: work that belongs to no body, such as the
/// ledger's signatures and exports.
///
/// # Errors
/// As the store says.
pub async fn failed_of_all(across: &mut Across, limit: u32) -> Result<Vec<Listed>, JobError> {
    Ok(tables::failed_of_all(across, limit).await?)
}

/// As [`retry`], for a job of the whole store.
///
/// # Errors
/// As the store says.
pub async fn retry_of_all(across: &mut Across, id: JobId) -> Result<bool, JobError> {
    Ok(tables::again_of_all(across, id).await?)
}

/// Forgets jobs that were done before a moment; their keys are free again.
///
/// # Errors
/// As the store says.
pub async fn sweep(store: &Store, before: Timestamp) -> Result<u64, JobError> {
    let mut across = store.across("forget jobs done long ago").await?;
    let count = tables::sweep(&mut across, before).await?;
    across.commit().await?;
    Ok(count)
}
