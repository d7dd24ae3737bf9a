//! What a store promises, on each kind of database.
#![allow(clippy::unwrap_used, clippy::panic)]

use store::{Migration, StoreError, args};
use testbed::benches;

const STEPS: &[Migration] = &[Migration {
    name: "test-0001-notes",
    sql: "CREATE TABLE notes (
        body TEXT NOT NULL, id TEXT NOT NULL, text TEXT, number {int}, raw {bytes},
        PRIMARY KEY (body, id)) {strict};",
}];

const ADD: &str = "INSERT INTO notes (body, id, text, number, raw) VALUES ($1, $2, $3, $4, $5)";
const COUNT: &str = "SELECT COUNT(*) FROM notes WHERE body = $1";

#[tokio::test(flavor = "multi_thread")]
async fn values_come_back_as_they_went_in() {
    for bench in benches(STEPS).await {
        let mut work = bench.store.begin(bench.body()).await.unwrap();
        let text = "𠮷野家の申請書\0を除く".replace('\0', "");
        let given = args!["a", &text, i64::MAX, &b"\x00\xff"[..]];
        work.run(ADD, given).await.unwrap();
        work.run(ADD, args!["b", None::<&str>, None::<i64>, None::<&[u8]>]).await.unwrap();
        let mut rows = work
            .rows("SELECT text, number, raw FROM notes WHERE body = $1 ORDER BY id", args![])
            .await
            .unwrap();
        assert_eq!(rows[0].take::<String>(0).unwrap(), text, "{}", bench.kind);
        assert_eq!(rows[0].take::<i64>(1).unwrap(), i64::MAX);
        assert_eq!(rows[0].take::<Vec<u8>>(2).unwrap(), b"\x00\xff");
        assert_eq!(rows[1].take::<Option<String>>(0).unwrap(), None);
        assert_eq!(rows[1].take::<Option<i64>>(1).unwrap(), None);
        assert_eq!(rows[1].take::<Option<Vec<u8>>>(2).unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_work_leaves_nothing() {
    for bench in benches(STEPS).await {
        let body = bench.body();
        let mut work = bench.store.begin(body).await.unwrap();
        work.run(ADD, args!["a", "x", 1_i64, None::<&[u8]>]).await.unwrap();
        drop(work);
        let mut work = bench.store.read(body).await.unwrap();
        let mut row = work.row(COUNT, args![]).await.unwrap().unwrap();
        assert_eq!(row.take::<i64>(0).unwrap(), 0, "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_body_does_not_see_the_rows_of_another() {
    for bench in benches(STEPS).await {
        let (mine, theirs) = (bench.body(), bench.body());
        let mut work = bench.store.begin(mine).await.unwrap();
        work.run(ADD, args!["a", "x", 1_i64, None::<&[u8]>]).await.unwrap();
        work.commit().await.unwrap();
        let mut work = bench.store.read(theirs).await.unwrap();
        let mut row = work.row(COUNT, args![]).await.unwrap().unwrap();
        assert_eq!(row.take::<i64>(0).unwrap(), 0, "{}", bench.kind);
        let forgot = work.rows("SELECT id FROM notes", args![]).await;
        assert!(matches!(forgot, Err(StoreError::Guard { .. })), "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_hides_other_bodies_even_from_a_statement_that_cheats() {
    for bench in benches(STEPS).await.into_iter().filter(|bench| bench.kind == "postgres") {
        let (mine, theirs) = (bench.body(), bench.body());
        let mut work = bench.store.begin(mine).await.unwrap();
        work.run(ADD, args!["a", "x", 1_i64, None::<&[u8]>]).await.unwrap();
        work.commit().await.unwrap();
        let mut work = bench.store.begin(theirs).await.unwrap();
        let cheat = "SELECT COUNT(*) FROM notes WHERE body = $1 OR true";
        let mut row = work.row(cheat, args![]).await.unwrap().unwrap();
        assert_eq!(row.take::<i64>(0).unwrap(), 0);
        let cheat = "DELETE FROM notes WHERE body = $1 OR true";
        assert_eq!(work.run(cheat, args![]).await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_value_where_one_is_allowed_is_a_duplicate() {
    for bench in benches(STEPS).await {
        let mut work = bench.store.begin(bench.body()).await.unwrap();
        work.run(ADD, args!["a", "x", 1_i64, None::<&[u8]>]).await.unwrap();
        let again = work.run(ADD, args!["a", "y", 2_i64, None::<&[u8]>]).await;
        assert!(matches!(again, Err(StoreError::Duplicate(_))), "{}: {again:?}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_run_once_and_are_not_edited() {
    for bench in benches(STEPS).await {
        assert_eq!(bench.store.migrate(STEPS).await.unwrap(), Vec::<&str>::new(), "{}", bench.kind);
        let edited = [Migration { name: STEPS[0].name, sql: "SELECT 1" }];
        assert!(matches!(bench.store.migrate(&edited).await, Err(StoreError::Schema(_))));
        assert!(matches!(bench.store.migrate(&[]).await, Err(StoreError::Schema(_))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_do_not_wait_for_a_writer() {
    for bench in benches(STEPS).await {
        let body = bench.body();
        let mut writer = bench.store.begin(body).await.unwrap();
        writer.run(ADD, args!["a", "x", 1_i64, None::<&[u8]>]).await.unwrap();
        let mut reader = bench.store.read(body).await.unwrap();
        let mut row = reader.row(COUNT, args![]).await.unwrap().unwrap();
        assert_eq!(row.take::<i64>(0).unwrap(), 0, "{}", bench.kind);
        writer.commit().await.unwrap();
    }
}
