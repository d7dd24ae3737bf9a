//! Sign-in by another identity provider: linked by the person, never more than
//! the first factor, and nothing of what a hostile provider or a hostile page
//! sends opens anything.

use identity::enrol::{self, Chosen};
use identity::provider::{self, Arrived, Disbelief, Errand, Provider, ProviderError, Returned};
use identity::sessions::Resumed;
use identity::sign_in::Second;
use identity::{Caller, FactorKind, IdentityError};

use crate::op::{Lie, Op};
use crate::town::{DESK, PASSWORD, Town, at, secret, text, towns};

async fn begin(town: &Town, provider: &Provider, errand: Errand<'_>) -> (String, String) {
    let away = provider::begin(&town.bench.store, provider, errand).await.unwrap();
    (away.token.show().reveal().clone(), away.address)
}

async fn finish(
    town: &Town,
    provider: &Provider,
    cookie: &str,
    returned: &Returned,
) -> Result<Arrived, ProviderError> {
    let (store, gate) = (&town.bench.store, &town.gate);
    provider::finish(store, gate, provider, &at(DESK), cookie, returned).await
}

/// The whole way to the provider and back for a sign-in.
async fn knock(
    town: &Town,
    op: &Op,
    provider: &Provider,
    subject: &str,
) -> Result<Arrived, ProviderError> {
    let (cookie, address) = begin(town, provider, Errand::SignIn { back: "/permits" }).await;
    let returned = op.visit(&address, subject);
    finish(town, provider, &cookie, &returned).await
}

async fn find(town: &Town, op: &Op, provider: &Provider, caller: &Caller, subject: &str) {
    let (cookie, address) = begin(town, provider, Errand::Link(caller)).await;
    let returned = op.visit(&address, subject);
    let done = finish(town, provider, &cookie, &returned).await.unwrap();
    assert!(matches!(done, Arrived::ToLink), "{done:?}");
}

async fn accept(town: &Town, provider: &Provider, caller: &Caller) -> Result<(), IdentityError> {
    let mut work = town.bench.store.begin(caller.body).await.unwrap();
    provider::accept(&mut work, caller, provider).await?;
    work.commit().await.unwrap();
    Ok(())
}

async fn link(town: &Town, op: &Op, provider: &Provider, caller: &Caller, subject: &str) {
    find(town, op, provider, caller, subject).await;
    accept(town, provider, caller).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_person_shows_the_provider_first_and_a_factor_of_ours_second() {
    for town in towns().await {
        let (op, provider) = Op::at(town.bench.clock.clone());
        let caller = town.chief().await;
        find(&town, &op, &provider, &caller, "sub-1").await;
        let mut work = town.bench.store.read(town.body()).await.unwrap();
        let offered = provider::offered(&mut work, &caller).await.unwrap().unwrap();
        assert_eq!(offered.shown, "taro@shi.example", "{}", town.kind());
        drop(work);
        accept(&town, &provider, &caller).await.unwrap();
        assert_eq!(town.recorded("factor.added").await, 1, "{}", town.kind());

        town.wait(30);
        let Arrived::Halfway { halfway, back } =
            knock(&town, &op, &provider, "sub-1").await.unwrap()
        else {
            panic!("{}", town.kind())
        };
        assert_eq!(back, "/permits");
        // The provider said amr=mfa and acr=phrh; one more is demanded all the same.
        assert_eq!(halfway.choices, [FactorKind::Totp], "{}", town.kind());
        let token = halfway.token.show();
        let wrong = Second::Totp(secret("000000"));
        town.second(&at(DESK), token.reveal(), &wrong).await.unwrap_err();
        let signed_in =
            town.second(&at(DESK), token.reveal(), &town.totp(&town.officer)).await.unwrap();
        let Resumed::Live(caller) = town.resume(&signed_in, DESK).await else { panic!() };
        assert_eq!((caller.person, caller.factors), (town.officer.person, 2), "{}", town.kind());
        let mut work = town.bench.store.read(town.body()).await.unwrap();
        let row = work
            .row(
                "SELECT details FROM records WHERE body = $1 AND action = 'session.opened'
                 ORDER BY sequence DESC LIMIT 1",
                store::args![],
            )
            .await
            .unwrap();
        let details: String = row.unwrap().take(0).unwrap();
        assert!(details.contains("provider") && details.contains("totp"), "{details}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lie_of_a_provider_opens_nothing_and_is_recorded() {
    for town in towns().await {
        let (op, provider) = Op::at(town.bench.clock.clone());
        let caller = town.chief().await;
        link(&town, &op, &provider, &caller, "sub-1").await;
        let opened = town.recorded("session.opened").await;
        for (lie, word) in [
            (Lie::Nonce, "nonce"),
            (Lie::NoNonce, "nonce"),
            (Lie::Audience, "audience"),
            (Lie::AudiencesMore, "audience"),
            (Lie::Issuer, "issuer"),
            (Lie::Expired, "time"),
            (Lie::FromTheFuture, "time"),
            (Lie::AlgorithmNone, "algorithm"),
            (Lie::SharedSecret, "algorithm"),
            (Lie::OtherKey, "signature"),
            (Lie::SignatureCut, "signature"),
            (Lie::NoToken, "no-token"),
        ] {
            op.lie(lie);
            let done = knock(&town, &op, &provider, "sub-1").await;
            let Err(ProviderError::Disbelieved(why)) = done else {
                panic!("{} {lie:?}: {done:?}", town.kind())
            };
            assert_eq!(why.name(), word, "{} {lie:?}", town.kind());
        }
        assert_eq!(refusals(&town).await, 12, "{}", town.kind());
        // Trouble on the way is no lie: nothing is opened, nothing recorded.
        for lie in [Lie::TokenRedirect, Lie::TokenSlow, Lie::TokenHuge, Lie::Dead] {
            op.lie(lie);
            let done = knock(&town, &op, &provider, "sub-1").await;
            assert!(
                matches!(done, Err(ProviderError::Away(_))),
                "{} {lie:?}: {done:?}",
                town.kind()
            );
        }
        // Keys are asked for by whoever does not know them yet.
        for lie in [Lie::HugeKeys, Lie::KeysRedirect] {
            op.lie(lie);
            let done = knock(&town, &op, &op.provider(), "sub-1").await;
            assert!(
                matches!(done, Err(ProviderError::Away(_))),
                "{} {lie:?}: {done:?}",
                town.kind()
            );
        }
        assert_eq!(refusals(&town).await, 12, "{}", town.kind());
        assert_eq!(town.recorded("session.opened").await, opened, "{}", town.kind());
        op.lie(Lie::Nothing);
        knock(&town, &op, &provider, "sub-1").await.unwrap();
    }
}

/// Refusals in the first body, where those of nobody known are kept.
async fn refusals(town: &Town) -> i64 {
    let mut work = town.bench.store.read(town.prefecture.body).await.unwrap();
    let sql = "SELECT COUNT(*) FROM records WHERE body = $1 AND action = 'sign-in.refused'";
    work.row(sql, store::args![]).await.unwrap().unwrap().take(0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_serves_once_in_the_browser_that_was_sent() {
    for town in towns().await {
        let (op, provider) = Op::at(town.bench.clock.clone());
        let caller = town.chief().await;
        link(&town, &op, &provider, &caller, "sub-1").await;
        let errand = Errand::SignIn { back: "/" };
        let (mine, address) = begin(&town, &provider, errand).await;
        let returned = op.visit(&address, "sub-1");
        let (other, _) = begin(&town, &provider, errand).await;
        for cookie in [other.as_str(), "", "x", returned.state.as_str()] {
            let done = finish(&town, &provider, cookie, &returned).await;
            assert!(matches!(done, Err(ProviderError::NoTrip)), "{} {cookie}", town.kind());
        }
        for state in ["", "x", other.as_str(), mine.as_str()] {
            let bent = Returned { state: state.to_owned(), ..returned.clone() };
            let done = finish(&town, &provider, &mine, &bent).await;
            assert!(matches!(done, Err(ProviderError::NoTrip)), "{} {state}", town.kind());
        }
        // Somebody else's code in this browser: PKCE finds it.
        let (theirs, address) = begin(&town, &provider, errand).await;
        let stolen = op.visit(&address, "sub-2");
        let injected = Returned { code: stolen.code, ..returned.clone() };
        let done = finish(&town, &provider, &mine, &injected).await;
        let is_code = matches!(done, Err(ProviderError::Disbelieved(Disbelief::Code)));
        assert!(is_code, "{}: {done:?}", town.kind());
        // Nothing was taken from the others by all that; but mine is spent.
        let done = finish(&town, &provider, &mine, &returned).await;
        assert!(matches!(done, Err(ProviderError::NoTrip)), "{}: {done:?}", town.kind());
        drop(theirs);

        let (cookie, address) = begin(&town, &provider, errand).await;
        let returned = op.visit(&address, "sub-1");
        finish(&town, &provider, &cookie, &returned).await.unwrap();
        let again = finish(&town, &provider, &cookie, &returned).await;
        assert!(matches!(again, Err(ProviderError::NoTrip)), "{}: {again:?}", town.kind());
        // The same code on a new trip: the provider knows it no more.
        let (cookie, address) = begin(&town, &provider, errand).await;
        let fresh = op.visit(&address, "sub-1");
        let replayed = Returned { code: returned.code, ..fresh };
        let done = finish(&town, &provider, &cookie, &replayed).await;
        let is_code = matches!(done, Err(ProviderError::Disbelieved(Disbelief::Code)));
        assert!(is_code, "{}: {done:?}", town.kind());

        let (cookie, address) = begin(&town, &provider, errand).await;
        let returned = op.visit(&address, "sub-1");
        town.wait(600);
        let late = finish(&town, &provider, &cookie, &returned).await;
        assert!(matches!(late, Err(ProviderError::NoTrip)), "{}: {late:?}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_issuer_is_not_taken_to_this_one() {
    for town in towns().await {
        let (op, provider) = Op::at(town.bench.clock.clone());
        for issuer in ["https://evil.example", "https://id.example/", ""] {
            let (cookie, address) = begin(&town, &provider, Errand::SignIn { back: "/" }).await;
            let mixed = Returned { issuer: issuer.to_owned(), ..op.visit(&address, "sub-1") };
            let done = finish(&town, &provider, &cookie, &mixed).await;
            let is_mixed = matches!(done, Err(ProviderError::Disbelieved(Disbelief::Mixed)));
            assert!(is_mixed, "{} {issuer}: {done:?}", town.kind());
        }
        assert_eq!(op.asked("token"), 0, "{}: no code was given away", town.kind());
        // A provider that never names itself is believed by its token alone; one
        // that names another is not.
        op.silent_about_issuer();
        let provider = op.provider();
        let done = knock(&town, &op, &provider, "sub-1").await;
        assert!(matches!(done, Err(ProviderError::Unlinked)), "{}: {done:?}", town.kind());
        let (cookie, address) = begin(&town, &provider, Errand::SignIn { back: "/" }).await;
        let issuer = "https://evil.example".to_owned();
        let mixed = Returned { issuer, ..op.visit(&address, "sub-1") };
        let done = finish(&town, &provider, &cookie, &mixed).await;
        assert!(matches!(done, Err(ProviderError::Disbelieved(Disbelief::Mixed))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_at_the_provider_is_a_no_here() {
    for town in towns().await {
        let (op, provider) = Op::at(town.bench.clock.clone());
        for (error, is_away) in [
            ("access_denied", false),
            ("login_required", false),
            ("<script>alert(1)</script>", false),
            ("server_error", true),
            ("temporarily_unavailable", true),
        ] {
            let (cookie, address) = begin(&town, &provider, Errand::SignIn { back: "/" }).await;
            let said = Returned { error: error.to_owned(), ..op.visit(&address, "sub-1") };
            match finish(&town, &provider, &cookie, &said).await {
                Err(ProviderError::Away(_)) => assert!(is_away, "{error}"),
                Err(ProviderError::Declined) => assert!(!is_away, "{error}"),
                other => panic!("{} {error}: {other:?}", town.kind()),
            }
        }
        assert_eq!(op.asked("token"), 0, "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_turn_over_without_a_restart_and_are_not_asked_for_at_will() {
    for town in towns().await {
        let (op, provider) = Op::at(town.bench.clock.clone());
        let caller = town.chief().await;
        link(&town, &op, &provider, &caller, "sub-1").await;
        knock(&town, &op, &provider, "sub-1").await.unwrap();
        assert_eq!((op.asked("description"), op.asked("keys")), (1, 1), "{}", town.kind());
        op.rotate();
        // A name that is not known is asked for at most each half a minute.
        let done = knock(&town, &op, &provider, "sub-1").await;
        assert!(matches!(done, Err(ProviderError::Disbelieved(_))), "{}", town.kind());
        assert_eq!(op.asked("keys"), 1, "{}", town.kind());
        town.wait(31);
        knock(&town, &op, &provider, "sub-1").await.unwrap();
        assert_eq!(op.asked("keys"), 2, "{}", town.kind());
        town.wait(3_600);
        knock(&town, &op, &provider, "sub-1").await.unwrap();
        assert_eq!((op.asked("description"), op.asked("keys")), (2, 3), "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_provider_is_left_alone_and_stops_nobody() {
    for town in towns().await {
        let (op, provider) = Op::at(town.bench.clock.clone());
        op.lie(Lie::Dead);
        let store = &town.bench.store;
        for _ in 0..10 {
            let done = provider::begin(store, &provider, Errand::SignIn { back: "/" }).await;
            assert!(matches!(done, Err(ProviderError::Away(_))), "{}: {done:?}", town.kind());
        }
        assert_eq!(op.asked("description"), 1, "{}", town.kind());
        town.enter(&town.officer, &at(DESK)).await.unwrap();
        op.lie(Lie::Nothing);
        provider::begin(store, &provider, Errand::SignIn { back: "/" }).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_who_was_not_linked_whatever_the_provider_calls_them() {
    for town in towns().await {
        let (op, provider) = Op::at(town.bench.clock.clone());
        let chief = town.chief().await;
        // The provider calls everybody taro@shi.example, verified.
        let done = knock(&town, &op, &provider, "shi.taro").await;
        assert!(matches!(done, Err(ProviderError::Unlinked)), "{}: {done:?}", town.kind());
        link(&town, &op, &provider, &chief, "sub-1").await;
        let done = knock(&town, &op, &provider, "sub-2").await;
        assert!(matches!(done, Err(ProviderError::Unlinked)), "{}: {done:?}", town.kind());

        let yamada = town.join(&chief, "yamada.hanako").await;
        let caller = town.caller(&yamada).await;
        find(&town, &op, &provider, &caller, "sub-1").await;
        let taken = accept(&town, &provider, &caller).await;
        assert!(matches!(taken, Err(IdentityError::CredentialTaken)), "{}: {taken:?}", town.kind());
        link(&town, &op, &provider, &caller, "sub-2").await;
        knock(&town, &op, &provider, "sub-2").await.unwrap();
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        identity::people::leave(&mut work, &chief, yamada.person).await.unwrap();
        work.commit().await.unwrap();
        let done = knock(&town, &op, &provider, "sub-2").await;
        assert!(matches!(done, Err(ProviderError::Unlinked)), "{}: {done:?}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_given_up_comes_back_to_its_person_only() {
    for town in towns().await {
        let (op, provider) = Op::at(town.bench.clock.clone());
        let chief = town.chief().await;
        link(&town, &op, &provider, &chief, "sub-1").await;
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let mine = identity::own::factors(&mut work, chief.person).await.unwrap();
        let factor = mine.iter().find(|one| one.kind == FactorKind::Provider).unwrap();
        assert_eq!(factor.label.as_str(), "県の認証基盤");
        identity::own::remove(&mut work, &chief, factor.id).await.unwrap();
        work.commit().await.unwrap();
        let done = knock(&town, &op, &provider, "sub-1").await;
        assert!(matches!(done, Err(ProviderError::Unlinked)), "{}: {done:?}", town.kind());

        let yamada = town.join(&chief, "yamada.hanako").await;
        let caller = town.caller(&yamada).await;
        find(&town, &op, &provider, &caller, "sub-1").await;
        let taken = accept(&town, &provider, &caller).await;
        assert!(matches!(taken, Err(IdentityError::CredentialTaken)), "{}: {taken:?}", town.kind());
        link(&town, &op, &provider, &chief, "sub-1").await;
        knock(&town, &op, &provider, "sub-1").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_waits_for_its_own_session_and_not_for_long() {
    for town in towns().await {
        let (op, provider) = Op::at(town.bench.clock.clone());
        let chief = town.chief().await;
        find(&town, &op, &provider, &chief, "sub-1").await;
        let other = town.chief().await;
        assert_ne!(chief.session, other.session);
        let done = accept(&town, &provider, &other).await;
        assert!(matches!(done, Err(IdentityError::WrongProof)), "{}: {done:?}", town.kind());
        find(&town, &op, &provider, &other, "sub-1").await;
        town.wait(600);
        let mut work = town.bench.store.read(town.body()).await.unwrap();
        assert_eq!(provider::offered(&mut work, &other).await.unwrap(), None, "{}", town.kind());
        drop(work);
        let chief = town.chief().await;
        find(&town, &op, &provider, &chief, "sub-1").await;
        accept(&town, &provider, &chief).await.unwrap();
        let again = accept(&town, &provider, &chief).await;
        assert!(matches!(again, Err(IdentityError::WrongProof)), "{}: {again:?}", town.kind());
        // A program with an interface token links nothing.
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let (person, origin) = (chief.person, chief.origin.clone());
        let token = Caller::by_token(&mut work, person, "PERMIT", identity::Duty::ALL, origin);
        let token = token.await.unwrap();
        let done = provider::accept(&mut work, &token, &provider).await;
        assert!(matches!(done, Err(IdentityError::NotAllowed(_))), "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_person_may_take_the_provider_for_a_password() {
    for town in towns().await {
        let (op, provider) = Op::at(town.bench.clock.clone());
        let (store, gate) = (&town.bench.store, &town.gate);
        let chief = town.chief().await;
        let invited = town.invite(&chief, "sato.ichiro").await;
        let code = invited.code.show();
        let opened = enrol::open(store, gate, &at(DESK), code.reveal()).await.unwrap();
        let token = opened.token.show();
        let totp = factors::TotpSecret::from_bytes(&unbase32(opened.totp.base32.reveal())).unwrap();
        let chosen = |typed| Chosen {
            totp: Some(typed),
            provider: Some(text("県の認証基盤")),
            ..Chosen::default()
        };
        // Not without having been there.
        let typed = totp.code_at(town.now());
        let done = enrol::finish(store, gate, &at(DESK), token.reveal(), &chosen(typed)).await;
        assert!(matches!(done, Err(IdentityError::WrongProof)), "{}: {done:?}", town.kind());
        let errand = Errand::Enrol { token: token.reveal() };
        let (cookie, address) = begin(&town, &provider, errand).await;
        let returned = op.visit(&address, "sub-7");
        let done = finish(&town, &provider, &cookie, &returned).await.unwrap();
        assert!(matches!(done, Arrived::ToEnrol), "{done:?}");
        let found = enrol::provider_found(store, token.reveal()).await.unwrap().unwrap();
        assert_eq!(found.shown, "taro@shi.example");
        // The provider alone is one factor.
        let alone = Chosen { provider: Some(text("x")), ..Chosen::default() };
        let done = enrol::finish(store, gate, &at(DESK), token.reveal(), &alone).await;
        assert!(matches!(done, Err(IdentityError::FactorsMissing)), "{}: {done:?}", town.kind());
        let typed = totp.code_at(town.now());
        enrol::finish(store, gate, &at(DESK), token.reveal(), &chosen(typed)).await.unwrap();

        town.wait(30);
        town.first(&at(DESK), "sato.ichiro", PASSWORD).await.unwrap_err();
        let Arrived::Halfway { halfway, .. } = knock(&town, &op, &provider, "sub-7").await.unwrap()
        else {
            panic!("{}", town.kind())
        };
        let typed = Second::Totp(totp.code_at(town.now()));
        town.second(&at(DESK), halfway.token.show().reveal(), &typed).await.unwrap();
    }
}

/// RFC 4648, section 6.
fn unbase32(text: &str) -> Vec<u8> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut window, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let Some(digit) = letters.iter().position(|known| *known == letter) else { continue };
        window = (window << 5) | u32::try_from(digit).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(window >> bits & 0xff).unwrap());
        }
    }
    bytes
}
