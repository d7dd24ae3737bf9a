//! Rows about what people are asked before a passage goes on: its permits, the
//! questions to its sender, the reminders.

use base::{Id, Timestamp};
use identity::PersonId;
use passages::PassageId;
use permits::PermitId;
use store::{Migration, Row, StoreError, Work, args};

/// A row for each approval that was asked for, each question and each reminder.
pub(crate) const ASKING: Migration = Migration {
    name: "transfer-0012-asking",
    sql: "CREATE TABLE transfer_approvals (
        body TEXT NOT NULL,
        passage TEXT NOT NULL,
        permit TEXT NOT NULL,
        PRIMARY KEY (body, passage, permit),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id),
        FOREIGN KEY (body, permit) REFERENCES permits (body, id)
    ) {strict};
    CREATE TABLE transfer_questions (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        passage TEXT NOT NULL,
        asker TEXT NOT NULL,
        asked_for TEXT,
        asked TEXT NOT NULL,
        question TEXT NOT NULL CHECK (length(question) >= 1),
        asked_at {int} NOT NULL,
        answer TEXT,
        answered_at {int},
        PRIMARY KEY (body, id),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id),
        FOREIGN KEY (body, asker) REFERENCES people (body, id),
        FOREIGN KEY (body, asked) REFERENCES people (body, id),
        CHECK (asker <> asked),
        CHECK ((answer IS NULL) = (answered_at IS NULL))
    ) {strict};
    CREATE INDEX transfer_questions_passage ON transfer_questions (body, passage, id);
    CREATE INDEX transfer_questions_open ON transfer_questions (body, asked, id)
        WHERE answer IS NULL;
    CREATE TABLE transfer_reminders (
        body TEXT NOT NULL,
        passage TEXT NOT NULL,
        times {int} NOT NULL CHECK (times >= 1),
        reminded_at {int} NOT NULL,
        PRIMARY KEY (body, passage),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id)
    ) {strict};",
};

/// What a [`QuestionId`] names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum QuestionTag {}

/// The id of a question.
pub(crate) type QuestionId = Id<QuestionTag>;

/// A question to whoever sent a passage, and their answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) id: QuestionId,
    pub(crate) passage: PassageId,
    pub(crate) asker: PersonId,
    /// In whose stead it was asked (代行).
    pub(crate) asked_for: Option<PersonId>,
    /// Who is to answer.
    pub(crate) asked: PersonId,
    pub(crate) question: String,
    pub(crate) asked_at: Timestamp,
    pub(crate) answer: Option<String>,
    pub(crate) answered_at: Option<Timestamp>,
}

/// Remembers which permit lets a passage through.
pub(crate) async fn add_approval(
    work: &mut Work,
    passage: PassageId,
    permit: PermitId,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO transfer_approvals (body, passage, permit) VALUES ($1, $2, $3)";
    work.run(sql, args![passage, permit]).await?;
    Ok(())
}

/// The permits that were asked for, oldest first.
pub(crate) async fn approvals(
    work: &mut Work,
    passage: PassageId,
) -> Result<Vec<PermitId>, StoreError> {
    let sql = "SELECT permit FROM transfer_approvals WHERE body = $1 AND passage = $2
        ORDER BY permit";
    let rows = work.rows(sql, args![passage]).await?;
    rows.into_iter().map(|mut row| row.take(0)).collect()
}

const COLUMNS: &str =
    "id, passage, asker, asked_for, asked, question, asked_at, answer, answered_at";

/// Writes a question.
pub(crate) async fn add_question(work: &mut Work, asked: &Asked) -> Result<(), StoreError> {
    let sql = "INSERT INTO transfer_questions (body, id, passage, asker, asked_for, asked,
        question, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = args![
        asked.id,
        asked.passage,
        asked.asker,
        asked.asked_for,
        asked.asked,
        &asked.question,
        asked.asked_at,
    ];
    work.run(sql, values).await?;
    Ok(())
}

/// Writes an answer; false if it was answered before, or is no question to
/// that person.
pub(crate) async fn answer(
    work: &mut Work,
    (passage, id): (PassageId, QuestionId),
    person: PersonId,
    answer: &str,
) -> Result<bool, StoreError> {
    let sql = "UPDATE transfer_questions SET answer = $5, answered_at = $6
        WHERE body = $1 AND id = $2 AND passage = $3 AND asked = $4 AND answer IS NULL";
    let now = work.now();
    Ok(work.run(sql, args![id, passage, person, answer, now]).await? == 1)
}

/// The questions about a passage, oldest first.
pub(crate) async fn questions(
    work: &mut Work,
    passage: PassageId,
    limit: u32,
) -> Result<Vec<Asked>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM transfer_questions WHERE body = $1 AND passage = $2
         ORDER BY id LIMIT $3"
    );
    work.rows(&sql, args![passage, limit]).await?.into_iter().map(read).collect()
}

/// Questions that somebody has not answered yet, oldest first.
pub(crate) async fn unanswered(
    work: &mut Work,
    person: PersonId,
    limit: u32,
) -> Result<Vec<Asked>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM transfer_questions
         WHERE body = $1 AND asked = $2 AND answer IS NULL ORDER BY id LIMIT $3"
    );
    work.rows(&sql, args![person, limit]).await?.into_iter().map(read).collect()
}

/// How often somebody was reminded of a passage, and when last.
pub(crate) async fn reminded(
    work: &mut Work,
    passage: PassageId,
) -> Result<Option<(u32, Timestamp)>, StoreError> {
    let sql = "SELECT times, reminded_at FROM transfer_reminders
        WHERE body = $1 AND passage = $2";
    let Some(mut row) = work.row(sql, args![passage]).await? else { return Ok(None) };
    Ok(Some((row.take(0)?, row.take(1)?)))
}

/// Writes that somebody was reminded once more.
pub(crate) async fn remind(work: &mut Work, passage: PassageId) -> Result<(), StoreError> {
    let sql = "INSERT INTO transfer_reminders (body, passage, times, reminded_at)
        VALUES ($1, $2, 1, $3) ON CONFLICT (body, passage)
        DO UPDATE SET times = transfer_reminders.times + 1, reminded_at = excluded.reminded_at";
    let now = work.now();
    work.run(sql, args![passage, now]).await?;
    Ok(())
}

fn read(mut row: Row) -> Result<Asked, StoreError> {
    Ok(Asked {
        id: row.take(0)?,
        passage: row.take(1)?,
        asker: row.take(2)?,
        asked_for: row.take(3)?,
        asked: row.take(4)?,
        question: row.take(5)?,
        asked_at: row.take(6)?,
        answer: row.take(7)?,
        answered_at: row.take(8)?,
    })
}
