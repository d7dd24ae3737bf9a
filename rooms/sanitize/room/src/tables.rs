//! The rows of files that were treated through the console. The bytes of a
//! result lie with the blobs; a row says whose they are and until when.

use base::{Id, Timestamp};
use identity::PersonId;
use store::{Migration, Row, StoreError, Work, args};

/// The room's migrations.
pub const MIGRATIONS: &[Migration] = &[Migration {
    name: "sanitize-0001-treated",
    sql: "CREATE TABLE treated_files (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        person TEXT NOT NULL,
        name TEXT NOT NULL,
        report TEXT NOT NULL,
        output TEXT,
        output_name TEXT,
        made_at {int} NOT NULL,
        ends_at {int} NOT NULL,
        PRIMARY KEY (body, id),
        FOREIGN KEY (body, person) REFERENCES people (body, id),
        CHECK (ends_at > made_at)
    ) {strict};
    CREATE INDEX treated_files_of_person ON treated_files (body, person, id);
    CREATE INDEX treated_files_by_output ON treated_files (body, output);",
}];

/// What a [`TreatedId`] names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TreatedTag {}

/// The id of a treated file.
pub(crate) type TreatedId = Id<TreatedTag>;

/// One treated file.
#[derive(Clone, Debug)]
pub(crate) struct Treated {
    pub(crate) id: TreatedId,
    pub(crate) person: PersonId,
    /// What the sender called it.
    pub(crate) name: String,
    /// The report line, JSON.
    pub(crate) report: String,
    /// The hash of the result, as the blobs write it; none where nothing was
    /// delivered or its time is over.
    pub(crate) output: Option<String>,
    pub(crate) output_name: Option<String>,
    pub(crate) made_at: Timestamp,
    pub(crate) ends_at: Timestamp,
}

pub(crate) async fn add(work: &mut Work, file: &Treated) -> Result<(), StoreError> {
    work.run(
        "INSERT INTO treated_files
         (body, id, person, name, report, output, output_name, made_at, ends_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            file.id,
            file.person,
            &file.name,
            &file.report,
            file.output.as_deref(),
            file.output_name.as_deref(),
            file.made_at,
            file.ends_at
        ],
    )
    .await?;
    Ok(())
}

const COLUMNS: &str = "id, person, name, report, output, output_name, made_at, ends_at";

/// One person's file.
pub(crate) async fn find(
    work: &mut Work,
    person: PersonId,
    id: TreatedId,
) -> Result<Option<Treated>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM treated_files WHERE body = $1 AND person = $2 AND id = $3");
    work.row(&sql, args![person, id]).await?.map(read).transpose()
}

/// One person's files, newest first, below an id.
pub(crate) async fn of_person(
    work: &mut Work,
    person: PersonId,
    below: Option<TreatedId>,
    limit: u32,
) -> Result<Vec<Treated>, StoreError> {
    // Every ULID sorts below 'Z'.
    let below = below.map_or_else(|| "Z".to_owned(), |id| id.to_string());
    let sql = format!(
        "SELECT {COLUMNS} FROM treated_files
         WHERE body = $1 AND person = $2 AND id < $3 ORDER BY id DESC LIMIT $4"
    );
    work.rows(&sql, args![person, below, limit]).await?.into_iter().map(read).collect()
}

/// Forgets a file's result; says which blob it was.
pub(crate) async fn end(work: &mut Work, id: TreatedId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT output FROM treated_files WHERE body = $1 AND id = $2 {lock}";
    let Some(mut row) = work.row(sql, args![id]).await? else { return Ok(None) };
    let Some(output) = row.take::<Option<String>>(0)? else { return Ok(None) };
    let sql = "UPDATE treated_files SET output = NULL WHERE body = $1 AND id = $2";
    work.run(sql, args![id]).await?;
    Ok(Some(output))
}

/// True where no row names a blob any more.
pub(crate) async fn is_unneeded(work: &mut Work, output: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM treated_files WHERE body = $1 AND output = $2 LIMIT 1";
    Ok(work.row(sql, args![output]).await?.is_none())
}

fn read(mut row: Row) -> Result<Treated, StoreError> {
    Ok(Treated {
        id: row.take(0)?,
        person: row.take(1)?,
        name: row.take(2)?,
        report: row.take(3)?,
        output: row.take(4)?,
        output_name: row.take(5)?,
        made_at: row.take(6)?,
        ends_at: row.take(7)?,
    })
}
