//! Runs due jobs, several at a time, and sleeps until the next. The only part
//! that waits; what it decides lies in `pace` and `recurring`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::{Task, Timestamp};
use store::Store;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};

use crate::claim::{self, Claimed};
use crate::error::JobError;
use crate::job::{JobId, Kind, Policy, State};
use crate::pace::{self, Watch};
use crate::recurring::Recurring;
use crate::schedule::{schedule_across, sweep};
use crate::tables;

/// Does the jobs of one kind. It may be stopped at any point and called again
/// with the same job: write the effect in one unit of work, with
/// [`Claimed::finish`] or [`Claimed::fence`] in it.
pub trait Handler: Send + Sync + 'static {
    /// The kind.
    fn kind(&self) -> Kind;

    /// How the kind is worked on.
    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// Does one job.
    fn run<'a>(&'a self, store: &'a Store, job: &'a Claimed)
    -> Task<'a, Result<Outcome, JobError>>;
}

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done; the runner ends it unless the handler has.
    Done,
    /// The handler has ended it in the unit of work that wrote its effect: there
    /// is nothing more to write.
    Ended,
    /// It is to be done again at this moment, its attempts forgotten.
    Again(Timestamp),
}

/// How a runner works.
#[derive(Clone, Copy, Debug)]
pub struct RunnerSettings {
    /// How many jobs run at once.
    pub workers_max: usize,
    /// The longest sleep between two looks; a jump of the wall clock is noticed
    /// within it.
    pub sleep_max: Duration,
    /// How long running jobs may take to end when the runner is told to stop.
    pub drain_max: Duration,
    /// How long the rows of done jobs are kept.
    pub keep_done: Duration,
}

impl Default for RunnerSettings {
    fn default() -> Self {
        Self {
            workers_max: 12,
            sleep_max: Duration::from_secs(5),
            drain_max: Duration::from_secs(25),
            keep_done: Duration::from_secs(30 * 24 * 3_600),
        }
    }
}

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Jobs done, or to be done again later as they said.
    pub done: u32,
    /// Attempts that failed and will be tried again.
    pub retried: u32,
    /// Jobs that failed for good.
    pub failed: u32,
    /// Jobs that another worker took over meanwhile.
    pub lost: u32,
}

/// Runs jobs of the kinds it was given handlers for.
pub struct Runner {
    store: Store,
    settings: RunnerSettings,
    handlers: BTreeMap<Kind, Arc<dyn Handler>>,
    recurring: Vec<Recurring>,
    bell: Arc<Notify>,
    /// Until when every recurring work is known to have its next row.
    planned: Mutex<Option<Planned>>,
}

/// Between two moments nothing new is to be planned.
#[derive(Clone, Copy)]
struct Planned {
    from: Timestamp,
    until: Timestamp,
}

/// Done rows are swept this often.
const SWEEP_PAUSE: Duration = Duration::from_secs(3_600);

impl Runner {
    /// A runner without handlers.
    #[must_use]
    pub fn new(store: Store, settings: RunnerSettings) -> Self {
        let bell = Arc::new(Notify::new());
        let handlers = BTreeMap::new();
        Self { store, settings, handlers, recurring: Vec::new(), bell, planned: Mutex::new(None) }
    }

    /// Adds a handler; a second one of the same kind takes its place.
    #[must_use]
    pub fn handler(mut self, handler: Arc<dyn Handler>) -> Self {
        self.handlers.insert(handler.kind(), handler);
        self
    }

    /// Adds work that comes again.
    #[must_use]
    pub fn recurring(mut self, recurring: Recurring) -> Self {
        self.recurring.push(recurring);
        self
    }

    /// Ring it after a commit that scheduled a job for now.
    #[must_use]
    pub fn bell(&self) -> Arc<Notify> {
        self.bell.clone()
    }

    /// Runs everything that is due, one job after the other, and returns.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn round(&self) -> Result<Ran, JobError> {
        self.plan().await?;
        let mut ran = Ran::default();
        while let Some(claimed) = claim::claim(&self.store, &self.kinds()).await? {
            ran.count(self.work_on(claimed).await?);
        }
        Ok(ran)
    }

    /// Runs until `stop` is ready, then lets running jobs end or gives them
    /// back.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let mut running = Running::default();
        let mut watch = Watch::start(&**self.store.clock());
        let mut swept: Option<Duration> = None;
        loop {
            if let Some(jump) = watch.look(&**self.store.clock()) {
                tracing::warn!(?jump, "the wall clock jumped; looking at all jobs anew");
                self.renew_all(&running).await;
            }
            let elapsed = self.store.clock().elapsed();
            if swept.is_none_or(|last| elapsed.saturating_sub(last) >= SWEEP_PAUSE) {
                swept = Some(elapsed);
                self.forget().await;
            }
            let pause = match self.start_due(&mut running).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::error!(error = %error.line(), "jobs wait: the store does not answer");
                    self.settings.sleep_max
                }
            };
            tokio::select! {
                () = &mut stop => break,
                () = self.bell.notified() => {}
                () = running.one_ends() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        running.drain(&self.store, self.settings.drain_max).await;
    }

    /// Starts due jobs up to the limit, and says how long nothing will be due.
    async fn start_due(self: &Arc<Self>, running: &mut Running) -> Result<Duration, JobError> {
        self.plan().await?;
        let free = self.settings.workers_max.saturating_sub(running.tasks.len());
        if free == 0 {
            return Ok(self.settings.sleep_max);
        }
        // Many jobs that end one by one are followed by several taken at once:
        // taking one costs as much as taking ten.
        let since = self.store.clock().elapsed().saturating_sub(running.taken_at);
        if running.has_more && free * 2 < self.settings.workers_max && since < TAKE_PAUSE {
            return Ok(TAKE_PAUSE.saturating_sub(since));
        }
        let kinds = running.free_of(self.kinds());
        let claimed = claim::claim_some(&self.store, &kinds, free).await?;
        running.taken_at = self.store.clock().elapsed();
        running.has_more = claimed.len() >= free;
        for claimed in claimed {
            running.start(self.clone(), claimed);
        }
        if running.has_more {
            return Ok(self.settings.sleep_max);
        }
        // A kind that has all the hands it may have waits for one of them.
        self.pause(&running.free_of(self.kinds())).await
    }

    async fn pause(&self, kinds: &[(Kind, Policy)]) -> Result<Duration, JobError> {
        let names: Vec<Kind> = kinds.iter().map(|(kind, _)| *kind).collect();
        if names.is_empty() {
            return Ok(self.settings.sleep_max);
        }
        let mut reading = self.store.read_across("find when the next job is due").await?;
        let next = tables::next_moment(&mut reading, &names).await?;
        Ok(pace::sleep(reading.now(), next, self.settings.sleep_max).max(PAUSE_MIN))
    }

    /// Makes sure that the next occurrence of recurring work waits.
    async fn plan(&self) -> Result<(), JobError> {
        let now = self.store.clock().now();
        let known = *self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_some_and(|known| known.from <= now && now < known.until) {
            return Ok(());
        }
        let next: Vec<_> = self.recurring.iter().map(|recurring| recurring.next(now)).collect();
        let until = next.iter().map(|job| job.due).min();
        let mut reading = self.store.read_across("see what is planned").await?;
        let mut missing = Vec::new();
        for job in next {
            if !tables::is_planned(&mut reading, &job).await? {
                missing.push(job);
            }
        }
        drop(reading);
        if !missing.is_empty() {
            let mut across = self.store.across("plan recurring work").await?;
            for job in &missing {
                schedule_across(&mut across, None, job).await?;
            }
            across.commit().await?;
        }
        let planned = until.map(|until| Planned { from: now, until });
        *self.planned.lock().unwrap_or_else(PoisonError::into_inner) = planned;
        Ok(())
    }

    /// After a jump, the leases of this process's own jobs look run out or not
    /// yet begun; they begin anew.
    async fn renew_all(&self, running: &Running) {
        for claimed in running.claims.values() {
            let policy = self.handlers.get(claimed.kind.as_str()).map(|handler| handler.policy());
            match claim::renew(&self.store, claimed, policy.unwrap_or_default()).await {
                Ok(()) | Err(JobError::Lost) => {}
                Err(error) => tracing::debug!(error = %error.line(), "no sign of life written"),
            }
        }
    }

    async fn forget(&self) {
        let before = self.store.clock().now().minus(self.settings.keep_done);
        if let Err(error) = sweep(&self.store, before).await {
            tracing::warn!(error = %error.line(), "cannot sweep done jobs now");
        }
    }

    fn kinds(&self) -> Vec<(Kind, Policy)> {
        self.handlers.iter().map(|(kind, handler)| (*kind, handler.policy())).collect()
    }

    /// Does one job and writes what became of it.
    async fn work_on(&self, claimed: Claimed) -> Result<Ended, JobError> {
        let Some(handler) = self.handlers.get(claimed.kind.as_str()).cloned() else {
            return Ok(Ended::Lost);
        };
        let policy = handler.policy();
        let result = self.attempt(handler, &claimed, policy).await;
        if let Err(error) = &result {
            tracing::warn!(job.id = %claimed.id, job.kind = %claimed.kind,
                attempt = claimed.attempt, error = %error.line(), "a job's attempt failed");
        }
        let since = tokio::time::Instant::now();
        loop {
            match self.write(&claimed, policy, &result).await {
                // Whoever waited until the lease has run out would wait longer.
                Err(JobError::Store(_)) if since.elapsed() < policy.lease => {
                    tokio::time::sleep(WRITE_PAUSE).await;
                }
                Err(JobError::Lost) => return Ok(Ended::Lost),
                other => return other,
            }
        }
    }

    /// Writes what became of an attempt.
    async fn write(
        &self,
        claimed: &Claimed,
        policy: Policy,
        result: &Result<Outcome, JobError>,
    ) -> Result<Ended, JobError> {
        match result {
            Ok(Outcome::Done) => self.finish(claimed).await.map(|()| Ended::Done),
            Ok(Outcome::Ended) => Ok(Ended::Done),
            Ok(Outcome::Again(at)) => {
                claimed.wait(&self.store, *at, 0, None).await.map(|()| Ended::Done)
            }
            Err(JobError::Lost) => Err(JobError::Lost),
            Err(error) => claim::fail(&self.store, claimed, policy, error).await.map(Ended::after),
        }
    }

    async fn finish(&self, claimed: &Claimed) -> Result<(), JobError> {
        let mut across = self.store.across("end a job").await?;
        claimed.finish_across(&mut across).await?;
        Ok(across.commit().await?)
    }

    /// Runs the handler on a task of its own, so that a panic costs one attempt,
    /// and gives signs of life meanwhile. A lost lease stops it.
    async fn attempt(
        &self,
        handler: Arc<dyn Handler>,
        claimed: &Claimed,
        policy: Policy,
    ) -> Result<Outcome, JobError> {
        let (store, job) = (self.store.clone(), claimed.clone());
        let mut task = Guard(tokio::spawn(async move { handler.run(&store, &job).await }));
        loop {
            tokio::select! {
                ended = &mut task.0 => return ended.unwrap_or_else(|error| Err(panicked(error))),
                () = tokio::time::sleep(policy.lease / 3) => {
                    match claim::renew(&self.store, claimed, policy).await {
                        // The handler may have just ended the job itself.
                        Err(JobError::Lost) if !task.0.is_finished() && !self.is_done(claimed).await => {
                            return Err(JobError::Lost);
                        }
                        Err(error) => tracing::debug!(error = %error.line(), "no sign of life written"),
                        Ok(()) => {}
                    }
                }
            }
        }
    }

    async fn is_done(&self, claimed: &Claimed) -> bool {
        let Ok(mut reading) = self.store.read_across("see whether a job has ended").await else {
            return false;
        };
        let mut hands = tables::Hands::All(&mut reading);
        tables::is_done(&mut hands, claimed).await.unwrap_or(false)
    }
}

/// While all hands are busy, jobs are taken this often at most.
const TAKE_PAUSE: Duration = Duration::from_millis(20);

/// Before a store that is away is told again how a job ended.
const WRITE_PAUSE: Duration = Duration::from_secs(1);

/// The shortest sleep: a job that is due and held back must not spin.
const PAUSE_MIN: Duration = Duration::from_millis(20);

fn panicked(error: JoinError) -> JobError {
    JobError::failed(if error.is_panic() {
        "the handler panicked"
    } else {
        "the handler was stopped"
    })
}

/// Stops the task when dropped.
struct Guard<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for Guard<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How an attempt ended.
#[derive(Clone, Copy)]
enum Ended {
    Done,
    Retried,
    Failed,
    Lost,
}

impl Ended {
    const fn after(state: State) -> Self {
        match state {
            State::Failed => Self::Failed,
            State::Waiting | State::Running | State::Done => Self::Retried,
        }
    }
}

impl Ran {
    const fn count(&mut self, ended: Ended) {
        match ended {
            Ended::Done => self.done += 1,
            Ended::Retried => self.retried += 1,
            Ended::Failed => self.failed += 1,
            Ended::Lost => self.lost += 1,
        }
    }
}

/// The jobs that run at the moment.
#[derive(Default)]
struct Running {
    tasks: JoinSet<JobId>,
    claims: BTreeMap<JobId, Claimed>,
    /// When jobs were last taken, by the steady clock.
    taken_at: Duration,
    /// As many were due then as could be taken, or more.
    has_more: bool,
}

impl Running {
    /// The kinds that may have more hands, each with how many more.
    fn free_of(&self, mut kinds: Vec<(Kind, Policy)>) -> Vec<(Kind, Policy)> {
        for (kind, policy) in &mut kinds {
            let now = self.claims.values().filter(|claimed| claimed.kind == *kind).count();
            policy.at_once = policy.at_once.saturating_sub(now);
        }
        kinds.retain(|(_, policy)| policy.at_once > 0);
        kinds
    }

    fn start(&mut self, runner: Arc<Runner>, claimed: Claimed) {
        let id = claimed.id;
        self.claims.insert(id, claimed.clone());
        self.tasks.spawn(async move {
            if let Err(error) = runner.work_on(claimed).await {
                // Its lease runs out and another attempt follows.
                tracing::error!(job.id = %id, error = %error.line(), "cannot write how a job ended");
            }
            id
        });
    }

    /// Waits until a job ends; for ever if none runs.
    async fn one_ends(&mut self) {
        match self.tasks.join_next().await {
            Some(Ok(id)) => {
                self.claims.remove(&id);
            }
            Some(Err(_)) => {}
            None => std::future::pending().await,
        }
    }

    /// Lets jobs end for a while, then stops them and gives them back.
    async fn drain(mut self, store: &Store, longest: Duration) {
        let all_end = async {
            while !self.tasks.is_empty() {
                self.one_ends().await;
            }
        };
        if tokio::time::timeout(longest, all_end).await.is_ok() {
            return;
        }
        self.tasks.shutdown().await;
        for claimed in self.claims.values() {
            match claim::release(store, claimed).await {
                Ok(()) | Err(JobError::Lost) => {}
                Err(error) => {
                    tracing::warn!(error = %error.line(), "a job waits until its lease runs out");
                }
            }
        }
    }
}
