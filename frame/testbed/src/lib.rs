//! For tests only: a store of each kind, with a clock that moves when told and
//! randomness that repeats.

mod postgres;

use std::sync::Arc;

use base::{BodyId, ManualClock, Random, SeededRandom, Timestamp};
use store::{Address, Migration, Settings, Store};
use tempfile::TempDir;

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
}

impl Bench {
    /// A new body's id; no row is made.
    #[must_use]
    pub fn body(&self) -> BodyId {
        BodyId::new(base::Clock::now(&*self.clock), &*self.random as &dyn Random)
    }

    /// A folder that goes with the bench.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

/// Opens a store of each kind, empty but for the migrations. Says aloud where
/// PostgreSQL is missing and leaves it out.
///
/// # Panics
/// If a store cannot be opened or migrated.
pub async fn benches(migrations: &[Migration]) -> Vec<Bench> {
    let mut all = vec![sqlite(migrations).await];
    match postgres::database().await {
        Some(url) => all.push(bench("postgres", |_| Address::Postgres(url), migrations).await),
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
    Bench { kind, store, clock, random, folder }
}
