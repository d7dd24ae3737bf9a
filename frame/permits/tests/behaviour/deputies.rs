//! Deputies (代行): visible, for a while, never for themselves and never again
//! through another.

use permits::{NotApprover, PermitError};

use crate::town::{DAY, HOUR, towns};

#[tokio::test(flavor = "multi_thread")]
async fn a_deputy_decides_in_anothers_stead_and_the_record_says_so() {
    for town in towns().await {
        let permits = &town.permits;
        let deputy = town.deputy(town.colleague, town.tax_head, DAY);
        town.granted(town.colleague, &deputy, town.ciso).await;
        let clerk = town.caller(town.clerk).await;
        let colleague = town.caller(town.colleague).await;
        let mut work = town.work().await;
        let applied = permits.apply_now(&mut work, &clerk, &town.export(HOUR)).await.unwrap();
        let alone = permits.approve(&mut work, &colleague, applied.id, applied.version, None).await;
        assert!(matches!(alone, Err(PermitError::Approver(NotApprover::Duty(_)))), "{alone:?}");
        drop(work);
        let mut work = town.work().await;
        let applied = permits.apply_now(&mut work, &clerk, &town.export(HOUR)).await.unwrap();
        assert_eq!(permits.may_act_for(&mut work, &colleague).await.unwrap(), [town.tax_head]);
        let acting = permits.act_for(&mut work, &colleague, town.tax_head).await.unwrap();
        let granted =
            permits.approve(&mut work, &acting, applied.id, applied.version, None).await.unwrap();
        assert_eq!(granted.decided_by, Some(town.colleague), "{}", town.kind());
        assert_eq!(granted.decided_for, Some(town.tax_head));
        work.commit().await.unwrap();
        // The caller that was made before the end is no way around it.
        let mut work = town.work().await;
        let next = permits.apply_now(&mut work, &clerk, &town.export(3 * HOUR)).await.unwrap();
        work.commit().await.unwrap();
        town.bench.clock.advance(2 * HOUR);
        let mut work = town.work().await;
        let ask =
            permits::Ask { kind: "deputy", person: Some(town.colleague), key: None, covers: &[] };
        let grant = permits.demand(&mut work, &ask).await.unwrap();
        permits.end(&mut work, &colleague, grant.permit().id).await.unwrap();
        let late = permits.approve(&mut work, &acting, next.id, next.version, None).await;
        assert!(matches!(late, Err(PermitError::NotDeputy)), "{late:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deputy_gains_nothing_for_themselves_or_for_whom_they_stand_in() {
    for town in towns().await {
        let permits = &town.permits;
        let deputy = town.deputy(town.clerk, town.tax_head, DAY);
        town.granted(town.colleague, &deputy, town.ciso).await;
        let (clerk, head) = (town.caller(town.clerk).await, town.caller(town.tax_head).await);
        let mut work = town.work().await;
        let acting = permits.act_for(&mut work, &clerk, town.tax_head).await.unwrap();
        let own = permits.apply_now(&mut work, &clerk, &town.export(HOUR)).await.unwrap();
        let heads = permits.apply_now(&mut work, &head, &town.export(HOUR)).await.unwrap();
        let stood = permits.apply_now(&mut work, &acting, &town.export(HOUR)).await.unwrap();
        for permit in [&own, &heads, &stood] {
            let taken = permits.approve(&mut work, &acting, permit.id, permit.version, None).await;
            let is_own = matches!(taken, Err(PermitError::Approver(NotApprover::Applicant)));
            assert!(is_own, "{}: {taken:?}", town.kind());
        }
        let taken = permits.approve(&mut work, &head, stood.id, stood.version, None).await;
        assert!(matches!(taken, Err(PermitError::Approver(_))), "{taken:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deputy_makes_no_deputies_and_nobody_is_their_own() {
    for town in towns().await {
        let permits = &town.permits;
        let deputy = town.deputy(town.colleague, town.ciso, DAY);
        town.granted(town.colleague, &deputy, town.chief).await;
        let (clerk, colleague) = (town.caller(town.clerk).await, town.caller(town.colleague).await);
        let mut work = town.work().await;
        let acting = permits.act_for(&mut work, &colleague, town.ciso).await.unwrap();
        let next = town.deputy(town.clerk, town.tax_head, DAY);
        let next = permits.apply_now(&mut work, &clerk, &next).await.unwrap();
        let taken = permits.approve(&mut work, &acting, next.id, next.version, None).await;
        let is_second = matches!(taken, Err(PermitError::Approver(NotApprover::DeputyOfDeputy)));
        assert!(is_second, "{}: {taken:?}", town.kind());
        let twice = permits.act_for(&mut work, &acting, town.tax_head).await;
        assert!(matches!(twice, Err(PermitError::NotDeputy)));
        let own = town.deputy(town.clerk, town.clerk, DAY);
        let own = permits.draft(&mut work, &clerk, &own).await;
        assert!(matches!(own, Err(PermitError::Scope(_))), "{own:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_somebody_absent_is_found_by_their_deputy_and_nobody_else() {
    for town in towns().await {
        let permits = &town.permits;
        let clerk = town.caller(town.clerk).await;
        let colleague = town.caller(town.colleague).await;
        let mut work = town.work().await;
        let applied = permits.apply_now(&mut work, &clerk, &town.export(6 * HOUR)).await.unwrap();
        work.commit().await.unwrap();
        let sees = async || {
            let mut work = town.read().await;
            let found = permits.find(&mut work, &colleague, applied.id).await;
            let waiting = permits.waiting(&mut work, &colleague, 10).await.unwrap();
            let is_waiting = waiting.iter().any(|permit| permit.id == applied.id);
            assert_eq!(found.is_ok(), is_waiting, "{}: {found:?}", town.kind());
            is_waiting
        };
        assert!(!sees().await, "{}: a colleague is nobody here", town.kind());
        let deputy = town.deputy(town.colleague, town.tax_head, 2 * HOUR);
        town.granted(town.colleague, &deputy, town.ciso).await;
        assert!(sees().await, "{}: the deputy sees what to decide", town.kind());
        town.bench.clock.advance(2 * HOUR);
        assert!(!sees().await, "{}: and not after the end", town.kind());
    }
}
