//! Rows about containers: passphrases until they are shown, and the age
//! recipients that people registered.

use base::Timestamp;
use identity::PersonId;
use passages::PassageId;
use store::{Migration, StoreError, Work, args};

/// A row for each container, and one for each person with a key of their own.
pub(crate) const CONTAINERS: Migration = Migration {
    name: "transfer-0013-containers",
    sql: "CREATE TABLE transfer_passphrases (
        body TEXT NOT NULL,
        passage TEXT NOT NULL,
        sealed {bytes},
        made_at {int} NOT NULL,
        shown_at {int},
        shown_to TEXT,
        PRIMARY KEY (body, passage),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id),
        FOREIGN KEY (body, shown_to) REFERENCES people (body, id),
        CHECK ((shown_at IS NULL) = (shown_to IS NULL)),
        CHECK (shown_at IS NULL OR sealed IS NULL)
    ) {strict};
    CREATE TABLE transfer_recipients (
        body TEXT NOT NULL,
        person TEXT NOT NULL,
        recipient TEXT NOT NULL,
        made_at {int} NOT NULL,
        PRIMARY KEY (body, person),
        FOREIGN KEY (body, person) REFERENCES people (body, id)
    ) {strict};",
};

/// A container's passphrase, as its row knows it.
#[derive(Clone, Debug)]
pub(crate) struct Passphrase {
    /// Sealed; gone once it was shown, or the passage ended.
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) shown_at: Option<Timestamp>,
}

/// Keeps a sealed passphrase.
pub(crate) async fn keep(
    work: &mut Work,
    passage: PassageId,
    sealed: Vec<u8>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO transfer_passphrases (body, passage, sealed, made_at)
        VALUES ($1, $2, $3, $4)";
    let now = work.now();
    work.run(sql, args![passage, sealed, now]).await?;
    Ok(())
}

/// The passphrase of a passage, if it has one; held until the work ends.
pub(crate) async fn passphrase(
    work: &mut Work,
    passage: PassageId,
    lock: bool,
) -> Result<Option<Passphrase>, StoreError> {
    let lock = if lock { " {lock}" } else { "" };
    let sql = format!(
        "SELECT sealed, shown_at FROM transfer_passphrases
         WHERE body = $1 AND passage = $2{lock}"
    );
    let Some(mut row) = work.row(&sql, args![passage]).await? else { return Ok(None) };
    Ok(Some(Passphrase { sealed: row.take(0)?, shown_at: row.take(1)? }))
}

/// Forgets a passphrase that is shown now.
pub(crate) async fn shown(
    work: &mut Work,
    passage: PassageId,
    to: PersonId,
) -> Result<(), StoreError> {
    let sql = "UPDATE transfer_passphrases SET sealed = NULL, shown_at = $3, shown_to = $4
        WHERE body = $1 AND passage = $2";
    let now = work.now();
    work.run(sql, args![passage, now, to]).await?;
    Ok(())
}

/// Forgets a passphrase whose passage is over.
pub(crate) async fn forget(work: &mut Work, passage: PassageId) -> Result<(), StoreError> {
    let sql = "UPDATE transfer_passphrases SET sealed = NULL WHERE body = $1 AND passage = $2";
    work.run(sql, args![passage]).await?;
    Ok(())
}

/// The age recipient of a person, if they registered one.
pub(crate) async fn recipient(
    work: &mut Work,
    person: PersonId,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT recipient FROM transfer_recipients WHERE body = $1 AND person = $2";
    work.row(sql, args![person]).await?.map(|mut row| row.take(0)).transpose()
}

/// Registers a person's age recipient in place of the one before; none takes
/// it away.
pub(crate) async fn register(
    work: &mut Work,
    person: PersonId,
    recipient: Option<&str>,
) -> Result<(), StoreError> {
    let Some(recipient) = recipient else {
        let sql = "DELETE FROM transfer_recipients WHERE body = $1 AND person = $2";
        work.run(sql, args![person]).await?;
        return Ok(());
    };
    let sql = "INSERT INTO transfer_recipients (body, person, recipient, made_at)
        VALUES ($1, $2, $3, $4) ON CONFLICT (body, person)
        DO UPDATE SET recipient = excluded.recipient, made_at = excluded.made_at";
    let now = work.now();
    work.run(sql, args![person, recipient, now]).await?;
    Ok(())
}
