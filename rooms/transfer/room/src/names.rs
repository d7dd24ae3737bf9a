//! What people and sections are called. Each is looked up once a page.

use std::collections::BTreeMap;

use identity::{IdentityError, PersonId, SectionId, people, sections};
use passages::{Passage, Receiver, Sender};
use store::Work;

use crate::error::TransferError;

/// Names that one page shows.
#[derive(Default)]
pub(crate) struct Names {
    people: BTreeMap<PersonId, String>,
    sections: BTreeMap<SectionId, String>,
}

impl Names {
    /// A person's name; their id where nobody of this body has it.
    pub(crate) async fn person(
        &mut self,
        work: &mut Work,
        id: PersonId,
    ) -> Result<String, TransferError> {
        if let Some(name) = self.people.get(&id) {
            return Ok(name.clone());
        }
        let name = match people::find(work, id).await {
            Ok(person) => person.name.to_string(),
            Err(IdentityError::NotThere(_)) => id.to_string(),
            Err(error) => return Err(error.into()),
        };
        self.people.insert(id, name.clone());
        Ok(name)
    }

    /// A section's name.
    pub(crate) async fn section(
        &mut self,
        work: &mut Work,
        id: SectionId,
    ) -> Result<String, TransferError> {
        if self.sections.is_empty() {
            let all = sections::list(work).await?;
            self.sections = all.iter().map(|one| (one.id, one.name.to_string())).collect();
        }
        Ok(self.sections.get(&id).cloned().unwrap_or_else(|| id.to_string()))
    }

    /// Who sent a passage: a person by name, a machine by its own, a link not
    /// at all.
    pub(crate) async fn sender(
        &mut self,
        work: &mut Work,
        passage: &Passage,
    ) -> Result<Option<String>, TransferError> {
        Ok(match &passage.new.sender {
            Sender::Person(person) => Some(self.person(work, *person).await?),
            Sender::Machine(name) => Some(name.clone()),
            Sender::Link(_) => None,
        })
    }

    /// Who receives, if it is somebody of the body.
    pub(crate) async fn receiver(
        &mut self,
        work: &mut Work,
        receiver: Receiver,
    ) -> Result<Option<String>, TransferError> {
        Ok(match receiver {
            Receiver::Person(person) => Some(self.person(work, person).await?),
            Receiver::Section(section) => Some(self.section(work, section).await?),
            Receiver::Asker => None,
        })
    }
}
