//! What no policy goes below, because the guideline or a finding says so. A
//! rule may ask for more, never for less.

use crate::facts::{Arrival, Found, Treatment};
use crate::policy::Needs;

/// A number of people from which two must approve (the issue of bulk personal
/// data leaving a zone).
pub const MANY_PERSONS: u64 = 1_000;

/// A reason why more is asked than the rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Floor {
    /// Method ④ without a visual check is no method (対策基準 4, 注5).
    LookAtUnchanged,
    /// People's data leaves a protected zone: another person approves (B8 B10).
    PersonsLeave,
    /// Very many people's data does: two other people approve.
    ManyPersonsLeave,
}

impl Floor {
    /// All.
    pub const ALL: [Self; 3] = [Self::LookAtUnchanged, Self::PersonsLeave, Self::ManyPersonsLeave];

    /// Reads [`Floor::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|floor| floor.name() == name)
    }

    /// The name in rows and catalogue keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LookAtUnchanged => "look-at-unchanged",
            Self::PersonsLeave => "persons-leave",
            Self::ManyPersonsLeave => "many-persons-leave",
        }
    }

    /// Raises what a rule asks for, and says why.
    #[must_use]
    pub fn raise(
        mut needs: Needs,
        arrival: &Arrival,
        treatment: Treatment,
        found: &Found,
    ) -> (Needs, Vec<Self>) {
        let mut floors = Vec::new();
        if treatment == Treatment::Inspect && !needs.visual_check {
            needs.visual_check = true;
            floors.push(Self::LookAtUnchanged);
        }
        let is_outward = arrival.crossing.is_outward();
        if is_outward && found.persons.may_be(MANY_PERSONS) && needs.approvals < 2 {
            needs.approvals = 2;
            floors.push(Self::ManyPersonsLeave);
        } else if is_outward && found.persons.may_be(1) && needs.approvals < 1 {
            needs.approvals = 1;
            floors.push(Self::PersonsLeave);
        }
        (needs, floors)
    }
}
