//! Who may do what with one passage: see that it is there, see what is in it,
//! decide on it. Deciding itself is the permit's; here only its door is found.

use identity::{Caller, Duty, IdentityError, PersonId, SectionId, people};
use passages::{Passage, PassageId, Receiver, Sender, State};
use permits::{Permit, PermitError, Permits};
use store::Work;

use crate::error::TransferError;
use crate::tables::asking;

/// A reader's standing toward one passage.
pub(crate) struct Standing {
    pub(crate) is_sender: bool,
    pub(crate) is_receiver: bool,
    /// They read the ledger: they see that it crossed and not what is in it.
    oversees: bool,
    /// The permits that were asked for, as far as the reader may see them.
    pub(crate) permits: Vec<Permit>,
    /// They answer for the sender's section, and are neither sender nor
    /// receiver.
    in_own_right: bool,
    /// The people in whose stead they may decide (代行).
    pub(crate) deputies: Vec<PersonId>,
    /// They approved before, where two are asked.
    has_approved: bool,
}

impl Standing {
    /// True for whoever may know of the passage.
    pub(crate) const fn sees(&self) -> bool {
        self.is_sender || self.is_receiver || self.oversees || self.decides()
    }

    /// True for whoever may decide on it, in their own right or as a deputy.
    pub(crate) const fn decides(&self) -> bool {
        self.in_own_right || !self.deputies.is_empty()
    }

    /// True where they need not say in whose stead they decide.
    pub(crate) const fn decides_in_own_right(&self) -> bool {
        self.in_own_right
    }

    /// True for whoever may see what is in it: the receiver not before it is
    /// theirs.
    pub(crate) fn sees_content(&self, passage: &Passage) -> bool {
        let is_theirs = self.is_receiver && passage.state == State::Delivered;
        self.is_sender || is_theirs || self.decides()
    }

    /// The permit that the reader can grant or refuse now.
    pub(crate) fn decision(&self, passage: &Passage) -> Option<&Permit> {
        if passage.state != State::Held || self.has_approved || !self.decides() {
            return None;
        }
        self.permits.iter().find(|permit| permit.state == permits::State::Applied)
    }

    /// True where the reader can answer the questions of the visual check.
    pub(crate) fn looks(&self, passage: &Passage) -> bool {
        passage.state == State::Held && passage.still_wanted().look && self.decides()
    }
}

/// Finds out where a caller stands.
pub(crate) async fn standing(
    work: &mut Work,
    permits: &Permits,
    caller: &Caller,
    passage: &Passage,
) -> Result<Standing, TransferError> {
    let mut asked = Vec::new();
    for id in asking::approvals(work, passage.id).await? {
        match permits.find(work, caller, id).await {
            Ok(permit) => asked.push(permit),
            Err(PermitError::NotThere) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let section = match asked.first() {
        Some(permit) => permit.section,
        None => section(work, passage).await?,
    };
    let is_sender = passage.new.sender == Sender::Person(caller.person);
    let is_receiver = is_receiver(caller, passage);
    let is_party = |person| {
        passage.new.sender == Sender::Person(person)
            || passage.new.receiver == Receiver::Person(person)
    };
    let may = |caller: &Caller| caller.duties.has_for(Duty::ApproveExport, section);
    let mut deputies = Vec::new();
    if caller.factors >= 2 && caller.acting_for.is_none() && !is_party(caller.person) {
        for holder in permits.may_act_for(work, caller).await? {
            match permits.act_for(work, caller, holder).await {
                Ok(stand_in) if may(&stand_in) && !is_party(holder) => deputies.push(holder),
                // Who has left has no duties to stand in for.
                Ok(_) | Err(PermitError::Identity(_) | PermitError::NotDeputy) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(Standing {
        is_sender,
        is_receiver,
        oversees: caller.duties.has(Duty::ReadLedger),
        permits: asked,
        in_own_right: may(caller) && !is_party(caller.person),
        deputies,
        has_approved: passage.approved_by == Some(caller.person),
    })
}

/// A passage that the caller may know of, with where they stand.
///
/// # Errors
/// There is no such passage, or not for them.
pub(crate) async fn seen(
    work: &mut Work,
    permits: &Permits,
    caller: &Caller,
    id: PassageId,
) -> Result<(Passage, Standing), TransferError> {
    let passage = passages::find(work, id).await?;
    let standing = standing(work, permits, caller, &passage).await?;
    if standing.sees() && is_ours(&passage) {
        Ok((passage, standing))
    } else {
        Err(passages::PassageError::NotThere.into())
    }
}

/// The room of what is carried here, as passages name it.
pub(crate) const ROOM: &str = "transfer";

/// True for what this room carries: a mail is shown and given by its own room.
pub(crate) fn is_ours(passage: &Passage) -> bool {
    passage.new.room == ROOM
}

/// The caller, or the caller in the stead of the person they named (代行).
pub(crate) async fn acting(
    work: &mut Work,
    permits: &Permits,
    caller: &Caller,
    holder: &str,
) -> Result<Caller, TransferError> {
    match PersonId::parse(holder) {
        Ok(holder) => Ok(permits.act_for(work, caller, holder).await?),
        Err(_) => Ok(caller.clone()),
    }
}

/// True for whoever may take what is delivered.
pub(crate) fn is_receiver(caller: &Caller, passage: &Passage) -> bool {
    match passage.new.receiver {
        Receiver::Person(person) => person == caller.person,
        Receiver::Section(section) => caller.sections.contains(&section),
        Receiver::Asker => false,
    }
}

/// The section that answers for a passage for which nobody was asked: the
/// sender's, or else the receiver's.
pub(crate) async fn section(
    work: &mut Work,
    passage: &Passage,
) -> Result<Option<SectionId>, TransferError> {
    let person = match (&passage.new.sender, passage.new.receiver) {
        (Sender::Person(person), _) => *person,
        (Sender::Link(_) | Sender::Machine(_), Receiver::Person(person)) => person,
        (Sender::Link(_) | Sender::Machine(_), Receiver::Section(section)) => {
            return Ok(Some(section));
        }
        (Sender::Link(_) | Sender::Machine(_), Receiver::Asker) => return Ok(None),
    };
    match people::find(work, person).await {
        Ok(person) => Ok(Some(person.section)),
        Err(IdentityError::NotThere(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
