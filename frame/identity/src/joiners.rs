//! Joiners, movers and leavers from a CSV file: first a plan that shows every
//! difference and every mistake with its line, then all of it or nothing.

mod read;

use base::Text;
use records::Subject;
use store::Work;

use crate::body::NAME_MAX;
use crate::caller::Caller;
use crate::error::IdentityError;
use crate::people::PersonChange;
use crate::person::{Login, NewPerson, Person, PersonId, Section, SectionId};
use crate::role::Duty;
use crate::{actions, people, tables};

/// Bytes of a file, at most.
pub const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Lines of a file, at most.
pub const LINES_MAX: usize = 20_000;

/// What the file asks for, against what is there now.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What would change, in the file's order.
    pub changes: Vec<Change>,
    /// Lines that ask for what is so already.
    pub unchanged: usize,
    /// What is wrong; with any of these nothing is applied.
    pub mistakes: Vec<Mistake>,
    /// Stands for the file and for what it would change: what is applied is what
    /// was shown.
    pub digest: String,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A person comes.
    Join {
        /// The file's line, from 1.
        line: u64,
        /// The login.
        login: Login,
        /// The name.
        name: Text<NAME_MAX>,
        /// The reading.
        kana: Text<NAME_MAX>,
        /// The section.
        section: SectionId,
    },
    /// A person's name, reading or section changes.
    Move {
        /// The file's line, from 1.
        line: u64,
        /// The person as they are.
        before: Box<Person>,
        /// The new name.
        name: Text<NAME_MAX>,
        /// The new reading.
        kana: Text<NAME_MAX>,
        /// The new section.
        section: SectionId,
    },
    /// A person goes.
    Leave {
        /// The file's line, from 1.
        line: u64,
        /// The person as they are.
        before: Box<Person>,
    },
}

/// Something wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file's line, from 1; 0 for the file as a whole.
    pub line: u64,
    /// What is wrong.
    pub kind: MistakeKind,
}

/// What can be wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MistakeKind {
    /// Not UTF-8.
    Encoding,
    /// Too many bytes or lines.
    TooLarge,
    /// The header lacks a column.
    Header,
    /// Not as many fields as the header.
    Fields,
    /// Neither join, move nor leave.
    Change,
    /// No login.
    Login,
    /// No name, or one too long.
    Name,
    /// No reading, or one too long.
    Kana,
    /// No section has this code, or it is closed.
    Section,
    /// The login stands in the file twice.
    Twice,
    /// A person to come is there already, or was and left.
    LoginTaken,
    /// A person to move or to go is not there.
    NoPerson,
    /// The caller would see themselves off.
    Oneself,
}

/// What a file is held against.
struct Present {
    people: Vec<Person>,
    sections: Vec<Section>,
    caller: PersonId,
}

/// Reads a file and says what it would change. Writes nothing.
///
/// # Errors
/// As the store says; mistakes in the file are in the plan.
pub async fn plan(work: &mut Work, caller: &Caller, file: &[u8]) -> Result<Plan, IdentityError> {
    caller.demand_body(work)?;
    caller.demand_for(Duty::ManagePeople, None)?;
    let present = Present {
        people: tables::people::all(work).await?,
        sections: tables::sections::all(work).await?,
        caller: caller.person,
    };
    Ok(read::plan(file, &present))
}

/// Applies a file; `digest` is that of the plan that was shown.
///
/// # Errors
/// [`IdentityError::Stale`] if the plan would be another by now, or holds
/// mistakes; [`IdentityError::LoginTaken`] if a login is taken in another body,
/// which no plan may look into.
pub async fn apply(
    work: &mut Work,
    caller: &Caller,
    file: &[u8],
    digest: &str,
) -> Result<Plan, IdentityError> {
    let plan = plan(work, caller, file).await?;
    if plan.digest != digest || !plan.mistakes.is_empty() {
        return Err(IdentityError::Stale);
    }
    for change in &plan.changes {
        carry_out(work, caller, change).await?;
    }
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let entry = caller
        .entry(actions::JOINERS_APPLIED, Subject::new("body", caller.body))
        .with("digest", plan.digest.clone())
        .with("changes", count(plan.changes.len()));
    records::append(work, &entry).await?;
    Ok(plan)
}

async fn carry_out(work: &mut Work, caller: &Caller, change: &Change) -> Result<(), IdentityError> {
    match change {
        Change::Join { login, name, kana, section, .. } => {
            let new = NewPerson {
                login: login.clone(),
                name: name.clone(),
                kana: kana.clone(),
                section: *section,
            };
            let person = people::create(work, &new).await?;
            let entry = caller.entry(actions::PERSON_INVITED, Subject::new("person", person.id));
            records::append(work, &people::described(entry, &person)).await?;
        }
        Change::Move { before, name, kana, section, .. } => {
            let change = PersonChange { name: name.clone(), kana: kana.clone(), section: *section };
            people::change(work, caller, before.id, before.version, &change).await?;
        }
        Change::Leave { before, .. } => {
            people::leave(work, caller, before.id).await?;
        }
    }
    Ok(())
}
