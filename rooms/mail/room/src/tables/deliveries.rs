//! Rows of what is handed over to Postfix: to do, offered, taken. `offered` is
//! written before the first byte goes; who finds it asks the witness first.

use base::{Id, Timestamp};
use passages::PassageId;
use store::{Migration, Row, StoreError, Work, args};

use super::letters::LetterId;

/// A row a delivery. A passage is delivered once: its row is unique.
pub(crate) const DELIVERIES: Migration = Migration {
    name: "mail-0003-deliveries",
    sql: "CREATE TABLE mail_deliveries (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        what TEXT NOT NULL CHECK (what IN ('passage', 'word', 'digest')),
        passage TEXT,
        letter TEXT,
        word TEXT,
        sender TEXT NOT NULL,
        receiver TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('to-do', 'offered', 'taken', 'refused')),
        tries {int} NOT NULL CHECK (tries >= 0),
        made_at {int} NOT NULL,
        offered_at {int},
        ended_at {int},
        reason TEXT,
        PRIMARY KEY (body, id),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id),
        FOREIGN KEY (body, letter) REFERENCES mail_letters (body, id),
        CHECK ((what = 'digest') = (letter IS NULL)),
        CHECK (what <> 'passage' OR passage IS NOT NULL),
        CHECK ((what = 'passage') = (word IS NULL)),
        CHECK (state <> 'taken' OR (offered_at IS NOT NULL AND ended_at IS NOT NULL))
    ) {strict};
    CREATE UNIQUE INDEX mail_deliveries_once ON mail_deliveries (body, passage, what, receiver)
        WHERE what = 'passage';
    CREATE INDEX mail_deliveries_state ON mail_deliveries (body, state, id);
    CREATE INDEX mail_deliveries_letter ON mail_deliveries (body, letter);",
};

/// What a [`DeliveryId`] names.
#[derive(Clone, Copy, Debug)]
pub enum DeliveryTag {}

/// Our name for a delivery, by which Postfix's log is asked.
pub type DeliveryId = Id<DeliveryTag>;

/// What is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Load {
    /// The harmless mail of a passage.
    Passage {
        /// Which.
        passage: PassageId,
        /// Of which mail.
        letter: LetterId,
    },
    /// Our own word about a mail: `held`, `refused`, `quarantined`, `locked-ended`.
    Word {
        /// About which passage.
        passage: Option<PassageId>,
        /// Of which mail.
        letter: LetterId,
        /// Which word.
        word: String,
    },
    /// A list of what waits; what stands in it was settled when it was made.
    Digest {
        /// Its text, in both languages.
        text: String,
    },
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handing {
    /// Nobody was asked yet.
    ToDo,
    /// Postfix may have it.
    Offered,
    /// Postfix has it.
    Taken,
    /// Postfix will never take it.
    Refused,
}

impl Handing {
    /// All.
    pub const ALL: [Self; 4] = [Self::ToDo, Self::Offered, Self::Taken, Self::Refused];

    /// The name that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ToDo => "to-do",
            Self::Offered => "offered",
            Self::Taken => "taken",
            Self::Refused => "refused",
        }
    }

    /// Reads [`Handing::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// One delivery.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Our name for it.
    pub id: DeliveryId,
    /// What is handed over.
    pub load: Load,
    /// The sender of the envelope.
    pub sender: String,
    /// The one receiver.
    pub receiver: String,
    /// Where it stands.
    pub state: Handing,
    /// How often it was offered.
    pub tries: u32,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was offered last.
    pub offered_at: Option<Timestamp>,
    /// Why it is not taken yet, as Postfix said.
    pub reason: Option<String>,
}

const COLUMNS: &str =
    "id, what, passage, letter, word, sender, receiver, state, tries, made_at, reason, offered_at";

/// Writes a delivery that is to do.
pub(crate) async fn insert(work: &mut Work, delivery: &Delivery) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_deliveries (body, id, what, passage, letter, word, sender,
            receiver, state, tries, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'to-do', 0, $9)";
    let (what, passage, letter, word) = match &delivery.load {
        Load::Passage { passage, letter } => ("passage", Some(*passage), Some(*letter), None),
        Load::Word { passage, letter, word } => {
            ("word", *passage, Some(*letter), Some(word.as_str()))
        }
        Load::Digest { text } => ("digest", None, None, Some(text.as_str())),
    };
    let values = args![
        delivery.id,
        what,
        passage,
        letter,
        word,
        &delivery.sender,
        &delivery.receiver,
        delivery.made_at
    ];
    work.run(sql, values).await?;
    Ok(())
}

/// The delivery of an id.
pub(crate) async fn find(work: &mut Work, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mail_deliveries WHERE body = $1 AND id = $2");
    work.row(&sql, args![id]).await?.map(read).transpose()
}

/// The deliveries of a mail, oldest first.
pub(crate) async fn of_letter(
    work: &mut Work,
    letter: LetterId,
) -> Result<Vec<Delivery>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_deliveries WHERE body = $1 AND letter = $2
         ORDER BY id LIMIT 500"
    );
    work.rows(&sql, args![letter]).await?.into_iter().map(read).collect()
}

/// Deliveries in a state, oldest first.
pub(crate) async fn in_state(
    work: &mut Work,
    state: Handing,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_deliveries WHERE body = $1 AND state = $2 ORDER BY id LIMIT $3"
    );
    work.rows(&sql, args![state.name(), limit]).await?.into_iter().map(read).collect()
}

/// Says that Postfix is about to be asked.
pub(crate) async fn offer(work: &mut Work, id: DeliveryId) -> Result<(), StoreError> {
    let now = work.now();
    let sql = "UPDATE mail_deliveries SET state = 'offered', tries = tries + 1, offered_at = $3
        WHERE body = $1 AND id = $2 AND state IN ('to-do', 'offered')";
    work.run(sql, args![id, now]).await?;
    Ok(())
}

/// Says that it was certainly not taken, and why: it may be offered again.
pub(crate) async fn put_off(
    work: &mut Work,
    id: DeliveryId,
    reason: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE mail_deliveries SET state = 'to-do', reason = $3
        WHERE body = $1 AND id = $2 AND state = 'offered'";
    work.run(sql, args![id, reason]).await?;
    Ok(())
}

/// Says how it ended; false if it had.
pub(crate) async fn end(
    work: &mut Work,
    id: DeliveryId,
    state: Handing,
    reason: Option<&str>,
) -> Result<bool, StoreError> {
    let now = work.now();
    let sql = "UPDATE mail_deliveries SET state = $3, ended_at = $4, reason = $5
        WHERE body = $1 AND id = $2 AND state = 'offered'";
    Ok(work.run(sql, args![id, state.name(), now, reason]).await? == 1)
}

/// True while something of a mail has not reached Postfix.
pub(crate) async fn is_open(work: &mut Work, letter: LetterId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM mail_deliveries
        WHERE body = $1 AND letter = $2 AND state IN ('to-do', 'offered') LIMIT 1";
    Ok(work.row(sql, args![letter]).await?.is_some())
}

fn read(mut row: Row) -> Result<Delivery, StoreError> {
    let wrong = |column, wanted| StoreError::Shape { column, wanted, found: "another word" };
    let what: String = row.take(1)?;
    let passage: Option<PassageId> = row.take(2)?;
    let letter: Option<LetterId> = row.take(3)?;
    let word: Option<String> = row.take(4)?;
    let state: String = row.take(7)?;
    let load = match (what.as_str(), passage, letter, word) {
        ("passage", Some(passage), Some(letter), None) => Load::Passage { passage, letter },
        ("word", passage, Some(letter), Some(word)) => Load::Word { passage, letter, word },
        ("digest", None, None, Some(text)) => Load::Digest { text },
        _ => return Err(wrong(1, "a load")),
    };
    Ok(Delivery {
        id: row.take(0)?,
        load,
        sender: row.take(5)?,
        receiver: row.take(6)?,
        state: Handing::parse(&state).ok_or_else(|| wrong(7, "a handing"))?,
        tries: row.take(8)?,
        made_at: row.take(9)?,
        reason: row.take(10)?,
        offered_at: row.take(11)?,
    })
}
