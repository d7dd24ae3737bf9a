//! Using: what is in force now. Whoever carries something out asks here every
//! time; a [`Grant`] is the only answer that lets it go on.

use base::Secret;
use identity::{Caller, Duty, PersonId};
use records::{Entry, Origin};
use store::Work;

use crate::error::PermitError;
use crate::ground::is_grounded;
use crate::kind::{API_TOKEN, DEPUTY, EXCEPTION};
use crate::life::State;
use crate::mechanism::Issuer;
use crate::permit::{Permit, PermitId};
use crate::service::{By, ISSUED, Permits};
use crate::tables;
use crate::tokens::Presented;

/// A permit that was in force a moment ago. Only [`Permits::in_force`] and its
/// sisters make one; a function that needs a permit takes a `&Grant`.
#[derive(Clone, Debug)]
pub struct Grant(Permit);

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask<'a> {
    /// The kind of permit that it needs.
    pub kind: &'a str,
    /// Who wants to; nobody for a permit of the body as a whole.
    pub person: Option<PersonId>,
    /// The value of the kind's key field, if it is about one.
    pub key: Option<&'a str>,
    /// Values that the scope has to hold: `(field, value)`.
    pub covers: &'a [(&'a str, &'a str)],
}

/// Permits of one kind that one person can have in force at once and that are
/// looked at.
const CANDIDATES_MAX: u32 = 500;

/// Permits of one kind that a mechanism carries out together.
const TOGETHER_MAX: u32 = 10_000;

/// The best of several permits that the ledger grants.
async fn grounded<Rank: Ord>(
    work: &mut Work,
    permits: impl Iterator<Item = Permit>,
    rank: impl Fn(&Permit) -> Rank,
) -> Result<Option<Grant>, PermitError> {
    let mut all: Vec<Permit> = permits.collect();
    all.sort_by_key(|permit| std::cmp::Reverse(rank(permit)));
    for permit in all {
        if is_grounded(work, &permit).await? {
            return Ok(Some(Grant(permit)));
        }
    }
    Ok(None)
}

impl Grant {
    /// The permit.
    #[must_use]
    pub const fn permit(&self) -> &Permit {
        &self.0
    }
}

impl Permits {
    /// The permit that allows something now, if there is one; of several, the
    /// one that lasts longest. Compares the clock itself: a late job lengthens
    /// nothing.
    ///
    /// # Errors
    /// As the store says.
    pub async fn in_force(
        &self,
        work: &mut Work,
        ask: &Ask<'_>,
    ) -> Result<Option<Grant>, PermitError> {
        let now = self.look(work).await?;
        let found = tables::active(work, ask.kind, ask.person, ask.key, CANDIDATES_MAX).await?;
        let fit = found
            .into_iter()
            .filter(|permit| permit.is_in_force(now) && permit.scope.covers(ask.covers));
        grounded(work, fit, Permit::until).await
    }

    /// As [`Permits::in_force`], for whoever cannot go on without.
    ///
    /// # Errors
    /// [`PermitError::NotInForce`].
    pub async fn demand(&self, work: &mut Work, ask: &Ask<'_>) -> Result<Grant, PermitError> {
        self.in_force(work, ask).await?.ok_or(PermitError::NotInForce)
    }

    /// One permit, if it is in force now: for whatever was opened by it and
    /// knows its id.
    ///
    /// # Errors
    /// As the store says.
    pub async fn grant(&self, work: &mut Work, id: PermitId) -> Result<Option<Grant>, PermitError> {
        let now = self.look(work).await?;
        let Some(permit) = tables::find(work, id).await? else { return Ok(None) };
        let is_there = permit.is_in_force(now) && is_grounded(work, &permit).await?;
        Ok(is_there.then_some(Grant(permit)))
    }

    /// All permits of a kind that are in force now, whoever gains: for a
    /// mechanism that carries out what all of them together allow.
    ///
    /// # Errors
    /// As the store says.
    pub async fn all_in_force(
        &self,
        work: &mut Work,
        kind: &str,
    ) -> Result<Vec<Grant>, PermitError> {
        let now = self.look(work).await?;
        let found = tables::active(work, kind, None, None, TOGETHER_MAX).await?;
        let mut all = Vec::new();
        for permit in found.into_iter().filter(|permit| permit.is_in_force(now)) {
            if is_grounded(work, &permit).await? {
                all.push(Grant(permit));
            }
        }
        Ok(all)
    }

    /// Permits of a kind that wait for another person, whoever looks: for a list
    /// of what they are about, not of the permits.
    ///
    /// # Errors
    /// As the store says.
    pub async fn undecided(&self, work: &mut Work, kind: &str) -> Result<Vec<Permit>, PermitError> {
        let mut found = tables::undecided(work, kind, None, TOGETHER_MAX).await?;
        found.retain(|permit| permit.state == State::Applied || permit.waits_for_confirmation());
        Ok(found)
    }

    /// Records that something was done on a permit, in the work that does it.
    /// The permit is read again and held: one that was taken away meanwhile
    /// stops the work.
    ///
    /// # Errors
    /// [`PermitError::NotInForce`].
    pub async fn used(
        &self,
        work: &mut Work,
        grant: &Grant,
        entry: Entry,
    ) -> Result<(), PermitError> {
        let now = self.now(work).await?;
        let (mut permit, kind) = self.load(work, grant.0.id).await?;
        if !permit.is_in_force(now) || !is_grounded(work, &permit).await? {
            return Err(PermitError::NotInForce);
        }
        permit.used_at = Some(now);
        tables::update(work, permit.version, &permit, &kind).await?;
        records::append(work, &entry.on_permit(permit.id)).await?;
        Ok(())
    }

    /// The exception in force for a limit, with its value; of several, the
    /// largest value.
    ///
    /// # Errors
    /// As the store says.
    pub async fn exception(
        &self,
        work: &mut Work,
        limit: &str,
    ) -> Result<Option<(Grant, i64)>, PermitError> {
        let now = self.look(work).await?;
        let key = Some(limit);
        let found = tables::active(work, EXCEPTION.name, None, key, CANDIDATES_MAX).await?;
        let value = |permit: &Permit| permit.scope.number("value");
        let valued =
            found.into_iter().filter(|permit| permit.is_in_force(now) && value(permit).is_some());
        let best = grounded(work, valued, |permit| (value(permit), permit.until())).await?;
        Ok(best.and_then(|grant| value(grant.permit()).map(|value| (grant, value))))
    }

    /// The caller in another's stead (代行), with that person's duties instead
    /// of their own; every entry then names both.
    ///
    /// # Errors
    /// [`PermitError::NotDeputy`] without a deputy permit in force.
    pub async fn act_for(
        &self,
        work: &mut Work,
        caller: &Caller,
        holder: PersonId,
    ) -> Result<Caller, PermitError> {
        caller.demand_body(work)?;
        if caller.acting_for.is_some() {
            return Err(PermitError::NotDeputy);
        }
        let key = holder.to_string();
        let ask =
            Ask { kind: DEPUTY.name, person: Some(caller.person), key: Some(&key), covers: &[] };
        let grant = self.in_force(work, &ask).await?.ok_or(PermitError::NotDeputy)?;
        Ok(caller.acting(work, holder, &grant.0.id.to_string()).await?)
    }

    /// The people in whose stead the caller may act now.
    ///
    /// # Errors
    /// As the store says.
    pub async fn may_act_for(
        &self,
        work: &mut Work,
        caller: &Caller,
    ) -> Result<Vec<PersonId>, PermitError> {
        let now = self.look(work).await?;
        let person = Some(caller.person);
        let found = tables::active(work, DEPUTY.name, person, None, CANDIDATES_MAX).await?;
        let mut holders: Vec<PersonId> = found
            .iter()
            .filter(|permit| permit.is_in_force(now))
            .filter_map(|permit| PersonId::parse(permit.scope.text("holder")?).ok())
            .collect();
        holders.sort();
        holders.dedup();
        Ok(holders)
    }

    /// Hands over the secret that opens the ability, once: a lost-factor code to
    /// an approver, a program's token to its applicant.
    ///
    /// # Errors
    /// [`PermitError::NothingToIssue`] the second time, or if there is none;
    /// [`PermitError::NotInForce`] before the start and after the end.
    pub async fn issue(
        &self,
        work: &mut Work,
        caller: &Caller,
        id: PermitId,
    ) -> Result<Secret<String>, PermitError> {
        let now = self.enter(work, caller).await?;
        let (mut permit, kind) = self.load(work, id).await?;
        let mechanism = self.mechanism_of(&kind)?;
        match mechanism.issuer() {
            Issuer::Nobody => return Err(PermitError::NothingToIssue),
            Issuer::Approver => {
                self.admit(work, caller, &permit, &kind).await?;
            }
            Issuer::Beneficiary => {
                crate::apply::demand_factors(caller, 2)?;
                let is_own =
                    permit.beneficiary == Some(caller.person) && caller.acting_for.is_none();
                if !is_own {
                    return Err(PermitError::NotYours);
                }
            }
        }
        // Whoever comes by an open session is not handed what opens more.
        caller.demand_fresh(now)?;
        if !permit.is_in_force(now) || !is_grounded(work, &permit).await? {
            return Err(PermitError::NotInForce);
        }
        if permit.issued_at.is_some() {
            return Err(PermitError::NothingToIssue);
        }
        permit.issued_at = Some(now);
        tables::update(work, permit.version, &permit, &kind).await?;
        let secret = mechanism.issue(work, &permit).await?;
        records::append(work, &self.entry(By::Caller(caller), ISSUED, &permit)).await?;
        Ok(secret)
    }

    /// The caller whom a program's token lets in, with the permit it rests on.
    /// Of the applicant's duties those count that the scopes name.
    ///
    /// # Errors
    /// [`PermitError::NotInForce`] for any token that opens nothing.
    pub async fn by_token(
        &self,
        work: &mut Work,
        presented: &Presented,
        origin: Origin,
    ) -> Result<(Caller, Grant), PermitError> {
        let now = self.look(work).await?;
        let id: PermitId = presented.permit(work).await?.ok_or(PermitError::NotInForce)?;
        let permit = tables::find(work, id).await?.ok_or(PermitError::NotInForce)?;
        let person = permit.beneficiary.ok_or(PermitError::NotInForce)?;
        let is_token = permit.kind == API_TOKEN.name && permit.is_in_force(now);
        if !is_token || !is_grounded(work, &permit).await? {
            return Err(PermitError::NotInForce);
        }
        let scopes = permit.scope.list("scopes");
        let duties: Vec<Duty> = scopes.iter().filter_map(|scope| Duty::parse(scope)).collect();
        let caller = Caller::by_token(work, person, &id.to_string(), &duties, origin).await?;
        Ok((caller, Grant(permit)))
    }
}
