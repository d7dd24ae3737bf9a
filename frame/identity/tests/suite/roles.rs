//! Roles, their conflicts and concurrent posts.

use std::time::Duration;

use identity::roles::{self, NewAssignment, NewPost};
use identity::{
    Bar, Caller, Duty, IdentityError, NewSection, PersonId, Role, SectionId, people, sections,
};
use store::Work;

use crate::town::{Town, text, towns};

fn new(person: PersonId, role: Role, section: Option<SectionId>) -> NewAssignment {
    NewAssignment { person, role, section, from: None, until: None }
}

async fn work(town: &Town) -> Work {
    town.bench.store.begin(town.body()).await.unwrap()
}

fn bars(error: &IdentityError) -> Vec<Bar> {
    match error {
        IdentityError::Conflicts(conflicts) => conflicts.iter().map(|found| found.bar).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_refused_until_it_is_visible() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.both").await.person;
        let mut work = work(&town).await;
        roles::assign(&mut work, &chief, &new(clerk, Role::SystemOperator, None)).await.unwrap();
        let manager = new(clerk, Role::SectionManager, Some(town.section));
        let refused = roles::assign(&mut work, &chief, &manager).await.unwrap_err();
        assert_eq!(bars(&refused), [Bar::OperatorApproves], "{}", town.kind());

        let until = work.now().plus(Duration::from_secs(30 * 86_400));
        let post = NewPost {
            person: clerk,
            bar: Bar::OperatorApproves,
            reason: text("職員184名のため兼務"),
            until,
        };
        let post = roles::record_post(&mut work, &chief, &post).await.unwrap();
        // Without an end of its own, or past the record's, it is still refused.
        assert!(roles::assign(&mut work, &chief, &manager).await.is_err(), "{}", town.kind());
        let late =
            NewAssignment { until: Some(until.plus(Duration::from_secs(1))), ..manager.clone() };
        assert!(roles::assign(&mut work, &chief, &late).await.is_err(), "{}", town.kind());
        let fits = NewAssignment { until: Some(until), ..manager };
        let held = roles::assign(&mut work, &chief, &fits).await.unwrap();
        assert_eq!(held.post, Some(post.id), "{}", town.kind());
        assert_eq!(roles::posts(&mut work).await.unwrap(), [post]);
        assert_eq!(roles::conflicts(&mut work, clerk).await.unwrap(), []);
        work.commit().await.unwrap();
        assert_eq!(town.recorded("concurrent-post.recorded").await, 1, "{}", town.kind());

        // When the record ends, the post that rests on it has ended too.
        town.wait(30 * 86_400);
        let mut work = town.bench.store.read(town.body()).await.unwrap();
        let duties = roles::duties(&mut work, clerk).await.unwrap();
        assert!(!duties.has(Duty::ApproveExport) && duties.has(Duty::OperateSystem));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn some_conflicts_no_record_sets_aside() {
    for town in towns().await {
        let chief = town.chief().await;
        let worker = town.invite(&chief, "worker.one").await.person.id;
        let mut work = work(&town).await;
        roles::assign(&mut work, &chief, &new(worker, Role::ContractorWorker, None)).await.unwrap();
        let inside =
            roles::assign(&mut work, &chief, &new(worker, Role::SystemOperator, None)).await;
        assert_eq!(bars(&inside.unwrap_err()), [Bar::ContractorInside], "{}", town.kind());
        let until = work.now().plus(Duration::from_secs(86_400));
        let post = NewPost { person: worker, bar: Bar::ContractorInside, reason: text("x"), until };
        let post = roles::record_post(&mut work, &chief, &post).await;
        assert_eq!(bars(&post.unwrap_err()), [Bar::ContractorInside], "{}", town.kind());
        let supporter = roles::assign(&mut work, &chief, &new(worker, Role::Supporter, None)).await;
        assert!(bars(&supporter.unwrap_err()).contains(&Bar::SupporterOutside));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_neither_audits_nor_moves_into_their_own_section() {
    for town in towns().await {
        let chief = town.chief().await;
        let tax = town.open_section(&chief, "200").await;
        let auditor = town.join(&chief, "audit.one").await.person;
        let mut work = work(&town).await;
        let own = new(auditor, Role::Auditor, Some(town.section));
        let own = roles::assign(&mut work, &chief, &own).await;
        assert_eq!(bars(&own.unwrap_err()), [Bar::AuditsOwnSection], "{}", town.kind());
        roles::assign(&mut work, &chief, &new(auditor, Role::Auditor, Some(tax))).await.unwrap();
        let person = people::find(&mut work, auditor).await.unwrap();
        let change = people::PersonChange { name: person.name, kana: person.kana, section: tax };
        let moved = people::change(&mut work, &chief, auditor, person.version, &change).await;
        assert_eq!(bars(&moved.unwrap_err()), [Bar::AuditsOwnSection], "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_a_role_to_themselves() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.plain").await;
        let caller: Caller = town.caller(&clerk).await;
        let mut work = work(&town).await;
        let own = roles::assign(&mut work, &chief, &new(chief.person, Role::Ciso, None)).await;
        assert!(matches!(own, Err(IdentityError::Oneself)), "{}", town.kind());
        let other = roles::assign(&mut work, &caller, &new(chief.person, Role::Ciso, None)).await;
        assert!(matches!(other, Err(IdentityError::NotAllowed(_))), "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_who_assigns_roles_keeps_the_role() {
    for town in towns().await {
        let chief = town.chief().await;
        let ciso = town.join(&chief, "ciso.one").await;
        town.assign(&chief, ciso.person, Role::Ciso).await;
        let ciso = town.caller(&ciso).await;
        let mut work = work(&town).await;
        let of_ciso = roles::of_person(&mut work, ciso.person).await.unwrap();
        let of_chief = roles::of_person(&mut work, chief.person).await.unwrap();
        roles::withdraw(&mut work, &ciso, of_chief[0].id).await.unwrap();
        let last = roles::withdraw(&mut work, &ciso, of_ciso[0].id).await;
        assert!(matches!(last, Err(IdentityError::LastOfficer)), "{}: {last:?}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bureaus_duty_holds_in_the_sections_under_it() {
    for town in towns().await {
        let chief = town.chief().await;
        let bureau = town.open_section(&chief, "300").await;
        let officer = town.join(&chief, "bureau.one").await.person;
        let mut work = work(&town).await;
        let under =
            NewSection { code: text("310"), name: text("市民税課"), above: Some(bureau) };
        let under = sections::open(&mut work, &chief, &under).await.unwrap().id;
        let manager = new(officer, Role::SectionManager, Some(bureau));
        roles::assign(&mut work, &chief, &manager).await.unwrap();
        let duties = roles::duties(&mut work, officer).await.unwrap();
        assert!(duties.has_for(Duty::ApproveExport, Some(under)), "{}", town.kind());
        assert!(!duties.has_for(Duty::ApproveExport, Some(town.section)), "{}", town.kind());
        let holders = roles::holders(&mut work, Duty::ApproveExport, Some(under)).await.unwrap();
        assert_eq!(holders.len(), 1, "{}", town.kind());
        let holders = roles::holders(&mut work, Duty::ApproveExport, None).await.unwrap();
        assert_eq!(holders.len(), 0, "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_begins_and_ends_by_the_clock() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.term").await.person;
        let mut work = work(&town).await;
        let day = |days: u64| work.now().plus(Duration::from_secs(days * 86_400));
        let (from, until) = (day(1), day(2));
        let term = NewAssignment {
            from: Some(from),
            until: Some(until),
            ..new(clerk, Role::IncidentHandler, None)
        };
        roles::assign(&mut work, &chief, &term).await.unwrap();
        work.commit().await.unwrap();
        for expected in [false, true, false] {
            let mut work = town.bench.store.read(town.body()).await.unwrap();
            let duties = roles::duties(&mut work, clerk).await.unwrap();
            assert_eq!(duties.has(Duty::HandleIncidents), expected, "{}", town.kind());
            drop(work);
            town.wait(86_400);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deputy_has_the_absent_ones_duties_and_both_names() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.deputy").await;
        let caller = town.caller(&clerk).await;
        let mut work = work(&town).await;
        let deputy = caller.acting(&mut work, chief.person, "PERMIT").await.unwrap();
        assert!(deputy.duties.has(Duty::AssignRoles) && !caller.duties.has(Duty::AssignRoles));
        assert_eq!(deputy.person, clerk.person);
        // Neither for oneself nor for whom one stands in.
        for person in [clerk.person, chief.person] {
            let done = roles::assign(&mut work, &deputy, &new(person, Role::Ciso, None)).await;
            assert!(matches!(done, Err(IdentityError::Oneself)), "{}", town.kind());
        }
        let own = caller.acting(&mut work, caller.person, "PERMIT").await;
        assert!(matches!(own, Err(IdentityError::Oneself)), "{}", town.kind());
    }
}
