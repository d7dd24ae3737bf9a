//! Rows of mails that their receivers found odd, and of what was found about
//! them. Nothing in them blames anybody.

use base::{Id, Timestamp};
use identity::PersonId;
use passages::PassageId;
use store::{Migration, Row, StoreError, Work, args};

/// Some rows a week.
pub(crate) const ODD: Migration = Migration {
    name: "mail-0010-odd",
    sql: "CREATE TABLE mail_odd (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        passage TEXT NOT NULL,
        person TEXT NOT NULL,
        note TEXT,
        made_at {int} NOT NULL,
        finding TEXT CHECK (finding IN ('bad', 'harmless', 'unclear')),
        finding_note TEXT,
        closed_by TEXT,
        closed_at {int},
        PRIMARY KEY (body, id),
        UNIQUE (body, passage),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id),
        FOREIGN KEY (body, person) REFERENCES people (body, id)
    ) {strict};",
};

/// What an [`OddId`] names.
#[derive(Clone, Copy, Debug)]
pub enum OddTag {}

/// The id of a report of an odd mail.
pub type OddId = Id<OddTag>;

/// A report of an odd mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its id.
    pub id: OddId,
    /// The mail, as its receiver has it.
    pub passage: PassageId,
    /// Who reported it.
    pub person: PersonId,
    /// What seemed odd, where somebody said so.
    pub note: Option<String>,
    /// When it was reported.
    pub made_at: Timestamp,
    /// `bad`, `harmless`, `unclear`; nothing while it is open.
    pub finding: Option<String>,
    /// What was said with it.
    pub finding_note: Option<String>,
}

const COLUMNS: &str = "id, passage, person, note, made_at, finding, finding_note";

/// Writes a report; false where the mail was reported before.
pub(crate) async fn add(work: &mut Work, report: &Report) -> Result<bool, StoreError> {
    let sql = "INSERT INTO mail_odd (body, id, passage, person, note, made_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (body, passage) DO NOTHING";
    let values =
        args![report.id, report.passage, report.person, report.note.as_deref(), report.made_at];
    Ok(work.run(sql, values).await? == 1)
}

/// The report of a mail.
pub(crate) async fn of_passage(
    work: &mut Work,
    passage: PassageId,
) -> Result<Option<Report>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mail_odd WHERE body = $1 AND passage = $2");
    work.row(&sql, args![passage]).await?.map(read).transpose()
}

/// The report of an id.
pub(crate) async fn find(work: &mut Work, id: OddId) -> Result<Option<Report>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mail_odd WHERE body = $1 AND id = $2");
    work.row(&sql, args![id]).await?.map(read).transpose()
}

/// The newest reports, the open ones first.
pub(crate) async fn newest(work: &mut Work, limit: u32) -> Result<Vec<Report>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_odd WHERE body = $1
         ORDER BY (CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END), id DESC LIMIT $2"
    );
    work.rows(&sql, args![limit]).await?.into_iter().map(read).collect()
}

/// Writes what was found; false where somebody did before.
pub(crate) async fn close(
    work: &mut Work,
    id: OddId,
    (finding, note): (&str, Option<&str>),
    by: PersonId,
) -> Result<bool, StoreError> {
    let now = work.now();
    let sql = "UPDATE mail_odd SET finding = $3, finding_note = $4, closed_by = $5, closed_at = $6
        WHERE body = $1 AND id = $2 AND closed_at IS NULL";
    Ok(work.run(sql, args![id, finding, note, by, now]).await? == 1)
}

fn read(mut row: Row) -> Result<Report, StoreError> {
    Ok(Report {
        id: row.take(0)?,
        passage: row.take(1)?,
        person: row.take(2)?,
        note: row.take(3)?,
        made_at: row.take(4)?,
        finding: row.take(5)?,
        finding_note: row.take(6)?,
    })
}
