//! Which roles one person must not hold together (guideline notes 1.9). Pure:
//! knows assignments, no row. A conflict that the guideline allows where it is
//! unavoidable (兼務) passes with a visible record; the others never.

use base::Timestamp;

use crate::person::SectionId;
use crate::role::{Role, named};

named! {
    /// The rule that two posts of one person break.
    Bar {
        /// An auditor belongs to, or answers for, the section that is audited.
        AuditsOwnSection = "audits-own-section",
        /// An auditor also holds a post whose acts are audited.
        AuditsOwnActs = "audits-own-acts",
        /// Whoever carries out also approves.
        OperatorApproves = "operator-approves",
        /// Whoever administers the system also permits exports: the Board of
        /// Audit found administrators unlocking on their own.
        ManagerUnlocks = "manager-unlocks",
        /// A contractor's person also holds a post of the body.
        ContractorInside = "contractor-inside",
        /// A supporter of the prefecture is named in a municipality.
        SupporterOutside = "supporter-outside",
    }
}

impl Bar {
    /// True where a concurrent post (兼務) with its reason may be recorded.
    #[must_use]
    pub const fn may_be_concurrent(self) -> bool {
        match self {
            Self::AuditsOwnSection
            | Self::AuditsOwnActs
            | Self::OperatorApproves
            | Self::ManagerUnlocks => true,
            Self::ContractorInside | Self::SupporterOutside => false,
        }
    }
}

/// Two posts of one person that break a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The rule.
    pub bar: Bar,
    /// One role.
    pub role: Role,
    /// The other; the same where the person's own section is the cause.
    pub other: Role,
}

/// A post as the rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Post {
    pub(crate) role: Role,
    pub(crate) section: Option<SectionId>,
    pub(crate) from: Timestamp,
    pub(crate) until: Option<Timestamp>,
}
