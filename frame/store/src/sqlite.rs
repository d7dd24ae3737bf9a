//! SQLite: one writer, several readers, write-ahead log.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    Sqlite, SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Column, Row as _, Transaction, TypeInfo, ValueRef};

use crate::StoreError;
use crate::value::{Kind, Row, Value};

/// How long a unit of work waits for the one before it.
const WAIT_MAX: Duration = Duration::from_secs(20);
const READERS_MAX: u32 = 8;

/// The pools of one database file.
#[derive(Clone, Debug)]
pub(crate) struct SqliteStore {
    pub(crate) writer: SqlitePool,
    reader: SqlitePool,
}

impl SqliteStore {
    pub(crate) async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit that was answered is on the disk, also after a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(WAIT_MAX)
            .pragma("trusted_schema", "OFF")
            // Without it, a replaced row goes past the triggers that keep it.
            .pragma("recursive_triggers", "ON")
            .pragma("temp_store", "MEMORY")
            .pragma("cache_size", "-32768");
        let pool = |readers| {
            SqlitePoolOptions::new()
                .max_connections(readers)
                .min_connections(1)
                .acquire_timeout(WAIT_MAX)
        };
        let writer = pool(1).connect_with(options.clone()).await?;
        let reader = pool(READERS_MAX).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, reader })
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    pub(crate) async fn read(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.reader.begin().await?)
    }

    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

pub(crate) fn arguments(values: Vec<Value>) -> Result<SqliteArguments, StoreError> {
    use sqlx::Arguments;
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Null(_) => arguments.add(Option::<i64>::None),
            Value::Int(number) => arguments.add(number),
            Value::Text(text) => arguments.add(text),
            Value::Bytes(bytes) => arguments.add(bytes),
        }
        .map_err(|error| StoreError::Other(sqlx::Error::Encode(error)))?;
    }
    Ok(arguments)
}

pub(crate) fn row(row: &SqliteRow) -> Result<Row, StoreError> {
    let mut values = Vec::with_capacity(row.columns().len());
    for column in row.columns() {
        let index = column.ordinal();
        let raw = row.try_get_raw(index)?;
        let is_null = raw.is_null();
        let kind = raw.type_info().name().to_owned();
        values.push(match kind.as_str() {
            _ if is_null => Value::Null(Kind::Text),
            "INTEGER" | "BOOLEAN" => Value::Int(row.try_get_unchecked(index)?),
            "TEXT" => Value::Text(row.try_get_unchecked(index)?),
            "BLOB" => Value::Bytes(row.try_get_unchecked(index)?),
            _ => {
                return Err(StoreError::Shape {
                    column: index,
                    wanted: "a known type",
                    found: "another",
                });
            }
        });
    }
    Ok(Row(values))
}
