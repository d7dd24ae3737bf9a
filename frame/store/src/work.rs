//! The unit of work: everything in it is kept together, or nothing.

use std::sync::{Arc, Mutex, PoisonError};

use base::{BodyId, Clock, Id, Random, Timestamp};
use sqlx::{AssertSqlSafe, Postgres, Sqlite, Transaction};

use crate::sqlite::Place;
use crate::value::{IntoValue, Row, Value};
use crate::{StoreError, Trouble, guard, postgres, sqlite};

/// Where a unit of work gets time and randomness.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) health: Arc<Health>,
}

/// What the last change met, where reading alone would not show it.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<Option<Trouble>>);

impl Health {
    /// What is wrong, as far as changes have shown.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, trouble: Trouble) {
        match trouble {
            Trouble::Full | Trouble::ReadOnly => self.set(Some(trouble)),
            // Whoever reads next sees these for themselves.
            Trouble::Unreachable | Trouble::Busy | Trouble::Gone => {}
        }
    }

    fn clear(&self) {
        self.set(None);
    }

    fn set(&self, trouble: Option<Trouble>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// One transaction of one body. Dropped without [`Work::commit`], it leaves
/// nothing behind.
pub struct Work {
    inner: Across,
    body: BodyId,
}

/// One transaction over all bodies, for what cannot know the body beforehand.
pub struct Across {
    transaction: Either,
    sources: Sources,
    now: Timestamp,
    /// The file, where the rows lie in one.
    place: Option<Arc<Place>>,
    /// The database may have undone everything so far.
    is_undone: bool,
    has_written: bool,
}

enum Either {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Work {
    pub(crate) const fn new(inner: Across, body: BodyId) -> Self {
        Self { inner, body }
    }

    /// The body whose rows this work sees.
    #[must_use]
    pub const fn body(&self) -> BodyId {
        self.body
    }

    /// The time of this work: the same from its beginning to its end.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.inner.now
    }

    /// Where the work gets randomness.
    #[must_use]
    pub fn random(&self) -> &dyn Random {
        &*self.inner.sources.random
    }

    /// Makes a new id.
    #[must_use]
    pub fn new_id<T>(&self) -> Id<T> {
        self.inner.new_id()
    }

    /// Runs a statement that answers rows. `$1` is this work's body and stands
    /// in the statement; the arguments follow as `$2`, `$3` …
    ///
    /// # Errors
    /// As the database says; [`StoreError::Guard`] if the body is not named.
    pub async fn rows(&mut self, sql: &str, arguments: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        guard::check(sql)?;
        let arguments = self.with_body(arguments);
        self.inner.rows(sql, arguments).await
    }

    /// Runs a statement that answers at most one row.
    ///
    /// # Errors
    /// As [`Work::rows`].
    pub async fn row(
        &mut self,
        sql: &str,
        arguments: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, arguments).await?.into_iter().next())
    }

    /// Runs a statement that changes rows, and says how many.
    ///
    /// # Errors
    /// As [`Work::rows`].
    pub async fn run(&mut self, sql: &str, arguments: Vec<Value>) -> Result<u64, StoreError> {
        guard::check(sql)?;
        let arguments = self.with_body(arguments);
        self.inner.run(sql, arguments).await
    }

    fn with_body(&self, arguments: Vec<Value>) -> Vec<Value> {
        let mut all = Vec::with_capacity(arguments.len() + 1);
        all.push(self.body.into_value());
        all.extend(arguments);
        all
    }

    /// Keeps everything.
    ///
    /// # Errors
    /// If the database could not; then nothing was kept.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.inner.commit().await
    }
}

impl Across {
    pub(crate) fn sqlite(
        transaction: Transaction<'static, Sqlite>,
        place: &Arc<Place>,
        sources: Sources,
    ) -> Self {
        Self { place: Some(place.clone()), ..Self::of(Either::Sqlite(transaction), sources) }
    }

    pub(crate) fn postgres(transaction: Transaction<'static, Postgres>, sources: Sources) -> Self {
        Self::of(Either::Postgres(transaction), sources)
    }

    fn of(transaction: Either, sources: Sources) -> Self {
        let now = sources.clock.now();
        Self { transaction, sources, now, place: None, is_undone: false, has_written: false }
    }

    /// The time of this work.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Where the work gets randomness.
    #[must_use]
    pub fn random(&self) -> &dyn Random {
        &*self.sources.random
    }

    /// Makes a new id.
    #[must_use]
    pub fn new_id<T>(&self) -> Id<T> {
        Id::new(self.now, &*self.sources.random)
    }

    /// Goes on in the same transaction as the work of one body.
    ///
    /// # Errors
    /// As the database says.
    pub async fn within(mut self, body: BodyId) -> Result<Work, StoreError> {
        if let Either::Postgres(transaction) = &mut self.transaction {
            sqlx::query("SELECT set_config('sekisho.body', $1, true)")
                .bind(body.to_string())
                .execute(&mut **transaction)
                .await?;
        }
        Ok(Work { inner: self, body })
    }

    /// Runs a statement that answers rows, with arguments `$1`, `$2` …
    ///
    /// # Errors
    /// As the database says.
    pub async fn rows(&mut self, sql: &str, arguments: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.check()?;
        let done = self.try_rows(sql, arguments).await;
        self.noted(done)
    }

    async fn try_rows(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let text = AssertSqlSafe(self.dialect(sql));
        match &mut self.transaction {
            Either::Sqlite(transaction) => {
                let arguments = sqlite::arguments(values)?;
                let rows = sqlx::query_with(text, arguments).fetch_all(&mut **transaction).await?;
                rows.iter().map(sqlite::row).collect()
            }
            Either::Postgres(transaction) => {
                let arguments = postgres::arguments(values)?;
                let rows = sqlx::query_with(text, arguments).fetch_all(&mut **transaction).await?;
                rows.iter().map(postgres::row).collect()
            }
        }
    }

    /// Runs a statement that answers at most one row.
    ///
    /// # Errors
    /// As [`Across::rows`].
    pub async fn row(
        &mut self,
        sql: &str,
        arguments: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, arguments).await?.into_iter().next())
    }

    /// Runs a statement that changes rows, and says how many.
    ///
    /// # Errors
    /// As [`Across::rows`].
    pub async fn run(&mut self, sql: &str, arguments: Vec<Value>) -> Result<u64, StoreError> {
        self.check()?;
        let done = self.try_run(sql, arguments).await;
        self.has_written |= done.as_ref().is_ok_and(|count| *count > 0);
        self.noted(done)
    }

    async fn try_run(&mut self, sql: &str, values: Vec<Value>) -> Result<u64, StoreError> {
        let text = AssertSqlSafe(self.dialect(sql));
        match &mut self.transaction {
            Either::Sqlite(transaction) => {
                let arguments = sqlite::arguments(values)?;
                let done = sqlx::query_with(text, arguments).execute(&mut **transaction).await?;
                Ok(done.rows_affected())
            }
            Either::Postgres(transaction) => {
                let arguments = postgres::arguments(values)?;
                let done = sqlx::query_with(text, arguments).execute(&mut **transaction).await?;
                Ok(done.rows_affected())
            }
        }
    }

    /// A database that is in trouble may have rolled back by itself. What came
    /// afterwards would be kept without what came before.
    const fn check(&self) -> Result<(), StoreError> {
        if self.is_undone { Err(StoreError::Undone) } else { Ok(()) }
    }

    fn noted<T>(&mut self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Some(trouble) = done.as_ref().err().and_then(StoreError::trouble) {
            self.is_undone = true;
            self.sources.health.note(trouble);
        }
        done
    }

    /// Runs several statements without arguments, as a migration does.
    pub(crate) async fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        let text = AssertSqlSafe(self.dialect(sql));
        match &mut self.transaction {
            Either::Sqlite(transaction) => {
                sqlx::raw_sql(text).execute(&mut **transaction).await?.rows_affected()
            }
            Either::Postgres(transaction) => {
                sqlx::raw_sql(text).execute(&mut **transaction).await?.rows_affected()
            }
        };
        Ok(())
    }

    /// Writes the few words in which the two databases differ: `{lock}` after
    /// a `SELECT` whose rows the same work will change; `{by INDEX}` after a
    /// table's name where a database without statistics would walk along another;
    /// in migrations `{int}`,
    /// `{bytes}`, after a table `{strict}`, and `{kept TABLE}`.
    fn dialect(&self, sql: &str) -> String {
        if !sql.contains('{') {
            return sql.to_owned();
        }
        let [lock, int, bytes, strict] = match &self.transaction {
            // One writer: the whole database is locked already.
            Either::Sqlite(_) => ["", "INTEGER", "BLOB", "STRICT"],
            Either::Postgres(_) => ["FOR UPDATE", "BIGINT", "BYTEA", ""],
        };
        let sql = sql
            .replace("{lock}", lock)
            .replace("{int}", int)
            .replace("{bytes}", bytes)
            .replace("{strict}", strict);
        let sql = by_index(&sql, self.is_postgres());
        if !sql.contains("{kept ") {
            return sql;
        }
        let kept = if self.is_postgres() { KEPT_POSTGRES } else { KEPT_SQLITE };
        let written = sql.lines().map(|line| match kept_table(line) {
            Some(table) => kept.replace("TABLE", table),
            None => line.to_owned(),
        });
        written.collect::<Vec<_>>().join("\n")
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self.transaction, Either::Postgres(_))
    }

    /// Keeps everything.
    ///
    /// # Errors
    /// If the database could not; then nothing was kept.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.check()?;
        let health = self.sources.health.clone();
        let has_written = self.has_written;
        let done = self.try_commit().await;
        match done.as_ref().map_err(StoreError::trouble) {
            Ok(()) if has_written => health.clear(),
            Ok(()) | Err(None) => {}
            Err(Some(trouble)) => health.note(trouble),
        }
        done
    }

    async fn try_commit(self) -> Result<(), StoreError> {
        if let Some(place) = &self.place {
            place.check()?;
        }
        match self.transaction {
            Either::Sqlite(transaction) => transaction.commit().await?,
            Either::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}

/// Names the index to SQLite, which keeps no statistics and refuses a statement
/// whose index does not fit; PostgreSQL counts its rows and chooses itself.
fn by_index(sql: &str, is_postgres: bool) -> String {
    let (mut written, mut rest) = (String::with_capacity(sql.len()), sql);
    while let Some((before, tail)) = rest.split_once("{by ") {
        let (index, after) = tail.split_once('}').unwrap_or((tail, ""));
        written.push_str(before);
        if !is_postgres {
            written.push_str("INDEXED BY ");
            written.push_str(index);
        }
        rest = after;
    }
    written + rest
}

/// The table of a line `{kept TABLE}`.
fn kept_table(line: &str) -> Option<&str> {
    line.trim().strip_prefix("{kept ")?.strip_suffix('}')
}

const KEPT_SQLITE: &str = "
CREATE TRIGGER TABLE_kept_update BEFORE UPDATE ON TABLE
BEGIN SELECT RAISE(ABORT, 'rows of TABLE are kept as they are'); END;
CREATE TRIGGER TABLE_kept_delete BEFORE DELETE ON TABLE
BEGIN SELECT RAISE(ABORT, 'rows of TABLE are kept'); END;";

/// Truncating is a statement without rows.
const KEPT_POSTGRES: &str = "
CREATE OR REPLACE FUNCTION rows_are_kept() RETURNS trigger LANGUAGE plpgsql AS
$kept$ BEGIN RAISE EXCEPTION 'rows of % are kept as they are', TG_TABLE_NAME; END $kept$;
CREATE TRIGGER TABLE_kept_rows BEFORE UPDATE OR DELETE ON TABLE
FOR EACH ROW EXECUTE FUNCTION rows_are_kept();
CREATE TRIGGER TABLE_kept_whole BEFORE TRUNCATE ON TABLE
FOR EACH STATEMENT EXECUTE FUNCTION rows_are_kept();";
