//! Finding entries, on each kind of database.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::time::Duration;

use base::{BodyId, Clock};
use common::fill;
use records::{Cursor, Filter, Recorded};
use store::Store;
use testbed::benches;

/// Reads all pages of a filter and returns the places in their order.
async fn places(store: &Store, body: BodyId, filter: &Filter, limit: u32) -> Vec<i64> {
    let mut work = store.read(body).await.unwrap();
    let mut all: Vec<Recorded> = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = records::search(&mut work, filter, after, limit).await.unwrap();
        assert!(page.entries.len() <= limit as usize);
        all.extend(page.entries);
        let Some(older) = page.older else { break };
        // The cursor goes through its text, as it does in a link.
        after = Some(Cursor::parse(&older.to_string()).unwrap());
    }
    all.iter().map(|entry| entry.sequence.number()).collect()
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_newest_first() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        fill(&bench, body, 25, 100).await;
        let expected: Vec<i64> = (1..=25).rev().collect();
        for limit in [1, 7, 25, 26] {
            let found = places(&bench.store, body, &Filter::default(), limit).await;
            assert_eq!(found, expected, "{} {limit}", bench.kind);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_one_moment_are_not_lost_between_pages() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        let mut work = bench.store.begin(body).await.unwrap();
        for number in 0..9 {
            records::append(&mut work, &common::entry(number)).await.unwrap();
        }
        work.commit().await.unwrap();
        let found = places(&bench.store, body, &Filter::default(), 2).await;
        assert_eq!(found, (1..=9).rev().collect::<Vec<i64>>(), "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_finds_its_entries_and_no_other() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        let start = bench.clock.now();
        fill(&bench, body, 16, 100).await;
        let second = |count: u64| Some(start.plus(Duration::from_millis(count * 1_500)));
        let every = Filter::default();
        let cases: Vec<(Filter, Vec<i64>)> = vec![
            (Filter { actor: text("01JTANAKA"), ..every.clone() }, vec![16, 12, 8, 4]),
            (Filter { action: text("permit.applied"), ..every.clone() }, vec![16, 12, 8, 4]),
            (
                Filter { action: text("permit."), ..every.clone() },
                vec![16, 15, 13, 12, 11, 9, 8, 7, 5, 4, 3, 1],
            ),
            (Filter { action: text("permit"), ..every.clone() }, vec![]),
            (
                Filter { subject_kind: text("permit"), subject: text("P00007"), ..every.clone() },
                vec![7],
            ),
            (Filter { subject_kind: text("login"), ..every.clone() }, vec![14, 10, 6, 2]),
            (Filter { permit: text("P00005"), ..every.clone() }, vec![5]),
            (Filter { from: second(3), until: second(6), ..every.clone() }, vec![5, 4, 3]),
            (
                Filter {
                    actor: text("jobs"),
                    action: text("permit."),
                    from: second(8),
                    ..every.clone()
                },
                vec![15, 11],
            ),
        ];
        for (filter, expected) in cases {
            for limit in [2, 50] {
                let found = places(&bench.store, body, &filter, limit).await;
                assert_eq!(found, expected, "{} {filter:?}", bench.kind);
            }
        }
    }
}

#[test]
fn a_cursor_has_one_spelling() {
    assert!(Cursor::parse("12-3").is_some());
    for text in ["", "12", "-3", "12-", "12--3", "a-3", "+1-x"] {
        assert_eq!(Cursor::parse(text), None, "{text}");
    }
}
