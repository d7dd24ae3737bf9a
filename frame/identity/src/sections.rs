//! Sections and bureaus of a body.

use records::{Entry, Subject};
use store::Work;

use crate::caller::Caller;
use crate::error::IdentityError;
use crate::person::{NewSection, Section, SectionId};
use crate::role::Duty;
use crate::{actions, tables};

/// Opens a section.
///
/// # Errors
/// [`IdentityError::SectionTaken`] if another has the code.
pub async fn open(
    work: &mut Work,
    caller: &Caller,
    new: &NewSection,
) -> Result<Section, IdentityError> {
    caller.demand_body(work)?;
    caller.demand(Duty::ManagePeople)?;
    if let Some(above) = new.above {
        find_open(work, above).await?;
    }
    let section = create(work, new).await?;
    let entry = caller.entry(actions::SECTION_OPENED, Subject::new("section", section.id));
    records::append(work, &described(entry, &section)).await?;
    Ok(section)
}

/// Changes a section; `version` is the one that was shown.
///
/// # Errors
/// [`IdentityError::Stale`].
pub async fn change(
    work: &mut Work,
    caller: &Caller,
    section: SectionId,
    version: i64,
    change: &NewSection,
) -> Result<Section, IdentityError> {
    caller.demand_body(work)?;
    caller.demand(Duty::ManagePeople)?;
    let before = find(work, section).await?;
    if let Some(above) = change.above {
        find_open(work, above).await?;
        if around(work, above).await?.contains(&section) {
            return Err(IdentityError::SectionState);
        }
    }
    let mut changed = Section {
        code: change.code.clone(),
        name: change.name.clone(),
        above: change.above,
        version,
        ..before
    };
    if !tables::sections::update(work, &changed).await? {
        return Err(IdentityError::Stale);
    }
    changed.version += 1;
    let entry = caller.entry(actions::SECTION_CHANGED, Subject::new("section", section));
    records::append(work, &described(entry, &changed)).await?;
    Ok(changed)
}

/// Closes a section in which nobody works any more.
///
/// # Errors
/// [`IdentityError::SectionState`] if it is in use.
pub async fn close(
    work: &mut Work,
    caller: &Caller,
    section: SectionId,
) -> Result<(), IdentityError> {
    caller.demand_body(work)?;
    caller.demand(Duty::ManagePeople)?;
    let now = work.now();
    let mut closed = find_open(work, section).await?;
    if tables::sections::is_used(work, section, now).await? {
        return Err(IdentityError::SectionState);
    }
    closed.closed_at = Some(now);
    if !tables::sections::update(work, &closed).await? {
        return Err(IdentityError::Stale);
    }
    let entry = caller.entry(actions::SECTION_CLOSED, Subject::new("section", section));
    records::append(work, &described(entry, &closed)).await?;
    Ok(())
}

/// Finds a section of this body.
///
/// # Errors
/// [`IdentityError::NotThere`].
pub async fn find(work: &mut Work, section: SectionId) -> Result<Section, IdentityError> {
    tables::sections::find(work, section).await?.ok_or(IdentityError::NotThere("section"))
}

/// All sections, by code; the closed ones last.
///
/// # Errors
/// As the store says.
pub async fn list(work: &mut Work) -> Result<Vec<Section>, IdentityError> {
    tables::sections::all(work).await
}

pub(crate) async fn create(work: &mut Work, new: &NewSection) -> Result<Section, IdentityError> {
    let section = Section {
        id: work.new_id(),
        code: new.code.clone(),
        name: new.name.clone(),
        above: new.above,
        closed_at: None,
        version: 1,
    };
    tables::sections::insert(work, &section).await?;
    Ok(section)
}

pub(crate) async fn find_open(
    work: &mut Work,
    section: SectionId,
) -> Result<Section, IdentityError> {
    let found = find(work, section).await?;
    if found.closed_at.is_some() { Err(IdentityError::SectionState) } else { Ok(found) }
}

/// A section and those above it.
pub(crate) async fn around(
    work: &mut Work,
    section: SectionId,
) -> Result<Vec<SectionId>, IdentityError> {
    let tree = tables::sections::tree(work).await?;
    let mut found = vec![section];
    let mut at = section;
    while let Some(above) = tree.iter().find(|(id, _)| *id == at).and_then(|(_, above)| *above) {
        if found.contains(&above) {
            break;
        }
        found.push(above);
        at = above;
    }
    Ok(found)
}

/// A section and those under it, within a body's tree.
pub(crate) fn beneath(
    tree: &[(SectionId, Option<SectionId>)],
    section: SectionId,
) -> Vec<SectionId> {
    let mut found = vec![section];
    let mut next = 0;
    while let Some(&at) = found.get(next) {
        next += 1;
        for (id, above) in tree {
            if *above == Some(at) && !found.contains(id) {
                found.push(*id);
            }
        }
    }
    found
}

fn described(entry: Entry, section: &Section) -> Entry {
    let entry = entry.with("code", section.code.to_string()).with("name", section.name.to_string());
    match section.above {
        Some(above) => entry.with("above", above.to_string()),
        None => entry,
    }
}
