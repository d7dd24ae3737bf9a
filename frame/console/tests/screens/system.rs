//! The page about the system: work that failed is seen and done again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base::Task;
use jobs::{Claimed, Handler, JobError, Kind, NewJob, Outcome, Policy, Runner, RunnerSettings};
use store::Store;

use crate::browser::Browser;
use crate::town::{Town, towns};

/// Work that fails until somebody mends the reason.
struct Copying {
    kind: Kind,
    is_mended: AtomicBool,
}

impl Handler for Copying {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn policy(&self) -> Policy {
        Policy { attempts_max: 2, ..Policy::default() }
    }

    fn run<'a>(&'a self, _: &'a Store, _: &'a Claimed) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            match self.is_mended.load(Ordering::SeqCst) {
                true => Ok(Outcome::Done),
                false => Err(JobError::failed("the second place is not there")),
            }
        })
    }
}

async fn run(town: &Town, runner: &Runner) -> u32 {
    let mut done = 0;
    for _ in 0..3 {
        done += runner.round().await.unwrap().done;
        town.pass(60);
    }
    done
}

async fn failing(town: &Town, kind: Kind, is_of_all: bool) -> (Arc<Copying>, Runner) {
    let handler = Arc::new(Copying { kind, is_mended: AtomicBool::new(false) });
    let runner = Runner::new(town.bench.store.clone(), RunnerSettings::default());
    let runner = runner.handler(handler.clone());
    let now = base::Clock::now(&*town.bench.clock);
    let job = NewJob::new(kind, "one", now);
    let mut across = town.bench.store.across("a test schedules").await.unwrap();
    let body = (!is_of_all).then_some(town.clerk.body);
    jobs::schedule_across(&mut across, body, &job).await.unwrap();
    across.commit().await.unwrap();
    assert_eq!(run(town, &runner).await, 0);
    (handler, runner)
}

async fn operator(town: &Town) -> Browser {
    let mut chief = Browser::signed_in(town, &town.chief).await;
    let person = format!("/people/{}", town.clerk.person);
    chief.get(&person).await.expect(200);
    let form = [("role", "system-operator"), ("role-section", ""), ("until", "")];
    chief.post(&format!("{person}/roles"), &form).await.expect(303);
    Browser::signed_in(town, &town.clerk).await
}

#[tokio::test]
async fn work_that_failed_is_seen_and_done_again() {
    for town in towns().await {
        let mut operator = operator(&town).await;
        let empty = operator.get("/system").await.expect(200);
        assert!(empty.text.contains("失敗したままの処理はありません"), "{}", empty.text);
        // Of the body, and of the whole store: nobody else would see that one.
        for (kind, is_of_all) in [("test.of-body", false), ("test.of-all", true)] {
            let (handler, runner) = failing(&town, kind, is_of_all).await;
            let page = operator.get("/system").await.expect(200);
            assert!(page.text.contains(kind), "{} {kind}: {}", town.bench.kind, page.text);
            assert!(page.text.contains("the second place is not there"), "{}", page.text);
            let action = page.text.split("action=\"/system/jobs/").nth(1).unwrap();
            let job = action.split('/').next().unwrap().to_owned();

            // Whoever may not run the system does not even see it.
            let mut manager = Browser::signed_in(&town, &town.manager).await;
            manager.get("/system").await.expect(403);
            manager.get("/").await.expect(200);
            manager.post(&format!("/system/jobs/{job}/retry"), &[]).await.expect(403);

            handler.is_mended.store(true, Ordering::SeqCst);
            assert_eq!(run(&town, &runner).await, 0, "it waits for somebody");
            operator.get("/system").await.expect(200);
            let again = operator.post(&format!("/system/jobs/{job}/retry"), &[]).await.expect(303);
            assert_eq!(again.location, "/system");
            assert_eq!(run(&town, &runner).await, 1, "{} {kind}", town.bench.kind);
            let page = operator.get("/system").await.expect(200);
            assert!(!page.text.contains(kind), "{} {kind}: {}", town.bench.kind, page.text);
            operator.post(&format!("/system/jobs/{job}/retry"), &[]).await.expect(404);
        }
        let mut work = town.bench.store.read(town.clerk.body).await.unwrap();
        let filter =
            records::Filter { action: Some("job.retried".to_owned()), ..Default::default() };
        let found = records::search(&mut work, &filter, None, 10).await.unwrap();
        assert_eq!(found.entries.len(), 2, "{}", town.bench.kind);
        town.bench.clock.advance(Duration::from_secs(1));
    }
}
