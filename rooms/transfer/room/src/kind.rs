//! The permit by which another person lets one passage through, and what it
//! does when it is granted or not.

use std::time::Duration;

use base::Task;
use identity::Duty;
use passages::{PassageError, PassageId};
use permits::{
    Beneficiary, Closing, Field, Form, Held, Kind, Mechanism, NotApprover, Permit, PermitError,
    Reach,
};
use records::{Actor, Entry, Origin};
use store::Work;

use crate::policy;
use crate::tellings;

const DAY: Duration = Duration::from_secs(24 * 3_600);
const MECHANISM: &str = "passage";

/// 受け渡しの承認: lets one held passage through.
pub const TRANSFER: Kind = Kind {
    name: "transfer",
    span_max: Duration::from_secs(60 * 24 * 3_600),
    stretch: None,
    approver: Duty::ApproveExport,
    reach: Reach::Section,
    beneficiary: Beneficiary::Applicant,
    fields: &[
        Field { name: "passage", form: Form::Text { characters_max: 26 }, is_required: true },
        Field { name: "file", form: Form::Text { characters_max: 200 }, is_required: true },
        Field { name: "sha256", form: Form::Text { characters_max: 64 }, is_required: true },
        Field {
            name: "crossing",
            form: Form::Choice(&[
                "internet-lgwan",
                "lgwan-internet",
                "lgwan-mynumber",
                "mynumber-lgwan",
            ]),
            is_required: true,
        },
        Field { name: "persons", form: Form::Number { min: 0, max: i64::MAX }, is_required: false },
        Field { name: "turn", form: Form::Choice(&["1", "2"]), is_required: true },
    ],
    key: Some("passage"),
    emergency: None,
    mechanism: MECHANISM,
    closing: Closing::WithEnd,
    remind_before: DAY,
    factors_to_apply: 2,
    only_program_applies: true,
};

/// Lets the passage through that a permit names.
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
            let passage = passage_of(permit)?;
            let by = permit.decided_by.ok_or(PermitError::NotInForce)?;
            let keep = policy::holding(work).await.map_err(failed)?.keep;
            let until = work.now().plus(keep.inbox_days * DAY);
            match passages::approved(work, passage, by, permit.id, until).await {
                Ok(passage) => tellings::tell(work, &passage).await.map_err(failed),
                // Whoever gets it gains, and one person is not two.
                Err(PassageError::Own) => Err(NotApprover::Beneficiary.into()),
                Err(PassageError::SameApprover) => Err(NotApprover::Before.into()),
                Err(error) => Err(failed(error)),
            }
        })
    }

    /// What was let through stays with its receiver: the passage has an end of
    /// its own.
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
            let by = |action, subject| {
                Entry::new(Actor::System("transfer"), action, subject, Origin::Job)
                    .on_permit(permit.id)
            };
            let until = work.now().plus(DAY);
            passages::refuse(work, id, by, "permit", until).await.map_err(failed)?;
            Ok(())
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

fn failed(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PermitError {
    PermitError::Mechanism { name: MECHANISM, why: why.into() }
}
