//! What a body's officers should look at: two people in one account, guessing,
//! a cloned key. An alert stays until somebody has seen it.

use std::net::IpAddr;

use base::{Id, Timestamp};
use records::{Actor, Entry, Origin, Subject};
use store::Work;

use crate::caller::Caller;
use crate::error::IdentityError;
use crate::person::PersonId;
use crate::role::{Duty, named};
use crate::{actions, tables};

/// The id of an alert.
pub type AlertId = Id<Alert>;

named! {
    /// What happened.
    AlertKind {
        /// A person signed in at a second address while a session was live.
        ConcurrentUse = "concurrent-use",
        /// A session's cookie came from another address.
        SessionMoved = "session-moved",
        /// Many wrong passwords for one login.
        Guessing = "guessing",
        /// The password was right and the second factor wrong, again and again:
        /// somebody knows the password.
        PasswordKnown = "password-known",
        /// A passkey counted backwards: there are two of it.
        KeyCloned = "key-cloned",
    }
}

/// Alerts on a page, at most.
const PAGE_MAX: u32 = 200;

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// What happened.
    pub kind: AlertKind,
    /// Whom it concerns.
    pub person: PersonId,
    /// From where it came.
    pub source: String,
    /// When.
    pub at: Timestamp,
    /// Who has seen it, and when.
    pub seen: Option<(PersonId, Timestamp)>,
}

/// The alerts that nobody has seen, the newest first, at most `limit`.
///
/// # Errors
/// As the store says.
pub async fn unseen(work: &mut Work, limit: u32) -> Result<Vec<Alert>, IdentityError> {
    tables::alerts::unseen(work, limit.min(PAGE_MAX)).await
}

/// Marks an alert as seen; not by the person whom it concerns.
///
/// # Errors
/// [`IdentityError::Oneself`], [`IdentityError::NotThere`].
pub async fn see(work: &mut Work, caller: &Caller, alert: AlertId) -> Result<(), IdentityError> {
    caller.demand_body(work)?;
    let known = tables::alerts::find(work, alert).await?;
    let known = known.ok_or(IdentityError::NotThere("alert"))?;
    caller.demand_other(known.person)?;
    caller.demand(Duty::ReadLedger)?;
    if known.seen.is_some() {
        return Ok(());
    }
    tables::alerts::see(work, alert, caller.person).await?;
    let entry = caller.entry(actions::ALERT_SEEN, Subject::new("alert", alert));
    records::append(work, &entry.with("kind", known.kind.name())).await?;
    Ok(())
}

/// Raises an alert.
pub(crate) async fn raise(
    work: &mut Work,
    kind: AlertKind,
    person: PersonId,
    source: IpAddr,
) -> Result<(), IdentityError> {
    let alert = Alert {
        id: work.new_id(),
        kind,
        person,
        source: source.to_string(),
        at: work.now(),
        seen: None,
    };
    tables::alerts::insert(work, &alert).await?;
    let subject = Subject::new("person", person);
    let actor = Actor::System("sign-in");
    let entry = Entry::new(actor, actions::ALERT_RAISED, subject, Origin::Address(source));
    records::append(work, &entry.with("kind", kind.name())).await?;
    Ok(())
}
