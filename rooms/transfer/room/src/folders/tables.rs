//! Rows by which folders are worked on once: which folders were seen, what was
//! taken from one, what is on its way into one.

use base::{Id, Timestamp};
use passages::PassageId;
use store::{Migration, StoreError, Work, args};

/// The folders' migrations.
pub const MIGRATIONS: &[Migration] = &[Migration {
    // New, empty tables: no lock is held for long.
    name: "transfer-0101-folders",
    sql: "CREATE TABLE transfer_folders (
        body TEXT NOT NULL,
        folder TEXT NOT NULL,
        seen_at {int} NOT NULL,
        PRIMARY KEY (body, folder)
    ) {strict};
    CREATE TABLE transfer_takings (
        body TEXT NOT NULL,
        claim TEXT NOT NULL,
        folder TEXT NOT NULL,
        passage TEXT NOT NULL,
        is_told {int} NOT NULL,
        made_at {int} NOT NULL,
        PRIMARY KEY (body, claim),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id)
    ) {strict};
    CREATE INDEX transfer_takings_told ON transfer_takings (body, folder, is_told, claim);
    CREATE TABLE transfer_placings (
        body TEXT NOT NULL,
        passage TEXT NOT NULL,
        folder TEXT NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (body, passage),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id)
    ) {strict};",
}];

/// What a [`ClaimId`] names.
#[derive(Clone, Copy, Debug)]
pub(super) enum ClaimTag {}

/// The id of a file that was moved aside to be taken in.
pub(super) type ClaimId = Id<ClaimTag>;

/// A file that became a passage.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) claim: ClaimId,
    pub(super) passage: PassageId,
}

/// Rows that are worked on at once.
pub(super) const AT_ONCE: u32 = 200;

/// True if the folder was ever worked on.
pub(super) async fn is_known(work: &mut Work, folder: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM transfer_folders WHERE body = $1 AND folder = $2";
    Ok(work.row(sql, args![folder]).await?.is_some())
}

/// Notes that the folder is worked on.
pub(super) async fn know(work: &mut Work, folder: &str) -> Result<(), StoreError> {
    if is_known(work, folder).await? {
        return Ok(());
    }
    let sql = "INSERT INTO transfer_folders (body, folder, seen_at) VALUES ($1, $2, $3)";
    let now = work.now();
    work.run(sql, args![folder, now]).await?;
    Ok(())
}

/// Notes what became of a claim: once, or the work fails.
pub(super) async fn take(work: &mut Work, folder: &str, taken: &Taken) -> Result<(), StoreError> {
    let sql = "INSERT INTO transfer_takings (body, claim, folder, passage, is_told, made_at)
        VALUES ($1, $2, $3, $4, 0, $5)";
    let now = work.now();
    work.run(sql, args![taken.claim, folder, taken.passage, now]).await?;
    Ok(())
}

/// The passage that a claim became, if it did.
pub(super) async fn taken(
    work: &mut Work,
    claim: ClaimId,
) -> Result<Option<PassageId>, StoreError> {
    let sql = "SELECT passage FROM transfer_takings WHERE body = $1 AND claim = $2";
    work.row(sql, args![claim]).await?.map(|mut row| row.take(0)).transpose()
}

/// What was taken from a folder and not told the result of, the oldest first.
pub(super) async fn untold(
    work: &mut Work,
    folder: &str,
    after: Option<ClaimId>,
) -> Result<Vec<Taken>, StoreError> {
    let sql = "SELECT claim, passage FROM transfer_takings
        WHERE body = $1 AND folder = $2 AND is_told = 0 AND claim > $3 ORDER BY claim LIMIT $4";
    let after = after.map_or_else(String::new, |claim| claim.to_string());
    read(work.rows(sql, args![folder, after, AT_ONCE]).await?)
}

/// Notes that the result of a claim lies beside it.
pub(super) async fn tell(work: &mut Work, claim: ClaimId) -> Result<(), StoreError> {
    let sql = "UPDATE transfer_takings SET is_told = 1 WHERE body = $1 AND claim = $2";
    work.run(sql, args![claim]).await?;
    Ok(())
}

/// What was told before then.
pub(super) async fn old(
    work: &mut Work,
    folder: &str,
    before: Timestamp,
) -> Result<Vec<Taken>, StoreError> {
    let sql = "SELECT claim, passage FROM transfer_takings
        WHERE body = $1 AND folder = $2 AND is_told = 1 AND made_at < $3
        ORDER BY claim LIMIT $4";
    read(work.rows(sql, args![folder, before, AT_ONCE]).await?)
}

/// Forgets a claim.
pub(super) async fn forget(work: &mut Work, claim: ClaimId) -> Result<(), StoreError> {
    let sql = "DELETE FROM transfer_takings WHERE body = $1 AND claim = $2";
    work.run(sql, args![claim]).await?;
    Ok(())
}

/// Notes that a passage's file lies ready in a folder and only wants its name.
pub(super) async fn place(
    work: &mut Work,
    folder: &str,
    passage: PassageId,
    name: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO transfer_placings (body, passage, folder, name)
        VALUES ($1, $2, $3, $4)";
    work.run(sql, args![passage, folder, name]).await?;
    Ok(())
}

/// What lies ready in a folder.
pub(super) async fn placings(
    work: &mut Work,
    folder: &str,
) -> Result<Vec<(PassageId, String)>, StoreError> {
    let sql = "SELECT passage, name FROM transfer_placings WHERE body = $1 AND folder = $2
        ORDER BY passage LIMIT $3";
    let rows = work.rows(sql, args![folder, AT_ONCE]).await?;
    rows.into_iter().map(|mut row| Ok((row.take(0)?, row.take(1)?))).collect()
}

/// It has its name.
pub(super) async fn placed(work: &mut Work, passage: PassageId) -> Result<(), StoreError> {
    let sql = "DELETE FROM transfer_placings WHERE body = $1 AND passage = $2";
    work.run(sql, args![passage]).await?;
    Ok(())
}

fn read(rows: Vec<store::Row>) -> Result<Vec<Taken>, StoreError> {
    rows.into_iter()
        .map(|mut row| Ok(Taken { claim: row.take(0)?, passage: row.take(1)? }))
        .collect()
}
