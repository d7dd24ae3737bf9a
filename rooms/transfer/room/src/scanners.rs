//! Scanners that stand beside the treatment: what they know as harmful is kept
//! away from everybody, and where one that is configured cannot be asked, a
//! file waits. A scanner is no proof that a file is harmless.

mod clamd;
mod yara;

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind};
use std::path::Path;
use std::time::Duration;

use base::{BodyId, Timestamp};
use console::Alarm;
use passages::{BatchId, PassageId, Sealed};
use sanitize_core::Format;
use store::Store;

pub use clamd::Clamd;
use clamd::Said;
use yara::Yara;
pub use yara::YaraSettings;

use crate::error::TransferError;
use crate::service::Service;
use crate::tables::findings;
use crate::treat::{self, Treated};

/// Which scanners there are; none unless the operator names some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScannerSettings {
    /// ClamAV's daemon.
    pub clamd: Option<Clamd>,
    /// A program that reads YARA's rules.
    pub yara: Option<YaraSettings>,
}

/// The scanners of a running program.
#[derive(Clone, Default)]
pub struct Scanners {
    clamd: Option<Clamd>,
    yara: Option<Yara>,
}

/// What one scanner says when nothing waits for it.
pub struct Examined {
    /// Its name in the configuration.
    pub name: &'static str,
    /// What it is, or why it cannot be asked.
    pub found: Result<String, Error>,
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
    pub(crate) why: Error,
}

/// The longest name of a hit that is kept, in characters.
const HIT_CHARACTERS_MAX: usize = 100;

/// A file that all scanners are being shown.
pub(crate) struct Scanning {
    clamd: Option<clamd::Session>,
    yara: Option<yara::Session>,
}

impl ScannerSettings {
    /// Asks each scanner whether it could look; `within` is a folder that a
    /// program beside may have to itself.
    pub async fn examine(&self, within: &Path) -> Vec<Examined> {
        let mut all = Vec::new();
        if let Some(clamd) = &self.clamd {
            let found = clamd.examine().await;
            all.push(Examined { name: Clamd::NAME, found });
        }
        if let Some(settings) = self.yara.clone() {
            let within = within.to_owned();
            let asked = tokio::task::spawn_blocking(move || yara::examine(&settings, &within));
            let found = asked.await.unwrap_or_else(|_| Err(ErrorKind::Other.into()));
            all.push(Examined { name: Yara::NAME, found });
        }
        all
    }
}

impl Scanners {
    /// Prepares the scanners of a program whose data lie in a folder. One that
    /// cannot be asked yet keeps nobody from starting: files wait for it.
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub async fn open(settings: ScannerSettings, data: &Path, store: Store) -> Result<Self, Error> {
        let ScannerSettings { clamd, yara } = settings;
        let yara = match yara {
            Some(settings) => Some(Yara::open(settings, data, store).await?),
            None => None,
        };
        Ok(Self { clamd, yara })
    }

    /// Looks at rules that may have changed until it is dropped.
    pub async fn keep(self) {
        if let Some(yara) = self.yara {
            yara.keep().await;
        }
    }

    /// What is wrong now with rules and their program.
    #[must_use]
    pub fn alarms(&self) -> Vec<Alarm> {
        self.yara.iter().flat_map(Yara::alarms).collect()
    }

    /// True where somebody named a scanner.
    pub(crate) const fn are_there(&self) -> bool {
        self.clamd.is_some() || self.yara.is_some()
    }

    /// Begins to show a file to every scanner.
    pub(crate) async fn begin(&self, body: BodyId) -> Result<Scanning, ScannerAway> {
        let clamd = match &self.clamd {
            Some(clamd) => Some(clamd.begin().await.map_err(away(Clamd::NAME))?),
            None => None,
        };
        let yara = match &self.yara {
            Some(yara) => Some(yara.begin(body).await.map_err(away(Yara::NAME))?),
            None => None,
        };
        Ok(Scanning { clamd, yara })
    }

    /// Shows a file that is no passage of this room: the names of what the
    /// scanners know, or the scanner that does not take a file of this size.
    ///
    /// # Errors
    /// If one of them cannot be asked: then nothing is known of the file.
    pub async fn look(
        &self,
        body: BodyId,
        bytes: &[u8],
    ) -> Result<Result<BTreeSet<String>, &'static str>, Error> {
        Ok(match self.scan(body, bytes).await.map_err(|away| away.why)? {
            Scan::Looked(hits) => Ok(hits),
            Scan::TooLarge(scanner) => Err(scanner),
        })
    }

    /// Shows a file that is at hand.
    pub(crate) async fn scan(&self, body: BodyId, bytes: &[u8]) -> Result<Scan, ScannerAway> {
        let mut scanning = self.begin(body).await?;
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
        if let Some(yara) = &mut self.yara {
            yara.add(bytes).await;
        }
    }

    /// Hears what each says.
    pub(crate) async fn end(self) -> Result<Scan, ScannerAway> {
        let mut hits = BTreeSet::new();
        let mut note = |name: &str, hit: &str| {
            let hit: String = hit.chars().take(HIT_CHARACTERS_MAX).collect();
            hits.insert(format!("{name}: {hit}"));
        };
        let mut too_large = None;
        if let Some(clamd) = self.clamd {
            match clamd.end().await.map_err(away(Clamd::NAME))? {
                Said::Nothing => {}
                Said::TooLarge => too_large = Some(Clamd::NAME),
                Said::Knows(hit) => note(Clamd::NAME, &hit),
            }
        }
        if let Some(yara) = self.yara {
            for hit in yara.end().await.map_err(away(Yara::NAME))? {
                note(Yara::NAME, &hit);
            }
        }
        // What one of them knows goes before what another does not take.
        match too_large.filter(|_| hits.is_empty()) {
            Some(scanner) => Ok(Scan::TooLarge(scanner)),
            None => Ok(Scan::Looked(hits)),
        }
    }
}

/// A file waits so long before its scanner is asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// A file that took a scanner too long waits twice as long each time, up to
/// 2^6 times as long, so that it does not keep others from their turn.
const DOUBLINGS_MAX: u32 = 6;

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
        let mut opened = self.vault.open(body, &self.vault.of(batch), original).await?;
        let mut scanning = self.scanners.begin(body).await?;
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
        let tries = findings::waiting(&mut work, id).await?.map_or(0, |wait| wait.tries);
        let doublings = match away.why.kind() {
            ErrorKind::TimedOut => tries.saturating_sub(1).min(DOUBLINGS_MAX),
            _ => 0,
        };
        let again = work.now().plus(AGAIN_AFTER.saturating_mul(1 << doublings));
        work.commit().await?;
        Ok(again)
    }
}

fn away(name: &'static str) -> impl Fn(Error) -> ScannerAway {
    move |why| ScannerAway { name, why }
}
