//! Forgets, each hour, what sign-in left behind: spent steps, old challenges,
//! counts of tries; and answers kept for calls whose day is over. Decides
//! nothing about what is old.

use std::time::Duration;

use base::Task;
use jobs::{Claimed, Every, Handler, JobError, Outcome, Recurring};
use store::Store;

/// Runs each hour.
pub(crate) const SWEEPING: Recurring =
    Recurring { kind: "identity.sweep", every: Every::Span(Duration::from_secs(3_600)) };

/// Does it.
pub(crate) struct Sweeping;

impl Handler for Sweeping {
    fn kind(&self) -> jobs::Kind {
        SWEEPING.kind
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        _job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            identity::sessions::sweep(store).await.map_err(JobError::failed)?;
            console::forget_answers(store).await?;
            Ok(Outcome::Done)
        })
    }
}
