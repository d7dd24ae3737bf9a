//! Rows of senders that somebody listed: let through by the judge of spam, or
//! always held. For one mailbox, or for all of the body.

use base::Timestamp;
use identity::PersonId;
use store::{Migration, Row, StoreError, Work, args};

/// Some rows a mailbox, read by their key.
pub(crate) const LISTED: Migration = Migration {
    name: "mail-0022-listed-senders",
    sql: "CREATE TABLE mail_listed (
        body TEXT NOT NULL,
        receiver TEXT NOT NULL,
        sender TEXT NOT NULL CHECK (length(sender) BETWEEN 2 AND 254),
        how TEXT NOT NULL CHECK (how IN ('allow', 'block')),
        person TEXT NOT NULL,
        made_at {int} NOT NULL,
        PRIMARY KEY (body, receiver, sender),
        FOREIGN KEY (body, person) REFERENCES people (body, id)
    ) {strict};",
};

/// What is done with a listed sender's mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The judge of spam does not hold it; everything else still may.
    Allow,
    /// It is held, whatever it looks like.
    Block,
}

impl How {
    /// The name that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Block => "block",
        }
    }

    /// Reads [`How::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Allow, Self::Block].into_iter().find(|how| how.name() == name)
    }
}

/// One listed sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The mailbox; empty for the whole body.
    pub receiver: String,
    /// An address in lower case, or `@domain`.
    pub sender: String,
    /// What is done.
    pub how: How,
    /// Who said so.
    pub person: PersonId,
    /// When.
    pub made_at: Timestamp,
}

/// The receiver of rows that hold for the whole body.
pub(crate) const EVERYBODY: &str = "";
/// Rows of one list.
const ROWS_MAX: u32 = 500;

/// Writes a row, in the place of one about the same.
pub(crate) async fn set(work: &mut Work, listed: &Listed) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_listed (body, receiver, sender, how, person, made_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (body, receiver, sender)
        DO UPDATE SET how = excluded.how, person = excluded.person, made_at = excluded.made_at";
    let (receiver, sender) = (listed.receiver.as_str(), listed.sender.as_str());
    work.run(sql, args![receiver, sender, listed.how.name(), listed.person, listed.made_at])
        .await?;
    Ok(())
}

/// Takes a row away; says what it said.
pub(crate) async fn remove(
    work: &mut Work,
    receiver: &str,
    sender: &str,
) -> Result<Option<How>, StoreError> {
    let found = find(work, receiver, sender).await?;
    let sql = "DELETE FROM mail_listed WHERE body = $1 AND receiver = $2 AND sender = $3";
    let gone = work.run(sql, args![receiver, sender]).await? > 0;
    Ok(found.filter(|_| gone))
}

/// What one row says.
async fn find(work: &mut Work, receiver: &str, sender: &str) -> Result<Option<How>, StoreError> {
    let sql = "SELECT how FROM mail_listed WHERE body = $1 AND receiver = $2 AND sender = $3";
    let Some(mut row) = work.row(sql, args![receiver, sender]).await? else { return Ok(None) };
    let how: String = row.take(0)?;
    Ok(How::parse(&how))
}

/// The list of one mailbox, or of the body.
pub(crate) async fn of(work: &mut Work, receiver: &str) -> Result<Vec<Listed>, StoreError> {
    let sql = "SELECT receiver, sender, how, person, made_at FROM mail_listed
        WHERE body = $1 AND receiver = $2 ORDER BY sender LIMIT $3";
    work.rows(sql, args![receiver, ROWS_MAX]).await?.into_iter().map(read).collect()
}

/// How a sender stands with a receiver: the body's block before all, then the
/// receiver's own word, then the body's; an address before its domain.
pub(crate) async fn about(
    work: &mut Work,
    receiver: &str,
    sender: &str,
) -> Result<Option<How>, StoreError> {
    let Some((_, domain)) = sender.rsplit_once('@') else { return Ok(None) };
    let domain = format!("@{domain}");
    let sql = "SELECT receiver, sender, how, person, made_at FROM mail_listed
        WHERE body = $1 AND receiver IN ($2, $3) AND sender IN ($4, $5)";
    let rows = work.rows(sql, args![receiver, EVERYBODY, sender, &domain]).await?;
    let rows: Vec<Listed> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
    let said = |receiver: &str| {
        let of =
            |sender: &str| rows.iter().find(|row| row.receiver == receiver && row.sender == sender);
        of(sender).or_else(|| of(&domain)).map(|row| row.how)
    };
    let everybody = said(EVERYBODY);
    Ok(match everybody {
        Some(How::Block) => everybody,
        Some(How::Allow) | None => said(receiver).or(everybody),
    })
}

fn read(mut row: Row) -> Result<Listed, StoreError> {
    let how: String = row.take(2)?;
    let shape = StoreError::Shape { column: 2, wanted: "a listing", found: "another word" };
    Ok(Listed {
        receiver: row.take(0)?,
        sender: row.take(1)?,
        how: How::parse(&how).ok_or(shape)?,
        person: row.take(3)?,
        made_at: row.take(4)?,
    })
}
