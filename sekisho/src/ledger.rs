//! The ledger's own work: it is signed each hour, and each night what is new is
//! written out as a file that can be proved without the database.

use std::time::Duration;

use anyhow::Result;
use base::{BodyId, Task};
use identity::BodyRecord;
use jobs::{Claimed, Every, Handler, JobError, Outcome, Recurring};
use records::{Actor, EXPORTED, Entry, Export, Key, Origin, RecordError, Subject};
use store::Store;

use crate::commands::records::write;
use crate::folder::Folder;

/// The ledger is signed this often.
pub(crate) const SIGNING: Recurring =
    Recurring { kind: "ledger.sign", every: Every::Span(Duration::from_secs(3_600)) };

/// And written out at this time: 02:10 in Japan.
pub(crate) const EXPORTING: Recurring = Recurring {
    kind: "ledger.export",
    every: Every::Day { after_midnight: Duration::from_secs(2 * 3_600 + 600) },
};

/// Below the data folder: `exports/CODE/FIRST-LAST.jsonl`.
const EXPORTS: &str = "exports";

const ACTOR: Actor = Actor::System("ledger");

/// Signs every body's ledger.
pub(crate) struct Signing {
    key: Key,
}

/// Writes out what is new in every body's ledger.
pub(crate) struct Exporting {
    key: Key,
    folder: Folder,
}

impl Signing {
    pub(crate) const fn new(key: Key) -> Self {
        Self { key }
    }

    async fn sign(&self, store: &Store, body: BodyId) -> Result<()> {
        let mut work = store.begin(body).await?;
        match records::checkpoint(&mut work, &self.key, ACTOR, Origin::Job).await {
            Ok(_) => Ok(work.commit().await?),
            Err(RecordError::Empty) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Exporting {
    pub(crate) const fn new(key: Key, folder: Folder) -> Self {
        Self { key, folder }
    }

    /// The file first, then the entry that tells of it: whoever is stopped
    /// between the two writes the same stretch again.
    async fn export(&self, store: &Store, body: &BodyRecord) -> Result<()> {
        let mut reading = store.read(body.id).await?;
        let Some(range) = records::range_since_export(&mut reading).await? else { return Ok(()) };
        let (first, last) = (range.first.number(), range.last.number());
        let folder = Folder::make(&self.folder.join(EXPORTS).join(body.code.to_string()))?;
        let name = format!("{first:010}-{last:010}.jsonl");
        let new = folder.join(&format!("{name}.new"));
        let _ = std::fs::remove_file(&new);
        write(Export::begin(reading, range, self.key.clone()).await?, &new).await?;
        std::fs::rename(&new, folder.join(&name))?;
        std::fs::File::open(folder.path())?.sync_all()?;
        let mut work = store.begin(body.id).await?;
        let entry = Entry::new(ACTOR, EXPORTED, Subject::new("ledger", body.id), Origin::Job)
            .with("first", first)
            .with("last", last)
            .with("file", &name);
        records::append(&mut work, &entry).await?;
        work.commit().await?;
        Ok(())
    }
}

impl Handler for Signing {
    fn kind(&self) -> jobs::Kind {
        SIGNING.kind
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        _job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            for body in identity::bodies::all(store).await.map_err(JobError::failed)? {
                self.sign(store, body.id)
                    .await
                    .map_err(|error| JobError::failed(format!("{error:#}")))?;
            }
            Ok(Outcome::Done)
        })
    }
}

impl Handler for Exporting {
    fn kind(&self) -> jobs::Kind {
        EXPORTING.kind
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        _job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            for body in identity::bodies::all(store).await.map_err(JobError::failed)? {
                let done = self.export(store, &body).await;
                done.map_err(|error| JobError::failed(format!("{error:#}")))?;
            }
            Ok(Outcome::Done)
        })
    }
}
