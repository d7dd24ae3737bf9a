//! Bodies are founded and found: a prefecture, and municipalities under it.

use base::{BodyId, Text, Timestamp};
use factors::Code;
use records::{Actor, Entry, Origin, Subject};
use store::{Across, Store, Work};

use crate::body::{BodyCode, BodyKind, BodyRecord, NAME_MAX, NewBody};
use crate::caller::Caller;
use crate::conflict::Post;
use crate::error::IdentityError;
use crate::person::{Login, NewPerson, NewSection, Person, PersonId};
use crate::role::{Duty, Role};
use crate::{actions, enrol, people, roles, sections, tables};

/// The first person of a new body: gets the role of 統括情報セキュリティ責任者
/// and invites the others.
#[derive(Clone, Debug)]
pub struct FirstOfficer {
    /// What they will sign in with.
    pub login: Login,
    /// Their name.
    pub name: Text<NAME_MAX>,
    /// Their name's reading.
    pub kana: Text<NAME_MAX>,
    /// The first section, where they work.
    pub section: NewSection,
}

/// A body that was founded.
#[derive(Debug)]
pub struct Founded {
    /// The body.
    pub body: BodyRecord,
    /// Its first officer, invited.
    pub officer: Person,
    /// Opens the officer's enrolment once.
    pub code: Code,
    /// When the code ends.
    pub until: Timestamp,
}

/// Founds a municipality under the caller's prefecture.
///
/// # Errors
/// [`IdentityError::NotUnder`] if the caller's body is not its prefecture;
/// [`IdentityError::BodyTaken`] if it is here already.
pub async fn found(
    store: &Store,
    caller: &Caller,
    new: &NewBody,
    officer: &FirstOfficer,
) -> Result<Founded, IdentityError> {
    caller.demand_for(Duty::FoundBodies, None)?;
    let mut across = store.across("found a municipality under a prefecture").await?;
    let own = tables::bodies::find(&mut across, caller.body).await?;
    let own = own.ok_or(IdentityError::NotThere("body"))?;
    let is_under = own.kind() == BodyKind::Prefecture
        && new.code.kind() == BodyKind::Municipality
        && new.code.prefecture() == own.code.prefecture();
    if !is_under {
        return Err(IdentityError::NotUnder);
    }
    let by = By {
        actor: Actor::person(caller.person),
        person: Some(caller.person),
        origin: caller.origin.clone(),
    };
    establish(across, new, officer, Some(own.id), &by).await
}

/// The body whose work this is.
///
/// # Errors
/// [`IdentityError::NotThere`].
pub async fn own(work: &mut Work) -> Result<BodyRecord, IdentityError> {
    tables::bodies::own(work).await?.ok_or(IdentityError::NotThere("body"))
}

/// The bodies under the caller's, with itself first; by code.
///
/// # Errors
/// As the store says.
pub async fn under(store: &Store, caller: &Caller) -> Result<Vec<BodyRecord>, IdentityError> {
    let all = all(store).await?;
    let is_near =
        |body: &BodyRecord| body.id == caller.body || body.prefecture == Some(caller.body);
    let mut near: Vec<BodyRecord> = all.into_iter().filter(is_near).collect();
    near.sort_by_key(|body| (body.id != caller.body, body.code));
    Ok(near)
}

/// All bodies of the store, by code: for jobs and commands, not for people.
///
/// # Errors
/// As the store says.
pub async fn all(store: &Store) -> Result<Vec<BodyRecord>, IdentityError> {
    let mut across = store.read_across("list the bodies").await?;
    tables::bodies::all(&mut across).await
}

/// Finds a body by its code: for commands, not for people.
///
/// # Errors
/// As the store says.
pub async fn by_code(store: &Store, code: BodyCode) -> Result<Option<BodyId>, IdentityError> {
    let found = all(store).await?.into_iter().find(|body| body.code == code);
    Ok(found.map(|body| body.id))
}

/// Who founds a body.
pub(crate) struct By {
    pub(crate) actor: Actor,
    pub(crate) person: Option<PersonId>,
    pub(crate) origin: Origin,
}

/// Makes a body with its first section and its first officer, and keeps them.
pub(crate) async fn establish(
    mut across: Across,
    new: &NewBody,
    officer: &FirstOfficer,
    above: Option<BodyId>,
    by: &By,
) -> Result<Founded, IdentityError> {
    let body = BodyRecord {
        id: across.new_id(),
        code: new.code,
        name: new.name.clone(),
        kana: new.kana.clone(),
        prefecture: above,
        founded_at: across.now(),
    };
    tables::bodies::insert(&mut across, &body).await?;
    let mut work = across.within(body.id).await?;
    let entry = |action, subject| Entry::new(by.actor.clone(), action, subject, by.origin.clone());
    let founded = entry(actions::BODY_FOUNDED, Subject::new("body", body.id))
        .with("code", body.code.to_string())
        .with("name", body.name.to_string());
    records::append(&mut work, &founded).await?;
    let section = sections::create(&mut work, &officer.section).await?;
    let person = NewPerson {
        login: officer.login.clone(),
        name: officer.name.clone(),
        kana: officer.kana.clone(),
        section: section.id,
    };
    let person = people::create(&mut work, &person).await?;
    let (role, from) = (Role::ChiefOfficer, work.now());
    let post = Post { role, section: None, from, until: None };
    roles::create(&mut work, person.id, post, None).await?;
    let (code, until) = enrol::make_code_as(&mut work, person.id, by.person).await?;
    let invited = entry(actions::PERSON_INVITED, Subject::new("person", person.id));
    let invited = people::described(invited, &person).with("role", role.name());
    records::append(&mut work, &invited).await?;
    work.commit().await?;
    Ok(Founded { body, officer: person, code, until })
}
