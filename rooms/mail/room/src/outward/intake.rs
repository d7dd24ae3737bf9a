//! Takes mails that the Postfix inside brings: from an address of the body, to
//! addresses outside. Kept with everything that treats it, or not at all.

use jobs::NewJob;
use passages::{NewPassage, Receiver, Sender};
use records::{Action, Actor, Entry, Origin, Subject};
use store::Work;
use zones::{Crossing, Zone};

use super::READ;
use crate::error::MailError;
use crate::intake::{Arrived, Gate, NotTaken, ROOM, name_of};
use crate::service::{MAIL_BYTES_MAX, RECEIVERS_MAX, address, days, rules_of};
use crate::tables::letters::{self, Letter};
use crate::tables::mailboxes::{self, Mailbox, Owner};
use crate::tables::outgoing::{self, Leaving, Outgoing};

impl Gate {
    /// Takes a mail that leaves. When this says yes, it is kept.
    ///
    /// # Errors
    /// Says whether Postfix should come again.
    pub async fn take_out(&self, arrived: &Arrived) -> Result<(), NotTaken> {
        if self.service.outward.is_none() {
            return Err(NotTaken::Later("nothing is sent outward here"));
        }
        if arrived.bytes.len() > MAIL_BYTES_MAX {
            return Err(NotTaken::Never(format!("the mail has more than {MAIL_BYTES_MAX} bytes")));
        }
        let Some(ident) = name_of(arrived) else {
            return Err(NotTaken::Later("the queue did not say its name for the mail"));
        };
        if arrived.receivers.is_empty() || arrived.receivers.len() > RECEIVERS_MAX {
            return Err(NotTaken::Later("too many receivers at once"));
        }
        let receivers = self.outside_of(arrived)?;
        match self.take_from(ident, receivers, arrived).await {
            Ok(None) => {
                self.bell.notify_one();
                Ok(())
            }
            Ok(Some(not_taken)) => Err(not_taken),
            Err(error) => {
                tracing::error!(%error, why = ?std::error::Error::source(&error),
                    "a mail that leaves could not be kept; its queue brings it again");
                Err(NotTaken::Later("the mail cannot be kept now"))
            }
        }
    }

    /// Whom it is for, each once; nobody inside.
    fn outside_of(&self, arrived: &Arrived) -> Result<Vec<String>, NotTaken> {
        let mut receivers: Vec<String> = Vec::new();
        for receiver in &arrived.receivers {
            let read = notices::Address::parse(receiver).ok();
            let known = read.as_ref().map(|read| read.as_str().to_owned());
            let Some(receiver) = known else {
                return Err(NotTaken::Never(
                    "a receiver's address cannot be written to".to_owned(),
                ));
            };
            let domain = receiver.rsplit_once('@').map_or("", |(_, domain)| domain);
            let body = self.service.body_of(&domain.to_ascii_lowercase());
            if body.is_some() && body == self.sender_of(arrived) {
                return Err(NotTaken::Never(format!(
                    "{receiver} is inside: its own server delivers to it"
                )));
            }
            if !receivers.contains(&receiver) {
                receivers.push(receiver);
            }
        }
        Ok(receivers)
    }

    /// The body that the sender's domain is of; `None` is nobody's.
    fn sender_of(&self, arrived: &Arrived) -> Option<identity::BodyCode> {
        let sender = address(&arrived.sender)?;
        self.service.body_of(sender.rsplit_once('@')?.1)
    }

    async fn take_from(
        &self,
        ident: &str,
        receivers: Vec<String>,
        arrived: &Arrived,
    ) -> Result<Option<NotTaken>, MailError> {
        let nobody = || {
            // Reports of failure have no sender: they would tell of the inside.
            let said = "only mailboxes that are entered here may send";
            Ok(Some(NotTaken::Never(said.to_owned())))
        };
        let (Some(code), Some(sender)) = (self.sender_of(arrived), address(&arrived.sender)) else {
            return nobody();
        };
        let Some(body) = self.body(code).await? else {
            return Ok(Some(NotTaken::Later("the domain's body is not founded yet")));
        };
        // Queues of both sides name their mails alike.
        let ident = format!("out.{ident}");
        let mut work = self.store.read(body).await?;
        if mailboxes::find(&mut work, &sender).await?.is_none() {
            return nobody();
        }
        let is_new = !fresh(&mut work, &ident, &receivers).await?.is_empty();
        drop(work);
        if !is_new {
            return Ok(None);
        }
        let letter = Letter { is_outward: true, ..self.sealed(body, &ident, arrived).await? };
        let mut work = self.store.begin(body).await?;
        // Asked again in the unit of work: the same mail may come twice at once.
        let Some(mailbox) = mailboxes::find(&mut work, &sender).await? else { return nobody() };
        let new = fresh(&mut work, &ident, &receivers).await?;
        if new.is_empty() {
            return Ok(None);
        }
        write(&mut work, &letter, &mailbox, &new).await?;
        work.commit().await?;
        Ok(None)
    }
}

/// Receivers for whom this mail was not taken yet.
async fn fresh(
    work: &mut Work,
    ident: &str,
    receivers: &[String],
) -> Result<Vec<String>, MailError> {
    let mut new = Vec::new();
    for receiver in receivers {
        if !outgoing::is_taken(work, ident, receiver).await? {
            new.push(receiver.clone());
        }
    }
    Ok(new)
}

/// Writes a mail down, with its one passage and the job that reads it.
async fn write(
    work: &mut Work,
    letter: &Letter,
    mailbox: &Mailbox,
    receivers: &[String],
) -> Result<(), MailError> {
    let rules = rules_of(work).await?;
    let ends_at = work.now().plus(days(rules.keep.held_days));
    letters::insert(work, letter).await?;
    let count = i64::try_from(receivers.len()).unwrap_or(i64::MAX);
    let entry = |action: Action, subject: Subject| {
        Entry::new(Actor::System("mail"), action, subject, Origin::Job)
            .with("ident", letter.ident.clone())
            .with("receivers", count)
    };
    let passage = passages::receive(work, entry, carried(letter, mailbox)?, ends_at).await?;
    let row = Outgoing {
        letter: letter.id,
        passage: passage.id,
        mailbox: mailbox.address.clone(),
        owner: mailbox.owner,
        state: Leaving::Reading,
        is_hidden: false,
        prepared: None,
        weighed: None,
        leaves_at: rules.outward.leaves_at(letter.received_at),
        settled_at: None,
    };
    outgoing::insert(work, &row, &letter.ident, receivers).await?;
    let job = NewJob::new(READ, letter.id.to_string(), work.now());
    jobs::schedule(work, &job).await?;
    Ok(())
}

/// A mail as something that crosses: neither subject nor address stands there. A
/// person's mail is theirs, so that they never approve it; nobody of the body
/// gets it.
fn carried(letter: &Letter, mailbox: &Mailbox) -> Result<NewPassage, MailError> {
    let crossing =
        Crossing::between(Zone::Lgwan, Zone::Internet).ok_or(MailError::Row("a boundary"))?;
    Ok(NewPassage {
        batch: letter.batch,
        room: ROOM.to_owned(),
        crossing,
        way: ROOM.to_owned(),
        sender: match mailbox.owner {
            Owner::Person(person) => Sender::Person(person),
            Owner::Section(_) => Sender::Machine(ROOM.to_owned()),
        },
        receiver: Receiver::Asker,
        class: mailbox.class.clone(),
        purpose: ROOM.to_owned(),
        name: "mail.eml".to_owned(),
        bytes: letter.bytes,
        sha256: letter.sha256.clone(),
        original: letter.original.clone(),
    })
}
