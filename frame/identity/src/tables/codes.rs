//! One-time codes and the enrolments they open.

use base::{BodyId, Id, Timestamp};
use factors::{Code, Hashed, Token};
use store::{Across, Row, StoreError, Work, args};

use super::word;
use crate::error::IdentityError;
use crate::person::PersonId;
use crate::role::named;

named! {
    /// What a code opens.
    Purpose {
        /// An enrolment.
        Enrol = "enrol",
        /// A sign-in in place of the second factor.
        LostFactor = "lost-factor",
    }
}

/// A one-time code's row; the code itself is nowhere.
#[derive(Clone, Debug)]
pub(crate) struct CodeRow {
    pub(crate) id: Id<Self>,
    pub(crate) person: PersonId,
    pub(crate) purpose: Purpose,
    pub(crate) permit: Option<String>,
    pub(crate) made_at: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) is_spent: bool,
}

impl CodeRow {
    /// True where the code opens something now. A clock that went back before
    /// the code was made opens nothing.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        !self.is_spent && self.made_at <= now && now < self.until
    }
}

/// An enrolment under way.
#[derive(Clone, Debug)]
pub(crate) struct EnrolmentRow {
    pub(crate) id: Id<Self>,
    pub(crate) person: PersonId,
    pub(crate) code: Id<CodeRow>,
    pub(crate) totp: Vec<u8>,
    pub(crate) challenge: Option<Vec<u8>>,
    pub(crate) until: Timestamp,
}

const COLUMNS: &str = "id, person, purpose, permit, made_at, until_at, COALESCE(used_at, ended_at)";

/// Writes a code.
pub(crate) async fn insert(
    work: &mut Work,
    code: &CodeRow,
    hash: Hashed<Code>,
    by: Option<PersonId>,
) -> Result<(), IdentityError> {
    let done = work
        .run(
            "INSERT INTO one_time_codes (body, id, person, purpose, hash, permit, by_person,
                 made_at, until_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            args![
                code.id,
                code.person,
                code.purpose.name(),
                hash.to_string(),
                code.permit.as_deref(),
                by,
                code.made_at,
                code.until,
            ],
        )
        .await;
    match done {
        Ok(_) => Ok(()),
        Err(StoreError::Duplicate(_)) => Err(IdentityError::CredentialTaken),
        Err(other) => Err(other.into()),
    }
}

/// Finds a code by its hash, in whichever body.
pub(crate) async fn by_hash(
    across: &mut Across,
    hash: Hashed<Code>,
) -> Result<Option<(BodyId, CodeRow)>, IdentityError> {
    let sql = format!("SELECT {COLUMNS}, body FROM one_time_codes WHERE hash = $1");
    let Some(mut row) = across.row(&sql, args![hash.to_string()]).await? else { return Ok(None) };
    let body = row.take(7)?;
    Ok(Some((body, read(row)?)))
}

/// Finds a person's code by its hash.
pub(crate) async fn of_person(
    work: &mut Work,
    person: PersonId,
    hash: Hashed<Code>,
) -> Result<Option<CodeRow>, IdentityError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM one_time_codes WHERE body = $1 AND person = $2 AND hash = $3"
    );
    work.row(&sql, args![person, hash.to_string()]).await?.map(read).transpose()
}

/// Finds the code of a permit.
pub(crate) async fn of_permit(
    work: &mut Work,
    permit: &str,
) -> Result<Option<CodeRow>, IdentityError> {
    let sql = format!("SELECT {COLUMNS} FROM one_time_codes WHERE body = $1 AND permit = $2");
    work.row(&sql, args![permit]).await?.map(read).transpose()
}

/// Uses a code up; false if it was spent already.
pub(crate) async fn spend(work: &mut Work, id: Id<CodeRow>) -> Result<bool, IdentityError> {
    let now = work.now();
    let spent = work
        .run(
            "UPDATE one_time_codes SET used_at = $3
             WHERE body = $1 AND id = $2 AND used_at IS NULL AND ended_at IS NULL
               AND made_at <= $3 AND until_at > $3",
            args![id, now],
        )
        .await?;
    Ok(spent == 1)
}

/// Ends the unspent codes of a person, of one purpose.
pub(crate) async fn end_all(
    work: &mut Work,
    person: PersonId,
    purpose: Purpose,
) -> Result<(), IdentityError> {
    let now = work.now();
    work.run(
        "UPDATE one_time_codes SET ended_at = $4
         WHERE body = $1 AND person = $2 AND purpose = $3 AND used_at IS NULL
           AND ended_at IS NULL",
        args![person, purpose.name(), now],
    )
    .await?;
    Ok(())
}

/// Ends the code of a permit.
pub(crate) async fn end_of_permit(work: &mut Work, permit: &str) -> Result<u64, IdentityError> {
    let now = work.now();
    let ended = work
        .run(
            "UPDATE one_time_codes SET ended_at = $3
             WHERE body = $1 AND permit = $2 AND ended_at IS NULL",
            args![permit, now],
        )
        .await?;
    Ok(ended)
}

fn read(mut row: Row) -> Result<CodeRow, IdentityError> {
    Ok(CodeRow {
        id: row.take(0)?,
        person: row.take(1)?,
        purpose: word(&mut row, 2, Purpose::parse)?,
        permit: row.take(3)?,
        made_at: row.take(4)?,
        until: row.take(5)?,
        is_spent: row.take::<Option<i64>>(6)?.is_some(),
    })
}

/// Writes an enrolment.
pub(crate) async fn insert_enrolment(
    work: &mut Work,
    new: &EnrolmentRow,
    hash: Hashed<Token>,
) -> Result<(), IdentityError> {
    let now = work.now();
    work.run(
        "INSERT INTO enrolments (body, id, person, code, hash, totp, made_at, until_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![new.id, new.person, new.code, hash.to_string(), new.totp.clone(), now, new.until,],
    )
    .await?;
    Ok(())
}

/// Finds an enrolment by its token, in whichever body.
pub(crate) async fn enrolment(
    across: &mut Across,
    hash: Hashed<Token>,
) -> Result<Option<(BodyId, EnrolmentRow)>, IdentityError> {
    let row = across
        .row(
            "SELECT body, id, person, code, totp, challenge, until_at
             FROM enrolments WHERE hash = $1 {lock}",
            args![hash.to_string()],
        )
        .await?;
    let Some(mut row) = row else { return Ok(None) };
    let body = row.take(0)?;
    let enrolment = EnrolmentRow {
        id: row.take(1)?,
        person: row.take(2)?,
        code: row.take(3)?,
        totp: row.take(4)?,
        challenge: row.take(5)?,
        until: row.take(6)?,
    };
    Ok(Some((body, enrolment)))
}

/// Keeps the challenge of a passkey that is being made.
pub(crate) async fn set_challenge(
    work: &mut Work,
    id: Id<EnrolmentRow>,
    challenge: &[u8],
) -> Result<(), IdentityError> {
    work.run(
        "UPDATE enrolments SET challenge = $3 WHERE body = $1 AND id = $2",
        args![id, challenge],
    )
    .await?;
    Ok(())
}

/// Forgets all enrolments of a person.
pub(crate) async fn forget_enrolments(
    work: &mut Work,
    person: PersonId,
) -> Result<(), IdentityError> {
    work.run("DELETE FROM enrolments WHERE body = $1 AND person = $2", args![person]).await?;
    Ok(())
}
