//! Clocks that jump: nothing revives, nothing lasts longer, and a town gets out
//! of a clock that was ahead by mistake.

use permits::{Kinds, Outcome, PermitError, Permits, State};

use crate::town::{DAY, HOUR, towns};

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_revives_nothing_before_or_after_a_restart() {
    for town in towns().await {
        let granted = town.granted(town.clerk, &town.export(HOUR), town.tax_head).await;
        let noon = town.now();
        town.bench.clock.jump(noon.plus(2 * HOUR));
        assert!(!town.can("export", town.clerk).await);
        town.bench.clock.jump(noon);
        assert!(!town.can("export", town.clerk).await, "{}: no job ran", town.kind());
        town.bench.clock.jump(noon.plus(2 * HOUR));
        town.permits.settle_all(&town.bench.store).await.unwrap();
        town.bench.clock.jump(noon.minus(DAY));
        let restarted =
            Permits::new(Kinds::new([]).unwrap(), [], town.bench.clock.clone()).unwrap();
        let ask = permits::Ask { kind: "export", person: Some(town.clerk), key: None, covers: &[] };
        let mut work = town.read().await;
        assert!(restarted.in_force(&mut work, &ask).await.unwrap().is_none());
        assert_eq!(town.look(&granted).await.outcome, Some(Outcome::Expired));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_lengthens_nothing() {
    for town in towns().await {
        town.granted(town.clerk, &town.export(2 * HOUR), town.tax_head).await;
        town.bench.clock.jump(town.now().minus(DAY));
        assert!(town.can("export", town.clerk).await, "half of it is left");
        town.bench.clock.advance(2 * HOUR);
        assert!(!town.can("export", town.clerk).await, "{}: two hours are over", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_remembers_the_latest_moment_over_a_restart() {
    for town in towns().await {
        let first = town.granted(town.clerk, &town.export(2 * HOUR), town.tax_head).await;
        town.bench.clock.advance(HOUR);
        // Anything that writes remembers the moment: somebody applies.
        let colleague = town.caller(town.colleague).await;
        let mut work = town.work().await;
        town.permits.apply_now(&mut work, &colleague, &town.export(HOUR)).await.unwrap();
        work.commit().await.unwrap();
        town.bench.clock.jump(town.now().minus(DAY));
        let restarted =
            Permits::new(Kinds::new([]).unwrap(), [], town.bench.clock.clone()).unwrap();
        let mut work = town.read().await;
        let behind = restarted.clock_behind(&mut work).await.unwrap();
        assert_eq!(behind, DAY, "{}", town.kind());
        drop(work);
        town.bench.clock.advance(HOUR);
        let ask = permits::Ask { kind: "export", person: Some(town.clerk), key: None, covers: &[] };
        let mut work = town.read().await;
        let in_force = restarted.in_force(&mut work, &ask).await.unwrap();
        assert!(in_force.is_none(), "{first:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_ahead_by_mistake_is_accepted_by_a_person_and_ends_what_it_ended() {
    for town in towns().await {
        let granted = town.granted(town.clerk, &town.export(HOUR), town.tax_head).await;
        let noon = town.now();
        town.bench.clock.jump(noon.plus(3650 * DAY));
        assert!(!town.can("export", town.clerk).await);
        town.bench.clock.jump(noon);
        let clerk = town.caller(town.clerk).await;
        let mut work = town.work().await;
        let soon = town.permits.apply_now(&mut work, &clerk, &town.export(HOUR)).await;
        assert!(matches!(soon, Err(PermitError::NotAhead)), "{soon:?}");
        let refused = town.permits.accept_clock(&mut work, &clerk).await;
        assert!(matches!(refused, Err(PermitError::NotAllowed(_))), "{refused:?}");
        drop(work);
        let manager = town.caller(town.system_manager).await;
        let mut work = town.work().await;
        town.permits.accept_clock(&mut work, &manager).await.unwrap();
        let again = town.permits.accept_clock(&mut work, &manager).await;
        assert!(matches!(again, Err(PermitError::ClockRight)), "{again:?}");
        work.commit().await.unwrap();
        assert_eq!(town.look(&granted).await.state, State::Ended, "{}", town.kind());
        assert!(!town.can("export", town.clerk).await);
        town.granted(town.clerk, &town.export(HOUR), town.tax_head).await;
        assert!(town.can("export", town.clerk).await, "the town works again");
        assert!(town.ledger().await.contains(&"permit.clock-accepted".to_owned()));
    }
}
