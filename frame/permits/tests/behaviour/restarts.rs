//! A program that dies at any point leaves state and mechanism together, and
//! whoever comes next ends what is due.

use jobs::{Runner, RunnerSettings};
use permits::{Kinds, Permits, SWEEP, State, due_handlers};
use store::args;

use crate::town::{DAY, HOUR, Town, towns};

fn runner(town: &Town, permits: &Permits) -> Runner {
    let runner = Runner::new(town.bench.store.clone(), RunnerSettings::default());
    due_handlers(permits).into_iter().fold(runner, Runner::handler).recurring(SWEEP)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_is_carried_out_by_its_job_after_a_restart() {
    for town in towns().await {
        let granted = town.granted(town.clerk, &town.token(DAY), town.chief).await;
        let clerk = town.caller(town.clerk).await;
        let mut work = town.work().await;
        town.permits.issue(&mut work, &clerk, granted.id).await.unwrap();
        work.commit().await.unwrap();
        town.bench.clock.advance(DAY);
        let restarted =
            Permits::new(Kinds::new([]).unwrap(), [], town.bench.clock.clone()).unwrap();
        runner(&town, &restarted).round().await.unwrap();
        assert_eq!(town.look(&granted).await.state, State::Closed, "{}", town.kind());
        assert_eq!(tokens(&town).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_not_committed_ended_nothing_and_is_done_again() {
    for town in towns().await {
        let granted = town.granted(town.clerk, &town.token(DAY), town.chief).await;
        let clerk = town.caller(town.clerk).await;
        let mut work = town.work().await;
        town.permits.issue(&mut work, &clerk, granted.id).await.unwrap();
        work.commit().await.unwrap();
        town.bench.clock.advance(DAY);
        let mut work = town.work().await;
        assert!(town.permits.settle(&mut work, granted.id).await.unwrap());
        drop(work); // as when the program is killed before the commit
        assert_eq!((town.look(&granted).await.state, tokens(&town).await), (State::Active, 1));
        let mut work = town.work().await;
        assert!(town.permits.settle(&mut work, granted.id).await.unwrap());
        work.commit().await.unwrap();
        assert_eq!((town.look(&granted).await.state, tokens(&town).await), (State::Closed, 0));
        let mut work = town.work().await;
        assert!(!town.permits.settle(&mut work, granted.id).await.unwrap(), "again does nothing");
        let said = town.ledger_of(&granted).await;
        let count = said.iter().filter(|action| *action == "permit.ended").count();
        assert_eq!(count, 1, "{}: {said:?}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweep_ends_what_lost_its_job() {
    for town in towns().await {
        let granted = town.granted(town.clerk, &town.export(HOUR), town.tax_head).await;
        let mut work = town.work().await;
        work.run("DELETE FROM jobs WHERE body = $1", args![]).await.unwrap();
        work.commit().await.unwrap();
        let runner = runner(&town, &town.permits);
        runner.round().await.unwrap(); // plans the sweep
        town.bench.clock.advance(HOUR);
        runner.round().await.unwrap();
        assert_eq!(town.look(&granted).await.state, State::Ended, "{}", town.kind());
    }
}

async fn tokens(town: &Town) -> i64 {
    let mut work = town.read().await;
    let sql = "SELECT COUNT(*) FROM permit_tokens WHERE body = $1";
    work.row(sql, args![]).await.unwrap().unwrap().take(0).unwrap()
}
