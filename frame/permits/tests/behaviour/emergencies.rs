//! Emergencies at night (J31): at once, for a day, then confirmed by another or
//! gone and red.

use permits::{NotApprover, Outcome, PermitError, State};

use crate::town::{DAY, HOUR, Town, towns};

/// A chief officer starts an exception for three days at once.
async fn started(town: &Town) -> permits::Permit {
    let chief = town.caller(town.chief).await;
    let mut work = town.work().await;
    let application = town.exception("publish-to-internet", 1, 3 * DAY);
    let permit = town.permits.start_at_once(&mut work, &chief, &application).await.unwrap();
    work.commit().await.unwrap();
    permit
}

async fn in_force(town: &Town) -> bool {
    let mut work = town.read().await;
    town.permits.exception(&mut work, "publish-to-internet").await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_confirms_is_gone_after_a_day_and_red_until_another_closes_it() {
    for town in towns().await {
        let permit = started(&town).await;
        assert!(permit.is_emergency && in_force(&town).await);
        let ciso = town.caller(town.ciso).await;
        let mut work = town.read().await;
        let waiting = town.permits.waiting(&mut work, &ciso, 10).await.unwrap();
        assert_eq!(waiting.iter().map(|one| one.id).collect::<Vec<_>>(), [permit.id]);
        drop(work);
        town.bench.clock.advance(DAY - HOUR);
        assert!(in_force(&town).await);
        town.bench.clock.advance(HOUR);
        assert!(!in_force(&town).await, "{}: the clock is enough", town.kind());
        town.permits.settle_all(&town.bench.store).await.unwrap();
        let gone = town.look(&permit).await;
        assert_eq!((gone.state, gone.outcome), (State::Revoked, Some(Outcome::Unconfirmed)));
        assert!(gone.is_red(town.now()));
        let mut work = town.read().await;
        let red = town.permits.waiting(&mut work, &ciso, 10).await.unwrap();
        assert_eq!(red.iter().map(|one| one.id).collect::<Vec<_>>(), [permit.id]);
        drop(work);
        let mut work = town.work().await;
        let late = town.permits.confirm(&mut work, &ciso, permit.id, None).await;
        assert!(matches!(late, Err(PermitError::NotNow(_))), "{late:?}");
        let chief = town.caller(town.chief).await;
        let own = town.permits.close(&mut work, &chief, permit.id, "問題なし").await;
        assert!(matches!(own, Err(PermitError::Approver(NotApprover::Applicant))), "{own:?}");
        town.permits.close(&mut work, &ciso, permit.id, "報告遅れを指導").await.unwrap();
        work.commit().await.unwrap();
        assert!(town.look(&permit).await.is_red(town.now()), "red stays in the register");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_another_confirms_lasts_until_its_end() {
    for town in towns().await {
        let permit = started(&town).await;
        let chief = town.caller(town.chief).await;
        let mut work = town.work().await;
        let own = town.permits.confirm(&mut work, &chief, permit.id, None).await;
        assert!(matches!(own, Err(PermitError::Approver(_))), "{own:?}");
        let ciso = town.caller(town.ciso).await;
        town.permits.confirm(&mut work, &ciso, permit.id, Some("妥当")).await.unwrap();
        work.commit().await.unwrap();
        town.bench.clock.advance(2 * DAY);
        town.permits.settle_all(&town.bench.store).await.unwrap();
        assert!(in_force(&town).await, "{}", town.kind());
        town.bench.clock.advance(DAY);
        assert!(!in_force(&town).await);
        town.permits.settle_all(&town.bench.store).await.unwrap();
        assert_eq!(town.look(&permit).await.outcome, Some(Outcome::Expired));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_another_refuses_is_gone_at_once() {
    for town in towns().await {
        let permit = started(&town).await;
        let ciso = town.caller(town.ciso).await;
        let mut work = town.work().await;
        let version = permit.version;
        town.permits.refuse(&mut work, &ciso, permit.id, version, "不要").await.unwrap();
        work.commit().await.unwrap();
        assert!(!in_force(&town).await && town.look(&permit).await.is_red(town.now()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_duty_holder_starts_one_and_not_of_every_kind() {
    for town in towns().await {
        let (clerk, ciso) = (town.caller(town.clerk).await, town.caller(town.ciso).await);
        let mut work = town.work().await;
        let application = town.exception("x", 1, HOUR);
        let clerks = town.permits.start_at_once(&mut work, &clerk, &application).await;
        assert!(matches!(clerks, Err(PermitError::NotAllowed(_))), "{clerks:?}");
        drop(work);
        let mut work = town.work().await;
        for application in [
            town.lost_factor(town.clerk, HOUR),
            town.token(HOUR),
            town.deputy(town.clerk, town.tax_head, HOUR),
        ] {
            let started = town.permits.start_at_once(&mut work, &ciso, &application).await;
            assert!(matches!(started, Err(PermitError::NoEmergency)), "{started:?}");
        }
    }
}
