//! Assignments and concurrent posts.

use base::Timestamp;
use store::{Row, Work, args};

use super::{people, text, word};
use crate::conflict::Bar;
use crate::error::IdentityError;
use crate::person::{Person, PersonId};
use crate::role::Role;
use crate::roles::{Assignment, AssignmentId, ConcurrentPost};

const COLUMNS: &str = "id, person, role, section, from_at, until_at, post";
const POST_COLUMNS: &str = "id, person, bar, reason, by_person, from_at, until_at";

/// Writes a new assignment.
pub(crate) async fn insert(work: &mut Work, new: &Assignment) -> Result<(), IdentityError> {
    work.run(
        "INSERT INTO assignments (body, id, person, role, section, from_at, until_at, post)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![new.id, new.person, new.role.name(), new.section, new.from, new.until, new.post],
    )
    .await?;
    Ok(())
}

/// One assignment.
pub(crate) async fn find(
    work: &mut Work,
    id: AssignmentId,
) -> Result<Option<Assignment>, IdentityError> {
    let sql = format!("SELECT {COLUMNS} FROM assignments WHERE body = $1 AND id = $2");
    work.row(&sql, args![id]).await?.map(read).transpose()
}

/// Ends an assignment, at the latest now; one that has not begun is empty then.
pub(crate) async fn end(
    work: &mut Work,
    id: AssignmentId,
    now: Timestamp,
) -> Result<(), IdentityError> {
    work.run(
        "UPDATE assignments SET until_at = CASE WHEN from_at > $3 THEN from_at ELSE $3 END
         WHERE body = $1 AND id = $2 AND (until_at IS NULL OR until_at > $3)",
        args![id, now],
    )
    .await?;
    Ok(())
}

/// Ends all assignments of a person.
pub(crate) async fn end_all(
    work: &mut Work,
    person: PersonId,
    now: Timestamp,
) -> Result<u64, IdentityError> {
    let ended = work
        .run(
            "UPDATE assignments SET until_at = CASE WHEN from_at > $3 THEN from_at ELSE $3 END
             WHERE body = $1 AND person = $2 AND (until_at IS NULL OR until_at > $3)",
            args![person, now],
        )
        .await?;
    Ok(ended)
}

/// The assignments of a person that are not over.
pub(crate) async fn of_person(
    work: &mut Work,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<Assignment>, IdentityError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM assignments
         WHERE body = $1 AND person = $2 AND (until_at IS NULL OR until_at > $3)
         ORDER BY from_at, id"
    );
    work.rows(&sql, args![person, now]).await?.into_iter().map(read).collect()
}

/// Active people with an assignment of a role in force, and the assignment's
/// section.
pub(crate) async fn holders(
    work: &mut Work,
    role: Role,
    now: Timestamp,
) -> Result<Vec<(Person, Assignment)>, IdentityError> {
    let rows = work
        .rows(
            "SELECT p.id, p.login, p.name, p.kana, p.section, p.state, p.joined_at, p.left_at,
                    p.version, a.id, a.person, a.role, a.section, a.from_at, a.until_at, a.post
             FROM assignments a JOIN people p ON p.body = a.body AND p.id = a.person
             WHERE a.body = $1 AND a.role = $2 AND a.from_at <= $3
               AND (a.until_at IS NULL OR a.until_at > $3) AND p.state = 'active'
             ORDER BY p.kana, p.id",
            args![role.name(), now],
        )
        .await?;
    rows.into_iter()
        .map(|mut row| {
            let assignment = read_at(&mut row, 9)?;
            Ok((people::read(row)?, assignment))
        })
        .collect()
}

/// Writes a concurrent post.
pub(crate) async fn insert_post(
    work: &mut Work,
    post: &ConcurrentPost,
) -> Result<(), IdentityError> {
    work.run(
        "INSERT INTO concurrent_posts (body, id, person, bar, reason, by_person, from_at, until_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            post.id,
            post.person,
            post.bar.name(),
            post.reason.as_str(),
            post.by,
            post.from,
            post.until,
        ],
    )
    .await?;
    Ok(())
}

/// The concurrent posts in force, of one person or of all.
pub(crate) async fn posts(
    work: &mut Work,
    person: Option<PersonId>,
    now: Timestamp,
) -> Result<Vec<ConcurrentPost>, IdentityError> {
    let sql = format!(
        "SELECT {POST_COLUMNS} FROM concurrent_posts
         WHERE body = $1 AND until_at > $2 AND from_at <= $2 AND ($3 = '' OR person = $3)
         ORDER BY from_at DESC, id DESC"
    );
    let person = person.map(|person| person.to_string()).unwrap_or_default();
    work.rows(&sql, args![now, person]).await?.into_iter().map(read_post).collect()
}

fn read(mut row: Row) -> Result<Assignment, IdentityError> {
    read_at(&mut row, 0)
}

fn read_at(row: &mut Row, first: usize) -> Result<Assignment, IdentityError> {
    Ok(Assignment {
        id: row.take(first)?,
        person: row.take(first + 1)?,
        role: word(row, first + 2, Role::parse)?,
        section: row.take(first + 3)?,
        from: row.take(first + 4)?,
        until: row.take(first + 5)?,
        post: row.take(first + 6)?,
    })
}

fn read_post(mut row: Row) -> Result<ConcurrentPost, IdentityError> {
    Ok(ConcurrentPost {
        id: row.take(0)?,
        person: row.take(1)?,
        bar: word(&mut row, 2, Bar::parse)?,
        reason: text(&mut row, 3)?,
        by: row.take(4)?,
        from: row.take(5)?,
        until: row.take(6)?,
    })
}
