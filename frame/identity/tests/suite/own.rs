//! A person's own factors.

use identity::sessions::{EndReason, Resumed};
use identity::{FactorKind, IdentityError, SignInError, own};

use crate::town::{DESK, PASSWORD, at, secret, towns};

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_the_other_sessions() {
    for town in towns().await {
        let other = town.enter(&town.officer, &at(DESK)).await.unwrap();
        let caller = town.chief().await;
        let (store, gate) = (&town.bench.store, &town.gate);
        let new = secret("mattaku atarashii 5");
        let wrong = own::change_password(store, gate, &caller, &secret("no"), &new).await;
        assert!(matches!(wrong, Err(IdentityError::WrongProof)), "{}", town.kind());
        own::change_password(store, gate, &caller, &secret(PASSWORD), &new).await.unwrap();
        let resumed = town.resume(&other, DESK).await;
        assert!(matches!(resumed, Resumed::Ended(EndReason::Revoked)), "{}", town.kind());
        let old = town.first(&at(DESK), "shi.taro", PASSWORD).await;
        assert!(matches!(old, Err(SignInError::Refused)), "{}", town.kind());
        town.first(&at(DESK), "shi.taro", new.reveal()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_different_factors_always_remain() {
    for town in towns().await {
        let caller = town.chief().await;
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let factors = own::factors(&mut work, caller.person).await.unwrap();
        assert_eq!(factors.len(), 2, "{}", town.kind());
        for factor in factors {
            let gone = own::remove(&mut work, &caller, factor.id).await;
            assert!(matches!(gone, Err(IdentityError::FactorsMissing)), "{}", town.kind());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_app_takes_the_place_of_the_old_one() {
    for town in towns().await {
        let caller = town.chief().await;
        let (store, gate) = (&town.bench.store, &town.gate);
        let wrong = own::add_totp(store, gate, &caller, "123456").await;
        assert!(matches!(wrong, Err(IdentityError::WrongProof)), "{}: no offer", town.kind());
        own::begin_adding(store, gate, &caller).await.unwrap();
        let wrong = own::add_totp(store, gate, &caller, "abc").await;
        assert!(matches!(wrong, Err(IdentityError::Totp(_))), "{}", town.kind());
        let mut work = store.read(town.body()).await.unwrap();
        let factors = own::factors(&mut work, caller.person).await.unwrap();
        let apps = factors.iter().filter(|factor| factor.kind == FactorKind::Totp).count();
        assert_eq!(apps, 1, "{}", town.kind());
        town.wait(600);
        let caller = town.proved(&town.officer, &caller).await;
        let late = own::add_totp(store, gate, &caller, "123456").await;
        assert!(matches!(late, Err(IdentityError::WrongProof)), "{}: late", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interface_token_changes_no_factor() {
    for town in towns().await {
        let chief = town.chief().await;
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let duties = identity::Duty::ALL;
        let token = identity::Caller::by_token(
            &mut work,
            chief.person,
            "PERMIT",
            duties,
            chief.origin.clone(),
        )
        .await
        .unwrap();
        assert_eq!((token.factors, token.session), (0, None), "{}", town.kind());
        let visitor = identity::Visitor::at("10.1.0.5".parse().unwrap());
        let label = crate::town::text("x");
        let done = own::add_certificate(&mut work, &token, &visitor, &label).await;
        assert!(matches!(done, Err(IdentityError::NotAllowed(_))), "{}", town.kind());
    }
}
