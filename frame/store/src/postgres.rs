//! PostgreSQL: read committed, one writer a body, and row-level security as a
//! second wall between bodies.

use std::time::Duration;

use sqlx::postgres::{PgArguments, PgPool, PgPoolOptions, PgRow, Postgres};
use sqlx::{Column, Row as _, Transaction, TypeInfo, ValueRef};

use crate::StoreError;
use crate::server::Server;
use crate::value::{Kind, Row, Value};

/// How long a unit of work waits for a connection, and so for a server that is
/// away: a person waits no longer for the page that says so.
const WAIT_MAX: Duration = Duration::from_secs(5);
const CONNECTIONS_MAX: u32 = 16;

/// What the setting `sekisho.body` holds where all bodies are seen.
pub(crate) const EVERY_BODY: &str = "*";

/// The pool of one database.
#[derive(Clone, Debug)]
pub(crate) struct PostgresStore {
    pub(crate) pool: PgPool,
}

impl PostgresStore {
    pub(crate) async fn open(server: &Server) -> Result<Self, StoreError> {
        let options = server.options()?.application_name("sekisho").options([("timezone", "UTC")]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(WAIT_MAX)
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    /// Begins a transaction that sees one body's rows and waits its turn among
    /// those that change them. Without turns, two that lock the same rows in
    /// another order would each wait for the other: whoever approves has the
    /// permit and wants the passage, whoever treats has the passage and wants the
    /// ledger.
    pub(crate) async fn begin_in_turn(
        &self,
        body: &str,
    ) -> Result<Transaction<'static, Postgres>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "SELECT set_config('sekisho.body', $1, true),
                 pg_advisory_xact_lock(hashtextextended($1, 0))",
        )
        .bind(body.to_owned())
        .execute(&mut *transaction)
        .await?;
        Ok(transaction)
    }

    /// Begins a transaction that sees one body's rows, or every body's, beside
    /// others.
    pub(crate) async fn begin(
        &self,
        body: &str,
    ) -> Result<Transaction<'static, Postgres>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("SELECT set_config('sekisho.body', $1, true)")
            .bind(body.to_owned())
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }

    /// As [`Self::begin`], one unchanging picture of the database, read only.
    pub(crate) async fn read(
        &self,
        body: &str,
    ) -> Result<Transaction<'static, Postgres>, StoreError> {
        let mut transaction =
            self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        sqlx::query("SELECT set_config('sekisho.body', $1, true)")
            .bind(body.to_owned())
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }
}

pub(crate) fn arguments(values: Vec<Value>) -> Result<PgArguments, StoreError> {
    use sqlx::Arguments;
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Null(Kind::Int) => arguments.add(Option::<i64>::None),
            Value::Null(Kind::Text) => arguments.add(Option::<String>::None),
            Value::Null(Kind::Bytes) => arguments.add(Option::<Vec<u8>>::None),
            Value::Int(number) => arguments.add(number),
            Value::Text(text) => arguments.add(text),
            Value::Bytes(bytes) => arguments.add(bytes),
        }
        .map_err(|error| StoreError::Other(sqlx::Error::Encode(error)))?;
    }
    Ok(arguments)
}

pub(crate) fn row(row: &PgRow) -> Result<Row, StoreError> {
    let mut values = Vec::with_capacity(row.columns().len());
    for column in row.columns() {
        let index = column.ordinal();
        let is_null = row.try_get_raw(index)?.is_null();
        values.push(match column.type_info().name() {
            _ if is_null => Value::Null(Kind::Text),
            "INT8" => Value::Int(row.try_get(index)?),
            "INT4" => Value::Int(i64::from(row.try_get::<i32, _>(index)?)),
            "BOOL" => Value::Int(i64::from(row.try_get::<bool, _>(index)?)),
            "TEXT" | "VARCHAR" | "NAME" => Value::Text(row.try_get(index)?),
            "BYTEA" => Value::Bytes(row.try_get(index)?),
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
