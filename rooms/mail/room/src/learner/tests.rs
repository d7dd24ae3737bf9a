//! What is taught is kept, is each body's own, and can be taken back.

use mail_engine::auth::Verdicts;
use mail_engine::{Limits, Report, read as read_mail};
use mail_spam::LESSONS_MIN;
use mail_spam::rspamd::read;
use store::{Migration, args};
use testbed::Bench;

use super::*;

fn answer(action: &str, score: f64) -> Answer {
    let text = format!(
        r#"{{"score": {score}, "required_score": 15.0, "action": "{action}",
            "symbols": {{"GTUBE": {{"score": {score}, "description": "Generic test"}}}}}}"#
    );
    read(text.as_bytes()).unwrap()
}

#[test]
fn either_says_spam_and_the_reasons_name_who_did() {
    assert_eq!(opinion(&UNTAUGHT, None), None);
    let reject = answer("reject", 30.0);
    let said = opinion(&UNTAUGHT, Some(&reject)).unwrap();
    assert_eq!(said.spam, 100);
    assert_eq!(said.reasons, ["rspamd: 30.0 / 15.0", "rspamd: GTUBE +30.0 Generic test"]);
    for (action, score, wanted) in
        [("no action", 3.0, 18), ("add header", 6.5, 50), ("reject", 15.0, 90)]
    {
        let said = opinion(&UNTAUGHT, Some(&answer(action, score))).unwrap();
        assert_eq!(said.spam, wanted, "{action}");
    }
}

/// A mail whose words say what it is.
struct Made {
    raw: Vec<u8>,
    report: Report,
}

impl Made {
    fn new(number: u32, words: &str) -> Self {
        let raw = format!(
            "From: A <a{number}@world.example>\r\nTo: b@city.midori.lg.jp\r\n\
             Subject: {words}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
             {words} {number}番目のお知らせです。\r\n"
        )
        .into_bytes();
        let message = read_mail(&raw, &Limits::default()).unwrap();
        Self { report: Report::new(&message, &Verdicts::default(), &[]), raw }
    }

    fn spam(number: u32) -> Self {
        Self::new(number, "当選おめでとうございます。賞金を受け取る口座番号を今すぐ入力")
    }

    fn ham(number: u32) -> Self {
        Self::new(number, "水道工事の見積書を送ります。会議室の予約もお願いします")
    }

    fn shown(&self) -> Judged<'_> {
        Judged {
            report: &self.report,
            raw: &self.raw,
            sender: "a@world.example",
            client: None,
            helo: None,
            receivers: &[],
            ident: "4Q",
        }
    }
}

async fn benches() -> Vec<Bench> {
    let all = [
        records::MIGRATIONS,
        jobs::MIGRATIONS,
        identity::MIGRATIONS,
        notices::MIGRATIONS,
        permits::MIGRATIONS,
        passages::MIGRATIONS,
        crate::MIGRATIONS,
    ];
    let migrations: Vec<Migration> = all.into_iter().flatten().copied().collect();
    testbed::benches(&migrations).await
}

async fn degree(learner: &Learner, bench: &Bench, body: BodyId, mail: &Made) -> Option<u8> {
    learner.judge(&bench.store, body, &mail.shown()).await.map(|opinion| opinion.spam)
}

async fn lessons(bench: &Bench, body: BodyId) -> i64 {
    let mut work = bench.store.read(body).await.unwrap();
    let sql = "SELECT COUNT(*) FROM mail_lessons WHERE body = $1";
    work.row(sql, args![]).await.unwrap().unwrap().take(0).unwrap()
}

#[tokio::test]
async fn what_a_body_teaches_is_kept_and_is_its_own() {
    for bench in benches().await {
        let (learner, body) = (Learner::default(), bench.body());
        let (spam, ham) = (Made::spam(900), Made::ham(900));
        assert_eq!(degree(&learner, &bench, body, &spam).await, None, "nobody taught anything");
        for number in 0..LESSONS_MIN {
            learner.learn(&bench.store, body, &Made::spam(number).shown(), true).await;
            learner.learn(&bench.store, body, &Made::ham(number).shown(), false).await;
        }
        let said = learner.judge(&bench.store, body, &spam.shown()).await.unwrap();
        assert!(said.spam >= 90 && !said.reasons.is_empty(), "{said:?}");
        assert!(degree(&learner, &bench, body, &ham).await.unwrap() < 50);
        // Another program finds it in the store; another body has none of it.
        let other = Learner::default();
        assert!(degree(&other, &bench, body, &spam).await.unwrap() >= 90);
        let neighbour = bench.body();
        assert_eq!(degree(&other, &bench, neighbour, &spam).await, None);
        // The second program learned something: the first sees it.
        other.learn(&bench.store, body, &Made::ham(901).shown(), false).await;
        let mut work = bench.store.read(body).await.unwrap();
        let version = models::version(&mut work).await.unwrap();
        drop(work);
        assert!(degree(&learner, &bench, body, &spam).await.is_some());
        assert_eq!(learner.held(body).unwrap().0, version);
    }
}

#[tokio::test]
async fn a_second_word_about_a_mail_takes_the_first_back() {
    for bench in benches().await {
        let (learner, body) = (Learner::default(), bench.body());
        let mail = Made::spam(1);
        learner.learn(&bench.store, body, &mail.shown(), true).await;
        let first = learner.held(body).unwrap();
        learner.learn(&bench.store, body, &mail.shown(), true).await;
        assert_eq!(learner.held(body).unwrap().0, first.0, "the same again is no second lesson");
        learner.learn(&bench.store, body, &mail.shown(), false).await;
        learner.learn(&bench.store, body, &mail.shown(), true).await;
        assert_eq!(*learner.held(body).unwrap().1, *first.1, "counts are as after the first");
        assert_eq!(lessons(&bench, body).await, 1);
    }
}

#[tokio::test]
async fn a_model_that_cannot_be_read_is_no_opinion() {
    for bench in benches().await {
        let body = bench.body();
        let mut work = bench.store.begin(body).await.unwrap();
        models::set_model(&mut work, 1, b"nonsense".to_vec()).await.unwrap();
        work.commit().await.unwrap();
        let learner = Learner::default();
        assert_eq!(degree(&learner, &bench, body, &Made::spam(1)).await, None);
    }
}
