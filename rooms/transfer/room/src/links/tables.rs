//! Rows of upload links, and of the files that an outer half gave: of a code
//! only its hash is kept.

use base::Timestamp;
use identity::{Caller, Duty, PersonId};
use passages::{PassageId, Receiver};
use permits::PermitId;
use store::{Across, Migration, Row, StoreError, Work, args};

use crate::error::TransferError;

/// The tables. A few rows a day; the second grows by the files that come.
pub(crate) const LINKS: Migration = Migration {
    name: "transfer-0002-links",
    sql: "CREATE TABLE transfer_links (
        body TEXT NOT NULL,
        permit TEXT NOT NULL,
        code TEXT,
        applicant TEXT NOT NULL,
        receiver_kind TEXT NOT NULL CHECK (receiver_kind IN ('person', 'section')),
        receiver TEXT NOT NULL,
        class TEXT NOT NULL,
        purpose TEXT NOT NULL,
        files_max {int} NOT NULL,
        bytes_max {int} NOT NULL,
        files {int} NOT NULL,
        bytes {int} NOT NULL,
        late {int} NOT NULL,
        opened_at {int} NOT NULL,
        ends_at {int} NOT NULL,
        closed_at {int},
        PRIMARY KEY (body, permit),
        FOREIGN KEY (body, permit) REFERENCES permits (body, id),
        CHECK (files <= files_max AND bytes <= bytes_max)
    ) {strict};
    CREATE UNIQUE INDEX transfer_links_code ON transfer_links (code);
    CREATE INDEX transfer_links_open ON transfer_links (ends_at) WHERE closed_at IS NULL;
    CREATE TABLE transfer_link_items (
        body TEXT NOT NULL,
        item TEXT NOT NULL,
        permit TEXT NOT NULL,
        passage TEXT,
        made_at {int} NOT NULL,
        PRIMARY KEY (body, item),
        FOREIGN KEY (body, permit) REFERENCES transfer_links (body, permit)
    ) {strict};",
};

/// One link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) permit: PermitId,
    /// Its address was handed over.
    pub(crate) has_code: bool,
    pub(crate) applicant: PersonId,
    pub(crate) receiver: Receiver,
    pub(crate) class: String,
    pub(crate) purpose: String,
    pub(crate) files_max: u64,
    pub(crate) bytes_max: u64,
    /// What came so far.
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// Files that an outer half gave after the end; none of them was taken.
    pub(crate) late: u64,
    pub(crate) opened_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) closed_at: Option<Timestamp>,
}

impl Link {
    /// True until its end, or until it was shut before.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        self.closed_at.is_none() && now < self.ends_at
    }

    /// Files that it still takes.
    pub(crate) fn files_left(&self) -> u64 {
        self.files_max.saturating_sub(self.files)
    }

    /// Bytes that it still takes.
    pub(crate) fn bytes_left(&self) -> u64 {
        self.bytes_max.saturating_sub(self.bytes)
    }
}

/// True for whom a link may be shown: who asked for it, whoever gets what comes
/// by it, whoever decides on links or reads the ledger.
pub(crate) fn is_shown_to(link: &Link, caller: &Caller) -> bool {
    let is_receiver = match link.receiver {
        Receiver::Person(person) => person == caller.person,
        Receiver::Section(section) => caller.sections.contains(&section),
        Receiver::Asker => false,
    };
    is_receiver || link.applicant == caller.person || sees_all(caller)
}

fn sees_all(caller: &Caller) -> bool {
    caller.duties.has(Duty::ApproveExport) || caller.duties.has(Duty::ReadLedger)
}

const COLUMNS: &str = "permit, code IS NOT NULL, applicant, receiver_kind, receiver, class,
    purpose, files_max, bytes_max, files, bytes, late, opened_at, ends_at, closed_at";

/// Links that one page or one outer half is told of, at most.
const OPEN_MAX: u32 = 2_000;

pub(crate) async fn insert(work: &mut Work, link: &Link) -> Result<(), StoreError> {
    let (kind, receiver) = match link.receiver {
        Receiver::Person(person) => ("person", person.to_string()),
        Receiver::Section(section) => ("section", section.to_string()),
        // No link has such a receiver: the schema refuses the word.
        Receiver::Asker => ("asker", String::new()),
    };
    let sql = "INSERT INTO transfer_links (body, permit, applicant, receiver_kind, receiver,
        class, purpose, files_max, bytes_max, files, bytes, late, opened_at, ends_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let values = args![
        link.permit,
        link.applicant,
        kind,
        receiver,
        &link.class,
        &link.purpose,
        count(link.files_max),
        count(link.bytes_max),
        count(link.files),
        count(link.bytes),
        count(link.late),
        link.opened_at,
        link.ends_at
    ];
    work.run(sql, values).await?;
    Ok(())
}

/// Keeps the hash of the address that is handed over.
pub(crate) async fn put_code(
    work: &mut Work,
    permit: PermitId,
    hash: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE transfer_links SET code = $3
        WHERE body = $1 AND permit = $2 AND code IS NULL AND closed_at IS NULL";
    match work.run(sql, args![permit, hash]).await? {
        0 => Err(StoreError::Schema("a link without a row was handed over".to_owned())),
        _ => Ok(()),
    }
}

/// Shuts a link; one that is shut stays as it was.
pub(crate) async fn shut(work: &mut Work, permit: PermitId) -> Result<(), StoreError> {
    let now = work.now();
    let sql = "UPDATE transfer_links SET closed_at = $3
        WHERE body = $1 AND permit = $2 AND closed_at IS NULL";
    work.run(sql, args![permit, now]).await?;
    Ok(())
}

/// The link of a permit.
pub(crate) async fn find(work: &mut Work, permit: PermitId) -> Result<Option<Link>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM transfer_links WHERE body = $1 AND permit = $2");
    work.row(&sql, args![permit]).await?.map(read).transpose()
}

/// As [`find`], held until the work ends.
pub(crate) async fn find_locked(
    work: &mut Work,
    permit: PermitId,
) -> Result<Option<Link>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM transfer_links WHERE body = $1 AND permit = $2 {{lock}}");
    work.row(&sql, args![permit]).await?.map(read).transpose()
}

/// The body and the permit of the link whose address has this hash, open or
/// not.
pub(crate) async fn by_code(
    across: &mut Across,
    hash: &str,
) -> Result<Option<(base::BodyId, PermitId)>, StoreError> {
    let sql = "SELECT body, permit FROM transfer_links WHERE code = $1";
    let Some(mut row) = across.row(sql, args![hash]).await? else { return Ok(None) };
    Ok(Some((row.take(0)?, row.take(1)?)))
}

/// Body, permit and hash of every link that stands open.
pub(crate) async fn all_open(
    across: &mut Across,
    now: Timestamp,
) -> Result<Vec<(base::BodyId, PermitId, String)>, StoreError> {
    let sql = "SELECT body, permit, code FROM transfer_links
        WHERE closed_at IS NULL AND ends_at > $1 AND code IS NOT NULL
        ORDER BY ends_at, permit LIMIT $2";
    let rows = across.rows(sql, args![now, OPEN_MAX]).await?;
    rows.into_iter().map(|mut row| Ok((row.take(0)?, row.take(1)?, row.take(2)?))).collect()
}

/// A page of the register.
pub(crate) struct Page {
    pub(crate) rows: Vec<Link>,
    /// What the next page goes on after.
    pub(crate) next: Option<PermitId>,
}

/// Links that the caller may see, the newest first: those that they asked for
/// or that lead to them; all, for whoever decides on links or reads the ledger.
pub(crate) async fn list(
    work: &mut Work,
    caller: &Caller,
    below: Option<PermitId>,
    limit: u32,
) -> Result<Page, StoreError> {
    // The first character of a ULID is 7 at most.
    let below = below.map_or_else(|| "8".to_owned(), |id| id.to_string());
    let mut values = args![below, limit.saturating_add(1)];
    let own = if sees_all(caller) {
        String::new()
    } else {
        values.extend(args![caller.person]);
        let mut places = vec!["$4".to_owned()];
        for section in &caller.sections {
            values.extend(args![section.to_string()]);
            places.push(format!("${}", values.len() + 1));
        }
        format!("AND (applicant = $4 OR receiver IN ({}))", places.join(", "))
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM transfer_links WHERE body = $1 AND permit < $2 {own}
         ORDER BY permit DESC LIMIT $3"
    );
    let found = work.rows(&sql, values).await?;
    let mut rows = found.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|link| link.permit);
    Ok(Page { rows, next })
}

/// Adds what came.
pub(crate) async fn add(
    work: &mut Work,
    permit: PermitId,
    files: u64,
    bytes: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE transfer_links SET files = files + $3, bytes = bytes + $4
        WHERE body = $1 AND permit = $2";
    work.run(sql, args![permit, count(files), count(bytes)]).await?;
    Ok(())
}

/// Counts a file that came too late.
pub(crate) async fn add_late(work: &mut Work, permit: PermitId) -> Result<(), StoreError> {
    let sql = "UPDATE transfer_links SET late = late + 1 WHERE body = $1 AND permit = $2";
    work.run(sql, args![permit]).await?;
    Ok(())
}

/// True where an outer half's item was answered for before; and whether it was
/// taken.
pub(crate) async fn item(work: &mut Work, item: &str) -> Result<Option<bool>, StoreError> {
    let sql = "SELECT passage IS NOT NULL FROM transfer_link_items WHERE body = $1 AND item = $2";
    work.row(sql, args![item]).await?.map(|mut row| row.take(0)).transpose()
}

/// Remembers that an item was answered for.
pub(crate) async fn put_item(
    work: &mut Work,
    item: &str,
    permit: PermitId,
    passage: Option<PassageId>,
) -> Result<(), StoreError> {
    let now = work.now();
    let sql = "INSERT INTO transfer_link_items (body, item, permit, passage, made_at)
        VALUES ($1, $2, $3, $4, $5)";
    work.run(sql, args![item, permit, passage, now]).await?;
    Ok(())
}

/// Forgets items of links that were shut before a moment: nothing of theirs is
/// taken in any case.
pub(crate) async fn forget_items(work: &mut Work, before: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM transfer_link_items WHERE body = $1 AND permit IN (
        SELECT permit FROM transfer_links WHERE body = $1 AND closed_at < $2)";
    work.run(sql, args![before]).await?;
    Ok(())
}

/// Who applied for the link of a permit.
pub(crate) async fn applicant(
    work: &mut Work,
    permit: PermitId,
) -> Result<Option<PersonId>, TransferError> {
    Ok(find(work, permit).await?.map(|link| link.applicant))
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn read(mut row: Row) -> Result<Link, StoreError> {
    let number = |row: &mut Row, column| {
        let found: i64 = row.take(column)?;
        u64::try_from(found).map_err(|_| wrong(column, "a count"))
    };
    let (kind, id): (String, String) = (row.take(3)?, row.take(4)?);
    let receiver = match kind.as_str() {
        "person" => base::Id::parse(&id).ok().map(Receiver::Person),
        "section" => base::Id::parse(&id).ok().map(Receiver::Section),
        _ => None,
    };
    Ok(Link {
        permit: row.take(0)?,
        has_code: row.take(1)?,
        applicant: row.take(2)?,
        receiver: receiver.ok_or_else(|| wrong(3, "a receiver"))?,
        class: row.take(5)?,
        purpose: row.take(6)?,
        files_max: number(&mut row, 7)?,
        bytes_max: number(&mut row, 8)?,
        files: number(&mut row, 9)?,
        bytes: number(&mut row, 10)?,
        late: number(&mut row, 11)?,
        opened_at: row.take(12)?,
        ends_at: row.take(13)?,
        closed_at: row.take(14)?,
    })
}

fn wrong(column: usize, wanted: &'static str) -> StoreError {
    StoreError::Shape { column, wanted, found: "another word" }
}
