//! Both ceremonies of Web Authentication with a device of our own: the true
//! story is taken, and each single lie is refused for its own reason.
#![allow(clippy::unwrap_used, clippy::panic)]

mod authenticator;

use authenticator::{AT, BE, BS, Device, ED, Story, UP, UV, map, number, text};
use base::SeededRandom;
use factors::webauthn::{
    self, Assertion, AuthenticationResponse, Challenge, Credential, Known, PublicKey,
    RegistrationResponse, RelyingParty, UserVerification, WebauthnError,
};
use serde_json::{Value, json};

fn party() -> RelyingParty {
    let origins = ["https://sekisho.midori.lg.jp:8443"];
    RelyingParty::new("sekisho.midori.lg.jp", "緑ヶ丘市", &origins).unwrap()
}

fn challenge() -> Challenge {
    Challenge::new(&SeededRandom::new(1))
}

fn register(answer: &Value) -> Result<Credential, WebauthnError> {
    let answer = RegistrationResponse::parse(answer.to_string().as_bytes())?;
    webauthn::register(&party(), &challenge(), UserVerification::Required, &answer)
}

fn registered(device: &Device) -> Credential {
    register(&Story::create(&challenge().to_string()).registration(device)).unwrap()
}

fn authenticate(stored: &Credential, answer: &Value) -> Result<Assertion, WebauthnError> {
    let answer = AuthenticationResponse::parse(answer.to_string().as_bytes())?;
    let known = Known {
        id: &stored.id,
        public_key: &stored.public_key,
        counter: stored.counter,
        is_backup_eligible: stored.is_backup_eligible,
        handle: "sato",
    };
    webauthn::authenticate(&party(), &challenge(), UserVerification::Required, known, &answer)
}

fn devices() -> [Device; 3] {
    [Device::es256(3), Device::eddsa(4), Device::rs256()]
}

#[test]
fn every_kind_of_key_registers_and_signs_in() {
    for device in devices() {
        let story = Story::create(&challenge().to_string());
        let stored = register(&story.registration(&device)).unwrap();
        assert_eq!(stored.public_key.as_bytes(), device.cose());
        assert_eq!(stored.id.to_string(), authenticator::b64(&story.id));
        assert!(stored.is_user_verified && !stored.is_backup_eligible && !stored.is_backed_up);
        let story = Story { counter: 9, ..Story::get(&challenge().to_string()) };
        let seen = authenticate(&stored, &story.authentication(&device)).unwrap();
        assert_eq!(seen, Assertion { counter: 9, is_user_verified: true, is_backed_up: false });
    }
}

#[test]
fn a_credential_may_attest_itself_and_must_do_so_rightly() {
    for device in devices() {
        let story = Story::create(&challenge().to_string());
        assert!(register(&story.self_attested(&device)).is_ok());
        let forged = [
            (text("alg"), number(device.algorithm())),
            (text("sig"), authenticator::bytes(&[0; 64])),
        ];
        let answer = story.registration_with(&device, "packed", &map(&forged));
        assert_eq!(register(&answer).err(), Some(WebauthnError::Signature));
    }
}

#[test]
fn other_attestations_are_refused() {
    let device = Device::es256(3);
    let story = Story::create(&challenge().to_string());
    let not_empty = map(&[(text("x"), number(1))]);
    for (format, statement) in [("none", &not_empty), ("tpm", &map(&[])), ("packed", &map(&[]))] {
        let answer = story.registration_with(&device, format, statement);
        assert_eq!(register(&answer).err(), Some(WebauthnError::Attestation), "{format}");
    }
}

/// One lie for each check, told at both ceremonies.
fn lies(truth: &Story) -> Vec<(Story, WebauthnError)> {
    let other = Challenge::new(&SeededRandom::new(2)).to_string();
    let told = |change: &dyn Fn(&mut Story)| {
        let mut story = truth.clone();
        change(&mut story);
        story
    };
    vec![
        (told(&|s| s.kind = "payment.get"), WebauthnError::Type),
        (told(&|s| s.challenge = other.clone()), WebauthnError::Challenge),
        (told(&|s| s.challenge = String::new()), WebauthnError::Challenge),
        (told(&|s| s.origin = "https://sekisho.midori.lg.jp"), WebauthnError::Origin),
        (told(&|s| s.origin = "http://sekisho.midori.lg.jp:8443"), WebauthnError::Origin),
        (told(&|s| s.origin = "https://sekisho.midori.lg.jp.evil.jp:8443"), WebauthnError::Origin),
        (told(&|s| s.extra = r#","crossOrigin":true"#), WebauthnError::CrossOrigin),
        (told(&|s| s.extra = r#","topOrigin":"https://evil.jp""#), WebauthnError::CrossOrigin),
        (told(&|s| s.extra = r#","type":"webauthn.get""#), WebauthnError::Answer),
        (told(&|s| s.party = "evil.jp"), WebauthnError::Party),
        (told(&|s| s.flags &= !UP), WebauthnError::NotPresent),
        (told(&|s| s.flags &= !UV), WebauthnError::NotVerified),
        (told(&|s| s.flags |= BS), WebauthnError::Data),
        (told(&|s| s.flags |= ED), WebauthnError::Data),
        (told(&|s| s.tail = vec![0xa0]), WebauthnError::Data),
    ]
}

#[test]
fn each_lie_at_registration_is_refused() {
    let device = Device::es256(3);
    for (story, error) in lies(&Story::create(&challenge().to_string())) {
        assert_eq!(register(&story.registration(&device)).err(), Some(error), "{}", story.origin);
    }
}

#[test]
fn each_lie_at_sign_in_is_refused() {
    let device = Device::es256(3);
    let stored = registered(&device);
    for (story, error) in lies(&Story::get(&challenge().to_string())) {
        let answer = story.authentication(&device);
        assert_eq!(authenticate(&stored, &answer).err(), Some(error), "{}", story.extra);
    }
}

#[test]
fn an_answer_to_one_ceremony_is_none_to_the_other() {
    let device = Device::es256(3);
    let create = Story { kind: "webauthn.get", ..Story::create(&challenge().to_string()) };
    assert_eq!(register(&create.registration(&device)).err(), Some(WebauthnError::Type));
    let get = Story { kind: "webauthn.create", ..Story::get(&challenge().to_string()) };
    let answer = get.authentication(&device);
    assert_eq!(authenticate(&registered(&device), &answer).err(), Some(WebauthnError::Type));
}

#[test]
fn registration_needs_a_credential_that_is_the_named_one() {
    let device = Device::es256(3);
    let truth = Story::create(&challenge().to_string());
    let without = Story { flags: UP | UV, ..truth.clone() };
    assert_eq!(register(&without.registration(&device)).err(), Some(WebauthnError::Data));
    let mut renamed = truth.registration(&device);
    renamed["id"] = json!(authenticator::b64(&[8; 32]));
    renamed["rawId"] = renamed["id"].clone();
    assert_eq!(register(&renamed).err(), Some(WebauthnError::Credential));
    let nameless = Story { id: Vec::new(), ..truth };
    assert_eq!(register(&nameless.registration(&device)).err(), Some(WebauthnError::Answer));
}

#[test]
fn extensions_are_read_over() {
    let device = Device::es256(3);
    let extensions = map(&[(text("credProtect"), number(3))]);
    let story = Story::create(&challenge().to_string());
    let story = Story { flags: UP | UV | AT | ED, tail: extensions, ..story };
    assert!(register(&story.registration(&device)).is_ok());
}

#[test]
fn a_signature_by_another_device_is_refused() {
    let stored = registered(&Device::es256(3));
    let answer = Story::get(&challenge().to_string()).authentication(&Device::es256(5));
    assert_eq!(authenticate(&stored, &answer).err(), Some(WebauthnError::Signature));
}

#[test]
fn every_changed_bit_of_a_signed_answer_is_refused() {
    use base64::Engine;
    let decoder = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    for device in devices() {
        let stored = registered(&device);
        let truth = Story::get(&challenge().to_string()).authentication(&device);
        for field in ["clientDataJSON", "authenticatorData", "signature"] {
            let bytes = decoder.decode(truth["response"][field].as_str().unwrap()).unwrap();
            for bit in 0..bytes.len() * 8 {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                let mut answer = truth.clone();
                answer["response"][field] = json!(decoder.encode(changed));
                assert!(authenticate(&stored, &answer).is_err(), "{field} {bit}");
            }
        }
    }
}

#[test]
fn another_persons_credential_or_handle_is_refused() {
    let device = Device::es256(3);
    let stored = registered(&device);
    let truth = Story::get(&challenge().to_string());
    let other = Story { id: vec![8; 32], ..truth.clone() };
    let answer = other.authentication(&device);
    assert_eq!(authenticate(&stored, &answer).err(), Some(WebauthnError::Credential));
    let other = Story { handle: Some("suzuki"), ..truth.clone() };
    let answer = other.authentication(&device);
    assert_eq!(authenticate(&stored, &answer).err(), Some(WebauthnError::Person));
    let silent = Story { handle: None, ..truth };
    assert!(authenticate(&stored, &silent.authentication(&device)).is_ok());
}

#[test]
fn a_counter_that_does_not_go_up_means_a_clone() {
    let device = Device::es256(3);
    let mut stored = registered(&device);
    let answer = |counter| {
        let story = Story::get(&challenge().to_string());
        Story { counter, ..story }.authentication(&device)
    };
    assert!(authenticate(&stored, &answer(0)).is_ok(), "an authenticator may keep none");
    stored.counter = 7;
    assert!(authenticate(&stored, &answer(8)).is_ok());
    for seen in [0, 6, 7] {
        let error = WebauthnError::Cloned { stored: 7, seen };
        assert_eq!(authenticate(&stored, &answer(seen)).err(), Some(error));
    }
}

#[test]
fn backup_eligibility_stays_what_it_was() {
    let device = Device::es256(3);
    let story = Story::get(&challenge().to_string());
    let synced = Story { flags: UP | UV | BE | BS, ..story.clone() }.authentication(&device);
    assert_eq!(authenticate(&registered(&device), &synced).err(), Some(WebauthnError::Backup));
    let create = Story::create(&challenge().to_string());
    let create = Story { flags: UP | UV | BE | AT, ..create };
    let stored = register(&create.registration(&device)).unwrap();
    assert!(authenticate(&stored, &synced).unwrap().is_backed_up);
    let answer = story.authentication(&device);
    assert_eq!(authenticate(&stored, &answer).err(), Some(WebauthnError::Backup));
}

#[test]
fn unverified_users_are_taken_where_that_is_enough() {
    let device = Device::es256(3);
    let answer = Story { flags: UP | AT, ..Story::create(&challenge().to_string()) };
    let answer = answer.registration(&device).to_string();
    let answer = RegistrationResponse::parse(answer.as_bytes()).unwrap();
    let taken = webauthn::register(&party(), &challenge(), UserVerification::Preferred, &answer);
    assert!(!taken.unwrap().is_user_verified);
}

#[test]
fn keys_of_other_kinds_are_refused() {
    let (p256, ed25519, rsa) =
        (Device::es256(3).cose(), Device::eddsa(3).cose(), Device::rs256().cose());
    let changed = |cose: &[u8], from: &[u8], to: &[u8]| {
        let at = cose.windows(from.len()).position(|window| window == from).unwrap();
        [&cose[..at], to, &cose[at + from.len()..]].concat()
    };
    let rows = [
        Vec::new(),
        map(&[]),
        // ES256 on another curve, by another number, with a compressed point.
        changed(&p256, &[0x20, 0x01], &[0x20, 0x02]),
        changed(&p256, &[0x03, 0x26], &[0x03, 0x38, 0x22]),
        changed(&p256, &[0x22, 0x58, 0x20], &[0x22, 0x58, 0x1f]),
        changed(&ed25519, &[0x20, 0x06], &[0x20, 0x04]),
        // RSA with 1,024 bits, RSA with PSS.
        map(&[
            (number(1), number(3)),
            (number(3), number(-257)),
            (number(-1), authenticator::bytes(&[255; 128])),
            (number(-2), authenticator::bytes(&[1, 0, 1])),
        ]),
        changed(&rsa, &[0x03, 0x39, 0x01, 0x00], &[0x03, 0x38, 0x24]),
    ];
    for row in rows {
        assert_eq!(PublicKey::parse(&row).err(), Some(WebauthnError::Key), "{row:02x?}");
    }
}

#[test]
fn cut_and_random_attestations_do_not_panic() {
    use base::Random;
    let truth = Story::create(&challenge().to_string()).registration(&Device::es256(3));
    let decoder = &base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let object =
        base64::Engine::decode(decoder, truth["response"]["attestationObject"].as_str().unwrap())
            .unwrap();
    let mut answer = truth.clone();
    for length in 0..object.len() {
        answer["response"]["attestationObject"] = json!(authenticator::b64(&object[..length]));
        assert!(register(&answer).is_err());
    }
    let random = SeededRandom::new(5);
    for _ in 0..20_000 {
        let mut at = [0; 4];
        random.fill(&mut at);
        let mut changed = object.clone();
        let place = usize::from(u16::from_be_bytes([at[0], at[1]])) % changed.len();
        changed[place] = at[2];
        answer["response"]["attestationObject"] = json!(authenticator::b64(&changed));
        let _any = register(&answer);
    }
}

#[test]
fn json_that_is_no_answer_is_refused() {
    let truth = Story::get(&challenge().to_string()).authentication(&Device::es256(3));
    let parse = |answer: &Value| AuthenticationResponse::parse(answer.to_string().as_bytes()).err();
    assert_eq!(parse(&truth), None);
    for field in ["id", "rawId", "type", "response"] {
        let mut answer = truth.clone();
        answer.as_object_mut().unwrap().remove(field);
        assert_eq!(parse(&answer), Some(WebauthnError::Answer), "{field}");
    }
    for (field, value) in [
        ("signature", json!("a+b/")),
        ("signature", json!("A".repeat(1_400))),
        ("authenticatorData", json!(null)),
        ("clientDataJSON", json!("A".repeat(6_000))),
        ("userHandle", json!("A".repeat(100))),
        ("userHandle", json!("_w")),
    ] {
        let mut answer = truth.clone();
        answer["response"][field] = value;
        assert_eq!(parse(&answer), Some(WebauthnError::Answer), "{field}");
    }
    let long = format!("{truth}{}", " ".repeat(70_000));
    assert_eq!(AuthenticationResponse::parse(long.as_bytes()).err(), Some(WebauthnError::Answer));
    assert_eq!(AuthenticationResponse::parse(&[b'['; 60_000]).err(), Some(WebauthnError::Answer));
}

#[test]
fn options_are_what_a_browser_reads() {
    use std::time::Duration;
    let stored = registered(&Device::es256(3));
    let wish = webauthn::CreationWish {
        verification: UserVerification::Required,
        discoverable: webauthn::Discoverable::Required,
        exclude: std::slice::from_ref(&stored.id),
        timeout: Duration::from_secs(120),
    };
    let user = webauthn::User { handle: "01J", login: "sato", name: "佐藤" };
    let options = webauthn::creation_options(&party(), user, &challenge(), &wish);
    let options: Value = serde_json::from_str(&options).unwrap();
    assert_eq!(options["rp"], json!({ "id": "sekisho.midori.lg.jp", "name": "緑ヶ丘市" }));
    assert_eq!(options["user"], json!({ "id": "MDFK", "name": "sato", "displayName": "佐藤" }));
    assert_eq!(options["challenge"], json!(challenge().to_string()));
    assert_eq!(options["timeout"], json!(120_000));
    let kinds: Vec<_> = options["pubKeyCredParams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind["alg"].clone())
        .collect();
    assert_eq!(kinds, [-7, -8, -257]);
    assert_eq!(
        options["excludeCredentials"],
        json!([{ "type": "public-key", "id": stored.id.to_string() }])
    );
    assert_eq!(options["attestation"], json!("none"));
    let asked = webauthn::request_options(
        &party(),
        &challenge(),
        UserVerification::Required,
        &[],
        Duration::from_secs(60),
    );
    let expected = json!({
        "rpId": "sekisho.midori.lg.jp",
        "challenge": challenge().to_string(),
        "timeout": 60_000,
        "allowCredentials": [],
        "userVerification": "required",
    });
    assert_eq!(serde_json::from_str::<Value>(&asked).unwrap(), expected);
}
