//! Sessions and the devices that sign-ins leave behind.

use std::net::IpAddr;

use base::{BodyId, Timestamp};
use factors::{Hashed, Token};
use store::{Across, Row, Work, args};

use super::word;
use crate::error::IdentityError;
use crate::gate::FactorKind;
use crate::own::FactorId;
use crate::person::{PersonId, PersonState};
use crate::sessions::{EndReason, Session, SessionId};

/// What a session cookie leads to.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) body: BodyId,
    pub(crate) session: Session,
    pub(crate) ended: Option<EndReason>,
    pub(crate) state: PersonState,
    /// When the second factor was shown last.
    pub(crate) proved_at: Timestamp,
}

/// The rows of the two factors that opened a session.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub(crate) first: FactorId,
    pub(crate) second: Option<FactorId>,
}

const COLUMNS: &str = "s.id, s.person, s.source, s.first_kind, s.second_kind, s.permit,
    s.opened_at, s.used_at, s.until_at";

/// Writes a new session.
pub(crate) async fn insert(
    work: &mut Work,
    session: &Session,
    opening: &Opening,
    hash: Hashed<Token>,
) -> Result<(), IdentityError> {
    work.run(
        "INSERT INTO sessions (body, id, person, hash, source, first_kind, first_factor,
             second_kind, second_factor, permit, opened_at, used_at, until_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        args![
            session.id,
            session.person,
            hash.to_string(),
            session.source.to_string(),
            session.first.name(),
            opening.first,
            session.second.map(FactorKind::name),
            opening.second,
            session.permit.as_deref(),
            session.opened_at,
            session.used_at,
            session.until,
        ],
    )
    .await?;
    Ok(())
}

/// Finds a session by its cookie, in whichever body.
pub(crate) async fn by_hash(
    across: &mut Across,
    hash: Hashed<Token>,
) -> Result<Option<Found>, IdentityError> {
    let sql = format!(
        "SELECT {COLUMNS}, s.ended_why, p.state, s.body, COALESCE(s.proved_at, s.opened_at)
         FROM sessions s JOIN people p ON p.body = s.body AND p.id = s.person
         WHERE s.hash = $1"
    );
    let Some(mut row) = across.row(&sql, args![hash.to_string()]).await? else { return Ok(None) };
    let ended = row.take::<Option<String>>(9)?;
    Ok(Some(Found {
        ended: ended.as_deref().map(|why| EndReason::parse(why).unwrap_or(EndReason::Revoked)),
        state: word(&mut row, 10, PersonState::parse)?,
        body: row.take(11)?,
        proved_at: row.take(12)?,
        session: read(row)?,
    }))
}

/// A person's sessions that nothing has ended; the clock is not asked.
pub(crate) async fn open(work: &mut Work, person: PersonId) -> Result<Vec<Session>, IdentityError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions s
         WHERE s.body = $1 AND s.person = $2 AND s.ended_at IS NULL ORDER BY s.opened_at, s.id"
    );
    work.rows(&sql, args![person]).await?.into_iter().map(read).collect()
}

/// The open sessions of a permit.
pub(crate) async fn of_permit(
    work: &mut Work,
    permit: &str,
) -> Result<Vec<Session>, IdentityError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions s
         WHERE s.body = $1 AND s.permit = $2 AND s.ended_at IS NULL ORDER BY s.id"
    );
    work.rows(&sql, args![permit]).await?.into_iter().map(read).collect()
}

/// Notes that a session was used.
pub(crate) async fn touch(work: &mut Work, id: SessionId) -> Result<(), IdentityError> {
    let now = work.now();
    work.run(
        "UPDATE sessions SET used_at = $3
         WHERE body = $1 AND id = $2 AND ended_at IS NULL AND used_at < $3",
        args![id, now],
    )
    .await?;
    Ok(())
}

/// The session's first factor and the challenge that waits for an answer.
pub(crate) async fn to_prove(
    work: &mut Work,
    id: SessionId,
) -> Result<Option<(FactorKind, FactorId, Option<Vec<u8>>)>, IdentityError> {
    let now = work.now();
    let row = work
        .row(
            "SELECT first_kind, first_factor,
                 CASE WHEN challenge_until > $3 THEN challenge ELSE NULL END
             FROM sessions WHERE body = $1 AND id = $2 AND ended_at IS NULL {lock}",
            args![id, now],
        )
        .await?;
    let Some(mut row) = row else { return Ok(None) };
    Ok(Some((word(&mut row, 0, FactorKind::parse)?, row.take(1)?, row.take(2)?)))
}

/// Keeps a challenge for the next proof.
pub(crate) async fn challenge(
    work: &mut Work,
    id: SessionId,
    challenge: &[u8],
    until: Timestamp,
) -> Result<(), IdentityError> {
    work.run(
        "UPDATE sessions SET challenge = $3, challenge_until = $4
         WHERE body = $1 AND id = $2 AND ended_at IS NULL",
        args![id, challenge, until],
    )
    .await?;
    Ok(())
}

/// Notes that the second factor was shown again; a challenge serves once.
pub(crate) async fn proved(work: &mut Work, id: SessionId) -> Result<(), IdentityError> {
    let now = work.now();
    work.run(
        "UPDATE sessions SET proved_at = $3, challenge = NULL, challenge_until = NULL
         WHERE body = $1 AND id = $2 AND ended_at IS NULL",
        args![id, now],
    )
    .await?;
    Ok(())
}

/// Ends a session; false if it had ended already.
pub(crate) async fn end(
    work: &mut Work,
    id: SessionId,
    why: EndReason,
) -> Result<bool, IdentityError> {
    let now = work.now();
    let ended = work
        .run(
            "UPDATE sessions SET ended_at = $3, ended_why = $4
             WHERE body = $1 AND id = $2 AND ended_at IS NULL",
            args![id, now, why.name()],
        )
        .await?;
    Ok(ended == 1)
}

fn read(mut row: Row) -> Result<Session, IdentityError> {
    let source: String = row.take(2)?;
    let second: Option<String> = row.take(4)?;
    Ok(Session {
        id: row.take(0)?,
        person: row.take(1)?,
        source: source.parse::<IpAddr>().map_err(|_| IdentityError::Unreadable("sessions"))?,
        first: word(&mut row, 3, FactorKind::parse)?,
        second: second.as_deref().and_then(FactorKind::parse),
        permit: row.take(5)?,
        opened_at: row.take(6)?,
        used_at: row.take(7)?,
        until: row.take(8)?,
    })
}

/// Remembers a device for a person, or remembers it longer.
pub(crate) async fn remember_device(
    work: &mut Work,
    person: PersonId,
    hash: Hashed<Token>,
    until: Timestamp,
) -> Result<(), IdentityError> {
    let (id, now) = (work.new_id::<Session>(), work.now());
    work.run(
        "INSERT INTO devices (body, id, person, hash, added_at, until_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (body, person, hash) DO UPDATE SET until_at = excluded.until_at",
        args![id, person, hash.to_string(), now, until],
    )
    .await?;
    Ok(())
}

/// True where a person has signed in with this device.
pub(crate) async fn is_device_known(
    across: &mut Across,
    body: BodyId,
    person: PersonId,
    hash: Hashed<Token>,
) -> Result<bool, IdentityError> {
    let now = across.now();
    let row = across
        .row(
            "SELECT 1 FROM devices
             WHERE body = $1 AND person = $2 AND hash = $3 AND until_at > $4",
            args![body, person, hash.to_string(), now],
        )
        .await?;
    Ok(row.is_some())
}

/// Forgets all devices of a person.
pub(crate) async fn forget_devices(work: &mut Work, person: PersonId) -> Result<(), IdentityError> {
    work.run("DELETE FROM devices WHERE body = $1 AND person = $2", args![person]).await?;
    Ok(())
}
