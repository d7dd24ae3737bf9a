//! What the queue promises, on each kind of database.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use base::{BodyId, Clock, Timestamp};
use jobs::{JobError, Kind, NewJob, Policy, Scheduled, State};
use store::{Migration, Store, args};
use testbed::{Bench, benches};

const KIND: Kind = "test.work";
const KINDS: &[(Kind, Policy)] = &[(
    KIND,
    Policy {
        attempts_max: 3,
        lease: Duration::from_secs(60),
        pause: Duration::from_secs(10),
        pause_max: Duration::from_secs(60),
        at_once: usize::MAX,
    },
)];

/// The jobs' tables and one in which an effect can be seen.
fn migrations() -> Vec<Migration> {
    let mut all = jobs::MIGRATIONS.to_vec();
    all.push(Migration {
        name: "test-0001-effects",
        sql: "CREATE TABLE effects (body TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (body, id)) {strict};",
    });
    all
}

async fn put(store: &Store, body: BodyId, key: &str, due: Timestamp) -> Scheduled {
    let mut work = store.begin(body).await.unwrap();
    let scheduled = jobs::schedule(&mut work, &NewJob::new(KIND, key, due)).await.unwrap();
    work.commit().await.unwrap();
    scheduled
}

async fn state(store: &Store, body: BodyId, key: &str) -> jobs::Listed {
    let mut work = store.read(body).await.unwrap();
    jobs::pending(&mut work, KIND, key).await.unwrap().unwrap()
}

/// Writes an effect and ends the job, as a handler does.
async fn effect(store: &Store, claimed: &jobs::Claimed, id: &str) -> Result<(), JobError> {
    let mut work = store.begin(claimed.body.unwrap()).await?;
    claimed.fence(&mut work).await?;
    work.run("INSERT INTO effects (body, id) VALUES ($1, $2)", args![id]).await?;
    claimed.finish(&mut work).await?;
    Ok(work.commit().await?)
}

async fn effects(store: &Store, body: BodyId) -> Vec<String> {
    let mut work = store.read(body).await.unwrap();
    let sql = "SELECT id FROM effects WHERE body = $1 ORDER BY id";
    let rows = work.rows(sql, args![]).await.unwrap();
    rows.into_iter().map(|mut row| row.take(0).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_taken_when_it_is_due_and_by_one_worker() {
    for bench in benches(&migrations()).await {
        let (store, clock, body) = (&bench.store, &bench.clock, bench.body());
        put(store, body, "a", clock.now().plus(Duration::from_secs(5))).await;
        assert!(jobs::claim(store, KINDS).await.unwrap().is_none(), "{}", bench.kind);
        clock.advance(Duration::from_secs(5));
        let (one, two) = tokio::join!(jobs::claim(store, KINDS), jobs::claim(store, KINDS));
        let taken = [one.unwrap(), two.unwrap()].into_iter().flatten().count();
        assert_eq!(taken, 1, "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_take_each_job_once() {
    for bench in benches(&migrations()).await {
        let (store, body) = (&bench.store, bench.body());
        for number in 0..60 {
            put(store, body, &format!("{number:02}"), bench.clock.now()).await;
        }
        let workers = (0..6).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut idle = 0;
                // Another may have been faster with every candidate of one look.
                while idle < 3 {
                    match jobs::claim(&store, KINDS).await.unwrap() {
                        Some(job) => effect(&store, &job, &job.key).await.unwrap(),
                        None => idle += 1,
                    }
                }
            })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.unwrap();
        }
        assert_eq!(effects(store, body).await.len(), 60, "{}", bench.kind);
        for number in 0..60 {
            let listed = state(store, body, &format!("{number:02}")).await;
            assert_eq!((listed.state, listed.attempts), (State::Done, 1), "{}", bench.kind);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_worker_writes_nothing_after_another_took_over() {
    for bench in benches(&migrations()).await {
        let (store, clock, body) = (&bench.store, &bench.clock, bench.body());
        put(store, body, "a", clock.now()).await;
        let paused = jobs::claim(store, KINDS).await.unwrap().unwrap();
        clock.advance(Duration::from_secs(61));
        let second = jobs::claim(store, KINDS).await.unwrap().unwrap();
        assert!(second.token > paused.token, "{}", bench.kind);
        let late = effect(store, &paused, "of the paused").await;
        assert!(matches!(late, Err(JobError::Lost)), "{}: {late:?}", bench.kind);
        let sign = jobs::renew(store, &paused, KINDS[0].1).await;
        assert!(matches!(sign, Err(JobError::Lost)), "{}", bench.kind);
        effect(store, &second, "of the second").await.unwrap();
        // The paused one wakes again, and others find nothing to do.
        let late = effect(store, &paused, "of the paused").await;
        assert!(matches!(late, Err(JobError::Lost)), "{}", bench.kind);
        assert_eq!(effects(store, body).await, ["of the second"], "{}", bench.kind);
        assert!(jobs::claim(store, KINDS).await.unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_life_keeps_the_lease() {
    for bench in benches(&migrations()).await {
        let (store, clock, body) = (&bench.store, &bench.clock, bench.body());
        put(store, body, "a", clock.now()).await;
        let claimed = jobs::claim(store, KINDS).await.unwrap().unwrap();
        for _ in 0..5 {
            clock.advance(Duration::from_secs(40));
            jobs::renew(store, &claimed, KINDS[0].1).await.unwrap();
            assert!(jobs::claim(store, KINDS).await.unwrap().is_none(), "{}", bench.kind);
        }
        effect(store, &claimed, "done").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_pause_longer_and_end_at_the_limit() {
    for bench in benches(&migrations()).await {
        let (store, clock, body) = (&bench.store, &bench.clock, bench.body());
        put(store, body, "a", clock.now()).await;
        for (pause, after) in [(10, State::Waiting), (20, State::Waiting), (0, State::Failed)] {
            let claimed = jobs::claim(store, KINDS).await.unwrap().unwrap();
            let error = JobError::failed("the disk is away");
            let stands = jobs::fail(store, &claimed, KINDS[0].1, &error).await.unwrap();
            assert_eq!(stands, after, "{}", bench.kind);
            clock.advance(Duration::from_secs(pause).saturating_sub(Duration::from_millis(1)));
            assert!(jobs::claim(store, KINDS).await.unwrap().is_none(), "{}", bench.kind);
            clock.advance(Duration::from_millis(1));
        }
        let mut work = store.begin(body).await.unwrap();
        let failed = jobs::failed(&mut work, None, 10).await.unwrap();
        assert_eq!(failed.len(), 1, "{}", bench.kind);
        assert_eq!(failed[0].error.as_deref(), Some("the disk is away"));
        assert!(jobs::retry(&mut work, failed[0].id).await.unwrap());
        work.commit().await.unwrap();
        let again = jobs::claim(store, KINDS).await.unwrap().unwrap();
        assert_eq!(again.attempt, 1, "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_workers_fails_at_the_limit() {
    for bench in benches(&migrations()).await {
        let (store, clock, body) = (&bench.store, &bench.clock, bench.body());
        put(store, body, "a", clock.now()).await;
        for attempt in 1..=3 {
            let claimed = jobs::claim(store, KINDS).await.unwrap().unwrap();
            assert_eq!(claimed.attempt, attempt, "{}", bench.kind);
            clock.advance(Duration::from_secs(60));
        }
        assert!(jobs::claim(store, KINDS).await.unwrap().is_none(), "{}", bench.kind);
        let listed = state(store, body, "a").await;
        assert_eq!(listed.state, State::Failed, "{}", bench.kind);
        assert_eq!(listed.error.as_deref(), Some("the worker ended without a word"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scheduling_by_the_same_key_is_done_once() {
    for bench in benches(&migrations()).await {
        let (store, clock, body) = (&bench.store, &bench.clock, bench.body());
        assert_eq!(put(store, body, "a", clock.now()).await, Scheduled::New);
        assert_eq!(put(store, body, "a", clock.now()).await, Scheduled::Already);
        assert_eq!(put(store, bench.body(), "a", clock.now()).await, Scheduled::New);
        let mut ran = 0;
        while let Some(job) = jobs::claim(store, KINDS).await.unwrap() {
            effect(store, &job, &job.key).await.unwrap();
            ran += 1;
        }
        assert_eq!(ran, 2, "{}: one a body", bench.kind);
        assert_eq!(put(store, body, "a", clock.now()).await, Scheduled::Already);
        assert!(jobs::claim(store, KINDS).await.unwrap().is_none(), "{}", bench.kind);
        clock.advance(Duration::from_secs(60));
        assert_eq!(jobs::sweep(store, clock.now()).await.unwrap(), 2, "{}", bench.kind);
        assert_eq!(put(store, body, "a", clock.now()).await, Scheduled::New);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_not_kept_schedules_nothing() {
    for bench in benches(&migrations()).await {
        let body = bench.body();
        let mut work = bench.store.begin(body).await.unwrap();
        let job = NewJob::new(KIND, "a", bench.clock.now());
        jobs::schedule(&mut work, &job).await.unwrap();
        drop(work);
        assert!(jobs::claim(&bench.store, KINDS).await.unwrap().is_none(), "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_jobs_move_and_go() {
    for bench in benches(&migrations()).await {
        let (store, clock, body) = (&bench.store, &bench.clock, bench.body());
        put(store, body, "a", clock.now()).await;
        let later = clock.now().plus(Duration::from_secs(600));
        let mut work = store.begin(body).await.unwrap();
        assert!(jobs::move_to(&mut work, KIND, "a", later).await.unwrap());
        assert!(!jobs::move_to(&mut work, KIND, "b", later).await.unwrap());
        work.commit().await.unwrap();
        assert!(jobs::claim(store, KINDS).await.unwrap().is_none(), "{}", bench.kind);
        let mut theirs = store.begin(bench.body()).await.unwrap();
        assert!(!jobs::cancel(&mut theirs, KIND, "a").await.unwrap(), "{}", bench.kind);
        drop(theirs);
        let mut work = store.begin(body).await.unwrap();
        assert!(jobs::cancel(&mut work, KIND, "a").await.unwrap());
        work.commit().await.unwrap();
        clock.advance(Duration::from_secs(600));
        assert!(jobs::claim(store, KINDS).await.unwrap().is_none(), "{}", bench.kind);
    }
}

/// Clock jumps: what is due follows the wall, and no lease outlives its holder
/// by more than the jump is noticed.
#[tokio::test(flavor = "multi_thread")]
async fn a_jump_forward_makes_jobs_due_and_a_jump_back_makes_them_wait() {
    for bench in benches(&migrations()).await {
        let (store, clock, body) = (&bench.store, &bench.clock, bench.body());
        let start = clock.now();
        put(store, body, "evening", start.plus(Duration::from_secs(8 * 3_600))).await;
        clock.jump(start.plus(Duration::from_secs(9 * 3_600)));
        let early = jobs::claim(store, KINDS).await.unwrap().unwrap();
        clock.jump(start);
        jobs::release(store, &early).await.unwrap();
        assert!(jobs::claim(store, KINDS).await.unwrap().is_none(), "{}", bench.kind);
        let listed = state(store, body, "evening").await;
        assert_eq!((listed.state, listed.attempts), (State::Waiting, 0), "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_from_the_future_is_taken_over_and_its_holder_refused() {
    for bench in benches(&migrations()).await {
        let (store, clock, body) = (&bench.store, &bench.clock, bench.body());
        let start = clock.now();
        put(store, body, "a", start).await;
        clock.jump(start.plus(Duration::from_secs(365 * 24 * 3_600)));
        let first = jobs::claim(store, KINDS).await.unwrap().unwrap();
        clock.jump(start.plus(Duration::from_secs(10)));
        let second = jobs::claim(store, KINDS).await.unwrap().expect("not held for a year");
        assert!(matches!(effect(store, &first, "first").await, Err(JobError::Lost)));
        effect(store, &second, "second").await.unwrap();
        assert_eq!(effects(store, body).await, ["second"], "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_a_job_is_refused() {
    let Bench { store, clock, .. } = &testbed::sqlite(&migrations()).await;
    let body = BodyId::new(clock.now(), &**store.random());
    let mut work = store.begin(body).await.unwrap();
    let job = NewJob::new(KIND, "k".repeat(201), clock.now());
    let refused = jobs::schedule(&mut work, &job).await;
    assert!(matches!(refused, Err(JobError::TooLarge { field: "key", .. })));
    let job = NewJob::new(KIND, "k", clock.now()).with(&"p".repeat(20_000)).unwrap();
    let refused = jobs::schedule(&mut work, &job).await;
    assert!(matches!(refused, Err(JobError::TooLarge { field: "payload", .. })));
}
