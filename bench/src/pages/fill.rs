//! Fills a demo town's store up to a size, through the crates' own encoding
//! where one is theirs: the ledger's entries are appended, jobs are scheduled;
//! people and permits are rows as the program writes them.

use anyhow::{Context, Result};
use base::{BodyId, Clock, ManualClock, SystemClock, Timestamp};
use store::{Store, args};

use super::plan::Years;
use super::{ledger, permits, town};

/// How much a store holds.
#[derive(Clone, Copy)]
pub(super) struct Goal {
    pub(super) people: i64,
    pub(super) permits: i64,
    pub(super) records: i64,
}

impl Goal {
    /// So many ten-thousandths of it.
    pub(super) fn share(self, share: u32) -> Self {
        let part = |whole: i64| whole * i64::from(share) / 10_000;
        Self { people: part(self.people), permits: part(self.permits), records: part(self.records) }
    }
}

/// The city of the demo.
pub(super) struct City {
    pub(super) body: BodyId,
    pub(super) prefecture: BodyId,
    pub(super) years: Years,
    /// The moment of this run: what waits or is in force counts from here.
    pub(super) now: Timestamp,
}

/// Fills up to a size; false if there was nothing to do.
pub(super) async fn fill(store: &Store, clock: &ManualClock, goal: Goal) -> Result<bool> {
    let city = find(store).await?;
    clock.jump(city.now);
    let people = town::fill(store, &city, goal).await?;
    let permits = permits::fill(store, &city, &people, goal).await?;
    let records = ledger::fill(store, clock, &city, &people, goal).await?;
    Ok(permits || records)
}

/// The city of the demo: its CISO's body.
pub(super) async fn find(store: &Store) -> Result<City> {
    let mut across = store.read_across("the bench looks for the city").await?;
    let sql = "SELECT b.body, b.above, b.founded_at FROM people p JOIN bodies b ON b.body = p.body
         WHERE p.login = $1";
    let row = across.row(sql, args![town::CISO]).await?;
    let mut row = row.context("the demo town has no CISO")?;
    let founded: Timestamp = row.take(2)?;
    Ok(City {
        body: row.take(0)?,
        prefecture: row.take::<Option<BodyId>>(1)?.context("the city stands alone")?,
        years: Years::before(founded),
        now: SystemClock::default().now(),
    })
}

/// Tells how far something is.
pub(super) struct Progress {
    what: &'static str,
    from: i64,
    to: i64,
    said: i64,
}

impl Progress {
    pub(super) const fn new(what: &'static str, from: i64, to: i64) -> Self {
        Self { what, from, to, said: 0 }
    }

    pub(super) fn at(&mut self, place: i64) {
        let tenths = (place - self.from) * 10 / (self.to - self.from).max(1);
        if tenths > self.said {
            self.said = tenths;
            eprintln!("  {} {place} of {}", self.what, self.to);
        }
    }
}
