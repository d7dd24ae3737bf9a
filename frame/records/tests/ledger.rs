//! What the ledger promises, on each kind of database.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::time::Duration;

use base::Clock;
use common::{APPROVED, entry, export, fill, key, sign, trust, whole};
use records::{
    Break, BreakKind, Checkpoint, Details, EXPORTED, Entry, Filter, Key, Origin, Range,
    RecordError, Sequence, Verify, VerifyError, verify_export, verify_rows,
};
use store::args;
use testbed::benches;

#[tokio::test(flavor = "multi_thread")]
async fn entries_come_back_as_they_were_written() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        fill(&bench, body, 8, 100).await;
        let mut work = bench.store.read(body).await.unwrap();
        for number in 1..=8_usize {
            let written = entry(number);
            let place = Sequence::new(i64::try_from(number).unwrap());
            let read = records::find(&mut work, place).await.unwrap().unwrap();
            assert_eq!(read.actor_kind, written.actor.kind(), "{}", bench.kind);
            assert_eq!(read.actor, written.actor.id());
            assert_eq!(read.acting_for, written.acting_for);
            assert_eq!(read.action, written.action.name());
            assert_eq!(
                (read.subject_kind.as_str(), &read.subject),
                (written.subject.kind, &written.subject.id)
            );
            assert_eq!((read.permit, read.origin), (written.permit, written.origin.to_string()));
            assert_eq!(read.details, written.details);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_kept_with_its_change_or_not_at_all() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        fill(&bench, body, 2, 100).await;
        let mut work = bench.store.begin(body).await.unwrap();
        assert_eq!(records::append(&mut work, &entry(3)).await.unwrap(), Sequence::new(3));
        drop(work);
        let mut work = bench.store.begin(body).await.unwrap();
        assert_eq!(records::append(&mut work, &entry(3)).await.unwrap(), Sequence::new(3));
        work.commit().await.unwrap();
        let mut work = bench.store.read(body).await.unwrap();
        let verified = verify_rows(&mut work, &trust()).await.unwrap();
        assert_eq!(verified.entries(), 3, "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_entries_of_one_change_are_chained_as_if_one_by_one() {
    for bench in benches(records::MIGRATIONS).await {
        let entries: Vec<Entry> = (1..=600_usize).map(entry).collect();
        let (together, apart) = (bench.body(), bench.body());
        let mut work = bench.store.begin(together).await.unwrap();
        let last = records::append_all(&mut work, &entries).await.unwrap();
        assert_eq!(records::append_all(&mut work, &[]).await.unwrap(), last);
        work.commit().await.unwrap();
        let mut work = bench.store.begin(apart).await.unwrap();
        for entry in &entries {
            records::append(&mut work, entry).await.unwrap();
        }
        work.commit().await.unwrap();
        for body in [together, apart] {
            let mut work = bench.store.read(body).await.unwrap();
            let verified = verify_rows(&mut work, &trust()).await.unwrap();
            assert_eq!(verified.entries(), 600, "{}", bench.kind);
            let found = records::find(&mut work, Sequence::new(257)).await.unwrap().unwrap();
            assert_eq!(found.subject, entry(257).subject.id, "{}", bench.kind);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_make_one_chain_a_body() {
    for bench in benches(records::MIGRATIONS).await {
        let bodies = [bench.body(), bench.body()];
        let writers = (0..8).map(|writer| {
            let (store, body) = (bench.store.clone(), bodies[writer % 2]);
            tokio::spawn(async move {
                for number in 0..15 {
                    let mut work = store.begin(body).await.unwrap();
                    records::append(&mut work, &entry(number)).await.unwrap();
                    if number % 5 == 4 {
                        sign(&mut work).await;
                    }
                    // One in three gives up at the end.
                    if number % 3 != 2 {
                        work.commit().await.unwrap();
                    }
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        for body in bodies {
            let mut work = bench.store.read(body).await.unwrap();
            let verified = verify_rows(&mut work, &trust()).await.unwrap();
            assert!(verified.entries() >= 40, "{}: {verified:?}", bench.kind);
            assert_eq!(verified.times_back, 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_ledger_is_whole_and_cannot_be_signed_or_exported() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        let mut work = bench.store.begin(body).await.unwrap();
        let verified = verify_rows(&mut work, &trust()).await.unwrap();
        assert_eq!(verified.entries(), 0, "{}", bench.kind);
        let nobody = records::Actor::Nobody;
        let refused = records::checkpoint(&mut work, &key(), nobody, Origin::Job).await;
        assert!(matches!(refused, Err(RecordError::Empty)));
        let range = Range { first: Sequence::FIRST, last: Sequence::FIRST };
        let refused = records::Export::begin(work, range, key()).await;
        assert!(matches!(refused.err(), Some(RecordError::Empty)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_is_refused_and_control_characters_do_not_enter() {
    for bench in benches(records::MIGRATIONS).await {
        let mut work = bench.store.begin(bench.body()).await.unwrap();
        let mut long = entry(0);
        long.subject.id = "x".repeat(201);
        let refused = records::append(&mut work, &long).await;
        assert!(matches!(refused, Err(RecordError::TooLarge { field: "subject", .. })));
        let mut many = entry(0);
        many.details = Details::default();
        for name in ["a", "b", "c", "d", "e", "f"] {
            many.details.set(name, "緑".repeat(1_000));
        }
        let refused = records::append(&mut work, &many).await;
        assert!(matches!(refused, Err(RecordError::TooLarge { field: "details", .. })));
        let mut odd = entry(0).with("agent", "a\0b");
        odd.subject.id = "a\0b".to_owned();
        let place = records::append(&mut work, &odd).await.unwrap();
        let read = records::find(&mut work, place).await.unwrap().unwrap();
        assert_eq!(
            (read.subject.as_str(), read.details.text("agent")),
            ("a\u{fffd}b", Some("a\0b"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_sign_the_place_before_them_and_are_not_doubled() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        fill(&bench, body, 5, 100).await;
        let mut work = bench.store.begin(body).await.unwrap();
        let first = sign(&mut work).await;
        assert_eq!((first.body, first.sequence), (body, Sequence::new(5)), "{}", bench.kind);
        assert!(first.is_signed_by(&[key().public()]));
        assert_eq!(sign(&mut work).await, first, "{}: nothing new to sign", bench.kind);
        assert_eq!(records::newest_checkpoint(&mut work).await.unwrap(), Some(first));
        let verified = verify_rows(&mut work, &trust()).await.unwrap();
        assert_eq!((verified.checkpoints, verified.signed_to), (1, Sequence::new(5)));
        assert_eq!(verified.entries(), 6);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_of_another_key_is_not_trusted() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        fill(&bench, body, 3, 3).await;
        let mut work = bench.store.read(body).await.unwrap();
        let other = Key::generate(&base::SeededRandom::new(12)).public();
        let others = Verify { keys: vec![other], ..Verify::default() };
        expect(verify_rows(&mut work, &others).await, 4, BreakKind::Signature);
    }
}

/// Who holds the database can rewrite it from any place on with a chain that
/// fits; the next checkpoint shows it, and one kept elsewhere shows a cut.
#[tokio::test(flavor = "multi_thread")]
async fn a_rewritten_chain_breaks_at_the_next_checkpoint_and_a_cut_at_the_witness() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        fill(&bench, body, 10, 5).await;
        bench.unlock("records").await;
        let mut work = bench.store.begin(body).await.unwrap();
        let witness = records::newest_checkpoint(&mut work).await.unwrap().unwrap();
        let places = (witness.sequence.number(), 12);
        assert_eq!(places, (11, 12), "{}", bench.kind);
        // Cut everything from place 9 on, head and all, and write other entries.
        cut(&mut work, 9).await;
        expect_whole(&mut work, &trust()).await;
        let with_witness = Verify { witnesses: vec![witness.clone()], ..trust() };
        let broken = verify_rows(&mut work, &with_witness).await;
        expect(broken, 9, BreakKind::CutOff);
        for number in [20, 21, 22, 23] {
            records::append(&mut work, &entry(number)).await.unwrap();
        }
        let broken = verify_rows(&mut work, &with_witness).await;
        expect(broken, 11, BreakKind::Witness);
        // Nothing in the database itself shows it, as docs/adr/0004 says.
        expect_whole(&mut work, &trust()).await;
        // Bringing the old checkpoint back into the new chain does not work.
        let mut copied = entry(0);
        copied.action = records::CHECKPOINT;
        copied.details = Details::default();
        let place = records::head(&mut work).await.unwrap().sequence;
        let copied = copied.with("covers", place.number()).with("key", &witness.key);
        let hex: String = witness.signature.iter().map(|byte| format!("{byte:02x}")).collect();
        records::append(&mut work, &copied.with("signature", hex)).await.unwrap();
        let broken = verify_rows(&mut work, &trust()).await;
        expect(broken, place.number() + 1, BreakKind::Signature);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_needs_only_the_file_and_the_public_key() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        fill(&bench, body, 20, 6).await;
        let range = whole(&bench.store, body).await;
        let file = export(&bench.store, body, range).await;
        let verified = verify_export(file.as_bytes(), &trust()).unwrap();
        assert_eq!((verified.body, verified.entries(), verified.checkpoints), (body, 23, 3));
        assert_eq!(verified.sealed_at, Some(bench.clock.now()), "{}", bench.kind);
        let mut work = bench.store.read(body).await.unwrap();
        let rows = verify_rows(&mut work, &trust()).await.unwrap();
        assert_eq!(rows.end, verified.end, "{}", bench.kind);
        // Any reader of JSON can take the lines apart.
        for line in file.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(value.to_string(), line, "sorted names, no blanks");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_days_export_shows_that_the_last_lost_its_tail() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        fill(&bench, body, 9, 4).await;
        let place = |number| Sequence::new(number);
        let part = |first, last| Range { first: place(first), last: place(last) };
        let monday = export(&bench.store, body, part(1, 6)).await;
        let shorter = export(&bench.store, body, part(1, 5)).await;
        let tuesday = export(&bench.store, body, part(7, 11)).await;
        let read = |file: &str| verify_export(file.as_bytes(), &trust()).unwrap();
        let (monday, shorter, tuesday) = (read(&monday), read(&shorter), read(&tuesday));
        assert_eq!(tuesday.follows(&monday), Ok(()), "{}", bench.kind);
        let gap = Break { sequence: place(6), kind: BreakKind::Missing };
        assert_eq!(tuesday.follows(&shorter), Err(gap), "{}", bench.kind);
        // Another Monday, grown again to the same length, has another hash.
        bench.unlock("records").await;
        let mut work = bench.store.begin(body).await.unwrap();
        cut(&mut work, 6).await;
        for number in [30, 31] {
            records::append(&mut work, &entry(number)).await.unwrap();
        }
        work.commit().await.unwrap();
        let forged = read(&export(&bench.store, body, part(1, 6)).await);
        let changed = Break { sequence: place(7), kind: BreakKind::Changed };
        assert_eq!(tuesday.follows(&forged), Err(changed), "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn daily_exports_follow_each_other() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        let mut before: Option<records::Verified> = None;
        for _ in 0..3 {
            fill(&bench, body, 7, 100).await;
            let mut work = bench.store.begin(body).await.unwrap();
            sign(&mut work).await;
            let range = records::range_since_export(&mut work).await.unwrap().unwrap();
            let job = records::Actor::System("jobs");
            let subject = records::Subject::new("ledger", body);
            let told = Entry::new(job, EXPORTED, subject, Origin::Job)
                .with("first", range.first.number())
                .with("last", range.last.number());
            records::append(&mut work, &told).await.unwrap();
            work.commit().await.unwrap();
            let file = export(&bench.store, body, range).await;
            let verified = verify_export(file.as_bytes(), &trust()).unwrap();
            if let Some(before) = before {
                verified.follows(&before).unwrap();
            }
            before = Some(verified);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stretch_of_a_day_is_found_by_time() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        let start = bench.clock.now();
        fill(&bench, body, 10, 100).await;
        let mut work = bench.store.read(body).await.unwrap();
        // The entries stand 1.5 s apart, the first after 1.5 s.
        let from = start.plus(Duration::from_millis(3_000));
        let until = start.plus(Duration::from_millis(7_500));
        let range = records::range_of_day(&mut work, from, until).await.unwrap();
        let expected = Range { first: Sequence::new(2), last: Sequence::new(4) };
        assert_eq!(range, Some(expected), "{}", bench.kind);
        let none = records::range_of_day(&mut work, start, from.minus(Duration::from_secs(2)));
        assert_eq!(none.await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_is_told_and_breaks_nothing() {
    for bench in benches(records::MIGRATIONS).await {
        let body = bench.body();
        fill(&bench, body, 3, 2).await;
        bench.clock.jump(bench.clock.now().minus(Duration::from_secs(3_600)));
        fill(&bench, body, 3, 2).await;
        let mut work = bench.store.read(body).await.unwrap();
        let verified = verify_rows(&mut work, &trust()).await.unwrap();
        assert_eq!((verified.entries(), verified.times_back), (8, 1), "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_body_neither_reads_nor_signs_the_ledger_of_another() {
    for bench in benches(records::MIGRATIONS).await {
        let (mine, theirs) = (bench.body(), bench.body());
        fill(&bench, mine, 4, 100).await;
        let mut work = bench.store.begin(theirs).await.unwrap();
        assert_eq!(records::find(&mut work, Sequence::FIRST).await.unwrap(), None);
        let page = records::search(&mut work, &Filter::default(), None, 10).await.unwrap();
        assert!(page.entries.is_empty(), "{}", bench.kind);
        let place = records::append(&mut work, &entry(1)).await.unwrap();
        assert_eq!(place, Sequence::FIRST, "{}", bench.kind);
    }
}

#[test]
fn a_checkpoint_is_one_statement_about_one_ledger() {
    let random = base::SeededRandom::new(1);
    let body = base::BodyId::new(base::Timestamp::from_millis(5), &random);
    let checkpoint = Checkpoint {
        body,
        sequence: Sequence::new(7),
        hash: records::Hash([0xab; 32]),
        at: base::Timestamp::from_millis(0),
        key: key().public().to_string(),
        signature: [0; 64],
    };
    let expected = format!(
        "{{\"at\":\"1970-01-01T00:00:00.000Z\",\"body\":\"{body}\",\"hash\":\"{}\",\"key\":\"{}\",\
         \"sequence\":7,\"what\":\"sekisho-checkpoint-1\"}}",
        "ab".repeat(32),
        key().public()
    );
    assert_eq!(checkpoint.message(), expected);
    assert!(!checkpoint.is_signed_by(&[key().public()]));
    assert_eq!(APPROVED.name(), "permit.approved");
}

/// Removes everything from a place on and moves the head back, as somebody with
/// the database's own tools could.
async fn cut(work: &mut store::Work, place: i64) {
    let sql = "SELECT hash FROM records WHERE body = $1 AND sequence = $2";
    let mut row = work.row(sql, args![place - 1]).await.unwrap().unwrap();
    let hash: Vec<u8> = row.take(0).unwrap();
    work.run("DELETE FROM records WHERE body = $1 AND sequence >= $2", args![place]).await.unwrap();
    let sql = "UPDATE ledger_heads SET sequence = $2, hash = $3 WHERE body = $1";
    work.run(sql, args![place - 1, hash]).await.unwrap();
}

async fn expect_whole(work: &mut store::Work, verify: &Verify) {
    verify_rows(work, verify).await.unwrap();
}

fn expect(result: Result<records::Verified, VerifyError>, place: i64, kind: BreakKind) {
    match result {
        Err(VerifyError::Broken(found)) => {
            assert_eq!(found, Break { sequence: Sequence::new(place), kind });
        }
        other => panic!("not broken at {place}: {other:?}"),
    }
}
