//! The permit by which another person lets a held mail through.

use std::time::Duration;

use base::Task;
use identity::Duty;
use passages::{PassageError, PassageId, State};
use permits::{
    Beneficiary, Closing, Field, Form, Held, Kind, Mechanism, NotApprover, Permit, PermitError,
    Reach,
};
use records::{Actor, Entry, Origin};
use store::Work;

use crate::handing;
use crate::outward;
use crate::service::{days, rules_of};
use crate::tables::{letters, outgoing};

const DAY: Duration = Duration::from_secs(24 * 3_600);
const MECHANISM: &str = "mail";

/// メールの受け取りの承認: lets one held mail through.
pub const MAIL_RELEASE: Kind = Kind {
    name: "mail-release",
    span_max: Duration::from_secs(60 * 24 * 3_600),
    stretch: None,
    approver: Duty::ApproveExport,
    reach: Reach::Section,
    beneficiary: Beneficiary::Applicant,
    fields: &[
        Field { name: "passage", form: Form::Text { characters_max: 26 }, is_required: true },
        Field { name: "subject", form: Form::Text { characters_max: 200 }, is_required: true },
        Field { name: "from", form: Form::Text { characters_max: 254 }, is_required: true },
        Field { name: "rule", form: Form::Text { characters_max: 60 }, is_required: true },
    ],
    key: Some("passage"),
    emergency: None,
    mechanism: MECHANISM,
    closing: Closing::WithEnd,
    remind_before: DAY,
    factors_to_apply: 2,
    only_program_applies: true,
};

/// Lets the mail through that a permit names.
pub struct LetThrough;

impl Mechanism for LetThrough {
    fn name(&self) -> &'static str {
        MECHANISM
    }

    fn start<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        Box::pin(async move {
            let id = passage_of(permit)?;
            let by = permit.decided_by.ok_or(PermitError::NotInForce)?;
            if let Some(row) = outgoing::of_passage(work, id).await.map_err(failed)? {
                return outward::approved(work, permit, &row, by).await;
            }
            let keep = rules_of(work).await.map_err(failed)?.keep;
            let until = work.now().plus(days(keep.original_days));
            match passages::approved(work, id, by, permit.id, until).await {
                Ok(passage) if passage.state == State::Delivered => {
                    let leg = letters::leg(work, id).await.map_err(failed)?;
                    let leg = leg.ok_or(PermitError::Unreadable("passage"))?;
                    let letter = letters::find(work, leg.letter, false).await.map_err(failed)?;
                    let letter = letter.ok_or(PermitError::Unreadable("passage"))?;
                    handing::pass(work, &letter, &leg).await.map_err(failed)
                }
                Ok(_) => Ok(()),
                // Whoever gets it gains, and one person is not two.
                Err(PassageError::Own) => Err(NotApprover::Beneficiary.into()),
                Err(PassageError::SameApprover) => Err(NotApprover::Before.into()),
                Err(error) => Err(failed(error)),
            }
        })
    }

    /// What was let through stays with its receiver.
    fn end<'a>(
        &'a self,
        _work: &'a mut Work,
        _permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        Box::pin(async { Ok(()) })
    }

    fn forgo<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        Box::pin(async move {
            let id = passage_of(permit)?;
            let passage = passages::find(work, id).await.map_err(failed)?;
            if !passage.state.is_open() {
                return Ok(());
            }
            if let Some(row) = outgoing::of_passage(work, id).await.map_err(failed)? {
                return outward::forgone(work, permit, &row).await.map_err(failed);
            }
            let by = |action, subject| {
                Entry::new(Actor::System("mail"), action, subject, Origin::Job).on_permit(permit.id)
            };
            let until = work.now().plus(DAY);
            passages::refuse(work, id, by, "permit", until).await.map_err(failed)?;
            let leg = letters::leg(work, id).await.map_err(failed)?;
            let leg = leg.ok_or(PermitError::Unreadable("passage"))?;
            let letter = letters::find(work, leg.letter, false).await.map_err(failed)?;
            let letter = letter.ok_or(PermitError::Unreadable("passage"))?;
            handing::say(work, &letter, &leg, "refused").await.map_err(failed)
        })
    }

    fn verify<'a>(
        &'a self,
        _work: &'a mut Work,
        _permit: &'a Permit,
    ) -> Task<'a, Result<Held, PermitError>> {
        Box::pin(async { Ok(Held::WithPermit) })
    }
}

fn passage_of(permit: &Permit) -> Result<PassageId, PermitError> {
    let named = permit.scope.text("passage").and_then(|id| PassageId::parse(id).ok());
    named.ok_or(PermitError::Unreadable("passage"))
}

pub(crate) fn failed(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PermitError {
    PermitError::Mechanism { name: MECHANISM, why: why.into() }
}
