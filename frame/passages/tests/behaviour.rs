//! What passages promise, on each kind of database.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use base::{BodyId, Clock, Timestamp};
use identity::{Caller, Duty, PersonId, SectionId};
use passages::{
    Conclusion, Fate, Filter, Happy, Kept, NewPassage, Outcome, Passage, PassageError, PassageId,
    Receiver, Sealed, Sender, Span, State, Verdict, Wanted, Way,
};
use records::{Actor, Entry, Origin};
use store::{Migration, Work, args};
use testbed::Bench;
use zones::{Crossing, Zone};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3_600);

struct Town {
    bench: Bench,
    body: BodyId,
    tax: SectionId,
    clerk: PersonId,
    colleague: PersonId,
    head: PersonId,
    chief: PersonId,
}

async fn towns() -> Vec<Town> {
    let all = [
        records::MIGRATIONS,
        jobs::MIGRATIONS,
        identity::MIGRATIONS,
        notices::MIGRATIONS,
        permits::MIGRATIONS,
        passages::MIGRATIONS,
    ];
    let migrations: Vec<Migration> = all.into_iter().flatten().copied().collect();
    let mut towns = Vec::new();
    for bench in testbed::benches(&migrations).await {
        towns.push(town(bench).await);
    }
    towns
}

async fn town(bench: Bench) -> Town {
    let body = bench.body();
    let mut across = bench.store.across("make a town").await.unwrap();
    let found =
        "INSERT INTO bodies (body, code, name, kana, founded_at) VALUES ($1, $2, $3, $3, 0)";
    across.run(found, args![body, "131016", "緑市"]).await.unwrap();
    let mut work = across.within(body).await.unwrap();
    let tax: SectionId = work.new_id();
    let sql = "INSERT INTO sections (body, id, code, name, version) VALUES ($1, $2, $3, $3, 1)";
    work.run(sql, args![tax, "tax"]).await.unwrap();
    let other: SectionId = work.new_id();
    work.run(sql, args![other, "welfare"]).await.unwrap();
    let clerk = person(&mut work, tax).await;
    let colleague = person(&mut work, tax).await;
    let head = person(&mut work, other).await;
    let chief = person(&mut work, other).await;
    work.commit().await.unwrap();
    Town { bench, body, tax, clerk, colleague, head, chief }
}

async fn person(work: &mut Work, section: SectionId) -> PersonId {
    let id: PersonId = work.new_id();
    let sql = "INSERT INTO people (body, id, login, name, kana, section, state, joined_at, version)
         VALUES ($1, $2, $3, $4, $4, $5, 'active', 0, 1)";
    let login = id.to_string().to_lowercase();
    work.run(sql, args![id, &login, "山田", section]).await.unwrap();
    id
}

impl Town {
    fn now(&self) -> Timestamp {
        self.bench.clock.now()
    }

    fn later(&self) -> Timestamp {
        self.now().plus(14 * DAY)
    }

    async fn work(&self) -> Work {
        self.bench.store.begin(self.body).await.unwrap()
    }

    async fn caller(&self, person: PersonId) -> Caller {
        let mut work = self.work().await;
        Caller::by_token(&mut work, person, "", Duty::ALL, Origin::Console).await.unwrap()
    }

    async fn arrived(&self, receiver: Receiver) -> Passage {
        let mut work = self.work().await;
        let new = NewPassage {
            batch: work.new_id(),
            room: "transfer".to_owned(),
            crossing: Crossing::between(Zone::Internet, Zone::Lgwan).unwrap(),
            way: "page".to_owned(),
            sender: Sender::Person(self.clerk),
            receiver,
            class: "2".to_owned(),
            purpose: "申請書の受付".to_owned(),
            name: "申請書.docm".to_owned(),
            bytes: 20_000,
            sha256: "ab".repeat(32),
            original: Some(Sealed { blob: "01".repeat(32), key: vec![1, 2, 3] }),
        };
        let ends_at = self.now().plus(7 * DAY);
        let clerk = self.clerk;
        let by = move |action, subject| {
            Entry::new(Actor::person(clerk), action, subject, Origin::Console)
        };
        let passage = passages::receive(&mut work, by, new, ends_at).await.unwrap();
        work.commit().await.unwrap();
        passage
    }

    async fn conclude(&self, id: PassageId, wanted: Wanted) -> Result<Passage, PassageError> {
        let mut work = self.work().await;
        let ready = Conclusion::Ready(Happy::new(outcome(wanted)).unwrap());
        let passage = passages::conclude(&mut work, id, ready, self.later()).await?;
        work.commit().await.unwrap();
        Ok(passage)
    }

    async fn approve(&self, id: PassageId, by: PersonId) -> Result<Passage, PassageError> {
        let mut work = self.work().await;
        let permit = work.new_id();
        let passage = passages::approved(&mut work, id, by, permit, self.later()).await?;
        work.commit().await.unwrap();
        Ok(passage)
    }

    async fn actions(&self) -> Vec<String> {
        let mut work = self.work().await;
        let sql = "SELECT action FROM records WHERE body = $1 ORDER BY sequence";
        let rows = work.rows(sql, args![]).await.unwrap();
        rows.into_iter().map(|mut row| row.take::<String>(0).unwrap()).collect()
    }
}

fn outcome(wanted: Wanted) -> Outcome {
    Outcome {
        treat_rule: "inward-is-rebuilt".to_owned(),
        treatment: "rebuild".to_owned(),
        release_rule: "inward".to_owned(),
        verdict: Verdict::Disarmed,
        format: "docx".to_owned(),
        report: "{}".to_owned(),
        removed: 2,
        persons: Some(0),
        wanted,
        output: Some(Kept {
            sealed: Sealed { blob: "02".repeat(32), key: vec![4] },
            name: "申請書.docx".to_owned(),
            bytes: 18_000,
            sha256: "cd".repeat(32),
        }),
    }
}

const PAGE: Filter = Filter { state: None, after: None, limit: 20 };

#[tokio::test]
async fn what_arrives_is_treated_delivered_fetched_and_ends() {
    for town in towns().await {
        let passage = town.arrived(Receiver::Section(town.tax)).await;
        let delivered = town.conclude(passage.id, Wanted::default()).await.unwrap();
        assert_eq!(delivered.state, State::Delivered, "{}", town.bench.kind);

        let colleague = town.caller(town.colleague).await;
        let stranger = town.caller(town.head).await;
        let mut work = town.work().await;
        let inbox = passages::inbox(&mut work, &colleague, &PAGE).await.unwrap();
        assert_eq!(inbox.rows.len(), 1);
        let outbox = passages::outbox(&mut work, town.clerk, &PAGE).await.unwrap();
        assert_eq!(outbox.rows, inbox.rows);
        assert!(passages::inbox(&mut work, &stranger, &PAGE).await.unwrap().rows.is_empty());
        let refused = passages::fetch(&mut work, &stranger, passage.id).await;
        assert!(matches!(refused, Err(PassageError::NotThere)));
        let (_, kept) = passages::fetch(&mut work, &colleague, passage.id).await.unwrap();
        assert_eq!(kept.name, "申請書.docx");
        work.commit().await.unwrap();

        town.bench.clock.advance(15 * DAY);
        let mut work = town.work().await;
        assert_eq!(passages::overdue(&mut work, town.now(), 10).await.unwrap(), [passage.id]);
        let late = passages::fetch(&mut work, &colleague, passage.id).await;
        assert!(matches!(late, Err(PassageError::NotNow { .. })));
        let free = passages::end(&mut work, passage.id).await.unwrap();
        assert_eq!(free, ["01".repeat(32), "02".repeat(32)]);
        work.commit().await.unwrap();
        let wanted =
            ["received", "delivered", "fetched", "ended"].map(|verb| format!("passage.{verb}"));
        assert_eq!(town.actions().await, wanted);
    }
}

#[tokio::test]
async fn two_other_people_approve_and_nobody_else() {
    for town in towns().await {
        let passage = town.arrived(Receiver::Person(town.colleague)).await;
        let held = town.conclude(passage.id, Wanted { look: false, approvals: 2 }).await.unwrap();
        assert_eq!(held.state, State::Held);
        for own in [town.clerk, town.colleague] {
            let refused = town.approve(passage.id, own).await;
            assert!(matches!(refused, Err(PassageError::Own)), "{refused:?}");
        }
        let once = town.approve(passage.id, town.head).await.unwrap();
        assert_eq!((once.state, once.still_wanted().approvals), (State::Held, 1));
        let again = town.approve(passage.id, town.head).await;
        assert!(matches!(again, Err(PassageError::SameApprover)));
        let twice = town.approve(passage.id, town.chief).await.unwrap();
        assert_eq!(twice.state, State::Delivered);
    }
}

#[tokio::test]
async fn something_odd_ends_it_and_the_sender_does_not_look() {
    for town in towns().await {
        let passage = town.arrived(Receiver::Person(town.colleague)).await;
        town.conclude(passage.id, Wanted { look: true, approvals: 0 }).await.unwrap();
        let sender = town.caller(town.clerk).await;
        let head = town.caller(town.head).await;
        let mut work = town.work().await;
        let own = passages::looked(&mut work, &sender, passage.id, "", true, town.later()).await;
        assert!(matches!(own, Err(PassageError::Own)));
        drop(work);
        let mut work = town.work().await;
        let odd =
            passages::looked(&mut work, &head, passage.id, "wording=odd", false, town.later());
        assert_eq!(odd.await.unwrap().state, State::Refused);
        work.commit().await.unwrap();
        let late = town.approve(passage.id, town.chief).await;
        assert!(matches!(late, Err(PassageError::NotNow { .. })));
    }
}

#[tokio::test]
async fn a_treatment_counts_once() {
    for town in towns().await {
        let passage = town.arrived(Receiver::Person(town.colleague)).await;
        town.conclude(passage.id, Wanted::default()).await.unwrap();
        let again = town.conclude(passage.id, Wanted::default()).await;
        assert!(matches!(again, Err(PassageError::NotNow { .. })), "{again:?}");
    }
}

#[tokio::test]
async fn what_nobody_decides_is_refused_when_its_time_is_over() {
    for town in towns().await {
        let passage = town.arrived(Receiver::Person(town.colleague)).await;
        town.conclude(passage.id, Wanted { look: false, approvals: 1 }).await.unwrap();
        let mut work = town.work().await;
        assert!(passages::end(&mut work, passage.id).await.unwrap().is_empty(), "not yet");
        drop(work);
        town.bench.clock.advance(7 * DAY);
        let mut work = town.work().await;
        assert_eq!(passages::end(&mut work, passage.id).await.unwrap().len(), 2);
        let ended = passages::find(&mut work, passage.id).await.unwrap();
        assert_eq!(ended.state, State::Ended);
        assert_eq!(ended.outcome.unwrap().verdict, Verdict::Refused);
        work.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_blob_that_two_passages_keep_stays() {
    for town in towns().await {
        let first = town.arrived(Receiver::Person(town.colleague)).await;
        let second = town.arrived(Receiver::Person(town.colleague)).await;
        town.conclude(first.id, Wanted::default()).await.unwrap();
        town.conclude(second.id, Wanted::default()).await.unwrap();
        let mut work = town.work().await;
        assert!(passages::destroy_original(&mut work, first.id).await.unwrap().is_empty());
        let free = passages::destroy_original(&mut work, second.id).await.unwrap();
        assert_eq!(free, ["01".repeat(32)]);
        work.commit().await.unwrap();
    }
}

/// B18, B19: the schema itself refuses a delivery without what makes it one.
#[tokio::test]
async fn no_statement_delivers_what_was_not_decided() {
    for town in towns().await {
        let raw = town.arrived(Receiver::Person(town.colleague)).await;
        let held = town.arrived(Receiver::Person(town.colleague)).await;
        town.conclude(held.id, Wanted { look: true, approvals: 1 }).await.unwrap();
        let attempts = [
            (raw.id, "state = 'delivered'"),
            (raw.id, "state = 'delivered', delivered_at = 1, decided_at = 1"),
            (
                raw.id,
                "state = 'delivered', delivered_at = 1, decided_at = 1, verdict = 'clean',
                treat_rule = 'a', release_rule = 'b'",
            ),
            (
                raw.id,
                "state = 'delivered', delivered_at = 1, decided_at = 1, verdict = 'unchanged',
                treat_rule = 'a', release_rule = 'b', output = 'c', output_sha256 = 'd'",
            ),
            (raw.id, "zone_from = 'internet', zone_to = 'mynumber'"),
            (held.id, "state = 'delivered', delivered_at = 1, decided_at = 1"),
            (held.id, "state = 'delivered', delivered_at = 1, decided_at = 1, approvals = 1"),
            (held.id, "approved_by = sender"),
            (held.id, "approved_by = receiver"),
            (held.id, "looked_by = sender"),
            (held.id, "verdict = 'inspected', wants_look = 0"),
        ];
        for (id, change) in attempts {
            let mut work = town.work().await;
            let sql = format!("UPDATE passages SET {change} WHERE body = $1 AND id = $2");
            assert!(work.run(&sql, args![id]).await.is_err(), "{}: {change}", town.bench.kind);
        }
    }
}

#[tokio::test]
async fn another_body_sees_nothing() {
    for town in towns().await {
        let passage = town.arrived(Receiver::Person(town.colleague)).await;
        let mut work = town.bench.store.begin(town.bench.body()).await.unwrap();
        let found = passages::find(&mut work, passage.id).await;
        assert!(matches!(found, Err(PassageError::NotThere)));
    }
}

#[tokio::test]
async fn what_crossed_is_counted_by_day_and_fate_and_measured() {
    for town in towns().await {
        let (start, receiver) = (town.now(), Receiver::Section(town.tax));
        let straight = town.arrived(receiver).await;
        town.bench.clock.advance(2 * SECOND);
        town.conclude(straight.id, Wanted::default()).await.unwrap();
        let held = town.arrived(Receiver::Person(town.colleague)).await;
        town.conclude(held.id, Wanted { look: false, approvals: 1 }).await.unwrap();
        town.bench.clock.advance(DAY);
        town.approve(held.id, town.head).await.unwrap();
        let refused = town.arrived(receiver).await;
        let mut work = town.work().await;
        let by = |action, subject| Entry::new(Actor::System("test"), action, subject, Origin::Job);
        passages::refuse(&mut work, refused.id, by, "odd", town.later()).await.unwrap();
        work.commit().await.unwrap();
        town.bench.clock.advance(SECOND);
        let last = town.arrived(receiver).await;

        let mut work = town.work().await;
        let span = Span { from: start, until: town.now().plus(DAY) };
        let crossed = passages::crossed(&mut work, span).await.unwrap();
        let count = |fate| -> u64 {
            crossed.iter().filter(|one| one.fate == fate).map(|one| one.count).sum()
        };
        let counts = Fate::ALL.map(count);
        assert_eq!(counts, [2, 1, 1, 0], "{}", town.bench.kind);
        assert!(crossed.iter().all(|one| one.day == one.day.day_start_jst()));
        let took = passages::took(&mut work, span, Way::Straight).await.unwrap();
        assert_eq!((took.count, took.p50, took.p95), (1, 2 * SECOND, 2 * SECOND));
        let took = passages::took(&mut work, span, Way::Held).await.unwrap();
        assert_eq!((took.count, took.p50), (1, DAY));
        let nothing = Span { from: span.until, until: span.until.plus(DAY) };
        assert!(passages::crossed(&mut work, nothing).await.unwrap().is_empty());

        let sender = Sender::Person(town.clerk);
        let history = passages::history(&mut work, &sender, start, last.id).await.unwrap();
        assert_eq!((history.sent, history.refused, history.quarantined), (3, 1, 0));
        let colleague = Receiver::Person(town.colleague);
        assert_eq!(history.receivers, [(receiver, 2), (colleague, 1)]);

        // Originals of what was decided a day ago and longer, and of nothing else.
        let due = passages::originals_due(&mut work, town.now().minus(DAY), 10).await.unwrap();
        assert_eq!(due, [straight.id]);
        passages::destroy_original(&mut work, straight.id).await.unwrap();
        let due = passages::originals_due(&mut work, town.now(), 10).await.unwrap();
        assert_eq!(due, [held.id, refused.id]);
    }
}
