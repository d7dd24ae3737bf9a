//! Rows of mails that leave: where each stands, when it goes, whom it is for.
//! Every step is one statement that names the state it leaves, so that of two
//! who come at once one finds nothing to change.

use base::{Id, Timestamp};
use passages::{PassageId, Sealed};
use store::{Migration, Row, StoreError, Work, args};

use super::letters::LetterId;
use super::mailboxes::Owner;

/// A row a mail, a row a receiver. They grow with the mails and stay when a mail
/// ended: who wrote to whom is asked for years later.
pub(crate) const OUTGOING: Migration = Migration {
    name: "mail-0020-outgoing",
    sql: "CREATE TABLE mail_outgoing (
        body TEXT NOT NULL,
        letter TEXT NOT NULL,
        passage TEXT NOT NULL,
        mailbox TEXT NOT NULL,
        owner_kind TEXT NOT NULL CHECK (owner_kind IN ('person', 'section')),
        owner TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('reading', 'waiting', 'confirm', 'ask', 'asked',
            'leaving', 'cancelled', 'stopped', 'ended')),
        hidden {int} NOT NULL CHECK (hidden IN (0, 1)),
        prepared TEXT,
        prepared_key {bytes},
        weighed TEXT,
        leaves_at {int} NOT NULL,
        settled_at {int},
        settled_by TEXT,
        PRIMARY KEY (body, letter),
        UNIQUE (body, passage),
        FOREIGN KEY (body, letter) REFERENCES mail_letters (body, id),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id),
        CHECK ((prepared IS NULL) = (prepared_key IS NULL)),
        CHECK (state NOT IN ('waiting', 'confirm', 'ask')
            OR (prepared IS NOT NULL AND weighed IS NOT NULL)),
        CHECK (state NOT IN ('leaving', 'cancelled', 'stopped', 'ended') OR settled_at IS NOT NULL)
    ) {strict};
    CREATE INDEX mail_outgoing_owner ON mail_outgoing (body, owner_kind, owner, letter);
    CREATE INDEX mail_outgoing_state ON mail_outgoing (body, state, letter);
    CREATE TABLE mail_outgoing_receivers (
        body TEXT NOT NULL,
        ident TEXT NOT NULL,
        receiver TEXT NOT NULL,
        letter TEXT NOT NULL,
        PRIMARY KEY (body, ident, receiver),
        FOREIGN KEY (body, letter) REFERENCES mail_outgoing (body, letter)
    ) {strict};
    CREATE INDEX mail_outgoing_receivers_letter ON mail_outgoing_receivers (body, letter);",
};

/// Where a mail that leaves stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Waits to be read.
    Reading,
    /// Leaves at its moment, unless it is cancelled.
    Waiting,
    /// Waits for its sender: many addresses can be seen by everybody.
    Confirm,
    /// Waits for its sender to ask for another person's approval.
    Ask,
    /// Waits for that person.
    Asked,
    /// Handed over, or about to be: it cannot be called back.
    Gone,
    /// Its sender called it back.
    Cancelled,
    /// It does not leave: refused, harmful, unreadable.
    Stopped,
    /// Nobody decided in time.
    Ended,
}

impl Leaving {
    /// All.
    pub const ALL: [Self; 9] = [
        Self::Reading,
        Self::Waiting,
        Self::Confirm,
        Self::Ask,
        Self::Asked,
        Self::Gone,
        Self::Cancelled,
        Self::Stopped,
        Self::Ended,
    ];

    /// Those that its sender can still call back.
    pub const OPEN: [Self; 5] =
        [Self::Reading, Self::Waiting, Self::Confirm, Self::Ask, Self::Asked];

    /// The name that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Waiting => "waiting",
            Self::Confirm => "confirm",
            Self::Ask => "ask",
            Self::Asked => "asked",
            Self::Gone => "leaving",
            Self::Cancelled => "cancelled",
            Self::Stopped => "stopped",
            Self::Ended => "ended",
        }
    }

    /// Reads [`Leaving::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// True while its sender can call it back.
    #[must_use]
    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }
}

/// One mail that leaves.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The mail.
    pub letter: LetterId,
    /// Its passage: one for all its receivers.
    pub passage: PassageId,
    /// The address that it comes from.
    pub mailbox: String,
    /// Whose that is.
    pub owner: Owner,
    /// Where it stands.
    pub state: Leaving,
    /// True where its receivers do not see each other.
    pub is_hidden: bool,
    /// What leaves, sealed, until it does.
    pub prepared: Option<Sealed>,
    /// JSON of [`crate::outward::Weighed`].
    pub weighed: Option<String>,
    /// When it leaves, or could first leave.
    pub leaves_at: Timestamp,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
}

const COLUMNS: &str = "letter, passage, mailbox, owner_kind, owner, state, hidden, prepared,
    prepared_key, weighed, leaves_at, settled_at";

/// Writes a mail that is to be read, with its receivers.
pub(crate) async fn insert(
    work: &mut Work,
    row: &Outgoing,
    ident: &str,
    receivers: &[String],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_outgoing (body, letter, passage, mailbox, owner_kind, owner, state,
            hidden, leaves_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'reading', 0, $7)";
    let (kind, owner) = super::mailboxes::words(row.owner);
    let values = args![row.letter, row.passage, &row.mailbox, kind, owner, row.leaves_at];
    work.run(sql, values).await?;
    let sql = "INSERT INTO mail_outgoing_receivers (body, ident, receiver, letter)
        VALUES ($1, $2, $3, $4)";
    for receiver in receivers {
        work.run(sql, args![ident, receiver, row.letter]).await?;
    }
    Ok(())
}

/// True if a mail with that name in the inner queue was taken for a receiver.
pub(crate) async fn is_taken(
    work: &mut Work,
    ident: &str,
    receiver: &str,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM mail_outgoing_receivers
        WHERE body = $1 AND ident = $2 AND receiver = $3";
    Ok(work.row(sql, args![ident, receiver]).await?.is_some())
}

/// The mail of an id; with `lock`, held until the work ends.
pub(crate) async fn find(
    work: &mut Work,
    letter: LetterId,
    lock: bool,
) -> Result<Option<Outgoing>, StoreError> {
    let lock = if lock { " {lock}" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM mail_outgoing WHERE body = $1 AND letter = $2{lock}");
    work.row(&sql, args![letter]).await?.map(read).transpose()
}

/// The mail of a passage.
pub(crate) async fn of_passage(
    work: &mut Work,
    passage: PassageId,
) -> Result<Option<Outgoing>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mail_outgoing WHERE body = $1 AND passage = $2");
    work.row(&sql, args![passage]).await?.map(read).transpose()
}

/// Whom a mail is for, in the order of their addresses.
pub(crate) async fn receivers(
    work: &mut Work,
    letter: LetterId,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT receiver FROM mail_outgoing_receivers
        WHERE body = $1 AND letter = $2 ORDER BY receiver";
    let rows = work.rows(sql, args![letter]).await?;
    rows.into_iter().map(|mut row| row.take(0)).collect()
}

/// What is written once a mail was read.
pub(crate) struct Read<'a> {
    pub(crate) state: Leaving,
    pub(crate) prepared: Option<&'a Sealed>,
    pub(crate) weighed: &'a str,
    pub(crate) leaves_at: Timestamp,
}

/// Writes what was read; false if it does not wait to be read any more.
pub(crate) async fn was_read(
    work: &mut Work,
    letter: LetterId,
    read: &Read<'_>,
) -> Result<bool, StoreError> {
    let now = work.now();
    let sql = "UPDATE mail_outgoing SET state = $3, prepared = $4, prepared_key = $5, weighed = $6,
            leaves_at = $7, settled_at = $8
        WHERE body = $1 AND letter = $2 AND state = 'reading'";
    let values = args![
        letter,
        read.state.name(),
        read.prepared.map(|sealed| sealed.blob.as_str()),
        read.prepared.map(|sealed| sealed.key.clone()),
        read.weighed,
        read.leaves_at,
        (!read.state.is_open()).then_some(now)
    ];
    Ok(work.run(sql, values).await? == 1)
}

/// Moves a mail from one state that is open to another; false if it does not
/// stand there any more. Whoever gets `true` of several has done it alone.
pub(crate) async fn step(
    work: &mut Work,
    letter: LetterId,
    (from, to): (Leaving, Leaving),
    by: Option<&str>,
) -> Result<bool, StoreError> {
    let now = work.now();
    let keeps = matches!(to, Leaving::Waiting | Leaving::Confirm | Leaving::Ask);
    let forgets = if keeps { "" } else { ", prepared = NULL, prepared_key = NULL" };
    let sql = format!(
        "UPDATE mail_outgoing SET state = $4, settled_at = $5, settled_by = $6{forgets}
         WHERE body = $1 AND letter = $2 AND state = $3"
    );
    let settled = (!to.is_open()).then_some(now);
    let values = args![letter, from.name(), to.name(), settled, by];
    Ok(work.run(&sql, values).await? == 1)
}

/// Lets nobody of its receivers see another.
pub(crate) async fn hide(work: &mut Work, letter: LetterId) -> Result<(), StoreError> {
    let sql = "UPDATE mail_outgoing SET hidden = 1 WHERE body = $1 AND letter = $2";
    work.run(sql, args![letter]).await?;
    Ok(())
}

/// Gives a waiting mail another moment.
pub(crate) async fn move_to(
    work: &mut Work,
    letter: LetterId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE mail_outgoing SET leaves_at = $3
        WHERE body = $1 AND letter = $2 AND state = 'waiting'";
    Ok(work.run(sql, args![letter, at]).await? == 1)
}

/// Mails of these owners, or of the whole body, newest first, with how many
/// receivers each has.
pub(crate) async fn list(
    work: &mut Work,
    owners: Option<&[Owner]>,
    (state, after): (Option<Leaving>, Option<LetterId>),
    limit: u32,
) -> Result<Vec<(Outgoing, i64)>, StoreError> {
    // The first character of a ULID is 7 at most.
    let after = after.map_or_else(|| "8".to_owned(), |id| id.to_string());
    let mut values = args![after, limit.clamp(1, LIST_MAX)];
    let mut more = String::new();
    if let Some(owners) = owners {
        let mut places = Vec::new();
        for owner in owners.iter().take(OWNERS_MAX) {
            let (kind, id) = super::mailboxes::words(*owner);
            values.extend(args![kind, id]);
            let last = values.len() + 1;
            places.push(format!("(owner_kind = ${} AND owner = ${last})", last - 1));
        }
        if places.is_empty() {
            return Ok(Vec::new());
        }
        more.push_str(&format!(" AND ({})", places.join(" OR ")));
    }
    if let Some(state) = state {
        values.extend(args![state.name()]);
        more.push_str(&format!(" AND state = ${}", values.len() + 1));
    }
    let sql = format!(
        "SELECT {COLUMNS}, (SELECT COUNT(*) FROM mail_outgoing_receivers r
             WHERE r.body = o.body AND r.letter = o.letter)
         FROM mail_outgoing o WHERE body = $1 AND letter < $2{more} ORDER BY letter DESC LIMIT $3"
    );
    let rows = work.rows(&sql, values).await?;
    rows.into_iter()
        .map(|mut row| {
            let count = row.take(12)?;
            Ok((read(row)?, count))
        })
        .collect()
}

/// Rows of one list.
const LIST_MAX: u32 = 200;
/// Owners of one list: a person, and the sections they are of.
const OWNERS_MAX: usize = 100;

fn wrong(column: usize, wanted: &'static str) -> StoreError {
    StoreError::Shape { column, wanted, found: "another word" }
}

fn read(mut row: Row) -> Result<Outgoing, StoreError> {
    let kind: String = row.take(3)?;
    let owner = match kind.as_str() {
        "person" => Owner::Person(row.take(4)?),
        "section" => Owner::Section(row.take(4)?),
        _ => return Err(wrong(3, "an owner")),
    };
    let state: String = row.take(5)?;
    let blob: Option<String> = row.take(7)?;
    let key: Option<Vec<u8>> = row.take(8)?;
    Ok(Outgoing {
        letter: row.take(0)?,
        passage: row.take(1)?,
        mailbox: row.take(2)?,
        owner,
        state: Leaving::parse(&state).ok_or_else(|| wrong(5, "where it stands"))?,
        is_hidden: row.take(6)?,
        prepared: blob.zip(key).map(|(blob, key)| Sealed { blob, key }),
        weighed: row.take(9)?,
        leaves_at: row.take(10)?,
        settled_at: row.take(11)?,
    })
}

/// What an id of a link names.
#[derive(Clone, Copy, Debug)]
pub enum LinkTag {}

/// The id of one attachment that lies with us behind a link.
pub type LinkId = Id<LinkTag>;
