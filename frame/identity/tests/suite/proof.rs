//! What an open session alone does not open.

use identity::sessions::{EndReason, Resumed};
use identity::sign_in::Second;
use identity::{IdentityError, Visitor, enrol, own, proof, sessions};

use crate::town::{DESK, PASSWORD, at, secret, text, towns};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_lay_open_changes_no_factor() {
    for town in towns().await {
        let caller = town.chief().await;
        let clerk = town.join(&caller, "clerk.open").await;
        town.wait(301);
        let (store, gate) = (&town.bench.store, &town.gate);
        let needed = |what: &str, error: IdentityError| {
            let is_asked = matches!(error, IdentityError::ProofNeeded);
            assert!(is_asked, "{} {what}: {error:?}", town.kind());
        };
        let new = secret("mattaku atarashii 5");
        let done = own::change_password(store, gate, &caller, &secret(PASSWORD), &new).await;
        needed("password", done.unwrap_err());
        needed("offer", own::begin_adding(store, gate, &caller).await.unwrap_err());
        needed("app", own::add_totp(store, gate, &caller, "123456").await.unwrap_err());
        let mut work = store.begin(town.body()).await.unwrap();
        let factor = own::factors(&mut work, caller.person).await.unwrap().remove(0);
        needed("removal", own::remove(&mut work, &caller, factor.id).await.unwrap_err());
        let card = Visitor { certificate: Some("ab".repeat(32)), ..at(DESK) };
        let added = own::add_certificate(&mut work, &caller, &card, &text("card")).await;
        needed("certificate", added.unwrap_err());
        let ended = sessions::revoke_all(&mut work, &caller, caller.person).await;
        needed("sessions", ended.unwrap_err());
        let reset = enrol::reissue(&mut work, &caller, clerk.person, &text("紛失")).await;
        needed("another's factors", reset.unwrap_err());
        drop(work);
        let caller = town.proved(&town.officer, &caller).await;
        let resumed_at = caller.proved_at;
        own::begin_adding(store, gate, &caller).await.unwrap();
        own::change_password(store, gate, &caller, &secret(PASSWORD), &new).await.unwrap();
        assert_eq!(town.recorded("session.proved").await, 1, "{}", town.kind());
        assert!(resumed_at.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_holds_for_its_session_and_five_minutes() {
    for town in towns().await {
        let mine = town.enter(&town.officer, &at(DESK)).await.unwrap();
        let other = town.enter(&town.officer, &at(DESK)).await.unwrap();
        town.wait(301);
        let caller = async |session| match town.resume(session, DESK).await {
            Resumed::Live(caller) => caller,
            other => panic!("{other:?}"),
        };
        let first = caller(&mine).await;
        assert!(first.demand_fresh(town.now()).is_err(), "{}", town.kind());
        let (store, gate) = (&town.bench.store, &town.gate);
        let shown = town.totp(&town.officer);
        proof::show(store, gate, &first, &at(DESK), &shown).await.unwrap();
        assert!(caller(&mine).await.demand_fresh(town.now()).is_ok(), "{}", town.kind());
        assert!(caller(&other).await.demand_fresh(town.now()).is_err(), "{}", town.kind());
        // A code serves once, here too.
        let again = proof::show(store, gate, &first, &at(DESK), &shown).await;
        assert!(matches!(again, Err(IdentityError::WrongProof)), "{}: {again:?}", town.kind());
        town.wait(301);
        assert!(caller(&mine).await.demand_fresh(town.now()).is_err(), "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_proofs_are_recorded_and_wait() {
    for town in towns().await {
        let caller = town.chief().await;
        let (store, gate) = (&town.bench.store, &town.gate);
        let wrong = Second::Totp(secret("000000"));
        let mut waited = false;
        for _ in 0..12 {
            match proof::show(store, gate, &caller, &at(DESK), &wrong).await {
                Err(IdentityError::WrongProof) => {}
                Err(IdentityError::Wait { .. }) => waited = true,
                other => panic!("{}: {other:?}", town.kind()),
            }
        }
        assert!(waited, "{}", town.kind());
        assert_eq!(town.recorded("session.proof-refused").await, 10, "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_anew_ends_the_session_of_the_same_browser() {
    for town in towns().await {
        let before = town.enter(&town.officer, &at(DESK)).await.unwrap();
        let beside = town.enter(&town.officer, &at(DESK)).await.unwrap();
        let browser = Visitor { session: Some(before.token.show()), ..at(DESK) };
        let after = town.enter(&town.officer, &browser).await.unwrap();
        let resumed = town.resume(&before, DESK).await;
        let is_replaced = matches!(resumed, Resumed::Ended(EndReason::Replaced));
        assert!(is_replaced, "{}: {resumed:?}", town.kind());
        for session in [&beside, &after] {
            let resumed = town.resume(session, DESK).await;
            assert!(matches!(resumed, Resumed::Live(_)), "{}: {resumed:?}", town.kind());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_ends_another_persons_sessions() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.far").await;
        let here = town.enter(&clerk, &at(DESK)).await.unwrap();
        let store = &town.bench.store;
        let stranger = town.caller(&clerk).await;
        let mut work = store.begin(town.body()).await.unwrap();
        let refused = sessions::revoke_all(&mut work, &stranger, chief.person).await;
        assert!(matches!(refused, Err(IdentityError::NotAllowed(_))), "{}", town.kind());
        drop(work);
        let chief = town.chief().await;
        let mut work = store.begin(town.body()).await.unwrap();
        let ended = sessions::revoke_all(&mut work, &chief, clerk.person).await.unwrap();
        work.commit().await.unwrap();
        assert!(ended >= 1, "{}", town.kind());
        let resumed = town.resume(&here, DESK).await;
        let is_ended = matches!(resumed, Resumed::Ended(EndReason::Revoked));
        assert!(is_ended, "{}: {resumed:?}", town.kind());
        assert!(matches!(town.resume(&here, DESK).await, Resumed::Ended(_)));
        assert!(
            sessions::live(&mut store.read(town.body()).await.unwrap(), chief.person)
                .await
                .unwrap()
                .iter()
                .any(|session| Some(session.id) == chief.session)
        );
    }
}
