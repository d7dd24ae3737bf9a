//! The rows of the queue.

mod leases;
mod list;
mod queue;

pub(crate) use leases::{End, Hands, Lease, due, end, hold, is_done, is_held, next_moment};
pub(crate) use list::{failed, failed_of_all, find};
pub(crate) use queue::{
    again, again_of_all, insert, insert_across, is_planned, move_to, remove, sweep,
};

use store::Migration;

/// Stands in `body` where a job is the whole store's.
pub(crate) const EVERY_BODY: &str = "*";

/// The tables of this crate.
///
/// `jobs` holds what waits, runs and failed, and for a while what is done;
/// done rows are swept, so it stays small.
pub const MIGRATIONS: &[Migration] = &[Migration {
    name: "jobs-0001-queue",
    sql: "CREATE TABLE jobs (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        due {int} NOT NULL,
        payload TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
        attempts {int} NOT NULL,
        token {int} NOT NULL,
        leased_at {int},
        lease_until {int},
        finished {int},
        error TEXT,
        PRIMARY KEY (body, id),
        UNIQUE (body, kind, key)
    ) {strict};
    CREATE INDEX jobs_due ON jobs (state, due, id);
    CREATE INDEX jobs_body ON jobs (body, state, id);",
}];
