//! Rows of uploads and of the runs that they came in.

use base::Timestamp;
use identity::PersonId;
use passages::Sealed;
use store::{Migration, Row, StoreError, Work, args};

use super::{Run, Upload, UploadId};

/// What uploads lie in until they are sent on. Small: at most fifty a person,
/// each for a day.
pub(crate) const MIGRATION: Migration = Migration {
    name: "transfer-0006-uploads",
    sql: "CREATE TABLE transfer_uploads (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        person TEXT NOT NULL,
        name TEXT NOT NULL,
        metadata TEXT NOT NULL,
        bytes {int} NOT NULL,
        here {int} NOT NULL,
        blob TEXT,
        blob_key {bytes},
        sha256 TEXT,
        made_at {int} NOT NULL,
        ends_at {int} NOT NULL,
        PRIMARY KEY (body, id),
        FOREIGN KEY (body, person) REFERENCES people (body, id),
        CHECK (here >= 0 AND here <= bytes AND ends_at > made_at),
        CHECK ((blob IS NULL) = (blob_key IS NULL) AND (blob IS NULL) = (sha256 IS NULL)),
        CHECK (blob IS NULL OR here = bytes)
    ) {strict};
    CREATE INDEX transfer_uploads_person ON transfer_uploads (body, person, id);
    CREATE INDEX transfer_uploads_ends ON transfer_uploads (body, ends_at, id);
    CREATE TABLE transfer_upload_runs (
        body TEXT NOT NULL,
        upload TEXT NOT NULL,
        begins {int} NOT NULL,
        bytes {int} NOT NULL,
        blob TEXT NOT NULL,
        blob_key {bytes} NOT NULL,
        PRIMARY KEY (body, upload, begins),
        FOREIGN KEY (body, upload) REFERENCES transfer_uploads (body, id),
        CHECK (begins >= 0 AND bytes > 0)
    ) {strict};",
};

const COLUMNS: &str =
    "id, person, name, metadata, bytes, here, blob, blob_key, sha256, made_at, ends_at";

/// Writes a new upload.
pub(super) async fn add(work: &mut Work, upload: &Upload) -> Result<(), StoreError> {
    let sql = "INSERT INTO transfer_uploads (body, id, person, name, metadata, bytes, here,
            made_at, ends_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = args![
        upload.id,
        upload.person,
        &upload.name,
        &upload.metadata,
        count(upload.bytes),
        count(upload.here),
        upload.made_at,
        upload.ends_at,
    ];
    work.run(sql, values).await?;
    Ok(())
}

/// The upload of an id.
pub(super) async fn find(work: &mut Work, id: UploadId) -> Result<Option<Upload>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM transfer_uploads WHERE body = $1 AND id = $2");
    work.row(&sql, args![id]).await?.map(read).transpose()
}

/// A person's uploads, in the order of their beginning; with `lock`, held until
/// the work ends, so that two that begin at once are counted one by one.
pub(super) async fn of_person(
    work: &mut Work,
    person: PersonId,
    lock: bool,
) -> Result<Vec<Upload>, StoreError> {
    if lock {
        let sql = "SELECT id FROM transfer_uploads WHERE body = $1 AND person = $2
            ORDER BY id {lock}";
        work.rows(sql, args![person]).await?;
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM transfer_uploads WHERE body = $1 AND person = $2 ORDER BY id"
    );
    work.rows(&sql, args![person]).await?.into_iter().map(read).collect()
}

/// Uploads whose day is over, the longest over first.
pub(super) async fn overdue(
    work: &mut Work,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Upload>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM transfer_uploads WHERE body = $1 AND ends_at <= $2
         ORDER BY ends_at, id LIMIT $3"
    );
    work.rows(&sql, args![now, limit]).await?.into_iter().map(read).collect()
}

/// Writes how far an upload has come, if it stands where it stood and its day is
/// not over; says how many rows that were.
pub(super) async fn move_on(
    work: &mut Work,
    before: &Upload,
    after: &Upload,
) -> Result<u64, StoreError> {
    let sql = "UPDATE transfer_uploads SET here = $4, blob = $5, blob_key = $6, sha256 = $7
        WHERE body = $1 AND id = $2 AND here = $3 AND blob IS NULL AND ends_at > $8";
    let sealed = after.whole.as_ref().map(|(sealed, _)| sealed);
    let now = work.now();
    let values = args![
        before.id,
        count(before.here),
        count(after.here),
        sealed.map(|sealed| sealed.blob.as_str()),
        sealed.map(|sealed| sealed.key.clone()),
        after.whole.as_ref().map(|(_, sha256)| sha256.as_str()),
        now,
    ];
    work.run(sql, values).await
}

/// Takes a person's finished upload out; says how many rows that were.
pub(super) async fn take(
    work: &mut Work,
    person: PersonId,
    id: UploadId,
) -> Result<u64, StoreError> {
    let sql = "DELETE FROM transfer_uploads WHERE body = $1 AND id = $2 AND person = $3
        AND blob IS NOT NULL AND ends_at > $4";
    let now = work.now();
    work.run(sql, args![id, person, now]).await
}

/// Removes an upload; its runs go first.
pub(super) async fn remove(work: &mut Work, id: UploadId) -> Result<u64, StoreError> {
    work.run("DELETE FROM transfer_uploads WHERE body = $1 AND id = $2", args![id]).await
}

/// Writes a run.
pub(super) async fn add_run(work: &mut Work, id: UploadId, run: &Run) -> Result<(), StoreError> {
    let sql = "INSERT INTO transfer_upload_runs (body, upload, begins, bytes, blob, blob_key)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let (begins, bytes) = (count(run.begins), count(run.bytes));
    let values = args![id, begins, bytes, &run.sealed.blob, run.sealed.key.clone()];
    work.run(sql, values).await?;
    Ok(())
}

/// The runs of an upload, in their order.
pub(super) async fn runs(work: &mut Work, id: UploadId) -> Result<Vec<Run>, StoreError> {
    let sql = "SELECT begins, bytes, blob, blob_key FROM transfer_upload_runs
        WHERE body = $1 AND upload = $2 ORDER BY begins";
    let rows = work.rows(sql, args![id]).await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Run {
                begins: number(&mut row, 0)?,
                bytes: number(&mut row, 1)?,
                sealed: Sealed { blob: row.take(2)?, key: row.take(3)? },
            })
        })
        .collect()
}

/// Removes the runs of an upload.
pub(super) async fn forget_runs(work: &mut Work, id: UploadId) -> Result<(), StoreError> {
    let sql = "DELETE FROM transfer_upload_runs WHERE body = $1 AND upload = $2";
    work.run(sql, args![id]).await?;
    Ok(())
}

fn read(mut row: Row) -> Result<Upload, StoreError> {
    let (blob, key): (Option<String>, Option<Vec<u8>>) = (row.take(6)?, row.take(7)?);
    let sealed = blob.zip(key).map(|(blob, key)| Sealed { blob, key });
    Ok(Upload {
        id: row.take(0)?,
        person: row.take(1)?,
        name: row.take(2)?,
        metadata: row.take(3)?,
        bytes: number(&mut row, 4)?,
        here: number(&mut row, 5)?,
        whole: sealed.zip(row.take(8)?),
        made_at: row.take(9)?,
        ends_at: row.take(10)?,
    })
}

fn number(row: &mut Row, column: usize) -> Result<u64, StoreError> {
    let number: i64 = row.take(column)?;
    let wrong = |_| StoreError::Shape { column, wanted: "a count", found: "a negative number" };
    u64::try_from(number).map_err(wrong)
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
