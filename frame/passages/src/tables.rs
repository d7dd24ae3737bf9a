//! The rows of passages. What the life says is said again by the schema: a row
//! that is delivered without verdict, rule, bytes or the people it asks for
//! cannot be written (B18, B19).

mod figures;

use base::Timestamp;
use identity::PersonId;
use store::{Migration, Row, StoreError, Value, Work, args};
use zones::{Crossing, Zone};

use crate::error::PassageError;
use crate::life::{State, Verdict};
use crate::list::FILES;
use crate::passage::{
    Kept, NewPassage, Outcome, Passage, PassageId, Receiver, Sealed, Sender, Wanted,
};

pub(crate) use figures::{crossed, history, originals_due, took};

/// The crate's migrations.
pub const MIGRATIONS: &[Migration] = &[PASSAGES, ORIGINALS];

/// Holds a row for each original that is still kept: small, whatever crossed.
const ORIGINALS: Migration = Migration {
    name: "passages-0002-originals",
    sql: "CREATE INDEX passages_originals ON passages (body, decided_at, id)
        WHERE original IS NOT NULL;",
};

const PASSAGES: Migration = Migration {
    name: "passages-0001-passages",
    sql: "CREATE TABLE passages (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        version {int} NOT NULL,
        state TEXT NOT NULL,
        batch TEXT NOT NULL,
        room TEXT NOT NULL,
        zone_from TEXT NOT NULL,
        zone_to TEXT NOT NULL,
        way TEXT NOT NULL,
        sender_kind TEXT NOT NULL,
        sender TEXT NOT NULL,
        receiver_kind TEXT NOT NULL,
        receiver TEXT NOT NULL,
        class TEXT NOT NULL,
        purpose TEXT NOT NULL,
        name TEXT NOT NULL,
        bytes {int} NOT NULL,
        sha256 TEXT NOT NULL,
        original TEXT,
        original_key {bytes},
        treat_rule TEXT,
        treatment TEXT,
        release_rule TEXT,
        verdict TEXT,
        format TEXT,
        report TEXT,
        removed {int},
        persons {int},
        wants_look {int} NOT NULL,
        wants_approvals {int} NOT NULL,
        approvals {int} NOT NULL,
        approved_by TEXT,
        looked_by TEXT,
        output TEXT,
        output_key {bytes},
        output_name TEXT,
        output_bytes {int},
        output_sha256 TEXT,
        made_at {int} NOT NULL,
        decided_at {int},
        delivered_at {int},
        fetched_at {int},
        ends_at {int} NOT NULL,
        PRIMARY KEY (body, id),
        CHECK (ends_at > made_at),
        CHECK ((zone_from = 'internet' AND zone_to = 'lgwan')
            OR (zone_from = 'lgwan' AND zone_to IN ('internet', 'mynumber'))
            OR (zone_from = 'mynumber' AND zone_to = 'lgwan')),
        CHECK (state IN ('received', 'locked', 'held', 'delivered', 'refused', 'quarantined',
            'ended')),
        CHECK (state <> 'delivered' OR (verdict IS NOT NULL
            AND verdict IN ('clean', 'disarmed', 'inspected', 'unchanged')
            AND treat_rule <> '' AND release_rule <> '' AND output IS NOT NULL
            AND output_sha256 IS NOT NULL AND decided_at IS NOT NULL AND delivered_at IS NOT NULL
            AND approvals >= wants_approvals AND (wants_look = 0 OR looked_by IS NOT NULL))),
        CHECK (verdict <> 'unchanged' OR zone_to = 'internet' OR zone_from = 'mynumber'),
        CHECK (verdict <> 'inspected' OR wants_look = 1),
        CHECK (delivered_at IS NOT NULL OR fetched_at IS NULL),
        CHECK (state NOT IN ('quarantined', 'ended') OR output IS NULL),
        CHECK (sender_kind <> 'person' OR looked_by IS NULL OR looked_by <> sender),
        CHECK (sender_kind <> 'person' OR approved_by IS NULL OR approved_by <> sender),
        CHECK (receiver_kind <> 'person' OR approved_by IS NULL OR approved_by <> receiver)
    ) {strict};
    CREATE INDEX passages_inbox ON passages (body, receiver_kind, receiver, state, id);
    CREATE INDEX passages_outbox ON passages (body, sender_kind, sender, id);
    CREATE INDEX passages_state ON passages (body, state, id);
    CREATE INDEX passages_ends ON passages (body, ends_at, id);
    CREATE INDEX passages_output ON passages (body, output);
    CREATE INDEX passages_original ON passages (body, original);",
};

const COLUMNS: &str =
    "id, version, state, batch, room, zone_from, zone_to, way, sender_kind, sender,
    receiver_kind, receiver, class, purpose, name, bytes, sha256, original, original_key,
    treat_rule, treatment, release_rule, verdict, format, report, removed, persons, wants_look,
    wants_approvals, approvals, approved_by, looked_by, output, output_key, output_name,
    output_bytes, output_sha256, made_at, decided_at, delivered_at, fetched_at, ends_at";

const INSERT: &str = "INSERT INTO passages (body, id, version, state, batch, room, zone_from,
        zone_to, way, sender_kind, sender, receiver_kind, receiver, class, purpose, name, bytes,
        sha256, original, original_key, wants_look, wants_approvals, approvals, made_at, ends_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
        $20, 0, 0, 0, $21, $22)";

/// What came never changes, but that its original goes.
const UPDATE: &str = "UPDATE passages SET version = version + 1, state = $4, original = $5,
        original_key = $6, treat_rule = $7, treatment = $8, release_rule = $9, verdict = $10,
        format = $11, report = $12, removed = $13, persons = $14, wants_look = $15,
        wants_approvals = $16, approvals = $17, approved_by = $18, looked_by = $19, output = $20,
        output_key = $21, output_name = $22, output_bytes = $23, output_sha256 = $24,
        decided_at = $25, delivered_at = $26, fetched_at = $27, ends_at = $28
    WHERE body = $1 AND id = $2 AND version = $3";

/// Writes a new passage.
pub(crate) async fn insert(work: &mut Work, passage: &Passage) -> Result<(), PassageError> {
    let new = &passage.new;
    let (sender_kind, sender) = sender_words(&new.sender);
    let (receiver_kind, receiver) = receiver_words(new.receiver);
    let values = args![
        passage.id,
        passage.version,
        passage.state.name(),
        new.batch,
        &new.room,
        new.crossing.from().name(),
        new.crossing.to().name(),
        &new.way,
        sender_kind,
        sender,
        receiver_kind,
        receiver,
        &new.class,
        &new.purpose,
        &new.name,
        count(new.bytes),
        &new.sha256,
        new.original.as_ref().map(|sealed| sealed.blob.as_str()),
        new.original.as_ref().map(|sealed| sealed.key.clone()),
        passage.made_at,
        passage.ends_at,
    ];
    work.run(INSERT, values).await?;
    Ok(())
}

/// Writes a passage over the version before it.
pub(crate) async fn update(work: &mut Work, passage: &Passage) -> Result<(), PassageError> {
    let outcome = passage.outcome.as_ref();
    let wanted = outcome.map(|outcome| outcome.wanted).unwrap_or_default();
    let output = outcome.and_then(|outcome| outcome.output.as_ref());
    let original = passage.new.original.as_ref();
    let values: Vec<Value> = args![
        passage.id,
        passage.version,
        passage.state.name(),
        original.map(|sealed| sealed.blob.as_str()),
        original.map(|sealed| sealed.key.clone()),
        outcome.map(|outcome| outcome.treat_rule.as_str()),
        outcome.map(|outcome| outcome.treatment.as_str()),
        outcome.map(|outcome| outcome.release_rule.as_str()),
        outcome.map(|outcome| outcome.verdict.name()),
        outcome.map(|outcome| outcome.format.as_str()),
        outcome.map(|outcome| outcome.report.as_str()),
        outcome.map(|outcome| count(outcome.removed)),
        outcome.and_then(|outcome| outcome.persons).map(count),
        wanted.look,
        u32::from(wanted.approvals),
        u32::from(passage.approvals),
        passage.approved_by,
        passage.looked_by,
        output.map(|kept| kept.sealed.blob.as_str()),
        output.map(|kept| kept.sealed.key.clone()),
        output.map(|kept| kept.name.as_str()),
        output.map(|kept| count(kept.bytes)),
        output.map(|kept| kept.sha256.as_str()),
        passage.decided_at,
        passage.delivered_at,
        passage.fetched_at,
        passage.ends_at,
    ];
    match work.run(UPDATE, values).await? {
        1 => Ok(()),
        _ => Err(PassageError::Stale),
    }
}

/// The passage of an id; with `lock`, held until the work ends.
pub(crate) async fn find(
    work: &mut Work,
    id: PassageId,
    lock: bool,
) -> Result<Option<Passage>, PassageError> {
    let lock = if lock { " {lock}" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM passages WHERE body = $1 AND id = $2{lock}");
    Ok(work.row(&sql, args![id]).await?.map(read).transpose()?)
}

/// Passages by a condition over columns of an index, newest first.
pub(crate) async fn list(
    work: &mut Work,
    condition: &str,
    mut values: Vec<Value>,
    below: Option<PassageId>,
    limit: u32,
) -> Result<Vec<Passage>, PassageError> {
    // The first character of a ULID is 7 at most.
    let below = below.map_or_else(|| "8".to_owned(), |id| id.to_string());
    let place = values.len() + 2;
    values.extend(args![below, limit]);
    let sql = format!(
        "SELECT {COLUMNS} FROM passages WHERE body = $1 AND {condition}
         AND room = '{FILES}' AND id < ${place} ORDER BY id DESC LIMIT ${}",
        place + 1
    );
    Ok(work.rows(&sql, values).await?.into_iter().map(read).collect::<Result<_, _>>()?)
}

/// Ids of passages whose time is over, the longest over first.
pub(crate) async fn overdue(
    work: &mut Work,
    room: &str,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<PassageId>, PassageError> {
    let sql = "SELECT id FROM passages WHERE body = $1 AND ends_at <= $2 AND state <> 'ended'
        AND room = $4 ORDER BY ends_at, id LIMIT $3";
    let rows = work.rows(sql, args![now, limit, room]).await?;
    Ok(rows.into_iter().map(|mut row| row.take(0)).collect::<Result<_, _>>()?)
}

/// What waits for its receiver and ends in a span; read along the index of ends.
pub(crate) async fn uncollected(
    work: &mut Work,
    (after, until): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<Passage>, PassageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM passages WHERE body = $1 AND ends_at > $2 AND ends_at <= $3
           AND state = 'delivered' AND fetched_at IS NULL AND room = '{FILES}'
         ORDER BY ends_at, id LIMIT $4"
    );
    let rows = work.rows(&sql, args![after, until, limit]).await?;
    Ok(rows.into_iter().map(read).collect::<Result<_, _>>()?)
}

/// True if another passage keeps the same blob.
pub(crate) async fn is_kept(work: &mut Work, blob: &str) -> Result<bool, PassageError> {
    for column in ["output", "original"] {
        let sql = format!("SELECT 1 FROM passages WHERE body = $1 AND {column} = $2 LIMIT 1");
        if work.row(&sql, args![blob]).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn sender_words(sender: &Sender) -> (&'static str, String) {
    match sender {
        Sender::Person(person) => ("person", person.to_string()),
        Sender::Link(permit) => ("link", permit.to_string()),
        Sender::Machine(name) => ("machine", name.clone()),
    }
}

pub(crate) fn receiver_words(receiver: Receiver) -> (&'static str, String) {
    match receiver {
        Receiver::Person(person) => ("person", person.to_string()),
        Receiver::Section(section) => ("section", section.to_string()),
        Receiver::Asker => ("asker", String::new()),
    }
}

/// Takes columns one after the other.
struct Columns(Row, usize);

impl Columns {
    fn next<T: store::FromValue>(&mut self) -> Result<T, StoreError> {
        let column = self.1;
        self.1 += 1;
        self.0.take(column)
    }

    fn number(&mut self) -> Result<u64, StoreError> {
        let column = self.1;
        let number = self.next::<i64>()?;
        u64::try_from(number).map_err(|_| wrong(column, "a count"))
    }

    fn word<T>(
        &mut self,
        wanted: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let column = self.1;
        let word = self.next::<String>()?;
        parse(&word).ok_or_else(|| wrong(column, wanted))
    }

    fn sealed(&mut self) -> Result<Option<Sealed>, StoreError> {
        let (blob, key) = (self.next::<Option<String>>()?, self.next::<Option<Vec<u8>>>()?);
        Ok(blob.zip(key).map(|(blob, key)| Sealed { blob, key }))
    }
}

fn wrong(column: usize, wanted: &'static str) -> StoreError {
    StoreError::Shape { column, wanted, found: "another word" }
}

fn read(row: Row) -> Result<Passage, StoreError> {
    let mut columns = Columns(row, 0);
    let (id, version) = (columns.next()?, columns.next()?);
    let state = columns.word("a state", State::parse)?;
    let new = read_new(&mut columns)?;
    let mut outcome = read_outcome(&mut columns)?;
    let (approvals, approved_by, looked_by) =
        (columns.number()?, columns.next::<Option<PersonId>>()?, columns.next()?);
    let output = read_output(&mut columns)?;
    if let Some(outcome) = &mut outcome {
        outcome.output = output;
    }
    Ok(Passage {
        id,
        version,
        state,
        new,
        outcome,
        approvals: u8::try_from(approvals).unwrap_or(u8::MAX),
        approved_by,
        looked_by,
        made_at: columns.next()?,
        decided_at: columns.next()?,
        delivered_at: columns.next()?,
        fetched_at: columns.next()?,
        ends_at: columns.next()?,
    })
}

fn read_new(columns: &mut Columns) -> Result<NewPassage, StoreError> {
    let batch = columns.next()?;
    let room = columns.next()?;
    let (from, to) = (columns.word("a zone", Zone::parse)?, columns.word("a zone", Zone::parse)?);
    let crossing = Crossing::between(from, to).ok_or_else(|| wrong(columns.1, "a boundary"))?;
    let way = columns.next()?;
    let (kind, sender) = (columns.next::<String>()?, columns.next::<String>()?);
    let sender = read_sender(&kind, sender).ok_or_else(|| wrong(columns.1, "a sender"))?;
    let (kind, receiver) = (columns.next::<String>()?, columns.next::<String>()?);
    let receiver = read_receiver(&kind, &receiver).ok_or_else(|| wrong(columns.1, "a receiver"))?;
    Ok(NewPassage {
        batch,
        room,
        crossing,
        way,
        sender,
        receiver,
        class: columns.next()?,
        purpose: columns.next()?,
        name: columns.next()?,
        bytes: columns.number()?,
        sha256: columns.next()?,
        original: columns.sealed()?,
    })
}

fn read_sender(kind: &str, id: String) -> Option<Sender> {
    match kind {
        "person" => Some(Sender::Person(base::Id::parse(&id).ok()?)),
        "link" => Some(Sender::Link(base::Id::parse(&id).ok()?)),
        "machine" => Some(Sender::Machine(id)),
        _ => None,
    }
}

fn read_receiver(kind: &str, id: &str) -> Option<Receiver> {
    match kind {
        "person" => Some(Receiver::Person(base::Id::parse(id).ok()?)),
        "section" => Some(Receiver::Section(base::Id::parse(id).ok()?)),
        "asker" => Some(Receiver::Asker),
        _ => None,
    }
}

fn read_outcome(columns: &mut Columns) -> Result<Option<Outcome>, StoreError> {
    let treat_rule: Option<String> = columns.next()?;
    let treatment: Option<String> = columns.next()?;
    let release_rule: Option<String> = columns.next()?;
    let verdict_at = columns.1;
    let verdict: Option<String> = columns.next()?;
    let format: Option<String> = columns.next()?;
    let report: Option<String> = columns.next()?;
    let removed: Option<i64> = columns.next()?;
    let persons: Option<i64> = columns.next()?;
    let wanted = Wanted {
        look: columns.next()?,
        approvals: u8::try_from(columns.number()?).unwrap_or(u8::MAX),
    };
    let Some(verdict) = verdict else { return Ok(None) };
    Ok(Some(Outcome {
        treat_rule: treat_rule.unwrap_or_default(),
        treatment: treatment.unwrap_or_default(),
        release_rule: release_rule.unwrap_or_default(),
        verdict: Verdict::parse(&verdict).ok_or_else(|| wrong(verdict_at, "a verdict"))?,
        format: format.unwrap_or_default(),
        report: report.unwrap_or_default(),
        removed: removed.and_then(|count| u64::try_from(count).ok()).unwrap_or(0),
        persons: persons.and_then(|count| u64::try_from(count).ok()),
        wanted,
        output: None,
    }))
}

fn read_output(columns: &mut Columns) -> Result<Option<Kept>, StoreError> {
    let sealed = columns.sealed()?;
    let name: Option<String> = columns.next()?;
    let bytes: Option<i64> = columns.next()?;
    let sha256: Option<String> = columns.next()?;
    let Some(sealed) = sealed else { return Ok(None) };
    Ok(Some(Kept {
        sealed,
        name: name.unwrap_or_default(),
        bytes: bytes.and_then(|count| u64::try_from(count).ok()).unwrap_or(0),
        sha256: sha256.unwrap_or_default(),
    }))
}
