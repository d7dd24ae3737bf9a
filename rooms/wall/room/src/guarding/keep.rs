//! Keeps the guard of a running program: tells it what the gate has open, and
//! writes down what it cuts.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use records::{Action, Entry, Origin, Subject};
use store::Store;
use tokio::sync::{mpsc, watch};
use wall_engine::Opening;

use super::{Cut, Guard, Guarded, Limits, Reason};
use crate::error::WallError;
use crate::gate::{ACTOR, Gate, Opened};

const REFUSED: Action = Action::new("flow.refused");

/// Cuts that wait to be written down; beyond, they are counted only.
const WAITING_MAX: usize = 256;
/// The same client's same lie is written down once in this time, with how often.
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// Different lies that are kept in mind.
const KNOWN_MAX: usize = 1_024;
/// How often it looks whether its namespace is still the one of that name.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After the guard could not start.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// One lie: who told it, on which flow, and what it was.
type Lie = (String, IpAddr, &'static str, &'static str);

/// When a lie was written down last, and how often it was told since.
struct Known {
    told: Instant,
    since: usize,
    last: Cut,
}

/// Runs a guard for as long as it is awaited; where the gate only reads, there is
/// nothing to guard.
pub(crate) async fn keep(gate: Gate, store: Store) {
    if !gate.settings().apply {
        return std::future::pending().await;
    }
    let (cuts, mut coming) = mpsc::channel(WAITING_MAX);
    let mut known = BTreeMap::new();
    loop {
        let place = gate.kernel().place();
        let guard = started(&gate, &cuts).await;
        let stand = Stand { gate: &gate, store: &store, guard: &guard, place };
        stand.until_moved(&mut coming, &mut known).await;
        tracing::warn!("the network namespace of the wall was made anew: guarding there");
        // Its threads take a moment to end.
        let _ = tokio::task::spawn_blocking(move || drop(guard)).await;
    }
}

/// Starts a guard, however often that takes.
async fn started(gate: &Gate, cuts: &mpsc::Sender<Cut>) -> Guard {
    loop {
        let (netns, cuts) = (gate.settings().netns.clone(), cuts.clone());
        let start = move || Guard::start(netns.as_deref(), Limits::default(), cuts);
        match tokio::task::spawn_blocking(start).await {
            Ok(Ok(guard)) => return guard,
            Ok(Err(error)) => {
                tracing::error!(%error, "flows that name a protocol do not pass: {error}");
            }
            Err(error) => tracing::error!(%error, "the guard broke as it started"),
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

/// A guard in one network namespace.
struct Stand<'a> {
    gate: &'a Gate,
    store: &'a Store,
    guard: &'a Guard,
    place: Option<(u64, u64)>,
}

impl Stand<'_> {
    /// Tells the guard what is open and writes down what it cuts, until there is
    /// another namespace of that name.
    async fn until_moved(
        &self,
        coming: &mut mpsc::Receiver<Cut>,
        known: &mut BTreeMap<Lie, Known>,
    ) {
        let mut opened = self.gate.opened();
        let mut minute = tokio::time::interval(TOLD_AGAIN_AFTER);
        let mut look = tokio::time::interval(LOOK_EVERY);
        self.tell(&mut opened);
        while self.gate.kernel().place() == self.place {
            tokio::select! {
                changed = opened.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.tell(&mut opened);
                }
                Some(cut) = coming.recv() => {
                    if let Some(times) = remember(known, &cut) {
                        write(self.gate, self.store, &cut, times).await;
                    }
                }
                _ = minute.tick() => {
                    for (cut, times) in repeated(known) {
                        write(self.gate, self.store, &cut, times).await;
                    }
                }
                _ = look.tick() => {}
            }
        }
    }

    fn tell(&self, opened: &mut watch::Receiver<Arc<Opened>>) {
        let now = opened.borrow_and_update().clone();
        self.guard.open(guarded(&now));
    }
}

/// The flows as the guard needs them. Those of a zone that is cut off are not
/// open; times run from when the gate looked.
fn guarded(opened: &Arc<Opened>) -> Vec<Guarded> {
    let Some(told) = opened.told_at else { return Vec::new() };
    let openings: Vec<Opening> = opened
        .flows
        .iter()
        .filter(|one| {
            let flow = opened.declared.site.flows.get(one.flow);
            flow.is_some_and(|flow| {
                let ends = [flow.crossing.from(), flow.crossing.to()];
                !ends.iter().any(|zone| opened.cut.contains(zone))
            })
        })
        .map(|one| Opening { flow: one.flow, seconds: Some(one.until.since(told).as_secs()) })
        .collect();
    Guarded::of(&opened.declared.site, &openings, Instant::now())
}

/// How often a cut is to be written down as having happened; nothing if it was
/// written down just now.
fn remember(known: &mut BTreeMap<Lie, Known>, cut: &Cut) -> Option<usize> {
    let reason = cut.reason;
    if reason == Reason::NoFlow {
        // The kernel opened it a moment before the guard was told.
        return None;
    }
    let lie = (cut.flow.clone(), cut.client.ip(), reason.name(), reason.kind().name());
    if let Some(one) = known.get_mut(&lie) {
        one.since += 1;
        one.last = cut.clone();
        return None;
    }
    if known.len() < KNOWN_MAX {
        known.insert(lie, Known { told: Instant::now(), since: 0, last: cut.clone() });
    }
    Some(1)
}

/// What was told again since it was written down; what was not is forgotten.
fn repeated(known: &mut BTreeMap<Lie, Known>) -> Vec<(Cut, usize)> {
    let mut again = Vec::new();
    known.retain(|_, one| {
        let is_due = one.told.elapsed() >= TOLD_AGAIN_AFTER / 2;
        if is_due && one.since > 0 {
            again.push((one.last.clone(), one.since));
            one.told = Instant::now();
            one.since = 0;
            return true;
        }
        !is_due
    });
    again
}

async fn write(gate: &Gate, store: &Store, cut: &Cut, times: usize) {
    tracing::warn!(
        flow = %cut.flow, why = cut.reason.name(), kind = cut.reason.kind().name(), times,
        "cut a session of the flow {}: {}", cut.flow, cut.reason.name()
    );
    if let Err(error) = record(gate, store, cut, times).await {
        tracing::error!(%error, "a session that was cut is not in the ledger: {error}");
    }
}

async fn record(gate: &Gate, store: &Store, cut: &Cut, times: usize) -> Result<(), WallError> {
    let body = gate.body(store).await?;
    let mut work = store.begin(body).await?;
    let mut entry = Entry::new(ACTOR, REFUSED, Subject::new("flow", &cut.flow), Origin::Job)
        .with("why", cut.reason.name())
        .with("side", cut.reason.side().name())
        .with("looks-like", cut.reason.kind().name())
        .with("client", cut.client.ip().to_string())
        .with("server", cut.server.to_string())
        .with("times", times);
    if let Reason::Refused(refusal) = cut.reason {
        entry = entry.with("due", refusal.due);
    }
    records::append(&mut work, &entry).await?;
    work.commit().await?;
    Ok(())
}
