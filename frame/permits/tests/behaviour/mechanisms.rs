//! Mechanisms: what a permit gives, its end takes away in the same work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::Task;
use permits::{
    EXPORT, Held, Kind, Kinds, Mechanism, Outcome, Permit, PermitError, Presented, State,
};
use records::Origin;
use store::{Work, args};

use crate::town::{DAY, HOUR, Town, migrations, town, towns};

#[tokio::test(flavor = "multi_thread")]
async fn a_programs_token_opens_until_its_permit_ends_and_is_shown_once() {
    for town in towns().await {
        let permits = &town.permits;
        let granted = town.granted(town.clerk, &town.token(30 * DAY), town.chief).await;
        let (clerk, chief) = (town.caller(town.clerk).await, town.caller(town.chief).await);
        let mut work = town.work().await;
        let theirs = permits.issue(&mut work, &chief, granted.id).await;
        assert!(
            matches!(theirs, Err(PermitError::NotYours)),
            "not the approver's: {}",
            town.kind()
        );
        let mut open = clerk.clone();
        open.proved_at = Some(town.now().minus(std::time::Duration::from_secs(301)));
        let stale = permits.issue(&mut work, &open, granted.id).await;
        let is_asked =
            matches!(stale, Err(PermitError::Identity(identity::IdentityError::ProofNeeded)));
        assert!(is_asked, "{}: an open session is not enough", town.kind());
        let shown = permits.issue(&mut work, &clerk, granted.id).await.unwrap();
        let again = permits.issue(&mut work, &clerk, granted.id).await;
        assert!(matches!(again, Err(PermitError::NothingToIssue)));
        work.commit().await.unwrap();
        let presented = Presented::parse(shown.reveal()).unwrap();
        assert_eq!(presented.body(), town.body);
        assert_eq!(opens(&town, &presented).await, Some(town.clerk));
        assert!(!row_holds(&town, shown.reveal()).await, "only the hash is stored");
        town.bench.clock.advance(30 * DAY);
        assert_eq!(opens(&town, &presented).await, None);
        permits.settle_all(&town.bench.store).await.unwrap();
        let ended = town.look(&granted).await;
        assert_eq!((ended.state, ended.outcome), (State::Closed, Some(Outcome::Expired)));
        let mut work = town.read().await;
        let kind = *permits.kind_of(&ended).unwrap();
        let held = permits.mechanism_of(&kind).unwrap().verify(&mut work, &ended).await.unwrap();
        assert_eq!(held, Held::No);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_leaver_or_a_stranger_opens_nothing() {
    for town in towns().await {
        let granted = town.granted(town.clerk, &town.token(DAY), town.chief).await;
        let clerk = town.caller(town.clerk).await;
        let mut work = town.work().await;
        let shown = town.permits.issue(&mut work, &clerk, granted.id).await.unwrap();
        let sql = "UPDATE people SET state = 'left', left_at = 1 WHERE body = $1 AND id = $2";
        work.run(sql, args![town.clerk]).await.unwrap();
        work.commit().await.unwrap();
        let presented = Presented::parse(shown.reveal()).unwrap();
        assert_eq!(opens(&town, &presented).await, None, "{}", town.kind());
        let mut bent = shown.reveal().clone();
        bent.replace_range(bent.len() - 5..bent.len() - 4, "_");
        assert_eq!(opens(&town, &Presented::parse(&bent).unwrap()).await, None);
        for text in ["", "sekisho", "sekisho.x.y", "other.01.x", "sekisho..", "\0"] {
            assert!(Presented::parse(text).is_none(), "{text:?}");
        }
    }
}

async fn opens(town: &Town, presented: &Presented) -> Option<identity::PersonId> {
    let mut work = town.read().await;
    let origin = Origin::Address([10, 0, 0, 2].into());
    let (caller, _) = town.permits.by_token(&mut work, presented, origin).await.ok()?;
    assert_eq!(caller.factors, 0);
    assert!(!caller.duties.has(identity::Duty::ApproveExport));
    Some(caller.person)
}

async fn row_holds(town: &Town, secret: &str) -> bool {
    let tail = secret.rsplit('.').next().unwrap();
    let mut work = town.read().await;
    let sql = "SELECT hash FROM permit_tokens WHERE body = $1";
    let rows = work.rows(sql, args![]).await.unwrap();
    rows.into_iter().any(|mut row| row.take::<String>(0).unwrap().contains(tail))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_factor_code_is_read_out_by_the_approver_and_gone_with_the_permit() {
    for town in towns().await {
        let permits = &town.permits;
        let application = town.lost_factor(town.clerk, 8 * HOUR);
        let granted = town.granted(town.colleague, &application, town.tax_head).await;
        assert_eq!(granted.beneficiary, Some(town.clerk));
        let (clerk, head) = (town.caller(town.clerk).await, town.caller(town.tax_head).await);
        let mut work = town.work().await;
        let own = permits.issue(&mut work, &clerk, granted.id).await;
        assert!(matches!(own, Err(PermitError::Approver(_))), "{}", town.kind());
        let code = permits.issue(&mut work, &head, granted.id).await.unwrap();
        assert_eq!(code.reveal().len(), 19, "four groups of four");
        work.commit().await.unwrap();
        town.bench.clock.advance(8 * HOUR);
        permits.settle_all(&town.bench.store).await.unwrap();
        assert_eq!(town.look(&granted).await.outcome, Some(Outcome::Expired));
        let said = town.ledger().await.join(" ");
        assert!(said.contains("lost-factor"), "identity withdrew the code: {said}");
    }
}

/// A room's mechanism: a row that is there as long as the ability.
struct Gate {
    breaks: AtomicBool,
}

const GATES: store::Migration = store::Migration {
    name: "zz-0001-gates",
    sql: "CREATE TABLE gates (body TEXT NOT NULL, permit TEXT NOT NULL,
        PRIMARY KEY (body, permit)) {strict};",
};

impl Mechanism for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn start<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        Box::pin(async move {
            let sql = "INSERT INTO gates (body, permit) VALUES ($1, $2)";
            work.run(sql, args![permit.id]).await?;
            Ok(())
        })
    }

    fn end<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        Box::pin(async move {
            work.run("DELETE FROM gates WHERE body = $1 AND permit = $2", args![permit.id]).await?;
            if self.breaks.load(Ordering::SeqCst) {
                let why = "the device does not answer".into();
                return Err(PermitError::Mechanism { name: "gate", why });
            }
            Ok(())
        })
    }

    fn verify<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<Held, PermitError>> {
        Box::pin(async move {
            let sql = "SELECT permit FROM gates WHERE body = $1 AND permit = $2";
            let found = work.row(sql, args![permit.id]).await?;
            Ok(if found.is_some() { Held::Yes } else { Held::No })
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rooms_mechanism_and_its_permit_never_part() {
    let mut steps = migrations();
    steps.push(GATES);
    for bench in testbed::benches(&steps).await {
        let gate = Arc::new(Gate { breaks: AtomicBool::new(false) });
        let kind = Kind { name: "gate", mechanism: "gate", ..EXPORT };
        let town = town(bench, Kinds::new([kind]).unwrap(), vec![gate.clone()]).await;
        let mut application = town.export(HOUR);
        application.kind = "gate".to_owned();
        let granted = town.granted(town.clerk, &application, town.tax_head).await;
        let held = async |permit: &Permit| {
            let mut work = town.read().await;
            gate.verify(&mut work, permit).await.unwrap()
        };
        assert_eq!(held(&granted).await, Held::Yes, "{}", town.kind());
        gate.breaks.store(true, Ordering::SeqCst);
        town.bench.clock.advance(HOUR);
        let settled = town.permits.settle_all(&town.bench.store).await.unwrap();
        assert_eq!((settled.done, settled.failed), (0, 1));
        assert_eq!(town.look(&granted).await.state, State::Active, "nothing was half done");
        assert_eq!(held(&granted).await, Held::Yes);
        assert!(!town.can("gate", town.clerk).await, "and still nobody passes");
        gate.breaks.store(false, Ordering::SeqCst);
        town.permits.settle_all(&town.bench.store).await.unwrap();
        assert_eq!(
            (town.look(&granted).await.state, held(&granted).await),
            (State::Ended, Held::No)
        );
    }
}

#[test]
fn a_kind_without_its_mechanism_is_not_put_together() {
    let clock = Arc::new(base::ManualClock::at(base::Timestamp::default()));
    let kind = Kind { name: "gate", mechanism: "gate", ..EXPORT };
    let made = permits::Permits::new(Kinds::new([kind]).unwrap(), [], clock);
    assert!(made.is_err_and(|error| error.why == "its mechanism is missing"));
}
