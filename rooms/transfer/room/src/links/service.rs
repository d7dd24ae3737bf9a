//! What happens at a link's door: who may hand in, what is taken, and what came
//! too late. The same for a page of this program and for an outer half.

use std::sync::Arc;
use std::time::Duration;

use base::{BodyId, Timestamp};
use factors::{Hashed, Token};
use identity::{bodies, people, sections};
use passages::{PassageId, Receiver, Sender};
use permits::{Grant, PermitError, PermitId, Permits};
use records::{Action, Actor, Entry, Origin, Subject};
use store::{Store, Work};
use tokio::sync::Notify;
use transfer_engine::{Class, Way};
use zones::{Crossing, Zone};

use crate::error::TransferError;
use crate::links::tables::{self, Link};
use crate::service::{FILE_BYTES_MAX, Sending, Service, take_in_by};

const USED: Action = Action::new("upload-link.used");
const LATE: Action = Action::new("upload-link.late");

/// The hash of a link's code: 64 hexadecimal digits. The code itself is kept
/// nowhere.
pub type LinkHash = String;

/// A door that stands open, for whoever has its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLink {
    /// Of its code.
    pub hash: LinkHash,
    /// Until when.
    pub ends_at: Timestamp,
    /// Bytes that it still takes.
    pub bytes_left: u64,
    /// Files that it still takes.
    pub files_left: u64,
    /// The largest single file, in bytes.
    pub file_bytes_max: u64,
    /// The body's name.
    pub body: String,
    /// To whom, in words.
    pub receiver: String,
    /// What for.
    pub purpose: String,
}

/// A file that an outer half gives.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Its id there: the same file given twice has the same.
    pub item: String,
    /// By which link.
    pub link: LinkHash,
    /// What its sender calls it; hostile.
    pub name: String,
    /// Its content.
    pub bytes: Arc<[u8]>,
}

/// What became of a file that an outer half gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is taken in, now or before.
    Yes,
    /// It is not, and never will be.
    No,
}

/// Why it cannot be said now; the outer half keeps what it has.
#[derive(Debug, thiserror::Error)]
#[error("a file of an outer half cannot be taken now")]
pub struct GateError(#[source] TransferError);

/// Where an outer half's files come in. It can do nothing else.
#[derive(Clone)]
pub struct Gate {
    pub(crate) service: Service,
    pub(crate) store: Store,
    pub(crate) permits: Permits,
    pub(crate) bell: Arc<Notify>,
}

/// What somebody at a link's address finds.
pub(crate) struct Knock {
    pub(crate) body: BodyId,
    pub(crate) link: Link,
    pub(crate) shown: OpenLink,
}

/// What was handed in at once.
pub(crate) struct Sent {
    pub(crate) origin: Origin,
    pub(crate) files: Vec<(String, Arc<[u8]>)>,
}

/// How handing in came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Taken in: the passages.
    Taken(Vec<PassageId>),
    /// The link is not open any more.
    Shut,
    /// More than it still takes.
    Full,
}

/// Begins the entry of what came by a link: nobody of the body did it.
pub(crate) fn entry_of(origin: &Origin) -> impl Fn(Action, Subject) -> Entry + Sync + use<> {
    let origin = origin.clone();
    move |action, subject| Entry::new(Actor::Nobody, action, subject, origin.clone())
}

impl Service {
    /// What a code opens now; nothing for a code that is wrong, or of a link
    /// that ended, was revoked or has not begun: the same answer for all.
    pub(crate) async fn knock(
        &self,
        store: &Store,
        permits: &Permits,
        code: &str,
    ) -> Result<Option<Knock>, TransferError> {
        let Ok(code) = Token::parse(code) else { return Ok(None) };
        let hash = hash_of(&code);
        let Some((body, permit)) = place(store, &hash).await? else { return Ok(None) };
        let mut work = store.read(body).await?;
        let Some(link) = tables::find(&mut work, permit).await? else { return Ok(None) };
        if grant(&mut work, permits, &link).await?.is_none() {
            return Ok(None);
        }
        let shown = shown(&mut work, &link, hash).await?;
        Ok(Some(Knock { body, link, shown }))
    }

    /// Takes in what was handed in at a door, all of it or nothing. The door is
    /// looked at again in the same work: nothing is taken after its end.
    pub(crate) async fn hand_in(
        &self,
        store: &Store,
        permits: &Permits,
        knock: &Knock,
        sent: Sent,
    ) -> Result<Door, TransferError> {
        let (body, permit) = (knock.body, knock.link.permit);
        let (count, bytes) = sum(&sent.files);
        let sending = sending(&knock.link, sent.files)?;
        let sealed = self.seal_of(store, body, Sender::Link(permit), sending).await?;
        let mut work = store.begin(body).await?;
        let grant = match admit(&mut work, permits, permit, count, bytes).await? {
            Admitted::Yes(grant) => grant,
            Admitted::Shut => return Ok(Door::Shut),
            Admitted::Full => return Ok(Door::Full),
        };
        let passages = take_in_by(&mut work, &entry_of(&sent.origin), sealed).await?;
        tables::add(&mut work, permit, count, bytes).await?;
        permits.used(&mut work, &grant, used(permit, &sent.origin, count, bytes)).await?;
        work.commit().await?;
        Ok(Door::Taken(passages.into_iter().map(|passage| passage.id).collect()))
    }
}

impl Gate {
    /// Every link that stands open, of all bodies.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn open_links(&self) -> Result<Vec<OpenLink>, GateError> {
        self.all_open().await.map_err(GateError)
    }

    async fn all_open(&self) -> Result<Vec<OpenLink>, TransferError> {
        let mut across = self.store.read_across("tell an outer half the open links").await?;
        let now = across.now();
        let open = tables::all_open(&mut across, now).await?;
        drop(across);
        let mut all = Vec::with_capacity(open.len());
        for (body, permit, hash) in open {
            let mut work = self.store.read(body).await?;
            let Some(link) = tables::find(&mut work, permit).await? else { continue };
            if grant(&mut work, &self.permits, &link).await?.is_some() {
                all.push(shown(&mut work, &link, hash).await?);
            }
        }
        Ok(all)
    }

    /// Whether an item is worth fetching: nothing means yes.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn answered(
        &self,
        link: &LinkHash,
        item: &str,
        bytes: u64,
    ) -> Result<Option<Taken>, GateError> {
        self.answer_known(link, item, bytes).await.map_err(GateError)
    }

    async fn answer_known(
        &self,
        link: &LinkHash,
        item: &str,
        bytes: u64,
    ) -> Result<Option<Taken>, TransferError> {
        let Some((body, permit)) = place(&self.store, link).await? else {
            return Ok(Some(Taken::No));
        };
        let mut work = self.store.read(body).await?;
        if let Some(was_taken) = tables::item(&mut work, item).await? {
            return Ok(Some(if was_taken { Taken::Yes } else { Taken::No }));
        }
        let Some(link) = tables::find(&mut work, permit).await? else {
            return Ok(Some(Taken::No));
        };
        let is_open = grant(&mut work, &self.permits, &link).await?.is_some();
        drop(work);
        if !is_open {
            self.note_late(body, permit, item).await?;
            return Ok(Some(Taken::No));
        }
        let fits = bytes <= link.bytes_left() && bytes <= FILE_BYTES_MAX && link.files_left() > 0;
        Ok((!fits).then_some(Taken::No))
    }

    /// Takes a file in, once. Only after this said so may the outer half forget
    /// it.
    ///
    /// # Errors
    /// Nothing was taken, and it may be given again.
    pub async fn take(&self, arrived: Arrived) -> Result<Taken, GateError> {
        self.take_once(arrived).await.map_err(GateError)
    }

    async fn take_once(&self, arrived: Arrived) -> Result<Taken, TransferError> {
        let Some((body, permit)) = place(&self.store, &arrived.link).await? else {
            return Ok(Taken::No);
        };
        let mut work = self.store.read(body).await?;
        let before = tables::item(&mut work, &arrived.item).await?;
        let link = tables::find(&mut work, permit).await?;
        drop(work);
        let link = match (before, link) {
            (Some(true), _) => return Ok(Taken::Yes),
            (Some(false), _) | (None, None) => return Ok(Taken::No),
            (None, Some(link)) => link,
        };
        let files = vec![(crate::fields::file_name(&arrived.name), arrived.bytes)];
        let (count, bytes) = sum(&files);
        let sealed = self
            .service
            .seal_of(&self.store, body, Sender::Link(permit), sending(&link, files)?)
            .await?;
        let mut work = self.store.begin(body).await?;
        let grant = match admit(&mut work, &self.permits, permit, count, bytes).await? {
            Admitted::Yes(grant) => grant,
            Admitted::Full => return Ok(Taken::No),
            Admitted::Shut => {
                drop(work);
                self.note_late(body, permit, &arrived.item).await?;
                return Ok(Taken::No);
            }
        };
        let origin = Origin::Named("outer");
        let passages = take_in_by(&mut work, &entry_of(&origin), sealed).await?;
        let passage = passages.first().map(|passage| passage.id);
        tables::add(&mut work, permit, count, bytes).await?;
        tables::put_item(&mut work, &arrived.item, permit, passage).await?;
        self.permits.used(&mut work, &grant, used(permit, &origin, count, bytes)).await?;
        work.commit().await?;
        self.bell.notify_one();
        Ok(Taken::Yes)
    }

    /// Writes down that something came after the end; a link tells of no more
    /// than it could have taken.
    async fn note_late(
        &self,
        body: BodyId,
        permit: PermitId,
        item: &str,
    ) -> Result<(), TransferError> {
        let mut work = self.store.begin(body).await?;
        let Some(link) = tables::find_locked(&mut work, permit).await? else { return Ok(()) };
        if link.late >= link.files_max || tables::item(&mut work, item).await?.is_some() {
            return Ok(());
        }
        tables::add_late(&mut work, permit).await?;
        tables::put_item(&mut work, item, permit, None).await?;
        let entry = entry_of(&Origin::Named("outer"))(LATE, Subject::new("upload-link", permit));
        records::append(&mut work, &entry.on_permit(permit)).await?;
        work.commit().await?;
        Ok(())
    }
}

/// How long items of a link that is over are remembered: an outer half that
/// gives one again is then told the same.
const ITEMS_KEPT: Duration = Duration::from_secs(90 * 86_400);

/// Forgets what is remembered of links that were over long ago.
pub(crate) async fn forget(store: &Store, body: BodyId) -> Result<(), TransferError> {
    let mut work = store.begin(body).await?;
    let before = work.now().minus(ITEMS_KEPT);
    tables::forget_items(&mut work, before).await?;
    Ok(work.commit().await?)
}

enum Admitted {
    Yes(Box<Grant>),
    Shut,
    Full,
}

/// Looks at a door that is about to be walked through, and holds it.
async fn admit(
    work: &mut Work,
    permits: &Permits,
    permit: PermitId,
    files: u64,
    bytes: u64,
) -> Result<Admitted, TransferError> {
    let Some(link) = tables::find_locked(work, permit).await? else { return Ok(Admitted::Shut) };
    let Some(grant) = grant(work, permits, &link).await? else { return Ok(Admitted::Shut) };
    let fits = files <= link.files_left() && bytes <= link.bytes_left();
    Ok(if fits { Admitted::Yes(Box::new(grant)) } else { Admitted::Full })
}

/// The permit of a link whose door stands open; the clock is asked, not only
/// the row.
async fn grant(
    work: &mut Work,
    permits: &Permits,
    link: &Link,
) -> Result<Option<Grant>, PermitError> {
    if link.closed_at.is_some() || !link.has_code {
        return Ok(None);
    }
    permits.grant(work, link.permit).await
}

async fn place(store: &Store, hash: &str) -> Result<Option<(BodyId, PermitId)>, store::StoreError> {
    let mut across = store.read_across("a link is found by its code's hash").await?;
    tables::by_code(&mut across, hash).await
}

fn hash_of(code: &Token) -> LinkHash {
    let hashed: Hashed<Token> = code.hashed();
    hashed.to_string()
}

fn sending(link: &Link, files: Vec<(String, Arc<[u8]>)>) -> Result<Sending, TransferError> {
    let crossing = Crossing::between(Zone::Internet, Zone::Lgwan);
    Ok(Sending {
        crossing: crossing.ok_or(TransferError::Word("crossing"))?,
        way: Way::Link,
        class: Class::parse(&link.class).ok_or(TransferError::Word("class"))?,
        purpose: link.purpose.clone(),
        receiver: link.receiver,
        files,
    })
}

fn sum(files: &[(String, Arc<[u8]>)]) -> (u64, u64) {
    let bytes = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    (files.len() as u64, bytes)
}

fn used(permit: PermitId, origin: &Origin, files: u64, bytes: u64) -> Entry {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    entry_of(origin)(USED, Subject::new("upload-link", permit))
        .with("files", count(files))
        .with("bytes", count(bytes))
}

/// What whoever has the address is told.
async fn shown(work: &mut Work, link: &Link, hash: LinkHash) -> Result<OpenLink, TransferError> {
    let body = bodies::own(work).await?;
    Ok(OpenLink {
        hash,
        ends_at: link.ends_at,
        bytes_left: link.bytes_left(),
        files_left: link.files_left(),
        file_bytes_max: FILE_BYTES_MAX,
        body: body.name.to_string(),
        receiver: receiver(work, link.receiver).await?,
        purpose: link.purpose.clone(),
    })
}

/// To whom, in words.
pub(crate) async fn receiver(work: &mut Work, receiver: Receiver) -> Result<String, TransferError> {
    Ok(match receiver {
        Receiver::Section(section) => sections::find(work, section).await?.name.to_string(),
        Receiver::Person(person) => {
            let person = people::find(work, person).await?;
            let section = sections::find(work, person.section).await?;
            format!("{} {}", section.name, person.name)
        }
        Receiver::Asker => String::new(),
    })
}
