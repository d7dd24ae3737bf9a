//! The Board of Audit's findings and what became of them: B2, B3, B5, J9.

use identity::sessions::{EndReason, Resumed};
use identity::sign_in::Second;
use identity::{FactorKind, IdentityError, SignInError, alerts, enrol, sessions};
use store::args;

use crate::town::{DESK, PASSWORD, Town, at, migrations, secret, towns};

/// B2: 27 towns had set a password beforehand that stood in for the second
/// factor. There is no kind, no column and no row in which one could lie.
#[tokio::test(flavor = "multi_thread")]
async fn no_fallback_secret_can_be_stored() {
    let kinds: Vec<&str> = FactorKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(kinds, ["password", "passkey", "totp", "certificate", "provider"]);
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.b2").await;
        let put = |kind: &'static str| {
            let (store, body, person) = (&town.bench.store, town.body(), clerk.person);
            async move {
                let mut work = store.begin(body).await.unwrap();
                let added: i64 = 0;
                work.run(
                    "INSERT INTO factors (body, id, person, kind, handle, label, sealed, added_at)
                     VALUES ($1, 'X', $2, $3, 'H', 'fallback', $4, $5)",
                    args![person, kind, &b"1234"[..], added],
                )
                .await
            }
        };
        for kind in ["fallback", "recovery", "pin", "shared", "backup-code"] {
            assert!(put(kind).await.is_err(), "{}: {kind}", town.kind());
        }
        // A second password beside the first is refused as well.
        assert!(put("password").await.is_err(), "{}", town.kind());
    }
}

/// B2: what stands in for a lost factor always names a permit and an end of at
/// most eight hours, below every function, in the schema.
#[tokio::test(flavor = "multi_thread")]
async fn no_code_lasts_without_an_end_or_without_a_permit() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.code").await;
        let hours = |hours: i64| Some(hours * 3_600_000);
        for (purpose, permit, until, is_allowed) in [
            ("lost-factor", Some("P"), hours(8), true),
            ("lost-factor", Some("Q"), None, false),
            ("lost-factor", Some("Q"), hours(9), false),
            ("lost-factor", Some("Q"), hours(0), false),
            ("lost-factor", None, hours(1), false),
            ("enrol", None, hours(25), false),
            ("enrol", Some("Q"), hours(1), false),
            ("static", None, hours(1), false),
        ] {
            let mut work = town.bench.store.begin(town.body()).await.unwrap();
            let (now, id) = (work.now(), work.new_id::<()>());
            let until = until.map(|span| now.millis() + span);
            let done = work
                .run(
                    "INSERT INTO one_time_codes (body, id, person, purpose, hash, permit, made_at,
                         until_at)
                     VALUES ($1, $2, $3, $4, $2, $5, $6, $7)",
                    args![id, clerk.person, purpose, permit, now, until],
                )
                .await;
            assert_eq!(done.is_ok(), is_allowed, "{} {purpose} {permit:?}", town.kind());
        }
    }
}

/// B2: every table and column of this crate, so that a new one is looked at.
/// Secrets lie only in columns that are sealed (bytes) or hashes.
#[test]
fn every_column_that_could_hold_a_secret_is_sealed_or_a_hash() {
    let sql: String = migrations().iter().map(|step| step.sql).collect();
    for word in ["password TEXT", "secret", "pin ", "fallback", "recovery", "default_code"] {
        assert!(!sql.contains(word), "{word}");
    }
    for column in ["sealed {bytes}", "totp {bytes}", "challenge {bytes}", "hash TEXT"] {
        assert!(sql.contains(column), "{column}");
    }
}

/// B3: one credential of two people, in one body or in two, is refused.
#[tokio::test(flavor = "multi_thread")]
async fn one_credential_is_one_persons() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.one").await;
        let other = town.join(&chief, "clerk.two").await;
        let card = "ab".repeat(32);
        let mut visitor = at(DESK);
        visitor.certificate = Some(card);
        let label = crate::town::text("IC card");
        let add = async |member| {
            let caller = town.caller(member).await;
            let mut work = town.bench.store.begin(caller.body).await.unwrap();
            let added = identity::own::add_certificate(&mut work, &caller, &visitor, &label).await;
            if added.is_ok() {
                work.commit().await.unwrap();
            }
            added
        };
        add(&clerk).await.unwrap();
        let taken = |done| matches!(done, Err(IdentityError::CredentialTaken));
        assert!(taken(add(&other).await), "{}", town.kind());
        assert!(taken(add(&town.prefecture).await), "{}: another body", town.kind());
        assert!(taken(add(&clerk).await), "{}: the same person again", town.kind());

        // Also after its owner has removed it: a card is not handed on.
        let caller = town.caller(&clerk).await;
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let factors = identity::own::factors(&mut work, clerk.person).await.unwrap();
        let card = factors.iter().find(|own| own.kind == FactorKind::Certificate).unwrap();
        identity::own::remove(&mut work, &caller, card.id).await.unwrap();
        work.commit().await.unwrap();
        assert!(taken(add(&other).await), "{}: handed on", town.kind());
    }
}

/// B3: the same app secret for two people, as one shared phone would have, is
/// refused by the schema even where a row is copied by hand.
#[tokio::test(flavor = "multi_thread")]
async fn a_copied_app_secret_is_refused() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.app").await;
        let other = town.invite(&chief, "clerk.copy").await;
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let copied = work
            .run(
                "INSERT INTO factors (body, id, person, kind, handle, label, sealed, added_at)
                 SELECT $1, 'COPY', $3, kind, handle, label, sealed, added_at FROM factors
                 WHERE body = $1 AND person = $2 AND kind = 'totp'",
                args![clerk.person, other.person.id],
            )
            .await;
        assert!(matches!(copied, Err(store::StoreError::Duplicate(_))), "{}", town.kind());
    }
}

/// B3: a login is one person's over all bodies, and names no desk.
#[tokio::test(flavor = "multi_thread")]
async fn shared_accounts_cannot_exist() {
    for login in ["kyoyu", "shared01", "guest", "admin"] {
        assert!(identity::Login::parse(login).is_err(), "{login}");
    }
    for town in towns().await {
        let chief = town.chief().await;
        for taken in ["shi.taro", "ken.taro"] {
            let new = identity::NewPerson {
                login: identity::Login::parse(taken).unwrap(),
                name: crate::town::text("別人"),
                kana: crate::town::text("ベツジン"),
                section: town.section,
            };
            let mut work = town.bench.store.begin(town.body()).await.unwrap();
            let invited = identity::people::invite(&mut work, &chief, &new).await;
            assert!(matches!(invited, Err(IdentityError::LoginTaken)), "{}", town.kind());
        }
    }
}

/// B5: 16 towns let people through to personal data by the first step alone.
/// What the first step gives resumes nothing, and no session row without a
/// second factor can be written.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_factor_alone_opens_nothing() {
    for town in towns().await {
        let halfway = town.first(&at(DESK), "shi.taro", PASSWORD).await.unwrap();
        let token = halfway.token.show();
        let resumed =
            sessions::resume(&town.bench.store, token.reveal(), DESK.parse().unwrap()).await;
        assert!(matches!(resumed.unwrap(), Resumed::Unknown), "{}", town.kind());
        assert_eq!(town.recorded("session.opened").await, 0, "{}", town.kind());

        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let done = work
            .run(
                "INSERT INTO sessions (body, id, person, hash, source, first_kind, first_factor,
                     opened_at, used_at, until_at)
                 SELECT $1, 'S', person, 'H', '10.0.0.1', kind, id, 0, 0, 1 FROM factors
                 WHERE body = $1 AND person = $2 AND kind = 'password'",
                args![town.officer.person],
            )
            .await;
        assert!(done.is_err(), "{}: a session of one factor", town.kind());
        drop(work);
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let done = work
            .run(
                "INSERT INTO sessions (body, id, person, hash, source, first_kind, first_factor,
                     second_kind, second_factor, opened_at, used_at, until_at)
                 SELECT $1, 'S', person, 'H', '10.0.0.1', kind, id, kind, id, 0, 0, 1 FROM factors
                 WHERE body = $1 AND person = $2 AND kind = 'password'",
                args![town.officer.person],
            )
            .await;
        assert!(done.is_err(), "{}: one factor twice", town.kind());
    }
}

/// B5: nobody becomes active with one factor.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_enrols_with_one_factor() {
    for town in towns().await {
        let chief = town.chief().await;
        let invited = town.invite(&chief, "clerk.half").await;
        let (store, gate) = (&town.bench.store, &town.gate);
        let code = invited.code.show();
        let opened = enrol::open(store, gate, &at(DESK), code.reveal()).await.unwrap();
        let token = opened.token.show();
        let chosen = enrol::Chosen { password: Some(secret(PASSWORD)), ..Default::default() };
        let done = enrol::finish(store, gate, &at(DESK), token.reveal(), &chosen).await;
        assert!(matches!(done, Err(IdentityError::FactorsMissing)), "{}", town.kind());
        let refused = town.first(&at(DESK), "clerk.half", PASSWORD).await;
        assert!(matches!(refused, Err(SignInError::Refused)), "{}", town.kind());
    }
}

/// J9: a second person in one account, from another desk, ends the first
/// session, is recorded, and the officers are told.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_use_ends_the_older_session_and_alerts() {
    for town in towns().await {
        let mine = town.enter(&town.officer, &at(DESK)).await.unwrap();
        let theirs = town.enter(&town.officer, &at("10.9.9.9")).await.unwrap();
        let older = town.resume(&mine, DESK).await;
        assert!(
            matches!(older, Resumed::Ended(EndReason::Elsewhere)),
            "{}: {older:?}",
            town.kind()
        );
        assert!(matches!(town.resume(&theirs, "10.9.9.9").await, Resumed::Live(_)));
        assert_eq!(alert_kinds(&town).await, [alerts::AlertKind::ConcurrentUse], "{}", town.kind());
        assert_eq!(town.recorded("session.ended").await, 1, "{}", town.kind());
        assert_eq!(town.recorded("alert.raised").await, 1, "{}", town.kind());
    }
}

/// J9: one token at two desks: the session ends at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_another_address_ends_the_session() {
    for town in towns().await {
        let mine = town.enter(&town.officer, &at(DESK)).await.unwrap();
        let stolen = town.resume(&mine, "10.66.6.6").await;
        assert!(matches!(stolen, Resumed::Ended(EndReason::Moved)), "{}: {stolen:?}", town.kind());
        assert!(matches!(town.resume(&mine, DESK).await, Resumed::Ended(EndReason::Moved)));
        assert_eq!(alert_kinds(&town).await, [alerts::AlertKind::SessionMoved], "{}", town.kind());
    }
}

/// J9: one TOTP code serves one of two people.
#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_password_serves_once() {
    for town in towns().await {
        town.wait(30);
        let typed = town.totp(&town.officer);
        for (place, is_in) in [(DESK, true), ("10.9.9.9", false)] {
            let halfway = town.first(&at(place), "shi.taro", PASSWORD).await.unwrap();
            let token = halfway.token.show();
            let done = town.second(&at(place), token.reveal(), &typed).await;
            assert_eq!(done.is_ok(), is_in, "{} {place}", town.kind());
        }
        let certificate = town.first(&at(DESK), "shi.taro", PASSWORD).await.unwrap();
        let token = certificate.token.show();
        let done = town.second(&at(DESK), token.reveal(), &Second::Certificate).await;
        assert!(matches!(done, Err(SignInError::Refused)), "{}: no certificate", town.kind());
    }
}

async fn alert_kinds(town: &Town) -> Vec<alerts::AlertKind> {
    let mut work = town.bench.store.read(town.body()).await.unwrap();
    let unseen = alerts::unseen(&mut work, 10).await.unwrap();
    unseen.into_iter().map(|alert| alert.kind).collect()
}
