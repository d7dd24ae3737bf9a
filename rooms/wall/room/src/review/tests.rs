//! What reviews promise, on each kind of database.
#![allow(clippy::unwrap_used, clippy::panic)]

use zones::catalogue::catalogue;

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[test]
fn an_edition_changes_with_what_a_model_asks() {
    let alpha = Edition::of(catalogue(), Model::Alpha);
    assert_eq!(alpha, Edition::of(catalogue(), Model::Alpha), "the same for the same");
    let beta = Edition::of(catalogue(), Model::Beta);
    assert_ne!(alpha.sha256, beta.sha256);
    assert!(beta.duties.iter().any(|duty| !alpha.duties.contains(duty)), "β adds something");
    let mut other = catalogue().clone();
    other.duties.retain(|duty| duty.id != "numbers-apart");
    assert_ne!(Edition::of(&other, Model::Alpha).sha256, alpha.sha256);
    let mut other = catalogue().clone();
    other.duties[0].words.ja.push('。');
    assert_ne!(Edition::of(&other, Model::Alpha).sha256, alpha.sha256, "also by its words");
}

#[tokio::test]
async fn a_change_of_the_model_makes_a_review_due_once() {
    let all = [
        records::MIGRATIONS,
        jobs::MIGRATIONS,
        identity::MIGRATIONS,
        notices::MIGRATIONS,
        permits::MIGRATIONS,
        crate::MIGRATIONS,
    ];
    let migrations: Vec<_> = all.into_iter().flatten().copied().collect();
    for bench in testbed::benches(&migrations).await {
        let body = bench.body();
        let alpha = Edition::of(catalogue(), Model::Alpha);
        let mut work = bench.store.begin(body).await.unwrap();
        assert!(notice(&mut work, &alpha).await.unwrap());
        work.commit().await.unwrap();
        let mut work = bench.store.begin(body).await.unwrap();
        assert!(!notice(&mut work, &alpha).await.unwrap(), "it is known");
        let stands = reviewed(&mut work).await.unwrap();
        let owed = stands.owed().unwrap().clone();
        assert_eq!(owed.due_at, owed.seen_at.plus(REVIEW_WITHIN));
        assert!(!is_late(&owed, owed.due_at.minus(DAY)) && is_late(&owed, owed.due_at));
        drop(work);

        bench.clock.advance(DAY);
        let beta = Edition::of(catalogue(), Model::Beta);
        let mut work = bench.store.begin(body).await.unwrap();
        assert!(notice(&mut work, &beta).await.unwrap(), "β is another");
        let stands = reviewed(&mut work).await.unwrap();
        assert_eq!(stands.owed().unwrap().edition, beta);
        assert!(stands.last.is_none());
        work.commit().await.unwrap();
        let mut work = bench.store.read(body).await.unwrap();
        let filter = records::Filter {
            action: Some("model.review-due".to_owned()),
            ..records::Filter::default()
        };
        let entries = records::search(&mut work, &filter, None, 10).await.unwrap().entries;
        assert_eq!(entries.len(), 2);
    }
}
