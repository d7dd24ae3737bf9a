//! Opens the database that the address names.

use std::path::PathBuf;
use std::sync::Arc;

use base::{BodyId, Clock, Random};
use sqlx::{Sqlite, Transaction};

use crate::migrate::{self, Migration};
use crate::postgres::{EVERY_BODY, PostgresStore};
use crate::server::Server;
use crate::sqlite::SqliteStore;
use crate::work::{Across, Sources, Work};
use crate::{StoreError, Trouble};

/// Where the rows lie.
#[derive(Clone)]
pub enum Address {
    /// A file of SQLite, made if it is not there.
    Sqlite(PathBuf),
    /// A server of PostgreSQL.
    Postgres(Server),
}

/// What a store is opened with.
pub struct Settings {
    /// Where the rows lie.
    pub address: Address,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub random: Arc<dyn Random>,
}

/// The open database; clones share it.
#[derive(Clone)]
pub struct Store {
    database: Database,
    sources: Sources,
}

#[derive(Clone)]
enum Database {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl Address {
    /// Reads `postgres://…`, `sqlite:FILE` or a path.
    ///
    /// # Errors
    /// If another kind of database is named.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(Server::new(text)));
        }
        match (text.strip_prefix("sqlite:"), text.split_once("://")) {
            (Some(file), _) => Ok(Self::Sqlite(file.trim_start_matches("//").into())),
            (None, Some((kind, _))) => Err(StoreError::Address(format!("{kind} is not known"))),
            (None, None) => Ok(Self::Sqlite(text.into())),
        }
    }
}

impl Store {
    /// Opens the database; [`Store::migrate`] makes it fit.
    ///
    /// # Errors
    /// If it cannot be reached.
    pub async fn open(settings: Settings) -> Result<Self, StoreError> {
        let database = match &settings.address {
            Address::Sqlite(file) => Database::Sqlite(SqliteStore::open(file).await?),
            Address::Postgres(server) => Database::Postgres(PostgresStore::open(server).await?),
        };
        let Settings { clock, random, .. } = settings;
        let sources = Sources { clock, random, health: Arc::default() };
        Ok(Self { database, sources })
    }

    /// Runs the migrations that have not run yet, all or none; returns their
    /// names.
    ///
    /// # Errors
    /// If the database holds migrations that the list does not, or an edited
    /// one.
    pub async fn migrate(&self, steps: &[Migration]) -> Result<Vec<&'static str>, StoreError> {
        migrate::run(self.across("run the migrations").await?, steps).await
    }

    /// Lets another account of the same PostgreSQL read and write rows, and no
    /// more: it makes no table, and of rows that are kept it only adds some.
    /// The account that made the tables calls this. SQLite knows no accounts.
    ///
    /// # Errors
    /// If there is no such account, or the tables are another's.
    pub async fn let_in(&self, account: &str) -> Result<(), StoreError> {
        let mut across = self.across("an account is let in to all tables").await?;
        if across.is_postgres() {
            migrate::let_in(&mut across, account).await?;
        }
        across.commit().await
    }

    /// Begins a unit of work of one body. Those of a body come one after the
    /// other, on either kind of database.
    ///
    /// # Errors
    /// If the database cannot be reached or is too busy.
    pub async fn begin(&self, body: BodyId) -> Result<Work, StoreError> {
        let across = match &self.database {
            Database::Sqlite(store) => self.sqlite(store, store.begin().await)?,
            Database::Postgres(store) => {
                let transaction = store.begin_in_turn(&body.to_string()).await?;
                Across::postgres(transaction, self.sources.clone())
            }
        };
        Ok(Work::new(across, body))
    }

    /// As [`Store::begin`], without waiting for longer work of the same body
    /// where the database allows that: for a change of one row that no entry of
    /// the ledger goes with.
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub async fn begin_beside(&self, body: BodyId) -> Result<Work, StoreError> {
        let across = match &self.database {
            Database::Sqlite(store) => self.sqlite(store, store.begin().await)?,
            Database::Postgres(store) => {
                Across::postgres(store.begin(&body.to_string()).await?, self.sources.clone())
            }
        };
        Ok(Work::new(across, body))
    }

    /// Begins reading one body's rows: one unchanging picture, beside writers.
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub async fn read(&self, body: BodyId) -> Result<Work, StoreError> {
        let across = match &self.database {
            Database::Sqlite(store) => self.sqlite(store, store.read().await)?,
            Database::Postgres(store) => {
                Across::postgres(store.read(&body.to_string()).await?, self.sources.clone())
            }
        };
        Ok(Work::new(across, body))
    }

    /// Begins a unit of work over all bodies; `why` is for the reader of the
    /// code and the trace.
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub async fn across(&self, why: &'static str) -> Result<Across, StoreError> {
        tracing::trace!(why, "work over all bodies");
        Ok(match &self.database {
            Database::Sqlite(store) => self.sqlite(store, store.begin().await)?,
            Database::Postgres(store) => {
                Across::postgres(store.begin(EVERY_BODY).await?, self.sources.clone())
            }
        })
    }

    /// Begins reading over all bodies: one unchanging picture, beside writers.
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub async fn read_across(&self, why: &'static str) -> Result<Across, StoreError> {
        tracing::trace!(why, "reading over all bodies");
        Ok(match &self.database {
            Database::Sqlite(store) => self.sqlite(store, store.read().await)?,
            Database::Postgres(store) => {
                Across::postgres(store.read(EVERY_BODY).await?, self.sources.clone())
            }
        })
    }

    fn sqlite(
        &self,
        store: &SqliteStore,
        begun: Result<Transaction<'static, Sqlite>, StoreError>,
    ) -> Result<Across, StoreError> {
        match begun {
            Ok(transaction) => Ok(Across::sqlite(transaction, &store.place, self.sources.clone())),
            Err(error) => {
                if let Some(trouble) = error.trouble() {
                    self.sources.health.note(trouble);
                }
                Err(error)
            }
        }
    }

    /// What the latest change met, if it was not kept for want of space or
    /// rights: reading goes on then, changing does not.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.sources.health.trouble()
    }

    /// True where no migration has run: nobody has used this database yet.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn is_new(&self) -> Result<bool, StoreError> {
        let mut across = self.read_across("see whether anybody has been here").await?;
        Ok(!migrate::has_begun(&mut across).await?)
    }

    /// The clock that the store was opened with.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.sources.clock
    }

    /// The randomness that the store was opened with.
    #[must_use]
    pub fn random(&self) -> &Arc<dyn Random> {
        &self.sources.random
    }

    /// Finishes what runs and closes all connections.
    pub async fn close(&self) {
        match &self.database {
            Database::Sqlite(store) => store.close().await,
            Database::Postgres(store) => store.pool.close().await,
        }
    }
}
