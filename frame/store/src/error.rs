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
            sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
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
        match code.as_deref() {
            // SQLite: result codes, https://www.sqlite.org/rescode.html.
            Some("13") => Self::Full(error),
            Some("5" | "261" | "517") => Self::Conflict(error),
            // 10 and its extensions: the file system failed; 14: cannot open; 26: no database.
            Some("10" | "266" | "778" | "1034" | "1290" | "1546" | "14" | "26") => {
                Self::Unreachable(error)
            }
            // PostgreSQL: SQLSTATE, appendix A of its manual.
            Some("53100") => Self::Full(error),
            Some("40001" | "40P01" | "55P03") => Self::Conflict(error),
            Some("53300") => Self::Busy(error),
            Some(code) if code.starts_with("08") || code.starts_with("57P") => {
                Self::Unreachable(error)
            }
            _ => Self::Other(error),
        }
    }
}
