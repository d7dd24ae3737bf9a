//! What the program does about cut-offs by itself: takes notes from the gateway,
//! writes down when the kernel held what was ordered, and flags what is late.

use std::collections::BTreeSet;
use std::time::Duration;

use base::{BodyId, Timestamp};
use permits::Permits;
use records::{Action, Entry, Origin, Subject};
use store::{Store, Work};

use super::REPORT_WITHIN;
use super::kind::CUT;
use super::note::{self, Deed, Note};
use super::service::RESTORED;
use super::tables::{self, Cutoff, Ordered};
use crate::error::WallError;
use crate::gate::{ACTOR, Gate, Opened};
use crate::tables::turn_on;

/// The kernel holds a cut-off.
const CUT_HELD: Action = Action::new("zone.cut-off-held");
/// The kernel holds a zone that was restored.
const RESTORE_HELD: Action = Action::new("zone.restore-held");
/// The report of a cut-off is late.
const REPORT_LATE: Action = Action::new("zone.cut-off-report-late");
/// A note that is none, or that nobody wrote whom it is believed of.
const NOTE_REFUSED: Action = Action::new("zone.note-refused");

/// Between two looks for what is late.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What the keeper remembers of cut-offs.
#[derive(Debug, Default)]
pub struct Cutoffs {
    /// Notes that were taken, or are none.
    seen: BTreeSet<String>,
    looked_at: Option<Duration>,
}

impl Cutoffs {
    /// Takes the notes that somebody left at the gateway, in their order. What
    /// they did becomes what this program wants.
    ///
    /// # Errors
    /// If the store did not take them; they are taken next time.
    pub async fn take_notes(&mut self, gate: &Gate, store: &Store) -> Result<(), WallError> {
        let folder = note::folder(&gate.settings().site);
        let names = match note::names(&folder) {
            Ok(names) => names,
            Err(error) => {
                tracing::error!(%error, "notes of cut-offs cannot be read: {error}");
                return Ok(());
            }
        };
        for name in names {
            if self.seen.contains(&name) {
                continue;
            }
            let body = gate.body(store).await?;
            let read = note::read(&folder, &name).unwrap_or_default();
            take(store, body, &name, read).await?;
            self.seen.insert(name);
        }
        Ok(())
    }

    /// Writes down since when the kernel holds what was ordered, and what is
    /// late.
    ///
    /// # Errors
    /// If the store did not take it.
    pub async fn write_down(
        &mut self,
        gate: &Gate,
        store: &Store,
        permits: &Permits,
    ) -> Result<(), WallError> {
        let elapsed = store.clock().elapsed();
        let opened = gate.opened().borrow().clone();
        let is_new = !opened.cut.is_empty();
        let is_due = self.looked_at.is_none_or(|at| elapsed.saturating_sub(at) >= LOOK_EVERY);
        if !is_new && !is_due {
            return Ok(());
        }
        self.looked_at = Some(elapsed);
        self.settle(gate, store, permits, &opened).await
    }

    /// As [`Cutoffs::write_down`], at once: the kernel was told something.
    ///
    /// # Errors
    /// If the store did not take it.
    pub async fn settle(
        &self,
        gate: &Gate,
        store: &Store,
        permits: &Permits,
        opened: &Opened,
    ) -> Result<(), WallError> {
        let body = gate.body(store).await?;
        let mut work = store.read(body).await?;
        let now = permits.look(&mut work).await?;
        let unsettled = tables::unsettled(&mut work, now).await?;
        drop(work);
        for one in unsettled {
            let mut work = store.begin(body).await?;
            if settle_one(&mut work, gate, opened, now, one).await? {
                work.commit().await?;
            }
        }
        Ok(())
    }
}

async fn take(
    store: &Store,
    body: BodyId,
    name: &str,
    read: Option<Note>,
) -> Result<(), WallError> {
    let mut work = store.begin(body).await?;
    if !tables::take_note(&mut work, name).await? {
        return Ok(());
    }
    let Some(note) = read else {
        let entry = Entry::new(ACTOR, NOTE_REFUSED, Subject::new("note", name), Origin::Job);
        records::append(&mut work, &entry).await?;
        work.commit().await?;
        tracing::error!(note = name, "a note of a cut-off is not believed: {name}");
        return Ok(());
    };
    match note.deed {
        Deed::Cut => cut(&mut work, &note).await?,
        Deed::Restore => restore(&mut work, &note).await?,
    }
    turn_on(&mut work).await?;
    work.commit().await?;
    tracing::warn!(
        zone = note.zone.name(),
        deed = note.deed.name(),
        "at the gateway somebody did this with the zone {}: {}",
        note.zone.name(),
        note.deed.name()
    );
    Ok(())
}

fn entry(action: Action, note: &Note) -> Entry {
    let took = note.took_ms.and_then(|took| i64::try_from(took).ok()).unwrap_or(-1);
    Entry::new(ACTOR, action, Subject::new("zone", note.zone.name()), Origin::Job)
        .with("at-the-gateway", note.operator.as_str())
        .with("at", note.at)
        .with("why", note.reason.as_str())
        .with("took-ms", took)
}

async fn cut(work: &mut Work, note: &Note) -> Result<(), WallError> {
    records::append(work, &entry(CUT, note)).await?;
    if tables::in_force(work, note.zone).await?.is_some() {
        return Ok(());
    }
    let new = Cutoff {
        id: work.new_id(),
        zone: note.zone,
        ordered: Ordered::Local,
        permit: None,
        person: None,
        operator: Some(note.operator.clone()),
        reason: note.reason.clone(),
        begun_at: note.at.min(work.now()),
        cut_ms: note.took_ms.and_then(|took| i64::try_from(took).ok()),
        report_due_at: Some(note.at.min(work.now()).plus(REPORT_WITHIN)),
        reported_at: None,
        reported_by: None,
        report: None,
        flagged_at: None,
        lapsed_at: None,
        restored_at: None,
        restored_by: None,
        restorer: None,
        restore_reason: None,
        restored_ms: None,
    };
    Ok(tables::add(work, &new).await?)
}

async fn restore(work: &mut Work, note: &Note) -> Result<(), WallError> {
    records::append(work, &entry(RESTORED, note)).await?;
    let Some(known) = tables::in_force(work, note.zone).await? else { return Ok(()) };
    // A report is owed for what one person did alone, whoever ordered the cut.
    let due = known.report_due_at.unwrap_or_else(|| work.now().plus(REPORT_WITHIN));
    let restored = Cutoff {
        report_due_at: Some(due),
        restored_at: Some(note.at.min(work.now()).max(known.begun_at)),
        restorer: Some(note.operator.clone()),
        restore_reason: Some(note.reason.clone()),
        ..known
    };
    Ok(tables::change(work, &restored).await?)
}

/// One cut-off of which something is not written down; true if that changed.
async fn settle_one(
    work: &mut Work,
    gate: &Gate,
    opened: &Opened,
    now: Timestamp,
    mut one: Cutoff,
) -> Result<bool, WallError> {
    let zone = one.zone;
    let subject = || Subject::new("zone", zone.name());
    let millis = |from: Timestamp| {
        let told = opened.told_at.unwrap_or(now).max(from);
        i64::try_from(told.since(from).as_millis()).unwrap_or(i64::MAX)
    };
    let is_told = gate.settings().apply && opened.told_at.is_some();
    let mut is_changed = false;
    if is_told && one.cut_ms.is_none() && opened.cut.contains(&zone) {
        let took = millis(one.begun_at);
        one.cut_ms = Some(took);
        let entry = Entry::new(ACTOR, CUT_HELD, subject(), Origin::Job).with("took-ms", took);
        records::append(work, &entry).await?;
        is_changed = true;
    }
    let restored = one.restored_at.filter(|_| one.restored_ms.is_none());
    if let Some(restored) = restored
        && is_told
        && !opened.cut.contains(&zone)
        && opened.told_at.is_some_and(|told| told >= restored)
    {
        let took = millis(restored);
        one.restored_ms = Some(took);
        // One that was over before the kernel was told was never held here.
        one.cut_ms = one.cut_ms.or(Some(0));
        let open = opened.flows.iter().filter(|flow| {
            let flow = opened.declared.site.flows.get(flow.flow);
            flow.is_some_and(|flow| [flow.crossing.from(), flow.crossing.to()].contains(&zone))
        });
        let entry = Entry::new(ACTOR, RESTORE_HELD, subject(), Origin::Job)
            .with("took-ms", took)
            .with("flows", open.count());
        records::append(work, &entry).await?;
        is_changed = true;
    }
    let is_late = one.report_due_at.is_some_and(|due| due <= now) && one.reported_at.is_none();
    if is_late && one.flagged_at.is_none() {
        one.flagged_at = Some(now);
        tracing::error!(
            zone = zone.name(),
            "the zone {} was cut off by one person and nobody has reported it in time",
            zone.name()
        );
        let entry = Entry::new(ACTOR, REPORT_LATE, subject(), Origin::Job)
            .with("cut-off-since", one.begun_at);
        records::append(work, &entry).await?;
        is_changed = true;
    }
    if is_changed {
        tables::change(work, &one).await?;
    }
    Ok(is_changed)
}
