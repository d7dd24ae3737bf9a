//! Changes the ledger's rows in every way that the database's own tools can, on
//! each kind of database, and asks whether each is found at the right place.
//! Every change is made in a unit of work that is dropped.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use base::BodyId;
use common::{fill, sign, trust};
use records::{Verify, VerifyError, verify_rows};
use store::{Row, StoreError, Value, Work, args};
use testbed::{Bench, benches};

/// The columns and what they hold.
const TEXTS: &[&str] = &[
    "actor_kind",
    "actor",
    "acting_for",
    "action",
    "subject_kind",
    "subject",
    "permit",
    "origin",
    "details",
];

struct Ledger {
    bench: Bench,
    body: BodyId,
    last: i64,
    verify: Verify,
    count: usize,
}

impl Ledger {
    async fn make(bench: Bench, entries: usize) -> Self {
        let body = bench.body();
        fill(&bench, body, entries, 6).await;
        let mut work = bench.store.begin(body).await.unwrap();
        sign(&mut work).await;
        let last = records::head(&mut work).await.unwrap().sequence.number();
        work.commit().await.unwrap();
        bench.unlock("records").await;
        Self { bench, body, last, verify: trust(), count: 0 }
    }

    async fn work(&self) -> Work {
        self.bench.store.begin(self.body).await.unwrap()
    }

    /// Runs one change and asks where the ledger breaks. A change that the
    /// schema refuses does not count.
    async fn expect(&mut self, sql: &str, arguments: Vec<Value>, place: i64) {
        let mut work = self.work().await;
        let what = format!("{} {sql} {arguments:?}", self.bench.kind);
        match work.run(sql, arguments).await {
            Ok(changed) => assert!(changed > 0, "{what}: changes nothing"),
            Err(StoreError::Duplicate(_) | StoreError::Other(_)) => return,
            Err(error) => panic!("{what}: {error:?}"),
        }
        self.breaks_at(&mut work, place, &what).await;
    }

    async fn breaks_at(&mut self, work: &mut Work, place: i64, what: &str) {
        match verify_rows(work, &self.verify).await {
            Err(VerifyError::Broken(found)) => {
                assert_eq!(found.sequence.number(), place, "{what}: {found}");
            }
            other => panic!("{what}: not found: {other:?}"),
        }
        self.count += 1;
    }

    async fn value<T: store::FromValue>(&self, column: &str, place: i64) -> T {
        let sql = format!("SELECT {column} FROM records WHERE body = $1 AND sequence = $2");
        let mut work = self.work().await;
        let mut row: Row = work.row(&sql, args![place]).await.unwrap().unwrap();
        row.take(0).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_every_row() {
    for bench in benches(records::MIGRATIONS).await {
        let (entries, step) = if bench.kind == "sqlite" { (24, 5) } else { (12, 29) };
        let mut ledger = Ledger::make(bench, entries).await;
        for place in 1..=ledger.last {
            for column in TEXTS {
                texts(&mut ledger, column, place, step).await;
            }
            numbers(&mut ledger, place).await;
            hashes(&mut ledger, place, step).await;
        }
        eprintln!("{} changes of columns on {}, all found", ledger.count, ledger.bench.kind);
        let least = if ledger.bench.kind == "sqlite" { 10_000 } else { 1_000 };
        assert!(ledger.count >= least, "{}: {}", ledger.bench.kind, ledger.count);
    }
}

/// Flips bits of a text, and makes nothing of something and the reverse.
async fn texts(ledger: &mut Ledger, column: &str, place: i64, step: usize) {
    let is_sqlite = ledger.bench.kind == "sqlite";
    let set = format!("UPDATE records SET {column} = $3 WHERE body = $1 AND sequence = $2");
    // SQLite takes bytes that are no text, as a fault of the disk would make.
    let set_bytes =
        format!("UPDATE records SET {column} = CAST($3 AS TEXT) WHERE body = $1 AND sequence = $2");
    let before: Option<String> = ledger.value(column, place).await;
    let Some(before) = before else {
        for something in ["", "-", "+", "\u{1f}"] {
            ledger.expect(&set, args![place, something], place).await;
        }
        return;
    };
    if matches!(column, "acting_for" | "permit") {
        ledger.expect(&set, args![place, None::<&str>], place).await;
    }
    ledger.expect(&set, args![place, format!("{before} ")], place).await;
    if is_sqlite {
        let hidden = format!("{before}\0hidden").into_bytes();
        ledger.expect(&set_bytes, args![place, hidden], place).await;
    }
    for odd in ["\u{1f}", "\u{1e}", "\"", "\u{1f}-"] {
        ledger.expect(&set, args![place, format!("{before}{odd}")], place).await;
    }
    for bit in (0..before.len() * 8).step_by(step) {
        let mut bytes = before.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => {
                ledger.expect(&set, args![place, text], place).await;
            }
            Ok(text) if is_sqlite => {
                ledger.expect(&set_bytes, args![place, text.into_bytes()], place).await;
            }
            Err(error) if is_sqlite => {
                ledger.expect(&set_bytes, args![place, error.into_bytes()], place).await;
            }
            Ok(_) | Err(_) => {}
        }
    }
}

async fn numbers(ledger: &mut Ledger, place: i64) {
    let at: i64 = ledger.value("at", place).await;
    for bit in 0..64 {
        let set = "UPDATE records SET at = $3 WHERE body = $1 AND sequence = $2";
        ledger.expect(set, args![place, at ^ (1 << bit)], place).await;
        let set = "UPDATE records SET sequence = $3 WHERE body = $1 AND sequence = $2";
        ledger.expect(set, args![place, place ^ (1 << bit)], place).await;
    }
    let set = "UPDATE records SET body = $3 WHERE body = $1 AND sequence = $2";
    let other = ledger.bench.body();
    ledger.expect(set, args![place, other], place).await;
}

async fn hashes(ledger: &mut Ledger, place: i64, step: usize) {
    let set = "UPDATE records SET hash = $3 WHERE body = $1 AND sequence = $2";
    let before: Vec<u8> = ledger.value("hash", place).await;
    for bit in (0..256).step_by(step) {
        let mut hash = before.clone();
        hash[bit / 8] ^= 1 << (bit % 8);
        ledger.expect(set, args![place, hash], place).await;
    }
    ledger.expect(set, args![place, before[..31].to_vec()], place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_cut_and_inserted_rows() {
    for bench in benches(records::MIGRATIONS).await {
        let mut ledger = Ledger::make(bench, 18).await;
        for place in 1..=ledger.last {
            let delete = "DELETE FROM records WHERE body = $1 AND sequence = $2";
            ledger.expect(delete, args![place], place).await;
            let cut = "DELETE FROM records WHERE body = $1 AND sequence >= $2";
            ledger.expect(cut, args![place], place).await;
            let start = "DELETE FROM records WHERE body = $1 AND sequence <= $2";
            ledger.expect(start, args![place], 1).await;
            for at in [ledger.last + 1, ledger.last + 5] {
                let copy = "INSERT INTO records (body, sequence, at, actor_kind, actor, acting_for,
                        action, subject_kind, subject, permit, origin, details, hash)
                    SELECT $1, $3, at, actor_kind, actor, acting_for, action, subject_kind, subject,
                        permit, origin, details, hash
                    FROM records WHERE body = $1 AND sequence = $2";
                let copy = copy.replace("$3", &at.to_string());
                ledger.expect(&copy, args![place], ledger.last + 1).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn swapped_rows_break_at_the_earlier() {
    for bench in benches(records::MIGRATIONS).await {
        let mut ledger = Ledger::make(bench, 12).await;
        for one in 1..ledger.last {
            for two in one + 1..=ledger.last {
                let mut work = ledger.work().await;
                let set = "UPDATE records SET sequence = $3 WHERE body = $1 AND sequence = $2";
                for (from, to) in [(one, 9_999), (two, one), (9_999, two)] {
                    assert_eq!(work.run(set, args![from, to]).await.unwrap(), 1);
                }
                let what = format!("{} {one} and {two}", ledger.bench.kind);
                ledger.breaks_at(&mut work, one, &what).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_head_is_found_at_the_end() {
    for bench in benches(records::MIGRATIONS).await {
        let mut ledger = Ledger::make(bench, 12).await;
        let (last, set) = (ledger.last, "UPDATE ledger_heads SET sequence = $2 WHERE body = $1");
        for bit in 0..63 {
            let head = last ^ (1 << bit);
            // A head that is too high speaks of entries that are not there; one
            // that is too low does not know those that are.
            let place = if head > last { last + 1 } else { head + 1 };
            ledger.expect(set, args![head], place).await;
        }
        let mut work = ledger.work().await;
        let sql = "SELECT hash FROM ledger_heads WHERE body = $1";
        let mut row = work.row(sql, args![]).await.unwrap().unwrap();
        let before: Vec<u8> = row.take(0).unwrap();
        drop(work);
        for bit in 0..256 {
            let mut hash = before.clone();
            hash[bit / 8] ^= 1 << (bit % 8);
            let set = "UPDATE ledger_heads SET hash = $2 WHERE body = $1";
            ledger.expect(set, args![hash], last).await;
        }
        let gone = "DELETE FROM ledger_heads WHERE body = $1";
        ledger.expect(gone, args![], 1).await;
        assert!(ledger.count >= 315, "{}", ledger.count);
    }
}
