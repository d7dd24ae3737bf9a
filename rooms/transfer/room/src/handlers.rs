//! The room's work in the background.

use std::time::Duration;

use base::Task;
use jobs::{Claimed, Every, Handler, JobError, Outcome, Recurring};
use passages::PassageId;
use permits::Permits;
use store::Store;

use crate::error::TransferError;
use crate::service::{Service, TREAT};

/// Treats what arrived.
pub(crate) struct Treating {
    pub(crate) service: Service,
    pub(crate) permits: Permits,
}

impl Handler for Treating {
    fn kind(&self) -> jobs::Kind {
        TREAT
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            let (Some(body), Ok(id)) = (job.body, PassageId::parse(&job.key)) else {
                return Ok(Outcome::Done);
            };
            match self.service.treat(store, &self.permits, body, job, id).await {
                Ok(outcome) => Ok(outcome),
                // The file waits for as long as the scanner is away, and the
                // passage's end is the only limit.
                Err(TransferError::Scanner(away)) => {
                    let waits = self.service.wait_for(store, (body, id), &away).await;
                    Ok(Outcome::Again(waits.map_err(JobError::failed)?))
                }
                Err(error) => Err(JobError::failed(error)),
            }
        })
    }
}

/// Comes again to end what is overdue.
pub(crate) struct Ending {
    pub(crate) service: Service,
}

const END: jobs::Kind = "transfer.end";

/// When [`Ending`] comes.
pub const ENDING: Recurring = Recurring { kind: END, every: Every::Span(Duration::from_secs(600)) };

impl Handler for Ending {
    fn kind(&self) -> jobs::Kind {
        END
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        _job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            for body in identity::bodies::all(store).await.map_err(JobError::failed)? {
                self.service.end_overdue(store, body.id).await.map_err(JobError::failed)?;
            }
            Ok(Outcome::Done)
        })
    }
}
