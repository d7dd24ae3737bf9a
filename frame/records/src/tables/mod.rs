//! The ledger's rows: written once, read by place or by what they say.

mod entries;
mod heads;
mod links;

pub(crate) use entries::{Select, action_after, insert, page, places_between, range};
pub(crate) use heads::{advance, lock, peek};
pub(crate) use links::{Link, links};

use store::Migration;

/// The tables of this crate.
///
/// `records` grows by some 600 bytes an entry, its indexes by some 700; nothing
/// is ever updated or deleted there. `ledger_heads` has one row a body, which
/// each append locks. SQLite, which keeps no statistics, is told by name which index
/// leads a search.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "records-0001-ledger", sql: LEDGER },
    // No row is touched; the table is locked for a moment.
    Migration { name: "records-0002-kept", sql: "\n{kept records}\n" },
    // Minutes for millions of entries, once.
    Migration { name: "records-0003-narrower", sql: NARROWER },
    Migration { name: "records-0004-time", sql: TIME },
];

/// PostgreSQL does not look for an expression in an index while it holds rows
/// back by body, so that time is an index of its own now.
const TIME: &str = "
    CREATE INDEX records_time ON records (body, at, sequence);
    DROP INDEX records_at;";

/// A person who did much, or a kind of subject, narrowed to what was done:
/// without these a search for what is rare goes through all that is usual.
const NARROWER: &str = "
    CREATE INDEX records_actor_action ON records (body, actor, action, at, sequence);
    CREATE INDEX records_kind_action ON records (body, subject_kind, action, at, sequence);";

const LEDGER: &str = "CREATE TABLE ledger_heads (
        body TEXT NOT NULL PRIMARY KEY,
        sequence {int} NOT NULL CHECK (sequence >= 0),
        hash {bytes} NOT NULL
    ) {strict};
    CREATE TABLE records (
        body TEXT NOT NULL,
        sequence {int} NOT NULL CHECK (sequence >= 1),
        at {int} NOT NULL,
        actor_kind TEXT NOT NULL,
        actor TEXT NOT NULL,
        acting_for TEXT,
        action TEXT NOT NULL,
        subject_kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        permit TEXT,
        origin TEXT NOT NULL,
        details TEXT NOT NULL,
        hash {bytes} NOT NULL,
        PRIMARY KEY (body, sequence)
    ) {strict};
    CREATE INDEX records_at ON records (body, (at + 0), sequence);
    CREATE INDEX records_actor ON records (body, actor, at, sequence);
    CREATE INDEX records_action ON records (body, action, at, sequence);
    CREATE INDEX records_subject ON records (body, subject_kind, subject, at, sequence);
    CREATE INDEX records_permit ON records (body, permit, at, sequence) WHERE permit IS NOT NULL;";
