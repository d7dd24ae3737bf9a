//! The register's search: one statement a branch, each along one index.

use base::Timestamp;
use identity::{PersonId, SectionId};
use store::{IntoValue, Value, Work};

use super::permits::{COLUMNS, list};
use crate::error::PermitError;
use crate::life::State;
use crate::permit::{Permit, PermitId};

/// Which rows one statement looks along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Branch {
    /// Every row of the body.
    Body,
    /// Rows of one section.
    Section(SectionId),
    /// Rows of one applicant.
    Applicant(PersonId),
    /// Rows of one who gains.
    Beneficiary(PersonId),
    /// Rows of one who decided.
    Decider(PersonId),
}

/// What narrows every branch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query<'a> {
    pub(crate) kind: Option<&'a str>,
    pub(crate) state: Option<State>,
    pub(crate) section: Option<SectionId>,
    pub(crate) number: Option<u32>,
    /// Ids of permits made since then.
    pub(crate) since: Option<Timestamp>,
    /// Ids of permits made before then.
    pub(crate) before: Option<Timestamp>,
    /// Ids below this one.
    pub(crate) after: Option<PermitId>,
    /// Ids from this one on.
    pub(crate) floor: Option<PermitId>,
    /// Whose drafts are shown; those of others never.
    pub(crate) viewer: Option<PersonId>,
    pub(crate) count_max: u32,
}

/// Permits of one branch, newest first.
pub(crate) async fn search(
    work: &mut Work,
    branch: Branch,
    query: &Query<'_>,
) -> Result<Vec<Permit>, PermitError> {
    let (sql, values) = statement(branch, query);
    list(work, &sql, values).await
}

struct Statement {
    sql: String,
    values: Vec<Value>,
}

impl Statement {
    fn and(&mut self, column: &str, comparison: &str, value: impl IntoValue) {
        self.values.push(value.into_value());
        // `$1` is the body.
        let place = self.values.len() + 1;
        self.sql.push_str(&format!(" AND {column} {comparison} ${place}"));
    }
}

pub(super) fn statement(branch: Branch, query: &Query<'_>) -> (String, Vec<Value>) {
    let by = index(branch, query).map(|index| format!(" {{by {index}}}")).unwrap_or_default();
    let sql = format!("SELECT {COLUMNS} FROM permits{by} WHERE body = $1");
    let mut all = Statement { sql, values: Vec::new() };
    match branch {
        Branch::Body => {}
        Branch::Section(section) => all.and("section", "=", section),
        Branch::Applicant(person) => all.and("applicant", "=", person),
        Branch::Beneficiary(person) => all.and("beneficiary", "=", person),
        Branch::Decider(person) => all.and("decided_by", "=", person),
    }
    if let Some(number) = query.number {
        all.and("number", "=", number);
    }
    if let Some(kind) = query.kind {
        all.and("kind", "=", kind);
    }
    if let Some(state) = query.state {
        all.and("state", "=", state.name());
    }
    if let Some(section) = query.section.filter(|section| branch != Branch::Section(*section)) {
        all.and("section", "=", section);
    }
    // Both bounds always: before it has counted a table, PostgreSQL would
    // otherwise sort it all for one page.
    let since = first_id(query.since.unwrap_or_default());
    all.and("id", ">=", query.floor.map_or(since, |floor| floor.max(since)).to_string());
    let ends = [query.before.map(first_id), query.after].into_iter().flatten();
    let end = ends.min().map_or_else(|| PAST_ALL_IDS.to_owned(), |id| id.to_string());
    all.and("id", "<", end);
    match query.viewer {
        Some(viewer) => {
            all.values.push(viewer.into_value());
            let place = all.values.len() + 1;
            all.sql.push_str(&format!(" AND (state <> 'draft' OR applicant = ${place})"));
        }
        None => all.sql.push_str(" AND state <> 'draft'"),
    }
    all.values.push(query.count_max.into_value());
    all.sql.push_str(&format!(" ORDER BY id DESC LIMIT ${}", all.values.len() + 1));
    (all.sql, all.values)
}

/// The index that a search goes along; none where that is the primary key.
/// Without being told, SQLite takes the primary key for the shortest way and
/// looks through the whole register.
pub(super) fn index(branch: Branch, query: &Query<'_>) -> Option<&'static str> {
    if query.number.is_some() {
        return Some("permits_number");
    }
    let narrowed = (query.kind.is_some(), query.state.is_some());
    Some(match (branch, narrowed) {
        (Branch::Body, (false, false)) => return None,
        (Branch::Body, (true, false)) => "permits_kind",
        (Branch::Body, (false, true)) => "permits_state",
        (Branch::Body, (true, true)) => "permits_kind_state",
        (Branch::Section(_), (false, false)) => "permits_section",
        (Branch::Section(_), (true, false)) => "permits_section_kind",
        (Branch::Section(_), (false, true)) => "permits_section_state",
        (Branch::Section(_), (true, true)) => "permits_section_kind_state",
        (Branch::Applicant(_), (_, false)) => "permits_applicant",
        (Branch::Applicant(_), (_, true)) => "permits_applicant_state",
        (Branch::Beneficiary(_), (_, false)) => "permits_beneficiary",
        (Branch::Beneficiary(_), (_, true)) => "permits_beneficiary_state",
        (Branch::Decider(_), (false, false)) => "permits_decided_by",
        (Branch::Decider(_), (true, false)) => "permits_decided_by_kind",
        (Branch::Decider(_), (false, true)) => "permits_decided_by_state",
        (Branch::Decider(_), (true, true)) => "permits_decided_by_kind_state",
    })
}

/// The first character of a ULID is 7 at most.
const PAST_ALL_IDS: &str = "8";

/// The lowest id of a moment.
fn first_id(moment: Timestamp) -> PermitId {
    struct Zeros;
    impl base::Random for Zeros {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(0);
        }
    }
    PermitId::new(moment, &Zeros)
}
