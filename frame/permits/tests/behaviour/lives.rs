//! Whole lives: who may do what to a permit, and what the ledger then says.

use permits::{Application, Filter, NotApprover, Outcome, PermitError, ScopeFault, State};

use crate::town::{DAY, HOUR, towns};

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_applied_for_granted_by_the_section_manager_used_and_ended_by_the_clock() {
    for town in towns().await {
        let permits = &town.permits;
        let granted = town.granted(town.clerk, &town.export(2 * HOUR), town.tax_head).await;
        assert_eq!((granted.state, granted.decided_by), (State::Active, Some(town.tax_head)));
        let ask = permits::Ask {
            kind: "export",
            person: Some(town.clerk),
            key: None,
            covers: &[("medium", "registered-medium")],
        };
        let mut work = town.work().await;
        let grant = permits.demand(&mut work, &ask).await.unwrap();
        let other = permits::Ask { covers: &[("medium", "transfer")], ..ask };
        assert!(permits.in_force(&mut work, &other).await.unwrap().is_none(), "{}", town.kind());
        let clerk = town.caller(town.clerk).await;
        const WRITTEN: records::Action = records::Action::new("export.written");
        let entry = clerk.entry(WRITTEN, records::Subject::new("file", "abc"));
        permits.used(&mut work, &grant, entry).await.unwrap();
        work.commit().await.unwrap();
        town.bench.clock.advance(2 * HOUR);
        assert!(!town.can("export", town.clerk).await, "the clock ends it without any job");
        permits.settle_all(&town.bench.store).await.unwrap();
        let ended = town.look(&granted).await;
        assert_eq!((ended.state, ended.outcome), (State::Ended, Some(Outcome::Expired)));
        let mut work = town.work().await;
        permits.close(&mut work, &clerk, ended.id, "媒体を返却し、複写を消去した").await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(town.look(&granted).await.state, State::Closed);
        let said = town.ledger_of(&granted).await;
        let wanted = ["permit.applied", "permit.approved", "permit.started", "permit.reminded"];
        assert_eq!(said[..3], wanted[..3], "{}", town.kind());
        assert!(said.contains(&"permit.ended".to_owned()));
        assert_eq!(said.last().unwrap(), "permit.closed");
        assert!(town.ledger().await.contains(&"export.written".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_decides_on_their_own() {
    for town in towns().await {
        let permits = &town.permits;
        let head = town.caller(town.tax_head).await;
        let mut work = town.work().await;
        let own = permits.apply_now(&mut work, &head, &town.export(HOUR)).await.unwrap();
        let refused = permits.approve(&mut work, &head, own.id, own.version, None).await;
        let is_own = matches!(refused, Err(PermitError::Approver(NotApprover::Applicant)));
        assert!(is_own, "{}: {refused:?}", town.kind());
        let chief = town.caller(town.ciso).await;
        let refused = permits.approve(&mut work, &chief, own.id, own.version, None).await;
        assert!(matches!(refused, Err(PermitError::Approver(NotApprover::Duty(_)))), "{refused:?}");
        let other = town.caller(town.welfare_head).await;
        let refused = permits.approve(&mut work, &other, own.id, own.version, None).await;
        assert!(matches!(refused, Err(PermitError::Approver(NotApprover::Duty(_)))), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_factor_or_a_token_never_decides() {
    for town in towns().await {
        let permits = &town.permits;
        let clerk = town.caller(town.clerk).await;
        let mut work = town.work().await;
        let applied = permits.apply_now(&mut work, &clerk, &town.export(HOUR)).await.unwrap();
        work.commit().await.unwrap();
        for factors in [0, 1] {
            let mut head = town.caller(town.tax_head).await;
            head.factors = factors;
            let mut work = town.work().await;
            let refused =
                permits.approve(&mut work, &head, applied.id, applied.version, None).await;
            assert!(matches!(refused, Err(PermitError::Factors { needed: 2 })), "{refused:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_since_it_was_shown_is_not_approved() {
    for town in towns().await {
        let permits = &town.permits;
        let (clerk, head) = (town.caller(town.clerk).await, town.caller(town.tax_head).await);
        let mut work = town.work().await;
        let draft = permits.draft(&mut work, &clerk, &town.export(HOUR)).await.unwrap();
        let longer = town.export(3 * HOUR);
        let amended =
            permits.amend(&mut work, &clerk, draft.id, draft.version, &longer).await.unwrap();
        let stale = permits.apply(&mut work, &clerk, draft.id, draft.version).await;
        assert!(matches!(stale, Err(PermitError::Stale)), "{stale:?}");
        let applied = permits.apply(&mut work, &clerk, draft.id, amended.version).await.unwrap();
        let stale = permits.approve(&mut work, &head, draft.id, amended.version, None).await;
        assert!(matches!(stale, Err(PermitError::Stale)), "{stale:?}");
        let late = permits.amend(&mut work, &clerk, draft.id, applied.version, &longer).await;
        assert!(late.is_err(), "an application is not rewritten");
        permits.approve(&mut work, &head, draft.id, applied.version, Some("承認")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_one_stays_refused_and_a_withdrawn_one_is_closed() {
    for town in towns().await {
        let permits = &town.permits;
        let (clerk, head) = (town.caller(town.clerk).await, town.caller(town.tax_head).await);
        let mut work = town.work().await;
        let one = permits.apply_now(&mut work, &clerk, &town.export(HOUR)).await.unwrap();
        let refused =
            permits.refuse(&mut work, &head, one.id, one.version, "持出し先が不明").await.unwrap();
        assert_eq!((refused.state, refused.outcome), (State::Refused, Some(Outcome::Refused)));
        let again = permits.approve(&mut work, &head, one.id, refused.version, None).await;
        assert!(matches!(again, Err(PermitError::NotNow(_))), "{again:?}");
        let two = permits.apply_now(&mut work, &clerk, &town.export(HOUR)).await.unwrap();
        let theirs = permits.withdraw(&mut work, &town.caller(town.colleague).await, two.id).await;
        assert!(matches!(theirs, Err(PermitError::NotYours)), "{theirs:?}");
        let back = permits.withdraw(&mut work, &clerk, two.id).await.unwrap();
        assert_eq!((back.state, back.outcome), (State::Closed, Some(Outcome::Withdrawn)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_start_waits_and_begins_by_the_clock() {
    for town in towns().await {
        let start = town.now().plus(5 * HOUR);
        let later =
            Application { starts_at: Some(start), ends_at: start.plus(HOUR), ..town.export(HOUR) };
        let granted = town.granted(town.clerk, &later, town.tax_head).await;
        assert_eq!(granted.state, State::Approved);
        assert!(!town.can("export", town.clerk).await);
        town.bench.clock.advance(5 * HOUR);
        town.permits.settle_all(&town.bench.store).await.unwrap();
        assert_eq!(town.look(&granted).await.state, State::Active, "{}", town.kind());
        assert!(town.can("export", town.clerk).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_decided_lapses() {
    for town in towns().await {
        let clerk = town.caller(town.clerk).await;
        let mut work = town.work().await;
        let one = town.permits.apply_now(&mut work, &clerk, &town.export(HOUR)).await.unwrap();
        work.commit().await.unwrap();
        town.bench.clock.advance(HOUR);
        let head = town.caller(town.tax_head).await;
        let mut work = town.work().await;
        let late = town.permits.approve(&mut work, &head, one.id, one.version, None).await;
        assert!(matches!(late, Err(PermitError::NotNow(_))), "{late:?}");
        drop(work);
        town.permits.settle_all(&town.bench.store).await.unwrap();
        let lapsed = town.look(&one).await;
        assert_eq!((lapsed.state, lapsed.outcome), (State::Closed, Some(Outcome::Lapsed)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_comes_once_before_the_end() {
    for town in towns().await {
        let granted = town.granted(town.clerk, &town.export(5 * HOUR), town.tax_head).await;
        town.bench.clock.advance(4 * HOUR);
        for _ in 0..2 {
            town.permits.settle_all(&town.bench.store).await.unwrap();
        }
        let said = town.ledger_of(&granted).await;
        let count = said.iter().filter(|action| *action == "permit.reminded").count();
        assert_eq!(count, 1, "{}: {said:?}", town.kind());
        let clerk = town.caller(town.clerk).await;
        let mut work = town.read().await;
        let mine = town.permits.mine_in_force(&mut work, &clerk).await.unwrap();
        assert!(mine[0].reminded_at.is_some() && mine[0].id == granted.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ends_beyond_the_longest_span_are_not_taken() {
    for town in towns().await {
        let clerk = town.caller(town.clerk).await;
        let millisecond = std::time::Duration::from_millis(1);
        let mut work = town.work().await;
        let cases = [
            (town.export(DAY + millisecond), "export"),
            (town.lost_factor(town.colleague, 8 * HOUR + millisecond), "lost-factor"),
            (town.token(366 * DAY + millisecond), "api-token"),
            (town.exception("x", 1, 7 * DAY + millisecond), "exception"),
            (town.deputy(town.clerk, town.tax_head, 30 * DAY + millisecond), "deputy"),
        ];
        for (application, name) in cases {
            let taken = town.permits.draft(&mut work, &clerk, &application).await;
            assert!(matches!(taken, Err(PermitError::TooLong { .. })), "{name}: {taken:?}");
        }
        let over = Application { ends_at: town.now(), ..town.export(HOUR) };
        let taken = town.permits.draft(&mut work, &clerk, &over).await;
        assert!(matches!(taken, Err(PermitError::NotAhead)), "{taken:?}");
        let nothing = Application { scope: Default::default(), ..town.export(HOUR) };
        match town.permits.draft(&mut work, &clerk, &nothing).await {
            Err(PermitError::Scope(errors)) => {
                assert_eq!(errors.len(), 4);
                assert!(errors.iter().all(|error| error.why == ScopeFault::Missing));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_stretches_an_export_and_ends_it_with_itself() {
    for town in towns().await {
        let exception = town.exception("export-hours", 100, 3 * DAY);
        let exception = town.granted(town.clerk, &exception, town.ciso).await;
        let clerk = town.caller(town.clerk).await;
        let mut work = town.work().await;
        let longer = town.permits.draft(&mut work, &clerk, &town.export(4 * DAY)).await;
        assert!(matches!(longer, Err(PermitError::TooLong { .. })), "beyond the exception's end");
        drop(work);
        let long = town.granted(town.clerk, &town.export(2 * DAY), town.tax_head).await;
        assert_eq!((long.state, long.exception), (State::Active, Some(exception.id)));
        town.bench.clock.advance(HOUR);
        let ciso = town.caller(town.ciso).await;
        let mut work = town.work().await;
        town.permits.revoke(&mut work, &ciso, exception.id, "事情が変わった").await.unwrap();
        work.commit().await.unwrap();
        assert!(!town.can("export", town.clerk).await, "{}", town.kind());
        let gone = town.look(&long).await;
        assert_eq!((gone.state, gone.outcome), (State::Revoked, Some(Outcome::Unsupported)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_has_no_permit_left() {
    for town in towns().await {
        let granted = town.granted(town.clerk, &town.export(HOUR), town.tax_head).await;
        let (clerk, chief) = (town.caller(town.clerk).await, town.caller(town.chief).await);
        let mut work = town.work().await;
        let open = town.permits.apply_now(&mut work, &clerk, &town.export(HOUR)).await.unwrap();
        let count = town.permits.person_left(&mut work, &chief, town.clerk).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!((count, town.can("export", town.clerk).await), (2, false), "{}", town.kind());
        assert_eq!(town.look(&granted).await.outcome, Some(Outcome::Revoked));
        assert_eq!(town.look(&open).await.outcome, Some(Outcome::Withdrawn));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_bodys_caller_and_permit_do_not_meet() {
    for town in towns().await {
        let granted = town.granted(town.clerk, &town.export(HOUR), town.tax_head).await;
        let elsewhere = town.bench.body();
        let clerk = town.caller(town.clerk).await;
        let mut work = town.bench.store.begin(elsewhere).await.unwrap();
        assert!(town.permits.find(&mut work, &clerk, granted.id).await.is_err());
        assert!(town.permits.end(&mut work, &clerk, granted.id).await.is_err());
        let found = town.permits.search(&mut work, &clerk, &Filter::default(), None, 10).await;
        assert!(found.is_err(), "{}", town.kind());
        let ask = permits::Ask { kind: "export", person: Some(town.clerk), key: None, covers: &[] };
        assert!(town.permits.in_force(&mut work, &ask).await.unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_decisions_at_once_one_counts() {
    for town in towns().await {
        let clerk = town.caller(town.clerk).await;
        let mut work = town.work().await;
        let one = town.permits.apply_now(&mut work, &clerk, &town.export(HOUR)).await.unwrap();
        work.commit().await.unwrap();
        let decide = async || {
            let head = town.caller(town.tax_head).await;
            let mut work = town.work().await;
            town.permits.approve(&mut work, &head, one.id, one.version, None).await?;
            work.commit().await.unwrap();
            Ok::<(), PermitError>(())
        };
        let (first, second) = tokio::join!(decide(), decide());
        assert_ne!(first.is_ok(), second.is_ok(), "{}: {first:?} {second:?}", town.kind());
        let said = town.ledger_of(&one).await;
        let count = said.iter().filter(|action| *action == "permit.approved").count();
        assert_eq!(count, 1);
    }
}
