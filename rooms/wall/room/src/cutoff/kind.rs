//! The permit by which a zone is cut off, and its mechanism. The permit's start
//! cuts; its end restores nothing: it takes the order away, and the zone stays
//! cut off and flagged until a person restores it.

use std::time::Duration;

use base::{Task, Timestamp};
use identity::Duty;
use permits::{
    Beneficiary, Closing, Field, Form, Held, Kind, Mechanism, Permit, PermitError, Reach,
};
use records::{Action, Entry, Origin, Subject};
use store::Work;
use zones::Zone;

use super::REPORT_WITHIN;
use super::tables::{self, Cutoff, Ordered};
use crate::error::WallError;
use crate::gate::{ACTOR, Gate};
use crate::tables::turn_on;

const MECHANISM: &str = "cutoff";
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A zone was cut off.
pub(super) const CUT: Action = Action::new("zone.cut-off");
/// Another order stands behind a cut-off that is in force.
const CONFIRMED: Action = Action::new("zone.cut-off-confirmed");
/// No permit stands behind a cut-off any more.
const LAPSED: Action = Action::new("zone.cut-off-lapsed");

/// 遮断: nothing passes to a zone or from it. Two people decide, or one who holds
/// the emergency duty at once.
pub const CUTOFF: Kind = Kind {
    name: "cutoff",
    span_max: Duration::from_secs(31 * 24 * 3_600),
    stretch: None,
    approver: Duty::ApproveFlow,
    reach: Reach::Body,
    beneficiary: Beneficiary::Body,
    fields: &[Field {
        name: "zone",
        form: Form::Choice(&["internet", "lgwan", "mynumber"]),
        is_required: true,
    }],
    key: Some("zone"),
    emergency: Some(Duty::Emergency),
    mechanism: MECHANISM,
    closing: Closing::WithEnd,
    remind_before: DAY,
    factors_to_apply: 2,
    only_program_applies: false,
};

/// Cuts zones off as permits say.
pub struct CutoffGate {
    /// The gate that carries it out; none where there is no wall.
    pub(crate) gate: Option<Gate>,
}

impl Mechanism for CutoffGate {
    fn name(&self) -> &'static str {
        MECHANISM
    }

    fn start<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        Box::pin(async move {
            // An order that nothing carries out must not look as if it were.
            let gate = self.gate.as_ref().filter(|gate| gate.is_of(work.body()));
            let no_wall =
                || PermitError::Mechanism { name: MECHANISM, why: WallError::NoWall.into() };
            let gate = gate.ok_or_else(no_wall)?;
            begin(work, permit).await?;
            gate.bell().notify_one();
            Ok(())
        })
    }

    fn end<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        Box::pin(lapse(work, permit))
    }

    fn verify<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<Held, PermitError>> {
        Box::pin(async move {
            let zone = permit.scope.text("zone").and_then(Zone::parse);
            let cut = tables::zones_cut(work).await?;
            Ok(if zone.is_some_and(|zone| cut.contains(&zone)) { Held::Yes } else { Held::No })
        })
    }
}

/// Cuts the zone off, or stands behind what cuts it off already.
async fn begin(work: &mut Work, permit: &Permit) -> Result<(), PermitError> {
    let zone = permit.scope.text("zone").and_then(Zone::parse);
    let zone = zone.ok_or(PermitError::Unreadable("scope"))?;
    let now = work.now();
    let entry = |action| {
        let entry = Entry::new(ACTOR, action, Subject::new("zone", zone.name()), Origin::Job);
        let by = permit.decided_by.unwrap_or(permit.applicant);
        entry.on_permit(permit.id).with("ordered-by", permit.applicant).with("decided-by", by)
    };
    match tables::in_force(work, zone).await? {
        Some(known) if known.permit == Some(permit.id) => {}
        Some(known) => {
            records::append(work, &entry(CONFIRMED)).await?;
            tables::change(work, &stand_behind(known, permit)).await?;
        }
        None => {
            let new = ordered(work, permit, zone, now);
            records::append(work, &entry(CUT).with("why", permit.purpose.clone())).await?;
            tables::add(work, &new).await?;
        }
    }
    Ok(())
}

fn ordered(work: &mut Work, permit: &Permit, zone: Zone, now: Timestamp) -> Cutoff {
    let is_alone = permit.is_emergency;
    Cutoff {
        id: work.new_id(),
        zone,
        ordered: if is_alone { Ordered::Emergency } else { Ordered::Approved },
        permit: Some(permit.id),
        person: Some(permit.applicant),
        operator: None,
        reason: permit.purpose.clone(),
        begun_at: now,
        cut_ms: None,
        report_due_at: is_alone.then(|| now.plus(REPORT_WITHIN)),
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
    }
}

/// A later permit stands behind the cut-off, instead of none or of the one
/// before. The report that is owed for the first hours stays owed.
fn stand_behind(known: Cutoff, permit: &Permit) -> Cutoff {
    Cutoff { permit: Some(permit.id), lapsed_at: None, ..known }
}

/// The permit is over, and nobody has restored the zone: it stays cut off, and
/// somebody has to say what is to become of it.
async fn lapse(work: &mut Work, permit: &Permit) -> Result<(), PermitError> {
    let Some(known) = tables::of_permit(work, permit.id).await? else { return Ok(()) };
    if known.lapsed_at.is_some() {
        return Ok(());
    }
    let zone = known.zone;
    tracing::error!(
        zone = zone.name(), permit.id = %permit.id,
        "the zone {} is cut off and no permit is behind that any more: restore it, or order it anew",
        zone.name()
    );
    let entry = Entry::new(ACTOR, LAPSED, Subject::new("zone", zone.name()), Origin::Job);
    let entry = entry.on_permit(permit.id).with("since", known.begun_at);
    records::append(work, &entry).await?;
    tables::change(work, &Cutoff { lapsed_at: Some(work.now()), ..known }).await?;
    turn_on(work).await?;
    Ok(())
}
