//! How SQLite would go about every statement over the register: along an index,
//! never through all rows, and a page of a search without sorting.

use base::{Id, SeededRandom, Timestamp};
use store::{Migration, Value, args};

use super::permits::{
    DEPENDENTS, DUE, DUE_ACROSS, OPEN_OF, active_of_sql, active_sql, undecided_sql,
};
use super::register::{Branch, Query, statement};
use crate::life::State;

fn id<T>() -> Id<T> {
    Id::new(Timestamp::from_millis(1), &SeededRandom::new(1))
}

fn searches() -> Vec<(String, Vec<Value>)> {
    let branches = [
        Branch::Body,
        Branch::Section(id()),
        Branch::Applicant(id()),
        Branch::Beneficiary(id()),
        Branch::Decider(id()),
    ];
    let mut all = Vec::new();
    for branch in branches {
        for parts in 0..64_u32 {
            let has = |place: u32| parts & (1 << place) != 0;
            if branch == Branch::Body && has(2) {
                // A section is a branch of its own.
                continue;
            }
            let query = Query {
                kind: has(0).then_some("export"),
                state: has(1).then_some(State::Closed),
                section: has(2).then(id),
                number: has(3).then_some(7),
                since: has(4).then_some(Timestamp::from_millis(1)),
                before: has(4).then_some(Timestamp::from_millis(2)),
                after: has(5).then(id),
                floor: has(5).then(id),
                viewer: Some(id()),
                count_max: 50,
            };
            all.push(statement(branch, &query));
        }
    }
    all
}

fn others() -> Vec<(String, Vec<Value>)> {
    let text = |count: usize| vec![Value::Text(String::new()); count];
    let mut all = vec![
        (active_of_sql(), text(2)),
        (undecided_sql(false), text(2)),
        (undecided_sql(true), text(3)),
        (DEPENDENTS.to_owned(), text(1)),
        (DUE.to_owned(), text(2)),
    ];
    for (by_person, by_key) in [(false, false), (false, true), (true, false), (true, true)] {
        let count = 2 + usize::from(by_person) + usize::from(by_key);
        all.push((active_sql(by_person, by_key), text(count)));
    }
    all.extend(OPEN_OF.map(|sql| (sql.to_owned(), text(1))));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_goes_through_the_whole_register() {
    let steps: Vec<Migration> =
        [identity::MIGRATIONS, super::MIGRATIONS].into_iter().flatten().copied().collect();
    let bench = testbed::sqlite(&steps).await;
    let mut work = bench.store.begin(bench.body()).await.unwrap();
    let searches = searches();
    let count = searches.len();
    for (place, (sql, values)) in searches.into_iter().chain(others()).enumerate() {
        for mut row in work.rows(&format!("EXPLAIN QUERY PLAN {sql}"), values).await.unwrap() {
            let plan: String = row.take(3).unwrap();
            assert!(!plan.starts_with("SCAN"), "{plan}\n{sql}");
            let is_sorted = plan.contains("TEMP B-TREE") && place < count;
            assert!(!is_sorted, "a page of a search is sorted: {plan}\n{sql}");
            // One search is for nothing but a page of everything.
            let is_walked = plan.contains("autoindex_permits_1") && sql.contains("{by ");
            assert!(!is_walked, "the whole register is looked through: {plan}\n{sql}");
            let is_narrow = place >= count || sql.contains("{by ") || !sql.contains(" = $2");
            assert!(is_narrow, "a search without an index: {sql}");
        }
    }
    drop(work);
    let mut across = bench.store.across("look at a plan").await.unwrap();
    let rows = across.rows(&format!("EXPLAIN QUERY PLAN {DUE_ACROSS}"), args![1_i64, 1_i64]).await;
    for mut row in rows.unwrap() {
        let plan: String = row.take(3).unwrap();
        // One row a body; the permits then by what is due.
        assert!(!plan.starts_with("SCAN p"), "{plan}");
    }
}
