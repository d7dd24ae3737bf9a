//! The tables of permits. What must never be stored is refused by the database
//! itself, so that no fault of the program and no hand-written statement can:
//! a permit without an end, one beyond its kind's longest span, one that is
//! active without another person's decision, one decided by whoever applied or
//! gains (Board of Audit findings B8 to B11).

use store::Migration;

/// Everything that this crate stores, oldest first.
pub const MIGRATIONS: &[Migration] = &[HEADS, PERMITS, INDEXES, TOKENS, PARTS];

/// One row a body: small, locked by whoever makes a permit.
const HEADS: Migration = Migration {
    name: "permits-0001-heads",
    sql: "CREATE TABLE permit_heads (
        body TEXT NOT NULL PRIMARY KEY,
        number {int} NOT NULL CHECK (number >= 0),
        seen_at {int} NOT NULL CHECK (seen_at >= 0)
    ) {strict};",
};

/// The register; grows for ever, about 1 kB a permit.
///
/// The spans of the kinds that the findings are about stand here in figures:
/// an export lasts a day (86,400,000 ms), or a week (604,800,000 ms) if it
/// names the exception it rests on; a lost factor 8 hours (28,800,000 ms); an
/// exception a week; a deputy 30 days (2,592,000,000 ms); anything 366 days
/// (31,622,400,000 ms); an emergency is confirmed within a day.
const PERMITS: Migration = Migration {
    name: "permits-0002-permits",
    sql: "CREATE TABLE permits (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        number {int} NOT NULL CHECK (number >= 1),
        kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
        state TEXT NOT NULL CHECK (state IN
            ('draft', 'applied', 'approved', 'refused', 'active', 'ended', 'revoked', 'closed')),
        version {int} NOT NULL CHECK (version >= 1),
        applicant TEXT NOT NULL,
        applicant_for TEXT,
        beneficiary TEXT,
        section TEXT,
        purpose TEXT NOT NULL CHECK (length(purpose) >= 1),
        scope TEXT NOT NULL,
        scope_key TEXT,
        starts_at {int} NOT NULL,
        ends_at {int} NOT NULL,
        span_ms_max {int} NOT NULL CHECK (span_ms_max BETWEEN 60000 AND 31622400000),
        exception TEXT,
        is_emergency {int} NOT NULL CHECK (is_emergency IN (0, 1)),
        confirm_by {int},
        decided_by TEXT,
        decided_for TEXT,
        decided_at {int},
        note TEXT,
        outcome TEXT CHECK (outcome IN ('expired', 'returned', 'revoked', 'unconfirmed',
            'unsupported', 'refused', 'withdrawn', 'lapsed')),
        report TEXT,
        made_at {int} NOT NULL,
        applied_at {int},
        started_at {int},
        finished_at {int},
        used_at {int},
        remind_at {int},
        reminded_at {int},
        issued_at {int},
        due_at {int},
        PRIMARY KEY (body, id),
        FOREIGN KEY (body, applicant) REFERENCES people (body, id),
        FOREIGN KEY (body, applicant_for) REFERENCES people (body, id),
        FOREIGN KEY (body, beneficiary) REFERENCES people (body, id),
        FOREIGN KEY (body, decided_by) REFERENCES people (body, id),
        FOREIGN KEY (body, decided_for) REFERENCES people (body, id),
        FOREIGN KEY (body, section) REFERENCES sections (body, id),
        FOREIGN KEY (body, exception) REFERENCES permits (body, id),
        CONSTRAINT permit_has_an_end CHECK (ends_at > starts_at
            AND ends_at - starts_at <= span_ms_max),
        CONSTRAINT permit_ends_in_time CHECK (CASE kind
            WHEN 'export' THEN CASE WHEN exception IS NULL THEN ends_at - starts_at <= 86400000
                ELSE ends_at - starts_at <= 604800000 END
            WHEN 'lost-factor' THEN ends_at - starts_at <= 28800000
            WHEN 'exception' THEN ends_at - starts_at <= 604800000
            WHEN 'deputy' THEN ends_at - starts_at <= 2592000000
            ELSE ends_at - starts_at <= 31622400000 END),
        CONSTRAINT permit_is_decided_by_another CHECK (
            (decided_by IS NULL OR decided_by <> applicant)
            AND (decided_by IS NULL OR applicant_for IS NULL OR decided_by <> applicant_for)
            AND (decided_by IS NULL OR beneficiary IS NULL OR decided_by <> beneficiary)
            AND (decided_for IS NULL OR decided_for <> applicant)
            AND (decided_for IS NULL OR applicant_for IS NULL OR decided_for <> applicant_for)
            AND (decided_for IS NULL OR beneficiary IS NULL OR decided_for <> beneficiary)),
        CONSTRAINT permit_decision_is_whole CHECK (
            (decided_by IS NULL) = (decided_at IS NULL)
            AND (decided_by IS NOT NULL OR decided_for IS NULL)),
        CONSTRAINT permit_acts_on_a_decision CHECK (CASE
            WHEN state IN ('approved', 'refused') THEN decided_by IS NOT NULL
            WHEN state IN ('active', 'ended', 'revoked')
                THEN decided_by IS NOT NULL OR is_emergency = 1
            ELSE started_at IS NULL OR decided_by IS NOT NULL OR is_emergency = 1 END),
        CONSTRAINT permit_emergency_is_short CHECK (CASE is_emergency
            WHEN 0 THEN confirm_by IS NULL
            ELSE confirm_by IS NOT NULL AND confirm_by > starts_at
                AND confirm_by - starts_at <= 86400000
                AND kind NOT IN ('lost-factor', 'api-token', 'deputy') END),
        CONSTRAINT permit_outcome_is_final CHECK (
            (state IN ('refused', 'ended', 'revoked', 'closed'))
                = (outcome IS NOT NULL AND finished_at IS NOT NULL)),
        CONSTRAINT permit_is_watched CHECK (
            state NOT IN ('draft', 'applied', 'approved', 'active')
            OR (due_at IS NOT NULL AND due_at <= ends_at))
    ) {strict};",
};

/// An index for every way in which a screen or a mechanism asks.
const INDEXES: Migration = Migration {
    name: "permits-0003-indexes",
    sql: "CREATE UNIQUE INDEX permits_number ON permits (body, number);
    CREATE INDEX permits_kind ON permits (body, kind, id);
    CREATE INDEX permits_kind_state ON permits (body, kind, state, id);
    CREATE INDEX permits_state ON permits (body, state, id);
    CREATE INDEX permits_section ON permits (body, section, id);
    CREATE INDEX permits_section_state ON permits (body, section, state, id);
    CREATE INDEX permits_section_kind ON permits (body, section, kind, id);
    CREATE INDEX permits_section_kind_state ON permits (body, section, kind, state, id);
    CREATE INDEX permits_applicant ON permits (body, applicant, id);
    CREATE INDEX permits_beneficiary ON permits (body, beneficiary, id);
    CREATE INDEX permits_decided_by ON permits (body, decided_by, id);
    CREATE INDEX permits_decided_by_kind ON permits (body, decided_by, kind, id);
    CREATE INDEX permits_due ON permits (body, due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX permits_active ON permits (body, beneficiary, kind, id) WHERE state = 'active';
    CREATE INDEX permits_key ON permits (body, kind, scope_key, id) WHERE state = 'active';
    CREATE INDEX permits_undecided ON permits (body, kind, id)
        WHERE decided_by IS NULL AND state IN ('applied', 'active', 'ended', 'revoked');
    CREATE INDEX permits_undecided_section ON permits (body, kind, section, id)
        WHERE decided_by IS NULL AND state IN ('applied', 'active', 'ended', 'revoked');
    CREATE INDEX permits_exception ON permits (body, exception) WHERE exception IS NOT NULL;",
};

/// Programs' tokens: a row exists while its permit is active and its token was
/// handed over. Only the hash is stored.
const TOKENS: Migration = Migration {
    name: "permits-0004-tokens",
    sql: "CREATE TABLE permit_tokens (
        body TEXT NOT NULL,
        permit TEXT NOT NULL,
        hash TEXT NOT NULL CHECK (length(hash) = 64),
        PRIMARY KEY (body, permit),
        FOREIGN KEY (body, permit) REFERENCES permits (body, id)
    ) {strict};
    CREATE UNIQUE INDEX permit_tokens_hash ON permit_tokens (body, hash);",
};

/// What a person applied for, gained or decided, narrowed to a state: whoever
/// decides has a hundred thousand of them one day, and nearly all are closed.
const PARTS: Migration = Migration {
    name: "permits-0005-parts",
    sql: "CREATE INDEX permits_applicant_state ON permits (body, applicant, state, id);
    CREATE INDEX permits_beneficiary_state ON permits (body, beneficiary, state, id);
    CREATE INDEX permits_decided_by_state ON permits (body, decided_by, state, id);
    CREATE INDEX permits_decided_by_kind_state ON permits (body, decided_by, kind, state, id);",
};
