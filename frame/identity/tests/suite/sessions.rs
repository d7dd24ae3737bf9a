//! Sessions and their ends.

use identity::sessions::{self, EndReason, Resumed};

use crate::town::{DESK, at, towns};

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_a_session_and_use_keeps_it() {
    for town in towns().await {
        let session = town.enter(&town.officer, &at(DESK)).await.unwrap();
        for _ in 0..5 {
            town.wait(29 * 60);
            assert!(matches!(town.resume(&session, DESK).await, Resumed::Live(_)));
        }
        town.wait(30 * 60);
        let resumed = town.resume(&session, DESK).await;
        assert!(matches!(resumed, Resumed::Ended(EndReason::Idle)), "{}: {resumed:?}", town.kind());
        assert_eq!(town.recorded("session.ended").await, 1, "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_hours_end_every_session() {
    for town in towns().await {
        let session = town.enter(&town.officer, &at(DESK)).await.unwrap();
        for _ in 0..12 * 3 - 1 {
            town.wait(20 * 60);
            assert!(matches!(town.resume(&session, DESK).await, Resumed::Live(_)));
        }
        town.wait(20 * 60);
        let resumed = town.resume(&session, DESK).await;
        assert!(matches!(resumed, Resumed::Ended(EndReason::Over)), "{}: {resumed:?}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_revives_and_lengthens_nothing() {
    for town in towns().await {
        let begin = town.now();
        let session = town.enter(&town.officer, &at(DESK)).await.unwrap();
        town.wait(25 * 60);
        assert!(matches!(town.resume(&session, DESK).await, Resumed::Live(_)));
        town.bench.clock.jump(begin);
        let resumed = town.resume(&session, DESK).await;
        assert!(
            matches!(resumed, Resumed::Ended(EndReason::Clock)),
            "{}: {resumed:?}",
            town.kind()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_this_session_only() {
    for town in towns().await {
        let other = town.enter(&town.officer, &at(DESK)).await.unwrap();
        let session = town.enter(&town.officer, &at(DESK)).await.unwrap();
        let Resumed::Live(caller) = town.resume(&session, DESK).await else { panic!() };
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        assert_eq!(sessions::live(&mut work, caller.person).await.unwrap().len(), 2);
        sessions::sign_out(&mut work, &caller).await.unwrap();
        work.commit().await.unwrap();
        let resumed = town.resume(&session, DESK).await;
        assert!(matches!(resumed, Resumed::Ended(EndReason::SignedOut)), "{}", town.kind());
        assert!(matches!(town.resume(&other, DESK).await, Resumed::Live(_)), "{}", town.kind());
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        assert_eq!(sessions::revoke_all(&mut work, &caller, caller.person).await.unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_that_are_none_are_unknown() {
    for town in towns().await {
        for token in ["", "x", "' OR 1=1 --", &"A".repeat(43), &"A".repeat(1 << 16)] {
            let resumed =
                sessions::resume(&town.bench.store, token, DESK.parse().unwrap()).await.unwrap();
            assert!(matches!(resumed, Resumed::Unknown), "{}", town.kind());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doorstep_is_swept() {
    for town in towns().await {
        town.first(&at(DESK), "shi.taro", "wrong password 123").await.unwrap_err();
        town.first(&at(DESK), "shi.taro", crate::town::PASSWORD).await.unwrap();
        assert_eq!(sessions::sweep(&town.bench.store).await.unwrap(), 0, "{}", town.kind());
        town.wait(3 * 86_400);
        assert!(sessions::sweep(&town.bench.store).await.unwrap() >= 4, "{}", town.kind());
        assert_eq!(sessions::sweep(&town.bench.store).await.unwrap(), 0, "{}", town.kind());
    }
}
