//! The ledger's own work: it is signed each hour, and each night what is new is
//! written out as a file that can be proved without the database.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use base::{BodyId, Task};
use identity::BodyRecord;
use jobs::{Claimed, Every, Handler, JobError, Outcome, Recurring};
use records::{Actor, EXPORTED, Entry, Export, Key, Origin, RecordError, Subject};
use store::Store;
use store::blobs::Outbox;

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
    copies: Copies,
}

/// Where each file of the ledger goes as well.
pub(crate) enum Copies {
    /// Nowhere.
    None,
    /// A folder that is there.
    Folder(PathBuf),
    /// A bucket.
    Bucket(Outbox),
}

impl Copies {
    /// Copies a file under its body's code; again writes the same.
    async fn take(&self, code: &str, file: &Path, name: &str) -> Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Folder(place) => {
                let (place, file) = (place.clone(), file.to_owned());
                let (code, name) = (code.to_owned(), name.to_owned());
                tokio::task::spawn_blocking(move || copy(&place, &code, &file, &name)).await?
            }
            Self::Bucket(outbox) => Ok(outbox.send(&format!("{code}/{name}"), file).await?),
        }
    }
}

/// The place itself is never made: one that is not there is not mounted.
fn copy(place: &Path, code: &str, file: &Path, name: &str) -> Result<()> {
    let context = || place.display().to_string();
    std::fs::metadata(place).with_context(context)?;
    let folder = Folder::make(&place.join(code))?;
    let new = folder.join(&format!("{name}.new"));
    std::fs::copy(file, &new).with_context(context)?;
    std::fs::File::open(&new)?.sync_all()?;
    std::fs::rename(&new, folder.join(name))?;
    Ok(std::fs::File::open(folder.path())?.sync_all()?)
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
    pub(crate) const fn new(key: Key, folder: Folder, copies: Copies) -> Self {
        Self { key, folder, copies }
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
        let copied = self.copies.take(&body.code.to_string(), &folder.join(&name), &name).await;
        copied.context("the copy of the ledger could not be written")?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use base::{Random, Text};
    use identity::bodies::FirstOfficer;
    use identity::{BodyCode, Login, NewBody, NewSection, Visitor, set_up};
    use testbed::Bench;

    fn text<const MAX: usize>(words: &str) -> Text<MAX> {
        Text::parse(words).unwrap()
    }

    async fn town() -> Bench {
        let migrations = [records::MIGRATIONS, jobs::MIGRATIONS, identity::MIGRATIONS].concat();
        let bench = testbed::sqlite(&migrations).await;
        let code = set_up::begin(&bench.store).await.unwrap();
        let body = NewBody {
            code: BodyCode::parse("131016").unwrap(),
            name: text("緑市"),
            kana: text("ミドリシ"),
        };
        let officer = FirstOfficer {
            login: Login::parse("chief").unwrap(),
            name: text("緑 太郎"),
            kana: text("ミドリ タロウ"),
            section: NewSection { code: text("joho"), name: text("情報政策課"), above: None },
        };
        let visitor = Visitor::at([10, 0, 0, 1].into());
        let (store, code) = (&bench.store, code.show());
        set_up::finish(store, &visitor, code.reveal(), &body, &officer).await.unwrap();
        bench
    }

    async fn export(bench: &Bench, copies: Copies) -> Result<()> {
        let random: &dyn Random = &*bench.random;
        let folder = Folder::make(&bench.folder().join("data"))?;
        let exporting = Exporting::new(Key::generate(random), folder, copies);
        for body in identity::bodies::all(&bench.store).await? {
            exporting.export(&bench.store, &body).await?;
        }
        Ok(())
    }

    #[tokio::test]
    async fn each_night_a_copy_goes_to_the_second_place() {
        let bench = town().await;
        let away = bench.folder().join("away");
        let missing = export(&bench, Copies::Folder(away.clone())).await;
        let said = format!("{:#}", missing.unwrap_err());
        assert!(said.contains("copy of the ledger") && !away.exists(), "{said}");
        std::fs::create_dir(&away).unwrap();
        export(&bench, Copies::Folder(away.clone())).await.unwrap();
        let list = |folder: PathBuf| {
            let mut files: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .map(|file| (file.file_name().unwrap().to_owned(), std::fs::read(&file).unwrap()))
                .collect();
            files.sort();
            files
        };
        let copied = list(away.join("131016"));
        assert_eq!(copied.len(), 1);
        assert_eq!(copied, list(bench.folder().join("data/exports/131016")));
    }
}
