//! People come, change and go. Who is gone has no session, no factor and no
//! role left a moment later.

use base::{Text, Timestamp};
use factors::Code;
use records::{Actor, Entry, Origin, Subject};
use store::Work;

use crate::body::NAME_MAX;
use crate::caller::Caller;
use crate::error::IdentityError;
use crate::person::{Login, NewPerson, Person, PersonId, PersonState, SectionId};
use crate::role::Duty;
use crate::sessions::EndReason;
use crate::tables::codes::Purpose;
use crate::{actions, enrol, roles, sections, sessions, tables};

/// A person who was invited, and the code to hand over to them.
#[derive(Debug)]
pub struct Invited {
    /// The person.
    pub person: Person,
    /// Opens the enrolment once; shown to the inviter and never again.
    pub code: Code,
    /// When the code ends: at most 24 hours later.
    pub until: Timestamp,
}

/// What a list of people shows.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    /// Part of a name, a reading or a login.
    pub text: Option<String>,
    /// Only this section.
    pub section: Option<SectionId>,
    /// Only this state.
    pub state: Option<PersonState>,
}

/// The last line of a page; the next page begins after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// Its reading.
    pub kana: String,
    /// Its id.
    pub id: PersonId,
}

/// A page of people, sorted by reading.
#[derive(Clone, Debug)]
pub struct Page {
    /// The lines.
    pub people: Vec<Person>,
    /// Where the next page begins, if there is one.
    pub next: Option<After>,
}

/// Lines on a page, at most.
pub const PAGE_MAX: u32 = 1_000;

/// What may change about a person; the login stays.
#[derive(Clone, Debug)]
pub struct PersonChange {
    /// The name.
    pub name: Text<NAME_MAX>,
    /// The reading.
    pub kana: Text<NAME_MAX>,
    /// The section.
    pub section: SectionId,
}

/// Invites a person and makes the code that opens their enrolment.
///
/// # Errors
/// [`IdentityError::LoginTaken`] also if it is taken in another body.
pub async fn invite(
    work: &mut Work,
    caller: &Caller,
    new: &NewPerson,
) -> Result<Invited, IdentityError> {
    caller.demand_body(work)?;
    caller.demand_for(Duty::ManagePeople, Some(new.section))?;
    sections::find_open(work, new.section).await?;
    let person = create(work, new).await?;
    let (code, until) = enrol::make_code(work, person.id, caller.person).await?;
    let entry = caller.entry(actions::PERSON_INVITED, Subject::new("person", person.id));
    records::append(work, &described(entry, &person)).await?;
    Ok(Invited { person, code, until })
}

/// Finds a person of this body.
///
/// # Errors
/// [`IdentityError::NotThere`].
pub async fn find(work: &mut Work, person: PersonId) -> Result<Person, IdentityError> {
    tables::people::find(work, person).await?.ok_or(IdentityError::NotThere("person"))
}

/// Finds a person of this body by login.
///
/// # Errors
/// As the store says.
pub async fn by_login(work: &mut Work, login: &Login) -> Result<Option<Person>, IdentityError> {
    tables::people::by_login(work, login).await
}

/// A page of people.
///
/// # Errors
/// As the store says.
pub async fn list(
    work: &mut Work,
    filter: &PeopleFilter,
    after: Option<&After>,
    limit: u32,
) -> Result<Page, IdentityError> {
    let limit = limit.clamp(1, PAGE_MAX);
    let mut people = tables::people::page(work, filter, after, limit + 1).await?;
    let is_full = people.len() > limit as usize;
    people.truncate(limit as usize);
    let next = people.last().filter(|_| is_full);
    let next = next.map(|last| After { kana: last.kana.to_string(), id: last.id });
    Ok(Page { people, next })
}

/// Changes a person; `version` is the one that was shown.
///
/// # Errors
/// [`IdentityError::Stale`]; [`IdentityError::Conflicts`] if an auditor would
/// move into an audited section.
pub async fn change(
    work: &mut Work,
    caller: &Caller,
    person: PersonId,
    version: i64,
    change: &PersonChange,
) -> Result<Person, IdentityError> {
    caller.demand_body(work)?;
    let mut changed = lock_present(work, person).await?;
    caller.demand_for(Duty::ManagePeople, Some(changed.section))?;
    caller.demand_for(Duty::ManagePeople, Some(change.section))?;
    let moves = changed.section != change.section;
    if moves {
        sections::find_open(work, change.section).await?;
    }
    changed.name = change.name.clone();
    changed.kana = change.kana.clone();
    changed.section = change.section;
    changed.version = version;
    if !tables::people::update(work, &changed).await? {
        return Err(IdentityError::Stale);
    }
    changed.version += 1;
    let conflicts = if moves { roles::conflicts(work, person).await? } else { Vec::new() };
    if !conflicts.is_empty() {
        return Err(IdentityError::Conflicts(conflicts));
    }
    let entry = caller.entry(actions::PERSON_CHANGED, Subject::new("person", person));
    records::append(work, &described(entry, &changed)).await?;
    Ok(changed)
}

/// Sees a person off: sessions, factors, codes, devices and roles end at once.
///
/// # Errors
/// [`IdentityError::Oneself`]; [`IdentityError::PersonState`] if they are gone.
pub async fn leave(
    work: &mut Work,
    caller: &Caller,
    person: PersonId,
) -> Result<Person, IdentityError> {
    caller.demand_body(work)?;
    caller.demand_other(person)?;
    let mut gone = lock_present(work, person).await?;
    caller.demand_for(Duty::ManagePeople, Some(gone.section))?;
    let now = work.now();
    gone.state = PersonState::Left;
    gone.left_at = Some(now);
    if !tables::people::update(work, &gone).await? {
        return Err(IdentityError::Stale);
    }
    gone.version += 1;
    let sessions = shut_out(work, person, &caller.origin, &Actor::person(caller.person)).await?;
    let roles = tables::roles::end_all(work, person, now).await?;
    roles::demand_officer(work).await?;
    let entry = caller
        .entry(actions::PERSON_LEFT, Subject::new("person", person))
        .with("sessions", count(sessions))
        .with("roles", count(roles));
    records::append(work, &entry).await?;
    Ok(gone)
}

pub(crate) async fn active(work: &mut Work, person: PersonId) -> Result<Person, IdentityError> {
    let found = find(work, person).await?;
    match found.state {
        PersonState::Active => Ok(found),
        PersonState::Invited | PersonState::Left => Err(IdentityError::PersonState),
    }
}

/// Takes a person back who left (再任用): under the same login, with a new code
/// and without the roles they had.
///
/// # Errors
/// [`IdentityError::PersonState`] if they have not left.
pub async fn take_back(
    work: &mut Work,
    caller: &Caller,
    person: PersonId,
    section: SectionId,
) -> Result<Invited, IdentityError> {
    caller.demand_body(work)?;
    caller.demand_for(Duty::ManagePeople, Some(section))?;
    sections::find_open(work, section).await?;
    let found = tables::people::lock(work, person).await?;
    let mut back = found.ok_or(IdentityError::NotThere("person"))?;
    match back.state {
        PersonState::Left => {}
        PersonState::Invited | PersonState::Active => return Err(IdentityError::PersonState),
    }
    back.state = PersonState::Invited;
    back.left_at = None;
    back.section = section;
    if !tables::people::update(work, &back).await? {
        return Err(IdentityError::Stale);
    }
    back.version += 1;
    let (code, until) = enrol::make_code(work, person, caller.person).await?;
    let entry = caller.entry(actions::PERSON_TAKEN_BACK, Subject::new("person", person));
    records::append(work, &described(entry, &back)).await?;
    Ok(Invited { person: back, code, until })
}

pub(crate) async fn create(work: &mut Work, new: &NewPerson) -> Result<Person, IdentityError> {
    let person = Person {
        id: work.new_id(),
        login: new.login.clone(),
        name: new.name.clone(),
        kana: new.kana.clone(),
        section: new.section,
        state: PersonState::Invited,
        joined_at: work.now(),
        left_at: None,
        version: 1,
    };
    tables::people::insert(work, &person).await?;
    Ok(person)
}

/// A person who has not left, whom nobody else changes meanwhile.
pub(crate) async fn lock_present(
    work: &mut Work,
    person: PersonId,
) -> Result<Person, IdentityError> {
    let found = tables::people::lock(work, person).await?;
    let found = found.ok_or(IdentityError::NotThere("person"))?;
    match found.state {
        PersonState::Invited | PersonState::Active => Ok(found),
        PersonState::Left => Err(IdentityError::PersonState),
    }
}

/// Takes away everything that lets a person in; says how many sessions ended.
pub(crate) async fn shut_out(
    work: &mut Work,
    person: PersonId,
    origin: &Origin,
    actor: &Actor,
) -> Result<u64, IdentityError> {
    tables::steps::end_all(work, person).await?;
    tables::codes::forget_enrolments(work, person).await?;
    for purpose in Purpose::ALL {
        tables::codes::end_all(work, person, *purpose).await?;
    }
    tables::sessions::forget_devices(work, person).await?;
    tables::factors::remove_all(work, person).await?;
    let mut ended = 0;
    for session in tables::sessions::open(work, person).await? {
        ended += u64::from(
            sessions::end(work, &session, EndReason::Revoked, actor.clone(), origin.clone())
                .await?,
        );
    }
    Ok(ended)
}

pub(crate) fn described(entry: Entry, person: &Person) -> Entry {
    entry
        .with("login", person.login.to_string())
        .with("name", person.name.to_string())
        .with("section", person.section.to_string())
}

pub(crate) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
