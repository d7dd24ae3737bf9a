//! Applying: drafts, applications, and what a duty holder starts at once in an
//! emergency.

use std::collections::BTreeMap;
use std::time::Duration;

use base::Timestamp;
use identity::{Caller, Duty, IdentityError, PersonId, PersonState, SectionId, people};
use store::Work;

use crate::error::PermitError;
use crate::ground::granting;
use crate::kind::{Beneficiary, DEPUTY, Kind, Reach, SPAN_MAX};
use crate::life::State;
use crate::permit::{Event, Permit, PermitId};
use crate::scope::{Form, Scope, ScopeError, ScopeFault};
use crate::service::{AMENDED, APPLIED, By, DRAFTED, EMERGENCY, Permits, WITHDRAWN, words};
use crate::tables;
use crate::using::Ask;

/// What somebody applies for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The name of the kind.
    pub kind: String,
    /// Who would gain, where the kind lets an application name somebody; the
    /// applicant if nobody is named.
    pub beneficiary: Option<PersonId>,
    /// What for, at most [`crate::WORDS_CHARACTERS_MAX`] characters.
    pub purpose: String,
    /// The kind's fields by name; lists one name a line.
    pub scope: BTreeMap<String, String>,
    /// When it should begin; nothing means as soon as it is approved.
    pub starts_at: Option<Timestamp>,
    /// When it ends. There is no permit without this.
    pub ends_at: Timestamp,
}

impl Permits {
    /// Writes a draft that only its applicant sees.
    ///
    /// # Errors
    /// If anything in the application is wrong.
    pub async fn draft(
        &self,
        work: &mut Work,
        caller: &Caller,
        application: &Application,
    ) -> Result<Permit, PermitError> {
        let now = self.enter(work, caller).await?;
        let permit = self.make(work, caller, application, now).await?;
        records::append(work, &self.entry(By::Caller(caller), DRAFTED, &permit)).await?;
        Ok(permit)
    }

    /// Writes a draft over the version that its applicant saw.
    ///
    /// # Errors
    /// As [`Permits::draft`]; [`PermitError::Stale`].
    pub async fn amend(
        &self,
        work: &mut Work,
        caller: &Caller,
        id: PermitId,
        version: u32,
        application: &Application,
    ) -> Result<Permit, PermitError> {
        let now = self.enter(work, caller).await?;
        let (before, _) = self.own(work, caller, id).await?;
        check_version(&before, version)?;
        if before.state != State::Draft || application.kind != before.kind {
            return Err(PermitError::NotYours);
        }
        let (kind, mut next) = self.compose(work, caller, application, now).await?;
        next.id = before.id;
        next.number = before.number;
        next.applicant = before.applicant;
        next.applicant_for = before.applicant_for;
        next.made_at = before.made_at;
        tables::update(work, version, &next, &kind).await?;
        next.version = version.saturating_add(1);
        self.schedule(work, &next).await?;
        records::append(work, &self.entry(By::Caller(caller), AMENDED, &next)).await?;
        Ok(next)
    }

    /// Hands a draft in: from now on another person decides.
    ///
    /// # Errors
    /// [`PermitError::Stale`]; [`PermitError::NotNow`] if its end has come.
    pub async fn apply(
        &self,
        work: &mut Work,
        caller: &Caller,
        id: PermitId,
        version: u32,
    ) -> Result<Permit, PermitError> {
        let now = self.enter(work, caller).await?;
        let (draft, kind) = self.own(work, caller, id).await?;
        check_version(&draft, version)?;
        self.hand_in(work, caller, &draft, &kind, now).await
    }

    /// Writes and hands in at once.
    ///
    /// # Errors
    /// As [`Permits::draft`].
    pub async fn apply_now(
        &self,
        work: &mut Work,
        caller: &Caller,
        application: &Application,
    ) -> Result<Permit, PermitError> {
        let now = self.enter(work, caller).await?;
        let draft = self.make(work, caller, application, now).await?;
        let kind = *self.kind_of(&draft)?;
        self.hand_in(work, caller, &draft, &kind, now).await
    }

    /// Hands in what something that a person asked for needs, in their name:
    /// the kinds that [`Kind::only_program_applies`] names.
    ///
    /// # Errors
    /// As [`Permits::draft`].
    pub async fn apply_for(
        &self,
        work: &mut Work,
        person: PersonId,
        application: &Application,
    ) -> Result<Permit, PermitError> {
        let caller = Caller::by_program(work, person).await?;
        self.apply_now(work, &caller, application).await
    }

    async fn hand_in(
        &self,
        work: &mut Work,
        caller: &Caller,
        draft: &Permit,
        kind: &Kind,
        now: Timestamp,
    ) -> Result<Permit, PermitError> {
        let applied = self.change(work, draft, Event::Apply, kind, now).await?;
        let entry = self.entry(By::Caller(caller), APPLIED, &applied);
        records::append(work, &with_content(entry, &applied)).await?;
        Ok(applied)
    }

    /// Takes a draft or an application back.
    ///
    /// # Errors
    /// [`PermitError::NotYours`]; [`PermitError::NotNow`] once it was decided.
    pub async fn withdraw(
        &self,
        work: &mut Work,
        caller: &Caller,
        id: PermitId,
    ) -> Result<Permit, PermitError> {
        let now = self.enter(work, caller).await?;
        let (permit, kind) = self.own(work, caller, id).await?;
        let withdrawn = self.change(work, &permit, Event::Withdraw, &kind, now).await?;
        records::append(work, &self.entry(By::Caller(caller), WITHDRAWN, &withdrawn)).await?;
        Ok(withdrawn)
    }

    /// Begins an ability at once, for whoever holds the kind's emergency duty.
    /// Another person confirms it within 24 h, or it is taken away and stays
    /// red (guideline 7.4(2), J31).
    ///
    /// # Errors
    /// [`PermitError::NoEmergency`], [`PermitError::NotAllowed`], or as
    /// [`Permits::draft`].
    pub async fn start_at_once(
        &self,
        work: &mut Work,
        caller: &Caller,
        application: &Application,
    ) -> Result<Permit, PermitError> {
        let now = self.enter(work, caller).await?;
        demand_factors(caller, 2)?;
        self.check_deputy(work, caller).await?;
        let at_once = Application { starts_at: None, ..application.clone() };
        let draft = self.make(work, caller, &at_once, now).await?;
        let kind = *self.kind_of(&draft)?;
        let duty = kind.emergency.ok_or(PermitError::NoEmergency)?;
        let section = match kind.reach {
            Reach::Section => draft.section,
            Reach::Body => None,
        };
        if !caller.duties.has_for(duty, section) {
            return Err(PermitError::NotAllowed(duty));
        }
        let permit = self.change(work, &draft, Event::StartAtOnce, &kind, now).await?;
        let entry = self.entry(By::Caller(caller), EMERGENCY, &permit);
        records::append(work, &with_content(granting(entry, &permit), &permit)).await?;
        Ok(permit)
    }

    /// Makes and stores a draft.
    async fn make(
        &self,
        work: &mut Work,
        caller: &Caller,
        application: &Application,
        now: Timestamp,
    ) -> Result<Permit, PermitError> {
        let (kind, mut permit) = self.compose(work, caller, application, now).await?;
        permit.number = tables::next_number(work).await?;
        tables::insert(work, &permit, &kind).await?;
        self.schedule(work, &permit).await?;
        Ok(permit)
    }

    /// Makes a draft of an application, or says all that is wrong.
    async fn compose(
        &self,
        work: &mut Work,
        caller: &Caller,
        application: &Application,
        now: Timestamp,
    ) -> Result<(Kind, Permit), PermitError> {
        let kind = *self.kinds().find(&application.kind).ok_or(PermitError::Kind)?;
        self.check_applicant(work, caller, &kind).await?;
        let scope = Scope::read(kind.fields, &application.scope).map_err(PermitError::Scope)?;
        let purpose = words("purpose", &application.purpose)?;
        let (beneficiary, section) = gains(work, caller, application, &kind).await?;
        check_people(work, &kind, &scope, beneficiary).await?;
        let starts_at = application.starts_at.unwrap_or(now).max(now);
        let ends_at = application.ends_at;
        let (span_max, exception) = self.span(work, &kind, starts_at, ends_at, now).await?;
        let permit = Permit {
            id: work.new_id(),
            number: 0,
            kind: kind.name.to_owned(),
            state: State::Draft,
            version: 1,
            applicant: caller.person,
            applicant_for: caller.acting_for,
            beneficiary,
            section,
            purpose,
            scope,
            starts_at,
            ends_at,
            span_max,
            exception,
            is_emergency: false,
            confirm_by: None,
            decided_by: None,
            decided_for: None,
            decided_at: None,
            note: None,
            outcome: None,
            report: None,
            made_at: now,
            applied_at: None,
            started_at: None,
            finished_at: None,
            used_at: None,
            remind_at: None,
            reminded_at: None,
            issued_at: None,
        };
        Ok((kind, permit))
    }

    /// A program's token shows no factors; it may apply, where its scopes hold
    /// that duty, and never decide.
    async fn check_applicant(
        &self,
        work: &mut Work,
        caller: &Caller,
        kind: &Kind,
    ) -> Result<(), PermitError> {
        if caller.is_program_itself() != kind.only_program_applies {
            return Err(PermitError::Kind);
        }
        let is_program = caller.session.is_none() && caller.permit.is_some();
        if !is_program && !caller.is_program_itself() {
            demand_factors(caller, kind.factors_to_apply)?;
        }
        self.check_deputy(work, caller).await?;
        if caller.duties.has(Duty::Apply) {
            Ok(())
        } else {
            Err(PermitError::NotAllowed(Duty::Apply))
        }
    }

    /// How long a permit from then to then may last now, and on which exception
    /// that rests.
    async fn span(
        &self,
        work: &mut Work,
        kind: &Kind,
        starts_at: Timestamp,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<(Duration, Option<PermitId>), PermitError> {
        if ends_at <= now || starts_at > now.plus(SPAN_MAX) {
            return Err(PermitError::NotAhead);
        }
        if ends_at <= starts_at {
            return Err(PermitError::EndBeforeStart);
        }
        let span = ends_at.since(starts_at);
        if span <= kind.span_max {
            return Ok((kind.span_max, None));
        }
        let Some(stretch) = kind.stretch else {
            return Err(PermitError::TooLong { max: kind.span_max });
        };
        let Some((exception, hours)) = self.exception(work, stretch.limit).await? else {
            return Err(PermitError::TooLong { max: kind.span_max });
        };
        let hours = u64::try_from(hours).unwrap_or(0);
        let allowed = Duration::from_secs(hours.saturating_mul(3_600)).min(stretch.span_max);
        let within = exception.permit().until().since(starts_at);
        if span > allowed.min(within) {
            return Err(PermitError::TooLong { max: allowed.min(within).max(kind.span_max) });
        }
        Ok((allowed, Some(exception.permit().id)))
    }

    /// Reads a permit for its applicant.
    pub(crate) async fn own(
        &self,
        work: &mut Work,
        caller: &Caller,
        id: PermitId,
    ) -> Result<(Permit, Kind), PermitError> {
        let (permit, kind) = self.load(work, id).await?;
        let is_own = permit.applicant == caller.person
            || (caller.acting_for.is_some() && permit.applicant_for == caller.acting_for);
        if is_own { Ok((permit, kind)) } else { Err(PermitError::NotYours) }
    }

    /// Checks once more that a caller who stands in for another still may.
    pub(crate) async fn check_deputy(
        &self,
        work: &mut Work,
        caller: &Caller,
    ) -> Result<(), PermitError> {
        let Some(holder) = caller.acting_for else { return Ok(()) };
        let holder = holder.to_string();
        let ask =
            Ask { kind: DEPUTY.name, person: Some(caller.person), key: Some(&holder), covers: &[] };
        self.in_force(work, &ask).await?.map(|_| ()).ok_or(PermitError::NotDeputy)
    }
}

pub(crate) fn check_version(permit: &Permit, version: u32) -> Result<(), PermitError> {
    if permit.version == version { Ok(()) } else { Err(PermitError::Stale) }
}

pub(crate) fn demand_factors(caller: &Caller, needed: u8) -> Result<(), PermitError> {
    if caller.factors >= needed { Ok(()) } else { Err(PermitError::Factors { needed }) }
}

/// What was asked stands in the ledger, so that a changed row shows.
fn with_content(entry: records::Entry, permit: &Permit) -> records::Entry {
    let scope = serde_json::to_string(&permit.scope).unwrap_or_default();
    let entry = entry
        .with("purpose", &permit.purpose)
        .with("scope", scope)
        .with("starts", permit.starts_at);
    match permit.beneficiary.filter(|person| *person != permit.applicant) {
        Some(person) => entry.with("for", person),
        None => entry,
    }
}

/// Who would gain, and which section answers for it.
async fn gains(
    work: &mut Work,
    caller: &Caller,
    application: &Application,
    kind: &Kind,
) -> Result<(Option<PersonId>, Option<SectionId>), PermitError> {
    let own_section = caller.sections.first().copied();
    match (kind.beneficiary, application.beneficiary) {
        (Beneficiary::Body, None) => Ok((None, own_section)),
        (Beneficiary::Applicant | Beneficiary::Named, None) => {
            Ok((Some(caller.person), own_section))
        }
        (Beneficiary::Applicant, Some(person)) if person == caller.person => {
            Ok((Some(person), own_section))
        }
        (Beneficiary::Named, Some(person)) => {
            let found = people::find(work, person).await.map_err(no_such_person)?;
            let is_active = found.state == PersonState::Active;
            let gained = (Some(person), Some(found.section));
            is_active.then_some(gained).ok_or(PermitError::Beneficiary)
        }
        (Beneficiary::Body | Beneficiary::Applicant, Some(_)) => Err(PermitError::Beneficiary),
    }
}

fn no_such_person(error: IdentityError) -> PermitError {
    match error {
        IdentityError::NotThere(_) => PermitError::Beneficiary,
        other => PermitError::Identity(other),
    }
}

/// People named in the scope are people of this body; nobody is their own
/// deputy.
async fn check_people(
    work: &mut Work,
    kind: &Kind,
    scope: &Scope,
    beneficiary: Option<PersonId>,
) -> Result<(), PermitError> {
    for field in kind.fields.iter().filter(|field| field.form == Form::Person) {
        let Some(named) = scope.text(field.name) else { continue };
        let fault = || {
            PermitError::Scope(vec![ScopeError {
                field: field.name.to_owned(),
                why: ScopeFault::Person,
            }])
        };
        let person = PersonId::parse(named).map_err(|_| fault())?;
        match people::find(work, person).await {
            Ok(_) if kind.name == DEPUTY.name && beneficiary == Some(person) => return Err(fault()),
            Ok(_) => {}
            Err(IdentityError::NotThere(_)) => return Err(fault()),
            Err(other) => return Err(other.into()),
        }
    }
    Ok(())
}
