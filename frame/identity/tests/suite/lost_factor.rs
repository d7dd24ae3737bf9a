//! Lost-factor codes.

use std::time::Duration;

use factors::Code;
use identity::sessions::{EndReason, Resumed};
use identity::sign_in::{Second, SignedIn};
use identity::{IdentityError, SignInError, codes};

use crate::town::{DESK, Member, PASSWORD, Town, at, towns};

const HOUR: Duration = Duration::from_secs(3_600);

async fn grant(
    town: &Town,
    clerk: &Member,
    hours: u32,
    permit: &str,
) -> Result<Code, IdentityError> {
    let mut work = town.bench.store.begin(town.body()).await.unwrap();
    let code = Code::new(work.random());
    let until = work.now().plus(HOUR * hours);
    codes::grant(&mut work, clerk.person, code.hashed(), until, permit).await?;
    work.commit().await.unwrap();
    Ok(code)
}

async fn enter(town: &Town, clerk: &Member, code: &Code) -> Result<SignedIn, SignInError> {
    let halfway = town.first(&at(DESK), &clerk.login, PASSWORD).await.unwrap();
    let token = halfway.token.show();
    town.second(&at(DESK), token.reveal(), &Second::Code(code.show())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_stands_for_the_second_factor_once_and_ends_with_its_permit() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.lost").await;
        let code = grant(&town, &clerk, 8, "PERMIT").await.unwrap();
        let session = enter(&town, &clerk, &code).await.unwrap();
        let Resumed::Live(caller) = town.resume(&session, DESK).await else { panic!() };
        assert_eq!(caller.permit.as_deref(), Some("PERMIT"), "{}", town.kind());
        assert_eq!(caller.factors, 2);
        let again = enter(&town, &clerk, &code).await;
        assert!(matches!(again, Err(SignInError::Refused)), "{}", town.kind());

        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        assert_eq!(codes::withdraw(&mut work, "PERMIT").await.unwrap(), 1);
        assert_eq!(codes::withdraw(&mut work, "PERMIT").await.unwrap(), 0);
        work.commit().await.unwrap();
        let resumed = town.resume(&session, DESK).await;
        assert!(matches!(resumed, Resumed::Ended(EndReason::PermitEnded)), "{}", town.kind());
        assert_eq!(town.recorded("lost-factor.withdrawn").await, 1, "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_job_lengthens_nothing() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.long").await;
        let code = grant(&town, &clerk, 1, "P1").await.unwrap();
        let session = enter(&town, &clerk, &code).await.unwrap();
        for _ in 0..3 {
            town.wait(1_190);
            assert!(matches!(town.resume(&session, DESK).await, Resumed::Live(_)));
        }
        town.wait(30);
        let resumed = town.resume(&session, DESK).await;
        assert!(matches!(resumed, Resumed::Ended(EndReason::Over)), "{}: {resumed:?}", town.kind());

        let code = grant(&town, &clerk, 1, "P2").await.unwrap();
        town.wait(3_600);
        let late = enter(&town, &clerk, &code).await;
        assert!(matches!(late, Err(SignInError::Refused)), "{}", town.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_bound_to_its_person_its_permit_and_eight_hours() {
    for town in towns().await {
        let chief = town.chief().await;
        let clerk = town.join(&chief, "clerk.bound").await;
        let other = town.join(&chief, "clerk.else").await;
        let long = grant(&town, &clerk, 9, "LONG").await;
        assert!(matches!(long, Err(IdentityError::Term(_))), "{}", town.kind());
        let code = grant(&town, &clerk, 2, "MINE").await.unwrap();
        let theirs = enter(&town, &other, &code).await;
        assert!(matches!(theirs, Err(SignInError::Refused)), "{}", town.kind());
        let reused = grant(&town, &other, 2, "MINE").await;
        assert!(matches!(reused, Err(IdentityError::CredentialTaken)), "{}", town.kind());
        // A second permit of the same person ends the first code.
        grant(&town, &clerk, 2, "NEXT").await.unwrap();
        let old = enter(&town, &clerk, &code).await;
        assert!(matches!(old, Err(SignInError::Refused)), "{}", town.kind());
        let invited = town.invite(&chief, "clerk.none").await;
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        let (hash, until) = (Code::new(work.random()).hashed(), work.now().plus(HOUR));
        let done = codes::grant(&mut work, invited.person.id, hash, until, "P").await;
        assert!(matches!(done, Err(IdentityError::PersonState)), "{}", town.kind());
    }
}
