//! Who works on what, until when, under which token. A worker does not know the
//! body of a job beforehand, so these statements look over all bodies; each
//! change still names the body.

use base::Timestamp;
use store::{Across, IntoValue, Row, StoreError, Value, Work, args};

use super::EVERY_BODY;
use crate::claim::Claimed;
use crate::job::{Kind, State};

/// How many candidates one look brings of each state.
const CANDIDATES: u32 = 32;

/// A job that can be taken: as it stands before.
pub(crate) struct Lease {
    pub(crate) claimed: Claimed,
    pub(crate) state: State,
}

/// Jobs that are due, longest first, and jobs whose worker gave no sign of life:
/// its lease ran out, or began later than `leased_after_max`, so the wall clock
/// went back. Each question follows an index: however many wait, few are looked
/// at.
pub(crate) async fn due(
    across: &mut Across,
    kinds: &[Kind],
    leased_after_max: Timestamp,
) -> Result<Vec<Lease>, StoreError> {
    let now = across.now();
    let of_kinds = |first| {
        let names = placeholders(kinds, first);
        format!(
            "SELECT body, id, kind, key, payload, due, state, attempts, token FROM jobs
             WHERE kind IN ({names})"
        )
    };
    let waiting =
        format!("{} AND state = 'waiting' AND due <= $1 ORDER BY due, id LIMIT $2", of_kinds(3));
    let left = format!(
        "{} AND state = 'running' AND (lease_until <= $1 OR leased_at > $2)
         ORDER BY due, id LIMIT $3",
        of_kinds(4)
    );
    let with_kinds = |mut arguments: Vec<Value>| {
        arguments.extend(kinds.iter().map(|kind| kind.into_value()));
        arguments
    };
    let mut rows = across.rows(&left, with_kinds(args![now, leased_after_max, CANDIDATES])).await?;
    rows.extend(across.rows(&waiting, with_kinds(args![now, CANDIDATES])).await?);
    let mut leases: Vec<Lease> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
    leases.sort_by_key(|lease| (lease.claimed.due, lease.claimed.id));
    Ok(leases)
}

/// The next moment at which something may become due.
pub(crate) async fn next_moment(
    across: &mut Across,
    kinds: &[Kind],
) -> Result<Option<Timestamp>, StoreError> {
    let names = placeholders(kinds, 1);
    let arguments: Vec<Value> = kinds.iter().map(|kind| kind.into_value()).collect();
    let due = format!(
        "SELECT due FROM jobs WHERE state = 'waiting' AND kind IN ({names})
         ORDER BY due, id LIMIT 1"
    );
    let lease =
        format!("SELECT MIN(lease_until) FROM jobs WHERE state = 'running' AND kind IN ({names})");
    let due: Option<Timestamp> = match across.row(&due, arguments.clone()).await? {
        Some(mut row) => row.take(0)?,
        None => None,
    };
    let lease: Option<Timestamp> = match across.row(&lease, arguments).await? {
        Some(mut row) => row.take(0)?,
        None => None,
    };
    Ok(due.into_iter().chain(lease).min())
}

/// Takes the lease if nobody else did since it was read.
pub(crate) async fn hold(
    across: &mut Across,
    lease: &Lease,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let (now, claimed) = (across.now(), &lease.claimed);
    let sql = "UPDATE jobs SET state = 'running', token = token + 1, attempts = attempts + 1,
             leased_at = $5, lease_until = $6
         WHERE body = $1 AND id = $2 AND token = $3 AND state = $4";
    let arguments =
        args![body_of(claimed), claimed.id, claimed.token, lease.state.word(), now, until];
    Ok(across.run(sql, arguments).await? > 0)
}

/// Changes to a row that is held under a claim's token.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// Holds on until then.
    Renew(Timestamp),
    /// The effect is kept.
    Done,
    /// Waits for another moment, its attempts forgotten or not.
    Wait { due: Timestamp, attempts: u32, error: Option<String> },
    /// Failed for good.
    Failed(String),
}

impl End {
    /// The columns to set, from `$4` on, and their values.
    fn columns(self, now: Timestamp) -> (&'static str, Vec<Value>) {
        match self {
            Self::Renew(until) => ("leased_at = $4, lease_until = $5", args![now, until]),
            Self::Done => ("state = 'done', finished = $4, error = NULL", args![now]),
            Self::Wait { due, attempts, error } => (
                "state = 'waiting', due = $4, attempts = $5, error = $6",
                args![due, attempts, error],
            ),
            Self::Failed(error) => {
                ("state = 'failed', finished = $4, error = $5", args![now, error])
            }
        }
    }
}

/// A transaction of one body or of all.
pub(crate) enum Hands<'a> {
    Body(&'a mut Work),
    All(&'a mut Across),
}

impl Hands<'_> {
    pub(crate) const fn now(&self) -> Timestamp {
        match self {
            Self::Body(work) => work.now(),
            Self::All(across) => across.now(),
        }
    }

    async fn rows(&mut self, sql: &str, claimed: &Claimed) -> Result<Vec<Row>, StoreError> {
        let arguments = args![claimed.id, claimed.token];
        match self {
            Self::Body(work) => work.rows(sql, arguments).await,
            Self::All(across) => across.rows(sql, with_body(claimed, arguments)).await,
        }
    }

    async fn run(
        &mut self,
        sql: &str,
        claimed: &Claimed,
        more: Vec<Value>,
    ) -> Result<u64, StoreError> {
        let mut arguments = args![claimed.id, claimed.token];
        arguments.extend(more);
        match self {
            Self::Body(work) => work.run(sql, arguments).await,
            Self::All(across) => across.run(sql, with_body(claimed, arguments)).await,
        }
    }
}

/// Changes a held row; false if the claim does not hold it any more.
pub(crate) async fn end(
    hands: &mut Hands<'_>,
    claimed: &Claimed,
    change: End,
) -> Result<bool, StoreError> {
    let (columns, values) = change.columns(hands.now());
    let sql = format!(
        "UPDATE jobs SET {columns}
         WHERE body = $1 AND id = $2 AND token = $3 AND state = 'running'"
    );
    Ok(hands.run(&sql, claimed, values).await? > 0)
}

/// True if the claim still holds the row; nobody can take it over before this
/// transaction ends.
pub(crate) async fn is_held(hands: &mut Hands<'_>, claimed: &Claimed) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM jobs
         WHERE body = $1 AND id = $2 AND token = $3 AND state = 'running' {lock}";
    Ok(!hands.rows(sql, claimed).await?.is_empty())
}

/// True if this very claim has finished the job already.
pub(crate) async fn is_done(hands: &mut Hands<'_>, claimed: &Claimed) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM jobs
         WHERE body = $1 AND id = $2 AND token = $3 AND state = 'done'";
    Ok(!hands.rows(sql, claimed).await?.is_empty())
}

fn with_body(claimed: &Claimed, arguments: Vec<Value>) -> Vec<Value> {
    let mut all = args![body_of(claimed)];
    all.extend(arguments);
    all
}

fn body_of(claimed: &Claimed) -> String {
    claimed.body.map_or_else(|| EVERY_BODY.to_owned(), |body| body.to_string())
}

fn placeholders(kinds: &[Kind], first: usize) -> String {
    let names: Vec<String> = (first..first + kinds.len()).map(|n| format!("${n}")).collect();
    names.join(", ")
}

fn read(mut row: Row) -> Result<Lease, StoreError> {
    let body: String = row.take(0)?;
    let shape = StoreError::Shape { column: 6, wanted: "a job's state", found: "another word" };
    let claimed = Claimed {
        body: base::BodyId::parse(&body).ok(),
        id: row.take(1)?,
        kind: row.take(2)?,
        key: row.take(3)?,
        payload: row.take(4)?,
        due: row.take(5)?,
        attempt: row.take(7)?,
        token: row.take(8)?,
    };
    let state = State::parse(&row.take::<String>(6)?).ok_or(shape)?;
    Ok(Lease { claimed, state })
}
