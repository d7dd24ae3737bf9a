//! Enrolment.

use identity::enrol::{self, Chosen};
use identity::{IdentityError, PersonState, SignInError, people};

use crate::authenticator::Authenticator;
use crate::town::{DESK, PASSWORD, at, secret, text, towns};

#[tokio::test(flavor = "multi_thread")]
async fn a_code_enrols_once_and_for_a_day() {
    for town in towns().await {
        let chief = town.chief().await;
        let (store, gate) = (&town.bench.store, &town.gate);
        let invited = town.invite(&chief, "clerk.day").await;
        let code = invited.code.show();
        enrol::at_once(store, gate, &at(DESK), code.reveal(), &secret(PASSWORD)).await.unwrap();
        let again = enrol::open(store, gate, &at(DESK), code.reveal()).await;
        assert!(matches!(again, Err(IdentityError::Code)), "{}: used", town.kind());

        let late = town.invite(&chief, "clerk.late").await;
        town.wait(86_400);
        let done = enrol::open(store, gate, &at(DESK), late.code.show().reveal()).await;
        assert!(matches!(done, Err(IdentityError::Code)), "{}: late", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_code_ends_the_old_one_and_what_it_opened() {
    for town in towns().await {
        let chief = town.chief().await;
        let (store, gate) = (&town.bench.store, &town.gate);
        let invited = town.invite(&chief, "clerk.new").await;
        let opened =
            enrol::open(store, gate, &at(DESK), invited.code.show().reveal()).await.unwrap();
        let mut work = store.begin(town.body()).await.unwrap();
        let (code, _) = enrol::issue(&mut work, &chief, invited.person.id).await.unwrap();
        work.commit().await.unwrap();
        let old = enrol::open(store, gate, &at(DESK), invited.code.show().reveal()).await;
        assert!(matches!(old, Err(IdentityError::Code)), "{}", town.kind());
        let token = opened.token.show();
        let going_on = enrol::reopen(store, gate, token.reveal()).await;
        assert!(matches!(going_on, Err(IdentityError::Code)), "{}", town.kind());
        enrol::open(store, gate, &at(DESK), code.show().reveal()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_enrol_with_one_code_at_once_are_one() {
    for town in towns().await {
        let chief = town.chief().await;
        let (store, gate) = (&town.bench.store, &town.gate);
        let invited = town.invite(&chief, "clerk.race").await;
        let code = invited.code.show();
        let desk = at(DESK);
        let password = secret(PASSWORD);
        let (one, two) = tokio::join!(
            enrol::at_once(store, gate, &desk, code.reveal(), &password),
            enrol::at_once(store, gate, &desk, code.reveal(), &password),
        );
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{}", town.kind());
        assert_eq!(town.recorded("person.enrolled").await, 2, "{}: and the chief", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_keep_nothing_and_can_be_mended() {
    for town in towns().await {
        let chief = town.chief().await;
        let (store, gate) = (&town.bench.store, &town.gate);
        let invited = town.invite(&chief, "clerk.mend").await;
        let opened =
            enrol::open(store, gate, &at(DESK), invited.code.show().reveal()).await.unwrap();
        let token = opened.token.show();
        let finish = async |password: &str, totp: Option<&str>, certificate: bool| {
            let chosen = Chosen {
                password: Some(secret(password)),
                totp: totp.map(secret),
                passkeys: Vec::new(),
                certificate,
                provider: None,
            };
            enrol::finish(store, gate, &at(DESK), token.reveal(), &chosen).await
        };
        let weak = finish("clerk.mend clerk.mend", Some("000000"), false).await;
        assert!(matches!(weak, Err(IdentityError::Password(_))), "{}", town.kind());
        let wrong = finish(PASSWORD, Some("00000"), false).await;
        assert!(matches!(wrong, Err(IdentityError::Totp(_))), "{}", town.kind());
        let missing = finish(PASSWORD, None, true).await;
        assert!(matches!(missing, Err(IdentityError::WrongProof)), "{}", town.kind());
        let shown = enrol::reopen(store, gate, token.reveal()).await.unwrap();
        assert_eq!(shown.totp.base32.reveal(), opened.totp.base32.reveal(), "{}", town.kind());
        let mut work = store.read(town.body()).await.unwrap();
        let person = people::find(&mut work, invited.person.id).await.unwrap();
        assert_eq!(person.state, PersonState::Invited, "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_passkeys_enrol_and_one_alone_does_not() {
    for town in towns().await {
        let chief = town.chief().await;
        let (store, gate) = (&town.bench.store, &town.gate);
        let invited = town.invite(&chief, "clerk.keys").await;
        let opened =
            enrol::open(store, gate, &at(DESK), invited.code.show().reveal()).await.unwrap();
        let token = opened.token.show();
        let options = enrol::passkey_offer(store, gate, token.reveal()).await.unwrap();
        let keys = [Authenticator::new(8).make(&options), Authenticator::new(9).make(&options)];
        let finish = async |passkeys: &[enrol::NewPasskey]| {
            let chosen = Chosen { passkeys: passkeys.to_vec(), ..Chosen::default() };
            enrol::finish(store, gate, &at(DESK), token.reveal(), &chosen).await
        };
        let one = finish(&keys[..1]).await;
        assert!(matches!(one, Err(IdentityError::FactorsMissing)), "{}: {one:?}", town.kind());
        let same = finish(&[keys[0].clone(), keys[0].clone()]).await;
        assert!(matches!(same, Err(IdentityError::CredentialTaken)), "{}: {same:?}", town.kind());
        finish(&keys).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_ends_everything_and_is_not_for_oneself() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.reset").await;
        let session = town.enter(&clerk, &at(DESK)).await.unwrap();
        let store = &town.bench.store;
        let mut work = store.begin(town.body()).await.unwrap();
        let reason = text("端末ごと盗難");
        let own = enrol::reissue(&mut work, &chief, chief.person, &reason).await;
        assert!(matches!(own, Err(IdentityError::Oneself)), "{}", town.kind());
        let (code, _) = enrol::reissue(&mut work, &chief, clerk.person, &reason).await.unwrap();
        work.commit().await.unwrap();
        let resumed = town.resume(&session, DESK).await;
        assert!(!matches!(resumed, identity::sessions::Resumed::Live(_)), "{}", town.kind());
        let old = town.enter(&clerk, &at(DESK)).await;
        assert!(matches!(old, Err(SignInError::Refused)), "{}", town.kind());
        let password = secret("atarashii kotoba 8");
        enrol::at_once(store, &town.gate, &at(DESK), code.show().reveal(), &password)
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_not_guessed() {
    for town in towns().await {
        let (store, gate) = (&town.bench.store, &town.gate);
        for _ in 0..10 {
            let done = enrol::open(store, gate, &at("10.8.0.1"), "0000-0000-0000-0000").await;
            assert!(matches!(done, Err(IdentityError::Code)), "{}", town.kind());
        }
        let done = enrol::open(store, gate, &at("10.8.0.1"), "0000-0000-0000-0000").await;
        assert!(matches!(done, Err(IdentityError::Wait { .. })), "{}", town.kind());
    }
}
