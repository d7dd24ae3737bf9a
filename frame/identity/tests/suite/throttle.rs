//! Guessing is slowed where it comes from, never where the person sits.

use identity::sign_in::Second;
use identity::{SignInError, Visitor, alerts};

use crate::town::{DESK, PASSWORD, Town, at, secret, towns};

fn familiar(device: &identity::sign_in::SignedIn) -> Visitor {
    Visitor { device: Some(device.device.show()), ..at(DESK) }
}

async fn hammer(town: &Town, address: &str, times: usize) -> usize {
    let mut waits = 0;
    for _ in 0..times {
        match town.first(&at(address), "shi.taro", "wrong password 123").await {
            Err(SignInError::Wait { .. }) => waits += 1,
            Err(SignInError::Refused) => {}
            other => panic!("{other:?}"),
        }
    }
    waits
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attacker_waits_and_the_owner_does_not() {
    for town in towns().await {
        let mine = town.enter(&town.officer, &at(DESK)).await.unwrap();
        // From elsewhere: the attacker is stopped after five tries.
        assert_eq!(hammer(&town, "10.66.0.1", 12).await, 7, "{}", town.kind());
        // From the owner's own address, as behind one proxy: stopped as well.
        assert_eq!(hammer(&town, DESK, 12).await, 7, "{}", town.kind());
        // From many addresses.
        for host in 1..=10 {
            hammer(&town, &format!("10.67.0.{host}"), 3).await;
        }
        // The owner's own device, whose address the attacker shares: in at once.
        town.enter(&town.officer, &familiar(&mine)).await.unwrap();
        // The owner at a new device elsewhere: in at once, too.
        town.enter(&town.officer, &at("10.1.0.77")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_by_the_clock_and_a_sign_in_empties_the_count() {
    for town in towns().await {
        hammer(&town, DESK, 5).await;
        let waiting = town.first(&at(DESK), "shi.taro", PASSWORD).await;
        assert!(matches!(waiting, Err(SignInError::Wait { seconds: 30 })), "{}", town.kind());
        town.enter(&town.officer, &at(DESK)).await.unwrap();
        assert_eq!(hammer(&town, DESK, 5).await, 0, "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_logins_are_slowed_like_known_ones() {
    for town in towns().await {
        let mut said = [Vec::new(), Vec::new()];
        for (place, login) in ["shi.taro", "nobody.here"].into_iter().enumerate() {
            let visitor = at(&format!("10.5.0.{}", place + 1));
            for _ in 0..7 {
                let error = town.first(&visitor, login, "wrong password 123").await.unwrap_err();
                said[place].push(error.to_string());
            }
        }
        let [known, unknown] = said;
        assert_eq!(known, unknown, "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_at_once_are_not_cheaper_than_one_after_the_other() {
    for town in towns().await {
        let visitor = at("10.66.0.9");
        let guess = || town.first(&visitor, "shi.taro", "wrong password 123");
        let done =
            tokio::join!(guess(), guess(), guess(), guess(), guess(), guess(), guess(), guess());
        let done = [done.0, done.1, done.2, done.3, done.4, done.5, done.6, done.7];
        let looked_at =
            done.iter().filter(|done| matches!(done, Err(SignInError::Refused))).count();
        assert_eq!(looked_at, 5, "{}: {done:?}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn going_through_a_list_of_logins_is_slowed() {
    for town in towns().await {
        let mut refused = 0;
        for number in 0..55 {
            let done = town.first(&at("10.66.0.2"), &format!("guess{number:03}x"), "x").await;
            refused += usize::from(matches!(done, Err(SignInError::Refused)));
        }
        assert_eq!(refused, 50, "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_are_told_to_the_body_once() {
    for town in towns().await {
        for host in 1..=12 {
            hammer(&town, &format!("10.68.0.{host}"), 3).await;
        }
        let mut work = town.bench.store.read(town.body()).await.unwrap();
        let unseen = alerts::unseen(&mut work, 10).await.unwrap();
        let kinds: Vec<_> = unseen.iter().map(|alert| alert.kind).collect();
        assert_eq!(kinds, [alerts::AlertKind::Guessing], "{}", town.kind());
    }
}

/// Whoever knows the password and guesses the app's codes from ever new places
/// is stopped over all of them and told of; the owner's device is not.
#[tokio::test(flavor = "multi_thread")]
async fn guessing_the_second_factor_is_stopped_over_all_places() {
    for town in towns().await {
        let mine = town.enter(&town.officer, &at(DESK)).await.unwrap();
        let (mut looked_at, mut waits) = (0, 0);
        for host in 1..=6 {
            let visitor = at(&format!("10.69.0.{host}"));
            let halfway = town.first(&visitor, "shi.taro", PASSWORD).await.unwrap();
            let token = halfway.token.show();
            for _ in 0..4 {
                let wrong = Second::Totp(secret("123456"));
                match town.second(&visitor, token.reveal(), &wrong).await {
                    Err(SignInError::Refused) => looked_at += 1,
                    Err(SignInError::Wait { .. }) => waits += 1,
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!((looked_at, waits), (20, 4), "{}", town.kind());
        let mut work = town.bench.store.read(town.body()).await.unwrap();
        let unseen = alerts::unseen(&mut work, 10).await.unwrap();
        assert!(unseen.iter().any(|alert| alert.kind == alerts::AlertKind::PasswordKnown));
        drop(work);
        town.enter(&town.officer, &familiar(&mine)).await.unwrap();
    }
}

/// A whole town behind one address, on devices that nobody has signed in with
/// before, as on the first morning: who signs in takes nobody's tries away.
#[tokio::test(flavor = "multi_thread")]
async fn many_who_sign_in_from_one_address_do_not_make_each_other_wait() {
    let bench = testbed::sqlite(&crate::town::migrations()).await;
    let town = Town::build(bench).await;
    for _ in 0..60 {
        town.enter(&town.officer, &at("10.1.0.1")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_are_recorded_and_fill_no_ledger() {
    for town in towns().await {
        let before = town.recorded("sign-in.refused").await;
        let mut waits = 0;
        for _ in 0..200 {
            let tried = town.first(&at("10.9.9.9"), "shi.taro", "wrong").await;
            waits += i64::from(matches!(tried, Err(SignInError::Wait { .. })));
        }
        let refused = town.recorded("sign-in.refused").await - before;
        assert!(waits > 190, "{}: {waits}", town.kind());
        assert_eq!(refused, 200 - waits + 1, "{}: one for all waits", town.kind());
        town.wait(901);
        for _ in 0..20 {
            let _ = town.first(&at("10.9.9.9"), "shi.taro", "wrong").await;
        }
        let again = town.recorded("sign-in.refused").await - before - refused;
        assert!((2..=4).contains(&again), "{}: {again}", town.kind());
    }
}
