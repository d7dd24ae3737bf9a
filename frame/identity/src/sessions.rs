//! Sessions: opened by two factors only, ended by silence, by the clock, by
//! the person, by a second place, by leaving.

use std::net::IpAddr;
use std::time::Duration;

use base::{BodyId, Id, Timestamp};
use factors::Token;
use records::{Actor, Entry, Origin, Subject};
use store::{Store, Work};

use crate::actions::SESSION_ENDED;
use crate::alerts::{self, AlertKind};
use crate::caller::Caller;
use crate::error::IdentityError;
use crate::gate::{FactorKind, Visitor};
use crate::person::{PersonId, PersonState};
use crate::role::{Duty, named};
use crate::throttle::place;
use crate::{people, tables};

/// The id of a session.
pub type SessionId = Id<Session>;

/// Silence that ends a session: 30 minutes.
pub const IDLE_MAX: Duration = Duration::from_secs(30 * 60);
/// Longest session: 12 hours.
pub const SESSION_MAX: Duration = Duration::from_secs(12 * 3_600);
/// How old the note of a session's last use may be before it is written anew.
const NOTE_EVERY: Duration = Duration::from_secs(60);
/// How long past their end rows stay, for whoever looks into what happened.
const SWEEP_AFTER: Duration = Duration::from_secs(86_400);
/// How far a clock may be set back before sessions end: time servers do little.
const CLOCK_BACK_MAX: Duration = Duration::from_secs(5 * 60);

named! {
    /// Why a session ended.
    EndReason {
        /// The person signed out.
        SignedOut = "signed-out",
        /// Nobody did anything for 30 minutes.
        Idle = "idle",
        /// Twelve hours are over, or its permit is.
        Over = "over",
        /// The same person signed in at another address.
        Elsewhere = "elsewhere",
        /// The session's cookie came from another address.
        Moved = "moved",
        /// Somebody ended all sessions of the person, or the person left.
        Revoked = "revoked",
        /// The permit of a lost-factor code ended.
        PermitEnded = "permit-ended",
        /// The same browser signed in again.
        Replaced = "replaced",
        /// The clock went back behind the session's last use.
        Clock = "clock",
    }
}

/// A session as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub person: PersonId,
    /// From where.
    pub source: IpAddr,
    /// The first factor.
    pub first: FactorKind,
    /// The second factor; nothing for a lost-factor code.
    pub second: Option<FactorKind>,
    /// The permit of the lost-factor code.
    pub permit: Option<String>,
    /// Since when.
    pub opened_at: Timestamp,
    /// When it was used last, within a minute.
    pub used_at: Timestamp,
    /// When it ends at the latest.
    pub until: Timestamp,
}

/// What a session cookie is worth.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once, on every request")]
pub enum Resumed {
    /// A session with two factors.
    Live(Caller),
    /// A session that is over; the screen says why.
    Ended(EndReason),
    /// No session.
    Unknown,
}

/// Reads a session cookie. Looks at the clock itself; writes at most once a
/// minute, or when the session ends here.
///
/// # Errors
/// As the store says.
pub async fn resume(store: &Store, token: &str, source: IpAddr) -> Result<Resumed, IdentityError> {
    let Ok(token) = Token::parse(token) else { return Ok(Resumed::Unknown) };
    let mut across = store.read_across("find a session by its cookie").await?;
    let Some(found) = tables::sessions::by_hash(&mut across, token.hashed()).await? else {
        return Ok(Resumed::Unknown);
    };
    if let Some(why) = found.ended {
        return Ok(Resumed::Ended(why));
    }
    let session = found.session;
    let standing = match found.state {
        PersonState::Active => judge(&session, source, across.now()),
        PersonState::Invited | PersonState::Left => Standing::Over(EndReason::Revoked),
    };
    let is_stale = match standing {
        Standing::Live { is_stale } => is_stale,
        Standing::Over(why) => {
            drop(across);
            close(store, found.body, &session, why, source).await?;
            return Ok(Resumed::Ended(why));
        }
    };
    let mut work = across.within(found.body).await?;
    let mut caller = Caller::of(&mut work, session.person, Origin::Address(source)).await?;
    drop(work);
    caller.session = Some(session.id);
    caller.permit = session.permit;
    caller.factors = 2;
    caller.proved_at = Some(found.proved_at);
    if is_stale {
        touch(store, found.body, session.id).await;
    }
    Ok(Resumed::Live(caller))
}

/// Ends the caller's session.
///
/// # Errors
/// As the store says.
pub async fn sign_out(work: &mut Work, caller: &Caller) -> Result<(), IdentityError> {
    caller.demand_body(work)?;
    for session in tables::sessions::open(work, caller.person).await? {
        if Some(session.id) == caller.session {
            let actor = Actor::person(caller.person);
            end(work, &session, EndReason::SignedOut, actor, caller.origin.clone()).await?;
        }
    }
    Ok(())
}

/// A person's live sessions.
///
/// # Errors
/// As the store says.
pub async fn live(work: &mut Work, person: PersonId) -> Result<Vec<Session>, IdentityError> {
    let now = work.now();
    let mut open = tables::sessions::open(work, person).await?;
    open.retain(|session| session.is_live(now));
    Ok(open)
}

/// Ends all sessions of a person and forgets their devices: one's own (all but
/// the caller's), or another's with the duty to manage people. Says how many.
///
/// # Errors
/// [`IdentityError::NotAllowed`]; [`IdentityError::ProofNeeded`] for one's own.
pub async fn revoke_all(
    work: &mut Work,
    caller: &Caller,
    person: PersonId,
) -> Result<u64, IdentityError> {
    caller.demand_body(work)?;
    if person != caller.person {
        let found = people::find(work, person).await?;
        caller.demand_for(Duty::ManagePeople, Some(found.section))?;
    } else {
        caller.demand_fresh(work.now())?;
    }
    tables::steps::end_all(work, person).await?;
    tables::sessions::forget_devices(work, person).await?;
    let mut ended = 0;
    for session in tables::sessions::open(work, person).await? {
        if Some(session.id) != caller.session {
            let (actor, origin) = (Actor::person(caller.person), caller.origin.clone());
            ended += u64::from(end(work, &session, EndReason::Revoked, actor, origin).await?);
        }
    }
    Ok(ended)
}

/// Ends one other session of the caller's own.
///
/// # Errors
/// [`IdentityError::ProofNeeded`]; [`IdentityError::NotThere`] for anything that
/// is no live session of theirs.
pub async fn revoke_one(
    work: &mut Work,
    caller: &Caller,
    session: SessionId,
) -> Result<(), IdentityError> {
    caller.demand_body(work)?;
    caller.demand_fresh(work.now())?;
    let open = tables::sessions::open(work, caller.person).await?;
    let found = open.iter().find(|one| one.id == session && Some(one.id) != caller.session);
    let found = found.ok_or(IdentityError::NotThere("session"))?;
    let actor = Actor::person(caller.person);
    end(work, found, EndReason::Revoked, actor, caller.origin.clone()).await?;
    Ok(())
}

enum Standing {
    Live {
        /// The note of the last use is to be written anew.
        is_stale: bool,
    },
    Over(EndReason),
}

impl Session {
    /// True where the clock has not ended the session.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        matches!(judge(self, self.source, now), Standing::Live { .. })
    }
}

/// Says whether a session still holds for a visitor at this moment.
fn judge(session: &Session, source: IpAddr, now: Timestamp) -> Standing {
    if now.plus(CLOCK_BACK_MAX) < session.used_at {
        Standing::Over(EndReason::Clock)
    } else if now >= session.until {
        Standing::Over(EndReason::Over)
    } else if now.since(session.used_at) >= IDLE_MAX {
        Standing::Over(EndReason::Idle)
    } else if place(source) != place(session.source) {
        Standing::Over(EndReason::Moved)
    } else {
        Standing::Live { is_stale: now.since(session.used_at) >= NOTE_EVERY }
    }
}

/// Writes down that a session is over.
async fn close(
    store: &Store,
    body: BodyId,
    session: &Session,
    why: EndReason,
    source: IpAddr,
) -> Result<(), IdentityError> {
    let mut work = store.begin(body).await?;
    let is_new =
        end(&mut work, session, why, Actor::System("sessions"), Origin::Address(source)).await?;
    if is_new && why == EndReason::Moved {
        alerts::raise(&mut work, AlertKind::SessionMoved, session.person, source).await?;
    }
    work.commit().await?;
    Ok(())
}

/// Ends the session that a browser had when its person, or another, signed in
/// there anew. The new one is open already, so that a failure is told here.
pub(crate) async fn end_replaced(store: &Store, visitor: &Visitor) {
    let ended = async {
        let shown = visitor.session.as_ref().and_then(|text| Token::parse(text.reveal()).ok());
        let Some(token) = shown else { return Ok(()) };
        let mut across = store.read_across("find the session that a sign-in replaces").await?;
        let found = tables::sessions::by_hash(&mut across, token.hashed()).await?;
        drop(across);
        let Some(found) = found.filter(|found| found.ended.is_none()) else { return Ok(()) };
        close(store, found.body, &found.session, EndReason::Replaced, visitor.source).await
    };
    if let Err(error) = ended.await {
        tracing::warn!(%error, "the session that a sign-in replaced could not be ended");
    }
}

/// Notes the use of a session. Where the store cannot write, people still read;
/// their sessions end the earlier for it.
async fn touch(store: &Store, body: BodyId, session: SessionId) {
    let noted = async {
        let mut work = store.begin_beside(body).await?;
        tables::sessions::touch(&mut work, session).await?;
        work.commit().await?;
        Ok::<(), IdentityError>(())
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, "the use of a session could not be noted");
    }
}

/// Ends a session and records it; false if it had ended already.
pub(crate) async fn end(
    work: &mut Work,
    session: &Session,
    why: EndReason,
    actor: Actor,
    origin: Origin,
) -> Result<bool, IdentityError> {
    if !tables::sessions::end(work, session.id, why).await? {
        return Ok(false);
    }
    let entry = Entry::new(actor, SESSION_ENDED, Subject::new("session", session.id), origin)
        .with("person", session.person.to_string())
        .with("why", why.name());
    records::append(work, &entry).await?;
    Ok(true)
}

/// Forgets what is past its end: steps, challenges, devices, counts of tries.
/// A job calls this every hour; says how many rows went.
///
/// # Errors
/// As the store says.
pub async fn sweep(store: &Store) -> Result<u64, IdentityError> {
    let mut across = store.across("sweep the doorstep").await?;
    let before = across.now().minus(SWEEP_AFTER);
    let gone = tables::steps::sweep(&mut across, before).await?;
    across.commit().await?;
    Ok(gone)
}
