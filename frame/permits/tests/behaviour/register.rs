//! The register: who sees what, page by page, always along an index.

use permits::{Filter, Part, State};

use crate::town::{HOUR, Town, towns};

async fn numbers(town: &Town, by: identity::PersonId, filter: &Filter) -> Vec<u32> {
    let caller = town.caller(by).await;
    let mut work = town.read().await;
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = town.permits.search(&mut work, &caller, filter, after, 2).await.unwrap();
        assert!(page.permits.len() <= 2);
        all.extend(page.permits.iter().map(|permit| permit.number));
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_their_own_managers_their_sections_and_readers_all() {
    for town in towns().await {
        for _ in 0..3 {
            town.granted(town.clerk, &town.export(HOUR), town.tax_head).await;
            town.bench.clock.advance(std::time::Duration::from_millis(5));
        }
        let welfare = town.granted(town.welfare_clerk, &town.export(HOUR), town.welfare_head).await;
        let all = Filter::default();
        assert_eq!(numbers(&town, town.clerk, &all).await, [3, 2, 1], "{}", town.kind());
        assert_eq!(numbers(&town, town.colleague, &all).await, [0; 0]);
        assert_eq!(numbers(&town, town.welfare_clerk, &all).await, [4]);
        assert_eq!(numbers(&town, town.tax_head, &all).await, [3, 2, 1]);
        assert_eq!(numbers(&town, town.ciso, &all).await, [4, 3, 2, 1]);
        let filter = Filter { section: Some(town.welfare), ..all.clone() };
        assert_eq!(numbers(&town, town.ciso, &filter).await, [4]);
        assert_eq!(numbers(&town, town.tax_head, &filter).await, [0; 0]);
        let filter = Filter { person: Some((town.clerk, Part::Applicant)), ..all.clone() };
        assert_eq!(numbers(&town, town.ciso, &filter).await, [3, 2, 1]);
        assert_eq!(numbers(&town, town.welfare_head, &filter).await, [0; 0]);
        let filter = Filter { number: Some(2), ..all.clone() };
        assert_eq!(numbers(&town, town.ciso, &filter).await, [2]);
        let since = welfare.made_at;
        let filter = Filter { since: Some(since), ..all.clone() };
        assert_eq!(numbers(&town, town.ciso, &filter).await, [4]);
        let filter = Filter { before: Some(since), state: Some(State::Active), ..all };
        assert_eq!(numbers(&town, town.ciso, &filter).await, [3, 2, 1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_shown_to_whoever_may_decide() {
    for town in towns().await {
        let clerk = town.caller(town.clerk).await;
        let head = town.caller(town.tax_head).await;
        let mut work = town.work().await;
        let one = town.permits.apply_now(&mut work, &clerk, &town.export(HOUR)).await.unwrap();
        let own = town.permits.apply_now(&mut work, &head, &town.export(HOUR)).await.unwrap();
        work.commit().await.unwrap();
        let cases = [
            (town.tax_head, vec![one.id]),
            (town.welfare_head, vec![]),
            (town.ciso, vec![]),
            (town.clerk, vec![]),
        ];
        for (person, wanted) in cases {
            let caller = town.caller(person).await;
            let mut work = town.read().await;
            let waiting = town.permits.waiting(&mut work, &caller, 50).await.unwrap();
            let ids: Vec<_> = waiting.iter().map(|permit| permit.id).collect();
            assert_eq!(ids, wanted, "{}", town.kind());
        }
        assert_ne!(one.id, own.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_are_their_applicants_alone() {
    for town in towns().await {
        let clerk = town.caller(town.clerk).await;
        let mut work = town.work().await;
        let draft = town.permits.draft(&mut work, &clerk, &town.export(HOUR)).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(numbers(&town, town.clerk, &Filter::default()).await, [draft.number]);
        assert_eq!(numbers(&town, town.ciso, &Filter::default()).await, [0; 0]);
        let head = town.caller(town.tax_head).await;
        let mut work = town.read().await;
        assert!(town.permits.find(&mut work, &head, draft.id).await.is_err(), "{}", town.kind());
    }
}
