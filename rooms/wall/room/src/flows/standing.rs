//! How each declared flow stands: which permit opens it, what is missing, what
//! cuts it off. The gate and the screens ask the same question here.

use std::cmp::Reverse;

use base::Timestamp;
use identity::PersonId;
use permits::{Permit, Permits};
use store::Work;
use zones::Zone;

use crate::cutoff;
use crate::error::WallError;
use crate::flows::declared::{Declared, items};
use crate::flows::kind::FLOW;
use crate::tables::{self, Check};

/// Why a flow is open or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It passes, until its permit's end.
    Open,
    /// Its zone is cut off.
    Cut,
    /// A permit is in force, and an item of its list is missing.
    Incomplete,
    /// A permit is in force, for what the site declared before.
    Changed,
    /// Somebody applied, and nobody has decided.
    Asked,
    /// Its last day is over.
    Over,
    /// Nobody applied.
    Closed,
}

impl Standing {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::Open,
        Self::Cut,
        Self::Incomplete,
        Self::Changed,
        Self::Asked,
        Self::Over,
        Self::Closed,
    ];

    /// The name in answers; the screens look up `wall-standing-NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Cut => "cut",
            Self::Incomplete => "incomplete",
            Self::Changed => "changed",
            Self::Asked => "asked",
            Self::Over => "over",
            Self::Closed => "closed",
        }
    }
}

/// A flow and how it stands.
#[derive(Clone, Debug)]
pub struct Stand {
    /// Its place in the site.
    pub place: usize,
    /// See [`Standing`].
    pub standing: Standing,
    /// The permit in force, or the one for an earlier declaration.
    pub permit: Option<Permit>,
    /// Other permits in force for the same declaration: it stays open by one of
    /// them when the first ends, as when whoever applied for that leaves.
    pub others: Vec<Permit>,
    /// An application that waits for another person.
    pub asked: Option<Permit>,
    /// Until when it is or would be open.
    pub until: Option<Timestamp>,
    /// True where it needs an analysis and a complete list.
    pub needs_checks: bool,
    /// What was checked of this declaration.
    pub checks: Vec<Check>,
    /// The items that are missing.
    pub missing: Vec<&'static str>,
}

impl Stand {
    /// Whose leaving closes it: a permit ends with whoever applied for it
    /// ([`Permits::person_left`]). Nobody's where another's permit is behind it.
    #[must_use]
    pub fn rests_on(&self) -> Option<PersonId> {
        let first = self.permit.as_ref().filter(|_| self.until.is_some())?.applicant;
        self.others.iter().all(|other| other.applicant == first).then_some(first)
    }
}

/// Says how every flow of a site stands now.
///
/// # Errors
/// As the store says.
pub async fn standing(
    work: &mut Work,
    permits: &Permits,
    declared: &Declared,
) -> Result<Vec<Stand>, WallError> {
    let now = permits.look(work).await?;
    let cut = cutoff::zones_cut(work).await?;
    let granted: Vec<Permit> = permits
        .all_in_force(work, FLOW.name)
        .await?
        .into_iter()
        .map(|grant| grant.permit().clone())
        .collect();
    let asked = permits.undecided(work, FLOW.name).await?;
    let checks = tables::checks(work).await?;
    let places = 0..declared.site.flows.len();
    Ok(places
        .map(|place| {
            stand(
                declared,
                place,
                now,
                &Ground { cut: &cut, granted: &granted, asked: &asked, checks: &checks },
            )
        })
        .collect())
}

struct Ground<'a> {
    cut: &'a [Zone],
    granted: &'a [Permit],
    asked: &'a [Permit],
    checks: &'a [Check],
}

fn stand(declared: &Declared, place: usize, now: Timestamp, ground: &Ground<'_>) -> Stand {
    let (name, declaration) = (
        declared.site.flows.get(place).map_or("", |flow| flow.name.as_str()),
        declared.declaration(place),
    );
    let is_of_flow = |permit: &&Permit| permit.scope.text("flow") == Some(name);
    let is_as_declared = |permit: &&Permit| permit.scope.text("declaration") == Some(declaration);
    let own = || ground.granted.iter().filter(is_of_flow);
    // Of those that last as long the first: it is open by that one until it ends.
    let fitting = own().filter(is_as_declared).max_by_key(|it| (it.until(), Reverse(it.id)));
    let permit = fitting.or_else(|| own().max_by_key(|permit| permit.until())).cloned();
    let is_other = |it: &&Permit| fitting.is_some_and(|first| first.id != it.id);
    let others = own().filter(is_as_declared).filter(is_other).cloned().collect();
    let asked = ground.asked.iter().filter(is_of_flow).max_by_key(|permit| permit.id).cloned();
    let checks: Vec<Check> = ground
        .checks
        .iter()
        .filter(|check| check.flow == name && check.declaration == declaration)
        .cloned()
        .collect();
    let needs_checks = declared.needs_checks(place);
    let missing: Vec<&'static str> = items()
        .filter(|item| needs_checks && !checks.iter().any(|check| check.item == *item))
        .collect();
    let last = declared.ends_at(place);
    let is_cut = declared.site.flows.get(place).is_none_or(|flow| {
        let ends = [flow.crossing.from(), flow.crossing.to()];
        ends.iter().any(|zone| ground.cut.contains(zone))
    });
    let standing = if last <= now {
        Standing::Over
    } else if fitting.is_none() && permit.is_some() {
        Standing::Changed
    } else if fitting.is_none() {
        if asked.is_some() { Standing::Asked } else { Standing::Closed }
    } else if !missing.is_empty() {
        Standing::Incomplete
    } else if is_cut {
        Standing::Cut
    } else {
        Standing::Open
    };
    let until = fitting.map(|permit| permit.until().min(last));
    Stand { place, standing, permit, others, asked, until, needs_checks, checks, missing }
}
