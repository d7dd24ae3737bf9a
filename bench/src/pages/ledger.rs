//! The ledger of the invented years, appended by the ledger itself: a sign-in
//! and four steps of a permit, interleaved, with what is rare in between.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use base::{Id, ManualClock, SeededRandom};
use records::{Action, Actor, EXPORTED, Entry, Key, Origin, Sequence, Subject};
use store::Store;

use super::WHOLE;
use super::fill::{City, Goal, Progress};
use super::permits::Drawn;
use super::plan::chance;
use super::town::People;

/// Entries of one unit of work, which all bear its time.
const BATCH: i64 = 1_000;
/// One signature for so many batches.
const SIGNED_EVERY: i64 = 5;

/// The steps of five entries, and how many permits a step lags behind the first.
const STEPS: [(Action, i64); 5] = [
    (Action::new("session.opened"), 0),
    (Action::new("permit.applied"), 0),
    (Action::new("permit.approved"), 40),
    (Action::new("file.fetched"), 300),
    (Action::new("permit.closed"), 900),
];
const RARE: [(Action, &str); 4] = [
    (Action::new("alert.raised"), "alert"),
    (Action::new("section.changed"), "section"),
    (Action::new("person.changed"), "person"),
    (Action::new("role.assigned"), "person"),
];
/// One entry of so many is rare.
const RARE_EVERY: i64 = 4_999;

/// Adds entries up to a size; false if there are as many.
pub(super) async fn fill(
    store: &Store,
    clock: &ManualClock,
    city: &City,
    people: &People,
    goal: Goal,
) -> Result<bool> {
    let mut work = store.read(city.body).await?;
    let there = records::head(&mut work).await?.sequence.number();
    drop(work);
    if there >= goal.records {
        return Ok(false);
    }
    let key = Key::generate(&SeededRandom::new(5));
    let mut progress = Progress::new("records", there, goal.records);
    let mut place = there;
    while place < goal.records {
        clock.jump(city.years.step(place, WHOLE.records));
        let mut work = store.begin(city.body).await?;
        let last = (place + BATCH).min(goal.records);
        let entries: Vec<Entry> = (place + 1..=last).map(|at| entry(city, people, at)).collect();
        place = records::append_all(&mut work, &entries).await?.number();
        if place / BATCH % SIGNED_EVERY == 0 {
            place = sign(&mut work, &key).await?.number();
        }
        work.commit().await?;
        progress.at(place);
    }
    clock.jump(city.now);
    told(store, city, place).await?;
    Ok(true)
}

async fn sign(work: &mut store::Work, key: &Key) -> Result<Sequence> {
    records::checkpoint(work, key, Actor::System("ledger"), Origin::Job).await?;
    Ok(records::head(work).await?.sequence)
}

/// Says that the nightly export took everything, so that the program does not
/// begin with it.
async fn told(store: &Store, city: &City, last: i64) -> Result<()> {
    let subject = Subject::new("ledger", city.body);
    let entry = Entry::new(Actor::System("ledger"), EXPORTED, subject, Origin::Job)
        .with("first", 1_i64)
        .with("last", last)
        .with("file", "bench");
    let mut work = store.begin(city.body).await?;
    records::append(&mut work, &entry).await?;
    Ok(work.commit().await?)
}

/// The entry that stands at a place.
fn entry(city: &City, people: &People, place: i64) -> Entry {
    let byte = |salt| u8::try_from(chance(place, salt, 250) + 1).unwrap_or(1);
    let origin = Origin::Address(Ipv4Addr::new(10, 20, byte(7), byte(8)).into());
    let (step, lag) = STEPS[usize::try_from(place.unsigned_abs() % 5).unwrap_or(0)];
    let number = (place / 5 - lag).max(100);
    let permit = Drawn::new(city, people, number);
    let applicant = Actor::person(permit.applicant());
    if place % RARE_EVERY == 0 {
        let (action, kind) = RARE[chance(place, 9, RARE.len())];
        let subject = if kind == "person" { permit.decider() } else { permit.applicant() };
        return Entry::new(applicant, action, Subject::new(kind, subject), origin)
            .with("reason", "人事異動");
    }
    let id = city.years.permit(number);
    let subject = Subject::new("permit", id);
    match step.name() {
        "session.opened" => {
            let session: Id<()> = Id::new(permit.ends, &SeededRandom::new(place.unsigned_abs()));
            Entry::new(applicant, step, Subject::new("session", session), origin)
                .with("first", "password")
                .with("second", "totp")
        }
        "file.fetched" => {
            let name = format!("申請書{number}.docx");
            let file: Id<()> = Id::new(permit.ends, &SeededRandom::new(number.unsigned_abs()));
            Entry::new(applicant, step, Subject::new("file", file), origin)
                .on_permit(id)
                .with("name", name)
                .with("sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
        }
        "permit.approved" => described(
            Entry::new(Actor::person(permit.decider()), step, subject, origin),
            &permit,
            number,
        ),
        "permit.applied" => {
            described(Entry::new(applicant, step, subject, origin), &permit, number)
                .with("purpose", Drawn::purpose())
                .with("scope", permit.scope())
                .with("starts", permit.ends.minus(Duration::from_secs(7 * 3_600)))
        }
        _ => described(Entry::new(applicant, step, subject, origin), &permit, number)
            .with("outcome", "expired"),
    }
}

fn described(entry: Entry, permit: &Drawn<'_>, number: i64) -> Entry {
    entry
        .with("kind", permit.kind())
        .with("number", number)
        .with("state", "active")
        .with("ends", permit.ends)
}
