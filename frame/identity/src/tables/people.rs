//! People of a body.

use store::{Row, StoreError, Value, Work, args};

use super::{text, word};
use crate::body::NAME_MAX;
use crate::error::IdentityError;
use crate::people::{After, PeopleFilter};
use crate::person::{Login, Person, PersonId, PersonState};

const COLUMNS: &str = "id, login, name, kana, section, state, joined_at, left_at, version";

/// Writes a new person. A login that is anybody's in any body is refused.
pub(crate) async fn insert(work: &mut Work, person: &Person) -> Result<(), IdentityError> {
    let done = work
        .run(
            "INSERT INTO people (body, id, login, name, kana, section, state, joined_at, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            args![
                person.id,
                person.login.as_str(),
                person.name.as_str(),
                person.kana.as_str(),
                person.section,
                person.state.name(),
                person.joined_at,
                person.version,
            ],
        )
        .await;
    match done {
        Ok(_) => Ok(()),
        Err(StoreError::Duplicate(_)) => Err(IdentityError::LoginTaken),
        Err(StoreError::Missing(_)) => Err(IdentityError::NotThere("section")),
        Err(other) => Err(other.into()),
    }
}

/// Writes what changed; false if another change came first.
pub(crate) async fn update(work: &mut Work, person: &Person) -> Result<bool, IdentityError> {
    let done = work
        .run(
            "UPDATE people SET name = $4, kana = $5, section = $6, state = $7, left_at = $8,
                 version = $3 + 1
             WHERE body = $1 AND id = $2 AND version = $3",
            args![
                person.id,
                person.version,
                person.name.as_str(),
                person.kana.as_str(),
                person.section,
                person.state.name(),
                person.left_at,
            ],
        )
        .await;
    match done {
        Ok(count) => Ok(count == 1),
        Err(StoreError::Missing(_)) => Err(IdentityError::NotThere("section")),
        Err(other) => Err(other.into()),
    }
}

/// One person.
pub(crate) async fn find(
    work: &mut Work,
    person: PersonId,
) -> Result<Option<Person>, IdentityError> {
    let sql = format!("SELECT {COLUMNS} FROM people WHERE body = $1 AND id = $2");
    work.row(&sql, args![person]).await?.map(read).transpose()
}

/// One person, whom no other work changes before this one ends.
pub(crate) async fn lock(
    work: &mut Work,
    person: PersonId,
) -> Result<Option<Person>, IdentityError> {
    let sql = format!("SELECT {COLUMNS} FROM people WHERE body = $1 AND id = $2 {{lock}}");
    work.row(&sql, args![person]).await?.map(read).transpose()
}

/// One person of this body by login.
pub(crate) async fn by_login(
    work: &mut Work,
    login: &Login,
) -> Result<Option<Person>, IdentityError> {
    let sql = format!("SELECT {COLUMNS} FROM people WHERE body = $1 AND login = $2");
    work.row(&sql, args![login.as_str()]).await?.map(read).transpose()
}

/// Everybody of this body, by login.
pub(crate) async fn all(work: &mut Work) -> Result<Vec<Person>, IdentityError> {
    let sql = format!("SELECT {COLUMNS} FROM people WHERE body = $1 ORDER BY login");
    work.rows(&sql, args![]).await?.into_iter().map(read).collect()
}

/// A page of people after a place, sorted by reading and id.
pub(crate) async fn page(
    work: &mut Work,
    filter: &PeopleFilter,
    after: Option<&After>,
    limit: u32,
) -> Result<Vec<Person>, IdentityError> {
    let mut sql = format!("SELECT {COLUMNS} FROM people WHERE body = $1");
    let mut arguments: Vec<Value> = Vec::new();
    let mut narrow = |condition: &str, values: Vec<Value>| {
        let mut condition = condition.to_owned();
        for (place, value) in values.into_iter().enumerate() {
            arguments.push(value);
            condition =
                condition.replace(&format!("?{}", place + 1), &format!("${}", arguments.len() + 1));
        }
        sql.push_str(" AND ");
        sql.push_str(&condition);
    };
    if let Some(section) = filter.section {
        narrow("section = ?1", args![section]);
    }
    if let Some(state) = filter.state {
        narrow("state = ?1", args![state.name()]);
    }
    if let Some(wanted) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let pattern = format!("%{}%", escaped(wanted));
        narrow(
            "(name LIKE ?1 ESCAPE '!' OR kana LIKE ?1 ESCAPE '!' OR login LIKE ?2 ESCAPE '!')",
            args![&pattern, pattern.to_ascii_lowercase()],
        );
    }
    if let Some(after) = after {
        narrow("(kana, id) > (?1, ?2)", args![&after.kana, after.id]);
    }
    sql.push_str(&format!(" ORDER BY kana, id LIMIT {limit}"));
    work.rows(&sql, arguments).await?.into_iter().map(read).collect()
}

/// Takes the meaning from the characters that LIKE gives one, and leaves out
/// those that no name has and PostgreSQL does not take.
fn escaped(text: &str) -> String {
    let plain: String =
        text.chars().filter(|character| !character.is_control()).take(NAME_MAX).collect();
    plain.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// Reads a person from nine columns that start at the first.
pub(crate) fn read(mut row: Row) -> Result<Person, IdentityError> {
    let login: String = row.take(1)?;
    Ok(Person {
        id: row.take(0)?,
        login: Login::parse(&login).map_err(|_| IdentityError::Unreadable("people"))?,
        name: text(&mut row, 2)?,
        kana: text(&mut row, 3)?,
        section: row.take(4)?,
        state: word(&mut row, 5, PersonState::parse)?,
        joined_at: row.take(6)?,
        left_at: row.take(7)?,
        version: row.take(8)?,
    })
}
