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

/// Two units of work that change the same rows in another order would wait for
/// each other: those of a body take turns.
#[tokio::test(flavor = "multi_thread")]
async fn works_of_a_body_never_wait_for_each_other() {
    const CHANGE: &str = "UPDATE notes SET number = number + 1 WHERE body = $1 AND id = $2";
    for bench in benches(STEPS).await {
        let body = bench.body();
        let mut work = bench.store.begin(body).await.unwrap();
        for id in ["a", "b"] {
            work.run(ADD, args![id, "x", 0_i64, None::<&[u8]>]).await.unwrap();
        }
        work.commit().await.unwrap();
        let hands = ["ab", "ba", "ab", "ba"].map(|order| {
            let store = bench.store.clone();
            tokio::spawn(async move {
                for _ in 0..25 {
                    let mut work = store.begin(body).await.unwrap();
                    for id in order.split("").filter(|id| !id.is_empty()) {
                        work.run(CHANGE, args![id]).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                    work.commit().await.unwrap();
                }
            })
        });
        for hand in hands {
            hand.await.unwrap();
        }
        let mut work = bench.store.read(body).await.unwrap();
        let sum = "SELECT CAST(SUM(number) AS {int}) FROM notes WHERE body = $1";
        let mut row = work.row(sum, args![]).await.unwrap().unwrap();
        assert_eq!(row.take::<i64>(0).unwrap(), 200, "{}", bench.kind);
    }
}

const KEPT: &[Migration] = &[
    Migration {
        name: "test-0001-log",
        sql: "CREATE TABLE log (body TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL,
            PRIMARY KEY (body, id)) {strict};",
    },
    Migration { name: "test-0002-kept", sql: "\n{kept log}\n" },
];

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_kept_are_neither_changed_nor_deleted() {
    for bench in benches(KEPT).await {
        let body = bench.body();
        let add = "INSERT INTO log (body, id, text) VALUES ($1, $2, $3)";
        let mut work = bench.store.begin(body).await.unwrap();
        work.run(add, args!["a", "as it was"]).await.unwrap();
        work.commit().await.unwrap();
        let replace = "INSERT INTO log (body, id, text) VALUES ($1, $2, $3)
            ON CONFLICT (body, id) DO UPDATE SET text = excluded.text";
        let mut tries = vec![
            ("UPDATE log SET text = $3 WHERE body = $1 AND id = $2", args!["a", "else"]),
            ("DELETE FROM log WHERE body = $1", args![]),
            (replace, args!["a", "else"]),
        ];
        if bench.kind == "sqlite" {
            let over = "INSERT INTO log (body, id, text)
                SELECT $1, $2, $3 WHERE true ON CONFLICT DO NOTHING";
            tries.push((over, args!["b", "new"]));
        }
        for (sql, arguments) in tries {
            let is_new = sql.ends_with("NOTHING");
            let mut work = bench.store.begin(body).await.unwrap();
            let done = work.run(sql, arguments).await;
            assert_eq!(done.is_ok(), is_new, "{} {sql}: {done:?}", bench.kind);
        }
        let mut across = bench.store.across("a test goes around the body").await.unwrap();
        let whole = if bench.kind == "sqlite" {
            "INSERT OR REPLACE INTO log SELECT body, id, 'else' FROM log"
        } else {
            "TRUNCATE log"
        };
        let done = across.run(whole, args![]).await;
        assert!(matches!(done, Err(StoreError::Other(_))), "{} {done:?}", bench.kind);
        drop(across);
        let mut work = bench.store.read(body).await.unwrap();
        let mut row =
            work.row("SELECT text FROM log WHERE body = $1", args![]).await.unwrap().unwrap();
        assert_eq!(row.take::<String>(0).unwrap(), "as it was", "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_let_in_adds_and_makes_nothing() {
    for bench in benches(KEPT).await {
        if bench.kind == "sqlite" {
            bench.store.let_in("nobody").await.unwrap();
            continue;
        }
        let account = format!("clerk_{}", std::process::id());
        let Some(store) = bench.as_account(&account).await else { continue };
        bench.store.let_in(&account).await.unwrap();
        let body = bench.body();
        let mut work = store.begin(body).await.unwrap();
        let add = "INSERT INTO log (body, id, text) VALUES ($1, $2, $3)";
        work.run(add, args!["a", "as it was"]).await.unwrap();
        work.commit().await.unwrap();
        for sql in [
            "UPDATE log SET text = 'else'",
            "DELETE FROM log",
            "TRUNCATE log",
            "DROP TRIGGER log_kept_rows ON log",
            "ALTER TABLE log DISABLE TRIGGER ALL",
            "DELETE FROM migrations",
            "DROP TABLE log",
        ] {
            let mut across = store.across("a test tries what is not given").await.unwrap();
            let done = across.run(sql, args![]).await;
            assert!(done.is_err(), "{sql}");
        }
        store.close().await;
    }
}
