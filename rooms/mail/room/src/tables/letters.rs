//! Rows of mails, of the keys that hold threads together, and of the decoded
//! text that is searched; below, the rows of their passages and the search.

mod legs;
mod search;

use base::{Id, Timestamp};
use passages::{BatchId, Sealed};
use store::{Migration, Row, StoreError, Work, args};

pub use legs::{Leg, Part};
pub(crate) use legs::{add_leg, is_taken, leg, legs, set_why};
pub(crate) use search::search;
pub use search::{Hit, Search};

/// A row a mail, a row a passage, some rows a thread. The text of mails lies in a
/// table of its own, so that lists do not read it.
pub(crate) const LETTERS: Migration = Migration {
    name: "mail-0002-letters",
    sql: "CREATE TABLE mail_letters (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
        state TEXT NOT NULL CHECK (state IN ('received', 'treated', 'ended')),
        batch TEXT NOT NULL,
        ident TEXT NOT NULL CHECK (length(ident) >= 1),
        sender TEXT NOT NULL,
        client TEXT,
        helo TEXT,
        bytes {int} NOT NULL,
        sha256 TEXT NOT NULL,
        original TEXT,
        original_key {bytes},
        subject TEXT,
        from_display TEXT,
        from_address TEXT,
        message_id TEXT,
        report TEXT,
        received_at {int} NOT NULL,
        treated_at {int},
        PRIMARY KEY (body, id),
        CHECK ((original IS NULL) = (original_key IS NULL)),
        CHECK (state <> 'treated' OR (treated_at IS NOT NULL AND report IS NOT NULL)),
        CHECK (state <> 'ended' OR (original IS NULL AND subject IS NULL AND report IS NULL))
    ) {strict};
    CREATE INDEX mail_letters_from ON mail_letters (body, from_address, id);
    CREATE INDEX mail_letters_received ON mail_letters (body, state, received_at);
    CREATE TABLE mail_passages (
        body TEXT NOT NULL,
        passage TEXT NOT NULL,
        letter TEXT NOT NULL,
        ident TEXT NOT NULL,
        receiver TEXT NOT NULL,
        part TEXT NOT NULL CHECK (part IN ('mail', 'rest')),
        why TEXT,
        PRIMARY KEY (body, passage),
        UNIQUE (body, ident, receiver, part),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id),
        FOREIGN KEY (body, letter) REFERENCES mail_letters (body, id)
    ) {strict};
    CREATE INDEX mail_passages_letter ON mail_passages (body, letter);
    CREATE INDEX mail_passages_receiver ON mail_passages (body, receiver, passage);
    CREATE TABLE mail_threads (
        body TEXT NOT NULL,
        thread TEXT NOT NULL,
        letter TEXT NOT NULL,
        PRIMARY KEY (body, thread, letter),
        FOREIGN KEY (body, letter) REFERENCES mail_letters (body, id)
    ) {strict};
    CREATE TABLE mail_texts (
        body TEXT NOT NULL,
        letter TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (body, letter),
        FOREIGN KEY (body, letter) REFERENCES mail_letters (body, id)
    ) {strict};",
};

/// What a [`LetterId`] names.
#[derive(Clone, Copy, Debug)]
pub enum LetterTag {}

/// The id of one mail as one body got it.
pub type LetterId = Id<LetterTag>;

/// Where a mail stands; its passages say more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Waits to be read.
    Received,
    /// Was read and decided on.
    Treated,
    /// Nothing of it is kept but its row.
    Ended,
}

impl Standing {
    /// The name that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Treated => "treated",
            Self::Ended => "ended",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Received, Self::Treated, Self::Ended].into_iter().find(|one| one.name() == name)
    }
}

/// One mail.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its id.
    pub id: LetterId,
    /// Where it stands.
    pub state: Standing,
    /// True for one that leaves the body.
    pub is_outward: bool,
    /// What its passages share.
    pub batch: BatchId,
    /// The outer queue's name for it.
    pub ident: String,
    /// The sender of the envelope; empty for reports of failure.
    pub sender: String,
    /// The address that delivered it to the town.
    pub client: Option<String>,
    /// What that called itself.
    pub helo: Option<String>,
    /// How large it came.
    pub bytes: u64,
    /// The SHA-256 of what came.
    pub sha256: String,
    /// What came, sealed, while it is kept.
    pub original: Option<Sealed>,
    /// Decoded; nothing until it was read and after it ended.
    pub subject: Option<String>,
    /// The sender's name as shown.
    pub from_display: Option<String>,
    /// The sender's address in lower case.
    pub from_address: Option<String>,
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// What was found, JSON of [`crate::report::Found`].
    pub report: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
    /// When it was decided on.
    pub treated_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, state, batch, ident, sender, client, helo, bytes, sha256, original,
    original_key, subject, from_display, from_address, message_id, report, received_at, treated_at,
    direction";

const IN: &str = "in";
const OUT: &str = "out";

/// True for a mail that leaves the body.
pub(crate) async fn is_outward(work: &mut Work, id: LetterId) -> Result<bool, StoreError> {
    let sql = "SELECT direction FROM mail_letters WHERE body = $1 AND id = $2";
    let Some(mut row) = work.row(sql, args![id]).await? else { return Ok(false) };
    let direction: String = row.take(0)?;
    Ok(direction == OUT)
}

/// Writes a mail that came, from either side.
pub(crate) async fn insert(work: &mut Work, letter: &Letter) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_letters (body, id, direction, state, batch, ident, sender, client,
            helo, bytes, sha256, original, original_key, received_at)
        VALUES ($1, $2, $14, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let values = args![
        letter.id,
        letter.state.name(),
        letter.batch,
        &letter.ident,
        &letter.sender,
        letter.client.as_deref(),
        letter.helo.as_deref(),
        i64::try_from(letter.bytes).unwrap_or(i64::MAX),
        &letter.sha256,
        letter.original.as_ref().map(|sealed| sealed.blob.as_str()),
        letter.original.as_ref().map(|sealed| sealed.key.clone()),
        letter.received_at,
        if letter.is_outward { OUT } else { IN },
    ];
    work.run(sql, values).await?;
    Ok(())
}

/// What is known of a mail once it was read.
pub(crate) struct Known<'a> {
    pub(crate) subject: &'a str,
    pub(crate) from_display: &'a str,
    pub(crate) from_address: &'a str,
    pub(crate) message_id: Option<&'a str>,
    pub(crate) report: &'a str,
    pub(crate) text: &'a str,
}

/// Writes what was read; false if somebody did before.
pub(crate) async fn treated(
    work: &mut Work,
    id: LetterId,
    known: &Known<'_>,
) -> Result<bool, StoreError> {
    let now = work.now();
    let sql = "UPDATE mail_letters SET state = 'treated', subject = $3, from_display = $4,
            from_address = $5, message_id = $6, report = $7, treated_at = $8
        WHERE body = $1 AND id = $2 AND state = 'received'";
    let values = args![
        id,
        known.subject,
        known.from_display,
        known.from_address,
        known.message_id,
        known.report,
        now
    ];
    if work.run(sql, values).await? == 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO mail_texts (body, letter, text) VALUES ($1, $2, $3)";
    work.run(sql, args![id, known.text]).await?;
    Ok(true)
}

/// Holds a mail to its thread.
pub(crate) async fn thread(work: &mut Work, id: LetterId, key: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_threads (body, thread, letter) VALUES ($1, $2, $3)
        ON CONFLICT (body, thread, letter) DO NOTHING";
    work.run(sql, args![key, id]).await?;
    Ok(())
}

/// The mail of an id; with `lock`, held until the work ends.
pub(crate) async fn find(
    work: &mut Work,
    id: LetterId,
    lock: bool,
) -> Result<Option<Letter>, StoreError> {
    let lock = if lock { " {lock}" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM mail_letters WHERE body = $1 AND id = $2{lock}");
    work.row(&sql, args![id]).await?.map(read).transpose()
}

/// The decoded text of a mail.
pub(crate) async fn text(work: &mut Work, id: LetterId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT text FROM mail_texts WHERE body = $1 AND letter = $2";
    work.row(sql, args![id]).await?.map(|mut row| row.take(0)).transpose()
}

/// Texts and subjects of mails from an address that came in a span, newest
/// first.
pub(crate) async fn texts_from(
    work: &mut Work,
    address: &str,
    (from, until): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<(LetterId, String)>, StoreError> {
    let sql = "SELECT l.id, l.subject, t.text FROM mail_letters l
        JOIN mail_texts t ON t.body = l.body AND t.letter = l.id
        WHERE l.body = $1 AND l.from_address = $2 AND l.received_at >= $3 AND l.received_at <= $4
        ORDER BY l.id DESC LIMIT $5";
    let rows = work.rows(sql, args![address, from, until, limit]).await?;
    rows.into_iter()
        .map(|mut row| {
            let subject: Option<String> = row.take(1)?;
            let text: String = row.take(2)?;
            Ok((row.take(0)?, format!("{}\n{text}", subject.unwrap_or_default())))
        })
        .collect()
}

/// Texts of other mails of the same threads.
pub(crate) async fn texts_of_thread(
    work: &mut Work,
    id: LetterId,
    limit: u32,
) -> Result<Vec<(LetterId, String)>, StoreError> {
    let sql = "SELECT DISTINCT t.letter, t.text FROM mail_threads own
        JOIN mail_threads other ON other.body = own.body AND other.thread = own.thread
        JOIN mail_texts t ON t.body = other.body AND t.letter = other.letter
        WHERE own.body = $1 AND own.letter = $2 AND other.letter <> $2
        ORDER BY t.letter DESC LIMIT $3";
    let rows = work.rows(sql, args![id, limit]).await?;
    rows.into_iter().map(|mut row| Ok((row.take(0)?, row.take(1)?))).collect()
}

/// Takes from a mail everything that could be read; its row stays.
pub(crate) async fn end(work: &mut Work, id: LetterId) -> Result<(), StoreError> {
    for table in ["mail_texts", "mail_threads"] {
        let sql = format!("DELETE FROM {table} WHERE body = $1 AND letter = $2");
        work.run(&sql, args![id]).await?;
    }
    let sql = "UPDATE mail_letters SET state = 'ended', original = NULL, original_key = NULL,
            subject = NULL, from_display = NULL, from_address = NULL, message_id = NULL,
            report = NULL
        WHERE body = $1 AND id = $2";
    work.run(sql, args![id]).await?;
    Ok(())
}

/// Mails that were decided on before a moment and of which something is kept.
pub(crate) async fn kept_since(
    work: &mut Work,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<LetterId>, StoreError> {
    let sql = "SELECT id FROM mail_letters
        WHERE body = $1 AND state = 'treated' AND received_at <= $2
        ORDER BY received_at LIMIT $3";
    let rows = work.rows(sql, args![before, limit]).await?;
    rows.into_iter().map(|mut row| row.take(0)).collect()
}

fn wrong(column: usize, wanted: &'static str) -> StoreError {
    StoreError::Shape { column, wanted, found: "another word" }
}

fn read(mut row: Row) -> Result<Letter, StoreError> {
    read_from(&mut row, 0)
}

fn read_from(row: &mut Row, first: usize) -> Result<Letter, StoreError> {
    let state: String = row.take(first + 1)?;
    let bytes: i64 = row.take(first + 7)?;
    let blob: Option<String> = row.take(first + 9)?;
    let key: Option<Vec<u8>> = row.take(first + 10)?;
    let direction: String = row.take(first + 18)?;
    Ok(Letter {
        id: row.take(first)?,
        state: Standing::parse(&state).ok_or_else(|| wrong(first + 1, "a standing"))?,
        batch: row.take(first + 2)?,
        ident: row.take(first + 3)?,
        sender: row.take(first + 4)?,
        client: row.take(first + 5)?,
        helo: row.take(first + 6)?,
        bytes: u64::try_from(bytes).map_err(|_| wrong(first + 7, "a count"))?,
        sha256: row.take(first + 8)?,
        original: blob.zip(key).map(|(blob, key)| Sealed { blob, key }),
        subject: row.take(first + 11)?,
        from_display: row.take(first + 12)?,
        from_address: row.take(first + 13)?,
        message_id: row.take(first + 14)?,
        report: row.take(first + 15)?,
        received_at: row.take(first + 16)?,
        treated_at: row.take(first + 17)?,
        is_outward: direction == OUT,
    })
}
