//! Bodies, the first set-up, and the wall between bodies.

use identity::{IdentityError, bodies, people, roles, set_up};

use crate::town::{DESK, at, body, first_officer, migrations, towns};

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_code_works_once_and_for_a_day() {
    for bench in testbed::benches(&migrations()).await {
        let store = &bench.store;
        assert!(set_up::is_needed(store).await.unwrap());
        let finish = async |code: &str| {
            let (new, officer) = (body("112089", "緑市"), first_officer("shi.taro"));
            set_up::finish(store, &at(DESK), code, &new, &officer).await
        };
        let old = set_up::begin(store).await.unwrap();
        let code = set_up::begin(store).await.unwrap();
        let refused = finish(old.show().reveal()).await;
        assert!(matches!(refused, Err(IdentityError::Code)), "{}: replaced", bench.kind);
        bench.clock.advance(std::time::Duration::from_secs(86_400));
        let late = finish(code.show().reveal()).await;
        assert!(matches!(late, Err(IdentityError::Code)), "{}: late", bench.kind);
        let code = set_up::begin(store).await.unwrap();
        finish(code.show().reveal()).await.unwrap();
        assert!(!set_up::is_needed(store).await.unwrap());
        let again = finish(code.show().reveal()).await;
        assert!(matches!(again, Err(IdentityError::SetUpDone)), "{}", bench.kind);
        assert!(matches!(set_up::begin(store).await, Err(IdentityError::SetUpDone)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefecture_founds_its_own_municipalities_only() {
    for town in towns().await {
        let ken = town.caller(&town.prefecture).await;
        let shi = town.chief().await;
        let store = &town.bench.store;
        let found = async |caller, code: &str, login: &str| {
            bodies::found(store, caller, &body(code, "町"), &first_officer(login)).await
        };
        let other = found(&ken, "011002", "sapporo.taro").await;
        assert!(matches!(other, Err(IdentityError::NotUnder)), "{}", town.kind());
        let again = found(&ken, "112089", "again.taro").await;
        assert!(matches!(again, Err(IdentityError::BodyTaken)), "{}", town.kind());
        let below = found(&shi, "111007", "omiya.taro").await;
        assert!(matches!(below, Err(IdentityError::NotUnder)), "{}", town.kind());
        let taken = found(&ken, "111007", "shi.taro").await;
        assert!(matches!(taken, Err(IdentityError::LoginTaken)), "{}", town.kind());
        found(&ken, "111007", "omiya.taro").await.unwrap();
        assert_eq!(bodies::under(store, &ken).await.unwrap().len(), 3, "{}", town.kind());
        assert_eq!(bodies::under(store, &shi).await.unwrap().len(), 1, "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_of_one_body_does_nothing_in_another() {
    for town in towns().await {
        let ken = town.caller(&town.prefecture).await;
        let chief = town.chief().await;
        let clerk = town.invite(&chief, "clerk.wall").await.person;
        // The prefecture's officer with the town's work.
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let left = people::leave(&mut work, &ken, clerk.id).await;
        assert!(matches!(left, Err(IdentityError::NotThere(_))), "{}", town.kind());
        drop(work);
        // The prefecture's officer with the town's id in their own work.
        let mut work = town.bench.store.begin(ken.body).await.unwrap();
        let left = people::leave(&mut work, &ken, clerk.id).await;
        assert!(matches!(left, Err(IdentityError::NotThere(_))), "{}", town.kind());
        let new = roles::NewAssignment {
            person: clerk.id,
            role: identity::Role::Ciso,
            section: None,
            from: None,
            until: None,
        };
        let assigned = roles::assign(&mut work, &ken, &new).await;
        assert!(matches!(assigned, Err(IdentityError::NotThere(_))), "{}", town.kind());
        drop(work);
        // A person of one body cannot stand in a section of another: by schema.
        let mut work = town.bench.store.begin(ken.body).await.unwrap();
        let done = work
            .run(
                "UPDATE people SET section = $3 WHERE body = $1 AND id = $2",
                store::args![ken.person, town.section],
            )
            .await;
        assert!(matches!(done, Err(store::StoreError::Missing(_))), "{}", town.kind());
    }
}
