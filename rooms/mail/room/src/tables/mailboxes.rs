//! Rows of mailboxes: which address is whose. A mail for an address without a
//! row is not taken.

use identity::{PersonId, SectionId};
use store::{Migration, Row, StoreError, Work, args};

/// One row an address. Small: a town has some hundreds.
pub(crate) const MAILBOXES: Migration = Migration {
    name: "mail-0001-mailboxes",
    sql: "CREATE TABLE mail_mailboxes (
        body TEXT NOT NULL,
        address TEXT NOT NULL CHECK (length(address) BETWEEN 3 AND 254),
        owner_kind TEXT NOT NULL CHECK (owner_kind IN ('person', 'section')),
        owner TEXT NOT NULL,
        class TEXT NOT NULL,
        set_at {int} NOT NULL,
        digest_at {int},
        PRIMARY KEY (body, address)
    ) {strict};
    CREATE INDEX mail_mailboxes_owner ON mail_mailboxes (body, owner_kind, owner, address);",
};

/// Whose a mailbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// One person's.
    Person(PersonId),
    /// Everybody's of a section.
    Section(SectionId),
}

/// One mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The address, its domain in lower case.
    pub address: String,
    /// Whose it is.
    pub owner: Owner,
    /// What its mail is classed as: `1`, `2`, `3c`, `3b`.
    pub class: String,
}

const COLUMNS: &str = "address, owner_kind, owner, class";

/// The mailbox of an address.
pub(crate) async fn find(work: &mut Work, address: &str) -> Result<Option<Mailbox>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mail_mailboxes WHERE body = $1 AND address = $2");
    work.row(&sql, args![address]).await?.map(read).transpose()
}

/// Mailboxes in the order of their addresses, after one of them.
pub(crate) async fn list(
    work: &mut Work,
    after: &str,
    limit: u32,
) -> Result<Vec<Mailbox>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_mailboxes WHERE body = $1 AND address > $2
         ORDER BY address LIMIT $3"
    );
    work.rows(&sql, args![after, limit]).await?.into_iter().map(read).collect()
}

/// The mailboxes of one owner.
pub(crate) async fn of(work: &mut Work, owner: Owner) -> Result<Vec<Mailbox>, StoreError> {
    let (kind, id) = words(owner);
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_mailboxes WHERE body = $1 AND owner_kind = $2 AND owner = $3
         ORDER BY address LIMIT 200"
    );
    work.rows(&sql, args![kind, id]).await?.into_iter().map(read).collect()
}

/// Writes a mailbox, in the place of one that has the same address.
pub(crate) async fn set(work: &mut Work, mailbox: &Mailbox) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_mailboxes (body, address, owner_kind, owner, class, set_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (body, address) DO UPDATE SET owner_kind = excluded.owner_kind,
            owner = excluded.owner, class = excluded.class, set_at = excluded.set_at";
    let (kind, id) = words(mailbox.owner);
    let now = work.now();
    work.run(sql, args![&mailbox.address, kind, id, &mailbox.class, now]).await?;
    Ok(())
}

/// Takes a mailbox away; false if there is none.
pub(crate) async fn remove(work: &mut Work, address: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM mail_mailboxes WHERE body = $1 AND address = $2";
    Ok(work.run(sql, args![address]).await? > 0)
}

/// Mailboxes whose last digest is older than a moment, or that had none.
pub(crate) async fn undigested(
    work: &mut Work,
    before: base::Timestamp,
    (after, limit): (&str, u32),
) -> Result<Vec<(Mailbox, Option<base::Timestamp>)>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, digest_at FROM mail_mailboxes
         WHERE body = $1 AND address > $2 AND (digest_at IS NULL OR digest_at <= $3)
         ORDER BY address LIMIT $4"
    );
    let rows = work.rows(&sql, args![after, before, limit]).await?;
    rows.into_iter()
        .map(|mut row| {
            let at = row.take(4)?;
            Ok((read(row)?, at))
        })
        .collect()
}

/// Writes when a mailbox's digest was made.
pub(crate) async fn digested(work: &mut Work, address: &str) -> Result<(), StoreError> {
    let now = work.now();
    let sql = "UPDATE mail_mailboxes SET digest_at = $3 WHERE body = $1 AND address = $2";
    work.run(sql, args![address, now]).await?;
    Ok(())
}

/// How an owner stands in a row.
pub(crate) fn words(owner: Owner) -> (&'static str, String) {
    match owner {
        Owner::Person(person) => ("person", person.to_string()),
        Owner::Section(section) => ("section", section.to_string()),
    }
}

fn read(mut row: Row) -> Result<Mailbox, StoreError> {
    let kind: String = row.take(1)?;
    let owner = match kind.as_str() {
        "person" => Owner::Person(row.take(2)?),
        "section" => Owner::Section(row.take(2)?),
        _ => {
            return Err(StoreError::Shape { column: 1, wanted: "an owner", found: "another word" });
        }
    };
    Ok(Mailbox { address: row.take(0)?, owner, class: row.take(3)? })
}
