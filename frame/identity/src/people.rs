//! People come, change and go. Who is gone has no session, no factor and no
//! role left a moment later.

use base::{Text, Timestamp};
use factors::Code;
use store::Work;

use crate::body::NAME_MAX;
use crate::caller::Caller;
use crate::error::IdentityError;
use crate::person::{Login, NewPerson, Person, PersonId, PersonState, SectionId};

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
    let _ = (work, caller, new);
    Err(IdentityError::NotThere("person"))
}

/// Finds a person of this body.
///
/// # Errors
/// [`IdentityError::NotThere`].
pub async fn find(work: &mut Work, person: PersonId) -> Result<Person, IdentityError> {
    let _ = (work, person);
    Err(IdentityError::NotThere("person"))
}

/// Finds a person of this body by login.
///
/// # Errors
/// As the store says.
pub async fn by_login(work: &mut Work, login: &Login) -> Result<Option<Person>, IdentityError> {
    let _ = (work, login);
    Ok(None)
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
    let _ = (work, filter, after, limit);
    Ok(Page { people: Vec::new(), next: None })
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
    let _ = (work, caller, person, version, change);
    Err(IdentityError::NotThere("person"))
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
    let _ = (work, caller, person);
    Err(IdentityError::NotThere("person"))
}

pub(crate) async fn active(work: &mut Work, person: PersonId) -> Result<Person, IdentityError> {
    let found = find(work, person).await?;
    match found.state {
        PersonState::Active => Ok(found),
        PersonState::Invited | PersonState::Left => Err(IdentityError::PersonState),
    }
}
