//! Rows of addresses, of codes that were sent to prove them, and of when each
//! person's next mail of a kind is due.

use base::Timestamp;
use store::{IntoValue, Migration, StoreError, Work, args};

/// The crate's tables. A row a person at most in the first two, and one a person
/// and kind in the third; each is read by its primary key.
pub const MIGRATIONS: &[Migration] = &[Migration {
    name: "notices-0001-addresses",
    sql: "
        CREATE TABLE notice_addresses (
            body TEXT NOT NULL,
            person TEXT NOT NULL,
            address TEXT NOT NULL CHECK (length(address) BETWEEN 3 AND 254),
            set_at {int} NOT NULL,
            PRIMARY KEY (body, person)
        ) {strict};
        CREATE TABLE notice_asked (
            body TEXT NOT NULL,
            person TEXT NOT NULL,
            address TEXT NOT NULL,
            asked_at {int} NOT NULL,
            code TEXT,
            sent_at {int},
            tries {int} NOT NULL CHECK (tries >= 0),
            asks {int} NOT NULL CHECK (asks >= 1),
            day {int} NOT NULL,
            PRIMARY KEY (body, person)
        ) {strict};
        CREATE TABLE notice_turns (
            body TEXT NOT NULL,
            person TEXT NOT NULL,
            kind TEXT NOT NULL,
            due {int} NOT NULL,
            PRIMARY KEY (body, person, kind)
        ) {strict};
    ",
}];

/// An address that waits for its code.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Empty where it was given up; the counts stay.
    pub(crate) address: String,
    pub(crate) asked_at: Timestamp,
    /// The code's hash, once it was sent.
    pub(crate) code: Option<String>,
    pub(crate) sent_at: Option<Timestamp>,
    /// Wrong codes that were typed.
    pub(crate) tries: u32,
    /// How often one was asked for on `day`.
    pub(crate) asks: u32,
    pub(crate) day: Timestamp,
}

pub(crate) async fn address(
    work: &mut Work,
    person: &str,
) -> Result<Option<(String, Timestamp)>, StoreError> {
    let sql = "SELECT address, set_at FROM notice_addresses WHERE body = $1 AND person = $2";
    let Some(mut row) = work.row(sql, args![person]).await? else { return Ok(None) };
    Ok(Some((row.take(0)?, row.take(1)?)))
}

/// True if the body has any address.
pub(crate) async fn is_used(work: &mut Work) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM notice_addresses WHERE body = $1 LIMIT 1";
    Ok(work.row(sql, Vec::new()).await?.is_some())
}

/// Those of some people who have an address, in their order.
pub(crate) async fn addressed(
    work: &mut Work,
    people: &[String],
) -> Result<Vec<String>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (2..people.len() + 2).map(|place| format!("${place}")).collect();
    let sql = format!(
        "SELECT person FROM notice_addresses WHERE body = $1 AND person IN ({})
         ORDER BY person",
        places.join(", ")
    );
    let people = people.iter().map(|person| person.as_str().into_value()).collect();
    let rows = work.rows(&sql, people).await?;
    rows.into_iter().map(|mut row| row.take(0)).collect()
}

pub(crate) async fn set_address(
    work: &mut Work,
    person: &str,
    address: &str,
) -> Result<(), StoreError> {
    let now = work.now();
    let sql = "INSERT INTO notice_addresses (body, person, address, set_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (body, person)
        DO UPDATE SET address = excluded.address, set_at = excluded.set_at";
    work.run(sql, args![person, address, now]).await?;
    Ok(())
}

/// True if there was one.
pub(crate) async fn drop_address(work: &mut Work, person: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM notice_addresses WHERE body = $1 AND person = $2";
    Ok(work.run(sql, args![person]).await? > 0)
}

pub(crate) async fn asked(work: &mut Work, person: &str) -> Result<Option<Asked>, StoreError> {
    let sql = "SELECT address, asked_at, code, sent_at, tries, asks, day FROM notice_asked
        WHERE body = $1 AND person = $2";
    let Some(mut row) = work.row(sql, args![person]).await? else { return Ok(None) };
    Ok(Some(Asked {
        address: row.take(0)?,
        asked_at: row.take(1)?,
        code: row.take(2)?,
        sent_at: row.take(3)?,
        tries: row.take(4)?,
        asks: row.take(5)?,
        day: row.take(6)?,
    }))
}

pub(crate) async fn keep_asked(
    work: &mut Work,
    person: &str,
    asked: &Asked,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO notice_asked
            (body, person, address, asked_at, code, sent_at, tries, asks, day)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (body, person) DO UPDATE SET address = excluded.address,
            asked_at = excluded.asked_at, code = excluded.code, sent_at = excluded.sent_at,
            tries = excluded.tries, asks = excluded.asks, day = excluded.day";
    let Asked { address, asked_at, code, sent_at, tries, asks, day } = asked.clone();
    work.run(sql, args![person, address, asked_at, code, sent_at, tries, asks, day]).await?;
    Ok(())
}

pub(crate) async fn drop_asked(work: &mut Work, person: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM notice_asked WHERE body = $1 AND person = $2";
    work.run(sql, args![person]).await?;
    Ok(())
}

pub(crate) async fn drop_turns(work: &mut Work, person: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM notice_turns WHERE body = $1 AND person = $2";
    work.run(sql, args![person]).await?;
    Ok(())
}

/// When the newest mail of a kind to a person is or was due.
pub(crate) async fn turn(
    work: &mut Work,
    person: &str,
    kind: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT due FROM notice_turns WHERE body = $1 AND person = $2 AND kind = $3";
    let Some(mut row) = work.row(sql, args![person, kind]).await? else { return Ok(None) };
    Ok(Some(row.take(0)?))
}

/// Takes the next turn, unless somebody else has since `before` was read.
pub(crate) async fn take_turn(
    work: &mut Work,
    person: &str,
    kind: &str,
    due: Timestamp,
    before: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO notice_turns (body, person, kind, due) VALUES ($1, $2, $3, $4)
        ON CONFLICT (body, person, kind) DO UPDATE SET due = excluded.due
        WHERE notice_turns.due = $5";
    // No row has this moment: where none was read, another's is left alone.
    let before = before.unwrap_or_default();
    Ok(work.run(sql, args![person, kind, due, before]).await? > 0)
}
