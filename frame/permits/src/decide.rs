//! Deciding: another person approves, refuses, or confirms an emergency.

use identity::{Caller, roles};
use store::Work;

use crate::apply::{check_version, demand_factors};
use crate::approver::{Approver, Candidate};
use crate::error::PermitError;
use crate::ground::granting;
use crate::kind::Kind;
use crate::permit::{Event, Permit, PermitId};
use crate::service::{APPROVED, By, CONFIRMED, Permits, REFUSED, STARTED, words};

impl Permits {
    /// Grants an application as it stood in that version; if its start has come,
    /// the ability begins at once.
    ///
    /// # Errors
    /// [`PermitError::Approver`] for whoever may not decide;
    /// [`PermitError::Stale`]; [`PermitError::NotNow`].
    pub async fn approve(
        &self,
        work: &mut Work,
        caller: &Caller,
        id: PermitId,
        version: u32,
        note: Option<&str>,
    ) -> Result<Permit, PermitError> {
        let now = self.enter(work, caller).await?;
        let (mut permit, kind) = self.load(work, id).await?;
        let approver = self.admit(work, caller, &permit, &kind).await?;
        check_version(&permit, version)?;
        permit.note = note.map(|note| words("note", note)).transpose()?;
        let mut granted = self.change(work, &permit, Event::Approve(approver), &kind, now).await?;
        let entry = self.entry(By::Caller(caller), APPROVED, &granted);
        records::append(work, &granting(entry, &granted)).await?;
        if granted.starts_at <= now {
            granted = self.change(work, &granted, Event::Start, &kind, now).await?;
            records::append(work, &self.entry(By::Caller(caller), STARTED, &granted)).await?;
        }
        Ok(granted)
    }

    /// Does not grant an application, or does not confirm an emergency, which
    /// then is taken away at once.
    ///
    /// # Errors
    /// As [`Permits::approve`]; a reason is needed.
    pub async fn refuse(
        &self,
        work: &mut Work,
        caller: &Caller,
        id: PermitId,
        version: u32,
        reason: &str,
    ) -> Result<Permit, PermitError> {
        let now = self.enter(work, caller).await?;
        let (mut permit, kind) = self.load(work, id).await?;
        let approver = self.admit(work, caller, &permit, &kind).await?;
        check_version(&permit, version)?;
        permit.note = Some(words("note", reason)?);
        let refused = self.change(work, &permit, Event::Refuse(approver), &kind, now).await?;
        records::append(work, &self.entry(By::Caller(caller), REFUSED, &refused)).await?;
        Ok(refused)
    }

    /// Confirms an emergency: it was right, and may last until its end.
    ///
    /// # Errors
    /// As [`Permits::approve`].
    pub async fn confirm(
        &self,
        work: &mut Work,
        caller: &Caller,
        id: PermitId,
        note: Option<&str>,
    ) -> Result<Permit, PermitError> {
        let now = self.enter(work, caller).await?;
        let (mut permit, kind) = self.load(work, id).await?;
        let approver = self.admit(work, caller, &permit, &kind).await?;
        if let Some(note) = note {
            permit.note = Some(words("note", note)?);
        }
        let confirmed = self.change(work, &permit, Event::Confirm(approver), &kind, now).await?;
        records::append(work, &self.entry(By::Caller(caller), CONFIRMED, &confirmed)).await?;
        Ok(confirmed)
    }

    /// Admits a caller to decide on one permit, or says why not.
    ///
    /// # Errors
    /// [`PermitError::Approver`], [`PermitError::Factors`],
    /// [`PermitError::NotDeputy`].
    pub async fn admit(
        &self,
        work: &mut Work,
        caller: &Caller,
        permit: &Permit,
        kind: &Kind,
    ) -> Result<Approver, PermitError> {
        demand_factors(caller, 2)?;
        self.check_deputy(work, caller).await?;
        let is_conflicted = !roles::conflicts(work, caller.person).await?.is_empty();
        let candidate = Candidate {
            person: caller.person,
            acting_for: caller.acting_for,
            duties: &caller.duties,
            is_conflicted,
        };
        Ok(Approver::admit(candidate, permit, kind)?)
    }
}
