//! The ICAP service of a running program: files from proxies go to caged
//! workers, and each verdict stands in a body's ledger before it is given.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use base::{BodyId, Task};
use identity::BodyCode;
use records::{Action, Actor, Detail, Entry, Origin, Subject};
use rustls::ServerConfig;
use sanitize_room::{ReportLine, Treatment, WorkError, Workers};
use store::{Store, Work};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use transfer_icap::meaning::Rules;
use transfer_icap::{
    Crossing, Disarmer, Drained, Refused, Said, Sent, Server, Settings, Tag, Unable, Verdict, Way,
};
use transfer_room::asked::{Answered, AskError, Asked, Asker, Why};
use transfer_room::folders::Crossing as Boundary;

use crate::config::Icap;
use crate::folder::Folder;

const TREATED: Action = Action::new("icap.treated");
const REFUSED: Action = Action::new("icap.refused");
const ACTOR: Actor = Actor::System("icap");

/// Caged processes for proxies, at most; beside those of the console.
const WORKERS_MAX: usize = 8;

/// The service, bound to its addresses.
pub(crate) struct Service {
    server: Arc<Server>,
    plain: TcpListener,
    tls: Option<TcpListener>,
}

impl Service {
    /// Prepares the service where the file asks for one.
    ///
    /// # Errors
    /// Fails when an address cannot be had.
    pub(crate) async fn open(
        config: Option<&Icap>,
        store: &Store,
        folder: &Folder,
        asker: Asker,
    ) -> Result<Option<Self>> {
        let Some(config) = config else { return Ok(None) };
        let bind = async |address| {
            TcpListener::bind(address).await.with_context(|| {
                format!("ICAPを {address} で待ち受けられません / cannot listen there for ICAP")
            })
        };
        let plain = bind(config.listen).await?;
        let tls = match config.listen_tls {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let count = std::thread::available_parallelism().map_or(1, NonZero::get).min(WORKERS_MAX);
        let spool = folder.join(SPOOL);
        std::fs::create_dir_all(&spool).with_context(|| spool.display().to_string())?;
        // The default policy is part of the program, so its version stands for both.
        let version = env!("CARGO_PKG_VERSION").as_bytes();
        let choice = format!("{:?} {:?}", config.pages, config.media);
        let tag = Tag::of(&[version, choice.as_bytes()]);
        let mut settings = Settings::new(config.clients.clone(), tag, spool);
        settings.jobs_max = count;
        settings.rules = Rules { pages: config.pages, media: config.media, ..Rules::default() };
        let treatment = Treatment::rebuild(Default::default());
        let disarmer = Treating {
            workers: Workers::start(&treatment.policy, count),
            treatment,
            store: store.clone(),
            body: config.body,
            asker: config.crossing.map(|crossing| (asker, crossing)),
        };
        let server = Arc::new(Server::new(settings, Arc::new(disarmer))?);
        Ok(Some(Self { server, plain, tls }))
    }

    /// Serves until told to stop, and says how it ended.
    pub(crate) async fn run(
        self,
        tls: watch::Receiver<Arc<ServerConfig>>,
        stop: watch::Receiver<bool>,
    ) -> usize {
        let mut running = JoinSet::new();
        let mut start = |listener, tls| {
            let (server, stop) = (self.server.clone(), stop.clone());
            running.spawn(async move { server.run(listener, tls, stop).await });
        };
        start(self.plain, None);
        if let Some(listener) = self.tls {
            start(listener, Some(tls));
        }
        let mut cut = 0;
        while let Some(ended) = running.join_next().await {
            match ended {
                Ok(Drained::Cut(count)) => cut += count,
                Ok(Drained::All) => {}
                Err(error) => tracing::error!(%error, "the ICAP service broke"),
            }
        }
        cut
    }
}

/// Large bodies lie here while they are on their way; without a name.
const SPOOL: &str = "icap";

/// Treats files in cages and writes the ledger.
struct Treating {
    workers: Workers,
    treatment: Treatment,
    store: Store,
    body: BodyCode,
    /// Decides by the policy of passages, where the proxy stands at a boundary;
    /// with the boundary that downloads come over.
    asker: Option<(Asker, Boundary)>,
}

impl Disarmer for Treating {
    fn disarm(&self, sent: Sent) -> Task<'_, Result<Verdict, Unable>> {
        Box::pin(self.treat(sent))
    }

    fn refused(&self, refused: Refused) -> Task<'_, Result<String, Unable>> {
        Box::pin(async move {
            let entry = |subject| {
                entry(REFUSED, subject, &refused.crossing).with("reasons", refused.code.id)
            };
            self.write(entry).await.map_err(broken)
        })
    }
}

impl Treating {
    async fn treat(&self, sent: Sent) -> Result<Verdict, Unable> {
        let bytes = sent.content.bytes().await.map_err(|error| broken(error.into()))?;
        if let Some((asker, boundary)) = &self.asker {
            return self.ask(asker, *boundary, sent.name, &sent.crossing, bytes).await;
        }
        let start = Instant::now();
        let outcome = self.workers.disarm(&sent.name, bytes.clone(), self.treatment.clone()).await;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(WorkError::Full) => return Err(Unable::Busy),
            Err(error @ (WorkError::Pool(_) | WorkError::Gone)) => {
                return Err(broken(error.into()));
            }
        };
        let report = ReportLine::new(String::new(), &bytes, &outcome, None, start.elapsed());
        let removed: u64 = outcome.removals.iter().map(|removal| removal.count).sum();
        let codes: Vec<_> = report.reasons.iter().map(|reason| reason.code).collect();
        let entry = |subject| {
            let mut entry = entry(TREATED, subject, &sent.crossing)
                .with("type", report.r#type)
                .with("verdict", report.verdict)
                .with("sha256-in", report.sha256_in.clone())
                .with("bytes-in", count(report.bytes_in))
                .with("removed", count(removed));
            if let Some(hash) = &report.sha256_out {
                entry = entry.with("sha256-out", hash.clone());
            }
            if !codes.is_empty() {
                entry = entry.with("reasons", codes.join(" "));
            }
            entry
        };
        let passage = self.write(entry).await.map_err(broken)?;
        let Some(output) = outcome.output else {
            let said = report.reasons.into_iter().map(|reason| Said {
                code: reason.code.to_owned(),
                ja: reason.message,
                en: reason.message_en,
            });
            return Ok(Verdict::Stopped { passage, reasons: said.collect() });
        };
        let extension = output.format.extension().to_owned();
        Ok(if output.bytes == *bytes {
            Verdict::Unchanged { passage, extension }
        } else {
            Verdict::Replaced { passage, bytes: output.bytes.into(), extension }
        })
    }

    /// Has the policy decide; the passage stands before anything is delivered.
    async fn ask(
        &self,
        asker: &Asker,
        boundary: Boundary,
        name: String,
        crossing: &Crossing,
        bytes: Arc<[u8]>,
    ) -> Result<Verdict, Unable> {
        let over = match crossing.way {
            Way::Download => Some(boundary),
            Way::Upload => Boundary::between(boundary.to(), boundary.from()),
        };
        let over = over.context("no boundary goes that way").map_err(broken)?;
        let by = |action, subject| entry(action, subject, crossing);
        let asked = Asked {
            body: self.own_body().await.map_err(broken)?,
            machine: format!("icap {}", crossing.peer),
            crossing: over,
            name,
            bytes: bytes.clone(),
            entry: &by,
        };
        let Answered { passage, result } = match asker.ask(asked).await {
            Ok(answered) => answered,
            Err(AskError::Busy) => return Err(Unable::Busy),
            Err(error @ AskError::Broken(_)) => return Err(broken(error.into())),
        };
        Ok(match result {
            Ok((out, extension)) if *out == *bytes => Verdict::Unchanged { passage, extension },
            Ok((out, extension)) => Verdict::Replaced { passage, bytes: out.into(), extension },
            Err(why) => {
                let said = |why: Why| Said { code: why.code, ja: why.ja, en: why.en };
                Verdict::Stopped { passage, reasons: why.into_iter().map(said).collect() }
            }
        })
    }

    async fn own_body(&self) -> Result<BodyId> {
        let found = identity::bodies::by_code(&self.store, self.body).await?;
        found.with_context(|| format!("no body has the code {}", self.body))
    }

    /// Writes an entry under a new id; nothing is delivered before it stands.
    async fn write(&self, entry: impl FnOnce(Subject) -> Entry) -> Result<String> {
        let body = self.own_body().await?;
        let mut work: Work = self.store.begin(body).await?;
        let id: PassageId = work.new_id();
        records::append(&mut work, &entry(Subject::new("passage", id))).await?;
        work.commit().await?;
        Ok(id.to_string())
    }
}

/// What a [`PassageId`] names.
enum Passage {}
type PassageId = base::Id<Passage>;

/// What every entry says. Claims are marked as such; names and paths are not
/// written.
fn entry(action: Action, subject: Subject, crossing: &Crossing) -> Entry {
    let claimed = |value: &Option<String>| Detail::from(value.clone().unwrap_or_default());
    let mut entry = Entry::new(ACTOR, action, subject, Origin::Address(crossing.peer))
        .with("way", crossing.way.name());
    if let Some(ip) = crossing.client_ip {
        entry = entry.with("claimed-client", ip.to_string());
    }
    if crossing.user.is_some() {
        entry = entry.with("claimed-user", claimed(&crossing.user));
    }
    if crossing.host.is_some() {
        entry = entry.with("host", claimed(&crossing.host));
    }
    entry
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn broken(error: anyhow::Error) -> Unable {
    tracing::error!("a file from ICAP has no verdict and was not delivered: {error:#}");
    Unable::Broken
}
