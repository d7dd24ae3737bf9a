//! Ten thousand people: pages, sessions and sign-in stay quick.

use std::time::{Duration, Instant};

use identity::people::{self, After, PeopleFilter};
use store::args;

use crate::town::{DESK, at, towns};

const PEOPLE: usize = 10_000;

/// The bound is ten times what is wanted in use, since tests run without
/// optimisation beside others; the figures are printed.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_people_slow_nothing_down() {
    for town in towns().await {
        let mut work = town.bench.store.begin(town.body()).await.unwrap();
        for number in 0..PEOPLE {
            let id = work.new_id::<identity::Person>();
            work.run(
                "INSERT INTO people (body, id, login, name, kana, section, state, joined_at,
                     version)
                 VALUES ($1, $2, $3, '山田 花子', $4, $5, 'invited', 0, 1)",
                args![id, format!("p{number:05}"), format!("ヤマダ{number:05}"), town.section],
            )
            .await
            .unwrap();
        }
        work.commit().await.unwrap();
        let session = town.enter(&town.officer, &at(DESK)).await.unwrap();
        let mut work = town.bench.store.read(town.body()).await.unwrap();
        let (mut page, mut search, mut resume) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..20 {
            let after =
                After { kana: format!("ヤマダ{:05}", round * 499), id: town.officer.person };
            let begin = Instant::now();
            let list = people::list(&mut work, &PeopleFilter::default(), Some(&after), 50).await;
            page.push(begin.elapsed());
            assert!(!list.unwrap().people.is_empty());
            let filter =
                PeopleFilter { text: Some(format!("{:05}", round * 499)), ..Default::default() };
            let begin = Instant::now();
            let list = people::list(&mut work, &filter, None, 50).await;
            search.push(begin.elapsed());
            assert_eq!(list.unwrap().people.len(), 1);
            let begin = Instant::now();
            town.resume(&session, DESK).await;
            resume.push(begin.elapsed());
        }
        for (what, mut times) in [("page", page), ("search", search), ("resume", resume)] {
            times.sort();
            let p95 = times[18];
            println!("{} {what}: p95 {p95:?}", town.kind());
            assert!(p95 < Duration::from_millis(1_000), "{} {what}: {p95:?}", town.kind());
        }
    }
}
