//! First steps that wait for their second, challenges before either, and
//! factors on offer.

use base::{BodyId, Id, Timestamp};
use factors::{Hashed, Token};
use store::{Across, Work, args};

use super::word;
use crate::error::IdentityError;
use crate::gate::FactorKind;
use crate::own::FactorId;
use crate::person::PersonId;
use crate::sessions::SessionId;

/// A first step that waits for its second.
#[derive(Clone, Debug)]
pub(crate) struct StepRow {
    pub(crate) id: Id<Self>,
    pub(crate) person: PersonId,
    pub(crate) source: String,
    pub(crate) first: FactorKind,
    pub(crate) factor: FactorId,
    pub(crate) challenge: Option<Vec<u8>>,
    pub(crate) tries: u32,
    pub(crate) made_at: Timestamp,
    pub(crate) until: Timestamp,
}

/// Writes a first step.
pub(crate) async fn insert(
    work: &mut Work,
    step: &StepRow,
    hash: Hashed<Token>,
) -> Result<(), IdentityError> {
    work.run(
        "INSERT INTO sign_in_steps (body, id, person, hash, source, first_kind, first_factor,
             challenge, tries, made_at, until_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            step.id,
            step.person,
            hash.to_string(),
            &step.source,
            step.first.name(),
            step.factor,
            step.challenge.clone(),
            step.tries,
            step.made_at,
            step.until,
        ],
    )
    .await?;
    Ok(())
}

/// Finds a first step by its token and counts a try of the second.
pub(crate) async fn try_once(
    across: &mut Across,
    hash: Hashed<Token>,
) -> Result<Option<(BodyId, StepRow)>, IdentityError> {
    across
        .run("UPDATE sign_in_steps SET tries = tries + 1 WHERE hash = $1", args![hash.to_string()])
        .await?;
    let row = across
        .row(
            "SELECT body, id, person, source, first_kind, first_factor, challenge, tries, made_at,
                    until_at
             FROM sign_in_steps WHERE hash = $1",
            args![hash.to_string()],
        )
        .await?;
    let Some(mut row) = row else { return Ok(None) };
    let step = StepRow {
        id: row.take(1)?,
        person: row.take(2)?,
        source: row.take(3)?,
        first: word(&mut row, 4, FactorKind::parse)?,
        factor: row.take(5)?,
        challenge: row.take(6)?,
        tries: row.take(7)?,
        made_at: row.take(8)?,
        until: row.take(9)?,
    };
    Ok(Some((row.take(0)?, step)))
}

/// Ends one first step; false if it was gone already.
pub(crate) async fn end(work: &mut Work, id: Id<StepRow>) -> Result<bool, IdentityError> {
    let gone = work.run("DELETE FROM sign_in_steps WHERE body = $1 AND id = $2", args![id]).await?;
    Ok(gone == 1)
}

/// Ends all first steps of a person.
pub(crate) async fn end_all(work: &mut Work, person: PersonId) -> Result<(), IdentityError> {
    work.run("DELETE FROM sign_in_steps WHERE body = $1 AND person = $2", args![person]).await?;
    Ok(())
}

/// Keeps a challenge for somebody who is not known yet.
pub(crate) async fn insert_challenge(
    across: &mut Across,
    hash: Hashed<Token>,
    challenge: &[u8],
    until: Timestamp,
) -> Result<(), IdentityError> {
    across
        .run(
            "INSERT INTO passkey_challenges (hash, challenge, until_at) VALUES ($1, $2, $3)",
            args![hash.to_string(), challenge, until],
        )
        .await?;
    Ok(())
}

/// Takes a challenge out; it serves once.
pub(crate) async fn take_challenge(
    across: &mut Across,
    hash: Hashed<Token>,
) -> Result<Option<Vec<u8>>, IdentityError> {
    let now = across.now();
    let row = across
        .row(
            "DELETE FROM passkey_challenges WHERE hash = $1 AND until_at > $2 RETURNING challenge",
            args![hash.to_string(), now],
        )
        .await?;
    Ok(row.map(|mut row| row.take(0)).transpose()?)
}

/// Keeps what a session was offered to add.
pub(crate) async fn set_offer(
    work: &mut Work,
    session: SessionId,
    totp: &[u8],
    challenge: &[u8],
    until: Timestamp,
) -> Result<(), IdentityError> {
    work.run(
        "INSERT INTO factor_offers (body, session, totp, challenge, until_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (body, session) DO UPDATE SET totp = excluded.totp,
             challenge = excluded.challenge, until_at = excluded.until_at",
        args![session, totp, challenge, until],
    )
    .await?;
    Ok(())
}

/// What a session was offered to add, if it is still good: the sealed secret
/// and the challenge.
pub(crate) async fn offer(
    work: &mut Work,
    session: SessionId,
) -> Result<Option<(Vec<u8>, Vec<u8>)>, IdentityError> {
    let now = work.now();
    let row = work
        .row(
            "SELECT totp, challenge FROM factor_offers
             WHERE body = $1 AND session = $2 AND until_at > $3",
            args![session, now],
        )
        .await?;
    let Some(mut row) = row else { return Ok(None) };
    Ok(Some((row.take(0)?, row.take(1)?)))
}

/// Forgets what a session was offered.
pub(crate) async fn forget_offer(work: &mut Work, session: SessionId) -> Result<(), IdentityError> {
    work.run("DELETE FROM factor_offers WHERE body = $1 AND session = $2", args![session]).await?;
    Ok(())
}

/// Forgets what is past its end in all bodies; says how many rows went.
pub(crate) async fn sweep(across: &mut Across, before: Timestamp) -> Result<u64, IdentityError> {
    let mut gone = 0;
    for sql in [
        "DELETE FROM sign_in_steps WHERE until_at < $1",
        "DELETE FROM enrolments WHERE until_at < $1",
        "DELETE FROM factor_offers WHERE until_at < $1",
        "DELETE FROM passkey_challenges WHERE until_at < $1",
        "DELETE FROM provider_trips WHERE until_at < $1",
        "DELETE FROM provider_offers WHERE until_at < $1",
        "DELETE FROM devices WHERE until_at < $1",
        "DELETE FROM sign_in_tries WHERE since < $1 AND wait_until < $1",
    ] {
        gone += across.run(sql, args![before]).await?;
    }
    Ok(gone)
}
