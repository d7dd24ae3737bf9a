//! What people do with flows: apply for one, check what is to be checked,
//! withdraw that. Deciding, ending and taking away are the permits' own.

use std::collections::BTreeMap;

use base::{Text, Timestamp};
use identity::{Caller, Duty, PersonId};
use permits::{Application, Permit, Permits, State};
use records::{Action, Subject};
use store::Work;

use crate::error::WallError;
use crate::flows::{Declared, FLOW, Stand, Standing, items, standing};
use crate::gate::Gate;
use crate::tables::{self, Check, CheckId};

const APPLIED: Action = Action::new("flow.applied");
const CHECKED: Action = Action::new("flow.checked");
const CHECK_WITHDRAWN: Action = Action::new("flow.check-withdrawn");

/// Characters of what somebody writes beside a check, or why it is withdrawn.
pub const NOTE_CHARACTERS_MAX: usize = 500;

/// Who may say that an item is checked, or withdraw that.
pub const CHECKERS: [Duty; 2] = [Duty::ManageSystem, Duty::ApproveFlow];

/// How every flow of the caller's wall stands.
///
/// # Errors
/// [`WallError::NoWall`] for another body's caller.
pub async fn flows(
    work: &mut Work,
    caller: &Caller,
    gate: &Gate,
    permits: &Permits,
) -> Result<Vec<Stand>, WallError> {
    own(caller, gate)?;
    standing(work, permits, &gate.declared()).await
}

/// Hands in an application for a flow, as the site declares it now, in the
/// caller's name. Another person decides.
///
/// # Errors
/// [`WallError::NoFlow`], [`WallError::TooLate`], [`WallError::AskedBefore`],
/// [`WallError::Stead`]; as [`Permits::apply_for`].
pub async fn apply(
    work: &mut Work,
    caller: &Caller,
    gate: &Gate,
    permits: &Permits,
    flow: &str,
    asked: &Asked<'_>,
) -> Result<Permit, WallError> {
    own(caller, gate)?;
    caller.demand(Duty::Apply)?;
    if caller.acting_for.is_some() {
        return Err(WallError::Stead);
    }
    let declared = gate.declared();
    let place = declared.place(flow).ok_or(WallError::NoFlow)?;
    if asked.ends_at > declared.ends_at(place) {
        return Err(WallError::TooLate);
    }
    let stands = standing(work, permits, &declared).await?;
    let stand = stands.into_iter().find(|stand| stand.place == place).ok_or(WallError::NoFlow)?;
    if stand.asked.is_some() || is_as_long(&stand, caller.person, asked.ends_at) {
        return Err(WallError::AskedBefore);
    }
    let application = application(&declared, place, asked)?;
    let permit = permits.apply_for(work, caller.person, &application).await?;
    debug_assert_eq!(permit.state, State::Applied, "handed in");
    let entry = caller
        .entry(APPLIED, Subject::new("flow", flow))
        .with("permit", permit.id)
        .with("number", permit.number)
        .with("ends", permit.ends_at)
        .with("declaration", declared.declaration(place));
    records::append(work, &entry).await?;
    Ok(permit)
}

/// What somebody asks for a flow.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What for, now; the site says it too.
    pub purpose: &'a str,
    /// Until when: at most the flow's last day, and 366 days.
    pub ends_at: Timestamp,
}

fn application(
    declared: &Declared,
    place: usize,
    asked: &Asked<'_>,
) -> Result<Application, WallError> {
    let flow = declared.site.flows.get(place).ok_or(WallError::NoFlow)?;
    let cut = |text: &str, characters: usize| text.chars().take(characters).collect::<String>();
    let scope = BTreeMap::from([
        ("flow".to_owned(), flow.name.clone()),
        ("path".to_owned(), cut(&declared.line(place), 1_000)),
        ("owner".to_owned(), cut(&flow.owner, 200)),
        ("declaration".to_owned(), declared.declaration(place).to_owned()),
    ]);
    Ok(Application {
        kind: FLOW.name.to_owned(),
        beneficiary: None,
        purpose: asked.purpose.to_owned(),
        scope,
        starts_at: None,
        ends_at: asked.ends_at,
    })
}

/// A permit of theirs for what is declared now lasts as long already. One of
/// somebody else's is no reason: it ends when they leave, and whoever takes over
/// (引き継ぎ) applies before that.
fn is_as_long(stand: &Stand, person: PersonId, ends_at: Timestamp) -> bool {
    let is_granted = match stand.standing {
        Standing::Open | Standing::Cut | Standing::Incomplete => true,
        Standing::Changed | Standing::Asked | Standing::Over | Standing::Closed => false,
    };
    let mut all = stand.permit.iter().chain(&stand.others);
    is_granted && all.any(|permit| permit.applicant == person && permit.until() >= ends_at)
}

/// Writes that the caller checked an item of a flow's list. The flow opens once
/// a permit is in force and all items are checked.
///
/// # Errors
/// [`WallError::NoItem`] if it needs no list or the item is none of it;
/// [`WallError::Before`]; [`WallError::Text`].
pub async fn check(
    work: &mut Work,
    caller: &Caller,
    gate: &Gate,
    flow: &str,
    item: &str,
    note: &str,
) -> Result<Check, WallError> {
    own(caller, gate)?;
    checker(caller)?;
    let declared = gate.declared();
    let place = declared.place(flow).ok_or(WallError::NoFlow)?;
    if !declared.needs_checks(place) || !items().any(|one| one == item) {
        return Err(WallError::NoItem);
    }
    let declaration = declared.declaration(place);
    let is_of =
        |one: &Check| one.flow == flow && one.item == item && one.declaration == declaration;
    if tables::checks(work).await?.iter().any(is_of) {
        return Err(WallError::Before);
    }
    let new = Check {
        id: work.new_id(),
        flow: flow.to_owned(),
        declaration: declaration.to_owned(),
        item: item.to_owned(),
        person: caller.person,
        note: words("note", note)?,
        made_at: work.now(),
    };
    tables::add_check(work, &new).await?;
    tables::turn_on(work).await?;
    let entry = caller
        .entry(CHECKED, Subject::new("flow", flow))
        .with("item", item)
        .with("note", &new.note)
        .with("declaration", declaration);
    records::append(work, &entry).await?;
    gate.bell().notify_one();
    Ok(new)
}

/// Withdraws that an item is checked: the flow closes at once.
///
/// # Errors
/// [`WallError::Before`] if somebody did before; a reason is needed.
pub async fn withdraw_check(
    work: &mut Work,
    caller: &Caller,
    gate: &Gate,
    id: CheckId,
    reason: &str,
) -> Result<(), WallError> {
    own(caller, gate)?;
    if !caller.duties.has(Duty::Emergency) {
        checker(caller)?;
    }
    let reason = words("reason", reason)?;
    let check = tables::find_check(work, id).await?.ok_or(WallError::Before)?;
    if !tables::withdraw_check(work, id, caller.person, &reason).await? {
        return Err(WallError::Before);
    }
    tables::turn_on(work).await?;
    let entry = caller
        .entry(CHECK_WITHDRAWN, Subject::new("flow", &check.flow))
        .with("item", &check.item)
        .with("reason", reason)
        .with("declaration", &check.declaration);
    records::append(work, &entry).await?;
    gate.bell().notify_one();
    Ok(())
}

/// The wall is one body's.
pub(crate) fn own(caller: &Caller, gate: &Gate) -> Result<(), WallError> {
    if gate.is_of(caller.body) { Ok(()) } else { Err(WallError::NoWall) }
}

fn checker(caller: &Caller) -> Result<(), WallError> {
    if CHECKERS.iter().any(|duty| caller.duties.has(*duty)) {
        return Ok(());
    }
    Ok(caller.demand(Duty::ManageSystem)?)
}

fn words(field: &'static str, text: &str) -> Result<String, WallError> {
    Text::<NOTE_CHARACTERS_MAX>::parse(text)
        .map(|text| text.as_str().to_owned())
        .map_err(|why| WallError::Text { field, why })
}
