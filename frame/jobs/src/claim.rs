//! Takes a job, holds it, ends it. Every change asks whether the token is still
//! the newest.

use std::time::Duration;

use base::{BodyId, Timestamp};
use serde::de::DeserializeOwned;
use store::{Across, Store, Work};

use crate::error::JobError;
use crate::job::{JobId, Kind, Policy, State};
use crate::tables::{self, End, Hands};

/// A job that this worker holds.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The body it belongs to; nothing for the whole store's.
    pub body: Option<BodyId>,
    /// Its id.
    pub id: JobId,
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// What [`Claimed::read`] reads.
    pub payload: String,
    /// When it was due.
    pub due: Timestamp,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Grows with each claim of the job: a write under an older one is refused.
    pub token: i64,
}

/// The wall clock may run this much apart on two machines before a lease looks
/// as if it began in the future.
const SKEW_MAX: Duration = Duration::from_secs(60);

/// What a row says of a worker that died on it.
const WORKER_DIED: &str = "the worker ended without a word";

impl Claimed {
    /// Reads the payload.
    ///
    /// # Errors
    /// If it is something else.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, JobError> {
        serde_json::from_str(&self.payload).map_err(JobError::Payload)
    }

    /// Makes sure that this claim still holds, and goes on to until the work
    /// ends. Call it in the unit of work that writes the job's effect.
    ///
    /// # Errors
    /// [`JobError::Lost`] if another worker took the job, or it is another
    /// body's; then nothing may be written.
    pub async fn fence(&self, work: &mut Work) -> Result<(), JobError> {
        self.held(Hands::Body(work)).await
    }

    /// As [`Claimed::fence`], for a job of the whole store.
    ///
    /// # Errors
    /// As [`Claimed::fence`].
    pub async fn fence_across(&self, across: &mut Across) -> Result<(), JobError> {
        self.held(Hands::All(across)).await
    }

    /// Ends the job in the unit of work that writes its effect, so that both are
    /// kept once or not at all.
    ///
    /// # Errors
    /// [`JobError::Lost`] as for [`Claimed::fence`].
    pub async fn finish(&self, work: &mut Work) -> Result<(), JobError> {
        self.done(Hands::Body(work)).await
    }

    /// As [`Claimed::finish`], over all bodies.
    ///
    /// # Errors
    /// As [`Claimed::finish`].
    pub async fn finish_across(&self, across: &mut Across) -> Result<(), JobError> {
        self.done(Hands::All(across)).await
    }

    async fn held(&self, mut hands: Hands<'_>) -> Result<(), JobError> {
        if tables::is_held(&mut hands, self).await? { Ok(()) } else { Err(JobError::Lost) }
    }

    async fn done(&self, mut hands: Hands<'_>) -> Result<(), JobError> {
        let is_ended = tables::end(&mut hands, self, End::Done).await?
            || tables::is_done(&mut hands, self).await?;
        if is_ended { Ok(()) } else { Err(JobError::Lost) }
    }

    pub(crate) async fn wait(
        &self,
        store: &Store,
        due: Timestamp,
        attempts: u32,
        error: Option<String>,
    ) -> Result<(), JobError> {
        self.change(store, End::Wait { due, attempts, error }).await
    }

    async fn change(&self, store: &Store, change: End) -> Result<(), JobError> {
        let mut across = store.across("end a job under its token").await?;
        let is_held = tables::end(&mut Hands::All(&mut across), self, change).await?;
        across.commit().await?;
        if is_held { Ok(()) } else { Err(JobError::Lost) }
    }
}

/// Takes the job that is due longest among these kinds, if there is one. A job
/// whose worker died on the last attempt it had becomes failed instead.
///
/// # Errors
/// As the store says.
pub async fn claim(store: &Store, kinds: &[(Kind, Policy)]) -> Result<Option<Claimed>, JobError> {
    Ok(claim_some(store, kinds, 1).await?.pop())
}

/// As [`claim`], up to `count` jobs in one unit of work and of each kind up to
/// its policy's `at_once`; those due longest come first.
pub(crate) async fn claim_some(
    store: &Store,
    kinds: &[(Kind, Policy)],
    count: usize,
) -> Result<Vec<Claimed>, JobError> {
    let names: Vec<Kind> = kinds.iter().map(|(kind, _)| *kind).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut reading = store.read_across("look for due jobs").await?;
    let leased_after_max = reading.now().plus(SKEW_MAX);
    let candidates = tables::due(&mut reading, &names, leased_after_max).await?;
    drop(reading);
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let mut across = store.across("take due jobs").await?;
    let mut taken = Vec::new();
    for lease in candidates {
        let policy = kinds.iter().find(|(kind, _)| *kind == lease.claimed.kind);
        let policy = policy.map(|(_, policy)| *policy).unwrap_or_default();
        let of_kind = |one: &&Claimed| one.kind == lease.claimed.kind;
        if taken.iter().filter(of_kind).count() >= policy.at_once {
            continue;
        }
        taken.extend(take(&mut across, lease, policy).await?);
        if taken.len() >= count {
            break;
        }
    }
    across.commit().await?;
    Ok(taken)
}

async fn take(
    across: &mut Across,
    lease: tables::Lease,
    policy: Policy,
) -> Result<Option<Claimed>, JobError> {
    let is_used_up = lease.state == State::Running && lease.claimed.attempt >= policy.attempts_max;
    if is_used_up {
        let end = End::Failed(WORKER_DIED.to_owned());
        tables::end(&mut Hands::All(across), &lease.claimed, end).await?;
        return Ok(None);
    }
    let until = across.now().plus(policy.lease);
    let is_taken = tables::hold(across, &lease, until).await?;
    let mut claimed = lease.claimed;
    claimed.attempt += 1;
    claimed.token += 1;
    Ok(is_taken.then_some(claimed))
}

/// Gives a sign of life: the lease begins anew.
///
/// # Errors
/// [`JobError::Lost`] if another worker took the job.
pub async fn renew(store: &Store, claimed: &Claimed, policy: Policy) -> Result<(), JobError> {
    let until = store.clock().now().plus(policy.lease);
    claimed.change(store, End::Renew(until)).await
}

/// Gives the job back untouched: a worker that is told to stop. The attempt does
/// not count.
///
/// # Errors
/// [`JobError::Lost`] if another worker took the job.
pub async fn release(store: &Store, claimed: &Claimed) -> Result<(), JobError> {
    claimed.wait(store, claimed.due, claimed.attempt.saturating_sub(1), None).await
}

/// Says that an attempt failed: the job waits its pause, or at the limit counts
/// as failed. Returns where it stands.
///
/// # Errors
/// [`JobError::Lost`] if another worker took the job.
pub async fn fail(
    store: &Store,
    claimed: &Claimed,
    policy: Policy,
    error: &JobError,
) -> Result<State, JobError> {
    if claimed.attempt >= policy.attempts_max {
        claimed.change(store, End::Failed(error.line())).await?;
        return Ok(State::Failed);
    }
    let due = store.clock().now().plus(policy.pause_after(claimed.attempt));
    claimed.wait(store, due, claimed.attempt, Some(error.line())).await?;
    Ok(State::Waiting)
}
