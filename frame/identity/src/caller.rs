//! Who is calling: what every service is handed instead of a request. Only
//! this crate makes one: from a session with two factors, or from an interface
//! token's permit.

use std::time::Duration;

use base::{BodyId, Timestamp};
use records::{Action, Actor, Entry, Origin, Subject};
use store::Work;

use crate::error::IdentityError;
use crate::person::{PersonId, SectionId};
use crate::role::{Duties, Duty};
use crate::sessions::SessionId;
use crate::{people, roles};

/// How long a second factor counts as just shown: five minutes.
pub const FRESH_MAX: Duration = Duration::from_secs(300);

/// A person at work. Other crates read it and cannot make one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Caller {
    /// Who.
    pub person: PersonId,
    /// In which body.
    pub body: BodyId,
    /// Their name, for the screen.
    pub name: String,
    /// What they may do now, and where.
    pub duties: Duties,
    /// Their own section first, then the sections their roles name.
    pub sections: Vec<SectionId>,
    /// The session; none for an interface token.
    pub session: Option<SessionId>,
    /// The permit that lets them in: of an interface token, or of a lost-factor
    /// code.
    pub permit: Option<String>,
    /// From where.
    pub origin: Origin,
    /// When the session's second factor was shown last; never for a token.
    pub proved_at: Option<Timestamp>,
    /// How many factors were shown: 2 in a session, 0 with a token.
    pub factors: u8,
    /// Whose work they do (代行); the duties are then that person's.
    pub acting_for: Option<PersonId>,
}

impl Caller {
    /// The caller that an interface token's permit lets in: the person's own
    /// duties, as they are today, cut down to those of the token. The permit
    /// was checked before.
    ///
    /// # Errors
    /// If the person is not active in this body.
    pub async fn by_token(
        work: &mut Work,
        person: PersonId,
        permit: &str,
        only: &[Duty],
        origin: Origin,
    ) -> Result<Self, IdentityError> {
        let mut caller = Self::of(work, person, origin).await?;
        caller.duties = caller.duties.only(only);
        caller.permit = Some(permit.to_owned());
        Ok(caller)
    }

    /// This program, doing in a person's name what something that they asked
    /// for needs. It shows no factors, so it decides nothing.
    ///
    /// # Errors
    /// If the person is not active in this body.
    pub async fn by_program(work: &mut Work, person: PersonId) -> Result<Self, IdentityError> {
        Self::of(work, person, Origin::Job).await
    }

    /// True for [`Caller::by_program`].
    #[must_use]
    pub fn is_program_itself(&self) -> bool {
        self.session.is_none() && self.permit.is_none() && self.origin == Origin::Job
    }

    /// The same person in another's stead: with that person's duties, and
    /// without their own. The deputy's permit was checked before.
    ///
    /// # Errors
    /// For oneself, or a person who is not in this body.
    pub async fn acting(
        &self,
        work: &mut Work,
        absent: PersonId,
        permit: &str,
    ) -> Result<Self, IdentityError> {
        if absent == self.person {
            return Err(IdentityError::Oneself);
        }
        let other = Self::of(work, absent, self.origin.clone()).await?;
        Ok(Self {
            duties: other.duties,
            sections: other.sections,
            acting_for: Some(absent),
            permit: Some(permit.to_owned()),
            ..self.clone()
        })
    }

    pub(crate) async fn of(
        work: &mut Work,
        person: PersonId,
        origin: Origin,
    ) -> Result<Self, IdentityError> {
        let found = people::active(work, person).await?;
        let duties = roles::duties(work, person).await?;
        let sections = roles::sections(work, &found).await?;
        Ok(Self {
            person,
            body: work.body(),
            name: found.name.to_string(),
            duties,
            sections,
            session: None,
            permit: None,
            origin,
            proved_at: None,
            factors: 0,
            acting_for: None,
        })
    }

    /// Demands that a unit of work is of the caller's body.
    ///
    /// # Errors
    /// [`IdentityError::NotThere`].
    pub fn demand_body(&self, work: &Work) -> Result<(), IdentityError> {
        if work.body() == self.body { Ok(()) } else { Err(IdentityError::NotThere("body")) }
    }

    /// Demands a duty anywhere.
    ///
    /// # Errors
    /// [`IdentityError::NotAllowed`].
    pub fn demand(&self, duty: Duty) -> Result<(), IdentityError> {
        if self.duties.has(duty) { Ok(()) } else { Err(IdentityError::NotAllowed(duty)) }
    }

    /// Demands a duty for a section, or for the whole body.
    ///
    /// # Errors
    /// [`IdentityError::NotAllowed`].
    pub fn demand_for(&self, duty: Duty, section: Option<SectionId>) -> Result<(), IdentityError> {
        let is_held = self.duties.has_for(duty, section);
        if is_held { Ok(()) } else { Err(IdentityError::NotAllowed(duty)) }
    }

    /// Demands that the second factor was shown a moment ago, by whoever sits at
    /// the screen now: before factors change, secrets are shown, sessions end.
    ///
    /// # Errors
    /// [`IdentityError::ProofNeeded`]; always for an interface token.
    pub fn demand_fresh(&self, now: Timestamp) -> Result<(), IdentityError> {
        let is_fresh = |at: Timestamp| at <= now && now.since(at) <= FRESH_MAX;
        if self.proved_at.is_some_and(is_fresh) { Ok(()) } else { Err(IdentityError::ProofNeeded) }
    }

    /// Demands that it is not about the caller, nor about whom they act for.
    ///
    /// # Errors
    /// [`IdentityError::Oneself`].
    pub fn demand_other(&self, person: PersonId) -> Result<(), IdentityError> {
        let is_self = self.person == person || self.acting_for == Some(person);
        if is_self { Err(IdentityError::Oneself) } else { Ok(()) }
    }

    /// Begins a ledger entry: who, in whose stead, on which permit, from where.
    #[must_use]
    pub fn entry(&self, action: Action, subject: Subject) -> Entry {
        let entry = Entry::new(Actor::person(self.person), action, subject, self.origin.clone())
            .acting_for(self.acting_for);
        match &self.permit {
            Some(permit) => entry.on_permit(permit),
            None => entry,
        }
    }
}
