//! What ids are called: people and sections by name, states as tags. Each name
//! is looked up once a page.

use std::collections::BTreeMap;

use i18n::Key;
use identity::{IdentityError, PersonId, PersonState, Section, SectionId, people, sections};
use permits::{Outcome, Permit, State};
use records::{ActorKind, Recorded};
use store::Work;

use crate::failure::Failure;
use crate::parts::{Choice, Tag};
use crate::view::View;

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
    ) -> Result<String, Failure> {
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

    /// The name of a person, if there is one.
    pub(crate) async fn person_if_any(
        &mut self,
        work: &mut Work,
        id: Option<PersonId>,
    ) -> Result<Option<String>, Failure> {
        match id {
            Some(id) => Ok(Some(self.person(work, id).await?)),
            None => Ok(None),
        }
    }

    /// A section's name.
    pub(crate) async fn section(
        &mut self,
        work: &mut Work,
        id: SectionId,
    ) -> Result<String, Failure> {
        if self.sections.is_empty() {
            let all = sections::list(work).await?;
            self.sections = all.iter().map(|one| (one.id, one.name.to_string())).collect();
        }
        Ok(self.sections.get(&id).cloned().unwrap_or_else(|| id.to_string()))
    }

    /// Who did something, as the ledger says it.
    pub(crate) async fn actor(
        &mut self,
        view: &View,
        work: &mut Work,
        entry: &Recorded,
    ) -> Result<String, Failure> {
        match entry.actor_kind {
            ActorKind::Person => match PersonId::parse(&entry.actor) {
                Ok(id) => {
                    let name = self.person(work, id).await?;
                    // The founder of a municipality sits in its prefecture.
                    let is_elsewhere = name == entry.actor;
                    Ok(if is_elsewhere { view.t("actor-elsewhere").to_string() } else { name })
                }
                Err(_) => Ok(entry.actor.clone()),
            },
            ActorKind::System => Ok(format!("{} ({})", view.t("actor-system"), entry.actor)),
            ActorKind::Nobody => Ok(view.t("actor-nobody").to_string()),
        }
    }
}

/// The sections that are open, to choose from.
pub(crate) fn section_choices(all: &[Section]) -> Vec<Choice> {
    let open = all.iter().filter(|section| section.closed_at.is_none());
    open.map(|section| Choice::new(section.id, format!("{} {}", section.code, section.name)))
        .collect()
}

/// Where a permit stands, in a word.
pub(crate) fn permit_tag(view: &View, permit: &Permit) -> Tag {
    let label = view.t(Key::under("permit-state-", permit.state.name())).to_string();
    if permit.is_red(view.now) {
        return Tag::wrong(view.t("permit-red"));
    }
    // What never came to be is not called completed.
    if let Some(outcome @ (Outcome::Refused | Outcome::Withdrawn | Outcome::Lapsed)) =
        permit.outcome
    {
        return Tag::quiet(view.t(Key::under("permit-outcome-", outcome.name())));
    }
    match permit.state {
        State::Draft | State::Closed => Tag::quiet(label),
        State::Applied => Tag::waiting(label),
        State::Approved => Tag::good(label),
        State::Active if permit.waits_for_confirmation() => {
            Tag::warning(view.t("permit-unconfirmed"))
        }
        State::Active if permit.until() <= view.now => {
            Tag::quiet(view.t(Key::under("permit-state-", State::Ended.name())))
        }
        State::Active => Tag::good(label),
        State::Refused | State::Revoked => Tag::wrong(label),
        State::Ended => Tag::warning(label),
    }
}

/// Where a person stands, in a word.
pub(crate) fn person_tag(view: &View, state: PersonState) -> Tag {
    let label = view.t(Key::under("person-state-", state.name()));
    match state {
        PersonState::Invited => Tag::waiting(label),
        PersonState::Active => Tag::good(label),
        PersonState::Left => Tag::quiet(label),
    }
}
