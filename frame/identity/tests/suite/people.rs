//! People come, change and go.

use identity::people::{self, PeopleFilter, PersonChange};
use identity::sessions::Resumed;
use identity::{IdentityError, PersonState, Role, SignInError, sections};

use crate::town::{DESK, at, text, towns};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_is_out_at_once() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.gone").await;
        town.assign(&chief, clerk.person, Role::SystemOperator).await;
        let session = town.enter(&clerk, &at(DESK)).await.unwrap();
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let gone = people::leave(&mut work, &chief, clerk.person).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(gone.state, PersonState::Left);
        let resumed = town.resume(&session, DESK).await;
        assert!(!matches!(resumed, Resumed::Live(_)), "{}: {resumed:?}", town.kind());
        let again = town.enter(&clerk, &at(DESK)).await;
        assert!(matches!(again, Err(SignInError::Refused)), "{}", town.kind());
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        assert_eq!(identity::own::factors(&mut work, clerk.person).await.unwrap(), []);
        assert_eq!(identity::roles::of_person(&mut work, clerk.person).await.unwrap(), []);
        let twice = people::leave(&mut work, &chief, clerk.person).await;
        assert!(matches!(twice, Err(IdentityError::PersonState)), "{}", town.kind());
        assert_eq!(town.recorded("person.left").await, 1, "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_enrols_anew_and_has_no_old_role() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.again").await;
        town.assign(&chief, clerk.person, Role::SystemOperator).await;
        let store = &town.bench.store;
        let mut work = store.begin(town.body()).await.unwrap();
        let early = people::take_back(&mut work, &chief, clerk.person, town.section).await;
        assert!(matches!(early, Err(IdentityError::PersonState)), "{}", town.kind());
        people::leave(&mut work, &chief, clerk.person).await.unwrap();
        let back = people::take_back(&mut work, &chief, clerk.person, town.section).await.unwrap();
        work.commit().await.unwrap();
        let old = town.enter(&clerk, &at(DESK)).await;
        assert!(matches!(old, Err(SignInError::Refused)), "{}", town.kind());
        let code = back.code.show();
        let clerk =
            crate::town::member(&town.bench, &town.gate, town.body(), "clerk.again", code.reveal())
                .await;
        let caller = town.caller(&clerk).await;
        assert!(!caller.duties.has(identity::Duty::OperateSystem), "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_off_themselves_or_the_last_officer() {
    for town in towns().await {
        let chief = town.chief().await;
        let manager = town.join(&chief, "sys.manager").await;
        town.assign(&chief, manager.person, Role::SystemManager).await;
        let manager = town.caller(&manager).await;
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let own = people::leave(&mut work, &chief, chief.person).await;
        assert!(matches!(own, Err(IdentityError::Oneself)), "{}", town.kind());
        let last = people::leave(&mut work, &manager, chief.person).await;
        assert!(matches!(last, Err(IdentityError::LastOfficer)), "{}: {last:?}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_slower_of_two_changes_is_told() {
    for town in towns().await {
        let chief = town.chief().await;
        let invited = town.invite(&chief, "clerk.edit").await;
        let change = PersonChange {
            name: text("山田 はな"),
            kana: text("ヤマダ ハナ"),
            section: town.section,
        };
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let (id, version) = (invited.person.id, invited.person.version);
        let done = people::change(&mut work, &chief, id, version, &change).await.unwrap();
        assert_eq!(done.version, version + 1);
        let slow = people::change(&mut work, &chief, id, version, &change).await;
        assert!(matches!(slow, Err(IdentityError::Stale)), "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_people_leave_nobody_out() {
    for town in towns().await {
        let chief = town.chief().await;
        for number in 0..7 {
            town.invite(&chief, &format!("clerk.{number}")).await;
        }
        let mut work = town.bench.store.read(town.body()).await.unwrap();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let filter = PeopleFilter::default();
            let page = people::list(&mut work, &filter, after.as_ref(), 3).await.unwrap();
            seen.extend(page.people.into_iter().map(|person| person.login.to_string()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 8, "{}: {seen:?}", town.kind());
        for (wanted, count) in
            [("山田", 7), ("clerk.3", 1), ("CLERK.3", 1), ("%", 0), ("_", 0), ("山\0田", 7)]
        {
            let filter = PeopleFilter { text: Some(wanted.to_owned()), ..Default::default() };
            let page = people::list(&mut work, &filter, None, 50).await.unwrap();
            assert_eq!(page.people.len(), count, "{} {wanted}", town.kind());
        }
        let filter = PeopleFilter { state: Some(PersonState::Active), ..Default::default() };
        let page = people::list(&mut work, &filter, None, 50).await.unwrap();
        assert_eq!(page.people.len(), 1, "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_without_the_duty_changes_nothing() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.small").await;
        let caller = town.caller(&clerk).await;
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let left = people::leave(&mut work, &caller, chief.person).await;
        assert!(matches!(left, Err(IdentityError::NotAllowed(_))), "{}", town.kind());
        let new = identity::NewSection { code: text("900"), name: text("x"), above: None };
        let opened = sections::open(&mut work, &caller, &new).await;
        assert!(matches!(opened, Err(IdentityError::NotAllowed(_))), "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sections_close_when_nobody_is_in_them() {
    for town in towns().await {
        let chief = town.chief().await;
        let section = town.open_section(&chief, "200").await;
        let invited = town.invite_into(&chief, "clerk.tax", section).await;
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let used = sections::close(&mut work, &chief, section).await;
        assert!(matches!(used, Err(IdentityError::SectionState)), "{}", town.kind());
        people::leave(&mut work, &chief, invited.person.id).await.unwrap();
        sections::close(&mut work, &chief, section).await.unwrap();
        let new = identity::NewSection { code: text("200"), name: text("x"), above: None };
        let taken = sections::open(&mut work, &chief, &new).await;
        assert!(matches!(taken, Err(IdentityError::SectionTaken)), "{}", town.kind());
    }
}
