//! Lost-factor codes: a second factor for a few hours, and only through a
//! permit that another person gave. This crate knows the permit's id, not the
//! permit.

use std::time::Duration;

use base::Timestamp;
use factors::{Code, Hashed};
use records::{Action, Actor, Entry, Origin, Subject};
use store::Work;

use crate::error::IdentityError;
use crate::person::PersonId;
use crate::sessions::EndReason;
use crate::tables::codes::{CodeRow, Purpose};
use crate::{actions, people, sessions, tables};

/// Longest life of a lost-factor code: eight hours.
pub const LOST_FACTOR_MAX: Duration = Duration::from_secs(8 * 3_600);

/// Lets a code stand for a person's second factor until the permit's end. The
/// permit's mechanism calls this; again with the same permit changes nothing.
///
/// # Errors
/// [`IdentityError::Term`] past eight hours; [`IdentityError::PersonState`] if
/// the person is not active.
pub async fn grant(
    work: &mut Work,
    person: PersonId,
    hash: Hashed<Code>,
    until: Timestamp,
    permit: &str,
) -> Result<(), IdentityError> {
    let found = people::active(work, person).await?;
    if let Some(known) = tables::codes::of_permit(work, permit).await? {
        let is_same = known.person == found.id && known.until == until;
        return if is_same { Ok(()) } else { Err(IdentityError::CredentialTaken) };
    }
    let now = work.now();
    if until <= now || until > now.plus(LOST_FACTOR_MAX) {
        return Err(IdentityError::Term("a lost-factor code lasts at most eight hours"));
    }
    tables::codes::end_all(work, person, Purpose::LostFactor).await?;
    let code = CodeRow {
        id: work.new_id(),
        person,
        purpose: Purpose::LostFactor,
        permit: Some(permit.to_owned()),
        made_at: now,
        until,
        is_spent: false,
    };
    tables::codes::insert(work, &code, hash, None).await?;
    let entry = permit_entry(actions::LOST_FACTOR_GRANTED, person, permit);
    records::append(work, &entry.with("until", until.to_string())).await?;
    Ok(())
}

/// Takes the code of a permit away and ends the sessions that it opened; says
/// how many. Again changes nothing.
///
/// # Errors
/// As the store says.
pub async fn withdraw(work: &mut Work, permit: &str) -> Result<u64, IdentityError> {
    let known = tables::codes::of_permit(work, permit).await?;
    let ended = tables::codes::end_of_permit(work, permit).await?;
    let mut sessions = 0;
    for session in tables::sessions::of_permit(work, permit).await? {
        let (actor, origin) = (Actor::System("permits"), Origin::Job);
        let has_ended =
            sessions::end(work, &session, EndReason::PermitEnded, actor, origin).await?;
        sessions += u64::from(has_ended);
    }
    if let Some(known) = known.filter(|_| ended + sessions > 0) {
        let entry = permit_entry(actions::LOST_FACTOR_WITHDRAWN, known.person, permit);
        records::append(work, &entry.with("sessions", people::count(sessions))).await?;
    }
    Ok(sessions)
}

fn permit_entry(action: Action, person: PersonId, permit: &str) -> Entry {
    let subject = Subject::new("person", person);
    Entry::new(Actor::System("permits"), action, subject, Origin::Job).on_permit(permit)
}
