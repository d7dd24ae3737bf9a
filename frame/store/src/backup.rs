//! Backups: all rows and blobs as one file, from one unchanging picture of the
//! database while others go on writing, and back into either kind of database.
//!
//! The file is a tar archive: `tables/NAME/000000.jsonl` with a row a line,
//! `files/…` as the caller gave them, `blobs/BODY/HASH`, and at the end
//! `manifest.json` with the SHA-256 of every part. Knows no domain word.

mod archive;
mod lines;
mod restore;
mod schema;
mod verify;
mod write;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use restore::{Onto, restore};
pub use verify::verify;
pub use write::write;

use crate::blobs::BlobError;
use crate::value::Kind;
use crate::{Blobs, Store, StoreError};

/// What a backup takes, or what it is restored into.
pub struct Place<'a> {
    /// The rows.
    pub store: &'a Store,
    /// The blobs.
    pub blobs: &'a Blobs,
    /// Files that belong to them, such as keys: below this folder.
    pub folder: PathBuf,
    /// The names of those files within the folder, parts separated by `/`.
    pub files: Vec<String>,
}

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The moment of the picture.
    pub at: base::Timestamp,
    /// `sqlite` or `postgres`: where it was taken.
    pub database: String,
    /// The migrations that had run, in their order.
    pub migrations: Vec<Step>,
    /// The tables, each after those that it refers to.
    pub tables: Vec<Table>,
    /// Every part but blobs and this manifest, in the file's order.
    pub parts: Vec<Part>,
    /// The blobs.
    pub blobs: BlobParts,
}

/// The format that this program writes and reads.
pub const FORMAT: &str = "sekisho-backup-1";

/// A migration that had run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// The SHA-256 of its text, in hexadecimal.
    pub sha256: String,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in the order of the lines' values.
    pub columns: Vec<String>,
    /// How many rows it has.
    pub rows: u64,
}

/// A member of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// All blobs of the archive. Each is named by its own hash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobParts {
    /// How many.
    pub count: u64,
    /// How many bytes they have together.
    pub bytes: u64,
    /// The SHA-256 over their names, a line each, in the file's order.
    pub sha256: String,
}

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The blobs.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// A file could not be read or written.
    #[error("cannot use {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no backup, or of a format that this program does not know.
    #[error("not a backup: {0}")]
    Format(String),
    /// A part is not what the manifest says: use another backup.
    #[error("the backup is damaged at {part}")]
    Damaged {
        /// The part.
        part: String,
    },
    /// There are rows or files already: restore into an empty place, or say
    /// that they are to be replaced.
    #[error("the place is not empty: it has {0}")]
    NotEmpty(String),
    /// The backup comes from a newer program, or from another.
    #[error("the backup needs {0}, which this program does not have")]
    Unknown(String),
    /// A table cannot be taken.
    #[error("table {table}: {reason}")]
    Table {
        /// Which.
        table: String,
        /// Why.
        reason: &'static str,
    },
    /// A blob is too long for the archive.
    #[error("blob {0} is too long for a backup")]
    TooLong(crate::BlobHash),
}

/// The name of a blob's part.
fn blob_name(blob: crate::Blob) -> String {
    format!("{BLOBS}{}/{}", blob.body, blob.hash)
}

const TABLES: &str = "tables/";
const FILES: &str = "files/";
const BLOBS: &str = "blobs/";
const MANIFEST: &str = "manifest.json";

/// Rows read or written by one statement.
const ROWS_MAX: usize = 500;

/// A column as a database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    kind: Kind,
    /// Place in the primary key, from 1; 0 if it is not in it.
    key: i64,
}

/// Quotes a name that a database gave us.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
