//! Who holds which role, where and for how long; what that lets them do; and
//! the concurrent posts (兼務) that make an unavoidable conflict visible.

use std::time::Duration;

use base::{Id, Text, Timestamp};
use records::{Entry, Subject};
use store::Work;

use crate::actions::{POST_RECORDED, ROLE_ASSIGNED, ROLE_WITHDRAWN};
use crate::body::BodyKind;
use crate::caller::Caller;
use crate::conflict::{self, Bar, Conflict, Post};
use crate::error::IdentityError;
use crate::person::{Person, PersonId, SectionId};
use crate::role::{Duties, Duty, Role};
use crate::{bodies, people, sections, tables};

/// The id of an assignment.
pub type AssignmentId = Id<Assignment>;
/// The id of a concurrent post.
pub type PostId = Id<ConcurrentPost>;

/// Longest reason, in characters.
pub const REASON_MAX: usize = 500;

/// Longest concurrent post: a year, leap or not.
const POST_MAX: Duration = Duration::from_secs(366 * 86_400);

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
    caller.demand_body(work)?;
    caller.demand(Duty::AssignRoles)?;
    caller.demand_other(new.person)?;
    let person = people::lock_present(work, new.person).await?;
    if let Some(section) = new.section {
        sections::find_open(work, section).await?;
    }
    let now = work.now();
    let from = new.from.unwrap_or(now);
    if from < now || new.until.is_some_and(|until| until <= from) {
        return Err(IdentityError::Term("until must come after from, and from not before now"));
    }
    let post = Post { role: new.role, section: new.section, from, until: new.until };
    let concurrent = rests_on(work, &person, post).await?;
    let assignment = create(work, new.person, post, concurrent).await?;
    records::append(
        work,
        &described(caller.entry(ROLE_ASSIGNED, subject(&assignment)), &assignment),
    )
    .await?;
    Ok(assignment)
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
    caller.demand_body(work)?;
    caller.demand(Duty::AssignRoles)?;
    let known = tables::roles::find(work, assignment).await?;
    let known = known.ok_or(IdentityError::NotThere("role"))?;
    let now = work.now();
    if known.until.is_some_and(|until| until <= now) {
        return Err(IdentityError::NotThere("role"));
    }
    people::lock_present(work, known.person).await?;
    tables::roles::end(work, assignment, now).await?;
    demand_officer(work).await?;
    records::append(work, &described(caller.entry(ROLE_WITHDRAWN, subject(&known)), &known))
        .await?;
    Ok(())
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
    caller.demand_body(work)?;
    caller.demand(Duty::AssignRoles)?;
    caller.demand_other(new.person)?;
    people::lock_present(work, new.person).await?;
    if !new.bar.may_be_concurrent() {
        let role = Role::Staff;
        let never = Conflict { bar: new.bar, role, other: role };
        return Err(IdentityError::Conflicts(vec![never]));
    }
    let now = work.now();
    if new.until <= now || new.until > now.plus(POST_MAX) {
        return Err(IdentityError::Term("a concurrent post lasts at most 366 days"));
    }
    let post = ConcurrentPost {
        id: work.new_id(),
        person: new.person,
        bar: new.bar,
        reason: new.reason.clone(),
        by: caller.person,
        from: now,
        until: new.until,
    };
    tables::roles::insert_post(work, &post).await?;
    let entry = caller
        .entry(POST_RECORDED, Subject::new("person", post.person))
        .with("bar", post.bar.name())
        .with("reason", post.reason.to_string())
        .with("until", post.until.to_string());
    records::append(work, &entry).await?;
    Ok(post)
}

/// The concurrent posts that are in force, the newest first.
///
/// # Errors
/// As the store says.
pub async fn posts(work: &mut Work) -> Result<Vec<ConcurrentPost>, IdentityError> {
    let now = work.now();
    tables::roles::posts(work, None, now).await
}

/// The roles that a person holds now or later.
///
/// # Errors
/// As the store says.
pub async fn of_person(
    work: &mut Work,
    person: PersonId,
) -> Result<Vec<Assignment>, IdentityError> {
    let now = work.now();
    tables::roles::of_person(work, person, now).await
}

/// Who has a duty now by a role they were given, for a section or for the whole
/// body. What every member of the staff may do is not listed.
///
/// # Errors
/// As the store says.
pub async fn holders(
    work: &mut Work,
    duty: Duty,
    section: Option<SectionId>,
) -> Result<Vec<Person>, IdentityError> {
    let now = work.now();
    let mut found: Vec<Person> = Vec::new();
    let tree = tables::sections::tree(work).await?;
    for role in Role::ALL.iter().filter(|role| role.duties().contains(&duty)) {
        for (person, assignment) in tables::roles::holders(work, *role, now).await? {
            let holds = match (assignment.section, section) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(own), Some(wanted)) => sections::beneath(&tree, own).contains(&wanted),
            };
            if holds && !found.iter().any(|known| known.id == person.id) {
                found.push(person);
            }
        }
    }
    Ok(found)
}

/// What a person may do now, and where. A section's duty holds in the sections
/// under it too.
///
/// # Errors
/// As the store says.
pub async fn duties(work: &mut Work, person: PersonId) -> Result<Duties, IdentityError> {
    let now = work.now();
    let held = tables::roles::of_person(work, person, now).await?;
    let held: Vec<&Assignment> = held.iter().filter(|held| held.from <= now).collect();
    let mut duties = Duties::default();
    if !held.iter().any(|held| held.role.is_contractor()) {
        duties.add(Role::Staff, None);
    }
    let is_somewhere = held.iter().any(|held| held.section.is_some());
    let tree = if is_somewhere { tables::sections::tree(work).await? } else { Vec::new() };
    for held in held {
        match held.section {
            None => duties.add(held.role, None),
            Some(section) => {
                for section in sections::beneath(&tree, section) {
                    duties.add(held.role, Some(section));
                }
            }
        }
    }
    Ok(duties)
}

/// The rules that a person's posts break now and that no concurrent post sets
/// aside: such a person approves nothing.
///
/// # Errors
/// As the store says.
pub async fn conflicts(work: &mut Work, person: PersonId) -> Result<Vec<Conflict>, IdentityError> {
    let person = people::find(work, person).await?;
    let now = work.now();
    let posts: Vec<Post> = tables::roles::of_person(work, person.id, now)
        .await?
        .iter()
        .filter(|held| held.from <= now)
        .map(Post::of)
        .collect();
    let found = judged(work, &person, &posts).await?;
    let set_aside = tables::roles::posts(work, Some(person.id), now).await?;
    let is_open = |found: &Conflict| !set_aside.iter().any(|post| post.bar == found.bar);
    Ok(found.into_iter().filter(is_open).collect())
}

pub(crate) async fn sections(
    work: &mut Work,
    person: &Person,
) -> Result<Vec<SectionId>, IdentityError> {
    let mut found = vec![person.section];
    for held in of_person(work, person.id).await? {
        found.extend(held.section.filter(|section| !found.contains(section)));
    }
    Ok(found)
}

impl Post {
    fn of(held: &Assignment) -> Self {
        Self { role: held.role, section: held.section, from: held.from, until: held.until }
    }
}

/// The concurrent post that one more post of a person rests on; none if it
/// breaks no rule.
async fn rests_on(
    work: &mut Work,
    person: &Person,
    new: Post,
) -> Result<Option<PostId>, IdentityError> {
    let now = work.now();
    let held = tables::roles::of_person(work, person.id, now).await?;
    let before: Vec<Post> = held.iter().map(Post::of).collect();
    let known = judged(work, person, &before).await?;
    let with_new: Vec<Post> = before.into_iter().chain([new]).collect();
    let mut found = judged(work, person, &with_new).await?;
    found.retain(|conflict| !known.contains(conflict));
    let set_aside = tables::roles::posts(work, Some(person.id), now).await?;
    let mut rests = None;
    let mut open = Vec::new();
    for conflict in found {
        let covers = |post: &&ConcurrentPost| {
            post.bar == conflict.bar && new.until.is_some_and(|until| until <= post.until)
        };
        match set_aside.iter().find(covers) {
            Some(post) => rests = Some(post.id),
            None => open.push(conflict),
        }
    }
    if open.is_empty() { Ok(rests) } else { Err(IdentityError::Conflicts(open)) }
}

async fn judged(
    work: &mut Work,
    person: &Person,
    posts: &[Post],
) -> Result<Vec<Conflict>, IdentityError> {
    let around = sections::around(work, person.section).await?;
    let is_prefecture = bodies::own(work).await?.kind() == BodyKind::Prefecture;
    Ok(conflict::conflicts(posts, &around, is_prefecture))
}

pub(crate) async fn create(
    work: &mut Work,
    person: PersonId,
    post: Post,
    concurrent: Option<PostId>,
) -> Result<Assignment, IdentityError> {
    let assignment = Assignment {
        id: work.new_id(),
        person,
        role: post.role,
        section: post.section,
        from: post.from,
        until: post.until,
        post: concurrent,
    };
    tables::roles::insert(work, &assignment).await?;
    Ok(assignment)
}

/// Demands that somebody active still assigns roles in the whole body.
pub(crate) async fn demand_officer(work: &mut Work) -> Result<(), IdentityError> {
    let officers = holders(work, Duty::AssignRoles, None).await?;
    if officers.is_empty() { Err(IdentityError::LastOfficer) } else { Ok(()) }
}

fn subject(assignment: &Assignment) -> Subject {
    Subject::new("person", assignment.person)
}

fn described(entry: Entry, assignment: &Assignment) -> Entry {
    let mut entry = entry.with("role", assignment.role.name());
    if let Some(section) = assignment.section {
        entry = entry.with("section", section.to_string());
    }
    if let Some(until) = assignment.until {
        entry = entry.with("until", until.to_string());
    }
    match assignment.post {
        Some(post) => entry.with("concurrent_post", post.to_string()),
        None => entry,
    }
}
