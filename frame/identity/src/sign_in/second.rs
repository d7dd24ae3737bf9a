//! The second step. Each try is counted before it is looked at; a right one
//! opens the session and serves once.

use base::{Secret, Timestamp};
use factors::webauthn::{AuthenticationResponse, UserVerification};
use factors::{Code, Step, Token};
use store::{Across, Store, Work};

use super::arrive::{self, Arrival};
use super::first::{self, is_familiar, is_passkey, record_refusal};
use super::{Second, SignedIn, TRIES_MAX};
use crate::alerts::{self, AlertKind};
use crate::credential::{self, Owner, Shown};
use crate::doorstep;
use crate::error::{IdentityError, SignInError};
use crate::gate::{FactorKind, Gate, Visitor};
use crate::own::FactorId;
use crate::person::PersonState;
use crate::tables::codes::Purpose;
use crate::tables::factors::FactorRow;
use crate::tables::steps::StepRow;
use crate::throttle::{PER_DEVICE, PER_LOGIN_AND_PLACE, PER_PERSON_UNKNOWN, bucket, place};
use crate::{sessions, tables};

/// What a true second proof was.
pub(crate) enum Proof {
    /// A factor of the person's.
    Factor(FactorKind, FactorId),
    /// A lost-factor code, its permit and its end.
    Code(String, Timestamp),
}

/// What a second proof came to.
pub(crate) enum Judged {
    Right(Proof),
    Wrong,
    Cloned,
}

/// The second step: opens the session.
///
/// # Errors
/// [`SignInError::Refused`], [`SignInError::TooLate`], [`SignInError::Wait`].
pub async fn second(
    store: &Store,
    gate: &Gate,
    visitor: &Visitor,
    halfway: &str,
    shown: &Second,
) -> Result<SignedIn, SignInError> {
    let token = Token::parse(halfway).map_err(|_| SignInError::TooLate)?;
    let mut across = store.across("count a second step").await?;
    let found = tables::steps::try_once(&mut across, token.hashed()).await?;
    let (body, step) = found.ok_or(SignInError::TooLate)?;
    let is_familiar = is_familiar(&mut across, visitor, body, step.person).await?;
    let charged = charge(&mut across, visitor, &step, shown, is_familiar).await;
    if charged.is_ok() {
        across.commit().await?;
    } else {
        drop(across);
        first::tell_wait(store, visitor, Some((body, step.person)), "second").await?;
    }
    let unknown = charged?;

    let mut work = store.begin(body).await?;
    let now = work.now();
    let is_open = step.tries <= TRIES_MAX && step.made_at <= now && now < step.until;
    if !is_open || step.source != place(visitor.source).to_string() {
        tables::steps::end(&mut work, step.id).await?;
        work.commit().await?;
        return Err(SignInError::TooLate);
    }
    let person = tables::people::lock(&mut work, step.person).await?;
    let person = person.filter(|person| person.state == PersonState::Active);
    let person = person.ok_or(SignInError::Refused)?;
    match judge(&mut work, gate, visitor, &step, shown).await? {
        Judged::Right(proof) => {
            if !tables::steps::end(&mut work, step.id).await? {
                return Err(SignInError::TooLate);
            }
            let mut own = first::own_buckets(visitor, person.login.as_str());
            own.extend(own_buckets(visitor, &step));
            let shared = shared_buckets(visitor, &step, shown, is_familiar);
            let arrival = Arrival { person, step, proof, is_familiar };
            let signed_in = arrive::open(work, visitor, arrival).await?;
            doorstep::forget(store, &own, &shared).await;
            sessions::end_replaced(store, visitor).await;
            Ok(signed_in)
        }
        Judged::Wrong => {
            let kind = shown.name();
            record_refusal(&mut work, visitor, Some(person.id), "second", kind).await?;
            if unknown.is_some_and(|count| count >= PER_PERSON_UNKNOWN.free) {
                alerts::raise(&mut work, AlertKind::PasswordKnown, person.id, visitor.source)
                    .await?;
            }
            work.commit().await?;
            Err(SignInError::Refused)
        }
        Judged::Cloned => {
            alerts::raise(&mut work, AlertKind::KeyCloned, person.id, visitor.source).await?;
            work.commit().await?;
            Err(SignInError::Refused)
        }
    }
}

impl Second {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Totp(_) => "totp",
            Self::Passkey(_) => "passkey",
            Self::Certificate => "certificate",
            Self::Code(_) => "code",
        }
    }

    /// True where the proof is short enough to be guessed.
    pub(crate) const fn is_guessable(&self) -> bool {
        match self {
            Self::Totp(_) | Self::Code(_) => true,
            Self::Passkey(_) | Self::Certificate => false,
        }
    }
}

/// Counts a try that could be a guess; returns the count over all unknown
/// devices where it is one of those.
async fn charge(
    across: &mut Across,
    visitor: &Visitor,
    step: &StepRow,
    shown: &Second,
    is_familiar: bool,
) -> Result<Option<u32>, SignInError> {
    if !shown.is_guessable() {
        return Ok(None);
    }
    let person = step.person.to_string();
    let device = visitor.device_token().filter(|_| is_familiar);
    if let Some(device) = device {
        let device = device.hashed().to_string();
        let charge = (bucket("second-device", &[&person, &device]), &PER_DEVICE);
        doorstep::charge(across, &[charge]).await?;
        return Ok(None);
    }
    let place = place(visitor.source).to_string();
    let charges = [
        (bucket("second-unknown", &[&person]), &PER_PERSON_UNKNOWN),
        (bucket("second-place", &[&person, &place]), &PER_LOGIN_AND_PLACE),
    ];
    Ok(doorstep::charge(across, &charges).await?.first().copied())
}

/// The buckets that are not the person's alone and that both steps counted in:
/// whoever was right gives these tries back.
fn shared_buckets(
    visitor: &Visitor,
    step: &StepRow,
    shown: &Second,
    is_familiar: bool,
) -> Vec<String> {
    let mut shared = Vec::new();
    if step.first == FactorKind::Password && !is_familiar {
        shared.push(first::shared_bucket(visitor));
    }
    if shown.is_guessable() && !is_familiar {
        shared.push(bucket("second-unknown", &[&step.person.to_string()]));
    }
    shared
}

/// The buckets of the second step that a sign-in empties.
fn own_buckets(visitor: &Visitor, step: &StepRow) -> Vec<String> {
    let (person, place) = (step.person.to_string(), place(visitor.source).to_string());
    let mut own = vec![bucket("second-place", &[&person, &place])];
    if let Some(device) = visitor.device_token() {
        own.push(bucket("second-device", &[&person, &device.hashed().to_string()]));
    }
    own
}

/// Looks at a second proof of the person whose first factor stands in the step.
pub(crate) async fn judge(
    work: &mut Work,
    gate: &Gate,
    visitor: &Visitor,
    step: &StepRow,
    shown: &Second,
) -> Result<Judged, IdentityError> {
    let rows = tables::factors::lock(work, step.person).await?;
    // The first factor was removed since: nothing rests on it.
    if !rows.iter().any(|row| row.factor.id == step.factor) {
        return Ok(Judged::Wrong);
    }
    let is_other = |row: &FactorRow| row.factor.id != step.factor && row.factor.kind.is_second();
    let others: Vec<FactorRow> = rows.into_iter().filter(is_other).collect();
    match shown {
        Second::Totp(typed) => totp(work, gate, step, &others, typed).await,
        Second::Passkey(answer) => passkey(work, gate, step, &others, answer).await,
        Second::Certificate => certificate(work, visitor, &others).await,
        Second::Code(typed) => code(work, step, typed).await,
    }
}

async fn totp(
    work: &mut Work,
    gate: &Gate,
    step: &StepRow,
    others: &[FactorRow],
    typed: &Secret<String>,
) -> Result<Judged, IdentityError> {
    let Some(row) = others.iter().find(|row| row.factor.kind == FactorKind::Totp) else {
        return Ok(Judged::Wrong);
    };
    let secret = Owner::new(work.body(), step.person).open_totp(gate, &row.sealed)?;
    match secret.check(typed.reveal(), work.now(), row.last_step.map(Step)) {
        Ok(used) => {
            tables::factors::used(work, row.factor.id, Some(used.0), None).await?;
            Ok(Judged::Right(Proof::Factor(FactorKind::Totp, row.factor.id)))
        }
        Err(_) => Ok(Judged::Wrong),
    }
}

async fn passkey(
    work: &mut Work,
    gate: &Gate,
    step: &StepRow,
    others: &[FactorRow],
    answer: &str,
) -> Result<Judged, IdentityError> {
    let Ok(answer) = AuthenticationResponse::parse(answer.as_bytes()) else {
        return Ok(Judged::Wrong);
    };
    let handle = answer.credential_id().to_string();
    let row = others.iter().find(|row| is_passkey(row, &handle));
    let (Some(row), Some(challenge)) = (row, &step.challenge) else { return Ok(Judged::Wrong) };
    let owner = Owner::new(work.body(), step.person);
    let verification = UserVerification::Preferred;
    let checked = credential::check_passkey(
        gate,
        &owner,
        row,
        challenge,
        verification,
        &answer,
        work.random(),
    )?;
    match checked {
        Shown::Right(sealed) => {
            tables::factors::used(work, row.factor.id, None, Some(sealed)).await?;
            Ok(Judged::Right(Proof::Factor(FactorKind::Passkey, row.factor.id)))
        }
        Shown::Wrong => Ok(Judged::Wrong),
        Shown::Cloned => Ok(Judged::Cloned),
    }
}

async fn certificate(
    work: &mut Work,
    visitor: &Visitor,
    others: &[FactorRow],
) -> Result<Judged, IdentityError> {
    let Some(shown) = &visitor.certificate else { return Ok(Judged::Wrong) };
    let is_it =
        |row: &&FactorRow| row.factor.kind == FactorKind::Certificate && row.handle == *shown;
    let Some(row) = others.iter().find(is_it) else { return Ok(Judged::Wrong) };
    tables::factors::used(work, row.factor.id, None, None).await?;
    Ok(Judged::Right(Proof::Factor(FactorKind::Certificate, row.factor.id)))
}

async fn code(
    work: &mut Work,
    step: &StepRow,
    typed: &Secret<String>,
) -> Result<Judged, IdentityError> {
    let Ok(typed) = Code::parse(typed.reveal()) else { return Ok(Judged::Wrong) };
    let found = tables::codes::of_person(work, step.person, typed.hashed()).await?;
    let found =
        found.filter(|code| code.purpose == Purpose::LostFactor && code.is_open(work.now()));
    let Some(code) = found else { return Ok(Judged::Wrong) };
    let Some(permit) = code.permit else { return Ok(Judged::Wrong) };
    if tables::codes::spend(work, code.id).await? {
        Ok(Judged::Right(Proof::Code(permit, code.until)))
    } else {
        Ok(Judged::Wrong)
    }
}
