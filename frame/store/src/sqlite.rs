//! SQLite: one writer, several readers, write-ahead log. The file is made once,
//! when the store is opened: whoever takes it away later meets an error, never
//! an empty one in its place.

use std::fs::{File, Metadata, OpenOptions};
use std::io::ErrorKind;
use std::mem::ManuallyDrop;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    Sqlite, SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Column, Connection, Row as _, Transaction, TypeInfo, ValueRef};

use crate::StoreError;
use crate::value::{Kind, Row, Value};

/// How long a unit of work waits for the one before it.
const WAIT_MAX: Duration = Duration::from_secs(20);
const READERS_MAX: u32 = 8;
/// The log is folded into the file after so many pages, 32 MiB: pages that many
/// units of work change are written there once and not each time.
const LOG_PAGES: &str = "8192";

/// The pools of one database file.
#[derive(Clone, Debug)]
pub(crate) struct SqliteStore {
    pub(crate) writer: SqlitePool,
    reader: SqlitePool,
    pub(crate) place: Arc<Place>,
}

/// The file that was opened. A file that was removed still takes every change
/// and loses it at the end, so each unit of work looks whether it is there.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    device: u64,
    inode: u64,
    /// Keeps the number from being given to another file. It is never closed:
    /// closing any descriptor of a file drops every POSIX lock that the process
    /// has on it (fcntl(2)), SQLite's own among them, and the next program that
    /// opens and closes the database would then take the log away from under us
    /// (sqlite.org/howtocorrupt.html, 2.2).
    _file: ManuallyDrop<File>,
}

impl Place {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let said = |error: std::io::Error| match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                StoreError::ReadOnly(sqlx::Error::Io(error))
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                StoreError::Full(sqlx::Error::Io(error))
            }
            _ => StoreError::Unreachable(sqlx::Error::Io(error)),
        };
        let mut options = OpenOptions::new();
        // Only its owner reads it.
        let file = options.append(true).create(true).mode(0o600).open(path).map_err(said)?;
        let found = file.metadata().map_err(said)?;
        let (device, inode) = (found.dev(), found.ino());
        Ok(Self { path: path.to_owned(), device, inode, _file: ManuallyDrop::new(file) })
    }

    /// Makes sure that the file is still the one that was opened.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let is_same = |found: &Metadata| found.dev() == self.device && found.ino() == self.inode;
        match std::fs::metadata(&self.path) {
            Ok(found) if is_same(&found) => Ok(()),
            Ok(_) | Err(_) => Err(StoreError::Gone(self.path.clone())),
        }
    }
}

impl SqliteStore {
    pub(crate) async fn open(file: &Path) -> Result<Self, StoreError> {
        let place = Arc::new(Place::open(file)?);
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit that was answered is on the disk, also after a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(WAIT_MAX)
            .pragma("trusted_schema", "OFF")
            // Without it, a replaced row goes past the triggers that keep it.
            .pragma("recursive_triggers", "ON")
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", LOG_PAGES)
            .pragma("cache_size", "-32768");
        let pool = |readers| {
            SqlitePoolOptions::new()
                .max_connections(readers)
                .min_connections(1)
                .acquire_timeout(WAIT_MAX)
                .after_release(|connection, _| Box::pin(is_sound(connection)))
        };
        let writer = pool(1).connect_with(options.clone()).await?;
        let reader = pool(READERS_MAX).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, reader, place })
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.place.check()?;
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    pub(crate) async fn read(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.place.check()?;
        Ok(self.reader.begin().await?)
    }

    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// True where a connection that comes back can serve again. A full disk makes
/// SQLite roll back by itself; the driver still believes in the transaction then
/// and would refuse every further one.
async fn is_sound(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // Waits until a rollback that was begun is done.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
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
