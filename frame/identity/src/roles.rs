//! Who holds which role, where and for how long; what that lets them do; and
//! the concurrent posts (兼務) that make an unavoidable conflict visible.

use base::{Id, Text, Timestamp};
use store::Work;

use crate::caller::Caller;
use crate::conflict::{Bar, Conflict};
use crate::error::IdentityError;
use crate::person::{Person, PersonId, SectionId};
use crate::role::{Duties, Duty, Role};

/// The id of an assignment.
pub type AssignmentId = Id<Assignment>;
/// The id of a concurrent post.
pub type PostId = Id<ConcurrentPost>;

/// Longest reason, in characters.
pub const REASON_MAX: usize = 500;

/// A role that a person holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Its id.
    pub id: AssignmentId,
    /// Who holds it.
    pub person: PersonId,
    /// Which role.
    pub role: Role,
    /// Where; nothing means the whole body.
    pub section: Option<SectionId>,
    /// From when.
    pub from: Timestamp,
    /// Until when, if an end is set.
    pub until: Option<Timestamp>,
    /// The concurrent post that allows it in spite of a conflict.
    pub post: Option<PostId>,
}

/// A role to be given.
#[derive(Clone, Debug)]
pub struct NewAssignment {
    /// To whom.
    pub person: PersonId,
    /// Which role.
    pub role: Role,
    /// Where; nothing means the whole body.
    pub section: Option<SectionId>,
    /// From when; nothing means now.
    pub from: Option<Timestamp>,
    /// Until when; needed where it rests on a concurrent post.
    pub until: Option<Timestamp>,
}

/// A visible record that one person holds posts that conflict, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcurrentPost {
    /// Its id.
    pub id: PostId,
    /// Whose.
    pub person: PersonId,
    /// The rule that is set aside.
    pub bar: Bar,
    /// Why it cannot be avoided.
    pub reason: Text<REASON_MAX>,
    /// Who recorded it.
    pub by: PersonId,
    /// From when.
    pub from: Timestamp,
    /// Until when: at most 366 days.
    pub until: Timestamp,
}

/// A concurrent post to be recorded.
#[derive(Clone, Debug)]
pub struct NewPost {
    /// Whose.
    pub person: PersonId,
    /// The rule that is set aside.
    pub bar: Bar,
    /// Why it cannot be avoided.
    pub reason: Text<REASON_MAX>,
    /// Until when: at most 366 days from now.
    pub until: Timestamp,
}

/// Gives a role. Nobody gives one to themselves.
///
/// # Errors
/// [`IdentityError::Conflicts`] with what breaks which rule.
pub async fn assign(
    work: &mut Work,
    caller: &Caller,
    new: &NewAssignment,
) -> Result<Assignment, IdentityError> {
    caller.demand(Duty::AssignRoles)?;
    let _ = (work, new);
    Err(IdentityError::NotThere("role"))
}

/// Takes a role back at once.
///
/// # Errors
/// If there is no such assignment, or it is over.
pub async fn withdraw(
    work: &mut Work,
    caller: &Caller,
    assignment: AssignmentId,
) -> Result<(), IdentityError> {
    let _ = (work, caller, assignment);
    Err(IdentityError::NotThere("role"))
}

/// Records that one person holds posts that conflict; somebody else does so.
///
/// # Errors
/// If the rule can never be set aside, or the term is too long.
pub async fn record_post(
    work: &mut Work,
    caller: &Caller,
    new: &NewPost,
) -> Result<ConcurrentPost, IdentityError> {
    let _ = (work, caller, new);
    Err(IdentityError::NotThere("role"))
}

/// The concurrent posts that are in force, the newest first.
///
/// # Errors
/// As the store says.
pub async fn posts(work: &mut Work) -> Result<Vec<ConcurrentPost>, IdentityError> {
    let _ = work;
    Ok(Vec::new())
}

/// The roles that a person holds now or later.
///
/// # Errors
/// As the store says.
pub async fn of_person(
    work: &mut Work,
    person: PersonId,
) -> Result<Vec<Assignment>, IdentityError> {
    let _ = (work, person);
    Ok(Vec::new())
}

/// Who has a duty now, for a section or for the whole body.
///
/// # Errors
/// As the store says.
pub async fn holders(
    work: &mut Work,
    duty: Duty,
    section: Option<SectionId>,
) -> Result<Vec<Person>, IdentityError> {
    let _ = (work, duty, section);
    Ok(Vec::new())
}

/// What a person may do now, and where. A section's duty holds in the sections
/// under it too.
///
/// # Errors
/// As the store says.
pub async fn duties(work: &mut Work, person: PersonId) -> Result<Duties, IdentityError> {
    let _ = (work, person);
    Ok(Duties::default())
}

/// The rules that a person's posts break now and that no concurrent post sets
/// aside: such a person approves nothing.
///
/// # Errors
/// As the store says.
pub async fn conflicts(work: &mut Work, person: PersonId) -> Result<Vec<Conflict>, IdentityError> {
    let _ = (work, person);
    Ok(Vec::new())
}

pub(crate) async fn sections(
    work: &mut Work,
    person: &Person,
) -> Result<Vec<SectionId>, IdentityError> {
    let _ = work;
    Ok(vec![person.section])
}
