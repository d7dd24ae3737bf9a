//! The guideline's roles and what each may do. Roles are what a town appoints;
//! duties are what a route or a permit kind demands. Knows no row.

use std::collections::{BTreeMap, BTreeSet};

use crate::person::SectionId;

macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$note])* $variant,)+ }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in rows, interfaces and catalogue keys.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Reads a name.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == text)
            }
        }
    };
}
pub(crate) use named;

named! {
    /// A role of the guideline (対策基準 1, and section 1.9 of our notes on it).
    Role {
        /// 最高情報セキュリティ責任者 (CISO).
        Ciso = "ciso",
        /// 統括情報セキュリティ責任者.
        ChiefOfficer = "chief-officer",
        /// 情報セキュリティ責任者 (部局長).
        BureauOfficer = "bureau-officer",
        /// 情報セキュリティ管理者 (課長).
        SectionManager = "section-manager",
        /// 情報システム管理者.
        SystemManager = "system-manager",
        /// 情報システム担当者.
        SystemOperator = "system-operator",
        /// CSIRT: point of contact and handler.
        IncidentHandler = "incident-handler",
        /// 監査統括責任者.
        AuditLead = "audit-lead",
        /// 監査人.
        Auditor = "auditor",
        /// 職員.
        Staff = "staff",
        /// 委託事業者の責任者.
        ContractorLead = "contractor-lead",
        /// 委託事業者の従事者.
        ContractorWorker = "contractor-worker",
        /// 都道府県の支援担当: only in a prefecture.
        Supporter = "supporter",
    }
}

named! {
    /// What a route or a permit kind demands of a person.
    Duty {
        /// Does everyday work and applies for permits.
        Apply = "apply",
        /// Permits exports of a section, and whatever else its manager permits.
        ApproveExport = "approve-export",
        /// Lets a person of the section in who lost a factor.
        ApproveLostFactor = "approve-lost-factor",
        /// Endorses what a section of the bureau asks for.
        Endorse = "endorse",
        /// Approves communication between zones, cloud services, contractors.
        ApproveFlow = "approve-flow",
        /// Approves programs' access.
        ApproveToken = "approve-token",
        /// Approves exceptions (例外措置).
        ApproveException = "approve-exception",
        /// Approves that one person stands in for another (代行).
        ApproveDeputy = "approve-deputy",
        /// Orders a cut-off and other emergency permits.
        Emergency = "emergency",
        /// Invites people, changes sections, sees people off.
        ManagePeople = "manage-people",
        /// Assigns roles and records concurrent posts (兼務).
        AssignRoles = "assign-roles",
        /// Founds municipalities under the prefecture.
        FoundBodies = "found-bodies",
        /// Reads the ledger.
        ReadLedger = "read-ledger",
        /// Takes the ledger out and proves it.
        ExportLedger = "export-ledger",
        /// Searches the register of all permits.
        ReadPermits = "read-permits",
        /// Owns assets, the patch plan and technical change.
        ManageSystem = "manage-system",
        /// Watches and operates the system.
        OperateSystem = "operate-system",
        /// Receives, sorts and reports incidents.
        HandleIncidents = "handle-incidents",
        /// Reviews an incident before it is closed.
        ReviewIncidents = "review-incidents",
        /// Appoints auditors and approves the audit's plan.
        LeadAudit = "lead-audit",
        /// Reads everything that an audit asks for and raises findings.
        Audit = "audit",
        /// Keeps its own roster, training and check sheets as a contractor.
        KeepRoster = "keep-roster",
        /// Answers contractors' own duties as one of their people.
        DoContract = "do-contract",
        /// Sees the fleet's unanswered questions and shared incidents.
        SupportBodies = "support-bodies",
    }
}

impl Duty {
    /// True for what only a person at the screen does, never a program with
    /// their token: whoever makes people or gives roles could make somebody who
    /// decides.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::ManagePeople | Self::AssignRoles | Self::FoundBodies)
    }
}

impl Role {
    /// What the role may do (guideline notes 1.9).
    #[must_use]
    pub const fn duties(self) -> &'static [Duty] {
        use Duty as D;
        match self {
            Self::Ciso => &[
                D::Apply,
                D::ApproveException,
                D::ApproveDeputy,
                D::Emergency,
                D::AssignRoles,
                D::ReadLedger,
                D::ExportLedger,
                D::ReadPermits,
                D::ReviewIncidents,
            ],
            Self::ChiefOfficer => &[
                D::Apply,
                D::ApproveFlow,
                D::ApproveToken,
                D::ApproveDeputy,
                D::Emergency,
                D::ManagePeople,
                D::AssignRoles,
                D::FoundBodies,
                D::ReadLedger,
                D::ExportLedger,
                D::ReadPermits,
                D::ReviewIncidents,
            ],
            Self::BureauOfficer => &[D::Apply, D::Endorse, D::ReadPermits],
            Self::SectionManager => {
                &[D::Apply, D::ApproveExport, D::ApproveLostFactor, D::ReadPermits]
            }
            Self::SystemManager => &[
                D::Apply,
                D::ManageSystem,
                D::OperateSystem,
                D::ManagePeople,
                D::ReadPermits,
                D::ReadLedger,
            ],
            Self::SystemOperator => &[D::Apply, D::OperateSystem, D::ManagePeople],
            Self::IncidentHandler => &[D::Apply, D::HandleIncidents, D::ReadLedger],
            Self::AuditLead => {
                &[D::Apply, D::LeadAudit, D::Audit, D::ReadLedger, D::ExportLedger, D::ReadPermits]
            }
            Self::Auditor => &[D::Apply, D::Audit, D::ReadLedger, D::ExportLedger, D::ReadPermits],
            Self::Staff => &[D::Apply],
            Self::ContractorLead => &[D::KeepRoster, D::DoContract],
            Self::ContractorWorker => &[D::DoContract],
            Self::Supporter => &[D::Apply, D::SupportBodies],
        }
    }

    /// True where the role decides on what others apply for.
    #[must_use]
    pub const fn is_approving(self) -> bool {
        match self {
            Self::Ciso | Self::ChiefOfficer | Self::BureauOfficer | Self::SectionManager => true,
            Self::SystemManager
            | Self::SystemOperator
            | Self::IncidentHandler
            | Self::AuditLead
            | Self::Auditor
            | Self::Staff
            | Self::ContractorLead
            | Self::ContractorWorker
            | Self::Supporter => false,
        }
    }

    /// True for auditors, who must be independent of what they audit.
    #[must_use]
    pub const fn is_auditing(self) -> bool {
        matches!(self, Self::AuditLead | Self::Auditor)
    }

    /// True for people of a contractor.
    #[must_use]
    pub const fn is_contractor(self) -> bool {
        matches!(self, Self::ContractorLead | Self::ContractorWorker)
    }
}

/// Where a duty holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the whole body.
    Body,
    /// In these sections only.
    Sections(BTreeSet<SectionId>),
}

impl Scope {
    /// The scope of one assignment: a section, or the whole body.
    #[must_use]
    pub fn of(section: Option<SectionId>) -> Self {
        section.map_or(Self::Body, |section| Self::Sections(BTreeSet::from([section])))
    }

    /// True where the duty holds in a section.
    #[must_use]
    pub fn covers(&self, section: SectionId) -> bool {
        match self {
            Self::Body => true,
            Self::Sections(sections) => sections.contains(&section),
        }
    }

    fn widen(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Body, _) => {}
            (_, Self::Body) => *self = Self::Body,
            (Self::Sections(mine), Self::Sections(more)) => mine.extend(more),
        }
    }
}

/// All duties of one person at one moment, each with where it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duties(BTreeMap<Duty, Scope>);

impl Duties {
    /// Adds what a role brings.
    pub fn add(&mut self, role: Role, section: Option<SectionId>) {
        let scope = Scope::of(section);
        for duty in role.duties() {
            self.0
                .entry(*duty)
                .and_modify(|known| known.widen(&scope))
                .or_insert_with(|| scope.clone());
        }
    }

    /// Leaves only the duties that are listed and not personal, as an interface
    /// token does.
    #[must_use]
    pub fn only(mut self, wanted: &[Duty]) -> Self {
        self.0.retain(|duty, _| wanted.contains(duty) && !duty.is_personal());
        self
    }

    /// Where a duty holds, if it is held at all.
    #[must_use]
    pub fn scope(&self, duty: Duty) -> Option<&Scope> {
        self.0.get(&duty)
    }

    /// True where the duty is held anywhere.
    #[must_use]
    pub fn has(&self, duty: Duty) -> bool {
        self.0.contains_key(&duty)
    }

    /// True where the duty is held for a section; `None` asks for the whole
    /// body.
    #[must_use]
    pub fn has_for(&self, duty: Duty, section: Option<SectionId>) -> bool {
        match (self.0.get(&duty), section) {
            (None, _) => false,
            (Some(scope), Some(section)) => scope.covers(section),
            (Some(scope), None) => *scope == Scope::Body,
        }
    }

    /// The duties, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Duty, &Scope)> {
        self.0.iter().map(|(duty, scope)| (*duty, scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{Id, SeededRandom, Timestamp};

    #[test]
    fn names_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.name()), Some(*role));
        }
        for duty in Duty::ALL {
            assert_eq!(Duty::parse(duty.name()), Some(*duty));
        }
        assert_eq!(Role::parse("root"), None);
    }

    #[test]
    fn every_duty_is_somebodys() {
        for duty in Duty::ALL {
            assert!(Role::ALL.iter().any(|role| role.duties().contains(duty)), "{duty:?}");
        }
    }

    #[test]
    fn an_operator_carries_out_and_approves_nothing() {
        for duty in Role::SystemOperator.duties() {
            assert!(!duty.name().starts_with("approve"), "{duty:?}");
        }
    }

    #[test]
    fn duties_widen_from_a_section_to_the_body() {
        let random = SeededRandom::new(1);
        let section = || Id::new(Timestamp::from_millis(1), &random);
        let (tax, welfare) = (section(), section());
        let mut duties = Duties::default();
        duties.add(Role::SectionManager, Some(tax));
        assert!(duties.has_for(Duty::ApproveExport, Some(tax)));
        assert!(!duties.has_for(Duty::ApproveExport, Some(welfare)));
        assert!(!duties.has_for(Duty::ApproveExport, None));
        duties.add(Role::SectionManager, None);
        assert!(duties.has_for(Duty::ApproveExport, Some(welfare)));
        assert!(!duties.only(&[Duty::Apply]).has(Duty::ApproveExport));
    }

    #[test]
    fn a_token_makes_no_people_and_gives_no_roles() {
        let mut duties = Duties::default();
        duties.add(Role::ChiefOfficer, None);
        let left = duties.only(Duty::ALL);
        for duty in [Duty::ManagePeople, Duty::AssignRoles, Duty::FoundBodies] {
            assert!(!left.has(duty), "{duty:?}");
        }
        assert!(left.has(Duty::ReadLedger));
    }
}
