//! What a real browser answered (see data/README.md) is taken, once and in
//! order; played again, or to another site, it is refused.
#![allow(clippy::unwrap_used, clippy::panic)]

use base::SeededRandom;
use factors::webauthn::{
    self, AuthenticationResponse, Challenge, Credential, Known, RegistrationResponse, RelyingParty,
    UserVerification, WebauthnError,
};
use serde_json::Value;

fn recorded() -> Vec<Value> {
    serde_json::from_str(include_str!("data/chromium-156.json")).unwrap()
}

fn party(origin: &str) -> RelyingParty {
    RelyingParty::new("localhost", "緑ヶ丘市", &[origin]).unwrap()
}

fn register(answer: &Value, origin: &str) -> Result<Credential, WebauthnError> {
    let answer = RegistrationResponse::parse(answer.to_string().as_bytes()).unwrap();
    let challenge = Challenge::new(&SeededRandom::new(1));
    webauthn::register(&party(origin), &challenge, UserVerification::Required, &answer)
}

fn sign_in(
    stored: &Credential,
    counter: u32,
    answer: &Value,
    seed: u64,
) -> Result<u32, WebauthnError> {
    let answer = AuthenticationResponse::parse(answer.to_string().as_bytes()).unwrap();
    assert_eq!(answer.handle(), Some("01JD9Z"), "a passkey names its person");
    let known = Known {
        id: &stored.id,
        public_key: &stored.public_key,
        counter,
        is_backup_eligible: stored.is_backup_eligible,
        handle: "01JD9Z",
    };
    let challenge = Challenge::new(&SeededRandom::new(seed));
    let party = party("https://localhost:9443");
    let taken =
        webauthn::authenticate(&party, &challenge, UserVerification::Required, known, &answer);
    taken.map(|assertion| assertion.counter)
}

#[test]
fn three_kinds_of_key_register_and_sign_in_twice() {
    assert_eq!(recorded().len(), 3);
    for recording in recorded() {
        let stored = register(&recording["registration"], "https://localhost:9443").unwrap();
        assert!(stored.is_user_verified);
        let first = sign_in(&stored, stored.counter, &recording["authentications"][0], 2).unwrap();
        let second = sign_in(&stored, first, &recording["authentications"][1], 2).unwrap();
        assert!(stored.counter < first && first < second);
    }
}

#[test]
fn what_was_recorded_is_good_for_its_own_place_and_moment() {
    for recording in recorded() {
        let elsewhere = register(&recording["registration"], "https://localhost:9444");
        assert_eq!(elsewhere.err(), Some(WebauthnError::Origin));
        let stored = register(&recording["registration"], "https://localhost:9443").unwrap();
        let (first, second) = (&recording["authentications"][0], &recording["authentications"][1]);
        assert_eq!(sign_in(&stored, 0, first, 3).err(), Some(WebauthnError::Challenge));
        let counter = sign_in(&stored, stored.counter, second, 2).unwrap();
        let older = sign_in(&stored, counter, first, 2).err();
        assert_eq!(older, Some(WebauthnError::Cloned { stored: counter, seen: counter - 1 }));
    }
}

#[test]
fn a_credential_does_not_answer_for_another() {
    let recorded = recorded();
    let stored = register(&recorded[0]["registration"], "https://localhost:9443").unwrap();
    let refused = sign_in(&stored, 0, &recorded[1]["authentications"][0], 2);
    assert_eq!(refused.err(), Some(WebauthnError::Credential));
}
