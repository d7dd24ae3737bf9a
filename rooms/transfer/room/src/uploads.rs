//! Files that come in parts, cut off and gone on with: kept as runs of sealed
//! pieces until the last byte is there, then as one file that a passage takes
//! over. What is not sent on within a day is destroyed. Knows no request.
//!
//! Each run has a key of its own and is written once: a run that a crash cut off
//! is forgotten with its key, so that its pieces' nonces never seal other bytes.
//! A run is committed after at most [`RUN_BYTES_MAX`], which is what a killed
//! program loses; a cut connection loses nothing that came.

pub(crate) mod api;
mod error;
pub(crate) mod tables;
mod tus;

use std::time::Duration;

use axum::body::Bytes;
use base::{BodyId, Id, Timestamp};
use console::{Stream, StreamError};
use identity::{Caller, PersonId};
use passages::{BatchId, NewPassage, Sealed};
use records::{Action, Actor, Entry, Origin, Subject};
use store::{Store, Work};

use crate::service::Service;
use passages::{Owner, Sealing, Whole};

pub(crate) use error::UploadError;

/// What an [`UploadId`] names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum UploadTag {}

/// The id of an upload.
pub(crate) type UploadId = Id<UploadTag>;

/// Bytes of one upload.
pub(crate) const UPLOAD_BYTES_MAX: u64 = 2 << 30;
/// Uploads of one person that are not yet sent on.
const OPEN_MAX: usize = 50;
/// Bytes of all those together, as their sender declared them.
const OPEN_BYTES_MAX: u64 = 8 << 30;
/// Bytes after which what came is committed.
const RUN_BYTES_MAX: u64 = 64 << 20;
/// Runs of one upload: 32 of them hold 2 GiB, more come of cut connections.
const RUNS_MAX: usize = 1_024;
/// After this, an upload that was not sent on is destroyed.
const KEPT: Duration = Duration::from_secs(24 * 3_600);

const DESTROYED: Action = Action::new("upload.destroyed");
const SUBJECT: &str = "upload";

/// One upload.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) id: UploadId,
    /// Whose it is: nobody else sees it.
    pub(crate) person: PersonId,
    pub(crate) name: String,
    /// What its sender said of it, as it was said.
    pub(crate) metadata: String,
    /// How many bytes it will have.
    pub(crate) bytes: u64,
    /// How many of them are kept.
    pub(crate) here: u64,
    /// The file and its SHA-256, once all of it is here.
    pub(crate) whole: Option<(Sealed, String)>,
    pub(crate) made_at: Timestamp,
    pub(crate) ends_at: Timestamp,
}

/// What somebody is about to send.
pub(crate) struct NewUpload {
    pub(crate) name: String,
    pub(crate) metadata: String,
    pub(crate) bytes: u64,
}

/// A part of an upload that was kept on its own.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) begins: u64,
    pub(crate) bytes: u64,
    pub(crate) sealed: Sealed,
}

impl Upload {
    const fn is_whole(&self) -> bool {
        self.whole.is_some()
    }

    const fn left(&self) -> u64 {
        self.bytes.saturating_sub(self.here)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// It is as long as a run may be; more comes.
    Full,
    /// The body is over.
    Over,
    /// The connection broke.
    Cut,
}

/// The caller's own upload.
pub(crate) async fn find(
    work: &mut Work,
    person: PersonId,
    id: UploadId,
) -> Result<Upload, UploadError> {
    let now = work.now();
    let found = tables::find(work, id).await?;
    let theirs = found.filter(|upload| upload.person == person && now < upload.ends_at);
    theirs.ok_or(UploadError::NotThere)
}

/// Makes room for an upload, if its sender has some left.
pub(crate) async fn create(
    work: &mut Work,
    person: PersonId,
    new: NewUpload,
) -> Result<Upload, UploadError> {
    if new.bytes > UPLOAD_BYTES_MAX {
        return Err(UploadError::TooLarge);
    }
    let open = tables::of_person(work, person, true).await?;
    let bytes = open.iter().fold(new.bytes, |sum, upload| sum.saturating_add(upload.bytes));
    if open.len() >= OPEN_MAX || bytes > OPEN_BYTES_MAX {
        return Err(UploadError::Quota);
    }
    let upload = Upload {
        id: work.new_id(),
        person,
        name: new.name,
        metadata: new.metadata,
        bytes: new.bytes,
        here: 0,
        whole: None,
        made_at: work.now(),
        ends_at: work.now().plus(KEPT),
    };
    tables::add(work, &upload).await?;
    Ok(upload)
}

/// Takes an upload out of its row, as part of the work that makes a passage of
/// it: it is sent on once, or not at all.
pub(crate) async fn take(
    work: &mut Work,
    person: PersonId,
    id: UploadId,
) -> Result<(), UploadError> {
    match tables::take(work, person, id).await? {
        1 => Ok(()),
        _ => Err(UploadError::NotThere),
    }
}

impl Service {
    /// Takes the bytes of a call that go on at `offset`, and commits them as
    /// they come.
    pub(crate) async fn append(
        &self,
        store: &Store,
        caller: &Caller,
        (id, offset): (UploadId, u64),
        stream: &mut Stream,
    ) -> Result<Upload, UploadError> {
        let mut work = store.read(caller.body).await?;
        let mut upload = find(&mut work, caller.person, id).await?;
        let runs = tables::runs(&mut work, id).await?;
        drop(work);
        if offset != upload.here {
            return Err(UploadError::Offset { here: upload.here });
        }
        if stream.declared().is_some_and(|declared| declared > upload.left()) {
            return Err(UploadError::Excess);
        }
        if runs.len() >= RUNS_MAX {
            return Err(UploadError::Runs);
        }
        let mut spare = Bytes::new();
        while !upload.is_whole() {
            let owner = owner_of(upload.id);
            let most = upload.left().min(RUN_BYTES_MAX);
            let random = &**store.random();
            let mut sealing = self.vault.begin(caller.body, &owner, most, random)?;
            let ended = fill(&mut sealing, most, &upload, stream, &mut spare).await?;
            if sealing.bytes() > 0 {
                upload = self.keep_run(store, caller.body, upload, sealing).await?;
            }
            match ended {
                Ended::Full => {}
                Ended::Over => break,
                // All of it came before the connection went.
                Ended::Cut if upload.is_whole() => break,
                Ended::Cut => return Err(UploadError::Cut),
            }
        }
        Ok(upload)
    }

    /// Completes an upload of no bytes.
    pub(crate) async fn complete_empty(
        &self,
        store: &Store,
        body: BodyId,
        upload: Upload,
    ) -> Result<Upload, UploadError> {
        let random = &**store.random();
        let sealing = self.vault.begin(body, &owner_of(upload.id), 0, random)?;
        self.keep_run(store, body, upload, sealing).await
    }

    /// Commits a run, unless another call went on in the same place first.
    async fn keep_run(
        &self,
        store: &Store,
        body: BodyId,
        upload: Upload,
        sealing: Sealing,
    ) -> Result<Upload, UploadError> {
        let run = sealing.end().await?;
        let mut unneeded = vec![run.sealed.blob.clone()];
        let kept = if upload.here.saturating_add(run.bytes) == upload.bytes {
            self.complete(store, body, &upload, run, &mut unneeded).await
        } else {
            advance(store, body, &upload, run, &mut unneeded).await
        };
        // What no row names is only space: that it stays for now stops nobody.
        if let Err(error) = self.vault.destroy(body, &unneeded).await {
            tracing::warn!(%error, "parts of an upload that nobody needs could not be removed");
        }
        kept
    }

    /// Makes one file of all runs, and commits it. `unneeded` holds the last run
    /// and takes in what nobody needs afterwards.
    async fn complete(
        &self,
        store: &Store,
        body: BodyId,
        upload: &Upload,
        last: Whole,
        unneeded: &mut Vec<String>,
    ) -> Result<Upload, UploadError> {
        let mut work = store.read(body).await?;
        let runs = tables::runs(&mut work, upload.id).await?;
        drop(work);
        // The usual small file came in one run, which is the file.
        let whole = if runs.is_empty() {
            last
        } else {
            self.join(store, body, upload, &runs, last).await?
        };
        if unneeded.first() != Some(&whole.sealed.blob) {
            unneeded.push(whole.sealed.blob.clone());
        }
        let mut work = store.begin(body).await?;
        let done = Upload {
            here: upload.bytes,
            whole: Some((whole.sealed.clone(), whole.sha256)),
            ..upload.clone()
        };
        move_on(&mut work, upload, &done).await?;
        tables::forget_runs(&mut work, upload.id).await?;
        work.commit().await?;
        unneeded.retain(|blob| *blob != whole.sealed.blob);
        unneeded.extend(runs.into_iter().map(|run| run.sealed.blob));
        Ok(done)
    }

    /// Reads run after run and seals it anew as one file: a piece in memory,
    /// whatever the blobs lie on, and the SHA-256 of what is truly kept.
    async fn join(
        &self,
        store: &Store,
        body: BodyId,
        upload: &Upload,
        runs: &[Run],
        last: Whole,
    ) -> Result<Whole, UploadError> {
        let owner = owner_of(upload.id);
        let mut joined = self.vault.begin(body, &owner, upload.bytes, &**store.random())?;
        for sealed in runs.iter().map(|run| &run.sealed).chain([&last.sealed]) {
            let mut opened = self.vault.open(body, &owner, sealed).await?;
            while let Some(piece) = opened.next().await? {
                joined.add(&piece).await?;
            }
        }
        // Runs are committed in their order, each where the one before ended.
        if joined.bytes() != upload.bytes {
            return Err(UploadError::Unfinished);
        }
        Ok(joined.end().await?)
    }

    /// Destroys an upload at its sender's wish.
    pub(crate) async fn discard(
        &self,
        mut work: Work,
        caller: &Caller,
        id: UploadId,
    ) -> Result<(), UploadError> {
        let upload = find(&mut work, caller.person, id).await?;
        let entry = caller.entry(DESTROYED, Subject::new(SUBJECT, id));
        let blobs = destroy(&mut work, &upload, entry.with("why", "sender")).await?;
        work.commit().await?;
        Ok(self.vault.destroy(caller.body, &blobs).await?)
    }

    /// Destroys what was not sent on within its day.
    pub(crate) async fn end_uploads(
        &self,
        store: &Store,
        body: BodyId,
        at_once: u32,
    ) -> Result<(), UploadError> {
        let mut work = store.read(body).await?;
        let now = work.now();
        let overdue = tables::overdue(&mut work, now, at_once).await?;
        drop(work);
        for upload in overdue {
            let mut work = store.begin(body).await?;
            let subject = Subject::new(SUBJECT, upload.id);
            let entry = Entry::new(Actor::System("transfer"), DESTROYED, subject, Origin::Job);
            let blobs = match destroy(&mut work, &upload, entry.with("why", "time")).await {
                // Sent on, or destroyed, in the meantime.
                Err(UploadError::NotThere) => continue,
                other => other?,
            };
            work.commit().await?;
            self.vault.destroy(body, &blobs).await?;
        }
        Ok(())
    }

    /// A finished upload as what comes to a boundary: the rest of it is `like`.
    pub(crate) async fn sent_on(
        &self,
        store: &Store,
        body: BodyId,
        person: PersonId,
        id: UploadId,
        like: NewPassage,
    ) -> Result<NewPassage, UploadError> {
        let mut work = store.read(body).await?;
        let upload = find(&mut work, person, id).await?;
        let (sealed, sha256) = upload.whole.ok_or(UploadError::Unfinished)?;
        let batch: BatchId = like.batch;
        let (from, to) = (owner_of(id), self.vault.of(batch));
        let original = self.vault.hand_over(body, &sealed, (&from, &to), &**store.random())?;
        Ok(NewPassage {
            name: upload.name,
            bytes: upload.bytes,
            sha256,
            original: Some(original),
            ..like
        })
    }
}

/// Fills a run with what comes.
async fn fill(
    sealing: &mut Sealing,
    most: u64,
    upload: &Upload,
    stream: &mut Stream,
    spare: &mut Bytes,
) -> Result<Ended, UploadError> {
    loop {
        if spare.is_empty() {
            match stream.next().await {
                Ok(Some(bytes)) => *spare = bytes,
                Ok(None) => return Ok(Ended::Over),
                Err(StreamError::Cut) => return Ok(Ended::Cut),
                Err(StreamError::TooLarge { .. }) => return Err(UploadError::Excess),
            }
        }
        let room = most.saturating_sub(sealing.bytes());
        if room == 0 {
            // Whoever declared too little is not kept in part.
            let is_excess = sealing.bytes() == upload.left();
            return if is_excess { Err(UploadError::Excess) } else { Ok(Ended::Full) };
        }
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(spare.len());
        sealing.add(&spare.split_to(room)).await?;
    }
}

/// Commits a run that is not the last. `unneeded` holds it, unless it is kept.
async fn advance(
    store: &Store,
    body: BodyId,
    upload: &Upload,
    run: Whole,
    unneeded: &mut Vec<String>,
) -> Result<Upload, UploadError> {
    let after = Upload { here: upload.here.saturating_add(run.bytes), ..upload.clone() };
    let run = Run { begins: upload.here, bytes: run.bytes, sealed: run.sealed };
    let mut work = store.begin(body).await?;
    move_on(&mut work, upload, &after).await?;
    tables::add_run(&mut work, upload.id, &run).await?;
    work.commit().await?;
    unneeded.clear();
    Ok(after)
}

/// Writes how far an upload has come, if it still stands where it stood.
async fn move_on(work: &mut Work, before: &Upload, after: &Upload) -> Result<(), UploadError> {
    if tables::move_on(work, before, after).await? == 1 {
        return Ok(());
    }
    let now = find(work, before.person, before.id).await?;
    Err(UploadError::Offset { here: now.here })
}

/// Forgets an upload with its keys; says which blobs are left over.
async fn destroy(
    work: &mut Work,
    upload: &Upload,
    entry: Entry,
) -> Result<Vec<String>, UploadError> {
    let runs = tables::runs(work, upload.id).await?;
    tables::forget_runs(work, upload.id).await?;
    if tables::remove(work, upload.id).await? == 0 {
        return Err(UploadError::NotThere);
    }
    let here = i64::try_from(upload.here).unwrap_or(i64::MAX);
    records::append(work, &entry.with("bytes", here)).await?;
    let whole = upload.whole.as_ref().map(|(sealed, _)| sealed.blob.clone());
    Ok(runs.into_iter().map(|run| run.sealed.blob).chain(whole).collect())
}

/// Whom the parts of an upload belong to until it is sent on.
fn owner_of(upload: UploadId) -> Owner {
    Owner::new("upload", &upload)
}

#[cfg(test)]
mod tests;
