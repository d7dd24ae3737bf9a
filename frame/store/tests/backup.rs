//! What a backup promises, between each pair of databases.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::{BodyId, SystemRandom};
use store::backup::{self, BackupError, Onto, Place};
use store::{Blobs, Migration, Store, StoreError, args};
use testbed::{Bench, benches};

/// `children` sorts before its parents, and refers to itself.
const STEPS: &[Migration] = &[
    Migration {
        name: "test-0001-parents",
        sql: "CREATE TABLE parents (body TEXT NOT NULL, id TEXT NOT NULL, amount {int} NOT NULL,
            PRIMARY KEY (body, id)) {strict};
        CREATE TABLE children (body TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL,
            elder TEXT, text TEXT, number {int}, raw {bytes}, PRIMARY KEY (body, id),
            FOREIGN KEY (body, parent) REFERENCES parents (body, id),
            FOREIGN KEY (body, elder) REFERENCES children (body, id)) {strict};
        CREATE TABLE kinds (name TEXT PRIMARY KEY) {strict};
        INSERT INTO kinds (name) VALUES ('given');",
    },
    Migration {
        name: "test-0002-more",
        sql: "ALTER TABLE parents ADD COLUMN more {int} NOT NULL DEFAULT 7;",
    },
];

const PARENT: &str = "INSERT INTO parents (body, id, amount) VALUES ($1, $2, $3)";
const CHILD: &str = "INSERT INTO children (body, id, parent, elder, text, number, raw)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const CHILDREN: &str = "SELECT id, parent, elder, text, number, raw FROM children
    WHERE body = $1 ORDER BY id";
const SUM: &str = "SELECT CAST(SUM(amount) AS {int}) FROM parents WHERE body = $1";

async fn blobs(folder: &Path) -> Blobs {
    Blobs::disk(&folder.join("blobs"), Arc::new(SystemRandom)).await.unwrap()
}

fn place<'a>(bench: &'a Bench, blobs: &'a Blobs) -> Place<'a> {
    let folder = bench.folder().to_owned();
    Place { store: &bench.store, blobs, folder, files: vec!["keys/seal.key".to_owned()] }
}

/// Two bodies; more children than one statement takes; an elder that sorts
/// after its younger.
async fn fill(bench: &Bench, blobs: &Blobs) -> Vec<BodyId> {
    std::fs::create_dir_all(bench.folder().join("keys")).unwrap();
    std::fs::write(bench.folder().join("keys/seal.key"), b"key").unwrap();
    let bodies = vec![bench.body(), bench.body()];
    for &body in &bodies {
        let mut work = bench.store.begin(body).await.unwrap();
        work.run(PARENT, args!["p", 1_000_i64]).await.unwrap();
        work.run(CHILD, args!["z", "p", None::<&str>, "最年長\n\"", i64::MIN, &b"\0\xff"[..]])
            .await
            .unwrap();
        for number in 0..1_234_i64 {
            let id = format!("c{number:05}");
            let values = args![id, "p", "z", None::<&str>, number, None::<&[u8]>];
            work.run(CHILD, values).await.unwrap();
        }
        work.commit().await.unwrap();
        for blob in [&b""[..], b"attachment", &[7; 100_000]] {
            blobs.put(body, &mut &*blob, 1 << 20).await.unwrap();
        }
    }
    bodies
}

async fn children(store: &Store, body: BodyId) -> Vec<String> {
    let mut work = store.read(body).await.unwrap();
    let rows = work.rows(CHILDREN, args![]).await.unwrap();
    rows.iter().map(|row| format!("{row:?}")).collect()
}

async fn count(store: &Store, table: &str) -> i64 {
    let mut across = store.read_across("a test counts").await.unwrap();
    let sql = format!("SELECT COUNT(*) FROM {table}");
    across.row(&sql, args![]).await.unwrap().unwrap().take(0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_back_into_either_database() {
    for from in benches(STEPS).await {
        let kept = blobs(from.folder()).await;
        let bodies = fill(&from, &kept).await;
        let file = from.folder().join("backup.tar");
        let written = backup::write(&place(&from, &kept), &file).await.unwrap();
        assert_eq!(written.database, from.kind);
        let names: Vec<_> = written.tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["kinds", "parents", "children"]);
        for to in benches(&[]).await {
            let pair = format!("{} to {}", from.kind, to.kind);
            let new = blobs(to.folder()).await;
            let read = backup::restore(&place(&to, &new), STEPS, &file, Onto::Empty).await;
            assert_eq!(read.unwrap(), written, "{pair}");
            for &body in &bodies {
                let wanted = children(&from.store, body).await;
                assert_eq!(children(&to.store, body).await, wanted, "{pair}");
                for first in 0..=255 {
                    let wanted = kept.list(body, first).await.unwrap();
                    assert_eq!(new.list(body, first).await.unwrap(), wanted, "{pair}");
                }
            }
            assert_eq!(count(&to.store, "kinds").await, 1, "{pair}");
            assert_eq!(std::fs::read(to.folder().join("keys/seal.key")).unwrap(), b"key");
            assert_eq!(to.store.migrate(STEPS).await.unwrap(), Vec::<&str>::new(), "{pair}");
            references_and_walls_stand(&to, &bodies).await;
        }
    }
}

async fn references_and_walls_stand(to: &Bench, bodies: &[BodyId]) {
    let mut work = to.store.begin(bodies[0]).await.unwrap();
    let orphan = args!["new", "nobody", None::<&str>, None::<&str>, 1_i64, None::<&[u8]>];
    let refused = work.run(CHILD, orphan).await;
    assert!(matches!(refused, Err(StoreError::Missing(_))), "{}: {refused:?}", to.kind);
    drop(work);
    if to.kind == "postgres" {
        let mut work = to.store.read(bodies[0]).await.unwrap();
        let cheat = "SELECT COUNT(*) FROM parents WHERE body = $1 OR true";
        let mut row = work.row(cheat, args![]).await.unwrap().unwrap();
        assert_eq!(row.take::<i64>(0).unwrap(), 1);
    }
}

/// Moves one between two rows, until told to stop.
async fn keep_moving(store: Store, body: BodyId, is_over: Arc<AtomicBool>) -> u64 {
    let take = "UPDATE parents SET amount = amount + $3 WHERE body = $1 AND id = $2";
    let mut moves = 0;
    while !is_over.load(Ordering::SeqCst) {
        let mut work = store.begin(body).await.unwrap();
        work.run(take, args!["p", -1_i64]).await.unwrap();
        work.run(take, args!["q", 1_i64]).await.unwrap();
        work.commit().await.unwrap();
        moves += 1;
    }
    moves
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_beside_writers_shows_one_moment() {
    for from in benches(STEPS).await {
        let kept = blobs(from.folder()).await;
        let body = fill(&from, &kept).await[0];
        let mut work = from.store.begin(body).await.unwrap();
        work.run(PARENT, args!["q", 0_i64]).await.unwrap();
        work.commit().await.unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let writer = tokio::spawn(keep_moving(from.store.clone(), body, is_over.clone()));
        for round in 0..5 {
            let file = from.folder().join(format!("{round}.tar"));
            backup::write(&place(&from, &kept), &file).await.unwrap();
            let to = testbed::sqlite(&[]).await;
            let new = blobs(to.folder()).await;
            backup::restore(&place(&to, &new), STEPS, &file, Onto::Empty).await.unwrap();
            let mut work = to.store.read(body).await.unwrap();
            let mut row = work.row(SUM, args![]).await.unwrap().unwrap();
            assert_eq!(row.take::<i64>(0).unwrap(), 1_000, "{}", from.kind);
        }
        is_over.store(true, Ordering::SeqCst);
        assert!(writer.await.unwrap() > 0, "{}: nothing was written meanwhile", from.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_refused_before_anything_is_restored() {
    let from = testbed::sqlite(STEPS).await;
    let kept = blobs(from.folder()).await;
    fill(&from, &kept).await;
    let file = from.folder().join("backup.tar");
    backup::write(&place(&from, &kept), &file).await.unwrap();
    let good = std::fs::read(&file).unwrap();
    let to = testbed::sqlite(&[]).await;
    let new = blobs(to.folder()).await;
    // Zeros at the end of a member or of the archive carry nothing.
    let places = (0..good.len()).step_by(good.len() / 97).filter(|&place| good[place] != 0);
    let mut tried = 0;
    for place_of_bit in places {
        let mut bad = good.clone();
        bad[place_of_bit] ^= 1;
        std::fs::write(&file, &bad).unwrap();
        let read = backup::restore(&place(&to, &new), STEPS, &file, Onto::Empty).await;
        let is_refused = matches!(read, Err(BackupError::Damaged { .. } | BackupError::Format(_)));
        assert!(is_refused, "byte {place_of_bit}: {read:?}");
        tried += 1;
    }
    assert!(tried > 50, "{tried}");
    for length in [0, 511, 512, good.len() / 2, good.len() - 5_000] {
        std::fs::write(&file, &good[..length]).unwrap();
        let read = backup::restore(&place(&to, &new), STEPS, &file, Onto::Empty).await;
        assert!(matches!(read, Err(BackupError::Format(_))), "{length} bytes: {read:?}");
    }
    assert!(matches!(backup::verify(&file).await, Err(BackupError::Format(_))));
    let across = to
        .store
        .read_across("a test looks")
        .await
        .unwrap()
        .rows("SELECT 1 FROM parents", args![])
        .await;
    assert!(across.is_err(), "a table was made");
    assert!(!to.folder().join("keys/seal.key").exists());
    assert_eq!(new.bodies().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_in_use_is_left_alone_unless_told() {
    for to in benches(STEPS).await {
        let from = testbed::sqlite(STEPS).await;
        let (kept, new) = (blobs(from.folder()).await, blobs(to.folder()).await);
        let bodies = fill(&from, &kept).await;
        let file = from.folder().join("backup.tar");
        backup::write(&place(&from, &kept), &file).await.unwrap();
        let before = fill(&to, &new).await;
        let read = backup::restore(&place(&to, &new), STEPS, &file, Onto::Empty).await;
        assert!(matches!(read, Err(BackupError::NotEmpty(_))), "{}: {read:?}", to.kind);
        assert_eq!(children(&to.store, before[0]).await.len(), 1_235, "{}", to.kind);
        backup::restore(&place(&to, &new), STEPS, &file, Onto::Replace).await.unwrap();
        assert_eq!(children(&to.store, bodies[1]).await.len(), 1_235, "{}", to.kind);
        assert_eq!(count(&to.store, "parents").await, 2, "{}", to.kind);
        references_and_walls_stand(&to, &bodies).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_backup_is_brought_up_to_the_program_and_a_newer_one_refused() {
    for to in benches(&[]).await {
        let from = testbed::sqlite(&STEPS[..1]).await;
        let (kept, new) = (blobs(from.folder()).await, blobs(to.folder()).await);
        fill(&from, &kept).await;
        let file = from.folder().join("backup.tar");
        backup::write(&place(&from, &kept), &file).await.unwrap();
        backup::restore(&place(&to, &new), STEPS, &file, Onto::Empty).await.unwrap();
        assert_eq!(count(&to.store, "parents WHERE more = 7").await, 2, "{}", to.kind);
        let read = backup::restore(&place(&to, &new), &STEPS[1..], &file, Onto::Replace).await;
        assert!(matches!(read, Err(BackupError::Unknown(name)) if name == "test-0001-parents"));
        assert_eq!(count(&to.store, "children").await, 2_470, "{}", to.kind);
    }
}
