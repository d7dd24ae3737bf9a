//! The watch: hears each change of the packet filter, proves what it does then
//! and at an interval, and writes down when it does something else than what was
//! approved, with a packet that shows it and who was logged in.

mod keep;
mod logged_in;
mod monitor;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base::Timestamp;
use permits::Permits;
use records::{Action, Entry, Origin, Subject};
use store::Store;
use wall_engine::{
    Open, Opening, Proof, Ruleset, Serving, Unproven, Used, Violation, beside, prove, used,
};

use crate::error::WallError;
use crate::gate::{ACTOR, Gate, Opened};

pub use monitor::Change;
pub use words::{rule_line, witness_line};

const DRIFTED: Action = Action::new("wall.drifted");
const PROVEN: Action = Action::new("wall.proven");

/// Drifts that are kept in mind; the ledger has them all.
const DRIFTS_MAX: usize = 50;
/// This near to an end, the kernel's clock and ours may differ by what they
/// round: a proof that fails then is made again.
const NEAR: Duration = Duration::from_secs(3);
/// Violations that one entry of the ledger names.
const NAMED: [(&str, &str); 5] = [
    ("witness-1", "rule-1"),
    ("witness-2", "rule-2"),
    ("witness-3", "rule-3"),
    ("witness-4", "rule-4"),
    ("witness-5", "rule-5"),
];

/// What came of the last proof.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// There was none yet.
    #[default]
    Unknown,
    /// Exactly what was approved passes.
    Proven,
    /// Nothing wrong was found, and something was not understood.
    Unproven,
    /// Something passes that should not, or does not that should.
    Violated,
}

impl Verdict {
    /// All.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Proven, Self::Unproven, Self::Violated];

    /// The name in answers; the screens look up `wall-verdict-NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Proven => "proven",
            Self::Unproven => "unproven",
            Self::Violated => "violated",
        }
    }

    fn of(proof: &Proof) -> Self {
        match (proof.violations.is_empty(), proof.unproven.is_empty()) {
            (false, _) => Self::Violated,
            (true, false) => Self::Unproven,
            (true, true) => Self::Proven,
        }
    }
}

/// What the watch has found.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// What came of the last proof.
    pub verdict: Verdict,
    /// The last proof.
    pub proof: Arc<Proof>,
    /// When it was made.
    pub at: Option<Timestamp>,
    /// How long the mathematics took, in milliseconds, without asking the kernel.
    pub took_ms: u64,
    /// Since when it comes out like this.
    pub since: Option<Timestamp>,
    /// True where changes of the filter are heard as they happen.
    pub is_listening: bool,
    /// Why the kernel was not told or asked, in its own words.
    pub trouble: Option<String>,
    /// Why the site's file, as it lies there now, was not taken.
    pub site_trouble: Option<String>,
    /// What was found wrong, the newest first.
    pub drifts: Vec<Drift>,
}

/// The filter did something else than what was approved.
#[derive(Clone, Debug)]
pub struct Drift {
    /// When it was found.
    pub found_at: Timestamp,
    /// When it was right again.
    pub mended_at: Option<Timestamp>,
    /// What did not hold, each with a packet.
    pub violations: Vec<Violation>,
    /// What was not understood.
    pub unproven: Vec<Unproven>,
    /// The processes that changed the filter before.
    pub by: Vec<Change>,
    /// Who was logged in on this machine, as it says itself.
    pub logged_in: Vec<String>,
}

/// How a look came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// As before.
    Same,
    /// Right again.
    Right,
    /// Wrong, or wrong in another way.
    Wrong,
    /// Too near to an end to say.
    Again,
}

impl Gate {
    /// Reads what the kernel holds, proves it, and writes down what changed since
    /// the last time.
    ///
    /// # Errors
    /// If the kernel or the store did not answer.
    pub(crate) async fn look(
        &self,
        store: &Store,
        permits: &Permits,
        by: &[Change],
    ) -> Result<Look, WallError> {
        let body = self.body(store).await?;
        let still = self.still().await;
        let opened = self.opened().borrow().clone();
        let mut work = store.read(body).await?;
        let now = permits.look(&mut work).await?;
        drop(work);
        let (proof, took, counters) = self.proved(store, &opened, now).await?;
        self.count(store, &counters, now).await?;
        drop(still);
        let verdict = Verdict::of(&proof);
        if verdict != Verdict::Proven && is_near_an_end(&opened, now) {
            return Ok(Look::Again);
        }
        let before = self.watched().borrow().clone();
        let is_same = before.verdict == verdict
            && before.proof.violations == proof.violations
            && before.proof.unproven == proof.unproven;
        let proof = Arc::new(proof);
        self.show(|watched| {
            watched.proof = proof.clone();
            watched.at = Some(now);
            watched.took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            watched.trouble = None;
        });
        if is_same {
            return Ok(Look::Same);
        }
        let logged_in =
            if verdict == Verdict::Proven { Vec::new() } else { logged_in::now().await };
        let entry = self.entry(verdict, &proof, by, &logged_in);
        let mut work = store.begin(body).await?;
        records::append(&mut work, &entry).await?;
        work.commit().await?;
        self.show(|watched| {
            watched.verdict = verdict;
            watched.since = Some(now);
            if verdict == Verdict::Proven {
                let open = watched.drifts.iter_mut().filter(|one| one.mended_at.is_none());
                open.for_each(|one| one.mended_at = Some(now));
                return;
            }
            let drift = Drift {
                found_at: now,
                mended_at: None,
                violations: proof.violations.clone(),
                unproven: proof.unproven.clone(),
                by: by.to_vec(),
                logged_in,
            };
            watched.drifts.insert(0, drift);
            watched.drifts.truncate(DRIFTS_MAX);
        });
        Ok(if verdict == Verdict::Proven { Look::Right } else { Look::Wrong })
    }

    /// Asks the kernel and proves its answer, with how long the proof took and
    /// what was counted of each flow.
    async fn proved(
        &self,
        store: &Store,
        opened: &Arc<Opened>,
        now: Timestamp,
    ) -> Result<(Proof, Duration, BTreeMap<String, Used>), WallError> {
        let (kernel, opened, clock) =
            (self.kernel().clone(), opened.clone(), store.clock().clone());
        let asked = tokio::task::spawn_blocking(move || {
            let (text, around) = (kernel.ruleset()?, kernel.around()?);
            let started = clock.elapsed();
            let ruleset = Ruleset::read(&text)?;
            let mut proof = prove_opened(&opened, now, &ruleset);
            proof
                .unproven
                .extend(open_at(&opened, now, |open| beside(&opened.declared.site, open, &around)));
            let took = clock.elapsed().saturating_sub(started);
            Ok::<_, WallError>((proof, took, used(&ruleset)))
        });
        asked.await.map_err(|_| WallError::Ended)?
    }

    fn entry(&self, verdict: Verdict, proof: &Proof, by: &[Change], logged_in: &[String]) -> Entry {
        let action = if verdict == Verdict::Proven { PROVEN } else { DRIFTED };
        let place = self.kernel().netns().unwrap_or("host");
        let mut entry = Entry::new(ACTOR, action, Subject::new("wall", place), Origin::Job)
            .with("verdict", verdict.name())
            .with("violations", count(proof.violations.len()))
            .with("unproven", count(proof.unproven.len()));
        for (violation, (witness, rule)) in proof.violations.iter().zip(NAMED) {
            let shown = witness_line(&violation.witness);
            entry = entry.with(witness, format!("{} {shown}", violation.invariant.id()));
            if let Some(at) = &violation.rule {
                entry = entry.with(rule, rule_line(at));
            }
        }
        if let Some(one) = proof.unproven.first() {
            entry = entry.with("unproven-1", format!("{} ({})", rule_line(&one.rule), one.what));
        }
        if !by.is_empty() {
            let by: Vec<String> =
                by.iter().map(|one| format!("{} ({})", one.program, one.process)).collect();
            entry = entry.with("changed-by", by.join(", "));
        }
        if !logged_in.is_empty() {
            entry = entry.with("logged-in", logged_in.join("; "));
        }
        entry
    }
}

/// Proves a ruleset against what is open at a moment.
pub(crate) fn prove_opened(opened: &Opened, now: Timestamp, ruleset: &Ruleset) -> Proof {
    open_at(opened, now, |open| prove(&opened.declared.site, open, ruleset))
}

/// Asks something about what is open at a moment.
fn open_at<T>(opened: &Opened, now: Timestamp, ask: impl FnOnce(Open<'_>) -> T) -> T {
    let flows: Vec<Opening> = opened
        .flows
        .iter()
        .filter(|one| now < one.until)
        .map(|one| Opening { flow: one.flow, seconds: None })
        .collect();
    let services: Vec<Serving> = opened
        .services
        .iter()
        .filter(|(_, until)| now < *until)
        .map(|(service, _)| Serving { service: *service, seconds: None })
        .collect();
    ask(Open { flows: &flows, services: &services, cut: &opened.cut })
}

fn is_near_an_end(opened: &Opened, now: Timestamp) -> bool {
    let flows = opened.flows.iter().map(|flow| flow.until);
    let services = opened.services.iter().map(|(_, until)| *until);
    flows.chain(services).any(|until| until.since(now) <= NEAR && now.since(until) <= NEAR)
}

fn count(many: usize) -> i64 {
    i64::try_from(many).unwrap_or(i64::MAX)
}
