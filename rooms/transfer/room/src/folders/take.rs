//! Takes files of one watched folder in. A file is first moved aside under a
//! number of its own, then read, then becomes a passage in the same unit of work
//! that notes the number; a start after a kill finds either the number without a
//! passage, or both.

mod aside;
pub(super) mod told;

use std::ffi::OsString;
use std::sync::Arc;

use base::{BodyId, Id};
use jobs::NewJob;
use passages::{BatchId, NewPassage, PassageId, Receiver, Sender, State};
use records::{Action, Actor, Entry, Origin, Subject};
use store::Work;
use transfer_engine::Way;

use super::alarm::Trouble;
use super::settle::Settling;
use super::tables::{self, ClaimId, Taken};
use super::{Named, Shared, Watched, off};
use crate::fields;
use crate::paths::path_name;
use crate::policy;
use crate::service::{TREAT, days};
use crate::uploads::UPLOAD_BYTES_MAX;
use aside::{Aside, Lying, Open, Why};
use passages::Whole;

const REFUSED: Action = Action::new("transfer-folder.refused");
const ACTOR: Actor = Actor::System("transfer-folder");
const ORIGIN: Origin = Origin::Named("folder");

/// One watched folder at work.
pub(super) struct Taking {
    means: Shared,
    watched: Watched,
    settling: Settling,
    /// Where the search for results goes on.
    cursor: Option<ClaimId>,
}

/// Whom the folder's files are from and for, as the body knows them now.
struct Parties {
    body: BodyId,
    sender: Sender,
    receiver: Receiver,
}

impl Taking {
    pub(super) fn new(means: Shared, watched: Watched) -> Self {
        Self { means, watched, settling: Settling::default(), cursor: None }
    }

    /// Looks once; true if all went well.
    pub(super) async fn look(&mut self) -> bool {
        let (body, looked) = match self.means.body(self.watched.body).await {
            Ok(body) => (Some(body), self.work(body).await),
            Err(trouble) => (None, Err(trouble)),
        };
        self.means.alarms.note(&self.watched.path, body, looked)
    }

    async fn work(&mut self, body: BodyId) -> Result<(), Trouble> {
        let parties = self.parties(body).await?;
        let open = self.open(parties.body).await?;
        // What an earlier look, or an earlier start, left on its way.
        for claim in off({
            let open = open.clone();
            move || open.claims()
        })
        .await?
        {
            self.finish(&open, &parties, claim).await?;
        }
        for name in self.settled(&open).await? {
            let now = self.means.store.clock().now();
            let claim: ClaimId = Id::new(now, &**self.means.store.random());
            let moved = off({
                let (open, wants_done) = (open.clone(), self.watched.wants_done);
                move || open.claim(&name, claim, wants_done)
            });
            if moved.await? {
                self.finish(&open, &parties, claim).await?;
            }
        }
        self.tell(&open, parties.body).await
    }

    async fn parties(&self, body: BodyId) -> Result<Parties, Trouble> {
        let mut work = self.means.store.read(body).await?;
        let to = &self.watched.to;
        let receiver = fields::receiver(&mut work, to).await?;
        let receiver = receiver.ok_or_else(|| Trouble::Nobody(to.clone()))?;
        let sender = match &self.watched.sender {
            Named::Machine(name) => Sender::Machine(name.clone()),
            Named::Person(login) => match fields::active(&mut work, login).await? {
                Some(person) => Sender::Person(person),
                None => return Err(Trouble::Nobody(login.to_string())),
            },
        };
        Ok(Parties { body, sender, receiver })
    }

    /// Opens the folder. One that was worked on before and lacks our own folder
    /// is another disk, or the empty place where none is mounted.
    async fn open(&self, body: BodyId) -> Result<Arc<Open>, Trouble> {
        let path = self.watched.path.clone();
        super::place::known(&self.means.store, body, &path).await?;
        let open = off(move || Open::at(&path)).await?;
        Ok(Arc::new(open))
    }

    async fn settled(&mut self, open: &Arc<Open>) -> Result<Vec<OsString>, Trouble> {
        let (wants_done, goes_below) = (self.watched.wants_done, self.watched.goes_below);
        let open = open.clone();
        let seen = off(move || open.waiting(wants_done, goes_below)).await?;
        let now = self.means.store.clock().elapsed();
        let least = if wants_done { std::time::Duration::ZERO } else { self.watched.settled };
        Ok(self.settling.see(seen, now, least))
    }

    /// Brings a file that was moved aside to its end: taken in, or refused.
    async fn finish(
        &self,
        open: &Arc<Open>,
        parties: &Parties,
        claim: ClaimId,
    ) -> Result<(), Trouble> {
        let mut work = self.means.store.read(parties.body).await?;
        let known = tables::taken(&mut work, claim).await?;
        drop(work);
        let passage = match known {
            Some(passage) => Some(passage),
            None => self.take(open, parties, claim).await?,
        };
        let Some(passage) = passage else { return Ok(()) };
        let open = open.clone();
        off(move || open.keep_taken(claim, passage)).await
    }

    /// Makes a passage of a file that lies aside; nothing if there is none to
    /// be made.
    async fn take(
        &self,
        open: &Arc<Open>,
        parties: &Parties,
        claim: ClaimId,
    ) -> Result<Option<PassageId>, Trouble> {
        let lies = off({
            let (open, wants_done) = (open.clone(), self.watched.wants_done);
            move || open.read(claim, wants_done, UPLOAD_BYTES_MAX)
        });
        match lies.await? {
            Aside::Nothing => Ok(None),
            Aside::Odd(name, why) => {
                self.refuse(open, parties.body, claim, name, why).await?;
                Ok(None)
            }
            Aside::File(lying) => {
                let passage = self.take_in(parties, claim, lying).await?;
                if passage.is_some() {
                    self.means.bell.notify_one();
                }
                Ok(passage)
            }
        }
    }

    async fn take_in(
        &self,
        parties: &Parties,
        claim: ClaimId,
        lying: Lying,
    ) -> Result<Option<PassageId>, Trouble> {
        let (store, body) = (&self.means.store, parties.body);
        let batch: BatchId = Id::new(store.clock().now(), &**store.random());
        let name = path_name(&super::name::read(&super::name::unpacked(&lying.name)));
        let Some(whole) = self.seal(body, batch, lying).await? else { return Ok(None) };
        let new = NewPassage {
            batch,
            room: crate::rights::ROOM.to_owned(),
            crossing: self.watched.crossing,
            way: Way::Folder.name().to_owned(),
            sender: parties.sender.clone(),
            receiver: parties.receiver,
            class: self.watched.class.name().to_owned(),
            purpose: self.watched.purpose.clone(),
            name,
            bytes: whole.bytes,
            sha256: whole.sha256,
            original: Some(whole.sealed),
        };
        let mut work = store.begin(body).await?;
        let passage = self.receive(&mut work, new, claim).await?;
        work.commit().await?;
        Ok(Some(passage))
    }

    /// Seals a file piece by piece; nothing if somebody still writes to it:
    /// then it is looked at again later.
    async fn seal(
        &self,
        body: BodyId,
        batch: BatchId,
        mut lying: Lying,
    ) -> Result<Option<Whole>, Trouble> {
        let random = &**self.means.store.random();
        let bytes = lying.bytes();
        let vault = &self.means.vault;
        let mut sealing = vault.begin(body, &vault.of(batch), bytes, random)?;
        while sealing.bytes() < bytes {
            let (back, piece) = off(move || lying.piece()).await?;
            lying = back;
            if piece.is_empty() {
                return Ok(None);
            }
            sealing.add(&piece).await?;
        }
        let is_same = off(move || lying.is_same()).await?;
        Ok(if is_same { Some(sealing.end().await?) } else { None })
    }

    /// One unit of work: the passage, the job that treats it, and the number
    /// under which its file lies aside.
    async fn receive(
        &self,
        work: &mut Work,
        new: NewPassage,
        claim: ClaimId,
    ) -> Result<PassageId, Trouble> {
        let keep = policy::holding(work).await?.keep;
        let ends_at = work.now().plus(days(keep.held_days));
        let by = |action, subject| {
            let entry = Entry::new(ACTOR, action, subject, ORIGIN);
            match &self.watched.sender {
                Named::Person(login) => entry.with("in-the-name-of", login.to_string()),
                Named::Machine(name) => entry.with("machine", name.clone()),
            }
        };
        let passage = passages::receive(work, by, new, ends_at).await?.id;
        let job = NewJob::new(TREAT, passage.to_string(), work.now());
        jobs::schedule(work, &job).await.map_err(crate::error::TransferError::from)?;
        tables::take(work, &self.folder(), &Taken { claim, passage }).await?;
        Ok(passage)
    }

    /// What is no file to be taken lies under `refused` with the reason.
    async fn refuse(
        &self,
        open: &Arc<Open>,
        body: BodyId,
        claim: ClaimId,
        name: OsString,
        why: Why,
    ) -> Result<(), Trouble> {
        let mut work = self.means.store.begin(body).await?;
        let entry = Entry::new(ACTOR, REFUSED, Subject::new("claim", claim), ORIGIN);
        let entry = entry.with("why", why.word());
        records::append(&mut work, &entry).await.map_err(crate::error::TransferError::from)?;
        work.commit().await?;
        let shown = super::name::read(&super::name::unpacked(&name));
        let text = self.means.words.oddity(&shown, why);
        let open = open.clone();
        off(move || open.keep_odd(claim, &name, &text)).await
    }

    /// Lays results beside what was taken, and removes what is old.
    async fn tell(&mut self, open: &Arc<Open>, body: BodyId) -> Result<(), Trouble> {
        let folder = self.folder();
        let mut work = self.means.store.read(body).await?;
        let untold = tables::untold(&mut work, &folder, self.cursor).await?;
        let mut settled = Vec::new();
        for taken in &untold {
            let passage = passages::find(&mut work, taken.passage).await?;
            match passage.state {
                State::Received | State::Locked | State::Held => {}
                State::Delivered => settled.push((taken.clone(), None)),
                State::Refused | State::Quarantined | State::Ended => {
                    settled.push((taken.clone(), Some(self.means.words.refusal(&passage))));
                }
            }
        }
        let now = work.now();
        let old = tables::old(&mut work, &folder, now.minus(self.watched.keep)).await?;
        drop(work);
        // What waits for people for days must not hide what came after it.
        let is_full = untold.len() >= tables::AT_ONCE as usize;
        self.cursor = untold.last().filter(|_| is_full).map(|taken| taken.claim);
        for (taken, text) in settled {
            if let Some(text) = text {
                let open = open.clone();
                off(move || open.keep_refused(taken.passage, &text)).await?;
            }
            let mut work = self.means.store.begin(body).await?;
            tables::tell(&mut work, taken.claim).await?;
            work.commit().await?;
        }
        for taken in old {
            let open = open.clone();
            off(move || open.forget(taken.passage)).await?;
            let mut work = self.means.store.begin(body).await?;
            tables::forget(&mut work, taken.claim).await?;
            work.commit().await?;
        }
        Ok(())
    }

    fn folder(&self) -> String {
        super::place::key(&self.watched.path)
    }
}
