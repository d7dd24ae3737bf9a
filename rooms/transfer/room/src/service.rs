//! Sends, treats and ends passages: the room's work, without requests.

use std::sync::Arc;
use std::time::Duration;

use base::{BodyId, Timestamp};
use identity::{Caller, PersonId};
use jobs::{Claimed, NewJob};
use passages::{
    BatchId, Conclusion, Happy, Kept, NewPassage, Outcome, Passage, PassageId, Receiver, Sealed,
    Sender, State,
};
use permits::{Application, Permits};
use records::{Action, Entry, Subject};
use sanitize_core::Passwords;
use sanitize_room::Workers;
use store::{Store, Work};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use transfer_engine::{Class, Keep, Way};
use zones::Crossing;

use crate::desk::Extras;
use crate::error::TransferError;
use crate::kind::TRANSFER;
use crate::large;
use crate::links;
use crate::policy;
use crate::rights::{ROOM, is_ours};
use crate::scanners::Scanners;
use crate::tables::asking;
use crate::tellings;
use crate::treat::{self, Given, Treated};
use crate::uploads::{self, UploadId};
use passages::{Opened, Vault, Whole};

/// The job that treats one passage; its key is the passage's id.
pub(crate) const TREAT: jobs::Kind = "transfer.treat";

/// A file's largest size that is treated: the sanitiser's own limit.
pub(crate) const FILE_BYTES_MAX: u64 = 100 << 20;

/// What the room's files are kept for: a key of theirs opens no other room's.
pub(crate) const PURPOSE: &str = "passage-file";

/// What the room needs.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) workers: Workers,
    /// Draw previews, so that nobody's file waits for a picture.
    pub(crate) viewers: Workers,
    pub(crate) scanners: Scanners,
    pub(crate) vault: Vault,
    pub(crate) space: Space,
}

/// What files that are treated at the same time may have together, so that
/// their number does not decide how much memory is used.
#[derive(Clone)]
pub(crate) struct Space(Arc<Semaphore>);

/// Room for two of the largest, in MiB.
const SPACE_MIB: u32 = 200;

impl Default for Space {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SPACE_MIB as usize)))
    }
}

impl Space {
    /// Waits until there is room for so many bytes; it is free again when the
    /// answer is dropped.
    async fn take(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let mib = u32::try_from(bytes >> 20).unwrap_or(SPACE_MIB).saturating_add(1);
        // It is never closed.
        self.0.clone().acquire_many_owned(mib.min(SPACE_MIB)).await.ok()
    }
}

/// Files that somebody sends together.
pub(crate) struct Sending {
    pub(crate) crossing: Crossing,
    pub(crate) way: Way,
    pub(crate) class: Class,
    pub(crate) purpose: String,
    pub(crate) receiver: Receiver,
    pub(crate) files: Vec<(String, Arc<[u8]>)>,
}

/// Files that lie sealed with the blobs and stand in no row yet.
pub(crate) struct SealedFiles {
    new: Vec<NewPassage>,
    /// Uploads that some of them are made of, and whose they are.
    uploads: Vec<(PersonId, UploadId)>,
}

/// Takes sealed files in: written down, and to be treated. They are taken in
/// when the work is committed, all of them or none.
pub(crate) async fn take_in(
    work: &mut Work,
    caller: &Caller,
    files: SealedFiles,
) -> Result<Vec<Passage>, TransferError> {
    take_in_by(work, &|action, subject| caller.entry(action, subject), files).await
}

/// As [`take_in`], from whom no caller stands for: `entry` begins what the
/// ledger says of each.
pub(crate) async fn take_in_by(
    work: &mut Work,
    entry: &(dyn Fn(Action, Subject) -> Entry + Sync),
    files: SealedFiles,
) -> Result<Vec<Passage>, TransferError> {
    let keep = policy::holding(work).await?.keep;
    let ends_at = work.now().plus(days(keep.held_days));
    let mut passages = Vec::new();
    for (person, upload) in files.uploads {
        uploads::take(work, person, upload).await?;
    }
    for new in files.new {
        let passage = passages::receive(work, entry, new, ends_at).await?;
        let job = NewJob::new(TREAT, passage.id.to_string(), work.now());
        jobs::schedule(work, &job).await?;
        passages.push(passage);
    }
    Ok(passages)
}

impl Service {
    /// Seals what is sent, with finished uploads of the caller. Nothing is taken
    /// in yet: [`take_in`] does that.
    pub(crate) async fn seal(
        &self,
        store: &Store,
        caller: &Caller,
        sending: Sending,
        uploads: &[UploadId],
    ) -> Result<SealedFiles, TransferError> {
        let sender = Sender::Person(caller.person);
        self.seal_all(store, caller.body, sender, sending, uploads).await
    }

    /// As [`Service::seal`], of whoever sends in a body.
    pub(crate) async fn seal_of(
        &self,
        store: &Store,
        body: BodyId,
        sender: Sender,
        sending: Sending,
    ) -> Result<SealedFiles, TransferError> {
        self.seal_all(store, body, sender, sending, &[]).await
    }

    async fn seal_all(
        &self,
        store: &Store,
        body: BodyId,
        sender: Sender,
        sending: Sending,
        uploads: &[UploadId],
    ) -> Result<SealedFiles, TransferError> {
        let batch: BatchId = base::Id::new(store.clock().now(), &**store.random());
        let like = NewPassage {
            batch,
            room: ROOM.to_owned(),
            crossing: sending.crossing,
            way: sending.way.name().to_owned(),
            sender,
            receiver: sending.receiver,
            class: sending.class.name().to_owned(),
            purpose: sending.purpose,
            name: String::new(),
            bytes: 0,
            sha256: String::new(),
            original: None,
        };
        let mut files = SealedFiles { new: Vec::new(), uploads: Vec::new() };
        for (name, bytes) in sending.files {
            let kept = self.vault.keep(body, batch, &bytes, &**store.random()).await?;
            let like = like.clone();
            let (bytes, sha256, original) = (kept.bytes, kept.sha256, Some(kept.sealed));
            files.new.push(NewPassage { name, bytes, sha256, original, ..like });
        }
        for id in uploads {
            // Only people have uploads; what else sends, has brought its bytes.
            let Sender::Person(person) = like.sender else { break };
            files.new.push(self.sent_on(store, body, person, *id, like.clone()).await?);
            files.uploads.push((person, *id));
        }
        Ok(files)
    }

    /// Treats what arrived, once: a job's effect and its end are one.
    pub(crate) async fn treat(
        &self,
        store: &Store,
        permits: &Permits,
        body: BodyId,
        job: &Claimed,
        id: PassageId,
    ) -> Result<jobs::Outcome, TransferError> {
        let found = self.look_at(store, body, id, Passwords::default(), &[State::Received]).await?;
        let Some((passage, treated, keep)) = found else { return Ok(jobs::Outcome::Done) };
        let until = delivered_until(keep, store.clock().now());
        let (conclusion, extras) = self.conclusion(store, body, &passage, treated).await?;
        let mut work = store.begin(body).await?;
        let passage = passages::conclude(&mut work, id, conclusion, until).await?;
        self.conclude_with(&mut work, &passage, extras).await?;
        ask_people(&mut work, permits, &passage).await?;
        tellings::tell(&mut work, &passage).await?;
        job.finish(&mut work).await?;
        work.commit().await?;
        Ok(jobs::Outcome::Ended)
    }

    /// Opens what is locked with a password that somebody typed. The password
    /// is used here and kept nowhere.
    pub(crate) async fn unlock(
        &self,
        store: &Store,
        permits: &Permits,
        caller: &Caller,
        id: PassageId,
        password: String,
    ) -> Result<Passage, TransferError> {
        let passwords = Passwords::new(vec![password]);
        let found = self.look_at(store, caller.body, id, passwords, &[State::Locked]).await?;
        let Some((passage, treated, keep)) = found else {
            return Err(passages::PassageError::NotThere.into());
        };
        if treated.is_locked {
            return Ok(passage);
        }
        let until = delivered_until(keep, store.clock().now());
        let (conclusion, extras) = self.conclusion(store, caller.body, &passage, treated).await?;
        let mut work = store.begin(caller.body).await?;
        let passage = passages::conclude(&mut work, id, conclusion, until).await?;
        self.conclude_with(&mut work, &passage, extras).await?;
        ask_people(&mut work, permits, &passage).await?;
        tellings::tell(&mut work, &passage).await?;
        work.commit().await?;
        Ok(passage)
    }

    async fn look_at(
        &self,
        store: &Store,
        body: BodyId,
        id: PassageId,
        passwords: Passwords,
        states: &[State],
    ) -> Result<Option<(Passage, Treated, Keep)>, TransferError> {
        let mut work = store.read(body).await?;
        let passage = passages::find(&mut work, id).await?;
        let policy = policy::holding(&mut work).await?;
        drop(work);
        let Some(original) =
            passage.new.original.as_ref().filter(|_| states.contains(&passage.state))
        else {
            return Ok(None);
        };
        if passage.new.bytes > FILE_BYTES_MAX {
            if let Some(known) = self.scan_kept(body, passage.new.batch, original).await? {
                return Ok(Some((passage, known, policy.keep)));
            }
            let head = self.head(body, passage.new.batch, original).await?;
            let treated = large::treat(&self.workers, &policy, &passage, head).await?;
            return Ok(Some((passage, treated, policy.keep)));
        }
        // Many small files at once, few large ones.
        let _space = self.space.take(passage.new.bytes).await;
        let bytes = self.vault.give(body, passage.new.batch, original, FILE_BYTES_MAX).await?;
        let given = Given { body, passage: &passage, bytes: Arc::from(bytes), passwords };
        let treated = treat::treat((&self.workers, &self.scanners), &policy, given).await?;
        Ok(Some((passage, treated, policy.keep)))
    }

    /// The first piece of a file.
    pub(crate) async fn head(
        &self,
        body: BodyId,
        batch: BatchId,
        original: &Sealed,
    ) -> Result<Arc<[u8]>, TransferError> {
        let mut opened = self.vault.open(body, &self.vault.of(batch), original).await?;
        Ok(Arc::from(opened.next().await?.unwrap_or_default()))
    }

    /// Keeps what is to be handed over, and says how the treatment came out.
    async fn conclusion(
        &self,
        store: &Store,
        body: BodyId,
        passage: &Passage,
        treated: Treated,
    ) -> Result<(Conclusion, Extras), TransferError> {
        if treated.is_locked {
            return Ok((Conclusion::Locked, Extras::default()));
        }
        let extras;
        let outcome = match treated.output {
            // What is too large to be held keeps the bytes that it came with.
            None => {
                let how = (treated.container, treated.outcome);
                let (outcome, more) = self.shut_large((store, body), passage, how).await?;
                extras = more;
                outcome
            }
            Some(plain) => {
                let batch = passage.new.batch;
                let how = (treated.container, &treated.outcome);
                let (name, bytes, more) = self.shut((store, body), passage, plain, how).await?;
                extras = more;
                let whole = self.vault.keep(body, batch, &bytes, &**store.random()).await?;
                let Whole { sealed, bytes, sha256 } = whole;
                let kept = Kept { sealed, name, bytes, sha256 };
                Outcome { output: Some(kept), ..treated.outcome }
            }
        };
        let conclusion = match Happy::new(outcome.clone()) {
            Some(happy) => Conclusion::Ready(happy),
            None => Conclusion::Stopped(outcome),
        };
        Ok((conclusion, extras))
    }

    /// Gives the receiver what was delivered, to be read piece by piece.
    pub(crate) async fn fetch(
        &self,
        mut work: Work,
        caller: &Caller,
        id: PassageId,
    ) -> Result<(Kept, Opened), TransferError> {
        let (passage, kept) = passages::fetch(&mut work, caller, id).await?;
        if !is_ours(&passage) {
            return Err(passages::PassageError::NotThere.into());
        }
        let owner = self.vault.of(passage.new.batch);
        let opened = self.vault.open(caller.body, &owner, &kept.sealed).await?;
        work.commit().await?;
        Ok((kept, opened))
    }

    /// Ends what is overdue in one body; originals of what was decided go after
    /// their days.
    pub(crate) async fn end_overdue(
        &self,
        store: &Store,
        body: BodyId,
    ) -> Result<(), TransferError> {
        const AT_ONCE: u32 = 100;
        let mut work = store.read(body).await?;
        let now = work.now();
        let overdue = passages::overdue(&mut work, now, AT_ONCE).await?;
        drop(work);
        for id in overdue {
            let mut work = store.begin(body).await?;
            let mut free = passages::end(&mut work, id).await?;
            free.extend(self.forget(&mut work, id).await?);
            work.commit().await?;
            self.vault.destroy(body, &free).await?;
        }
        links::forget(store, body).await?;
        Ok(self.end_uploads(store, body, AT_ONCE).await?)
    }
}

/// Asks the people whom the rule wants: one permit for each approval, in the
/// name of whoever sent the file.
async fn ask_people(
    work: &mut Work,
    permits: &Permits,
    passage: &Passage,
) -> Result<(), TransferError> {
    let wanted = match passage.state {
        State::Held => passage.still_wanted().approvals,
        State::Received
        | State::Locked
        | State::Delivered
        | State::Refused
        | State::Quarantined
        | State::Ended => return Ok(()),
    };
    let Some(applicant) = applicant(work, passage).await? else { return Ok(()) };
    for turn in 1..=wanted {
        let new = &passage.new;
        let mut scope: std::collections::BTreeMap<String, String> = [
            ("passage", passage.id.to_string()),
            ("file", new.name.clone()),
            ("sha256", new.sha256.clone()),
            ("crossing", format!("{}-{}", new.crossing.from().name(), new.crossing.to().name())),
            ("turn", turn.to_string()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        if let Some(persons) = passage.outcome.as_ref().and_then(|outcome| outcome.persons) {
            scope.insert("persons".to_owned(), persons.to_string());
        }
        let application = Application {
            kind: TRANSFER.name.to_owned(),
            beneficiary: None,
            purpose: new.purpose.clone(),
            scope,
            starts_at: None,
            ends_at: passage.ends_at,
        };
        let permit = permits.apply_for(work, applicant, &application).await?;
        asking::add_approval(work, passage.id, permit.id).await?;
    }
    Ok(())
}

/// In whose name the people are asked: whoever sent it, whoever asked for the
/// link by which it came, or else its receiver.
async fn applicant(work: &mut Work, passage: &Passage) -> Result<Option<PersonId>, TransferError> {
    Ok(match (&passage.new.sender, passage.new.receiver) {
        (Sender::Person(person), _) => Some(*person),
        (Sender::Link(link), _) => links::applicant(work, *link).await?,
        (Sender::Machine(_), Receiver::Person(person)) => Some(person),
        (Sender::Machine(_), Receiver::Section(_) | Receiver::Asker) => None,
    })
}

/// Wakes the jobs: what was taken in need not wait for their next look.
pub(crate) fn ring(visit: &console::Visit) {
    if let Some(bell) = visit.state.means.find::<Arc<tokio::sync::Notify>>() {
        bell.notify_one();
    }
}

/// The span of so many days.
pub(crate) fn days(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 24 * 3_600)
}

/// When something decided now goes out of the inbox.
pub(crate) fn delivered_until(keep: Keep, now: Timestamp) -> Timestamp {
    now.plus(days(keep.inbox_days))
}
