//! Who may decide on a permit: always somebody else (Board of Audit findings
//! B10 and B11). An [`Approver`] cannot be made in another way.

use identity::{Duties, Duty, PersonId};

use crate::kind::{Kind, Reach};
use crate::permit::{Permit, PermitId};

/// Somebody who may decide on one permit. Being given one is the proof; only
/// [`crate::Permits`] makes them, from a caller and the permit itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approver {
    permit: PermitId,
    person: PersonId,
    acting_for: Option<PersonId>,
}

/// Why somebody may not decide on a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotApprover {
    /// It is their own application, or one of the person they stand in for, or
    /// one that was made in their stead.
    #[error("the applicant does not decide")]
    Applicant,
    /// The ability would be theirs, or that of the person they stand in for.
    #[error("whoever gains does not decide")]
    Beneficiary,
    /// They lack the duty for this section or body.
    #[error("the duty {} is needed for this permit", .0.name())]
    Duty(Duty),
    /// A deputy does not make deputies.
    #[error("a deputy does not make deputies")]
    DeputyOfDeputy,
    /// They approved before, where two people are asked.
    #[error("another person must approve")]
    Before,
    /// They watch over what they would decide, without a recorded reason.
    #[error("a conflict of duties stands in the way")]
    Conflict,
}

/// Somebody who asks to decide, with the duties that count: their own, or those
/// of the person they stand in for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) person: PersonId,
    pub(crate) acting_for: Option<PersonId>,
    pub(crate) duties: &'a Duties,
    pub(crate) is_conflicted: bool,
}

impl Approver {
    /// Admits a candidate to one permit.
    pub(crate) fn admit(
        candidate: Candidate<'_>,
        permit: &Permit,
        kind: &Kind,
    ) -> Result<Self, NotApprover> {
        let Candidate { person, acting_for, duties, is_conflicted } = candidate;
        let is_one_of = |other: Option<PersonId>| {
            other.is_some() && (other == Some(person) || other == acting_for)
        };
        let section = match kind.reach {
            Reach::Section => permit.section,
            Reach::Body => None,
        };
        if is_one_of(Some(permit.applicant)) || is_one_of(permit.applicant_for) {
            Err(NotApprover::Applicant)
        } else if is_one_of(permit.beneficiary) {
            Err(NotApprover::Beneficiary)
        } else if !duties.has_for(kind.approver, section) {
            Err(NotApprover::Duty(kind.approver))
        } else if acting_for.is_some() && kind.approver == Duty::ApproveDeputy {
            Err(NotApprover::DeputyOfDeputy)
        } else if is_conflicted {
            Err(NotApprover::Conflict)
        } else {
            Ok(Self { permit: permit.id, person, acting_for })
        }
    }

    /// The permit that they may decide on.
    #[must_use]
    pub const fn permit(&self) -> PermitId {
        self.permit
    }

    /// Who decides.
    #[must_use]
    pub const fn person(&self) -> PersonId {
        self.person
    }

    /// In whose stead (代行).
    #[must_use]
    pub const fn acting_for(&self) -> Option<PersonId> {
        self.acting_for
    }
}
