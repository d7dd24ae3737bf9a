//! What a signed-in person does with their own factors: look, add, change,
//! remove. Two different ones always remain.

use std::time::Duration;

use base::{Id, Secret, Text, Timestamp};
use factors::{Attempt, Password, TotpSecret};
use records::{Action, Subject};
use store::{Store, Work};

use crate::caller::Caller;
use crate::credential::{self, Owner};
use crate::enrol::{LABEL_MAX, NewPasskey, TotpOffer};
use crate::error::IdentityError;
use crate::gate::{FactorKind, Gate, Visitor};
use crate::new_factor::Linked;
use crate::person::PersonId;
use crate::role::Duty;
use crate::sessions::{self, SessionId};
use crate::tables::factors::FactorRow;
use crate::throttle::{PER_DEVICE, bucket};
use crate::{actions, doorstep, people, tables};

/// How long an offer to add a factor is good.
const OFFER_MAX: Duration = Duration::from_secs(600);

/// The id of a factor.
pub type FactorId = Id<Factor>;

/// A factor as a list shows it; the secret is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Its id.
    pub id: FactorId,
    /// Whose: exactly one person's.
    pub person: PersonId,
    /// Its kind.
    pub kind: FactorKind,
    /// What the person calls it.
    pub label: Text<LABEL_MAX>,
    /// Since when.
    pub added_at: Timestamp,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
}

/// A person's factors.
///
/// # Errors
/// As the store says.
pub async fn factors(work: &mut Work, person: PersonId) -> Result<Vec<Factor>, IdentityError> {
    let rows = tables::factors::of_person(work, person).await?;
    Ok(rows.into_iter().map(|row| row.factor).collect())
}

/// Changes the caller's password, or gives them one; every other session of
/// theirs ends.
///
/// # Errors
/// [`IdentityError::ProofNeeded`]; [`IdentityError::WrongProof`] if the current
/// password is wrong.
pub async fn change_password(
    store: &Store,
    gate: &Gate,
    caller: &Caller,
    current: &Secret<String>,
    new: &Secret<String>,
) -> Result<(), IdentityError> {
    demand_proof(caller, store.clock().now())?;
    let mut across = store.across("count a try at one's own password").await?;
    let bucket = bucket("own-password", &[&caller.person.to_string()]);
    doorstep::charge(&mut across, &[(bucket.clone(), &PER_DEVICE)]).await?;
    across.commit().await?;
    let mut work = store.read(caller.body).await?;
    let login = people::active(&mut work, caller.person).await?.login;
    let rows = tables::factors::of_person(&mut work, caller.person).await?;
    drop(work);
    let owner = || Owner::new(caller.body, caller.person);
    let row = rows.into_iter().find(|row| row.factor.kind == FactorKind::Password);
    if let Some(row) = &row {
        let known = Some((owner(), row.sealed.clone()));
        match credential::check_password(gate, known, current).await? {
            Attempt::Right { .. } => {}
            Attempt::Wrong => {
                let mut work = store.begin(caller.body).await?;
                let kind = FactorKind::Password;
                record(&mut work, caller, actions::PROOF_REFUSED, kind).await?;
                work.commit().await?;
                return Err(IdentityError::WrongProof);
            }
        }
    }
    let password = Password::choose(new.reveal(), login.as_str())?;
    let random = store.random().clone();
    let sealed = credential::seal_password(gate, owner(), password, random).await?;
    let mut work = store.begin(caller.body).await?;
    match &row {
        Some(row) => tables::factors::reseal(&mut work, row.factor.id, sealed).await?,
        None => {
            let row = FactorRow::password(&work, caller.person, sealed)?;
            tables::factors::insert(&mut work, &row).await?;
        }
    }
    sessions::revoke_all(&mut work, caller, caller.person).await?;
    record(&mut work, caller, actions::FACTOR_CHANGED, FactorKind::Password).await?;
    work.commit().await?;
    doorstep::forget(store, &[bucket], &[]).await;
    Ok(())
}

/// Begins adding a factor: an app's secret and the browser's options for a
/// passkey, where there are any. Good for ten minutes, in this session only.
///
/// # Errors
/// As the store says.
pub async fn begin_adding(
    store: &Store,
    gate: &Gate,
    caller: &Caller,
) -> Result<(TotpOffer, Option<String>), IdentityError> {
    let session = demand_proof(caller, store.clock().now())?;
    let mut work = store.begin(caller.body).await?;
    let person = people::active(&mut work, caller.person).await?;
    let secret = TotpSecret::new(work.random());
    let owner = Owner::new(caller.body, caller.person);
    let sealed = owner.seal(gate, FactorKind::Totp, secret.reveal(), work.random())?;
    let challenge = credential::challenge(work.random());
    let until = work.now().plus(OFFER_MAX);
    tables::steps::set_offer(&mut work, session, &sealed, challenge.as_bytes(), until).await?;
    let rows = tables::factors::of_person(&mut work, caller.person).await?;
    work.commit().await?;
    let options = match credential::options_to_make(gate, &person, &challenge, &rows) {
        Ok(options) => Some(options),
        Err(IdentityError::NoHostName) => None,
        Err(other) => return Err(other),
    };
    Ok((TotpOffer::new(gate, &secret, &person.login)?, options))
}

/// Adds the app whose code proves that it took the secret over; an earlier app
/// ends.
///
/// # Errors
/// [`IdentityError::WrongProof`].
pub async fn add_totp(
    store: &Store,
    gate: &Gate,
    caller: &Caller,
    typed: &str,
) -> Result<(), IdentityError> {
    let session = demand_proof(caller, store.clock().now())?;
    let mut work = store.begin(caller.body).await?;
    let offer = tables::steps::offer(&mut work, session).await?;
    let (sealed, _) = offer.ok_or(IdentityError::WrongProof)?;
    let secret = Owner::new(caller.body, caller.person).open_totp(gate, &sealed)?;
    let row = FactorRow::totp(&work, caller.person, &secret, sealed, typed)?;
    for old in tables::factors::lock(&mut work, caller.person).await? {
        if old.factor.kind == FactorKind::Totp {
            tables::factors::remove(&mut work, old.factor.id).await?;
        }
    }
    add(&mut work, caller, &row).await?;
    tables::steps::forget_offer(&mut work, session).await?;
    work.commit().await?;
    Ok(())
}

/// Adds a passkey.
///
/// # Errors
/// [`IdentityError::CredentialTaken`] if it is anybody's already.
pub async fn add_passkey(
    store: &Store,
    gate: &Gate,
    caller: &Caller,
    new: &NewPasskey,
) -> Result<(), IdentityError> {
    let session = demand_proof(caller, store.clock().now())?;
    let mut work = store.begin(caller.body).await?;
    let offer = tables::steps::offer(&mut work, session).await?;
    let (_, challenge) = offer.ok_or(IdentityError::WrongProof)?;
    let row = FactorRow::passkey(&work, gate, caller.person, &challenge, new)?;
    add(&mut work, caller, &row).await?;
    tables::steps::forget_offer(&mut work, session).await?;
    work.commit().await?;
    Ok(())
}

/// Binds the client certificate that the visitor's connection proves.
///
/// # Errors
/// [`IdentityError::CredentialTaken`] if it is anybody's already.
pub async fn add_certificate(
    work: &mut Work,
    caller: &Caller,
    visitor: &Visitor,
    label: &Text<LABEL_MAX>,
) -> Result<(), IdentityError> {
    caller.demand_body(work)?;
    demand_proof(caller, work.now())?;
    let row = FactorRow::certificate(work, caller.person, visitor, label)?;
    add(work, caller, &row).await
}

/// Removes one of the caller's factors.
///
/// # Errors
/// [`IdentityError::FactorsMissing`] if two different ones would not remain.
pub async fn remove(
    work: &mut Work,
    caller: &Caller,
    factor: FactorId,
) -> Result<(), IdentityError> {
    caller.demand_body(work)?;
    demand_proof(caller, work.now())?;
    let mut rows = tables::factors::lock(work, caller.person).await?;
    let place = rows.iter().position(|row| row.factor.id == factor);
    let gone = rows.remove(place.ok_or(IdentityError::NotThere("factor"))?);
    if !is_enough(&rows) {
        return Err(IdentityError::FactorsMissing);
    }
    tables::factors::remove(work, factor).await?;
    sessions::revoke_all(work, caller, caller.person).await?;
    record(work, caller, actions::FACTOR_REMOVED, gone.factor.kind).await
}

/// Binds the caller to a name at another identity provider, which was just
/// verified. A name that was the caller's before may be theirs again.
pub(crate) async fn add_provider(
    work: &mut Work,
    caller: &Caller,
    linked: &Linked,
) -> Result<(), IdentityError> {
    caller.demand_body(work)?;
    demand_proof(caller, work.now())?;
    let row = FactorRow::provider(work, caller.person, linked)?;
    add(work, caller, &row).await
}

/// Factors are for the person at the screen, not for an interface token.
pub(crate) fn demand_session(caller: &Caller) -> Result<SessionId, IdentityError> {
    caller.session.ok_or(IdentityError::NotAllowed(Duty::Apply))
}

/// And for the one who has just shown the second of them, not for whoever came
/// by an open session.
pub(crate) fn demand_proof(caller: &Caller, now: Timestamp) -> Result<SessionId, IdentityError> {
    let session = demand_session(caller)?;
    caller.demand_fresh(now)?;
    Ok(session)
}

async fn add(work: &mut Work, caller: &Caller, row: &FactorRow) -> Result<(), IdentityError> {
    let kind = row.factor.kind;
    let rows = tables::factors::lock(work, caller.person).await?;
    let has = rows.iter().filter(|row| row.factor.kind == kind).count();
    if has >= kind.count_max() {
        return Err(IdentityError::TooManyFactors);
    }
    tables::factors::insert(work, row).await?;
    record(work, caller, actions::FACTOR_ADDED, kind).await
}

async fn record(
    work: &mut Work,
    caller: &Caller,
    action: Action,
    kind: FactorKind,
) -> Result<(), IdentityError> {
    let entry = caller.entry(action, Subject::new("person", caller.person));
    records::append(work, &entry.with("kind", kind.name())).await?;
    Ok(())
}

impl FactorKind {
    /// How many of the kind one person has at most.
    const fn count_max(self) -> usize {
        match self {
            Self::Password | Self::Totp => 1,
            Self::Provider => 2,
            Self::Certificate => 3,
            Self::Passkey => 10,
        }
    }

    /// True for kinds that may come first.
    const fn is_first(self) -> bool {
        match self {
            Self::Password | Self::Passkey | Self::Provider => true,
            Self::Totp | Self::Certificate => false,
        }
    }

    /// True for kinds that may come second.
    pub(crate) const fn is_second(self) -> bool {
        match self {
            Self::Passkey | Self::Totp | Self::Certificate => true,
            Self::Password | Self::Provider => false,
        }
    }
}

/// True where one factor may come first and another second.
pub(crate) fn is_enough(rows: &[FactorRow]) -> bool {
    rows.iter().any(|first| {
        let other = |second: &FactorRow| {
            second.factor.id != first.factor.id && second.factor.kind.is_second()
        };
        first.factor.kind.is_first() && rows.iter().any(other)
    })
}
