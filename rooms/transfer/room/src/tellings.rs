//! Who is told by mail about a passage: its receivers when it lies there or is
//! about to end, those who may decide when it waits for them. The mail names no
//! file, no sender and no purpose.

use i18n::key;
use identity::people::PeopleFilter;
use identity::{Duty, Person, PersonId, PersonState, people, roles};
use notices::Notice;
use passages::{Passage, Receiver, Sender, State};
use store::Work;

use crate::error::TransferError;
use crate::rights;

const DELIVERED: Notice = Notice { what: key!("notice-delivered"), path: "/transfer" };
const HELD: Notice = Notice { what: key!("notice-held"), path: "/transfer/held" };
const ENDING: Notice = Notice { what: key!("notice-ending"), path: "/transfer" };

/// People of one section that are told.
const SECTION_MAX: u32 = 200;

/// Tells whoever a passage waits for now, if it waits for somebody.
pub(crate) async fn tell(work: &mut Work, passage: &Passage) -> Result<(), TransferError> {
    match passage.state {
        State::Delivered => {
            let people = receivers(work, passage).await?;
            Ok(notices::tell_all(work, people, &DELIVERED).await?)
        }
        State::Held => {
            let people = deciders(work, passage).await?;
            Ok(notices::tell_all(work, people, &HELD).await?)
        }
        State::Received | State::Locked | State::Refused | State::Quarantined | State::Ended => {
            Ok(())
        }
    }
}

/// Tells the receivers that it ends soon and nobody has taken it.
pub(crate) async fn tell_ending(work: &mut Work, passage: &Passage) -> Result<(), TransferError> {
    let people = receivers(work, passage).await?;
    Ok(notices::tell_all(work, people, &ENDING).await?)
}

async fn receivers(work: &mut Work, passage: &Passage) -> Result<Vec<PersonId>, TransferError> {
    match passage.new.receiver {
        Receiver::Person(person) => Ok(vec![person]),
        // In a body where nobody has an address, no section is read.
        Receiver::Section(_) if !notices::is_used(work).await? => Ok(Vec::new()),
        Receiver::Section(section) => {
            let filter = PeopleFilter {
                section: Some(section),
                state: Some(PersonState::Active),
                ..PeopleFilter::default()
            };
            let page = people::list(work, &filter, None, SECTION_MAX).await?;
            Ok(page.people.iter().map(|person| person.id).collect())
        }
        Receiver::Asker => Ok(Vec::new()),
    }
}

/// Those who hold the duty for the section that answers for it, and are neither
/// sender nor receiver.
async fn deciders(work: &mut Work, passage: &Passage) -> Result<Vec<PersonId>, TransferError> {
    if !notices::is_used(work).await? {
        return Ok(Vec::new());
    }
    let section = rights::section(work, passage).await?;
    let holders = roles::holders(work, Duty::ApproveExport, section).await?;
    let may = |person: &&Person| {
        person.state == PersonState::Active
            && passage.new.sender != Sender::Person(person.id)
            && passage.new.receiver != Receiver::Person(person.id)
    };
    Ok(holders.iter().filter(may).map(|person| person.id).collect())
}
