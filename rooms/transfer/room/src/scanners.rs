//! Scanners that stand beside the treatment: what they know as harmful is kept
//! away from everybody, and where one that is configured cannot be asked, a
//! file waits. A scanner is no proof that a file is harmless.

mod clamd;

use std::collections::BTreeSet;
use std::time::Duration;

use base::{BodyId, Timestamp};
use passages::{BatchId, PassageId, Sealed};
use sanitize_core::Format;
use store::Store;

pub use clamd::Clamd;
use clamd::{Said, Session};

use crate::error::TransferError;
use crate::service::Service;
use crate::tables::findings;
use crate::treat::{self, Treated};
use crate::vault::Owner;

/// The scanners of a program; none unless its operator names some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanners {
    /// ClamAV's daemon.
    pub clamd: Option<Clamd>,
}

/// What came of scanning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scan {
    /// Every scanner has looked; the names of what they know, `scanner: name`.
    Looked(BTreeSet<String>),
    /// A scanner does not take a file of this size.
    TooLarge(&'static str),
}

/// A scanner could not be asked: the file waits.
#[derive(Debug, thiserror::Error)]
#[error("the scanner {name} cannot be asked")]
pub(crate) struct ScannerAway {
    pub(crate) name: &'static str,
    #[source]
    pub(crate) why: std::io::Error,
}

/// The longest name of a hit that is kept, in characters.
const HIT_CHARACTERS_MAX: usize = 100;

/// A file that all scanners are being shown.
pub(crate) struct Scanning {
    clamd: Option<Session>,
}

impl Scanners {
    /// True where somebody named a scanner.
    pub(crate) const fn are_there(&self) -> bool {
        self.clamd.is_some()
    }

    /// Begins to show a file to every scanner.
    pub(crate) async fn begin(&self) -> Result<Scanning, ScannerAway> {
        let clamd = match &self.clamd {
            Some(clamd) => Some(clamd.begin().await.map_err(away)?),
            None => None,
        };
        Ok(Scanning { clamd })
    }

    /// Shows a file that is at hand.
    pub(crate) async fn scan(&self, bytes: &[u8]) -> Result<Scan, ScannerAway> {
        let mut scanning = self.begin().await?;
        scanning.add(bytes).await;
        scanning.end().await
    }
}

impl Scanning {
    /// Shows more of it.
    pub(crate) async fn add(&mut self, bytes: &[u8]) {
        if let Some(clamd) = &mut self.clamd {
            clamd.add(bytes).await;
        }
    }

    /// Hears what each says.
    pub(crate) async fn end(self) -> Result<Scan, ScannerAway> {
        let mut hits = BTreeSet::new();
        if let Some(clamd) = self.clamd {
            match clamd.end().await.map_err(away)? {
                Said::Nothing => {}
                Said::TooLarge => return Ok(Scan::TooLarge(Clamd::NAME)),
                Said::Knows(hit) => {
                    let hit: String = hit.chars().take(HIT_CHARACTERS_MAX).collect();
                    hits.insert(format!("{}: {hit}", Clamd::NAME));
                }
            }
        }
        Ok(Scan::Looked(hits))
    }
}

/// A file waits so long before its scanner is asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

impl Service {
    /// Shows a kept file to every scanner, piece by piece; what came of it, if
    /// that ends the matter.
    pub(crate) async fn scan_kept(
        &self,
        body: BodyId,
        batch: BatchId,
        original: &Sealed,
    ) -> Result<Option<Treated>, TransferError> {
        if !self.scanners.are_there() {
            return Ok(None);
        }
        let mut opened = self.vault.open(body, Owner::Batch(batch), original).await?;
        let mut scanning = self.scanners.begin().await?;
        while let Some(piece) = opened.next().await? {
            scanning.add(&piece).await;
        }
        treat::scanned(&scanning.end().await?, Format::Unknown)
    }

    /// Writes down that a passage waits for a scanner; says until when.
    pub(crate) async fn wait_for(
        &self,
        store: &Store,
        (body, id): (BodyId, PassageId),
        away: &ScannerAway,
    ) -> Result<Timestamp, TransferError> {
        tracing::error!(scanner = away.name, why = %away.why, "a scanner cannot be asked: files wait");
        let mut work = store.begin(body).await?;
        findings::wait(&mut work, id, away.name).await?;
        let again = work.now().plus(AGAIN_AFTER);
        work.commit().await?;
        Ok(again)
    }
}

fn away(why: std::io::Error) -> ScannerAway {
    ScannerAway { name: Clamd::NAME, why }
}
