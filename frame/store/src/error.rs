//! What can go wrong, by what a person can do about it.

/// Why the store did not do what was asked. Nothing of the unit of work was
/// kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer: start it, or mend the address.
    #[error("the database cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    /// The server on another machine did not prove by TLS that it is the one:
    /// let it show a certificate, and name the authority of that.
    #[error("the database server did not prove who it is")]
    Unproved(#[source] sqlx::Error),
    /// No space is left where the database lies.
    #[error("the database has no space left")]
    Full(#[source] sqlx::Error),
    /// The database takes no changes: give the program the right to write there,
    /// or name the server that leads.
    #[error("the database cannot be written")]
    ReadOnly(#[source] sqlx::Error),
    /// The file is not there any more, or another lies in its place: put it back,
    /// or restore a backup.
    #[error("the database file {} is gone", .0.display())]
    Gone(std::path::PathBuf),
    /// Something before in the same unit of work failed, so that all of it was
    /// undone.
    #[error("the unit of work was undone before")]
    Undone,
    /// Another unit of work was faster: try again.
    #[error("another change came first")]
    Conflict(#[source] sqlx::Error),
    /// A value that must be unique is there already.
    #[error("the value is there already")]
    Duplicate(#[source] sqlx::Error),
    /// A row that is named does not exist, or another body owns it.
    #[error("a row that is named is not there")]
    Missing(#[source] sqlx::Error),
    /// All connections are in use for too long.
    #[error("the database is too busy")]
    Busy(#[source] sqlx::Error),
    /// The statement does not name the body that owns the rows.
    #[error("statement without its body: {statement}")]
    Guard {
        /// The statement.
        statement: String,
    },
    /// A row does not hold what the program expects.
    #[error("column {column} holds {found}, not {wanted}")]
    Shape {
        /// Position in the row, from 0.
        column: usize,
        /// What was asked for.
        wanted: &'static str,
        /// What lies there.
        found: &'static str,
    },
    /// A migration changed after it ran, or the database is newer than the
    /// program.
    #[error("the database does not fit the program: {0}")]
    Schema(String),
    /// The address of the database is not understood.
    #[error("cannot read the database address: {0}")]
    Address(String),
    /// Anything else the database said.
    #[error("the database refused")]
    Other(#[source] sqlx::Error),
}

impl StoreError {
    /// True where the same work may succeed at once if it is tried again.
    #[must_use]
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }

    /// What is wrong with the database itself, if that is it.
    #[must_use]
    pub const fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Unreachable(_) | Self::Unproved(_) => Some(Trouble::Unreachable),
            Self::Busy(_) => Some(Trouble::Busy),
            Self::Full(_) => Some(Trouble::Full),
            Self::ReadOnly(_) => Some(Trouble::ReadOnly),
            Self::Gone(_) => Some(Trouble::Gone),
            Self::Undone
            | Self::Conflict(_)
            | Self::Duplicate(_)
            | Self::Missing(_)
            | Self::Guard { .. }
            | Self::Shape { .. }
            | Self::Schema(_)
            | Self::Address(_)
            | Self::Other(_) => None,
        }
    }
}

/// What is wrong with a database as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It does not answer.
    Unreachable,
    /// It answers too slowly.
    Busy,
    /// It has no space left.
    Full,
    /// It takes no changes.
    ReadOnly,
    /// Its file is gone.
    Gone,
}

impl Trouble {
    /// The word for programs and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "database-unreachable",
            Self::Busy => "database-busy",
            Self::Full => "database-full",
            Self::ReadOnly => "database-read-only",
            Self::Gone => "database-gone",
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = match &error {
            sqlx::Error::Database(database) => database.code().map(|code| code.into_owned()),
            sqlx::Error::PoolTimedOut => return Self::Busy(error),
            sqlx::Error::Tls(_) => return Self::Unproved(error),
            // What rustls finds wrong arrives so.
            sqlx::Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => {
                return Self::Unproved(error);
            }
            sqlx::Error::Io(_)
            | sqlx::Error::PoolClosed
            // A server that ends in the middle of a message.
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed => {
                return Self::Unreachable(error);
            }
            _ => None,
        };
        if let sqlx::Error::Database(database) = &error {
            if database.is_unique_violation() {
                return Self::Duplicate(error);
            }
            if database.is_foreign_key_violation() {
                return Self::Missing(error);
            }
        }
        let Some(code) = code else { return Self::Other(error) };
        // SQLite gives numbers of one to four digits, PostgreSQL five characters.
        match code.parse::<u16>() {
            Ok(number) if code.len() < 5 => of_sqlite(number, error),
            Ok(_) | Err(_) => of_postgres(&code, error),
        }
    }
}

/// SQLite's result codes, <https://www.sqlite.org/rescode.html>: the low byte is
/// the kind.
fn of_sqlite(code: u16, error: sqlx::Error) -> StoreError {
    /// The index of the write-ahead log could not grow.
    const IOERR_SHMSIZE: u16 = 4_874;
    match (code, code & 0xff) {
        (IOERR_SHMSIZE, _) | (_, 13) => StoreError::Full(error),
        (_, 5 | 6) => StoreError::Conflict(error),
        (_, 8) => StoreError::ReadOnly(error),
        // The file system failed; damaged; cannot be opened; no database.
        (_, 10 | 11 | 14 | 26) => StoreError::Unreachable(error),
        _ => StoreError::Other(error),
    }
}

/// PostgreSQL's SQLSTATE, appendix A of its manual.
fn of_postgres(code: &str, error: sqlx::Error) -> StoreError {
    match code {
        "53100" => StoreError::Full(error),
        "40001" | "40P01" | "55P03" => StoreError::Conflict(error),
        "53200" | "53300" | "53400" => StoreError::Busy(error),
        "25006" => StoreError::ReadOnly(error),
        // Stopped by its operator; no such database.
        "57014" | "3D000" => StoreError::Unreachable(error),
        // The connection; who we are; its end; its own files.
        _ if ["08", "28", "57P", "58"].iter().any(|class| code.starts_with(class)) => {
            StoreError::Unreachable(error)
        }
        _ => StoreError::Other(error),
    }
}
