//! Factors.

use base::{BodyId, Text};
use store::{Across, Row, StoreError, Work, args};

use super::{text, word};
use crate::enrol::LABEL_MAX;
use crate::error::IdentityError;
use crate::gate::FactorKind;
use crate::own::{Factor, FactorId};
use crate::person::{PersonId, PersonState};

/// A factor with what proves it, sealed.
#[derive(Clone, Debug)]
pub(crate) struct FactorRow {
    pub(crate) factor: Factor,
    /// Names the credential over all bodies and people.
    pub(crate) handle: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) last_step: Option<i64>,
}

/// What a first step finds under a login.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) body: BodyId,
    pub(crate) person: PersonId,
    pub(crate) state: PersonState,
    /// The password, if they have one.
    pub(crate) password: Option<(FactorId, Vec<u8>)>,
}

const COLUMNS: &str = "id, person, kind, label, added_at, used_at, handle, sealed, last_step";

/// Binds a credential to a person; refused if it is anybody's.
pub(crate) async fn insert(work: &mut Work, new: &FactorRow) -> Result<(), IdentityError> {
    if take_back(work, new).await? {
        return Ok(());
    }
    let done = work
        .run(
            "INSERT INTO factors (body, id, person, kind, label, added_at, handle, sealed,
                 last_step)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            args![
                new.factor.id,
                new.factor.person,
                new.factor.kind.name(),
                new.factor.label.as_str(),
                new.factor.added_at,
                &new.handle,
                new.sealed.clone(),
                new.last_step,
            ],
        )
        .await;
    match done {
        Ok(_) => Ok(()),
        Err(StoreError::Duplicate(_)) => Err(IdentityError::CredentialTaken),
        Err(other) => Err(other.into()),
    }
}

/// Gives a person back the name at a provider that was theirs before; false if
/// it never was. Nothing else comes back: its secret is gone.
async fn take_back(work: &mut Work, new: &FactorRow) -> Result<bool, IdentityError> {
    if new.factor.kind != FactorKind::Provider {
        return Ok(false);
    }
    let changed = work
        .run(
            "UPDATE factors SET removed_at = NULL, used_at = NULL, added_at = $5, label = $6
             WHERE body = $1 AND person = $2 AND kind = $3 AND handle = $4
               AND removed_at IS NOT NULL",
            args![
                new.factor.person,
                new.factor.kind.name(),
                &new.handle,
                new.factor.added_at,
                new.factor.label.as_str(),
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// A person's factors in force, the oldest first.
pub(crate) async fn of_person(
    work: &mut Work,
    person: PersonId,
) -> Result<Vec<FactorRow>, IdentityError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM factors
         WHERE body = $1 AND person = $2 AND removed_at IS NULL ORDER BY added_at, id"
    );
    work.rows(&sql, args![person]).await?.into_iter().map(read).collect()
}

/// As [`of_person`]; no other work changes them before this one ends.
pub(crate) async fn lock(
    work: &mut Work,
    person: PersonId,
) -> Result<Vec<FactorRow>, IdentityError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM factors
         WHERE body = $1 AND person = $2 AND removed_at IS NULL ORDER BY added_at, id {{lock}}"
    );
    work.rows(&sql, args![person]).await?.into_iter().map(read).collect()
}

/// Notes that a factor was used; a changed secret or counter goes with it.
pub(crate) async fn used(
    work: &mut Work,
    id: FactorId,
    last_step: Option<i64>,
    sealed: Option<Vec<u8>>,
) -> Result<(), IdentityError> {
    let now = work.now();
    work.run(
        "UPDATE factors SET used_at = $3, last_step = COALESCE($4, last_step),
             sealed = COALESCE($5, sealed)
         WHERE body = $1 AND id = $2 AND removed_at IS NULL",
        args![id, now, last_step, sealed],
    )
    .await?;
    Ok(())
}

/// Replaces the secret of a factor.
pub(crate) async fn reseal(
    work: &mut Work,
    id: FactorId,
    sealed: Vec<u8>,
) -> Result<(), IdentityError> {
    work.run(
        "UPDATE factors SET sealed = $3 WHERE body = $1 AND id = $2 AND removed_at IS NULL",
        args![id, sealed],
    )
    .await?;
    Ok(())
}

/// Removes a factor: the secret is gone, the handle stays taken.
pub(crate) async fn remove(work: &mut Work, id: FactorId) -> Result<(), IdentityError> {
    let now = work.now();
    let nothing: &[u8] = &[];
    work.run(
        "UPDATE factors SET removed_at = $3, sealed = $4, last_step = NULL
         WHERE body = $1 AND id = $2 AND removed_at IS NULL",
        args![id, now, nothing],
    )
    .await?;
    Ok(())
}

/// Removes all factors of a person and says how many there were.
pub(crate) async fn remove_all(work: &mut Work, person: PersonId) -> Result<u64, IdentityError> {
    let now = work.now();
    let nothing: &[u8] = &[];
    let removed = work
        .run(
            "UPDATE factors SET removed_at = $3, sealed = $4, last_step = NULL
             WHERE body = $1 AND person = $2 AND removed_at IS NULL",
            args![person, now, nothing],
        )
        .await?;
    Ok(removed)
}

/// What a login leads to, in whichever body.
pub(crate) async fn by_login(
    across: &mut Across,
    login: &str,
) -> Result<Option<Known>, IdentityError> {
    let row = across
        .row(
            "SELECT p.body, p.id, p.state, f.id, f.sealed
             FROM people p LEFT JOIN factors f ON f.body = p.body AND f.person = p.id
                AND f.kind = 'password' AND f.removed_at IS NULL
             WHERE p.login = $1",
            args![login],
        )
        .await?;
    let Some(mut row) = row else { return Ok(None) };
    let (factor, sealed) = (row.take::<Option<FactorId>>(3)?, row.take(4)?);
    Ok(Some(Known {
        body: row.take(0)?,
        person: row.take(1)?,
        state: word(&mut row, 2, PersonState::parse)?,
        password: factor.zip(sealed),
    }))
}

/// Whose credential this is, in whichever body.
pub(crate) async fn by_handle(
    across: &mut Across,
    kind: FactorKind,
    handle: &str,
) -> Result<Option<(BodyId, PersonId, PersonState)>, IdentityError> {
    let row = across
        .row(
            "SELECT p.body, p.id, p.state
             FROM factors f JOIN people p ON p.body = f.body AND p.id = f.person
             WHERE f.kind = $1 AND f.handle = $2 AND f.removed_at IS NULL",
            args![kind.name(), handle],
        )
        .await?;
    let Some(mut row) = row else { return Ok(None) };
    Ok(Some((row.take(0)?, row.take(1)?, word(&mut row, 2, PersonState::parse)?)))
}

fn read(mut row: Row) -> Result<FactorRow, IdentityError> {
    let label: Text<LABEL_MAX> = text(&mut row, 3)?;
    Ok(FactorRow {
        factor: Factor {
            id: row.take(0)?,
            person: row.take(1)?,
            kind: word(&mut row, 2, FactorKind::parse)?,
            label,
            added_at: row.take(4)?,
            used_at: row.take(5)?,
        },
        handle: row.take(6)?,
        sealed: row.take(7)?,
        last_step: row.take(8)?,
    })
}
