//! The register: whoever is entitled searches it, everybody sees their own.

use base::Timestamp;
use identity::{Caller, Duty, PersonId, Scope, SectionId};
use store::Work;

use crate::end::{is_involved, may_revoke};
use crate::error::PermitError;
use crate::kind::{Kind, Reach};
use crate::life::State;
use crate::permit::{Permit, PermitId};
use crate::service::Permits;
use crate::tables::{self, Branch, Query};

/// What a search narrows to; every part may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The name of a kind.
    pub kind: Option<String>,
    /// A state.
    pub state: Option<State>,
    /// A section.
    pub section: Option<SectionId>,
    /// A person and their part in it.
    pub person: Option<(PersonId, Part)>,
    /// The number in the register.
    pub number: Option<u32>,
    /// Made since then.
    pub since: Option<Timestamp>,
    /// Made before then.
    pub before: Option<Timestamp>,
}

/// A person's part in a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Any of the others.
    Any,
    /// Who applied.
    Applicant,
    /// Whose ability it is.
    Beneficiary,
    /// Who decided.
    Decider,
}

/// One page of the register, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The permits.
    pub permits: Vec<Permit>,
    /// Where the next page begins, if there is one.
    pub next: Option<PermitId>,
}

/// The most permits on a page.
pub const PAGE_MAX: u32 = 200;
/// Sections that one search looks along; whoever answers for more has the duty
/// for the body.
const SECTIONS_MAX: usize = 200;

impl Permits {
    /// A page of the register, as far as the caller may see it: all with the
    /// duty for the body, those of their sections, and always their own.
    ///
    /// # Errors
    /// As the store says.
    pub async fn search(
        &self,
        work: &mut Work,
        caller: &Caller,
        filter: &Filter,
        after: Option<PermitId>,
        count_max: u32,
    ) -> Result<Page, PermitError> {
        caller.demand_body(work)?;
        let count = count_max.clamp(1, PAGE_MAX);
        // One more than the page, to see whether there is another.
        let wanted = usize::try_from(count).unwrap_or(usize::MAX).saturating_add(1);
        let mut found: Vec<Permit> = Vec::new();
        let mut floor = None;
        for (branch, section) in branches(caller, filter) {
            let query = Query {
                kind: filter.kind.as_deref(),
                state: filter.state,
                section,
                number: filter.number,
                since: filter.since,
                before: filter.before,
                after,
                floor,
                viewer: Some(caller.person),
                count_max: count + 1,
            };
            found.extend(tables::search(work, branch, &query).await?);
            found.sort_by_key(|permit| std::cmp::Reverse(permit.id));
            found.dedup_by_key(|permit| permit.id);
            found.truncate(wanted);
            // Later branches bring nothing that is older than a full page.
            floor = found.get(wanted - 1).map(|permit| permit.id);
        }
        let has_more = found.len() == wanted;
        found.truncate(wanted - 1);
        let next = found.last().filter(|_| has_more).map(|permit| permit.id);
        Ok(Page { permits: found, next })
    }

    /// One permit, if the caller may see it: their own, one of their sections,
    /// or one that they may decide on, in their own right or as a deputy.
    ///
    /// # Errors
    /// [`PermitError::NotThere`].
    pub async fn find(
        &self,
        work: &mut Work,
        caller: &Caller,
        id: PermitId,
    ) -> Result<Permit, PermitError> {
        caller.demand_body(work)?;
        let permit = tables::find(work, id).await?.ok_or(PermitError::NotThere)?;
        let is_own = is_involved(caller, &permit) || permit.decided_by == Some(caller.person);
        if is_own || self.is_seen(caller, &permit) {
            return Ok(permit);
        }
        for acting in self.deputies(work, caller).await? {
            if self.is_seen(&acting, &permit) {
                return Ok(permit);
            }
        }
        Err(PermitError::NotThere)
    }

    fn is_seen(&self, caller: &Caller, permit: &Permit) -> bool {
        permit.state != State::Draft
            && (caller.duties.has_for(Duty::ReadPermits, permit.section)
                || self.kind_of(permit).is_ok_and(|kind| may_revoke(caller, permit, kind)))
    }

    /// The caller once more for each person in whose stead they may act now.
    async fn deputies(&self, work: &mut Work, caller: &Caller) -> Result<Vec<Caller>, PermitError> {
        // A program with a token decides nothing.
        if caller.factors < 2 || caller.acting_for.is_some() {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for holder in self.may_act_for(work, caller).await? {
            match self.act_for(work, caller, holder).await {
                Ok(acting) => all.push(acting),
                // Who has left has no duties to stand in for.
                Err(PermitError::Identity(_) | PermitError::NotDeputy) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// What waits for the caller's decision, oldest first: applications, and
    /// emergencies that nobody has confirmed. Red ones stay until they are
    /// closed. What waits for somebody absent waits for their deputy too.
    ///
    /// # Errors
    /// As the store says.
    pub async fn waiting(
        &self,
        work: &mut Work,
        caller: &Caller,
        count_max: u32,
    ) -> Result<Vec<Permit>, PermitError> {
        caller.demand_body(work)?;
        let count = count_max.clamp(1, PAGE_MAX);
        let mut callers = self.deputies(work, caller).await?;
        callers.push(caller.clone());
        let mut found: Vec<Permit> = Vec::new();
        for one in &callers {
            for kind in self.kinds().iter() {
                for section in places(one, kind) {
                    let waiting = tables::undecided(work, kind.name, section, PAGE_MAX).await?;
                    found.extend(waiting.into_iter().filter(|permit| !is_involved(one, permit)));
                }
            }
        }
        found.retain(|permit| permit.state == State::Applied || permit.waits_for_confirmation());
        found.sort_by_key(|permit| permit.id);
        found.dedup_by_key(|permit| permit.id);
        found.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// The caller's abilities now, those that end first before the others.
    /// [`Permit::reminded_at`] says which end soon.
    ///
    /// # Errors
    /// As the store says.
    pub async fn mine_in_force(
        &self,
        work: &mut Work,
        caller: &Caller,
    ) -> Result<Vec<Permit>, PermitError> {
        caller.demand_body(work)?;
        let now = self.look(work).await?;
        let mut found = tables::active_of(work, caller.person, PAGE_MAX).await?;
        found.retain(|permit| permit.is_in_force(now));
        Ok(found)
    }
}

/// Where a caller may decide on a kind: nowhere, in sections, or (`None`) in
/// the body.
fn places(caller: &Caller, kind: &Kind) -> Vec<Option<SectionId>> {
    match (caller.duties.scope(kind.approver), kind.reach) {
        (None, Reach::Section | Reach::Body) | (Some(Scope::Sections(_)), Reach::Body) => {
            Vec::new()
        }
        (Some(Scope::Body), Reach::Section | Reach::Body) => vec![None],
        (Some(Scope::Sections(sections)), Reach::Section) => {
            sections.iter().take(SECTIONS_MAX).map(|section| Some(*section)).collect()
        }
    }
}

/// The rows that a search goes along: a branch each, with the section it is
/// narrowed to.
fn branches(caller: &Caller, filter: &Filter) -> Vec<(Branch, Option<SectionId>)> {
    let mut all = Vec::new();
    match caller.duties.scope(Duty::ReadPermits) {
        Some(Scope::Body) => {
            along(&mut all, filter.person, filter.section);
            return all;
        }
        Some(Scope::Sections(sections)) => {
            let wanted = sections
                .iter()
                .filter(|section| filter.section.is_none_or(|only| only == **section));
            for section in wanted.take(SECTIONS_MAX) {
                along(&mut all, filter.person, Some(*section));
            }
        }
        None => {}
    }
    // Everybody's own, in any section.
    let part = match filter.person {
        None => Some(Part::Any),
        Some((person, part)) => (person == caller.person).then_some(part),
    };
    if let Some(part) = part {
        along(&mut all, Some((caller.person, part)), filter.section);
    }
    all
}

fn along(
    all: &mut Vec<(Branch, Option<SectionId>)>,
    person: Option<(PersonId, Part)>,
    section: Option<SectionId>,
) {
    let parts: &[fn(PersonId) -> Branch] = match person.map(|(_, part)| part) {
        None => &[],
        Some(Part::Any) => &[Branch::Applicant, Branch::Beneficiary, Branch::Decider],
        Some(Part::Applicant) => &[Branch::Applicant],
        Some(Part::Beneficiary) => &[Branch::Beneficiary],
        Some(Part::Decider) => &[Branch::Decider],
    };
    match person {
        Some((person, _)) => all.extend(parts.iter().map(|part| (part(person), section))),
        None => all.push((section.map_or(Branch::Body, Branch::Section), section)),
    }
}
