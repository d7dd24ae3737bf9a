//! For tests only: a store of each kind, with a clock that moves when told and
//! randomness that repeats.

mod network;
mod postgres;

use std::sync::Arc;

use base::{BodyId, ManualClock, Random, SeededRandom, Timestamp};
use store::{Address, Migration, Server, Settings, Store};
use tempfile::TempDir;

pub use network::{Network, own_address};
pub use postgres::database as postgres_database;

/// The moment at which a test's clock starts: 2026-04-01 09:00 in Japan.
pub const START: &str = "2026-04-01T00:00:00Z";

/// A store with its means.
pub struct Bench {
    /// `sqlite` or `postgres`, for messages.
    pub kind: &'static str,
    /// The store, migrated.
    pub store: Store,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Its randomness.
    pub random: Arc<SeededRandom>,
    folder: TempDir,
    url: Option<String>,
}

impl Bench {
    /// A new body's id; no row is made.
    #[must_use]
    pub fn body(&self) -> BodyId {
        BodyId::new(base::Clock::now(&*self.clock), &*self.random as &dyn Random)
    }

    /// Takes away what keeps a table's rows from being changed, as only the
    /// owner of the table can.
    ///
    /// # Panics
    /// If nothing kept them.
    pub async fn unlock(&self, table: &str) {
        let mut across = self.store.across("a test changes what is kept").await.expect("begun");
        let triggers: &[&str] = match self.kind {
            "sqlite" => &["kept_update", "kept_delete"],
            _ => &["kept_rows", "kept_whole"],
        };
        for name in triggers {
            let on = if self.kind == "sqlite" { String::new() } else { format!(" ON {table}") };
            let sql = format!("DROP TRIGGER {table}_{name}{on}");
            across.run(&sql, Vec::new()).await.expect("the trigger was there");
        }
        across.commit().await.expect("kept");
    }

    /// The same database as another account, which is made and may do nothing
    /// yet; nothing where the database knows no accounts.
    ///
    /// # Panics
    /// If the account cannot be made.
    pub async fn as_account(&self, account: &str) -> Option<Store> {
        let url = self.url.as_ref()?;
        postgres::make_account(url, account).await;
        let server = Server::new(postgres::as_user(url, account));
        let settings = Settings {
            address: Address::Postgres(server),
            clock: self.clock.clone(),
            random: self.random.clone(),
        };
        Some(Store::open(settings).await.expect("the store opens"))
    }

    /// A folder that goes with the bench.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

/// A folder that goes with the test.
///
/// # Panics
/// If it cannot be made.
#[must_use]
pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for the test")
}

/// Opens a store of each kind, empty but for the migrations. Says aloud where
/// PostgreSQL is missing and leaves it out.
///
/// # Panics
/// If a store cannot be opened or migrated.
pub async fn benches(migrations: &[Migration]) -> Vec<Bench> {
    let mut all = vec![sqlite(migrations).await];
    match postgres::database().await {
        Some(url) => {
            let address = Address::Postgres(Server::new(&url));
            let mut bench = bench("postgres", |_| address, migrations).await;
            bench.url = Some(url);
            all.push(bench);
        }
        None => eprintln!("skipped on PostgreSQL: it is not installed (Debian: postgresql)"),
    }
    all
}

/// Opens a SQLite store in a folder of its own.
///
/// # Panics
/// If it cannot be opened or migrated.
pub async fn sqlite(migrations: &[Migration]) -> Bench {
    bench("sqlite", |folder| Address::Sqlite(folder.join("sekisho.db")), migrations).await
}

async fn bench(
    kind: &'static str,
    address: impl FnOnce(&std::path::Path) -> Address,
    migrations: &[Migration],
) -> Bench {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let start = Timestamp::parse(START).expect("a valid time");
    let clock = Arc::new(ManualClock::at(start));
    let random = Arc::new(SeededRandom::new(7));
    let settings =
        Settings { address: address(folder.path()), clock: clock.clone(), random: random.clone() };
    let store = Store::open(settings).await.expect("the store opens");
    store.migrate(migrations).await.expect("the migrations run");
    Bench { kind, store, clock, random, folder, url: None }
}
