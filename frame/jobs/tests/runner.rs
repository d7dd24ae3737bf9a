//! What the runner promises, on each kind of database. Rounds are run by hand;
//! only the tests of starting and stopping let it wait by itself.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base::{Clock, Task};
use jobs::{
    Claimed, Every, Handler, JobError, Kind, NewJob, Outcome, Policy, Ran, Recurring, Runner,
    RunnerSettings, State,
};
use store::Store;
use testbed::benches;
use tokio::sync::{Notify, oneshot};

const KIND: Kind = "test.work";
/// How many of its jobs a worker does at the same time.
const AT_ONCE: usize = 3;

/// What the handler does with each job.
enum Does {
    Succeeds,
    Fails,
    Panics,
    /// Waits until the test lets it go on.
    Waits(Arc<Notify>),
}

struct Worker {
    does: Does,
    runs: AtomicU32,
    began: Notify,
}

impl Worker {
    fn that(does: Does) -> Arc<Self> {
        Arc::new(Self { does, runs: AtomicU32::new(0), began: Notify::new() })
    }

    fn runs(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }
}

impl Handler for Worker {
    fn kind(&self) -> Kind {
        KIND
    }

    fn policy(&self) -> Policy {
        Policy { attempts_max: 2, at_once: AT_ONCE, ..Policy::default() }
    }

    fn run<'a>(&'a self, _: &'a Store, _: &'a Claimed) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            self.runs.fetch_add(1, Ordering::SeqCst);
            self.began.notify_one();
            match &self.does {
                Does::Succeeds => Ok(Outcome::Done),
                Does::Fails => Err(JobError::failed("it rains")),
                Does::Panics => panic!("a fault in a handler"),
                Does::Waits(go_on) => {
                    go_on.notified().await;
                    Ok(Outcome::Done)
                }
            }
        })
    }
}

async fn put(store: &Store, body: base::BodyId, key: &str) {
    let mut work = store.begin(body).await.unwrap();
    let job = NewJob::new(KIND, key, work.now());
    jobs::schedule(&mut work, &job).await.unwrap();
    work.commit().await.unwrap();
}

async fn state(store: &Store, body: base::BodyId, key: &str) -> State {
    let mut work = store.read(body).await.unwrap();
    jobs::pending(&mut work, KIND, key).await.unwrap().unwrap().state
}

fn runner(store: &Store, worker: &Arc<Worker>) -> Runner {
    let settings =
        RunnerSettings { drain_max: Duration::from_millis(200), ..RunnerSettings::default() };
    Runner::new(store.clone(), settings).handler(worker.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_does_all_that_is_due() {
    for bench in benches(jobs::MIGRATIONS).await {
        let (body, worker) = (bench.body(), Worker::that(Does::Succeeds));
        put(&bench.store, body, "a").await;
        put(&bench.store, body, "b").await;
        let ran = runner(&bench.store, &worker).round().await.unwrap();
        assert_eq!(ran, Ran { done: 2, ..Ran::default() }, "{}", bench.kind);
        assert_eq!(state(&bench.store, body, "a").await, State::Done, "{}", bench.kind);
        let ran = runner(&bench.store, &worker).round().await.unwrap();
        assert_eq!((ran, worker.runs()), (Ran::default(), 2), "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_due_jobs_are_taken_several_at_a_time_and_each_is_done_once() {
    const JOBS: u32 = 70;
    for bench in benches(jobs::MIGRATIONS).await {
        let (body, worker) = (bench.body(), Worker::that(Does::Succeeds));
        for number in 0..JOBS {
            put(&bench.store, body, &number.to_string()).await;
        }
        let runner = Arc::new(runner(&bench.store, &worker));
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(runner.run(async move {
            let _ = stopped.await;
        }));
        for number in 0..JOBS {
            while state(&bench.store, body, &number.to_string()).await != State::Done {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        stop.send(()).unwrap();
        task.await.unwrap();
        assert_eq!(worker.runs(), JOBS, "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_has_no_more_hands_than_it_may_have() {
    for bench in benches(jobs::MIGRATIONS).await {
        let go_on = Arc::new(Notify::new());
        let (body, worker) = (bench.body(), Worker::that(Does::Waits(go_on.clone())));
        for number in 0..AT_ONCE + 2 {
            put(&bench.store, body, &number.to_string()).await;
        }
        let runner = Arc::new(runner(&bench.store, &worker));
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(runner.run(async move {
            let _ = stopped.await;
        }));
        let all = AT_ONCE as u32;
        while worker.runs() < all {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(worker.runs(), all, "{}", bench.kind);
        go_on.notify_one();
        while worker.runs() < all + 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.send(()).unwrap();
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_and_panics_are_tried_again_up_to_the_limit() {
    for does in [|| Does::Fails, || Does::Panics] {
        for bench in benches(jobs::MIGRATIONS).await {
            let (body, worker) = (bench.body(), Worker::that(does()));
            let runner = runner(&bench.store, &worker);
            put(&bench.store, body, "a").await;
            let first = runner.round().await.unwrap();
            assert_eq!(first, Ran { retried: 1, ..Ran::default() }, "{}", bench.kind);
            bench.clock.advance(Duration::from_secs(5));
            let second = runner.round().await.unwrap();
            assert_eq!(second, Ran { failed: 1, ..Ran::default() }, "{}", bench.kind);
            bench.clock.advance(Duration::from_secs(86_400));
            assert_eq!(runner.round().await.unwrap(), Ran::default(), "{}", bench.kind);
            assert_eq!(state(&bench.store, body, "a").await, State::Failed);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recurring_work_runs_once_an_occurrence_however_many_plan_it() {
    for bench in benches(jobs::MIGRATIONS).await {
        let worker = Worker::that(Does::Succeeds);
        let every = Every::Span(Duration::from_secs(60));
        let again = || runner(&bench.store, &worker).recurring(Recurring { kind: KIND, every });
        let (one, two) = (again(), again());
        one.round().await.unwrap();
        two.round().await.unwrap();
        assert_eq!(worker.runs(), 0, "{}: not yet", bench.kind);
        for _ in 0..3 {
            bench.clock.advance(Duration::from_secs(60));
            two.round().await.unwrap();
            one.round().await.unwrap();
        }
        assert_eq!(worker.runs(), 3, "{}", bench.kind);
        // The clock goes back over an occurrence that was done: not again.
        bench.clock.jump(bench.clock.now().minus(Duration::from_secs(90)));
        one.round().await.unwrap();
        bench.clock.advance(Duration::from_secs(90));
        one.round().await.unwrap();
        assert_eq!(worker.runs(), 3, "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bell_wakes_the_runner_and_a_stop_waits_for_running_jobs() {
    for bench in benches(jobs::MIGRATIONS).await {
        let go_on = Arc::new(Notify::new());
        let (body, worker) = (bench.body(), Worker::that(Does::Waits(go_on.clone())));
        let settings =
            RunnerSettings { sleep_max: Duration::from_secs(3_600), ..RunnerSettings::default() };
        let runner = Arc::new(Runner::new(bench.store.clone(), settings).handler(worker.clone()));
        let bell = runner.bell();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(runner.run(async move {
            let _ = stopped.await;
        }));
        put(&bench.store, body, "a").await;
        bell.notify_one();
        worker.began.notified().await;
        stop.send(()).unwrap();
        go_on.notify_one();
        task.await.unwrap();
        assert_eq!(state(&bench.store, body, "a").await, State::Done, "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_does_not_end_in_time_is_given_back() {
    for bench in benches(jobs::MIGRATIONS).await {
        let body = bench.body();
        let worker = Worker::that(Does::Waits(Arc::new(Notify::new())));
        let runner = Arc::new(runner(&bench.store, &worker));
        put(&bench.store, body, "a").await;
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(runner.run(async move {
            let _ = stopped.await;
        }));
        worker.began.notified().await;
        stop.send(()).unwrap();
        task.await.unwrap();
        assert_eq!(state(&bench.store, body, "a").await, State::Waiting, "{}", bench.kind);
        let kinds = [(KIND, Policy::default())];
        let next = jobs::claim(&bench.store, &kinds).await.unwrap().unwrap();
        assert_eq!(next.attempt, 1, "{}: the stopped attempt does not count", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_job_ended_is_written_once_the_store_is_back() {
    let bench = testbed::sqlite(jobs::MIGRATIONS).await;
    let body = bench.body();
    put(&bench.store, body, "a").await;
    let go_on = Arc::new(Notify::new());
    let worker = Worker::that(Does::Waits(go_on.clone()));
    let runner = Runner::new(bench.store.clone(), RunnerSettings::default());
    let runner = runner.handler(worker.clone());
    let running = tokio::spawn(async move { runner.round().await });
    worker.began.notified().await;
    let (file, away) = (bench.folder().join("sekisho.db"), bench.folder().join("away.db"));
    std::fs::rename(&file, &away).unwrap();
    go_on.notify_one();
    // Long enough to be refused once.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!running.is_finished(), "it has given up");
    std::fs::rename(&away, &file).unwrap();
    let ran = running.await.unwrap().unwrap();
    assert_eq!(ran, Ran { done: 1, ..Ran::default() });
    assert_eq!(state(&bench.store, body, "a").await, State::Done);
    assert_eq!(worker.runs(), 1);
}
