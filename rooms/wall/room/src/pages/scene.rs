//! What every screen of the wall begins with: the site as it is declared, how
//! each flow stands, and what the watch has found.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::Timestamp;
use console::{Failure, View, Visit};
use i18n::Message;
use identity::Caller;
use permits::{Filter, PAGE_MAX, Permit, Permits, State};
use store::Work;
use zones::Site;

use super::map::{Scene, Stray};
use super::mark::{Beside, Mark, mark};
use super::proof::SEES_HOLES;
use super::told;
use crate::error::WallError;
use crate::flows::{Declared, FLOW, Stand};
use crate::gate::{Gate, Opened};
use crate::room::Behind;
use crate::service;
use crate::uses::{Use, Uses};
use crate::watch::Watched;

/// Pages of the permits' register that are looked through for a flow's own.
const PAGES_MAX: usize = 10;

/// The wall as one request sees it.
pub(crate) struct Seen {
    pub(crate) gate: Gate,
    pub(crate) declared: Arc<Declared>,
    pub(crate) stands: Vec<Stand>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) watched: Arc<Watched>,
    pub(crate) opened: Arc<Opened>,
    pub(crate) strays: Vec<Stray>,
    pub(crate) uses: Arc<Uses>,
    /// By the permits' clock.
    pub(crate) now: Timestamp,
}

impl Seen {
    /// The site.
    pub(crate) fn site(&self) -> &Site {
        &self.declared.site
    }

    /// True where the kernel is told what is open.
    pub(crate) fn is_applied(&self) -> bool {
        self.gate.settings().apply
    }

    /// What the map draws.
    pub(crate) fn scene(&self) -> Scene<'_> {
        Scene { site: self.site(), marks: &self.marks, strays: &self.strays, cut: &self.opened.cut }
    }

    /// How much a flow was used, where that was ever counted.
    pub(crate) fn used(&self, stand: &Stand) -> Option<&Use> {
        let flow = self.site().flows.get(stand.place)?;
        self.uses.get(&flow.name)
    }

    /// Since when nobody uses an open flow, where that is long.
    pub(crate) fn unused_since(&self, stand: &Stand) -> Option<Timestamp> {
        self.used(stand)?.unused_since(stand, self.now)
    }

    /// How a flow is shown.
    pub(crate) fn mark(&self, place: usize) -> Mark {
        self.marks.get(place).copied().unwrap_or(Mark::Closed)
    }
}

/// The gate of the caller's body, if this program holds one.
pub(crate) fn gate<'b>(behind: &'b Behind, caller: &Caller) -> Option<&'b Gate> {
    behind.gate(caller.body).ok()
}

/// The one that the program decides permits with.
pub(crate) fn permits(visit: &Visit) -> Result<&Permits, Failure> {
    visit.state.means.find::<Permits>().ok_or(Failure::NotFound)
}

/// Says a message in the reader's language.
pub(crate) fn say(view: &View) -> impl Fn(Message) -> String {
    |message| view.say(message).to_string()
}

/// Looks at the wall.
pub(crate) async fn see(
    gate: &Gate,
    visit: &Visit,
    caller: &Caller,
    work: &mut Work,
) -> Result<Seen, Failure> {
    let permits = permits(visit)?;
    let declared = gate.declared();
    let stands = service::flows(work, caller, gate, permits).await?;
    let watched = gate.watched().borrow().clone();
    let opened = gate.opened().borrow().clone();
    let uses = gate.uses().borrow().clone();
    let now = permits.look(work).await.map_err(WallError::from)?;
    let is_applied = gate.settings().apply;
    // Where the kernel is not told, it does something else by intent.
    let violations = if is_applied { watched.proof.violations.as_slice() } else { &[] };
    let lacking: BTreeSet<usize> =
        violations.iter().filter_map(|one| told::lacking(&declared.site, one)).collect();
    let refused = refused(permits, work, caller).await?;
    let name = |place: usize| declared.site.flows.get(place).map_or("", |flow| &flow.name);
    let marks = stands
        .iter()
        .map(|stand| {
            let beside = Beside {
                is_lacking: lacking.contains(&stand.place),
                is_refused: refused.contains(name(stand.place)),
            };
            mark(stand, beside, now)
        })
        .collect();
    // Whoever could use a hole is not shown where it is.
    let sees_holes = SEES_HOLES.iter().any(|duty| caller.duties.has(*duty));
    let shown = if sees_holes { violations } else { &[] };
    let strays = told::strays(&declared.site, shown);
    Ok(Seen { gate: gate.clone(), declared, stands, marks, watched, opened, strays, uses, now })
}

/// Flows whose newest application, of those that the caller may see, was
/// refused.
async fn refused(
    permits: &Permits,
    work: &mut Work,
    caller: &Caller,
) -> Result<BTreeSet<String>, Failure> {
    let filter = Filter { kind: Some(FLOW.name.to_owned()), ..Filter::default() };
    let page = permits.search(work, caller, &filter, None, PAGE_MAX).await?;
    let mut seen = BTreeSet::new();
    let mut refused = BTreeSet::new();
    for permit in &page.permits {
        let Some(flow) = permit.scope.text("flow") else { continue };
        if seen.insert(flow.to_owned()) && permit.state == State::Refused {
            refused.insert(flow.to_owned());
        }
    }
    Ok(refused)
}

/// The permits of one flow that the caller may see, the newest first.
pub(crate) async fn permits_of(
    visit: &Visit,
    work: &mut Work,
    caller: &Caller,
    flow: &str,
) -> Result<Vec<Permit>, Failure> {
    let permits = permits(visit)?;
    let filter = Filter { kind: Some(FLOW.name.to_owned()), ..Filter::default() };
    let mut found = Vec::new();
    let mut after = None;
    for _ in 0..PAGES_MAX {
        let page = permits.search(work, caller, &filter, after, PAGE_MAX).await?;
        let own = page.permits.into_iter();
        found.extend(own.filter(|permit| permit.scope.text("flow") == Some(flow)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(found)
}
