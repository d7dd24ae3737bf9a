//! What a store does when its database has no space, no rights, no file or no
//! server: it says which, keeps nothing of the work, and serves on afterwards.
#![allow(clippy::unwrap_used, clippy::panic)]

use store::{Migration, Store, StoreError, Trouble, args};
use testbed::{Bench, benches};

const STEPS: &[Migration] = &[Migration {
    name: "test-0001-notes",
    sql: "CREATE TABLE notes (
        body TEXT NOT NULL, id TEXT NOT NULL, raw {bytes}, PRIMARY KEY (body, id)) {strict};",
}];

const ADD: &str = "INSERT INTO notes (body, id, raw) VALUES ($1, $2, $3)";
const COUNT: &str = "SELECT COUNT(*) FROM notes WHERE body = $1";

async fn count(bench: &Bench, body: base::BodyId) -> i64 {
    let mut work = bench.store.read(body).await.unwrap();
    work.row(COUNT, args![]).await.unwrap().unwrap().take(0).unwrap()
}

async fn add(store: &Store, body: base::BodyId, id: &str) -> Result<(), StoreError> {
    let mut work = store.begin(body).await?;
    work.run(ADD, args![id, &b"x"[..]]).await?;
    work.commit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_database_undoes_the_work_and_serves_on_once_there_is_room() {
    let bench = testbed::sqlite(STEPS).await;
    let body = bench.body();
    add(&bench.store, body, "before").await.unwrap();
    let across = bench.store.across("a test limits the file").await.unwrap();
    let mut work = across.within(body).await.unwrap();
    work.run(ADD, args!["small", &b"x"[..]]).await.unwrap();
    // The connection's own limit: it is gone with the connection.
    work.rows("PRAGMA max_page_count = 1 -- body = $1", args![]).await.unwrap();
    let large = vec![7_u8; 1 << 20];
    let full = work.run(ADD, args!["large", large]).await;
    assert!(matches!(full, Err(StoreError::Full(_))), "{full:?}");
    // SQLite has rolled back by itself: this one would be kept alone.
    let after = work.run(ADD, args!["after", &b"x"[..]]).await;
    assert!(matches!(after, Err(StoreError::Undone)), "{after:?}");
    assert!(matches!(work.commit().await, Err(StoreError::Undone)));
    assert_eq!(bench.store.trouble(), Some(Trouble::Full));
    assert_eq!(count(&bench, body).await, 1, "what was there can be read");

    add(&bench.store, body, "later").await.unwrap();
    assert_eq!(bench.store.trouble(), None);
    assert_eq!(count(&bench, body).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_taken_away_is_told_and_none_is_made_in_its_place() {
    let bench = testbed::sqlite(STEPS).await;
    let body = bench.body();
    let (file, away) = (bench.folder().join("sekisho.db"), bench.folder().join("away.db"));
    let mut running = bench.store.begin(body).await.unwrap();
    running.run(ADD, args!["a", &b"x"[..]]).await.unwrap();
    std::fs::rename(&file, &away).unwrap();
    assert!(matches!(running.commit().await, Err(StoreError::Gone(_))));
    assert!(matches!(bench.store.read(body).await, Err(StoreError::Gone(_))));
    assert!(matches!(add(&bench.store, body, "b").await, Err(StoreError::Gone(_))));
    assert!(!file.exists());
    // Another file in its place is not it.
    std::fs::write(&file, b"").unwrap();
    assert!(matches!(add(&bench.store, body, "b").await, Err(StoreError::Gone(_))));
    std::fs::rename(&away, &file).unwrap();
    add(&bench.store, body, "c").await.unwrap();
    assert_eq!(count(&bench, body).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_is_told_and_the_next_work_has_another() {
    for bench in benches(STEPS).await.iter().filter(|bench| bench.kind == "postgres") {
        let body = bench.body();
        let mut work = bench.store.begin(body).await.unwrap();
        work.run(ADD, args!["a", &b"x"[..]]).await.unwrap();
        let cut = "SELECT CAST(pg_terminate_backend(pg_backend_pid()) AS INT) -- body = $1 $1";
        let cut = work.rows(&cut.replace("$1 $1", "$1"), args![]).await;
        assert!(cut.is_err(), "{cut:?}");
        assert!(work.commit().await.is_err());
        add(&bench.store, body, "b").await.unwrap();
        assert_eq!(count(bench, body).await, 1, "only what was committed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_changes_is_told_as_such() {
    for bench in benches(STEPS).await {
        let body = bench.body();
        let mut work = bench.store.read(body).await.unwrap();
        let refused = work.run(ADD, args!["a", &b"x"[..]]).await;
        assert!(matches!(refused, Err(StoreError::ReadOnly(_))), "{}: {refused:?}", bench.kind);
        assert_eq!(bench.store.trouble(), Some(Trouble::ReadOnly), "{}", bench.kind);
        add(&bench.store, body, "b").await.unwrap();
        assert_eq!(bench.store.trouble(), None, "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_new_until_it_was_migrated() {
    for bench in benches(&[]).await {
        assert!(!bench.store.is_new().await.unwrap(), "{}", bench.kind);
    }
    let folder = tempfile::tempdir().unwrap();
    let bench = testbed::sqlite(&[]).await;
    let settings = store::Settings {
        address: store::Address::Sqlite(folder.path().join("new.db")),
        clock: bench.clock.clone(),
        random: bench.random.clone(),
    };
    let store = Store::open(settings).await.unwrap();
    assert!(store.is_new().await.unwrap());
    store.migrate(STEPS).await.unwrap();
    assert!(!store.is_new().await.unwrap());
}

/// Locks that this process has on a file (proc(5), `/proc/locks`).
fn locks_on(file: &std::path::Path) -> usize {
    use std::os::unix::fs::MetadataExt;
    let inode = std::fs::metadata(file).unwrap().ino();
    let (own, ends) = (std::process::id().to_string(), format!(":{inode}"));
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let fields = locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    fields
        .filter(|line| line.contains(&"POSIX") && line.contains(&own.as_str()))
        .filter(|line| line.iter().any(|field| field.ends_with(&ends)))
        .count()
}

/// Another store of the same process that is closed must not take the locks of
/// the first with it: any program that then looks into the database would
/// delete the log under way, and with it everything that is committed later.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_store_that_closes_leaves_the_first_its_locks() {
    let bench = testbed::sqlite(STEPS).await;
    let body = bench.body();
    add(&bench.store, body, "before").await.unwrap();
    let file = bench.folder().join("sekisho.db");
    let held = locks_on(&file);
    assert!(held > 0, "SQLite holds its file");
    let second = Store::open(store::Settings {
        address: store::Address::Sqlite(file.clone()),
        clock: bench.clock.clone(),
        random: bench.random.clone(),
    })
    .await
    .unwrap();
    assert_eq!(second.trouble(), None);
    second.close().await;
    drop(second);
    add(&bench.store, body, "after").await.unwrap();
    assert!(locks_on(&file) > 0, "the first store's locks are gone");
}
