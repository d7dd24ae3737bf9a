//! The rows of reviews: one for each model, or change of what it asks, that was
//! seen.

use base::{Id, Timestamp};
use identity::PersonId;
use store::{Migration, Row, StoreError, Work, args};
use zones::site::Model;

use super::Edition;

/// A row for each review that was due; one that is finished says by whom.
pub const REVIEWS: Migration = Migration {
    name: "wall-0006-reviews",
    sql: "CREATE TABLE wall_reviews (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        model TEXT NOT NULL,
        edition TEXT NOT NULL,
        duties TEXT NOT NULL,
        seen_at {int} NOT NULL,
        due_at {int} NOT NULL,
        reviewed_at {int},
        reviewed_by TEXT,
        note TEXT,
        PRIMARY KEY (body, id),
        FOREIGN KEY (body, reviewed_by) REFERENCES people (body, id),
        CHECK (due_at > seen_at),
        CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL)),
        CHECK ((reviewed_at IS NULL) = (note IS NULL))
    ) {strict};",
};

/// What a [`ReviewId`] names.
#[derive(Clone, Copy, Debug)]
pub enum ReviewTag {}

/// The id of a review.
pub type ReviewId = Id<ReviewTag>;

/// A review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// What is to be looked at.
    pub edition: Edition,
    /// When the program saw it first.
    pub seen_at: Timestamp,
    /// The day by which it is to be finished.
    pub due_at: Timestamp,
    /// When it was.
    pub reviewed_at: Option<Timestamp>,
    /// By whom.
    pub reviewed_by: Option<PersonId>,
    /// What was decided.
    pub note: Option<String>,
}

const COLUMNS: &str = "id, model, edition, duties, seen_at, due_at, reviewed_at, reviewed_by, note";

/// The newest; it is locked where this work writes.
pub(super) async fn newest(work: &mut Work) -> Result<Option<Review>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM wall_reviews WHERE body = $1 ORDER BY seen_at DESC, id DESC LIMIT 1"
    );
    work.row(&sql, args![]).await?.map(review).transpose()
}

/// The newest that is finished.
pub(super) async fn finished(work: &mut Work) -> Result<Option<Review>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM wall_reviews WHERE body = $1 AND reviewed_at IS NOT NULL
         ORDER BY seen_at DESC, id DESC LIMIT 1"
    );
    work.row(&sql, args![]).await?.map(review).transpose()
}

pub(super) async fn add(work: &mut Work, new: &Review) -> Result<(), StoreError> {
    let sql = "INSERT INTO wall_reviews (body, id, model, edition, duties, seen_at, due_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = args![
        new.id,
        new.edition.model.name(),
        &new.edition.sha256,
        new.edition.duties.join(" "),
        new.seen_at,
        new.due_at
    ];
    work.run(sql, values).await?;
    Ok(())
}

/// Finishes it; false if somebody did before.
pub(super) async fn finish(
    work: &mut Work,
    id: ReviewId,
    by: PersonId,
    note: &str,
) -> Result<bool, StoreError> {
    let now = work.now();
    let sql = "UPDATE wall_reviews SET reviewed_at = $3, reviewed_by = $4, note = $5
        WHERE body = $1 AND id = $2 AND reviewed_at IS NULL";
    Ok(work.run(sql, args![id, now, by, note]).await? == 1)
}

fn review(mut row: Row) -> Result<Review, StoreError> {
    let id = row.take(0)?;
    let model = Model::parse(&row.take::<String>(1)?);
    let model =
        model.ok_or(StoreError::Shape { column: 1, wanted: "a model", found: "another word" })?;
    let sha256 = row.take(2)?;
    let duties = row.take::<String>(3)?.split_whitespace().map(str::to_owned).collect();
    Ok(Review {
        id,
        edition: Edition { model, sha256, duties },
        seen_at: row.take(4)?,
        due_at: row.take(5)?,
        reviewed_at: row.take(6)?,
        reviewed_by: row.take(7)?,
        note: row.take(8)?,
    })
}
