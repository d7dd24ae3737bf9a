//! The first step. Counts the try, then looks; does as much for a login that
//! nobody has as for one that somebody has.

use base::{BodyId, Secret};
use factors::webauthn::{AuthenticationResponse, UserVerification};
use factors::{Attempt, Password, Token};
use records::{Actor, Entry, Origin, Subject};
use store::{Across, Store, Work};

use super::{First, HALFWAY_MAX, Halfway};
use crate::actions::SIGN_IN_REFUSED;
use crate::alerts::{self, AlertKind};
use crate::credential::{self, Owner, Shown};
use crate::doorstep::{self, Charge};
use crate::error::{IdentityError, SignInError};
use crate::gate::{FactorKind, Gate, Visitor};
use crate::own::FactorId;
use crate::person::{Login, PersonId, PersonState};
use crate::provider::Vouched;
use crate::tables;
use crate::tables::factors::{FactorRow, Known};
use crate::tables::steps::StepRow;
use crate::throttle::{
    COUNT_ONLY, GUESSES_TOLD, PER_DEVICE, PER_LOGIN_AND_PLACE, PER_PLACE, TOLD, bucket, place,
};

/// Options for the browser to sign in with a passkey first, and the token that
/// goes back with the answer.
///
/// # Errors
/// [`IdentityError::NoHostName`] where there are no passkeys.
pub async fn passkey_challenge(store: &Store, gate: &Gate) -> Result<(Token, String), SignInError> {
    let mut across = store.across("keep a challenge before anybody is known").await?;
    let challenge = credential::challenge(across.random());
    let options = credential::options_to_show(gate, &challenge, &[], UserVerification::Required)?;
    let token = Token::new(across.random());
    let until = across.now().plus(HALFWAY_MAX);
    tables::steps::insert_challenge(&mut across, token.hashed(), challenge.as_bytes(), until)
        .await?;
    across.commit().await?;
    Ok((token, options))
}

/// The first step.
///
/// # Errors
/// [`SignInError::Refused`] without saying what was wrong;
/// [`SignInError::Wait`] after too many tries from there.
pub async fn first(
    store: &Store,
    gate: &Gate,
    visitor: &Visitor,
    shown: &First,
) -> Result<Halfway, SignInError> {
    match shown {
        First::Password { login, password } => {
            by_password(store, gate, visitor, login, password).await
        }
        First::Passkey { challenge, answer } => {
            by_passkey(store, gate, visitor, challenge, answer).await
        }
        First::Provider(vouched) => by_provider(store, gate, visitor, vouched).await,
    }
}

/// No login is spelt so.
const NO_LOGIN: &str = "-";

async fn by_password(
    store: &Store,
    gate: &Gate,
    visitor: &Visitor,
    login: &str,
    typed: &Secret<String>,
) -> Result<Halfway, SignInError> {
    let login = Login::parse(login);
    let login = login.as_ref().map_or(NO_LOGIN, Login::as_str);
    let mut across = store.across("find who a login is").await?;
    let known = tables::factors::by_login(&mut across, login).await?;
    let body = known.as_ref().map_or_else(|| across.new_id(), |known| known.body);
    let person = known.as_ref().map_or_else(|| across.new_id(), |known| known.person);
    let is_familiar = is_familiar(&mut across, visitor, body, person).await?;
    let charges = password_charges(visitor, login, is_familiar);
    let charged = doorstep::charge(&mut across, &charges).await;
    if charged.is_ok() {
        across.commit().await?;
    } else {
        drop(across);
        let known = known.as_ref().map(|known| (known.body, known.person));
        tell_wait(store, visitor, known, "first").await?;
    }
    let guesses = charged?.first().copied().unwrap_or(0);
    let known = known.filter(|known| known.state == PersonState::Active);
    let sealed = known.as_ref().and_then(|known| {
        let (_, sealed) = known.password.as_ref()?;
        Some((Owner::new(known.body, known.person), sealed.clone()))
    });
    let attempt = credential::check_password(gate, sealed, typed).await?;
    match (attempt, &known) {
        (Attempt::Right { is_outdated }, Some(Known { body, person, password, .. })) => {
            let factor = password.as_ref().map(|(id, _)| *id).ok_or(SignInError::Refused)?;
            let new = if is_outdated {
                renewed(store, gate, Owner::new(*body, *person), login, typed).await
            } else {
                None
            };
            let mut work = store.begin(*body).await?;
            if let Some(sealed) = new {
                tables::factors::reseal(&mut work, factor, sealed).await?;
            }
            halfway(work, gate, visitor, *person, (FactorKind::Password, factor)).await
        }
        (Attempt::Right { .. } | Attempt::Wrong, _) => {
            let known = known.map(|known| (known.body, known.person));
            refuse(store, visitor, known, FactorKind::Password, guesses).await
        }
    }
}

/// The same password under today's cost; nothing where it may not be used any
/// more, which its owner is told at the next change.
async fn renewed(
    store: &Store,
    gate: &Gate,
    owner: Owner,
    login: &str,
    typed: &Secret<String>,
) -> Option<Vec<u8>> {
    let password = Password::choose(typed.reveal(), login).ok()?;
    credential::seal_password(gate, owner, password, store.random().clone()).await.ok()
}

fn password_charges(visitor: &Visitor, login: &str, is_familiar: bool) -> Vec<Charge> {
    let place = place(visitor.source).to_string();
    let mut charges = vec![(bucket("guess", &[login]), &COUNT_ONLY)];
    match visitor.device_token().filter(|_| is_familiar) {
        Some(device) => {
            let device = device.hashed().to_string();
            charges.push((bucket("device", &[&device, login]), &PER_DEVICE));
        }
        None => {
            charges.push((bucket("login", &[login, &place]), &PER_LOGIN_AND_PLACE));
            charges.push((shared_bucket(visitor), &PER_PLACE));
        }
    }
    charges
}

/// The buckets that a sign-in empties: the person's own, nobody else's.
pub(super) fn own_buckets(visitor: &Visitor, login: &str) -> Vec<String> {
    let place = place(visitor.source).to_string();
    let mut own = vec![bucket("guess", &[login]), bucket("login", &[login, &place])];
    if let Some(device) = visitor.device_token() {
        own.push(bucket("device", &[&device.hashed().to_string(), login]));
    }
    own
}

/// The bucket of the first step that others share; a sign-in gives its try back.
pub(super) fn shared_bucket(visitor: &Visitor) -> String {
    bucket("place", &[&place(visitor.source).to_string()])
}

pub(super) async fn is_familiar(
    across: &mut Across,
    visitor: &Visitor,
    body: BodyId,
    person: PersonId,
) -> Result<bool, IdentityError> {
    let Some(device) = visitor.device_token() else { return Ok(false) };
    tables::sessions::is_device_known(across, body, person, device.hashed()).await
}

async fn by_passkey(
    store: &Store,
    gate: &Gate,
    visitor: &Visitor,
    challenge: &str,
    answer: &str,
) -> Result<Halfway, SignInError> {
    let mut across = store.across("find whose passkey it is").await?;
    let token = Token::parse(challenge).map_err(|_| SignInError::Refused)?;
    let challenge = tables::steps::take_challenge(&mut across, token.hashed()).await?;
    let answer = AuthenticationResponse::parse(answer.as_bytes()).ok();
    let found = match &answer {
        Some(answer) => {
            let handle = answer.credential_id().to_string();
            tables::factors::by_handle(&mut across, FactorKind::Passkey, &handle).await?
        }
        None => None,
    };
    across.commit().await?;
    let (Some(challenge), Some(answer), Some((body, person, PersonState::Active))) =
        (challenge, answer, found)
    else {
        return refuse(store, visitor, None, FactorKind::Passkey, 0).await;
    };
    let mut work = store.begin(body).await?;
    let rows = tables::factors::lock(&mut work, person).await?;
    let handle = answer.credential_id().to_string();
    let row = rows.iter().find(|row| is_passkey(row, &handle)).ok_or(SignInError::Refused)?;
    let owner = Owner::new(body, person);
    let verification = UserVerification::Required;
    let checked = credential::check_passkey(
        gate,
        &owner,
        row,
        &challenge,
        verification,
        &answer,
        work.random(),
    )?;
    match checked {
        Shown::Right(sealed) => {
            tables::factors::used(&mut work, row.factor.id, None, Some(sealed)).await?;
            halfway(work, gate, visitor, person, (FactorKind::Passkey, row.factor.id)).await
        }
        Shown::Wrong => {
            drop(work);
            refuse(store, visitor, Some((body, person)), FactorKind::Passkey, 0).await
        }
        Shown::Cloned => {
            alerts::raise(&mut work, AlertKind::KeyCloned, person, visitor.source).await?;
            work.commit().await?;
            refuse(store, visitor, Some((body, person)), FactorKind::Passkey, 0).await
        }
    }
}

pub(super) fn is_passkey(row: &FactorRow, handle: &str) -> bool {
    row.factor.kind == FactorKind::Passkey && row.handle == handle
}

async fn by_provider(
    store: &Store,
    gate: &Gate,
    visitor: &Visitor,
    Vouched { handle }: &Vouched,
) -> Result<Halfway, SignInError> {
    let mut across = store.across("find whom a provider vouches for").await?;
    let found = tables::factors::by_handle(&mut across, FactorKind::Provider, handle).await?;
    across.commit().await?;
    let Some((body, person, PersonState::Active)) = found else {
        return refuse(store, visitor, None, FactorKind::Provider, 0).await;
    };
    let mut work = store.begin(body).await?;
    let rows = tables::factors::of_person(&mut work, person).await?;
    let row = rows.iter().find(|row| row.handle == *handle).ok_or(SignInError::Refused)?;
    halfway(work, gate, visitor, person, (FactorKind::Provider, row.factor.id)).await
}

/// Keeps the first step and says what may come second.
async fn halfway(
    mut work: Work,
    gate: &Gate,
    visitor: &Visitor,
    person: PersonId,
    (first, factor): (FactorKind, FactorId),
) -> Result<Halfway, SignInError> {
    let rows = tables::factors::of_person(&mut work, person).await?;
    let others: Vec<FactorRow> = rows
        .into_iter()
        .filter(|row| row.factor.id != factor && row.factor.kind.is_second())
        .collect();
    let mut choices: Vec<FactorKind> = others.iter().map(|row| row.factor.kind).collect();
    choices.sort();
    choices.dedup();
    let has_passkey = choices.contains(&FactorKind::Passkey);
    let challenge = has_passkey.then(|| credential::challenge(work.random()));
    let passkey = challenge
        .as_deref()
        .map(|challenge| {
            credential::options_to_show(gate, challenge, &others, UserVerification::Preferred)
        })
        .transpose()?;
    let token = Token::new(work.random());
    let (made_at, until) = (work.now(), work.now().plus(HALFWAY_MAX));
    let step = StepRow {
        id: work.new_id(),
        person,
        source: place(visitor.source).to_string(),
        first,
        factor,
        challenge: challenge.map(String::into_bytes),
        tries: 0,
        made_at,
        until,
    };
    tables::steps::insert(&mut work, &step, token.hashed()).await?;
    work.commit().await?;
    Ok(Halfway { token, choices, passkey, until })
}

/// Records a refusal: with the person's body, or with the first body where
/// nobody is known; never what was typed.
async fn refuse(
    store: &Store,
    visitor: &Visitor,
    known: Option<(BodyId, PersonId)>,
    kind: FactorKind,
    guesses: u32,
) -> Result<Halfway, SignInError> {
    let mut across = store.across("record a refused sign-in").await?;
    let home = tables::bodies::home(&mut across).await?;
    let Some(body) = known.map(|(body, _)| body).or(home) else {
        return Err(SignInError::Refused);
    };
    let mut work = across.within(body).await?;
    let person = known.map(|(_, person)| person);
    record_refusal(&mut work, visitor, person, "first", kind.name()).await?;
    if let Some(person) = person.filter(|_| guesses == GUESSES_TOLD) {
        alerts::raise(&mut work, AlertKind::Guessing, person, visitor.source).await?;
    }
    work.commit().await?;
    Err(SignInError::Refused)
}

/// Writes down that tries for somebody were made to wait: once for each place
/// and quarter of an hour, however many there are.
pub(super) async fn tell_wait(
    store: &Store,
    visitor: &Visitor,
    known: Option<(BodyId, PersonId)>,
    step: &'static str,
) -> Result<(), IdentityError> {
    let Some((body, person)) = known else { return Ok(()) };
    let place = place(visitor.source).to_string();
    let told = (bucket("wait-told", &[&person.to_string(), &place, step]), &TOLD);
    let mut across = store.across("has a wait been told already").await?;
    match doorstep::charge(&mut across, &[told]).await {
        Ok(_) => across.commit().await?,
        Err(IdentityError::Wait { .. }) => return Ok(()),
        Err(other) => return Err(other),
    }
    let mut work = store.begin(body).await?;
    record_refusal(&mut work, visitor, Some(person), step, "wait").await?;
    work.commit().await?;
    Ok(())
}

pub(crate) async fn record_refusal(
    work: &mut Work,
    visitor: &Visitor,
    person: Option<PersonId>,
    step: &'static str,
    kind: &'static str,
) -> Result<(), IdentityError> {
    let subject = match person {
        Some(person) => Subject::new("person", person),
        None => Subject::new("login", "unknown"),
    };
    let origin = Origin::Address(visitor.source);
    let entry = Entry::new(Actor::Nobody, SIGN_IN_REFUSED, subject, origin)
        .with("step", step)
        .with("kind", kind);
    records::append(work, &entry).await?;
    Ok(())
}
