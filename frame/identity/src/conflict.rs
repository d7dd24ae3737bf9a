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

impl Post {
    fn overlaps(&self, other: &Self) -> bool {
        let begins = self.from.max(other.from);
        let is_before_end = |post: &Self| post.until.is_none_or(|until| begins < until);
        is_before_end(self) && is_before_end(other)
    }
}

/// Lists the rules that a person's posts break. `around` is the person's own
/// section and those above it; `is_prefecture` tells the body's kind.
pub(crate) fn conflicts(
    posts: &[Post],
    around: &[SectionId],
    is_prefecture: bool,
) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (place, post) in posts.iter().enumerate() {
        found.extend(alone(post, around, is_prefecture));
        for other in posts.iter().skip(place + 1).filter(|other| post.overlaps(other)) {
            found.extend(together(post.role, other.role));
            found.extend(together(other.role, post.role));
        }
    }
    found.dedup();
    found
}

/// What a post breaks by itself.
fn alone(post: &Post, around: &[SectionId], is_prefecture: bool) -> Option<Conflict> {
    let role = post.role;
    let is_own = post.section.is_some_and(|section| around.contains(&section));
    let bar = if role.is_auditing() && is_own {
        Bar::AuditsOwnSection
    } else if role == Role::Supporter && !is_prefecture {
        Bar::SupporterOutside
    } else {
        return None;
    };
    Some(Conflict { bar, role, other: role })
}

/// What two posts break, seen from the first.
fn together(role: Role, other: Role) -> Option<Conflict> {
    let bar = if role.is_auditing() && is_audited(other) {
        Bar::AuditsOwnActs
    } else if role == Role::SystemOperator && other.is_approving() {
        Bar::OperatorApproves
    } else if role == Role::SystemManager && other == Role::SectionManager {
        Bar::ManagerUnlocks
    } else if role.is_contractor() && !other.is_contractor() {
        Bar::ContractorInside
    } else {
        return None;
    };
    Some(Conflict { bar, role, other })
}

/// True for posts whose acts an audit looks at.
const fn is_audited(role: Role) -> bool {
    match role {
        Role::Ciso
        | Role::ChiefOfficer
        | Role::BureauOfficer
        | Role::SectionManager
        | Role::SystemManager
        | Role::SystemOperator
        | Role::IncidentHandler => true,
        Role::AuditLead
        | Role::Auditor
        | Role::Staff
        | Role::ContractorLead
        | Role::ContractorWorker
        | Role::Supporter => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{Id, SeededRandom};

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn post(role: Role) -> Post {
        Post { role, section: None, from: at(0), until: None }
    }

    fn bars(roles: &[Role]) -> Vec<Bar> {
        let posts: Vec<Post> = roles.iter().map(|role| post(*role)).collect();
        conflicts(&posts, &[], true).into_iter().map(|conflict| conflict.bar).collect()
    }

    #[test]
    fn whoever_carries_out_does_not_approve() {
        for approving in Role::ALL.iter().filter(|role| role.is_approving()) {
            assert_eq!(bars(&[Role::SystemOperator, *approving]), [Bar::OperatorApproves]);
            assert_eq!(bars(&[*approving, Role::SystemOperator]), [Bar::OperatorApproves]);
        }
    }

    #[test]
    fn an_administrator_does_not_permit_exports() {
        assert_eq!(bars(&[Role::SectionManager, Role::SystemManager]), [Bar::ManagerUnlocks]);
    }

    #[test]
    fn an_auditor_audits_neither_own_acts_nor_own_section() {
        assert_eq!(bars(&[Role::Auditor, Role::Ciso]), [Bar::AuditsOwnActs]);
        assert_eq!(bars(&[Role::Auditor, Role::Staff]), []);
        let section = Id::new(at(1), &SeededRandom::new(1));
        let auditor = Post { section: Some(section), ..post(Role::Auditor) };
        let found = conflicts(&[auditor], &[section], false);
        assert_eq!(found.first().map(|found| found.bar), Some(Bar::AuditsOwnSection));
        assert_eq!(conflicts(&[auditor], &[], false), []);
    }

    #[test]
    fn a_contractor_holds_no_post_of_the_body() {
        for role in Role::ALL.iter().filter(|role| !role.is_contractor()) {
            let bars = bars(&[Role::ContractorWorker, *role]);
            assert_eq!(bars, [Bar::ContractorInside], "{role:?}");
        }
        assert_eq!(bars(&[Role::ContractorLead, Role::ContractorWorker]), []);
        assert!(!Bar::ContractorInside.may_be_concurrent());
    }

    #[test]
    fn a_supporter_belongs_to_a_prefecture() {
        assert_eq!(conflicts(&[post(Role::Supporter)], &[], true), []);
        let found = conflicts(&[post(Role::Supporter)], &[], false);
        assert_eq!(found.first().map(|found| found.bar), Some(Bar::SupporterOutside));
    }

    #[test]
    fn posts_one_after_the_other_do_not_conflict() {
        let before = Post { until: Some(at(10)), ..post(Role::SystemOperator) };
        let after = Post { from: at(10), ..post(Role::SectionManager) };
        assert_eq!(conflicts(&[before, after], &[], true), []);
        let early = Post { from: at(9), ..post(Role::SectionManager) };
        assert_eq!(conflicts(&[before, early], &[], true).len(), 1);
    }
}
