//! The tables. What must never be is refused here too, below every function:
//! a session without two factors, a code without an end, a credential of two
//! people.

use store::Migration;

/// The tables of bodies, people, roles, factors and sessions.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "identity-0001-people", sql: PEOPLE },
    Migration { name: "identity-0002-roles", sql: ROLES },
    Migration { name: "identity-0003-factors", sql: FACTORS },
    Migration { name: "identity-0004-sessions", sql: SESSIONS },
    Migration { name: "identity-0005-doorstep", sql: DOORSTEP },
    Migration { name: "identity-0006-provider", sql: PROVIDER },
    Migration { name: "identity-0007-proofs", sql: PROOFS },
];

/// Small: thousands of rows a body.
const PEOPLE: &str = "
CREATE TABLE bodies (
    body TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kana TEXT NOT NULL,
    above TEXT REFERENCES bodies (body),
    founded_at {int} NOT NULL,
    CHECK (above <> body)) {strict};
CREATE TABLE sections (
    body TEXT NOT NULL REFERENCES bodies (body),
    id TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    above TEXT,
    closed_at {int},
    version {int} NOT NULL,
    PRIMARY KEY (body, id),
    UNIQUE (body, code),
    FOREIGN KEY (body, above) REFERENCES sections (body, id),
    CHECK (above <> id)) {strict};
CREATE TABLE people (
    body TEXT NOT NULL REFERENCES bodies (body),
    id TEXT NOT NULL,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kana TEXT NOT NULL,
    section TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('invited', 'active', 'left')),
    joined_at {int} NOT NULL,
    left_at {int},
    version {int} NOT NULL,
    PRIMARY KEY (body, id),
    FOREIGN KEY (body, section) REFERENCES sections (body, id),
    CHECK ((state = 'left') = (left_at IS NOT NULL))) {strict};
CREATE INDEX people_by_kana ON people (body, kana, id);
CREATE INDEX people_by_section ON people (body, section, kana, id);
CREATE INDEX people_by_state ON people (body, state, kana, id);
";

/// Small: a few rows a person.
const ROLES: &str = "
CREATE TABLE concurrent_posts (
    body TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    bar TEXT NOT NULL,
    reason TEXT NOT NULL,
    by_person TEXT NOT NULL,
    from_at {int} NOT NULL,
    until_at {int} NOT NULL,
    PRIMARY KEY (body, id),
    FOREIGN KEY (body, person) REFERENCES people (body, id),
    FOREIGN KEY (body, by_person) REFERENCES people (body, id),
    CHECK (until_at > from_at AND until_at - from_at <= 31622400000),
    CHECK (by_person <> person)) {strict};
CREATE INDEX concurrent_posts_by_end ON concurrent_posts (body, until_at);
CREATE TABLE assignments (
    body TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    role TEXT NOT NULL,
    section TEXT,
    from_at {int} NOT NULL,
    until_at {int},
    post TEXT,
    PRIMARY KEY (body, id),
    FOREIGN KEY (body, person) REFERENCES people (body, id),
    FOREIGN KEY (body, section) REFERENCES sections (body, id),
    FOREIGN KEY (body, post) REFERENCES concurrent_posts (body, id),
    CHECK (until_at IS NULL OR until_at >= from_at),
    CHECK (post IS NULL OR until_at IS NOT NULL)) {strict};
CREATE INDEX assignments_by_person ON assignments (body, person);
CREATE INDEX assignments_by_role ON assignments (body, role);
";

/// Small: a few rows a person. The index on kind and handle spans all bodies:
/// one credential is one person's. A removed factor keeps its handle, so that
/// it never becomes somebody else's, and loses its secret.
const FACTORS: &str = "
CREATE TABLE factors (
    body TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    kind TEXT NOT NULL
        CHECK (kind IN ('password', 'passkey', 'totp', 'certificate', 'provider')),
    handle TEXT NOT NULL,
    label TEXT NOT NULL,
    sealed {bytes} NOT NULL,
    last_step {int},
    added_at {int} NOT NULL,
    used_at {int},
    removed_at {int},
    PRIMARY KEY (body, id),
    UNIQUE (body, id, person),
    UNIQUE (kind, handle),
    FOREIGN KEY (body, person) REFERENCES people (body, id)) {strict};
CREATE INDEX factors_by_person ON factors (body, person);
CREATE UNIQUE INDEX factors_one_password ON factors (body, person)
    WHERE kind = 'password' AND removed_at IS NULL;
CREATE UNIQUE INDEX factors_one_totp ON factors (body, person)
    WHERE kind = 'totp' AND removed_at IS NULL;
CREATE TABLE one_time_codes (
    body TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('enrol', 'lost-factor')),
    hash TEXT NOT NULL UNIQUE,
    permit TEXT,
    by_person TEXT,
    made_at {int} NOT NULL,
    until_at {int} NOT NULL,
    used_at {int},
    ended_at {int},
    PRIMARY KEY (body, id),
    FOREIGN KEY (body, person) REFERENCES people (body, id),
    CHECK (by_person <> person),
    CHECK (until_at > made_at),
    CHECK (purpose <> 'enrol' OR (permit IS NULL AND until_at - made_at <= 86400000)),
    CHECK (purpose <> 'lost-factor'
           OR (permit IS NOT NULL AND until_at - made_at <= 28800000))) {strict};
CREATE INDEX one_time_codes_by_person ON one_time_codes (body, person);
CREATE UNIQUE INDEX one_time_codes_by_permit ON one_time_codes (body, permit);
";

/// One row a sign-in; found by its hash or by its person.
const SESSIONS: &str = "
CREATE TABLE sessions (
    body TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    first_kind TEXT NOT NULL,
    first_factor TEXT NOT NULL,
    second_kind TEXT,
    second_factor TEXT,
    permit TEXT,
    opened_at {int} NOT NULL,
    used_at {int} NOT NULL,
    until_at {int} NOT NULL,
    ended_at {int},
    ended_why TEXT,
    PRIMARY KEY (body, id),
    FOREIGN KEY (body, person) REFERENCES people (body, id),
    FOREIGN KEY (body, first_factor, person) REFERENCES factors (body, id, person),
    FOREIGN KEY (body, second_factor, person) REFERENCES factors (body, id, person),
    CHECK ((second_factor IS NOT NULL AND second_kind IS NOT NULL AND permit IS NULL
            AND second_factor <> first_factor)
           OR (second_factor IS NULL AND second_kind IS NULL AND permit IS NOT NULL)),
    CHECK (until_at > opened_at AND until_at - opened_at <= 43200000),
    CHECK ((ended_at IS NULL) = (ended_why IS NULL))) {strict};
CREATE INDEX sessions_live ON sessions (body, person) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_permit ON sessions (body, permit) WHERE permit IS NOT NULL;
CREATE TABLE devices (
    body TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    hash TEXT NOT NULL,
    added_at {int} NOT NULL,
    until_at {int} NOT NULL,
    PRIMARY KEY (body, id),
    UNIQUE (body, person, hash),
    FOREIGN KEY (body, person) REFERENCES people (body, id)) {strict};
CREATE TABLE alerts (
    body TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    person TEXT NOT NULL,
    source TEXT NOT NULL,
    at {int} NOT NULL,
    seen_by TEXT,
    seen_at {int},
    PRIMARY KEY (body, id),
    FOREIGN KEY (body, person) REFERENCES people (body, id),
    FOREIGN KEY (body, seen_by) REFERENCES people (body, id),
    CHECK (seen_by <> person)) {strict};
CREATE INDEX alerts_unseen ON alerts (body, at, id) WHERE seen_at IS NULL;
";

/// Steps that are under way, gone within minutes. Three tables have no body:
/// whoever stands before the door has none yet.
const DOORSTEP: &str = "
CREATE TABLE sign_in_steps (
    body TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    first_kind TEXT NOT NULL,
    first_factor TEXT NOT NULL,
    challenge {bytes},
    tries {int} NOT NULL,
    made_at {int} NOT NULL,
    until_at {int} NOT NULL,
    PRIMARY KEY (body, id),
    FOREIGN KEY (body, first_factor, person) REFERENCES factors (body, id, person),
    CHECK (until_at - made_at <= 300000)) {strict};
CREATE INDEX sign_in_steps_by_end ON sign_in_steps (until_at);
CREATE TABLE enrolments (
    body TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    code TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    totp {bytes} NOT NULL,
    challenge {bytes},
    made_at {int} NOT NULL,
    until_at {int} NOT NULL,
    PRIMARY KEY (body, id),
    FOREIGN KEY (body, code) REFERENCES one_time_codes (body, id),
    CHECK (until_at - made_at <= 1800000)) {strict};
CREATE TABLE factor_offers (
    body TEXT NOT NULL,
    session TEXT NOT NULL,
    totp {bytes} NOT NULL,
    challenge {bytes} NOT NULL,
    until_at {int} NOT NULL,
    PRIMARY KEY (body, session),
    FOREIGN KEY (body, session) REFERENCES sessions (body, id)) {strict};
CREATE TABLE sign_in_tries (
    bucket TEXT NOT NULL PRIMARY KEY,
    tries {int} NOT NULL,
    since {int} NOT NULL,
    wait_until {int} NOT NULL) {strict};
CREATE INDEX sign_in_tries_by_age ON sign_in_tries (since);
CREATE TABLE passkey_challenges (
    hash TEXT NOT NULL PRIMARY KEY,
    challenge {bytes} NOT NULL,
    until_at {int} NOT NULL) {strict};
CREATE INDEX passkey_challenges_by_end ON passkey_challenges (until_at);
CREATE TABLE set_up_codes (
    hash TEXT NOT NULL PRIMARY KEY,
    made_at {int} NOT NULL,
    until_at {int} NOT NULL,
    used_at {int},
    CHECK (until_at > made_at AND until_at - made_at <= 86400000)) {strict};
";

/// Browsers on their way to the provider, under the hash of their cookie, and
/// what they found there: a session or an enrolment holds it. Gone within
/// minutes.
const PROVIDER: &str = "
CREATE TABLE provider_trips (
    hash TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('sign-in', 'link', 'enrol')),
    of_body TEXT,
    holder TEXT,
    back TEXT NOT NULL,
    until_at {int} NOT NULL,
    CHECK ((of_body IS NULL) = (holder IS NULL)),
    CHECK ((holder IS NULL) = (purpose = 'sign-in'))) {strict};
CREATE INDEX provider_trips_by_end ON provider_trips (until_at);
CREATE TABLE provider_offers (
    body TEXT NOT NULL REFERENCES bodies (body),
    holder TEXT NOT NULL,
    handle TEXT NOT NULL,
    shown TEXT NOT NULL,
    until_at {int} NOT NULL,
    PRIMARY KEY (body, holder)) {strict};
CREATE INDEX provider_offers_by_end ON provider_offers (until_at);
";

/// No row is touched. A session without a later proof was proved as it opened.
const PROOFS: &str = "
ALTER TABLE sessions ADD COLUMN proved_at {int};
ALTER TABLE sessions ADD COLUMN challenge {bytes};
ALTER TABLE sessions ADD COLUMN challenge_until {int};
";
