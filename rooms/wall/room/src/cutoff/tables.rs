//! The rows of cut-offs: one for each time that a zone was cut off, and the names
//! of the notes from the gateway that were taken.

use base::{Id, Timestamp};
use identity::PersonId;
use permits::PermitId;
use store::{Migration, Row, StoreError, Work, args};
use zones::Zone;

use crate::tables::turn_on;

/// A row for each cut-off. A zone has at most one that is not restored.
pub const CUTOFFS: Migration = Migration {
    name: "wall-0004-cutoffs",
    sql: "CREATE TABLE wall_cutoffs (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        zone TEXT NOT NULL CHECK (zone IN ('internet', 'lgwan', 'mynumber')),
        ordered TEXT NOT NULL CHECK (ordered IN ('approved', 'emergency', 'local')),
        permit TEXT,
        person TEXT,
        operator TEXT,
        reason TEXT NOT NULL,
        begun_at {int} NOT NULL,
        cut_ms {int},
        report_due_at {int},
        reported_at {int},
        reported_by TEXT,
        report TEXT,
        flagged_at {int},
        lapsed_at {int},
        restored_at {int},
        restored_by TEXT,
        restorer TEXT,
        restore_reason TEXT,
        restored_ms {int},
        PRIMARY KEY (body, id),
        FOREIGN KEY (body, permit) REFERENCES permits (body, id),
        FOREIGN KEY (body, person) REFERENCES people (body, id),
        FOREIGN KEY (body, reported_by) REFERENCES people (body, id),
        FOREIGN KEY (body, restored_by) REFERENCES people (body, id),
        CHECK ((ordered = 'local') = (operator IS NOT NULL)),
        CHECK ((reported_at IS NULL) = (report IS NULL)),
        CHECK (restored_at IS NULL OR restored_by IS NOT NULL OR restorer IS NOT NULL)
    ) {strict};
    CREATE UNIQUE INDEX wall_cutoffs_one ON wall_cutoffs (body, zone) WHERE restored_at IS NULL;",
};

/// A row for each note that was taken, so that it is taken once.
pub const NOTES: Migration = Migration {
    name: "wall-0005-cutoff-notes",
    sql: "CREATE TABLE wall_cutoff_notes (
        body TEXT NOT NULL,
        note TEXT NOT NULL,
        taken_at {int} NOT NULL,
        PRIMARY KEY (body, note)
    ) {strict};",
};

/// What a [`CutoffId`] names.
#[derive(Clone, Copy, Debug)]
pub enum CutoffTag {}

/// The id of a cut-off.
pub type CutoffId = Id<CutoffTag>;

/// By whose word a zone was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ordered {
    /// Two people: one asked, another approved.
    Approved,
    /// One person, by the emergency plan.
    Emergency,
    /// Whoever stood at the gateway.
    Local,
}

impl Ordered {
    /// All.
    pub const ALL: [Self; 3] = [Self::Approved, Self::Emergency, Self::Local];

    /// The name in rows; the screens look up `cutoff-ordered-NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Emergency => "emergency",
            Self::Local => "local",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ordered| ordered.name() == name)
    }
}

/// A time that a zone was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cutoff {
    /// Its id.
    pub id: CutoffId,
    /// The zone.
    pub zone: Zone,
    /// By whose word.
    pub ordered: Ordered,
    /// The permit behind it; none for one from the gateway.
    pub permit: Option<PermitId>,
    /// Who ordered it, where they are known here.
    pub person: Option<PersonId>,
    /// Who stood at the gateway, as that says.
    pub operator: Option<String>,
    /// Why.
    pub reason: String,
    /// When it was ordered.
    pub begun_at: Timestamp,
    /// Milliseconds from the order until the kernel held it.
    pub cut_ms: Option<i64>,
    /// When a report is due, where one person alone cut it off.
    pub report_due_at: Option<Timestamp>,
    /// When it was reported, or another person approved it.
    pub reported_at: Option<Timestamp>,
    /// By whom.
    pub reported_by: Option<PersonId>,
    /// What was reported.
    pub report: Option<String>,
    /// When it was written down that the report is late.
    pub flagged_at: Option<Timestamp>,
    /// Since when no permit is behind it any more.
    pub lapsed_at: Option<Timestamp>,
    /// When it was restored.
    pub restored_at: Option<Timestamp>,
    /// By whom, where they are known here.
    pub restored_by: Option<PersonId>,
    /// Who restored it at the gateway, as that says.
    pub restorer: Option<String>,
    /// Why.
    pub restore_reason: Option<String>,
    /// Milliseconds from then until the kernel held it.
    pub restored_ms: Option<i64>,
}

/// What somebody has to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alarm {
    /// Nothing.
    Quiet,
    /// A report is due.
    ReportDue,
    /// A report is late.
    ReportLate,
    /// The zone is cut off, and no permit is behind that any more.
    Lapsed,
}

impl Alarm {
    /// All.
    pub const ALL: [Self; 4] = [Self::Quiet, Self::ReportDue, Self::ReportLate, Self::Lapsed];

    /// The name in answers; the screens look up `cutoff-alarm-NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::ReportDue => "report-due",
            Self::ReportLate => "report-late",
            Self::Lapsed => "lapsed",
        }
    }
}

impl Cutoff {
    /// True while the zone is cut off.
    #[must_use]
    pub const fn is_in_force(&self) -> bool {
        self.restored_at.is_none()
    }

    /// What somebody has to look at now, the worst.
    #[must_use]
    pub fn alarm(&self, now: Timestamp) -> Alarm {
        let is_owed = self.reported_at.is_none();
        match self.report_due_at {
            _ if self.is_in_force() && self.lapsed_at.is_some() => Alarm::Lapsed,
            Some(due) if is_owed && due <= now => Alarm::ReportLate,
            Some(_) if is_owed => Alarm::ReportDue,
            Some(_) | None => Alarm::Quiet,
        }
    }
}

const COLUMNS: &str = "id, zone, ordered, permit, person, operator, reason, begun_at, cut_ms, \
    report_due_at, reported_at, reported_by, report, flagged_at, lapsed_at, restored_at, \
    restored_by, restorer, restore_reason, restored_ms";

/// The zones that are cut off now: no flow from or to one of them is open.
///
/// # Errors
/// As the store says.
pub async fn zones_cut(work: &mut Work) -> Result<Vec<Zone>, StoreError> {
    let sql = "SELECT zone FROM wall_cutoffs WHERE body = $1 AND restored_at IS NULL ORDER BY zone";
    let rows = work.rows(sql, args![]).await?;
    rows.into_iter().map(|mut row| zone(&row.take::<String>(0)?)).collect()
}

/// The cut-off of a zone that is in force.
pub(crate) async fn in_force(work: &mut Work, zone: Zone) -> Result<Option<Cutoff>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM wall_cutoffs WHERE body = $1 AND zone = $2 AND restored_at IS NULL
         {{lock}}"
    );
    work.row(&sql, args![zone.name()]).await?.map(cutoff).transpose()
}

/// One cut-off.
pub(crate) async fn find(work: &mut Work, id: CutoffId) -> Result<Option<Cutoff>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM wall_cutoffs WHERE body = $1 AND id = $2 {{lock}}");
    work.row(&sql, args![id]).await?.map(cutoff).transpose()
}

/// The cut-offs behind which a permit stands, that are in force.
pub(crate) async fn of_permit(
    work: &mut Work,
    permit: PermitId,
) -> Result<Option<Cutoff>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM wall_cutoffs WHERE body = $1 AND permit = $2
         AND restored_at IS NULL {{lock}}"
    );
    work.row(&sql, args![permit]).await?.map(cutoff).transpose()
}

/// All cut-offs, the newest first.
pub(crate) async fn all(work: &mut Work, count_max: u32) -> Result<Vec<Cutoff>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM wall_cutoffs WHERE body = $1 ORDER BY begun_at DESC, id DESC
         LIMIT {count_max}"
    );
    work.rows(&sql, args![]).await?.into_iter().map(cutoff).collect()
}

/// Those of which the kernel has not been told yet, as far as is written down,
/// or whose report is late and not written down as late.
pub(crate) async fn unsettled(work: &mut Work, now: Timestamp) -> Result<Vec<Cutoff>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM wall_cutoffs WHERE body = $1 AND (
            cut_ms IS NULL OR (restored_at IS NOT NULL AND restored_ms IS NULL)
            OR (report_due_at <= $2 AND reported_at IS NULL AND flagged_at IS NULL)
         ) ORDER BY begun_at, id"
    );
    work.rows(&sql, args![now]).await?.into_iter().map(cutoff).collect()
}

/// Writes a cut-off.
pub(crate) async fn add(work: &mut Work, new: &Cutoff) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO wall_cutoffs (body, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
         $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"
    );
    work.run(&sql, values(new)).await?;
    turn_on(work).await
}

/// Writes a cut-off over what was there.
pub(crate) async fn change(work: &mut Work, one: &Cutoff) -> Result<(), StoreError> {
    let sql = "UPDATE wall_cutoffs SET zone = $3, ordered = $4, permit = $5, person = $6,
        operator = $7, reason = $8, begun_at = $9, cut_ms = $10, report_due_at = $11,
        reported_at = $12, reported_by = $13, report = $14, flagged_at = $15, lapsed_at = $16,
        restored_at = $17, restored_by = $18, restorer = $19, restore_reason = $20,
        restored_ms = $21 WHERE body = $1 AND id = $2";
    work.run(sql, values(one)).await?;
    Ok(())
}

fn values(one: &Cutoff) -> Vec<store::Value> {
    args![
        one.id,
        one.zone.name(),
        one.ordered.name(),
        one.permit,
        one.person,
        one.operator.as_deref(),
        &one.reason,
        one.begun_at,
        one.cut_ms,
        one.report_due_at,
        one.reported_at,
        one.reported_by,
        one.report.as_deref(),
        one.flagged_at,
        one.lapsed_at,
        one.restored_at,
        one.restored_by,
        one.restorer.as_deref(),
        one.restore_reason.as_deref(),
        one.restored_ms
    ]
}

/// True if a note was not taken before; from then on it was.
pub(crate) async fn take_note(work: &mut Work, note: &str) -> Result<bool, StoreError> {
    let now = work.now();
    let sql = "INSERT INTO wall_cutoff_notes (body, note, taken_at) VALUES ($1, $2, $3)
        ON CONFLICT (body, note) DO NOTHING";
    Ok(work.run(sql, args![note, now]).await? == 1)
}

fn zone(name: &str) -> Result<Zone, StoreError> {
    Zone::parse(name).ok_or_else(|| unreadable(1, "a zone"))
}

const fn unreadable(column: usize, wanted: &'static str) -> StoreError {
    StoreError::Shape { column, wanted, found: "another word" }
}

fn cutoff(mut row: Row) -> Result<Cutoff, StoreError> {
    Ok(Cutoff {
        id: row.take(0)?,
        zone: zone(&row.take::<String>(1)?)?,
        ordered: Ordered::parse(&row.take::<String>(2)?)
            .ok_or_else(|| unreadable(2, "by whose word"))?,
        permit: row.take(3)?,
        person: row.take(4)?,
        operator: row.take(5)?,
        reason: row.take(6)?,
        begun_at: row.take(7)?,
        cut_ms: row.take(8)?,
        report_due_at: row.take(9)?,
        reported_at: row.take(10)?,
        reported_by: row.take(11)?,
        report: row.take(12)?,
        flagged_at: row.take(13)?,
        lapsed_at: row.take(14)?,
        restored_at: row.take(15)?,
        restored_by: row.take(16)?,
        restorer: row.take(17)?,
        restore_reason: row.take(18)?,
        restored_ms: row.take(19)?,
    })
}
