//! The room's rows: what was checked before a flow opens, what the kernel was
//! told last, and how often what it should hold has changed.

use base::{Id, Timestamp};
use identity::PersonId;
use permits::PermitId;
use store::{Migration, Row, StoreError, Work, args};

/// The room's migrations.
pub const MIGRATIONS: &[Migration] = &[
    CHECKS,
    OPEN,
    TURNS,
    crate::cutoff::tables::CUTOFFS,
    crate::cutoff::tables::NOTES,
    crate::review::REVIEWS,
    crate::uses::tables::USES,
];

/// A row for each item that somebody checked. One that was withdrawn stays.
const CHECKS: Migration = Migration {
    name: "wall-0001-checks",
    sql: "CREATE TABLE wall_checks (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        flow TEXT NOT NULL,
        declaration TEXT NOT NULL,
        item TEXT NOT NULL,
        person TEXT NOT NULL,
        note TEXT NOT NULL,
        made_at {int} NOT NULL,
        withdrawn_by TEXT,
        withdrawn_at {int},
        reason TEXT,
        PRIMARY KEY (body, id),
        FOREIGN KEY (body, person) REFERENCES people (body, id),
        FOREIGN KEY (body, withdrawn_by) REFERENCES people (body, id),
        CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL)),
        CHECK ((reason IS NULL) = (withdrawn_at IS NULL))
    ) {strict};
    CREATE UNIQUE INDEX wall_checks_hold ON wall_checks (body, flow, declaration, item)
        WHERE withdrawn_at IS NULL;",
};

/// A row for each flow that the kernel was told to let pass.
const OPEN: Migration = Migration {
    name: "wall-0002-open",
    sql: "CREATE TABLE wall_open (
        body TEXT NOT NULL,
        flow TEXT NOT NULL,
        permit TEXT NOT NULL,
        declaration TEXT NOT NULL,
        ends_at {int} NOT NULL,
        opened_at {int} NOT NULL,
        PRIMARY KEY (body, flow),
        FOREIGN KEY (body, permit) REFERENCES permits (body, id)
    ) {strict};",
};

/// A row for each body with a wall: a number that grows with each change of
/// what should be open, so that the gate sees one at a glance.
const TURNS: Migration = Migration {
    name: "wall-0003-turns",
    sql: "CREATE TABLE wall_turns (
        body TEXT NOT NULL,
        turn {int} NOT NULL,
        PRIMARY KEY (body)
    ) {strict};",
};

/// What a [`CheckId`] names.
#[derive(Clone, Copy, Debug)]
pub enum CheckTag {}

/// The id of something that was checked.
pub type CheckId = Id<CheckTag>;

/// An item of a flow's check list, as somebody checked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its id.
    pub id: CheckId,
    /// The flow's name.
    pub flow: String,
    /// The fingerprint of the declaration that was looked at.
    pub declaration: String,
    /// `risk-analysis`, or one of [`zones::site::CHECK_LIST`].
    pub item: String,
    /// Who checked it.
    pub person: PersonId,
    /// What they wrote: where the analysis lies, what was found.
    pub note: String,
    /// When.
    pub made_at: Timestamp,
}

/// A flow that the kernel was told to let pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) flow: String,
    pub(crate) permit: PermitId,
    pub(crate) declaration: String,
    pub(crate) ends_at: Timestamp,
    pub(crate) opened_at: Timestamp,
}

const CHECK_COLUMNS: &str = "id, flow, declaration, item, person, note, made_at";

/// Everything that is checked and was not withdrawn.
pub(crate) async fn checks(work: &mut Work) -> Result<Vec<Check>, StoreError> {
    let sql = format!(
        "SELECT {CHECK_COLUMNS} FROM wall_checks WHERE body = $1 AND withdrawn_at IS NULL
         ORDER BY flow, item, id"
    );
    work.rows(&sql, args![]).await?.into_iter().map(check).collect()
}

/// One of them; nothing if it was withdrawn.
pub(crate) async fn find_check(work: &mut Work, id: CheckId) -> Result<Option<Check>, StoreError> {
    let sql = format!(
        "SELECT {CHECK_COLUMNS} FROM wall_checks WHERE body = $1 AND id = $2
         AND withdrawn_at IS NULL {{lock}}"
    );
    work.row(&sql, args![id]).await?.map(check).transpose()
}

/// Writes that an item was checked.
pub(crate) async fn add_check(work: &mut Work, new: &Check) -> Result<(), StoreError> {
    let sql = "INSERT INTO wall_checks (body, id, flow, declaration, item, person, note, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values =
        args![new.id, &new.flow, &new.declaration, &new.item, new.person, &new.note, new.made_at];
    work.run(sql, values).await?;
    Ok(())
}

/// Withdraws it; false if somebody did before.
pub(crate) async fn withdraw_check(
    work: &mut Work,
    id: CheckId,
    by: PersonId,
    reason: &str,
) -> Result<bool, StoreError> {
    let now = work.now();
    let sql = "UPDATE wall_checks SET withdrawn_by = $3, withdrawn_at = $4, reason = $5
        WHERE body = $1 AND id = $2 AND withdrawn_at IS NULL";
    Ok(work.run(sql, args![id, by, now, reason]).await? == 1)
}

/// What the kernel was told last.
pub(crate) async fn opened(work: &mut Work) -> Result<Vec<Opened>, StoreError> {
    let sql = "SELECT flow, permit, declaration, ends_at, opened_at FROM wall_open
        WHERE body = $1 ORDER BY flow";
    let read = |mut row: Row| {
        Ok(Opened {
            flow: row.take(0)?,
            permit: row.take(1)?,
            declaration: row.take(2)?,
            ends_at: row.take(3)?,
            opened_at: row.take(4)?,
        })
    };
    work.rows(sql, args![]).await?.into_iter().map(read).collect()
}

/// Writes that a flow is open.
pub(crate) async fn open(work: &mut Work, one: &Opened) -> Result<(), StoreError> {
    let sql = "INSERT INTO wall_open (body, flow, permit, declaration, ends_at, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let values = args![&one.flow, one.permit, &one.declaration, one.ends_at, one.opened_at];
    work.run(sql, values).await?;
    Ok(())
}

/// Writes that a flow is closed.
pub(crate) async fn close(work: &mut Work, flow: &str) -> Result<(), StoreError> {
    work.run("DELETE FROM wall_open WHERE body = $1 AND flow = $2", args![flow]).await?;
    Ok(())
}

/// How often what should be open has changed.
pub(crate) async fn turn(work: &mut Work) -> Result<i64, StoreError> {
    let row = work.row("SELECT turn FROM wall_turns WHERE body = $1", args![]).await?;
    row.map_or(Ok(0), |mut row| row.take(0))
}

/// Says that what should be open has changed, in the work that changes it.
pub(crate) async fn turn_on(work: &mut Work) -> Result<(), StoreError> {
    let sql = "INSERT INTO wall_turns (body, turn) VALUES ($1, 1)
        ON CONFLICT (body) DO UPDATE SET turn = wall_turns.turn + 1";
    work.run(sql, args![]).await?;
    Ok(())
}

fn check(mut row: Row) -> Result<Check, StoreError> {
    Ok(Check {
        id: row.take(0)?,
        flow: row.take(1)?,
        declaration: row.take(2)?,
        item: row.take(3)?,
        person: row.take(4)?,
        note: row.take(5)?,
        made_at: row.take(6)?,
    })
}
