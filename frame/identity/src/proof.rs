//! Showing the second factor again, within a session: what a stolen session
//! cannot do, and what some acts demand.

use std::time::Duration;

use base::Id;
use records::{Action, Subject};
use store::{Store, Work};

use crate::alerts::{self, AlertKind};
use crate::caller::Caller;
use crate::error::IdentityError;
use crate::gate::{FactorKind, Gate, Visitor};
use crate::role::Duty;
use crate::sessions::SessionId;
use crate::sign_in::{Judged, Second, judge};
use crate::tables::factors::FactorRow;
use crate::tables::steps::StepRow;
use crate::throttle::{PER_DEVICE, bucket, place};
use crate::{actions, credential, doorstep, tables};

/// How long a challenge waits for its answer.
const CHALLENGE_MAX: Duration = Duration::from_secs(300);

/// What may be shown now.
#[derive(Debug)]
pub struct Ways {
    /// The kinds that the person has, apart from what opened the session first.
    pub choices: Vec<FactorKind>,
    /// Options for the browser if a passkey is among them.
    pub passkey: Option<String>,
}

/// Says what the caller may show, and keeps a challenge where that needs one.
///
/// # Errors
/// [`IdentityError::NotAllowed`] for an interface token.
pub async fn begin(store: &Store, gate: &Gate, caller: &Caller) -> Result<Ways, IdentityError> {
    let session = caller.session.ok_or(IdentityError::NotAllowed(Duty::Apply))?;
    let mut work = store.begin(caller.body).await?;
    let (_, first, _) = find(&mut work, session).await?;
    let rows = tables::factors::of_person(&mut work, caller.person).await?;
    let is_other = |row: &FactorRow| row.factor.id != first && row.factor.kind.is_second();
    let others: Vec<FactorRow> = rows.into_iter().filter(is_other).collect();
    let mut choices: Vec<FactorKind> = others.iter().map(|row| row.factor.kind).collect();
    choices.sort();
    choices.dedup();
    if !choices.contains(&FactorKind::Passkey) {
        return Ok(Ways { choices, passkey: None });
    }
    let challenge = credential::challenge(work.random());
    let until = work.now().plus(CHALLENGE_MAX);
    tables::sessions::challenge(&mut work, session, challenge.as_bytes(), until).await?;
    work.commit().await?;
    let verification = factors::webauthn::UserVerification::Preferred;
    let passkey = match credential::options_to_show(gate, &challenge, &others, verification) {
        Ok(options) => Some(options),
        Err(IdentityError::NoHostName) => None,
        Err(other) => return Err(other),
    };
    Ok(Ways { choices, passkey })
}

/// Takes a second factor; from now on it counts as just shown.
///
/// # Errors
/// [`IdentityError::WrongProof`]; [`IdentityError::Wait`] after too many.
pub async fn show(
    store: &Store,
    gate: &Gate,
    caller: &Caller,
    visitor: &Visitor,
    shown: &Second,
) -> Result<(), IdentityError> {
    let session = caller.session.ok_or(IdentityError::NotAllowed(Duty::Apply))?;
    let tries = bucket("own-proof", &[&caller.person.to_string()]);
    if shown.is_guessable() {
        let mut across = store.across("count a proof within a session").await?;
        doorstep::charge(&mut across, &[(tries.clone(), &PER_DEVICE)]).await?;
        across.commit().await?;
    }
    let mut work = store.begin(caller.body).await?;
    let (kind, first, challenge) = find(&mut work, session).await?;
    let now = work.now();
    // The session stands where the first step stood.
    let step = StepRow {
        id: Id::new(now, work.random()),
        person: caller.person,
        source: place(visitor.source).to_string(),
        first: kind,
        factor: first,
        challenge,
        tries: 1,
        made_at: now,
        until: now,
    };
    match judge(&mut work, gate, visitor, &step, shown).await? {
        Judged::Right(_) => {
            tables::sessions::proved(&mut work, session).await?;
            record(&mut work, caller, actions::SESSION_PROVED, session, shown).await?;
            work.commit().await?;
            doorstep::forget(store, &[tries], &[]).await;
            Ok(())
        }
        Judged::Wrong => {
            record(&mut work, caller, actions::PROOF_REFUSED, session, shown).await?;
            work.commit().await?;
            Err(IdentityError::WrongProof)
        }
        Judged::Cloned => {
            alerts::raise(&mut work, AlertKind::KeyCloned, caller.person, visitor.source).await?;
            work.commit().await?;
            Err(IdentityError::WrongProof)
        }
    }
}

async fn find(
    work: &mut Work,
    session: SessionId,
) -> Result<(FactorKind, crate::own::FactorId, Option<Vec<u8>>), IdentityError> {
    let found = tables::sessions::to_prove(work, session).await?;
    found.ok_or(IdentityError::NotThere("session"))
}

async fn record(
    work: &mut Work,
    caller: &Caller,
    action: Action,
    session: SessionId,
    shown: &Second,
) -> Result<(), IdentityError> {
    let entry = caller.entry(action, Subject::new("session", session));
    records::append(work, &entry.with("kind", shown.name())).await?;
    Ok(())
}
