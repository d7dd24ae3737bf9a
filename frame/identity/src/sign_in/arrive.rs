//! Somebody has shown two factors: the session opens, what was open elsewhere
//! ends, and everything about it is recorded.

use std::time::Duration;

use factors::Token;
use records::{Actor, Entry, Origin, Subject};
use store::Work;

use super::SignedIn;
use super::second::Proof;
use crate::actions::SESSION_OPENED;
use crate::alerts::{self, AlertKind};
use crate::error::{IdentityError, SignInError};
use crate::gate::{FactorKind, Visitor};
use crate::person::Person;
use crate::sessions::{self, EndReason, SESSION_MAX, Session};
use crate::tables;
use crate::tables::sessions::Opening;
use crate::tables::steps::StepRow;
use crate::throttle::place;

/// How long a device is remembered.
const DEVICE_MAX: Duration = Duration::from_secs(180 * 86_400);

/// Who arrives, and how.
pub(super) struct Arrival {
    pub(super) person: Person,
    pub(super) step: StepRow,
    pub(super) proof: Proof,
    pub(super) is_familiar: bool,
}

/// Opens the session and keeps it.
pub(super) async fn open(
    mut work: Work,
    visitor: &Visitor,
    arrival: Arrival,
) -> Result<SignedIn, SignInError> {
    let Arrival { person, step, proof, is_familiar } = arrival;
    end_others(&mut work, visitor, &person).await?;
    let now = work.now();
    let (second, factor, permit, until) = match proof {
        Proof::Factor(kind, factor) => (Some(kind), Some(factor), None, now.plus(SESSION_MAX)),
        Proof::Code(permit, until) => (None, None, Some(permit), until.min(now.plus(SESSION_MAX))),
    };
    let session = Session {
        id: work.new_id(),
        person: person.id,
        source: visitor.source,
        first: step.first,
        second,
        permit,
        opened_at: now,
        used_at: now,
        until,
    };
    let opening = Opening { first: step.factor, second: factor };
    let token = Token::new(work.random());
    tables::sessions::insert(&mut work, &session, &opening, token.hashed()).await?;
    tables::factors::used(&mut work, step.factor, None, None).await?;
    let device = visitor.device_token().unwrap_or_else(|| Token::new(work.random()));
    tables::sessions::remember_device(&mut work, person.id, device.hashed(), now.plus(DEVICE_MAX))
        .await?;
    records::append(&mut work, &entry(visitor, &session, is_familiar)).await?;
    let body = work.body();
    work.commit().await?;
    Ok(SignedIn { token, device, session: session.id, person: person.id, body, until })
}

/// Ends the person's sessions at other places, and tells the officers: two
/// people may be using one account. Sessions that the clock ended are noted.
async fn end_others(
    work: &mut Work,
    visitor: &Visitor,
    person: &Person,
) -> Result<(), IdentityError> {
    let now = work.now();
    let mut is_elsewhere = false;
    for session in tables::sessions::open(work, person.id).await? {
        let is_live = session.is_live(now);
        if is_live && place(session.source) == place(visitor.source) {
            continue;
        }
        is_elsewhere |= is_live;
        let why = if is_live { EndReason::Elsewhere } else { EndReason::Over };
        let origin = Origin::Address(visitor.source);
        sessions::end(work, &session, why, Actor::System("sessions"), origin).await?;
    }
    if is_elsewhere {
        alerts::raise(work, AlertKind::ConcurrentUse, person.id, visitor.source).await?;
    }
    Ok(())
}

fn entry(visitor: &Visitor, session: &Session, is_familiar: bool) -> Entry {
    let origin = Origin::Address(visitor.source);
    let subject = Subject::new("session", session.id);
    let second = session.second.map_or("lost-factor-code", FactorKind::name);
    let entry = Entry::new(Actor::person(session.person), SESSION_OPENED, subject, origin)
        .with("first", session.first.name())
        .with("second", second)
        .with("device", if is_familiar { "known" } else { "new" })
        .with("until", session.until.to_string());
    match &session.permit {
        Some(permit) => entry.on_permit(permit),
        None => entry,
    }
}
