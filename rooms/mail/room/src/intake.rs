//! Takes mails that Postfix brings: sealed, written down and to be treated in
//! one unit of work, or not at all. What was taken before is not taken again.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base::{BodyId, Timestamp};
use identity::BodyCode;
use jobs::NewJob;
use passages::{BatchId, NewPassage, Receiver, Sender};
use records::{Action, Actor, Entry, Origin, Subject};
use store::{Store, Work};
use tokio::sync::Notify;
use zones::{Crossing, Zone};

use crate::error::MailError;
use crate::service::{MAIL_BYTES_MAX, RECEIVERS_MAX, Service, address, days, rules_of};
use crate::tables::letters::{self, Leg, Letter, LetterId, Part, Standing};
use crate::tables::mailboxes::{self, Mailbox, Owner};
use crate::tables::statistics;
use crate::treat::TREAT;

/// A mail that Postfix offers.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The sender of the envelope; empty for reports of failure.
    pub sender: String,
    /// The receivers of the envelope.
    pub receivers: Vec<String>,
    /// Who delivered it to the town.
    pub client: Option<IpAddr>,
    /// What that called itself.
    pub helo: Option<String>,
    /// The queue's name for it; never used twice.
    pub ident: Option<String>,
    /// The mail.
    pub bytes: Arc<[u8]>,
}

/// Why a mail was not taken; nothing of it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// Postfix keeps it and comes again.
    Later(&'static str),
    /// Postfix tells the sender.
    Never(String),
}

/// The door of the gate.
#[derive(Clone)]
pub struct Gate {
    pub(crate) service: Service,
    pub(crate) store: Store,
    pub(crate) bell: Arc<Notify>,
    /// Bodies that were found: a code is one body's for good.
    bodies: Arc<Mutex<BTreeMap<BodyCode, BodyId>>>,
}

/// A queue's name that is kept, in bytes.
const IDENT_BYTES_MAX: usize = 100;
/// What a client called itself, as far as it is kept, in characters.
const HELO_CHARS_MAX: usize = 255;

impl Gate {
    /// Opens the gate; the bell wakes the jobs.
    #[must_use]
    pub fn new(service: Service, store: Store, bell: Arc<Notify>) -> Self {
        Self { service, store, bell, bodies: Arc::default() }
    }

    /// True if mail for this address is taken. A store that does not answer is
    /// an error: say "later".
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn knows(&self, receiver: &str) -> Result<bool, MailError> {
        let Some((receiver, code)) = self.placed(receiver) else { return Ok(false) };
        let Some(body) = self.body(code).await? else {
            return Ok(false);
        };
        let mut work = self.store.read(body).await?;
        Ok(mailboxes::find(&mut work, &receiver).await?.is_some())
    }

    /// Counts mails that were turned away at the door, for statistics.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn turned_away(
        &self,
        domain: &str,
        (at, why): (Timestamp, &str),
        count: u64,
    ) -> Result<(), MailError> {
        let Some(code) = self.service.body_of(domain) else { return Ok(()) };
        let Some(body) = self.body(code).await? else { return Ok(()) };
        let mut work = self.store.begin(body).await?;
        statistics::turned(&mut work, (at, why), count).await?;
        work.commit().await?;
        Ok(())
    }

    /// Takes a mail. When this says yes, it is kept.
    ///
    /// # Errors
    /// Says whether Postfix should come again.
    pub async fn take_in(&self, arrived: &Arrived) -> Result<(), NotTaken> {
        if arrived.bytes.len() > MAIL_BYTES_MAX {
            return Err(NotTaken::Never(format!("the mail has more than {MAIL_BYTES_MAX} bytes")));
        }
        let Some(ident) = name_of(arrived) else {
            return Err(NotTaken::Later("the queue did not say its name for the mail"));
        };
        if arrived.receivers.is_empty() || arrived.receivers.len() > RECEIVERS_MAX {
            return Err(NotTaken::Later("too many receivers at once"));
        }
        let mut bodies: BTreeMap<BodyCode, Vec<String>> = BTreeMap::new();
        for receiver in &arrived.receivers {
            let Some((address, body)) = self.placed(receiver) else {
                return Err(unknown(receiver));
            };
            let all = bodies.entry(body).or_default();
            if !all.contains(&address) {
                all.push(address);
            }
        }
        for (code, receivers) in bodies {
            match self.take_for(code, ident, receivers, arrived).await {
                Ok(None) => {}
                Ok(Some(not_taken)) => return Err(not_taken),
                Err(error) => {
                    tracing::error!(%error, why = ?std::error::Error::source(&error),
                        "a mail could not be kept; its queue brings it again");
                    return Err(NotTaken::Later("the mail cannot be kept now"));
                }
            }
        }
        self.bell.notify_one();
        Ok(())
    }

    /// The body of a code, once it is founded; each mail asks for it.
    pub(crate) async fn body(&self, code: BodyCode) -> Result<Option<BodyId>, MailError> {
        let known = self.bodies.lock().unwrap_or_else(PoisonError::into_inner).get(&code).copied();
        if known.is_some() {
            return Ok(known);
        }
        let found = identity::bodies::by_code(&self.store, code).await?;
        if let Some(body) = found {
            self.bodies.lock().unwrap_or_else(PoisonError::into_inner).insert(code, body);
        }
        Ok(found)
    }

    /// The address as rows hold it, and whose domain it is.
    fn placed(&self, receiver: &str) -> Option<(String, BodyCode)> {
        let address = address(receiver)?;
        let domain = address.rsplit_once('@')?.1;
        let code = self.service.body_of(domain)?;
        Some((address, code))
    }

    /// Takes a mail for one body.
    async fn take_for(
        &self,
        code: BodyCode,
        ident: &str,
        receivers: Vec<String>,
        arrived: &Arrived,
    ) -> Result<Option<NotTaken>, MailError> {
        let Some(body) = self.body(code).await? else {
            return Ok(Some(NotTaken::Later("the domain's body is not founded yet")));
        };
        let mut work = self.store.read(body).await?;
        let new = match fresh(&mut work, ident, &receivers).await? {
            Ok(new) => new,
            Err(receiver) => return Ok(Some(unknown(&receiver))),
        };
        drop(work);
        if new.is_empty() {
            return Ok(None);
        }
        let letter = self.sealed(body, ident, arrived).await?;
        let mut work = self.store.begin(body).await?;
        // Asked again in the unit of work: the same mail may come over two
        // connections at once, and a mailbox may have gone.
        let new = match fresh(&mut work, ident, &receivers).await? {
            Ok(new) => new,
            Err(receiver) => return Ok(Some(unknown(&receiver))),
        };
        if new.is_empty() {
            return Ok(None);
        }
        write(&mut work, &letter, &new).await?;
        work.commit().await?;
        Ok(None)
    }

    pub(crate) async fn sealed(
        &self,
        body: BodyId,
        ident: &str,
        arrived: &Arrived,
    ) -> Result<Letter, MailError> {
        let (now, random) = (self.store.clock().now(), &**self.store.random());
        let batch = BatchId::new(now, random);
        let kept = self.service.vault.keep(body, batch, &arrived.bytes, random).await?;
        Ok(Letter {
            id: LetterId::new(now, random),
            state: Standing::Received,
            is_outward: false,
            batch,
            ident: ident.to_owned(),
            sender: arrived.sender.clone(),
            client: arrived.client.map(|client| client.to_string()),
            helo: arrived.helo.as_ref().map(|helo| helo.chars().take(HELO_CHARS_MAX).collect()),
            bytes: kept.bytes,
            sha256: kept.sha256,
            original: Some(kept.sealed),
            subject: None,
            from_display: None,
            from_address: None,
            message_id: None,
            report: None,
            received_at: now,
            treated_at: None,
        })
    }
}

/// The queue's name for a mail, if it said one.
pub(crate) fn name_of(arrived: &Arrived) -> Option<&str> {
    let ident = arrived.ident.as_deref()?;
    let is_name = (1..=IDENT_BYTES_MAX).contains(&ident.len())
        && ident.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then_some(ident)
}

/// The mailboxes for which this mail was not taken yet; or an address that is
/// nobody's.
async fn fresh(
    work: &mut Work,
    ident: &str,
    receivers: &[String],
) -> Result<Result<Vec<Mailbox>, String>, MailError> {
    let mut new = Vec::new();
    for receiver in receivers {
        if letters::is_taken(work, ident, receiver).await? {
            continue;
        }
        match mailboxes::find(work, receiver).await? {
            Some(mailbox) => new.push(mailbox),
            None => return Ok(Err(receiver.clone())),
        }
    }
    Ok(Ok(new))
}

/// Writes a mail down, with its passages and the job that treats it.
async fn write(work: &mut Work, letter: &Letter, new: &[Mailbox]) -> Result<(), MailError> {
    let ends_at = work.now().plus(days(rules_of(work).await?.keep.held_days));
    letters::insert(work, letter).await?;
    for mailbox in new {
        let entry = |action: Action, subject: Subject| {
            Entry::new(Actor::System("mail"), action, subject, Origin::Job)
                .with("ident", letter.ident.clone())
        };
        let passage = passages::receive(work, entry, carried(letter, mailbox)?, ends_at).await?;
        let leg = Leg {
            passage: passage.id,
            letter: letter.id,
            ident: letter.ident.clone(),
            receiver: mailbox.address.clone(),
            part: Part::Mail,
            why: None,
        };
        letters::add_leg(work, &leg).await?;
    }
    let job = NewJob::new(TREAT, letter.id.to_string(), work.now());
    jobs::schedule(work, &job).await?;
    Ok(())
}

/// A mail as something that crosses: neither subject nor address stands there.
pub(crate) fn carried(letter: &Letter, mailbox: &Mailbox) -> Result<NewPassage, MailError> {
    let crossing =
        Crossing::between(Zone::Internet, Zone::Lgwan).ok_or(MailError::Row("a boundary"))?;
    Ok(NewPassage {
        batch: letter.batch,
        room: ROOM.to_owned(),
        crossing,
        way: ROOM.to_owned(),
        sender: Sender::Machine(ROOM.to_owned()),
        receiver: match mailbox.owner {
            Owner::Person(person) => Receiver::Person(person),
            Owner::Section(section) => Receiver::Section(section),
        },
        class: mailbox.class.clone(),
        purpose: ROOM.to_owned(),
        name: "mail.eml".to_owned(),
        bytes: letter.bytes,
        sha256: letter.sha256.clone(),
        original: letter.original.clone(),
    })
}

/// The room's name in passages.
pub(crate) const ROOM: &str = "mail";

fn unknown(receiver: &str) -> NotTaken {
    let shown: String = receiver.chars().filter(char::is_ascii_graphic).take(254).collect();
    NotTaken::Never(format!("nobody here has the address {shown}"))
}
