//! What comes again by itself: originals go after their days, and people are
//! reminded of what waits for them.

use std::time::Duration;

use base::{BodyId, Task, Timestamp};
use jobs::{Claimed, Every, Handler, JobError, Outcome, Recurring};
use passages::{Filter, Passage};
use records::{Action, Actor, Entry, Origin, Subject};
use store::{Store, Work};

use crate::error::TransferError;
use crate::policy;
use crate::service::{Service, days};
use crate::tables::asking;
use crate::tellings;

const REMINDED: Action = Action::new("passage.reminded");
const HOUR: Duration = Duration::from_secs(3_600);
/// Somebody is reminded for the first time when a passage has waited so long.
const FIRST_AFTER: Duration = Duration::from_secs(24 * 3_600);
/// And for the second time when so little is left until it is refused.
const LAST_BEFORE: Duration = Duration::from_secs(24 * 3_600);
/// Originals that one round destroys in one body; the next goes on.
const DESTROYED_MAX: u32 = 200;
const PAGE: u32 = 200;

const DESTROY: jobs::Kind = "transfer.originals";
const REMIND: jobs::Kind = "transfer.remind";

/// When [`Destroying`] comes.
pub(crate) const DESTROYS: Recurring =
    Recurring { kind: DESTROY, every: Every::Span(Duration::from_secs(600)) };
/// When [`Reminding`] comes.
pub(crate) const REMINDS: Recurring = Recurring { kind: REMIND, every: Every::Span(HOUR) };

/// Destroys originals whose days are over.
pub(crate) struct Destroying {
    pub(crate) service: Service,
}

/// Reminds of what waits.
pub(crate) struct Reminding;

impl Service {
    /// Destroys what was decided on so many days ago that the body's policy
    /// does not keep it any more.
    pub(crate) async fn destroy_originals(
        &self,
        store: &Store,
        body: BodyId,
    ) -> Result<u32, TransferError> {
        let mut work = store.read(body).await?;
        let keep = policy::holding(&mut work).await?.keep;
        let before = work.now().minus(days(keep.original_days));
        let due = passages::originals_due(&mut work, before, DESTROYED_MAX).await?;
        drop(work);
        let mut destroyed = 0;
        for id in due {
            let mut work = store.begin(body).await?;
            let free = passages::destroy_original(&mut work, id).await?;
            work.commit().await?;
            self.vault.destroy(body, &free).await?;
            destroyed += 1;
        }
        Ok(destroyed)
    }
}

/// Writes down a reminder of each passage that has waited too long; says how
/// many.
pub(crate) async fn remind(store: &Store, body: BodyId) -> Result<u32, TransferError> {
    let mut filter = Filter { state: None, after: None, limit: PAGE };
    let mut reminded = 0;
    loop {
        let mut work = store.begin(body).await?;
        let now = work.now();
        let page = passages::held(&mut work, &filter).await?;
        for passage in &page.rows {
            let before = asking::reminded(&mut work, passage.id).await?;
            if !is_due(passage, before, now) {
                continue;
            }
            write_down(&mut work, passage, before).await?;
            tellings::tell(&mut work, passage).await?;
            reminded += 1;
        }
        work.commit().await?;
        filter.after = page.next;
        if page.next.is_none() {
            return Ok(reminded);
        }
    }
}

/// Tells receivers, once, that what nobody has taken ends within a day; says of
/// how many passages.
pub(crate) async fn remind_receivers(store: &Store, body: BodyId) -> Result<u32, TransferError> {
    let mut reminded = 0;
    let mut work = store.begin(body).await?;
    let (mut after, until) = (work.now(), work.now().plus(LAST_BEFORE));
    loop {
        let page = passages::uncollected(&mut work, (after, until), PAGE).await?;
        for passage in &page {
            let before = asking::reminded(&mut work, passage.id).await?;
            if lies_long(passage)
                && before.is_none_or(|(_, at)| at < passage.ends_at.minus(LAST_BEFORE))
            {
                write_down(&mut work, passage, before).await?;
                tellings::tell_ending(&mut work, passage).await?;
                reminded += 1;
            }
        }
        work.commit().await?;
        match page.last() {
            // Many that end in one millisecond may be told of an hour later.
            Some(last) if page.len() >= PAGE as usize => after = last.ends_at,
            Some(_) | None => return Ok(reminded),
        }
        work = store.begin(body).await?;
    }
}

/// What ends soon after it came is not worth a second mail.
fn lies_long(passage: &Passage) -> bool {
    passage.delivered_at.is_some_and(|at| passage.ends_at.since(at) >= LAST_BEFORE * 2)
}

async fn write_down(
    work: &mut Work,
    passage: &Passage,
    before: Option<(u32, Timestamp)>,
) -> Result<(), TransferError> {
    asking::remind(work, passage.id).await?;
    let times = i64::from(before.map_or(1, |(times, _)| times.saturating_add(1)));
    let subject = Subject::new("passage", passage.id);
    let entry = Entry::new(Actor::System("transfer"), REMINDED, subject, Origin::Job)
        .with("times", times)
        .with("ends", passage.ends_at);
    records::append(work, &entry).await?;
    Ok(())
}

/// Twice: when it has waited for a day, and a day before it is refused.
fn is_due(passage: &Passage, before: Option<(u32, Timestamp)>, now: Timestamp) -> bool {
    let last = passage.ends_at.minus(LAST_BEFORE);
    match before {
        None => passage.made_at.plus(FIRST_AFTER).min(last) <= now,
        Some((_, at)) => at < last && last <= now,
    }
}

impl Handler for Destroying {
    fn kind(&self) -> jobs::Kind {
        DESTROY
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        _job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            for body in identity::bodies::all(store).await.map_err(JobError::failed)? {
                let done = self.service.destroy_originals(store, body.id).await;
                done.map_err(JobError::failed)?;
            }
            Ok(Outcome::Done)
        })
    }
}

impl Handler for Reminding {
    fn kind(&self) -> jobs::Kind {
        REMIND
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        _job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            for body in identity::bodies::all(store).await.map_err(JobError::failed)? {
                remind(store, body.id).await.map_err(JobError::failed)?;
                remind_receivers(store, body.id).await.map_err(JobError::failed)?;
            }
            Ok(Outcome::Done)
        })
    }
}
