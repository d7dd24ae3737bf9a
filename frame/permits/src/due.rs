//! The jobs that carry out what is due: one a permit, at its moment, and a sweep
//! each minute for whatever a job has missed, a jump of the clock among it.

use std::sync::Arc;
use std::time::Duration;

use base::Task;
use jobs::{Claimed, Every, Handler, JobError, Outcome, Recurring};
use store::Store;

use crate::error::PermitError;
use crate::permit::PermitId;
use crate::service::{DUE_JOB, Permits};

/// The sweep over all permits, each minute.
pub const SWEEP: Recurring =
    Recurring { kind: "permits.sweep", every: Every::Span(Duration::from_secs(60)) };

/// The handlers of permits' jobs, to be given to the runner together with
/// [`SWEEP`].
#[must_use]
pub fn due_handlers(permits: &Permits) -> Vec<Arc<dyn Handler>> {
    vec![Arc::new(Due(permits.clone())), Arc::new(Sweep(permits.clone()))]
}

struct Due(Permits);

impl Handler for Due {
    fn kind(&self) -> jobs::Kind {
        DUE_JOB
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            let id: PermitId = job.read()?;
            let body = job.body.ok_or_else(|| JobError::failed("the job names no body"))?;
            let mut work = store.begin(body).await?;
            job.fence(&mut work).await?;
            match self.0.settle(&mut work, id).await {
                Ok(_) => {}
                Err(PermitError::NotThere) => return Ok(Outcome::Done),
                Err(error) => return Err(JobError::failed(error)),
            }
            job.finish(&mut work).await?;
            work.commit().await?;
            Ok(Outcome::Done)
        })
    }
}

struct Sweep(Permits);

impl Handler for Sweep {
    fn kind(&self) -> jobs::Kind {
        SWEEP.kind
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        _job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            self.0.settle_all(store).await.map_err(JobError::failed)?;
            Ok(Outcome::Done)
        })
    }
}
