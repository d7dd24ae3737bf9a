//! Treats files for people of the console: runs the caged workers, keeps the
//! result for a day, writes the ledger. Knows nothing of HTTP.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base::Task;
use identity::Caller;
use jobs::{Claimed, Handler, JobError, NewJob, Outcome as Done};
use records::{Action, Subject};
use sanitize_core::{Method, Passwords, Policy};
use sanitize_engine::{Outcome, Verdict};
use store::{BlobError, BlobHash, Blobs, Store, StoreError, Work};

use crate::pool::Treatment;
use crate::report::ReportLine;
use crate::tables::{self, Treated, TreatedId};
use crate::workers::{WorkError, Workers};

/// A result that nobody fetched is gone after this.
pub(crate) const KEPT: Duration = Duration::from_secs(24 * 3_600);

const TREATED: Action = Action::new("file.treated");
const FETCHED: Action = Action::new("file.fetched");
const END: jobs::Kind = "sanitize.end";

/// What the room needs to treat files.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) workers: Workers,
    pub(crate) blobs: Blobs,
    pub(crate) policy: Policy,
}

/// A file that somebody sent.
pub(crate) struct Sent {
    pub(crate) name: String,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) method: Method,
    pub(crate) passwords: Vec<String>,
}

/// Why a file was not treated, or not given out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error("the store did not do it")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Record(#[from] records::RecordError),
    #[error(transparent)]
    Job(#[from] JobError),
    #[error("the report cannot be written")]
    Report(#[from] serde_json::Error),
}

/// What came of a file whose row is not written yet.
pub(crate) struct Made {
    name: String,
    report: ReportLine,
    outcome: Outcome,
    output: Option<String>,
    output_name: Option<String>,
}

impl Service {
    /// Treats one file and keeps the bytes of the result. [`Service::write`]
    /// makes it somebody's.
    pub(crate) async fn treat(&self, caller: &Caller, sent: Sent) -> Result<Made, ServiceError> {
        let treatment = Treatment {
            method: sent.method,
            policy: self.policy.clone(),
            passwords: Passwords::new(sent.passwords),
        };
        let start = Instant::now();
        let outcome = self.workers.disarm(&sent.name, sent.bytes.clone(), treatment).await?;
        let output_name =
            outcome.output.as_ref().map(|output| output_name(&sent.name, output.format));
        let report = ReportLine::new(
            sent.name.clone(),
            &sent.bytes,
            &outcome,
            output_name.clone(),
            start.elapsed(),
        );
        let output = self.keep(caller, &outcome).await?;
        Ok(Made { name: sent.name, report, outcome, output, output_name })
    }

    /// Writes the row, the ledger and the job that ends it, and commits the work
    /// that was begun for it.
    pub(crate) async fn write(
        &self,
        mut work: Work,
        caller: &Caller,
        made: Made,
    ) -> Result<Treated, ServiceError> {
        let file = Treated {
            id: work.new_id(),
            person: caller.person,
            name: made.name,
            report: serde_json::to_string(&made.report)?,
            output: made.output,
            output_name: made.output_name,
            made_at: work.now(),
            ends_at: work.now().plus(KEPT),
        };
        tables::add(&mut work, &file).await?;
        note(&mut work, caller, &file, &made.report, &made.outcome).await?;
        if let Some(output) = &file.output {
            let job = NewJob::new(END, file.id.to_string(), file.ends_at).with(output)?;
            jobs::schedule(&mut work, &job).await?;
        }
        work.commit().await?;
        Ok(file)
    }

    async fn keep(
        &self,
        caller: &Caller,
        outcome: &Outcome,
    ) -> Result<Option<String>, ServiceError> {
        let Some(output) = &outcome.output else { return Ok(None) };
        let mut bytes = output.bytes.as_slice();
        let blob = self.blobs.put(caller.body, &mut bytes, output.bytes.len() as u64).await?;
        Ok(Some(blob.hash.to_string()))
    }

    /// Gives a result to the person who sent the file, and writes it down.
    pub(crate) async fn fetch(
        &self,
        mut work: Work,
        caller: &Caller,
        id: TreatedId,
    ) -> Result<Option<(String, Vec<u8>)>, ServiceError> {
        let Some(file) = tables::find(&mut work, caller.person, id).await? else { return Ok(None) };
        let is_over = work.now() >= file.ends_at;
        let (Some(output), Some(name), false) = (file.output, file.output_name, is_over) else {
            return Ok(None);
        };
        let Some(hash) = BlobHash::parse(&output) else { return Ok(None) };
        let reader = self.blobs.get(caller.body, hash).await?;
        let bytes = reader.all(self.policy.limits.bytes_out_max).await?;
        let entry = caller.entry(FETCHED, Subject::new("file", id)).with("sha256", output);
        records::append(&mut work, &entry).await?;
        work.commit().await?;
        Ok(Some((name, bytes)))
    }
}

/// Writes what was treated: hashes, sizes and counts, never names or content.
async fn note(
    work: &mut Work,
    caller: &Caller,
    file: &Treated,
    report: &ReportLine,
    outcome: &Outcome,
) -> Result<(), ServiceError> {
    let removed: u64 = outcome.removals.iter().map(|removal| removal.count).sum();
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut entry = caller
        .entry(TREATED, Subject::new("file", file.id))
        .with("type", report.r#type)
        .with("verdict", report.verdict)
        .with("sha256-in", report.sha256_in.clone())
        .with("bytes-in", count(report.bytes_in))
        .with("removed", count(removed));
    if let Some(hash) = &report.sha256_out {
        entry = entry.with("sha256-out", hash.clone());
    }
    if outcome.verdict == Verdict::Blocked || outcome.verdict == Verdict::Held {
        let reasons: Vec<&str> = report.reasons.iter().map(|reason| reason.code).collect();
        entry = entry.with("reasons", reasons.join(" "));
    }
    records::append(work, &entry).await?;
    Ok(())
}

/// The result's name: the sender's, with the ending of what was delivered.
#[must_use]
pub fn output_name(name: &str, format: sanitize_core::Format) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    match format.extension() {
        "" => name.to_owned(),
        extension => format!("{stem}.{extension}"),
    }
}

/// Takes a result away when its day is over.
pub(crate) struct EndHandler {
    pub(crate) blobs: Blobs,
}

impl Handler for EndHandler {
    fn kind(&self) -> jobs::Kind {
        END
    }

    fn run<'a>(&'a self, store: &'a Store, job: &'a Claimed) -> Task<'a, Result<Done, JobError>> {
        Box::pin(async move {
            let (Some(body), Ok(id)) = (job.body, TreatedId::parse(&job.key)) else {
                return Ok(Done::Done);
            };
            let mut work = store.begin(body).await?;
            job.fence(&mut work).await?;
            let ended = tables::end(&mut work, id).await?;
            // A program that was killed after the commit finds the row ended and
            // the bytes still there; the job remembers which.
            let output = ended.or(job.read::<Option<String>>()?);
            let unneeded = match output {
                Some(output) if tables::is_unneeded(&mut work, &output).await? => Some(output),
                Some(_) | None => None,
            };
            work.commit().await?;
            // After the commit: a blob without a row is only space, a row
            // without its blob would be a broken promise.
            if let Some(hash) = unneeded.as_deref().and_then(BlobHash::parse) {
                self.blobs.delete(body, hash).await.map_err(JobError::failed)?;
            }
            Ok(Done::Done)
        })
    }
}
