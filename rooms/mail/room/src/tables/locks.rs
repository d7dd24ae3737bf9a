//! Rows of locked passages with the tries that failed, and the body's standing
//! passwords, sealed. No password that somebody typed is in any row.

use base::{Id, Timestamp};
use identity::PersonId;
use passages::PassageId;
use store::{Migration, StoreError, Work, args};

/// Some rows a body each.
pub(crate) const LOCKS: Migration = Migration {
    name: "mail-0005-locks",
    sql: "CREATE TABLE mail_locks (
        body TEXT NOT NULL,
        passage TEXT NOT NULL,
        sender TEXT NOT NULL,
        files TEXT NOT NULL,
        tries {int} NOT NULL CHECK (tries >= 0),
        tried_at {int},
        made_at {int} NOT NULL,
        PRIMARY KEY (body, passage),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id)
    ) {strict};
    CREATE INDEX mail_locks_sender ON mail_locks (body, sender, passage);
    CREATE TABLE mail_passwords (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        label TEXT NOT NULL CHECK (length(label) BETWEEN 1 AND 100),
        sealed {bytes} NOT NULL,
        person TEXT NOT NULL,
        made_at {int} NOT NULL,
        PRIMARY KEY (body, id),
        FOREIGN KEY (body, person) REFERENCES people (body, id)
    ) {strict};",
};

/// What a [`PasswordId`] names.
#[derive(Clone, Copy, Debug)]
pub enum PasswordTag {}

/// The id of a standing password.
pub type PasswordId = Id<PasswordTag>;

/// A locked passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The passage.
    pub passage: PassageId,
    /// The address it came from, in lower case.
    pub sender: String,
    /// The names of what is locked, one a line.
    pub files: String,
    /// Wrong passwords that people typed.
    pub tries: u32,
    /// When the last one was.
    pub tried_at: Option<Timestamp>,
}

/// A standing password without its word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub id: PasswordId,
    /// What people call it: a company, a contract.
    pub label: String,
    /// Who entered it.
    pub person: PersonId,
    /// When.
    pub made_at: Timestamp,
}

/// Writes a lock.
pub(crate) async fn add(work: &mut Work, lock: &Lock) -> Result<(), StoreError> {
    let now = work.now();
    let sql = "INSERT INTO mail_locks (body, passage, sender, files, tries, made_at)
        VALUES ($1, $2, $3, $4, 0, $5)";
    work.run(sql, args![lock.passage, &lock.sender, &lock.files, now]).await?;
    Ok(())
}

/// The lock of a passage; with `lock`, held until the work ends.
pub(crate) async fn find(
    work: &mut Work,
    passage: PassageId,
    lock: bool,
) -> Result<Option<Lock>, StoreError> {
    let lock = if lock { " {lock}" } else { "" };
    let sql = format!(
        "SELECT passage, sender, files, tries, tried_at FROM mail_locks
         WHERE body = $1 AND passage = $2{lock}"
    );
    let Some(mut row) = work.row(&sql, args![passage]).await? else { return Ok(None) };
    Ok(Some(Lock {
        passage: row.take(0)?,
        sender: row.take(1)?,
        files: row.take(2)?,
        tries: row.take(3)?,
        tried_at: row.take(4)?,
    }))
}

/// Locked passages of a sender, newest first.
pub(crate) async fn of_sender(
    work: &mut Work,
    sender: &str,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<PassageId>, StoreError> {
    let sql = "SELECT passage FROM mail_locks
        WHERE body = $1 AND sender = $2 AND made_at >= $3 ORDER BY passage DESC LIMIT $4";
    let rows = work.rows(sql, args![sender, since, limit]).await?;
    rows.into_iter().map(|mut row| row.take(0)).collect()
}

/// Counts a wrong password.
pub(crate) async fn failed(
    work: &mut Work,
    passage: PassageId,
    tries: u32,
) -> Result<(), StoreError> {
    let now = work.now();
    let sql = "UPDATE mail_locks SET tries = $3, tried_at = $4 WHERE body = $1 AND passage = $2";
    work.run(sql, args![passage, tries, now]).await?;
    Ok(())
}

/// Takes a lock away: it was opened, or its time is over.
pub(crate) async fn remove(work: &mut Work, passage: PassageId) -> Result<(), StoreError> {
    let sql = "DELETE FROM mail_locks WHERE body = $1 AND passage = $2";
    work.run(sql, args![passage]).await?;
    Ok(())
}

/// Writes a standing password.
pub(crate) async fn add_standing(
    work: &mut Work,
    standing: &Standing,
    sealed: Vec<u8>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_passwords (body, id, label, sealed, person, made_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let values = args![standing.id, &standing.label, sealed, standing.person, standing.made_at];
    work.run(sql, values).await?;
    Ok(())
}

/// The standing passwords with what is sealed, oldest first.
pub(crate) async fn standing(
    work: &mut Work,
    limit: u32,
) -> Result<Vec<(Standing, Vec<u8>)>, StoreError> {
    let sql = "SELECT id, label, person, made_at, sealed FROM mail_passwords
        WHERE body = $1 ORDER BY id LIMIT $2";
    let rows = work.rows(sql, args![limit]).await?;
    rows.into_iter()
        .map(|mut row| {
            let standing = Standing {
                id: row.take(0)?,
                label: row.take(1)?,
                person: row.take(2)?,
                made_at: row.take(3)?,
            };
            Ok((standing, row.take(4)?))
        })
        .collect()
}

/// Takes a standing password away; false if there is none.
pub(crate) async fn remove_standing(work: &mut Work, id: PasswordId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM mail_passwords WHERE body = $1 AND id = $2";
    Ok(work.run(sql, args![id]).await? > 0)
}
