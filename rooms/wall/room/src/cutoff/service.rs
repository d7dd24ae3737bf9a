//! What people do with cut-offs: restore a zone, report one, look at them.
//! Ordering one is applying for its permit, or starting it at once.

use base::{Text, Timestamp};
use identity::{Caller, Duty};
use permits::Permits;
use records::{Action, Subject};
use store::Work;
use zones::Zone;

use super::tables::{self, Cutoff, CutoffId};
use crate::error::WallError;
use crate::gate::Gate;
use crate::service::{NOTE_CHARACTERS_MAX, own};
use crate::tables::turn_on;

/// A person ordered that a zone be restored.
pub(super) const RESTORED: Action = Action::new("zone.restored");
/// It was reported why a zone had been cut off.
const REPORTED: Action = Action::new("zone.cut-off-reported");

/// Who may restore a zone.
pub const RESTORERS: [Duty; 2] = [Duty::ApproveFlow, Duty::Emergency];
/// Who may report a cut-off.
pub const REPORTERS: [Duty; 4] =
    [Duty::Emergency, Duty::ApproveFlow, Duty::ManageSystem, Duty::HandleIncidents];
/// Cut-offs that one list shows.
const SHOWN_MAX: u32 = 100;

/// The cut-offs of the caller's wall, the newest first.
///
/// # Errors
/// [`WallError::NoWall`] for another body's caller.
pub async fn list(work: &mut Work, caller: &Caller, gate: &Gate) -> Result<Vec<Cutoff>, WallError> {
    own(caller, gate)?;
    Ok(tables::all(work, SHOWN_MAX).await?)
}

/// Restores a zone: what its flows' permits open now opens again, and nothing
/// else. The permit of the cut-off ends with it. Only a person at the screen
/// does this: a program with a token shows no factors.
///
/// # Errors
/// [`WallError::NotCut`]; [`WallError::Factors`]; [`WallError::Identity`]
/// without one of [`RESTORERS`]; [`WallError::Text`].
pub async fn restore(
    work: &mut Work,
    caller: &Caller,
    gate: &Gate,
    permits: &Permits,
    zone: Zone,
    reason: &str,
) -> Result<Cutoff, WallError> {
    own(caller, gate)?;
    if caller.factors < 2 {
        return Err(WallError::Factors);
    }
    any_of(caller, &RESTORERS)?;
    let reason = words("reason", reason)?;
    let now = permits.look(work).await?;
    let known = tables::in_force(work, zone).await?.ok_or(WallError::NotCut)?;
    let permit = known.permit;
    let restored = Cutoff {
        restored_at: Some(now),
        restored_by: Some(caller.person),
        restore_reason: Some(reason.clone()),
        ..known
    };
    tables::change(work, &restored).await?;
    turn_on(work).await?;
    let entry = caller
        .entry(RESTORED, Subject::new("zone", zone.name()))
        .with("cut-off-since", restored.begun_at)
        .with("why", &reason);
    records::append(work, &entry).await?;
    if let Some(permit) = permit
        && permits.grant(work, permit).await?.is_some()
    {
        permits.revoke(work, caller, permit, &reason).await?;
    }
    gate.bell().notify_one();
    Ok(restored)
}

/// Reports why one person alone had cut a zone off.
///
/// # Errors
/// [`WallError::Before`] if nothing is owed; [`WallError::Text`].
pub async fn report(
    work: &mut Work,
    caller: &Caller,
    gate: &Gate,
    id: CutoffId,
    text: &str,
) -> Result<Cutoff, WallError> {
    own(caller, gate)?;
    any_of(caller, &REPORTERS)?;
    let text = words("report", text)?;
    let known = tables::find(work, id).await?.ok_or(WallError::NoCutoff)?;
    if known.report_due_at.is_none() || known.reported_at.is_some() {
        return Err(WallError::Before);
    }
    let now = work.now();
    let is_late = known.report_due_at.is_some_and(|due| due <= now);
    let reported = Cutoff {
        reported_at: Some(now),
        reported_by: Some(caller.person),
        report: Some(text.clone()),
        ..known
    };
    tables::change(work, &reported).await?;
    let entry = caller
        .entry(REPORTED, Subject::new("zone", reported.zone.name()))
        .with("cut-off-since", reported.begun_at)
        .with("late", is_late)
        .with("report", text);
    records::append(work, &entry).await?;
    Ok(reported)
}

/// What somebody has to look at, the worst first, with the zone.
///
/// # Errors
/// As the store says.
pub async fn alarms(
    work: &mut Work,
    now: Timestamp,
) -> Result<Vec<(tables::Alarm, Cutoff)>, WallError> {
    let all = tables::all(work, SHOWN_MAX).await?;
    let mut alarms: Vec<_> = all
        .into_iter()
        .map(|one| (one.alarm(now), one))
        .filter(|(alarm, one)| *alarm != tables::Alarm::Quiet || one.is_in_force())
        .collect();
    alarms.sort_by_key(|(alarm, _)| std::cmp::Reverse(*alarm));
    Ok(alarms)
}

fn any_of(caller: &Caller, duties: &[Duty]) -> Result<(), WallError> {
    let Some(first) = duties.first() else { return Ok(()) };
    if duties.iter().any(|duty| caller.duties.has_for(*duty, None)) {
        return Ok(());
    }
    Ok(caller.demand_for(*first, None)?)
}

fn words(field: &'static str, text: &str) -> Result<String, WallError> {
    Text::<NOTE_CHARACTERS_MAX>::parse(text)
        .map(|text| text.as_str().to_owned())
        .map_err(|why| WallError::Text { field, why })
}
