//! A small ledger with every kind of entry, for the tests.
#![allow(dead_code)]

use std::time::Duration;

use base::{BodyId, SeededRandom};
use records::{Action, Actor, Details, Entry, Key, Origin, Subject, Verify};
use store::Store;
use testbed::Bench;

pub const APPROVED: Action = Action::new("permit.approved");
pub const APPLIED: Action = Action::new("permit.applied");
pub const SIGNED_IN: Action = Action::new("sign-in.refused");

pub fn key() -> Key {
    Key::generate(&SeededRandom::new(11))
}

pub fn trust() -> Verify {
    Verify { keys: vec![key().public()], witnesses: Vec::new() }
}

/// The entry that stands at a place, of several shapes.
pub fn entry(number: usize) -> Entry {
    let permit = Subject::new("permit", format!("P{number:05}"));
    let address = Origin::Address([10, 1, 2, u8::try_from(number % 200).unwrap()].into());
    match number % 4 {
        0 => Entry::new(Actor::person("01JTANAKA"), APPLIED, permit, address)
            .with("purpose", "住民票の写しの交付に\n使う \"緊急\"")
            .with("hours", 24_u32),
        1 => Entry::new(Actor::person("01JSUZUKI"), APPROVED, permit, Origin::Console)
            .acting_for(Some("01JSATO"))
            .on_permit(format!("P{number:05}")),
        2 => Entry::new(Actor::Nobody, SIGNED_IN, Subject::new("login", "tanaka"), address)
            .with("reason", "second factor")
            .with("count", -3_i64),
        _ => Entry::new(Actor::System("jobs"), APPROVED, permit, Origin::Job),
    }
}

/// Writes entries, each in a work of its own, and signs after each `every`th.
pub async fn fill(bench: &Bench, body: BodyId, count: usize, every: usize) {
    for number in 1..=count {
        bench.clock.advance(Duration::from_millis(1_500));
        let mut work = bench.store.begin(body).await.unwrap();
        records::append(&mut work, &entry(number)).await.unwrap();
        if number % every == 0 {
            sign(&mut work).await;
        }
        work.commit().await.unwrap();
    }
}

pub async fn sign(work: &mut store::Work) -> records::Checkpoint {
    let actor = Actor::System("jobs");
    records::checkpoint(work, &key(), actor, Origin::Job).await.unwrap()
}

/// The whole export of a body.
pub async fn export(store: &Store, body: BodyId, range: records::Range) -> String {
    let work = store.read(body).await.unwrap();
    let mut export = records::Export::begin(work, range, key()).await.unwrap();
    let mut file = String::new();
    while let Some(chunk) = export.chunk().await.unwrap() {
        file.push_str(&chunk);
    }
    file
}

pub async fn whole(store: &Store, body: BodyId) -> records::Range {
    let mut work = store.read(body).await.unwrap();
    let last = records::head(&mut work).await.unwrap().sequence;
    records::Range { first: records::Sequence::FIRST, last }
}

pub fn details(pairs: &[(&'static str, &str)]) -> Details {
    let mut details = Details::default();
    for (name, value) in pairs {
        details.set(name, *value);
    }
    details
}
