//! Rows of attachments that lie with us behind a link: of its address only the
//! hash is kept. A row is fetched so often, until its end, and then no more.

use base::{BodyId, Timestamp};
use passages::Sealed;
use store::{Across, Migration, Row, StoreError, Work, args};

use super::letters::LetterId;
pub use super::outgoing::LinkId;

/// A row an attachment. Some a day; the hash is looked up over all bodies.
pub(crate) const LINKS: Migration = Migration {
    name: "mail-0021-links",
    sql: "CREATE TABLE mail_links (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        letter TEXT NOT NULL,
        name TEXT NOT NULL,
        kept TEXT,
        kept_key {bytes},
        bytes {int} NOT NULL,
        sha256 TEXT NOT NULL,
        code TEXT NOT NULL,
        days {int} NOT NULL CHECK (days >= 1),
        fetches_max {int} NOT NULL CHECK (fetches_max >= 1),
        fetches {int} NOT NULL,
        opened_at {int},
        ends_at {int},
        fetched_at {int},
        PRIMARY KEY (body, id),
        FOREIGN KEY (body, letter) REFERENCES mail_letters (body, id),
        CHECK ((kept IS NULL) = (kept_key IS NULL)),
        CHECK ((opened_at IS NULL) = (ends_at IS NULL)),
        CHECK (fetches BETWEEN 0 AND fetches_max)
    ) {strict};
    CREATE UNIQUE INDEX mail_links_code ON mail_links (code);
    CREATE INDEX mail_links_letter ON mail_links (body, letter);
    CREATE INDEX mail_links_ends ON mail_links (body, ends_at) WHERE kept IS NOT NULL;",
};

/// One attachment.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// The mail that names it.
    pub letter: LetterId,
    /// The file's name.
    pub name: String,
    /// The file, sealed, while it is kept.
    pub kept: Option<Sealed>,
    /// Its length.
    pub bytes: u64,
    /// Its hash.
    pub sha256: String,
    /// How long it can be fetched once the mail left.
    pub days: u32,
    /// How often.
    pub fetches_max: u32,
    /// How often it was.
    pub fetches: u32,
    /// Since when it can be fetched: since the mail left.
    pub opened_at: Option<Timestamp>,
    /// Until when.
    pub ends_at: Option<Timestamp>,
}

impl Link {
    /// True while it can be fetched.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.kept.is_some()
            && self.fetches < self.fetches_max
            && self.ends_at.is_some_and(|ends| now < ends)
    }
}

const COLUMNS: &str = "id, letter, name, kept, kept_key, bytes, sha256, days, fetches_max, fetches,
    opened_at, ends_at";

/// Writes an attachment; its link leads nowhere before the mail left.
pub(crate) async fn insert(work: &mut Work, link: &Link, code: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_links (body, id, letter, name, kept, kept_key, bytes, sha256, code,
            days, fetches_max, fetches)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)";
    let values = args![
        link.id,
        link.letter,
        &link.name,
        link.kept.as_ref().map(|sealed| sealed.blob.as_str()),
        link.kept.as_ref().map(|sealed| sealed.key.clone()),
        i64::try_from(link.bytes).unwrap_or(i64::MAX),
        &link.sha256,
        code,
        link.days,
        link.fetches_max
    ];
    work.run(sql, values).await?;
    Ok(())
}

/// Opens the links of a mail that leaves now.
pub(crate) async fn open(work: &mut Work, letter: LetterId) -> Result<(), StoreError> {
    let now = work.now();
    let sql = "UPDATE mail_links SET opened_at = $3, ends_at = $3 + days * 86400000
        WHERE body = $1 AND letter = $2 AND opened_at IS NULL";
    work.run(sql, args![letter, now]).await?;
    Ok(())
}

/// Shuts the links of a mail; the blobs that nothing names any more.
pub(crate) async fn shut(work: &mut Work, letter: LetterId) -> Result<Vec<String>, StoreError> {
    let links = of_letter(work, letter).await?;
    let sql = "UPDATE mail_links SET kept = NULL, kept_key = NULL WHERE body = $1 AND letter = $2";
    work.run(sql, args![letter]).await?;
    Ok(links.into_iter().filter_map(|link| Some(link.kept?.blob)).collect())
}

/// The attachments of a mail.
pub(crate) async fn of_letter(work: &mut Work, letter: LetterId) -> Result<Vec<Link>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM mail_links WHERE body = $1 AND letter = $2 ORDER BY id");
    work.rows(&sql, args![letter]).await?.into_iter().map(read).collect()
}

/// Whose link has this hash, open or not.
pub(crate) async fn by_code(
    across: &mut Across,
    hash: &str,
) -> Result<Option<(BodyId, LinkId)>, StoreError> {
    let sql = "SELECT body, id FROM mail_links WHERE code = $1";
    let Some(mut row) = across.row(sql, args![hash]).await? else { return Ok(None) };
    Ok(Some((row.take(0)?, row.take(1)?)))
}

/// One attachment; with `lock`, held until the work ends.
pub(crate) async fn find(
    work: &mut Work,
    id: LinkId,
    lock: bool,
) -> Result<Option<Link>, StoreError> {
    let lock = if lock { " {lock}" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM mail_links WHERE body = $1 AND id = $2{lock}");
    work.row(&sql, args![id]).await?.map(read).transpose()
}

/// Counts a fetch; false if it was fetched often enough.
pub(crate) async fn fetch(work: &mut Work, id: LinkId) -> Result<bool, StoreError> {
    let now = work.now();
    let sql = "UPDATE mail_links SET fetches = fetches + 1, fetched_at = $3
        WHERE body = $1 AND id = $2 AND fetches < fetches_max AND ends_at > $3 AND kept IS NOT NULL";
    Ok(work.run(sql, args![id, now]).await? == 1)
}

/// Mails with attachments whose time is over.
pub(crate) async fn ended(work: &mut Work, limit: u32) -> Result<Vec<LetterId>, StoreError> {
    let now = work.now();
    let sql = "SELECT DISTINCT letter FROM mail_links
        WHERE body = $1 AND kept IS NOT NULL AND ends_at <= $2 LIMIT $3";
    let rows = work.rows(sql, args![now, limit]).await?;
    rows.into_iter().map(|mut row| row.take(0)).collect()
}

fn read(mut row: Row) -> Result<Link, StoreError> {
    let blob: Option<String> = row.take(3)?;
    let key: Option<Vec<u8>> = row.take(4)?;
    let bytes: i64 = row.take(5)?;
    Ok(Link {
        id: row.take(0)?,
        letter: row.take(1)?,
        name: row.take(2)?,
        kept: blob.zip(key).map(|(blob, key)| Sealed { blob, key }),
        bytes: u64::try_from(bytes).map_err(|_| StoreError::Shape {
            column: 5,
            wanted: "a count",
            found: "another number",
        })?,
        sha256: row.take(6)?,
        days: row.take(7)?,
        fetches_max: row.take(8)?,
        fetches: row.take(9)?,
        opened_at: row.take(10)?,
        ends_at: row.take(11)?,
    })
}
