//! The rows of the desk on each kind of database.

use std::time::Duration;

use base::{BodyId, Clock as _};
use identity::{PersonId, SectionId};
use passages::{NewPassage, PassageId, Receiver, Sealed, Sender, Span};
use records::{Actor, Entry, Origin};
use store::{Migration, Work, args};
use testbed::Bench;
use zones::{Crossing, Zone};

use super::previews::{Form, Piece};
use super::{asking, containers, findings, previews};

struct Desk {
    bench: Bench,
    body: BodyId,
    clerk: PersonId,
    manager: PersonId,
    passage: PassageId,
}

async fn desks() -> Vec<Desk> {
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
    let mut desks = Vec::new();
    for bench in testbed::benches(&migrations).await {
        desks.push(desk(bench).await);
    }
    desks
}

async fn desk(bench: Bench) -> Desk {
    let body = bench.body();
    let mut across = bench.store.across("make a town").await.unwrap();
    let sql = "INSERT INTO bodies (body, code, name, kana, founded_at) VALUES ($1, $2, $3, $3, 0)";
    across.run(sql, args![body, "131016", "緑市"]).await.unwrap();
    let mut work = across.within(body).await.unwrap();
    let section: SectionId = work.new_id();
    let sql = "INSERT INTO sections (body, id, code, name, version) VALUES ($1, $2, $3, $3, 1)";
    work.run(sql, args![section, "tax"]).await.unwrap();
    let (clerk, manager) = (person(&mut work, section).await, person(&mut work, section).await);
    let new = NewPassage {
        batch: work.new_id(),
        room: "transfer".to_owned(),
        crossing: Crossing::between(Zone::Internet, Zone::Lgwan).unwrap(),
        way: "page".to_owned(),
        sender: Sender::Person(clerk),
        receiver: Receiver::Section(section),
        class: "2".to_owned(),
        purpose: "申請書の受付".to_owned(),
        name: "申請書.docm".to_owned(),
        bytes: 20_000,
        sha256: "ab".repeat(32),
        original: None,
    };
    let by =
        move |action, subject| Entry::new(Actor::person(clerk), action, subject, Origin::Console);
    let ends_at = work.now().plus(Duration::from_secs(3_600));
    let passage = passages::receive(&mut work, by, new, ends_at).await.unwrap().id;
    work.commit().await.unwrap();
    Desk { bench, body, clerk, manager, passage }
}

async fn person(work: &mut Work, section: SectionId) -> PersonId {
    let id: PersonId = work.new_id();
    let sql = "INSERT INTO people (body, id, login, name, kana, section, state, joined_at, version)
         VALUES ($1, $2, $3, $4, $4, $5, 'active', 0, 1)";
    let login = id.to_string().to_lowercase();
    work.run(sql, args![id, &login, "山田", section]).await.unwrap();
    id
}

impl Desk {
    async fn work(&self) -> Work {
        self.bench.store.begin(self.body).await.unwrap()
    }
}

#[tokio::test]
async fn a_question_is_answered_once_and_by_whom_it_was_put_to() {
    for desk in desks().await {
        let mut work = desk.work().await;
        let asked = asking::Asked {
            id: work.new_id(),
            passage: desk.passage,
            asker: desk.manager,
            asked_for: None,
            asked: desk.clerk,
            question: "確かめましたか".to_owned(),
            asked_at: work.now(),
            answer: None,
            answered_at: None,
        };
        asking::add_question(&mut work, &asked).await.unwrap();
        let open = asking::unanswered(&mut work, desk.clerk, 5).await.unwrap();
        assert_eq!(open.len(), 1, "{}", desk.bench.kind);
        assert!(asking::unanswered(&mut work, desk.manager, 5).await.unwrap().is_empty());
        let which = (desk.passage, asked.id);
        assert!(!asking::answer(&mut work, which, desk.manager, "はい").await.unwrap());
        assert!(asking::answer(&mut work, which, desk.clerk, "はい").await.unwrap());
        assert!(!asking::answer(&mut work, which, desk.clerk, "いいえ").await.unwrap());
        let all = asking::questions(&mut work, desk.passage, 5).await.unwrap();
        assert_eq!(all[0].answer.as_deref(), Some("はい"));
        assert!(asking::approvals(&mut work, desk.passage).await.unwrap().is_empty());
        for times in 1..=2 {
            asking::remind(&mut work, desk.passage).await.unwrap();
            let (known, _) = asking::reminded(&mut work, desk.passage).await.unwrap().unwrap();
            assert_eq!(known, times);
        }
    }
}

#[tokio::test]
async fn a_passphrase_is_gone_once_it_was_shown() {
    for desk in desks().await {
        let mut work = desk.work().await;
        let id = desk.passage;
        containers::keep(&mut work, id, vec![1, 2, 3]).await.unwrap();
        let kept = containers::passphrase(&mut work, id, true).await.unwrap().unwrap();
        assert_eq!((kept.sealed, kept.shown_at), (Some(vec![1, 2, 3]), None));
        containers::shown(&mut work, id, desk.clerk).await.unwrap();
        let kept = containers::passphrase(&mut work, id, false).await.unwrap().unwrap();
        assert!(kept.sealed.is_none() && kept.shown_at.is_some(), "{}", desk.bench.kind);
        containers::forget(&mut work, id).await.unwrap();
        for recipient in [Some("age1a"), Some("age1b"), None] {
            containers::register(&mut work, desk.clerk, recipient).await.unwrap();
            let known = containers::recipient(&mut work, desk.clerk).await.unwrap();
            assert_eq!(known.as_deref(), recipient);
        }
    }
}

#[tokio::test]
async fn previews_and_findings_are_kept_counted_and_forgotten() {
    for desk in desks().await {
        let mut work = desk.work().await;
        let id = desk.passage;
        let sealed = Sealed { blob: "01".repeat(32), key: vec![7] };
        for (place, form) in
            [(-1, Form::Source), (0, Form::Text), (1, Form::Jpeg), (2, Form::Png), (2, Form::Jpeg)]
        {
            let piece = Piece { place, form, pages: 2, sealed: sealed.clone() };
            previews::add(&mut work, id, &piece).await.unwrap();
        }
        previews::remove(&mut work, id, previews::SOURCE).await.unwrap();
        let forms: Vec<Form> =
            previews::of(&mut work, id).await.unwrap().iter().map(|piece| piece.form).collect();
        assert_eq!(forms, [Form::Text, Form::Jpeg, Form::Png], "{}", desk.bench.kind);
        previews::remove_all(&mut work, id).await.unwrap();
        assert!(previews::of(&mut work, id).await.unwrap().is_empty());

        findings::removed(&mut work, id, [("ooxml-macro", 2), ("ooxml-link", 0)]).await.unwrap();
        findings::removed(&mut work, id, [("ooxml-macro", 9)]).await.unwrap();
        let now = desk.bench.clock.now();
        let span = Span { from: now, until: now.plus(Duration::from_secs(1)) };
        let most = findings::most_removed(&mut work, span, 10).await.unwrap();
        let most: Vec<(&str, u64, u64)> =
            most.iter().map(|one| (one.code.as_str(), one.passages, one.count)).collect();
        assert_eq!(most, [("ooxml-link", 1, 1), ("ooxml-macro", 1, 2)]);
        for tries in 1..=2 {
            findings::wait(&mut work, id, "clamd").await.unwrap();
            let wait = findings::waiting(&mut work, id).await.unwrap().unwrap();
            assert_eq!((wait.scanner.as_str(), wait.tries), ("clamd", tries));
        }
        findings::waited(&mut work, id).await.unwrap();
        assert!(findings::waiting(&mut work, id).await.unwrap().is_none());
    }
}
